package commands

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"topicpilot/commands/messages"
	"topicpilot/topics"
)

// TaskCard is the kind of task that writes a customer's card.
const TaskCard = "card"

const (
	// cardPatience is how long a card is tried before the operator is told that it did
	// not work.
	cardPatience = 5 * time.Minute
	// cardPause is the first pause after a try that failed; each next one is twice as long.
	cardPause = 2 * time.Second
	// tellAfter is the longest wait of which the operator is not told.
	tellAfter = 5 * time.Second
)

// Card is a customer's card in an outside system.
type Card struct {
	ID, URL string
	// Tags and Priority are those that the team set there.
	Tags     []string
	Priority string
	// Created tells that it was made just now, Replaced that it stands for one that was
	// archived by hand.
	Created  bool
	Replaced bool
	// Twins counts further cards of the same customer, made by hand; the oldest is used.
	Twins int
}

// Cards keeps customers' cards in an outside system. May be called concurrently for
// different customers.
type Cards interface {
	// Upsert finds the customer's card, or makes one, and brings it up to date. It may be
	// called again after any error: it looks for the card before it makes one, and longer
	// where one was asked for without an answer.
	//
	// Errors: *topics.Wait when the system asks for a pause; *CardError for what no later
	// try mends; any other may pass.
	Upsert(ctx context.Context, customer topics.Customer, known topics.KnownCard) (Card, error)
}

// CardReason is why a card cannot be written: the id of the text that says so.
type CardReason string

// The reasons that no later try mends.
const (
	// CardRefused: the token is refused.
	CardRefused CardReason = "notion.refused"
	// CardRights: the connection lacks a capability.
	CardRights CardReason = "notion.rights"
	// CardNotShared: there is no such database, or it is not shared with the integration.
	CardNotShared CardReason = "notion.not_shared"
	// CardSchema: the database does not fit the settings.
	CardSchema CardReason = "notion.schema"
	// CardRejected: what was to be written is refused.
	CardRejected CardReason = "notion.rejected"
	// CardBusy: the pause that is asked for is too long.
	CardBusy CardReason = "notion.busy"
	// CardNoCustomer: it is not known who stands behind the topic.
	CardNoCustomer CardReason = "notion.no_customer"

	// cardUnavailable: no answer for too long.
	cardUnavailable CardReason = "notion.unavailable"
)

// word is the reason as the audit trail names it.
func (r CardReason) word() string {
	_, word, _ := strings.Cut(string(r), ".")
	return strings.ReplaceAll(word, "_", " ")
}

// CardError says why a card cannot be written.
type CardError struct {
	Reason CardReason
	Err    error
}

func (e *CardError) Error() string { return "card: " + e.Reason.word() + ": " + e.Err.Error() }

// Unwrap gives the cause.
func (e *CardError) Unwrap() error { return e.Err }

// NotionParts are what /notion works with.
type NotionParts struct {
	// System is the integration's id, "" where there is none.
	System    string
	Cards     Cards
	Pages     topics.PageStore
	Runs      topics.RunStore
	Customers Customers
	Groups    *topics.Groups
	Log       *slog.Logger
	Now       func() time.Time
}

// Notion makes /notion, and the handler of the tasks that it starts. It does not hold up
// the topic: the card is written by a task, one at a time for each customer.
func Notion(parts NotionParts) (Command, topics.TaskHandler) {
	n := &notion{NotionParts: parts, audit: audit{runs: parts.Runs, now: parts.Now}}
	return Command{Name: "notion", HelpID: "help.notion", Role: topics.RoleOperator, Run: n.run}, n
}

type notion struct {
	NotionParts
	audit audit
}

// cardTask is the Data of a TaskCard.
type cardTask struct {
	topics.Conversation
	CustomerID int64     `json:"customer_id"`
	Run        int64     `json:"run"`
	Began      time.Time `json:"began"`
	Tries      int       `json:"tries,omitempty"`
	// Told tells that the operator knows that it takes longer.
	Told bool `json:"told,omitempty"`
}

func (n *notion) run(ctx context.Context, req Request) (Reply, error) {
	if n.System == "" {
		return req.say(outcomeRefused, req.Say.T("notion.not_set", nil)), nil
	}
	known, reason, err := identify(ctx, n.Customers, req)
	if err != nil {
		return Reply{}, err
	}
	if reason != "" {
		return req.say(outcomeRefused, req.Say.T(reasonText(reason), nil)), nil
	}
	customer := known.Customer
	run, err := n.audit.begin(ctx, req, customer.ID, topics.RunQueued)
	if err != nil {
		return Reply{}, err
	}
	task := cardTask{Conversation: req.Conversation, CustomerID: customer.ID, Run: run.ID, Began: n.Now()}
	return Reply{Tasks: []topics.Task{task.task("card:" + strconv.FormatInt(run.ID, 10))}}, nil
}

