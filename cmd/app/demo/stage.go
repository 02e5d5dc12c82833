package demo

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/valyala/fasthttp"

	"topicpilot/integrations/telegram/telegramtest"
	"topicpilot/topics/topicsapi/topicsapitest"
)

// Options configure a stage; the zero value is ready.
type Options struct {
	// Log gets what goes wrong on the stage; default: discarded.
	Log *slog.Logger
	// Now is the clock, default time.Now. The histories are laid before it.
	Now func() time.Time
}

// Stage is the played group with its page. Make it with New, then Start it once. Its methods are safe
// for concurrent use.
type Stage struct {
	log   *slog.Logger
	now   func() time.Time
	acted atomic.Int64 // Unix time in the history while it is laid, 0 afterwards

	tg      *telegramtest.Server
	api     *topicsAPI
	billing *billing
	notion  *notionSide
	advisor advisorSide
	board   *board
	mirror  *mirror
	polls   pollWatch
	faults  faultBox

	// systems keeps views of the outside systems in the order in which they were taken.
	systems sync.Mutex

	settings Settings
	url      string
	stop     context.CancelFunc
	ended    context.Context
	closers  []func() error
	wg       sync.WaitGroup
	closing  sync.Once
	closeErr error
}

// New makes a stage; nothing listens yet.
func New(opt Options) *Stage {
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	if opt.Now == nil {
		opt.Now = time.Now
	}
	s := &Stage{log: opt.Log, now: opt.Now}
	s.tg = telegramtest.New(telegramtest.Options{
		Token: botToken, Bot: botUser(), Clock: s.clock, Log: opt.Log, KeepMessages: 5_000, KeepCalls: 500, KeepUpdates: 200,
		KeepFileBytes: 8 << 20, Limits: telegramtest.Limits{PerGroupPerMinute: 20, OverallPerSecond: 30},
	})
	s.board = newBoard()
	s.billing = newBilling(newLedger(opt.Now), s.URL)
	s.billing.ledger.changed = s.showSystems
	return s
}

// clock is the time on the stage: the moment being told while the histories are laid, then the real one.
func (s *Stage) clock() time.Time {
	if at := s.acted.Load(); at != 0 {
		return time.Unix(at, 0)
	}
	return s.now()
}

// Start opens the fakes on free loopback ports and the page on listen ("127.0.0.1:8088"; port 0 chooses
// one), and lays the histories. The stage stops when ctx ends or by Close. It may be called once.
func (s *Stage) Start(ctx context.Context, listen string) error {
	s.ended, s.stop = context.WithCancel(ctx)
	if err := s.open(listen); err != nil {
		return errors.Join(err, s.Close())
	}
	context.AfterFunc(s.ended, func() {
		if err := s.Close(); err != nil {
			s.log.Error("close the demo's stage", "error", err)
		}
	})
	return nil
}

func (s *Stage) open(listen string) error {
	telegramURL, err := s.serveFake(s.polls.watch(s.tg.Handler()), s.tg.Close)
	if err != nil {
		return fmt.Errorf("open the played Telegram: %w", err)
	}
	s.api = newTopicsAPI()
	topicsURL, err := s.serveFake(s.api.fake.Handler, s.api.release)
	if err != nil {
		return fmt.Errorf("open the played Topics API: %w", err)
	}
	billingURL, err := s.serve("127.0.0.1:0", s.billing)
	if err != nil {
		return fmt.Errorf("open the played billing system: %w", err)
	}
	notionURL, err := s.openNotion()
	if err != nil {
		return fmt.Errorf("open the played Notion: %w", err)
	}
	s.settings = settings(telegramURL, topicsURL+topicsapitest.Path, billingURL)
	s.settings.Notion = NotionSettings{ID: "cards", Token: notionToken, APIURL: notionURL, DatabaseID: s.notion.databaseID}
	if err := s.openAdvisor(); err != nil {
		return fmt.Errorf("open the played model: %w", err)
	}
	s.showSystems()
	s.showAdvisor()
	events, cancel := s.tg.Subscribe()
	s.closers = append(s.closers, func() error { cancel(); return nil })
	if err := s.layHistory(events); err != nil {
		return fmt.Errorf("lay the histories: %w", err)
	}
	s.wg.Go(func() { s.follow(events) })
	s.wg.Go(s.watchBot)
	page, err := s.serve(listen, s.routes())
	if err != nil {
		return fmt.Errorf("open the demo's page: %w", err)
	}
	s.url = page + "/demo/"
	return nil
}

