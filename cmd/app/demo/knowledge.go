package demo

import (
	"embed"
	"io"
	"io/fs"
	"strings"
)

//go:embed all:knowledge
var articles embed.FS

//go:embed questions.jsonl
var questions string

// Knowledge are the articles of a hosting company that does not exist, in a folder for each
// language: en, ru and uk. Those that the evaluation expects are named by paths in here.
func Knowledge() fs.FS {
	sub, err := fs.Sub(articles, "knowledge")
	if err != nil {
		panic(err) // the folder is embedded: its name cannot be wrong
	}
	return sub
}

// Questions are those of the evaluation, a JSON object on each line.
func Questions() io.Reader { return strings.NewReader(questions) }
