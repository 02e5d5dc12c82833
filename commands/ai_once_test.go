package commands_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"topicpilot/commands"
	"topicpilot/topics"
	"topicpilot/topics/advice"
)

// way is a way to the customer that is in different states; it remembers what may have
// arrived.
type way struct {
	told    topics.Told
	arrived []string
}

func (s *way) Tell(_ context.Context, _ *topics.Group, _ topics.Conversation, _ int64, text string) topics.Told {
	if s.told.State == topics.ToldSent || s.told.State == topics.ToldUnknown {
		s.arrived = append(s.arrived, text)
	}
	return s.told
}

var ways = map[string]topics.Told{
	"sent":    {State: topics.ToldSent},
	"unknown": {State: topics.ToldUnknown, Err: errors.New("no answer")},
	"failed":  {State: topics.ToldFailed, Err: errors.New("no")},
	"blocked": {State: topics.ToldBlocked, Err: errors.New("no")},
	"wait":    {State: topics.ToldFailed, Err: &topics.Wait{After: 5 * time.Second, Err: errors.New("no room")}},
}

// randomAI is a world in which anything happens.
type randomAI struct {
	*aiWorld
	way *way
	// pressed are the drafts under which [Send] was pressed, by their ids.
	pressed map[int64]bool
	// replying tells that the mode was reply at some time.
	replying  bool
	delivered []topics.Call
	questions int
}

func newRandomAI(t *rapid.T) *randomAI {
	mode := rapid.SampledFrom([]topics.AdviceMode{topics.AdviceDraft, topics.AdviceReply}).Draw(t, "mode")
	r := &randomAI{aiWorld: newAI(t, mode), way: &way{told: ways["sent"]}, pressed: map[int64]bool{}}
	r.replying = mode == topics.AdviceReply
	r.parts.Sender, r.parts.ReplyTo, r.parts.QuietAfterHuman = r.way, commands.ReplyToAll, time.Minute
	r.adviser.advise = func(ctx context.Context, _ advice.Question) (advice.Advice, error) {
		return given(fmt.Sprintf("answer number%d of this customer", len(r.adviser.asked)))(ctx, advice.Question{})
	}
	r.start()
	return r
}

// heard has an update heard, again if we die in it.
func (r *randomAI) heard(h topics.Heard) {
	answer, err := r.ai.Heard(context.Background(), h)
	if err != nil {
		r.start()
		if answer, err = r.ai.Heard(context.Background(), h); err != nil {
			r.t.Fatal(err)
		}
	}
	r.side.keep(h.Message)
	r.enqueue(answer.Tasks)
	r.show(answer.Messages)
}

func (r *randomAI) pressAny(t *rapid.T) {
	var calls []topics.Call
	for _, id := range r.order {
		for _, button := range r.messages[id].buttons {
			if button.Data != "" {
				calls = append(calls, r.pressData(rapid.SampledFrom([]int64{olga, petr}).Draw(t, "by"), id, button.Data))
			}
		}
	}
	if len(r.delivered) > 0 {
		calls = append(calls, rapid.SampledFrom(r.delivered).Draw(t, "again"))
	}
	if len(calls) == 0 {
		return
	}
	call := rapid.SampledFrom(calls).Draw(t, "press")
	if action, err := commands.ParseAction(call.Press); err == nil && action.Verb == "send" {
		r.pressed[runOf(action.Arg)] = true
	}
	r.delivered = append(r.delivered, call)
	if _, ok := r.tryDeliver(call); !ok {
		r.start()
		r.tryDeliver(call)
	}
}

// taken has another worker, which takes this one for dead, run the task in hand at its next
// change.
func (r *randomAI) taken() {
	if r.due() < 0 {
		return
	}
	task := r.tasks[r.due()]
	other := commands.NewAI(r.parts).Tasks()[task.Kind]
	r.drafts.changed = func(topics.Draft) {
		r.drafts.changed = nil
		result, err := other.RunTask(context.Background(), task)
		if err == nil {
			r.enqueue(result.Tasks) // its messages are refused with the lease
		}
	}
	r.step(context.Background(), r.due())
	r.drafts.changed = nil
}

func (r *randomAI) check(t *rapid.T) {
	seen := map[string]bool{}
	for _, text := range r.way.arrived {
		if seen[text] {
			t.Fatalf("told twice: %q", text)
		}
		seen[text] = true
		if r.replying {
			continue
		}
		sent := slices.ContainsFunc(r.drafts.all(), func(d topics.Draft) bool {
			return d.Text == text && r.pressed[d.ID]
		})
		if !sent {
			t.Fatalf("told without being asked: %q", text)
		}
	}
	if open := strings.Count(" "+r.states(), " open"); open > 2 {
		t.Fatalf("%d open drafts: %s", open, r.states())
	}
}

// Whatever happens in whatever order, a customer is told a text at most once, and never
// unless somebody has pressed [Send] or the mode is reply; and nothing is stuck.
func TestAIOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := newRandomAI(t)
		t.Repeat(map[string]func(*rapid.T){
			"customer": func(*rapid.T) {
				r.questions++
				r.heard(r.spoken(topics.AuthorCustomer, fmt.Sprintf("How about case %d?", r.questions)))
			},
			"operator": func(t *rapid.T) {
				said := []string{"One moment please", fmt.Sprintf("answer number%d of this customer", len(r.adviser.asked))}
				r.heard(r.spoken(topics.AuthorOperator, rapid.SampledFrom(said).Draw(t, "said")))
			},
			"edit": func(t *rapid.T) {
				if len(r.order) > 0 {
					r.questions++
					to := rapid.SampledFrom(r.order).Draw(t, "to")
					r.heard(r.replies(to, fmt.Sprintf("/ words of Olga, case%d", r.questions)))
				}
			},
			"press": r.pressAny,
			"task": func(*rapid.T) {
				if i := r.due(); i >= 0 && r.drafts.calls != 0 {
					r.step(context.Background(), i)
				}
			},
			"taken for dead": func(*rapid.T) { r.taken() },
			"way": func(t *rapid.T) {
				r.way.told = ways[rapid.SampledFrom([]string{"sent", "unknown", "failed", "blocked", "wait"}).Draw(t, "way")]
			},
			"budget used up": func(*rapid.T) { r.held = true },
			"budget there":   func(*rapid.T) { r.flush() },
			"die soon":       func(t *rapid.T) { r.drafts.calls = rapid.IntRange(0, 6).Draw(t, "calls") },
			"restart":        func(*rapid.T) { r.start() },
			"time": func(t *rapid.T) {
				r.clock.Add(rapid.SampledFrom([]time.Duration{time.Second, 6 * time.Second, 2 * time.Minute}).Draw(t, "time"))
			},
			"": r.check,
		})
		r.start()
		r.flush()
		r.work()
		r.check(t)
		for _, draft := range r.drafts.all() {
			if draft.State == topics.DraftQueued || draft.State == topics.DraftSending {
				t.Fatalf("stuck: %+v", draft)
			}
		}
	})
}
