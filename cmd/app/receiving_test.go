package app_test

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"topicpilot/integrations/telegram/telegramtest"
	"topicpilot/topics"
)

// postHook delivers one body as Telegram does and gives the status.
func (s *stage) postHook(hook, secret, body string) int {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, hook, strings.NewReader(body))
	s.must(err)
	req.Header.Set("Content-Type", "application/json")
	if secret != "" {
		req.Header.Set("X-Telegram-Bot-Api-Secret-Token", secret)
	}
	resp, err := http.DefaultClient.Do(req)
	s.must(err)
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode
}

// rawCommand is an update as Telegram writes it: somebody's text in a topic.
func rawCommand(updateID, messageID int64, thread int, from int64, text string) string {
	return fmt.Sprintf(`{"update_id":%d,"message":{"message_id":%d,"message_thread_id":%d,"is_topic_message":true,`+
		`"date":1790000000,"chat":{"id":%d,"type":"supergroup","title":"Support","is_forum":true},`+
		`"from":{"id":%d,"is_bot":false,"first_name":"Olga"},"text":%q,`+
		`"entities":[{"type":"bot_command","offset":0,"length":%d}]}}`,
		updateID, messageID, thread, int64(groupID), from, text, len(text))
}

// TestWebhookDelivery: the bot sets its webhook itself, with its secret and the kinds it
// uses, and answers what Telegram pushes.
func TestWebhookDelivery(t *testing.T) {
	t.Parallel()
	s := newStage(t, telegramtest.Options{})
	hook := s.webhookMode()
	s.start()
	set := s.tg.Sent("setWebhook")
	if len(set) != 1 || set[0].Params["url"] != hook || set[0].Params["secret_token"] != hookSecret {
		t.Fatalf("setWebhook: %v", len(set))
	}
	kinds := fmt.Sprint(set[0].Params["allowed_updates"])
	s.holds(kinds, "message", "edited_message", "callback_query", "my_chat_member", "chat_member")
	if set[0].Params["drop_pending_updates"] == true {
		t.Error("what waits is thrown away")
	}
	thread := s.topic(11, "Ann")
	s.post(thread, mirrorID, "hello")
	s.post(thread, olgaID, "/info")
	s.answers(thread, 1)
	s.settle()
	if got := s.ours(thread); len(got) != 1 {
		t.Errorf("%d answers", len(got))
	}
	if n := len(s.tg.Sent("getUpdates")); n > 0 {
		t.Errorf("polled %d times", n)
	}
	// Another start finds the webhook in place and leaves it alone.
	s.stop()
	s.post(thread, olgaID, "/info")
	s.start()
	s.answers(thread, 2)
	if n := len(s.tg.Sent("setWebhook", "deleteWebhook")); n != 1 {
		t.Errorf("the webhook was changed %d times", n)
	}
}

