package topics

import (
	"log/slog"
	"slices"
	"sync"
)

// Source tells where customers' messages come from.
type Source string

// The sources of customers' messages.
const (
	SourceAccount Source = "account"
	SourceBot     Source = "bot"
	SourceWebhook Source = "webhook"
	SourceRelay   Source = "relay"
	SourceNone    Source = "none"
)

// Who names a set of people of a group.
type Who struct {
	Administrators bool
	Members        bool
	IDs            []int64
}

// Mirror describes the system that carries messages between topic and customer.
type Mirror struct {
	Source      Source
	SenderIDs   []int64
	CommentMark string
	ReplyOnly   bool
}

// Instance is one connection of the mirror, with the key of its Topics API.
type Instance struct {
	ID string
	// Key is a secret: it is only ever revealed to the client of the Topics API.
	Key interface{ Reveal() string }
}

// Group is one support group and its rules.
type Group struct {
	// ID is the chat's id as the settings name it. After a migration the chat has
	// another one; Groups.Find finds the group by both.
	ID        int64
	Language  string
	Instances []Instance
	Mirror    Mirror
	Operators Who
	Admins    Who
	// CustomerSend is how an operator's explicit message goes to a customer.
	CustomerSend CustomerSend
	// AdviceMode is the advisor's in topics for which nobody has set another.
	AdviceMode AdviceMode
}

// CustomerSend names a way to a customer.
type CustomerSend string

// The ways to a customer.
const (
	// CustomerSendNone: there is none; the text is offered for copying.
	CustomerSendNone CustomerSend = "none"
	// CustomerSendTopic: as plain text in the topic, which the mirror carries over.
	CustomerSendTopic CustomerSend = "topic"
	// CustomerSendBot: through the bot that the customer writes to.
	CustomerSendBot CustomerSend = "bot"
)

// MirrorUnknown tells that customers' messages are posted by an account or a bot
// which the settings do not name. Until they do, a customer's text cannot be told
// from an administrator's or a member's, so only people whom the settings name by id
// can give commands.
func (g *Group) MirrorUnknown() bool {
	posts := g.Mirror.Source == SourceAccount || g.Mirror.Source == SourceBot
	return posts && len(g.Mirror.SenderIDs) == 0
}

// IsMirror reports whether the user posts customers' messages.
func (g *Group) IsMirror(userID int64) bool { return slices.Contains(g.Mirror.SenderIDs, userID) }

// Groups finds the settings of a chat, also after its migration to another id.
// It may be used concurrently.
type Groups struct {
	mu      sync.RWMutex
	byID    map[int64]*Group
	present map[*Group]int64
	list    []*Group
}

// NewGroups holds the given groups.
func NewGroups(groups []*Group) *Groups {
	g := &Groups{
		byID: make(map[int64]*Group, len(groups)), present: make(map[*Group]int64, len(groups)), list: groups,
	}
	for _, group := range groups {
		g.byID[group.ID], g.present[group] = group, group.ID
	}
	return g
}

// Find gives the group of a chat.
func (g *Groups) Find(chatID int64) (*Group, bool) {
	g.mu.RLock()
	defer g.mu.RUnlock()
	group, ok := g.byID[chatID]
	return group, ok
}

// All lists the groups in the order of the settings.
func (g *Groups) All() []*Group { return g.list }

// ChatID is the group's present chat id: another one than its own after a migration.
func (g *Groups) ChatID(group *Group) int64 {
	g.mu.RLock()
	defer g.mu.RUnlock()
	return g.present[group]
}

// Follow is Migrate, and warns when it is news.
func (g *Groups) Follow(m Migrated, log *slog.Logger) bool {
	news := g.Migrate(m.From, m.To)
	if news {
		log.Warn("a group has another id now; its settings go on working, but put the new id into them",
			"from", m.From, "to", m.To)
	}
	return news
}

// Migrate makes the settings of chat from serve chat to as well, unless the settings
// name that chat themselves: then theirs hold. It reports whether that is news.
func (g *Groups) Migrate(from, to int64) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	group, known := g.byID[from]
	if _, taken := g.byID[to]; !known || taken {
		return false
	}
	g.byID[to], g.present[group] = group, to
	return true
}
