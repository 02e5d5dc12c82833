package effects_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"

	"topicpilot/cmd/load/effects"
)

// counter posts to a billing behind a gate.
type counter struct {
	t       *testing.T
	billing *effects.Billing
	gate    *effects.Gate
	url     string
	client  http.Client
}

func newCounter(t *testing.T) *counter {
	t.Helper()
	c := &counter{t: t, billing: effects.NewBilling()}
	c.gate = effects.NewGate(c.billing)
	server := httptest.NewServer(c.gate.Handler(3))
	t.Cleanup(server.Close)
	t.Cleanup(c.gate.Close)
	c.url = server.URL + effects.BillingPath
	c.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return c
}

func (c *counter) post(ctx context.Context, key string) (int, string, error) {
	c.t.Helper()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url+"activate", strings.NewReader(`{"user_id":7}`))
	if err != nil {
		c.t.Fatal(err)
	}
	req.Header.Set("Idempotency-Key", key)
	resp, err := c.client.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	return resp.StatusCode, resp.Header.Get("Retry-After") + string(body), err
}

func fitsAll(*http.Request, []byte) bool { return true }

// TestStrikes: each fault of a far side looks as it does to a client, takes effect or not,
// and falls once.
func TestStrikes(t *testing.T) {
	for fault, test := range map[effects.Fault]struct {
		status int
		body   string
		// never tells that it has no effect, whatever was asked for.
		never bool
	}{
		effects.Reset:      {},
		effects.Status408:  {status: 408},
		effects.Status429:  {status: 429, body: `1{"code":"rate_limited"`, never: true},
		effects.Bare429:    {status: 429, body: `{"code":"rate_limited"`, never: true},
		effects.Status500:  {status: 500},
		effects.Status503:  {status: 503, body: `1{"code":"service_unavailable"`},
		effects.Unreadable: {status: 200, body: "<html>"},
		effects.Redirect:   {status: 307, never: true},
	} {
		for _, effect := range []bool{false, true} {
			c := newCounter(t)
			s := fault.Strike(effect)
			s.Fits = fitsAll
			c.gate.Arm(s)
			status, body, err := c.post(t.Context(), "k")
			if status != test.status || !strings.HasPrefix(body, test.body) || (err != nil) != (fault == effects.Reset) {
				t.Errorf("%s: %d %q %v", fault, status, body, err)
			}
			if fault == effects.Reset && !errors.Is(err, syscall.ECONNRESET) {
				t.Errorf("%s: %v", fault, err)
			}
			if n, _ := c.billing.Effects(7); (n == 1) != (effect && !test.never) || !c.gate.Fallen() {
				t.Errorf("%s: %d effects", fault, n)
			}
			if status, _, err := c.post(t.Context(), "k"); status != 200 || err != nil {
				t.Errorf("%s fell again: %d %v", fault, status, err)
			}
		}
	}
}

// TestHooks: the process is named, before the answer and after it; a request that passes
// takes effect; one key takes effect once.
func TestHooks(t *testing.T) {
	c := newCounter(t)
	taken, answered := make(chan int, 1), make(chan int, 1)
	s := effects.KillAfter.Strike(true)
	s.Fits, s.Pass = fitsAll, 1
	s.Taken = func(process int) { taken <- process }
	s.Answered = func(process int) { answered <- process }
	c.gate.Arm(s)
	for n := 1; n <= 2; n++ {
		if status, body, err := c.post(t.Context(), "k"); status != 200 || !strings.Contains(body, "2027") || err != nil {
			t.Errorf("%d %q %v", status, body, err)
		}
		if c.gate.Fallen() != (n == 2) {
			t.Errorf("fallen after %d: %v", n, c.gate.Fallen())
		}
	}
	if <-taken != 3 || <-answered != 3 {
		t.Error("another process")
	}
	if n, arrivals := c.billing.Effects(7); n != 1 || arrivals != 2 {
		t.Errorf("%d effects of %d requests", n, arrivals)
	}
}

// TestHang: no answer, and the hook may end the client meanwhile.
func TestHang(t *testing.T) {
	c := newCounter(t)
	ctx, cancel := context.WithCancel(t.Context())
	s := effects.KillDuring.Strike(true)
	s.Fits = fitsAll
	s.Taken = func(int) { cancel() }
	c.gate.Arm(s)
	if status, _, err := c.post(ctx, "k"); err == nil {
		t.Errorf("answered %d", status)
	}
	if n, _ := c.billing.Effects(7); n != 1 {
		t.Errorf("%d effects", n)
	}
}

// TestEveryFault is in the table, and has a strike exactly if a far side plays it.
func TestEveryFault(t *testing.T) {
	for _, f := range effects.Faults() {
		people := f == effects.None || f == effects.DoubleTap || f == effects.TwoOperators || f == effects.Redelivered
		if (f.Strike(true) == nil) != people {
			t.Errorf("%s: %+v", f, f.Strike(true))
		}
	}
}
