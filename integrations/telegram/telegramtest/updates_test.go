package telegramtest_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"topicpilot/integrations/telegram/telegramtest"
)

func ids(list []wireUpdate) []int64 {
	out := []int64{}
	for _, u := range list {
		out = append(out, u.ID)
	}
	return out
}

func TestGetUpdatesOffset(t *testing.T) {
	s := newStage(t, telegramtest.Options{})
	for i := range 105 {
		s.post(telegramtest.Post{Text: fmt.Sprint(i)})
	}
	all := s.updates(obj{})
	if len(all) != 100 || s.Pending() != 105 {
		t.Fatalf("default limit gives %d, pending %d", len(all), s.Pending())
	}
	first := all[0].ID
	if got := ids(s.updates(obj{"limit": 2})); !slices.Equal(got, []int64{first, first + 1}) {
		t.Errorf("unconfirmed updates come again: %v", got)
	}
	if got := len(s.updates(obj{"limit": 1000})); got != 100 {
		t.Errorf("limit 1000 gives %d", got)
	}
	if got := ids(s.updates(obj{"offset": first + 3, "limit": 1})); !slices.Equal(got, []int64{first + 3}) ||
		s.Pending() != 102 {
		t.Errorf("offset confirms what is below: %v, pending %d", got, s.Pending())
	}
	if got := ids(s.updates(obj{"offset": -2})); !slices.Equal(got, []int64{first + 103, first + 104}) ||
		s.Pending() != 2 {
		t.Errorf("negative offset keeps the last: %v", got)
	}
	if got := s.updates(obj{"offset": first + 105}); len(got) != 0 || s.Pending() != 0 {
		t.Errorf("left over: %v", got)
	}
}

func TestUpdateIDsJumpAndRepeat(t *testing.T) {
	s := newStage(t, telegramtest.Options{})
	s.post(telegramtest.Post{Text: "old"})
	old := s.updates(obj{})[0].ID
	s.SetNextUpdateID(500)
	s.post(telegramtest.Post{Text: "new"})
	got := s.updates(obj{"offset": old + 1})
	if len(got) != 1 || got[0].ID != 500 {
		t.Fatalf("after the jump to lower ids: %+v", got)
	}
	s.updates(obj{"offset": 501})
	if !slices.Equal(s.Delivered(), []int64{old, 500}) {
		t.Errorf("delivered %v", s.Delivered())
	}
	s.must(s.Redeliver(500))
	if got = s.updates(obj{"offset": 501}); len(got) != 1 || got[0].Message.Text != "new" {
		t.Errorf("redelivered: %+v", got)
	}
	if got = s.updates(obj{"offset": 501}); len(got) != 0 {
		t.Errorf("redelivered once more: %+v", got)
	}
	if s.Redeliver(77) == nil {
		t.Error("redelivered an unknown update")
	}
}

func TestUpdatesExpire(t *testing.T) {
	c := newClock()
	s := newStage(t, telegramtest.Options{Clock: c.Now})
	m := s.send(obj{"chat_id": group, "text": "x", "reply_markup": button(obj{"text": "B", "callback_data": "b"})})
	_, err := s.Press(group, m.ID, operator, "b")
	s.must(err)
	s.post(telegramtest.Post{Text: "later"})
	c.now = c.now.Add(151 * time.Second)
	if got := s.updates(obj{}); len(got) != 1 || got[0].Message == nil {
		t.Errorf("a press lives 150 s, the message stays: %+v", got)
	}
	c.now = c.now.Add(24 * time.Hour)
	if got := s.updates(obj{}); len(got) != 0 {
		t.Errorf("a message lives 24 h: %+v", got)
	}
}

