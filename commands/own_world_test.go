package commands_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"topicpilot/commands"
	"topicpilot/topics"
)

var errDead = errors.New("the process is dead")

// runStore keeps runs in memory as the real store does: unique keys, compare and swap. It
// can die before any call, and stays dead until it is revived.
type runStore struct {
	mu   sync.Mutex
	runs []topics.Run
	// calls counts down to the death, -1 for never.
	calls int
	// changed is called after a change was written.
	changed func(run topics.Run)
}

func (s *runStore) step() error {
	if s.calls == 0 {
		return errDead
	}
	if s.calls > 0 {
		s.calls--
	}
	return nil
}

func copyRun(run topics.Run) topics.Run {
	run.Args = maps.Clone(run.Args)
	return run
}

func (s *runStore) AddRun(_ context.Context, run topics.Run) (topics.Run, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.step(); err != nil {
		return topics.Run{}, false, err
	}
	for _, other := range s.runs {
		if other.Key == run.Key {
			return copyRun(other), false, nil
		}
	}
	run.ID, run.Version = int64(len(s.runs)+1), 1
	s.runs = append(s.runs, copyRun(run))
	return run, true, nil
}

func (s *runStore) Run(_ context.Context, id int64) (topics.Run, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.step(); err != nil {
		return topics.Run{}, err
	}
	if id < 1 || id > int64(len(s.runs)) {
		return topics.Run{}, topics.ErrNotFound
	}
	return copyRun(s.runs[id-1]), nil
}

func (s *runStore) ChangeRun(ctx context.Context, run topics.Run) (topics.Run, error) {
	stored, err := s.change(ctx, run)
	if err == nil && s.changed != nil {
		s.changed(stored)
	}
	return stored, err
}

func (s *runStore) change(ctx context.Context, run topics.Run) (topics.Run, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.step(); err != nil {
		return run, err
	}
	if err := ctx.Err(); err != nil {
		return run, err
	}
	if s.runs[run.ID-1].Version != run.Version {
		return run, topics.ErrConflict
	}
	run.Version++
	s.runs[run.ID-1] = copyRun(run)
	return run, nil
}

func (s *runStore) LikeRuns(_ context.Context, run topics.Run, since time.Time) ([]topics.Run, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.step(); err != nil {
		return nil, err
	}
	var list []topics.Run
	for _, other := range slices.Backward(s.runs) {
		if other.Command == run.Command && other.Conversation == run.Conversation &&
			maps.Equal(other.Args, run.Args) && !other.AskedAt.Before(since) && len(list) < 20 {
			list = append(list, copyRun(other))
		}
	}
	return list, nil
}

func (s *runStore) Runs(_ context.Context, conv topics.Conversation, before int64, limit int) ([]topics.Run, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.step(); err != nil {
		return nil, err
	}
	var list []topics.Run
	for _, run := range slices.Backward(s.runs) {
		if (before == 0 || run.ID < before) && run.Conversation == conv && len(list) < limit {
			list = append(list, copyRun(run))
		}
	}
	return list, nil
}

func (s *runStore) last() topics.Run {
	s.mu.Lock()
	defer s.mu.Unlock()
	return copyRun(s.runs[len(s.runs)-1])
}

// far is the outside system: it counts what took effect, by Idempotency-Key.
type far struct {
	mu       sync.Mutex
	requests int
	keys     []string
	bodies   []string
	// answer is what it does with the next request.
	answer http.HandlerFunc
	url    string
}

func newFar(tb testing.TB, answer http.HandlerFunc) *far {
	tb.Helper()
	f := &far{answer: answer}
	server := httptest.NewServer(f)
	tb.Cleanup(func() { server.CloseClientConnections(); server.Close() })
	f.url = server.URL
	return f
}

func (f *far) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	f.mu.Lock()
	f.requests++
	f.keys = append(f.keys, r.Header.Get("Idempotency-Key"))
	f.bodies = append(f.bodies, string(body))
	answer := f.answer
	f.mu.Unlock()
	answer(w, r)
}

