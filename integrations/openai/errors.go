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
	code, _ := body.Code.(string)
	kind, _ := body.Type.(string)
	r.code, r.kind = ownWord(code), ownWord(kind)
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

// formatWords are how refusals name the answer format, each server in its own way.
func formatWords() []string {
	return []string{
		"response_format", "json_schema", "json schema", "json_object", "grammar", "structured output", "guided",
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
	case param == "response_format", param == "" && slices.ContainsFunc(formatWords(), names):
		return aboutFormat, "response_format"
	case message == "" && param == "":
		// It may be anything, and a server that says so little is one that knows little.
		return aboutFormat, ""
	}
	return aboutOther, param
}

// refused classes a refusal.
func (c *Client) refused(r *refusal, header http.Header) error {
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

// vocabulary are the words that codes and types are made of. Others are not shown: a server
// may put there what was sent to it.
var vocabulary = strings.Fields(`access account allowed api argument authentication authorization bad balance
	billing cancelled capacity client combination completion conflict connection content context
	deactivated decimal denied disabled does embedding empty engine error exceed exceeded exist exists expired failed
	filter forbidden format found gateway generic hard implemented input insufficient integer internal invalid is json key
	length limit limits loading long match max maximum message messages method min missing model moderation no not
	object overloaded parameter payload payment permission policy processing project prompt provider
	quota rate reached region request requests required response schema server service size status string
	supported temperature timeout token tokens too type unauthorized unavailable unknown unprocessable unsupported
	upstream usage user validation value violation above active array below credits entity large many on out of per
	minute day tpm rpm`)

// ownWord gives a code or type such as rate_limit_exceeded or NotFoundError, and "" for what is
// none.
func ownWord(code string) string {
	if len(code) > 64 || strings.ContainsFunc(code, func(r rune) bool {
		return r != '_' && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
	}) {
		return ""
	}
	parts := strings.Fields(strings.ToLower(capital.ReplaceAllString(strings.ReplaceAll(code, "_", " "), " $0")))
	if slices.ContainsFunc(parts, func(part string) bool { return !slices.Contains(vocabulary, part) }) {
		return ""
	}
	return code
}

// capital begins a word of NotFoundError.
var capital = regexp.MustCompile(`[A-Z][a-z]`)

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
