package topics

import (
	"container/list"
	"reflect"
	"time"
)

// resolverEntry is what a Resolver keeps of a topic. The zero value knows nothing.
type resolverEntry struct {
	// loaded tells that the store was looked at.
	loaded bool
	// known tells that info holds an answer of the Topics API, given at.
	known bool
	info  TopicInfo
	at    time.Time
	// storedAt is the time that the store has for info, zero if it has none.
	storedAt time.Time
	// unknownAt is when no instance knew the topic.
	unknownAt time.Time
	// group is whose instances were asked, key the key of the one that knew.
	group *Group
	key   any
	// rekeyed tells that the instance has got another key since: the answer still
	// names the customer but has to be asked for again.
	rekeyed bool
}

// remembered is the instance that knew the topic, "" for none.
func (e *resolverEntry) remembered() string {
	if !e.known {
		return ""
	}
	return e.info.Instance
}

// checkInstance drops an answer whose instance the group no longer has, and marks one
// whose instance has another key.
func (r *Resolver) checkInstance(entry *resolverEntry, group *Group) {
	if !entry.known {
		return
	}
	for _, instance := range group.Instances {
		if instance.ID == entry.info.Instance {
			if entry.key == nil {
				entry.key = instance.Key
			}
			entry.rekeyed = !sameKey(entry.key, instance.Key)
			return
		}
	}
	*entry = resolverEntry{loaded: true, group: group}
}

// sameKey compares two keys without revealing them. Keys that cannot be compared are
// taken to be the same.
func sameKey(a, b any) bool {
	if reflect.TypeOf(a) != reflect.TypeOf(b) {
		return false
	}
	return a == nil || !reflect.TypeOf(a).Comparable() || a == b
}

// resolverMemory keeps entries by topic, the least recently used one out first. It is
// guarded by its Resolver.
type resolverMemory struct {
	size  int
	byKey map[Conversation]*list.Element
	order *list.List
}

type resolverSlot struct {
	conv  Conversation
	entry resolverEntry
}

func newResolverMemory(size int) *resolverMemory {
	return &resolverMemory{size: size, byKey: make(map[Conversation]*list.Element), order: list.New()}
}

func (m *resolverMemory) get(conv Conversation) resolverEntry {
	element, ok := m.byKey[conv]
	if !ok {
		return resolverEntry{}
	}
	m.order.MoveToFront(element)
	slot, ok := element.Value.(*resolverSlot)
	if !ok {
		return resolverEntry{}
	}
	return slot.entry
}

func (m *resolverMemory) put(conv Conversation, entry resolverEntry) {
	if element, ok := m.byKey[conv]; ok {
		element.Value = &resolverSlot{conv: conv, entry: entry}
		m.order.MoveToFront(element)
		return
	}
	m.byKey[conv] = m.order.PushFront(&resolverSlot{conv: conv, entry: entry})
	for m.order.Len() > m.size {
		oldest := m.order.Back()
		m.order.Remove(oldest)
		if slot, ok := oldest.Value.(*resolverSlot); ok {
			delete(m.byKey, slot.conv)
		}
	}
}

func (m *resolverMemory) drop(conv Conversation) {
	if element, ok := m.byKey[conv]; ok {
		m.order.Remove(element)
		delete(m.byKey, conv)
	}
}
