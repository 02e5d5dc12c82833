package store

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"topicpilot/topics"
)

var (
	_ topics.LaneStore     = (*Store)(nil)
	_ topics.ParkedStore   = (*Store)(nil)
	_ topics.Transcript    = (*Store)(nil)
	_ topics.CustomerStore = (*Store)(nil)
	_ topics.RunStore      = (*Store)(nil)
	_ topics.LinkStore     = (*Store)(nil)
	_ topics.PageStore     = (*Store)(nil)
	_ topics.ExportStore   = (*Store)(nil)
	_ topics.MemoStore     = (*Store)(nil)
	_ topics.Importer      = (*Store)(nil)
	_ topics.Eraser        = (*Store)(nil)
	_ topics.DraftStore    = (*Store)(nil)
	_ topics.ModeStore     = (*Store)(nil)
	_ topics.GapStore      = (*Store)(nil)
	_ topics.TokenStore    = (*Store)(nil)
	_ topics.VectorStore   = (*Store)(nil)
	_ topics.RecentReader  = (*Store)(nil)
)

// Options are what Open needs besides the address.
type Options struct {
	// Log takes what the store survives; nil for none.
	Log *slog.Logger
	// Now is the clock; nil for time.Now. What several processes must agree on
	// (heartbeats, the shared budget) goes by the clock of the database.
	Now func() time.Time
	// Instance names this process to people who look into the database.
	Instance string
	// Tool opens the store beside a running bot: it owns no lanes, and the schema must
	// be there and current already.
	Tool bool
}

// Store is an open database. All methods may be called concurrently. A method that
// writes returns after the commit; if its context ends before, it returns the
// context's error although the write may still be committed.
type Store struct {
	log     *slog.Logger
	now     func() time.Time
	options Options
	base    context.Context // without end: what is begun is finished
	engine  engine
	read    *sql.DB
	texts   [queryCount]string

	stmtMu sync.Mutex
	stmts  [queryCount]*sql.Stmt

	gate       sync.RWMutex // held for reading while an operation is handed to the writer
	closed     bool
	queue      chan *op
	writerDone chan struct{}
	listener   func([]topics.Committed)
	forgets    func(conversations []topics.Conversation, customerID int64)
	tombs      tombstones

	wake       *waker
	claimLimit atomic.Pointer[func() bool]
	prunedTo   atomic.Int64 // items up to this id keep no payload once done
	forgotTo   atomic.Int64 // items up to this id keep no key once done
	unclean    atomic.Bool  // the run before did not end with MarkClean
	ping       pingCache
	indexing   sync.Mutex // one step of the index of the search at a time
}

// engine is what differs between the databases. Its first three methods run on the
// writer's goroutine, the others on any.
type engine interface {
	// run writes the operations in one transaction, in order. An error means that
	// nothing was written; op.err is set on those that were refused without harm to
	// the others.
	run(ops []*op) ([]topics.Committed, error)
	// claim takes lanes for a single opClaim.
	claim(o *op) error
	// tick is called about once a second.
	tick()
	// checkLease refuses a lease that cannot be valid any more; used before reading.
	checkLease(ctx context.Context, lease topics.Lease) error
	lead(ctx context.Context, name string) (*Leadership, bool, error)
	// reserve implements Store.Reserve; called by any goroutine, as lead and prune are.
	reserve(ctx context.Context, chatID int64, perMinute int) (id int64, wait time.Duration, err error)
	// clock is what the times of the budget go by, in microseconds since 1970.
	clock(ctx context.Context) (int64, error)
	prune(ctx context.Context, pruned *Pruned) error
	// dropCopies deletes the copies that were made before migrations and counts them.
	dropCopies() (int64, error)
	// wipe makes sure that the bytes of deleted rows are gone from the database's files.
	wipe(ctx context.Context) error
	// disconnected tells errors of the connection, which another one may not have.
	disconnected(err error) bool
	shared() bool
	close() error
}

