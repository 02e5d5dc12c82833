package app_test

import (
	"context"
	"database/sql"
	"fmt"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // makes and drops the databases

	"topicpilot/cmd/app"
	"topicpilot/integrations/telegram/telegramtest"
	"topicpilot/topics"
)

// postgres puts the bot's data into a database of its own on the server for tests.
func (s *stage) postgres() {
	s.t.Helper()
	server := os.Getenv("TOPICPILOT_TEST_POSTGRES")
	if server == "" {
		if os.Getenv("TOPICPILOT_REQUIRE_POSTGRES") == "1" {
			s.t.Fatal("TOPICPILOT_TEST_POSTGRES is not set")
		}
		s.t.Skip("TOPICPILOT_TEST_POSTGRES is not set")
	}
	name := fmt.Sprintf("topicpilot_app_%d_%d", os.Getpid(), time.Now().UnixNano())
	execute := func(statement string) {
		s.t.Helper()
		db, err := sql.Open("pgx", server)
		s.must(err)
		defer db.Close()
		_, err = db.ExecContext(context.Background(), statement)
		s.must(err)
	}
	execute("CREATE DATABASE " + name)
	s.t.Cleanup(func() { execute("DROP DATABASE " + name + " WITH (FORCE)") })
	u, err := url.Parse(server)
	s.must(err)
	u.Path = "/" + name
	s.replace("sqlite:"+filepath.Join(s.dir, "bot.db"), u.String())
	s.dbURL = u.String()
}

// startBeside starts one more bot with the same settings.
func (s *stage) startBeside() *app.App {
	s.t.Helper()
	bot := s.newBot(false)
	s.must(bot.Start(s.t.Context()))
	s.t.Cleanup(func() { stopBot(bot) })
	return bot
}

func stopBot(bot *app.App) {
	ctx, cancel := context.WithTimeout(context.Background(), app.StopTime)
	defer cancel()
	bot.Stop(ctx)
}

// of makes a stage whose get and metric ask the given bot.
func (s *stage) of(bot *app.App) *stage {
	other := *s
	other.bot = bot
	return &other
}

// balancer sends each request to the next of the bots.
func balancer(t *testing.T, bots *atomic.Pointer[[]*app.App]) string {
	t.Helper()
	var n atomic.Int64
	server := httptest.NewServer(&httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			list := *bots.Load()
			bot := list[int(n.Add(1))%len(list)]
			r.SetURL(&url.URL{Scheme: "http", Host: bot.Addr().String()})
		},
	})
	t.Cleanup(server.Close)
	return server.URL
}

// twoByWebhook starts two bots on one database behind a balancer.
func twoByWebhook(t *testing.T, change func(*stage)) (*stage, []*app.App) {
	t.Helper()
	s := newStage(t, telegramtest.Options{})
	s.postgres()
	change(s)
	var bots atomic.Pointer[[]*app.App]
	s.replace("limits:", fmt.Sprintf("webhook: {url: %q, secret: %q}, limits:", balancer(t, &bots)+"/hook", hookSecret))
	list := []*app.App{s.startBeside(), s.startBeside()}
	bots.Store(&list)
	s.bot = list[0]
	for _, bot := range list {
		s.of(bot).ready()
	}
	return s, list
}

// settleBoth waits until neither bot has an update left.
func (s *stage) settleBoth() {
	s.t.Helper()
	s.eventually("all delivered", func() bool { return s.tg.Pending() == 0 })
	s.eventually("all handled", func() bool { return s.metric(`topicpilot_queue_pending{queue="inbox"}`) == 0 })
}

// TestTwoByWebhook: deliveries alternate between two bots; both work, each topic keeps its
// order, nothing happens twice.
func TestTwoByWebhook(t *testing.T) {
	t.Parallel()
	s, bots := twoByWebhook(t, func(*stage) {})
	threads := make([]int, 10)
	for i := range threads {
		threads[i] = s.topic(int64(100+i), fmt.Sprintf("Customer %d", i))
	}
	for i := range 12 {
		for _, thread := range threads {
			s.post(thread, mirrorID, fmt.Sprintf("line %d", i))
		}
	}
	for _, thread := range threads {
		s.post(thread, olgaID, "/info")
	}
	for i, thread := range threads {
		s.holds(s.answers(thread, 1)[0].Text, fmt.Sprintf("Customer %d", i))
	}
	s.settleBoth()
	for _, id := range s.tg.Delivered() {
		s.must(s.tg.Redeliver(id))
	}
	s.settleBoth()
	for _, thread := range threads {
		s.inOrder(thread, 12)
		if n := len(s.ours(thread)); n != 1 {
			t.Errorf("topic %d: %d answers", thread, n)
		}
	}
	for i, bot := range bots {
		if n := s.of(bot).metric(`topicpilot_items_total{queue="inbox",result="done"}`); n < 10 {
			t.Errorf("bot %d handled %v updates", i, n)
		}
	}
}

