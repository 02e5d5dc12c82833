//go:build e2e

package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"topicpilot/cmd/app/demo/demotest"
)

var demoAddress = regexp.MustCompile(`(?m)^topicpilot demo: open (http://127\.0\.0\.1:\d+/demo/)$`)

// startDemo starts the demo and returns its address.
func startDemo(t *testing.T, bin string) (*process, string) {
	t.Helper()
	p := start(t, bin, nil, "demo", "--verbose", "--listen", "127.0.0.1:0")
	var found []string
	eventually(t, "the address of the demo", 3*time.Second, func() bool {
		found = demoAddress.FindStringSubmatch(p.out.String())
		return found != nil
	})
	return p, found[1]
}

// testDemoOpens: no settings, no network, an address within three seconds, and a clean end.
func testDemoOpens(t *testing.T, bin string) {
	p, url := startDemo(t, bin)
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Errorf("the page answers %d", resp.StatusCode)
	}
	status, out := run(t, bin, nil, "demo", "--listen", strings.TrimSuffix(strings.TrimPrefix(url, "http://"), "/demo/"))
	if status != exitFailed || !strings.Contains(out, "address already in use; choose another address") {
		t.Errorf("a second demo on the address: status %d, %s", status, out)
	}
	p.signal(syscall.SIGTERM)
	if status := p.wait(10 * time.Second); status != exitDone {
		t.Errorf("exit status %d", status)
	}
}

// visitor is a person before the demo's page.
type visitor struct {
	t *testing.T
	*demotest.Tab
	url string
	bot *process
	// told begin the texts that operators have had sent to customers.
	told []string
}

func newVisitor(t *testing.T, bin string) *visitor {
	t.Helper()
	b := demotest.Open(t)
	p, url := startDemo(t, bin)
	b.Look(1440, 900, "light")
	b.Visit(url)
	b.Until(`document.getElementById("status").dataset.state === "connected"`)
	v := &visitor{t: t, Tab: b, url: url, bot: p}
	// Two of the questions that wait have their drafts; until then no message is surely the last.
	eventually(t, "the drafts of the opening", patience, func() bool { return v.drafts() == 2 })
	return v
}

const (
	internalCard = `[data-testid="message"][data-role="topicpilot"][data-internal="true"]`
	ownBubble    = `[data-testid="message"][data-role="topicpilot"]`
)

// state is the whole stage, the customers' panes of all topics included.
type state struct {
	Messages []struct {
		Topic    int
		ID       int
		Author   struct{ Role string }
		Internal bool
		Text     string
		Edited   int64
	}
	Pane []struct {
		Own  bool
		Text string
	}
	Advisor struct {
		Used  int64
		Made  int
		Calls []struct{ State, Question string }
	}
	Systems struct {
		Cards []struct {
			UserID   int64 `json:"user_id"`
			Tags     string
			Archived bool
		}
		Effects []struct {
			Text    string
			Key     string
			Repeats int
		}
	}
}

func (v *visitor) state() state {
	v.t.Helper()
	resp, err := http.Get(v.url + "api/state")
	if err != nil {
		v.t.Fatal(err)
	}
	defer resp.Body.Close()
	var s state
	if err := json.NewDecoder(resp.Body).Decode(&s); err != nil {
		v.t.Fatal(err)
	}
	return s
}

// innocent looks at what every customer sees: nothing internal, whatever was done before. What a customer
// typed is the customer's own.
func (v *visitor) innocent(after string) {
	v.t.Helper()
	pane := v.Eval(`[...document.querySelectorAll('[data-testid="customer-message"][data-from="support"]')]` +
		`.map(n => n.textContent).join("\n")`)
	for _, p := range v.state().Pane {
		if !p.Own {
			pane += "\n" + p.Text
		}
	}
	for _, mark := range internalWords() {
		for line := range strings.Lines(pane) {
			// "/ " is a comment at the start of a text; elsewhere it is just a slash.
			if strings.HasPrefix(line, mark) || mark != "/ " && strings.Contains(line, mark) {
				v.t.Errorf("after %s a customer sees %q", after, line)
			}
		}
	}
	for _, m := range v.state().Messages {
		if m.Author.Role == "topicpilot" && (!m.Internal || !strings.HasPrefix(m.Text, "/ ")) && !v.wasTold(m.Text) {
			v.t.Errorf("after %s a message of ours is not internal: %q", after, m.Text)
		}
	}
}

