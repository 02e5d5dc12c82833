package transcript_test

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"topicpilot/topics"
	"topicpilot/topics/transcript"
)

// FuzzWrite: a message of any content makes a whole file in each format.
func FuzzWrite(f *testing.F) {
	f.Add("hello", "Ann", `[{"type":"bold","offset":0,"length":5}]`, int64(1))
	f.Fuzz(func(t *testing.T, text, name, entities string, seconds int64) {
		m := topics.Message{Author: topics.Author{Kind: topics.AuthorCustomer, Name: name}, Text: topics.Plain(text)}
		if json.Unmarshal([]byte(entities), &m.Text.Entities) != nil {
			m.Text.Entities = nil
		}
		m.Date = time.Unix(seconds, 0)
		m.Media = []topics.Media{{Kind: "document", FileName: name, Note: text}}
		src := said(m, by(olga, "ok"))
		src.messages[here][1].Date = m.Date
		src.former = map[int64][]topics.Version{11: {{Text: m.Text}}}
		for _, format := range transcript.Formats() {
			o := options(format)
			o.Mask, o.Head.Title, o.Head.Customer.Username = format == transcript.JSONL, text, name
			var out bytes.Buffer
			if _, err := transcript.Write(t.Context(), &out, src, o, nil); err != nil {
				t.Fatal(err)
			}
			switch format {
			case transcript.HTML:
				readHTML(t, out.String())
			case transcript.JSON:
				if !json.Valid(out.Bytes()) {
					t.Fatal(out.String())
				}
			case transcript.JSONL:
				episodesOf(t, out.String())
			}
		}
	})
}
