package store

import (
	"encoding/json"
	"strings"

	"topicpilot/topics"
)

// draftDoubts is what the column strange of a draft holds, as JSON; "" for none. A list there
// is the strange parts alone.
type draftDoubts struct {
	Strange   []string `json:"strange,omitempty"`
	Uncarried []string `json:"uncarried,omitempty"`
	Dictated  bool     `json:"dictated,omitempty"`
}

func doubtsText(d *topics.Draft) (string, error) {
	if len(d.Strange) == 0 && len(d.Uncarried) == 0 && !d.Dictated {
		return "", nil
	}
	data, err := json.Marshal(draftDoubts{d.Strange, d.Uncarried, d.Dictated})
	return string(data), err
}

func readDoubts(text string, d *topics.Draft) error {
	if text == "" || strings.HasPrefix(text, "[") {
		return unmarshal(text, &d.Strange)
	}
	var doubts draftDoubts
	if err := json.Unmarshal([]byte(text), &doubts); err != nil {
		return err
	}
	d.Strange, d.Uncarried, d.Dictated = doubts.Strange, doubts.Uncarried, doubts.Dictated
	return nil
}