// TestWebhookStatuses: what is no update is refused, what is one is taken, whatever it holds.
func TestWebhookStatuses(t *testing.T) {
	t.Parallel()
	s := newStage(t, telegramtest.Options{})
	hook := s.webhookMode()
	s.start()
	thread := s.topic(11, "Ann")
	poison := fmt.Sprintf(`{"update_id":7,"message":{"message_id":900,"message_thread_id":%d,"is_topic_message":true,`+
		`"date":1790000000,"chat":{"id":%d,"type":"supergroup","is_forum":true},"from":{"id":%d,"is_bot":false,`+
		`"first_name":"Olga"},"paid_media":{"star_count":1,"paid_media":[{"type":"not_yet_invented"}]}}}`,
		thread, int64(groupID), olgaID)
	huge := `{"update_id":6,"x":"` + strings.Repeat("a", 1<<20) + `"}`
	tests := []struct {
		name, secret, body string
		want               int
	}{
		{"no secret", "", rawCommand(1, 901, thread, olgaID, "/info"), http.StatusUnauthorized},
		{"wrong secret", hookSecret + "x", rawCommand(2, 902, thread, olgaID, "/info"), http.StatusUnauthorized},
		{"too large", hookSecret, huge, http.StatusRequestEntityTooLarge},
		{"no JSON", hookSecret, "{", http.StatusBadRequest},
		{"nothing", hookSecret, "", http.StatusBadRequest},
		{"no object", hookSecret, `[1]`, http.StatusOK},
		{"unknown kind", hookSecret, `{"update_id":3,"brain_wave":{"chat":{"id":1}}}`, http.StatusOK},
		{"kind not used", hookSecret, `{"update_id":4,"poll":{"id":"1"}}`, http.StatusOK},
		{"undecodable", hookSecret, poison, http.StatusOK},
		{"no update_id", hookSecret, `{"message":{}}`, http.StatusOK},
		{"good", hookSecret, rawCommand(8, 903, thread, olgaID, "/info"), http.StatusOK},
		{"the same again", hookSecret, rawCommand(8, 903, thread, olgaID, "/info"), http.StatusOK},
	}
	for _, test := range tests {
		if got := s.postHook(hook, test.secret, test.body); got != test.want {
			t.Errorf("%s: %d, want %d", test.name, got, test.want)
		}
	}
	resp, err := http.Get(hook)
	s.must(err)
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("GET: %d", resp.StatusCode)
	}
	s.answers(thread, 1)
	s.settle()
	if got := s.ours(thread); len(got) != 1 {
		t.Errorf("%d answers", len(got))
	}
	parked := s.parked()
	var keys []string
	for _, p := range parked {
		keys = append(keys, p.Key+" "+p.Reason)
	}
	if len(parked) != 3 || !strings.Contains(strings.Join(keys, "\n"), "123456789:7 ") {
		t.Errorf("parked: %q", keys)
	}
	if got := s.metric(`topicpilot_queue_parked{queue="inbox"}`); got != 3 {
		t.Errorf("metrics count %v parked", got)
	}
}

// lockDatabase keeps the bot from committing until the returned function is called.
func (s *stage) lockDatabase() (unlock func()) {
	s.t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(s.dir, "bot.db")+"?_pragma=busy_timeout(5000)&_txlock=immediate")
	s.must(err)
	tx, err := db.Begin()
	s.must(err)
	return func() {
		_ = tx.Rollback()
		_ = db.Close()
	}
}

// TestStoredBeforeAcknowledged: while the journal cannot be written Telegram hears no 200,
// and what was answered with 200 is there after a stop at that moment.
func TestStoredBeforeAcknowledged(t *testing.T) {
	t.Parallel()
	s := newStage(t, telegramtest.Options{})
	hook := s.webhookMode()
	s.start()
	thread := s.topic(11, "Ann")
	s.settle()
	unlock := s.lockDatabase()
	answered := make(chan int, 1)
	go func() { answered <- s.postHook(hook, hookSecret, rawCommand(50, 950, thread, guestID, "stay")) }()
	select {
	case code := <-answered:
		t.Errorf("answered %d while nothing can be stored", code)
	case <-time.After(300 * time.Millisecond):
	}
	unlock()
	if code := <-answered; code != http.StatusOK {
		t.Fatalf("status %d", code)
	}
	s.stop()
	s.start()
	s.settle()
	if _, there := s.kept(thread)[950]; !there {
		t.Error("an acknowledged update is lost")
	}
}

// TestOffsetWaits: while the journal cannot be written the offset stays.
func TestOffsetWaits(t *testing.T) {
	t.Parallel()
	s := newStage(t, telegramtest.Options{})
	s.start()
	thread := s.topic(11, "Ann")
	s.settle()
	unlock := s.lockDatabase()
	s.post(thread, mirrorID, "hello")
	before := len(s.tg.Sent("getUpdates"))
	time.Sleep(300 * time.Millisecond)
	if calls := s.tg.Sent("getUpdates"); s.tg.Pending() == 0 {
		t.Errorf("confirmed while nothing can be stored; %d requests", len(calls)-before)
	}
	unlock()
	s.settle()
	if n := len(s.transcript(thread)); n != 2 {
		t.Errorf("%d messages, want 2", n)
	}
}

