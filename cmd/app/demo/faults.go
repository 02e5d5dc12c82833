package demo

import (
	"fmt"
	"sync"
)

// The switches of the page's "Try faults".
const (
	faultAPIDown     = "topics-api-down"
	faultAPISlow     = "topics-api-slow"
	faultBillingDown = "billing-down"
	faultBillingSlow = "billing-slow"
	faultBillingLost = "billing-lost"
	faultNotionDown  = "notion-down"
	faultNotionBusy  = "notion-429"

	faultModelDown      = "model-down"
	faultModelSlow      = "model-slow"
	faultModelBusy      = "model-429"
	faultModelInventing = "model-inventing"
	faultModelObedient  = "model-obedient"
)

// faultBox holds the switches.
type faultBox struct {
	mu   sync.Mutex
	list []faultView
}

func newFaults() faultBox {
	return faultBox{list: []faultView{
		{
			ID: faultAPIDown, Title: "Topics API down",
			Help: "Cards show what was known last and name its age.",
		},
		{
			ID: faultAPISlow, Title: "Topics API slow",
			Help: "Each question takes two seconds; other topics are not delayed.",
		},
		{
			ID: faultBillingDown, Title: "Billing down",
			Help: "One line of the card says so, the rest stands. An action ends as unknown.",
		},
		{
			ID: faultBillingSlow, Title: "Billing slow",
			Help: "Actions take three seconds; the card does not wait for its line.",
		},
		{
			ID: faultBillingLost, Title: "Billing loses the answer",
			Help: "The action takes effect, its answer never comes: unknown, then Check again.",
		},
		{
			ID: faultNotionDown, Title: "Notion down",
			Help: "The answer says so; nothing is lost.",
		},
		{
			ID: faultNotionBusy, Title: "Notion asks for a pause (429)",
			Help: "Seven seconds, told once; then the answer comes by itself.",
		},
		{
			ID: faultModelDown, Title: "Model down",
			Help: "No drafts, nothing else. After three failures it is left alone for a minute.",
		},
		{
			ID: faultModelSlow, Title: "Model slow",
			Help: "Six seconds. Answer by hand meanwhile: the draft is called off.",
		},
		{
			ID: faultModelBusy, Title: "Model asks for a pause (429)",
			Help: "Three seconds, waited out once; then the draft comes.",
		},
		{
			ID: faultModelInventing, Title: "Model makes its evidence up",
			Help: "It answers well and quotes what stands nowhere: no draft.",
		},
		{
			ID: faultModelObedient, Title: "Model obeys the customer",
			Help: "The worst model there can be: it does what is written in its data. Nothing gets through.",
		},
	}}
}

// flip sets one switch and returns all.
func (b *faultBox) flip(id string, on bool) ([]faultView, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	found := false
	out := make([]faultView, 0, len(b.list))
	for _, f := range b.list {
		if f.ID == id {
			f.On, found = on, true
		}
		out = append(out, f)
	}
	if !found {
		return nil, refusal(fmt.Sprintf("no fault %q", id))
	}
	b.list = out
	return out, nil
}

// SetFault switches a fault of the systems around the bot by its id, which the state names.
func (s *Stage) SetFault(id string, on bool) error {
	list, err := s.faults.flip(id, on)
	if err != nil {
		return err
	}
	state := map[string]bool{}
	for _, f := range list {
		state[f.ID] = f.On
	}
	s.api.disturb(state[faultAPIDown], state[faultAPISlow])
	s.billing.down.Store(state[faultBillingDown])
	s.billing.slow.Store(state[faultBillingSlow])
	s.billing.lost.Store(state[faultBillingLost])
	s.notion.disturb(state[faultNotionDown], state[faultNotionBusy])
	s.advisor.model.disturb(modelFaults{
		down: state[faultModelDown], slow: state[faultModelSlow], busy: state[faultModelBusy],
		inventing: state[faultModelInventing], obedient: state[faultModelObedient],
	})
	s.showAdvisor()
	s.board.setFaults(list)
	return nil
}