// internalWords are what no text of the team's side that a customer sees may hold.
func internalWords() []string {
	return []string{
		"/ ", "/info", "/assist", "/activate", "/notion", "/link", "/find", "/transcript", "/forget", "Balance",
		"tariff Sprout", "810001", "+44 7700", "operators", "outcome", "Checked", "has been told", "Notion", "Tags",
		"Priority", "N005", "linked", "Transcript", "Found in", "erased", "billing run", "discount of June",
		"Draft for", "Out of date", "Sources", "FERN", "Advisor:", "Dismiss",
	}
}

// wasTold tells whether a text is one that an operator has had sent to the customer.
func (v *visitor) wasTold(text string) bool {
	return slices.ContainsFunc(v.told, func(told string) bool { return strings.HasPrefix(text, told) })
}

const (
	draftHead = "/ Draft for the customer"
	draftPast = "/ Out of date"
)

// ours counts our messages without drafts, which nobody has asked for.
func (v *visitor) ours() int {
	n := 0
	for _, m := range v.state().Messages {
		if m.Author.Role == "topicpilot" && !strings.HasPrefix(m.Text, draftHead) && !strings.HasPrefix(m.Text, draftPast) {
			n++
		}
	}
	return n
}

// drafts counts the drafts that wait for an operator.
func (v *visitor) drafts() int {
	n := 0
	for _, m := range v.state().Messages {
		if m.Author.Role == "topicpilot" && strings.HasPrefix(m.Text, draftHead) {
			n++
		}
	}
	return n
}

// leave closes the demo: the page has not complained, each call fitted the Bot API, and the log holds
// neither secrets nor what people wrote.
func (v *visitor) leave() {
	v.t.Helper()
	v.Quiet()
	v.bot.signal(syscall.SIGTERM)
	if status := v.bot.wait(10 * time.Second); status != exitDone {
		v.t.Errorf("exit status %d", status)
	}
	out := v.bot.out.String()
	if !strings.Contains(out, "reached Telegram") {
		v.t.Error("the log is not shown")
	}
	for _, word := range []string{
		"does not fit", "AADemoToken", "demo-topics-token", "demoInstanceKey", "demo-billing-token",
		"demo-notion-token", "Emma Wilson", "emma_wilson", "900123", "year in advance", "discount of June", "N005", "VIP",
		"your invoice", "Grove", "money back", "FERN", "900555", "sk-demo-key",
	} {
		if strings.Contains(out, word) {
			v.t.Errorf("the log holds %q", word)
		}
	}
	if left, err := filepath.Glob(filepath.Join(v.bot.cmd.Dir, "topicpilot-*")); err != nil || len(left) > 0 {
		v.t.Errorf("what the demo has laid down is still there: %q %v", left, err)
	}
}