// TestDuplicates: an update takes effect once, however often it comes, also over a restart.
func TestDuplicates(t *testing.T) {
	t.Parallel()
	s := newStage(t, telegramtest.Options{})
	hook := s.webhookMode()
	s.start()
	thread := s.topic(11, "Ann")
	s.post(thread, olgaID, "/info")
	s.answers(thread, 1)
	s.settle()
	again := func() {
		for _, id := range s.tg.Delivered() {
			s.must(s.tg.Redeliver(id))
		}
		s.settle()
	}
	again()
	s.stop()
	s.start()
	again()
	body := rawCommand(60, 960, thread, olgaID, "/assist")
	for range 3 {
		s.postHook(hook, hookSecret, body)
	}
	s.answers(thread, 2)
	s.settle()
	if got := s.ours(thread); len(got) != 2 {
		t.Errorf("%d answers, want 2", len(got))
	}
	count := map[int64]int{}
	for _, m := range s.transcript(thread) {
		count[m.ID]++
	}
	for id, n := range count {
		if n != 1 {
			t.Errorf("message %d stands %d times in the transcript", id, n)
		}
	}
}

// TestPollingDuplicates is the same for polling, with ids that jump lower after an idle week.
func TestPollingDuplicates(t *testing.T) {
	t.Parallel()
	s := newStage(t, telegramtest.Options{})
	s.start()
	thread := s.topic(11, "Ann")
	s.post(thread, olgaID, "/info")
	s.answers(thread, 1)
	s.settle()
	for _, id := range s.tg.Delivered() {
		s.must(s.tg.Redeliver(id))
	}
	s.settle()
	s.tg.SetNextUpdateID(5000)
	s.post(thread, olgaID, "/info")
	s.answers(thread, 2)
	s.settle()
	s.stop()
	s.post(thread, olgaID, "/assist")
	s.start()
	s.answers(thread, 3)
	s.settle()
	if got := s.ours(thread); len(got) != 3 {
		t.Errorf("%d answers, want 3", len(got))
	}
}

// TestUpdateIDJumpsLowerByWebhook: only the same id is a duplicate, not a lower one.
func TestUpdateIDJumpsLowerByWebhook(t *testing.T) {
	t.Parallel()
	s := newStage(t, telegramtest.Options{})
	hook := s.webhookMode()
	s.start()
	thread := s.topic(11, "Ann")
	for i, id := range []int64{900000, 12, 11, 900001} {
		s.postHook(hook, hookSecret, rawCommand(id, int64(970+i), thread, olgaID, "/info"))
	}
	s.answers(thread, 4)
	s.settle()
}

// TestPollingAsksForItsKinds: allowed_updates is said with every request, as the value
// sticks at the server, and the offset moves behind a batch once it is stored.
func TestPollingAsksForItsKinds(t *testing.T) {
	t.Parallel()
	s := newStage(t, telegramtest.Options{})
	s.start()
	thread := s.topic(11, "Ann")
	s.post(thread, olgaID, "/info")
	s.answers(thread, 1)
	s.settle()
	for _, call := range s.tg.Sent("getUpdates") {
		kinds := fmt.Sprint(call.Params["allowed_updates"])
		s.holds(kinds, "message", "edited_message", "callback_query", "my_chat_member", "chat_member")
	}
}

