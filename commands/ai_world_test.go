package commands_test

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"topicpilot/commands"
	"topicpilot/topics"
	"topicpilot/topics/advice"
)

// aiShown is a message of ours as people see it.
type aiShown struct {
	text    topics.Text
	buttons []topics.Button
	// posts is how many messages it took, edits how often it was edited.
	posts, edits int
	priority     topics.Priority
}

func (m aiShown) labels() string {
	return shownMessage{buttons: m.buttons}.labels()
}

// entity is the text of the first entity of a type.
func (m aiShown) entity(kind string) string {
	units := []rune(m.text.Text) // the tests' texts have no signs of two units
	for _, e := range m.text.Entities {
		if e.Type == kind {
			return string(units[e.Offset : e.Offset+e.Length])
		}
	}
	return ""
}

// adviser answers as its function says, and remembers what it was asked.
type adviser struct {
	mu     sync.Mutex
	asked  []advice.Question
	advise func(ctx context.Context, q advice.Question) (advice.Advice, error)
}

func (d *adviser) Advise(ctx context.Context, q advice.Question) (advice.Advice, error) {
	d.mu.Lock()
	d.asked = append(d.asked, q)
	advise := d.advise
	d.mu.Unlock()
	return advise(ctx, q)
}

const refund = "You get your money back within 14 days."

var refundSource = topics.DraftSource{
	Chunk: "c1", File: "billing/refunds.md", Title: "Refunds", Link: "https://help.example/refunds",
	Date: time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC), Quote: "money back within 14 days",
}

// given makes advice of a text.
func given(text string) func(context.Context, advice.Question) (advice.Advice, error) {
	return func(context.Context, advice.Question) (advice.Advice, error) {
		return advice.Advice{Text: text, Sources: []topics.DraftSource{refundSource}}, nil
	}
}

func silence(reason advice.Reason) func(context.Context, advice.Question) (advice.Advice, error) {
	return func(context.Context, advice.Question) (advice.Advice, error) {
		return advice.Advice{}, &advice.Silence{Reason: reason, Question: "how much is [phone]?"}
	}
}

// aiWorld is a group with the advisor, from what is said to what is shown.
type aiWorld struct {
	t       rapid.TB
	clock   *clock
	group   *topics.Group
	drafts  *draftStore
	side    *sideStore
	adviser *adviser
	teller  *teller
	parts   commands.AIParts
	log     *logBuffer

	ai       *commands.AI
	registry *commands.Registry
	handlers map[string]topics.TaskHandler

	tasks    []topics.Task
	seen     map[string]bool
	messages map[int64]aiShown
	// held keeps what we owe instead of posting it, as when the group's budget is used up.
	held    bool
	outbox  []topics.Outgoing
	order   []int64 // of our messages
	lastID  int64
	updates int
	sends   int
	ended   map[string]int
}

var here = topics.Conversation{ChatID: chatID, ThreadID: threadID}

// newAI is a world in a mode of the advisor.
func newAI(t rapid.TB, mode topics.AdviceMode) *aiWorld {
	t.Helper()
	group := newGroup("en")
	group.Operators.IDs = []int64{olga, petr}
	group.AdviceMode, group.CustomerSend = mode, topics.CustomerSendTopic
	w := &aiWorld{
		t: t, clock: &clock{now: time.Date(2026, 5, 22, 12, 0, 0, 0, time.UTC)}, group: group,
		drafts: &draftStore{calls: -1},
		side: &sideStore{
			modes: map[topics.Conversation]topics.TopicMode{}, noticed: map[int64]string{},
		},
		adviser: &adviser{advise: given(refund)}, teller: &teller{told: topics.Told{State: topics.ToldSent}},
		log: &logBuffer{}, seen: map[string]bool{}, messages: map[int64]aiShown{}, lastID: 1000, ended: map[string]int{},
	}
	w.parts = commands.AIParts{
		Advise: w.adviser, Drafts: w.drafts, Modes: w.side, Gaps: w.side, Tokens: w.side, Recent: w.side,
		Customers: always(john()), Groups: topics.NewGroups([]*topics.Group{group}), Sender: w.teller,
		Call: []string{"ai"}, Debounce: 5 * time.Second, QuietAfterHuman: 30 * time.Minute,
		Limits:  topics.TokenLimits{Day: 200_000, TopicDay: 20_000},
		Observe: commands.AIObserver{Draft: func(what string) { w.ended[what]++ }},
		Log:     w.log.logger(), Now: w.clock.Now,
	}
	w.start()
	return w
}

