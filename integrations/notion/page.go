package notion

import (
	"context"
	"net/http"
	"net/url"
)

// page reads a page without its properties' values, as far as Notion lets.
func (c *Client) page(ctx context.Context, pageID string) (*pageAnswer, error) {
	var page pageAnswer
	err := c.do(ctx, request{
		op: "read page", method: http.MethodGet, path: "/pages/" + url.PathEscape(pageID),
		query: url.Values{"filter_properties": {"title"}}, // "title" is every title property's id
	}, &page)
	if err != nil {
		return nil, err
	}
	return &page, nil
}

// Archive moves a page into the trash, from which Notion deletes it after 30 days. One that
// is there already, or that does not exist any more, is done.
func (c *Client) Archive(ctx context.Context, pageID string) error {
	var page pageAnswer
	err := c.do(ctx, request{
		op: "archive page", method: http.MethodPatch, path: "/pages/" + url.PathEscape(pageID), effect: true,
		query: url.Values{"filter_properties": {"title"}}, body: map[string]any{"in_trash": true},
	}, &page)
	if isKind(err, KindInvalid) {
		err = c.archived(ctx, "archive page", pageID, err)
	}
	if gone(err) {
		return nil
	}
	return err
}

// DeleteBlock moves a block into the trash. One that is there already, or that does not
// exist any more, is done.
func (c *Client) DeleteBlock(ctx context.Context, blockID string) error {
	path := "/blocks/" + url.PathEscape(blockID)
	var block blockAnswer
	err := c.do(ctx, request{op: "delete block", method: http.MethodDelete, path: path, effect: true}, &block)
	if isKind(err, KindInvalid) {
		look := c.do(ctx, request{op: "read block", method: http.MethodGet, path: path}, &block)
		if look == nil && (block.Archived || block.InTrash) || gone(look) {
			return nil
		}
	}
	if gone(err) {
		return nil
	}
	return err
}

// TranscriptPage is a page of its own for a transcript.
type TranscriptPage struct {
	ID  string
	URL string
	// Created tells that it was made by this very call.
	Created bool
}

// EnsureTranscriptPage gives the page below the parent page (a card) that has this title,
// and makes it where there is none. known is its id from an earlier call, "" for none. The
// title must name the topic, so that the page can be found after an answer was lost. A known
// page that is in the trash gets a successor.
func (c *Client) EnsureTranscriptPage(
	ctx context.Context, parentID, title, known string,
) (TranscriptPage, error) {
	title = cut(valid(title), maxText)
	if known != "" {
		page, err := c.page(ctx, known)
		switch {
		case err == nil && page.usable():
			return TranscriptPage{ID: page.ID, URL: page.address()}, nil
		case err != nil && !gone(err):
			return TranscriptPage{}, err
		}
	}
	page, err := c.findChild(ctx, parentID, title)
	if err != nil || page.ID != "" {
		return page, err
	}
	return c.createChild(ctx, parentID, title)
}

func (c *Client) createChild(ctx context.Context, parentID, title string) (TranscriptPage, error) {
	var page pageAnswer
	err := c.do(ctx, request{
		op: "create transcript page", method: http.MethodPost, path: "/pages", effect: true,
		body: map[string]any{
			"parent":     map[string]any{"type": "page_id", "page_id": parentID},
			"properties": map[string]any{"title": map[string]any{"title": plain(title)}},
		},
	}, &page)
	if err == nil {
		return TranscriptPage{ID: page.ID, URL: page.address(), Created: true}, nil
	}
	if !unknown(err) {
		if isKind(err, KindInvalid) {
			err = c.archived(ctx, "create transcript page", parentID, err)
		}
		return TranscriptPage{}, err
	}
	for _, d := range lookPauses {
		if c.sleep(ctx, d) != nil {
			break
		}
		if found, look := c.findChild(ctx, parentID, title); look == nil && found.ID != "" {
			found.Created = true
			return found, nil
		}
	}
	return TranscriptPage{}, err
}

// findChild looks for a child page by its title; the zero value for none.
func (c *Client) findChild(ctx context.Context, parentID, title string) (TranscriptPage, error) {
	var found string
	err := c.eachChild(ctx, parentID, "", func(block *blockAnswer) bool {
		if block.Type == "child_page" && block.ChildPage.Title == title && block.usable() {
			found = block.ID
		}
		return found == ""
	})
	if err != nil || found == "" {
		return TranscriptPage{}, err
	}
	page, err := c.page(ctx, found)
	if err != nil {
		return TranscriptPage{}, err
	}
	return TranscriptPage{ID: page.ID, URL: page.address()}, nil
}
