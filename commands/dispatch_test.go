package commands_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"topicpilot/commands"
	"topicpilot/topics"
)

// hello is a command that says who ran it with what.
func hello(name string, role topics.Role) commands.Command {
	return commands.Command{
		Name: name, Help: "says hello", Role: role,
		Args: []commands.Arg{{Name: "word", Optional: true}},
		Run: func(_ context.Context, req commands.Request) (commands.Reply, error) {
			return commands.Reply{Text: topics.Plain("hello " + req.Args["word"])}, nil
		},
	}
}

func TestWhoMay(t *testing.T) {
	const (
		stranger  = "Commands are for this group's operators."
		anonymous = "I cannot tell who you are while you post anonymously. " +
			"Please write under your own name to use commands."
		unknown = "Commands are off: I cannot tell customers' messages from yours yet. An admin has to name " +
			"the accounts that post customers' messages in the settings: groups[1].mirror.sender_ids."
	)
	tests := []struct {
		name    string
		command string
		change  func(*topics.Call)
		want    string
		again   string
	}{
		{"operator", "hi", func(*topics.Call) {}, "hello ", "hello "},
		{"stranger", "hi", by(topics.AuthorStranger, topics.RoleNone), stranger, ""},
		{"stranger with a role by mistake", "hi", by(topics.AuthorStranger, topics.RoleAdmin), stranger, ""},
		{"operator who has lost the role", "hi", by(topics.AuthorOperator, topics.RoleNone), stranger, ""},
		{"anonymous admin", "hi", by(topics.AuthorAnonymous, topics.RoleNone), anonymous, ""},
		{"mirror", "hi", by(topics.AuthorCustomer, topics.RoleNone), "", ""},
		{"mirror with a role by mistake", "hi", by(topics.AuthorCustomer, topics.RoleAdmin), "", ""},
		{"other bot", "hi", by(topics.AuthorBot, topics.RoleAdmin), "", ""},
		{"channel", "hi", by(topics.AuthorChannel, topics.RoleNone), "", ""},
		{"ourselves", "hi", by(topics.AuthorSelf, topics.RoleNone), "", ""},
		{"service", "hi", by(topics.AuthorService, topics.RoleNone), "", ""},
		{"no kind", "hi", by("", topics.RoleAdmin), "", ""},
		{
			"operator types an admin's", "boss", func(*topics.Call) {},
			"/boss is for this group's admins.", "/boss is for this group's admins.",
		},
		{"admin", "boss", by(topics.AuthorOperator, topics.RoleAdmin), "hello ", "hello "},
		{"admin types an operator's", "hi", by(topics.AuthorOperator, topics.RoleAdmin), "hello ", "hello "},
		{"unknown command", "nosuch", func(*topics.Call) {}, "", ""},
		{"unknown command of a stranger", "nosuch", by(topics.AuthorStranger, topics.RoleNone), "", ""},
		{
			"in General", "hi", inGeneral, "/hi needs a customer. Please use it in a customer's topic.",
			"/hi needs a customer. Please use it in a customer's topic.",
		},
		{
			"mirror not named, operator listed by id", "hi",
			mirrorUnknown(topics.AuthorOperator, topics.RoleOperator), "hello ", "hello ",
		},
		{"mirror not named, stranger", "hi", mirrorUnknown(topics.AuthorStranger, topics.RoleNone), unknown, ""},
		{"mirror not named, bot", "hi", mirrorUnknown(topics.AuthorBot, topics.RoleNone), "", ""},
		{"argument", "hi", func(c *topics.Call) { c.Rest = "world" }, "hello world", "hello world"},
		{
			"too many arguments", "hi", func(c *topics.Call) { c.Rest = "a b" },
			"Usage: /hi [word]", "Usage: /hi [word]",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			group := newGroup("en")
			other := newGroup("en")
			other.ID--
			registry, err := commands.New(commands.Config{
				Commands: []commands.Command{hello("hi", topics.RoleOperator), hello("boss", topics.RoleAdmin)},
				Groups:   topics.NewGroups([]*topics.Group{other, group}),
			})
			if err != nil {
				t.Fatal(err)
			}
			call := newCall(group, tt.command)
			tt.change(&call)
			if got := said(t, dispatch(t, registry, call)); got != tt.want {
				t.Errorf("first: %q, want %q", got, tt.want)
			}
			call.Key = "1:101"
			if got := said(t, dispatch(t, registry, call)); got != tt.again {
				t.Errorf("again: %q, want %q", got, tt.again)
			}
		})
	}
}