// start is a start of the program on the same stores.
func (w *aiWorld) start() {
	w.t.Helper()
	w.drafts.calls = -1
	w.ai = commands.NewAI(w.parts)
	list, handlers := commands.All(commands.Parts{AI: w.ai})
	registry, err := commands.New(commands.Config{
		Commands: list, Groups: w.parts.Groups, Log: w.log.logger(), Now: w.clock.Now,
	})
	if err != nil {
		w.t.Fatal(err)
	}
	w.registry, w.handlers = registry, handlers
}

// spoken is a message that somebody else than us writes now.
func (w *aiWorld) spoken(kind topics.AuthorKind, text string) topics.Heard {
	w.lastID++
	w.updates++
	h := topics.Heard{
		Group: w.group, Role: topics.RoleNone, Typed: true, Key: fmt.Sprintf("1:%d", w.updates),
		Message: topics.Message{
			Conversation: here, ID: w.lastID, Date: w.clock.Now(), Kind: topics.MessageTalk, Text: topics.Plain(text),
			Author: topics.Author{Kind: kind, ID: mirrorID, Name: "Mirror"},
		},
	}
	if kind == topics.AuthorOperator {
		h.Role, h.Message.Author = topics.RoleOperator, person(olga)
	}
	if strings.HasPrefix(text, "/ ") && kind != topics.AuthorCustomer {
		h.Message.Kind = topics.MessageComment
	}
	return h
}

// hear has the advisor hear a message, which the transcript keeps then.
func (w *aiWorld) hear(h topics.Heard) int64 {
	w.t.Helper()
	answer, err := w.ai.Heard(context.Background(), h)
	if err != nil {
		w.t.Fatalf("not heard: %v", err)
	}
	if !h.Message.General() {
		w.side.keep(h.Message)
	}
	w.enqueue(answer.Tasks)
	w.show(answer.Messages)
	return h.Message.ID
}

func (w *aiWorld) customer(text string) int64 {
	w.t.Helper()
	return w.hear(w.spoken(topics.AuthorCustomer, text))
}

func (w *aiWorld) operator(text string) int64 {
	w.t.Helper()
	return w.hear(w.spoken(topics.AuthorOperator, text))
}

// replies is an operator's comment that replies to a message.
func (w *aiWorld) replies(to int64, text string) topics.Heard {
	h := w.spoken(topics.AuthorOperator, text)
	h.Message.ReplyTo, h.Message.Kind = to, topics.MessageComment
	return h
}

// edits gives a message that was heard another text, some time later.
func (w *aiWorld) edits(h topics.Heard, text string) topics.Heard {
	w.clock.Add(time.Second)
	w.updates++
	h.Key, h.Edited, h.Typed = fmt.Sprintf("1:%d", w.updates), true, false
	h.Message.Text, h.Message.EditDate = topics.Plain(text), w.clock.Now()
	return h
}

// types is a command typed by somebody.
func (w *aiWorld) types(by int64, text string) aiShown {
	w.t.Helper()
	return w.typesIn(here, by, text)
}

func (w *aiWorld) typesIn(conv topics.Conversation, by int64, text string) aiShown {
	w.t.Helper()
	name, rest, ok := commands.Parse(text, "")
	if !ok {
		w.t.Fatalf("%q is no command", text)
	}
	call := w.call(by)
	call.Name, call.Rest, call.Conversation = name, rest, conv
	w.deliver(call)
	return w.last()
}

func (w *aiWorld) call(by int64) topics.Call {
	w.updates++
	w.lastID++
	call := topics.Call{
		Group: w.group, Conversation: here, By: person(by), Role: topics.RoleOperator,
		MessageID: w.lastID, Key: fmt.Sprintf("1:%d", w.updates), At: w.clock.Now(),
	}
	if by == admin {
		call.Role = topics.RoleAdmin
	}
	return call
}