func (t cardTask) task(key string) topics.Task {
	data, err := json.Marshal(t)
	if err != nil {
		panic(fmt.Sprintf("task of a card does not encode: %T", err)) // plain data always does
	}
	return topics.Task{Kind: TaskCard, Lane: topics.CustomerLane(t.CustomerID) + " notion", Key: key, Data: data}
}

// RunTask writes one card and answers the operator.
func (n *notion) RunTask(ctx context.Context, task topics.Task) (topics.TaskResult, error) {
	var t cardTask
	if err := json.Unmarshal(task.Data, &t); err != nil {
		return topics.TaskResult{}, &topics.Hopeless{Err: errors.New("task of a card cannot be read")}
	}
	group, ok := n.Groups.Find(t.ChatID)
	if !ok {
		return topics.TaskResult{}, &topics.Hopeless{Err: errNoGroup}
	}
	req := Request{
		Call: topics.Call{Group: group, Conversation: t.Conversation}, Say: messages.For(group.Language),
	}
	if n.System == "" { // the integration was taken out of the settings meanwhile
		return n.answer(ctx, t, topics.Plain(req.Say.T("notion.not_set", nil)), topics.RunFailed, "not set")
	}
	card, err := n.write(ctx, req, t)
	switch {
	case err == nil:
		return n.answer(ctx, t, cardText(req.Say, card), topics.RunDone, "done")
	case ctx.Err() != nil:
		return topics.TaskResult{}, ctx.Err() // the stop: this very task goes on at the next start
	}
	return n.failed(ctx, req, t, err)
}

var (
	errNotKnown      = errors.New("it is not known any more who stands behind the topic")
	errOtherCustomer = errors.New("the topic has another customer by now")
)

// write brings the card of the topic's customer up to date.
func (n *notion) write(ctx context.Context, req Request, t cardTask) (Card, error) {
	known, reason, err := identify(ctx, n.Customers, req)
	switch {
	case err != nil:
		return Card{}, err
	case reason != "":
		return Card{}, &CardError{Reason: CardReason(reasonText(reason)), Err: errNotKnown}
	case known.Customer.ID != t.CustomerID:
		return Card{}, &CardError{Reason: CardRejected, Err: errOtherCustomer}
	}
	return WriteCard(ctx, n.Pages, n.Cards, CardRequest{System: n.System, Customer: known.Customer, Since: t.Began})
}

// CardRequest asks for a customer's card.
type CardRequest struct {
	// System is the integration's id.
	System   string
	Customer topics.Customer
	// Since is when the work was asked for.
	Since time.Time
}

// WriteCard brings the customer's card up to date and remembers its page. That a page is
// asked for is written down before: if we die, the next try knows that there may be one
// which is not to be seen yet. Errors: as of Cards, and the store's; topics.ErrForgotten
// when the customer was erased after req.Since: then no page is asked for any more.
func WriteCard(ctx context.Context, pages topics.PageStore, cards Cards, req CardRequest) (Card, error) {
	system, customer := req.System, req.Customer
	page, err := pages.Page(ctx, system, topics.PageCard, customer.ID, topics.Conversation{})
	if err != nil && !errors.Is(err, topics.ErrNotFound) {
		return Card{}, fmt.Errorf("read the card's page: %w", err)
	}
	asked, err := pages.Page(ctx, system, topics.PageAsked, customer.ID, topics.Conversation{})
	if err != nil && !errors.Is(err, topics.ErrNotFound) {
		return Card{}, fmt.Errorf("read whether a card was asked for: %w", err)
	}
	note := topics.Page{System: system, Kind: topics.PageAsked, CustomerID: customer.ID, Since: req.Since}
	card, err := cards.Upsert(ctx, customer, topics.KnownCard{
		ID: page.ID, Asked: asked.At,
		Asking: func(ctx context.Context) error {
			note.At = time.Now()
			return pages.KeepPage(ctx, note)
		},
	})
	if err != nil {
		if !note.At.IsZero() && noCard(err) {
			err = errors.Join(err, pages.DropPage(ctx, note))
		}
		return Card{}, err
	}
	if err := keepCard(ctx, pages, page, card, note); err != nil {
		return Card{}, err
	}
	if !note.At.IsZero() || !asked.At.IsZero() {
		if err := pages.DropPage(ctx, note); err != nil {
			return Card{}, fmt.Errorf("forget that a card was asked for: %w", err)
		}
	}
	return card, nil
}

// noCard reports whether an error tells that certainly no page was made.
func noCard(err error) bool {
	_, wait := errors.AsType[*topics.Wait](err)
	_, refused := errors.AsType[*CardError](err)
	return wait || refused
}