func by(kind topics.AuthorKind, role topics.Role) func(*topics.Call) {
	return func(c *topics.Call) { c.By.Kind, c.Role = kind, role }
}

func inGeneral(c *topics.Call) { c.Conversation.ThreadID = 0 }

func mirrorUnknown(kind topics.AuthorKind, role topics.Role) func(*topics.Call) {
	return func(c *topics.Call) {
		c.Group.Mirror.SenderIDs = nil
		by(kind, role)(c)
	}
}

func TestAnswersGoWhereTheyWereAsked(t *testing.T) {
	registry := newRegistry(t, hello("hi", topics.RoleOperator))
	call := newCall(newGroup("en"), "hi")
	answer := dispatch(t, registry, call)
	if len(answer.Messages) != 1 {
		t.Fatalf("%d messages", len(answer.Messages))
	}
	out := answer.Messages[0]
	if out.Conversation != call.Conversation || out.EditID != 0 || out.Priority != topics.PriorityAnswer {
		t.Errorf("got %+v", out)
	}
}

func TestOnceAnHour(t *testing.T) {
	now := &clock{now: time.Unix(1_800_000_000, 0)}
	registry, err := commands.New(commands.Config{
		Commands: []commands.Command{hello("hi", topics.RoleOperator)}, Now: now.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	call := newCall(newGroup("en"), "hi")
	by(topics.AuthorStranger, topics.RoleNone)(&call)
	told := func(user int64, key string) bool {
		call.By.ID, call.Key = user, key
		return said(t, dispatch(t, registry, call)) != ""
	}
	if !told(1, "a") || told(1, "b") {
		t.Error("not told exactly once")
	}
	if !told(1, "a") {
		t.Error("the update whose answer was lost got none when it was handled again")
	}
	if !told(2, "c") {
		t.Error("another person was not told")
	}
	now.Add(59 * time.Minute)
	if told(1, "d") {
		t.Error("told again within the hour")
	}
	now.Add(time.Minute)
	if !told(1, "e") || told(1, "f") {
		t.Error("after an hour: not told exactly once")
	}
}

// However people and time come, nobody hears a refusal twice within an hour, and nobody
// else is passed over than the fourth within a minute.
func TestOnceAnHourProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		now := &clock{now: time.Unix(1_800_000_000, 0)}
		registry, err := commands.New(commands.Config{
			Commands: []commands.Command{hello("hi", topics.RoleOperator)}, Now: now.Now,
		})
		if err != nil {
			t.Fatal(err)
		}
		last := map[int64]time.Time{}
		for i := range rapid.IntRange(1, 60).Draw(t, "steps") {
			now.Add(time.Duration(rapid.IntRange(0, 40).Draw(t, "minutes")) * time.Minute)
			if rapid.Bool().Draw(t, "soon") {
				now.Add(20 * time.Second)
			}
			call := newCall(newGroup("en"), "hi")
			call.By = topics.Author{Kind: topics.AuthorStranger, ID: rapid.Int64Range(1, 6).Draw(t, "user")}
			call.Key = fmt.Sprint(i)
			answer, err := registry.Dispatch(context.Background(), call)
			if err != nil {
				t.Fatal(err)
			}
			before, heard := last[call.By.ID]
			lately := 0
			for _, at := range last {
				if now.Now().Sub(at) < time.Minute {
					lately++
				}
			}
			want := (!heard || now.Now().Sub(before) >= time.Hour) && lately < 3
			if got := len(answer.Messages) == 1; got != want {
				t.Fatalf("user %d told: %v, want %v", call.By.ID, got, want)
			}
			if want {
				last[call.By.ID] = now.Now()
			}
		}
	})
}

