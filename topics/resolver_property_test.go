package topics_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"topicpilot/topics"
)

// freshness drives a resolver through time, outages, refusals, changes and restarts,
// and knows from the rules alone what each answer may be.
type freshness struct {
	t *testing.T
	*stage
	// said is what the API would say now, history all it ever said by time.
	said    topics.TopicInfo
	reason  topics.ResolveReason
	history map[time.Time]topics.TopicInfo
	// last is when it last gave an answer to this process, zero after a restart.
	last time.Time
	// gone tells that the topic was unknown since it was stored.
	gone bool
}

func (f *freshness) speak() {
	if f.reason != "" {
		f.api.say(map[string]any{"b": f.reason})
		return
	}
	f.api.say(map[string]any{"b": f.said})
}

func (f *freshness) resolveAndCheck(rt *rapid.T) {
	need := rapid.SampledFrom([]topics.Need{topics.NeedIdentity, topics.NeedStatus}).Draw(rt, "need")
	limit := map[topics.Need]time.Duration{
		topics.NeedIdentity: 10 * time.Minute, topics.NeedStatus: 30 * time.Second,
	}[need]
	writes := f.store.writes
	kept := f.store.kept[f.conv]
	got, why := f.resolve(f.t, need)
	asked := len(f.api.take()) > 0

	warm := !f.last.IsZero() && f.now.Sub(f.last) < limit
	if warm && (asked || f.store.writes != writes) {
		rt.Fatalf("warm for %s: asked %v, %d writes", f.now.Sub(f.last), asked, f.store.writes-writes)
	}
	if asked && f.reason == "" {
		f.last = f.now
		expected := f.said
		expected.Instance = "b"
		f.history[f.now] = expected
	}
	if asked && f.reason == topics.ReasonUnknownTopic {
		f.last, f.gone = time.Time{}, true
	}
	if f.store.writes != writes {
		now := f.store.kept[f.conv]
		same := kept.info.Customer == now.info.Customer && kept.info.Instance == now.info.Instance
		if same && now.at.Sub(kept.at) < 10*time.Minute && !kept.at.IsZero() && !f.gone {
			rt.Fatalf("written again after %s without a change", now.at.Sub(kept.at))
		}
		f.gone = false
	}
	if why != "" {
		if f.reason == "" && why != topics.ReasonUnknownTopic {
			rt.Fatalf("refused with %q while the API answers", why)
		}
		return
	}
	if got.TopicInfo != f.history[got.At] {
		rt.Fatalf("answered %+v as of %s, the API said %+v", got.TopicInfo, got.At, f.history[got.At])
	}
	if got.Age != f.now.Sub(got.At) {
		rt.Fatalf("age %s as of %s at %s", got.Age, got.At, f.now)
	}
	if got.Stale != (got.Age >= limit) {
		rt.Fatalf("need %d: stale %v at age %s", need, got.Stale, got.Age)
	}
	if got.Stale && f.reason == "" {
		rt.Fatalf("stale while the API answers")
	}
	if got.Age >= 10*time.Minute && f.reason == topics.ReasonRefused {
		rt.Fatalf("refused, yet answered as of %s ago", got.Age)
	}
}

func TestFreshnessRules(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		f := &freshness{
			t: t, stage: newStage(t, "a", "b"), said: person(1, "closed"),
			history: make(map[time.Time]topics.TopicInfo),
		}
		f.speak()
		rt.Repeat(map[string]func(*rapid.T){
			"resolve": f.resolveAndCheck,
			"time passes": func(rt *rapid.T) {
				steps := []time.Duration{time.Millisecond, 9 * time.Second, 29 * time.Second, 3 * time.Minute, time.Hour}
				f.now = f.now.Add(rapid.SampledFrom(steps).Draw(rt, "step"))
			},
			"api": func(rt *rapid.T) {
				f.reason = rapid.SampledFrom([]topics.ResolveReason{
					"", "", topics.ReasonUnavailable, topics.ReasonRefused, topics.ReasonUnknownTopic,
				}).Draw(rt, "reason")
				f.speak()
			},
			"change": func(rt *rapid.T) {
				f.said = person(rapid.Int64Range(1, 2).Draw(rt, "id"),
					rapid.SampledFrom([]string{"closed", "user_answered"}).Draw(rt, "status"))
				f.speak()
			},
			"restart": func(*rapid.T) {
				f.restart(t)
				f.last = time.Time{}
			},
		})
	})
}
