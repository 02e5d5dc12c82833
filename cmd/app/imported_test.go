package app_test

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"topicpilot/cmd/app"
	"topicpilot/integrations/telegram/desktop"
	"topicpilot/integrations/telegram/telegramtest"
)

// desktopExport is what Telegram Desktop writes of the group: one topic, the customer's
// words, an answer and a comment, from before the bot joined. The ids begin at first.
func desktopExport(thread, first int) string {
	var b strings.Builder
	fmt.Fprintf(&b, `{"name":"Support","type":"private_supergroup","id":%d,"messages":[
{"id":%d,"type":"service","date":"2024-01-02T10:02:00","date_unixtime":"1704189720","action":"topic_created",
"title":"Ann"}`,
		-groupID-1_000_000_000_000, thread)
	for i, line := range []struct {
		from int
		text string
	}{{mirrorID, "the ocelot is late"}, {olgaID, "the ocelot is in Kyiv"}, {olgaID, "/ ocelot comment"}} {
		fmt.Fprintf(&b, `,
{"id":%d,"type":"message","date":"2024-01-02T10:03:00","date_unixtime":"%d","from":"X","from_id":"user%d",`+
			`"reply_to_message_id":%d,"text":%q}`, first+i, 1704189780+60*i, line.from, thread, line.text)
	}
	b.WriteString("]}")
	return b.String()
}

// imports brings an export into the transcripts beside the bot.
func (s *stage) imports(file string) desktop.Report {
	s.t.Helper()
	log := slog.New(slog.NewTextHandler(s.log, nil))
	report, err := app.Import(s.t.Context(), s.settings(), log, app.ImportOptions{File: strings.NewReader(file)})
	s.must(err)
	return report
}

// TestImported: what was said before the bot joined is found, exported with what is said
// now, and exported later into Notion where a page was written already; twice is once.
func TestImported(t *testing.T) {
	t.Parallel()
	s, b := boardStage(t, "")
	s.private = append(s.private, "ocelot")
	thread := s.topic(11, "Ann")
	s.post(thread, mirrorID, "the ocelot of today")
	s.post(thread, olgaID, "/transcript notion")
	s.last(thread, "Transcript in Notion: ")
	card := b.Pages(b.source)[0].ID
	report := s.imports(desktopExport(thread, 500_000))
	if report.Imported.Stored != 3 || report.Imported.Known != 1 {
		t.Errorf("report: %+v", report.Imported)
	}
	if again := s.imports(desktopExport(thread, 500_000)); again.Imported.Stored != 0 || again.Imported.Known != 4 {
		t.Errorf("the second time: %+v", again.Imported)
	}
	s.post(thread, olgaID, "/transcript notion")
	s.eventually("in Notion, too", func() bool { return strings.Contains(b.texts(card), "ocelot comment") })
	s.idle()
	for _, line := range []string{"the ocelot is late", "the ocelot of today"} {
		if n := strings.Count(b.texts(card), "\n"+line); n != 1 {
			t.Errorf("%q stands %d times in Notion", line, n)
		}
	}
	s.post(thread, olgaID, "/find ocelots")
	found := s.last(thread, "Found in this topic")
	s.holds(found.Text, "2 Jan 2024, 10:03 · customer", "operator, comment", "the ocelot of today", "is in Kyiv")
	if list := urls(found); len(list) != 4 || list[3] != fmt.Sprintf("https://t.me/c/1234567890/%d/500000", thread) {
		t.Errorf("links %q", list)
	}
	s.post(thread, olgaID, "/transcript md")
	_, text := s.document(thread, 1)
	for _, line := range []string{"the ocelot is late", "the ocelot is in Kyiv", "ocelot comment", "the ocelot of today"} {
		if n := strings.Count(text, line); n < 1 {
			t.Errorf("no %q in:\n%s", line, text)
		}
	}
}

// TestImportedIsNoCommand: an imported /activate of a customer, or of an operator, is
// history and does nothing.
func TestImportedIsNoCommand(t *testing.T) {
	t.Parallel()
	y := newSystem(t)
	s := newStage(t, telegramtest.Options{}, tellYML(y.url))
	s.start()
	thread := s.topic(11, "Ann")
	s.settle()
	file := strings.NewReplacer("the ocelot is late", "/activate", "the ocelot is in Kyiv", "/activate").
		Replace(desktopExport(thread, 500_000))
	s.imports(file)
	s.quiet()
	if n := len(y.questions("/do")); n != 0 || len(s.ours(thread)) != 0 {
		t.Errorf("%d requests, %d answers", n, len(s.ours(thread)))
	}
}
