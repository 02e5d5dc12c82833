package commands

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"topicpilot/topics"
)

const (
	// snippetBefore and snippetAfter are what is shown around the first match, in
	// characters.
	snippetBefore = 40
	snippetAfter  = 120
	// snippetStyles is how many pieces of a snippet may have a style, so that ten of them
	// and their links stay below Telegram's 100 entities.
	snippetStyles = 8
)

// piece is a part of a snippet: entity is "bold", "code" or "" for plain text.
type piece struct{ text, entity string }

// snippet shows the part of a message around the first match, in one line, the matches in
// bold. What a tap would make a command, a mention or a link stands in code.
func snippet(hit topics.Hit) topics.Text {
	text, marks := hit.Text.Text, hit.Marks
	if len(marks) == 0 { // the name of a file, or what media without a file say
		for _, m := range hit.Media {
			text += " " + m.FileName + " " + m.Note
		}
	}
	from, to := window(text, marks)
	var pieces []piece
	for start := from; start < to; {
		size := strings.IndexFunc(text[start:to], unicode.IsSpace)
		if size < 0 {
			size = to - start
		}
		if size > 0 {
			pieces = append(pieces, wordPieces(text, [2]int{start, start + size}, marks)...)
		}
		_, space := utf8.DecodeRuneInString(text[start+size:])
		pieces = append(pieces, piece{text: " "})
		start += size + space
	}
	var t topics.Text
	if from > 0 {
		t.Add("…")
	}
	write(&t, pieces)
	if to < len(text) {
		t.Add("…")
	}
	return t
}

// window is the part of the text that is shown, in bytes: from the beginning of a word.
func window(text string, marks [][2]int) (from, to int) {
	middle := 0
	if len(marks) > 0 {
		middle = marks[0][0]
	}
	from = middle
	for n := 0; n < snippetBefore && from > 0; n++ {
		_, size := utf8.DecodeLastRuneInString(text[:from])
		from -= size
	}
	if from > 0 {
		if space := strings.IndexFunc(text[from:middle], unicode.IsSpace); space >= 0 {
			from += space
		}
	}
	to = middle
	for n := 0; n < snippetAfter && to < len(text); n++ {
		_, size := utf8.DecodeRuneInString(text[to:])
		to += size
	}
	return from, to
}

// wordPieces cuts a word into what matches and what does not.
func wordPieces(text string, word [2]int, marks [][2]int) []piece {
	// The slash of a comment stands by itself.
	if whole := strip(text[word[0]:word[1]]); whole != "/" && tappable.MatchString(whole) {
		return []piece{{whole, "code"}}
	}
	var pieces []piece
	at := word[0]
	for _, mark := range marks {
		from, to := max(mark[0], at), min(mark[1], word[1])
		if from >= to {
			continue
		}
		pieces = append(pieces, piece{text[at:from], ""}, piece{text[from:to], "bold"})
		at = to
	}
	return append(pieces, piece{text[at:word[1]], ""})
}

// write adds the pieces, neighbours of one style as one; spaces between them join them.
func write(t *topics.Text, pieces []piece) {
	var joined []piece
	styles, spaced := 0, false
	for _, p := range pieces {
		shown := strip(p.text)
		before, after := spaceAround(shown)
		spaced = (spaced || before) && len(joined) > 0
		if p.text = oneLine(shown); p.text == "" {
			continue
		}
		if n := len(joined); n > 0 && joined[n-1].entity == p.entity {
			if spaced {
				p.text = " " + p.text
			}
			joined[n-1].text += p.text
		} else {
			if spaced {
				joined = append(joined, piece{text: " "})
			}
			joined = append(joined, p)
			if p.entity != "" {
				styles++
			}
		}
		spaced = after
	}
	if styles > snippetStyles { // whatever it is made of, it does nothing in code
		var whole strings.Builder
		for _, p := range joined {
			whole.WriteString(p.text)
		}
		joined = []piece{{whole.String(), "code"}}
	}
	for _, p := range joined {
		if p.entity == "" {
			t.Add(p.text)
		} else {
			t.AddEntity(p.text, topics.Entity{Type: p.entity})
		}
	}
}

func spaceAround(s string) (before, after bool) {
	first, _ := utf8.DecodeRuneInString(s)
	last, _ := utf8.DecodeLastRuneInString(s)
	return unicode.IsSpace(first), unicode.IsSpace(last)
}
