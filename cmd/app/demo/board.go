package demo

import (
	"encoding/json"
	"reflect"
	"slices"
	"sync"
)

// Bounds of what the board keeps and of who may watch it.
const (
	keepPerTopic   = 300
	maxTopics      = 200
	maxWatchers    = 32
	watcherBacklog = 256
)

// board is what the page shows, and who watches it. Safe for concurrent use.
type board struct {
	mu       sync.Mutex
	state    snapshot // without topics, messages and pane
	topics   []topicView
	messages map[int][]messageView
	pane     map[int][]paneView
	watchers map[*watcher]struct{}
}

// watcher is one connected page. Its frames end when it is too slow; it then connects again and begins
// with the whole state.
type watcher struct{ frames chan []byte }

func newBoard() *board {
	bot := botUser()
	return &board{
		state: snapshot{
			Bot:    botView{Name: bot.FirstName, Username: bot.Username},
			Group:  groupView{ID: groupID, Title: groupTitle, Members: len(members()) + 1},
			People: people(), Faults: newFaults().list,
			Commands: commandsView{Admin: []commandView{}, Member: []commandView{}},
		},
		topics:   []topicView{{ID: 0, Title: "General", Kind: kindGeneral}},
		messages: map[int][]messageView{}, pane: map[int][]paneView{}, watchers: map[*watcher]struct{}{},
	}
}

// snapshot copies the whole state. Locked.
func (b *board) snapshot() snapshot {
	s := b.state
	s.Topics, s.Messages, s.Pane = slices.Clone(b.topics), []messageView{}, []paneView{}
	for _, t := range b.topics {
		s.Messages = append(s.Messages, b.messages[t.ID]...)
		s.Pane = append(s.Pane, b.pane[t.ID]...)
	}
	return s
}

// State copies the whole state.
func (b *board) State() snapshot {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.snapshot()
}

// watch registers a page; its first frame is the whole state. It reports false when too many watch.
func (b *board) watch() (*watcher, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.watchers) >= maxWatchers {
		return nil, false
	}
	w := &watcher{frames: make(chan []byte, watcherBacklog)}
	w.frames <- frame("state", b.snapshot())
	b.watchers[w] = struct{}{}
	return w, true
}

func (b *board) unwatch(w *watcher) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.drop(w)
}

// drop ends a watcher's frames. Locked.
func (b *board) drop(w *watcher) {
	if _, known := b.watchers[w]; known {
		delete(b.watchers, w)
		close(w.frames)
	}
}

// tell sends an event to all pages. Locked.
func (b *board) tell(name string, v any) {
	if len(b.watchers) == 0 {
		return
	}
	f := frame(name, v)
	for w := range b.watchers {
		select {
		case w.frames <- f:
		default:
			b.drop(w)
		}
	}
}

// frame is a server-sent event. JSON has no raw line breaks, so one data line is enough.
func frame(name string, v any) []byte {
	data, err := json.Marshal(v)
	if err != nil {
		// The views are plain data, which always marshals.
		data = []byte("null")
	}
	out := append([]byte("event: "+name+"\ndata: "), data...)
	return append(out, '\n', '\n')
}

func (b *board) setTopic(t topicView) {
	b.mu.Lock()
	defer b.mu.Unlock()
	i := slices.IndexFunc(b.topics, func(o topicView) bool { return o.ID == t.ID })
	switch {
	case i >= 0:
		b.topics[i] = t
	case len(b.topics) < maxTopics:
		b.topics = append(b.topics, t)
	default:
		return
	}
	b.tell("topic", t)
}

func (b *board) topic(id int) (topicView, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	i := slices.IndexFunc(b.topics, func(t topicView) bool { return t.ID == id })
	if i < 0 {
		return topicView{}, false
	}
	return b.topics[i], true
}

// put adds or replaces a message.
func (b *board) put(m messageView) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.messages[m.Topic] = upsert(b.messages[m.Topic], m, func(v messageView) int { return v.ID })
	b.tell("message", m)
}

// carry adds or replaces a message on the customer's phone.
func (b *board) carry(p paneView) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.pane[p.Topic] = upsert(b.pane[p.Topic], p, func(v paneView) int { return v.ID })
	b.tell("pane", p)
}

// carried tells whether the customer has been shown a message.
func (b *board) carried(topic, id int) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.ContainsFunc(b.pane[topic], func(p paneView) bool { return p.ID == id })
}

// remove takes a message away from the team's side; what the customer has, the customer keeps.
func (b *board) remove(topic, id int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.messages[topic] = slices.DeleteFunc(b.messages[topic], func(m messageView) bool { return m.ID == id })
	b.tell("removed", map[string]int{"topic": topic, "id": id})
}

// upsert keeps the list by id and bounded.
func upsert[T any](list []T, v T, id func(T) int) []T {
	at, found := slices.BinarySearchFunc(list, id(v), func(o T, want int) int { return id(o) - want })
	if found {
		list[at] = v
		return list
	}
	list = slices.Insert(list, at, v)
	if len(list) > keepPerTopic {
		list = slices.Clone(list[len(list)-keepPerTopic:])
	}
	return list
}

func (b *board) setBot(connected bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.state.Bot.Connected == connected {
		return
	}
	b.state.Bot.Connected = connected
	b.tell("bot", b.state.Bot)
}

func (b *board) setCommands(c commandsView) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.state.Commands = c
	b.tell("commands", c)
}

func (b *board) setFaults(list []faultView) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.state.Faults = list
	b.tell("faults", list)
}

// setAdvisor tells of a change only, as the bot's numbers are read time and again.
func (b *board) setAdvisor(v advisorView) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if reflect.DeepEqual(b.state.Advisor, v) {
		return
	}
	b.state.Advisor = v
	b.tell("advisor", v)
}

func (b *board) setSystems(v systemsView) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.state.Systems = v
	b.tell("systems", v)
}
