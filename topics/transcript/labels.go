package transcript

import "reflect"

// Labels are the words of HTML and Markdown files that nobody in the topic has written.
type Labels struct {
	Transcript, Topic, Customer, Phone, Language, ExportedAt, TimeZone  string
	Operator, Bot, Service, Comment, Command                            string
	Reply, Forwarded, ViaBot, Edited, Before, Album, NoText, NoMessages string
	// What Telegram's own lines tell.
	TopicCreated, TopicRenamed, TopicIcon, TopicClosed, TopicReopened            string
	Pinned, Joined, Left, GroupRenamed, GroupPhoto, AutoDelete, Upgraded         string
	VideoChatStarted, VideoChatEnded, VideoChatScheduled, VideoChatInvited, Paid string
}

// English are the labels where the caller gives none.
func English() Labels {
	return Labels{
		Transcript: "Transcript", Topic: "Topic", Customer: "customer", Phone: "Phone",
		Language: "Language", ExportedAt: "Exported", TimeZone: "Time zone",
		Operator: "operator", Bot: "bot", Service: "Telegram's own line", Comment: "comment", Command: "command",
		Reply: "in reply to", Forwarded: "forwarded", ViaBot: "through a bot", Edited: "edited", Before: "before",
		Album: "album", NoText: "no text", NoMessages: "Nothing has been said here.",
		TopicCreated: "Topic created", TopicRenamed: "Topic renamed", TopicIcon: "Topic icon changed",
		TopicClosed: "Topic closed", TopicReopened: "Topic reopened", Pinned: "Message pinned",
		Joined: "New group member", Left: "A member left the group", GroupRenamed: "Group renamed",
		GroupPhoto: "Group photo changed", AutoDelete: "Auto-delete timer changed",
		Upgraded: "The group became a supergroup", VideoChatStarted: "Video chat started",
		VideoChatEnded: "Video chat ended", VideoChatScheduled: "Video chat scheduled",
		VideoChatInvited: "Invited to a video chat", Paid: "Payment made",
	}
}

// complete fills the empty labels.
func (l Labels) complete() Labels {
	given, english := reflect.ValueOf(&l).Elem(), reflect.ValueOf(English())
	for i := range given.NumField() {
		if given.Field(i).String() == "" {
			given.Field(i).Set(english.Field(i))
		}
	}
	return l
}

// side is a kind of author in people's words.
func (l Labels) side(name string) string {
	switch name {
	case "customer":
		return l.Customer
	case "bot":
		return l.Bot
	case "service":
		return l.Service
	}
	return l.Operator
}
