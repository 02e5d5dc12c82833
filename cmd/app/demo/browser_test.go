package demo_test

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

func TestPageShowsTheGroup(t *testing.T) {
	stage := start(t)
	b := openTab(t)
	b.look(1440, 900, "light")
	b.visit(stage.URL())
	got := b.eval(texts(id("topic-title")))
	for _, want := range []string{
		"General", "🟪 Emma Wilson", "🟨 Олександр Коваленко", "⬛️ Anna Kowalska", "🟨 Resellers UA",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("the list has no %q:\n%s", want, got)
		}
	}
	b.open("Emma Wilson")
	if pane := b.eval(texts(id("customer-pane"))); strings.Contains(pane, "billing run") {
		t.Errorf("the pane shows a comment: %s", pane)
	}
	b.shot("wide-light")
	b.look(1440, 900, "dark")
	b.shot("wide-dark")
	b.look(400, 800, "light")
	b.shot("narrow-chat-light")
	for _, tab := range []string{"topics", "customer"} {
		b.click(id("tab-" + tab))
		b.shot("narrow-" + tab + "-light")
	}
	b.look(900, 800, "dark")
	b.shot("middle-customer-dark")
	b.quiet()
}

func TestOperatorWritesToTheCustomer(t *testing.T) {
	stage := start(t)
	b := openTab(t)
	b.look(1440, 900, "light")
	b.visit(stage.URL())
	b.open("Emma Wilson")
	b.write("composer-text", "/ a note for the team")
	b.until(has(id("message")+`[data-internal="true"]`, "a note for the team"))
	b.write("composer-text", "Six months at once is possible.")
	b.until(has(id("customer-message")+`[data-from="support"]`, "Six months at once is possible."))
	if pane := b.eval(texts(id("customer-pane"))); strings.Contains(pane, "a note for the team") {
		t.Errorf("the pane shows the comment: %s", pane)
	}
	b.until(has(id("topic-title"), "🟨 Emma Wilson"))
	b.write("customer-text", "/info")
	b.until(has(id("message")+`[data-role="customer"]`, "/info"))
	b.until(has(id("topic-title"), "🟪 Emma Wilson"))
	b.shot("talk-light")
	b.quiet()
}

func TestNothingWrittenBecomesMarkup(t *testing.T) {
	stage := start(t)
	b := openTab(t)
	b.look(1440, 900, "light")
	b.visit(stage.URL())
	b.open("Emma Wilson")
	const evil = `<img src=x onerror="window.broken=1"><script>window.broken=1</script>`
	b.write("customer-text", evil)
	b.until(has(id("message"), evil))
	b.until(has(id("customer-pane"), evil))
	got := b.eval(`String(window.broken) + document.querySelectorAll("#messages img, #phone-messages img").length`)
	if got != "undefined0" {
		t.Errorf("the text became markup: %s", got)
	}
}

func TestHelpAndFaultsOpen(t *testing.T) {
	stage := start(t)
	b := openTab(t)
	b.look(1200, 800, "dark")
	b.visit(stage.URL())
	b.do(chromedp.Click(id("help-open")), chromedp.WaitVisible(id("help")))
	b.shot("help-dark")
	b.do(chromedp.Click(id("help-close")))
	b.do(chromedp.Click(id("faults")+" summary"), chromedp.Click(id("fault-billing-down")))
	b.until(`document.getElementById("fault-count").textContent === "1"`)
	b.shot("faults-dark")
	for _, f := range stage.State().Faults {
		if f.On != (f.ID == "billing-down") {
			t.Errorf("fault %s is %v", f.ID, f.On)
		}
	}
}

func TestCardAndItsButtons(t *testing.T) {
	stage := start(t)
	newPuppet(stage).play(t)
	b := openTab(t)
	b.look(1440, 900, "light")
	b.visit(stage.URL())
	b.until(`document.getElementById("status").dataset.state === "connected"`)
	b.do(chromedp.SendKeys(id("composer-text"), "/"))
	b.until(has(id("slash-menu"), "/assist"))
	b.shot("menu-light")
	b.do(chromedp.SendKeys(id("composer-text"), "info\r"))
	card := id("message") + `[data-role="topicpilot"][data-internal="true"]`
	b.until(has(card, "Business M"))
	if got := b.eval(texts(card + " code")); got != "810001" {
		t.Errorf("the code entity is %q", got)
	}
	if got := b.eval(texts(card + " b")); got != "Emma Wilson" {
		t.Errorf("the bold entity is %q", got)
	}
	if got := b.eval(texts(card + " blockquote")); got != "Balance 24.50 EUR · tariff Business M" {
		t.Errorf("the quote is %q", got)
	}
	b.do(chromedp.Click(id("buttons") + " button"))
	b.until(has(id("toast"), "Up to date"))
	b.shot("card-light")
	b.look(1440, 900, "dark")
	b.shot("card-dark")
	b.look(400, 800, "dark")
	b.shot("card-narrow-dark")
	if pane := b.eval(texts(id("customer-pane"))); strings.Contains(pane, "Balance") || strings.Contains(pane, "/info") {
		t.Errorf("the pane shows what is internal: %s", pane)
	}
	b.quiet()
}
