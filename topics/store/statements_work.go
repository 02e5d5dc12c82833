package store

// Statements of runs, links, pages, exports, memos and imports, and of erasure.
const (
	qAddRun = iota + lanesCount
	qRunByKey
	qRun
	qRunForgotten
	qChangeRun
	qLikeRuns
	qRuns
	qTopicRuns
	qFirstRuns
	qDeleteRun
	qAddLink
	qRemoveLink
	qLinks
	qPage
	qKeepPage
	qDropPage
	qExport
	qAddExport
	qChangeExport
	qAddBlocks
	qHighest
	qExtentMessages
	qExtentVersions
	qMessagesIn
	qEditedIn
	qVersionsBetween
	qKeepMemo
	qMemo
	qOldMemos
	qDeleteMemo
	qImportMessage
	qImportTopic
	qForgetCustomer
	qForgetTopic
	qForgottenTopics
	qForgottenCustomers
	qCustomerTopics
	qCustomerPages
	qTopicPages
	qTopicBlocks
	qTopicExports
	qMarkCustomer
	qMarkTopic
	qKnowsCustomer
	qLatestMessage
	qHighestItem
	qBlankWaitingUpdates
	qDropWaitingUpdates
	qDropWaiting
	qDropAnswers
	qUnresolved
	qLaneItems
	qBlankItem
	qDropItem
	qTopicMessages
	qTopicVersions
	qDeleteVersion
	qCustomerRuns
	qRunsOfTopic
	qForgetRun
	qForgetInfo
	qForgetLinks
	qForgetCustomerPages
	qForgetTopicPages
	qForgetExports
	qForgetBlocks
	qForgetMemos
	qForgetTitle
	qPageCount
	qPages
	qReadPage
	qWritePage
	workCount
)

const runColumns = `key, command, chat_id, thread_id, customer_id, message_id, asker, args, state, attempts, ` +
	`result, decided, answer_id, asked_at, sent_at, ended_at, told, reply, tell_text, version`

const pageColumns = `system, kind, chat_id, thread_id, customer_id, page_id, url, ours, at`