func (w *aiWorld) deliver(call topics.Call) string {
	w.t.Helper()
	toast, ok := w.tryDeliver(call)
	if !ok {
		w.t.Fatalf("not handled:\n%s", w.log.String())
	}
	return toast
}

func (w *aiWorld) tryDeliver(call topics.Call) (toast string, ok bool) {
	answer, err := w.registry.Dispatch(context.Background(), call)
	if err != nil {
		return "", false
	}
	w.enqueue(answer.Tasks)
	w.show(answer.Messages)
	return answer.Toast, true
}

// pressing is a press of the button with that text under a message.
func (w *aiWorld) pressing(by, message int64, label string) topics.Call {
	w.t.Helper()
	for _, button := range w.messages[message].buttons {
		if button.Text == label {
			return w.pressData(by, message, button.Data)
		}
	}
	w.t.Fatalf("no button %q under %+v", label, w.messages[message])
	return topics.Call{}
}

func (w *aiWorld) pressData(by, message int64, data string) topics.Call {
	call := w.call(by)
	call.MessageID, call.Press = message, data
	return call
}

func (w *aiWorld) press(label string) string {
	w.t.Helper()
	return w.deliver(w.pressing(olga, w.lastOwn(), label))
}

func (w *aiWorld) enqueue(tasks []topics.Task) {
	w.t.Helper()
	for _, task := range tasks {
		if task.Key == "" || !strings.HasPrefix(task.Lane, here.Lane()+" ") {
			w.t.Fatalf("task of key %q in lane %q", task.Key, task.Lane)
		}
		if strings.Contains(string(task.Data), "refund") {
			w.t.Fatalf("a task holds people's words: %s", task.Data)
		}
		if key := task.Queue + " " + task.Key; !w.seen[key] {
			w.seen[key] = true
			w.tasks = append(w.tasks, task)
		}
	}
}

// show posts what we owe, or keeps it back.
func (w *aiWorld) show(messages []topics.Outgoing) {
	w.t.Helper()
	for _, out := range messages {
		if !w.held {
			w.post(out)
			continue
		}
		if out.Replaces != "" {
			w.outbox = slices.DeleteFunc(w.outbox, func(o topics.Outgoing) bool {
				return o.Replaces == out.Replaces && o.Priority == out.Priority
			})
		}
		w.outbox = append(w.outbox, out)
	}
}

// flush posts what was held back.
func (w *aiWorld) flush() {
	w.t.Helper()
	w.held = false
	for i, out := range w.outbox {
		if out.Priority == topics.PriorityDraft && out.DraftID != 0 && out.EditID == 0 {
			wanted, err := w.ai.Wanted(context.Background(), out.DraftID)
			if errors.Is(err, errDead) {
				w.outbox = w.outbox[i:] // what the dead owe is sent after the restart
				return
			}
			if err != nil {
				w.t.Fatal(err)
			}
			if !wanted {
				continue
			}
		}
		w.post(out)
	}
	w.outbox = nil
}

func (w *aiWorld) post(out topics.Outgoing) {
	w.t.Helper()
	units := topics.UTF16Len(out.Text.Text)
	if strings.TrimSpace(out.Text.Text) == "" || units > 4096-2 && out.EditID != 0 || len(out.Text.Entities) > 100 {
		w.t.Fatalf("a message of %d units and %d entities", units, len(out.Text.Entities))
	}
	for _, e := range out.Text.Entities {
		if e.Offset < 0 || e.Length <= 0 || e.Offset+e.Length > units {
			w.t.Fatalf("entity %+v in %d units", e, units)
		}
	}
	shown := aiShown{text: out.Text, posts: 1, priority: out.Priority}
	for _, row := range out.Buttons {
		for _, button := range row {
			if len(button.Data) > 64 || topics.UTF16Len(button.Copy) > 256 || (button.Data == "") == (button.Copy == "") {
				w.t.Fatalf("Telegram refuses the button %+v", button)
			}
		}
		shown.buttons = append(shown.buttons, row...)
	}
	w.sends++
	var ids []int64
	if out.EditID != 0 {
		former, ours := w.messages[out.EditID]
		if !ours {
			w.t.Fatalf("edit of message %d, which is not ours", out.EditID)
		}
		shown.posts, shown.edits = former.posts, former.edits+1
		ids = []int64{out.EditID}
	} else {
		shown.posts = 1 + units/4090
		for range shown.posts {
			w.lastID++
			ids = append(ids, w.lastID)
			w.side.keep(topics.Message{
				Conversation: out.Conversation, ID: w.lastID, Date: w.clock.Now(), Kind: topics.MessageComment,
				Author: topics.Author{Kind: topics.AuthorSelf}, Text: topics.Plain("…"),
			})
		}
		w.order = append(w.order, w.lastID)
	}
	w.messages[ids[len(ids)-1]] = shown
	if out.DraftID != 0 {
		w.drafts.posted(out.DraftID, ids)
	}
}

