package store

import (
	"strconv"
	"strings"
)

// query names a statement. The texts are the same for both engines, those of the index
// of the search excepted; they are prepared once and kept.
type query int

const (
	qInsertItem query = iota
	qFinishKeep
	qFinishForget
	qFinishDrop
	qRetry
	qPause
	qPayload
	qPark
	qReplay
	qDropKeep
	qDropForget
	qUnfinished
	qEpoch
	qPing
	qInsertMessage
	qCurrentMessage
	qUpdateMessage
	qTouchMessage
	qFindVersion
	qInsertVersion
	qTopic
	qMigration
	qKeepCustomer
	qLease
	qPending
	qListParked
	qGetParked
	qItemPlace
	qMessages
	qLastFrom
	qVersions
	qReadTopic
	qReadTopics
	qCustomer
	qMigrations
	qClaimable
	qPendingStats
	qParkedStats
	qAddedAt
	qRecentSends
	qUnfinishedLanes
	qWalkItems
	qOldMessages
	qOldParked
	qMeta
	qSetMeta
	qClearPayload
	qDeleteDone
	qDeleteParked
	qDeleteMessage
	qDeleteVersions
	qPruneSendLog
	qOldSends
	qCountSends
	qNthSend
	qInsertSend
	qReserveSend
	qMoveSend
	qForgetKey
	qKeepPause
	qPauseOf
	qPauses
	// lanesCount ends this file's part. The other parts go on from there, each in its own
	// file: statements_work.go, statements_advice.go, then statements_search.go.
	lanesCount
)

const (
	itemColumns = `id, queue, lane, seq, key, payload, attempts, added_at, not_before, failed_since`

	messageColumns = `chat_id, thread_id, message_id, date, edit_date, author_kind, author_id, author_name, ` +
		`author_username, kind, text, entities, media, album, reply_to, flags`
)

