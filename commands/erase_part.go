package commands

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"topicpilot/topics"
)

// lookPauses stand before the looks for what an outside system may have made without
// telling us: a request that has left may be carried out late, and be seen later still.
var lookPauses = []time.Duration{10 * time.Second, time.Minute, 5 * time.Minute}

// seenWithin is after how long everything is to be seen that was ever asked for.
const seenWithin = 10 * time.Minute

// eraseTask is the Data of a TaskErase: one part of what has to go from an outside system.
type eraseTask struct {
	System string `json:"system"`
	// Page is one that we made, Block one of ours on a page made by hand.
	Page  string `json:"page,omitempty"`
	Block string `json:"block,omitempty"`
	// Customer is whose card was asked for at Asked without an answer, or whose card On is,
	// which was made by hand.
	Customer int64     `json:"customer,omitempty"`
	Asked    time.Time `json:"asked,omitzero"`
	// Note is that of an export to the page On: it may tell of blocks without an answer.
	Note []byte `json:"note,omitempty"`
	On   string `json:"on,omitempty"`
	// Looks counts the looks so far.
	Looks int `json:"looks,omitempty"`

	// NotBefore is when the next one is due.
	NotBefore time.Time `json:"-"`
}

// eraseKind is what an eraseTask is about.
type eraseKind int

const (
	erasePage eraseKind = iota
	eraseBlock
	eraseAsked
	eraseNoted
	eraseCard
)

func (t eraseTask) what() eraseKind {
	switch {
	case t.Page != "":
		return erasePage
	case t.Block != "":
		return eraseBlock
	case !t.Asked.IsZero():
		return eraseAsked
	case len(t.Note) > 0:
		return eraseNoted
	}
	return eraseCard
}

// name tells parts of one erasure from each other.
func (t eraseTask) name() string {
	switch t.what() {
	case erasePage:
		return "page " + t.System + " " + t.Page
	case eraseBlock:
		return "block " + t.System + " " + t.Block
	case eraseAsked:
		return "asked " + t.System + " " + t.Asked.String()
	case eraseNoted:
		return "noted " + t.System + " " + t.On + " " + string(t.Note)
	default:
		return "card " + t.System + " " + t.On
	}
}

func (t eraseTask) task() topics.Task {
	data, err := json.Marshal(t)
	if err != nil {
		panic(fmt.Sprintf("task of an erasure does not encode: %T", err)) // plain data always does
	}
	// Not one of the customer's lanes: it has to outlive the customer. A page that cannot be
	// erased holds up no other, nor does one that is waited for.
	lane := "erase/" + t.System + "/"
	switch t.what() {
	case erasePage:
		lane += t.Page
	case eraseAsked:
		lane += "asked/" + strconv.FormatInt(t.Asked.UnixMicro(), 10)
	case eraseNoted:
		lane += "noted/" + t.On
	default:
		lane += t.On
	}
	return topics.Task{Kind: TaskErase, Lane: lane, Data: data, NotBefore: t.NotBefore}
}

// eraseParts lists what has to go from outside systems: pages that we made or may have
// made; in those made by hand our blocks, what may be some, and what we know of the
// customer.
func eraseParts(customerID int64, traces topics.Traces) []eraseTask {
	var parts []eraseTask
	systems := map[string]string{}
	for _, page := range traces.Pages {
		switch {
		case page.Kind == topics.PageAsked:
			parts = append(parts, eraseTask{System: page.System, Customer: customerID, Asked: page.At})
		case page.Ours:
			parts = append(parts, eraseTask{System: page.System, Page: page.ID})
		default:
			systems[page.ID] = page.System
			if page.Kind == topics.PageCard {
				parts = append(parts, eraseTask{System: page.System, Customer: customerID, On: page.ID})
			}
		}
	}
	for _, id := range slices.Sorted(maps.Keys(systems)) {
		for _, block := range traces.Blocks[id] {
			parts = append(parts, eraseTask{System: systems[id], Block: block, On: id})
		}
	}
	for _, export := range traces.Exports {
		parts = append(parts, eraseTask{System: export.System, Note: export.Pending, On: export.PageID})
	}
	return parts
}
