package app_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"topicpilot/integrations/telegram/telegramtest"
	"topicpilot/topics/topicsapi/topicsapitest"
)

// write posts anything into a topic.
func (s *stage) write(p telegramtest.Post) telegramtest.Message {
	s.t.Helper()
	p.Chat = groupID
	m, err := s.tg.Post(p)
	s.must(err)
	return m
}

// nothing fails if the bot has said anything in a topic once all is handled.
func (s *stage) nothing(thread int, why string) {
	s.t.Helper()
	s.settle()
	if got := s.ours(thread); len(got) != 0 {
		s.t.Errorf("%s was answered: %q", why, got[0].Text)
	}
}

// TestNeverACommand: captions, edits, forwards, inline bots, scheduled messages, other
// bots' commands and unknown ones are left alone, in silence.
func TestNeverACommand(t *testing.T) {
	t.Parallel()
	s := newStage(t, telegramtest.Options{BotToBot: true})
	s.start()
	s.tg.AddUser(telegramtest.User{ID: 600, IsBot: true, FirstName: "Other", Username: "other_bot"})
	s.must(s.tg.SetMember(groupID, telegramtest.Member{
		User:   telegramtest.User{ID: 600, IsBot: true, FirstName: "Other", Username: "other_bot"},
		Status: telegramtest.Administrator,
	}, olgaID))
	channel := &telegramtest.Chat{ID: -1009, Type: "channel", Title: "News"}
	origin := &telegramtest.Origin{Type: "hidden_user", SenderUserName: "X", Date: 1}
	posts := map[string]telegramtest.Post{
		"a caption":           {From: olgaID, Media: "photo", Caption: "/info"},
		"a forward":           {From: olgaID, Text: "/info", ForwardOrigin: origin},
		"an inline bot":       {From: olgaID, Text: "/info", ViaBot: 600},
		"a timer":             {From: olgaID, Text: "/info", IsFromOffline: true},
		"another bot's":       {From: olgaID, Text: "/info@other_bot"},
		"an unknown command":  {From: olgaID, Text: "/nonsense"},
		"the mirror's own":    {From: olgaID, Text: "/close"},
		"a comment":           {From: olgaID, Text: "/ info"},
		"text behind":         {From: olgaID, Text: "/info, please"},
		"in the middle":       {From: olgaID, Text: "please /info"},
		"a bot":               {From: 600, Text: "/info"},
		"a channel":           {From: olgaID, Text: "/info", SenderChat: channel},
		"the mirror":          {From: mirrorID, Text: "/info"},
		"the mirror, by name": {From: mirrorID, Text: "/info@topicpilot_bot"},
	}
	threads := map[string]int{}
	for why, p := range posts {
		p.Thread = s.topic(11, why)
		threads[why] = p.Thread
		s.write(p)
	}
	edited := s.topic(12, "edited")
	m := s.post(edited, olgaID, "hello")
	_, err := s.tg.Edit(groupID, m.ID, "/info")
	s.must(err)
	for why, thread := range threads {
		s.nothing(thread, why)
	}
	s.nothing(edited, "an edit")
}

// TestAddressed: our own name in any case; wrong arguments get the usage.
func TestAddressed(t *testing.T) {
	t.Parallel()
	s := newStage(t, telegramtest.Options{})
	s.start()
	thread := s.topic(11, "Ann")
	s.post(thread, olgaID, "/INFO@TopicPilot_Bot")
	card := s.answers(thread, 1)[0]
	s.holds(card.Text, "Ann", "11")
	s.post(thread, olgaID, "/info now please")
	usage := s.answers(thread, 2)[1]
	s.holds(usage.Text, "/ Usage: /info")
	s.lacks(usage.Text, "Ann", "please")
	s.post(thread, olgaID, "/assist")
	help := s.answers(thread, 3)[2]
	s.holds(help.Text, "/info", "/assist", "comment", "admin")
}

// TestGeneral: what needs a customer says so; the answer stands in General.
func TestGeneral(t *testing.T) {
	t.Parallel()
	s := newStage(t, telegramtest.Options{})
	s.start()
	s.post(0, olgaID, "/info")
	got := s.answers(0, 1)[0]
	s.holds(got.Text, "/ ", "topic")
	s.post(0, olgaID, "/assist")
	s.holds(s.answers(0, 2)[1].Text, "General", "/info", "/assist")
	s.settle()
	if n := s.api.Count(); n != 0 {
		t.Errorf("the Topics API was asked %d times", n)
	}
}

