package demo

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

// keepEffects bounds the effects, and with them the keys, that the ledger remembers.
const keepEffects = 200

// ledger is what the billing system holds: balances, tariffs, accounts, and the list of what
// took effect. Safe for concurrent use.
type ledger struct {
	now func() time.Time
	// changed is told after each change; nil: nobody.
	changed func()

	mu      sync.Mutex
	users   map[int64]*subscriber
	effects []*effect // the oldest first
	made    int
}

// subscriber is one user of the billing system.
type subscriber struct {
	customer
	code   string // of the tariff that was switched on here, "" for the one of old
	months int    // of the last switching on
	until  time.Time
}

// effect is something that was carried out. The same key never has two.
type effect struct {
	number int
	at     time.Time
	key    string
	user   int64
	text   string
	// repeats counts how often the same key came again.
	repeats int
}

// tariffs are what can be switched on.
func tariffs() map[string]string {
	return map[string]string{"t1": "Grove", "t2": "VPS-4", "t3": "VPS-2"}
}

// accounts are the billing system's accounts and whose they are.
func accounts() map[string]string {
	return map[string]string{
		"N005": "Wilson Studio", "N006": "Wilson Shop", "N010": "ФОП Коваленко", "N021": "Brandt GmbH",
	}
}

func newLedger(now func() time.Time) *ledger {
	l := &ledger{now: now, users: map[int64]*subscriber{}}
	for _, s := range scenes() {
		if !s.chat {
			l.users[s.customer.ID] = &subscriber{customer: s.customer}
		}
	}
	return l
}

// user copies what is known of a user.
func (l *ledger) user(id int64) (subscriber, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	u, ok := l.users[id]
	if !ok {
		return subscriber{}, false
	}
	return *u, true
}

// switchOn gives a user a tariff for some months; running months of the same tariff are
// added to, so that acting twice would be seen. A key that was used before changes nothing.
func (l *ledger) switchOn(id int64, key, code string, months int) subscriber {
	return l.act(id, key, func(u *subscriber) string {
		from := l.now()
		if u.code == code && u.until.After(from) {
			from = u.until
		}
		u.code, u.Tariff, u.months, u.until = code, tariffs()[code], months, from.AddDate(0, months, 0)
		return fmt.Sprintf("%s for %d months, until %s", u.Tariff, months, day(u.until))
	})
}

// switchOff takes a user's tariff away.
func (l *ledger) switchOff(id int64, key string) subscriber {
	return l.act(id, key, func(u *subscriber) string {
		was := u.Tariff
		u.code, u.Tariff, u.months, u.until = "off", "none", 0, time.Time{}
		return was + " switched off"
	})
}

// act carries a change out, once for each key, and returns the user after it.
func (l *ledger) act(id int64, key string, change func(*subscriber) string) subscriber {
	if l.changed != nil {
		defer l.changed()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	u := l.users[id]
	if i := slices.IndexFunc(l.effects, func(e *effect) bool { return e.key == key }); i >= 0 {
		l.effects[i].repeats++
		return *u
	}
	l.made++
	l.effects = append(l.effects, &effect{number: l.made, at: l.now(), key: key, user: id, text: change(u)})
	if len(l.effects) > keepEffects {
		l.effects = slices.Delete(l.effects, 0, 1)
	}
	return *u
}

// view is the ledger as the page shows it.
func (l *ledger) view() (users []subscriberView, effects []effectView) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, id := range slices.Sorted(maps.Keys(l.users)) {
		u := l.users[id]
		v := subscriberView{UserID: id, Balance: u.Balance, Tariff: u.Tariff, Accounts: accountsOf(id)}
		if !u.until.IsZero() {
			v.Until = day(u.until)
		}
		users = append(users, v)
	}
	for _, e := range slices.Backward(l.effects) {
		effects = append(effects, effectView{
			Number: e.number, Date: e.at.Unix(), UserID: e.user, Text: e.text, Key: e.key, Repeats: e.repeats,
		})
	}
	return users, effects
}

// accountsOf are a user's accounts with their names, as billing knows them.
func accountsOf(user int64) []string {
	owned := map[int64][]string{810001: {"N005", "N006"}, 810002: {"N010"}, 7912345678: {"N021"}}
	out := []string{}
	for _, id := range owned[user] {
		out = append(out, id+" "+accounts()[id])
	}
	return out
}

// known finds an account however its id is written.
func known(account string) (name string, ok bool) {
	name, ok = accounts()[strings.ToUpper(account)]
	return name, ok
}

func day(t time.Time) string { return t.UTC().Format("2 January 2006") }
