package effects

import (
	"fmt"
	"slices"
	"strings"
)

// Said is what a message of the bot tells people about a command.
type Said string

// What may be said.
const (
	// SaidOther is a notice of no weight here, as that it takes longer.
	SaidOther   Said = ""
	SaidDone    Said = "done"
	SaidFailed  Said = "failed"
	SaidUnknown Said = "unknown"
	// SaidAsked is a question with buttons whether to do it at all, or once more.
	SaidAsked Said = "asked"
)

// Read tells what an answer says, as the English texts have it. buttons are their texts.
func Read(text string, buttons []string) Said {
	again := slices.Contains(buttons, "Do it again")
	said := []struct {
		as    Said
		words []string
	}{
		{SaidUnknown, []string{"outcome unknown", "unknown whether the customer was told"}},
		{SaidFailed, []string{
			"not done", "The customer was not told", "Notion does not answer", "Notion did not take", "Notion asks for too long",
			"The transcript could not be made", "gave no answer, so nothing was linked",
		}},
		{SaidDone, []string{
			"is on until", "has taken effect", "Notion card", "Transcript in Notion", "is linked to",
			"The customer has been told", "Sent by", "Answered by the advisor",
		}},
	}
	if slices.Contains(buttons, "Send") && !strings.Contains(text, "The customer was not told") {
		return SaidAsked // a draft
	}
	if again && !strings.Contains(text, "outcome unknown") || slices.Contains(buttons, "Do it") {
		return SaidAsked
	}
	for _, s := range said {
		if slices.ContainsFunc(s.words, func(words string) bool { return strings.Contains(text, words) }) {
			return s.as
		}
	}
	return SaidOther
}

// Outcome is what one run of a cell has come to.
type Outcome struct {
	Kind  Kind
	Fault Fault
	// Effects is the far side's own count, Arrivals the requests that would have taken effect
	// if it did not honour the Idempotency-Key; equal where there is no key.
	Effects, Arrivals int
	// Said are the answers that stand in the topic.
	Said []Said
	// Pressed tells that somebody pressed a button below an unknown outcome; then Later and
	// LaterSaid are the effects and the answers after that.
	Pressed   bool
	Later     int
	LaterSaid []Said
	// Problem is why the run did not come to an end, "" for none.
	Problem string
}

// Violations says which promises the run has broken; none is what we want.
func (o *Outcome) Violations() []string {
	var out []string
	fail := func(text string, args ...any) { out = append(out, fmt.Sprintf(text, args...)) }
	said := func(what Said) bool { return slices.Contains(o.Said, what) }
	if o.Problem != "" {
		fail("%s", o.Problem)
	}
	if o.Effects > 1 {
		fail("%d effects", o.Effects)
	}
	// What asks for a pause is asked again by itself, once, under the same key.
	if most := map[bool]int{false: 1, true: 2}[o.Fault == Status503 && o.Kind.Asks()]; o.Arrivals > most {
		fail("%d requests that nobody asked for", o.Arrivals-1)
	}
	// A draft that waits for its button still says nothing to whoever has pressed it.
	asked := said(SaidAsked) && !o.Kind.Advises()
	if o.Effects == 0 && !said(SaidFailed) && !said(SaidUnknown) && !asked {
		fail("no effect, and nobody was told: %v", o.Said)
	}
	if o.Effects == 0 && !o.Fault.Far() {
		fail("no effect, and no fault")
	}
	if o.Effects == 0 && said(SaidDone) && !said(SaidUnknown) {
		fail("no effect, but called done")
	}
	if o.Effects > 0 && !said(SaidDone) && !said(SaidUnknown) {
		fail("an effect, and nobody was told: %v", o.Said)
	}
	if o.Kind.Asks() && said(SaidUnknown) != o.Pressed {
		fail("an unknown outcome without [Do it again]")
	}
	settled := slices.Contains(o.LaterSaid, SaidDone) && !slices.Contains(o.LaterSaid, SaidUnknown)
	if o.Pressed && (o.Later != 1 || !settled) {
		fail("after the button %d effects, said %v", o.Later, o.LaterSaid)
	}
	return out
}