// TestOffsetWaitsForTheCommit: what Telegram regards as confirmed is in the store.
func TestOffsetWaitsForTheCommit(t *testing.T) {
	t.Parallel()
	s := newStage(t, telegramtest.Options{})
	s.start()
	thread := s.topic(11, "Ann")
	s.settle()
	db := s.db()
	for i := range 40 {
		m := s.post(thread, mirrorID, fmt.Sprintf("line %d", i))
		s.eventually("confirmed", func() bool { return s.tg.Pending() == 0 })
		// Confirmed: now it must be kept, as an item in hand or as a message.
		stats, err := db.Stats(t.Context())
		s.must(err)
		list, err := db.Messages(t.Context(), conversation(thread), int64(m.ID)-1, 1)
		s.must(err)
		if len(list) == 0 && stats.Pending[topics.QueueInbox] == 0 {
			t.Fatalf("message %d is confirmed and not stored", m.ID)
		}
	}
}

// TestRestartInTheBacklog: a bot that stops in the middle of a backlog goes on in order,
// nothing twice and nothing lost.
func TestRestartInTheBacklog(t *testing.T) {
	t.Parallel()
	s := newStage(t, telegramtest.Options{})
	s.start()
	s.stop()
	threads := make([]int, 6)
	for i := range threads {
		threads[i] = s.topic(int64(100+i), fmt.Sprintf("Customer %d", i))
	}
	for i := range 25 {
		for _, thread := range threads {
			s.post(thread, mirrorID, fmt.Sprintf("line %d", i))
		}
	}
	for range 3 {
		s.bot = s.newBot(false)
		s.must(s.bot.Start(t.Context()))
		s.eventually("some are taken", func() bool { return s.tg.Pending() < 150 })
		s.stop()
	}
	s.start()
	s.settle()
	for _, thread := range threads {
		var texts []string
		for _, m := range s.transcript(thread) {
			if m.Kind == topics.MessageTalk {
				texts = append(texts, m.Text.Text)
			}
		}
		for i, text := range texts {
			if text != fmt.Sprintf("line %d", i) {
				t.Fatalf("topic %d: line %d is %q", thread, i, text)
			}
		}
		if len(texts) != 25 {
			t.Errorf("topic %d: %d messages, want 25", thread, len(texts))
		}
	}
}

// TestBeforeTelegramIsReached: what arrives while Telegram cannot be asked who we are is
// stored, and answered once it can.
func TestBeforeTelegramIsReached(t *testing.T) {
	t.Parallel()
	s := newStage(t, telegramtest.Options{})
	hook := s.webhookMode()
	thread := s.topic(11, "Ann")
	s.tg.SetNetwork(false)
	s.bot = s.newBot(false)
	s.must(s.bot.Start(t.Context()))
	t.Cleanup(s.stop)
	if got := s.postHook(hook, hookSecret, rawCommand(70, 980, thread, olgaID, "/info")); got != http.StatusOK {
		t.Errorf("status %d", got)
	}
	if code, body := s.get("/readyz"); code != http.StatusServiceUnavailable || !strings.Contains(body, "telegram:") {
		t.Errorf("readyz %d %q", code, body)
	}
	s.tg.SetNetwork(true)
	s.answers(thread, 1)
}

// TestPoisonByPolling: an update that cannot be decoded is parked; its forum goes on.
func TestPoisonByPolling(t *testing.T) {
	t.Parallel()
	s := newStage(t, telegramtest.Options{})
	s.start()
	thread := s.topic(11, "Ann")
	var obj map[string]json.RawMessage
	s.must(json.Unmarshal([]byte(rawCommand(0, 990, thread, olgaID, "/info")), &obj))
	delete(obj, "update_id")
	obj["message"] = bytes.Replace(obj["message"], []byte(`"text"`),
		[]byte(`"paid_media":{"star_count":1,"paid_media":[{"type":"not_yet_invented"}]},"text"`), 1)
	raw, err := json.Marshal(obj)
	s.must(err)
	id, err := s.tg.Inject(raw)
	s.must(err)
	s.post(thread, olgaID, "/info")
	s.answers(thread, 1)
	s.settle()
	parked := s.parked()
	if len(parked) != 1 || parked[0].Key != fmt.Sprintf("123456789:%d", id) {
		t.Fatalf("parked: %d", len(parked))
	}
	s.lacks(parked[0].Reason, "/info")
}
