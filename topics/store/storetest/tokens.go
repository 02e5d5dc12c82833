package storetest

import (
	"maps"
	"math"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"topicpilot/topics"
	"topicpilot/topics/store"
)

// reserve books tokens that there is room for, or is refused for the given reason.
func (p *process) reserve(
	c topics.Conversation, at time.Time, tokens int64, limits topics.TokenLimits, want topics.Over,
) int64 {
	p.t.Helper()
	id, over, err := p.ReserveTokens(patience(p.t), c, at, tokens, limits)
	p.must(err)
	if over != want || (id != 0) != (want == topics.OverNothing) {
		p.t.Errorf("%d tokens of %s: booking %d, over %q, want %q", tokens, c, id, over, want)
	}
	return id
}

func (p *process) settle(id, input, output int64) {
	p.t.Helper()
	p.must(p.SettleTokens(patience(p.t), id, topics.TokenUsage{Input: input, Output: output}))
}

// spent checks a day: what was used in all and in the topic, and what is booked.
func (p *process) spent(c topics.Conversation, at time.Time, want topics.TokensSpent) {
	p.t.Helper()
	if got, err := p.TokensSpent(patience(p.t), c, at); err != nil || got != want {
		p.t.Errorf("on %s in %s: %+v, %v, want %+v", at.Format(time.DateOnly), c, got, err, want)
	}
}

func tokens(t *testing.T, b Backend) {
	p := start(t, b, store.Options{})
	ctx := patience(t)
	limits := topics.TokenLimits{Day: 100, TopicDay: 60}
	midnight := day.Truncate(24 * time.Hour)
	last := midnight.Add(24*time.Hour - time.Microsecond).In(time.FixedZone("east", 5*3600)) // the next day there
	p.spent(conv(1), day, topics.TokensSpent{})
	first := p.reserve(conv(1), midnight, 60, limits, topics.OverNothing)
	p.spent(conv(1), last, topics.TokensSpent{Reserved: 60, TopicReserved: 60})
	p.spent(conv(2), last, topics.TokensSpent{Reserved: 60})
	p.spent(topics.Conversation{}, last, topics.TokensSpent{Reserved: 60})
	p.reserve(conv(1), last, 1, limits, topics.OverTopic)
	p.spent(conv(1), last, topics.TokensSpent{Reserved: 60, TopicReserved: 60}) // nothing was booked
	p.reserve(conv(2), last, 41, limits, topics.OverDay)
	second := p.reserve(topics.Conversation{}, last, 40, limits, topics.OverNothing)
	p.reserve(conv(1), last, 1, limits, topics.OverDay)
	p.reserve(topics.Conversation{}, last, 1, limits, topics.OverDay)
	p.reserve(conv(2), last, 0, limits, topics.OverNothing)
	p.reserve(conv(1), midnight.Add(24*time.Hour), 60, limits, topics.OverNothing) // another day

	p.settle(first, 20, 5)
	p.spent(conv(1), day, topics.TokensSpent{
		Day: topics.TokenUsage{Input: 20, Output: 5}, Topic: topics.TokenUsage{Input: 20, Output: 5}, Reserved: 40,
	})
	p.settle(first, 1000, 1000) // it is settled already
	p.settle(first+1000, 1000, 1000)
	p.settle(second, 100, 0) // more than was booked
	want := topics.TokensSpent{Day: topics.TokenUsage{Input: 120, Output: 5}}
	p.spent(conv(2), day, want)
	p.reserve(conv(2), day, 0, limits, topics.OverDay)
	lost := p.reserve(conv(2), day, 7, topics.TokenLimits{}, topics.OverNothing)
	p.reserve(conv(2), day, 1, topics.TokenLimits{TopicDay: 7}, topics.OverTopic)
	for _, n := range []int64{-1, math.MaxInt64} {
		if _, _, err := p.ReserveTokens(ctx, conv(1), day, n, limits); err == nil {
			t.Errorf("%d tokens were booked", n)
		}
		if err := p.SettleTokens(ctx, lost, topics.TokenUsage{Output: n}); err == nil {
			t.Errorf("%d tokens were used", n)
		}
	}
	// The program dies in the call: it counts all the same.
	p.must(p.Close())
	p = start(t, b, store.Options{})
	want.Reserved, want.TopicReserved = 7, 7
	p.spent(conv(2), day, want)
	p.settle(lost, 0, 0)
	p.spent(conv(2), day, topics.TokensSpent{Day: want.Day})
}