func TestAllowedUpdates(t *testing.T) {
	s := newStage(t, telegramtest.Options{})
	someone := telegramtest.Member{User: telegramtest.User{ID: mirror}, Status: telegramtest.Administrator}
	kinds := func() string {
		out := ""
		list := s.updates(obj{})
		for _, u := range list {
			switch {
			case u.Message != nil:
				out += "m"
			case u.ChatMember != nil:
				out += "c"
			case u.MyChatMember != nil:
				out += "y"
			}
		}
		s.drain()
		return out
	}
	act := func() {
		s.post(telegramtest.Post{Text: "x"})
		s.must(s.SetMember(group, someone, operator))
		s.must(s.SetMember(group, telegramtest.Member{User: s.Bot(), Status: telegramtest.Administrator}, operator))
	}
	act()
	if got := kinds(); got != "my" {
		t.Errorf("default kinds: %q", got)
	}
	for _, step := range []struct {
		name    string
		allowed []string
		want    string
	}{
		{"chat_member on request", []string{"message", "chat_member"}, "mc"},
		{"sticky", nil, "mc"},
		{"unknown names are ignored", []string{"message", "nonsense"}, "m"},
		{"only unknown names: default", []string{"nonsense"}, "my"},
		{"one kind", []string{"chat_member"}, "c"},
		{"empty: default", []string{}, "my"},
	} {
		t.Run(step.name, func(t *testing.T) {
			if step.allowed != nil {
				s.updates(obj{"allowed_updates": step.allowed})
			}
			act()
			if got := kinds(); got != step.want {
				t.Errorf("got %q, want %q", got, step.want)
			}
		})
	}
}

// poll runs a long getUpdates beside the test.
func (s *stage) poll(body obj) <-chan answer {
	ch := make(chan answer, 1)
	go func() {
		a, err := s.try("getUpdates", body)
		if err != nil {
			a.Description = err.Error()
		}
		ch <- a
	}()
	return ch
}

// polling waits until a long poll is known to wait, by the allowed_updates it sets.
func (s *stage) polling(kind string) {
	s.t.Helper()
	for range 1000 {
		var info struct {
			Allowed []string `json:"allowed_updates"`
		}
		s.must(json.Unmarshal(s.call("getWebhookInfo", obj{}).Result, &info))
		if slices.Equal(info.Allowed, []string{kind}) {
			return
		}
	}
	s.t.Fatal("the long poll never began")
}

func TestLongPoll(t *testing.T) {
	s := newStage(t, telegramtest.Options{})
	ch := s.poll(obj{"timeout": 600, "allowed_updates": []string{"message"}})
	s.polling("message")
	s.post(telegramtest.Post{Text: "wake"})
	if a := <-ch; !a.OK || len(a.Result) < 10 {
		t.Errorf("woken poll: %+v", a)
	}
	s.drain()

	const other = "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
	ch = s.poll(obj{"timeout": 50, "allowed_updates": []string{"edited_message"}})
	s.polling("edited_message")
	s.updates(obj{})
	if a := <-ch; a.ErrorCode != 409 || a.Description != other {
		t.Errorf("the earlier poll ends: %+v", a)
	}

	ch = s.poll(obj{"timeout": 50, "allowed_updates": []string{"poll"}})
	s.polling("poll")
	s.StealPolling(1)
	if a := <-ch; a.Description != other {
		t.Errorf("stolen: %+v", a)
	}
	if a := s.call("getUpdates", obj{}); a.Description != other {
		t.Errorf("the next is stolen too: %+v", a)
	}
	s.updates(obj{})

	ch = s.poll(obj{"timeout": 50, "allowed_updates": []string{"poll_answer"}})
	s.polling("poll_answer")
	s.call("setWebhook", obj{"url": "http://127.0.0.1:1/"})
	if a := <-ch; a.Description != "Conflict: terminated by setWebhook request" {
		t.Errorf("a webhook ends the poll: %+v", a)
	}
	a := s.call("getUpdates", obj{})
	if a.Description != "Conflict: can't use getUpdates method while webhook is active;"+
		" use deleteWebhook to delete the webhook first" {
		t.Errorf("beside a webhook: %+v", a)
	}
}

func TestInject(t *testing.T) {
	s := newStage(t, telegramtest.Options{})
	poison := `{"message":{"message_id":1,"date":1,"chat":{"id":-1,"type":"group"},"text":"x"}}`
	id, err := s.Inject(json.RawMessage(poison))
	s.must(err)
	given, err := s.Inject(json.RawMessage(`{"update_id":900000000,"poll":{"id":5}}`))
	s.must(err)
	// The second does not fit the Bot API, on purpose; read it past the conformance check.
	raw, err := s.rawCall("getUpdates")
	s.must(err)
	if given != 900000000 || !containsAll(raw, fmt.Sprintf(`"update_id":%d`, id), `"poll":{"id":5}`) {
		t.Errorf("injected %d and %d, got %s", id, given, raw)
	}
	for _, bad := range []string{`[]`, `nope`, `{"update_id":"x"}`} {
		if _, err := s.Inject(json.RawMessage(bad)); err == nil {
			t.Errorf("injected %s", bad)
		}
	}
}
