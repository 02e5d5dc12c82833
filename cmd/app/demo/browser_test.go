package demo_test

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"topicpilot/cmd/app/demo"
	"topicpilot/cmd/app/demo/demotest"
)

func TestPageShowsTheGroup(t *testing.T) {
	stage := start(t)
	b := demotest.Open(t)
	b.Look(1440, 900, "light")
	b.Visit(stage.URL())
	got := b.Eval(demotest.Texts(demotest.ID("topic-title")))
	for _, want := range []string{
		"General", "🟪 Emma Wilson", "🟨 Олександр Коваленко", "⬛️ Anna Kowalska", "🟨 Resellers UA",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("the list has no %q:\n%s", want, got)
		}
	}
	b.Topic("Emma Wilson")
	if pane := b.Eval(demotest.Texts(demotest.ID("customer-pane"))); strings.Contains(pane, "billing run") {
		t.Errorf("the pane shows a comment: %s", pane)
	}
	b.Shot("wide-light")
	b.Look(1440, 900, "dark")
	b.Shot("wide-dark")
	b.Look(400, 800, "light")
	b.Shot("narrow-chat-light")
	for _, tab := range []string{"topics", "systems", "customer"} {
		b.Click(demotest.ID("tab-" + tab))
		b.Shot("narrow-" + tab + "-light")
	}
	b.Look(900, 800, "dark")
	b.Shot("middle-customer-dark")
	b.Quiet()
}

func TestOperatorWritesToTheCustomer(t *testing.T) {
	stage := start(t)
	b := demotest.Open(t)
	b.Look(1440, 900, "light")
	b.Visit(stage.URL())
	b.Topic("Emma Wilson")
	b.Write("composer-text", "/ a note for the team")
	b.Until(demotest.Has(demotest.ID("message")+`[data-internal="true"]`, "a note for the team"))
	b.Write("composer-text", "A year in advance is possible.")
	b.Until(demotest.Has(demotest.ID("customer-message")+`[data-from="support"]`, "A year in advance is possible."))
	if pane := b.Eval(demotest.Texts(demotest.ID("customer-pane"))); strings.Contains(pane, "a note for the team") {
		t.Errorf("the pane shows the comment: %s", pane)
	}
	b.Until(demotest.Has(demotest.ID("topic-title"), "🟨 Emma Wilson"))
	b.Write("customer-text", "/info")
	b.Until(demotest.Has(demotest.ID("message")+`[data-role="customer"]`, "/info"))
	b.Until(demotest.Has(demotest.ID("topic-title"), "🟪 Emma Wilson"))
	b.Shot("talk-light")
	b.Quiet()
}

func TestNothingWrittenBecomesMarkup(t *testing.T) {
	stage := start(t)
	b := demotest.Open(t)
	b.Look(1440, 900, "light")
	b.Visit(stage.URL())
	b.Topic("Emma Wilson")
	const evil = `<img src=x onerror="window.broken=1"><script>window.broken=1</script>`
	b.Write("customer-text", evil)
	b.Until(demotest.Has(demotest.ID("message"), evil))
	b.Until(demotest.Has(demotest.ID("customer-pane"), evil))
	got := b.Eval(`String(window.broken) + document.querySelectorAll("#messages img, #phone-messages img").length`)
	if got != "undefined0" {
		t.Errorf("the text became markup: %s", got)
	}
}

func TestHelpAndFaultsOpen(t *testing.T) {
	stage := start(t)
	b := demotest.Open(t)
	b.Look(1200, 800, "dark")
	b.Visit(stage.URL())
	b.Do(chromedp.Click(demotest.ID("help-open")), chromedp.WaitVisible(demotest.ID("help")))
	b.Shot("help-dark")
	b.Look(400, 800, "light")
	b.Shot("help-narrow-light")
	b.Look(1200, 800, "dark")
	b.Do(chromedp.Click(demotest.ID("help-close")))
	b.Do(chromedp.Click(demotest.ID("faults")+" summary"), chromedp.Click(demotest.ID("fault-billing-down")))
	b.Until(`document.getElementById("fault-count").textContent === "1"`)
	b.Shot("faults-dark")
	for _, f := range stage.State().Faults {
		if f.On != (f.ID == "billing-down") {
			t.Errorf("fault %s is %v", f.ID, f.On)
		}
	}
}

