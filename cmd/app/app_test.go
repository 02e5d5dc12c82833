package app_test

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"topicpilot/integrations/telegram/telegramtest"
)

// TestInfo is the main job: an operator types /info in a customer's topic and the
// customer's card stands there.
func TestInfo(t *testing.T) {
	s := newStage(t, telegramtest.Options{})
	s.start()
	thread := s.topic(987654321, "John Doe")
	s.post(thread, mirrorID, "Where is my server?")
	s.post(thread, olgaID, "/info")
	card := s.answers(thread, 1)[0]
	for _, want := range []string{"John Doe", "@user_987654321", "987654321", "+12125550123"} {
		if !strings.Contains(card.Text, want) {
			t.Errorf("the card has no %q:\n%s", want, card.Text)
		}
	}
	if !strings.HasPrefix(card.Text, "/ ") {
		t.Errorf("no comment mark: %q", card.Text)
	}
	if card.ReplyTo != nil && card.ReplyTo.ID != thread {
		t.Errorf("the card is a reply to message %d", card.ReplyTo.ID)
	}
	if v := s.tg.Violations(); len(v) > 0 {
		t.Errorf("calls that do not fit the Bot API: %v", v)
	}
}

// TestCustomerCommandsNothing holds rule 2.
func TestCustomerCommandsNothing(t *testing.T) {
	s := newStage(t, telegramtest.Options{})
	s.start()
	thread := s.topic(987654321, "John Doe")
	s.post(thread, mirrorID, "/info")
	s.post(thread, mirrorID, "/assist")
	s.quiet()
	if got := s.ours(thread); len(got) != 0 {
		t.Errorf("a customer was answered: %q", got[0].Text)
	}
}

// TestStrangerIsToldOnce: a person without a role gets one short reason.
func TestStrangerIsToldOnce(t *testing.T) {
	s := newStage(t, telegramtest.Options{})
	s.start()
	thread := s.topic(987654321, "John Doe")
	for range 3 {
		s.post(thread, guestID, "/info")
	}
	s.quiet()
	got := s.ours(thread)
	if len(got) != 1 || strings.Contains(got[0].Text, "John") {
		t.Errorf("a stranger got %d answers", len(got))
	}
}

// TestTwiceInOneProcess: two bots live side by side, and a bot starts again on its file.
func TestTwiceInOneProcess(t *testing.T) {
	first, second := newStage(t, telegramtest.Options{}), newStage(t, telegramtest.Options{})
	first.start()
	second.start()
	for _, s := range []*stage{first, second} {
		thread := s.topic(5, "Ann")
		s.post(thread, olgaID, "/info")
		s.answers(thread, 1)
	}
	first.stop()
	thread := first.topic(6, "Bob")
	first.post(thread, olgaID, "/info")
	first.start()
	first.answers(thread, 1)
}

// TestHealth looks at the paths that watchers use.
func TestHealth(t *testing.T) {
	s := newStage(t, telegramtest.Options{})
	s.start()
	if code, body := s.get("/healthz"); code != http.StatusOK || body != "ok\n" {
		t.Errorf("healthz %d %q", code, body)
	}
	if code, _ := s.get("/nothing"); code != http.StatusNotFound {
		t.Errorf("unknown path: %d", code)
	}
	code, body := s.get("/metrics")
	if code != http.StatusOK || !strings.Contains(body, "topicpilot_ready 1") ||
		!strings.Contains(body, "topicpilot_topics_lost_total 0") {
		t.Errorf("metrics %d:\n%s", code, body)
	}
}

// TestUnreachableTelegram: the bot starts, says that it is not ready and why, and goes
// on by itself.
func TestUnreachableTelegram(t *testing.T) {
	s := newStage(t, telegramtest.Options{})
	s.tg.SetNetwork(false)
	s.bot = s.newBot(false)
	s.must(s.bot.Start(t.Context()))
	t.Cleanup(s.stop)
	code, body := s.get("/readyz")
	if code != http.StatusServiceUnavailable || !strings.Contains(body, "telegram:") {
		t.Errorf("readyz %d %q", code, body)
	}
	s.tg.SetNetwork(true)
	s.eventually("ready", func() bool { code, _ := s.get("/readyz"); return code == http.StatusOK })
}

// TestStrangersBodiesAreNotRead: who sends a body to an unknown path, or without the
// secret, is answered before the body is there.
func TestStrangersBodiesAreNotRead(t *testing.T) {
	s := newStage(t, telegramtest.Options{})
	s.webhookMode()
	s.start()
	for path, want := range map[string]string{"/nothing": "404", "/telegram/hook": "401"} {
		conn, err := net.Dial("tcp", s.bot.Addr().String())
		s.must(err)
		defer conn.Close()
		s.must(conn.SetDeadline(time.Now().Add(20 * time.Second)))
		_, err = fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n%s",
			path, strings.Repeat(" ", 20_000))
		s.must(err)
		status, err := bufio.NewReader(conn).ReadString('\n')
		if err != nil || !strings.Contains(status, want) {
			t.Errorf("%s: %q, %v; want %s", path, status, err, want)
		}
	}
}
