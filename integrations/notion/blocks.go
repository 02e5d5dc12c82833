package notion

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/jomei/notionapi"

	"topicpilot/topics"
)

// Block is a paragraph of a page.
type Block = notionapi.ParagraphBlock

// paragraph makes a block; items are at most maxItems.
func paragraph(items []notionapi.RichText) Block {
	return Block{
		BasicBlock: notionapi.BasicBlock{Object: notionapi.ObjectTypeBlock, Type: notionapi.BlockTypeParagraph},
		Paragraph:  notionapi.Paragraph{RichText: items},
	}
}

// Fits tells how many of the blocks may go into one request: at most 100, and 400 KiB of JSON.
// It is at least 1 where there are blocks.
func Fits(blocks []Block) int {
	size := 0
	for i := range min(len(blocks), maxChildren) {
		size += blockSize(blocks[i])
		if size > maxPayload && i > 0 {
			return i
		}
	}
	return min(len(blocks), maxChildren)
}

func sizeOf(blocks []Block) int {
	size := 0
	for _, block := range blocks {
		size += blockSize(block)
	}
	return size
}

func blockSize(b Block) int {
	raw, err := encode(b)
	if err != nil {
		return maxPayload
	}
	return len(raw) + 1
}

// blockAnswer is what we read of a block.
type blockAnswer struct {
	Object    string `json:"object"`
	ID        string `json:"id"`
	Type      string `json:"type"`
	Archived  bool   `json:"archived"`
	InTrash   bool   `json:"in_trash"`
	Paragraph struct {
		RichText []richText `json:"rich_text"`
	} `json:"paragraph"`
	ChildPage struct {
		Title string `json:"title"`
	} `json:"child_page"`
}

func (b *blockAnswer) complete() bool { return isObject(b.Object, "block") && b.ID != "" }

func (b *blockAnswer) usable() bool { return !b.Archived && !b.InTrash }

type blockList struct {
	Object     string            `json:"object"`
	Results    []json.RawMessage `json:"results"`
	NextCursor string            `json:"next_cursor"`
	HasMore    bool              `json:"has_more"`
}

func (l *blockList) complete() bool { return isObject(l.Object, "list") && l.Results != nil }

// blocks decodes the results one by one: a block of an unknown shape is passed over.
func (l *blockList) blocks() []blockAnswer {
	list := make([]blockAnswer, 0, len(l.Results))
	for _, raw := range l.Results {
		var block blockAnswer
		if json.Unmarshal(raw, &block) == nil && block.ID != "" {
			list = append(list, block)
		}
	}
	return list
}

var errTooMany = errors.New("more blocks than fit into one request")

// AppendBlocks adds blocks at the end of a page and returns their ids, in order. They are at
// most as many as Fits tells. A page in the trash gives KindArchived. After
// *topics.UnknownOutcome Landed tells whether they are there.
func (c *Client) AppendBlocks(ctx context.Context, pageID string, blocks []Block) ([]string, error) {
	if len(blocks) == 0 {
		return nil, nil
	}
	if Fits(blocks) < len(blocks) {
		return nil, &Error{Kind: KindInvalid, Op: "append blocks", Err: errTooMany}
	}
	var list blockList
	err := c.do(ctx, request{
		op: "append blocks", method: http.MethodPatch, effect: true,
		path: "/blocks/" + url.PathEscape(pageID) + "/children", body: map[string]any{"children": blocks},
	}, &list)
	if isKind(err, KindInvalid) {
		err = c.archived(ctx, "append blocks", pageID, err)
	}
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, block := range list.blocks() {
		ids = append(ids, block.ID)
	}
	if len(ids) < len(blocks) {
		return nil, lost(request{op: "append blocks", effect: true}, true, errUnreadable)
	}
	return ids[len(ids)-len(blocks):], nil
}

