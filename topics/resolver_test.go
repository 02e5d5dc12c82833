package topics_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"topicpilot/topics"
)

// fakeTopicsAPI answers by function and counts.
type fakeTopicsAPI struct {
	mu     sync.Mutex
	asked  []string
	answer func(ctx context.Context, instance topics.Instance, conv topics.Conversation) (topics.TopicInfo, error)
}

func (f *fakeTopicsAPI) TopicInfo(
	ctx context.Context, instance topics.Instance, conv topics.Conversation,
) (topics.TopicInfo, error) {
	f.mu.Lock()
	f.asked = append(f.asked, instance.ID)
	answer := f.answer
	f.mu.Unlock()
	return answer(ctx, instance, conv)
}

// take gives the instances asked since the last take.
func (f *fakeTopicsAPI) take() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	asked := f.asked
	f.asked = nil
	return asked
}

func (f *fakeTopicsAPI) set(
	answer func(ctx context.Context, instance topics.Instance, conv topics.Conversation) (topics.TopicInfo, error),
) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.answer = answer
}

// say makes each instance answer by its id; one that is not named does not know the topic.
func (f *fakeTopicsAPI) say(byInstance map[string]any) {
	f.set(func(_ context.Context, instance topics.Instance, _ topics.Conversation) (topics.TopicInfo, error) {
		switch said := byInstance[instance.ID].(type) {
		case topics.TopicInfo:
			return said, nil
		case topics.ResolveReason:
			return topics.TopicInfo{}, &topics.ResolveError{Reason: said}
		}
		return topics.TopicInfo{}, &topics.ResolveError{Reason: topics.ReasonUnknownTopic}
	})
}

type keptCustomer struct {
	info topics.TopicInfo
	at   time.Time
}

// fakeCustomers is a store in memory that counts and can fail.
type fakeCustomers struct {
	mu     sync.Mutex
	kept   map[topics.Conversation]keptCustomer
	reads  int
	writes int
	err    error
	// gate, if not nil, holds reads until it is closed.
	gate chan struct{}
}

func (s *fakeCustomers) CustomerOf(_ context.Context, conv topics.Conversation) (topics.TopicInfo, time.Time, error) {
	if s.gate != nil {
		<-s.gate
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reads++
	if s.err != nil {
		return topics.TopicInfo{}, time.Time{}, s.err
	}
	kept, ok := s.kept[conv]
	if !ok {
		return topics.TopicInfo{}, time.Time{}, topics.ErrNotFound
	}
	return kept.info, kept.at, nil
}

func (s *fakeCustomers) KeepCustomer(
	_ context.Context, conv topics.Conversation, info topics.TopicInfo, at time.Time,
) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return s.err
	}
	s.writes++
	if s.kept == nil {
		s.kept = make(map[topics.Conversation]keptCustomer)
	}
	s.kept[conv] = keptCustomer{info, at}
	return nil
}

type plainKey string

func (k plainKey) Reveal() string { return string(k) }

// stage is a resolver with everything around it and a clock that stands still.
type stage struct {
	api      *fakeTopicsAPI
	store    *fakeCustomers
	now      time.Time
	group    *topics.Group
	conv     topics.Conversation
	resolver *topics.Resolver
}

func newStage(t *testing.T, instances ...string) *stage {
	t.Helper()
	s := &stage{
		api:   &fakeTopicsAPI{},
		store: &fakeCustomers{},
		now:   time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC),
		group: &topics.Group{ID: -1002101424779},
		conv:  topics.Conversation{ChatID: -1002101424779, ThreadID: 5343},
	}
	for _, id := range instances {
		s.group.Instances = append(s.group.Instances, topics.Instance{ID: id, Key: plainKey("key of " + id)})
	}
	s.restart(t)
	return s
}

// restart is a new process on the same store.
func (s *stage) restart(t *testing.T) {
	t.Helper()
	s.resolver = topics.NewResolver(topics.ResolverOptions{
		API: s.api, Store: s.store, Cache: 10 * time.Minute, Size: 8,
		Now: func() time.Time { return s.now },
	})
	t.Cleanup(s.resolver.Close)
}

func (s *stage) resolve(t *testing.T, need topics.Need) (topics.Resolved, topics.ResolveReason) {
	t.Helper()
	resolved, err := s.resolver.Resolve(t.Context(), s.group, s.conv, need)
	if err == nil {
		return resolved, ""
	}
	var why *topics.ResolveError
	if !errors.As(err, &why) {
		t.Fatalf("not a ResolveError: %v", err)
	}
	return resolved, why.Reason
}

