package app_test

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"topicpilot/cmd/app"
	"topicpilot/commands"
	"topicpilot/commands/messages"
	"topicpilot/integrations/telegram/telegramtest"
	"topicpilot/topics"
	"topicpilot/topics/topicsapi/topicsapitest"
)

// forgetOutside is the command line beside the bot.
func (s *stage) forgetOutside(customer int64) topics.Receipt {
	s.t.Helper()
	receipt, err := app.Forget(s.t.Context(), s.settings(), slog.New(slog.NewTextHandler(s.log, nil)), customer)
	s.must(err)
	return receipt
}

// said lets the customer speak in a topic that nobody asks about.
func (s *stage) said(thread int) {
	s.t.Helper()
	s.post(thread, mirrorID, "wombat-question")
	s.post(thread, olgaID, "wombat-answer")
}

// TestForgetNeverAsked: topics for which nobody has asked who their customer is are looked
// up before an erasure, imported ones as well, and each of them once.
func TestForgetNeverAsked(t *testing.T) {
	t.Parallel()
	s := newStage(t, telegramtest.Options{})
	s.private = append(s.private, erased...)
	s.start()
	one, two, other := s.topic(11, "Wombat Customer"), s.topic(11, "Wombat Customer"), s.topic(12, "Bob")
	s.said(one)
	s.said(two)
	s.post(other, mirrorID, "koala-question")
	imported := topics.Conversation{ChatID: groupID, ThreadID: 900_000}
	s.api.SetTopic(connection(), imported, infoOf(11, "Wombat Customer"))
	file := fmt.Sprintf(`{"type":"private_supergroup","id":%d,"messages":[
		{"id":900000,"type":"service","date_unixtime":"1704189720","action":"topic_created","title":"Wombat Customer"},
		{"id":900001,"type":"message","date_unixtime":"1704189780","from_id":"user%d","reply_to_message_id":900000,
		 "text":"wombat-former"}]}`, -groupID-1_000_000_000_000, mirrorID)
	_, err := app.Import(t.Context(), s.settings(), slog.New(slog.NewTextHandler(s.log, nil)),
		app.ImportOptions{File: strings.NewReader(file)})
	s.must(err)
	s.settle()
	if s.api.Count() != 0 {
		t.Errorf("%d requests before the erasure", s.api.Count())
	}
	receipt := s.forgetOutside(11)
	if receipt.Topics != 3 || receipt.Messages < 6 || receipt.Unresolved != 0 {
		t.Errorf("receipt: %+v", receipt)
	}
	s.gone(erased...)
	if asked := s.api.Count(); asked != 4 {
		t.Errorf("%d requests for 4 topics", asked)
	}
	if len(s.transcript(other)) < 2 {
		t.Error("another customer's talk is gone as well")
	}
	receipt = s.forgetOutside(424242)
	if !receipt.Nothing() || receipt.Unresolved != 0 || s.api.Count() != 4 {
		t.Errorf("receipt: %+v after %d requests", receipt, s.api.Count())
	}
	if found := s.inFiles(erased...); len(found) != 0 {
		t.Errorf("another erasure brought back %q", found)
	}
}

// TestForgetOtherTopic: /forget in one topic finds the customer's other one.
func TestForgetOtherTopic(t *testing.T) {
	t.Parallel()
	s := newStage(t, telegramtest.Options{})
	s.private = append(s.private, erased...)
	s.start()
	one, two := s.topic(11, "Wombat Customer"), s.topic(11, "Wombat Customer")
	s.said(one)
	s.said(two)
	unknown, err := s.tg.CreateTopic(groupID, mirrorID, "Somebody")
	s.must(err)
	s.post(unknown, olgaID, "koala-note")
	s.settle()
	s.post(one, olgaID, "/forget")
	s.button(s.last(one, "Erase everything"), olgaID, "Do it")
	receipt := s.last(one, "Customer 11 is erased.")
	s.holds(receipt.Text, "topics: 2", "topics whose customer could not be looked up: 1")
	s.gone(erased...)
	if len(s.transcript(unknown)) == 0 {
		t.Error("a topic of nobody's was erased")
	}
}

