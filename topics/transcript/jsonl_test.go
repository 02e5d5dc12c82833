package transcript_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"topicpilot/topics"
	"topicpilot/topics/transcript"
)

type turn struct{ Role, Content string }

// episodesOf reads a JSONL file strictly.
func episodesOf(t fataler, file string) [][]turn {
	var list [][]turn
	for line := range strings.Lines(file) {
		var one struct{ Messages []turn }
		decoder := json.NewDecoder(strings.NewReader(line))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&one); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		list = append(list, one.Messages)
	}
	return list
}

func TestEpisodes(t *testing.T) {
	at := func(hours float64, m topics.Message) topics.Message {
		m.Date = start.Add(time.Duration(hours * float64(time.Hour)))
		return m
	}
	comment := by(olga, "/ inside")
	comment.Kind = topics.MessageComment
	photo := by(ann, "")
	photo.Media = []topics.Media{{Kind: "photo"}}
	bot := by(topics.Author{Kind: topics.AuthorBot, ID: 6}, "beep")
	stranger := by(topics.Author{Kind: topics.AuthorStranger, ID: 7}, "who am I")
	tests := []struct {
		name string
		list []topics.Message
		want [][]turn
	}{
		{
			"turns of one side are joined",
			[]topics.Message{at(0, by(ann, "hi")), at(1, by(ann, "there")), at(2, by(olga, "hello")), at(3, by(self, "done"))},
			[][]turn{{{"user", "hi\nthere"}, {"assistant", "hello\ndone"}}},
		},
		{
			"six hours are no pause, more are",
			[]topics.Message{
				at(0, by(ann, "a")), at(6, by(olga, "b")), at(12.1, by(ann, "c")), at(12.2, by(olga, "d")),
			},
			[][]turn{{{"user", "a"}, {"assistant", "b"}}, {{"user", "c"}, {"assistant", "d"}}},
		},
		{
			"one side alone is no episode",
			[]topics.Message{at(0, by(ann, "a")), at(1, by(ann, "b")), at(9, by(olga, "c"))},
			nil,
		},
		{
			"what is inside, without words or nobody's is left out",
			[]topics.Message{at(0, by(ann, "a")), comment, photo, bot, stranger, at(1, by(olga, "b"))},
			[][]turn{{{"user", "a"}, {"assistant", "b"}}},
		},
		{
			"operators may begin, customers end",
			[]topics.Message{at(0, by(olga, "a")), at(1, by(ann, "b"))},
			[][]turn{{{"assistant", "a"}, {"user", "b"}}},
		},
	}
	for _, tt := range tests {
		got := episodesOf(t, written(t, said(tt.list...), options(transcript.JSONL)))
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s:\n%s", tt.name, diff)
		}
	}
}

// TestEndlessEpisode: a talk without a pause does not grow in memory for ever.
func TestEndlessEpisode(t *testing.T) {
	var list []topics.Message
	for i := range 2000 {
		author := ann
		if i%2 == 1 {
			author = olga
		}
		m := by(author, strings.Repeat("word ", 200))
		m.Date = start.Add(time.Duration(i) * time.Second)
		list = append(list, m)
	}
	got := episodesOf(t, written(t, said(list...), options(transcript.JSONL)))
	turns := 0
	for _, e := range got {
		turns += len(e)
		if e[0].Role != "user" {
			t.Errorf("cut before the %s", e[0].Role)
		}
	}
	if turns != 2000 || len(got) < 5 {
		t.Errorf("%d turns in %d episodes", turns, len(got))
	}
}

func masked(t testing.TB, text topics.Text) string {
	t.Helper()
	o := options(transcript.JSONL)
	o.Mask = true
	list := episodesOf(t, written(t, said(topics.Message{Author: ann, Text: text}, by(olga, "ok")), o))
	if len(list) != 1 {
		t.Fatalf("%d episodes", len(list))
	}
	return list[0][0].Content
}

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
		if tt.text == "" {
			continue
		}
		if got := masked(t, topics.Plain(tt.text)); got != tt.want {
			t.Errorf("%q: %q, want %q", tt.text, got, tt.want)
		}
	}
}

// TestMaskMarked: what Telegram has found to be a phone or a mail is one.
func TestMaskMarked(t *testing.T) {
	text := topics.Text{Text: "😀 1234567890 x", Entities: []topics.Entity{{Type: "phone_number", Offset: 3, Length: 10}}}
	if got := masked(t, text); got != "😀 [phone] x" {
		t.Error(got)
	}
	text.Entities[0] = topics.Entity{Type: "email", Offset: -5, Length: 1 << 40}
	if got := masked(t, text); got != "[email]" {
		t.Error(got)
	}
}

// TestMaskDeclined: names are found in the cases of Russian and Ukrainian.
func TestMaskDeclined(t *testing.T) {
	o := options(transcript.JSONL)
	o.Mask = true
	o.Head.Customer = &topics.Customer{ID: 5, FirstName: "Ольга", LastName: "Іваненко"}
	ivan := topics.Author{Kind: topics.AuthorOperator, ID: 8, Name: "Сергій"}
	for text, want := range map[string]string{
		"передайте Ользі":                    "передайте [name]",
		"скажите Ольге, Ольгу, Ольгой":       "скажите [name], [name], [name]",
		"от Сергія":                          "от [name]",
		"ольга пришла":                       "[name] пришла",
		"пані Іваненко":                      "пані [name]",
		"это долгая история, служба Сергеев": "это долгая история, служба Сергеев",
	} {
		got := episodesOf(t, written(t, said(by(ann, text), by(ivan, "ok")), o))
		if got[0][0].Content != want {
			t.Errorf("%q: %q, want %q", text, got[0][0].Content, want)
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
		o := options(transcript.JSONL)
		o.Mask = true
		var out bytes.Buffer
		src := said(by(ann, strings.Join(parts, " ")), by(olga, "ok"))
		if _, err := transcript.Write(t.Context(), &out, src, o, nil); err != nil {
			t.Fatal(err)
		}
		for _, s := range there {
			if strings.Contains(out.String(), s) {
				t.Fatalf("%q is left in %s", s, out.String())
			}
		}
	})
}
