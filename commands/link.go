package commands

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"regexp"
	"strconv"
	"strings"
	"time"

	"topicpilot/commands/messages"
	"topicpilot/topics"
)

var (
	_ Section  = (*Links)(nil)
	_ Accounts = (*Links)(nil)
)

const (
	// maxAccounts bounds the accounts of one customer.
	maxAccounts = 50
	// maxAccountsShown bounds those in the line of /info.
	maxAccountsShown = 10
	// checkPath is the setting that says how an account is checked.
	checkPath = "links" + ".check"
)

// accountID is the form of an account's id.
var accountID = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

// LinkParts are what links work with. All are required unless it is said.
type LinkParts struct {
	Customers Customers
	Links     topics.LinkStore
	// Runs are the audit trail: who linked what and when.
	Runs topics.RunStore
	// Check, if not nil, is asked whether an account exists before it is linked; in its
	// templates .Account and .Args.account are the one id. It is sent by Caller.
	Check  *CheckSpec
	Caller *Caller
	// Log may be nil.
	Log *slog.Logger
	// Now is the clock; time.Now when nil.
	Now func() time.Time
}

// Links are the accounts of an outside system that customers are tied to: the commands
// /link and /unlink, the line in /info, and {{.Account}} of templates. It may be used
// concurrently.
type Links struct {
	LinkParts
	check *check
	audit audit
}

// NewLinks makes Links. A check that cannot be compiled is an error, which names the
// setting and quotes no value.
func NewLinks(parts LinkParts) (*Links, error) {
	if parts.Log == nil {
		parts.Log = slog.New(slog.DiscardHandler)
	}
	if parts.Now == nil {
		parts.Now = time.Now
	}
	l := &Links{LinkParts: parts, audit: audit{runs: parts.Runs, now: parts.Now}}
	if parts.Check != nil {
		var err error
		if l.check, err = compileCheck(checkPath, *parts.Check, []string{"account"}); err != nil {
			return nil, err
		}
	}
	return l, nil
}

// Commands are /link and /unlink.
func (l *Links) Commands() []Command {
	account := []Arg{{Name: "account", Optional: true}}
	limit := resolveTime + defaultTimeout
	if l.check != nil {
		limit += l.check.request.timeout
	}
	return []Command{
		{
			Name: "link", HelpID: "help.link", Args: account, Role: topics.RoleOperator,
			Timeout: limit, Run: l.link,
		},
		{
			Name: "unlink", HelpID: "help.unlink", Args: account, Role: topics.RoleOperator,
			Timeout: limit, Run: l.unlink,
		},
	}
}

// AccountsOf lists the ids of a customer's accounts, oldest link first.
func (l *Links) AccountsOf(ctx context.Context, _ *topics.Group, customerID int64) ([]string, error) {
	links, err := l.Links.Links(ctx, customerID)
	if err != nil {
		return nil, fmt.Errorf("links: %w", err)
	}
	return accountsOf(links), nil
}

func accountsOf(links []topics.Link) []string {
	ids := make([]string, len(links))
	for i, link := range links {
		ids[i] = link.Account
	}
	return ids
}

// Lines is the line of /info, none without an account.
func (l *Links) Lines(ctx context.Context, req SectionRequest) ([]topics.Text, error) {
	if req.Customer == nil {
		return nil, nil
	}
	accounts, err := l.AccountsOf(ctx, req.Group, req.Customer.ID)
	if err != nil || len(accounts) == 0 {
		return nil, err
	}
	shown := make([]string, 0, maxAccountsShown+1)
	for _, account := range accounts[:min(len(accounts), maxAccountsShown)] {
		shown = append(shown, codeOf(account))
	}
	if len(accounts) > maxAccountsShown {
		shown = append(shown, "…")
	}
	text := req.Say.T("link.accounts", messages.Data{"Accounts": strings.Join(shown, ", ")})
	return []topics.Text{shownText(text, maxCard)}, nil
}

// linking is one /link or /unlink whose customer is known.
type linking struct {
	*Links
	req      Request
	customer topics.Customer
	info     topics.TopicInfo
	links    []topics.Link
	// account is what was named, "" for nothing.
	account string
}

// begin reads all that decides on a command. ok is false where the reply is all there is
// to say.
func (l *Links) begin(ctx context.Context, req Request) (k *linking, reply Reply, ok bool, err error) {
	known, reason, err := identify(ctx, l.Customers, req)
	switch {
	case err != nil:
		return nil, Reply{}, false, err
	case reason != "":
		return nil, req.say(outcomeRefused, req.Say.T(reasonText(reason), nil)), false, nil
	}
	k = &linking{
		Links: l, req: req, customer: known.Customer, info: known.TopicInfo, account: req.Args["account"],
	}
	if k.account != "" && !accountID.MatchString(k.account) {
		return nil, k.refuse("link.bad", messages.Data{"Usage": codeOf("/" + req.Name + " N005")}), false, nil
	}
	if k.links, err = l.Links.Links(ctx, k.customer.ID); err != nil {
		return nil, Reply{}, false, &Later{Err: fmt.Errorf("links: %w", err)}
	}
	return k, Reply{}, true, nil
}

func (l *Links) link(ctx context.Context, req Request) (Reply, error) {
	k, reply, ok, err := l.begin(ctx, req)
	if !ok {
		return reply, err
	}
	if k.account == "" {
		return k.list(), nil
	}
	run, recorded, err := k.recorded(ctx)
	if err != nil {
		return Reply{}, err
	}
	if !recorded {
		reply, ok := k.mayLink(ctx)
		if !ok {
			return reply, nil
		}
		if run, err = l.audit.begin(ctx, req, k.customer.ID, topics.RunQueued); err != nil {
			return Reply{}, err
		}
	}
	if run.State != topics.RunDone {
		link := topics.Link{CustomerID: k.customer.ID, Account: k.account, By: req.By, At: l.Now()}
		if _, err := l.Links.AddLink(ctx, link); err != nil {
			return Reply{}, &Later{Err: fmt.Errorf("link: %w", err)}
		}
	}
	return k.done(ctx, run, "link.added")
}

