package telegram

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"
)

func TestForumsAreAskedOnceAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var f forums
		if f.closed(1) || f.due(1) {
			t.Error("a group that nothing is known of")
		}
		f.close(1)
		if !f.closed(1) || f.due(1) {
			t.Error("asked at once")
		}
		time.Sleep(forumLook)
		if !f.due(1) || f.due(1) {
			t.Error("once a minute")
		}
		f.open(1)
		if f.closed(1) {
			t.Error("closed for ever")
		}
	})
}

type plainToken string

func (t plainToken) Reveal() string { return string(t) }

func TestTopicsAreLookedForAgain(t *testing.T) {
	answer := `{"ok":true,"result":{"id":1,"type":"supergroup"}}`
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(answer))
	}))
	t.Cleanup(server.Close)
	client, err := NewClient(Options{Token: plainToken("1:AAA"), APIURL: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	sender := NewSender(SenderOptions{Client: client})
	for _, c := range []struct {
		name, answer string
		open         bool
	}{
		{"still off", answer, false},
		{"refused", `{"ok":false,"error_code":403,"description":"Forbidden"}`, false},
		{"on again", `{"ok":true,"result":{"id":1,"type":"supergroup","is_forum":true}}`, true},
	} {
		answer = c.answer
		sender.forums.asked = map[int64]time.Time{1: time.Now().Add(-2 * forumLook)}
		err := sender.lookForTopics(t.Context(), 1)
		if errors.Is(err, errNoForum) == c.open || sender.forums.closed(1) == c.open {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}