func (s *stage) wantAsked(t *testing.T, want ...string) {
	t.Helper()
	asked := s.api.take()
	if len(asked) != len(want) {
		t.Fatalf("asked %q, want %q", asked, want)
	}
	for i := range want {
		if asked[i] != want[i] {
			t.Fatalf("asked %q, want %q", asked, want)
		}
	}
}

func person(id int64, status string) topics.TopicInfo {
	return topics.TopicInfo{Private: true, Status: status, Customer: topics.Customer{ID: id, Name: "Ann"}}
}

func TestResolveWithoutAsking(t *testing.T) {
	tests := []struct {
		name      string
		instances []string
		thread    int64
		want      topics.ResolveReason
	}{
		{"general", []string{"a"}, 0, topics.ReasonGeneral},
		{"no instances", nil, 5, topics.ReasonNotSet},
		{"general without instances", nil, 0, topics.ReasonGeneral},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newStage(t, tt.instances...)
			s.conv.ThreadID = tt.thread
			if _, reason := s.resolve(t, topics.NeedStatus); reason != tt.want {
				t.Fatalf("got %q", reason)
			}
			s.wantAsked(t)
		})
	}
}

func TestInstancesAreTriedAndTheRightOneRemembered(t *testing.T) {
	tests := []struct {
		name       string
		says       map[string]any
		want       topics.ResolveReason
		asked      []string
		askedAgain []string
	}{
		{"second knows", map[string]any{"b": person(7, "closed")}, "", []string{"a", "b"}, []string{"b"}},
		{
			"first has a wrong key",
			map[string]any{"a": topics.ReasonRefused, "c": person(7, "")},
			"",
			[]string{"a", "b", "c"},
			[]string{"c"},
		},
		{
			"first is down",
			map[string]any{"a": topics.ReasonUnavailable, "b": person(7, "")},
			"",
			[]string{"a", "b"},
			[]string{"b"},
		},
		{"none knows", nil, topics.ReasonUnknownTopic, []string{"a", "b", "c"}, []string{"a", "b", "c"}},
		{
			"one refuses, the others do not know",
			map[string]any{"b": topics.ReasonRefused},
			topics.ReasonRefused,
			[]string{"a", "b", "c"},
			[]string{"a", "b", "c"},
		},
		{
			"one is down, one refuses",
			map[string]any{"b": topics.ReasonUnavailable, "c": topics.ReasonRefused},
			topics.ReasonUnavailable,
			[]string{"a", "b", "c"},
			[]string{"a", "b", "c"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newStage(t, "a", "b", "c")
			s.api.say(tt.says)
			for range 2 {
				if _, reason := s.resolve(t, topics.NeedStatus); reason != tt.want {
					t.Fatalf("got %q", reason)
				}
				s.wantAsked(t, tt.asked...)
				tt.asked = tt.askedAgain
				s.now = s.now.Add(time.Minute)
			}
		})
	}
}

func TestRememberedInstance(t *testing.T) {
	s := newStage(t, "a", "b", "c")
	s.api.say(map[string]any{"b": person(7, "closed")})
	s.resolve(t, topics.NeedStatus)
	s.wantAsked(t, "a", "b")

	s.restart(t)
	s.now = s.now.Add(time.Minute)
	got, _ := s.resolve(t, topics.NeedStatus)
	s.wantAsked(t, "b")
	if got.Instance != "b" {
		t.Fatalf("instance %q", got.Instance)
	}

	s.now = s.now.Add(time.Minute)
	s.api.say(map[string]any{"b": topics.ReasonUnavailable, "c": person(8, "")})
	if got, _ = s.resolve(t, topics.NeedStatus); !got.Stale || got.Age != time.Minute || got.Customer.ID != 7 {
		t.Fatalf("got %+v", got)
	}
	s.wantAsked(t, "b")

	s.api.say(map[string]any{"c": person(8, "")})
	if got, _ = s.resolve(t, topics.NeedStatus); got.Stale || got.Instance != "c" || got.Customer.ID != 8 {
		t.Fatalf("got %+v", got)
	}
	s.wantAsked(t, "b", "a", "c")

	// As long as the remembered one refuses, nobody can say that the topic is unknown.
	s.now = s.now.Add(time.Hour)
	s.api.say(map[string]any{"c": topics.ReasonRefused})
	if _, reason := s.resolve(t, topics.NeedStatus); reason != topics.ReasonRefused {
		t.Fatalf("got %q", reason)
	}
	s.wantAsked(t, "c", "a", "b")

	// The settings no longer have c: what it said is dropped, all are asked.
	s.group = &topics.Group{ID: s.group.ID, Instances: s.group.Instances[:2]}
	s.api.say(map[string]any{"a": topics.ReasonUnavailable, "b": topics.ReasonUnavailable})
	if _, reason := s.resolve(t, topics.NeedIdentity); reason != topics.ReasonUnavailable {
		t.Fatalf("got %q", reason)
	}
	s.wantAsked(t, "a", "b")
}

