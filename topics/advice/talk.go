package advice

import (
	"slices"
	"strings"
	"time"

	"topicpilot/topics"
)

const (
	// episodePause is the silence that ends an episode.
	episodePause = 6 * time.Hour
	// maxBurst bounds the messages of a question.
	maxBurst = 20
)

// Who writes a Turn.
const (
	fromCustomer = "customer"
	fromOperator = "operator"
)

// TalkOptions say how a talk is read.
type TalkOptions struct {
	// Call are the words that address the advisor; they are taken off the question.
	Call []string
	// Now is the present, Pause the silence that ends a run of the customer's messages; 0 for
	// none.
	Now   time.Time
	Pause time.Duration
	// Drafted is the newest draft of the conversation; nil for none.
	Drafted *topics.Draft
}

// Talk is what the end of a conversation tells.
type Talk struct {
	// Question joins the customer's last messages that nobody has answered, as far as they
	// are of this episode; "" for none. QuestionID is the newest of them, QuestionAt when it was
	// written (or edited).
	Question   string
	QuestionID int64
	QuestionAt time.Time
	// WaitingAt is since when the customer waits for a draft: the first of the newest run of
	// messages without an answer was written then that Drafted does not answer. Zero where it
	// answers all.
	WaitingAt time.Time
	// Addressed tells that one of them begins with a word of Call.
	Addressed bool
	// SmallTalk tells that there is nothing in it to answer: greetings, thanks, emoji,
	// media without words.
	SmallTalk bool
	// HumanAt is when an operator, or whoever else writes by hand, last wrote to the
	// customer; zero for never. HumanID is that message.
	HumanAt time.Time
	HumanID int64
	// Turns are the bounded episode before the question, Summary what was before the
	// episode; both without comments and commands.
	Turns   []Turn
	Summary string
}

// line is one message between customer and team.
type line struct {
	id   int64
	at   time.Time
	text string
	// waits is since when it waits for a draft; zero for what has one.
	waits time.Time
	// customer tells that the customer wrote it, else the team; human that somebody did by
	// hand.
	customer, human bool
	addressed       bool
}

// ReadTalk reads the end of a conversation: messages in their order, and the drafts of it
// that were sent to the customer elsewhere than in the topic, in any order.
func ReadTalk(messages []topics.Message, drafts []topics.Draft, o TalkOptions) Talk {
	lines := withDrafts(linesOf(messages, o), drafts)
	var talk Talk
	for _, l := range lines {
		if l.human && !l.at.Before(talk.HumanAt) {
			talk.HumanAt, talk.HumanID = l.at, l.id
		}
	}
	// What has no words tells nothing of the customer's, but answers as the team's.
	lines = slices.DeleteFunc(lines, func(l line) bool { return l.customer && l.text == "" && !l.addressed })
	episode := lines[lastEpisode(lines):]
	before := lines[:len(lines)-len(episode)]
	burst := episode[burstOf(episode):]
	talk.WaitingAt = waitingAt(episode, o.Pause)
	episode = episode[:len(episode)-len(burst)]
	talk.ask(burst)
	for _, l := range episode {
		if l.text != "" {
			talk.Turns = append(talk.Turns, l.turn())
		}
	}
	talk.Turns = newest(talk.Turns, maxTurns, maxTurnText)
	talk.Summary = summary(before, o.Now.Location())
	return talk
}

// ask fills in the question.
func (t *Talk) ask(burst []line) {
	var texts []string
	for _, l := range burst {
		t.Addressed = t.Addressed || l.addressed
		t.QuestionID, t.QuestionAt = l.id, l.at
		if l.text != "" {
			texts = append(texts, l.text)
		}
	}
	t.Question = cut(strings.Join(texts, "\n"), maxQuestion)
	t.SmallTalk = SmallTalk(t.Question)
}

func (l line) turn() Turn {
	if l.customer {
		return Turn{From: fromCustomer, Text: l.text}
	}
	return Turn{From: fromOperator, Text: l.text}
}

