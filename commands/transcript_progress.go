package commands

import (
	"context"
	"log/slog"
	"strconv"
	"time"

	"topicpilot/commands/messages"
	"topicpilot/topics"
)

const (
	// showAfter is how long an export runs before people are shown how far it is.
	showAfter = 3 * time.Second
	// showEvery is the least time between two edits: each takes one of the group's
	// messages of a minute.
	showEvery = 10 * time.Second
	// showTime bounds one post or edit.
	showTime = 10 * time.Second
)

// progressNote is the message that shows how far an export has come. What goes wrong
// with it is logged and does not stop the export. The stored transcript gets it with its
// last text only, when the answer takes its place.
type progressNote struct {
	poster Poster
	say    *messages.Printer
	log    *slog.Logger
	now    func() time.Time
	conv   topics.Conversation

	// id is the message, 0 before it is posted.
	id    int64
	began time.Time
	last  time.Time
	// moved tells that the try got further than where it began, which is first.
	moved bool
	first *int64
}

// at shows how far it has come, if it is time to.
func (p *progressNote) at(ctx context.Context, done, total int64) {
	if p.first == nil {
		p.first = &done
	}
	p.moved = p.moved || done > *p.first
	now := p.now()
	if p.poster == nil || now.Sub(p.began) < showAfter || now.Sub(p.last) < showEvery || done >= total {
		return
	}
	p.last = now
	ctx, cancel := context.WithTimeout(ctx, showTime)
	defer cancel()
	text := p.say.T("transcript.progress", messages.Data{
		"Done": grouped(p.say, done), "Total": grouped(p.say, total),
	})
	posted, err := p.poster.Post(ctx, topics.Outgoing{
		Conversation: p.conv, Priority: topics.PriorityNotice, Text: topics.Plain(text), EditID: p.id,
	})
	if err != nil {
		p.log.Info("progress not shown", "topic_id", p.conv.String(), "error", err)
		return
	}
	p.id = posted.ID
}

// grouped writes a number with its thousands apart, as the language does.
func grouped(say *messages.Printer, n int64) string {
	separator := ","
	if say.Language() != "en" {
		separator = "\u00a0"
	}
	digits := strconv.FormatInt(n, 10)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + separator + digits[i:]
	}
	return digits
}
