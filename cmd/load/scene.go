package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"sync"
	"time"

	"topicpilot/cmd/load/crash"
	"topicpilot/cmd/load/stage"
	"topicpilot/integrations/telegram/telegramtest"
	"topicpilot/topics"
	"topicpilot/topics/topicsapi/topicsapitest"
)

// scene is the surroundings of the crash test: the strict fake of Telegram, whose queue keeps an
// update until the bot has acknowledged it, a Topics API, and a service for the lookup.
type scene struct {
	tg     *telegramtest.Server
	api    *topicsapitest.Server
	lookup *http.Server
	url    string
	hello  stage.Hello
	steps  []crash.Step
	places []topics.Conversation
	typed  []crash.Typed
	again  int
	wg     sync.WaitGroup
}

func newScene(c *crashCmd) (*scene, error) {
	sc := &scene{
		tg: telegramtest.New(telegramtest.Options{
			KeepMessages: 200_000, KeepUpdates: 2 * (c.Updates + c.Topics), KeepCalls: -1,
			WebhookBackoff: 20 * time.Millisecond, WebhookMaxBackoff: 200 * time.Millisecond,
		}),
		api: topicsapitest.New(),
		steps: crash.Plan(crash.Order{
			Updates: c.Updates, Topics: c.Topics, Poison: c.Poison, Duplicate: c.Duplicate,
		}, c.Seed),
	}
	if err := errors.Join(sc.open(c.Slow), sc.people(c)); err != nil {
		return nil, errors.Join(err, sc.close())
	}
	return sc, nil
}

// open starts the three servers.
func (sc *scene) open(slow time.Duration) error {
	url, err := sc.tg.Start("127.0.0.1:0")
	if err != nil {
		return err
	}
	if err := sc.api.Start("127.0.0.1:0"); err != nil {
		return err
	}
	sc.api.SetToken(stage.APIToken)
	ln, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // lives until close
	if err != nil {
		return fmt.Errorf("listen for the lookup: %w", err)
	}
	sc.lookup = &http.Server{ReadHeaderTimeout: 10 * time.Second, Handler: echo(slow)}
	sc.wg.Go(func() { _ = sc.lookup.Serve(ln) })
	sc.url = "http://" + ln.Addr().String()
	sc.hello = stage.Hello{Telegram: url, Token: sc.tg.Token(), TopicsAPI: sc.api.URL()}
	return nil
}

// echo answers the lookup with what the bot says about who asks, after a while.
func echo(slow time.Duration) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-time.After(time.Duration(rand.Int64N(int64(slow) + 1))): //nolint:gosec // chance, not secrecy
		case <-r.Context().Done():
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]string{"by": r.URL.Query().Get("by")})
	}
}

// people makes groups, topics and those who type.
func (sc *scene) people(c *crashCmd) error {
	sc.tg.AddUser(telegramtest.User{ID: stage.MirrorID, FirstName: "Mirror"})
	sc.tg.AddUser(telegramtest.User{ID: stage.OperatorID, FirstName: "Olga"})
	for _, s := range sc.steps {
		if s.Kind == crash.Command {
			sc.tg.AddUser(telegramtest.User{ID: s.Commander(), FirstName: fmt.Sprint("Operator ", s.Number)})
		}
	}
	for i := range c.Groups {
		id := -1002101424779 - int64(i)
		sc.hello.Groups = append(sc.hello.Groups, id)
		err := sc.tg.AddGroup(telegramtest.Group{ID: id, Title: fmt.Sprint("Support ", i+1), IsForum: true})
		if err != nil {
			return err
		}
	}
	for i := range c.Topics {
		chat := sc.hello.Groups[i%c.Groups]
		thread, err := sc.tg.CreateTopic(chat, stage.MirrorID, fmt.Sprint("Customer ", i+1))
		if err != nil {
			return err
		}
		conv := topics.Conversation{ChatID: chat, ThreadID: int64(thread)}
		sc.places = append(sc.places, conv)
		sc.api.SetTopic(topicsapitest.Connection{Instance: stage.Instance, APIKey: stage.APIKey}, conv, topicsapitest.Info{
			UserID: 900_000 + int64(i), Name: fmt.Sprint("Customer ", i+1), Status: "user_answered",
		})
	}
	return nil
}

