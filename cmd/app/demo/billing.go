package demo

import (
	"crypto/subtle"
	"encoding/json"
	"net/http"
	"regexp"
	"strconv"
	"sync/atomic"
	"time"
)

const (
	maxKey = 256
	// billingPause is how long the slow billing system takes; the lookup does not wait as long.
	billingPause = 3 * time.Second
)

// billing plays an outside system that knows customers' balances and tariffs and switches tariffs on and
// off. Every request carries "Authorization: Bearer …", every change an Idempotency-Key.
//
//	GET    /users/{id}           balance, tariff, the address of the user's page
//	GET    /users/{id}/tariff    what was switched on last
//	POST   /users/{id}/tariff    {"tariff": "t1", "months": "6"}
//	DELETE /users/{id}/tariff
//	GET    /accounts/{account}   {"exists": true, "name": "…"}
type billing struct {
	ledger *ledger
	// page gives the base address of the demo's page.
	page func() string
	mux  *http.ServeMux

	down, slow, lost atomic.Bool
}

func newBilling(l *ledger, page func() string) *billing {
	b := &billing{ledger: l, page: page, mux: http.NewServeMux()}
	b.mux.HandleFunc("GET /users/{id}", b.ofUser(b.user))
	b.mux.HandleFunc("GET /users/{id}/tariff", b.ofUser(b.tariff))
	b.mux.HandleFunc("POST /users/{id}/tariff", b.ofUser(b.change(b.switchOn)))
	b.mux.HandleFunc("DELETE /users/{id}/tariff", b.ofUser(b.change(b.switchOff)))
	b.mux.HandleFunc("GET /accounts/{account}", b.account)
	return b
}

// ServeHTTP answers one request, unless one of the faults comes first.
func (b *billing) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if b.slow.Load() {
		pause(r, billingPause)
	}
	given := []byte(r.Header.Get("Authorization"))
	switch {
	case b.down.Load():
		refuse(w, http.StatusServiceUnavailable, "billing is down")
	case subtle.ConstantTimeCompare(given, []byte("Bearer "+billingToken)) != 1:
		refuse(w, http.StatusUnauthorized, "wrong token")
	default:
		b.mux.ServeHTTP(w, r)
	}
}

// ofUser finds the user of a request. The slow one is never answered.
func (b *billing) ofUser(next func(http.ResponseWriter, *http.Request, subscriber)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
		u, known := b.ledger.user(id)
		switch {
		case err != nil || !known:
			refuse(w, http.StatusNotFound, "no such user")
		case u.Slow:
			pause(r, 30*time.Second)
			panic(http.ErrAbortHandler)
		default:
			next(w, r, u)
		}
	}
}

func (b *billing) user(w http.ResponseWriter, _ *http.Request, u subscriber) {
	writeJSON(w, http.StatusOK, map[string]any{
		"user_id": u.ID, "balance": u.Balance, "tariff": u.Tariff,
		"page": b.page() + "billing/users/" + strconv.FormatInt(u.ID, 10),
	})
}

func (b *billing) tariff(w http.ResponseWriter, _ *http.Request, u subscriber) {
	writeJSON(w, http.StatusOK, tariffAnswer(u))
}

func tariffAnswer(u subscriber) map[string]any {
	answer := map[string]any{"tariff": u.code, "months": strconv.Itoa(u.months), "name": u.Tariff}
	if !u.until.IsZero() {
		answer["until"] = day(u.until)
	}
	return answer
}

// change carries out what a request asks for; the answer is lost if that fault is on.
func (b *billing) change(
	act func(*http.Request, subscriber) (subscriber, string),
) func(http.ResponseWriter, *http.Request, subscriber) {
	return func(w http.ResponseWriter, r *http.Request, u subscriber) {
		if key := r.Header.Get("Idempotency-Key"); key == "" || len(key) > maxKey {
			refuse(w, http.StatusBadRequest, "the Idempotency-Key is missing or too long")
			return
		}
		after, problem := act(r, u)
		switch {
		case problem != "":
			refuse(w, http.StatusUnprocessableEntity, problem)
		case b.lost.Load():
			panic(http.ErrAbortHandler) // net/http's way to close a connection
		default:
			writeJSON(w, http.StatusOK, tariffAnswer(after))
		}
	}
}

var wantedMonths = regexp.MustCompile(`^[1-9]\d?$`)

func (b *billing) switchOn(r *http.Request, u subscriber) (subscriber, string) {
	var asked struct{ Tariff, Months string }
	if json.NewDecoder(http.MaxBytesReader(nil, r.Body, 4<<10)).Decode(&asked) != nil {
		return u, "the body is not the JSON object expected"
	}
	if _, offered := tariffs()[asked.Tariff]; !offered || !wantedMonths.MatchString(asked.Months) {
		return u, "no such tariff, or not 1 to 99 months"
	}
	months, err := strconv.Atoi(asked.Months)
	if err != nil {
		return u, "months is no number"
	}
	return b.ledger.switchOn(u.ID, r.Header.Get("Idempotency-Key"), asked.Tariff, months), ""
}

func (b *billing) switchOff(r *http.Request, u subscriber) (subscriber, string) {
	return b.ledger.switchOff(u.ID, r.Header.Get("Idempotency-Key")), ""
}

func (b *billing) account(w http.ResponseWriter, r *http.Request) {
	name, exists := known(r.PathValue("account"))
	writeJSON(w, http.StatusOK, map[string]any{"exists": exists, "name": name})
}

// pause waits, but not for a caller who has given up.
func pause(r *http.Request, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-r.Context().Done():
	case <-timer.C:
	}
}

func refuse(w http.ResponseWriter, status int, text string) {
	writeJSON(w, status, map[string]string{"error": text})
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	// The connection may be gone; nobody is left to be told.
	_ = json.NewEncoder(w).Encode(v)
}
