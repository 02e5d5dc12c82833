package effects

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"sync"
)

// BillingPath begins the addresses of the billing.
const BillingPath = "/billing/"

// Billing is a system of the team's own. A request takes effect as soon as it is there, and
// one Idempotency-Key once. It may be used concurrently.
type Billing struct {
	mu    sync.Mutex
	users map[int64]*account
}

type account struct {
	keys     map[string]bool
	arrivals int
}

// NewBilling makes a billing without customers.
func NewBilling() *Billing { return &Billing{users: map[int64]*account{}} }

// Effects counts what took effect for a user, and the requests for it, repeated ones
// included.
func (b *Billing) Effects(user int64) (effects, arrivals int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if a := b.users[user]; a != nil {
		return len(a.keys), a.arrivals
	}
	return 0, 0
}

// ServeHTTP knows POST /billing/activate, which takes effect, GET /billing/users/ID, which
// tells whether it did, and GET /billing/accounts/ID, where every account exists.
func (b *Billing) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := strings.TrimPrefix(r.URL.Path, BillingPath)
	var answer any
	switch id, isUser := strings.CutPrefix(path, "users/"); {
	case r.Method == http.MethodPost && path == "activate":
		var body struct {
			User int64 `json:"user_id"`
		}
		if json.NewDecoder(r.Body).Decode(&body) != nil || body.User == 0 || r.Header.Get("Idempotency-Key") == "" {
			http.Error(w, "no user or no key", http.StatusUnprocessableEntity)
			return
		}
		b.take(body.User, r.Header.Get("Idempotency-Key"))
		answer = map[string]any{"until": "2027-05-22"}
	case r.Method == http.MethodGet && isUser:
		user, err := strconv.ParseInt(id, 10, 64)
		if err != nil {
			http.NotFound(w, r)
			return
		}
		n, _ := b.Effects(user)
		answer = map[string]any{"active": n > 0}
	case r.Method == http.MethodGet && strings.HasPrefix(path, "accounts/"):
		answer = map[string]any{"exists": true}
	default:
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(answer)
}

func (b *Billing) take(user int64, key string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	a := b.users[user]
	if a == nil {
		a = &account{keys: map[string]bool{}}
		b.users[user] = a
	}
	a.keys[key] = true
	a.arrivals++
}
