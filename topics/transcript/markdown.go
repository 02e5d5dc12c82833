package transcript

import (
	"bufio"
	"strconv"
	"strings"
	"time"

	"topicpilot/topics"
)

// markdownWriter writes CommonMark. What people wrote stands in block quotes, every line
// of it, so that nothing in it can look like a line of ours.
type markdownWriter struct {
	out     *bufio.Writer
	options Options
	day     string
	album   string
	said    bool
}

func (w *markdownWriter) begin(head Head) {
	title := line(head.Title)
	if title == "" {
		title = w.options.Labels.Transcript
	}
	w.raw("# ", escapeLine(title), "\n\n")
	for _, f := range headFields(w.options) {
		w.raw("- ", escapeLine(f.name), ": ", escapeLine(f.value), "\n")
	}
}

func (w *markdownWriter) message(e *entry) {
	w.said = true
	at := e.Date.In(w.options.Location)
	sameDay := at.Format(time.DateOnly) == w.day
	if !sameDay {
		w.day = at.Format(time.DateOnly)
		w.raw("\n## ", w.day, "\n")
	}
	if e.AlbumID == "" || e.AlbumID != w.album || !sameDay {
		w.header(e, at)
	}
	w.album = e.AlbumID
	w.content(e)
}

func (w *markdownWriter) end() {
	if !w.said {
		w.raw("\n", escapeLine(w.options.Labels.NoMessages), "\n")
	}
}

// header is the line above a message: "14:03 · Ann (customer) · #17".
func (w *markdownWriter) header(e *entry, at time.Time) {
	labels := w.options.Labels
	name, kind := authorName(labels, e.Author), labels.side(side(e.Author.Kind))
	w.raw("\n", at.Format("15:04"), " · ", escapeLine(name))
	if name != kind {
		w.raw(" (", escapeLine(kind), ")")
	}
	for _, mark := range marks(labels, e.Message) {
		w.raw(" · ", escapeLine(mark))
	}
	w.raw(" · #", strconv.FormatInt(e.ID, 10))
	if e.ReplyTo != 0 {
		w.raw(" · ", escapeLine(labels.Reply), " #", strconv.FormatInt(e.ReplyTo, 10))
	}
	w.raw("\n")
}

func (w *markdownWriter) content(e *entry) {
	labels := w.options.Labels
	if text := markdownText(e.Text); len(text) > 0 {
		w.quote("> ", text)
	} else if len(e.Media) == 0 && e.Kind != topics.MessageService {
		w.quote("> ", []string{escapeLine("(" + labels.NoText + ")")})
	}
	for _, what := range attached(labels, e.Message) {
		w.quote("> ", []string{escapeLine(what)})
	}
	for i, v := range e.former {
		if i == 0 {
			w.raw("\n", escapeLine(labels.Edited))
			if !e.EditDate.IsZero() {
				w.raw(" ", w.moment(e.EditDate))
			}
			w.raw("\n")
		}
		w.quote("> > ", append([]string{escapeLine(labels.Before + ", " + w.moment(v.Date) + ":"), ""},
			markdownText(v.Text)...))
	}
}

// quote writes lines as a block quote of its own.
func (w *markdownWriter) quote(prefix string, lines []string) {
	w.raw("\n")
	for _, l := range lines {
		if l == "" {
			w.raw(strings.TrimRight(prefix, " "), "\n")
			continue
		}
		w.raw(prefix, l, "\n")
	}
}

func (w *markdownWriter) moment(t time.Time) string {
	return t.In(w.options.Location).Format("2006-01-02 15:04")
}

func (w *markdownWriter) raw(parts ...string) {
	for _, part := range parts {
		_, _ = w.out.WriteString(part)
	}
}
