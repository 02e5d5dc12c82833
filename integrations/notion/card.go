package notion

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/jomei/notionapi"

	"topicpilot/topics"
)

// Card is a customer's page in the database.
type Card struct {
	ID  string
	URL string
	// Tags and Priority are what the team set there; empty where the settings or the
	// database have no such property.
	Tags     []string
	Priority string
	// Created tells that the page was made by this very call.
	Created bool
	// Twins counts further pages with the same Telegram id, as far as was looked: the
	// oldest page is the card.
	Twins int
	// Replaced tells that the page which was known is in the trash or gone, and that a new
	// one was made for it.
	Replaced bool
}

// lookPauses stand between the looks for a page whose creation was not answered.
var lookPauses = []time.Duration{500 * time.Millisecond, time.Second, 2 * time.Second}

// seenWithin is after how long a page is to be seen by everybody: one that was asked for
// longer ago, and is not there, was not made.
const seenWithin = time.Minute

// Upsert brings the customer's card up to date, and makes it where there is none. With the
// id from an earlier call one request suffices.
//
// The name is written at creation only. Username and phone are kept up to date, but never
// emptied, since people add what the customer did not show. Texts over Notion's limits are
// cut. A page is only made after a look for one, and after several where one was asked for
// within the last minute without an answer; *topics.UnknownOutcome tells that even then it is
// not known whether there is one: run it again.
func (c *Client) Upsert(ctx context.Context, customer topics.Customer, known topics.KnownCard) (Card, error) {
	s, err := c.schema(ctx)
	if err != nil {
		return Card{}, err
	}
	card, err := c.upsert(ctx, s, customer, known)
	if isKind(err, KindNotFound, KindInvalid) {
		c.forget() // the database may look different now
	}
	return card, err
}

func (c *Client) upsert(
	ctx context.Context, s *schema, customer topics.Customer, known topics.KnownCard,
) (Card, error) {
	lost := false
	if known.ID != "" {
		page, err := c.updateKnown(ctx, s, known.ID, customer)
		switch {
		case err == nil && page.owner(s.userID) == strconv.FormatInt(customer.ID, 10):
			return page.card(s), nil
		case err != nil && !gone(err):
			return Card{}, err
		}
		lost = err != nil
	}
	// Between find and update a page may go into the trash: then there is a second look.
	for range 2 {
		page, twins, err := c.findCard(ctx, s, customer.ID)
		if err == nil && page == nil && c.now().Sub(known.Asked) < seenWithin {
			page, twins, err = c.lookAgain(ctx, s, customer.ID)
		}
		if err != nil {
			return Card{}, err
		}
		if page == nil {
			if known.Asking != nil {
				if err := known.Asking(ctx); err != nil {
					return Card{}, fmt.Errorf("write down that a card is asked for: %w", err)
				}
			}
			return c.createCard(ctx, s, customer, lost)
		}
		if page.differs(s, customer) {
			if page, err = c.updateCard(ctx, page.ID, s.shown(), s.filled(customer)); gone(err) {
				lost = true
				continue
			} else if err != nil {
				return Card{}, err
			}
		}
		card := page.card(s)
		card.Twins = twins
		// There was none when it was asked for.
		card.Created = !known.Asked.IsZero()
		return card, nil
	}
	return Card{}, &Error{Kind: KindConflict, Op: "update card", Err: errMoving}
}

var errMoving = errors.New("the card is found, but cannot be changed; try again")

func gone(err error) bool { return isKind(err, KindNotFound, KindArchived) }

// findCard looks for the customer's page, the oldest of several. Two suffice: the second
// tells of a twin.
func (c *Client) findCard(ctx context.Context, s *schema, customerID int64) (*pageAnswer, int, error) {
	found, err := c.findCards(ctx, s, customerID, 2)
	if err != nil || len(found) == 0 {
		return nil, 0, err
	}
	return found[0], len(found) - 1, nil
}

// findCards looks for the customer's pages, at most size of them, oldest first.
func (c *Client) findCards(ctx context.Context, s *schema, customerID int64, size int) ([]*pageAnswer, error) {
	id := strconv.FormatInt(customerID, 10)
	filter := map[string]any{"property": s.userID.name, s.userID.kind: map[string]any{"equals": id}}
	if s.userID.kind == "number" {
		filter["number"] = map[string]any{"equals": customerID}
	}
	pages, err := c.query(ctx, s, filter, size)
	if err != nil {
		return nil, err
	}
	var found []*pageAnswer
	for i := range pages {
		if pages[i].usable() && pages[i].owner(s.userID) == id {
			found = append(found, &pages[i])
		}
	}
	return found, nil
}

// query returns the oldest pages that fit, at most size of them.
func (c *Client) query(ctx context.Context, s *schema, filter map[string]any, size int) ([]pageAnswer, error) {
	var list pageList
	err := c.do(ctx, request{
		op: "find card", method: http.MethodPost, query: s.shown(),
		path: "/data_sources/" + url.PathEscape(s.dataSource) + "/query",
		body: map[string]any{
			"filter":    filter,
			"sorts":     []any{map[string]any{"timestamp": "created_time", "direction": "ascending"}},
			"page_size": size,
		},
	}, &list)
	return list.Results, err
}

