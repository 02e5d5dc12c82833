package telegram_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"pgregory.net/rapid"

	"topicpilot/config"
	"topicpilot/integrations/telegram"
	"topicpilot/integrations/telegram/telegramtest"
	"topicpilot/topics"
)

type oneMark string

func (m oneMark) CommentMark(int64) (string, bool) { return string(m), true }

// No comment mark that the settings accept is refused by the sender: the answers of such a
// group would all be parked.
func TestSettingsAcceptNoMarkThatIsRefused(t *testing.T) {
	client := newClient(t, "http://127.0.0.1:1", telegramtest.DefaultToken)
	file := filepath.Join(t.TempDir(), "settings.yml")
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	accepted := 0
	rapid.Check(t, func(t *rapid.T) {
		// What is legal, what is not, and signs that Telegram drops, in any order.
		rest := rapid.StringOf(rapid.OneOf(
			rapid.RuneFrom([]rune("abc :—🤖é")), rapid.RuneFrom([]rune("\u200b\u202e\u2028\u00ad\u0085\t\n\u3164\u2800\ufffd")),
			rapid.Rune(),
		)).Draw(t, "rest")
		mark := rapid.SampledFrom([]string{"/ ", "/", " ", ""}).Draw(t, "start") + rest
		quoted, _ := json.Marshal(mark)
		text := `telegram: {token: "123456789:AAbbccddeeffgghhiijjkk"}
groups: [{id: -1005, mirror: {sender_ids: [5], comment_mark: ` + string(quoted) + `}}]`
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		settings, err := config.Load(file, nil)
		if err != nil {
			return
		}
		accepted++
		sender := telegram.NewSender(telegram.SenderOptions{
			Client: client, Marks: oneMark(settings.Groups[0].Mirror.CommentMark),
		})
		_, err = sender.Send(ended, topics.Outgoing{
			Conversation: topics.Conversation{ChatID: -1005, ThreadID: 7}, Text: topics.Plain("x"),
		})
		if hopeless := (*topics.Hopeless)(nil); errors.As(err, &hopeless) {
			t.Fatalf("%q is accepted and refused: %v", mark, err)
		}
	})
	if accepted == 0 {
		t.Error("no mark was accepted")
	}
}
