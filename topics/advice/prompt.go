package advice

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"topicpilot/topics"
	"topicpilot/topics/mask"
)

// The bounds of what is sent, in characters.
const (
	maxChunks       = 8
	maxChunkText    = 6000
	minChunkText    = 200
	maxQuestion     = 4000
	maxTurns        = 20
	maxTurnText     = 4000
	maxSummary      = 800
	maxField        = 200
	maxAccounts     = 20
	defaultMaxToken = 800
)

const schemaName = "advice"

//go:embed instructions.txt
var instructions string

//go:embed schema.json
var schema []byte

// forOperator follows the instructions where only operators read the answer.
const forOperator = "\nThe reader is a colleague of the support team who asks for advice on this customer, not the " +
	"customer: speak to the colleague.\n"

// sentChunk is a part of the knowledge as the model sees it.
type sentChunk struct {
	ID    string `json:"id"`
	Title string `json:"title"`
	Text  string `json:"text"`
}

// request is the one message with all data. JSON is the border between what we say and what
// others have written.
type request struct {
	Question string      `json:"question"`
	Language string      `json:"language"`
	Chunks   []sentChunk `json:"chunks"`
	Turns    []Turn      `json:"conversation"`
	Summary  string      `json:"summary"`
	Customer Card        `json:"customer"`
}

// asked is a question with all that is sent of it.
type asked struct {
	Question
	// hits are the chunks that were sent, with as much of their text.
	hits     []topics.KnowledgeHit
	language string
	// customers are the texts in which the customer could have dictated something, without
	// what is masked.
	customers []string
	// masks is nil where nothing is masked.
	masks *mask.Placeholders
}

// prepare bounds what is sent, and learns what of it is to be masked.
func prepare(q Question, hits []topics.KnowledgeHit, masked bool) asked {
	ask := asked{Question: tidied(q), hits: bounded(hits)}
	q, card := ask.Question, ask.Customer
	ask.language = q.Language
	if ask.language == "" {
		texts := []string{q.Text}
		for _, t := range slices.Backward(q.Turns) {
			texts = append(texts, t.Text)
		}
		ask.language = LanguageOf(card.Language, texts...)
	}
	ask.customers = customersWords(q)
	if !masked {
		return ask
	}
	texts := slices.Clone(ask.customers)
	for _, t := range q.Turns {
		texts = append(texts, t.Text)
	}
	others := make([]string, 0, len(ask.hits))
	for _, hit := range ask.hits {
		others = append(others, hit.Title, hit.Text)
	}
	ask.masks = mask.NewPlaceholders(card.Phone, texts, others)
	for i, text := range ask.customers {
		ask.customers[i] = ask.masks.Blank(ask.masks.Mask(text))
	}
	return ask
}

// tidied makes all texts readable, and none of them longer than anything of it could be sent;
// Customer is never nil then.
func tidied(q Question) Question {
	tidy := func(s string, limit int) string { return strings.ToValidUTF8(cut(s, 4*limit), "\uFFFD") }
	q.Text, q.Summary = tidy(q.Text, maxQuestion), tidy(q.Summary, maxSummary)
	q.Turns = slices.Clone(q.Turns[max(0, len(q.Turns)-maxTurns):])
	for i := range q.Turns {
		q.Turns[i].Text = tidy(q.Turns[i].Text, maxTurnText)
	}
	card := Card{}
	if q.Customer != nil {
		card = *q.Customer
	}
	card.Name, card.Username = tidy(card.Name, maxField), tidy(card.Username, maxField)
	card.Phone, card.Language = tidy(card.Phone, maxField), tidy(card.Language, maxField)
	card.Accounts = slices.Clone(card.Accounts[:min(len(card.Accounts), maxAccounts)])
	for i := range card.Accounts {
		card.Accounts[i] = tidy(card.Accounts[i], maxField)
	}
	q.Customer = &card
	return q
}

func customersWords(q Question) []string {
	texts := []string{q.Text, q.Summary, q.Customer.Name, q.Customer.Username}
	for _, t := range q.Turns {
		if t.From != fromOperator {
			texts = append(texts, t.Text)
		}
	}
	return append(texts, q.Customer.Accounts...)
}

// bounded are the best chunks, as many as may be sent; the last may be cut.
func bounded(hits []topics.KnowledgeHit) []topics.KnowledgeHit {
	list := make([]topics.KnowledgeHit, 0, maxChunks)
	left := maxChunkText
	for _, hit := range hits {
		if len(list) == maxChunks || left < minChunkText {
			break
		}
		hit.Title = cut(hit.Title, maxField)
		hit.Text = cut(hit.Text, left)
		left -= len([]rune(hit.Text))
		list = append(list, hit)
	}
	return list
}

// prompt is what is sent to the model.
func (a asked) prompt(maxTokens int) (topics.Prompt, error) {
	if maxTokens <= 0 {
		maxTokens = defaultMaxToken
	}
	system := instructions
	if a.Internal {
		system += forOperator
	}
	user, err := encode(a.request())
	if err != nil {
		return topics.Prompt{}, fmt.Errorf("encode the question: %w", err)
	}
	return topics.Prompt{
		System: system, User: user, SchemaName: schemaName, Schema: schema, MaxTokens: maxTokens,
	}, nil
}

func (a asked) request() request {
	r := request{
		Question: a.sent(a.Text, maxQuestion), Language: a.language, Chunks: make([]sentChunk, 0, len(a.hits)),
		Turns: a.turns(), Summary: a.sent(a.Summary, maxSummary),
		Customer: Card{
			Name: a.sent(a.Customer.Name, maxField), Username: a.sent(a.Customer.Username, maxField),
			Language: cut(a.Customer.Language, maxField), Phone: a.phone(),
		},
	}
	for _, hit := range a.hits {
		r.Chunks = append(r.Chunks, sentChunk{ID: hit.ID, Title: hit.Title, Text: hit.Text})
	}
	for _, account := range a.Customer.Accounts {
		r.Customer.Accounts = append(r.Customer.Accounts, a.sent(account, maxField))
	}
	return r
}

// sent is a text as it is sent. It is masked before it is cut, so that no half of a secret is
// left over.
func (a asked) sent(text string, limit int) string {
	if a.masks != nil {
		text = a.masks.Mask(text)
	}
	return cut(text, limit)
}

func (a asked) phone() string {
	if a.masks != nil {
		return a.masks.Phone()
	}
	return cut(a.Customer.Phone, maxField)
}

// turns are the newest turns, as many as may be sent.
func (a asked) turns() []Turn {
	list := make([]Turn, 0, len(a.Turns))
	for _, t := range a.Turns {
		list = append(list, Turn{From: t.From, Text: a.sent(t.Text, maxTurnText)})
	}
	return newest(list, maxTurns, maxTurnText)
}

// newest are the last turns within the bounds, the oldest of them cut.
func newest(turns []Turn, limit, characters int) []Turn {
	first := len(turns)
	for first > 0 && len(turns)-first < limit && characters > 0 {
		turn := &turns[first-1]
		turn.Text = cut(turn.Text, characters)
		characters -= len([]rune(turn.Text))
		first--
	}
	return turns[first:]
}

// encode writes JSON with all signs as they are: they cost less, and are read better.
func encode(r request) (string, error) {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(r); err != nil {
		return "", err
	}
	return strings.TrimSuffix(out.String(), "\n"), nil
}