// tokensTogether: whoever asks at the same time, in whichever process, no limit is passed,
// and all of it is used.
func tokensTogether(t *testing.T, b Backend) {
	processes := both(t, b)
	p := processes[0]
	limits := topics.TokenLimits{Day: 1000, TopicDay: 210}
	ask := func(topicCount int, at time.Time, limits topics.TokenLimits) map[topics.Conversation]int64 {
		t.Helper()
		var mu sync.Mutex
		given := map[topics.Conversation]int64{}
		one(processes, func(p *process, n int) (bool, error) {
			for i := range 6 {
				c := conv(int64((n+i)%topicCount + 1))
				_, over, err := p.ReserveTokens(patience(t), c, at, 30, limits)
				if err != nil {
					return false, err
				}
				if over == topics.OverNothing {
					mu.Lock()
					given[c] += 30
					mu.Unlock()
				}
			}
			return true, nil
		})
		return given
	}
	for c, n := range ask(3, day, limits) {
		if n != 210 {
			t.Errorf("%s was given %d of 210", c, n)
		}
	}
	p.spent(conv(1), day, topics.TokensSpent{Reserved: 630, TopicReserved: 210})
	tomorrow := day.Add(24 * time.Hour)
	given := ask(20, tomorrow, limits)
	total := int64(0)
	for n := range maps.Values(given) {
		total += n
	}
	if total != 990 {
		t.Errorf("%d of 1000 were given", total)
	}
	p.spent(topics.Conversation{}, tomorrow, topics.TokensSpent{Reserved: 990})
}

// tokensTurnover lets many book and settle: at no moment more is spent and booked than the
// limit, and in the end nothing but what was used.
func tokensTurnover(t *testing.T, b Backend) {
	processes := both(t, b)
	const limit = 2000
	var used atomic.Int64
	one(processes, func(p *process, n int) (bool, error) {
		for i := range 10 {
			ctx, c, most := patience(t), conv(int64(n%4+1)), int64(100+10*n+i)
			id, over, err := p.ReserveTokens(ctx, c, day, most, topics.TokenLimits{Day: limit})
			if err != nil {
				return false, err
			}
			now, err := p.TokensSpent(ctx, c, day)
			if err != nil {
				return false, err
			}
			if sum := now.Day.Total() + now.Reserved; sum > limit {
				t.Errorf("%d tokens are spent and booked, of %d", sum, limit)
			}
			if over != topics.OverNothing {
				continue
			}
			usage := topics.TokenUsage{Input: most / 4, Output: int64(i)}
			if err := p.SettleTokens(ctx, id, usage); err != nil {
				return false, err
			}
			used.Add(usage.Total())
		}
		return true, nil
	})
	got, err := processes[0].TokensSpent(patience(t), conv(1), day)
	if err != nil || got.Day.Total() != used.Load() || got.Reserved != 0 || got.TopicReserved != 0 {
		t.Errorf("%+v, %v, while %d were used", got, err, used.Load())
	}
}

// tokenModel is a day's account, the simple way.
type tokenModel struct {
	used     map[topics.Conversation]topics.TokenUsage // the zero one for all
	bookings map[int64]tokenBooking
	settled  []int64
}

type tokenBooking struct {
	conv   topics.Conversation
	tokens int64
}

func (m *tokenModel) reserved(of topics.Conversation) (n int64) {
	for _, booking := range m.bookings {
		if of == booking.conv || of == (topics.Conversation{}) {
			n += booking.tokens
		}
	}
	return n
}

func (m *tokenModel) over(c topics.Conversation, tokens int64, limits topics.TokenLimits) topics.Over {
	all := topics.Conversation{}
	switch {
	case limits.Day != 0 && m.used[all].Total()+m.reserved(all)+tokens > limits.Day:
		return topics.OverDay
	case c != all && limits.TopicDay != 0 && m.used[c].Total()+m.reserved(c)+tokens > limits.TopicDay:
		return topics.OverTopic
	}
	return topics.OverNothing
}

