package telegram_test

import (
	"context"
	"errors"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"topicpilot/integrations/telegram"
	"topicpilot/integrations/telegram/telegramtest"
	"topicpilot/topics"
)

const (
	customer      int64 = 9001
	customerToken       = "555:AAcustomers_bot_of_the_tests_000000000"
)

func groupWith(send topics.CustomerSend) *topics.Group {
	return &topics.Group{ID: group, CustomerSend: send, Mirror: topics.Mirror{CommentMark: mark}}
}

// last is the customer's last message, or why it is not known.
type last struct {
	id  int64
	err error
}

func (l last) LastCustomerMessage(context.Context, topics.Conversation) (int64, error) {
	return l.id, l.err
}

// counter is a second stage: the customers' bot, and what sends through it and through the topic.
type counter struct {
	*stage
	bot  *telegramtest.Server
	send *telegram.CustomerSender
}

func newCounter(t *testing.T, limits telegram.Limits, l last) *counter {
	t.Helper()
	s := newStage(t, telegramtest.Options{})
	bot, err := s.AddBot(telegramtest.Options{Token: customerToken})
	if err != nil {
		t.Fatal(err)
	}
	client, err := telegram.NewClient(telegram.Options{
		Token: token(customerToken), APIURL: s.url, Timeout: 300 * time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return &counter{s, bot, telegram.NewCustomerSender(telegram.CustomerOptions{
		Sender: s.sender(limits), Last: l,
		Bots: map[int64]telegram.CustomerBot{group: {Client: client, Setting: "groups[3].customer_bot_token"}},
	})}
}

func (c *counter) tell(t *testing.T, send topics.CustomerSend, text string) topics.Told {
	t.Helper()
	return c.send.Tell(t.Context(), groupWith(send), c.conversation(), customer, text)
}

func TestTellByBot(t *testing.T) {
	c := newCounter(t, telegram.Limits{}, last{})
	if got := c.tell(t, topics.CustomerSendBot, "hello"); got.State != topics.ToldNeverWrote || got.Err == nil {
		t.Errorf("unknown to the bot: %+v", got)
	}
	c.bot.AddUser(telegramtest.User{ID: customer, FirstName: "John"})
	if got := c.tell(t, topics.CustomerSendBot, "hello"); got.State != topics.ToldNeverWrote || got.Err == nil {
		t.Errorf("never wrote: %+v", got)
	}
	if err := c.bot.StartChat(telegramtest.User{ID: customer, FirstName: "John"}); err != nil {
		t.Fatal(err)
	}
	got := c.tell(t, topics.CustomerSendBot, " /start is no command here, <b>😀</b>\n")
	if got.State != topics.ToldSent || got.Said != nil || got.Sends != nil || got.Err != nil {
		t.Errorf("told: %+v", got)
	}
	if err := c.bot.Block(customer, true); err != nil {
		t.Fatal(err)
	}
	if got := c.tell(t, topics.CustomerSendBot, "again"); got.State != topics.ToldBlocked || got.Err == nil {
		t.Errorf("blocked: %+v", got)
	}
	shown := c.bot.Messages(customer)
	if len(shown) != 2 || shown[1].Text != "/start is no command here, <b>😀</b>" || len(shown[1].Entities) > 0 {
		t.Errorf("the customer sees %+v", shown)
	}
	if p := shown[1].LinkPreview; p == nil || !p.IsDisabled {
		t.Error("a preview of links")
	}
	if len(c.Sent("sendMessage")) > 0 || len(c.bot.Violations()) > 0 {
		t.Errorf("the group's bot sent %v; %v", c.Sent("sendMessage"), c.bot.Violations())
	}
}

func refusing(code int, description string) telegramtest.Fault {
	return telegramtest.Fault{Code: code, Description: description}
}

const (
	sent    = topics.ToldSent
	failed  = topics.ToldFailed
	unclear = topics.ToldUnknown
	never   = topics.ToldNeverWrote
)

// answers are what the Bot API may say to a sent text, and what that means for the customer.
var answers = []struct {
	name   string
	fault  telegramtest.Fault
	bot    topics.ToldState
	topic  topics.ToldState
	reason string // part of the error
}{
	{"blocked", refusing(403, "Forbidden: bot was blocked by the user"), topics.ToldBlocked, failed, "blocked"},
	{"never wrote", refusing(403, "Forbidden: bot can't initiate conversation with a user"), never, failed, "initiate"},
	{"no chat", refusing(400, "Bad Request: chat not found"), never, failed, "chat not found"},
	{"gone", refusing(403, "Forbidden: user is deactivated"), failed, failed, "deactivated"},
	{"a bot", refusing(403, "Forbidden: bot can't send messages to bots"), failed, failed, "to bots"},
	{"refused", refusing(400, "Bad Request: oh"), failed, failed, "oh"},
	{"topic gone", refusing(400, "Bad Request: message thread not found"), failed, failed, ""},
	{"reply to nothing", refusing(400, "Bad Request: message to be replied not found"), failed, failed, "replied"},
	{"migrated", telegramtest.Fault{Code: 400, MigrateToChatID: -5}, failed, failed, ""},
	{"token", refusing(401, "Unauthorized"), failed, failed, "Unauthorized"},
	{"no such bot", refusing(404, "Not Found"), failed, failed, "Not Found"},
	{"long flood", telegramtest.Fault{Code: 429, RetryAfter: 600}, failed, failed, "wait 10m"},
	{"short flood", telegramtest.Fault{Code: 429, RetryAfter: 1}, sent, sent, ""},
	{"server", telegramtest.Fault{Code: 502}, unclear, unclear, "502"},
	{"request timeout", telegramtest.Fault{Code: 408}, unclear, unclear, "408"},
	{"hang", telegramtest.Fault{Hang: time.Second}, unclear, unclear, "deadline"},
	{"lost before", telegramtest.Fault{Close: true}, unclear, unclear, "lost"},
	{"lost after", telegramtest.Fault{Close: true, After: true}, unclear, unclear, "lost"},
	{"garbage", telegramtest.Fault{Garbage: "<html>"}, unclear, unclear, "unreadable"},
	{"no message in it", telegramtest.Fault{Garbage: `{"ok":true,"result":true}`}, unclear, unclear, "unreadable"},
}

func TestTellAnswers(t *testing.T) {
	const text = "CUSTOMER'S TEXT"
	for _, a := range answers {
		t.Run(a.name, func(t *testing.T) {
			t.Parallel()
			for _, mode := range []topics.CustomerSend{topics.CustomerSendBot, topics.CustomerSendTopic} {
				c := newCounter(t, telegram.Limits{}, last{})
				if err := c.bot.StartChat(telegramtest.User{ID: customer, FirstName: "John"}); err != nil {
					t.Fatal(err)
				}
				client, err := telegram.NewClient(telegram.Options{
					Token: token(c.Token()), APIURL: c.url, Timeout: 300 * time.Millisecond,
				})
				if err != nil {
					t.Fatal(err)
				}
				defer client.Close()
				api, want := c.bot, a.bot
				if mode == topics.CustomerSendTopic {
					api, want = c.Server, a.topic
					c.send = telegram.NewCustomerSender(telegram.CustomerOptions{
						Sender: telegram.NewSender(telegram.SenderOptions{Client: client, Marks: marks{}}),
					})
				}
				api.Fail("sendMessage", a.fault)
				got := c.tell(t, mode, text)
				if got.State != want || (got.Err == nil) != (want == topics.ToldSent) {
					t.Errorf("%s: %q, %v", mode, got.State, got.Err)
				}
				if (got.Said != nil) != (want == topics.ToldSent && mode == topics.CustomerSendTopic) {
					t.Errorf("%s: said %v", mode, got.Said)
				}
				checkReason(t, got.Err, a.reason, []string{text, c.Token(), customerToken})
				if a.fault.Code == 401 && mode == topics.CustomerSendBot {
					checkReason(t, got.Err, "set groups[3].customer_bot_token to", nil)
				}
				tries := 1
				if a.topic == topics.ToldSent {
					tries = 2 // Telegram itself asked for another one, and nothing stood there
				}
				eventually(t, "as many tries", func() bool { return len(api.Sent("sendMessage")) == tries })
			}
		})
	}
}

func checkReason(t *testing.T, err error, reason string, secrets []string) {
	t.Helper()
	if err == nil {
		return
	}
	if !strings.Contains(err.Error(), reason) {
		t.Errorf("%q is missing in: %v", reason, err)
	}
	for _, secret := range secrets {
		if strings.Contains(err.Error(), secret) {
			t.Errorf("the error tells too much: %v", err)
		}
	}
}

func TestTellUnreachable(t *testing.T) {
	client := newClient(t, "http://127.0.0.1:1", customerToken)
	send := telegram.NewCustomerSender(telegram.CustomerOptions{
		Sender: telegram.NewSender(telegram.SenderOptions{Client: client, Marks: marks{}}),
		Bots:   map[int64]telegram.CustomerBot{group: {Client: client}},
	})
	conv := topics.Conversation{ChatID: group, ThreadID: 5}
	for _, mode := range []topics.CustomerSend{topics.CustomerSendBot, topics.CustomerSendTopic} {
		if got := send.Tell(t.Context(), groupWith(mode), conv, customer, "x"); got.State != failed || got.Err == nil {
			t.Errorf("%s: %+v", mode, got)
		}
	}
}

func TestTellWithoutAWay(t *testing.T) {
	long := strings.Repeat("я", 4097)
	nobody := &topics.Group{ID: stranger, CustomerSend: topics.CustomerSendBot, Mirror: topics.Mirror{CommentMark: mark}}
	c := newCounter(t, telegram.Limits{}, last{})
	at := c.conversation()
	in := func(chat, thread int64) topics.Conversation {
		return topics.Conversation{ChatID: chat, ThreadID: thread}
	}
	for _, test := range []struct {
		name  string
		group *topics.Group
		conv  topics.Conversation
		to    int64
		text  string
		want  topics.ToldState
	}{
		{"off", groupWith(topics.CustomerSendNone), at, customer, "x", topics.ToldOff},
		{"not set", groupWith(""), at, customer, "x", topics.ToldOff},
		{"no bot", nobody, at, customer, "x", topics.ToldFailed},
		{"no customer", groupWith(topics.CustomerSendBot), at, 0, "x", topics.ToldFailed},
		{"a group as customer", groupWith(topics.CustomerSendBot), at, group, "x", topics.ToldFailed},
		{"empty by bot", groupWith(topics.CustomerSendBot), at, customer, " \u200b\n", topics.ToldFailed},
		{"long by bot", groupWith(topics.CustomerSendBot), at, customer, long, topics.ToldFailed},
		{"empty", groupWith(topics.CustomerSendTopic), at, customer, "", topics.ToldFailed},
		{"long", groupWith(topics.CustomerSendTopic), at, customer, long, topics.ToldFailed},
		{"command", groupWith(topics.CustomerSendTopic), at, customer, "/activate t1", topics.ToldSlash},
		{"comment", groupWith(topics.CustomerSendTopic), at, customer, "/ note", topics.ToldSlash},
		{"hidden comment", groupWith(topics.CustomerSendTopic), at, customer, "\u200b\n\u3164 / note", topics.ToldSlash},
		{"General", groupWith(topics.CustomerSendTopic), in(group, 0), customer, "x", topics.ToldFailed},
		{"topic 1", groupWith(topics.CustomerSendTopic), in(group, 1), customer, "x", topics.ToldFailed},
		{"unknown group", groupWith(topics.CustomerSendTopic), in(stranger, 5), customer, "x", topics.ToldFailed},
	} {
		got := c.send.Tell(t.Context(), test.group, test.conv, test.to, test.text)
		if got.State != test.want || (got.Err == nil) != (test.want == topics.ToldOff) || got.Said != nil {
			t.Errorf("%s: %+v", test.name, got)
		}
	}
	if n := len(c.Sent()) + len(c.bot.Sent()); n > 0 {
		t.Errorf("%d calls", n)
	}
}

func TestTellInTopic(t *testing.T) {
	c := newCounter(t, telegram.Limits{GroupPerMinute: 2}, last{err: errors.New("not to be asked")})
	if _, err := c.client.Me(t.Context()); err != nil {
		t.Fatal(err)
	}
	got := c.tell(t, topics.CustomerSendTopic, "\u200b Your tariff is on. https://example.org \n")
	if got.State != topics.ToldSent || got.Said == nil {
		t.Fatalf("%+v", got)
	}
	stored, _ := c.Message(group, int(got.Said.ID))
	if stored.Text != "Your tariff is on. https://example.org" || int64(stored.Thread) != c.topic {
		t.Errorf("stored %+v", stored)
	}
	if stored.ReplyTo == nil || int64(stored.ReplyTo.ID) != c.topic {
		t.Error("a reply, though nothing asks for one")
	}
	said := got.Said
	if said.Author.Kind != topics.AuthorSelf || said.Author.ID != c.Bot().ID || said.Kind != topics.MessageTalk ||
		said.Conversation != c.conversation() || said.Text.Text != stored.Text || said.ReplyTo != 0 || said.Date.IsZero() {
		t.Errorf("said %+v", said)
	}
	if v := c.Violations(); len(v) > 0 {
		t.Error(v)
	}
}

// What is said to customers counts in the group's budget as all else does.
func TestTellTakesTheGroupsBudget(t *testing.T) {
	s := newStage(t, telegramtest.Options{})
	sender := s.sender(telegram.Limits{GroupPerMinute: 3})
	send := telegram.NewCustomerSender(telegram.CustomerOptions{Sender: sender})
	tell := func(ctx context.Context, text string) topics.Told {
		return send.Tell(ctx, groupWith(topics.CustomerSendTopic), s.conversation(), customer, text)
	}
	if got := tell(t.Context(), "/ no"); got.State != topics.ToldSlash {
		t.Fatalf("%+v", got)
	}
	if got := tell(t.Context(), "yes"); got.State != topics.ToldSent || len(got.Sends) != 1 {
		t.Fatalf("%+v", got)
	}
	short := topics.Outgoing{Conversation: s.conversation(), Text: topics.Plain("x")}
	for i := range 3 {
		if _, tried, err := sender.TrySend(t.Context(), short); tried != (i < 2) || err != nil {
			t.Errorf("slot %d: %v, %v", i+2, tried, err)
		}
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if got := tell(ended, "no slot"); got.State != topics.ToldFailed || !errors.Is(got.Err, context.Canceled) {
		t.Errorf("%+v", got)
	}
	sender.Stop()
	if got := tell(t.Context(), "stopping"); got.State != topics.ToldFailed || !waits(0)(got.Err) {
		t.Errorf("%+v", got)
	}
	if n := len(s.Sent("sendMessage")); n != 3 {
		t.Errorf("%d messages", n)
	}
}

// TestTellDoesNotStandInLine: where the budget or a flood limit has no room soon, it comes back
// in a while, and before other answers then.
func TestTellDoesNotStandInLine(t *testing.T) {
	s := newStage(t, telegramtest.Options{})
	sender := s.sender(telegram.Limits{GroupPerMinute: 1})
	send := telegram.NewCustomerSender(telegram.CustomerOptions{Sender: sender, Patience: 20 * time.Millisecond})
	tell := func() topics.Told {
		return send.Tell(t.Context(), groupWith(topics.CustomerSendTopic), s.conversation(), customer, "yes")
	}
	if got := tell(); got.State != topics.ToldSent {
		t.Fatalf("%+v", got)
	}
	got := tell()
	wait, ok := errors.AsType[*topics.Wait](got.Err)
	if got.State != topics.ToldFailed || !ok || wait.After < 10*time.Millisecond || wait.After > 15*time.Second {
		t.Errorf("the budget is used up: %+v", got)
	}
	sender.Pause(group, 40*time.Second)
	got = tell()
	if wait, ok := errors.AsType[*topics.Wait](got.Err); !ok || wait.After < 30*time.Second || got.Sends != nil {
		t.Errorf("a flood limit: %+v", got)
	}
	if n := len(s.Sent("sendMessage")); n != 1 {
		t.Errorf("%d messages", n)
	}
}

// TestTellOfUnknownOutcomeCounts: it may stand in the group.
func TestTellOfUnknownOutcomeCounts(t *testing.T) {
	s := newStage(t, telegramtest.Options{})
	send := telegram.NewCustomerSender(telegram.CustomerOptions{Sender: s.sender(telegram.Limits{GroupPerMinute: 9})})
	s.Fail("sendMessage", telegramtest.Fault{Close: true, After: true})
	got := send.Tell(t.Context(), groupWith(topics.CustomerSendTopic), s.conversation(), customer, "yes")
	if got.State != topics.ToldUnknown || got.Said != nil || len(got.Sends) != 1 {
		t.Errorf("%+v", got)
	}
}

func TestTellWithReplyOnly(t *testing.T) {
	s := newStage(t, telegramtest.Options{})
	s.AddUser(telegramtest.User{ID: 5555, FirstName: "Mirror"})
	asked, err := s.Post(telegramtest.Post{Chat: group, Thread: int(s.topic), From: 5555, Text: "when?"})
	if err != nil {
		t.Fatal(err)
	}
	replyOnly := groupWith(topics.CustomerSendTopic)
	replyOnly.Mirror.ReplyOnly = true
	disk := errors.New("disk gone")
	for _, c := range []struct {
		name string
		last last
		want topics.ToldState
	}{
		{"answers", last{id: int64(asked.ID)}, topics.ToldSent},
		{"has written nothing", last{err: topics.ErrNotFound}, topics.ToldFailed},
		{"not known", last{}, topics.ToldFailed},
		{"store down", last{err: disk}, topics.ToldFailed},
		{"deleted meanwhile", last{id: 777777}, topics.ToldFailed},
	} {
		before := len(s.Messages(group))
		send := telegram.NewCustomerSender(telegram.CustomerOptions{Sender: s.sender(telegram.Limits{}), Last: c.last})
		got := send.Tell(t.Context(), replyOnly, s.conversation(), customer, "tomorrow")
		if got.State != c.want || (got.Err == nil) != (c.want == topics.ToldSent) {
			t.Errorf("%s: %+v", c.name, got)
		}
		if n := len(s.Messages(group)) - before; (n == 1) != (c.want == topics.ToldSent) {
			t.Errorf("%s: %d messages", c.name, n)
		}
		if c.want != topics.ToldSent {
			continue
		}
		stored, _ := s.Message(group, int(got.Said.ID))
		if stored.ReplyTo == nil || stored.ReplyTo.ID != asked.ID || got.Said.ReplyTo != int64(asked.ID) {
			t.Errorf("%s: answers %+v, said %+v", c.name, stored.ReplyTo, got.Said)
		}
	}
	if v := s.Violations(); len(v) > 0 {
		t.Error(v)
	}
}

// A group whose topics are switched off would show the customer's answer to all.
func TestTellOutsideTheTopicIsTakenBack(t *testing.T) {
	s := newStage(t, telegramtest.Options{})
	if err := s.SetForum(group, false); err != nil {
		t.Fatal(err)
	}
	before := len(s.Messages(group))
	send := telegram.NewCustomerSender(telegram.CustomerOptions{Sender: s.sender(telegram.Limits{})})
	got := send.Tell(t.Context(), groupWith(topics.CustomerSendTopic), s.conversation(), customer, "for you alone")
	if n := len(s.Messages(group)) - before; got.State != topics.ToldFailed || !lost(got.Err) || n != 0 {
		t.Errorf("%+v, %d messages", got, n)
	}
}

// TestNothingMarkedIsSaid is the other side of the first rule: what goes to a customer through the
// topic is seen by the mirror as talk, whatever the text and the group's mark; what is
// internal keeps its mark beside it.
func TestNothingMarkedIsSaid(t *testing.T) {
	api := &recorder{}
	server := httptest.NewServer(api)
	t.Cleanup(server.Close)
	client := newClient(t, server.URL, "1:AAA")
	rapid.Check(t, func(rt *rapid.T) {
		groupMark := rapid.SampledFrom([]string{"/ ", "/ 🤖 ", "# ", "//"}).Draw(rt, "mark")
		sender := telegram.NewSender(telegram.SenderOptions{Client: client, Marks: oneMark(groupMark)})
		send := telegram.NewCustomerSender(telegram.CustomerOptions{Sender: sender, Last: last{id: 3}})
		starts := []string{"", "", "/", "/ ", "\u200b/ ", groupMark, "\n" + groupMark}
		text := rapid.SampledFrom(starts).Draw(rt, "start") + anyText(rt)
		g := &topics.Group{ID: group, CustomerSend: topics.CustomerSendTopic, Mirror: topics.Mirror{
			CommentMark: groupMark, ReplyOnly: rapid.Bool().Draw(rt, "reply only"),
		}}
		conv := topics.Conversation{ChatID: group, ThreadID: rapid.SampledFrom([]int64{-1, 0, 1, 42}).Draw(rt, "thread")}
		told := send.Tell(t.Context(), g, conv, customer, text)
		calls := api.take()
		if (told.State == topics.ToldSent) != (len(calls) == 1) || (told.Said != nil) != (len(calls) == 1) {
			rt.Fatalf("%q with %d calls", told.State, len(calls))
		}
		for _, call := range calls {
			checkSaid(rt, g, call, told)
		}
		_, err := sender.Send(t.Context(), topics.Outgoing{
			Conversation: topics.Conversation{ChatID: group, ThreadID: 42}, Text: topics.Plain(text),
		})
		for _, call := range api.take() {
			if words, _ := call["text"].(string); err != nil || !strings.HasPrefix(asTelegramKeeps(words), groupMark) {
				rt.Fatalf("internal and not marked: %.60q, %v", words, err)
			}
		}
	})
}

func checkSaid(t *rapid.T, g *topics.Group, call map[string]any, told topics.Told) {
	text, _ := call["text"].(string)
	kept := asTelegramKeeps(text)
	if kept == "" || strings.HasPrefix(kept, "/") || strings.HasPrefix(kept, g.Mirror.CommentMark) {
		t.Fatalf("said to the customer: %.60q", kept)
	}
	if topics.UTF16Len(text) > 4096 || told.Said.Text.Text != text {
		t.Fatalf("%d units", topics.UTF16Len(text))
	}
	if call["message_thread_id"] != 42.0 || call["parse_mode"] != nil || call["entities"] != nil {
		t.Fatalf("sent as %v", call)
	}
	if _, reply := call["reply_parameters"]; reply != g.Mirror.ReplyOnly {
		t.Fatalf("a reply: %v", reply)
	}
}
