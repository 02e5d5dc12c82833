package demo

import (
	"bytes"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"topicpilot/integrations/openai/openaitest"
)

const (
	modelName = "pelmora-mini"
	modelKey  = "sk-demo-key-that-opens-nothing"
	// modelPause is how long the model takes, as a small one of today does; modelSlow how long
	// with that fault.
	modelPause = 600 * time.Millisecond
	modelSlow  = 6 * time.Second
	// modelBusy is the pause, in seconds, that a busy model asks for. The next question after
	// busyPatience is asked for one again.
	modelBusy    = 3
	busyPatience = 6 * time.Second

	maxModelBody = 1 << 20
)

// modelFaults are the switches that concern the model.
type modelFaults struct{ down, slow, busy, inventing, obedient bool }

// name is the gravest of them, "" for none.
func (f modelFaults) name() string {
	switch {
	case f.down:
		return "down"
	case f.slow:
		return "slow"
	case f.busy:
		return "asks for a pause"
	case f.inventing:
		return "makes its evidence up"
	case f.obedient:
		return "obeys the customer"
	}
	return ""
}

// modelSide is the played server of a language model: it answers with the sentences of the
// articles that fit the question, unless a fault is on.
type modelSide struct {
	fake  *openaitest.Server
	calls *modelCalls

	mu     sync.Mutex
	faults modelFaults
	struck time.Time
}

func newModelSide(calls *modelCalls) *modelSide {
	m := &modelSide{calls: calls}
	m.fake = openaitest.New(openaitest.Options{
		Key: modelKey, Models: []string{modelName}, Script: m.answer, Keep: -1, Now: calls.now,
	})
	return m
}

func (m *modelSide) disturb(f modelFaults) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.faults = f
	if !f.busy {
		m.struck = time.Time{}
	}
}

func (m *modelSide) disturbed() modelFaults {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.faults
}

// ServeHTTP answers one request after the model's time, and writes down what came of it.
func (m *modelSide) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxModelBody))
	if err != nil {
		refuse(w, http.StatusRequestEntityTooLarge, "the request is too large or was cut off")
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	if !strings.HasSuffix(r.URL.Path, "/chat/completions") {
		m.fake.Handler().ServeHTTP(w, r)
		return
	}
	call := m.calls.begin(body)
	took := modelPause
	if m.disturbed().slow {
		took = modelSlow
	}
	if pause(r, took); r.Context().Err() != nil {
		m.calls.end(call, callGone, nil)
		return
	}
	kept := &keptAnswer{ResponseWriter: w, status: http.StatusOK}
	m.fake.Handler().ServeHTTP(kept, r)
	m.calls.end(call, kept.status, kept.body.Bytes())
}

// answer is the model.
func (m *modelSide) answer(r openaitest.Request) openaitest.Answer {
	m.mu.Lock()
	f := m.faults
	strike := f.busy && time.Since(m.struck) > busyPatience
	if strike {
		m.struck = time.Now()
	}
	m.mu.Unlock()
	switch {
	case f.down:
		return openaitest.Answer{Fault: &openaitest.Fault{Status: http.StatusServiceUnavailable}}
	case strike:
		return openaitest.Answer{Fault: &openaitest.Fault{
			Status: http.StatusTooManyRequests, Code: "rate_limit_exceeded",
			Header: http.Header{"Retry-After": {strconv.Itoa(modelBusy)}},
		}}
	case f.inventing:
		return invented(r)
	case f.obedient:
		return openaitest.Obedient()(r)
	}
	return quoting(r)
}

// quoting is the honest model. Where nothing fits all that was asked it answers what was asked last, and
// it keeps to the article that fits best.
func quoting(r openaitest.Request) openaitest.Answer {
	advice, _ := openaitest.AdviceOf(openaitest.Quoting()(r).Text)
	if at := strings.LastIndexByte(r.Data.Question, '\n'); at >= 0 && !advice.Answerable {
		r.Data.Question = r.Data.Question[at+1:]
		advice, _ = openaitest.AdviceOf(openaitest.Quoting()(r).Text)
	}
	if !advice.Answerable {
		return openaitest.Says(advice)
	}
	best := openaitest.Advice{Answerable: true}
	var said []string
	for _, claim := range advice.Claims {
		if claim.Chunk == advice.Claims[0].Chunk {
			best.Claims, said = append(best.Claims, claim), append(said, claim.Text)
		}
	}
	best.Answer = strings.Join(said, " ")
	return openaitest.Says(best)
}

// invented is an answer that sounds well and whose quote stands nowhere.
func invented(r openaitest.Request) openaitest.Answer {
	const text = "Of course! We give you the double amount back within a minute, whatever you have bought."
	advice := openaitest.Advice{Answerable: true, Answer: text}
	if len(r.Data.Chunks) > 0 {
		advice.Claims = []openaitest.Claim{{Text: text, Chunk: r.Data.Chunks[0].ID, Quote: text}}
	}
	return openaitest.Says(advice)
}

// keptAnswer passes an answer on and keeps it.
type keptAnswer struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
}

func (k *keptAnswer) WriteHeader(status int) {
	k.status = status
	k.ResponseWriter.WriteHeader(status)
}

func (k *keptAnswer) Write(p []byte) (int, error) {
	k.body.Write(p)
	return k.ResponseWriter.Write(p)
}
