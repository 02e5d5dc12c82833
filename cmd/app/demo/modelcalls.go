package demo

import (
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"sync"
	"time"

	"topicpilot/integrations/openai/openaitest"
)

const (
	// keepModelCalls bounds the calls that are remembered, showQuestion the letters of a question.
	keepModelCalls = 24
	showQuestion   = 600
	// callGone is the status of a call whose caller did not wait for the answer.
	callGone = 0
)

// States of a call, as the page names them.
const (
	callAsking   = "asking"
	callAnswered = "answered"
	callSilent   = "silent"     // the model says that its articles do not carry it
	callRefused  = "refused"    // the server answered with an error
	callDropped  = "called off" // the bot did not wait
)

// callView is one question as the model saw it.
type callView struct {
	Number int   `json:"number"`
	Date   int64 `json:"date"`
	// Topic is that of the customer on the card; 0 where there was none.
	Topic    int      `json:"topic,omitempty"`
	Question string   `json:"question"`
	Language string   `json:"language,omitempty"`
	Chunks   []string `json:"chunks"`
	Turns    int      `json:"turns"`
	// Masked are the placeholders that stood for something of the customer's.
	Masked []string `json:"masked"`
	State  string   `json:"state"`
	Status int      `json:"status,omitempty"`
	Tokens int      `json:"tokens,omitempty"`
	Millis int64    `json:"ms,omitempty"`

	began time.Time
}

// modelCalls writes down what the model was asked. Safe for concurrent use.
type modelCalls struct {
	now func() time.Time
	// topic finds the topic of a card, 0 for none.
	topic func(openaitest.Customer) int
	// changed is told after each change; nil: nobody.
	changed func()

	mu   sync.Mutex
	made int
	list []callView // the oldest first
}

var placeholder = regexp.MustCompile(`\[(?:phone|email|card|key) \d+\]`)

// begin notes a request and returns its number.
func (c *modelCalls) begin(body []byte) int {
	var asked struct {
		Messages []struct{ Role, Content string }
	}
	// What is no request is refused by the server; it is listed as an empty one.
	_ = json.Unmarshal(body, &asked)
	now := c.now()
	v := callView{began: now, Date: now.Unix(), State: callAsking, Chunks: []string{}, Masked: []string{}}
	var data openaitest.Data
	for _, m := range asked.Messages {
		if m.Role != "user" || json.Unmarshal([]byte(m.Content), &data) != nil {
			continue
		}
		for _, mask := range placeholder.FindAllString(m.Content, -1) {
			if !slices.Contains(v.Masked, mask) {
				v.Masked = append(v.Masked, mask)
			}
		}
	}
	v.Question, v.Language, v.Turns = cut(data.Question, showQuestion), data.Language, len(data.Conversation)
	for _, chunk := range data.Chunks {
		v.Chunks = append(v.Chunks, chunk.Title)
	}
	v.Topic = c.topic(data.Customer)
	c.mu.Lock()
	c.made++
	v.Number = c.made
	if c.list = append(c.list, v); len(c.list) > keepModelCalls {
		c.list = slices.Delete(c.list, 0, 1)
	}
	c.mu.Unlock()
	c.tell()
	return v.Number
}

// end notes what became of a request: its status and what was answered.
func (c *modelCalls) end(number, status int, answer []byte) {
	state, tokens := outcomeOf(status, answer)
	c.mu.Lock()
	if i := slices.IndexFunc(c.list, func(v callView) bool { return v.Number == number }); i >= 0 {
		v := &c.list[i]
		v.State, v.Status, v.Tokens, v.Millis = state, status, tokens, c.now().Sub(v.began).Milliseconds()
	}
	c.mu.Unlock()
	c.tell()
}

func (c *modelCalls) tell() {
	if c.changed != nil {
		c.changed()
	}
}

func outcomeOf(status int, answer []byte) (state string, tokens int) {
	var body struct {
		Choices []struct {
			Message struct{ Content string }
		}
		Usage struct {
			Total int `json:"total_tokens"`
		}
	}
	switch {
	case status == callGone:
		return callDropped, 0
	case status != http.StatusOK || json.Unmarshal(answer, &body) != nil || len(body.Choices) == 0:
		return callRefused, 0
	}
	if advice, ok := openaitest.AdviceOf(body.Choices[0].Message.Content); !ok || !advice.Answerable {
		return callSilent, body.Usage.Total
	}
	return callAnswered, body.Usage.Total
}

// view copies what is remembered, the oldest first, and how many calls there were.
func (c *modelCalls) view() (list []callView, made int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]callView{}, c.list...), c.made
}

// cut bounds a text in letters.
func cut(text string, most int) string {
	if letters := []rune(text); len(letters) > most {
		return string(letters[:most-1]) + "…"
	}
	return text
}