// TestForgetLookupDown: without the Topics API what is known is erased, and the rest
// counted; the receipt does not say that all is well.
func TestForgetLookupDown(t *testing.T) {
	t.Parallel()
	s := newStage(t, telegramtest.Options{})
	s.private = append(s.private, erased...)
	s.start()
	thread := 0
	for range 40 {
		thread = s.topic(11, "Wombat Customer")
		s.post(thread, mirrorID, "wombat-question")
	}
	s.settle()
	s.api.SetFaults(topicsapitest.Faults{Status: 503})
	receipt := s.forgetOutside(11)
	if !receipt.Nothing() || receipt.Unresolved != 40 {
		t.Errorf("receipt: %+v", receipt)
	}
	if asked := s.api.Count(); asked > 16+8 {
		t.Errorf("%d requests to a service that is down", asked)
	}
	receipt.At = time.Date(2026, 1, 2, 3, 4, 0, 0, time.UTC)
	for language, want := range map[string][2]string{
		"en": {"Nothing is stored of customer 11.", "topics whose customer could not be looked up: 40"},
		"ru": {"О клиенте 11 ничего не хранится.", "темы, клиента которых не удалось узнать: 40"},
		"uk": {"Про клієнта 11 нічого не зберігається.", "теми, клієнта яких не вдалося дізнатися: 40"},
	} {
		text := commands.ReceiptText(messages.For(language), receipt)
		s.holds(text, want[0], want[1], "2026-01-02 03:04 UTC")
		s.lacks(text, "is erased", "стёрт.", "стерто.")
	}
	s.api.SetFaults(topicsapitest.Faults{})
	receipt = s.forgetOutside(11)
	if receipt.Topics != 40 || receipt.Unresolved != 0 {
		t.Errorf("receipt: %+v", receipt)
	}
	s.gone(erased...)
}

// TestForgetWaitingAnswer: an answer in General that quotes the customer, and waits, is not
// posted after the erasure; what nobody understood in General is erased, too.
func TestForgetWaitingAnswer(t *testing.T) {
	t.Parallel()
	s := newStage(t, telegramtest.Options{})
	s.private = append(s.private, erased...)
	s.start()
	one := s.topic(11, "Wombat Customer")
	s.said(one)
	for _, raw := range []string{
		`{"new_kind":{"chat":{"id":%d,"type":"supergroup"},"text":"wombat-comment"}}`,
		`{"message":{"message_id":"none","chat":{"id":%d,"type":"supergroup"},"text":"wombat-former"}}`,
		`{"message":[%d,"wombat-former"]}`,
	} {
		_, err := s.tg.Inject(fmt.Appendf(nil, raw, int64(groupID)))
		s.must(err)
	}
	s.settle()
	s.tg.Fail("sendMessage", telegramtest.Fault{Times: -1, Code: 500})
	s.post(0, olgaID, "/find wombat")
	s.settle()
	s.eventually("the answer waits", func() bool { return s.metric(`topicpilot_queue_pending{queue="outbox"}`) > 0 })
	if len(s.inFiles("wombat-comment")) == 0 || len(s.parked()) == 0 {
		t.Fatal("nothing of General is stored: the test cannot fail")
	}
	receipt := s.forgetOutside(11)
	if receipt.Waiting == 0 || receipt.Parked == 0 {
		t.Errorf("receipt: %+v", receipt)
	}
	s.gone(erased...)
	s.tg.ClearFaults()
	s.idle()
	s.quiet()
	for _, m := range s.ours(0) {
		s.lacks(m.Text, "wombat")
	}
	if left := s.parked(); len(left) != 0 {
		t.Errorf("parked: %+v", left)
	}
}
