package notion

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf16"

	"github.com/jomei/notionapi"

	"topicpilot/topics"
)

// Labels are the words of a transcript, in the language of its readers. What is empty is
// written in English.
type Labels struct {
	// Authors name the kinds of author.
	Authors map[topics.AuthorKind]string
	// Comment and Command mark what did not go to the customer.
	Comment string
	Command string
	// Edited stands before the new text of what was written earlier.
	Edited    string
	Forwarded string
	Album     string
	// Event says what one of Telegram's own lines tells; its only media holds that. Nil
	// for Telegram's own word.
	Event func(m topics.Media) string
}

var english = Labels{
	Authors: map[topics.AuthorKind]string{
		topics.AuthorCustomer: "customer", topics.AuthorOperator: "operator", topics.AuthorStranger: "stranger",
		topics.AuthorAnonymous: "anonymous admin", topics.AuthorChannel: "channel", topics.AuthorBot: "bot",
		topics.AuthorSelf: "assistant", topics.AuthorService: "Telegram",
	},
	Comment: "comment", Command: "command", Edited: "edited", Forwarded: "forwarded", Album: "album",
}

const (
	// These keep any message small enough for one request; Telegram's own are smaller,
	// imported ones may not be. maxLinks counts bytes.
	maxMessage  = 40_000
	maxEntities = 250
	maxLinks    = 32 << 10
	// replyUnits is how much of an answered message is quoted.
	replyUnits = 60
	maxName    = 200
	// maxMedia bounds the files named of one message.
	maxMedia = 10
)

// renderer makes blocks of messages.
type renderer struct {
	labels Labels
	where  *time.Location
	// customer is nil where they are not known.
	customer *topics.Customer
}

// byline is who wrote a message: "Ann Lee (customer)".
func (r *renderer) byline(author topics.Author) string {
	kind := r.author(author.Kind)
	if r.customer != nil && author.Kind == topics.AuthorCustomer {
		author = r.customer.Author()
		if author.Name == "" && author.Username != "" {
			author.Name = "@" + author.Username
		}
	}
	name := cut(oneLine(author.Name), maxName)
	if name == "" {
		return kind
	}
	return name + " (" + kind + ")"
}

func (r *renderer) author(kind topics.AuthorKind) string {
	return cmp.Or(r.labels.Authors[kind], english.Authors[kind], "?")
}

// message renders one message; edited tells that its text replaces one written earlier.
// quoted are the first words of the message that it answers.
func (r *renderer) message(m *topics.Message, edited bool, quoted string) []Block {
	date := m.Date
	if edited && !m.EditDate.IsZero() {
		date = m.EditDate
	}
	items := []notionapi.RichText{
		textItem(date.In(r.where).Format("2006-01-02 15:04:05 MST")+" · ", gray()),
		textItem(r.byline(m.Author), &notionapi.Annotations{Bold: true}),
	}
	if flags := r.flags(m); flags != "" {
		items = append(items, textItem(flags, &notionapi.Annotations{Italic: true}))
	}
	if quoted != "" {
		items = append(items, textItem("\n↪ "+quoted, gray()))
	}
	head := "\n"
	if edited {
		head += cmp.Or(r.labels.Edited, english.Edited) + ": "
	}
	if m.Text.Text != "" || edited {
		items = append(items, textItem(head, nil))
		items = append(items, styled(m.Text)...)
	}
	for i, media := range m.Media {
		if i == maxMedia {
			break
		}
		items = append(items, textItem("\n"+r.attached(m, media), nil))
	}
	return paragraphs(items)
}

func gray() *notionapi.Annotations { return &notionapi.Annotations{Color: notionapi.ColorGray} }

func (r *renderer) flags(m *topics.Message) string {
	var flags []string
	switch m.Kind {
	case topics.MessageComment:
		flags = append(flags, cmp.Or(r.labels.Comment, english.Comment))
	case topics.MessageCommand:
		flags = append(flags, cmp.Or(r.labels.Command, english.Command))
	case topics.MessageTalk, topics.MessageService:
	}
	if m.Forwarded {
		flags = append(flags, cmp.Or(r.labels.Forwarded, english.Forwarded))
	}
	if m.AlbumID != "" {
		flags = append(flags, cmp.Or(r.labels.Album, english.Album))
	}
	if len(flags) == 0 {
		return ""
	}
	return " · " + strings.Join(flags, ", ")
}

// paragraphs packs items into as few blocks as hold them.
func paragraphs(items []notionapi.RichText) []Block {
	var blocks []Block
	for chunk := range slices.Chunk(items, maxItems) {
		blocks = append(blocks, paragraph(chunk))
	}
	return blocks
}

