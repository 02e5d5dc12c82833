package transcript

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"topicpilot/topics"
)

// The wire form of JSON; docs/transcripts.md describes it. Every field is always there.
type (
	jsonHead struct {
		GroupID    int64            `json:"group_id"`
		TopicID    int64            `json:"topic_id"`
		Title      string           `json:"title"`
		Customer   *topics.Customer `json:"customer"`
		ExportedAt string           `json:"exported_at"`
	}
	jsonMessage struct {
		MessageID int64           `json:"message_id"`
		Date      string          `json:"date"`
		Author    jsonAuthor      `json:"author"`
		Comment   bool            `json:"comment"`
		Text      string          `json:"text"`
		Entities  []topics.Entity `json:"entities"`
		Media     []jsonMedia     `json:"media"`
		// Album and ReplyTo are null where there is none.
		Album   *string    `json:"album"`
		ReplyTo *int64     `json:"reply_to"`
		Edits   []jsonEdit `json:"edits"`
	}
	jsonAuthor struct {
		Kind string `json:"kind"`
		ID   int64  `json:"id"`
		Name string `json:"name"`
	}
	jsonMedia struct {
		Kind         string `json:"kind"`
		FileName     string `json:"file_name"`
		MIME         string `json:"mime"`
		Size         int64  `json:"size"`
		FileUniqueID string `json:"file_unique_id"`
		// Note is what media without a file says: a place, a contact, a poll's question.
		Note string `json:"note,omitempty"`
	}
	jsonEdit struct {
		Date string `json:"date"`
		Text string `json:"text"`
	}
)

// jsonWriter writes one object, a message a line.
type jsonWriter struct {
	out *bufio.Writer
	buf bytes.Buffer
	n   int
}

func (w *jsonWriter) begin(head Head) {
	w.buf.Reset()
	w.encode(jsonHead{head.GroupID, head.TopicID, head.Title, head.Customer, stamp(head.ExportedAt)})
	object := bytes.TrimSuffix(w.buf.Bytes(), []byte("}\n"))
	_, _ = w.out.Write(object)
	_, _ = w.out.WriteString(`,"messages":[`)
}

func (w *jsonWriter) message(e *entry) {
	m := jsonMessage{
		MessageID: e.ID, Date: stamp(e.Date), Author: jsonAuthor{side(e.Author.Kind), e.Author.ID, e.Author.Name},
		Comment: internal(e.Message), Text: e.Text.Text, Entities: e.Text.Entities,
		Media: make([]jsonMedia, 0, len(e.Media)), Edits: make([]jsonEdit, 0, len(e.former)),
	}
	if m.Entities == nil {
		m.Entities = []topics.Entity{}
	}
	for _, f := range e.Media {
		m.Media = append(m.Media, jsonMedia{f.Kind, f.FileName, f.MIME, f.Size, f.FileUniqueID, f.Note})
	}
	for _, v := range e.former {
		m.Edits = append(m.Edits, jsonEdit{stamp(v.Date), v.Text.Text})
	}
	if e.AlbumID != "" {
		m.Album = &e.AlbumID
	}
	if e.ReplyTo != 0 {
		m.ReplyTo = &e.ReplyTo
	}
	w.buf.Reset()
	w.buf.WriteByte('\n')
	if w.n > 0 {
		w.buf.Reset()
		w.buf.WriteString(",\n")
	}
	w.n++
	w.encode(m)
	_, _ = w.out.Write(bytes.TrimSuffix(w.buf.Bytes(), []byte("\n")))
}

func (w *jsonWriter) end() { _, _ = w.out.WriteString("\n]}\n") }

// stamp writes a time as RFC 3339 in UTC, also one that encoding/json would refuse.
func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

func (w *jsonWriter) encode(v any) { encodeJSON(&w.buf, v) }

// encodeJSON appends v and a line feed. Angle brackets stay as they are: the file is no
// part of a page.
func encodeJSON(buf *bytes.Buffer, v any) {
	encoder := json.NewEncoder(buf)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		panic(fmt.Sprintf("%T does not encode", v)) // plain data always does
	}
}
