package crash

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Report is the verdict.
type Report struct {
	// Violations are sentences; none is what we want. At most maxViolations are kept.
	Violations []string
	More       int // violations beyond those
	Messages   int // typed messages found in the transcript
	Commands   int // commands answered
	Repeated   int // answers that came again after a crash, which is allowed
	Parked     int
}

const maxViolations = 40

// mark is what every answer begins with.
const mark = "/ "

func (r *Report) violate(format string, args ...any) {
	if len(r.Violations) == maxViolations {
		r.More++
		return
	}
	r.Violations = append(r.Violations, fmt.Sprintf(format, args...))
}

// Check compares what was typed, what was answered and what is stored.
func Check(typed []Typed, answers []Answer, stored *Stored) *Report {
	r := &Report{}
	if stored.Waiting > 0 {
		r.violate("%d items were neither done nor parked", stored.Waiting)
	}
	r.parked(typed, stored.Parked)
	r.transcript(typed, answers, stored.Rows)
	r.answers(typed, answers)
	r.storedAnswers(typed, answers, stored.Rows)
	return r
}

// parked: the poison updates and nothing else.
func (r *Report) parked(typed []Typed, keys []string) {
	want := map[string]bool{}
	for _, t := range typed {
		if t.Kind == Poison {
			want[strconv.FormatInt(t.UpdateID, 10)] = true
		}
	}
	for _, key := range keys {
		id := key[strings.LastIndexByte(key, ':')+1:]
		if !want[id] {
			r.violate("update %s is parked, and should not be, or is parked twice", key)
			continue
		}
		delete(want, id)
		r.Parked++
	}
	for id := range want {
		r.violate("poison update %s is not parked", id)
	}
}

// expected is how a typed message stands in the transcript.
func expected(k Kind) (author, kind string) {
	switch k {
	case Customer:
		return "customer", "talk"
	case Operator:
		return "operator", "talk"
	case Comment:
		return "operator", "comment"
	case Command, Poison:
	}
	return "operator", "command"
}

// transcript: each typed message once, as it was typed, in order; nothing else but the topics' opening
// and the bot's own answers.
func (r *Report) transcript(typed []Typed, answers []Answer, rows []Row) {
	known := map[Place]*Typed{}
	for i := range typed {
		if typed[i].Kind != Poison {
			known[typed[i].Place] = &typed[i]
		}
	}
	sent := map[Place]bool{}
	for _, a := range answers {
		sent[a.Place] = true
	}
	seen := map[Place]bool{}
	last := map[[2]int64]int64{}
	for _, row := range rows {
		t := known[row.Place]
		switch {
		case seen[row.Place]:
			r.violate("message %v is stored twice", row.Place)
			continue
		case t == nil && row.Author == "self" && sent[row.Place], t == nil && row.Author == "service":
			seen[row.Place] = true
			continue
		case t == nil:
			r.violate("message %v (%s, %q) is stored, and nobody sent it", row.Place, row.Author, row.Text)
			continue
		}
		seen[row.Place] = true
		r.Messages++
		if author, kind := expected(t.Kind); row.Author != author || row.Kind != kind || row.Text != t.Text {
			r.violate("message %v is stored as %s %s %q, but was %s %s %q",
				row.Place, row.Author, row.Kind, row.Text, author, kind, t.Text)
		}
		topic := [2]int64{row.Chat, row.Thread}
		if row.Message < last[topic] {
			r.violate("message %v was handled after message %d of the same topic", row.Place, last[topic])
		}
		last[topic] = max(last[topic], row.Message)
	}
	for place, t := range known {
		if !seen[place] {
			r.violate("message %v (number %d) is lost", place, t.Number)
		}
	}
}

// answers: each command answered in its topic, the first answers in the commands' order, all comments.
func (r *Report) answers(typed []Typed, answers []Answer) {
	commands := map[int]*Typed{}
	for i := range typed {
		if typed[i].Kind == Command {
			commands[typed[i].Number] = &typed[i]
		}
	}
	first := map[int]bool{}
	last := map[[2]int64]int{}
	for i := range answers {
		a := &answers[i]
		if !strings.HasPrefix(a.Text, mark) {
			r.violate("answer %v does not begin with the comment mark: %q", a.Place, a.Text)
		}
		n := a.command()
		t := commands[n]
		switch {
		case t == nil:
			r.violate("answer %v answers no command: %q", a.Place, a.Text)
			continue
		case t.Chat != a.Chat || t.Thread != a.Thread:
			r.violate("command %d of topic %d/%d was answered in topic %d/%d", n, t.Chat, t.Thread, a.Chat, a.Thread)
			continue
		case first[n]:
			r.Repeated++
			continue
		}
		first[n] = true
		r.Commands++
		topic := [2]int64{a.Chat, a.Thread}
		if n < last[topic] {
			r.violate("command %d of topic %d/%d was first answered after command %d", n, a.Chat, a.Thread, last[topic])
		}
		last[topic] = max(last[topic], n)
	}
	for n, t := range commands {
		if !first[n] {
			r.violate("command %d in topic %d/%d was never answered", n, t.Chat, t.Thread)
		}
	}
}

// storedAnswers: each command has one answer in the transcript.
func (r *Report) storedAnswers(typed []Typed, answers []Answer, rows []Row) {
	commandOf := map[Place]int{}
	for i := range answers {
		commandOf[answers[i].Place] = answers[i].command()
	}
	count := map[int]int{}
	for _, row := range rows {
		if row.Author == "self" {
			count[commandOf[row.Place]]++
		}
	}
	for _, t := range typed {
		if n := count[t.Number]; t.Kind == Command && n != 1 {
			r.violate("command %d has %d stored answers", t.Number, n)
		}
	}
}

// String lists the verdict for people.
func (r *Report) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d messages stored once and in order, %d commands answered in order (%d answers came again),"+
		" %d parked\n", r.Messages, r.Commands, r.Repeated, r.Parked)
	for _, v := range slices.Sorted(slices.Values(r.Violations)) {
		b.WriteString("VIOLATION: " + v + "\n")
	}
	if r.More > 0 {
		fmt.Fprintf(&b, "and %d more violations\n", r.More)
	}
	return b.String()
}

// OK tells that no promise was broken.
func (r *Report) OK() bool { return len(r.Violations) == 0 }
