package app_test

import (
	"fmt"
	"strings"
	"testing"

	"topicpilot/integrations/telegram/telegramtest"
	"topicpilot/topics/topicsapi/topicsapitest"
)

// hang makes the Topics API never answer about a topic.
func (s *stage) hang(thread int) {
	s.api.SetTopicFaults(conversation(thread), topicsapitest.Faults{Hang: true})
}

const (
	pavelID = 78 // a regular member
	stranID = 79 // nobody knows him in the group
)

func (s *stage) person(id int64, name, status string) {
	s.t.Helper()
	s.must(s.tg.SetMember(groupID, telegramtest.Member{
		User: telegramtest.User{ID: id, FirstName: name}, Status: status,
	}, olgaID))
}

// TestRoles: who is an operator, by each form of the setting.
func TestRoles(t *testing.T) {
	tests := []struct {
		name, setting         string
		pavel, guest, refused bool // answered with the card; refused: strangers are told
	}{
		{"administrators", "    operators: administrators", false, false, true},
		{"members", "    operators: members", true, true, true},
		{"by id", "    operators: [78]", true, false, true},
		{"admins by id", "    admins: [78]\n    operators: [78]", true, false, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, telegramtest.Options{}, test.setting)
			s.start()
			s.person(pavelID, "Pavel", telegramtest.Regular)
			s.person(stranID, "Former", telegramtest.Left)
			for id, may := range map[int64]bool{pavelID: test.pavel, guestID: test.guest, stranID: false} {
				thread := s.topic(11, "Ann")
				s.post(thread, id, "/info")
				text := s.answers(thread, 1)[0].Text
				if may {
					s.holds(text, "Ann")
					continue
				}
				s.holds(text, "operators")
				s.lacks(text, "Ann")
			}
			mirror := s.topic(11, "Ann")
			s.post(mirror, mirrorID, "/info")
			s.nothing(mirror, "the mirror")
		})
	}
}

// TestDemoted: who loses the role loses /info with the very next message, also in the
// same batch of updates; who gets it may at once.
func TestDemoted(t *testing.T) {
	t.Parallel()
	s := newStage(t, telegramtest.Options{})
	s.start()
	s.person(pavelID, "Pavel", telegramtest.Regular)
	for range 5 {
		thread := s.topic(11, "Ann")
		s.person(pavelID, "Pavel", telegramtest.Administrator)
		s.post(thread, pavelID, "/info")
		s.holds(s.answers(thread, 1)[0].Text, "Ann")
		s.person(pavelID, "Pavel", telegramtest.Regular)
		s.post(thread, pavelID, "/info")
		s.settle()
		for _, m := range s.ours(thread)[1:] {
			s.lacks(m.Text, "Ann")
		}
	}
}

// TestLeftMember: with operators: members, who leaves is no operator any more.
func TestLeftMember(t *testing.T) {
	t.Parallel()
	s := newStage(t, telegramtest.Options{}, "    operators: members")
	s.start()
	s.person(pavelID, "Pavel", telegramtest.Regular)
	thread := s.topic(11, "Ann")
	s.post(thread, pavelID, "/info")
	s.holds(s.answers(thread, 1)[0].Text, "Ann")
	s.person(pavelID, "Pavel", telegramtest.Left)
	s.post(thread, pavelID, "/info")
	s.lacks(s.answers(thread, 2)[1].Text, "Ann")
}

// TestAnonymous: an anonymous administrator is told why, once; a channel hears nothing.
func TestAnonymous(t *testing.T) {
	t.Parallel()
	s := newStage(t, telegramtest.Options{})
	s.start()
	thread := s.topic(11, "Ann")
	for range 3 {
		s.write(telegramtest.Post{Thread: thread, From: olgaID, Text: "/info", Anonymous: true})
	}
	s.settle()
	got := s.ours(thread)
	if len(got) != 1 {
		t.Fatalf("%d answers, want 1", len(got))
	}
	s.holds(got[0].Text, "anonymously")
	s.lacks(got[0].Text, "Ann")
	if n := s.api.Count(); n != 0 {
		t.Errorf("the Topics API was asked %d times", n)
	}
}

