package topics_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"topicpilot/topics"
)

// sender is a topics.Sender that answers what the test wants and notes what it was given.
type sender struct {
	full bool  // the budget is used up
	err  error // what the next send ends with
	// sends are what Delivered tells of.
	sends []time.Time

	mu   sync.Mutex
	sent []topics.Outgoing
}

func (s *sender) Send(_ context.Context, out topics.Outgoing) (topics.Delivered, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sent = append(s.sent, out)
	if s.err != nil {
		return topics.Delivered{Sends: s.sends}, s.err
	}
	return topics.Delivered{Sends: s.sends, Messages: []topics.Message{{
		Conversation: out.Conversation, ID: int64(1000 + len(s.sent)), Text: out.Text, Kind: topics.MessageComment,
	}}}, nil
}

func (s *sender) TrySend(ctx context.Context, out topics.Outgoing) (topics.Delivered, bool, error) {
	if s.full {
		return topics.Delivered{}, false, nil
	}
	delivered, err := s.Send(ctx, out)
	return delivered, true, err
}

func (s *sender) texts() []string {
	var list []string
	for _, out := range s.sent {
		list = append(list, out.Text.Text)
	}
	return list
}

// noTopics is a TopicReader that knows no topic.
type noTopics struct{}

func (noTopics) Topic(context.Context, topics.Conversation) (topics.Topic, error) {
	return topics.Topic{}, topics.ErrNotFound
}

var conv = topics.Conversation{ChatID: -1001, ThreadID: 7}

func outboxWith(t *testing.T, s *sender, change func(*topics.OutboxOptions)) (*topics.Outbox, *topics.Groups) {
	t.Helper()
	groups := topics.NewGroups([]*topics.Group{{ID: -1001}})
	opts := topics.OutboxOptions{
		Sender: s, Groups: groups, Book: topics.NewBook(noTopics{}),
		Log: slog.New(slog.DiscardHandler), Now: time.Now,
	}
	if change != nil {
		change(&opts)
	}
	outbox := topics.NewOutbox(opts)
	db := openStore(t.Context(), t, t.TempDir()+"/bot.db")
	t.Cleanup(func() { db.Close() })
	outbox.Attach(lanesOf(db, &handler{}, nil))
	return outbox, groups
}

func notice(text string) topics.Outgoing {
	return topics.Outgoing{Conversation: conv, Priority: topics.PriorityNotice, Text: topics.Plain(text)}
}

func itemOf(t *testing.T, id int64, out topics.Outgoing) topics.Item {
	t.Helper()
	payload, err := json.Marshal(out)
	if err != nil {
		t.Fatal(err)
	}
	return topics.Item{ID: id, Queue: topics.QueueOutbox, Lane: out.OutboxLane(), Payload: payload}
}

// TestSendNow: what can be sent is sent and recorded; from the first message on that
// cannot, all that follow are owed, in order.
func TestSendNow(t *testing.T) {
	s := &sender{}
	outbox, _ := outboxWith(t, s, nil)
	var outcome topics.Outcome
	outbox.Send(t.Context(), &outcome, []topics.Outgoing{notice("a")})
	if len(outcome.Messages) != 1 || len(outcome.Enqueue) != 0 {
		t.Fatalf("outcome %+v", outcome)
	}
	s.full = true
	outbox.Send(t.Context(), &outcome, []topics.Outgoing{notice("b"), notice("c")})
	if len(outcome.Enqueue) != 2 || outcome.Enqueue[0].Lane != "-1001/7 notices" {
		t.Fatalf("owed %+v", outcome.Enqueue)
	}
	if got := strings.Join(s.texts(), ""); got != "a" {
		t.Errorf("sent %q", got)
	}
}

