package store

// Statements of the search.
const (
	queryCount = iota + workCount
)

var searchTexts = map[query]string{}