func TestAnotherKeyAsksAgain(t *testing.T) {
	s := newStage(t, "a")
	s.api.say(map[string]any{"a": person(7, "")})
	s.resolve(t, topics.NeedIdentity)
	s.wantAsked(t, "a")
	s.group = &topics.Group{ID: s.group.ID, Instances: []topics.Instance{{ID: "a", Key: plainKey("reset")}}}
	s.resolve(t, topics.NeedIdentity)
	s.wantAsked(t, "a")
	s.resolve(t, topics.NeedIdentity)
	s.wantAsked(t)
}

func TestStaleAndRefused(t *testing.T) {
	tests := []struct {
		name   string
		after  time.Duration
		need   topics.Need
		reason topics.ResolveReason
		want   topics.ResolveReason
		stale  bool
	}{
		{"fresh status needs no answer", 29 * time.Second, topics.NeedStatus, topics.ReasonUnavailable, "", false},
		{"status too old, down", 30 * time.Second, topics.NeedStatus, topics.ReasonUnavailable, "", true},
		{"identity serves, down", 9 * time.Minute, topics.NeedIdentity, topics.ReasonUnavailable, "", false},
		{"identity too old, down", time.Hour, topics.NeedIdentity, topics.ReasonUnavailable, "", true},
		{"refused within the cache", 5 * time.Minute, topics.NeedStatus, topics.ReasonRefused, "", true},
		{
			"refused after the cache", 10 * time.Minute, topics.NeedStatus, topics.ReasonRefused,
			topics.ReasonRefused, false,
		},
		{"topic gone", time.Minute, topics.NeedStatus, topics.ReasonUnknownTopic, topics.ReasonUnknownTopic, false},
		{"dated in the future", -time.Hour, topics.NeedIdentity, topics.ReasonUnavailable, "", true},
	}
	for _, restarted := range []bool{false, true} {
		for _, tt := range tests {
			t.Run(tt.name, func(t *testing.T) {
				s := newStage(t, "a")
				s.api.say(map[string]any{"a": person(7, "closed")})
				s.resolve(t, topics.NeedStatus)
				if restarted {
					s.restart(t)
				}
				s.api.say(map[string]any{"a": tt.reason})
				s.now = s.now.Add(tt.after)
				got, reason := s.resolve(t, tt.need)
				if reason != tt.want || got.Stale != tt.stale {
					t.Fatalf("got %q %+v", reason, got)
				}
				if tt.want == "" && (got.Customer.ID != 7 || got.Age != max(tt.after, 0)) {
					t.Fatalf("got %+v", got)
				}
			})
		}
	}
}

func TestUnknownTopicIsNotAskedAgainAtOnce(t *testing.T) {
	s := newStage(t, "a")
	s.api.say(nil)
	for range 3 {
		if _, reason := s.resolve(t, topics.NeedStatus); reason != topics.ReasonUnknownTopic {
			t.Fatalf("got %q", reason)
		}
	}
	s.wantAsked(t, "a")
	s.api.say(map[string]any{"a": person(7, "")})
	s.now = s.now.Add(10 * time.Second)
	if got, reason := s.resolve(t, topics.NeedStatus); reason != "" || got.Customer.ID != 7 {
		t.Fatalf("got %q", reason)
	}
}

