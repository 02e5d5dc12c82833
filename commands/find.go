package commands

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"topicpilot/commands/messages"
	"topicpilot/topics"
)

const (
	// findHits are shown on one page.
	findHits = 10
	// findPages is how many pages back a page knows.
	findPages = 50
)

// FindParts are what /find works with.
type FindParts struct {
	Finder topics.Finder
	// Migrations lists the groups that have become other chats, oldest first. Nil for none.
	Migrations func(ctx context.Context) ([]topics.Migrated, error)
	// Memos keep what the buttons stand for.
	Memos topics.MemoStore
	// Now is the clock; time.Now when nil.
	Now func() time.Time
}

// Find makes /find: messages with the words, the latest first; an operator searches the
// topic, an admin in General the whole group. The pages follow each other in one message.
func Find(parts FindParts) Command {
	if parts.Now == nil {
		parts.Now = time.Now
	}
	f := &find{parts}
	return Command{
		Name: "find", HelpID: "help.find", Role: topics.RoleOperator, InGeneral: true,
		Args: []Arg{{Name: "words", Rest: true}}, Run: f.run, Press: f.press,
	}
}

type find struct{ FindParts }

const (
	findMore = "more"
	findBack = "back"
)

// findPage is a page of hits, as a memo keeps it for the buttons below it. The order of
// the fields is not part of the form; their names are: memos outlive programs.
type findPage struct {
	Words string `json:"words"`
	// Starts are the places behind which the pages begin, 0 for the first one, up to the
	// one that follows if there is one. At is the page that is shown, First the number of
	// the first page in Starts.
	Starts []int64 `json:"starts"`
	At     int     `json:"at"`
	First  int     `json:"first,omitempty"`
}

func (f *find) run(ctx context.Context, req Request) (Reply, error) {
	if reason := findRefusal(req); reason != "" {
		return req.say(outcomeRefused, reason), nil
	}
	return f.page(ctx, req, findPage{Words: req.Args["words"], Starts: []int64{0}})
}

// press shows the next page, or the one before, in the place of this one.
func (f *find) press(ctx context.Context, req Request) (Reply, error) {
	old := Reply{Toast: req.Say.T("press.old", nil)}
	if reason := findRefusal(req); reason != "" {
		return req.say(outcomeRefused, reason), nil
	}
	id, err := strconv.ParseInt(req.Action.Arg, 10, 64)
	if err != nil {
		return old, nil //nolint:nilerr // it is told so
	}
	data, err := f.Memos.Memo(ctx, req.Conversation, id)
	if errors.Is(err, topics.ErrNotFound) {
		return old, nil
	}
	if err != nil {
		return Reply{}, fmt.Errorf("read what the button stands for: %w", err)
	}
	var page findPage
	if err := json.Unmarshal(data, &page); err != nil {
		return old, nil //nolint:nilerr // another program's; it is told so
	}
	switch req.Action.Verb {
	case findMore:
		page.At++
	case findBack:
		page.At--
	default:
		return old, nil
	}
	if page.At < 0 || page.At >= len(page.Starts) {
		return old, nil
	}
	reply, err := f.page(ctx, req, page)
	reply.Edit = true
	return reply, err
}

// findRefusal is why the search may not be done here; in General it is the whole group's.
func findRefusal(req Request) string {
	if req.Conversation.General() && req.Role < topics.RoleAdmin {
		return req.Say.T("find.admins", nil)
	}
	return ""
}