// linesOf takes the talk out of messages, by the time at which each was written. A text that
// the customer has changed counts from then on; an answer counts from when it was given.
func linesOf(messages []topics.Message, o TalkOptions) []line {
	var lines []line
	for i := range messages {
		m := &messages[i]
		if m.Kind != topics.MessageTalk {
			continue
		}
		l := line{id: m.ID, at: m.Date, text: strings.TrimSpace(m.Text.Text)}
		switch m.Author.Kind {
		case topics.AuthorBot, topics.AuthorService:
			continue
		case topics.AuthorCustomer:
			l.customer = true
			if m.EditDate.After(m.Date) {
				l.at = m.EditDate
			}
			l.waits = waitsSince(m, l.at, o.Drafted)
			if rest, ok := Addressed(l.text, o.Call); ok {
				l.addressed, l.text = true, rest
			}
		case topics.AuthorSelf:
		case topics.AuthorOperator, topics.AuthorStranger, topics.AuthorAnonymous, topics.AuthorChannel:
			l.human = true
		default: // whoever it is, a person may have answered
			l.human = true
		}
		lines = append(lines, l)
	}
	slices.SortStableFunc(lines, func(a, b line) int { return a.at.Compare(b.at) })
	return lines
}

// withDrafts puts each draft behind what it answers, and behind what was written before it
// was sent. Telegram tells whole seconds.
func withDrafts(lines []line, drafts []topics.Draft) []line {
	for _, d := range drafts {
		if d.State != topics.DraftSent {
			continue
		}
		l := line{at: d.At.Truncate(time.Second), text: strings.TrimSpace(d.Text)}
		if !d.EndedAt.IsZero() {
			l.at = d.EndedAt.Truncate(time.Second)
		}
		at := len(lines)
		for at > 0 && !lines[at-1].at.Before(l.at) && (lines[at-1].id == 0 || lines[at-1].id > d.QuestionID) {
			at--
		}
		lines = slices.Insert(lines, at, l)
	}
	return lines
}

// lastEpisode is where the newest episode begins.
func lastEpisode(lines []line) int {
	for i := len(lines) - 1; i > 0; i-- {
		if lines[i].at.Sub(lines[i-1].at) > episodePause {
			return i
		}
	}
	return 0
}

// burstOf is where the customer's messages begin that nobody has answered, within the
// bounds of a question.
func burstOf(episode []line) int {
	first, characters := len(episode), 0
	for first > 0 && episode[first-1].customer && len(episode)-first < maxBurst {
		characters += len([]rune(episode[first-1].text)) + 1
		if characters > maxQuestion+1 && first < len(episode) {
			break
		}
		first--
	}
	return first
}

// waitsSince is since when a message with words of that time waits for a draft. Ids begin anew
// with each chat that a group becomes.
func waitsSince(m *topics.Message, at time.Time, drafted *topics.Draft) time.Time {
	switch {
	case drafted == nil:
		return m.Date
	case m.ChatID == drafted.ChatID && m.ID > drafted.QuestionID,
		m.ChatID != drafted.ChatID && m.Date.After(drafted.At):
		return m.Date
	case at.After(drafted.At): // it has other words since
		return drafted.At
	}
	return time.Time{}
}

// waitingAt is since when the customer waits for a draft of what the episode ends with without
// an answer and without a silence longer than pause (0: of any length), however much of it the
// question holds.
func waitingAt(episode []line, pause time.Duration) time.Time {
	var since time.Time
	first := len(episode)
	for first > 0 && episode[first-1].customer &&
		(first == len(episode) || pause <= 0 || episode[first].at.Sub(episode[first-1].at) <= pause) {
		first--
		if w := episode[first].waits; !w.IsZero() && (since.IsZero() || w.Before(since)) {
			since = w
		}
	}
	if first > 0 && !since.IsZero() && since.Before(episode[first-1].at) {
		return episode[first-1].at // words that were changed after that
	}
	return since
}
