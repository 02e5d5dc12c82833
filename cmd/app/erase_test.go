package app_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"topicpilot/cmd/app"
	"topicpilot/config"
	"topicpilot/integrations/notion/notiontest"
	"topicpilot/integrations/telegram/telegramtest"
	"topicpilot/topics"
)

// settings are those of the stage, as a tool beside the bot reads them.
func (s *stage) settings() *config.Config {
	s.t.Helper()
	cfg, err := config.Load(s.writeSettings(), nil)
	s.must(err)
	return cfg
}

// inFiles tells which files of the database hold one of the words.
func (s *stage) inFiles(words ...string) []string {
	s.t.Helper()
	files, err := filepath.Glob(filepath.Join(s.dir, "bot.db*"))
	s.must(err)
	var found []string
	for _, file := range files {
		data, err := os.ReadFile(file)
		s.must(err)
		for _, word := range words {
			if bytes.Contains(data, []byte(word)) {
				found = append(found, filepath.Base(file)+": "+word)
			}
		}
	}
	return found
}

// gone waits until no file of the database holds one of the words, 10 seconds at most.
func (s *stage) gone(words ...string) {
	s.t.Helper()
	var found []string
	for began := time.Now(); time.Since(began) < 10*time.Second; time.Sleep(50 * time.Millisecond) {
		if found = s.inFiles(words...); len(found) == 0 {
			return
		}
	}
	s.t.Errorf("after 10 seconds there is still %q", found)
}

// The words of the customer who is erased, and of what was said with them.
var erased = []string{
	"wombat-question", "wombat-former", "wombat-answer", "wombat-comment", "ACC-wombat", "Wombat Customer",
}

// customer fills two topics of one customer with all that is kept of one.
func (s *stage) customer() (one, two int) {
	s.t.Helper()
	s.private = append(s.private, erased...)
	one, two = s.topic(11, "Wombat Customer"), s.topic(11, "Wombat Customer")
	for _, thread := range []int{one, two} {
		m := s.post(thread, mirrorID, "wombat-former")
		_, err := s.tg.Edit(groupID, m.ID, "wombat-question")
		s.must(err)
		s.post(thread, olgaID, "wombat-answer")
		s.post(thread, olgaID, "/ wombat-comment")
	}
	s.post(one, olgaID, "/link ACC-wombat")
	s.last(one, "ACC-wombat")
	s.post(two, olgaID, "/info")
	s.last(two, "Wombat Customer")
	s.settle()
	return one, two
}

// TestForget: an admin erases the customer after a question; the receipt counts, the files
// of the database hold nothing, what is in memory is dropped, and others are left alone.
func TestForget(t *testing.T) {
	t.Parallel()
	s, b := boardStage(t, "", "    operators: [77, 78]", "    admins: [77]")
	s.person(pavelID, "Pavel", telegramtest.Regular)
	one, two := s.customer()
	other := s.topic(12, "Bob")
	s.post(other, mirrorID, "koala-question")
	s.post(one, olgaID, "/notion")
	s.last(one, "Notion card made:")
	s.post(two, olgaID, "/transcript notion")
	s.last(two, "Transcript in Notion: ")
	s.post(one, pavelID, "/forget")
	s.last(one, "/forget is for this group's admins.")
	s.post(one, olgaID, "/forget")
	asks := s.last(one, "Erase everything about this customer")
	if labels := s.labels(asks); labels != "Do it | Cancel" {
		t.Errorf("buttons %q", labels)
	}
	s.holds(s.button(asks, pavelID, "Do it"), "admins")
	if len(s.inFiles("wombat-question")) == 0 {
		t.Fatal("nothing is stored: the test cannot fail")
	}
	s.button(asks, olgaID, "Do it")
	receipt := s.last(one, "Customer 11 is erased. Receipt of 20")
	s.holds(receipt.Text, "topics: 2", "links: 1", "pages archived in Notion: 1")
	s.lacks(receipt.Text, "pending", "Wombat", "wombat")
	if receipt.ID != asks.ID || s.labels(receipt) != "" {
		t.Errorf("receipt %d instead of %d, buttons %q", receipt.ID, asks.ID, s.labels(receipt))
	}
	s.gone(erased...)
	if pages := b.Pages(b.source); len(pages) != 1 || !pages[0].Archived {
		t.Errorf("pages: %+v", pages)
	}
	if len(s.inFiles("koala-question")) == 0 || len(s.transcript(other)) < 2 {
		t.Error("another customer's talk is gone as well")
	}
	asked := s.api.Count()
	s.known(one, infoOf(11, "Fresh Name"))
	s.post(one, olgaID, "/info")
	card := s.last(one, "Fresh Name").Text
	s.lacks(card, "ACC-wombat", "Notion", "as of")
	if s.api.Count() == asked {
		t.Error("/info answered from memory")
	}
	s.redeliverAll()
	// What is written from now on names the topic, as Telegram does.
	said := erased[:len(erased)-1]
	if found := s.inFiles(said...); len(found) != 0 {
		t.Errorf("redelivered updates brought back %q", found)
	}
	s.post(one, olgaID, "/find wombat")
	s.last(one, "Nothing found")
	s.stop()
	if found := s.inFiles(said...); len(found) != 0 {
		t.Errorf("after the stop: %q", found)
	}
}