func (s *Stage) openNotion() (url string, err error) {
	if s.notion, err = newNotionSide(s.now); err != nil {
		return "", err
	}
	s.notion.changed = s.showSystems
	if url, err = s.serve("127.0.0.1:0", s.notion); err != nil {
		return "", err
	}
	s.closers = append(s.closers, s.notion.close)
	return url, nil
}

// serveFake serves one of the fakes, which are fasthttp handlers, on a free loopback port and returns its
// base URL. release ends what its handlers wait for.
func (s *Stage) serveFake(h fasthttp.RequestHandler, release func() error) (string, error) {
	ln, err := new(net.ListenConfig).Listen(s.ended, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	server := &fasthttp.Server{
		Handler: h, Name: "demo", MaxRequestBodySize: 52 << 20, CloseOnShutdown: true,
		ReadTimeout: 2 * time.Minute, IdleTimeout: 2 * time.Minute, NoDefaultDate: true,
	}
	s.wg.Go(func() {
		if err := server.Serve(ln); err != nil && !errors.Is(err, net.ErrClosed) {
			s.log.Error("played server stopped", "error", err)
		}
	})
	s.closers = append(s.closers, func() error {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(s.ended), 3*time.Second)
		defer cancel()
		err := release()
		if down := server.ShutdownWithContext(ctx); down != nil && !errors.Is(down, context.DeadlineExceeded) {
			err = errors.Join(err, down)
		}
		// Shutdown knows the listener only once Serve has run, which may not have been yet.
		if shut := ln.Close(); shut != nil && !errors.Is(shut, net.ErrClosed) {
			err = errors.Join(err, shut)
		}
		return err
	})
	return "http://" + ln.Addr().String(), nil
}

// serve opens an HTTP server and returns its base URL.
func (s *Stage) serve(listen string, h http.Handler) (string, error) {
	ln, err := new(net.ListenConfig).Listen(s.ended, "tcp", listen)
	if err != nil {
		return "", err
	}
	server := &http.Server{
		Handler: h, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 15 * time.Second, IdleTimeout: time.Minute,
		MaxHeaderBytes: 32 << 10, BaseContext: func(net.Listener) context.Context { return s.ended },
	}
	s.wg.Go(func() {
		if err := server.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
			s.log.Error("demo server stopped", "error", err)
		}
	})
	s.closers = append(s.closers, server.Close)
	return "http://" + ln.Addr().String(), nil
}

// URL is the page's address, "" before Start.
func (s *Stage) URL() string { return s.url }

// Settings are what the bot is to be started with; empty before Start.
func (s *Stage) Settings() Settings { return s.settings }

// Violations are calls of the bot that do not fit the Bot API's description.
func (s *Stage) Violations() []string {
	var out []string
	for _, v := range s.tg.Violations() {
		out = append(out, v.String())
	}
	return out
}

// Telegram is the fake behind the stage, for tests that look deeper than the page.
func (s *Stage) Telegram() *telegramtest.Server { return s.tg }

// Close stops everything and waits for it. It may be called more than once.
func (s *Stage) Close() error {
	s.closing.Do(func() {
		if s.stop != nil {
			s.stop()
		}
		var errs []error
		for _, shut := range slices.Backward(s.closers) {
			errs = append(errs, shut())
		}
		s.wg.Wait()
		s.closeErr = errors.Join(errs...)
	})
	return s.closeErr
}

// pollWatch notices whether a bot asks for updates, and when it changes its menu of commands.
type pollWatch struct {
	waiting atomic.Int64 // getUpdates calls in flight
	last    atomic.Int64 // Unix time of the last one's end
	menus   atomic.Int64 // calls that changed the menu
}

func (w *pollWatch) watch(next fasthttp.RequestHandler) fasthttp.RequestHandler {
	return func(ctx *fasthttp.RequestCtx) {
		path := strings.ToLower(string(ctx.Path()))
		switch {
		case strings.HasSuffix(path, "/getupdates"):
			w.waiting.Add(1)
			defer func() {
				w.last.Store(time.Now().Unix())
				w.waiting.Add(-1)
			}()
		case strings.HasSuffix(path, "mycommands"):
			defer w.menus.Add(1)
		}
		next(ctx)
	}
}

// connected tells whether a bot polls, or did so a moment ago.
func (w *pollWatch) connected() bool {
	return w.waiting.Load() > 0 || time.Now().Unix()-w.last.Load() <= 3
}
