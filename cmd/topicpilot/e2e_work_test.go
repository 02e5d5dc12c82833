//go:build e2e

package main

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"topicpilot/cmd/app/demo/demotest"
)

const (
	fromSupport = `[data-testid="customer-message"][data-from="support"]`
	effects     = `[data-testid="effect"]`
)

// last is the JavaScript expression for the last button with this text under the messages.
func last(label string) string {
	return fmt.Sprintf(
		`[...document.querySelectorAll('[data-testid="buttons"] button')].findLast(n => n.textContent === %q)`, label)
}

// press waits for a button and presses it, twice at once if asked to.
func (v *visitor) press(label string, times ...int) {
	v.t.Helper()
	v.Until(last(label) + ` !== undefined`)
	n := 1
	if len(times) > 0 {
		n = times[0]
	}
	v.Do(chromedp.Evaluate[chromedp.Void](
		fmt.Sprintf(`{ const b = %s; for (let i = 0; i < %d; i++) b.click(); }`, last(label), n)))
}

// systems shows the outside systems beside the topic.
func (v *visitor) systems() {
	v.t.Helper()
	v.Click(demotest.ID("side-systems"))
	v.Do(chromedp.WaitVisible(demotest.ID("systems")))
}

// count is a JavaScript condition: so many elements of a selector hold a text.
func count(selector, text string, n int) string {
	return fmt.Sprintf(
		`[...document.querySelectorAll(%q)].filter(e => e.textContent.includes(%q)).length === %d`, selector, text, n)
}

// testDemoActions: an action takes effect once through a double tap and a lost answer, and the customer
// learns of it once, and of nothing else.
func testDemoActions(t *testing.T, bin string) {
	v := newVisitor(t, bin)
	v.told = []string{"Your tariff Grove is active until ", "Your tariff VPS-4 is active until "}
	v.Topic("Emma Wilson")
	v.Write("composer-text", "/activate t1 m6")
	v.innocent("the question")
	v.press("Do it", 2)
	v.Until(demotest.Has(internalCard, "The customer has been told."))
	v.Until(demotest.Has(fromSupport, v.told[0]))
	v.systems()
	v.Until(count(effects, "Grove for 6 months", 1))
	v.innocent("a double tap")
	v.Shot("e2e-activate")

	v.fault("billing-lost")
	v.Write("composer-text", "/activate t2 m3")
	v.press("Do it")
	v.Until(demotest.Has(internalCard, "outcome unknown"))
	v.innocent("a lost answer")
	if pane := v.Eval(demotest.Texts(fromSupport)); strings.Contains(pane, "VPS-4") {
		t.Errorf("the customer is told of what is unknown: %s", pane)
	}
	v.Shot("e2e-unknown")
	v.press("Do it again")
	v.Until(demotest.Has(effects, "nothing was done twice"))
	v.press("Check again")
	v.Until(demotest.Has(internalCard, "Checked: it has taken effect."))
	v.Until(demotest.Has(fromSupport, v.told[1]))
	v.Until(count(fromSupport, "is active until", 2))
	v.innocent("[Check again]")
	s := v.state()
	if len(s.Systems.Effects) != 2 || s.Systems.Effects[0].Key == s.Systems.Effects[1].Key {
		t.Errorf("effects in billing: %+v", s.Systems.Effects)
	}
	v.manages()
	v.leave()
}

// manages opens the customer in the billing system, which is for admins.
func (v *visitor) manages() {
	v.t.Helper()
	v.Write("composer-text", "/admin")
	v.Until(demotest.Has(internalCard, "for this group's admins"))
	v.Click(demotest.ID("as-iryna"))
	v.Write("composer-text", "/admin")
	v.Until(demotest.Has(internalCard, "Emma Wilson in billing: "))
	v.innocent("/admin")
	address := v.Eval(`document.querySelector('[data-testid="message"] a[href*="/billing/"]').href`)
	v.Do(chromedp.Navigate(address))
	if got := v.Eval(`document.body.innerText`); !strings.Contains(got, "VPS-4 for 3 months") {
		v.t.Errorf("the page in billing: %q", got)
	}
	v.Shot("e2e-billing")
}

