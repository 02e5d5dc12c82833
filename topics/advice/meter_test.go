package advice_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"topicpilot/topics"
	"topicpilot/topics/advice"
)

var here = topics.Conversation{ChatID: -100, ThreadID: 5}

// ledger is a TokenStore in memory. It follows topics.TokenStore.
type ledger struct {
	mu       sync.Mutex
	booked   map[int64]int64
	settled  map[int64]topics.TokenUsage
	spent    int64
	reserves int
	fail     error
}

func (l *ledger) ReserveTokens(
	_ context.Context, _ topics.Conversation, _ time.Time, tokens int64, limits topics.TokenLimits,
) (int64, topics.Over, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.fail != nil {
		return 0, "", l.fail
	}
	all := l.spent + tokens
	for _, n := range l.booked {
		all += n
	}
	if limits.Day > 0 && all > limits.Day {
		return 0, topics.OverDay, nil
	}
	if l.booked == nil {
		l.booked, l.settled = map[int64]int64{}, map[int64]topics.TokenUsage{}
	}
	l.reserves++
	id := int64(l.reserves)
	l.booked[id] = tokens
	return id, topics.OverNothing, nil
}

func (l *ledger) SettleTokens(ctx context.Context, id int64, used topics.TokenUsage) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, ok := l.booked[id]; !ok {
		return errors.New("settled twice")
	}
	delete(l.booked, id)
	l.settled[id] = used
	l.spent += used.Total()
	return nil
}

func (*ledger) TokensSpent(context.Context, topics.Conversation, time.Time) (topics.TokensSpent, error) {
	return topics.TokensSpent{}, nil
}

func (*ledger) FirstNotice(context.Context, int64, time.Time) (bool, error) { return false, nil }

// script is a model that gives one outcome after the other, the last again and again.
type script struct {
	mu    sync.Mutex
	steps []error
	calls int
	usage *topics.TokenUsage
	// takes is how long each call takes.
	takes time.Duration
}

func (s *script) Complete(ctx context.Context, _ topics.Prompt) (topics.Completion, error) {
	s.mu.Lock()
	step := s.steps[min(s.calls, len(s.steps)-1)]
	s.calls++
	s.mu.Unlock()
	if s.takes > 0 {
		select {
		case <-ctx.Done():
			return topics.Completion{}, ctx.Err()
		case <-time.After(s.takes):
		}
	}
	if step != nil {
		return topics.Completion{}, step
	}
	return topics.Completion{Text: "fine", Usage: s.usage}, nil
}

func fault(f topics.ModelFault, sent bool, after time.Duration) error {
	return &topics.ModelError{Fault: f, Sent: sent, RetryAfter: after, Err: errors.New("status 0")}
}

// counted is a meter whose calls are written down.
type counted struct {
	*advice.Meter
	ledger   *ledger
	log      bytes.Buffer
	outcomes []string
}

func newMeter(limits topics.TokenLimits) *counted {
	c := &counted{ledger: &ledger{}}
	c.Meter = advice.NewMeter(advice.MeterOptions{
		Tokens: c.ledger, Limits: limits, Timeout: 30 * time.Second, Log: slog.New(slog.NewTextHandler(&c.log, nil)),
		Now: time.Now,
		Observe: func(kind, outcome string, _ topics.TokenUsage, _ time.Duration) {
			c.outcomes = append(c.outcomes, kind+" "+outcome)
		},
	})
	return c
}

var prompt = topics.Prompt{System: "system text", User: "user text", MaxTokens: 500}

