package advice

import (
	"slices"
	"strings"
	"unicode/utf8"

	"topicpilot/topics"
	"topicpilot/topics/words"
)

const (
	// A quote is at least so long, in characters or in words.
	minQuote      = 12
	minQuoteWords = 3
	// maxClaims bounds what is checked; nobody needs more for one message.
	maxClaims = 100
	// maxQuote bounds a quote as it is shown, in characters.
	maxQuote = 400
)

// cited is what the claims stand on: the chunks, and the source of each with its first quote.
type cited struct {
	hits    []topics.KnowledgeHit
	sources []topics.DraftSource
}

// evidence looks each quote up in the chunk that it names, and asks for one in each claim.
func (a asked) evidence(claims []claim) (cited, Reason) {
	if len(claims) == 0 {
		return cited{}, ReasonNoClaim
	}
	if len(claims) > maxClaims {
		return cited{}, ReasonQuote
	}
	var c cited
	texts := map[string]folded{}
	for _, claim := range claims {
		quote := a.unmasked(claim.Quote)
		i := slices.IndexFunc(a.hits, func(h topics.KnowledgeHit) bool { return h.ID == claim.Chunk })
		if i < 0 || !longEnough(quote) {
			return cited{}, ReasonQuote
		}
		hit := a.hits[i]
		text, known := texts[hit.ID]
		if !known {
			text = fold(hit.Text)
			texts[hit.ID] = text
		}
		from, to, ok := text.find(quote)
		if !ok {
			return cited{}, ReasonQuote
		}
		if known {
			continue
		}
		c.hits = append(c.hits, hit)
		shown := clean(strings.Join(strings.Fields(hit.Text[from:to]), " "))
		c.sources = append(c.sources, topics.DraftSource{
			Chunk: hit.ID, File: hit.File, Title: hit.Title, Link: hit.Link, Date: hit.Date,
			Quote: cut(shown, maxQuote), Internal: hit.Internal,
		})
	}
	return c, ""
}

func longEnough(quote string) bool {
	text := strings.TrimSpace(fold(quote).text)
	n := len(words.Of(text, minQuoteWords)) // dashes prove nothing
	return n >= minQuoteWords || n > 0 && utf8.RuneCountInString(text) >= minQuote
}

// unmasked puts back what was masked.
func (a asked) unmasked(text string) string {
	if a.masks == nil {
		return text
	}
	return a.masks.Unmask(text)
}

// judge lets an answer through, or tells why not.
func (a asked) judge(said answer, threshold float64) (Advice, Reason) {
	text := clean(a.unmasked(said.Answer))
	if text == "" {
		return Advice{}, ReasonEmpty
	}
	if topics.UTF16Len(text) > maxAnswer {
		return Advice{}, ReasonCutOff
	}
	if leaks(text) {
		return Advice{}, ReasonLeak
	}
	found, reason := a.evidence(said.Claims)
	if reason != "" {
		return Advice{}, reason
	}
	carried := a.coverage(said, found.hits)
	if carried.dictated || carried.share < threshold {
		return Advice{Coverage: carried.share}, ReasonCoverage
	}
	return Advice{
		Text: text, Sources: found.sources, Strange: a.strange(text, found.hits), Coverage: carried.share,
		Uncarried: a.uncarried(text, said.Claims, found.hits, threshold), Dictated: orders(a.customers),
	}, ""
}