func (f *far) count() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.requests
}

// sent are the Idempotency-Keys of the requests, in their order.
func (f *far) sent() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.keys)
}

// body is the body of the last request.
func (f *far) body() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.bodies[len(f.bodies)-1]
}

func (f *far) set(answer http.HandlerFunc) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.answer = answer
}

// teller is the way to the customer.
type teller struct {
	texts []string
	told  topics.Told
	panic bool
}

func (s *teller) Tell(_ context.Context, _ *topics.Group, _ topics.Conversation, _ int64, text string) topics.Told {
	s.texts = append(s.texts, text)
	if s.panic {
		panic("the way is broken")
	}
	return s.told
}

// shownMessage is a message of ours as people see it.
type shownMessage struct {
	text    string
	buttons []topics.Button
}

// world is a group with its commands, from what is typed to what is shown.
type world struct {
	t         rapid.TB
	clock     *clock
	runs      *runStore
	groups    *topics.Groups
	group     *topics.Group
	customers commands.Customers
	accounts  commands.Accounts
	teller    *teller
	specs     []commands.OwnSpec
	caller    *commands.Caller
	log       *logBuffer

	registry *commands.Registry
	handler  topics.TaskHandler

	tasks    []topics.Task
	seen     map[string]bool
	messages map[int64]shownMessage
	lastID   int64
	updates  int
	said     []topics.Message
	sends    []topics.Sent
}

func newWorld(t rapid.TB, caller *commands.Caller, specs ...commands.OwnSpec) *world {
	group := newGroup("en")
	group.Operators.IDs = []int64{olga, petr}
	w := &world{
		t: t, clock: &clock{now: time.Date(2026, 5, 22, 12, 0, 0, 0, time.UTC)}, runs: &runStore{calls: -1},
		group: group, groups: topics.NewGroups([]*topics.Group{group}), customers: always(john()),
		teller: &teller{told: topics.Told{State: topics.ToldSent}}, specs: specs, caller: caller, log: &logBuffer{},
		seen: map[string]bool{}, messages: map[int64]shownMessage{}, lastID: 1000,
	}
	w.start()
	return w
}

const petr = 43

// start is a start of the program on the same stores.
func (w *world) start() {
	w.t.Helper()
	w.runs.calls = -1
	list, handler, err := commands.OwnCommands(w.specs, commands.OwnOptions{
		Caller: w.caller, Customers: w.customers, Accounts: w.accounts, Runs: w.runs, Groups: w.groups,
		Sender: w.teller, Log: w.log.logger(), Now: w.clock.Now,
	})
	if err != nil {
		w.t.Fatal(err)
	}
	registry, err := commands.New(commands.Config{Commands: list, Groups: w.groups, Log: w.log.logger(), Now: w.clock.Now})
	if err != nil {
		w.t.Fatal(err)
	}
	w.registry, w.handler = registry, handler
}

// call is what somebody types.
func (w *world) call(by int64, text string) topics.Call {
	name, rest, ok := commands.Parse(text, "")
	if !ok {
		w.t.Fatalf("%q is no command", text)
	}
	w.updates++
	call := newCall(w.group, name)
	call.Rest, call.MessageID, call.Key = rest, int64(w.updates), fmt.Sprintf("1:%d", w.updates)
	call.By = person(by)
	return call
}

func person(id int64) topics.Author {
	names := map[int64]string{olga: "Olga", petr: "Petr", admin: "Ada"}
	return topics.Author{Kind: topics.AuthorOperator, ID: id, Name: names[id]}
}

const admin = 1

// pressing is a press of the button with that text under a message.
func (w *world) pressing(by, message int64, text string) topics.Call {
	w.t.Helper()
	for _, button := range w.messages[message].buttons {
		if button.Text == text {
			return w.pressData(by, message, button.Data)
		}
	}
	w.t.Fatalf("no button %q under %+v", text, w.messages[message])
	return topics.Call{}
}

