package demo_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"topicpilot/cmd/app/demo"
	"topicpilot/cmd/app/demo/demotest"
)

const (
	ownMessage = `[data-testid="message"][data-role="topicpilot"]`
	firstQuote = ownMessage + ` [data-testid="expandable"]:first-of-type`
)

// openPage is Emma's topic on the page, with a puppet for a bot.
func openPage(t *testing.T) (*demo.Stage, *demotest.Tab) {
	t.Helper()
	stage := start(t)
	newPuppet(stage).play(t)
	b := demotest.Open(t)
	b.Look(1440, 900, "light")
	b.Visit(stage.URL())
	b.Until(`document.getElementById("status").dataset.state === "connected"`)
	b.Topic("Emma Wilson")
	return stage, b
}

func TestDraftIsShownAsInTelegram(t *testing.T) {
	_, b := openPage(t)
	b.Write("composer-text", "/draft")
	b.Until(demotest.Has(ownMessage, "Draft for the customer"))
	if got := b.Eval(demotest.Texts(ownMessage + " pre")); got != draftText {
		t.Errorf("the block to copy is %q", got)
	}
	if got := b.Eval(demotest.Texts(ownMessage + " .button-row")); got != "SendCopy\nEditDismiss" {
		t.Errorf("the buttons are %q", got)
	}
	lines := fmt.Sprintf(`document.querySelector(%q)`, firstQuote+" .lines")
	b.Until(lines + `.scrollHeight > ` + lines + `.clientHeight + 20`)
	b.Until(`document.querySelectorAll('[data-testid="unfold"]')[1].getClientRects().length === 0`)
	b.Shot("draft-folded-light")
	b.Click(`[data-long="true"] ` + demotest.ID("unfold"))
	b.Until(lines + `.scrollHeight <= ` + lines + `.clientHeight`)
	b.Shot("draft-open-light")
	b.Look(390, 800, "dark")
	b.Shot("draft-narrow-dark")
	for _, width := range []int64{440, 390, 320} {
		b.Look(width, 800, "dark")
		if got := b.Eval(`String(document.documentElement.scrollWidth)`); got != fmt.Sprint(width) {
			t.Errorf("in a window of %d the page is %s pixels wide", width, got)
		}
	}
	b.Click(`[data-long="true"] ` + demotest.ID("unfold"))
	b.Until(lines + `.scrollHeight > ` + lines + `.clientHeight + 20`)
	if pane := b.Eval(demotest.Texts(demotest.ID("customer-pane"))); strings.Contains(pane, "14 days") {
		t.Errorf("the pane shows the draft: %s", pane)
	}
	b.Quiet()
}

func TestOperatorRepliesToADraft(t *testing.T) {
	stage, b := openPage(t)
	b.Write("composer-text", "/draft")
	b.Until(demotest.Has(ownMessage, "Draft for the customer"))
	b.Do(chromedp.Evaluate[chromedp.Void](
		fmt.Sprintf(`document.querySelector(%q).click()`, ownMessage+` [data-testid="reply"]`)))
	b.Until(demotest.Has("#reply-text", "Reply to Topicpilot"))
	b.Until(demotest.Has(demotest.ID("hint"), "this goes to Emma Wilson"))
	b.Shot("reply-light")
	b.Write("composer-text", "/ Yes, within 14 days.")
	b.Until(demotest.Has(demotest.ID("message")+`[data-internal="true"] .quoted`, "Topicpilot"))
	for _, m := range stage.State().Messages {
		if m.Text == "/ Yes, within 14 days." && (m.Reply == nil || m.Reply.Author != "Topicpilot" || !m.Internal) {
			t.Errorf("the reply is %+v", m)
		}
	}
	b.Until(`document.getElementById("reply-bar").hidden`)
	b.Quiet()
}

func TestAdvisorPanel(t *testing.T) {
	bot := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `topicpilot_ai_tokens_total{direction="input",kind="answer"} 15000
topicpilot_ai_cost_total{currency="USD"} 0.0061
topicpilot_ai_drafts_total{state="made"} 3
topicpilot_ai_silences_total{reason="bad_quote"} 2
topicpilot_knowledge_chunks 412
`)
	}))
	defer bot.Close()
	stage, b := openPage(t)
	stage.Follow(bot.URL + "/metrics")
	b.Click(demotest.ID("side-systems"))
	b.Until(demotest.Has(demotest.ID("budget-used"), "15,000 of today's 80,000 tokens · 0.0061 USD"))
	b.Until(demotest.Has(demotest.ID("advisor-silences"), "2 × evidence that stands nowhere"))
	b.Until(demotest.Has(demotest.ID("model-call"), "Nobody has asked yet."))
	b.Until(`document.querySelector('[data-testid="budget"] i').getBoundingClientRect().width > 50`)
	if _, _, err := model(t.Context(), stage, moneyBack()); err != nil {
		t.Fatal(err)
	}
	b.Until(demotest.Has(demotest.ID("model-outcome"), "the model answered"))
	if got := b.Eval(demotest.Texts(demotest.ID("model-question") + " mark")); got != "[phone 1]" {
		t.Errorf("what is masked: %q", got)
	}
	b.Shot("advisor-light")
	if err := stage.SetFault("model-down", true); err != nil {
		t.Fatal(err)
	}
	b.Until(demotest.Has(demotest.ID("model-state"), "down"))
	b.Look(1070, 800, "light")
	const fits = `[document.querySelector(".side-bar")].map(n => String(n.scrollWidth <= n.clientWidth)).join()`
	if got := b.Eval(fits); got != "true" {
		t.Error("the tabs beside the topic are wider than their place")
	}
	b.Topic("General")
	b.Until(demotest.Has(demotest.ID("advisor"), "as the model saw it (Emma Wilson)"))
	b.Look(390, 800, "dark")
	b.Click(demotest.ID("tab-systems"))
	b.Shot("advisor-narrow-dark")
	if got := b.Eval(`String(document.documentElement.scrollWidth)`); got != "390" {
		t.Errorf("the page is %s pixels wide", got)
	}
	b.Quiet()
}

func TestTipsForTheCustomer(t *testing.T) {
	stage, b := openPage(t)
	for _, width := range []int64{1440, 390} {
		b.Look(width, 800, "light")
		b.Click(demotest.ID("help-open"))
		b.Do(chromedp.Evaluate[chromedp.Void](`[...document.querySelectorAll("#help li")]` +
			`.find(n => n.textContent.includes("A burst is one question.")).querySelector("button").click()`))
		for _, line := range []string{"Hi again", "I locked myself out of my VPS", "how do I get in?"} {
			b.Until(fmt.Sprintf(`document.getElementById("phone-text").value === %q`, line))
			b.Do(chromedp.SendKeys(demotest.ID("customer-text"), "\r"))
		}
		b.Until(`document.getElementById("phone-text").value === ""`)
	}
	lukas := topic(t, stage, "Lukas").ID
	await(t, stage, "both bursts", func(v demo.Snapshot) bool {
		n := 0
		for _, p := range v.Pane {
			if p.Topic == lukas && p.Own && p.Text == "how do I get in?" {
				n++
			}
		}
		return n == 2
	})
	b.Quiet()
}
