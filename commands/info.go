package commands

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"topicpilot/topics"
)

const (
	// resolveTime is how long /info waits for the customer; the resolver itself gives
	// up earlier.
	resolveTime = 10 * time.Second
	// sectionTime is how long /info waits for its sections, if they do not say.
	sectionTime = 4 * time.Second
	// cardTime is what is left to put the card together.
	cardTime = time.Second
	// refreshPause is how long a card that was refreshed counts as fresh.
	refreshPause = 5 * time.Second
	// maxRefreshed bounds how many cards are remembered for that; the oldest go first.
	maxRefreshed = 1000
)

// Customers finds who stands behind a topic.
type Customers interface {
	// Resolve returns *topics.ResolveError when that is not known, and ctx's error
	// when ctx ends first.
	Resolve(
		ctx context.Context, group *topics.Group, conv topics.Conversation, need topics.Need,
	) (topics.Resolved, error)
}

// Section adds lines to the card of /info: what outside systems know, the linked
// account, the open claim, the page in Notion.
type Section interface {
	// Lines gives the lines, none for nothing to say. It must return soon after ctx
	// ends. Sections run side by side; an error costs its own line only.
	Lines(ctx context.Context, req SectionRequest) ([]topics.Text, error)
}

// Patient is a Section that may take longer than 4 seconds.
type Patient interface {
	// Longest is how long Lines may take.
	Longest() time.Duration
}

// SectionRequest is what a Section is asked.
type SectionRequest struct {
	Request
	// Customer is nil when it is not known who stands behind the topic.
	Customer *topics.Customer
	// Info is what else is known of the topic; the zero value without a customer.
	Info topics.TopicInfo
}

// InfoSection is a Section and its name, which stands in the line that says that the
// section gave no answer.
type InfoSection struct {
	Name string
	Section
}

// Info makes /info: the customer's card, with the lines of the sections in their order.
func Info(parts Parts) Command {
	if parts.Log == nil {
		parts.Log = slog.New(slog.DiscardHandler)
	}
	if parts.Now == nil {
		parts.Now = time.Now
	}
	info := &info{
		customers: parts.Customers, sections: parts.Sections, log: parts.Log, patience: sectionTime,
		refreshed: newRecent[cardKey](parts.Now, refreshPause, maxRefreshed),
	}
	for _, section := range parts.Sections {
		if patient, ok := section.Section.(Patient); ok {
			info.patience = max(info.patience, patient.Longest())
		}
	}
	return Command{
		Name:    "info",
		HelpID:  "help.info",
		Role:    topics.RoleOperator,
		Timeout: resolveTime + info.patience + cardTime,
		Run:     info.run,
		Press:   info.press,
	}
}

type info struct {
	customers Customers
	sections  []InfoSection
	log       *slog.Logger
	patience  time.Duration
	refreshed *recent[cardKey]
}

// cardKey names a message that shows who the customer is.
type cardKey struct{ chat, message int64 }

var refresh = Action{Command: "info", Verb: "refresh"}

func (i *info) run(ctx context.Context, req Request) (Reply, error) {
	resolved, reason, err := i.resolve(ctx, req)
	if err != nil {
		return Reply{}, err
	}
	return i.card(ctx, req, resolved, reason), nil
}

// card is who the customer is, or why that is not known, and the sections' lines.
func (i *info) card(
	ctx context.Context, req Request, resolved topics.Resolved, reason topics.ResolveReason,
) Reply {
	section := SectionRequest{Request: req, Info: resolved.TopicInfo}
	card := new(topics.Text)
	if reason == "" {
		section.Customer = &resolved.Customer
		identity(card, req.Say, resolved)
	} else {
		section.Info = topics.TopicInfo{}
		card.Add(req.Say.T(reasonText(reason), nil))
	}
	if reason == topics.ReasonChat || reason == topics.ReasonGeneral {
		return Reply{Text: *card}
	}
	for _, line := range i.lines(ctx, section) {
		card.Add("\n").Append(line)
	}
	if reason == topics.ReasonNotSet {
		return Reply{Text: *card}
	}
	// What does not fit into one message cannot be edited in place.
	reply := Reply{Text: *card}
	if topics.UTF16Len(card.Text) <= maxCard {
		reply.Buttons = [][]topics.Button{{refresh.Button(req.Say.T("info.refresh", nil))}}
	}
	return reply
}

