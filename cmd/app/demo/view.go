package demo

import (
	"fmt"

	"topicpilot/integrations/telegram/telegramtest"
)

// Kinds of topics and roles of authors, as the page names them.
const (
	kindGeneral = "general"
	kindPrivate = "private"
	kindChat    = "chat"
	kindOther   = "other" // a topic that the mirror does not know

	roleCustomer = "customer"
	roleOperator = "operator"
	roleStranger = "stranger"
	roleBot      = "topicpilot"
)

// snapshot is everything the page shows; it is the first event of each connection.
type snapshot struct {
	Bot      botView       `json:"bot"`
	Group    groupView     `json:"group"`
	People   []personView  `json:"people"`
	Topics   []topicView   `json:"topics"`
	Messages []messageView `json:"messages"`
	Pane     []paneView    `json:"pane"`
	Commands commandsView  `json:"commands"`
	Faults   []faultView   `json:"faults"`
	Systems  systemsView   `json:"systems"`
	Advisor  advisorView   `json:"advisor"`
}

type botView struct {
	Name      string `json:"name"`
	Username  string `json:"username"`
	Connected bool   `json:"connected"`
}

type groupView struct {
	ID      int64  `json:"id"`
	Title   string `json:"title"`
	Members int    `json:"members"`
}

type personView struct {
	ID   int64  `json:"id"`
	Name string `json:"name"`
	Role string `json:"role"`
}

// topicView is a topic of the list; ID 0 is General.
type topicView struct {
	ID       int           `json:"id"`
	Title    string        `json:"title"`
	Color    int           `json:"icon_color"`
	Closed   bool          `json:"closed"`
	Kind     string        `json:"kind"`
	Note     string        `json:"note,omitempty"`
	Customer *customerView `json:"customer,omitempty"`
}

type customerView struct {
	ID       int64  `json:"id"`
	Name     string `json:"name"`
	Username string `json:"username,omitempty"`
	Language string `json:"language,omitempty"`
}

// messageView is a message of a topic. Entities count UTF-16 units. Internal tells that the customer
// has not been shown it.
type messageView struct {
	Topic    int                   `json:"topic"`
	ID       int                   `json:"id"`
	Author   personView            `json:"author"`
	Via      string                `json:"via,omitempty"`
	Internal bool                  `json:"internal"`
	Service  string                `json:"service,omitempty"`
	Text     string                `json:"text"`
	Entities []telegramtest.Entity `json:"entities,omitempty"`
	Buttons  [][]buttonView        `json:"buttons,omitempty"`
	Reply    *replyView            `json:"reply,omitempty"`
	File     string                `json:"file,omitempty"`
	FileID   string                `json:"file_id,omitempty"`
	Date     int64                 `json:"date"`
	Edited   int64                 `json:"edited,omitempty"`
}

type replyView struct {
	ID     int    `json:"id"`
	Author string `json:"author"`
	Text   string `json:"text"`
}

type buttonView struct {
	Text  string `json:"text"`
	Data  string `json:"data,omitempty"`
	URL   string `json:"url,omitempty"`
	Copy  string `json:"copy,omitempty"`
	Style string `json:"style,omitempty"`
}

// paneView is a message on the customer's phone; Own are the customer's.
type paneView struct {
	Topic    int                   `json:"topic"`
	ID       int                   `json:"id"`
	Own      bool                  `json:"own"`
	Name     string                `json:"name,omitempty"`
	Text     string                `json:"text"`
	Entities []telegramtest.Entity `json:"entities,omitempty"`
	File     string                `json:"file,omitempty"`
	Date     int64                 `json:"date"`
	Edited   int64                 `json:"edited,omitempty"`
}

// commandsView is the bot's menu as administrators and as other members see it.
type commandsView struct {
	Admin  []commandView `json:"admin"`
	Member []commandView `json:"member"`
}

type commandView struct {
	Command     string `json:"command"`
	Description string `json:"description"`
}

type faultView struct {
	ID    string `json:"id"`
	Title string `json:"title"`
	Help  string `json:"help"`
	On    bool   `json:"on"`
}

// viewOf is a message as the page shows it; who stands behind the mirror's account is added later.
func viewOf(m *telegramtest.Message) messageView {
	v := messageView{
		Topic: topicOf(m), ID: m.ID, Text: m.Text, Entities: m.Entities, File: fileOf(m), Date: m.Date, Edited: m.EditDate,
		Service: serviceLine(m), Author: authorOf(m),
	}
	if v.Text == "" {
		v.Text, v.Entities = m.Caption, m.CaptionEntities
	}
	if r := m.ReplyTo; r != nil && r.ID != v.Topic {
		v.Reply = &replyView{ID: r.ID, Author: nameOf(r.From), Text: r.Text + r.Caption}
	}
	if m.Document != nil {
		v.FileID = m.Document.FileID
	}
	if m.ReplyMarkup != nil {
		v.Buttons = buttonsOf(m.ReplyMarkup.Rows)
	}
	return v
}

func topicOf(m *telegramtest.Message) int {
	if m.IsTopicMessage {
		return m.Thread
	}
	return 0
}

func authorOf(m *telegramtest.Message) personView {
	if m.From == nil {
		return personView{Role: roleStranger}
	}
	p := personView{ID: m.From.ID, Name: nameOf(m.From), Role: roleStranger}
	switch m.From.ID {
	case botID:
		p.Role = roleBot
	case olgaID, maxID, irynaID:
		p.Role = roleOperator
	case mirrorID:
		p.Role = roleCustomer
	}
	return p
}

func nameOf(u *telegramtest.User) string {
	switch {
	case u == nil:
		return ""
	case u.LastName != "":
		return u.FirstName + " " + u.LastName
	}
	return u.FirstName
}

func buttonsOf(rows [][]telegramtest.Button) [][]buttonView {
	out := make([][]buttonView, 0, len(rows))
	for _, row := range rows {
		line := make([]buttonView, 0, len(row))
		for _, b := range row {
			v := buttonView{Text: b.Text, Data: b.CallbackData, URL: b.URL, Style: b.Style}
			if b.CopyText != nil {
				v.Copy = b.CopyText.Text
			}
			line = append(line, v)
		}
		out = append(out, line)
	}
	return out
}

func fileOf(m *telegramtest.Message) string {
	for kind, f := range map[string]*telegramtest.File{
		"audio": m.Audio, "document": m.Document, "sticker": m.Sticker, "video": m.Video,
		"video note": m.VideoNote, "voice message": m.Voice,
	} {
		if f != nil && f.FileName != "" {
			return f.FileName
		}
		if f != nil {
			return kind
		}
	}
	if len(m.Photo) > 0 {
		return "photo"
	}
	return ""
}

// serviceLine says what a service message is about, "" for a message of somebody.
func serviceLine(m *telegramtest.Message) string {
	who := nameOf(m.From)
	switch {
	case m.TopicCreated != nil:
		return fmt.Sprintf("%s opened the topic “%s”", who, m.TopicCreated.Name)
	case m.TopicEdited != nil:
		return fmt.Sprintf("%s renamed the topic to “%s”", who, m.TopicEdited.Name)
	case m.TopicClosed != nil:
		return who + " closed the topic"
	case m.TopicReopened != nil:
		return who + " reopened the topic"
	case len(m.NewChatMembers) > 0:
		return nameOf(&m.NewChatMembers[0]) + " joined the group"
	case m.LeftChatMember != nil:
		return nameOf(m.LeftChatMember) + " left the group"
	}
	return ""
}