func TestMeterTries(t *testing.T) {
	busy, down := fault(topics.ModelBusy, false, 2*time.Second), fault(topics.ModelDown, false, 0)
	lost := fault(topics.ModelDown, true, 0)
	for name, tt := range map[string]struct {
		steps []error
		// want is the fault that comes out, calls how often was asked, full how many of them
		// count with what they might have cost.
		want  topics.ModelFault
		calls int
		full  int
	}{
		"at once":         {[]error{nil}, "", 1, 0},
		"down, then up":   {[]error{down, nil}, "", 2, 0},
		"lost, then up":   {[]error{lost, nil}, "", 2, 1},
		"down":            {[]error{down}, topics.ModelDown, 2, 0},
		"lost":            {[]error{lost}, topics.ModelDown, 2, 2},
		"busy, then free": {[]error{busy, nil}, "", 2, 0},
		"busy for long":   {[]error{fault(topics.ModelBusy, false, 6*time.Second), nil}, topics.ModelBusy, 1, 0},
		"quota":           {[]error{fault(topics.ModelQuota, false, 0), nil}, topics.ModelQuota, 1, 0},
		"denied":          {[]error{fault(topics.ModelDenied, false, 0), nil}, topics.ModelDenied, 1, 0},
		"refused":         {[]error{fault(topics.ModelRefused, false, 0), nil}, topics.ModelRefused, 1, 0},
		"timeout":         {[]error{fault(topics.ModelTimeout, true, 0), nil}, topics.ModelTimeout, 1, 1},
		"not connected":   {[]error{fault(topics.ModelTimeout, false, 0), nil}, topics.ModelTimeout, 1, 0},
		"unreadable":      {[]error{fault(topics.ModelUnreadable, true, 0), nil}, topics.ModelUnreadable, 1, 1},
		"of no contract":  {[]error{errors.New("x"), nil}, "", 2, 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m, model := newMeter(topics.TokenLimits{}), &script{steps: tt.steps, usage: &topics.TokenUsage{
					Input:  10,
					Output: 5,
				}}
				_, used, err := m.Complete(t.Context(), here, model, prompt)
				var got topics.ModelFault
				if failed, ok := errors.AsType[*topics.ModelError](err); ok {
					got = failed.Fault
				}
				if got != tt.want || (err == nil) != (tt.want == "") || model.calls != tt.calls || len(m.outcomes) != tt.calls {
					t.Fatalf("%v after %d calls, %q", err, model.calls, m.outcomes)
				}
				full := 0
				for _, u := range m.ledger.settled {
					if u.Total() > 500 {
						full++
					}
				}
				if full != tt.full || len(m.ledger.booked) != 0 || used.Total() != m.ledger.spent ||
					err == nil && used.Total() < 15 {
					t.Errorf("used %+v, written down %+v, still booked %v", used, m.ledger.settled, m.ledger.booked)
				}
			})
		})
	}
}

// TestMeterCalledOff: a call that its caller calls off, or that hangs, is bounded and counted.
func TestMeterCalledOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, model := newMeter(topics.TokenLimits{}), &script{steps: []error{nil}, takes: time.Hour}
		start := time.Now()
		_, _, err := m.Complete(t.Context(), here, model, prompt)
		failed, ok := errors.AsType[*topics.ModelError](err)
		if !ok || failed.Fault != topics.ModelTimeout || time.Since(start) != 30*time.Second {
			t.Errorf("%v after %s", err, time.Since(start))
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, _, err = m.Complete(ctx, here, model, prompt); !errors.Is(err, context.DeadlineExceeded) || errors.As(err,
			&failed) {
			t.Errorf("%v", err)
		}
		if len(m.ledger.booked) != 0 || m.ledger.settled[1].Total() <= 500 || m.ledger.settled[2].Total() <= 500 {
			t.Errorf("%+v", m.ledger.settled)
		}
		if _, _, err = m.Complete(ctx, here, model, prompt); !errors.Is(err, context.DeadlineExceeded) || model.calls != 2 {
			t.Errorf("%v, %d calls", err, model.calls)
		}
	})
}

// TestMeterPanic: what a call that never came back may have cost is counted.
func TestMeterPanic(t *testing.T) {
	m := newMeter(topics.TokenLimits{})
	func() {
		defer func() { _ = recover() }()
		_, _, err := m.Complete(t.Context(), here, modelFunc(func(context.Context, topics.Prompt) (topics.Completion, error) {
			panic("x")
		}), prompt)
		t.Error(err)
	}()
	if len(m.ledger.booked) != 0 || m.ledger.spent <= 500 {
		t.Errorf("%+v", m.ledger.settled)
	}
}

