package commands

import (
	"strconv"
	"time"

	"topicpilot/commands/messages"
	"topicpilot/topics"
)

// maxCard is the longest text that surely fits into one message with the comment mark
// before it, in UTF-16 units (Bot API: 4096).
const maxCard = 4000

// identity writes who the customer is. What the customer chose stands in code
// entities, in which Telegram makes nothing a link, a mention or a command to tap.
func identity(card *topics.Text, say *messages.Printer, resolved topics.Resolved) {
	customer := resolved.Customer
	name := customerName(customer)
	if name == "" {
		card.Add(say.T("info.noname", nil))
	} else {
		card.Code(name)
	}
	if isUsername(customer.Username) {
		card.Add(" · @" + customer.Username)
	} else if username := cleanField(customer.Username); visible(username) {
		card.Add(" · ").Code(username)
	}
	card.Add("\nID: ").Code(strconv.FormatInt(customer.ID, 10))
	field(card, say, "info.language", "Language", cleanField(customer.Language))
	field(card, say, "info.phone", "Phone", cleanField(customer.Phone))
	if status := statusText(say, resolved.Status); status != "" {
		before, after := say.Around("info.status", "Status")
		card.Add("\n" + before + status + after)
	}
	if title := cleanField(resolved.Title); title != name {
		field(card, say, "info.title", "Title", title)
	}
	if resolved.Stale {
		card.Add("\n").AddEntity(ageText(say, resolved.Age), topics.Entity{Type: "italic"})
	}
}

// customerName is the full name, or what there is of it, fit for one line.
func customerName(c topics.Customer) string {
	for _, name := range []string{c.Name, c.FirstName + " " + c.LastName} {
		if name = cleanField(name); visible(name) {
			return name
		}
	}
	return ""
}

// field adds a line "Label: value" with the value in code, nothing for an empty value.
func field(card *topics.Text, say *messages.Printer, id, key, value string) {
	if !visible(value) {
		return
	}
	before, after := say.Around(id, key)
	card.Add("\n" + before).Code(value).Add(after)
}

// statusText translates the mirror's three statuses and shows others as they are.
func statusText(say *messages.Printer, status string) string {
	switch status {
	case "user_answered":
		return say.T("status.user_answered", nil)
	case "support_answered":
		return say.T("status.support_answered", nil)
	case "closed":
		return say.T("status.closed", nil)
	}
	if status = cleanField(status); visible(status) {
		return status
	}
	return ""
}

// ageText says how old a stale answer is, in whole minutes, hours or days.
func ageText(say *messages.Printer, age time.Duration) string {
	switch {
	case age < time.Minute:
		return say.N("age.seconds", max(1, int(age/time.Second)), nil)
	case age < time.Hour:
		return say.N("age.minutes", int(age/time.Minute), nil)
	case age < 48*time.Hour:
		return say.N("age.hours", int(age/time.Hour), nil)
	}
	return say.N("age.days", int(age/(24*time.Hour)), nil)
}

// isUsername reports whether s is a username as Telegram gives them out.
func isUsername(s string) bool {
	name, rest := cutName(s)
	return name != "" && rest == "" && len(name) <= 32
}

// cutText cuts a text and its entities to limit UTF-16 units.
func cutText(t topics.Text, limit int) topics.Text {
	return clip(t, cutUTF16(t.Text, limit))
}

// clip gives t the text, which is t's own or a shortened form of it.
func clip(t topics.Text, text string) topics.Text {
	if text == t.Text {
		return t
	}
	out := topics.Text{Text: text}
	length := topics.UTF16Len(text)
	for _, e := range t.Entities {
		e.Length = min(e.Length, length-e.Offset)
		if e.Length > 0 {
			out.Entities = append(out.Entities, e)
		}
	}
	return out
}