func (c *Client) createCard(ctx context.Context, s *schema, customer topics.Customer, replaced bool) (Card, error) {
	properties := s.filled(customer)
	s.name(properties, customer.ID)
	if s.title.used() && s.title != s.userID {
		properties[s.title.name] = notionapi.TitleProperty{Title: plain(titleOf(customer))}
	}
	var page pageAnswer
	err := c.do(ctx, request{
		op: "create card", method: http.MethodPost, path: "/pages", query: s.shown(), effect: true,
		body: map[string]any{
			"parent":     map[string]any{"type": "data_source_id", "data_source_id": s.dataSource},
			"properties": properties,
		},
	}, &page)
	if _, unknown := errors.AsType[*topics.UnknownOutcome](err); unknown {
		// Nothing is created here: what is not to be seen yet may be so later.
		found, twins, look := c.lookAgain(ctx, s, customer.ID)
		if look != nil || found == nil {
			return Card{}, err
		}
		card := found.card(s)
		card.Created, card.Twins, card.Replaced = true, twins, replaced
		return card, nil
	}
	if err != nil {
		return Card{}, err
	}
	card := page.card(s)
	card.Created, card.Replaced = true, replaced
	return card, nil
}

// lookAgain looks for a page whose creation was not answered, with growing pauses.
func (c *Client) lookAgain(ctx context.Context, s *schema, customerID int64) (page *pageAnswer, twins int, err error) {
	for _, d := range lookPauses {
		if err := c.sleep(ctx, d); err != nil {
			return nil, 0, err
		}
		if page, twins, err = c.findCard(ctx, s, customerID); page != nil {
			return page, twins, nil
		}
	}
	return nil, 0, err
}

// updateKnown brings a page up to date that was the customer's. The Telegram id that stands
// there is not written over: people correct it, and the page is another customer's then. Only
// one that is missing is put back.
func (c *Client) updateKnown(
	ctx context.Context, s *schema, pageID string, customer topics.Customer,
) (*pageAnswer, error) {
	page, err := c.updateCard(ctx, pageID, s.shown(), s.filled(customer))
	if err != nil || page.owner(s.userID) != "" {
		return page, err
	}
	properties := map[string]any{}
	s.name(properties, customer.ID)
	return c.updateCard(ctx, pageID, s.shown(), properties)
}

// updateCard writes properties, and reads those that are shown. A page in the trash gives
// KindArchived: Notion refuses the change with an error that only a second look can tell from
// others.
func (c *Client) updateCard(
	ctx context.Context, pageID string, shown url.Values, properties map[string]any,
) (*pageAnswer, error) {
	var page pageAnswer
	err := c.do(ctx, request{
		op: "update card", method: http.MethodPatch, path: "/pages/" + url.PathEscape(pageID), query: shown,
		effect: true, body: map[string]any{"properties": properties},
	}, &page)
	if isKind(err, KindInvalid) {
		return nil, c.archived(ctx, "update card", pageID, err)
	}
	if err != nil {
		return nil, err
	}
	if !page.usable() {
		return nil, &Error{Kind: KindArchived, Op: "update card"}
	}
	return &page, nil
}

// archived finds out whether a refused change was refused since the page is in the trash;
// else the refusal stands.
func (c *Client) archived(ctx context.Context, op, pageID string, refused error) error {
	page, err := c.page(ctx, pageID)
	switch {
	case isKind(err, KindNotFound):
		return err
	case err == nil && !page.usable():
		return &Error{Kind: KindArchived, Op: op}
	}
	return refused
}

// name puts the Telegram id among properties.
func (s *schema) name(properties map[string]any, customerID int64) {
	id := strconv.FormatInt(customerID, 10)
	switch s.userID.kind {
	case "number":
		properties[s.userID.name] = notionapi.NumberProperty{Number: float64(customerID)}
	case "title":
		properties[s.userID.name] = notionapi.TitleProperty{Title: plain(id)}
	default:
		properties[s.userID.name] = notionapi.RichTextProperty{RichText: plain(id)}
	}
}

// filled are the properties that we keep up to date.
func (s *schema) filled(customer topics.Customer) map[string]any {
	properties := map[string]any{}
	if name := usernameOf(customer); s.username.used() && name != "" {
		properties[s.username.name] = notionapi.RichTextProperty{RichText: plain(name)}
	}
	if phone := phoneOf(customer); s.phone.used() && phone != "" {
		if s.phone.kind == "phone_number" {
			properties[s.phone.name] = notionapi.PhoneNumberProperty{PhoneNumber: phone}
		} else {
			properties[s.phone.name] = notionapi.RichTextProperty{RichText: plain(phone)}
		}
	}
	return properties
}

func usernameOf(customer topics.Customer) string {
	name := valid(strings.TrimPrefix(strings.TrimSpace(customer.Username), "@"))
	if name == "" {
		return ""
	}
	return cut("@"+name, maxText)
}

func phoneOf(customer topics.Customer) string {
	return cut(valid(strings.TrimSpace(customer.Phone)), maxPhone)
}

// titleOf is the name of a new card: nobody finds a nameless one.
func titleOf(customer topics.Customer) string {
	for _, name := range []string{
		customer.Name, customer.FirstName + " " + customer.LastName, usernameOf(customer),
	} {
		if name = strings.TrimSpace(name); valid(name) != "" {
			return name
		}
	}
	return "Telegram " + strconv.FormatInt(customer.ID, 10)
}