// TestNoCustomer: a chat behind the topic, a topic that nobody knows.
func TestNoCustomer(t *testing.T) {
	t.Parallel()
	s := newStage(t, telegramtest.Options{})
	s.start()
	chat := s.topic(0, "Friends")
	s.api.SetTopic(connection(), conversation(chat),
		topicsapitest.Info{Chat: true, Title: "Friends"})
	s.post(chat, olgaID, "/info")
	s.holds(s.answers(chat, 1)[0].Text, "mirrors a chat")
	unknown := s.topic(0, "Unknown")
	s.api.RemoveTopic(instance, conversation(unknown))
	s.post(unknown, olgaID, "/info")
	s.holds(s.answers(unknown, 1)[0].Text, "does not know this topic")
}

// TestLanguages: each group is spoken to in its language.
func TestLanguages(t *testing.T) {
	for lang, words := range map[string][]string{
		"ru": {"Язык:", "Телефон:", "клиент ждёт ответа"}, "uk": {"Мова:", "Телефон:", "клієнт чекає на відповідь"},
	} {
		t.Run(lang, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, telegramtest.Options{}, "    language: "+lang)
			s.start()
			thread := s.topic(11, "Анна")
			s.post(thread, olgaID, "/info")
			card := s.answers(thread, 1)[0]
			s.holds(card.Text, append(words, "Анна")...)
			s.lacks(card.Text, "Language", "Phone", "Status")
			s.post(thread, guestID, "/info")
			refused := s.answers(thread, 2)[1]
			s.holds(refused.Text, map[string]string{"ru": "операторов", "uk": "операторів"}[lang])
			s.eventually("menu", func() bool {
				menu := s.tg.Commands("chat_administrators", groupID, "")
				for _, item := range menu {
					if !strings.ContainsAny(item.Description, "аеіиоу") {
						return false
					}
				}
				return len(menu) > 5
			})
		})
	}
}

// TestRefresh: the card is renewed in place; a stranger's press is told to nobody else.
func TestRefresh(t *testing.T) {
	t.Parallel()
	s := newStage(t, telegramtest.Options{})
	s.start()
	thread := s.topic(11, "Ann")
	s.post(thread, olgaID, "/info")
	card := s.answers(thread, 1)[0]
	s.api.SetTopic(connection(), conversation(thread),
		topicsapitest.Info{UserID: 11, Name: "Ann Smith", Status: "closed", Title: "Ann"})
	id, err := s.tg.PressAt(groupID, card.ID, guestID, [2]int{0, 0})
	s.must(err)
	toast, err := s.tg.WaitAnswer(t.Context(), id)
	s.must(err)
	s.holds(toast.Text, "operators")
	s.settle()
	if m, _ := s.tg.Message(groupID, card.ID); m.Text != card.Text {
		t.Error("a stranger's press changed the card")
	}
	id, err = s.tg.PressAt(groupID, card.ID, olgaID, [2]int{0, 0})
	s.must(err)
	toast, err = s.tg.WaitAnswer(t.Context(), id)
	s.must(err)
	if toast.Text == "" {
		t.Error("no toast")
	}
	s.eventually("renewed", func() bool {
		m, _ := s.tg.Message(groupID, card.ID)
		return strings.HasPrefix(m.Text, "/ ") && strings.Contains(m.Text, "Ann Smith") && m.ReplyMarkup != nil
	})
	// Pressed again with nothing changed: the toast comes, and nothing is parked.
	id, err = s.tg.PressAt(groupID, card.ID, olgaID, [2]int{0, 0})
	s.must(err)
	_, err = s.tg.WaitAnswer(t.Context(), id)
	s.must(err)
	s.settle()
	if got := s.ours(thread); len(got) != 1 {
		t.Errorf("%d messages, want the one card", len(got))
	}
	if parked := s.parked(); len(parked) != 0 {
		t.Errorf("parked: %s", parked[0].Reason)
	}
}

