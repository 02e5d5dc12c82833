package crash_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"topicpilot/cmd/load/crash"
)

const chat = -1002101424779

// world is a run in which all went well; the tests spoil it.
type world struct {
	typed   []crash.Typed
	answers []crash.Answer
	stored  crash.Stored
}

func good(t *testing.T) *world {
	t.Helper()
	w := &world{}
	id := int64(1000)
	for _, step := range crash.Plan(crash.Order{Updates: 60, Topics: 3, Poison: 2, Duplicate: 0.1}, 7) {
		id++
		thread := int64(step.Topic) + 2
		if step.Kind == crash.Poison {
			w.typed = append(w.typed, crash.Typed{Step: step, UpdateID: id})
			w.stored.Parked = append(w.stored.Parked, fmt.Sprint("123:", id))
			continue
		}
		at := crash.Place{Chat: chat, Thread: thread, Message: id}
		w.typed = append(w.typed, crash.Typed{Step: step, Place: at, Text: step.Text()})
		author, kind := "operator", "talk"
		switch step.Kind {
		case crash.Customer:
			author = "customer"
		case crash.Comment:
			kind = "comment"
		case crash.Command:
			kind = "command"
		case crash.Operator, crash.Poison:
		}
		w.stored.Rows = append(w.stored.Rows, crash.Row{Place: at, Author: author, Kind: kind, Text: step.Text()})
		if step.Kind == crash.Command {
			id++
			at.Message = id
			text := fmt.Sprintf("/ card\necho: command of %d and %d", step.Commander(), step.Commander())
			w.answers = append(w.answers, crash.Answer{Place: at, Text: text})
			w.stored.Rows = append(w.stored.Rows, crash.Row{Place: at, Author: "self", Kind: "comment", Text: text})
		}
	}
	w.stored.Rows = append(w.stored.Rows, crash.Row{
		Place: crash.Place{Chat: chat, Thread: 2, Message: 2}, Author: "service",
	})
	return w
}

func (w *world) row(author, kind string) int {
	return slices.IndexFunc(w.stored.Rows, func(r crash.Row) bool { return r.Author == author && r.Kind == kind })
}

// sameTopic finds two answers in one topic.
func (w *world) sameTopic(t *testing.T) (int, int) {
	t.Helper()
	for i := range w.answers {
		for j := i + 1; j < len(w.answers); j++ {
			if w.answers[i].Thread == w.answers[j].Thread {
				return i, j
			}
		}
	}
	t.Fatal("no two answers in one topic")
	return 0, 0
}

func TestAllWell(t *testing.T) {
	w := good(t)
	r := crash.Check(w.typed, w.answers, &w.stored)
	if !r.OK() || r.Messages != 60 || r.Commands != len(w.answers) || r.Parked != 2 || r.Commands < 10 {
		t.Error(r)
	}
	// An answer that comes once more, after a crash before it was stored, is no violation.
	w.answers = append(w.answers, w.answers[0])
	w.answers[len(w.answers)-1].Message = 5000
	if r := crash.Check(w.typed, w.answers, &w.stored); !r.OK() || r.Repeated != 1 {
		t.Error(r)
	}
}

