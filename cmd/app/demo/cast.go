package demo

import (
	"time"

	"topicpilot/integrations/telegram/telegramtest"
)

// The accounts on the stage. None of the tokens opens anything anywhere.
const (
	botID      int64 = 7700000001
	botToken         = "7700000001:AADemoTokenThatOpensNothing-000000000"
	groupID    int64 = -1002101424779
	groupTitle       = "Pelmora · Support"
	brand            = "Pelmora"

	mirrorID int64 = 5555
	olgaID   int64 = 7001
	maxID    int64 = 7002
	irynaID  int64 = 7003
	guestID  int64 = 7009
)

func botUser() telegramtest.User {
	return telegramtest.User{
		ID: botID, IsBot: true, FirstName: "Topicpilot", Username: "topicpilot_demo_bot", CanReadAllGroupMessages: true,
	}
}

// members are the people of the group; administrators are operators.
func members() []telegramtest.Member {
	rights := telegramtest.Rights{ManageTopics: true, DeleteMessages: true, PinMessages: true, InviteUsers: true}
	person := func(id int64, name, username, status string) telegramtest.Member {
		return telegramtest.Member{
			User:   telegramtest.User{ID: id, FirstName: name, Username: username, LanguageCode: "en"},
			Status: status, Rights: rights,
		}
	}
	relay := person(mirrorID, "Pelmora", "pelmora_relay", telegramtest.Administrator)
	relay.User.LastName = "relay"
	return []telegramtest.Member{
		person(irynaID, "Iryna", "iryna_pelmora", telegramtest.Creator),
		person(olgaID, "Olga", "olga_pelmora", telegramtest.Administrator),
		person(maxID, "Max", "max_pelmora", telegramtest.Administrator),
		person(guestID, "Guest", "", telegramtest.Regular),
		relay,
	}
}

// people are whom the visitor may write as in the topics.
func people() []personView {
	return []personView{
		{ID: olgaID, Name: "Olga", Role: "operator"},
		{ID: maxID, Name: "Max", Role: "operator"},
		{ID: irynaID, Name: "Iryna", Role: "admin"},
		{ID: guestID, Name: "Guest", Role: roleStranger},
	}
}

// customer is who stands behind a topic.
type customer struct {
	ID        int64
	FirstName string
	LastName  string
	Username  string
	Language  string
	Phone     string
	Balance   string
	Tariff    string
	// Slow makes the billing system hang for this customer.
	Slow bool
}

func (c customer) name() string {
	if c.LastName == "" {
		return c.FirstName
	}
	return c.FirstName + " " + c.LastName
}

// line is one message of a history.
type line struct {
	ago  time.Duration
	by   int64 // mirrorID: the customer
	name string
	text string
	file string
}

// scene is a topic with its history.
type scene struct {
	title    string
	status   string
	chat     bool // a mirrored chat of several people
	color    int
	note     string
	customer customer
	lines    []line
}

func (s scene) kind() string {
	if s.chat {
		return kindChat
	}
	return kindPrivate
}

const minute = time.Minute

// says is a message of the customer, tells one of an operator.
func says(ago time.Duration, text string) line { return line{ago: ago, by: mirrorID, text: text} }

func tells(ago time.Duration, by int64, text string) line { return line{ago: ago, by: by, text: text} }
