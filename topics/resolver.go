package topics

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"
)

// Need tells Resolve how fresh the answer has to be.
type Need uint8

const (
	// NeedIdentity is content with who the customer is: an answer of the Topics API
	// up to ResolverOptions.Cache old serves, whatever became of the status since.
	NeedIdentity Need = iota
	// NeedStatus also wants the topic's status: an answer older than
	// ResolverOptions.StatusCache is asked for again.
	NeedStatus
	// NeedNow asks in any case: somebody wants to see the present state.
	NeedNow
)

const (
	defaultIdentityCache = 10 * time.Minute
	defaultStatusCache   = 30 * time.Second
	defaultResolveTime   = 5 * time.Second
	defaultResolverSize  = 4096
	// unknownCache keeps a flood of commands in a foreign topic from the Topics API,
	// and is short enough for a topic that the mirror has only just made.
	unknownCache = 10 * time.Second
	storeTime    = 2 * time.Second
	// clockSkew is how far in the future another process may have dated an answer.
	clockSkew = time.Minute
)

// ResolverOptions are the parts of a Resolver. API and Store are required.
type ResolverOptions struct {
	API   TopicsAPI
	Store CustomerStore
	// Cache is how long an identity serves; 10 minutes when 0.
	Cache time.Duration
	// StatusCache is how long a status serves; 30 seconds when 0, at most Cache.
	StatusCache time.Duration
	// Timeout bounds one resolution, all instances together; 5 seconds when 0.
	Timeout time.Duration
	// Size is how many topics are kept in memory; 4096 when 0.
	Size int
	// Now is the clock; time.Now when nil.
	Now func() time.Time
	// Log gets what is survived: the store's errors and refused keys. Discarded when nil.
	Log *slog.Logger
}

// Resolver finds the customer of a topic. It keeps answers in memory (bounded, least
// recently used out first) and in the store, has one request in flight for a topic
// whatever the number of those who wait for it, and answers from what it kept when
// the Topics API is down. A slow topic does not delay another. All methods may be
// called concurrently.
type Resolver struct {
	opts ResolverOptions

	mu      sync.Mutex
	memory  *resolverMemory
	flights map[Conversation]*flight
	closed  bool
	running sync.WaitGroup
}

// NewResolver makes a Resolver.
func NewResolver(opts ResolverOptions) *Resolver {
	if opts.Cache <= 0 {
		opts.Cache = defaultIdentityCache
	}
	if opts.StatusCache <= 0 {
		opts.StatusCache = defaultStatusCache
	}
	opts.StatusCache = min(opts.StatusCache, opts.Cache)
	if opts.Timeout <= 0 {
		opts.Timeout = defaultResolveTime
	}
	if opts.Size <= 0 {
		opts.Size = defaultResolverSize
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	return &Resolver{
		opts:    opts,
		memory:  newResolverMemory(opts.Size),
		flights: make(map[Conversation]*flight),
	}
}

// Resolve tells who stands behind a topic of the group.
//
// An answer that is fresh enough for need comes from memory or the store; otherwise
// the Topics API is asked, and when it gives no answer the kept one is returned with
// Stale set. When it refuses our keys, the kept one serves for ResolverOptions.Cache
// only: access that was taken away is not made up for by what was kept.
//
// Errors are *ResolveError, or ctx's own when ctx ends first; the request goes on then
// for the others who wait and for the cache. A ReasonChat comes with what is known of
// the chat's topic.
func (r *Resolver) Resolve(ctx context.Context, group *Group, conv Conversation, need Need) (Resolved, error) {
	if conv.General() {
		return Resolved{}, &ResolveError{Reason: ReasonGeneral}
	}
	if group == nil || len(group.Instances) == 0 {
		return Resolved{}, &ResolveError{Reason: ReasonNotSet}
	}
	for {
		f, out, ok := r.lookup(ctx, group, conv, need)
		if ok {
			return r.conclude(out, need)
		}
		select {
		case <-ctx.Done():
			return Resolved{}, ctx.Err()
		case <-f.done:
		}
		// A flight for somebody's identity may have ended with a kept answer whose
		// status is too old for us.
		if f.need >= need || f.out.asked || r.fresh(f.out.entry, need) {
			return r.conclude(f.out, need)
		}
	}
}

// Close ends the requests in flight and waits for them. Resolve answers from memory or
// not at all from then on.
func (r *Resolver) Close() {
	r.mu.Lock()
	r.closed = true
	for _, f := range r.flights {
		f.cancel()
	}
	r.mu.Unlock()
	r.running.Wait()
}

// Forget drops what is remembered of the topics; a request in flight serves those who
// wait for it and is not remembered. The store's memory is not touched.
func (r *Resolver) Forget(conversations []Conversation) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, conv := range conversations {
		r.memory.drop(conv)
		delete(r.flights, conv)
	}
}

// flight is one resolution under way and those who wait for it.
type flight struct {
	group  *Group
	conv   Conversation
	need   Need
	cancel context.CancelFunc
	done   chan struct{}
	// out is set before done is closed.
	out outcome
}

// outcome is what a resolution ended with, for callers of either need.
type outcome struct {
	entry resolverEntry
	// asked tells that the Topics API was asked, err what it said if not an answer.
	asked bool
	err   *ResolveError
}

