package transcript_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

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

// TestMask: what tells who somebody is, is taken out: of the customer, of those who write.
func TestMask(t *testing.T) {
	o := options(transcript.JSONL)
	o.Mask = true
	text := topics.Text{Text: "I am Ann Lee, 050 123 45 67, a.lee@mail.example or 1234567 for Olga, order 12345"}
	text.Entities = []topics.Entity{{Type: "phone_number", Offset: 51, Length: 7}}
	got := episodesOf(t, written(t, said(topics.Message{Author: ann, Text: text}, by(olga, "Petrova here")), o))
	want := []string{"I am [name], [phone], [email] or [phone] for [name], order 12345", "[name] here"}
	for i, content := range want {
		if len(got) != 1 || got[0][i].Content != content {
			t.Errorf("%q, want %q", got, content)
		}
	}
}