func TestChatTopic(t *testing.T) {
	s := newStage(t, "a")
	s.api.say(map[string]any{"a": topics.TopicInfo{Title: "Partners"}})
	for range 2 {
		got, reason := s.resolve(t, topics.NeedStatus)
		if reason != topics.ReasonChat || got.Title != "Partners" {
			t.Fatalf("got %q %+v", reason, got)
		}
		s.now = s.now.Add(9 * time.Minute)
	}
	s.wantAsked(t, "a")
	s.api.say(map[string]any{"a": topics.ReasonUnavailable})
	if _, reason := s.resolve(t, topics.NeedStatus); reason != topics.ReasonChat {
		t.Fatalf("got %q", reason)
	}
}

func TestWritesAreFew(t *testing.T) {
	s := newStage(t, "a")
	steps := []struct {
		name   string
		after  time.Duration
		info   topics.TopicInfo
		writes int
	}{
		{"first", 0, person(7, "closed"), 1},
		{"warm", time.Second, person(7, "closed"), 1},
		{"refreshed", time.Minute, person(7, "closed"), 1},
		{"another status", time.Minute, person(7, "user_answered"), 1},
		{"another customer", time.Minute, person(8, "user_answered"), 2},
		{"after the cache's time", 10 * time.Minute, person(8, "user_answered"), 3},
	}
	for _, step := range steps {
		s.now = s.now.Add(step.after)
		s.api.say(map[string]any{"a": step.info})
		got, reason := s.resolve(t, topics.NeedStatus)
		if reason != "" || got.Status != step.info.Status || s.store.writes != step.writes {
			t.Fatalf("%s: %q %+v, %d writes, want %d", step.name, reason, got, s.store.writes, step.writes)
		}
	}
	if s.store.reads != 1 {
		t.Fatalf("%d reads", s.store.reads)
	}
}

func TestStoreDownCostsNoAnswer(t *testing.T) {
	s := newStage(t, "a")
	s.store.err = errors.New("disk full")
	s.api.say(map[string]any{"a": person(7, "")})
	if got, reason := s.resolve(t, topics.NeedStatus); reason != "" || got.Customer.ID != 7 {
		t.Fatalf("got %q", reason)
	}
	s.store.err = nil
	s.now = s.now.Add(time.Minute)
	s.resolve(t, topics.NeedStatus)
	if s.store.writes != 1 {
		t.Fatalf("%d writes: what could not be stored is stored at the next answer", s.store.writes)
	}
}

func TestMemoryIsBounded(t *testing.T) {
	s := newStage(t, "a")
	s.api.say(map[string]any{"a": person(7, "")})
	for thread := range int64(20) {
		s.conv.ThreadID = thread + 1
		s.resolve(t, topics.NeedStatus)
	}
	s.api.take()
	reads := s.store.reads
	s.conv.ThreadID = 20
	s.resolve(t, topics.NeedStatus)
	s.conv.ThreadID = 1
	s.resolve(t, topics.NeedStatus)
	// The last one is in memory; the first was dropped and comes from the store.
	if s.store.reads != reads+1 {
		t.Fatalf("%d reads, want %d", s.store.reads, reads+1)
	}
	s.wantAsked(t)
}

func TestOneRequestInFlight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, "a")
		release := make(chan struct{})
		s.api.set(func(context.Context, topics.Instance, topics.Conversation) (topics.TopicInfo, error) {
			<-release
			return person(7, "closed"), nil
		})
		impatient, leave := context.WithCancel(t.Context())
		left := make(chan error)
		go func() {
			_, err := s.resolver.Resolve(impatient, s.group, s.conv, topics.NeedStatus)
			left <- err
		}()
		synctest.Wait()
		const waiters = 20
		answers := make(chan topics.Resolved, waiters)
		for i := range waiters {
			go func() {
				resolved, err := s.resolver.Resolve(t.Context(), s.group, s.conv, topics.Need(i%2))
				if err != nil {
					t.Error(err)
				}
				answers <- resolved
			}()
		}
		synctest.Wait()
		// The one who started it leaves; the others get their answer all the same.
		leave()
		if err := <-left; !errors.Is(err, context.Canceled) {
			t.Fatalf("got %v", err)
		}
		close(release)
		for range waiters {
			if got := <-answers; got.Customer.ID != 7 || got.Stale {
				t.Fatalf("got %+v", got)
			}
		}
		s.wantAsked(t, "a")
		s.resolver.Close()
	})
}

