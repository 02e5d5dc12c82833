package commands

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"sync"
	"time"

	"topicpilot/commands/messages"
	"topicpilot/topics"
)

// maxShown is the longest text of one lookup, in characters.
const maxShown = 1000

var (
	_ Section = (*Lookups)(nil)
	_ Patient = (*Lookups)(nil)
)

// LookupSpec is one lookup of the settings: a request, and how to show its answer.
type LookupSpec struct {
	Name    string
	Request RequestSpec
	// Show is a template. What it places stays one line, and is shown in code where
	// Telegram would make a command, a mention or a link of it.
	Show string
}

// Accounts tells which accounts of the outside system a customer is linked to.
type Accounts interface {
	AccountsOf(ctx context.Context, group *topics.Group, customerID int64) ([]string, error)
}

// LookupOptions are the parts of Lookups.
type LookupOptions struct {
	// Caller sends the requests. Required.
	Caller *Caller
	// Accounts fill {{.Account}}, which is empty when nil.
	Accounts Accounts
	// Log gets why a lookup gave nothing, without URL, header and body. May be nil.
	Log *slog.Logger
}

// Lookups are the lines of /info that outside systems give. Each has its own time
// limit; one that gives nothing is one line that says so. Nothing is cached. It may be
// used concurrently.
type Lookups struct {
	opts    LookupOptions
	list    []lookup
	longest time.Duration
}

type lookup struct {
	name    string
	request *request
	show    *template
	// customer and account tell what the lookup cannot be made without, and needs.
	customer, account bool
}

// NewLookups compiles the lookups. All mistakes are told at once, by the path of the
// setting; none quotes a value.
func NewLookups(specs []LookupSpec, opts LookupOptions) (*Lookups, error) {
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	l := &Lookups{opts: opts}
	names := map[string]bool{}
	var errs []error
	for i, spec := range specs {
		path := "lookups[" + strconv.Itoa(i) + "]"
		name := cleanField(spec.Name)
		if !visible(name) || names[name] {
			errs = append(errs, fmt.Errorf("%s.name: want a name that no other lookup has", path))
		}
		names[name] = true
		request, err := compileRequest(path+".request", spec.Request, requestRoots(nil))
		if err != nil {
			errs = append(errs, err)
		}
		show, err := compileTemplate(spec.Show, placeShown, answerRoots(nil))
		if err != nil {
			errs = append(errs, fmt.Errorf("%s.show: %w", path, err))
			continue
		}
		l.list = append(l.list, lookup{
			name: name, request: request, show: show,
			customer: request.used["Customer"] || show.used["Customer"],
			account:  request.used["Account"] || show.used["Account"],
		})
		l.longest = max(l.longest, request.timeout)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return l, nil
}

// Longest is how long Lines may take.
func (l *Lookups) Longest() time.Duration { return l.longest + cardTime }

// Lines asks all lookups side by side. Those that need a customer are left out when
// there is none. The error is always nil: what went wrong is a line.
func (l *Lookups) Lines(ctx context.Context, req SectionRequest) ([]topics.Text, error) {
	texts := make([]topics.Text, len(l.list))
	var wg sync.WaitGroup
	for i, lookup := range l.list {
		if req.Customer == nil && (lookup.customer || lookup.account) {
			continue
		}
		wg.Go(func() { texts[i] = l.line(ctx, lookup, req) })
	}
	wg.Wait()
	var lines []topics.Text
	for _, text := range texts {
		if text.Text != "" {
			lines = append(lines, text)
		}
	}
	return lines, nil
}

// line asks one lookup and gives its text, an empty one for nothing to show.
func (l *Lookups) line(ctx context.Context, lookup lookup, req SectionRequest) (text topics.Text) {
	defer func() {
		if value := recover(); value != nil {
			text = topics.Plain(l.dead(lookup, req, newPanicked(value)))
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, lookup.request.timeout)
	defer cancel()
	rendered, err := l.ask(ctx, lookup, req)
	if err != nil {
		return topics.Plain(l.dead(lookup, req, err))
	}
	return shownText(rendered, maxShown)
}

func (l *Lookups) ask(ctx context.Context, lookup lookup, req SectionRequest) (string, error) {
	var account []string
	if lookup.account && l.opts.Accounts != nil {
		var err error
		account, err = l.opts.Accounts.AccountsOf(ctx, req.Group, req.Customer.ID)
		if err != nil {
			return "", fmt.Errorf("linked accounts: %w", err)
		}
	}
	prepared, err := lookup.request.prepare(templateValues(req, account, false), lookupKey(lookup, req))
	if err != nil {
		return "", &callError{Class: faultInvalid, Err: err}
	}
	answer, err := l.opts.Caller.do(ctx, prepared)
	if err != nil {
		return "", err
	}
	if _, text := answer.(string); text && lookup.show.deep["Response"] {
		// Fields are wanted, and the answer has none: somebody's error page.
		return "", &callError{Class: faultUnreadable, Err: errNotJSON}
	}
	values := templateValues(req, account, true)
	values["Response"] = answer
	text, err := lookup.show.render(values)
	if err != nil {
		return "", &callError{Class: faultUnreadable, Err: err}
	}
	return text, nil
}

// lookupKey is the same when an update is handled again, and another one for each
// press of [Refresh], which wants new data.
func lookupKey(lookup lookup, req SectionRequest) string {
	return IdempotencyKey("lookup", lookup.name, req.Conversation.Lane(),
		strconv.FormatInt(req.MessageID, 10), req.Key)
}

// dead logs why a lookup gave nothing, and gives the line that says so.
func (l *Lookups) dead(lookup lookup, req SectionRequest, err error) string {
	l.opts.Log.Warn("lookup gave nothing", "lookup", lookup.name,
		"topic_id", req.Conversation.String(), "error", err)
	class := faultNoAnswer
	data := messages.Data{"Name": lookup.name, "Status": 0}
	if fault, ok := errors.AsType[*callError](err); ok {
		class, data["Status"] = fault.Class, fault.Status
	}
	switch class {
	case faultInvalid:
		return req.Say.T("lookup.invalid", data)
	case faultRefused:
		return req.Say.T("lookup.refused", data)
	case faultThere:
		return req.Say.T("lookup.fault", data)
	case faultUnreadable:
		return req.Say.T("lookup.unreadable", data)
	}
	return req.Say.T("lookup.no_answer", data)
}
