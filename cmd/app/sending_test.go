package app_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"topicpilot/integrations/telegram/telegramtest"
	"topicpilot/topics"
	"topicpilot/topics/topicsapi/topicsapitest"
)

// posted are the calls that put a text into the group.
func (s *stage) posted() []telegramtest.Call { return s.tg.Sent("sendMessage", "editMessageText") }

// obeysRules holds the rules of sending for every call the bot ever made.
func (s *stage) obeysRules() {
	s.t.Helper()
	for _, call := range s.posted() {
		text, _ := call.Params["text"].(string)
		if !strings.HasPrefix(text, "/ ") {
			s.t.Errorf("%s without the comment mark: %q", call.Method, text)
		}
		if n := topics.UTF16Len(text); n > 4096 {
			s.t.Errorf("%s of %d units", call.Method, n)
		}
		for _, name := range []string{"parse_mode", "reply_parameters", "reply_to_message_id"} {
			if _, there := call.Params[name]; there {
				s.t.Errorf("%s with %s", call.Method, name)
			}
		}
		if thread, there := call.Params["message_thread_id"]; there && fmt.Sprint(thread) == "0" {
			s.t.Errorf("%s with thread 0", call.Method)
		}
		if !strings.Contains(fmt.Sprint(call.Params["link_preview_options"]), "is_disabled:true") {
			s.t.Errorf("%s with link previews: %v", call.Method, call.Params["link_preview_options"])
		}
	}
	if v := s.tg.Violations(); len(v) > 0 {
		s.t.Errorf("calls that do not fit the Bot API: %v", v)
	}
}

// TestLongAnswer: an answer of several messages carries the mark on each and loses nothing.
func TestLongAnswer(t *testing.T) {
	t.Parallel()
	url, _ := outside(t)
	more := []string{"lookups:"}
	for i := range 7 {
		more = append(more, lookupYML(fmt.Sprintf("long%d", i), url+"/long", fmt.Sprintf("Part-%d {{.Response.text}}", i)))
	}
	s := newStage(t, telegramtest.Options{}, more...)
	s.start()
	thread := s.topic(11, "Ann")
	s.post(thread, olgaID, "/info")
	s.answers(thread, 2)
	s.settle()
	var all strings.Builder
	for _, part := range s.ours(thread) {
		all.WriteString(part.Text)
	}
	for i := range 7 {
		s.holds(all.String(), fmt.Sprintf("Part-%d", i))
	}
	if n := strings.Count(all.String(), "…"); n != 7 {
		t.Errorf("%d lookups were cut at 1,000 characters, want 7", n)
	}
	s.obeysRules()
	kept := 0
	for _, m := range s.transcript(thread) {
		if m.Author.Kind == topics.AuthorSelf {
			kept++
		}
	}
	if kept != len(s.ours(thread)) {
		t.Errorf("%d of %d parts are in the transcript", kept, len(s.ours(thread)))
	}
}

// TestBudget: the group gets no more than its messages a minute, over restarts too; what is
// owed is kept, and conversations go on meanwhile.
func TestBudget(t *testing.T) {
	t.Parallel()
	s := newStage(t, telegramtest.Options{})
	s.replace("group_per_minute: 0", "group_per_minute: 20")
	s.start()
	var threads []int
	for i := range 25 {
		thread := s.topic(int64(100+i), fmt.Sprintf("Customer %d", i))
		threads = append(threads, thread)
		s.post(thread, olgaID, "/info")
	}
	s.eventually("20 sends", func() bool { return len(s.posted()) >= 20 })
	s.settle()
	for _, thread := range threads {
		s.post(thread, mirrorID, "still here")
	}
	s.settle()
	owed := func() {
		t.Helper()
		s.eventually("5 are owed", func() bool { return s.metric(`topicpilot_queue_pending{queue="outbox"}`) == 5 })
		if n := len(s.posted()); n != 20 {
			t.Errorf("%d sends within the minute, want 20", n)
		}
	}
	owed()
	s.stop()
	s.start()
	s.post(threads[0], olgaID, "/assist")
	s.settle()
	s.eventually("6 are owed", func() bool { return s.metric(`topicpilot_queue_pending{queue="outbox"}`) == 6 })
	if n := len(s.posted()); n != 20 {
		t.Errorf("%d sends within the minute after a restart, want 20", n)
	}
	db := s.db()
	for _, thread := range threads {
		list, err := db.Messages(t.Context(), conversation(thread), 0, 100)
		s.must(err)
		heard := 0
		for _, m := range list {
			if m.Text.Text == "still here" {
				heard++
			}
		}
		if heard != 1 {
			t.Errorf("topic %d heard the customer %d times", thread, heard)
		}
	}
	s.obeysRules()
}