func oneLine(s string) string { return strings.Join(strings.Fields(valid(s)), " ") }

// attached names a file of a message, or says what one of Telegram's own lines tells.
func (r *renderer) attached(m *topics.Message, media topics.Media) string {
	if m.Kind != topics.MessageService {
		return mediaLine(media)
	}
	what := media.Kind
	if r.labels.Event != nil {
		what = r.labels.Event(media)
	} else if media.Note != "" {
		what += ": " + media.Note
	}
	return "— " + cut(oneLine(what), 2*maxName)
}

// mediaLine names a file; the file itself stays with Telegram.
func mediaLine(m topics.Media) string {
	kind := cut(oneLine(m.Kind), maxName)
	var parts []string
	name := cut(oneLine(m.FileName), maxName)
	if name == "" {
		name = kind
	} else {
		parts = append(parts, kind)
	}
	if m.Size > 0 {
		parts = append(parts, sizeText(m.Size))
	}
	line := "📎 " + name
	if len(parts) > 0 {
		line += " (" + strings.Join(parts, ", ") + ")"
	}
	if note := cut(oneLine(m.Note), maxName); note != "" {
		line += ": " + note
	}
	return line
}

func sizeText(bytes int64) string {
	switch {
	case bytes < 1<<10:
		return fmt.Sprintf("%d B", bytes)
	case bytes < 1<<20:
		return fmt.Sprintf("%d KB", (bytes+1<<9)>>10)
	}
	return fmt.Sprintf("%.1f MB", float64(bytes)/(1<<20))
}

// styled makes rich texts of a text and its entities.
func styled(t topics.Text) []notionapi.RichText {
	text := cut(t.Text, maxMessage)
	marks := t.Entities[:min(len(t.Entities), maxEntities)]
	borders := []int{}
	for _, e := range marks {
		if e.Length > 0 && e.Offset >= 0 {
			borders = append(borders, e.Offset, e.Offset+e.Length)
		}
	}
	slices.Sort(borders)
	borders = slices.Compact(borders)
	var items []notionapi.RichText
	at, linked := 0, 0
	for text != "" {
		limit := len(text)
		for len(borders) > 0 && borders[0] <= at {
			borders = borders[1:]
		}
		if len(borders) > 0 {
			limit = borders[0] - at
		}
		head, rest := splitAt(text, limit)
		if head == "" { // a border inside a character
			borders = borders[1:]
			continue
		}
		style, link := styleAt(marks, at, head)
		if linked += len(link); linked > maxLinks {
			link = ""
		}
		items = appendText(items, head, style, link)
		at += units(head)
		text = rest
	}
	return items
}

func units(s string) int {
	n := 0
	for _, r := range s {
		n += utf16.RuneLen(r)
	}
	return n
}

// appendText adds a text in pieces that Notion takes.
func appendText(
	items []notionapi.RichText, text string, style *notionapi.Annotations, link string,
) []notionapi.RichText {
	for text = valid(text); text != ""; {
		var head string
		head, text = splitAt(text, maxText)
		item := textItem(head, style)
		if link != "" {
			item.Text.Link = &notionapi.Link{Url: link}
		}
		items = append(items, item)
	}
	return items
}

// styleAt joins what the entities say of the piece that begins at a place.
func styleAt(marks []topics.Entity, at int, piece string) (*notionapi.Annotations, string) {
	var style notionapi.Annotations
	link := ""
	for _, e := range marks {
		if e.Offset > at || e.Offset+e.Length <= at {
			continue
		}
		switch e.Type {
		case "bold":
			style.Bold = true
		case "italic":
			style.Italic = true
		case "underline":
			style.Underline = true
		case "strikethrough":
			style.Strikethrough = true
		case "code", "pre":
			style.Code = true
		case "text_link":
			link = webLink(e.URL)
		case "url":
			link = webLink(piece)
		}
	}
	if style == (notionapi.Annotations{}) {
		return nil, link
	}
	return &style, link
}

// webLink gives an address that may become a link: http and https alone, and nothing that
// Notion would refuse.
func webLink(address string) string {
	address = strings.TrimSpace(address)
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.User != nil ||
		units(address) > maxLink || valid(address) != address || strings.ContainsAny(address, " \t\n") {
		return ""
	}
	return address
}

// withoutLinks is the same text without links, for when Notion takes offence at one.
func withoutLinks(blocks []Block) (plain []Block, changed bool) {
	for _, block := range blocks {
		items := slices.Clone(block.Paragraph.RichText)
		for i := range items {
			if items[i].Text.Link != nil {
				items[i].Text = &notionapi.Text{Content: items[i].Text.Content}
				changed = true
			}
		}
		plain = append(plain, paragraph(items))
	}
	return plain, changed
}