// TestSharedLaneGoesFirst: what another process owes the conversation is not overtaken.
func TestSharedLaneGoesFirst(t *testing.T) {
	s := &sender{}
	outbox, _ := outboxWith(t, s, func(o *topics.OutboxOptions) { o.Shared = pending(true) })
	var outcome topics.Outcome
	outbox.Send(t.Context(), &outcome, []topics.Outgoing{notice("a")})
	if len(s.sent) != 0 || len(outcome.Enqueue) != 1 {
		t.Errorf("sent %q, owed %d", s.texts(), len(outcome.Enqueue))
	}
}

type pending bool

func (p pending) HasPending(context.Context, string, string) (bool, error) { return bool(p), nil }

// TestGeneralHasNoTranscript: answers in General are sent and not kept.
func TestGeneralHasNoTranscript(t *testing.T) {
	outbox, _ := outboxWith(t, &sender{}, nil)
	out := notice("hi")
	out.ThreadID = 0
	var outcome topics.Outcome
	outbox.Send(t.Context(), &outcome, []topics.Outgoing{out})
	if !outcome.Empty() {
		t.Errorf("outcome %+v", outcome)
	}
}

// TestHopelessIsParkedAtOnce: what Telegram refuses for good is listed without another try,
// and what follows is sent.
func TestHopelessIsParkedAtOnce(t *testing.T) {
	s := &sender{err: &topics.Hopeless{Err: errors.New("kicked")}}
	outbox, _ := outboxWith(t, s, nil)
	var outcome topics.Outcome
	outbox.Send(t.Context(), &outcome, []topics.Outgoing{notice("a"), notice("b")})
	if len(outcome.Enqueue) != 2 || outcome.Enqueue[0].Parked != "kicked" || len(s.sent) != 2 {
		t.Errorf("outcome %+v, sent %q", outcome, s.texts())
	}
}

// TestSendsAreNoted: whatever may have gone out, also in General, and also if it fails.
func TestSendsAreNoted(t *testing.T) {
	at := time.Now()
	s := &sender{sends: []time.Time{at}}
	outbox, _ := outboxWith(t, s, nil)
	out := notice("hi")
	out.ThreadID = 0
	var outcome topics.Outcome
	outbox.Send(t.Context(), &outcome, []topics.Outgoing{out})
	want := topics.Sent{ChatID: conv.ChatID, At: at}
	if len(outcome.Sends) != 1 || outcome.Sends[0] != want {
		t.Errorf("outcome %+v", outcome)
	}
	s.err = &topics.UnknownOutcome{Err: errors.New("cut off")}
	result, err := outbox.Handle(t.Context(), itemOf(t, 1, notice("a")), nil)
	if err == nil || len(result.Outcome.Sends) != 1 || result.Outcome.Sends[0] != want {
		t.Errorf("result %+v, %v", result, err)
	}
}

// TestLostTopic: nothing of a lost topic is owed or goes elsewhere.
func TestLostTopic(t *testing.T) {
	var lost []topics.Conversation
	outbox, _ := outboxWith(t, &sender{err: &topics.TopicLost{Conversation: conv}}, func(o *topics.OutboxOptions) {
		o.Lost = func(c topics.Conversation) { lost = append(lost, c) }
	})
	var outcome topics.Outcome
	outbox.Send(t.Context(), &outcome, []topics.Outgoing{notice("a")})
	if len(outcome.Enqueue) != 0 || len(outcome.Topics) != 1 || outcome.Topics[0].Status != topics.TopicStatusLost ||
		len(lost) != 1 || lost[0] != conv {
		t.Errorf("outcome %+v, lost %v", outcome, lost)
	}
}

// TestMigratedGroup: what was refused because the group has another id is owed to the
// new one, under the same thread, and the settings serve both.
func TestMigratedGroup(t *testing.T) {
	for _, owed := range []bool{false, true} {
		outbox, groups := outboxWith(t, &sender{err: &topics.Migrated{From: -1001, To: -1002}}, nil)
		var outcome topics.Outcome
		if owed {
			result, err := outbox.Handle(t.Context(), itemOf(t, 1, notice("a")), nil)
			if err != nil {
				t.Fatal(err)
			}
			outcome = result.Outcome
		} else {
			outbox.Send(t.Context(), &outcome, []topics.Outgoing{notice("a")})
		}
		if len(outcome.Enqueue) != 1 || outcome.Enqueue[0].Lane != "-1002/7 notices" || len(outcome.Migrations) != 1 {
			t.Errorf("owed %v: outcome %+v", owed, outcome)
		}
		if _, ok := groups.Find(-1002); !ok {
			t.Error("the new id is not known")
		}
	}
}

