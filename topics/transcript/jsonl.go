package transcript

import (
	"bufio"
	"bytes"
	"strings"
	"time"

	"topicpilot/topics"
	"topicpilot/topics/mask"
)

const (
	// episodePause is the silence that ends an episode.
	episodePause = 6 * time.Hour
	// maxEpisode is the most text in one episode, in bytes: a talk that never pauses is
	// cut where the customer speaks again.
	maxEpisode = 256 << 10
)

// The wire form of JSONL: chat fine-tuning (OpenAI, "supervised fine-tuning", data format).
type (
	episode struct {
		Messages []turn `json:"messages"`
	}
	turn struct {
		Role    string `json:"role"`
		Content string `json:"content"`
	}
)

// episodes writes the talk between customer and operators, one episode a line.
type episodes struct {
	out  *bufio.Writer
	mask *mask.Masker

	turns []turn
	// content collects the last turn, which is still open.
	content strings.Builder
	size    int
	last    time.Time
	buf     bytes.Buffer
}

func (*episodes) begin(Head) {}

func (w *episodes) message(e *entry) {
	role := roleOf(e.Message)
	if role == "" {
		return
	}
	text := strings.TrimSpace(w.mask.Text(e.Text))
	if text == "" {
		return
	}
	if len(w.turns) > 0 && e.Date.Sub(w.last) > episodePause ||
		w.size > 2*maxEpisode || w.size > maxEpisode && role == "user" && w.turns[len(w.turns)-1].Role != role {
		w.close()
	}
	w.last = e.Date
	w.size += len(text)
	if n := len(w.turns); n > 0 && w.turns[n-1].Role == role {
		w.content.WriteString("\n" + text)
		return
	}
	w.endTurn()
	w.turns = append(w.turns, turn{Role: role})
	w.content.WriteString(text)
}

func (w *episodes) end() { w.close() }

func (w *episodes) endTurn() {
	if n := len(w.turns); n > 0 {
		w.turns[n-1].Content = w.content.String()
	}
	w.content.Reset()
}

// close writes the episode, if both sides spoke in it.
func (w *episodes) close() {
	w.endTurn()
	if len(w.turns) > 1 { // turns alternate: two are both sides
		w.buf.Reset()
		encodeJSON(&w.buf, episode{w.turns})
		_, _ = w.out.Write(w.buf.Bytes())
	}
	w.turns, w.size = w.turns[:0], 0
}

// roleOf is the side of a message in the talk with the customer, "" for what is none:
// what stays inside, and what bots, channels and people unknown to the team wrote.
func roleOf(m *topics.Message) string {
	if m.Kind != topics.MessageTalk {
		return ""
	}
	switch m.Author.Kind {
	case topics.AuthorCustomer:
		return "user"
	case topics.AuthorOperator, topics.AuthorAnonymous, topics.AuthorSelf:
		return "assistant"
	case topics.AuthorStranger, topics.AuthorChannel, topics.AuthorBot, topics.AuthorService:
	}
	return ""
}
