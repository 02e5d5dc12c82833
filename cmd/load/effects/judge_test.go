package effects_test

import (
	"strings"
	"testing"

	"topicpilot/cmd/load/effects"
)

func TestRead(t *testing.T) {
	for _, test := range []struct {
		text    string
		buttons []string
		want    effects.Said
	}{
		{"/ Tariff 1 is on until 2027-05-22", nil, effects.SaidDone},
		{"/ /activate (tariff 1): outcome unknown. No answer.", []string{"Do it again", "Check again"}, effects.SaidUnknown},
		{"/ /activate t1 m6: done 2 s ago by Olga.", []string{"Do it again", "Cancel"}, effects.SaidAsked},
		{"/ /renew t1 m6 for Ann?", []string{"Do it", "Cancel"}, effects.SaidAsked},
		{"/ /activate (tariff 1): not done. The other system refused it (429).", nil, effects.SaidFailed},
		{"/ Tariff 1 is on until 2027\n\nIt is unknown whether the customer was told", nil, effects.SaidUnknown},
		{"/ Tariff 1 is on until 2027\n\nThe customer was not told: they", []string{"Copy the text"}, effects.SaidFailed},
		{"/ Notion card made:", nil, effects.SaidDone},
		{"/ Draft for the customer\nYour tariff", []string{"Send", "Copy", "Edit", "Dismiss"}, effects.SaidAsked},
		{"/ Draft for the customer\nThe customer was not told: they", []string{"Send", "Copy"}, effects.SaidFailed},
		{"/ Sent by Olga\nYour tariff", nil, effects.SaidDone},
		{"/ Answered by the advisor\nSources", nil, effects.SaidDone},
		{"/ Notion asks for a pause of 6 seconds. I will answer then.", nil, effects.SaidOther},
	} {
		if got := effects.Read(test.text, test.buttons); got != test.want {
			t.Errorf("%q is %q, want %q", test.text, got, test.want)
		}
	}
}

// TestViolations: each promise, kept and broken.
func TestViolations(t *testing.T) {
	done, failed, unknown := effects.SaidDone, effects.SaidFailed, effects.SaidUnknown
	said := func(s ...effects.Said) []effects.Said { return s }
	for name, test := range map[string]struct {
		o    effects.Outcome
		want string
	}{
		"done":   {effects.Outcome{Effects: 1, Arrivals: 1, Said: said(done)}, ""},
		"failed": {effects.Outcome{Fault: effects.Status429, Said: said(failed)}, ""},
		"asked":  {effects.Outcome{Kind: effects.Confirm, Fault: effects.KillAfter, Said: said(effects.SaidAsked)}, ""},
		"a press is lost": {
			effects.Outcome{Kind: effects.Draft, Fault: effects.KillAfter, Said: said(effects.SaidAsked)}, "nobody was told",
		},
		"failed for nothing": {effects.Outcome{Fault: effects.None, Said: said(failed)}, "no fault"},
		"done, asked once":   {effects.Outcome{Effects: 1, Arrivals: 1, Said: said(done, effects.SaidAsked)}, ""},
		"settled": {effects.Outcome{
			Kind: effects.Own, Effects: 1, Arrivals: 1, Said: said(unknown), Pressed: true, Later: 1, LaterSaid: said(done),
		}, ""},
		"told to wait": {effects.Outcome{
			Kind: effects.Own, Fault: effects.Status503, Effects: 1, Arrivals: 2, Said: said(done),
		}, ""},
		"twice": {effects.Outcome{Effects: 2, Arrivals: 2, Said: said(done)}, "2 effects"},
		"asked for again": {
			effects.Outcome{Kind: effects.Own, Effects: 1, Arrivals: 2, Said: said(done)}, "nobody asked for",
		},
		"silent":             {effects.Outcome{}, "nobody was told"},
		"silent effect":      {effects.Outcome{Effects: 1, Arrivals: 1}, "nobody was told"},
		"called failed":      {effects.Outcome{Effects: 1, Arrivals: 1, Said: said(failed)}, "nobody was told"},
		"called done":        {effects.Outcome{Said: said(done, failed)}, "called done"},
		"without a button":   {effects.Outcome{Kind: effects.Own, Said: said(unknown)}, "without [Do it again]"},
		"does not come back": {effects.Outcome{Effects: 1, Arrivals: 1, Said: said(done), Problem: "it hangs"}, "it hangs"},
		"twice by the button": {effects.Outcome{
			Kind: effects.Own, Effects: 1, Arrivals: 1, Said: said(unknown), Pressed: true, Later: 2, LaterSaid: said(done),
		}, "2 effects"},
		"not settled": {effects.Outcome{
			Kind: effects.Own, Effects: 1, Arrivals: 1, Said: said(unknown), Pressed: true, Later: 1, LaterSaid: said(unknown),
		}, "after the button"},
	} {
		got := strings.Join(test.o.Violations(), "; ")
		if test.want == "" && got != "" || !strings.Contains(got, test.want) {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}

func TestTable(t *testing.T) {
	var table effects.Table
	for n := range 2 {
		table.Add(effects.Outcome{
			Kind: effects.Own, Fault: effects.Timeout, Effects: n, Arrivals: n, Said: []effects.Said{effects.SaidUnknown},
			Pressed: true, Later: 1, LaterSaid: []effects.Said{effects.SaidDone},
		})
	}
	table.Add(effects.Outcome{
		Kind: effects.Card, Fault: effects.None, Effects: 2, Arrivals: 2, Said: []effects.Said{effects.SaidDone},
	})
	want := "| | own command | /notion |\n|---|---|---|\n| none |  | 2 |\n| timeout | 0–1, unknown 2/2 → 1 |  |\n"
	if got := table.String(); got != want {
		t.Errorf("%s", got)
	}
	if v := table.Violations(); len(v) != 2 || !strings.HasPrefix(v[0], "/notion, none: 2 effects") {
		t.Errorf("%q", v)
	}
}
