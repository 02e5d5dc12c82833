package notion

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/jomei/notionapi"

	"topicpilot/topics"
)

// bornBefore is how long before we asked for a page it may seem to have been made: Notion
// gives times in whole minutes, and has a clock of its own.
const bornBefore = 2 * time.Minute

// ArchiveAsked archives the customer's cards that were made since one was asked for at a
// time, and returns how many these were: the answer to that may have been lost. None may
// mean that it is not to be seen yet. Older ones were made by hand, and stay.
func (c *Client) ArchiveAsked(ctx context.Context, customerID int64, asked time.Time) (int, error) {
	s, err := c.schema(ctx)
	if err != nil {
		return 0, err
	}
	pages, err := c.findCards(ctx, s, customerID, maxChildren)
	if isKind(err, KindNotFound, KindInvalid) {
		c.forget()
	}
	if err != nil {
		return 0, err
	}
	archived := 0
	for _, page := range pages {
		born, err := time.Parse(time.RFC3339, page.Created)
		if err != nil || born.Before(asked.Add(-bornBefore)) {
			continue
		}
		if err := c.Archive(ctx, page.ID); err != nil {
			return archived, err
		}
		archived++
	}
	return archived, nil
}

// ClearCard empties username and phone of the customer's card, which we keep up to date,
// also where people have filled them in. A card that is in the trash, or has become another
// customer's, is left alone.
func (c *Client) ClearCard(ctx context.Context, pageID string, customerID int64) error {
	s, err := c.schema(ctx)
	if err != nil {
		return err
	}
	properties := map[string]any{}
	for _, p := range []property{s.username, s.phone} {
		switch {
		case !p.used():
		case p.kind == "phone_number":
			properties[p.name] = map[string]any{"phone_number": nil}
		default:
			properties[p.name] = map[string]any{"rich_text": []notionapi.RichText{}}
		}
	}
	if len(properties) == 0 {
		return nil
	}
	path := "/pages/" + url.PathEscape(pageID)
	var page pageAnswer
	err = c.do(ctx, request{op: "read card", method: http.MethodGet, path: path, query: s.shown()}, &page)
	switch {
	case gone(err):
		return nil
	case err != nil:
		return err
	case !page.usable() || page.owner(s.userID) != strconv.FormatInt(customerID, 10):
		return nil
	}
	err = c.do(ctx, request{
		op: "clear card", method: http.MethodPatch, path: path, query: s.shown(), effect: true,
		body: map[string]any{"properties": properties},
	}, &page)
	if isKind(err, KindInvalid) {
		c.forget()
		err = c.archived(ctx, "clear card", pageID, err)
	}
	if gone(err) {
		return nil
	}
	return err
}

// DeleteUnsettled removes from a page the blocks of an append whose answer is not known, by
// the export's note (Export.Pending). settled tells that none is under way, or that all of
// it was there; else it may still come.
func (c *Client) DeleteUnsettled(
	ctx context.Context, pageID string, note []byte,
) (deleted int, settled bool, err error) {
	var last step
	if err := json.Unmarshal(note, &last); err != nil {
		return 0, false, &topics.Hopeless{Err: errors.New("the note of the export cannot be read")}
	}
	// A block without words may be anybody's.
	sums := slices.DeleteFunc(last.Sums, func(mark string) bool { return mark == sum("") })
	if len(sums) == 0 {
		return 0, true, nil
	}
	ids, err := c.withSums(ctx, pageID, last.Last, sums)
	if gone(err) {
		return 0, true, nil
	}
	if err != nil {
		return 0, false, err
	}
	for _, id := range ids {
		if err := c.DeleteBlock(ctx, id); err != nil {
			return deleted, false, err
		}
		deleted++
	}
	return deleted, deleted >= len(sums), nil
}

// withSums lists the blocks with these sums that stand behind the block after, or anywhere
// where that one is gone.
func (c *Client) withSums(ctx context.Context, pageID, after string, sums []string) ([]string, error) {
	var ids []string
	see := func(block *blockAnswer) bool {
		if block.Type == "paragraph" && slices.Contains(sums, sum(join(block.Paragraph.RichText))) {
			ids = append(ids, block.ID)
		}
		return true
	}
	err := c.eachChild(ctx, pageID, after, see)
	if isKind(err, KindInvalid) && after != "" {
		ids = nil
		err = c.eachChild(ctx, pageID, "", see)
	}
	if isKind(err, KindInvalid) {
		err = c.archived(ctx, "list blocks", pageID, err)
	}
	return ids, err
}