// inOrder fails unless a topic's lines 0 … n-1 are kept, once each and in their order.
func (s *stage) inOrder(thread, n int) {
	s.t.Helper()
	var lines []string
	for _, m := range s.transcript(thread) {
		if m.Kind == topics.MessageTalk {
			lines = append(lines, m.Text.Text)
		}
	}
	want := make([]string, n)
	for i := range want {
		want[i] = fmt.Sprintf("line %d", i)
	}
	if strings.Join(lines, ",") != strings.Join(want, ",") {
		s.t.Errorf("topic %d holds %q", thread, lines)
	}
}

// TestSharedBudget: two bots together stay within the group's messages a minute.
func TestSharedBudget(t *testing.T) {
	t.Parallel()
	s, _ := twoByWebhook(t, func(s *stage) { s.replace("group_per_minute: 0", "group_per_minute: 6") })
	for i := range 15 {
		s.post(s.topic(int64(100+i), fmt.Sprintf("Customer %d", i)), olgaID, "/assist")
	}
	s.settleBoth()
	s.eventually("6 sends", func() bool { return len(s.posted()) >= 6 })
	s.eventually("9 are owed", func() bool { return s.metric(`topicpilot_queue_pending{queue="outbox"}`) == 9 })
	if n := len(s.posted()); n != 6 {
		t.Errorf("%d sends within the minute, want 6", n)
	}
}

// TestRolesOfTwo: a change of members reaches the bot that was not told of it as well.
func TestRolesOfTwo(t *testing.T) {
	t.Parallel()
	s, _ := twoByWebhook(t, func(*stage) {})
	s.person(pavelID, "Pavel", telegramtest.Administrator)
	for range 4 { // both ask for the administrators
		thread := s.topic(11, "Ann")
		s.post(thread, pavelID, "/info")
		s.answers(thread, 1)
	}
	s.person(pavelID, "Pavel", telegramtest.Regular)
	s.eventually("refused by both", func() bool {
		for range 4 {
			thread := s.topic(11, "Ann")
			s.post(thread, pavelID, "/info")
			s.settleBoth()
			for _, m := range s.ours(thread) {
				if strings.Contains(m.Text, "Ann") {
					return false
				}
			}
		}
		return true
	})
}

// TestMigrationOfTwo: the bot that did not hear of a migration works in the new chat too.
func TestMigrationOfTwo(t *testing.T) {
	t.Parallel()
	s, _ := twoByWebhook(t, func(*stage) {})
	var threads []int
	for i := range 12 {
		threads = append(threads, s.topic(int64(100+i), fmt.Sprintf("Customer %d", i)))
	}
	s.settleBoth()
	s.migrateAndWrite(threads)
	s.settleBoth()
	s.keptAfterMigration(threads)
}

// TestPollerKilled: of two bots one polls; the other takes over when it is killed, and in
// each topic the order is kept and nothing is lost.
func TestPollerKilled(t *testing.T) {
	t.Parallel()
	s := newStage(t, telegramtest.Options{})
	s.postgres()
	kill := s.startChild()
	s.bot = s.startBeside()
	s.ready()
	s.eventually("stands by", func() bool { return strings.Contains(s.log.String(), "another process polls") })
	threads := []int{s.topic(1, "Ann"), s.topic(2, "Bob"), s.topic(3, "Cid")}
	s.post(threads[0], olgaID, "/info")
	s.answers(threads[0], 1)
	for i := range 60 {
		if i == 30 {
			kill()
		}
		for _, thread := range threads {
			s.post(thread, mirrorID, fmt.Sprintf("line %d", i))
		}
	}
	s.post(threads[1], olgaID, "/info")
	s.answers(threads[1], 1)
	s.settleBoth()
	for _, thread := range threads {
		s.inOrder(thread, 60)
	}
	// A stop hands over as well.
	third := s.startBeside()
	stopBot(s.bot)
	s.bot = third
	s.post(threads[2], olgaID, "/info")
	s.answers(threads[2], 1)
	s.ready()
}