func (sc *scene) close() error {
	err := sc.tg.Close()
	sc.api.Close()
	if sc.lookup != nil {
		err = errors.Join(err, sc.lookup.Close())
	}
	sc.wg.Wait()
	return err
}

// typeAll carries the plan out, evenly over the given time.
func (sc *scene) typeAll(ctx context.Context, over time.Duration) error {
	begin := time.Now()
	for i, step := range sc.steps {
		due := time.Until(begin.Add(over * time.Duration(i) / time.Duration(len(sc.steps))))
		if due > 0 {
			select {
			case <-time.After(due):
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		t, err := sc.carryOut(step)
		if err != nil {
			return err
		}
		sc.typed = append(sc.typed, t)
		if step.Again {
			sc.redeliver(i)
		}
	}
	return nil
}

func (sc *scene) carryOut(step crash.Step) (crash.Typed, error) {
	at := sc.places[step.Topic]
	t := crash.Typed{Step: step, Text: step.Text()}
	from := stage.OperatorID
	switch step.Kind {
	case crash.Poison:
		var err error
		t.UpdateID, err = sc.tg.Inject(poison(at, step.Number))
		return t, err
	case crash.Customer:
		from = stage.MirrorID
	case crash.Command:
		from = step.Commander()
	case crash.Operator, crash.Comment:
	}
	m, err := sc.tg.Post(telegramtest.Post{Chat: at.ChatID, Thread: int(at.ThreadID), From: from, Text: t.Text})
	t.Place = crash.Place{Chat: at.ChatID, Thread: at.ThreadID, Message: int64(m.ID)}
	return t, err
}

// poison is an update that looks like one until it is decoded.
func poison(at topics.Conversation, n int) json.RawMessage {
	return json.RawMessage(fmt.Sprintf(`{"message":{"message_id":%d,"date":"yesterday",`+
		`"chat":{"id":%d,"type":"supergroup","is_forum":true,"title":"Support"},`+
		`"from":{"id":%d,"is_bot":false,"first_name":"Mirror"},"message_thread_id":%d,`+
		`"is_topic_message":true,"text":"poison"}}`, 900_000_000+n, at.ChatID, stage.MirrorID, at.ThreadID))
}

// redeliver sends a delivered update once more: a recent one, or one long done.
func (sc *scene) redeliver(i int) {
	delivered := sc.tg.Delivered()
	if len(delivered) == 0 {
		return
	}
	at := len(delivered) - 1
	if i%2 == 0 {
		at = i * 7919 % len(delivered)
	}
	if sc.tg.Redeliver(delivered[at]) == nil {
		sc.again++
	}
}

// quiet tells that the bot has taken all updates.
func (sc *scene) quiet() bool { return sc.tg.Pending() == 0 }

// answers lists what the bot sent, in the order of arrival within each group.
func (sc *scene) answers() []crash.Answer {
	var out []crash.Answer
	bot := sc.tg.Bot().ID
	for _, chat := range sc.hello.Groups {
		for _, m := range sc.tg.Messages(chat) {
			if m.From != nil && m.From.ID == bot {
				at := crash.Place{Chat: chat, Thread: int64(m.Thread), Message: int64(m.ID)}
				out = append(out, crash.Answer{Place: at, Text: m.Text})
			}
		}
	}
	return out
}

// addTo tells of calls that Telegram's documentation does not allow.
func (sc *scene) addTo(r *crash.Report) {
	for _, v := range sc.tg.Violations() {
		r.Violations = append(r.Violations, fmt.Sprintf("call refused as not documented: %+v", v))
	}
}