func TestViolationsAreFound(t *testing.T) {
	for _, c := range []struct {
		name  string
		spoil func(*testing.T, *world)
		want  string
	}{
		{"lost message", func(_ *testing.T, w *world) {
			i := w.row("customer", "talk")
			w.stored.Rows = slices.Delete(w.stored.Rows, i, i+1)
		}, "is lost"},
		{"stored twice", func(_ *testing.T, w *world) {
			w.stored.Rows = append(w.stored.Rows, w.stored.Rows[w.row("operator", "talk")])
		}, "is stored twice"},
		{"handled out of order", func(t *testing.T, w *world) {
			i := w.row("customer", "talk")
			for j := i + 1; j < len(w.stored.Rows); j++ {
				a, b := w.stored.Rows[i], w.stored.Rows[j]
				if a.Thread == b.Thread && b.Author != "self" && b.Author != "service" {
					w.stored.Rows[i], w.stored.Rows[j] = b, a
					return
				}
			}
			t.Fatal("no two messages in one topic")
		}, "was handled after message"},
		{"other text", func(_ *testing.T, w *world) {
			w.stored.Rows[w.row("customer", "talk")].Text = "?"
		}, "but was customer"},
		{"other author", func(_ *testing.T, w *world) {
			w.stored.Rows[w.row("customer", "talk")].Author = "operator"
		}, "is stored as operator"},
		{"row out of nothing", func(_ *testing.T, w *world) {
			w.stored.Rows = append(w.stored.Rows, crash.Row{
				Place: crash.Place{Chat: chat, Thread: 2, Message: 9999}, Author: "self",
			})
		}, "nobody sent it"},
		{"no answer", func(_ *testing.T, w *world) { w.answers = w.answers[1:] }, "was never answered"},
		{"answers out of order", func(t *testing.T, w *world) {
			i, j := w.sameTopic(t)
			w.answers[i].Text, w.answers[j].Text = w.answers[j].Text, w.answers[i].Text
		}, "was first answered after command"},
		{"answer in another topic", func(_ *testing.T, w *world) { w.answers[0].Thread = 99 }, "was answered in topic"},
		{"unmarked", func(_ *testing.T, w *world) { w.answers[0].Text = w.answers[0].Text[2:] }, "comment mark"},
		{"an answer to nothing", func(_ *testing.T, w *world) {
			w.answers[0].Text = "/ Internal error"
		}, "answers no command"},
		{"command done twice", func(_ *testing.T, w *world) {
			again := w.answers[0]
			again.Message = 7777
			w.answers = append(w.answers, again)
			w.stored.Rows = append(w.stored.Rows, crash.Row{Place: again.Place, Author: "self", Text: again.Text})
		}, "has 2 stored answers"},
		{"answer not stored", func(_ *testing.T, w *world) {
			i := w.row("self", "comment")
			w.stored.Rows = slices.Delete(w.stored.Rows, i, i+1)
		}, "has 0 stored answers"},
		{"poison not parked", func(_ *testing.T, w *world) { w.stored.Parked = w.stored.Parked[1:] }, "is not parked"},
		{"poison parked twice", func(_ *testing.T, w *world) {
			w.stored.Parked = append(w.stored.Parked, w.stored.Parked[0])
		}, "parked twice"},
		{"good update parked", func(_ *testing.T, w *world) {
			w.stored.Parked = append(w.stored.Parked, "123:42")
		}, "123:42 is parked"},
		{"not finished", func(_ *testing.T, w *world) { w.stored.Waiting = 3 }, "neither done nor parked"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := good(t)
			c.spoil(t, w)
			r := crash.Check(w.typed, w.answers, &w.stored)
			if r.OK() || !strings.Contains(r.String(), c.want) {
				t.Errorf("want %q, found:\n%v", c.want, r)
			}
		})
	}
}

func TestPlan(t *testing.T) {
	o := crash.Order{Updates: 1000, Topics: 50, Poison: 5, Duplicate: 0.1}
	steps := crash.Plan(o, 1)
	count := map[crash.Kind]int{}
	again, topics := 0, map[int]bool{}
	for i, s := range steps {
		count[s.Kind]++
		topics[s.Topic] = true
		if s.Again {
			again++
		}
		if s.Number != i+1 {
			t.Fatalf("step %d has number %d", i, s.Number)
		}
	}
	if len(steps) != 1005 || count[crash.Poison] != 5 || again != 100 || len(topics) != 50 || count[crash.Command] < 300 {
		t.Errorf("%d steps, kinds %v, %d again, %d topics", len(steps), count, again, len(topics))
	}
	if !slices.Equal(steps, crash.Plan(o, 1)) || slices.Equal(steps, crash.Plan(o, 2)) {
		t.Error("a plan hangs on its seed alone")
	}
}

func TestManyViolationsAreBounded(t *testing.T) {
	w := good(t)
	w.stored.Rows = nil
	w.answers = nil
	if r := crash.Check(w.typed, w.answers, &w.stored); len(r.Violations) != 40 || r.More == 0 {
		t.Errorf("%d violations and %d more", len(r.Violations), r.More)
	}
}