func (w *world) pressData(by, message int64, data string) topics.Call {
	w.updates++
	call := newCall(w.group, "")
	call.MessageID, call.Press, call.Key, call.By = message, data, fmt.Sprintf("1:%d", w.updates), person(by)
	if by == admin {
		call.Role = topics.RoleAdmin
	}
	return call
}

// deliver handles an update to its end; false when it has to be delivered again.
func (w *world) deliver(call topics.Call) (toast string, ok bool) {
	answer, err := w.registry.Dispatch(context.Background(), call)
	if err != nil {
		return "", false
	}
	w.enqueue(answer.Tasks)
	w.show(answer.Messages)
	return answer.Toast, true
}

// must is deliver of what has to work.
func (w *world) must(call topics.Call) (toast string) {
	w.t.Helper()
	toast, ok := w.deliver(call)
	if !ok {
		w.t.Fatalf("not handled:\n%s", w.log.String())
	}
	return toast
}

func (w *world) enqueue(tasks []topics.Task) {
	for _, task := range tasks {
		if task.Key == "" || !strings.HasPrefix(task.Lane, "-1002101424779/5343 ") {
			w.t.Fatalf("task of key %q in lane %q", task.Key, task.Lane)
		}
		if !w.seen[task.Key] {
			w.seen[task.Key] = true
			w.tasks = append(w.tasks, task)
		}
	}
}

func (w *world) show(messages []topics.Outgoing) {
	for _, out := range messages {
		id := out.EditID
		if id == 0 {
			w.lastID++
			id = w.lastID
		}
		if n := topics.UTF16Len(out.Text.Text); n == 0 || n > 4096-2 && out.EditID != 0 {
			w.t.Fatalf("a message of %d units", n)
		}
		var buttons []topics.Button
		for _, row := range out.Buttons {
			for _, button := range row {
				if len(button.Data) > 64 || topics.UTF16Len(button.Copy) > 256 || (button.Data == "") == (button.Copy == "") {
					w.t.Fatalf("Telegram refuses the button %+v", button)
				}
			}
			buttons = append(buttons, row...)
		}
		w.messages[id] = shownMessage{text: out.Text.Text, buttons: buttons}
	}
}

// step runs the first task; false when it has to be run again.
func (w *world) step(ctx context.Context) bool {
	w.t.Helper()
	stored, err := json.Marshal(w.tasks[0])
	if err != nil {
		w.t.Fatal(err)
	}
	var task topics.Task
	if err := json.Unmarshal(stored, &task); err != nil {
		w.t.Fatal(err)
	}
	task.Lane, task.Key = w.tasks[0].Lane, w.tasks[0].Key
	result, err := w.handler.RunTask(ctx, task)
	if err != nil {
		if wait, ok := errors.AsType[*topics.Wait](err); ok {
			w.clock.Add(wait.After)
		}
		return false
	}
	w.tasks = w.tasks[1:]
	w.said, w.sends = append(w.said, result.Said...), append(w.sends, result.Sends...)
	w.enqueue(result.Tasks)
	w.show(result.Messages)
	return true
}

// work runs all tasks to their end.
func (w *world) work() {
	w.t.Helper()
	for range 100 {
		if len(w.tasks) == 0 {
			return
		}
		w.step(context.Background())
	}
	w.t.Fatalf("the tasks do not end:\n%s", w.log.String())
}

// last is the message shown last.
func (w *world) last() shownMessage { return w.messages[w.lastID] }

func (m shownMessage) labels() string {
	var labels []string
	for _, button := range m.buttons {
		labels = append(labels, button.Text)
	}
	return strings.Join(labels, ", ")
}

func newCaller(tb testing.TB) *commands.Caller {
	tb.Helper()
	caller := commands.NewCaller(nil)
	tb.Cleanup(caller.Close)
	return caller
}
