package demo

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"topicpilot/integrations/telegram/telegramtest"
)

// layHistory makes the group and plays its histories in the order of time, so that ids grow as they
// would have. The bot finds all of it waiting as updates.
func (s *Stage) layHistory(events <-chan telegramtest.Event) error {
	s.faults = newFaults()
	s.mirror = newMirror(s.board)
	group := telegramtest.Group{ID: groupID, Title: groupTitle, IsForum: true, Members: members()}
	if err := s.tg.AddGroup(group); err != nil {
		return err
	}
	defer s.acted.Store(0)
	now := s.now()
	opened := map[string]int{}
	for _, step := range script() {
		at := now.Add(-step.ago)
		s.acted.Store(at.Unix())
		if err := s.act(step, opened); err != nil {
			return err
		}
		s.drain(events)
	}
	for _, sc := range scenes() {
		topic := opened[sc.title]
		s.api.tell(topic, sc, sc.status, now.Add(-sc.lines[len(sc.lines)-1].ago))
		if sc.status != statusClosed {
			continue
		}
		s.acted.Store(now.Add(-sc.lines[len(sc.lines)-1].ago + 5*time.Minute).Unix())
		if err := s.tg.CloseTopic(groupID, topic, mirrorID); err != nil {
			return err
		}
	}
	s.drain(events)
	s.mirror.turn = s.turn
	return nil
}

// step is one line of the whole script; its scene is nil in General.
type step struct {
	line
	scene *scene
}

func script() []step {
	var out []step
	for _, l := range general() {
		out = append(out, step{line: l})
	}
	for _, sc := range scenes() {
		for _, l := range sc.lines {
			out = append(out, step{line: l, scene: &sc})
		}
	}
	slices.SortStableFunc(out, func(a, b step) int { return cmp.Compare(b.ago, a.ago) })
	return out
}

func (s *Stage) act(st step, opened map[string]int) error {
	post := telegramtest.Post{Chat: groupID, From: st.by, Text: st.text}
	if st.name != "" {
		post.Text = st.name + ": " + st.text
	}
	if st.file != "" {
		post.Media, post.FileName, post.Caption, post.Text = "document", st.file, st.text, ""
		post.File = []byte("550 5.1.1 mailbox not found\n")
	}
	if st.scene != nil {
		topic, ok := opened[st.scene.title]
		if !ok {
			var err error
			if topic, err = s.raise(*st.scene); err != nil {
				return err
			}
			opened[st.scene.title] = topic
		}
		post.Thread = topic
	}
	_, err := s.tg.Post(post)
	return err
}

// raise opens a scene's topic as the mirror does.
func (s *Stage) raise(sc scene) (int, error) {
	topic, err := s.tg.CreateTopic(groupID, mirrorID, squares[sc.status]+" "+sc.title)
	if err != nil {
		return 0, err
	}
	s.mirror.open(topic, sc)
	return topic, nil
}

// drain handles the events that are there already.
func (s *Stage) drain(events <-chan telegramtest.Event) {
	for {
		select {
		case e := <-events:
			s.handle(e)
		default:
			return
		}
	}
}

// follow handles events until the played Telegram ends.
func (s *Stage) follow(events <-chan telegramtest.Event) {
	for e := range events {
		s.handle(e)
	}
}

func (s *Stage) handle(e telegramtest.Event) {
	switch e.Kind {
	case telegramtest.EventsLost:
		s.recover()
	case telegramtest.TopicChanged:
		s.showTopic(e.Topic)
	case telegramtest.MessageNew:
		s.mirror.see(e.Message, false)
	case telegramtest.MessageEdited:
		s.mirror.see(e.Message, true)
	case telegramtest.MessageDeleted:
		s.board.remove(topicOf(e.Message), e.Message.ID)
	case telegramtest.CallbackAnswered, telegramtest.ChatAction, telegramtest.MemberChanged:
	}
}

// recover reads everything again after events were lost. Known messages are only brought up to date.
func (s *Stage) recover() {
	for _, t := range s.tg.Topics(groupID) {
		s.showTopic(t)
	}
	for _, m := range s.tg.Messages(groupID) {
		s.mirror.see(&m, true)
	}
}

func (s *Stage) showTopic(t telegramtest.Topic) {
	if t.Chat != groupID || t.Deleted {
		return
	}
	v := topicView{ID: t.ID, Title: t.Name, Color: t.IconColor, Closed: t.Closed, Kind: kindOther}
	if sc, ok := s.mirror.scene(t.ID); ok {
		v.Kind, v.Note, v.Color = sc.kind(), sc.note, sc.color
		v.Customer = &customerView{
			ID: sc.customer.ID, Name: sc.customer.name(), Username: sc.customer.Username, Language: sc.customer.Language,
		}
	}
	s.board.setTopic(v)
}

// turn shows a topic's new status: the square in its name, the Topics API, closed or open.
func (s *Stage) turn(topic int, sc scene, status string) {
	s.api.tell(topic, sc, status, s.clock())
	err := s.tg.RenameTopic(groupID, topic, mirrorID, squares[status]+" "+sc.title)
	if err == nil {
		err = s.setClosed(topic, status == statusClosed)
	}
	if err != nil {
		s.log.Error("played mirror changes a status", "topic_id", topic, "error", err)
	}
}

func (s *Stage) setClosed(topic int, closed bool) error {
	t, ok := s.board.topic(topic)
	if !ok {
		return fmt.Errorf("no topic %d", topic)
	}
	switch {
	case closed && !t.Closed:
		return s.tg.CloseTopic(groupID, topic, mirrorID)
	case !closed && t.Closed:
		return s.tg.ReopenTopic(groupID, topic, mirrorID)
	}
	return nil
}

// watchBot shows whether a bot polls and which commands it offers, until the stage ends.
func (s *Stage) watchBot() {
	tick := time.NewTicker(250 * time.Millisecond)
	defer tick.Stop()
	menus := int64(-1)
	for {
		s.board.setBot(s.polls.connected())
		if n := s.polls.menus.Load(); n != menus {
			menus = n
			s.board.setCommands(commandsView{
				Admin:  s.menu("chat_administrators", "chat", "all_chat_administrators", "all_group_chats", "default"),
				Member: s.menu("chat", "all_group_chats", "default"),
			})
		}
		select {
		case <-tick.C:
		case <-s.ended.Done():
			return
		}
	}
}

// menu is the first menu that is set, narrowest scope first, as Telegram's clients choose.
func (s *Stage) menu(scopes ...string) []commandView {
	out := []commandView{}
	for _, scope := range scopes {
		chat := int64(0)
		if scope == "chat" || scope == "chat_administrators" {
			chat = groupID
		}
		for _, language := range []string{"en", ""} {
			for _, c := range s.tg.Commands(scope, chat, language) {
				out = append(out, commandView{Command: c.Command, Description: c.Description})
			}
			if len(out) > 0 {
				return out
			}
		}
	}
	return out
}
