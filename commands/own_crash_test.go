package commands_test

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"topicpilot/commands"
	"topicpilot/topics"
)

// The process dies before each of its writes and reads in turn, and starts again on what
// was stored: the effect takes place at most once, the customer is told at most once, and
// in the end there is an answer.
func TestOwnDies(t *testing.T) {
	caller := newCaller(t)
	for _, confirm := range []bool{false, true} {
		for dies := range 20 {
			f := newFar(t, activated)
			spec := activate(f.url)
			spec.Confirm, spec.TellCustomer = confirm, "Active"
			w := newWorld(t, caller, spec)
			w.runs.calls = dies
			w.through(w.call(olga, "/activate t1 m6"))
			if confirm {
				w.through(w.pressing(olga, w.lastID, "Do it"))
			}
			w.workThrough()
			run := w.runs.last()
			if f.count() > 1 || len(w.teller.texts) > 1 {
				t.Fatalf("death %d: %d requests, told %d times", dies, f.count(), len(w.teller.texts))
			}
			switch run.State {
			case topics.RunDone:
				if f.count() != 1 || !strings.HasPrefix(w.last().text, tariffOn) || w.last().labels() == "Do it" {
					t.Errorf("death %d: done after %d requests, %+v", dies, f.count(), w.last())
				}
				if run.Told == topics.ToldSent && len(w.teller.texts) != 1 {
					t.Errorf("death %d: told %v", dies, w.teller.texts)
				}
			case topics.RunUnknown:
				if w.last().labels() != "Do it again" {
					t.Errorf("death %d: unknown, %+v", dies, w.last())
				}
			default:
				t.Errorf("death %d: stuck in %q, %+v", dies, run.State, w.last())
			}
			if run.Reply != "" || run.TellText != "" || run.Told == topics.ToldPending || run.Told == topics.ToldSending {
				t.Errorf("death %d: left over: %+v", dies, run)
			}
		}
	}
}

// through delivers an update until it is handled, with a start of the program in between.
func (w *world) through(call topics.Call) {
	for range 10 {
		if _, ok := w.deliver(call); ok && w.runs.calls != 0 {
			return
		}
		w.start()
	}
	w.t.Fatalf("never handled:\n%s", w.log.String())
}

// workThrough runs the tasks to their end, with a start of the program where it died.
func (w *world) workThrough() {
	for range 50 {
		if len(w.tasks) == 0 {
			return
		}
		if !w.step(context.Background()) && w.runs.calls == 0 {
			w.start()
		}
	}
	w.t.Fatalf("the tasks do not end:\n%s", w.log.String())
}

// The process dies while the request is on its way, or just before: nobody knows, and the
// operator is asked.
func TestOwnDiesWithTheRequest(t *testing.T) {
	f := newFar(t, activated)
	w := newWorld(t, newCaller(t), activate(f.url))
	w.must(w.call(olga, "/activate t1 m6"))
	ctx, cancel := context.WithCancel(t.Context())
	w.runs.changed = func(run topics.Run) {
		if run.State == topics.RunSent {
			w.runs.calls = 0
			cancel()
		}
	}
	w.step(ctx)
	w.runs.changed = nil
	w.start()
	w.work()
	if run := w.runs.last(); run.State != topics.RunUnknown || w.last().labels() != "Do it again" || f.count() > 1 {
		t.Errorf("%s after %d requests: %+v", run.State, f.count(), w.last())
	}
	w.must(w.pressing(olga, w.lastID, "Do it again"))
	w.work()
	if w.last().text != tariffOn || f.sent()[f.count()-1] != w.runs.last().Key {
		t.Errorf("again: %+v", w.last())
	}
}

// Another process has taken us for dead, and called the outcome unknown; we know better.
func TestOwnTakenForDead(t *testing.T) {
	var w *world
	f := newFar(t, func(rw http.ResponseWriter, r *http.Request) {
		run := w.runs.last()
		run.State = topics.RunUnknown
		if _, err := w.runs.ChangeRun(r.Context(), run); err != nil {
			t.Error(err)
		}
		activated(rw, r)
	})
	w = newWorld(t, newCaller(t), activate(f.url))
	w.must(w.call(olga, "/activate t1 m6"))
	w.work()
	if run := w.runs.last(); run.State != topics.RunDone || w.last().text != tariffOn || f.count() != 1 {
		t.Errorf("%s: %+v", run.State, w.last())
	}
}