// Strangers do not use up what a group may say in a minute, and come after its operators.
func TestThreeRefusalsAMinute(t *testing.T) {
	now := &clock{now: time.Unix(1_800_000_000, 0)}
	registry, err := commands.New(commands.Config{
		Commands: []commands.Command{hello("hi", topics.RoleOperator)}, Now: now.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	call := newCall(newGroup("en"), "hi")
	told := func(kind topics.AuthorKind, chat, user int64) bool {
		call.By = topics.Author{Kind: kind, ID: user}
		call.Conversation.ChatID, call.Key = chat, fmt.Sprint(chat, user)
		answer := dispatch(t, registry, call)
		if len(answer.Messages) > 0 && answer.Messages[0].Priority != topics.PriorityNotice {
			t.Errorf("%s: priority %d", kind, answer.Messages[0].Priority)
		}
		return len(answer.Messages) > 0
	}
	for user := range int64(10) {
		kind := []topics.AuthorKind{topics.AuthorStranger, topics.AuthorAnonymous}[user%2]
		if got := told(kind, -1, user); got != (user < 3) {
			t.Errorf("person %d told: %v", user, got)
		}
	}
	if !told(topics.AuthorStranger, -1, 2) {
		t.Error("the update whose answer was lost got none when it was handled again")
	}
	if !told(topics.AuthorStranger, -2, 1) {
		t.Error("another group's strangers count")
	}
	now.Add(time.Minute)
	if !told(topics.AuthorStranger, -1, 9) {
		t.Error("a minute later: who was not told is not told now")
	}
	operator := newCall(newGroup("en"), "hi")
	if out := dispatch(t, registry, operator).Messages; len(out) != 1 || out[0].Priority != topics.PriorityAnswer {
		t.Errorf("an operator gets %+v", out)
	}
}

func TestOnceAnHourIsBounded(t *testing.T) {
	registry := newRegistry(t, hello("hi", topics.RoleOperator))
	call := newCall(newGroup("en"), "hi")
	by(topics.AuthorStranger, topics.RoleNone)(&call)
	for user := range int64(10_001) {
		call.By.ID, call.Conversation.ChatID, call.Key = user+1, -user-1, fmt.Sprint(user)
		if said(t, dispatch(t, registry, call)) == "" {
			t.Fatalf("person %d was not told", user)
		}
	}
	call.Key = "again"
	if said(t, dispatch(t, registry, call)) != "" {
		t.Error("the person told last is forgotten")
	}
	if call.By.ID, call.Conversation.ChatID = 1, -1; said(t, dispatch(t, registry, call)) == "" {
		t.Error("the person told first is still remembered: nothing bounds the list")
	}
}

func TestFailures(t *testing.T) {
	const (
		internal = "Internal error. It is written to the log; please try again."
		slow     = "This took too long, so I stopped. Please try again."
	)
	var zero []int
	tests := []struct {
		name string
		run  commands.Handler
		want string
		log  string
	}{
		{"error", func(context.Context, commands.Request) (commands.Reply, error) {
			return commands.Reply{}, errors.New("disk full")
		}, internal, "disk full"},
		{"panic with a text", func(context.Context, commands.Request) (commands.Reply, error) {
			panic("John Doe +12125550123")
		}, internal, "panic: string"},
		{"panic of the runtime", func(context.Context, commands.Request) (commands.Reply, error) {
			return commands.Reply{}, errors.New(fmt.Sprint(zero[len(zero)]))
		}, internal, "index out of range"},
		{"too slow", func(ctx context.Context, _ commands.Request) (commands.Reply, error) {
			<-ctx.Done()
			return commands.Reply{}, fmt.Errorf("ask: %w", ctx.Err())
		}, slow, "took too long"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			log := &logBuffer{}
			outcomes := []string{}
			registry, err := commands.New(commands.Config{
				Commands: []commands.Command{{
					Name: "x", Help: "x", Timeout: time.Millisecond, Run: tt.run, Args: []commands.Arg{{Name: "a"}},
				}},
				Log:     log.logger(),
				Observe: func(_, outcome string, _ time.Duration) { outcomes = append(outcomes, outcome) },
			})
			if err != nil {
				t.Fatal(err)
			}
			call := newCall(newGroup("en"), "x")
			call.Rest = "secretword"
			if got := said(t, dispatch(t, registry, call)); got != tt.want {
				t.Errorf("said %q, want %q", got, tt.want)
			}
			if !strings.Contains(log.String(), tt.log) {
				t.Errorf("log without %q:\n%s", tt.log, log)
			}
			if strings.Contains(log.String(), "John") || strings.Contains(log.String(), "secretword") {
				t.Errorf("log with what people typed:\n%s", log)
			}
			if len(outcomes) != 1 {
				t.Errorf("outcomes %v", outcomes)
			}
		})
	}
}

func TestLater(t *testing.T) {
	registry := newRegistry(t, commands.Command{Name: "x", Help: "x", Run: func(
		context.Context, commands.Request,
	) (commands.Reply, error) {
		return commands.Reply{}, &commands.Later{Err: topics.ErrClosed}
	}})
	_, err := registry.Dispatch(t.Context(), newCall(newGroup("en"), "x"))
	if !errors.Is(err, topics.ErrClosed) {
		t.Errorf("got %v, want the cause", err)
	}
}

func TestStopped(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	registry := newRegistry(t, commands.Command{Name: "x", Help: "x", Run: func(
		ctx context.Context, _ commands.Request,
	) (commands.Reply, error) {
		cancel()
		return commands.Reply{}, ctx.Err()
	}})
	if _, err := registry.Dispatch(ctx, newCall(newGroup("en"), "x")); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v: what a stop cut off must be tried again", err)
	}
}

