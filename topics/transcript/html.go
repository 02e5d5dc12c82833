package transcript

import (
	"bufio"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html"
	"strconv"
	"strings"
	"time"

	"topicpilot/topics"
)

//go:embed style.css
var style string

// htmlWriter writes one page that needs nothing else: no script, nothing loaded.
type htmlWriter struct {
	out     *bufio.Writer
	options Options
	// anchors counts the group's former chats: their messages have anchors of their own.
	anchors int

	day string
	// album is that of the open block, "" where the block is no album; open tells that
	// there is one.
	album string
	open  bool
	said  bool
}

func (w *htmlWriter) begin(head Head) {
	labels, title := w.options.Labels, line(head.Title)
	if title == "" {
		title = labels.Transcript
	}
	language := w.options.Language
	if language == "" {
		language = "en"
	}
	sum := sha256.Sum256([]byte(style))
	w.raw(`<!DOCTYPE html>
<html lang="`, html.EscapeString(language), `">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'sha256-`,
		base64.StdEncoding.EncodeToString(sum[:]), `'; base-uri 'none'; form-action 'none'">
<meta name="referrer" content="no-referrer">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>`, html.EscapeString(title), `</title>
<style>`, style, `</style>
</head>
<body>
<header class="head">
<h1 dir="auto">`, html.EscapeString(title), "</h1>\n<dl>\n")
	for _, f := range headFields(w.options) {
		w.raw("<dt>", html.EscapeString(f.name), `</dt><dd dir="auto">`, html.EscapeString(f.value), "</dd>\n")
	}
	w.raw("</dl>\n</header>\n<main>\n")
}

func (w *htmlWriter) message(e *entry) {
	w.said = true
	at := e.Date.In(w.options.Location)
	day := at.Format(time.DateOnly)
	if w.open && (e.AlbumID == "" || e.AlbumID != w.album || day != w.day) {
		w.close()
	}
	if day != w.day {
		w.day = day
		w.raw(`<h2 class="day">`, day, "</h2>\n")
	}
	if w.open {
		w.raw(`<div class="part" id="`, w.anchor(e.part, e.ID), "\">\n")
		w.content(e)
		w.raw("</div>\n")
		return
	}
	w.raw(`<article class="`, w.classes(e), `" id="`, w.anchor(e.part, e.ID), "\">\n")
	w.header(e, at)
	w.content(e)
	w.open, w.album = true, e.AlbumID
}

func (w *htmlWriter) end() {
	w.close()
	if !w.said {
		w.raw(`<p class="none">`, html.EscapeString(w.options.Labels.NoMessages), "</p>\n")
	}
	w.raw("</main>\n</body>\n</html>\n")
}

func (w *htmlWriter) close() {
	if w.open {
		w.raw("</article>\n")
	}
	w.open, w.album = false, ""
}

func (w *htmlWriter) classes(e *entry) string {
	classes := "m " + side(e.Author.Kind)
	switch e.Kind {
	case topics.MessageComment:
		classes += " internal"
	case topics.MessageCommand:
		classes += " internal command"
	case topics.MessageTalk, topics.MessageService:
	}
	return classes
}

func (w *htmlWriter) header(e *entry, at time.Time) {
	labels := w.options.Labels
	name, kind := authorName(labels, e.Author), labels.side(side(e.Author.Kind))
	w.raw(`<header><b dir="auto">`, html.EscapeString(name), "</b>")
	if name != kind {
		w.raw(` <span class="kind">`, html.EscapeString(kind), "</span>")
	}
	for _, mark := range marks(labels, e.Message) {
		w.raw(` <span class="mark">`, html.EscapeString(mark), "</span>")
	}
	w.raw(` <a class="time" href="#`, w.anchor(e.part, e.ID), `"><time datetime="`, at.Format(time.RFC3339), `">`,
		at.Format("15:04"), "</time></a>")
	if e.ReplyTo != 0 {
		w.raw(` <a class="reply" href="#`, w.anchor(e.part, e.ReplyTo), `">↩ `, html.EscapeString(labels.Reply),
			" #", strconv.FormatInt(e.ReplyTo, 10), "</a>")
	}
	w.raw("</header>\n")
}

// content is what is written in a message: text, files, former texts.
func (w *htmlWriter) content(e *entry) {
	labels := w.options.Labels
	if e.Text.Text != "" {
		w.raw(`<div class="text" dir="auto">`)
		w.text(e.Text)
		w.raw("</div>\n")
	} else if len(e.Media) == 0 && e.Kind != topics.MessageService {
		w.raw(`<div class="text none">`, html.EscapeString(labels.NoText), "</div>\n")
	}
	for _, what := range attached(labels, e.Message) {
		w.raw(`<div class="media" dir="auto">`, html.EscapeString(what), "</div>\n")
	}
	if len(e.former) == 0 {
		return
	}
	w.raw("<details><summary>", html.EscapeString(labels.Edited))
	if !e.EditDate.IsZero() {
		w.raw(" ", w.moment(e.EditDate))
	}
	w.raw("</summary>\n")
	for _, v := range e.former {
		w.raw(`<div class="former"><span class="time">`, html.EscapeString(labels.Before), ", ", w.moment(v.Date),
			`</span><div class="text" dir="auto">`)
		w.text(v.Text)
		w.raw("</div></div>\n")
	}
	w.raw("</details>\n")
}

// text writes a text with its entities as elements.
func (w *htmlWriter) text(t topics.Text) {
	var open []string
	for _, p := range pieces(t) {
		for range p.close {
			w.raw(open[len(open)-1])
			open = open[:len(open)-1]
		}
		for _, e := range p.open {
			before, after := element(e)
			w.raw(before)
			open = append(open, after)
			if e.Type == "pre" && strings.HasPrefix(p.text, "\n") {
				w.raw("\n") // the first one is dropped by whoever reads HTML
			}
		}
		w.raw(html.EscapeString(p.text))
	}
}

// element gives the tags of an entity; those unknown have none.
func element(e span) (before, after string) {
	switch e.Type {
	case "bold":
		return "<b>", "</b>"
	case "italic":
		return "<i>", "</i>"
	case "underline":
		return "<u>", "</u>"
	case "strikethrough":
		return "<s>", "</s>"
	case "spoiler":
		return `<span class="spoiler" tabindex="0">`, "</span>"
	case "code":
		return "<code>", "</code>"
	case "pre":
		return "<pre>", "</pre>"
	case "blockquote", "expandable_blockquote":
		return "<blockquote>", "</blockquote>"
	}
	if to := target(e); to != "" {
		return `<a href="` + html.EscapeString(to) + `" rel="noopener noreferrer nofollow">`, "</a>"
	}
	return "", ""
}

func (w *htmlWriter) anchor(part int, id int64) string {
	prefix := "m"
	if part < w.anchors {
		prefix = "former" + strconv.Itoa(part+1) + "-m"
	}
	return prefix + strconv.FormatInt(id, 10)
}

func (w *htmlWriter) moment(t time.Time) string {
	return t.In(w.options.Location).Format("2006-01-02 15:04")
}

func (w *htmlWriter) raw(parts ...string) {
	for _, part := range parts {
		_, _ = w.out.WriteString(part)
	}
}