// runOf is the run of a button's argument.
func runOf(arg string) int64 {
	id, _, _ := strings.Cut(arg, ":")
	n, _ := strconv.ParseInt(id, 10, 64)
	return n
}

// pauses are on both sides of what ends after a minute and after a day.
var pauses = []time.Duration{time.Second, 50 * time.Second, 61 * time.Second, 25 * time.Hour}

// Whatever happens in whatever order, the request leaves at most once for each time that
// a person asks for it (and once more where the other side asks for a pause), always under
// the same key, and nothing is stuck.
func TestOwnOnce(t *testing.T) {
	var now atomic.Pointer[far]
	server := newFar(t, func(w http.ResponseWriter, r *http.Request) { now.Load().ServeHTTP(w, r) })
	caller := newCaller(t)
	answers := map[string]http.HandlerFunc{
		"done": activated, "500": answering(500, "", ""), "422": answering(422, "", ""), "reset": reset,
	}
	rapid.Check(t, func(t *rapid.T) {
		f := &far{answer: activated}
		now.Store(f)
		spec := activate(server.url)
		spec.Confirm = rapid.Bool().Draw(t, "confirm")
		spec.TellCustomer = "Active"
		spec.Check = &commands.CheckSpec{Request: commands.RequestSpec{URL: server.url}, Done: "{{.Response.until}}"}
		w := newWorld(t, caller, spec)
		var delivered []topics.Call
		asked := map[int64]int{} // presses of [Do it again] by run
		deliver := func(call topics.Call) {
			if w.runs.calls == 0 {
				w.start()
			}
			if _, ok := w.deliver(call); !ok {
				w.start()
				w.must(call)
			}
		}
		t.Repeat(map[string]func(*rapid.T){
			"type": func(t *rapid.T) {
				call := w.call(rapid.SampledFrom([]int64{olga, petr}).Draw(t, "by"), "/activate t1 m6")
				delivered = append(delivered, call)
				deliver(call)
			},
			"deliver again": func(t *rapid.T) {
				if len(delivered) > 0 {
					deliver(rapid.SampledFrom(delivered).Draw(t, "call"))
				}
			},
			"press": func(t *rapid.T) {
				var calls []topics.Call
				for id := int64(1001); id <= w.lastID; id++ {
					for _, button := range w.messages[id].buttons {
						if button.Data != "" && !strings.Contains(button.Data, "check") {
							calls = append(calls, w.pressData(admin, id, button.Data))
						}
					}
				}
				if len(calls) == 0 {
					return
				}
				call := rapid.SampledFrom(calls).Draw(t, "press")
				if action, err := commands.ParseAction(call.Press); err == nil && action.Verb == "again" {
					asked[runOf(action.Arg)]++
				}
				delivered = append(delivered, call)
				deliver(call)
			},
			"far": func(t *rapid.T) {
				f.set(answers[rapid.SampledFrom([]string{"done", "500", "422", "reset"}).Draw(t, "answer")])
			},
			"task": func(t *rapid.T) {
				if len(w.tasks) > 0 && w.runs.calls != 0 {
					w.step(context.Background())
				}
			},
			"die soon": func(t *rapid.T) { w.runs.calls = rapid.IntRange(0, 6).Draw(t, "calls") },
			"restart":  func(*rapid.T) { w.start() },
			"time":     func(t *rapid.T) { w.clock.Add(rapid.SampledFrom(pauses).Draw(t, "pause")) },
			"": func(t *rapid.T) {
				sent := map[string]int{}
				for _, key := range f.sent() {
					sent[key]++
				}
				for _, run := range w.runs.runs {
					if sent[run.Key] > 1+asked[run.ID] {
						t.Fatalf("run %d left %d times, asked again %d times", run.ID, sent[run.Key], asked[run.ID])
					}
					delete(sent, run.Key)
				}
				if len(sent) > 0 {
					t.Fatalf("requests under other keys: %v", sent)
				}
				told := 0
				for _, run := range w.runs.runs {
					if run.Told != "" {
						told++
					}
				}
				if len(w.teller.texts) > told {
					t.Fatalf("told %d times in %d runs", len(w.teller.texts), told)
				}
			},
		})
		w.start()
		w.work()
		for _, run := range w.runs.runs {
			if run.State == topics.RunQueued || run.State == topics.RunSent || run.Reply != "" || run.TellText != "" {
				t.Fatalf("stuck: %+v", run)
			}
		}
	})
}
