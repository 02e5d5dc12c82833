package topicsapi

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"unicode"

	"topicpilot/topics"
)

// Verdict is what a Probe found out.
type Verdict string

// The verdicts.
const (
	// VerdictOK: the API knows us. ProbeResult.Certain tells whether that is sure.
	VerdictOK Verdict = "ok"
	// VerdictTokenRefused: the token of the header X-API-KEY is wrong or missing.
	VerdictTokenRefused Verdict = "token_refused"
	// VerdictKeyRefused: the instance's id or its api_key is wrong.
	VerdictKeyRefused Verdict = "key_refused"
	// VerdictRefused: one of the two is wrong, and the API does not tell which.
	VerdictRefused Verdict = "refused"
	// VerdictUnavailable: no usable answer; the address may be wrong.
	VerdictUnavailable Verdict = "unavailable"
)

// ProbeResult tells what a Probe found and how.
type ProbeResult struct {
	Verdict Verdict
	// Certain is set when the API said so itself or when its answers to right and wrong
	// secrets differ. Without it the verdict is the likeliest reading.
	Certain bool
	// Status is the HTTP status, 0 without an answer.
	Status int
	// Detail is one technical sentence without secrets and without the answer's text.
	Detail string
}

// noTopic is a topic id that cannot exist: message ids of Telegram count up from 1
// within 31 bits.
const noTopic = math.MaxInt32

// wrongSecret stands in for a secret where the answer to a wrong one is wanted.
const wrongSecret = "topicpilot-doctor-wrong-on-purpose" // #nosec G101 -- deliberately no credential

// Probe finds out whether the token and the instance's api_key are accepted. It asks
// about conv, or, when conv is a General, about a topic that cannot exist.
//
// How the API refuses a secret is not published. What the answer says for itself is
// taken; else Probe asks again with one secret and then the other wrong on purpose, and
// compares: a secret is good when a wrong one in its place changes the answer. At most
// three requests, each with the client's timeout. An error means that conv or instance
// cannot be asked about at all, or that ctx has ended.
func (c *Client) Probe(
	ctx context.Context, instance topics.Instance, conv topics.Conversation,
) (ProbeResult, error) {
	if conv.General() {
		conv.ThreadID = noTopic
	}
	group, err := groupID(conv)
	if err != nil {
		return ProbeResult{}, err
	}
	if instance.ID == "" || instance.Key == nil {
		return ProbeResult{}, &topics.ResolveError{Reason: topics.ReasonNotSet}
	}
	p := probe{client: c, group: group, conv: conv, instance: instance.ID}
	token, key := c.headerToken(), instance.Key.Reveal()
	first := p.ask(ctx, token, key)
	if err := ctx.Err(); err != nil {
		return ProbeResult{}, err
	}
	if settled, ok := first.settle(); ok {
		return settled, nil
	}
	withWrongKey := p.ask(ctx, token, wrongSecret)
	withWrongToken := p.ask(ctx, wrongSecret, key)
	if err := ctx.Err(); err != nil {
		return ProbeResult{}, err
	}
	return compare(first, withWrongKey, withWrongToken), nil
}

type probe struct {
	client   *Client
	group    string
	conv     topics.Conversation
	instance string
}

// reply is one answer as far as a probe compares them.
type reply struct {
	found bool
	fault fault
	err   error
	body  string
}

func (p probe) ask(ctx context.Context, token, key string) reply {
	got, err := p.client.exchange(ctx, token, question{
		Action: "info_by_topic", GroupID: p.group, TopicID: p.conv.ThreadID, Instance: p.instance, APIKey: key,
	})
	if err != nil {
		return reply{err: err}
	}
	_, bad := read(got, p.group, p.conv.ThreadID)
	out := reply{body: wordsOf(got.body), found: bad == nil}
	out.fault.status = got.status
	if bad != nil {
		out.fault = *bad
	}
	return out
}

// settle gives the verdict that the answer itself leaves no doubt about.
func (r reply) settle() (ProbeResult, bool) {
	result := ProbeResult{Certain: true, Status: r.fault.status, Detail: r.fault.class}
	switch {
	case r.err != nil:
		result.Verdict, result.Detail = VerdictUnavailable, r.err.Error()
		return result, true
	case r.found:
		result.Verdict, result.Detail = VerdictOK, "the topic is known"
		return result, true
	case r.fault.blame == blameToken:
		result.Verdict = VerdictTokenRefused
		return result, true
	case r.fault.blame == blameKey:
		result.Verdict = VerdictKeyRefused
		return result, true
	case r.fault.reason == topics.ReasonUnavailable && (r.fault.status >= 300 && r.fault.status != 400):
		result.Verdict = VerdictUnavailable
		return result, true
	}
	return result, false
}

// same tells that the API did not care about the difference between two questions.
func (r reply) same(other reply) bool {
	return r.err == nil && other.err == nil && r.found == other.found && r.fault == other.fault && r.body == other.body
}

// wordsOf leaves out what differs from answer to answer: times and request ids.
func wordsOf(body []byte) string {
	words := strings.FieldsFunc(string(body), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '-'
	})
	words = slices.DeleteFunc(words, func(word string) bool { return strings.ContainsAny(word, "0123456789") })
	return strings.Join(words, " ")
}

// compare reads the three answers: to what is configured, to a wrong api_key, to a
// wrong token.
func compare(first, wrongKey, wrongToken reply) ProbeResult {
	result := ProbeResult{Status: first.fault.status, Detail: first.fault.class}
	asked := errors.Join(wrongKey.err, wrongToken.err) == nil
	keyMatters, tokenMatters := asked && !first.same(wrongKey), asked && !first.same(wrongToken)
	switch first.fault.reason {
	case topics.ReasonUnknownTopic:
		result.Verdict, result.Certain = VerdictOK, keyMatters
		if !keyMatters {
			result.Detail += "; a wrong api_key gets the same answer, so the key could not be checked"
		}
	case topics.ReasonRefused:
		result.Verdict, result.Certain = refusedVerdict(keyMatters, tokenMatters)
	default:
		result.Verdict = VerdictUnavailable
		if tokenMatters && !keyMatters {
			result.Detail += "; a wrong api_key gets the same answer, so the key may be wrong"
		}
	}
	return result
}

// refusedVerdict: a secret whose replacement changes a refusal is not the refused one.
func refusedVerdict(keyMatters, tokenMatters bool) (Verdict, bool) {
	switch {
	case tokenMatters && !keyMatters:
		return VerdictKeyRefused, true
	case keyMatters && !tokenMatters:
		return VerdictTokenRefused, true
	}
	return VerdictRefused, false
}