// TestForgetNotion: our blocks leave a card made by hand, which stays; with Notion down
// the receipt says so, and it is done later, over a restart.
func TestForgetNotion(t *testing.T) {
	t.Parallel()
	s, b := boardStage(t, ", transcript: card")
	card := b.AddPage(b.source, map[string]string{"Name": "By hand", "Telegram ID": "11"})
	b.AddBlock(card, "a note of the team")
	one, _ := s.customer()
	s.post(one, olgaID, "/transcript notion")
	s.last(one, "Transcript in Notion: ")
	s.holds(b.texts(card), "a note of the team", "wombat-question")
	b.Fail("*", notiontest.Fault{Times: -1, Status: 503})
	s.post(one, olgaID, "/forget")
	s.button(s.last(one, "Erase everything"), olgaID, "Do it")
	s.holds(s.last(one, "Customer 11 is erased.").Text, "still pending in Notion: ")
	s.gone(erased...)
	s.stop()
	b.ClearFaults()
	s.start()
	s.eventually("erased in Notion", func() bool { return b.texts(card) == "a note of the team" })
	if pages := b.Pages(b.source); pages[0].Archived {
		t.Error("the card made by hand is archived")
	}
}

// TestForgetOutside: erased by the command line beside the bot, which drops what it
// remembers; neither parked updates nor an import bring anything back.
func TestForgetOutside(t *testing.T) {
	t.Parallel()
	s, b := boardStage(t, "")
	one, _ := s.customer()
	s.post(one, olgaID, "/notion")
	s.last(one, "Notion card made:")
	raw := fmt.Sprintf(`{"message":{"message_id":"no number","chat":{"id":%d,"type":"supergroup"},"message_thread_id":%d,`+
		`"is_topic_message":true,"text":"wombat-question"}}`, int64(groupID), one)
	_, err := s.tg.Inject([]byte(raw))
	s.must(err)
	s.settle()
	parked := s.parked()
	if len(parked) != 1 {
		t.Fatalf("parked: %+v", parked)
	}
	log := slog.New(slog.NewTextHandler(s.log, nil))
	receipt, err := app.Forget(t.Context(), s.settings(), log, 11)
	s.must(err)
	if receipt.Topics != 2 || receipt.Messages < 8 || receipt.Links != 1 || receipt.Pages != 1 || receipt.Pending != 0 {
		t.Errorf("receipt: %+v", receipt)
	}
	s.gone(erased...)
	if left := s.parked(); len(left) != 0 {
		t.Errorf("parked: %+v", left)
	}
	if pages := b.Pages(b.source); len(pages) != 1 || !pages[0].Archived {
		t.Errorf("pages: %+v", pages)
	}
	s.known(one, infoOf(11, "Fresh Name"))
	s.eventually("the bot has forgotten, too", func() bool {
		n := len(s.ours(one))
		s.post(one, olgaID, "/info")
		return strings.Contains(s.answers(one, n+1)[n].Text, "Fresh Name")
	})
	file := fmt.Sprintf(`{"type":"private_supergroup","id":%d,"messages":[
		{"id":%d,"type":"service","date_unixtime":"1704189720","action":"topic_created","title":"Wombat Customer"},
		{"id":900001,"type":"message","date_unixtime":"1704189780","from_id":"user%d","reply_to_message_id":%d,
		 "text":"wombat-question"}]}`, -groupID-1_000_000_000_000, one, mirrorID, one)
	report, err := app.Import(t.Context(), s.settings(), log, app.ImportOptions{File: strings.NewReader(file)})
	s.must(err)
	if report.Imported.Stored != 0 || report.Imported.Forgotten == 0 {
		t.Errorf("import: %+v", report.Imported)
	}
	s.redeliverAll()
	if found := s.inFiles(erased[:len(erased)-1]...); len(found) != 0 {
		t.Errorf("brought back: %q", found)
	}
	receipt, err = app.Forget(t.Context(), s.settings(), log, 424242)
	s.must(err)
	receipt.At = time.Time{}
	if receipt != (topics.Receipt{CustomerID: 424242}) {
		t.Errorf("unknown customer: %+v", receipt)
	}
	for _, run := range s.audit(one) {
		if run.CustomerID == 11 || len(run.Args) != 0 && run.Args["account"] != "" {
			t.Errorf("the audit trail names the customer: %+v", run)
		}
	}
}