func TestCardAndItsButtons(t *testing.T) {
	stage := start(t)
	newPuppet(stage).play(t)
	b := demotest.Open(t)
	b.Look(1440, 900, "light")
	b.Visit(stage.URL())
	b.Until(`document.getElementById("status").dataset.state === "connected"`)
	b.Do(chromedp.SendKeys(demotest.ID("composer-text"), "/"))
	b.Until(demotest.Has(demotest.ID("slash-menu"), "/assist"))
	b.Shot("menu-light")
	b.Do(chromedp.SendKeys(demotest.ID("composer-text"), "info\r"))
	card := demotest.ID("message") + `[data-role="topicpilot"][data-internal="true"]`
	b.Until(demotest.Has(card, "Sprout"))
	if got := b.Eval(demotest.Texts(card + " code")); got != "810001" {
		t.Errorf("the code entity is %q", got)
	}
	if got := b.Eval(demotest.Texts(card + " b")); got != "Emma Wilson" {
		t.Errorf("the bold entity is %q", got)
	}
	if got := b.Eval(demotest.Texts(card + " blockquote")); got != "Balance 24.50 EUR · tariff Sprout" {
		t.Errorf("the quote is %q", got)
	}
	b.Do(chromedp.Click(demotest.ID("buttons") + " button"))
	b.Until(demotest.Has(demotest.ID("toast"), "Up to date"))
	b.Shot("card-light")
	b.Look(1440, 900, "dark")
	b.Shot("card-dark")
	b.Look(400, 800, "dark")
	b.Shot("card-narrow-dark")
	pane := b.Eval(demotest.Texts(demotest.ID("customer-pane")))
	if strings.Contains(pane, "Balance") || strings.Contains(pane, "/info") {
		t.Errorf("the pane shows what is internal: %s", pane)
	}
	b.Quiet()
}

func TestCardIsEditedOnThePage(t *testing.T) {
	stage := start(t)
	b := demotest.Open(t)
	b.Look(1440, 900, "dark")
	b.Visit(stage.URL())
	b.Topic("Олександр Коваленко")
	b.Click(demotest.ID("side-systems"))
	b.Until(demotest.Has(demotest.ID("notion-card"), "810002"))
	if got := b.Eval(`document.getElementById("card-tags").value`); got != "domains, since 2021" {
		t.Errorf("the tags are %q", got)
	}
	// A change elsewhere leaves what is being typed alone.
	b.Do(chromedp.Evaluate[chromedp.Void](`document.getElementById("card-tags").select()`),
		chromedp.SendKeys(demotest.ID("card-tags"), "VIP"))
	if err := stage.SetFault("billing-slow", true); err != nil {
		t.Fatal(err)
	}
	b.Until(`document.getElementById("fault-count").textContent === "1"`)
	if got := b.Eval(`document.getElementById("card-tags").value`); got != "VIP" {
		t.Errorf("what was typed became %q", got)
	}
	b.Click(demotest.ID("card-save"))
	await(t, stage, "the tag", func(v demo.Snapshot) bool { return v.Systems.Cards[0].Tags == "VIP" })
	b.Shot("systems-dark")
	b.Look(400, 800, "light")
	b.Click(demotest.ID("tab-systems"))
	b.Shot("narrow-card-light")
	b.Look(900, 800, "light")
	b.Shot("middle-card-light")
	b.Look(1440, 900, "dark")
	b.Topic("Resellers UA")
	b.Until(demotest.Has(demotest.ID("systems"), "Several people write here"))
	b.Topic("Emma Wilson")
	b.Until(demotest.Has(demotest.ID("notion"), "No card of this customer yet"))
	for _, size := range [][2]int64{{400, 800}, {320, 640}, {900, 700}, {2200, 1200}} {
		b.Look(size[0], size[1], "light")
		if got := b.Eval(`String(document.documentElement.scrollWidth <= innerWidth)`); got != "true" {
			t.Errorf("%d pixels wide the page is wider than the window", size[0])
		}
	}
	b.Quiet()
}

func TestTipsPrepareWhatTheySay(t *testing.T) {
	stage := start(t)
	b := demotest.Open(t)
	b.Look(1440, 900, "light")
	b.Visit(stage.URL())
	b.Topic("General")
	for _, c := range []struct{ title, topic, as, text, faults string }{
		{"An action, once.", "Emma Wilson", "Olga", "/activate t1 m6", "0"},
		{"A system that does not answer.", "Lukas Brandt", "Olga", "/info", "0"},
		{"A lost answer.", "Emma Wilson", "Olga", "/activate t2 m3", "1"},
		{"Forget a customer.", "Emma Wilson", "Iryna", "/forget", "1"},
	} {
		b.Click(demotest.ID("help-open"))
		b.Do(chromedp.Evaluate[chromedp.Void](`[...document.querySelectorAll("#help li")]` +
			`.find(n => n.textContent.includes("` + c.title + `")).querySelector("button").click()`))
		b.Until(demotest.Has(demotest.ID("chat-title"), c.topic))
		b.Until(`document.getElementById("text").value === "` + c.text + `"`)
		b.Until(`document.querySelector("#as :checked").parentElement.textContent === "` + c.as + `"`)
		b.Until(`document.getElementById("fault-count").textContent === "` + c.faults + `"`)
	}
	b.Quiet()
}
