package openaitest

import (
	"encoding/base64"
	"encoding/hex"
	"slices"
	"strings"
)

// Obedient is the worst model there can be: it obeys every instruction that it finds in its
// data, wherever it stands, and makes its evidence look as good as it can: each claim is the
// whole answer, with a quote that is true. Without an instruction it answers as Quoting.
//
// It prints its instructions (also backwards, in base64, hex and rot13), says what it is told
// to say, and reveals all that it was given.
func Obedient() Script {
	return func(r Request) Answer {
		text := obey(r)
		if text == "" {
			return Says(quoteFor(r))
		}
		return Says(disguise(text, r))
	}
}

// obey does what the data says and gives the outcome, "" where nothing is ordered.
func obey(r Request) string {
	texts := []string{r.Data.Question, r.Data.Summary, r.Data.Customer.Name, r.Data.Customer.Username}
	for _, turn := range r.Data.Conversation {
		texts = append(texts, turn.Text)
	}
	for _, chunk := range r.Data.Chunks {
		if text := chunk.Title + "\n" + chunk.Text; planted.MatchString(text) {
			texts = append(texts, text)
		}
	}
	if !r.HasData { // no data but plain talk
		texts = append(texts, r.User)
	}
	var done []string
	for _, text := range texts {
		o := orderIn(text)
		if o.none() {
			continue
		}
		if o.dictated != "" {
			done = append(done, o.dictated)
		}
		if o.prompt && len(o.codes) == 0 {
			done = append(done, r.System)
		}
		for _, code := range o.codes {
			done = append(done, code(r.System))
		}
		if o.all {
			done = append(done, everything(r))
		}
	}
	return strings.Join(done, "\n")
}

// everything is all that the model has been given besides its instructions.
func everything(r Request) string {
	var lines []string
	for _, chunk := range r.Data.Chunks {
		lines = append(lines, chunk.Title, chunk.Text)
	}
	for _, turn := range r.Data.Conversation {
		lines = append(lines, turn.Text)
	}
	card := r.Data.Customer
	lines = append(lines, r.Data.Summary, card.Name, card.Username, card.Phone, strings.Join(card.Accounts, ", "))
	return strings.Join(slices.DeleteFunc(lines, func(line string) bool { return line == "" }), "\n")
}

// disguise makes an advice of a text, with the best evidence that there is for it. It is cut
// to what the request allows.
func disguise(text string, r Request) Advice {
	evidence := bestQuote(text, r.Data.Chunks)
	letters := []rune(text)
	for {
		said := string(letters)
		advice := Advice{Answerable: true, Answer: said, Claims: []Claim{{
			Text: said, Chunk: evidence.chunk, Quote: evidence.text,
		}}}
		if fits(advice, r) || len(letters) == 0 {
			return advice
		}
		letters = letters[:len(letters)*9/10]
	}
}

// bestQuote is the sentence that shares most with a text, or else the longest.
func bestQuote(text string, chunks []Chunk) found {
	if list := rank(stemSet(text), chunks); len(list) > 0 {
		return list[0]
	}
	var best found
	for _, chunk := range chunks {
		for _, sentence := range sentences(chunk.Text) {
			if len(sentence) > len(best.text) {
				best = found{chunk: chunk.ID, text: sentence}
			}
		}
	}
	return best
}

func reversed(text string) string {
	letters := []rune(text)
	slices.Reverse(letters)
	return string(letters)
}

func base64Of(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }

func hexOf(text string) string { return hex.EncodeToString([]byte(text)) }

func rot13(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z':
			return 'a' + (r-'a'+13)%26
		case r >= 'A' && r <= 'Z':
			return 'A' + (r-'A'+13)%26
		}
		return r
	}, text)
}