// TestMirrorUnknown: without sender_ids nobody but people listed by id may command, and
// the refusal names the setting.
func TestMirrorUnknown(t *testing.T) {
	t.Parallel()
	s := newStage(t, telegramtest.Options{}, fmt.Sprintf("    operators: [%d]", pavelID))
	s.replace(fmt.Sprintf("sender_ids: [%d]", mirrorID), "sender_ids: []")
	s.start()
	s.person(pavelID, "Pavel", telegramtest.Regular)
	thread := s.topic(11, "Ann")
	s.post(thread, olgaID, "/info")
	s.holds(s.answers(thread, 1)[0].Text, "groups[0].mirror.sender_ids")
	s.post(thread, pavelID, "/info")
	s.holds(s.answers(thread, 2)[1].Text, "Ann")
}

// TestOtherChats: what is written in groups that are not in the settings, and in private,
// is passed over.
func TestOtherChats(t *testing.T) {
	t.Parallel()
	s := newStage(t, telegramtest.Options{})
	s.start()
	const foreign = -1009999999999
	s.must(s.tg.AddGroup(telegramtest.Group{ID: foreign, Title: "Foreign", IsForum: true, Members: []telegramtest.Member{
		{User: telegramtest.User{ID: olgaID, FirstName: "Olga"}, Status: telegramtest.Creator},
	}}))
	s.must(s.tg.AddGroup(telegramtest.Group{ID: olgaID, Type: "private"}))
	for _, chat := range []int64{foreign, olgaID} {
		_, err := s.tg.Post(telegramtest.Post{Chat: chat, From: olgaID, Text: "/info"})
		s.must(err)
	}
	s.quiet()
	for _, chat := range []int64{foreign, olgaID} {
		if n := len(s.tg.Messages(chat)); n != 1 {
			t.Errorf("chat %d holds %d messages, want its own one", chat, n)
		}
	}
}

// TestRolesCannotBeAsked: while Telegram does not tell who administers the group nobody
// commands; the same command runs once it does.
func TestRolesCannotBeAsked(t *testing.T) {
	t.Parallel()
	s := newStage(t, telegramtest.Options{})
	s.start()
	thread, other := s.topic(11, "Ann"), s.topic(12, "Bob")
	s.settle()
	s.tg.Fail("getChatAdministrators", telegramtest.Fault{Code: 500, Times: -1})
	s.post(thread, olgaID, "/info")
	s.post(other, mirrorID, "hello")
	s.eventually("the other topic goes on", func() bool { return len(s.kept(other)) == 2 })
	if n := len(s.ours(thread)); n != 0 {
		t.Errorf("%d answers", n)
	}
	s.tg.ClearFaults()
	s.holds(s.answers(thread, 1)[0].Text, "Ann")
}

// TestUnlistedGroup: a group that the settings do not name is told of once.
func TestUnlistedGroup(t *testing.T) {
	s := newStage(t, telegramtest.Options{})
	members := []telegramtest.Member{{User: telegramtest.User{ID: olgaID}, Status: telegramtest.Administrator}}
	s.must(s.tg.AddGroup(telegramtest.Group{ID: -1007777777777, Title: "Other", IsForum: true, Members: members}))
	s.start()
	for range 3 {
		_, err := s.tg.Post(telegramtest.Post{Chat: -1007777777777, From: olgaID, Text: "/info"})
		s.must(err)
	}
	s.quiet()
	if n := strings.Count(s.log.String(), "not in the settings"); n != 1 {
		t.Errorf("warned %d times, want once", n)
	}
}

// TestGroupsAreExaminedAtTheStart: what would look like silence is said in the log.
func TestGroupsAreExaminedAtTheStart(t *testing.T) {
	s := newStage(t, telegramtest.Options{})
	s.must(s.tg.SetForum(groupID, false))
	s.start()
	s.eventually("warned", func() bool { return strings.Contains(s.log.String(), "not a forum") })
}
