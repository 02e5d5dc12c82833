// Package crash decides whether a bot that is killed again and again keeps its promises. It makes the
// plan of what people type, and compares what they typed, what the bot said and what its database
// holds. It starts no process and sends nothing; the load command does.
//
// The promises, and how each is seen from outside:
//
//   - Nothing is lost: each typed message has its row in the transcript, with its text and author.
//   - Once: it has one row, and each command has one stored answer, although updates come twice.
//   - In order: in each topic the rows were written in the order of the messages, and the answers
//     came, counted by the first time each was seen, in the order of the commands.
//   - At least once: each command is answered in its own topic, and every answer is a comment.
//   - Poison is parked: what cannot be decoded is listed, that and nothing else.
//
// An answer must show which command it answers, but /info's holds nothing of the command. So each
// command is typed by an operator of its own, and a lookup of the settings puts the operator's id
// into the card: see [Lookup].
package crash

import (
	"math/rand/v2"
	"strconv"
)

// Kind is what somebody types.
type Kind int

// The kinds. A poison update cannot be decoded.
const (
	Command Kind = iota
	Customer
	Operator
	Comment
	Poison
)

// firstCommander is the id of the operator who types command number 0; the number is added.
const firstCommander = 7_000_000

// Step is one update to be made.
type Step struct {
	Number int // from 1
	Topic  int // from 0
	Kind   Kind
	// Again asks to deliver a former update once more, after this one.
	Again bool
}

// Commander is the operator who types a command.
func (s Step) Commander() int64 { return firstCommander + int64(s.Number) }

// Text is what is typed.
func (s Step) Text() string {
	n := strconv.Itoa(s.Number)
	switch s.Kind {
	case Command:
		return "/info"
	case Comment:
		return "/ note " + n
	case Customer:
		return "question " + n + ": why is it so? ёж 🦔"
	case Operator:
		return "answer " + n
	case Poison:
	}
	return ""
}

// Commanders lists the ids of all operators that commands may come from.
func Commanders(updates int) []int64 {
	ids := make([]int64, updates)
	for i := range ids {
		ids[i] = firstCommander + int64(i) + 1
	}
	return ids
}

// Lookup is the lookup that shows a command's number in its answer; url is a server that answers
// with a JSON object.
func Lookup(url string) map[string]any {
	return map[string]any{
		"name":    "echo",
		"request": map[string]any{"method": "GET", "url": url + "/echo?by={{.Operator.ID}}", "timeout": "10s"},
		"show":    "command of {{.Operator.ID}} and {{.Response.by}}",
	}
}

// Order says what a plan holds.
type Order struct {
	Updates   int
	Topics    int
	Poison    int     // besides Updates
	Duplicate float64 // share of Updates that is delivered once more
}

// Plan makes the steps: four of ten are commands, the rest is talk and comments, spread over the
// topics by chance, with poison in between. The same seed gives the same plan.
func Plan(o Order, seed uint64) []Step {
	rnd := rand.New(rand.NewPCG(seed, 1)) //nolint:gosec // chance, not secrecy
	steps := make([]Step, 0, o.Updates+o.Poison)
	for range o.Updates {
		kind := Command
		if n := rnd.IntN(10); n >= 4 {
			kind = []Kind{Customer, Customer, Customer, Operator, Operator, Comment}[n-4]
		}
		steps = append(steps, Step{Topic: rnd.IntN(o.Topics), Kind: kind})
	}
	for range o.Poison {
		at := rnd.IntN(len(steps) + 1)
		steps = append(steps[:at], append([]Step{{Topic: rnd.IntN(o.Topics), Kind: Poison}}, steps[at:]...)...)
	}
	for i := range steps {
		steps[i].Number = i + 1
	}
	again := int(o.Duplicate*float64(o.Updates) + 0.5)
	for _, i := range rnd.Perm(len(steps))[:min(again, len(steps))] {
		steps[i].Again = true
	}
	return steps
}
