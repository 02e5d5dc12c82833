package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"

	"topicpilot/cmd/load/crash"
	"topicpilot/cmd/load/effects"
	"topicpilot/cmd/load/proc"
	"topicpilot/cmd/load/stage"
	"topicpilot/integrations/notion/notiontest"
	"topicpilot/integrations/openai/openaitest"
	"topicpilot/integrations/telegram/telegramtest"
	"topicpilot/topics/topicsapi/topicsapitest"
)

const (
	// effectsGroup tells customers through a bot, topicGroup through the topic.
	effectsGroup int64 = -1002101424779
	topicGroup   int64 = -1002101424780
	// replyGroup has the advisor answer customers by itself, through the topic.
	replyGroup int64 = -1002101424781
	// secondOperator is an admin as the first one is.
	secondOperator int64 = 78
	effectsBot           = "987654321:AAtoken-of-the-bot-customers-write-to"
	// effectsNews begins what a customer is told.
	effectsNews = "Your tariff is active until"
	// effectsModel begins the address of the language model.
	effectsModel = "/model"
)

// effectsWorld is one bot, of one process or several, and all that it talks to. The far sides
// stand behind a gate, which knows the process that asks.
type effectsWorld struct {
	effectsPlace
	ctx     context.Context
	verbose bool

	tg, customers *telegramtest.Server
	api           *topicsapitest.Server
	notion        *notiontest.Server
	model         *openaitest.Server
	database      string
	source        string
	billing       *effects.Billing
	gate          *effects.Gate
	gates         []*http.Server
	serving       sync.WaitGroup
	settings      []string
	addrs         []string
	next          int64

	mu     sync.Mutex
	live   []*proc.Child
	broken error // what went wrong while a process was killed
	kills  int
}

// effectsPlace is what a world is built of and in.
type effectsPlace struct {
	pilot string // topicpilot's binary
	dir   string
	store string
	// ownPage has transcripts written on pages of their own, below the card.
	ownPage bool
}

// newEffectsWorld starts the fakes and the processes.
func newEffectsWorld(ctx context.Context, c *effectsCmd, at effectsPlace) (*effectsWorld, error) {
	w := &effectsWorld{
		ctx: ctx, effectsPlace: at, verbose: c.verbose,
		tg:  telegramtest.New(telegramtest.Options{KeepCalls: -1, KeepUpdates: 10_000}),
		api: topicsapitest.New(), notion: notiontest.New(notiontest.Options{KeepCalls: -1, QueryLag: c.Lag}),
		billing: effects.NewBilling(), model: openaitest.New(openaitest.Options{Keep: -1}),
	}
	if err := errors.Join(w.open(c.Processes), w.startAll()); err != nil {
		return nil, errors.Join(err, w.close())
	}
	return w, nil
}

// open starts the fakes and writes a settings file for each process.
func (w *effectsWorld) open(processes int) error {
	address, err := w.tg.Start("127.0.0.1:0")
	if err != nil {
		return err
	}
	if w.customers, err = w.tg.AddBot(telegramtest.Options{Token: effectsBot, KeepCalls: -1}); err != nil {
		return err
	}
	if err := w.people(); err != nil {
		return err
	}
	if err := w.api.Start("127.0.0.1:0"); err != nil {
		return err
	}
	w.api.SetToken(stage.APIToken)
	var sources []string
	w.database, sources = w.notion.AddDatabase("Customers", notiontest.Customers())
	w.source = sources[0]
	far, err := w.far(address, w.api.URL())
	if err != nil {
		return err
	}
	w.gate = effects.NewGate(far)
	for i := range processes {
		base, err := w.openGate(i)
		if err != nil {
			return err
		}
		if err := w.writeSettings(i, base); err != nil {
			return err
		}
	}
	w.live = make([]*proc.Child, processes)
	return nil
}

func (w *effectsWorld) people() error {
	admin := func(id int64, name string) telegramtest.Member {
		return telegramtest.Member{
			User: telegramtest.User{ID: id, FirstName: name}, Status: telegramtest.Administrator,
			Rights: telegramtest.Rights{ManageTopics: true},
		}
	}
	group := func(id int64) error {
		return w.tg.AddGroup(telegramtest.Group{ID: id, Title: "Support", IsForum: true, Members: []telegramtest.Member{
			admin(stage.MirrorID, "Mirror"), admin(stage.OperatorID, "Olga"), admin(secondOperator, "Petr"),
		}})
	}
	return errors.Join(group(effectsGroup), group(topicGroup), group(replyGroup))
}