// Sums are marks of blocks by which Landed finds them again. They hold nothing of the text.
func Sums(blocks []Block) []string {
	sums := make([]string, len(blocks))
	for i, block := range blocks {
		var b strings.Builder
		for _, item := range block.Paragraph.RichText {
			b.WriteString(item.Text.Content)
		}
		sums[i] = sum(b.String())
	}
	return sums
}

// sum passes over differences of white space, which Notion may not keep.
func sum(text string) string {
	h := sha256.Sum256([]byte(strings.Join(strings.Fields(text), " ")))
	return hex.EncodeToString(h[:8])
}

// Landed looks whether blocks with these sums stand on the page behind the block `after`
// ("": anywhere), and returns the ids of those that do. Others may have written in between.
func (c *Client) Landed(ctx context.Context, pageID, after string, sums []string) ([]string, error) {
	search := &landing{after: after, sums: sums, behind: after == ""}
	err := c.eachChild(ctx, pageID, after, search.see)
	if isKind(err, KindInvalid) && after != "" {
		// The block is gone, or its id does not serve as a cursor: look through all.
		search = &landing{after: after, sums: sums}
		err = c.eachChild(ctx, pageID, "", search.see)
	}
	if isKind(err, KindInvalid) {
		err = c.archived(ctx, "list blocks", pageID, err)
	}
	if err != nil {
		return nil, err
	}
	return search.found(), nil
}

// landing follows the blocks of a page in their order.
type landing struct {
	after  string
	sums   []string
	behind bool
	ids    []string
	next   int
	// whole holds the last complete run of the sums, for when `after` is gone.
	whole []string
	run   []string
}

func (l *landing) see(block *blockAnswer) bool {
	if block.ID == l.after {
		l.behind, l.ids, l.next = true, nil, 0
		return true
	}
	if block.Type != "paragraph" {
		return true
	}
	mark := sum(join(block.Paragraph.RichText))
	if l.behind && l.next < len(l.sums) {
		// What is missing was taken away by hand.
		for i := l.next; i < len(l.sums); i++ {
			if l.sums[i] == mark {
				l.ids, l.next = append(l.ids, block.ID), i+1
				break
			}
		}
		return l.next < len(l.sums)
	}
	if len(l.run) > 0 && l.sums[len(l.run)] != mark {
		l.run = nil
	}
	if l.sums[len(l.run)] == mark {
		if l.run = append(l.run, block.ID); len(l.run) == len(l.sums) {
			l.whole, l.run = l.run, nil
		}
	}
	return true
}

func (l *landing) found() []string {
	if l.behind {
		return l.ids
	}
	return l.whole
}

// maxLists bounds how far a page is read: 200,000 blocks.
const maxLists = 2000

// eachChild shows a page's blocks in order until see returns false. With after it begins at
// that block, if Notion takes its id as the cursor; KindInvalid tells that it does not.
func (c *Client) eachChild(ctx context.Context, pageID, after string, see func(*blockAnswer) bool) error {
	cursor := after
	for range maxLists {
		query := url.Values{"page_size": {strconv.Itoa(maxChildren)}}
		if cursor != "" {
			query.Set("start_cursor", cursor)
		}
		var list blockList
		err := c.do(ctx, request{
			op: "list blocks", method: http.MethodGet, query: query,
			path: "/blocks/" + url.PathEscape(pageID) + "/children",
		}, &list)
		if err != nil {
			return err
		}
		blocks := list.blocks()
		if after != "" && cursor == after && (len(blocks) == 0 || blocks[0].ID != after) {
			return &Error{Kind: KindInvalid, Op: "list blocks", Err: errCursor}
		}
		for i := range blocks {
			if !see(&blocks[i]) {
				return nil
			}
		}
		if !list.HasMore || list.NextCursor == "" {
			return nil
		}
		cursor = list.NextCursor
	}
	return &Error{Kind: KindInvalid, Op: "list blocks", Err: errTooMany}
}

var errCursor = errors.New("the cursor leads elsewhere")

func unknown(err error) bool {
	_, ok := errors.AsType[*topics.UnknownOutcome](err)
	return ok
}