// TestTopicsAPIDown: a stale answer says its age, and a topic never seen says what is wrong.
func TestTopicsAPIDown(t *testing.T) {
	t.Parallel()
	s := newStage(t, telegramtest.Options{})
	s.replace("timeout: 2s}", "timeout: 500ms, cache: 50ms}")
	s.start()
	thread, other := s.topic(11, "Ann"), s.topic(12, "Bob")
	s.post(thread, olgaID, "/info")
	s.lacks(s.answers(thread, 1)[0].Text, "as of")
	for i, fault := range []topicsapitest.Faults{
		{Status: 500},
		{Garbage: true},
		{Truncated: true},
		{EmptyBody: true},
		{CloseConnection: true},
		{Hang: true},
		{OtherTopic: true},
	} {
		s.api.SetFaults(fault)
		time.Sleep(60 * time.Millisecond) // the cache's time, which is a setting
		s.post(thread, olgaID, "/info")
		s.holds(s.answers(thread, 2+i)[1+i].Text, "Ann", "as of ", " s ago")
	}
	s.post(other, olgaID, "/info")
	s.holds(s.answers(other, 1)[0].Text, "does not answer")
	s.lacks(s.answers(other, 1)[0].Text, "Ann")
	// The kept answer is there after a restart as well.
	s.stop()
	s.start()
	s.post(thread, olgaID, "/info")
	s.holds(s.answers(thread, 9)[8].Text, "Ann", "as of ", " s ago")
	s.api.SetFaults(topicsapitest.Faults{})
	s.post(other, olgaID, "/info")
	s.holds(s.answers(other, 2)[1].Text, "Bob")
}

// TestWrongKeys: each of the two secrets refused is said in the topic, neither is shown.
// The log is searched by the stage.
func TestWrongKeys(t *testing.T) {
	for name, spoil := range map[string]func(s *stage){
		"header token": func(s *stage) { s.api.SetToken("another-token") },
		"api_key": func(s *stage) {
			s.api.SetConnection(topicsapitest.Connection{Instance: instance, APIKey: "another"})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, telegramtest.Options{})
			s.start()
			thread := s.topic(11, "Ann")
			spoil(s)
			s.post(thread, olgaID, "/info")
			text := s.answers(thread, 1)[0].Text
			s.holds(text, "refuses our key", "topics_api.token", "api_key")
			s.lacks(text, secrets...)
			s.holds(s.log.String(), "topics api refuses")
			s.lacks(s.log.String(), "another")
		})
	}
}

// TestBigIDs: ids beyond 2^53 are shown as they are, in both forms of the API.
func TestBigIDs(t *testing.T) {
	t.Parallel()
	s := newStage(t, telegramtest.Options{})
	s.replace("timeout: 2s}", "timeout: 2s, cache: 1ms}")
	s.start()
	const big = 9007199254740993
	thread := s.topic(big, "Ann")
	for i, faults := range []topicsapitest.Faults{
		{IDs: topicsapitest.IDsStrings},
		{IDs: topicsapitest.IDsNumbers, Missing: topicsapitest.MissingNull},
		{Aliases: true, Missing: topicsapitest.MissingAbsent},
	} {
		s.api.SetFaults(faults)
		time.Sleep(5 * time.Millisecond) // the cache's time
		s.post(thread, olgaID, "/info")
		card := s.answers(thread, i+1)[i].Text
		s.holds(card, fmt.Sprint(big))
		s.lacks(card, "null", "<nil>", "e+")
	}
}

// TestInstances: of several instances the one that knows the topic answers, and is asked
// alone the next time.
func TestInstances(t *testing.T) {
	t.Parallel()
	s := newStage(t, telegramtest.Options{})
	s.replace("instances: [{", "instances: [{instance: \"99209946874612345\", api_key: other-key}, {")
	s.replace("timeout: 2s}", "timeout: 2s, cache: 1ms}")
	s.api.SetConnection(topicsapitest.Connection{Instance: "99209946874612345", APIKey: "other-key"})
	s.start()
	thread := s.topic(11, "Ann")
	s.post(thread, olgaID, "/info")
	s.holds(s.answers(thread, 1)[0].Text, "Ann")
	if n := s.api.Count(); n != 2 {
		t.Errorf("%d requests for the first answer, want 2", n)
	}
	time.Sleep(5 * time.Millisecond) // the cache's time
	s.post(thread, olgaID, "/info")
	s.answers(thread, 2)
	if n := s.api.Count(); n != 3 {
		t.Errorf("%d requests, want 3", n)
	}
}
