package store

// Statements of the search.
const (
	qIndexNext = iota + adviceCount
	qIndexRow
	qIndexMessage
	qIndexSame
	qAddWords
	qDropWords
	qFindPlaces
	qFindMessages
	queryCount
)

const indexColumns = `id, chat_id, thread_id, date, author_kind, kind, text, media`

// searchTexts are the same for both engines.
var searchTexts = map[query]string{
	qIndexNext: `SELECT ` + indexColumns + ` FROM messages WHERE id > ? ORDER BY id LIMIT ?`,
	qIndexRow:  `SELECT ` + indexColumns + ` FROM messages WHERE id = ?`,
	qIndexMessage: `SELECT ` + indexColumns + ` FROM messages
		WHERE chat_id = ? AND thread_id = ? AND message_id = ?`,
	qIndexSame: `SELECT 1 FROM messages WHERE id = ? AND text = ? AND media = ?`,
}

// searchSQLite and searchPostgres take the same arguments: the place and the words of a
// message; the ids of messages as a JSON array. PostgreSQL searches for places in its own
// way, in search_postgres.go.
var searchSQLite = map[query]string{
	qAddWords:  `INSERT INTO search (rowid, words) VALUES (?, ?)`,
	qDropWords: `INSERT INTO search (search, rowid, words) VALUES ('delete', ?, ?)`,
	qFindPlaces: `SELECT rowid FROM search WHERE search MATCH ? AND rowid < ?
		ORDER BY rowid DESC LIMIT ?`,
	qFindMessages: `SELECT ` + messageColumns + `, id FROM messages
		WHERE id IN (SELECT value FROM json_each(?))`,
}

var searchPostgres = map[query]string{
	qAddWords: `INSERT INTO search (row_id, place, words)
		SELECT u.p & 4294967295, u.p, to_tsvector('simple', u.w) FROM (VALUES (?::bigint, ?::text)) AS u (p, w)
		ON CONFLICT (row_id) DO UPDATE SET words = excluded.words`,
	qDropWords: `DELETE FROM search WHERE row_id = ?::bigint & 4294967295 AND ?::text IS NOT NULL`,
	qFindMessages: `SELECT ` + messageColumns + `, id FROM messages
		WHERE id = ANY (translate(?, '[]', '{}')::bigint[])`,
}
