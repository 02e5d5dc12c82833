package notion

import (
	"encoding/json"
	"net/url"
	"strconv"
	"strings"

	"topicpilot/topics"
)

// pageAnswer is what we read of a page: types of property that we do not know must not make
// a page that was just created look as if it had failed.
type pageAnswer struct {
	Object     string                     `json:"object"`
	ID         string                     `json:"id"`
	URL        string                     `json:"url"`
	Archived   bool                       `json:"archived"`
	InTrash    bool                       `json:"in_trash"`
	Created    string                     `json:"created_time"`
	Properties map[string]json.RawMessage `json:"properties"`
}

// isObject tells whether an answer is of the kind that was asked for. One that does not
// say its kind is taken for it: what is needed of it is looked for by itself.
func isObject(object, kind string) bool { return object == "" || object == kind }

func (p *pageAnswer) complete() bool { return isObject(p.Object, "page") && p.ID != "" }

func (p *pageAnswer) usable() bool { return p.complete() && !p.Archived && !p.InTrash }

// maxURL is the longest address of a page, in bytes; Notion's own are much shorter.
const maxURL = 512

// address is the page's address as people get it: what is no plain web address is
// replaced by one made of the id.
func (p *pageAnswer) address() string {
	u, err := url.Parse(p.URL)
	plain := err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && len(p.URL) <= maxURL
	if plain && !strings.ContainsFunc(p.URL, func(r rune) bool { return r <= ' ' || r >= 0x7f }) {
		return p.URL
	}
	return "https://www.notion.so/" + url.PathEscape(strings.ReplaceAll(p.ID, "-", ""))
}

type pageList struct {
	Object  string       `json:"object"`
	Results []pageAnswer `json:"results"`
}

// complete wants the results themselves: an answer without them does not say that there are
// none.
func (l *pageList) complete() bool { return isObject(l.Object, "list") && l.Results != nil }

// value is a property of one of the types that we use.
type value struct {
	Number      json.Number `json:"number"`
	Title       []richText  `json:"title"`
	RichText    []richText  `json:"rich_text"`
	PhoneNumber string      `json:"phone_number"`
	MultiSelect []option    `json:"multi_select"`
	Select      *option     `json:"select"`
	Status      *option     `json:"status"`
}

type richText struct {
	PlainText string `json:"plain_text"`
}

type option struct {
	Name string `json:"name"`
}

// value reads a property; the zero value for one that is not there or of another shape.
func (p *pageAnswer) value(which property) value {
	var v value
	if !which.used() || json.Unmarshal(p.Properties[which.name], &v) != nil {
		return value{}
	}
	return v
}

func join(texts []richText) string {
	var b strings.Builder
	for _, t := range texts {
		b.WriteString(t.PlainText)
	}
	return b.String()
}

// text is the property's text, whichever of the text types it has.
func (v value) text() string {
	return v.PhoneNumber + join(v.Title) + join(v.RichText)
}

// owner is the Telegram id that stands in the page, "" for none.
func (p *pageAnswer) owner(userID property) string {
	v := p.value(userID)
	if userID.kind == "number" {
		if n, err := v.Number.Float64(); err == nil && n == float64(int64(n)) {
			return strconv.FormatInt(int64(n), 10)
		}
		return ""
	}
	return strings.TrimSpace(v.text())
}

// differs tells whether something of ours has to be written.
func (p *pageAnswer) differs(s *schema, customer topics.Customer) bool {
	username, phone := usernameOf(customer), phoneOf(customer)
	return s.username.used() && username != "" && p.value(s.username).text() != username ||
		s.phone.used() && phone != "" && p.value(s.phone).text() != phone
}

func (p *pageAnswer) card(s *schema) Card {
	card := Card{ID: p.ID, URL: p.address()}
	for _, tag := range p.value(s.tags).MultiSelect {
		card.Tags = append(card.Tags, tag.Name)
	}
	priority := p.value(s.priority)
	switch {
	case priority.Select != nil:
		card.Priority = priority.Select.Name
	case priority.Status != nil:
		card.Priority = priority.Status.Name
	}
	return card
}