var workTexts = map[query]string{
	qAddRun: `INSERT INTO runs (` + runColumns + `, forgotten)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (key) DO NOTHING RETURNING id`,
	qRunByKey:     `SELECT id, ` + runColumns + ` FROM runs WHERE key = ?`,
	qRun:          `SELECT id, ` + runColumns + ` FROM runs WHERE id = ?`,
	qRunForgotten: `SELECT forgotten FROM runs WHERE id = ? AND version = ?`,
	qChangeRun: `UPDATE runs SET customer_id = ?, args = ?, state = ?, attempts = ?, result = ?, decided = ?,
		answer_id = ?, sent_at = ?, ended_at = ?, told = ?, reply = ?, tell_text = ?, version = version + 1
		WHERE id = ? AND version = ?`,
	qLikeRuns: `SELECT id, ` + runColumns + ` FROM runs
		WHERE chat_id = ? AND thread_id = ? AND command = ? AND args = ? AND asked_at >= ? AND id <> ?
		ORDER BY id DESC LIMIT ?`,
	qRuns: `SELECT id, ` + runColumns + ` FROM runs WHERE id < ? ORDER BY id DESC LIMIT ?`,
	qTopicRuns: `SELECT id, ` + runColumns + ` FROM runs WHERE chat_id = ? AND thread_id = ? AND id < ?
		ORDER BY id DESC LIMIT ?`,
	qFirstRuns: `SELECT id, asked_at FROM runs ORDER BY id LIMIT ?`,
	qDeleteRun: `DELETE FROM runs WHERE id = ?`,

	qAddLink: `INSERT INTO links (customer_id, account, setter, at) VALUES (?, ?, ?, ?)
		ON CONFLICT (customer_id, account) DO NOTHING RETURNING id`,
	qRemoveLink: `DELETE FROM links WHERE customer_id = ? AND account = ? RETURNING id`,
	qLinks:      `SELECT account, setter, at FROM links WHERE customer_id = ? ORDER BY at, id`,

	qPage: `SELECT ` + pageColumns + ` FROM pages
		WHERE chat_id = ? AND thread_id = ? AND holder = ? AND system = ? AND kind = ?`,
	qKeepPage: `INSERT INTO pages (` + pageColumns + `, holder) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (chat_id, thread_id, holder, system, kind) DO UPDATE SET
			customer_id = excluded.customer_id, page_id = excluded.page_id, url = excluded.url,
			ours = excluded.ours, at = excluded.at`,
	qDropPage: `DELETE FROM pages
		WHERE chat_id = ? AND thread_id = ? AND holder = ? AND system = ? AND kind = ? AND page_id = ?`,

	qExport: `SELECT page_id, done_row, done_version, to_row, to_version, after_message, after_edit, pending,
		version FROM exports WHERE chat_id = ? AND thread_id = ? AND system = ?`,
	qAddExport: `INSERT INTO exports (page_id, done_row, done_version, to_row, to_version, after_message, after_edit,
		pending, chat_id, thread_id, system, version) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1)
		ON CONFLICT (chat_id, thread_id, system) DO NOTHING`,
	qChangeExport: `UPDATE exports SET page_id = ?, done_row = ?, done_version = ?, to_row = ?, to_version = ?,
		after_message = ?, after_edit = ?, pending = ?, version = version + 1
		WHERE chat_id = ? AND thread_id = ? AND system = ? AND version = ?`,
	qAddBlocks: `INSERT INTO page_blocks (system, chat_id, thread_id, page_id, blocks) VALUES (?, ?, ?, ?, ?)`,
	qHighest: `SELECT (SELECT coalesce(max(id), 0) FROM messages),
		(SELECT coalesce(max(id), 0) FROM message_versions)`,
	qExtentMessages: `SELECT count(*), coalesce(max(id), 0) FROM messages
		WHERE chat_id = ? AND thread_id = ? AND id <= ?`,
	qExtentVersions: `SELECT coalesce(max(id), 0) FROM message_versions
		WHERE chat_id = ? AND thread_id = ? AND id <= ?`,
	qMessagesIn: `SELECT ` + messageColumns + ` FROM messages
		WHERE chat_id = ? AND thread_id = ? AND message_id > ? AND id > ? AND id <= ? ORDER BY message_id LIMIT ?`,
	qEditedIn: `SELECT ` + messageColumns + ` FROM messages
		WHERE chat_id = ? AND thread_id = ? AND message_id > ? AND id <= ? AND message_id IN (
			SELECT message_id FROM message_versions WHERE chat_id = ? AND thread_id = ? AND id > ? AND id <= ?)
		ORDER BY message_id LIMIT ?`,
	qVersionsBetween: `SELECT message_id, date, text, entities FROM message_versions
		WHERE chat_id = ? AND thread_id = ? AND message_id >= ? AND message_id <= ? ORDER BY message_id, date, id`,

	qKeepMemo:   `INSERT INTO memos (chat_id, thread_id, expires, data) VALUES (?, ?, ?, ?) RETURNING id`,
	qMemo:       `SELECT data FROM memos WHERE id = ? AND chat_id = ? AND thread_id = ? AND expires > ?`,
	qOldMemos:   `SELECT id FROM memos WHERE expires <= ? LIMIT ?`,
	qDeleteMemo: `DELETE FROM memos WHERE id = ?`,

	qImportMessage: `INSERT INTO messages (` + messageColumns + `)
		SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?
		WHERE NOT EXISTS (SELECT 1 FROM messages WHERE chat_id = ? AND message_id = ?)
		ON CONFLICT (chat_id, thread_id, message_id) DO NOTHING`,
	qImportTopic: `INSERT INTO topics (chat_id, thread_id, title, status, first_seen, changed_at)
		VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (chat_id, thread_id) DO UPDATE SET
			title = CASE WHEN topics.title = '' THEN excluded.title ELSE topics.title END,
			status = CASE WHEN topics.status = '' THEN excluded.status ELSE topics.status END
		WHERE (topics.title = '' AND excluded.title <> '') OR (topics.status = '' AND excluded.status <> '')`,

	qForgetCustomer: `INSERT INTO forgotten_customers (customer_id, at, seq) VALUES (?, ?, ?)
		ON CONFLICT (customer_id) DO UPDATE SET at = excluded.at, seq = excluded.seq`,
	qForgetTopic: `INSERT INTO forgotten_topics (chat_id, thread_id, before, seq) VALUES (?, ?, ?, ?)
		ON CONFLICT (chat_id, thread_id) DO UPDATE SET before = excluded.before, seq = excluded.seq`,
	qForgottenTopics:    `SELECT chat_id, thread_id, before, seq FROM forgotten_topics ORDER BY chat_id, thread_id`,
	qForgottenCustomers: `SELECT customer_id, at, seq FROM forgotten_customers ORDER BY seq`,
	qCustomerTopics: `SELECT chat_id, thread_id FROM topic_customers WHERE customer_id = ?
		UNION SELECT chat_id, thread_id FROM runs AS r WHERE customer_id = ? AND thread_id <> 0 AND NOT EXISTS (
			SELECT 1 FROM topic_customers AS c
			WHERE c.chat_id = r.chat_id AND c.thread_id = r.thread_id AND c.customer_id <> 0)
		UNION SELECT chat_id, thread_id FROM pages AS p WHERE customer_id = ? AND thread_id <> 0 AND NOT EXISTS (
			SELECT 1 FROM topic_customers AS c
			WHERE c.chat_id = p.chat_id AND c.thread_id = p.thread_id AND c.customer_id <> 0)
		UNION SELECT chat_id, thread_id FROM drafts AS d WHERE customer_id = ? AND customer_id <> 0
			AND thread_id <> 0 AND NOT EXISTS (SELECT 1 FROM topic_customers AS c
				WHERE c.chat_id = d.chat_id AND c.thread_id = d.thread_id AND c.customer_id <> 0)
		ORDER BY 1, 2`,
	qCustomerPages: `SELECT ` + pageColumns + ` FROM pages WHERE customer_id = ? ORDER BY id`,
	qTopicPages: `SELECT ` + pageColumns + ` FROM pages WHERE chat_id = ? AND thread_id = ? AND customer_id <> ?
		ORDER BY id`,
	qTopicBlocks:  `SELECT system, page_id, blocks FROM page_blocks WHERE chat_id = ? AND thread_id = ? ORDER BY id`,
	qTopicExports: `SELECT system, page_id, pending FROM exports WHERE chat_id = ? AND thread_id = ? ORDER BY system`,
	qMarkCustomer: `SELECT count(*), coalesce(max(at), 0) FROM pages WHERE customer_id = ?`,
	qMarkTopic: `SELECT (SELECT count(*) FROM pages WHERE chat_id = ? AND thread_id = ?),
		(SELECT coalesce(max(at), 0) FROM pages WHERE chat_id = ? AND thread_id = ?),
		(SELECT count(*) FROM page_blocks WHERE chat_id = ? AND thread_id = ?),
		(SELECT CAST(coalesce(sum(version), 0) AS BIGINT) FROM exports WHERE chat_id = ? AND thread_id = ?)`,
	qKnowsCustomer: `SELECT (SELECT count(*) FROM links WHERE customer_id = ?)
		+ (SELECT count(*) FROM runs WHERE customer_id = ? AND customer_id <> 0)
		+ (SELECT count(*) FROM drafts WHERE customer_id = ? AND customer_id <> 0)
		+ (SELECT count(*) FROM pages WHERE customer_id = ?)`,
	qLatestMessage: `SELECT coalesce(max(date), 0) FROM messages WHERE chat_id = ? AND thread_id = ?`,
	qHighestItem:   `SELECT coalesce(max(id), 0) FROM items`,

	// The key of an update stays known: Telegram may deliver it once more.
	qBlankWaitingUpdates: `UPDATE items SET state = 1, done_at = ?, payload = NULL, reason = '', lane = ''
		WHERE state = 0 AND queue = 'inbox' AND key <> '' AND (lane = ? OR lane LIKE ?)`,
	qDropWaitingUpdates: `DELETE FROM items WHERE state = 0 AND queue = 'inbox' AND (lane = ? OR lane LIKE ?)`,
	qDropWaiting:        `DELETE FROM items WHERE state = 0 AND (lane = ? OR lane LIKE ?)`,
	qDropAnswers:        `DELETE FROM items WHERE state = 0 AND queue = 'outbox' AND (lane = ? OR lane LIKE ?)`,
	// What was erased has neither title nor messages, and is nobody's.
	qUnresolved: `SELECT chat_id, thread_id FROM topics AS t
		WHERE (chat_id > ? OR chat_id = ? AND thread_id > ?) AND thread_id <> 0
			AND NOT EXISTS (SELECT 1 FROM topic_customers AS c
				WHERE c.chat_id = t.chat_id AND c.thread_id = t.thread_id)
			AND (title <> '' OR EXISTS (SELECT 1 FROM messages AS m
				WHERE m.chat_id = t.chat_id AND m.thread_id = t.thread_id))
		ORDER BY chat_id, thread_id LIMIT ?`,
	qLaneItems: `SELECT id, queue, state, key <> '' FROM items
		WHERE id > ? AND id <= ? AND (lane IN (?, ?, ?, ?) OR lane LIKE ? OR lane LIKE ? OR lane LIKE ? OR lane LIKE ?)
		ORDER BY id`,
	qBlankItem: `UPDATE items SET state = 1, done_at = ?, payload = NULL, reason = '', lane = '' WHERE id = ?`,
	qDropItem:  `DELETE FROM items WHERE id = ?`,
	qTopicMessages: `SELECT id, chat_id, thread_id, message_id FROM messages
		WHERE chat_id = ? AND thread_id = ? AND id <= ? ORDER BY message_id LIMIT ?`,
	qTopicVersions: `SELECT id FROM message_versions WHERE chat_id = ? AND thread_id = ? AND id <= ?
		ORDER BY id LIMIT ?`,
	qDeleteVersion: `DELETE FROM message_versions WHERE id = ?`,
	qCustomerRuns: `SELECT id FROM runs WHERE customer_id = ? AND customer_id <> 0 AND forgotten = 0 AND asked_at <= ?
		ORDER BY id LIMIT ?`,
	qRunsOfTopic: `SELECT id FROM runs WHERE chat_id = ? AND thread_id = ? AND forgotten = 0 AND asked_at <= ?
		ORDER BY id LIMIT ?`,
	qForgetRun: `UPDATE runs SET customer_id = 0, args = '', reply = '', tell_text = '', forgotten = 1,
		version = version + 1 WHERE id = ? AND forgotten = 0`,
	qForgetInfo:          `DELETE FROM topic_customers WHERE chat_id = ? AND thread_id = ?`,
	qForgetLinks:         `DELETE FROM links WHERE customer_id = ?`,
	qForgetCustomerPages: `DELETE FROM pages WHERE customer_id = ?`,
	qForgetTopicPages:    `DELETE FROM pages WHERE chat_id = ? AND thread_id = ?`,
	qForgetExports:       `DELETE FROM exports WHERE chat_id = ? AND thread_id = ?`,
	qForgetBlocks:        `DELETE FROM page_blocks WHERE chat_id = ? AND thread_id = ?`,
	qForgetMemos:         `DELETE FROM memos WHERE chat_id = ? AND thread_id = ?`,
	qForgetTitle:         `UPDATE topics SET title = '' WHERE chat_id = ? AND thread_id = ? AND title <> ''`,

	// These are for SQLite alone.
	qPageCount: `SELECT page_count FROM pragma_page_count`,
	qPages: `WITH RECURSIVE p (n) AS (SELECT ? UNION ALL SELECT n + 1 FROM p WHERE n < ?)
		SELECT n, data FROM p CROSS JOIN sqlite_dbpage WHERE pgno = n`,
	qReadPage:  `SELECT data FROM sqlite_dbpage WHERE pgno = ?`,
	qWritePage: `UPDATE sqlite_dbpage SET data = ? WHERE pgno = ?`,
}