// lookup answers from memory, or gives the flight to wait for.
func (r *Resolver) lookup(ctx context.Context, group *Group, conv Conversation, need Need) (*flight, outcome, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	kept := r.memory.get(conv)
	r.checkInstance(&kept, group)
	if r.fresh(kept, need) {
		return nil, outcome{entry: kept}, true
	}
	if within(r.opts.Now().Sub(kept.unknownAt), unknownCache) && kept.group == group {
		return nil, outcome{entry: kept, asked: true, err: &ResolveError{Reason: ReasonUnknownTopic}}, true
	}
	if f, ok := r.flights[conv]; ok && f.group == group {
		return f, outcome{}, false
	}
	if r.closed {
		return nil, outcome{entry: kept, asked: true, err: unavailable(ErrClosed)}, true
	}
	f := &flight{group: group, conv: conv, need: need, done: make(chan struct{})}
	// The request serves everybody who waits: it outlives the one who started it.
	flightCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), r.opts.Timeout+2*storeTime)
	f.cancel = cancel
	r.flights[conv] = f
	r.running.Go(func() { r.fly(flightCtx, f, kept) })
	return f, outcome{}, false
}

// fly carries a resolution out: the store if memory is empty, then the Topics API.
func (r *Resolver) fly(ctx context.Context, f *flight, kept resolverEntry) {
	defer f.cancel()
	if !kept.loaded {
		kept = r.load(ctx, f)
	}
	f.out = outcome{entry: kept}
	if !r.fresh(kept, f.need) {
		f.out = r.refresh(ctx, f, kept)
	}
	r.mu.Lock()
	if r.flights[f.conv] == f { // or somebody has forgotten the topic, or asks anew
		r.memory.put(f.conv, f.out.entry)
		delete(r.flights, f.conv)
	}
	r.mu.Unlock()
	close(f.done)
}

// load reads what the store keeps. A store that cannot be read costs the memory of the
// past, not the answer.
func (r *Resolver) load(ctx context.Context, f *flight) resolverEntry {
	ctx, cancel := context.WithTimeout(ctx, storeTime)
	defer cancel()
	kept := resolverEntry{loaded: true, group: f.group}
	info, at, err := r.opts.Store.CustomerOf(ctx, f.conv)
	if errors.Is(err, ErrNotFound) {
		return kept
	}
	if err != nil {
		r.opts.Log.Warn("kept customer not read", "topic_id", f.conv.String(), "error", err)
		return resolverEntry{group: f.group}
	}
	kept.known, kept.info, kept.at, kept.storedAt = true, info, at, at
	r.checkInstance(&kept, f.group)
	return kept
}

// refresh asks the Topics API and keeps what it says.
func (r *Resolver) refresh(ctx context.Context, f *flight, kept resolverEntry) outcome {
	// Dated by its beginning: what is forgotten meanwhile does not come back.
	began := r.opts.Now()
	askCtx, cancel := context.WithTimeout(ctx, r.opts.Timeout)
	info, key, err := r.ask(askCtx, f.group, f.conv, kept.remembered())
	cancel()
	if err != nil {
		if err.Reason == ReasonRefused {
			r.opts.Log.Warn("topics api refuses our keys", "topic_id", f.conv.String(), "error", err)
		}
		if err.Reason == ReasonUnknownTopic {
			kept = resolverEntry{loaded: kept.loaded, group: f.group, unknownAt: r.opts.Now()}
		}
		return outcome{entry: kept, asked: true, err: err}
	}
	next := resolverEntry{
		loaded: true, known: true, group: f.group,
		info: info, at: began, storedAt: kept.storedAt, key: key,
	}
	if r.worthStoring(kept, next) {
		r.store(ctx, f.conv, &next)
	}
	return outcome{entry: next, asked: true}
}

// worthStoring keeps writes few: status and last date are good for seconds only and
// change with every message, so they alone are no reason.
func (r *Resolver) worthStoring(kept, next resolverEntry) bool {
	if !kept.known || kept.storedAt.IsZero() {
		return true
	}
	before, after := kept.info, next.info
	before.Status, before.LastDate = after.Status, after.LastDate
	return before != after || !within(next.at.Sub(kept.storedAt), r.opts.Cache)
}

func (r *Resolver) store(ctx context.Context, conv Conversation, entry *resolverEntry) {
	ctx, cancel := context.WithTimeout(ctx, storeTime)
	defer cancel()
	if err := r.opts.Store.KeepCustomer(ctx, conv, entry.info, entry.at); err != nil {
		r.opts.Log.Warn("customer not kept", "topic_id", conv.String(), "error", err)
		entry.storedAt = time.Time{}
		return
	}
	entry.storedAt = entry.at
}

// conclude makes an outcome the answer to a caller.
func (r *Resolver) conclude(out outcome, need Need) (Resolved, error) {
	age := max(r.opts.Now().Sub(out.entry.at), 0)
	if out.err != nil {
		usable := out.err.Reason == ReasonUnavailable ||
			out.err.Reason == ReasonRefused && within(age, r.opts.Cache)
		if !out.entry.known || !usable {
			return Resolved{}, out.err
		}
	}
	resolved := Resolved{
		TopicInfo: out.entry.info, At: out.entry.at, Age: age,
		Stale: out.err != nil && !r.fresh(out.entry, need),
	}
	if !resolved.Private {
		return resolved, &ResolveError{Reason: ReasonChat}
	}
	return resolved, nil
}

// fresh reports whether a kept answer serves without asking. A chat has no status to
// show.
func (r *Resolver) fresh(entry resolverEntry, need Need) bool {
	if !entry.known || entry.rekeyed || need == NeedNow {
		return false
	}
	limit := r.opts.StatusCache
	if need == NeedIdentity || !entry.info.Private {
		limit = r.opts.Cache
	}
	return within(r.opts.Now().Sub(entry.at), limit)
}

// within reports whether an age is under a limit. What is dated far in the future, by a
// clock that was wrong, counts as old, or it would serve for ever.
func within(age, limit time.Duration) bool { return age < limit && age > -clockSkew }

func unavailable(err error) *ResolveError {
	return &ResolveError{Reason: ReasonUnavailable, Err: err}
}
