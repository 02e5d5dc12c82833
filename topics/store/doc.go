// Package store keeps lanes, transcript, topics, customers and what the commands and the
// advisor work with durably, in an SQLite file or in PostgreSQL. It implements the small interfaces that package topics
// declares and knows nothing of Telegram.
//
// All writes of a process go through one goroutine, which takes whatever waits,
// writes it in one transaction and answers every caller after the commit (group
// commit): a lone write costs one disk flush, a thousand concurrent ones a handful.
// On SQLite the process owns the whole file, so lanes need no rows there. On
// PostgreSQL several processes share the lanes; each lane's row names its holder and
// an epoch as fence.
package store