func TestAudit(t *testing.T) {
	log := &logBuffer{}
	registry, err := commands.New(commands.Config{
		Commands: []commands.Command{hello("hi", topics.RoleOperator)}, Log: log.logger(),
	})
	if err != nil {
		t.Fatal(err)
	}
	call := newCall(newGroup("en"), "hi")
	call.Rest = "secretword"
	dispatch(t, registry, call)
	for _, want := range []string{
		"command=hi", "topic_id=-1002101424779/5343", "operator_id=42", "outcome=done", "duration=",
	} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("log without %s: %s", want, log)
		}
	}
	if strings.Contains(log.String(), "secretword") || strings.Contains(log.String(), "Olga") {
		t.Errorf("log says too much: %s", log)
	}
}

func TestPress(t *testing.T) {
	const (
		operators = "This button is for this group's operators."
		old       = "This button no longer works. Please type the command again."
	)
	stranger := by(topics.AuthorStranger, topics.RoleNone)
	pressed := hello("hi", topics.RoleAdmin)
	pressed.Press = func(_ context.Context, req commands.Request) (commands.Reply, error) {
		return commands.Reply{
			Text: topics.Plain("pressed " + req.Action.Verb), Edit: true, Toast: strings.Repeat("ы", 300),
		}, nil
	}
	tests := []struct {
		name   string
		data   string
		change func(*topics.Call)
		text   string
		toast  string
	}{
		{
			"admin", "1:hi:go", by(topics.AuthorOperator, topics.RoleAdmin),
			"pressed go", strings.Repeat("ы", 199) + "…",
		},
		{"operator", "1:hi:go", func(*topics.Call) {}, "", "/hi is for this group's admins."},
		{"stranger", "1:hi:go", stranger, "", operators},
		{"stranger, old button", "0:hi:go", stranger, "", old},
		{"mirror", "1:hi:go", by(topics.AuthorCustomer, topics.RoleNone), "", operators},
		{"command is gone", "1:gone:go", func(*topics.Call) {}, "", old},
		{"command without buttons", "1:plain:go", func(*topics.Call) {}, "", old},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			registry := newRegistry(t, pressed, hello("plain", topics.RoleOperator))
			call := newCall(newGroup("en"), "")
			call.Press = tt.data
			tt.change(&call)
			for range 2 { // each press gets its answer
				answer := dispatch(t, registry, call)
				if got := said(t, answer); got != tt.text {
					t.Errorf("said %q, want %q", got, tt.text)
				}
				if answer.Toast != tt.toast {
					t.Errorf("toast %q, want %q", answer.Toast, tt.toast)
				}
				if tt.text != "" && answer.Messages[0].EditID != call.MessageID {
					t.Errorf("edits %d, want the button's message", answer.Messages[0].EditID)
				}
			}
		})
	}
}

func TestNames(t *testing.T) {
	for _, name := range []string{"close", "help", "Bad", "", "with space", strings.Repeat("x", 33)} {
		if _, err := commands.New(commands.Config{Commands: []commands.Command{{Name: name}}}); err == nil {
			t.Errorf("a command named %q is taken", name)
		}
	}
	_, err := commands.New(commands.Config{Commands: []commands.Command{{Name: "x"}, {Name: "x"}, {Name: "ban"}}})
	if err == nil || !strings.Contains(err.Error(), "two") || !strings.Contains(err.Error(), "ban") {
		t.Errorf("not all mistakes told: %v", err)
	}
	registry := newRegistry(t, hello("hi", topics.RoleOperator))
	if !registry.Knows(nil, "hi") || registry.Knows(nil, "close") {
		t.Error("Knows")
	}
}