// TestBreaker: three failures in a row, a pause of a minute, one trial.
func TestBreaker(t *testing.T) {
	for name, tt := range map[string]struct {
		step  error
		opens bool
	}{
		"timeout": {fault(topics.ModelTimeout, true, 0), true}, "busy": {fault(topics.ModelBusy, false, time.Minute), true},
		"quota": {fault(topics.ModelQuota, false, 0), true}, "denied": {fault(topics.ModelDenied, false, 0), true},
		"refused": {fault(topics.ModelRefused, false, 0), false}, "unreadable": {
			fault(topics.ModelUnreadable, true, 0),
			false,
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m, model := newMeter(topics.TokenLimits{}), &script{steps: []error{tt.step}}
				for range 5 {
					if _, _, err := m.Complete(t.Context(), here, model, prompt); err == nil {
						t.Error("no error")
					}
				}
				if want := map[bool]int{true: 3, false: 5}[tt.opens]; model.calls != want {
					t.Fatalf("%d calls, want %d", model.calls, want)
				}
			})
		})
	}
	synctest.Test(t, func(t *testing.T) {
		m, model := newMeter(topics.TokenLimits{}), &script{steps: []error{fault(topics.ModelTimeout, true, 0)}}
		ask := func() error {
			_, _, err := m.Complete(t.Context(), here, model, prompt)
			return err
		}
		calls := func(want int) {
			t.Helper()
			if err := ask(); err == nil || model.calls != want {
				t.Fatalf("%v after %d calls, want %d", err, model.calls, want)
			}
		}
		calls(1)
		calls(2)
		model.steps = []error{nil}
		if err := ask(); err != nil { // one that works begins the count anew
			t.Fatal(err)
		}
		model.steps = []error{fault(topics.ModelDown, false, 0)}
		calls(5) // and again at once
		calls(6) // the third: no second try
		calls(6)
		failed, ok := errors.AsType[*topics.ModelError](ask())
		if !ok || failed.Fault != topics.ModelDown || failed.Sent || failed.RetryAfter != 59500*time.Millisecond {
			t.Fatalf("%+v", failed)
		}
		time.Sleep(59 * time.Second)
		calls(6)
		time.Sleep(time.Second)
		calls(7) // the trial fails
		calls(7)
		time.Sleep(time.Minute)
		ctx, cancel := context.WithCancel(t.Context())
		model.takes = time.Second
		go cancel()
		if _, _, err := m.Complete(ctx, here, model, prompt); !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		model.takes, model.steps = time.Second, []error{nil}
		var wg sync.WaitGroup // a trial that was called off is given back; there is one at a time
		results := make(chan error, 3)
		before := model.calls
		for range 3 {
			wg.Go(func() { results <- ask() })
		}
		wg.Wait()
		close(results)
		worked := 0
		for err := range results {
			if err == nil {
				worked++
			}
		}
		if worked != 1 || model.calls != before+1 {
			t.Fatalf("%d worked, %d calls", worked, model.calls-before)
		}
		if err := ask(); err != nil {
			t.Fatal(err)
		}
	})
}

// TestBreakersApart: embeddings that fail leave answers alone.
func TestBreakersApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMeter(topics.TokenLimits{})
		embedder := m.Embedder(embedderFunc(func([]string) ([][]float32, *topics.TokenUsage, error) {
			return nil, nil, fault(topics.ModelDenied, false, 0)
		}))
		for range 4 {
			if _, err := embedder.Embed(t.Context(), here, []string{"x"}); err == nil {
				t.Error("no error")
			}
		}
		if _, _, err := m.Complete(t.Context(), here, &script{steps: []error{nil}}, prompt); err != nil {
			t.Error(err)
		}
		if got := strings.Join(m.outcomes, ","); got != "embedding denied,embedding denied,embedding denied,answer done" {
			t.Error(got)
		}
	})
}

type embedderFunc func([]string) ([][]float32, *topics.TokenUsage, error)

func (embedderFunc) EmbeddingModel() string { return "small" }

func (f embedderFunc) Embed(_ context.Context, texts []string) ([][]float32, *topics.TokenUsage, error) {
	return f(texts)
}

func TestEmbed(t *testing.T) {
	m := newMeter(topics.TokenLimits{})
	vectors := [][]float32{{1, 2}, {3, 4}}
	var told *topics.TokenUsage
	embedder := m.Embedder(embedderFunc(func([]string) ([][]float32, *topics.TokenUsage, error) {
		return vectors, told,
			nil
	}))
	if embedder.EmbeddingModel() != "small" {
		t.Error("not its model")
	}
	texts := []string{"one text", "two texts"}
	got, err := embedder.Embed(t.Context(), here, texts)
	if err != nil || len(got) != 2 || m.ledger.spent < advice.EstimateTokens("one texttwo texts") {
		t.Errorf("%v %v, spent %d", got, err, m.ledger.spent)
	}
	before := m.ledger.spent
	told = &topics.TokenUsage{Input: 5}
	if _, err := embedder.Embed(t.Context(), here, texts); err != nil || m.ledger.spent != before+5 {
		t.Errorf("%v, spent %d", err, m.ledger.spent-before)
	}
	if got, err := embedder.Embed(t.Context(), here, nil); err != nil || got != nil || m.ledger.reserves != 2 {
		t.Error("nothing costs something")
	}
	for _, wrong := range [][][]float32{{{1}}, {{1}, {1, 2}}, {{}, {}}} {
		vectors = wrong
		failed, ok := errors.AsType[*topics.ModelError](func() error {
			_, err := embedder.Embed(t.Context(), here,
				texts)
			return err
		}())
		if !ok || failed.Fault != topics.ModelUnreadable {
			t.Errorf("%v", wrong)
		}
	}
}