// laneTexts holds the statements with ? for each argument, in order.
var laneTexts = map[query]string{
	qInsertItem: `INSERT INTO items (queue, lane, key, payload, added_at, not_before) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT DO NOTHING`,
	qFinishKeep:   `UPDATE items SET state = 1, done_at = ? WHERE id = ? AND state = 0`,
	qFinishForget: `UPDATE items SET state = 1, done_at = ?, payload = NULL WHERE id = ? AND state = 0`,
	qFinishDrop:   `DELETE FROM items WHERE id = ? AND state = 0`,
	qRetry: `UPDATE items SET not_before = ?, reason = ?, attempts = attempts + 1,
		failed_since = CASE WHEN failed_since = 0 THEN ? ELSE failed_since END WHERE id = ? AND state = 0`,
	qPause:   `UPDATE items SET not_before = ?, reason = ? WHERE id = ? AND state = 0`,
	qPayload: `UPDATE items SET payload = ? WHERE id = ? AND state = 0`,
	qPark:    `UPDATE items SET state = 2, reason = ?, parked_at = ? WHERE id = ? AND state = 0`,
	qReplay: `UPDATE items SET state = 0, reason = '', parked_at = 0, attempts = 0, failed_since = 0, not_before = 0
		WHERE id = ? AND state = 2`,
	qDropKeep:   `UPDATE items SET state = 1, done_at = ?, payload = NULL, reason = '' WHERE id = ? AND state = 2`,
	qDropForget: `DELETE FROM items WHERE id = ? AND state = 2`,
	qUnfinished: `SELECT count(*) FROM items WHERE queue = ? AND lane = ? AND state = 0`,
	qEpoch:      `SELECT value FROM meta WHERE name = 'epoch'`,
	qPing:       `UPDATE meta SET value = value + 1 WHERE name = 'ping'`,
	qInsertMessage: `INSERT INTO messages (` + messageColumns + `)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (chat_id, thread_id, message_id) DO NOTHING`,
	qCurrentMessage: `SELECT date, edit_date, text, entities, media FROM messages
		WHERE chat_id = ? AND thread_id = ? AND message_id = ?`,
	qUpdateMessage: `UPDATE messages SET edit_date = ?, kind = ?, text = ?, entities = ?, media = ?
		WHERE chat_id = ? AND thread_id = ? AND message_id = ?`,
	qTouchMessage: `UPDATE messages SET edit_date = ? WHERE chat_id = ? AND thread_id = ? AND message_id = ?`,
	qFindVersion: `SELECT count(*) FROM message_versions
		WHERE chat_id = ? AND thread_id = ? AND message_id = ? AND date = ? AND text = ? AND entities = ? AND media = ?`,
	qInsertVersion: `INSERT INTO message_versions (chat_id, thread_id, message_id, date, text, entities, media)
		VALUES (?, ?, ?, ?, ?, ?, ?)`,
	qTopic: `INSERT INTO topics (chat_id, thread_id, title, status, first_seen, changed_at) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (chat_id, thread_id) DO UPDATE SET
			title = CASE WHEN excluded.title <> '' THEN excluded.title ELSE topics.title END,
			status = CASE WHEN excluded.status <> '' THEN excluded.status ELSE topics.status END,
			changed_at = excluded.changed_at
		WHERE (excluded.title <> '' AND excluded.title <> topics.title)
			OR (excluded.status <> '' AND excluded.status <> topics.status)`,
	qMigration: `INSERT INTO chat_migrations (from_chat, to_chat, at) VALUES (?, ?, ?)
		ON CONFLICT (from_chat) DO UPDATE SET to_chat = excluded.to_chat, at = excluded.at
		WHERE chat_migrations.to_chat <> excluded.to_chat`,
	qKeepCustomer: `INSERT INTO topic_customers (chat_id, thread_id, customer_id, info, at) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (chat_id, thread_id) DO UPDATE SET
			customer_id = excluded.customer_id, info = excluded.info, at = excluded.at
		WHERE topic_customers.at <= excluded.at`,
	qLease: `SELECT 1 FROM lanes WHERE queue = ? AND lane = ? AND owner = ? AND epoch = ?`,
	qPending: `SELECT ` + itemColumns + ` FROM items WHERE queue = ? AND lane = ? AND state = 0
		ORDER BY id LIMIT ?`,
	qListParked: `SELECT ` + itemColumns + `, reason, parked_at FROM items WHERE id > ? AND state = 2
		ORDER BY id LIMIT ?`,
	qGetParked: `SELECT ` + itemColumns + `, reason, parked_at FROM items WHERE id = ? AND state = 2`,
	qItemPlace: `SELECT queue, lane, key FROM items WHERE id = ? AND state = 2`,
	qMessages: `SELECT ` + messageColumns + ` FROM messages
		WHERE chat_id = ? AND thread_id = ? AND message_id > ? ORDER BY message_id LIMIT ?`,
	qLastFrom: `SELECT message_id FROM messages WHERE chat_id = ? AND thread_id = ? AND author_kind = ?
		ORDER BY message_id DESC LIMIT 1`,
	qVersions: `SELECT date, text, entities FROM message_versions
		WHERE chat_id = ? AND thread_id = ? AND message_id = ? ORDER BY date, id`,
	qReadTopic: `SELECT chat_id, thread_id, title, status, first_seen, changed_at FROM topics
		WHERE chat_id = ? AND thread_id = ?`,
	qReadTopics: `SELECT chat_id, thread_id, title, status, first_seen, changed_at FROM topics
		WHERE chat_id = ? AND thread_id > ? ORDER BY thread_id LIMIT ?`,
	qCustomer:   `SELECT info, at FROM topic_customers WHERE chat_id = ? AND thread_id = ?`,
	qMigrations: `SELECT from_chat, to_chat FROM chat_migrations ORDER BY at, from_chat`,
	qClaimable: `SELECT lane, min(id) AS head FROM items WHERE queue = ? AND state = 0
		GROUP BY lane ORDER BY head`,
	qPendingStats: `SELECT queue, count(*), min(id) FROM items WHERE state = 0 GROUP BY queue`,
	qParkedStats:  `SELECT queue, count(*) FROM items WHERE state = 2 GROUP BY queue`,
	qAddedAt:      `SELECT added_at FROM items WHERE id = ?`,
	qRecentSends:  `SELECT chat_id, at FROM send_log WHERE at >= ? ORDER BY at DESC LIMIT 10000`,
	qUnfinishedLanes: `SELECT lane, count(*) FROM items WHERE queue IN ('inbox', 'outbox') AND state = 0
		GROUP BY lane`,
	qWalkItems: `SELECT id, state, added_at, done_at, payload IS NOT NULL FROM items WHERE id > ?
		ORDER BY id LIMIT ?`,
	qOldMessages: `SELECT id, chat_id, thread_id, message_id FROM messages WHERE id > ? AND date < ?
		ORDER BY id LIMIT ?`,
	qOldParked:     `SELECT id FROM items WHERE state = 2 AND parked_at < ? ORDER BY id LIMIT ?`,
	qMeta:          `SELECT value FROM meta WHERE name = ?`,
	qSetMeta:       `UPDATE meta SET value = ? WHERE name = ?`,
	qClearPayload:  `UPDATE items SET payload = NULL WHERE id = ? AND state = 1`,
	qDeleteDone:    `DELETE FROM items WHERE id = ? AND state = 1`,
	qDeleteParked:  `DELETE FROM items WHERE id = ? AND state = 2`,
	qDeleteMessage: `DELETE FROM messages WHERE id = ?`,
	qDeleteVersions: `DELETE FROM message_versions
		WHERE chat_id = ? AND thread_id = ? AND message_id = ?`,
	qPruneSendLog: `DELETE FROM send_log WHERE id = ?`,
	qOldSends:     `SELECT id FROM send_log WHERE at < ? LIMIT ?`,
	qCountSends:   `SELECT count(*) FROM send_log WHERE chat_id = ? AND at > ?`,
	qNthSend:      `SELECT at FROM send_log WHERE chat_id = ? AND at > ? ORDER BY at LIMIT 1 OFFSET ?`,
	qInsertSend:   `INSERT INTO send_log (chat_id, at) VALUES (?, ?)`,
	qReserveSend:  `INSERT INTO send_log (chat_id, at) VALUES (?, ?) RETURNING id`,
	qMoveSend:     `UPDATE send_log SET at = ? WHERE id = ?`,
	qForgetKey:    `UPDATE items SET key = '' WHERE id = ? AND state = 1`,
	qKeepPause: `INSERT INTO send_pauses (chat_id, until) VALUES (?, ?)
		ON CONFLICT (chat_id) DO UPDATE SET until = excluded.until WHERE send_pauses.until < excluded.until`,
	qPauseOf: `SELECT until FROM send_pauses WHERE chat_id = ? AND until > ?`,
	qPauses:  `SELECT chat_id, until FROM send_pauses WHERE until > ?`,
}

// statementTexts gives the statements of all parts; shared for PostgreSQL.
func statementTexts(shared bool) (all [queryCount]string) {
	own := searchSQLite
	if shared {
		own = searchPostgres
	}
	for _, part := range []map[query]string{laneTexts, workTexts, adviceTexts, searchTexts, own} {
		for q, text := range part {
			all[q] = text
		}
	}
	return all
}

// numbered writes the arguments as PostgreSQL wants them: $1, $2, …
func numbered(text string) string {
	var b strings.Builder
	n := 0
	for _, r := range text {
		if r != '?' {
			b.WriteRune(r)
			continue
		}
		n++
		b.WriteByte('$')
		b.WriteString(strconv.Itoa(n))
	}
	return b.String()
}
