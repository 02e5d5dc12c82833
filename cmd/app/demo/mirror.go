package demo

import (
	"regexp"
	"strings"
	"sync"

	"topicpilot/integrations/telegram/telegramtest"
)

const commentMark = "/ "

// The mirror's statuses and the squares that show them in a topic's name.
const (
	statusWaiting  = "user_answered"
	statusAnswered = "support_answered"
	statusClosed   = "closed"
)

var squares = map[string]string{statusWaiting: "🟪", statusAnswered: "🟨", statusClosed: "⬛️"}

var slashCommand = regexp.MustCompile(`^/[A-Za-z0-9_]`)

// goesOut is the mirror's rule: everything is carried to the customer but comments and commands.
func goesOut(text string) bool {
	return !strings.HasPrefix(text, commentMark) && !slashCommand.MatchString(text)
}

// statusCommands are the mirror's own commands that the stage plays.
var statusCommands = map[string]string{"/hold": statusWaiting, "/wait": statusAnswered, "/close": statusClosed}

// mirror carries messages between topics and customers' phones.
type mirror struct {
	board *board
	// turn is told of a topic's new status; nil while the histories are laid.
	turn func(topic int, s scene, status string)

	mu     sync.Mutex
	scenes map[int]scene // by topic; the status is kept up to date
}

func newMirror(b *board) *mirror { return &mirror{board: b, scenes: map[int]scene{}} }

func (m *mirror) open(topic int, s scene) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.scenes[topic] = s
}

func (m *mirror) scene(topic int) (scene, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s, ok := m.scenes[topic]
	return s, ok
}

// topicOf finds the topic of a customer by name, 0 for none.
func (m *mirror) topicOf(name string) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	for topic, s := range m.scenes {
		if !s.chat && s.customer.name() == name {
			return topic
		}
	}
	return 0
}

// see handles a new or edited message of a topic: it carries it on, or not, and tells the team's side.
func (m *mirror) see(msg *telegramtest.Message, edited bool) {
	v := viewOf(msg)
	s, mirrored := m.scene(v.Topic)
	if v.Service != "" {
		// The mirror renames at every change of status; the list shows it, lines would only be noise.
		if msg.TopicEdited == nil || msg.From == nil || msg.From.ID != mirrorID {
			m.board.put(v)
		}
		return
	}
	if !mirrored {
		v.Internal = !goesOut(v.Text)
		m.board.put(v)
		return
	}
	if v.Author.Role == roleCustomer {
		m.fromCustomer(v, s)
		return
	}
	if goesOut(v.Text) {
		m.board.carry(paneView{
			Topic: v.Topic, ID: v.ID, Text: v.Text, Entities: v.Entities, File: v.File, Date: v.Date, Edited: v.Edited,
		})
	}
	v.Internal = !m.board.carried(v.Topic, v.ID)
	m.board.put(v)
	m.follow(v, edited)
}

// fromCustomer shows what the mirror's account posted under the customer's name.
func (m *mirror) fromCustomer(v messageView, s scene) {
	own := paneView{
		Topic: v.Topic, ID: v.ID, Own: true, Text: v.Text, Entities: v.Entities, File: v.File,
		Date: v.Date, Edited: v.Edited,
	}
	v.Via, v.Author.Name = v.Author.Name, s.customer.name()
	v.Author.ID = s.customer.ID
	if name, text, named := strings.Cut(v.Text, ": "); s.chat && named {
		v.Author.Name = name
		own.Name, own.Text, own.Entities = name, text, nil
	}
	m.board.carry(own)
	m.board.put(v)
	m.setStatus(v.Topic, statusWaiting)
}

// follow moves the topic's status on after a message of the team.
func (m *mirror) follow(v messageView, edited bool) {
	switch {
	case edited:
	case !v.Internal:
		m.setStatus(v.Topic, statusAnswered)
	case v.Author.Role == roleOperator:
		if status, ok := statusCommands[strings.TrimSpace(v.Text)]; ok {
			m.setStatus(v.Topic, status)
		}
	}
}

func (m *mirror) setStatus(topic int, status string) {
	if m.turn == nil {
		return
	}
	m.mu.Lock()
	s, ok := m.scenes[topic]
	changed := ok && s.status != status
	s.status = status
	if changed {
		m.scenes[topic] = s
	}
	m.mu.Unlock()
	if changed {
		m.turn(topic, s, status)
	}
}