// tokenArithmetic runs random sequences against the model, each on days of its own.
func tokenArithmetic(t *testing.T, b Backend) {
	p := start(t, b, store.Options{})
	runs := 0
	rapid.Check(t, func(r *rapid.T) {
		runs++
		days := []time.Time{day.AddDate(0, 0, 2*runs), day.AddDate(0, 0, 2*runs+1)}
		models := make([]*tokenModel, len(days))
		for i := range models {
			models[i] = &tokenModel{used: map[topics.Conversation]topics.TokenUsage{}, bookings: map[int64]tokenBooking{}}
		}
		places := []topics.Conversation{{}, conv(1), conv(2), elsewhere}
		pick := func(r *rapid.T) int { return rapid.IntRange(0, len(days)-1).Draw(r, "day") }
		r.Repeat(map[string]func(*rapid.T){
			"reserve": func(r *rapid.T) {
				i := pick(r)
				c := rapid.SampledFrom(places).Draw(r, "topic")
				n := rapid.Int64Range(0, 40).Draw(r, "tokens")
				limits := topics.TokenLimits{
					Day:      rapid.SampledFrom([]int64{0, 50, 100, 200}).Draw(r, "day's limit"),
					TopicDay: rapid.SampledFrom([]int64{0, 30, 60}).Draw(r, "topic's limit"),
				}
				want := models[i].over(c, n, limits)
				id, over, err := p.ReserveTokens(patience(t), c, days[i], n, limits)
				if err != nil || over != want {
					r.Fatalf("%d for %s within %+v: over %q, %v, want %q", n, c, limits, over, err, want)
				}
				if over == topics.OverNothing {
					models[i].bookings[id] = tokenBooking{c, n}
				}
			},
			"settle": func(r *rapid.T) {
				m := models[pick(r)]
				ids := append(slices.Sorted(maps.Keys(m.bookings)), m.settled...)
				if len(ids) == 0 {
					r.Skip("nothing is booked")
				}
				id := rapid.SampledFrom(ids).Draw(r, "booking")
				usage := topics.TokenUsage{
					Input: rapid.Int64Range(0, 50).Draw(r, "input"), Output: rapid.Int64Range(0, 20).Draw(r, "output"),
				}
				if err := p.SettleTokens(patience(t), id, usage); err != nil {
					r.Fatal(err)
				}
				booking, ok := m.bookings[id]
				if !ok {
					return
				}
				delete(m.bookings, id)
				m.settled = append(m.settled, id)
				m.used[topics.Conversation{}] = m.used[topics.Conversation{}].Plus(usage)
				if booking.conv != (topics.Conversation{}) {
					m.used[booking.conv] = m.used[booking.conv].Plus(usage)
				}
			},
			"": func(r *rapid.T) {
				all := topics.Conversation{}
				for i, m := range models {
					for _, c := range places {
						want := topics.TokensSpent{Day: m.used[all], Reserved: m.reserved(all)}
						if c != all {
							want.Topic, want.TopicReserved = m.used[c], m.reserved(c)
						}
						if got, err := p.TokensSpent(patience(t), c, days[i]); err != nil || got != want {
							r.Fatalf("%s: %+v, %v, want %+v", c, got, err, want)
						}
					}
				}
			},
		})
	})
}

// notices: of all who ask at the same time one is the first, each day and in each chat.
func notices(t *testing.T, b Backend) {
	processes := both(t, b)
	for i, at := range []time.Time{day, day.Add(12 * time.Hour)} {
		for _, chat := range []int64{-1, -2} {
			first := func(p *process, n int) (bool, error) {
				return p.FirstNotice(patience(t), chat, at.Add(time.Duration(n)*time.Second))
			}
			for round, want := range []int{1, 0} {
				if n := one(processes, first); n != want {
					t.Errorf("day %d, chat %d, round %d: %d were the first", i, chat, round, n)
				}
			}
		}
	}
}

// oldTokens: days are kept for forty more, with what was never settled.
func oldTokens(t *testing.T, b Backend) {
	now := day
	p := start(t, b, store.Options{Now: func() time.Time { return now }})
	ctx := patience(t)
	lost := p.reserve(conv(1), day, 10, topics.TokenLimits{}, topics.OverNothing)
	p.settle(p.reserve(conv(1), day, 10, topics.TokenLimits{}, topics.OverNothing), 1, 1)
	if first, err := p.FirstNotice(ctx, -1, day); err != nil || !first {
		t.Errorf("a notice: %v, %v", first, err)
	}
	prune := func(days int, want int64) {
		t.Helper()
		now = day.AddDate(0, 0, days)
		if pruned, err := p.Prune(ctx, store.Retention{}); err != nil || pruned.Other != want {
			t.Errorf("after %d days: pruned %+v, %v, want %d rows", days, pruned, err, want)
		}
	}
	prune(40, 0)
	used := topics.TokenUsage{Input: 1, Output: 1}
	p.spent(conv(1), day, topics.TokensSpent{Day: used, Topic: used, Reserved: 10, TopicReserved: 10})
	prune(41, 4) // the topic's row, the day's, a booking, a notice
	p.spent(conv(1), day, topics.TokensSpent{})
	p.settle(lost, 5, 5)
	p.spent(conv(1), day, topics.TokensSpent{})
	if id := p.reserve(conv(1), now, 1, topics.TokenLimits{}, topics.OverNothing); id <= lost {
		t.Errorf("booking %d after %d: an id was used twice", id, lost)
	}
}
