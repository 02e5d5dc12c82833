package openai

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"mime"
	"regexp"
	"strings"

	"topicpilot/topics"
)

// errUnreadable is wrapped by what is wrong with an answer; none of them quotes it.
var (
	errUnreadable = errors.New("the answer is none")
	errNoJSON     = fmt.Errorf("%w: it is not JSON", errUnreadable)
	errNoChoice   = fmt.Errorf("%w: it has no choice", errUnreadable)
	errContent    = fmt.Errorf("%w: its content is no text", errUnreadable)
	errStream     = fmt.Errorf("%w: the stream has no end", errUnreadable)
)

// chatAnswer is what is read of an answer, or of one event of a stream.
type chatAnswer struct {
	Choices []choice        `json:"choices"`
	Usage   *usage          `json:"usage"`
	Error   json.RawMessage `json:"error"`
}

type choice struct {
	Index   int      `json:"index"`
	Message *message `json:"message"`
	// Delta is what a stream adds.
	Delta        *message `json:"delta"`
	FinishReason string   `json:"finish_reason"`
}

type message struct {
	Content json.RawMessage `json:"content"`
	Refusal string          `json:"refusal"`
}

type usage struct {
	Prompt     int64
	Completion int64
	Total      int64
	// untold is set where what stands there cannot be believed.
	untold bool
}

// maxUsage is more tokens than any call takes.
const maxUsage = 10_000_000

// UnmarshalJSON never fails: an answer is not lost for what it says to have cost.
func (u *usage) UnmarshalJSON(raw []byte) error {
	var numbers struct {
		Prompt     float64 `json:"prompt_tokens"`
		Completion float64 `json:"completion_tokens"`
		Total      float64 `json:"total_tokens"`
	}
	*u = usage{untold: json.Unmarshal(raw, &numbers) != nil}
	for _, n := range []struct {
		told float64
		to   *int64
	}{{numbers.Prompt, &u.Prompt}, {numbers.Completion, &u.Completion}, {numbers.Total, &u.Total}} {
		*n.to = int64(n.told)
		u.untold = u.untold || n.told < 0 || n.told > maxUsage || n.told != math.Trunc(n.told)
	}
	return nil
}

// readCompletion reads an answer, also one that is streamed although nobody asked for it.
// Errors: those of errUnreadable, *refusal, or what reading gives.
func readCompletion(contentType string, answer io.Reader) (topics.Completion, error) {
	in := bufio.NewReader(answer)
	if kind, _, _ := mime.ParseMediaType(contentType); kind == "text/event-stream" {
		return readStream(in)
	}
	if start, _ := in.Peek(len(dataField)); string(start) == dataField {
		return readStream(in)
	}
	raw, err := io.ReadAll(in)
	if err != nil {
		return topics.Completion{}, err
	}
	var body chatAnswer
	if json.Unmarshal(raw, &body) != nil {
		return topics.Completion{}, errNoJSON
	}
	if failed(body.Error) {
		return topics.Completion{}, newRefusal(0, raw)
	}
	if len(body.Choices) == 0 || body.Choices[0].Message == nil {
		return topics.Completion{}, errNoChoice
	}
	first := body.Choices[0]
	text, err := first.Message.text()
	if err != nil {
		return topics.Completion{}, err
	}
	return completion(text, first.Message.Refusal, first.FinishReason, body.Usage), nil
}

// failed tells that an answer of status 2xx is a refusal all the same.
func failed(raw json.RawMessage) bool { return len(raw) > 0 && !bytes.Equal(raw, []byte("null")) }

// text is the content: a text, nothing, or a list of parts.
func (m *message) text() (string, error) {
	if len(m.Content) == 0 {
		return "", nil
	}
	var text *string
	if json.Unmarshal(m.Content, &text) == nil {
		if text == nil {
			return "", nil
		}
		return *text, nil
	}
	var parts []struct {
		Text string `json:"text"`
	}
	if json.Unmarshal(m.Content, &parts) != nil {
		return "", errContent
	}
	var joined strings.Builder
	for _, part := range parts {
		joined.WriteString(part.Text)
	}
	return joined.String(), nil
}

var finishes = regexp.MustCompile(`^[a-z_]{1,32}$`)

func completion(text, refusal, finish string, used *usage) topics.Completion {
	if !finishes.MatchString(finish) {
		finish = ""
	}
	return topics.Completion{
		Text: withoutThoughts(text), Refusal: refusal, Finish: topics.Finish(finish), Usage: used.tokens(),
	}
}

// withoutThoughts takes off what a reasoning model has thought, where its server leaves that
// in the answer.
func withoutThoughts(text string) string {
	rest, ok := strings.CutPrefix(strings.TrimLeft(text, " \r\n\t"), "<think>")
	if !ok {
		return text
	}
	if _, answer, ok := strings.Cut(rest, "</think>"); ok {
		return strings.TrimLeft(answer, " \r\n\t")
	}
	return text
}

// tokens is nil where the server does not tell. A total that is more than its parts counts:
// some servers keep thoughts out of the parts, some give nothing else.
func (u *usage) tokens() *topics.TokenUsage {
	if u == nil || u.untold || u.Prompt == 0 && u.Completion == 0 && u.Total <= 0 {
		return nil
	}
	if u.Prompt == 0 { // a prompt always has tokens
		u.Prompt = max(u.Total-u.Completion, 0)
	}
	return &topics.TokenUsage{Input: u.Prompt, Output: max(u.Completion, u.Total-u.Prompt)}
}