// Two callers of unlike needs share one request; each gets what its own need says.
func TestUnlikeNeedsShareARequest(t *testing.T) {
	tests := []struct {
		name          string
		first, second topics.Need
		says          any
		// stale is what the one who wants the status gets; the identity is never stale.
		stale  bool
		status string
	}{
		{"status joins", topics.NeedIdentity, topics.NeedStatus, person(7, "user_answered"), false, "user_answered"},
		{"identity joins, down", topics.NeedStatus, topics.NeedIdentity, topics.ReasonUnavailable, true, "closed"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newStage(t, "a")
				s.store.gate = make(chan struct{})
				s.store.kept = map[topics.Conversation]keptCustomer{s.conv: {
					topics.TopicInfo{Private: true, Instance: "a", Status: "closed"}, s.now.Add(-5 * time.Minute),
				}}
				s.api.say(map[string]any{"a": tt.says})
				var all sync.WaitGroup
				for _, need := range []topics.Need{tt.first, tt.second} {
					all.Go(func() {
						got, err := s.resolver.Resolve(t.Context(), s.group, s.conv, need)
						if err != nil || need == topics.NeedIdentity && got.Stale {
							t.Errorf("need %d: %+v, %v", need, got, err)
						}
						if need == topics.NeedStatus && (got.Status != tt.status || got.Stale != tt.stale) {
							t.Errorf("status: %+v", got)
						}
					})
					synctest.Wait()
				}
				close(s.store.gate)
				all.Wait()
				s.wantAsked(t, "a")
				s.resolver.Close()
			})
		})
	}
}

func TestSlowTopicsAndInstances(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, "a", "b")
		hang := func(ctx context.Context, instance topics.Instance, conv topics.Conversation) (topics.TopicInfo, error) {
			if conv.ThreadID == 1 || instance.ID == "a" && conv.ThreadID == 2 {
				<-ctx.Done()
				return topics.TopicInfo{}, ctx.Err()
			}
			return person(conv.ThreadID, ""), nil
		}
		s.api.set(hang)
		took := func(thread int64) (time.Duration, error) {
			begin := time.Now()
			conv := topics.Conversation{ChatID: s.conv.ChatID, ThreadID: thread}
			_, err := s.resolver.Resolve(t.Context(), s.group, conv, topics.NeedStatus)
			return time.Since(begin), err
		}
		dead := make(chan time.Duration)
		go func() {
			d, err := took(1)
			var why *topics.ResolveError
			if !errors.As(err, &why) || why.Reason != topics.ReasonUnavailable {
				t.Errorf("got %v", err)
			}
			dead <- d
		}()
		synctest.Wait()
		if d, err := took(3); d != 0 || err != nil {
			t.Errorf("another topic took %s, %v", d, err)
		}
		if d, err := took(2); d >= 5*time.Second || err != nil {
			t.Errorf("a hanging instance cost %s, %v", d, err)
		}
		if d := <-dead; d != 5*time.Second {
			t.Errorf("a dead topic took %s", d)
		}
		s.resolver.Close()
	})
}

func TestCloseEndsWhatRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, "a", "b")
		s.api.set(func(ctx context.Context, _ topics.Instance, _ topics.Conversation) (topics.TopicInfo, error) {
			<-ctx.Done()
			return topics.TopicInfo{}, ctx.Err()
		})
		ended := make(chan topics.ResolveReason)
		go func() {
			_, reason := s.resolve(t, topics.NeedStatus)
			ended <- reason
		}()
		synctest.Wait()
		begin := time.Now()
		s.resolver.Close()
		if reason := <-ended; reason != topics.ReasonUnavailable || time.Since(begin) != 0 {
			t.Fatalf("got %q after %s", reason, time.Since(begin))
		}
		_, err := s.resolver.Resolve(t.Context(), s.group, s.conv, topics.NeedStatus)
		if !errors.Is(err, topics.ErrClosed) {
			t.Fatalf("got %v", err)
		}
	})
}

// TestNeedNow asks although what is kept is a moment old, and falls back to it.
func TestNeedNow(t *testing.T) {
	s := newStage(t, "a")
	s.api.say(map[string]any{"a": person(7, "closed")})
	s.resolve(t, topics.NeedStatus)
	s.wantAsked(t, "a")
	s.resolve(t, topics.NeedStatus)
	s.wantAsked(t)
	got, _ := s.resolve(t, topics.NeedNow)
	s.wantAsked(t, "a")
	if got.Stale || got.Customer.ID != 7 {
		t.Errorf("got %+v", got)
	}
}