// testDemoInBrowser is the walk of issue and README: what an operator, a customer and a stranger get.
func testDemoInBrowser(t *testing.T, bin string) {
	v := newVisitor(t, bin)
	v.innocent("the start")
	v.Topic("Emma Wilson")

	v.Write("composer-text", "/info")
	v.Until(demotest.Has(internalCard, "Balance 24.50 EUR · tariff Sprout"))
	card := v.Eval(demotest.Texts(internalCard))
	for _, want := range []string{
		"Emma Wilson", "@emma_wilson", "810001", "+44 7700 900123", "the customer does not see this",
	} {
		if !strings.Contains(card, want) {
			t.Errorf("the card has no %q: %s", want, card)
		}
	}
	v.innocent("/info")
	v.Shot("e2e-info")

	v.press("Refresh")
	v.Until(demotest.Has(demotest.ID("toast"), "Asked again just now."))
	v.innocent("[Refresh]")

	v.Write("customer-text", "/info")
	v.Until(demotest.Has(demotest.ID("message")+`[data-role="customer"]`, "/info"))
	v.Until(demotest.Has(demotest.ID("customer-message")+`[data-from="customer"]`, "/info"))

	// What comes after proves that nothing answered: a topic is handled in order.
	v.Write("composer-text", "/assist")
	v.Until(demotest.Has(internalCard, "What I can do for you here"))
	if n := v.ours(); n != 2 {
		t.Errorf("%d messages of ours, want the card and the help", n)
	}
	v.innocent("the customer's /info and /assist")

	v.Write("composer-text", "Yes, a year in advance is possible.")
	v.Until(demotest.Has(demotest.ID("customer-message")+`[data-from="support"]`, "Yes, a year in advance is possible."))
	v.Write("composer-text", "/ offer the discount of June")
	v.Until(demotest.Has(demotest.ID("message")+`[data-internal="true"]`, "offer the discount of June"))
	v.innocent("a comment")
	if pane := v.Eval(demotest.Texts(demotest.ID("customer-pane"))); strings.Contains(pane, "discount of June") {
		t.Errorf("the customer sees the comment: %s", pane)
	}

	v.stranger()
	v.leave()
}

// stranger types a command twice as somebody without a role, and gets one short reason.
func (v *visitor) stranger() {
	v.t.Helper()
	before := v.ours()
	v.Click(demotest.ID("as-guest"))
	for range 2 {
		v.Write("composer-text", "/info")
	}
	v.Until(demotest.Has(ownBubble, "Commands are for this group's operators."))
	v.Click(demotest.ID("as-olga"))
	v.Write("composer-text", "/assist")
	eventually(v.t, "the help after it", patience, func() bool { return v.ours() >= before+2 })
	if n := v.ours() - before; n != 2 {
		v.t.Errorf("%d messages of ours; a stranger gets one reason", n)
	}
	v.innocent("a stranger's /info")
	v.Shot("e2e-walk")
}

// testDemoFaults: a card is shown although something around it is down.
func testDemoFaults(t *testing.T, bin string) {
	v := newVisitor(t, bin)
	v.Topic("Emma Wilson")
	v.Write("composer-text", "/info")
	v.Until(demotest.Has(internalCard, "Sprout"))

	v.fault("billing-down")
	v.Write("composer-text", "/info")
	v.Until(demotest.Has(internalCard, "billing: "))
	v.innocent("billing down")

	v.fault("topics-api-down")
	// [Refresh] asks in any case, so the age of what was kept is shown at once.
	v.press("Refresh")
	v.Until(demotest.Has(internalCard, "as of "))
	v.innocent("the Topics API down")
	v.Shot("e2e-stale")
	v.leave()
}

// fault flips a switch of the page, off where it is said.
func (v *visitor) fault(name string, on ...bool) {
	v.t.Helper()
	v.Do(chromedp.Evaluate[chromedp.Void](`document.getElementById("faults").open = true`),
		chromedp.Click(demotest.ID("fault-"+name)))
	v.Until(fmt.Sprintf(`document.querySelector(%q).checked === %v`,
		demotest.ID("fault-"+name), !slices.Contains(on, false)))
	v.Do(chromedp.Evaluate[chromedp.Void](`document.getElementById("faults").open = false`))
}

// testDemoPicture makes the picture of the README: an action that the customer was told of, and a card.
func testDemoPicture(t *testing.T, bin string) {
	v := newVisitor(t, bin)
	v.Look(1320, 800, "light")
	v.Topic("Emma Wilson")
	v.Write("composer-text", "/info")
	v.Until(demotest.Has(internalCard, "Sprout"))
	v.told = append(v.told, "Your tariff Grove is active until ")
	v.Write("composer-text", "/activate t1 m6")
	v.press("Do it")
	v.Until(demotest.Has(fromSupport, v.told[0]))
	v.Until(demotest.Has(internalCard, "The customer has been told."))
	v.Until(`document.getElementById("toast").hidden`)
	v.innocent("the picture")
	v.Shot("demo")
	v.leave()
}
