package desktop

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"topicpilot/topics"
)

// What a batch holds at most; the store takes 1000.
const (
	batchSize   = 1000
	batchWeight = 4 << 20
)

// clockSkew is how far the clocks of Telegram's servers may be ahead of ours. What is dated
// later nobody has written yet: it would pass for newer than the erasure of its customer.
const clockSkew = 10 * time.Minute

// generalTopic is the id of General, which is no topic of ours.
const generalTopic = 1

// messages reads the messages of the group.
func (r *reading) messages(group *topics.Group, chat Chat) error {
	if err := r.begin(group, chat); err != nil {
		return err
	}
	c, err := r.in.peek()
	if err != nil {
		return err
	}
	if c != '[' {
		r.note("messages of another type", true, 0)
		return r.in.skip()
	}
	return r.in.array(func() error {
		c, err := r.in.peek()
		if err != nil {
			return err
		}
		if c != '{' {
			r.leaveOut("message of another type", 0)
			return r.in.skip()
		}
		var m record
		err = r.readRecord(&m)
		if err != nil {
			if m.id != 0 {
				r.message, r.whole = m.id, false
			}
			return err
		}
		r.message, r.whole = m.id, true
		return r.take(&m)
	})
}

// begin gets ready for the messages of the group.
func (r *reading) begin(group *topics.Group, chat Chat) error {
	if r.group != nil {
		return nil
	}
	r.group, r.report.Chat = group, chat
	r.odd, r.known = make(map[string]*Oddity), make(map[int64]bool)
	if r.Known == nil {
		return nil
	}
	known, err := r.Known(r.ctx, chat.ID)
	if err != nil {
		return fmt.Errorf("look for known topics: %w", err)
	}
	for _, id := range known {
		r.known[id] = false
	}
	return nil
}

// take imports a message, or counts why it does not.
func (r *reading) take(m *record) error {
	switch {
	case m.id < 0 && m.id >= -math.MaxInt32:
		r.leaveOut("message of the former basic group", m.id)
		return nil
	case m.id <= 0 || m.id > math.MaxInt32:
		r.leaveOut("message without a usable id", m.id)
		return nil
	}
	author := r.author(m)
	thread, reason := r.thread(m)
	if reason != "" {
		r.leaveOut(reason, m.id)
		return nil
	}
	at := place{id: uint32(m.id), thread: uint32(thread)} //nolint:gosec // checked above; a thread is a message id
	if author.Kind == topics.AuthorCustomer {
		at.thread |= byMirror
	}
	r.table.add(at)
	if thread == 0 {
		r.report.General++
		return nil
	}
	date := when(m.date, m.localDate, r.Zone)
	switch {
	case date.IsZero():
		r.leaveOut("message without a usable date", m.id)
		return nil
	case date.After(r.Now().Add(clockSkew)):
		r.leaveOut("message with a date in the future", m.id)
		return nil
	}
	msg := topics.Message{
		Conversation: topics.Conversation{ChatID: r.report.Chat.ID, ThreadID: thread}, ID: m.id,
		Date: date, EditDate: when(m.edited, m.localEdited, r.Zone), Author: author,
		Text: m.text, Media: mediaOf(m), Forwarded: m.forwarded, ViaBot: m.viaBot != "",
	}
	r.finish(&msg, m)
	for _, kind := range m.oddities {
		r.note(kind, false, m.id)
	}
	return r.push(msg)
}

// finish fills in what depends on the kind of message.
func (r *reading) finish(msg *topics.Message, m *record) {
	if msg.Text.Text == "" {
		msg.Text = m.textParts
	}
	in := &topics.Incoming{Text: msg.Text}
	if m.reply != 0 && m.reply != msg.ThreadID && m.replyPeer == "" {
		msg.ReplyTo = m.reply
		in.ReplyTo = &topics.Reply{MessageID: m.reply}
		if to, ok := r.find(m.reply); ok && to.customers() && len(r.group.Mirror.SenderIDs) > 0 {
			in.ReplyTo.FromID = r.group.Mirror.SenderIDs[0]
		}
	}
	msg.Kind = topics.KindOf(r.group, in, msg.Author.Kind)
	if m.kind == kindService {
		msg.Media = append(msg.Media, topics.Media{Kind: serviceName(m.action), Note: m.title})
		if m.action == actionTopicCreated {
			r.created(msg, m.title)
		}
		return
	}
	if m.kind != "message" {
		m.odd("type: " + cleanName(m.kind))
	}
	if msg.Text.Text == "" && len(msg.Media) == 0 {
		m.odd("message without content")
		msg.Media = []topics.Media{{Kind: "unsupported"}}
	}
}

