package demo

import (
	"crypto/subtle"
	"encoding/json"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"
)

// billing plays an outside system that knows a customer's balance and tariff:
// GET /users/{id} with "Authorization: Bearer …".
type billing struct {
	users map[int64]customer
	down  atomic.Bool
	mux   *http.ServeMux
}

func newBilling() *billing {
	b := &billing{users: map[int64]customer{}, mux: http.NewServeMux()}
	for _, s := range scenes() {
		if !s.chat {
			b.users[s.customer.ID] = s.customer
		}
	}
	b.mux.HandleFunc("GET /users/{id}", b.user)
	return b
}

// ServeHTTP answers one request.
func (b *billing) ServeHTTP(w http.ResponseWriter, r *http.Request) { b.mux.ServeHTTP(w, r) }

func (b *billing) user(w http.ResponseWriter, r *http.Request) {
	given := []byte(r.Header.Get("Authorization"))
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	c, known := b.users[id]
	switch {
	case b.down.Load():
		writeJSON(w, http.StatusServiceUnavailable, map[string]string{"error": "billing is down"})
	case subtle.ConstantTimeCompare(given, []byte("Bearer "+billingToken)) != 1:
		writeJSON(w, http.StatusUnauthorized, map[string]string{"error": "wrong token"})
	case err != nil || !known:
		writeJSON(w, http.StatusNotFound, map[string]string{"error": "no such user"})
	case c.Slow:
		b.hang(r)
		panic(http.ErrAbortHandler)
	default:
		writeJSON(w, http.StatusOK, map[string]any{"user_id": id, "balance": c.Balance, "tariff": c.Tariff})
	}
}

// hang waits until the caller gives up, 30 s at most.
func (b *billing) hang(r *http.Request) {
	timer := time.NewTimer(30 * time.Second)
	defer timer.Stop()
	select {
	case <-r.Context().Done():
	case <-timer.C:
	}
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	// The connection may be gone; nobody is left to be told.
	_ = json.NewEncoder(w).Encode(v)
}
