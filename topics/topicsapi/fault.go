package topicsapi

import (
	"fmt"
	"strings"

	"topicpilot/topics"
)

// blame tells which of the two secrets an answer complains about.
type blame int

const (
	blameUnclear blame = iota
	blameToken
	blameKey
)

// fault is an answer that is no success.
type fault struct {
	status int
	reason topics.ResolveReason
	blame  blame
	// class is our own name for it, never the answer's text.
	class string
}

func (f *fault) Error() string { return fmt.Sprintf("topics api: HTTP %d: %s", f.status, f.class) }

// resolveError tells apart a token that is wrong from one that was never set.
func (f *fault) resolveError(tokenSet bool) *topics.ResolveError {
	reason := f.reason
	if reason == topics.ReasonRefused && !tokenSet && (f.blame == blameToken || f.status == 401) {
		reason = topics.ReasonNotSet
	}
	return &topics.ResolveError{Reason: reason, Err: f}
}

// maxHint bounds how much of an error's text is looked at.
const maxHint = 4 << 10

// classify reads an answer that is no success. The vendor's error forms are not
// published, so it goes by what HTTP means and by plain words, and on doubt says
// "unavailable", which costs nothing but a later try. Known of the platform behind the
// API (n8n) is that a wrong header of its own check gives 403 "Authorization data is
// wrong!" as plain text, and an address without a workflow a 404 "… is not registered".
func classify(got answer, f fields) *fault {
	hint := strings.ToLower(string(got.body[:min(len(got.body), maxHint)]))
	code := f.text("code", "statusCode", "status")
	out := func(reason topics.ResolveReason, class string) *fault {
		return &fault{status: got.status, reason: reason, class: class}
	}
	switch status := got.status; {
	case status == 401 || status == 403:
		return refused(got.status, hint)
	case status == 429:
		return out(topics.ReasonUnavailable, "too many requests")
	case status >= 500 || status == 408:
		return out(topics.ReasonUnavailable, "server error")
	case status >= 300 && status < 400:
		return out(topics.ReasonUnavailable, "redirected, which is not followed")
	case len(strings.TrimSpace(hint)) == 0:
		return out(topics.ReasonUnavailable, "empty answer")
	case f == nil:
		return out(topics.ReasonUnavailable, "no JSON object")
	case contains(hint, "is not registered", "not registered for"):
		return out(topics.ReasonUnavailable, "no such method at this address")
	case code == "401" || code == "403" || contains(hint, refusalWords()...):
		return refused(got.status, hint)
	case saysUnknown(status, f, hint, code):
		return out(topics.ReasonUnknownTopic, "topic not known")
	}
	return out(topics.ReasonUnavailable, "not the expected answer")
}

// saysUnknown: a JSON answer that speaks of something not found, or that has another
// result than the one which names a topic.
func saysUnknown(status int, f fields, hint, code string) bool {
	if code == "404" || contains(hint, "not found", "not exist", "unknown topic", "no topic", "no such topic") {
		return true
	}
	return status < 300 && f.text("result") != "" && f.text("error") == ""
}

func refused(status int, hint string) *fault {
	out := &fault{status: status, reason: topics.ReasonRefused, class: "refused"}
	token := contains(hint, "x-api-key", "authorization data is wrong", "authorization is required", "access token")
	key := contains(hint, "api_key", "instance")
	switch {
	case token && !key:
		out.blame, out.class = blameToken, "the token is refused"
	case key && !token:
		out.blame, out.class = blameKey, "the instance or its api_key is refused"
	}
	return out
}

func refusalWords() []string {
	return []string{
		"unauthorized", "unauthorised", "forbidden", "access denied",
		"invalid api_key", "wrong api_key", "invalid api key", "wrong api key", "authorization data is wrong",
	}
}

func contains(s string, words ...string) bool {
	for _, word := range words {
		if strings.Contains(s, word) {
			return true
		}
	}
	return false
}
