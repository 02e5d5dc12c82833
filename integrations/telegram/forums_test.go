package telegram

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"path"
	"testing"
	"testing/synctest"
	"time"

	"topicpilot/topics"
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

// TestAnswerShortOfFields: a message whose answer does not name its topic is taken back
// only where the group says that it has no topics.
func TestAnswerShortOfFields(t *testing.T) {
	for chat, back := range map[string]bool{`"is_forum":true`: false, `"title":"x"`: true} {
		calls := map[string]int{}
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			method := path.Base(r.URL.Path)
			calls[method]++
			answer := `{"ok":true,"result":true}`
			switch method {
			case "sendMessage":
				answer = `{"ok":true,"result":{"message_id":5,"date":1}}`
			case "getChat":
				answer = `{"ok":true,"result":{"id":1,"type":"supergroup",` + chat + `}}`
			}
			_, _ = w.Write([]byte(answer))
		}))
		client, err := NewClient(Options{Token: plainToken("1:AAA"), APIURL: server.URL})
		if err != nil {
			t.Fatal(err)
		}
		sender := NewSender(SenderOptions{Client: client, Marks: slashMark{}})
		out := topics.Outgoing{Conversation: topics.Conversation{ChatID: 1, ThreadID: 7}, Text: topics.Plain("x")}
		for range 2 {
			_, err = sender.Send(t.Context(), out)
		}
		client.Close()
		server.Close()
		if (err != nil) != back || calls["getChat"] != 1 || (calls["deleteMessage"] == 1) != back {
			t.Errorf("%s: %v, calls %v", chat, err, calls)
		}
	}
}

type slashMark struct{}

func (slashMark) CommentMark(int64) (string, bool) { return "/ ", true }