// TestFlood: a 429 is obeyed to the second, and the answer comes after it.
func TestFlood(t *testing.T) {
	t.Parallel()
	s := newStage(t, telegramtest.Options{})
	s.start()
	first, second := s.topic(11, "Ann"), s.topic(12, "Bob")
	s.settle()
	s.tg.Fail("sendMessage", telegramtest.Fault{Code: 429, RetryAfter: 1, Description: "Too Many Requests: retry after 1"})
	s.post(first, olgaID, "/info")
	s.eventually("refused", func() bool { return len(s.posted()) == 1 })
	s.post(second, olgaID, "/info")
	s.answers(first, 1)
	s.answers(second, 1)
	s.settle()
	calls := s.posted()
	if len(calls) != 3 {
		t.Fatalf("%d sends, want the refused one and two more", len(calls))
	}
	for _, call := range calls[1:] {
		if pause := call.At.Sub(calls[0].At); pause < time.Second {
			t.Errorf("sent %v after a 429 that asked for a second", pause)
		}
	}
	if len(s.parked()) != 0 {
		t.Error("something was parked")
	}
}

// TestOutcomeUnknown: a send whose answer is lost is counted and made again.
func TestOutcomeUnknown(t *testing.T) {
	t.Parallel()
	s := newStage(t, telegramtest.Options{})
	s.start()
	thread := s.topic(11, "Ann")
	s.tg.Fail("sendMessage", telegramtest.Fault{After: true, Close: true})
	s.post(thread, olgaID, "/info")
	s.answers(thread, 2)
	s.eventually("counted", func() bool { return s.metric("topicpilot_sends_unknown_total") == 1 })
	s.eventually("nothing owed", func() bool { return s.metric(`topicpilot_queue_pending{queue="outbox"}`) == 0 })
	s.obeysRules()
}

// TestOwedOverRestart: what could not be sent is sent by the next run, in order.
func TestOwedOverRestart(t *testing.T) {
	t.Parallel()
	s := newStage(t, telegramtest.Options{})
	s.start()
	thread := s.topic(11, "Ann")
	s.tg.Fail("sendMessage", telegramtest.Fault{Close: true, Times: -1})
	s.post(thread, olgaID, "/info")
	s.post(thread, olgaID, "/assist")
	s.settle()
	s.eventually("owed", func() bool { return s.metric(`topicpilot_queue_pending{queue="outbox"}`) == 2 })
	s.stop()
	s.tg.ClearFaults()
	s.start()
	s.post(thread, olgaID, "/info")
	got := s.answers(thread, 3)
	s.holds(got[0].Text, "Ann")
	s.holds(got[1].Text, "/assist")
	s.holds(got[2].Text, "Ann")
}

// TestTopicDeleted: the answer to a topic that is gone goes nowhere.
func TestTopicDeleted(t *testing.T) {
	t.Parallel()
	s := newStage(t, telegramtest.Options{})
	s.start()
	thread, other := s.topic(11, "Ann"), s.topic(12, "Bob")
	s.api.SetTopicFaults(conversation(thread), topicsapitest.Faults{Delay: 300 * time.Millisecond})
	s.post(thread, olgaID, "/info")
	s.eventually("asked", func() bool { return s.api.Active() == 1 })
	s.must(s.tg.DeleteTopic(groupID, thread))
	s.eventually("lost", func() bool { return s.metric("topicpilot_topics_lost_total") == 1 })
	s.post(other, olgaID, "/info")
	s.answers(other, 1)
	s.settle()
	for _, m := range s.tg.Messages(groupID) {
		if m.From != nil && m.From.ID == telegramtest.DefaultBotID && m.Thread != other {
			t.Errorf("a message of the lost topic stands in %d", m.Thread)
		}
	}
	topic, err := s.db().Topic(t.Context(), conversation(thread))
	s.must(err)
	if topic.Status != topics.TopicStatusLost {
		t.Errorf("status %q", topic.Status)
	}
	if len(s.parked()) != 0 {
		t.Error("a lost answer was parked")
	}
}