// Open opens the database at url, sqlite:FILE or postgres://…, and brings its schema
// up to date. A second bot on one SQLite file is refused. The store lives until
// Close, not until ctx ends. Errors never show the password of the url.
func Open(ctx context.Context, url string, options Options) (*Store, error) {
	if options.Log == nil {
		options.Log = slog.New(slog.DiscardHandler)
	}
	if options.Now == nil {
		options.Now = time.Now
	}
	s := &Store{
		log: options.Log, now: options.Now, options: options, base: context.WithoutCancel(ctx),
		queue: make(chan *op, queueLength), writerDone: make(chan struct{}), wake: newWaker(),
	}
	if err := s.open(ctx, url); err != nil {
		s.wake.close()
		return nil, err
	}
	if err := s.loadWatermarks(ctx); err != nil {
		s.wake.close()
		return nil, errors.Join(err, s.read.Close(), s.engine.close())
	}
	go s.writeLoop()
	return s, nil
}

func (s *Store) open(ctx context.Context, url string) error {
	file, shared, err := parseURL(url)
	if err != nil {
		return err
	}
	s.texts = statementTexts(shared)
	if shared {
		for q, text := range s.texts {
			s.texts[q] = numbered(text)
		}
		return s.openPostgres(ctx, url)
	}
	return s.openSQLite(ctx, file)
}

func (s *Store) loadWatermarks(ctx context.Context) error {
	for name, mark := range map[string]*atomic.Int64{metaPrunedTo: &s.prunedTo, metaForgotTo: &s.forgotTo} {
		value, err := s.meta(ctx, name)
		if err != nil {
			return err
		}
		mark.Store(value)
	}
	s.tombs.stale = true
	return s.recall(ctx)
}

// Close writes what is queued, gives back what this process holds and closes the
// database. Later calls of any method return ErrClosed.
func (s *Store) Close() error {
	s.gate.Lock()
	if s.closed {
		s.gate.Unlock()
		return nil
	}
	s.closed = true
	close(s.queue)
	s.gate.Unlock()
	<-s.writerDone
	s.wake.close()

	var errs []error
	s.stmtMu.Lock()
	for i, stmt := range s.stmts {
		if stmt != nil {
			errs = append(errs, stmt.Close())
			s.stmts[i] = nil
		}
	}
	s.stmtMu.Unlock()
	errs = append(errs, s.read.Close(), s.engine.close())
	var failed []error
	for _, err := range errs {
		// A connection that the server has ended is closed as well as any.
		if err != nil && !s.engine.disconnected(err) {
			failed = append(failed, err)
		}
	}
	return wrap("close the database", errors.Join(failed...))
}

// Shared reports whether several processes may work on the database at once.
func (s *Store) Shared() bool { return s.engine.shared() }

// Listen implements topics.LaneStore.
func (s *Store) Listen(listener func([]topics.Committed)) {
	s.gate.Lock()
	s.listener = listener
	s.gate.Unlock()
}

// Wakeups implements topics.LaneStore. A replay by this process is told as well.
func (s *Store) Wakeups() <-chan topics.Lease { return s.wake.out }

// SetClaimLimit sets what is asked whether this process may take lanes that nobody
// holds when it stores into them. While it says no and another process is alive,
// such lanes are left to whoever claims them. It runs on the writer and must not
// block. Where only one process writes, all lanes are its own and it is not asked.
func (s *Store) SetClaimLimit(mayClaim func() bool) { s.claimLimit.Store(&mayClaim) }

// prepared gives a kept statement of the read pool.
func (s *Store) prepared(ctx context.Context, q query) (*sql.Stmt, error) {
	s.stmtMu.Lock()
	defer s.stmtMu.Unlock()
	if s.stmts[q] != nil {
		return s.stmts[q], nil
	}
	if s.isClosed() {
		return nil, topics.ErrClosed
	}
	stmt, err := s.read.PrepareContext(ctx, s.texts[q]) //nolint:sqlclosecheck // kept until Close
	if err != nil {
		return nil, err
	}
	s.stmts[q] = stmt
	return stmt, nil
}

func (s *Store) isClosed() bool {
	s.gate.RLock()
	defer s.gate.RUnlock()
	return s.closed
}
