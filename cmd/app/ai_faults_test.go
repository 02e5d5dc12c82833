package app_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"topicpilot/integrations/openai/openaitest"
)

// TestAdvisorFaults: whatever the model's server does costs drafts at most: customers see
// nothing, operators are told why, everything else goes on, and nothing is asked too often.
func TestAdvisorFaults(t *testing.T) {
	t.Parallel()
	advice := func(change func(*openaitest.Answer)) openaitest.Script {
		return func(r openaitest.Request) openaitest.Answer {
			answer := openaitest.Quoting()(r)
			change(&answer)
			return answer
		}
	}
	fault := func(f openaitest.Fault) openaitest.Script {
		return func(openaitest.Request) openaitest.Answer { return openaitest.Answer{Fault: &f} }
	}
	const down, useless = "The model does not answer just now.", "The model's answer could not be used."
	for _, test := range []struct {
		name     string
		script   openaitest.Script
		want     string // said to an operator; "": answered all the same
		mostAsks int    // of two questions
	}{
		{"500", fault(openaitest.Fault{Status: 500}), down, 4},
		{"connection lost", fault(openaitest.Fault{Close: true}), down, 4},
		{"slow", fault(openaitest.Fault{Delay: 3 * time.Second}), down, 2},
		{"hangs", fault(openaitest.Fault{Hang: true}), down, 2},
		{"429 for a minute", fault(openaitest.Fault{Status: 429, Header: http.Header{"Retry-After": {"60"}}}), down, 2},
		{"429 without", fault(openaitest.Fault{Status: 429}), down, 4},
		{"no money", fault(openaitest.Fault{Status: 429, Code: "insufficient_quota", Type: "insufficient_quota"}), down, 2},
		{"key refused", fault(openaitest.Fault{Status: 401}), down, 2},
		{"garbage", fault(openaitest.Fault{Body: "<html>upstream"}), useless, 2},
		{"half an answer", fault(openaitest.Fault{Truncate: true}), down, 4},
		{"no JSON", advice(func(a *openaitest.Answer) { a.Text = "Money back? Sure!" }), useless, 2},
		{"wrong types", advice(func(a *openaitest.Answer) { a.Text = `{"answerable":"yes","answer":1}` }), useless, 2},
		{"cut off", advice(func(a *openaitest.Answer) { a.Finish = "length" }), useless, 2},
		{"filtered", advice(func(a *openaitest.Answer) { a.Finish = "content_filter" }), useless, 2},
		{"refusal", advice(func(a *openaitest.Answer) { a.Null, a.Refusal = true, "I cannot help with that." }), useless, 2},
		{"null", advice(func(a *openaitest.Answer) { a.Null = true }), useless, 2},
		{"events", advice(func(a *openaitest.Answer) { a.Stream = true }), "", 2},
		{"events cut", advice(func(a *openaitest.Answer) { a.CutStream = true; a.Stream = true }), useless, 4},
		{"code fence", advice(func(a *openaitest.Answer) { a.Text = "```json\n" + a.Text + "\n```" }), "", 2},
		{"no usage", advice(func(a *openaitest.Answer) { a.NoUsage = true }), "", 2},
		{
			"invented quote", saying(refundAnswer, "no article says that"),
			"The articles have no sure answer to that.", 2,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			a := newAdvised(t, "mode: reply, reply_to: all, timeout: 1s", "    customer_send: topic")
			a.told = []string{refundAnswer}
			a.model.SetScript(test.script)
			a.run()
			thread := a.topic(11, "Ann")
			a.post(thread, mirrorID, refundAsked)
			if test.want == "" {
				a.last(thread, "Answered by the advisor")
			} else {
				a.silentIn(thread, "a model with "+test.name)
			}
			a.post(thread, olgaID, "/info")
			a.last(thread, "user_11")
			a.post(thread, olgaID, "/ ai "+refundAsked)
			if test.want == "" {
				a.last(thread, refundAnswer)
			} else {
				a.last(thread, test.want)
			}
			a.calm()
			if n := len(a.asks()); n == 0 || n > test.mostAsks {
				t.Errorf("the model was asked %d times", n)
			}
			if parked := a.parked(); len(parked) != 0 {
				t.Errorf("parked: %+v", parked)
			}
			spent, err := a.db().TokensSpent(t.Context(), conversation(thread), time.Now())
			a.must(err)
			if spent.Reserved != 0 {
				t.Errorf("still booked: %+v", spent)
			}
		})
	}
}

// TestAdvisorBreaker: a server that fails three times in a row is left alone, and others are
// not held up.
func TestAdvisorBreaker(t *testing.T) {
	t.Parallel()
	a := newAdvised(t, "mode: draft")
	a.model.Fail(openaitest.RouteChat, openaitest.Fault{Status: 503, Times: -1})
	a.run()
	for i := range 8 {
		thread := a.topic(int64(11+i), "Ann")
		a.post(thread, olgaID, "/ ai "+refundAsked)
		a.last(thread, "The model does not answer just now.")
	}
	if n := len(a.asks()); n < 3 || n > 4 {
		t.Errorf("the model was asked %d times by 8 questions", n)
	}
}

// TestAdvisorOlderServers: one that refuses json_schema is asked in its own way from then on.
func TestAdvisorOlderServers(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		options openaitest.Options
		want    string
		asks    int
	}{
		"json_object": {openaitest.Options{Refuse: []string{"json_schema"}}, "json_schema json_object json_object", 3},
		"none":        {openaitest.Options{Refuse: []string{"json_schema", "json_object"}}, "json_schema json_object  ", 4},
		"ollama":      {openaitest.Options{Flavour: openaitest.Ollama}, "json_schema json_schema", 2},
		"vllm":        {openaitest.Options{Flavour: openaitest.VLLM}, "json_schema json_schema", 2},
		"llama.cpp":   {openaitest.Options{Flavour: openaitest.LlamaCPP}, "json_schema json_schema", 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAdvised(t, "mode: draft")
			old := openaitest.ForTest(t, test.options)
			a.replace(a.model.URL(), old.URL())
			a.replace(a.model.Key(), old.Key())
			a.model = old
			a.run()
			for i := range 2 {
				thread := a.topic(int64(11+i), "Ann")
				a.post(thread, mirrorID, refundAsked)
				a.drafted(thread, refundAnswer)
			}
			a.calm()
			var formats []string
			for _, r := range a.asks() {
				formats = append(formats, r.Format)
			}
			if got := strings.Join(formats, " "); got != test.want || len(formats) != test.asks {
				t.Errorf("asked for %q", got)
			}
		})
	}
}