// audit lists what was asked for in a topic.
func (s *stage) audit(thread int) []topics.Run {
	s.t.Helper()
	runs, err := s.db().Runs(s.t.Context(), conversation(thread), 0, 100)
	s.must(err)
	return runs
}

// TestForgetLanguages: question and receipt in the group's language; cancelled, nothing is
// erased; one nobody decided on for a day does nothing.
func TestForgetLanguages(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ language, ask, buttons, cancelled, done, late string }{
		{
			"en", "Erase everything", "Do it | Cancel", "Nothing was erased.", "Customer 11 is erased.",
			"/forget: not done, as nobody decided within 24 hours.",
		},
		{
			"ru", "Стереть всё", "Выполнить | Отмена", "Ничего не стёрто.", "Клиент 11 стёрт.",
			"/forget: не выполнено, никто не решил за 24 часа.",
		},
		{
			"uk", "Стерти все", "Виконати | Скасувати", "Нічого не стерто.", "Клієнта 11 стерто.",
			"/forget: не виконано, ніхто не вирішив за 24 години.",
		},
	} {
		t.Run(test.language, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, telegramtest.Options{}, "    language: "+test.language)
			s.start()
			thread := s.topic(11, "Ann")
			s.post(thread, mirrorID, "hello there")
			s.post(thread, olgaID, "/forget")
			asks := s.last(thread, test.ask)
			if labels := s.labels(asks); labels != test.buttons {
				t.Errorf("buttons %q, want %q", labels, test.buttons)
			}
			s.button(asks, olgaID, s.buttons(asks)[1].Text)
			s.last(thread, test.cancelled)
			s.post(thread, olgaID, "/forget")
			asks = s.last(thread, test.ask)
			s.execute("UPDATE runs SET asked_at = asked_at - 86401000000 WHERE state = 'asked'")
			s.button(asks, olgaID, s.buttons(asks)[0].Text)
			if labels := s.labels(s.last(thread, test.late)); labels != "" {
				t.Errorf("buttons are left: %q", labels)
			}
			s.idle()
			if len(s.inFiles("hello there")) == 0 {
				t.Error("erased after a day")
			}
			s.post(thread, olgaID, "/forget")
			asks = s.last(thread, test.ask)
			s.button(asks, olgaID, s.buttons(asks)[0].Text)
			s.last(thread, test.done)
			s.gone("hello there")
		})
	}
}
