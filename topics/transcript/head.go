package transcript

import (
	"strconv"
	"unicode"
	"unicode/utf8"

	"topicpilot/topics"
)

// headField is one line at the top of a file for people.
type headField struct{ name, value string }

// headFields says what the file is about; what is not known is left out.
func headFields(o Options) []headField {
	labels, head := o.Labels, o.Head
	list := []headField{{labels.Customer, customerLine(head.Customer)}}
	if c := head.Customer; c != nil {
		list = append(list, headField{labels.Phone, line(c.Phone)}, headField{labels.Language, line(c.Language)})
	}
	list = append(list,
		headField{labels.Topic, strconv.FormatInt(head.GroupID, 10) + "/" + strconv.FormatInt(head.TopicID, 10)},
		headField{labels.ExportedAt, head.ExportedAt.In(o.Location).Format("2006-01-02 15:04")},
		headField{labels.TimeZone, o.Location.String()})
	known := list[:0]
	for _, f := range list {
		if f.value != "" {
			first, size := utf8.DecodeRuneInString(f.name)
			f.name = string(unicode.ToUpper(first)) + f.name[size:]
			known = append(known, f)
		}
	}
	return known
}

// customerLine is the name, the username and the id.
func customerLine(c *topics.Customer) string {
	if c == nil {
		return ""
	}
	name := line(c.Author().Name)
	if name != "" {
		name += " · "
	}
	if username := line(c.Username); username != "" {
		name += "@" + username + " · "
	}
	return name + "ID " + strconv.FormatInt(c.ID, 10)
}

// marks are what else is to be known of a message.
func marks(labels Labels, m *topics.Message) []string {
	var list []string
	switch m.Kind {
	case topics.MessageComment:
		list = append(list, labels.Comment)
	case topics.MessageCommand:
		list = append(list, labels.Command)
	case topics.MessageTalk, topics.MessageService:
	}
	if m.AlbumID != "" {
		list = append(list, labels.Album)
	}
	if m.Forwarded {
		list = append(list, labels.Forwarded)
	}
	if m.ViaBot {
		list = append(list, labels.ViaBot)
	}
	return list
}