// far is everything that the bot talks to, under one address.
func (w *effectsWorld) far(telegram, api string) (http.Handler, error) {
	tg, err := forward(telegram)
	if err != nil {
		return nil, err
	}
	topicsAPI, err := forward(strings.TrimSuffix(api, topicsapitest.Path))
	if err != nil {
		return nil, err
	}
	notion, model := w.notion.Handler(), http.StripPrefix(effectsModel, w.model.Handler())
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		switch path := r.URL.Path; {
		case strings.HasPrefix(path, "/bot"):
			tg.ServeHTTP(rw, r)
		case strings.HasPrefix(path, effects.BillingPath):
			w.billing.ServeHTTP(rw, r)
		case strings.HasPrefix(path, effectsModel):
			model.ServeHTTP(rw, r)
		case path == topicsapitest.Path:
			topicsAPI.ServeHTTP(rw, r)
		default:
			notion.ServeHTTP(rw, r)
		}
	}), nil
}

func forward(to string) (http.Handler, error) {
	u, err := url.Parse(to)
	if err != nil {
		return nil, fmt.Errorf("address of a fake: %w", err)
	}
	proxy := httputil.NewSingleHostReverseProxy(u)
	proxy.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	proxy.ErrorHandler = func(rw http.ResponseWriter, _ *http.Request, _ error) { rw.WriteHeader(http.StatusBadGateway) }
	return proxy, nil
}

// openGate listens for one process and returns the address.
func (w *effectsWorld) openGate(process int) (string, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // lives until close
	if err != nil {
		return "", fmt.Errorf("listen for the far sides: %w", err)
	}
	server := &http.Server{
		Handler: w.gate.Handler(process), ReadHeaderTimeout: 10 * time.Second,
		ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError),
	}
	w.gates = append(w.gates, server)
	w.serving.Go(func() { _ = server.Serve(ln) })
	return "http://" + ln.Addr().String(), nil
}

// close ends everything, whatever has happened.
func (w *effectsWorld) close() error {
	w.mu.Lock()
	for _, child := range w.live {
		if child != nil {
			child.Kill()
		}
	}
	w.mu.Unlock()
	if w.gate != nil {
		w.gate.Close()
	}
	err := w.tg.Close()
	for _, server := range w.gates {
		err = errors.Join(err, server.Close())
	}
	w.serving.Wait()
	w.api.Close()
	w.notion.Close()
	w.model.Close()
	return err
}

func (w *effectsWorld) start(i int) error {
	var stderr io.Writer
	if w.verbose {
		stderr = os.Stderr
	}
	child, err := proc.Start(w.ctx, proc.Options{Name: fmt.Sprint("topicpilot ", i+1), Stderr: stderr},
		w.pilot, "run", "--config", w.settings[i])
	if err != nil {
		return err
	}
	w.live[i] = child
	return nil
}

func (w *effectsWorld) startAll() error {
	for i := range w.live {
		if err := w.start(i); err != nil {
			return err
		}
	}
	for i, child := range w.live {
		if err := waitReady(w.ctx, "http://"+w.addrs[i]+"/readyz", child); err != nil {
			return err
		}
	}
	return nil
}

// kill ends a process at once and starts it anew, as a supervisor would; meanwhile is called
// in between.
func (w *effectsWorld) kill(i int, meanwhile func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.live[i].Gone(); err != nil {
		w.broken = errors.Join(w.broken, fmt.Errorf("ended without being killed: %w", err))
		return
	}
	w.live[i].Kill()
	w.kills++
	meanwhile()
	w.broken = errors.Join(w.broken, w.start(i))
}

// well tells of a process that has ended by itself.
func (w *effectsWorld) well() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	err := w.broken
	for _, child := range w.live {
		err = errors.Join(err, child.Gone())
	}
	return err
}

// settle waits until nothing waits anywhere, and goes on doing so.
func (w *effectsWorld) settle(limit time.Duration) (calm bool, err error) {
	db, err := crash.DB(w.store)
	if err != nil {
		return false, err
	}
	defer func() { _ = db.Close() }()
	ctx, cancel := context.WithTimeout(w.ctx, limit)
	defer cancel()
	for quiet := 0; quiet < 3; quiet++ {
		select {
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
			return false, w.ctx.Err()
		}
		if err := w.well(); err != nil {
			return false, err
		}
		if n, err := crash.Waiting(ctx, db); err != nil || n > 0 || w.tg.Pending() > 0 {
			quiet = -1
		}
	}
	return true, nil
}