// page searches and shows what is found, with buttons to the pages around it.
func (f *find) page(ctx context.Context, req Request, page findPage) (Reply, error) {
	former, err := formerIDs(ctx, f.Migrations, req.Conversation.ChatID)
	if err != nil {
		return Reply{}, err
	}
	hits, err := f.Finder.Find(ctx, topics.FindQuery{
		ChatID: req.Conversation.ChatID, Former: former, ThreadID: req.Conversation.ThreadID, Words: page.Words,
		After: page.Starts[page.At], Limit: findHits + 1,
	})
	if err != nil {
		return Reply{}, fmt.Errorf("search: %w", err)
	}
	page.Starts = page.Starts[:page.At+1]
	if len(hits) > findHits {
		hits = hits[:findHits]
		page.Starts = append(page.Starts, hits[findHits-1].Place)
	}
	reply := Reply{Text: findText(req, hits, page.First+page.At)}
	if page.At == 0 && len(page.Starts) == 1 {
		return reply, nil
	}
	reply.Buttons, err = f.buttons(ctx, req, page)
	return reply, err
}

func (f *find) buttons(ctx context.Context, req Request, page findPage) ([][]topics.Button, error) {
	if over := len(page.Starts) - findPages; over > 0 {
		page.Starts, page.At, page.First = page.Starts[over:], page.At-over, page.First+over
	}
	data, err := json.Marshal(page)
	if err != nil {
		return nil, fmt.Errorf("write what the buttons stand for: %w", err)
	}
	id, err := f.Memos.KeepMemo(ctx, req.Conversation, data, f.Now().Add(buttonLife))
	if err != nil {
		return nil, fmt.Errorf("keep what the buttons stand for: %w", err)
	}
	arg := strconv.FormatInt(id, 10)
	var row []topics.Button
	if page.At > 0 {
		row = append(row, Action{Command: "find", Verb: findBack, Arg: arg}.Button(req.Say.T("find.back", nil)))
	}
	if page.At+1 < len(page.Starts) {
		row = append(row, Action{Command: "find", Verb: findMore, Arg: arg}.Button(req.Say.T("find.more", nil)))
	}
	return [][]topics.Button{row}, nil
}

// findText shows one page of hits.
func findText(req Request, hits []topics.Hit, page int) topics.Text {
	found, none := "find.found_here", "find.none_here"
	if req.Conversation.General() {
		found, none = "find.found_group", "find.none_group"
	}
	if len(hits) == 0 {
		return topics.Plain(req.Say.T(none, nil))
	}
	text := topics.Plain(req.Say.T(found, nil))
	if page > 0 {
		text.Add(" " + req.Say.T("find.page", messages.Data{"Page": page + 1}))
	}
	for _, hit := range hits {
		text.Add("\n\n")
		date := hit.Date.UTC().Format(req.Say.T("find.date", nil))
		if hit.ChatID < supergroups {
			text.AddEntity(date, topics.Entity{Type: "text_link", URL: messageURL(hit.Conversation, hit.ID)})
		} else {
			text.Add(date) // from before the group became a supergroup
		}
		text.Add(" · " + req.Say.T(findAuthor(hit.Message), nil) + "\n").Append(snippet(hit))
	}
	return cutText(text, maxCard)
}

// supergroups have ids below: the Bot API writes -100 before the id that their links have.
// Other chats' messages have no links.
const supergroups = -1_000_000_000_000

// messageURL is the link that opens a message of a supergroup for its members.
func messageURL(conv topics.Conversation, messageID int64) string {
	url := "https://t.me/c/" + strconv.FormatInt(supergroups-conv.ChatID, 10) + "/"
	if !conv.General() {
		url += strconv.FormatInt(conv.ThreadID, 10) + "/"
	}
	return url + strconv.FormatInt(messageID, 10)
}

// findAuthor is the id of the words for who wrote a message.
func findAuthor(m topics.Message) string {
	if m.Kind == topics.MessageComment && m.Author.Kind == topics.AuthorOperator {
		return "find.comment"
	}
	switch m.Author.Kind {
	case topics.AuthorCustomer:
		return "find.customer"
	case topics.AuthorOperator, topics.AuthorAnonymous:
		return "find.operator"
	case topics.AuthorBot, topics.AuthorSelf:
		return "find.bot"
	}
	return "find.other"
}
