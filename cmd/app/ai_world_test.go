package app_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"topicpilot/integrations/openai/openaitest"
	"topicpilot/integrations/telegram/telegramtest"
	"topicpilot/topics"
)

// The articles of the tests. What internalWord stands in informs operators alone.
const (
	refundAnswer = "You get your money back within 14 days after the payment."
	mailAnswer   = "Mailboxes are made in the panel under Mail."
	internalWord = "zebra-quarrel"
	refundAsked  = "How do I get my money back?"
)

var articles = map[string]string{
	"billing/refunds.md": "---\ntitle: Refunds\nlink: https://help.example.com/refunds\ndate: 2026-02-03\n---\n" +
		"# Refunds\n\n" + refundAnswer + "\n\n## Exceptions for money back {internal}\n\n" +
		"Money back after 14 days is granted with the code " + internalWord + ".\n",
	"mail.md":             "# Mail\n\n" + mailAnswer + "\n",
	"internal/secrets.md": "# Money back secrets\n\nThe money back " + internalWord + " opens the safe.\n",
}

// advised is a stage with a model and articles.
type advised struct {
	*stage
	model *openaitest.Server
	// folder holds the articles.
	folder string
}

// newAdvised sets the scene. ai are settings of ai ("mode: draft"), group those of the group.
func newAdvised(t *testing.T, ai string, group ...string) *advised {
	t.Helper()
	return advisedOn(newStage(t, telegramtest.Options{}, group...), ai)
}

// advisedOn adds the model, the articles and the settings of ai to a stage.
func advisedOn(s *stage, ai string) *advised {
	s.t.Helper()
	a := &advised{stage: s, model: openaitest.New(openaitest.Options{}), folder: filepath.Join(s.dir, "knowledge")}
	s.t.Cleanup(a.model.Close)
	s.must(a.model.Start("127.0.0.1:0"))
	for name, text := range articles {
		a.article(name, text)
	}
	s.private = append(s.private, a.model.Key(), refundAsked, refundAnswer)
	s.yml += fmt.Sprintf("ai: {base_url: %q, api_key: %q, model: %q, knowledge: [%q], %s}\n",
		a.model.URL(), a.model.Key(), openaitest.DefaultModel, a.folder, withDebounce(ai))
	return a
}

// withDebounce keeps the silence short where a test does not set it.
func withDebounce(ai string) string {
	if !strings.Contains(ai, "debounce:") {
		ai = strings.TrimPrefix(ai+", debounce: 50ms", ", ")
	}
	return ai
}

func (a *advised) article(name, text string) {
	a.t.Helper()
	file := filepath.Join(a.folder, filepath.FromSlash(name))
	a.must(os.MkdirAll(filepath.Dir(file), 0o700))
	a.must(os.WriteFile(file, []byte(text), 0o600))
}

// run starts the bot and waits until it knows the articles.
func (a *advised) run() {
	a.t.Helper()
	a.start()
	a.knows()
}

func (a *advised) knows() {
	a.t.Helper()
	a.eventually("the articles are read", func() bool { return a.metric("topicpilot_knowledge_chunks") >= 4 })
}

// calm waits until nothing is left to be done, drafts after their silence included.
func (a *advised) calm() {
	a.t.Helper()
	a.settle()
	for range 2 { // one queue fills another
		for _, queue := range []string{"inbox", topics.QueueAdvice, topics.QueueQuestions, topics.QueueTasks, "outbox"} {
			a.eventually("no work in "+queue, func() bool {
				return a.metric(`topicpilot_queue_pending{queue="`+queue+`"}`) == 0
			})
		}
	}
}

// asks are the requests to the model for an answer, oldest first.
func (a *advised) asks() []openaitest.Request {
	return slices.DeleteFunc(a.model.Requests(), func(r openaitest.Request) bool {
		return r.Route != openaitest.RouteChat
	})
}

// drafted waits for the draft that is the topic's last message.
func (a *advised) drafted(thread int, text string) telegramtest.Message {
	a.t.Helper()
	m := a.last(thread, text)
	a.holds(m.Text, "/ Draft for the customer\n")
	return m
}

// silentIn fails if there is any message of ours in a topic once all is done.
func (a *advised) silentIn(thread int, why string) {
	a.t.Helper()
	a.calm()
	for _, m := range a.ours(thread) {
		a.t.Errorf("%s: %q", why, m.Text)
	}
}

// carried are the texts that a mirror carries to the customer out of a topic.
func (a *advised) carried(thread int) []string {
	var texts []string
	for _, m := range a.ours(thread) {
		if !strings.HasPrefix(m.Text, "/ ") {
			texts = append(texts, m.Text)
		}
	}
	return texts
}

// stored are the drafts of a topic, the latest first.
func (a *advised) stored(thread int) []topics.Draft {
	a.t.Helper()
	drafts, err := a.db().Drafts(a.t.Context(), conversation(thread), time.Time{}, 100)
	a.must(err)
	return drafts
}

// states are those of a topic's drafts, the oldest first.
func (a *advised) states(thread int) string {
	var list []string
	for _, draft := range slices.Backward(a.stored(thread)) {
		list = append(list, string(draft.State))
	}
	return strings.Join(list, " ")
}

// saying is a model that answers with a text, on the evidence of a sentence of the articles.
func saying(text, quote string) openaitest.Script {
	return func(r openaitest.Request) openaitest.Answer {
		for _, chunk := range r.Data.Chunks {
			if strings.Contains(chunk.Text, quote) {
				return openaitest.Says(openaitest.Advice{
					Answerable: true, Answer: text,
					Claims: []openaitest.Claim{{Text: text, Chunk: chunk.ID, Quote: quote}},
				})
			}
		}
		return openaitest.Says(openaitest.Advice{})
	}
}

// tokensOf reads the usage of an answer.
func tokensOf(t *testing.T, response []byte) (in, out int) {
	t.Helper()
	var body struct {
		Usage struct {
			In  int `json:"prompt_tokens"`
			Out int `json:"completion_tokens"`
		} `json:"usage"`
	}
	if err := json.Unmarshal(response, &body); err != nil || body.Usage.In == 0 || body.Usage.Out == 0 {
		t.Fatalf("usage %+v, %v", body.Usage, err)
	}
	return body.Usage.In, body.Usage.Out
}

// thousands writes a number below a million as the bot does.
func thousands(n int) string {
	if n < 1000 {
		return strconv.Itoa(n)
	}
	return fmt.Sprintf("%d,%03d", n/1000, n%1000)
}
