package store

// Statements of runs, links, pages, exports, memos, imports and of erasure.
const (
	qKnownThread = iota + lanesCount
	workCount
)

var workTexts = map[query]string{
	qKnownThread: `SELECT 1 FROM messages WHERE chat_id = ? AND thread_id = ? AND message_id = ?`,
}