// testDemoCard: /notion makes one card and reads back what the team set there; a linked account stands
// in /info.
func testDemoCard(t *testing.T, bin string) {
	v := newVisitor(t, bin)
	v.Topic("Emma Wilson")
	v.Write("composer-text", "/notion")
	v.Until(demotest.Has(internalCard+" a", "https://www.notion.so/"))
	v.Do(chromedp.Evaluate[chromedp.Void](
		`[...document.querySelectorAll('[data-testid="message"] a')].find(n => n.textContent.includes("notion.so")).click()`))
	v.Do(chromedp.WaitVisible(demotest.ID("notion-card")))
	v.Until(demotest.Has(demotest.ID("notion-card"), "+44 7700 900123"))
	v.innocent("/notion")

	v.Do(chromedp.SendKeys(demotest.ID("card-tags"), "VIP, invoice"),
		chromedp.SetValue(demotest.ID("card-priority"), "High"), chromedp.Click(demotest.ID("card-save")))
	v.Until(demotest.Has(demotest.ID("toast"), "Saved in Notion"))
	v.Write("composer-text", "/notion")
	v.Until(demotest.Has(internalCard, "Tags: VIP, invoice"))
	v.Until(demotest.Has(internalCard, "Priority: High"))
	cards := 0
	for _, card := range v.state().Systems.Cards {
		if card.UserID == 810001 {
			cards++
		}
	}
	if cards != 1 {
		t.Errorf("%d cards of Emma", cards)
	}
	v.innocent("tags")
	v.Shot("e2e-notion")

	v.Write("composer-text", "/link N999")
	v.Until(demotest.Has(internalCard, "There is no account N999"))
	v.Write("composer-text", "/link N005")
	v.Until(demotest.Has(internalCard, "N005 is linked to Emma Wilson."))
	v.Write("composer-text", "/info")
	v.Until(demotest.Has(internalCard, "Accounts: N005"))
	v.Until(demotest.Has(internalCard, "Notion: https://www.notion.so/"))
	v.innocent("/link and /info")

	v.fault("notion-429")
	v.Write("composer-text", "/notion")
	v.Until(demotest.Has(internalCard, "Notion asks for a pause of 7 seconds."))
	v.Until(count(internalCard, "Tags: VIP, invoice", 2))
	v.innocent("a pause")
	v.leave()
}

// testDemoRecords: the talk as a file, found, written into Notion, and forgotten.
func testDemoRecords(t *testing.T, bin string) {
	v := newVisitor(t, bin)
	v.Topic("Emma Wilson")
	v.Write("composer-text", "/transcript")
	v.Until(demotest.Has(demotest.ID("message")+`[data-role="topicpilot"] [data-testid="file-open"]`, ".html"))
	file := v.Eval(`document.querySelector('[data-role="topicpilot"] [data-testid="file-open"]').href`)
	v.opensSealed(file)
	v.Write("composer-text", "/transcript notion")
	v.Until(demotest.Has(internalCard, "Transcript in Notion:"))
	v.systems()
	v.Until(demotest.Has(demotest.ID("card-blocks"), "can I pay for a year in advance?"))
	v.innocent("/transcript")
	v.Shot("e2e-transcript")

	v.Write("composer-text", "/find invoices")
	v.Until(demotest.Has(internalCard, "Found in this topic"))
	v.Do(chromedp.Evaluate[chromedp.Void](
		`[...document.querySelectorAll('[data-testid="message"]')].at(-1).querySelector("a").click()`))
	v.Until(demotest.Has(demotest.ID("message")+`[data-found]`, "invoice"))
	v.innocent("/find")

	v.Click(demotest.ID("as-iryna"))
	v.Write("composer-text", "/forget")
	v.press("Do it")
	v.Until(demotest.Has(internalCard, "is erased. Receipt of"))
	v.Until(demotest.Has(demotest.ID("notion"), "This card is in the trash."))
	v.Write("composer-text", "/find invoices")
	v.Until(demotest.Has(internalCard, "Nothing found in this topic."))
	v.innocent("/forget")
	v.Shot("e2e-forget")

	v.Do(chromedp.Navigate(file))
	if got := v.Eval(`document.body.innerText`); !strings.Contains(got, "can I pay for a year in advance?") {
		t.Errorf("the file shows %q", got)
	}
	v.Shot("e2e-file")
	v.leave()
}

// opensSealed looks at a file as the browser gets it: the whole talk, in a sandbox.
func (v *visitor) opensSealed(address string) {
	v.t.Helper()
	resp, err := http.Get(address)
	if err != nil {
		v.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	if got := resp.Header.Get("Content-Security-Policy"); !strings.HasPrefix(got, "sandbox;") {
		v.t.Errorf("the file is not in a sandbox: %q", got)
	}
	for _, want := range []string{"can I pay for a year in advance?", "the plan was switched after the billing run"} {
		if !strings.Contains(string(body), want) {
			v.t.Errorf("the file has no %q", want)
		}
	}
}