// TestMergedNotices: notices that wait for one topic become one message; answers,
// edits and messages with buttons stay by themselves.
func TestMergedNotices(t *testing.T) {
	answer := notice("answer")
	answer.Priority = topics.PriorityAnswer
	buttons := notice("buttons")
	buttons.Buttons = [][]topics.Button{{{Text: "x", Data: "y"}}}
	bold := topics.Outgoing{Conversation: conv, Priority: topics.PriorityNotice}
	bold.Text.Add("so ").Bold("bold")
	for _, tc := range []struct {
		name      string
		first     topics.Outgoing
		following []topics.Outgoing
		covers    int
		text      string
	}{
		{"all", notice("a"), []topics.Outgoing{notice("b"), bold}, 2, "a\n\nb\n\nso bold"},
		{"up to an answer", notice("a"), []topics.Outgoing{notice("b"), answer, notice("c")}, 1, "a\n\nb"},
		{"not with buttons", notice("a"), []topics.Outgoing{buttons}, 0, "a"},
		{"answers stay", answer, []topics.Outgoing{notice("b")}, 0, "answer"},
		{
			"too long", notice(strings.Repeat("x", 3000)),
			[]topics.Outgoing{notice(strings.Repeat("y", 600))},
			0,
			strings.Repeat("x", 3000),
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := &sender{}
			outbox, _ := outboxWith(t, s, nil)
			var following []topics.Item
			for i, out := range tc.following {
				following = append(following, itemOf(t, int64(i+2), out))
			}
			result, err := outbox.Handle(t.Context(), itemOf(t, 1, tc.first), following)
			if err != nil || result.Covers != tc.covers || len(s.sent) != 1 || s.sent[0].Text.Text != tc.text {
				t.Fatalf("covers %d, sent %q, %v", result.Covers, s.texts(), err)
			}
			for _, e := range s.sent[0].Text.Entities {
				if end := e.Offset + e.Length; end > topics.UTF16Len(s.sent[0].Text.Text) {
					t.Errorf("entity %+v beyond the text", e)
				}
			}
		})
	}
}

// TestUrgentLanes: an answer does not wait behind a notice or a draft of its topic.
func TestUrgentLanes(t *testing.T) {
	seen := map[string]bool{}
	for _, priority := range []topics.Priority{topics.PriorityAnswer, topics.PriorityNotice, topics.PriorityDraft} {
		out := notice("x")
		out.Priority = priority
		seen[out.OutboxLane()] = true
	}
	if len(seen) != 3 {
		t.Errorf("lanes %v, want one for each priority", seen)
	}
}

// TestNewestDraftOnly: an unsent draft gives way to a newer one of the same name.
func TestNewestDraftOnly(t *testing.T) {
	draft := func(text, name string) topics.Outgoing {
		return topics.Outgoing{Conversation: conv, Priority: topics.PriorityDraft, Text: topics.Plain(text), Replaces: name}
	}
	s := &sender{}
	outbox, _ := outboxWith(t, s, nil)
	old, other := itemOf(t, 1, draft("old", "d")), itemOf(t, 2, draft("other", "e"))
	newer, plain := itemOf(t, 3, draft("new", "d")), itemOf(t, 4, notice("x"))
	if _, err := outbox.Handle(t.Context(), old, []topics.Item{other, newer}); err != nil || len(s.sent) != 0 {
		t.Errorf("sent %q, %v", s.texts(), err)
	}
	if !outbox.Supersedes(newer, old) || outbox.Supersedes(other, old) || outbox.Supersedes(plain, old) {
		t.Error("only a newer draft of the same name supersedes")
	}
}

