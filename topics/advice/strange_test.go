package advice_test

import (
	"strings"
	"testing"

	"topicpilot/topics/advice"
)

// TestStrangeNumbers: a number of the answer stands in a cited chunk, on the card or in the
// customer's own words; else it is strange.
func TestStrangeNumbers(t *testing.T) {
	prices := hit("prices-1", "Prices of 2026", "A year costs 1200 euros, a month 1 100.50 from 09:05, "+
		"call 0900 for 14 of 5.\nType /renew or see /var/log/mail, 10.0.0.7 or wallet TJYeasTPa6gpEEfYqzGuS3UUVNPGDHPvZz, "+
		"UA213223130000026007233566001.")
	prices.Link = "https://help.pelican.example/77"
	for said, want := range map[string]string{
		"It costs 1200 euros, 1,200 or 1 200 or 1100.50 from 9:05, or 5 of 14 in 2026.": "",
		"It costs 1 200.": "", "It costs 12000 euros.": "12000", "It costs 1\u200b300.": "1300",
		"Order 483920 of Ann2 is paid 77 times in 31 days.": "77|31", "Pay ９０ or ٩٠ euros": "90|٩٠",
		"1. Pay 5.\n2. Wait.\n3) Call.": "", "6. Pay\n90. euros": "6|90", "1. Pay\n8. euros\n2. more": "8",
		"1. a\n2. b\n4000. c": "4000", "1\ufe0f\u20e3 Pay": "",
		"Pay to account 40817810099910004312.":     "40817810099910004312",
		"to ua213223130000026007233566001.":        "", // on whichever shift of the keys
		"to ua903223130000026007233566002":         "ua903223130000026007233566002",
		"to bc1qar0srrr7xfkvy5l643lydnw9re59gtzz":  "bc1qar0srrr7xfkvy5l643lydnw9re59gtzz",
		"TJYeasTPa6gpEEfYqzGuS3UUVNPGDHPvZz":       "",
		"TJYeasTPa6gpEEfYqzGuS3UUVNPGDHPvZy":       "TJYeasTPa6gpEEfYqzGuS3UUVNPGDHPvZy",
		"пример.ком, 例子.中国 and evil.москва":        "пример.ком|例子.中国|evil.москва",
		"Готово.Нажмите Далее, т.е. и т.п.":        "",
		"Type /delete_account, /Renew or /var/log": "/delete_account", "and/or, w/o, 5/14": "",
		"at 10.0.0.7, 1.2.3.4 or 2001:db8::5": "1.2.3.4|2001:db8::5",
		"evil。com, evil․net or http:/evil":    "http:/evil|evil.com|evil.net",
		"http[:]//evil[.]com":                 "http://evil.com",
	} {
		s := newStage(says(answered(said, claim{said, "prices-1", "A year costs 1200 euros"})),
			finds{prices, hit("other-1", "31", "77 and 12000")})
		got, err := s.Advise(t.Context(), advice.Question{
			Text: "And my order 483920?", Customer: &advice.Card{Name: "Ann2"},
			Turns: []advice.Turn{{From: "customer", Text: "1e5"}, {From: "operator", Text: "31, 77"}},
		})
		if list := strings.Join(got.Strange, "|"); err != nil || list != want {
			t.Errorf("%q: %q, want %q (%v)", said, list, want, err)
		}
	}
}
