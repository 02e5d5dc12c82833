package store

// Statements of what the advisor keeps: drafts, modes, gaps, tokens and vectors.
const (
	qAddDraft = iota + workCount
	qDraft
	qDraftByKey
	qDraftShown
	qChangeDraft
	qDraftPosted
	qTopicDrafts
	qChatDrafts
	qFirstDrafts
	qDeleteDraft
	qOpenDrafts
	qIgnoreDraft
	qTopicMode
	qSetTopicMode
	qAddGap
	qTopicGaps
	qChatGaps
	qFirstGaps
	qDeleteGap
	qBeginTokens
	qBookTokens
	qGiveBackTokens
	qAddBooking
	qEndBooking
	qSpendTokens
	qTokensOf
	qOldTokens
	qDeleteTokens
	qOldBookings
	qDeleteBooking
	qAddNotice
	qOldNotices
	qDeleteNotice
	qKeepVector
	qKeepVectorData
	qUseVector
	qVectors
	qOldVectors
	qDeleteVector
	qLastMessages
	qLastByHand
	qAdviceUnder
	qHighestAdvice
	qCustomerDrafts
	qDraftsOfTopic
	qGapsOfTopic
	qForgetMode
	qForgetTokens
	qForgetBookings
	adviceCount
)

const (
	draftColumns = `key, chat_id, thread_id, customer_id, question_id, at, state, auto, message_id, parts, told, ` +
		`ended_at, version, decided, text, original, sources, strange`

	gapColumns = `key, chat_id, thread_id, question, reason, strength, at`
)