// mayLink looks whether the account can be linked at all.
func (k *linking) mayLink(ctx context.Context) (Reply, bool) {
	for _, link := range k.links {
		if link.Account == k.account {
			return k.refuse("link.already", messages.Data{"By": linkedBy(link), "At": linkedAt(link)}), false
		}
	}
	if len(k.links) >= maxAccounts {
		data := messages.Data{"Count": len(k.links), "Usage": codeOf("/unlink " + k.links[0].Account)}
		return k.refuse("link.full", data), false
	}
	if k.check == nil {
		return Reply{}, true
	}
	values := templateValues(SectionRequest{Request: k.req, Customer: &k.customer, Info: k.info}, nil, false)
	values["Account"] = k.account
	there, err := k.check.ask(ctx, k.Caller, values, IdempotencyKey("check", runKey(k.req.Call), k.req.Key))
	if fault, ok := errors.AsType[*callError](err); ok && (fault.Status == 404 || fault.Status == 410) {
		there, err = false, nil
	}
	switch {
	case err != nil:
		k.Log.Warn("check of an account gave nothing", "topic_id", k.req.Conversation.String(), "error", err)
		return k.refuse("link.check_failed", nil), false
	case !there:
		return k.refuse("link.no_account", nil), false
	}
	return Reply{}, true
}

func (l *Links) unlink(ctx context.Context, req Request) (Reply, error) {
	k, reply, ok, err := l.begin(ctx, req)
	if !ok {
		return reply, err
	}
	run, recorded, err := k.recorded(ctx)
	if err != nil {
		return Reply{}, err
	}
	if !recorded {
		reply, ok := k.mayUnlink()
		if !ok {
			return reply, nil
		}
		k.req.Args = map[string]string{"account": k.account}
		if run, err = l.audit.begin(ctx, k.req, k.customer.ID, topics.RunQueued); err != nil {
			return Reply{}, err
		}
	}
	if run.State != topics.RunDone {
		if _, err := l.Links.RemoveLink(ctx, k.customer.ID, k.account); err != nil {
			return Reply{}, &Later{Err: fmt.Errorf("unlink: %w", err)}
		}
	}
	return k.done(ctx, run, "link.removed")
}

// mayUnlink finds the account that is meant.
func (k *linking) mayUnlink() (Reply, bool) {
	switch {
	case k.account != "":
		for _, link := range k.links {
			if link.Account == k.account {
				return Reply{}, true
			}
		}
		return k.refuse("link.not_linked", nil), false
	case len(k.links) == 0:
		return k.list(), false
	case len(k.links) > 1:
		reply := k.refuse("link.which", messages.Data{"Usage": codeOf("/unlink " + k.links[0].Account)})
		reply.Text.Append(k.lines())
		return reply, false
	}
	k.account = k.links[0].Account
	return Reply{}, true
}

// recorded finds the run of this very message: an update that is delivered again is
// answered as before, whatever the links are by now.
func (k *linking) recorded(ctx context.Context) (topics.Run, bool, error) {
	runs, err := k.Runs.Runs(ctx, k.req.Conversation, 0, 20)
	if err != nil {
		return topics.Run{}, false, &Later{Err: fmt.Errorf("look for the run: %w", err)}
	}
	key := runKey(k.req.Call)
	for _, run := range runs {
		// One whose customer was erased since has no account any more.
		if account := run.Args["account"]; run.Key == key && account != "" {
			k.account = account
			return run, true, nil
		}
	}
	return topics.Run{}, false, nil
}

// done ends the run and says so.
func (k *linking) done(ctx context.Context, run topics.Run, id string) (Reply, error) {
	if run.State != topics.RunDone {
		if err := k.audit.end(ctx, run.ID, topics.RunDone, resultDone); err != nil {
			return Reply{}, &Later{Err: fmt.Errorf("record the end: %w", err)}
		}
	}
	reply := k.refuse(id, nil)
	reply.outcome = outcomeDone
	return reply, nil
}

// refuse says a text in which the account and the customer are named.
func (k *linking) refuse(id string, more messages.Data) Reply {
	data := messages.Data{"Account": codeOf(k.account), "Name": codeOf(nameOf(k.customer))}
	maps.Copy(data, more)
	return Reply{Text: shownText(k.req.Say.T(id, data), maxCard), outcome: outcomeRefused}
}

// list shows the customer's accounts, who linked them and when.
func (k *linking) list() Reply {
	if len(k.links) == 0 {
		reply := k.refuse("link.none", messages.Data{"Usage": codeOf("/link N005")})
		reply.outcome = outcomeDone
		return reply
	}
	reply := k.refuse("link.list", nil)
	reply.Text.Append(k.lines())
	reply.outcome = outcomeDone
	return reply
}

// lines has one line for each account.
func (k *linking) lines() topics.Text {
	var text topics.Text
	for _, link := range k.links {
		text.Add("\n").Code(link.Account)
		text.Append(shownText(" · "+linkedBy(link)+", "+linkedAt(link), maxCard))
	}
	return cutText(text, maxReply)
}

func linkedBy(link topics.Link) string {
	name := cleanField(link.By.Name)
	if !visible(name) {
		name = strconv.FormatInt(link.By.ID, 10)
	}
	return codeIfTappable(name)
}

func linkedAt(link topics.Link) string { return link.At.UTC().Format("2006-01-02 15:04 UTC") }
