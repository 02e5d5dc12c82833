package mask_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"topicpilot/topics"
	"topicpilot/topics/mask"
)

// masker knows one customer and one operator.
func masker() *mask.Masker {
	m := mask.New(&topics.Customer{
		ID: 987654321, Name: "Ann Lee", FirstName: "Ann", LastName: "Lee", Username: "annlee", Phone: "+12125550123",
	})
	m.Learn(topics.Author{Kind: topics.AuthorCustomer, ID: 5555, Name: "Ann"})
	m.Learn(topics.Author{Kind: topics.AuthorOperator, ID: 42, Name: "Olga Petrova", Username: "olga_p"})
	return m
}

func masked(text string) string { return masker().Text(topics.Plain(text)) }

func TestMask(t *testing.T) {
	tests := []struct{ text, want string }{
		// phones
		{"call +1 (212) 555-01-23 now", "call [phone] now"},
		{"+380501234567", "[phone]"},
		{"тел. 0501234567, вечером", "тел. [phone], вечером"},
		{"050 123 45 67", "[phone]"},
		{"8 (916) 123-45-67", "[phone]"},
		{"89161234567 и 79161234567", "[phone] и [phone]"},
		{"(212) 555-0123", "[phone]"},
		{"212-555-0123.", "[phone]."},
		{"0044 20 7946 0958", "[phone]"},
		{"mine is 2125550123", "mine is [phone]"}, // the customer's own
		{"12345 0501234567", "12345 [phone]"},
		{"+49 30 901820", "[phone]"},
		// mails
		{"write to ann.lee+x@mail.example.com.", "write to [email]."},
		{"пошта: інна@приклад.укр", "пошта: [email]"},
		// cards
		{"4111 1111 1111 1111", "[card]"},
		{"card 4111-1111-1111-1111, 12/27", "card [card], 12/27"},
		{"5555555555554444", "[card]"},
		{"2200123456789018", "2200123456789018"}, // wrong check digit
		// names
		{"I am Ann Lee", "I am [name]"},
		{"ANN, lee!", "[name], [name]!"},
		{"Ann's", "[name]'s"},
		{"ask @olga_p or Olga Petrova", "ask [name] or [name]"},
		{"see @annlee", "see [name]"},
		{"Announcement and annual sleep", "Announcement and annual sleep"},
		// plain numbers
		{"order 12345", "order 12345"},
		{"order 1234567890", "order 1234567890"},
		{"1 250 000 UAH, 12 000.50", "1 250 000 UAH, 12 000.50"},
		{"80 000 000 000", "80 000 000 000"},
		{"1.250.000", "1.250.000"},
		{"2026-07-25 12:03:00", "2026-07-25 12:03:00"},
		{"192.168.100.200", "192.168.100.200"},
		{"SKU0501234567 N005", "SKU0501234567 N005"},
		{"tariff t1 m6, 100%", "tariff t1 m6, 100%"},
		{"", ""},
	}
	for _, tt := range tests {
		if got := masked(tt.text); got != tt.want {
			t.Errorf("%q: %q, want %q", tt.text, got, tt.want)
		}
	}
}

// TestMaskMarked: what Telegram has found to be a phone or a mail is one.
func TestMaskMarked(t *testing.T) {
	text := topics.Text{Text: "😀 1234567890 x", Entities: []topics.Entity{{Type: "phone_number", Offset: 3, Length: 10}}}
	if got := masker().Text(text); got != "😀 [phone] x" {
		t.Error(got)
	}
	text.Entities[0] = topics.Entity{Type: "email", Offset: -5, Length: 1 << 40}
	if got := masker().Text(text); got != "[email]" {
		t.Error(got)
	}
}

// TestMaskDeclined: names are found in the cases of Russian and Ukrainian.
func TestMaskDeclined(t *testing.T) {
	m := mask.New(&topics.Customer{ID: 5, FirstName: "Ольга", LastName: "Іваненко"})
	m.Learn(topics.Author{Kind: topics.AuthorOperator, ID: 8, Name: "Сергій"})
	for text, want := range map[string]string{
		"передайте Ользі":                    "передайте [name]",
		"скажите Ольге, Ольгу, Ольгой":       "скажите [name], [name], [name]",
		"от Сергія":                          "от [name]",
		"ольга пришла":                       "[name] пришла",
		"пані Іваненко":                      "пані [name]",
		"это долгая история, служба Сергеев": "это долгая история, служба Сергеев",
	} {
		if got := m.Text(topics.Plain(text)); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// TestMaskTakesAll: a phone, a mail, a card and a name are gone, wherever they stand
// between other words.
func TestMaskTakesAll(t *testing.T) {
	secrets := []string{"+380501234567", "ann@mail.example", "4111 1111 1111 1111", "Ann Lee", "212-555-0123"}
	rapid.Check(t, func(t *rapid.T) {
		filler := rapid.SampledFrom([]string{"order", "is", "слово", "12", "😀", "t1", "—", "№ 5,", "«тут»", "(", ")"})
		var parts, there []string
		for range rapid.IntRange(1, 8).Draw(t, "parts") {
			if rapid.Bool().Draw(t, "secret") {
				s := rapid.SampledFrom(secrets).Draw(t, "which")
				parts, there = append(parts, s, "и"), append(there, s)
			} else {
				parts = append(parts, filler.Draw(t, "filler"), "и")
			}
		}
		out := masked(strings.Join(parts, " "))
		for _, s := range there {
			if strings.Contains(out, s) {
				t.Fatalf("%q is left in %s", s, out)
			}
		}
	})
}