func (r *reading) created(msg *topics.Message, title string) {
	r.changes = append(r.changes, topics.TopicChange{
		Conversation: msg.Conversation, Title: title, Status: topics.TopicStatusOpen, At: msg.Date,
	})
}

// thread finds the message's topic: 0 for General, or a reason why it cannot be told.
func (r *reading) thread(m *record) (thread int64, reason string) {
	answered := m.reply
	if m.kind == kindService {
		switch {
		case m.action == actionTopicCreated && m.id != generalTopic:
			return r.newTopic(m.id), ""
		case answered != 0:
		case m.about != 0:
			answered = m.about
		case m.action == "topic_edit":
			return 0, "change of a topic that is not named"
		case !knownAction(m):
			return 0, "service message: " + cleanName(m.action)
		}
	}
	switch {
	case answered == 0 && m.kind == "unsupported":
		return 0, "message of a kind that was not exported"
	case answered == 0 || answered == generalTopic && m.replyPeer == "":
		return 0, ""
	case m.replyPeer != "":
		return 0, "answer to a message of another chat"
	}
	if to, ok := r.find(answered); ok {
		return to.topic(), ""
	}
	if used, known := r.known[answered]; known {
		if !used {
			r.known[answered] = true
			r.report.Topics++
		}
		return answered, ""
	}
	return 0, "answer to a message that is not in the file"
}

func (r *reading) newTopic(id int64) int64 {
	if _, twice := r.find(id); !twice {
		r.report.Topics++
	}
	return id
}

func (r *reading) find(id int64) (place, bool) {
	if id <= 0 || id > math.MaxInt32 {
		return place{}, false
	}
	return r.table.find(uint32(id))
}

// author decides who wrote the message, by ids and settings alone. The export does not tell
// who was an administrator or a member at that time, nor who is a bot: in a group whose
// operators are these, whoever is not the mirror counts as operator. Nobody gets a right by that.
func (r *reading) author(m *record) topics.Author {
	if m.kind == kindService {
		_, id := peer(m.actorID)
		return topics.Author{Kind: topics.AuthorService, ID: id, Name: m.actor}
	}
	kind, id := peer(m.fromID)
	author := topics.Author{Kind: topics.AuthorStranger, ID: id, Name: m.from}
	switch {
	case kind == "channel":
		author.ID = -supergroupBase - id
		author.Kind = topics.AuthorChannel
		if author.ID == r.report.Chat.ID {
			author.Kind = topics.AuthorAnonymous
		}
	case kind == "chat":
		author.Kind, author.ID = topics.AuthorChannel, -id
	case id == 0:
	case id == r.SelfID:
		author.Kind = topics.AuthorSelf
	case r.group.IsMirror(id):
		author.Kind = topics.AuthorCustomer
	case r.operator(id):
		author.Kind = topics.AuthorOperator
	}
	return author
}

func (r *reading) operator(id int64) bool {
	for _, who := range []topics.Who{r.group.Admins, r.group.Operators} {
		if slices.Contains(who.IDs, id) {
			return true
		}
	}
	// As at the front door: the person may be the mirror, and speak for a customer.
	if r.group.MirrorUnknown() {
		return false
	}
	return r.group.Operators.Administrators || r.group.Operators.Members
}

// peer splits "user123"; a bare number is a user.
func peer(s string) (kind string, id int64) {
	digits := strings.TrimLeft(s, "abcdefghijklmnopqrstuvwxyz")
	kind = s[:len(s)-len(digits)]
	id, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || id <= 0 || id >= 1<<52 {
		return kind, 0
	}
	return kind, id
}

// push adds a message to the batch.
func (r *reading) push(msg topics.Message) error {
	r.batch = append(r.batch, msg)
	r.weight += len(msg.Text.Text) + 100*(len(msg.Text.Entities)+1)
	for _, one := range msg.Media {
		r.weight += len(one.Note)
	}
	if len(r.batch) < batchSize && r.weight < batchWeight {
		return nil
	}
	return r.flush()
}

// flush imports what was read so far.
func (r *reading) flush() error {
	if len(r.batch)+len(r.changes) == 0 {
		return nil
	}
	done, err := r.sink.Import(r.ctx, r.batch, r.changes)
	if err != nil {
		r.refused = true
		return fmt.Errorf("import: %w", err)
	}
	r.report.Imported.Stored += done.Stored
	r.report.Imported.Known += done.Known
	r.report.Imported.Forgotten += done.Forgotten
	r.batch, r.changes, r.weight = r.batch[:0], r.changes[:0], 0
	clear(r.batch[:cap(r.batch)])
	return nil
}
