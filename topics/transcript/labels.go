package transcript

import "reflect"

// Labels are the words of HTML and Markdown files that nobody in the topic has written.
type Labels struct {
	Transcript, Topic, Customer, Phone, Language, ExportedAt, TimeZone  string
	Operator, Bot, Service, Comment, Command                            string
	Reply, Forwarded, ViaBot, Edited, Before, Album, NoText, NoMessages string
}

// English are the labels where the caller gives none.
func English() Labels {
	return Labels{
		Transcript: "Transcript", Topic: "Topic", Customer: "customer", Phone: "Phone",
		Language: "Language", ExportedAt: "Exported", TimeZone: "Time zone",
		Operator: "operator", Bot: "bot", Service: "Telegram's own line", Comment: "comment", Command: "command",
		Reply: "in reply to", Forwarded: "forwarded", ViaBot: "through a bot", Edited: "edited", Before: "before",
		Album: "album", NoText: "no text", NoMessages: "Nothing has been said here.",
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