// press renews the card in place, unless somebody has just done that.
func (i *info) press(ctx context.Context, req Request) (Reply, error) {
	if req.Action != refresh {
		return Reply{Toast: req.Say.T("press.old", nil)}, nil
	}
	pressed := cardKey{chat: req.Conversation.ChatID, message: req.MessageID}
	if i.refreshed.blocks(pressed, req.Key) {
		return Reply{Toast: req.Say.T("info.just_refreshed", nil)}, nil
	}
	resolved, reason, err := i.resolve(ctx, req)
	if err != nil {
		return Reply{}, err
	}
	reply := i.card(ctx, req, resolved, reason)
	// Counted from its end: who pressed while it was asked sees the new card too.
	i.refreshed.add(pressed, req.Key)
	reply.Text = cutText(reply.Text, maxCard)
	reply.Edit, reply.Toast = true, req.Say.T("info.refreshed", nil)
	if resolved.Stale || reason == topics.ReasonUnavailable {
		reply.Toast = req.Say.T("info.refresh_stale", nil)
	}
	return reply, nil
}

// resolve finds the customer, or the reason why it is not known.
func (i *info) resolve(ctx context.Context, req Request) (topics.Resolved, topics.ResolveReason, error) {
	resolveCtx, cancel := context.WithTimeout(ctx, resolveTime)
	defer cancel()
	need := topics.NeedStatus
	if req.pressed() { // [Refresh]
		need = topics.NeedNow
	}
	resolved, err := i.customers.Resolve(resolveCtx, req.Group, req.Conversation, need)
	if err == nil {
		return resolved, "", nil
	}
	if known, ok := errors.AsType[*topics.ResolveError](err); ok {
		return resolved, known.Reason, nil
	}
	if resolveCtx.Err() != nil && ctx.Err() == nil {
		return topics.Resolved{}, topics.ReasonUnavailable, nil
	}
	return topics.Resolved{}, "", fmt.Errorf("resolve customer: %w", err)
}

// lines asks all sections side by side and gives their lines in the sections' order.
func (i *info) lines(ctx context.Context, req SectionRequest) []topics.Text {
	if len(i.sections) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, i.patience)
	defer cancel()
	answers := make([][]topics.Text, len(i.sections))
	var wg sync.WaitGroup
	for n, section := range i.sections {
		wg.Go(func() { answers[n] = i.section(ctx, section, req) })
	}
	wg.Wait()
	var lines []topics.Text
	for _, answer := range answers {
		lines = append(lines, answer...)
	}
	return lines
}

// section asks one section. Neither its error nor its panic harms the card.
func (i *info) section(ctx context.Context, s InfoSection, req SectionRequest) (lines []topics.Text) {
	dead := func(err error) []topics.Text {
		i.log.Warn("section of the card gave no answer", "section", s.Name,
			"topic_id", req.Conversation.String(), "error", err)
		return []topics.Text{topics.Plain(req.Say.T("lookup.no_answer", map[string]any{"Name": s.Name}))}
	}
	defer func() {
		if value := recover(); value != nil {
			lines = dead(newPanicked(value))
		}
	}()
	lines, err := s.Lines(ctx, req)
	if err != nil {
		return dead(err)
	}
	return lines
}

// reasonText is the id of the sentence for a reason.
func reasonText(reason topics.ResolveReason) string {
	switch reason {
	case topics.ReasonGeneral:
		return "reason.general"
	case topics.ReasonChat:
		return "reason.chat"
	case topics.ReasonUnknownTopic:
		return "reason.unknown_topic"
	case topics.ReasonNotSet:
		return "reason.not_set"
	case topics.ReasonRefused:
		return "reason.refused"
	}
	return "reason.unavailable"
}
