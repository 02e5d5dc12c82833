package notion

import (
	"context"
	"encoding/json"
	"time"

	"github.com/jomei/notionapi"

	"topicpilot/topics"
)

// SetSleep puts a function in the place of all pauses.
func (c *Client) SetSleep(sleep func(ctx context.Context, d time.Duration) error) { c.sleep = sleep }

// For tests of texts.
var (
	Cut     = cut
	SplitAt = splitAt
	Valid   = valid
	WebLink = webLink
)

// Styled renders a text.
func Styled(t topics.Text) []notionapi.RichText { return styled(t) }

// Render renders a message as the default labels do.
func Render(m *topics.Message, edited bool, quoted string) []Block {
	r := renderer{where: time.UTC}
	return r.message(m, edited, quoted)
}

// BlockSize is what a block counts in a request.
func BlockSize(b Block) int { return blockSize(b) }

// ReadPage reads an answer as Upsert does, with properties of all types.
func ReadPage(raw []byte) (owners []string, card Card, ok bool) {
	var page pageAnswer
	if json.Unmarshal(raw, &page) != nil || !page.complete() {
		return nil, Card{}, false
	}
	for _, kind := range []string{"number", "rich_text", "title"} {
		owners = append(owners, page.owner(property{name: "Telegram ID", kind: kind}))
	}
	return owners, page.card(&schema{tags: property{name: "Tags"}, priority: property{name: "Priority"}}), true
}

// ReadBlocks reads a list of blocks.
func ReadBlocks(raw []byte) int {
	var list blockList
	if json.Unmarshal(raw, &list) != nil {
		return 0
	}
	return len(list.blocks())
}