// TestTopicClosed: with the right to manage topics the answer comes; without it the answer
// is listed, and nothing goes elsewhere.
func TestTopicClosed(t *testing.T) {
	t.Parallel()
	s := newStage(t, telegramtest.Options{})
	s.start()
	manager := telegramtest.Rights{ManageTopics: true}
	s.must(s.tg.SetMember(groupID, telegramtest.Member{
		User: telegramtest.User{ID: olgaID}, Status: telegramtest.Administrator, Rights: manager,
	}, mirrorID))
	thread := s.topic(11, "Ann")
	s.must(s.tg.CloseTopic(groupID, thread, mirrorID))
	s.post(thread, olgaID, "/info")
	s.answers(thread, 1)
	s.settle()
	topic, err := s.db().Topic(t.Context(), conversation(thread))
	s.must(err)
	if topic.Status != topics.TopicStatusClosed {
		t.Errorf("status %q", topic.Status)
	}
	s.must(s.tg.SetMember(groupID, telegramtest.Member{
		User: telegramtest.User{ID: telegramtest.DefaultBotID}, Status: telegramtest.Administrator,
	}, mirrorID))
	s.post(thread, olgaID, "/info")
	s.eventually("parked", func() bool { return s.metric(`topicpilot_queue_parked{queue="outbox"}`) == 1 })
	if parked := s.parked(); !strings.Contains(parked[0].Reason, "TOPIC_CLOSED") {
		t.Errorf("reason %q", parked[0].Reason)
	}
	if n := len(s.ours(0)); n != 0 {
		t.Errorf("%d messages in General", n)
	}
	s.must(s.tg.ReopenTopic(groupID, thread, mirrorID))
	s.must(s.db().Replay(t.Context(), s.parked()[0].ID))
	s.answers(thread, 2)
}

// TestMigration: an answer refused with migrate_to_chat_id goes to the new chat, and the
// settings by the old id go on working, after a restart as well.
func TestMigration(t *testing.T) {
	t.Parallel()
	s := newStage(t, telegramtest.Options{})
	s.start()
	const newID = -1009876543210
	thread := s.topic(11, "Ann")
	s.api.SetTopicFaults(conversation(thread), topicsapitest.Faults{Delay: 300 * time.Millisecond})
	moved := topics.Conversation{ChatID: newID, ThreadID: int64(thread)}
	s.api.SetTopic(connection(), moved,
		topicsapitest.Info{UserID: 11, Name: "Ann"})
	s.post(thread, olgaID, "/info")
	s.eventually("asked", func() bool { return s.api.Active() == 1 })
	s.must(s.tg.Migrate(groupID, newID))
	inNew := func(n int) {
		t.Helper()
		s.eventually(fmt.Sprintf("%d answers in the new chat", n), func() bool {
			found := 0
			for _, m := range s.tg.Messages(newID) {
				if m.From != nil && m.From.ID == telegramtest.DefaultBotID && m.Thread == thread &&
					strings.Contains(m.Text, "Ann") {
					found++
				}
			}
			return found == n
		})
	}
	inNew(1)
	s.settle()
	s.holds(s.log.String(), "put the new", fmt.Sprint(newID))
	ask := func() {
		t.Helper()
		_, err := s.tg.Post(telegramtest.Post{Chat: newID, Thread: thread, From: olgaID, Text: "/info"})
		s.must(err)
	}
	ask()
	inNew(2)
	s.stop()
	ask()
	s.start()
	inNew(3)
	if len(s.parked()) != 0 {
		t.Error("something was parked")
	}
}

// TestMigrationLosesNothing: what is written in the new chat right behind the migration is
// kept, although conversations run side by side.
func TestMigrationLosesNothing(t *testing.T) {
	t.Parallel()
	s := newStage(t, telegramtest.Options{})
	s.start()
	var threads []int
	for i := range 12 {
		threads = append(threads, s.topic(int64(100+i), fmt.Sprintf("Customer %d", i)))
	}
	s.settle()
	s.migrateAndWrite(threads)
	s.settle()
	s.keptAfterMigration(threads)
	s.stop()
	s.start()
	s.settle()
	if n := strings.Count(s.log.String(), "level=WARN msg=\"a group has"); n != 2 {
		t.Errorf("warned %d times, want once in each run", n)
	}
}