// keepCard remembers the card's page, where it is not the one that was known.
func keepCard(ctx context.Context, pages topics.PageStore, page topics.Page, card Card, note topics.Page) error {
	kept := topics.Page{
		System: note.System, Kind: topics.PageCard, CustomerID: note.CustomerID, ID: card.ID, URL: card.URL,
		Ours: card.Created || page.ID == card.ID && page.Ours, At: time.Now(), Since: note.Since,
	}
	if kept.ID == page.ID && kept.URL == page.URL && kept.Ours == page.Ours {
		return nil
	}
	if err := pages.KeepPage(ctx, kept); err != nil {
		return fmt.Errorf("keep the card's page: %w", err)
	}
	return nil
}

// failed decides between another try and an answer that says why not.
func (n *notion) failed(ctx context.Context, req Request, t cardTask, failure error) (topics.TaskResult, error) {
	if errors.Is(failure, topics.ErrForgotten) {
		return topics.TaskResult{}, nil // there is nobody to write a card for
	}
	reason := cardUnavailable
	pause := min(cardPause<<min(t.Tries, 5), time.Minute)
	fault, isFault := errors.AsType[*CardError](failure)
	if isFault {
		reason = fault.Reason
	}
	wait, paused := errors.AsType[*topics.Wait](failure)
	if paused {
		pause = max(wait.After, time.Second)
	}
	if isFault || n.Now().Sub(t.Began)+pause > cardPatience {
		n.Log.Warn("card not written", "system", n.System, "topic_id", t.String(), "error", failure)
		return n.answer(ctx, t, topics.Plain(req.Say.T(string(reason), nil)), topics.RunFailed, reason.word())
	}
	n.Log.Info("card not written yet", "system", n.System, "topic_id", t.String(), "error", failure)
	var result topics.TaskResult
	if paused && pause > tellAfter && !t.Told {
		t.Told = true
		seconds := int((pause + time.Second - 1) / time.Second)
		result.Messages = []topics.Outgoing{{
			Conversation: t.Conversation, Priority: topics.PriorityNotice,
			Text: topics.Plain(req.Say.N("notion.wait", seconds, nil)),
		}}
	}
	t.Tries++
	next := t.task("card:" + strconv.FormatInt(t.Run, 10) + ":" + strconv.Itoa(t.Tries))
	next.NotBefore = n.Now().Add(pause)
	result.Tasks = []topics.Task{next}
	return result, nil
}

func (n *notion) answer(
	ctx context.Context, t cardTask, text topics.Text, state topics.RunState, result string,
) (topics.TaskResult, error) {
	if err := n.audit.end(ctx, t.Run, state, result); err != nil {
		return topics.TaskResult{}, err
	}
	return topics.TaskResult{Messages: []topics.Outgoing{{Conversation: t.Conversation, Text: text}}}, nil
}

// cardText shows a card: its link, and what the team set there.
func cardText(say *messages.Printer, card Card) topics.Text {
	var text topics.Text
	head := "notion.updated"
	switch {
	case card.Replaced:
		head = "notion.replaced"
	case card.Created:
		head = "notion.created"
	}
	text.Add(say.T(head, nil) + "\n" + card.URL)
	var tags []string
	for _, tag := range card.Tags {
		if tag = cleanField(tag); visible(tag) {
			tags = append(tags, tag)
		}
	}
	if len(tags) == 0 {
		tags = []string{say.T("notion.none", nil)}
	}
	before, after := say.Around("notion.tags", "Tags")
	text.Add("\n" + before).Append(shownText(shownOf(strings.Join(tags, ", ")), maxShown)).Add(after)
	priority := cleanField(card.Priority)
	if !visible(priority) {
		priority = say.T("notion.none", nil)
	}
	before, after = say.Around("notion.priority", "Priority")
	text.Add("\n" + before).Append(shownText(shownOf(priority), maxShown)).Add(after)
	if card.Twins > 0 {
		text.Add("\n" + say.N("notion.twins", card.Twins, nil))
	}
	return text
}

// NotionSection is the line of /info with the customer's card, where there is one.
func NotionSection(parts NotionParts) InfoSection {
	return InfoSection{Name: "notion", Section: notionSection{parts}}
}

type notionSection struct{ NotionParts }

func (s notionSection) Lines(ctx context.Context, req SectionRequest) ([]topics.Text, error) {
	if req.Customer == nil {
		return nil, nil
	}
	page, err := s.Pages.Page(ctx, s.System, topics.PageCard, req.Customer.ID, topics.Conversation{})
	if errors.Is(err, topics.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return []topics.Text{topics.Plain("Notion: " + page.URL)}, nil
}