// TestHalfSent: the parts that went out are not sent again.
func TestHalfSent(t *testing.T) {
	half := &halfSender{}
	outbox, _ := outboxWith(t, nil, func(o *topics.OutboxOptions) { o.Sender = half })
	_, err := outbox.Handle(t.Context(), itemOf(t, 1, notice("long")), nil)
	var amend *topics.Amend
	if !errors.As(err, &amend) {
		t.Fatalf("got %v", err)
	}
	result, err := outbox.Handle(t.Context(), topics.Item{ID: 1, Payload: amend.Payload}, nil)
	if err != nil || half.from != 1 || len(result.Outcome.Messages) != 2 {
		t.Errorf("went on from part %d with %d messages, %v", half.from, len(result.Outcome.Messages), err)
	}
}

// halfSender posts one part of two and fails, and the second at the next try.
type halfSender struct{ from int }

func (h *halfSender) Send(_ context.Context, out topics.Outgoing) (topics.Delivered, error) {
	h.from = out.Sent()
	posted := topics.Delivered{Messages: []topics.Message{{Conversation: out.Conversation, ID: int64(50 + out.Sent())}}}
	if out.Sent() == 0 {
		return posted, errors.New("connection refused")
	}
	return posted, nil
}

func (h *halfSender) TrySend(ctx context.Context, out topics.Outgoing) (topics.Delivered, bool, error) {
	d, err := h.Send(ctx, out)
	return d, true, err
}

// TestUnreadableItemIsHopeless: it is parked, not tried for ever.
func TestUnreadableItemIsHopeless(t *testing.T) {
	outbox, _ := outboxWith(t, &sender{}, nil)
	_, err := outbox.Handle(t.Context(), topics.Item{ID: 1, Payload: []byte("{")}, nil)
	if _, hopeless := errors.AsType[*topics.Hopeless](err); !hopeless {
		t.Errorf("got %v", err)
	}
}

// A draft that nobody needs any more is not posted: at once, or from its lane.
func TestUnwantedDraft(t *testing.T) {
	draft := topics.Outgoing{
		Conversation: conv, Priority: topics.PriorityDraft, Text: topics.Plain("a draft"), DraftID: 5,
	}
	told, edit, part := draft, draft, draft
	told.Priority = topics.PriorityNotice // that it was sent
	edit.EditID = 9
	part.Posted = []topics.Message{{ID: 8}}
	for name, c := range map[string]struct {
		out    topics.Outgoing
		wanted bool
		err    error
		sent   int
	}{
		"wanted": {draft, true, nil, 1}, "not wanted": {draft, false, nil, 0},
		"not known":         {draft, false, errors.New("later"), 0},
		"what became of it": {told, false, nil, 1}, "an edit": {edit, false, nil, 1}, "posted in part": {part, false, nil, 1},
	} {
		t.Run(name, func(t *testing.T) {
			s := &sender{}
			outbox, _ := outboxWith(t, s, func(o *topics.OutboxOptions) {
				o.Wanted = func(_ context.Context, id int64) (bool, error) {
					if id != 5 {
						t.Errorf("asked for %d", id)
					}
					return c.wanted, c.err
				}
			})
			var outcome topics.Outcome
			outbox.Send(t.Context(), &outcome, []topics.Outgoing{c.out})
			owed := 0
			if c.err != nil {
				owed = 1
			}
			if len(s.sent) != c.sent || len(outcome.Enqueue) != owed {
				t.Errorf("at once: %d sent, %d owed", len(s.sent), len(outcome.Enqueue))
			}
			s.sent = nil
			_, err := outbox.Handle(t.Context(), itemOf(t, 1, c.out), nil)
			if !errors.Is(err, c.err) || len(s.sent) != c.sent {
				t.Errorf("from the lane: %d sent, %v", len(s.sent), err)
			}
		})
	}
}