// TestBudget: twenty topics at once on what is left never pass the budget, as no call costs
// more than is reserved for it; and nothing is asked that has no room.
func TestBudget(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		limit, each := rapid.Int64Range(1, 5000).Draw(rt, "limit"), rapid.Int64Range(1, 500).Draw(rt, "cost")
		m := newMeterOf(limit)
		model := &script{steps: []error{nil}, usage: &topics.TokenUsage{Input: each}, takes: time.Second}
		synctest.Test(t, func(t *testing.T) {
			for i := range 20 {
				go func() {
					conv := topics.Conversation{ChatID: -1, ThreadID: int64(i)}
					_, _, err := m.Complete(t.Context(), conv, model, prompt)
					over, refused := errors.AsType[*advice.OverBudget](err)
					if err != nil && (!refused || over.Over != topics.OverDay) {
						t.Errorf("%v", err)
					}
				}()
			}
			time.Sleep(time.Minute)
		})
		if m.ledger.spent > limit || len(m.ledger.booked) != 0 || m.ledger.spent != each*int64(model.calls) {
			rt.Fatalf("spent %d of %d in %d calls of %d", m.ledger.spent, limit, model.calls, each)
		}
	})
}

// newMeterOf is newMeter without what is not safe for concurrent use.
func newMeterOf(limit int64) *counted {
	c := &counted{ledger: &ledger{}}
	c.Meter = advice.NewMeter(advice.MeterOptions{
		Tokens: c.ledger, Limits: topics.TokenLimits{Day: limit}, Timeout: time.Minute, Log: slog.New(slog.DiscardHandler),
		Now: time.Now,
	})
	return c
}

// TestBudgetReasons: no room, and a store that is away, are told apart.
func TestBudgetReasons(t *testing.T) {
	m := newMeter(topics.TokenLimits{Day: 10})
	a := advice.New(advice.Options{
		Model: &script{steps: []error{nil}}, Meter: m.Meter, Knowledge: finds(hits(false)), Threshold: 0.5,
		Log: slog.New(slog.DiscardHandler), Now: time.Now,
	})
	if _, err := a.Advise(t.Context(), advice.Question{For: here, Text: "x"}); silent(t, err) != advice.ReasonDayBudget {
		t.Error(err)
	}
	m.ledger.fail = errors.New("disk full")
	_, err := a.Advise(t.Context(), advice.Question{For: here, Text: "x"})
	if _, silence := errors.AsType[*advice.Silence](err); silence || !errors.Is(err, m.ledger.fail) {
		t.Error(err)
	}
}

// TestEstimate: never below what tokenizers make of a text, and not far above. The numbers are
// those of o200k_base and cl100k_base, whichever is more.
func TestEstimate(t *testing.T) {
	for text, each := range map[string]int64{
		"How do I restore a backup of my site from last night, please?": 15,
		"Как восстановить резервную копию сайта за прошлую ночь? Оплатил, но ничего не работает.": 40,
		"Як відновити резервну копію сайту за минулу ніч? Оплатив, але нічого не працює.":         49,
		"Order 12345678901 of 2026-11-22 10:15:30, 1 250 000.50":                                29,
		"Wie verlängere ich meine Domäne für zwei Jahre, bitte?":                                16,
		`{"question":"x","chunks":[{"id":"a-3f2a9c1b","title":"Billing › Refunds","text":""}]}`: 33,
		"如何恢复我网站的备份？付款后没有任何反应。":                                                                 21,
		"👍👍🏽 ❤️ 👨‍👩‍👧":                                                                          23,
		"https://help.pelican.example/backups?x=1&utm_source=a":                                 16,
		"wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY9e107d9d372bb6826bd81d3542a419d6":                40,
	} {
		if got := advice.EstimateTokens(text); got < each || got > 3*each+8 {
			t.Errorf("%q: %d for %d", text, got, each)
		}
	}
	if advice.EstimateTokens("") != 0 {
		t.Error("nothing costs something")
	}
}

// The articles, which are of no topic, leave half of a day's tokens to answers.
func TestEmbedHalf(t *testing.T) {
	tokens := &ledger{}
	m := advice.NewMeter(advice.MeterOptions{
		Tokens: tokens, Limits: topics.TokenLimits{Day: 1000}, Log: slog.New(slog.DiscardHandler), Now: time.Now,
	})
	embedder := m.Embedder(embedderFunc(func(texts []string) ([][]float32, *topics.TokenUsage, error) {
		return make2D(len(texts)), &topics.TokenUsage{Input: 100}, nil
	}))
	text := []string{strings.Repeat("word ", 10)}
	for range 20 {
		_, err := embedder.Embed(t.Context(), topics.Conversation{}, text)
		if over, ok := errors.AsType[*advice.OverBudget](err); ok {
			if over.Over != topics.OverDay {
				t.Fatal(over)
			}
			break
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if tokens.spent < 300 || tokens.spent > 500 {
		t.Errorf("the articles have taken %d of 1000", tokens.spent)
	}
	if _, err := embedder.Embed(t.Context(), here, text); err != nil {
		t.Errorf("a question has no room: %v", err)
	}
}

func make2D(n int) [][]float32 {
	vectors := make([][]float32, n)
	for i := range vectors {
		vectors[i] = []float32{1, 2}
	}
	return vectors
}
