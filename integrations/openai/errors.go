package openai

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"topicpilot/topics"
)

// maxRetryAfter bounds the pause that is believed.
const maxRetryAfter = 24 * time.Hour

// about is the part of a request that a refusal names, as far as we can do without it.
type about int

const (
	aboutOther about = iota
	aboutTemperature
	aboutFormat
)

// refusal is what a server says instead of an answer. Its message is read for what it is about
// and then left: it may quote the key or the prompt.
type refusal struct {
	status int
	code   string
	kind   string
	param  string
	about  about
	// within tells that it came in an answer of status 2xx, so that the model has worked.
	within bool
}

// Error shows status, code and the parameter that is named.
func (r *refusal) Error() string {
	text := "the server answers"
	if r.status != 0 {
		text += " " + strconv.Itoa(r.status)
	}
	switch {
	case r.code != "":
		text += " " + r.code
	case r.kind != "":
		text += " " + r.kind
	case r.status == 0:
		text += " with an error"
	case http.StatusText(r.status) != "":
		text += " " + http.StatusText(r.status)
	}
	if r.param != "" {
		text += fmt.Sprintf(" (%s)", r.param)
	}
	return text
}

// failure is the body of a refusal in its many shapes: an object or a text below error; the
// same object by itself (vLLM of old); a text or list below detail (FastAPI).
type failure struct {
	Error   json.RawMessage `json:"error"`
	Message json.RawMessage `json:"message"`
	Type    any             `json:"type"`
	Param   any             `json:"param"`
	Code    any             `json:"code"`
	Detail  json.RawMessage `json:"detail"`
}

// newRefusal reads a refusal, status 0 for one that stands in an answer of status 2xx. There
// is one for any body: a proxy's page has nothing but its status.
func newRefusal(status int, raw []byte) *refusal {
	r := &refusal{status: status, within: status == 0}
	var body, inner failure
	if json.Unmarshal(raw, &body) != nil && len(bytes.TrimSpace(raw)) > 0 {
		return r // a page of somebody in between
	}
	if json.Unmarshal(body.Error, &inner) == nil {
		body = inner
	}
	r.code, _ = body.Code.(string)
	r.kind, _ = body.Type.(string)
	param, _ := body.Param.(string)
	if r.status == 0 {
		r.status = numericStatus(body.Code)
	}
	message := string(slices.Concat(body.Error, body.Message, body.Detail))
	r.about, r.param = subject(strings.ToLower(message), param)
	return r
}

// numericStatus is the status that vLLM, llama.cpp and gateways repeat as the code, or 0.
func numericStatus(code any) int {
	number, _ := code.(float64)
	if text, ok := code.(string); ok {
		number, _ = strconv.ParseFloat(text, 64)
	}
	if number >= 400 && number <= 599 {
		return int(number)
	}
	return 0
}

// fields are the parameters of ours that a refusal may name.
func fields() []string {
	return []string{
		"model", "messages", MaxTokens, MaxCompletionTokens, "temperature", "response_format", "input", "encoding_format",
		"stream",
	}
}

// subject tells what a refusal is about, and the parameter that it names ("" for none of ours).
func subject(message, param string) (about, string) {
	param, _, _ = strings.Cut(param, ".")
	if !slices.Contains(fields(), param) {
		param = ""
	}
	names := func(word string) bool { return strings.Contains(message, word) }
	switch {
	case param == "temperature", param == "" && names("temperature"):
		return aboutTemperature, "temperature"
	case param == "response_format",
		param == "" && slices.ContainsFunc([]string{"response_format", "json_schema", "json schema", "json_object",
			"grammar", "structured output", "guided"}, names):
		return aboutFormat, "response_format"
	case message == "" && param == "":
		// It may be anything, and a server that says so little is one that knows little.
		return aboutFormat, ""
	}
	return aboutOther, param
}

// refused classes a refusal. sent is the request's body: words that stand there, or in the
// key or the address, are not repeated.
func (c *Client) refused(r *refusal, header http.Header, sent []byte) error {
	e := &topics.ModelError{Fault: topics.ModelRefused, Sent: r.within, Err: r}
	after := retryAfter(header, c.opt.Now())
	switch {
	case r.noMoney():
		e.Fault = topics.ModelQuota
	case r.status == http.StatusUnauthorized, r.status == http.StatusForbidden:
		e.Fault = topics.ModelDenied
	case r.status == http.StatusTooManyRequests, r.status == statusOverloaded,
		r.status == http.StatusServiceUnavailable && after > 0:
		e.Fault, e.RetryAfter = topics.ModelBusy, after
	case r.status == http.StatusServiceUnavailable, r.status == http.StatusConflict, r.status == http.StatusTooEarly:
		e.Fault = topics.ModelDown
	case r.status == http.StatusNotImplemented:
	case r.status == 0, r.status >= 500, r.status == http.StatusRequestTimeout:
		e.Fault, e.Sent = topics.ModelDown, true
	}
	r.code, r.kind = c.ownWord(r.code, sent), c.ownWord(r.kind, sent)
	return e
}

// statusOverloaded is what some gateways answer instead of 503.
const statusOverloaded = 529

// noMoney tells that waiting does not help, but paying.
func (r *refusal) noMoney() bool {
	if r.status == http.StatusPaymentRequired {
		return true
	}
	paid := []string{"insufficient_quota", "billing_hard_limit_reached", "billing_not_active", "insufficient_balance"}
	return slices.Contains(paid, r.code) || slices.Contains(paid, r.kind)
}

// words are codes and types: insufficient_quota, NotFoundError.
var words = regexp.MustCompile(`^(?:[a-z]+(?:_[a-z0-9]+)+|[A-Z][A-Za-z]*Error)$`)

// ownWord gives a code or type if it is the server's own word, and "" otherwise.
func (c *Client) ownWord(word string, sent []byte) string {
	if len(word) > 64 || !words.MatchString(word) || bytes.Contains(sent, []byte(word)) ||
		strings.Contains(c.key, word) || strings.Contains(c.base.String(), word) {
		return ""
	}
	return word
}

// retryAfter reads the pause that the server asks for: milliseconds (OpenAI's own header),
// seconds or a date; 0 for none.
func retryAfter(header http.Header, now time.Time) time.Duration {
	value := header.Get("Retry-After")
	wait := time.Duration(0)
	if ms, err := strconv.ParseFloat(header.Get("Retry-After-Ms"), 64); err == nil {
		wait = bound(ms / 1000)
	} else if seconds, err := strconv.ParseFloat(value, 64); err == nil {
		wait = bound(seconds)
	} else if date, err := http.ParseTime(value); err == nil {
		wait = date.Sub(now)
	}
	return min(max(wait, 0), maxRetryAfter)
}

// bound makes a duration of seconds; what is no number or too much does not overflow.
func bound(seconds float64) time.Duration {
	if !(seconds > 0) { // also what is no number
		return 0
	}
	return time.Duration(min(seconds, maxRetryAfter.Seconds()) * float64(time.Second))
}