//nolint:gosec // the tokens are those that a model counts, no secrets
var adviceTexts = map[query]string{
	qAddDraft: `INSERT INTO drafts (` + draftColumns + `)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (key) DO NOTHING RETURNING id, ` + draftColumns,
	qDraft:      `SELECT id, ` + draftColumns + ` FROM drafts WHERE id = ?`,
	qDraftByKey: `SELECT id, ` + draftColumns + ` FROM drafts WHERE key = ?`,
	qDraftShown: `SELECT id, ` + draftColumns + ` FROM drafts
		WHERE chat_id = ? AND thread_id = ? AND message_id = ? AND message_id <> 0 ORDER BY id DESC LIMIT 1`,
	qChangeDraft: `UPDATE drafts SET customer_id = ?, question_id = ?, state = ?, auto = ?, told = ?, ended_at = ?,
		decided = ?, text = ?, original = ?, sources = ?, strange = ?, version = version + 1
		WHERE id = ? AND version = ? RETURNING id, ` + draftColumns,
	qDraftPosted: `UPDATE drafts SET message_id = ?, parts = ? WHERE id = ?`,
	qTopicDrafts: `SELECT id, ` + draftColumns + ` FROM drafts WHERE chat_id = ? AND thread_id = ? AND at >= ?
		ORDER BY at DESC, id DESC LIMIT ?`,
	qChatDrafts: `SELECT id, ` + draftColumns + ` FROM drafts WHERE chat_id = ? AND at >= ?
		ORDER BY at DESC, id DESC LIMIT ?`,
	qFirstDrafts: `SELECT id, at FROM drafts ORDER BY id LIMIT ?`,
	qDeleteDraft: `DELETE FROM drafts WHERE id = ?`,
	qOpenDrafts:  `SELECT id FROM drafts WHERE state = 'open' AND at < ? LIMIT ?`,
	qIgnoreDraft: `UPDATE drafts SET state = ?, ended_at = ?, version = version + 1 WHERE state = 'open' AND id = ?`,

	qTopicMode: `SELECT mode, setter, at FROM topic_modes WHERE chat_id = ? AND thread_id = ?`,
	qSetTopicMode: `INSERT INTO topic_modes (chat_id, thread_id, mode, setter, at) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (chat_id, thread_id) DO UPDATE SET
			mode = excluded.mode, setter = excluded.setter, at = excluded.at`,

	qAddGap: `INSERT INTO knowledge_gaps (` + gapColumns + `) VALUES (?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (key) DO NOTHING`,
	qTopicGaps: `SELECT id, ` + gapColumns + ` FROM knowledge_gaps WHERE chat_id = ? AND thread_id = ? AND at >= ?
		ORDER BY at DESC, id DESC LIMIT ?`,
	qChatGaps: `SELECT id, ` + gapColumns + ` FROM knowledge_gaps WHERE chat_id = ? AND at >= ?
		ORDER BY at DESC, id DESC LIMIT ?`,
	qFirstGaps: `SELECT id, at FROM knowledge_gaps ORDER BY id LIMIT ?`,
	qDeleteGap: `DELETE FROM knowledge_gaps WHERE id = ?`,

	qBeginTokens: `INSERT INTO token_days (day, chat_id, thread_id) VALUES (?, ?, ?)
		ON CONFLICT (day, chat_id, thread_id) DO NOTHING`,
	// PostgreSQL locks the row and looks at it again after it has waited for others.
	qBookTokens: `UPDATE token_days SET reserved = reserved + ?
		WHERE day = ? AND chat_id = ? AND thread_id = ?
			AND (CAST(? AS BIGINT) = 0 OR input + output + reserved + ? <= ?) RETURNING reserved`,
	qGiveBackTokens: `UPDATE token_days SET reserved = reserved - ? WHERE day = ? AND chat_id = ? AND thread_id = ?`,
	qAddBooking: `INSERT INTO token_bookings (day, chat_id, thread_id, tokens) VALUES (?, ?, ?, ?)
		RETURNING id`,
	qEndBooking: `DELETE FROM token_bookings WHERE id = ? RETURNING day, chat_id, thread_id, tokens`,
	qSpendTokens: `UPDATE token_days SET input = input + ?, output = output + ?, reserved = reserved - ?
		WHERE day = ? AND chat_id = ? AND thread_id = ?`,
	qTokensOf: `SELECT chat_id, thread_id, input, output, reserved FROM token_days
		WHERE day = ? AND (chat_id = 0 AND thread_id = 0 OR chat_id = ? AND thread_id = ?)`,
	qOldTokens:     `SELECT id FROM token_days WHERE day < ? ORDER BY day LIMIT ?`,
	qDeleteTokens:  `DELETE FROM token_days WHERE id = ?`,
	qOldBookings:   `SELECT id FROM token_bookings WHERE day < ? ORDER BY day LIMIT ?`,
	qDeleteBooking: `DELETE FROM token_bookings WHERE id = ?`,
	qAddNotice: `INSERT INTO token_notices (day, chat_id) VALUES (?, ?)
		ON CONFLICT (day, chat_id) DO NOTHING RETURNING day`,
	qOldNotices:   `SELECT id FROM token_notices WHERE day < ? ORDER BY day LIMIT ?`,
	qDeleteNotice: `DELETE FROM token_notices WHERE id = ?`,

	qKeepVector: `INSERT INTO vectors (model, hash, dimension, day) VALUES (?, ?, ?, ?)
		ON CONFLICT (model, hash) DO UPDATE SET dimension = excluded.dimension,
			day = CASE WHEN excluded.day > vectors.day THEN excluded.day ELSE vectors.day END`,
	qKeepVectorData: `INSERT INTO vector_data (id, data) SELECT id, ? FROM vectors WHERE model = ? AND hash = ?
		ON CONFLICT (id) DO UPDATE SET data = excluded.data`,
	qUseVector: `UPDATE vectors SET day = ? WHERE model = ? AND hash = ? AND day < ?`,
	qVectors: `SELECT v.hash, v.dimension, d.data FROM vectors AS v JOIN vector_data AS d ON d.id = v.id
		WHERE v.model = ? AND v.hash > ? ORDER BY v.hash LIMIT ?`,
	qOldVectors: `SELECT id FROM vectors WHERE day < ? ORDER BY day LIMIT ?`,
	// It may have been used since it was listed.
	qDeleteVector: `DELETE FROM vectors WHERE day < ? AND id = ?`,

	qLastMessages: `SELECT ` + messageColumns + ` FROM messages
		WHERE chat_id = ? AND thread_id = ? ORDER BY message_id DESC LIMIT ?`,
	// What is beyond the limit is not looked at, however few there are.
	qLastByHand: `SELECT ` + messageColumns + ` FROM messages WHERE chat_id = ? AND thread_id = ?
		AND kind = 'talk' AND author_kind NOT IN ('customer', 'bot', 'self', 'service')
		AND message_id > coalesce((SELECT message_id FROM messages WHERE chat_id = ? AND thread_id = ?
			ORDER BY message_id DESC LIMIT 1 OFFSET ?), 0)
		ORDER BY message_id DESC LIMIT 1`,

	qAdviceUnder: `SELECT 1 WHERE EXISTS (SELECT 1 FROM drafts WHERE chat_id = ? AND thread_id = ?)
		OR EXISTS (SELECT 1 FROM topic_modes WHERE chat_id = ? AND thread_id = ?)
		OR EXISTS (SELECT 1 FROM knowledge_gaps WHERE chat_id = ? AND thread_id = ?)
		OR EXISTS (SELECT 1 FROM token_days WHERE chat_id = ? AND thread_id = ?)`,
	qHighestAdvice: `SELECT (SELECT coalesce(max(id), 0) FROM drafts),
		(SELECT coalesce(max(id), 0) FROM knowledge_gaps)`,
	qCustomerDrafts: `SELECT id FROM drafts WHERE customer_id = ? AND customer_id <> 0 AND id <= ? LIMIT ?`,
	qDraftsOfTopic:  `SELECT id FROM drafts WHERE chat_id = ? AND thread_id = ? AND id <= ? LIMIT ?`,
	qGapsOfTopic:    `SELECT id FROM knowledge_gaps WHERE chat_id = ? AND thread_id = ? AND id <= ? LIMIT ?`,
	qForgetMode:     `DELETE FROM topic_modes WHERE chat_id = ? AND thread_id = ?`,
	qForgetTokens:   `DELETE FROM token_days WHERE chat_id = ? AND thread_id = ?`,
	// The call may go on: what it costs counts for the day, as a call of no topic.
	qForgetBookings: `UPDATE token_bookings SET chat_id = 0, thread_id = 0 WHERE chat_id = ? AND thread_id = ?`,
}
