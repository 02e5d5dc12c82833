package demo

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"topicpilot/integrations/notion/notiontest"
)

const (
	notionToken = "demo-notion-token"
	// showBlocks bounds the blocks of a card that the page shows, the last ones.
	showBlocks = 60
	// notionPause is what Notion asks for when it is asked too much; it then has patience for a while.
	notionPause    = 7
	notionPatience = 30 * time.Second
)

// notionSide is the played Notion with the team's database of customers.
type notionSide struct {
	fake       *notiontest.Server
	databaseID string
	sourceID   string
	// changed is told after each request that may have changed something; nil: nobody.
	changed func()

	mu         sync.Mutex
	down, busy bool
	struck     time.Time
}

func newNotionSide(now func() time.Time) (*notionSide, error) {
	n := &notionSide{fake: notiontest.New(notiontest.Options{Token: notionToken, Now: now, KeepCalls: -1})}
	var sources []string
	n.databaseID, sources = n.fake.AddDatabase("Customers", notiontest.Customers())
	n.sourceID = sources[0]
	// One customer is known to the team from before.
	c := oleksandr().customer
	made := n.fake.AddPage(n.sourceID, map[string]string{
		"Name": c.name(), "Telegram ID": strconv.FormatInt(c.ID, 10), "Username": "@" + c.Username,
		"Tags": "domains, since 2021", "Priority": "High",
	})
	if made == "" {
		return nil, fmt.Errorf("lay the card of customer %d", c.ID)
	}
	n.fake.SetChaos(n.strike)
	return n, nil
}

// ServeHTTP answers one request and tells that something may have changed.
func (n *notionSide) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && n.changed != nil {
		defer n.changed()
	}
	n.fake.Handler().ServeHTTP(w, r)
}

func (n *notionSide) close() error {
	n.fake.Close()
	return nil
}

// disturb sets what goes wrong with Notion.
func (n *notionSide) disturb(down, busy bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.down, n.busy = down, busy
	if !busy {
		n.struck = time.Time{}
	}
}

// strike decides before each request what goes wrong with it.
func (n *notionSide) strike(string) (notiontest.Fault, bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	switch {
	case n.down:
		return notiontest.Fault{Status: http.StatusServiceUnavailable}, true
	case n.busy && time.Since(n.struck) > notionPatience:
		n.struck = time.Now()
		return notiontest.Fault{Status: http.StatusTooManyRequests, RetryAfter: notionPause}, true
	}
	return notiontest.Fault{}, false
}

// cards are the pages of the database as people see them, the oldest first.
func (n *notionSide) cards() []cardView {
	out := []cardView{}
	for _, p := range n.fake.Pages(n.sourceID) {
		id, err := strconv.ParseInt(p.Values["Telegram ID"], 10, 64)
		if err != nil {
			continue // made by hand, of nobody
		}
		v := cardView{
			ID: p.ID, UserID: id, Title: p.Title, URL: p.URL, Username: p.Values["Username"], Phone: p.Values["Phone"],
			Tags: p.Values["Tags"], Priority: p.Values["Priority"], Archived: p.Archived, Blocks: []string{},
		}
		blocks := n.fake.Blocks(p.ID)
		v.BlockCount = len(blocks)
		for _, b := range blocks[max(0, len(blocks)-showBlocks):] {
			v.Blocks = append(v.Blocks, b.Text)
		}
		out = append(out, v)
	}
	return out
}

// Bounds of what a visitor may write on a card, as Notion's own are far wider.
const (
	maxTags      = 10
	maxTagLength = 40
)

func priorities() []string { return []string{"", "Low", "Medium", "High"} }

// EditCard sets the tags, parted by commas, and the priority of a card in the played Notion, as somebody
// of the team would do there.
func (s *Stage) EditCard(id, tags, priority string) error {
	var list []string
	for tag := range strings.SplitSeq(tags, ",") {
		if tag = strings.Join(strings.Fields(tag), " "); tag == "" {
			continue
		}
		if len([]rune(tag)) > maxTagLength || len(list) == maxTags {
			return refusal(fmt.Sprintf("at most %d tags of at most %d characters", maxTags, maxTagLength))
		}
		list = append(list, tag)
	}
	if !slices.Contains(priorities(), priority) {
		return refusal("there is no such priority")
	}
	if !s.notion.fake.SetTags(id, list...) || !s.notion.fake.SetPriority(id, priority) {
		return refusal("there is no such card")
	}
	s.showSystems()
	return nil
}
