package app_test

import (
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"topicpilot/cmd/app"
	"topicpilot/config"
	"topicpilot/integrations/telegram/telegramtest"
	"topicpilot/topics/topicsapi/topicsapitest"
)

// TestNothingIsLeftRunning is no parallel test: it counts the process's goroutines.
func TestNothingIsLeftRunning(t *testing.T) {
	before := goleak.IgnoreCurrent()
	t.Run("bot", func(t *testing.T) {
		url, _ := outside(t)
		s := newStage(t, telegramtest.Options{}, "lookups:", lookupYML("billing", url+"/ok", "{{.Response.tariff}}"))
		for range 2 {
			s.start()
			thread := s.topic(11, "Ann")
			s.post(thread, olgaID, "/info")
			s.answers(thread, 1)
			s.stop()
		}
		s.webhookMode()
		s.start()
		bot := s.bot
		s.stop()
		stopBot(bot) // a second time does no harm
		// A start that fails leaves nothing behind either.
		s.replace("bot.db", "nowhere/bot.db")
		if err := s.newBot(false).Start(t.Context()); err == nil {
			t.Error("started without a directory")
		}
	})
	http.DefaultClient.CloseIdleConnections()
	if err := goleak.Find(before,
		// Timers of fasthttp, which end by themselves, or tell the time to all servers.
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.updateServerDate.func1"),
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.(*workerPool).Start.func2"),
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.(*Client).mCleaner"),
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.(*HostClient).connsCleaner"),
	); err != nil {
		t.Error(err)
	}
}

// TestStopFinishesWhatRuns: an answer that is being made when the bot is stopped comes; what
// was not begun waits in the store.
func TestStopFinishesWhatRuns(t *testing.T) {
	t.Parallel()
	s := newStage(t, telegramtest.Options{})
	s.start()
	thread := s.topic(11, "Ann")
	s.settle()
	s.api.SetFaults(topicsapitest.Faults{Delay: 700 * time.Millisecond})
	s.post(thread, olgaID, "/info")
	s.post(thread, olgaID, "/assist")
	s.eventually("asked", func() bool { return s.api.Active() == 1 && s.tg.Pending() == 0 })
	s.stop()
	got := s.ours(thread)
	if len(got) == 0 || !strings.Contains(got[0].Text, "Ann") {
		t.Fatalf("%d answers when the bot had stopped", len(got))
	}
	s.start()
	s.holds(s.answers(thread, 2)[1].Text, "/assist")
	s.settle()
	if n := len(s.ours(thread)); n != 2 {
		t.Errorf("%d answers, want 2", n)
	}
}

// TestStopWhileTelegramIsAway: a bot that cannot reach anything stops all the same.
func TestStopWhileTelegramIsAway(t *testing.T) {
	t.Parallel()
	s := newStage(t, telegramtest.Options{})
	s.start()
	thread := s.topic(11, "Ann")
	s.settle()
	s.tg.Fail("*", telegramtest.Fault{Hang: time.Minute, Times: -1})
	s.post(thread, olgaID, "/info")
	s.stop()
	s.tg.ClearFaults()
	s.start()
	s.holds(s.answers(thread, 1)[0].Text, "Ann")
}

// TestOneBotPerFile: a second bot on the same SQLite file is refused, and says why; the
// first goes on.
func TestOneBotPerFile(t *testing.T) {
	t.Parallel()
	s := newStage(t, telegramtest.Options{})
	s.start()
	err := s.newBot(false).Start(t.Context())
	if err == nil || !strings.Contains(err.Error(), "another topicpilot runs on this database") ||
		!strings.Contains(err.Error(), filepath.Join(s.dir, "bot.db")) {
		t.Fatalf("the second start: %v", err)
	}
	thread := s.topic(11, "Ann")
	s.post(thread, olgaID, "/info")
	s.answers(thread, 1)
	s.stop()
	s.start()
	s.post(thread, olgaID, "/info")
	s.answers(thread, 2)
}

// TestAddressTaken: a listen address in use is said with its setting, and the database is
// free again afterwards.
func TestAddressTaken(t *testing.T) {
	t.Parallel()
	s := newStage(t, telegramtest.Options{})
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	s.must(err)
	addr := taken.Addr().String()
	s.replace(`server: {listen: "127.0.0.1:0"}`, `server: {listen: "`+addr+`"}`)
	err = s.newBot(false).Start(t.Context())
	if err == nil || !strings.Contains(err.Error(), "server.listen") {
		t.Fatalf("start: %v", err)
	}
	s.must(taken.Close())
	s.start()
}

// TestSettingsErrors: what is wrong with templates is told at once, by path, without secrets.
func TestSettingsErrors(t *testing.T) {
	t.Parallel()
	s := newStage(t, telegramtest.Options{}, "lookups:",
		lookupYML("a", "http://x.example/{{.Nonsense}}", "{{.Response.x}}"),
		lookupYML("b", "http://x.example/", "{{.Response.x"))
	cfg, err := config.Load(s.writeSettings(), nil)
	if err == nil {
		_, err = app.New(app.Options{Config: cfg, Log: slog.New(slog.DiscardHandler)})
	}
	if err == nil {
		t.Fatal("taken")
	}
	s.holds(err.Error(), "lookups[0].request.url", "lookups[1].show")
	s.lacks(err.Error(), append(secrets, lookupSecret)...)
}