// step runs a task; false when it has to be run again.
func (w *aiWorld) step(ctx context.Context, i int) bool {
	w.t.Helper()
	stored, err := json.Marshal(w.tasks[i])
	if err != nil {
		w.t.Fatal(err)
	}
	var task topics.Task
	if err := json.Unmarshal(stored, &task); err != nil {
		w.t.Fatal(err)
	}
	task.Lane, task.Key = w.tasks[i].Lane, w.tasks[i].Key
	result, err := w.handlers[task.Kind].RunTask(ctx, task)
	if err != nil {
		w.tasks[i].NotBefore = w.clock.Now().Add(time.Second)
		if wait, ok := errors.AsType[*topics.Wait](err); ok {
			w.tasks[i].NotBefore = w.clock.Now().Add(wait.After)
		}
		return false
	}
	w.tasks = slices.Delete(w.tasks, i, i+1)
	for _, said := range result.Said {
		w.side.keep(said)
	}
	w.enqueue(result.Tasks)
	w.show(result.Messages)
	return true
}

// heads are the first tasks of all lanes.
func (w *aiWorld) heads() []int {
	var heads []int
	lanes := map[string]bool{}
	for i, task := range w.tasks {
		if !lanes[task.Lane] {
			heads = append(heads, i)
		}
		lanes[task.Lane] = true
	}
	return heads
}

// due is the first task that may be run now, -1 for none.
func (w *aiWorld) due() int {
	for _, i := range w.heads() {
		if !w.tasks[i].NotBefore.After(w.clock.Now()) {
			return i
		}
	}
	return -1
}

// work runs all tasks to their end, as time goes by.
func (w *aiWorld) work() {
	w.t.Helper()
	for range 1000 {
		if len(w.tasks) == 0 {
			return
		}
		if i := w.due(); i >= 0 {
			w.step(context.Background(), i)
			continue
		}
		next := slices.MinFunc(w.heads(), func(i, j int) int { return w.tasks[i].NotBefore.Compare(w.tasks[j].NotBefore) })
		w.clock.Add(w.tasks[next].NotBefore.Sub(w.clock.Now()))
	}
	w.t.Fatalf("the tasks do not end:\n%s", w.log.String())
}

// lastOwn is the message of ours that was posted last, last what it shows.
func (w *aiWorld) lastOwn() int64 {
	w.t.Helper()
	if len(w.order) == 0 {
		w.t.Fatalf("nothing was posted:\n%s", w.log.String())
	}
	return w.order[len(w.order)-1]
}

func (w *aiWorld) last() aiShown { return w.messages[w.lastOwn()] }

// only is the one draft that there is.
func (w *aiWorld) only() topics.Draft {
	w.t.Helper()
	all := w.drafts.all()
	if len(all) != 1 {
		w.t.Fatalf("%d drafts, want one", len(all))
	}
	return all[0]
}

// states are those of all drafts, in their order.
func (w *aiWorld) states() string {
	var states []string
	for _, draft := range w.drafts.all() {
		states = append(states, string(draft.State))
	}
	return strings.Join(states, " ")
}

// silent fails the test if there is more than the given number of our messages.
func (w *aiWorld) silent(posted int, why string) {
	w.t.Helper()
	if len(w.order) != posted {
		w.t.Errorf("%s: %d messages, want %d: %q", cmp.Or(why, "posted"), len(w.order), posted, w.last().text.Text)
	}
}

// drafted is a world in which a draft waits for an operator.
func drafted(t testing.TB) *aiWorld {
	t.Helper()
	w := newAI(t, topics.AdviceDraft)
	w.customer("How do I get a refund?")
	w.work()
	return w
}