const migratedID = -1009876543210

// migrateAndWrite migrates the group while the bot hears of nothing, and writes in each
// topic of the new chat.
func (s *stage) migrateAndWrite(threads []int) {
	s.t.Helper()
	s.must(s.tg.Migrate(groupID, migratedID))
	for _, thread := range threads {
		_, err := s.tg.Post(telegramtest.Post{Chat: migratedID, Thread: thread, From: mirrorID, Text: "after"})
		s.must(err)
	}
}

func (s *stage) keptAfterMigration(threads []int) {
	s.t.Helper()
	for _, thread := range threads {
		list, err := s.db().Messages(s.t.Context(),
			topics.Conversation{ChatID: migratedID, ThreadID: int64(thread)}, 0, 100)
		s.must(err)
		if len(list) != 1 || list[0].Author.Kind != topics.AuthorCustomer {
			s.t.Errorf("topic %d of the new chat holds %d messages", thread, len(list))
		}
	}
}

// TestMigrationToldByARefusal: the refusal is the first that is heard of the migration.
func TestMigrationToldByARefusal(t *testing.T) {
	t.Parallel()
	s := newStage(t, telegramtest.Options{})
	s.start()
	const newID = -1009876543210
	thread := s.topic(11, "Ann")
	s.settle()
	s.must(s.tg.AddGroup(telegramtest.Group{ID: newID, Title: "Support", IsForum: true, NextMessageID: thread}))
	_, err := s.tg.CreateTopic(newID, olgaID, "Ann")
	s.must(err)
	s.settle()
	s.tg.Fail("sendMessage", telegramtest.Fault{
		Code: 400, Description: "Bad Request: group chat was upgraded to a supergroup chat", MigrateToChatID: newID,
	})
	s.post(thread, olgaID, "/info")
	s.eventually("answered in the new chat", func() bool {
		for _, m := range s.tg.Messages(newID) {
			if m.Thread == thread && strings.Contains(m.Text, "Ann") && m.Text != "" {
				return true
			}
		}
		return false
	})
	s.eventually("warned", func() bool { return strings.Contains(s.log.String(), "level=WARN msg=\"a group has") })
	s.holds(s.log.String(), fmt.Sprint(newID))
}

// TestKicked: a bot that was removed from the group says so in its log and lists what it
// could not say; another group goes on.
func TestKicked(t *testing.T) {
	t.Parallel()
	const other = -1002222222222
	s := newStage(t, telegramtest.Options{}, fmt.Sprintf(`  - id: %d
    instances: [{instance: %q, api_key: %q}]
    mirror: {source: account, sender_ids: [%d]}`, int64(other), instance, apiKey, mirrorID))
	s.must(s.tg.AddGroup(telegramtest.Group{ID: other, Title: "Second", IsForum: true, Members: []telegramtest.Member{
		{User: telegramtest.User{ID: olgaID, FirstName: "Olga"}, Status: telegramtest.Creator},
	}}))
	s.start()
	thread := s.topic(11, "Ann")
	s.api.SetTopicFaults(conversation(thread), topicsapitest.Faults{Delay: 300 * time.Millisecond})
	s.post(thread, olgaID, "/info")
	s.eventually("asked", func() bool { return s.api.Active() == 1 })
	s.must(s.tg.SetMember(groupID, telegramtest.Member{
		User: telegramtest.User{ID: telegramtest.DefaultBotID}, Status: telegramtest.Kicked,
	}, olgaID))
	s.eventually("parked", func() bool { return s.metric(`topicpilot_queue_parked{queue="outbox"}`) == 1 })
	s.holds(s.parked()[0].Reason, "403")
	s.lacks(s.parked()[0].Reason, "Ann")
	s.eventually("logged", func() bool { return strings.Contains(s.log.String(), "status=kicked") })
	_, err := s.tg.Post(telegramtest.Post{Chat: other, From: olgaID, Text: "/assist"})
	s.must(err)
	s.eventually("the other group is answered", func() bool { return len(s.tg.Messages(other)) == 2 })
}
