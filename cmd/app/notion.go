package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"topicpilot/commands"
	"topicpilot/config"
	"topicpilot/integrations"
	"topicpilot/integrations/notion"
	"topicpilot/topics"
	"topicpilot/topics/store"
)

// typeNotion is the integrations' type.
const typeNotion = "notion"

// notions are the connections to Notion, in the order of the settings. The first one
// serves the commands; all are asked when a customer is to be erased.
type notions struct {
	list []*notion.Client
	// settings are the keys of the first.
	settings config.Notion
}

// openNotion makes the connections of the settings; it does not use the network.
func openNotion(cfg *config.Config, log *slog.Logger) (*notions, error) {
	n := &notions{}
	for i, integration := range cfg.Integrations {
		if integration.Type != typeNotion {
			continue
		}
		var keys config.Notion
		if err := integration.Config.Decode(&keys); err != nil {
			return nil, err
		}
		client, err := notion.New(notion.Options{
			ID: integration.ID, Setting: fmt.Sprintf("integrations[%d]", i), Token: keys.Token,
			APIURL: keys.APIURL.Reveal(), DatabaseID: keys.DatabaseID, DataSourceID: keys.DataSourceID,
			Properties: notion.Properties(keys.Properties), Log: log,
		})
		if err != nil {
			return nil, fmt.Errorf("integrations[%d]: %w", i, err)
		}
		if len(n.list) == 0 {
			n.settings = keys
		}
		n.list = append(n.list, client)
	}
	return n, nil
}

// first serves the commands; nil where there is none.
func (n *notions) first() *notion.Client {
	if len(n.list) == 0 {
		return nil
	}
	return n.list[0]
}

func (n *notions) close() {
	for _, client := range n.list {
		client.Close()
	}
}

// pages are what erases, by the integrations' ids.
func (n *notions) pages() map[string]commands.Pages {
	pages := make(map[string]commands.Pages, len(n.list))
	for _, client := range n.list {
		pages[client.ID()] = notionPages{client}
	}
	return pages
}

type notionPages struct{ client *notion.Client }

// ArchivePage implements commands.Pages.
func (p notionPages) ArchivePage(ctx context.Context, id string) error {
	return p.client.Archive(ctx, id)
}

// DeleteBlock implements commands.Pages.
func (p notionPages) DeleteBlock(ctx context.Context, id string) error {
	return p.client.DeleteBlock(ctx, id)
}

// ArchiveAsked implements commands.Pages.
func (p notionPages) ArchiveAsked(ctx context.Context, customerID int64, asked time.Time) (int, error) {
	return p.client.ArchiveAsked(ctx, customerID, asked)
}

// ClearCard implements commands.Pages.
func (p notionPages) ClearCard(ctx context.Context, id string, customerID int64) error {
	return p.client.ClearCard(ctx, id, customerID)
}

// DeleteUnsettled implements commands.Pages.
func (p notionPages) DeleteUnsettled(
	ctx context.Context, id string, note []byte,
) (deleted int, settled bool, err error) {
	return p.client.DeleteUnsettled(ctx, id, note)
}

// notionCards keeps cards. Those of one customer are written one after the other, by
// whichever task and in whichever process: Notion knows no unique properties.
type notionCards struct {
	client *notion.Client
	lead   func(ctx context.Context, name string) (*store.Leadership, bool, error)
	mu     sync.Mutex
	busy   map[int64]bool
}

// busyPause is how long another writer of the same card is waited for.
const busyPause = 500 * time.Millisecond

var errCardBusy = errors.New("the customer's card is being written just now")

func (a *App) cards(client *notion.Client) commands.Cards {
	if a.cardWriter == nil {
		a.cardWriter = &notionCards{client: client, lead: a.store.Lead, busy: map[int64]bool{}}
	}
	return a.cardWriter
}

// Upsert implements commands.Cards.
func (c *notionCards) Upsert(
	ctx context.Context, customer topics.Customer, known topics.KnownCard,
) (commands.Card, error) {
	if !c.take(customer.ID) {
		return commands.Card{}, &topics.Wait{After: busyPause, Err: errCardBusy}
	}
	defer c.give(customer.ID)
	leadership, leads, err := c.lead(ctx, fmt.Sprintf("card:%s:%d", c.client.ID(), customer.ID))
	switch {
	case err != nil:
		return commands.Card{}, fmt.Errorf("lock the card: %w", err)
	case !leads:
		return commands.Card{}, &topics.Wait{After: busyPause, Err: errCardBusy}
	}
	defer leadership.Release()
	card, err := c.client.Upsert(ctx, customer, known)
	if err != nil {
		return commands.Card{}, cardError(err)
	}
	return commands.Card{
		ID: card.ID, URL: card.URL, Tags: card.Tags, Priority: card.Priority,
		Created: card.Created, Replaced: card.Replaced, Twins: card.Twins,
	}, nil
}

func (c *notionCards) take(customerID int64) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.busy[customerID] {
		return false
	}
	c.busy[customerID] = true
	return true
}

func (c *notionCards) give(customerID int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.busy, customerID)
}

// cardError names the refusals that no later try mends; others may pass. A pause that Notion
// asks for carries its refusal, too, and stays a pause.
func cardError(err error) error {
	if _, ok := errors.AsType[*topics.Wait](err); ok {
		return err
	}
	refusal, ok := errors.AsType[*notion.Error](err)
	if !ok {
		return err
	}
	switch refusal.Kind {
	case notion.KindToken:
		return &commands.CardError{Reason: commands.CardRefused, Err: err}
	case notion.KindRights:
		return &commands.CardError{Reason: commands.CardRights, Err: err}
	case notion.KindNotFound:
		return &commands.CardError{Reason: commands.CardNotShared, Err: err}
	case notion.KindSchema:
		return &commands.CardError{Reason: commands.CardSchema, Err: err}
	case notion.KindInvalid:
		return &commands.CardError{Reason: commands.CardRejected, Err: err}
	case notion.KindLimited:
		return &commands.CardError{Reason: commands.CardBusy, Err: err}
	default:
		return err
	}
}

// examineNotion says at the start what would otherwise be met by the first /notion; the
// client itself tells which properties it leaves out.
func (a *App) examineNotion(ctx context.Context) {
	for _, client := range a.notions.list {
		for _, f := range client.Check(ctx) {
			if f.Status == integrations.Fault && ctx.Err() == nil {
				a.Log.Warn("notion", "integration", client.ID(), "finding", f.Text, "remedy", f.Remedy)
			}
		}
	}
}

// notion looks whether the databases are as the settings say.
func (d *doctor) notion(ctx context.Context) []Finding {
	all, err := openNotion(d.cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		return []Finding{{Status: StatusFault, Subject: "notion", Text: err.Error(), Remedy: "correct the setting"}}
	}
	defer all.close()
	var findings []Finding
	for _, client := range all.list {
		findings = append(findings, found("notion "+client.ID()+" ", client.Check(ctx))...)
	}
	return findings
}
