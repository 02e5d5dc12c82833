package stage_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"topicpilot/cmd/load/stage"
	"topicpilot/integrations/telegram/telegramtest"
)

// bot is a small bot that answers as the test wants it to.
type bot struct {
	t      testing.TB
	url    string
	client *http.Client
	answer func(n int64, chat, thread int64) []string // the answers' texts to the n-th command
	thread func(thread int64) int64
	seen   atomic.Int64
}

type message struct {
	UpdateID int64 `json:"update_id"`
	Message  *struct {
		Chat    struct{ ID int64 }
		Thread  int64 `json:"message_thread_id"`
		IsTopic bool  `json:"is_topic_message"`
		Text    string
		ReplyTo struct {
			ID int64 `json:"message_id"`
		} `json:"reply_to_message"`
	}
}

func (b *bot) call(ctx context.Context, method string, params, result any) error {
	body, err := json.Marshal(params)
	if err != nil {
		return err
	}
	url := b.url + "/bot" + stage.Token + "/" + method
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := b.client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %d %s %w", method, resp.StatusCode, raw, err)
	}
	return json.Unmarshal(raw, &struct{ Result any }{result})
}

func (b *bot) poll(ctx context.Context) {
	offset := int64(0)
	for ctx.Err() == nil {
		var updates []message
		if err := b.call(ctx, "getUpdates", map[string]any{"offset": offset, "timeout": 5}, &updates); err != nil {
			continue
		}
		for _, u := range updates {
			offset = u.UpdateID + 1
			b.handle(ctx, u)
		}
	}
}

func (b *bot) handle(ctx context.Context, u message) {
	m := u.Message
	if m == nil || m.Text != "/info" || !m.IsTopic || m.ReplyTo.ID != m.Thread {
		b.t.Errorf("update does not look real: %+v", u)
		return
	}
	thread := m.Thread
	if b.thread != nil {
		thread = b.thread(thread)
	}
	for _, text := range b.answer(b.seen.Add(1), m.Chat.ID, m.Thread) {
		_ = b.call(ctx, "sendMessage", map[string]any{"chat_id": m.Chat.ID, "message_thread_id": thread, "text": text}, nil)
	}
}

func newStage(t testing.TB, topics, groups int) (*stage.Stage, *bot) {
	t.Helper()
	s, err := stage.New(stage.Options{Topics: topics, Groups: groups})
	if err != nil {
		t.Fatal(err)
	}
	url, err := s.Start()
	if err != nil {
		t.Fatal(err)
	}
	b := &bot{t: t, url: url, client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}}
	b.answer = func(int64, int64, int64) []string { return []string{"/ card"} }
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		b.client.CloseIdleConnections()
	})
	return s, b
}

// start polls until the test's end.
func (b *bot) start(t testing.TB) {
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { b.poll(ctx) })
	t.Cleanup(func() { cancel(); wg.Wait() })
}

func TestClosedLoopByPolling(t *testing.T) {
	s, b := newStage(t, 7, 2)
	b.start(t)
	res, err := s.Run(t.Context(), stage.Plan{Outstanding: 3, Duration: time.Minute, Count: 50})
	if err != nil {
		t.Fatal(err)
	}
	if res.Asked != 50 || res.Answered != 50 || res.Latency.Count() != 50 {
		t.Errorf("asked %d answered %d measured %d", res.Asked, res.Answered, res.Latency.Count())
	}
	if res.Calls["sendMessage"] != 50 || res.Calls["getUpdates"] == 0 {
		t.Errorf("calls %v", res.Calls)
	}
}

func TestOpenLoopByWebhook(t *testing.T) {
	s, b := newStage(t, 5, 2)
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Telegram-Bot-Api-Secret-Token") != "s3cret" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		var u message
		if err := json.NewDecoder(r.Body).Decode(&u); err != nil {
			t.Error(err)
		}
		b.handle(r.Context(), u)
	}))
	defer hook.Close()
	err := b.call(t.Context(), "setWebhook", map[string]any{"url": hook.URL + "/hook", "secret_token": "s3cret"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.WaitBot(t.Context(), time.Second); err != nil {
		t.Error(err)
	}
	res, err := s.Run(t.Context(), stage.Plan{Rate: 200, Duration: 300 * time.Millisecond})
	if err != nil || res.Answered == 0 || res.Answered != res.Asked {
		t.Errorf("%+v %v", res, err)
	}
	s.Reset()
	if err := b.call(t.Context(), "getUpdates", map[string]any{"timeout": 0}, nil); err != nil {
		t.Errorf("a webhook is left after the reset: %v", err)
	}
	var info struct{ URL string }
	if err := b.call(t.Context(), "getWebhookInfo", map[string]any{}, &info); err != nil || info.URL != "" {
		t.Errorf("webhook info after the reset: %+v %v", info, err)
	}
}

// TestBadBots checks that a bot which answers wrongly is found out.
func TestBadBots(t *testing.T) {
	card := []string{"/ card"}
	for _, c := range []struct {
		name   string
		answer func(n, chat, thread int64) []string
		thread func(int64) int64
		want   func(*stage.Result) int64
	}{
		{"loses one", func(n, _, _ int64) []string {
			if n == 5 {
				return nil
			}
			return card
		}, nil, func(r *stage.Result) int64 { return r.Lost }},
		{"answers twice", func(n, _, _ int64) []string {
			if n == 10 {
				return append(card, card...)
			}
			return card
		}, nil, func(r *stage.Result) int64 { return r.Extra }},
		{"forgets the mark", func(n, _, _ int64) []string {
			if n == 5 {
				return []string{"card"}
			}
			return card
		}, nil, func(r *stage.Result) int64 { return r.Unmarked }},
		{
			"answers to General", func(int64, int64, int64) []string { return card }, func(int64) int64 { return 0 },
			func(r *stage.Result) int64 { return r.WrongTopic },
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, b := newStage(t, 4, 1)
			b.answer, b.thread = c.answer, c.thread
			b.start(t)
			plan := stage.Plan{Outstanding: 1, Duration: 300 * time.Millisecond, Grace: 50 * time.Millisecond, Count: 20}
			res, err := s.Run(t.Context(), plan)
			if err == nil || res == nil || c.want(res) == 0 {
				t.Errorf("not found out: %+v %v", res, err)
			}
		})
	}
}

func TestBusyTopicIsMeasuredApart(t *testing.T) {
	s, b := newStage(t, 5, 1)
	b.answer = func(_, _, thread int64) []string { return []string{fmt.Sprint("/ card ", thread)} }
	b.start(t)
	res, err := s.Run(t.Context(), stage.Plan{Rate: 100, Busy: 1, Duration: 300 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	if res.Busy.Count() == 0 || res.Latency.Count() < 20 || res.Latency.Count() > 30 {
		t.Errorf("busy %d, others %d", res.Busy.Count(), res.Latency.Count())
	}
}

func TestSlowTopic(t *testing.T) {
	s, _ := newStage(t, 2, 1)
	if err := s.Slow(5, time.Second); err == nil {
		t.Error("a topic that is not there was slowed down")
	}
	if err := s.Slow(0, time.Millisecond); err != nil {
		t.Error(err)
	}
	body := `{"action":"info_by_topic","group_id":"2101424779","topic_id":102,"instance":"` + stage.Instance +
		`","api_key":"` + stage.APIKey + `"}`
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.TopicsAPI(), strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-API-KEY", stage.APIToken)
	client := &http.Client{}
	defer client.CloseIdleConnections()
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var info struct {
		Result string
		UserID int64 `json:"user_id"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&info); err != nil || info.Result != "topic_info" || info.UserID == 0 {
		t.Errorf("%+v %v", info, err)
	}
}

func TestControlConnection(t *testing.T) {
	s, b := newStage(t, 4, 1)
	b.start(t)
	toStage, in := io.Pipe()
	out, fromStage := io.Pipe()
	served := make(chan error, 1)
	go func() { served <- stage.Serve(t.Context(), s, toStage, fromStage) }()
	remote, err := stage.Connect(in, out)
	if err != nil {
		t.Fatal(err)
	}
	if remote.Telegram != b.url || remote.Token != telegramtest.DefaultToken || len(remote.Groups) != 1 {
		t.Errorf("hello %+v", remote.Hello)
	}
	if err := remote.WaitBot(5 * time.Second); err != nil {
		t.Error(err)
	}
	if err := remote.Slow(1, time.Millisecond); err != nil {
		t.Error(err)
	}
	res, err := remote.Run(stage.Plan{Outstanding: 2, Duration: time.Minute, Count: 10})
	if err != nil || res.Answered != 10 || res.Latency.Count() != 10 {
		t.Errorf("%+v %v", res, err)
	}
	if _, err := remote.Run(stage.Plan{Outstanding: 9, Duration: time.Minute}); err == nil {
		t.Error("more outstanding commands than topics were taken")
	}
	if err := remote.Reset(); err != nil {
		t.Error(err)
	}
	_ = in.Close()
	if err := <-served; err != nil {
		t.Error(err)
	}
}

func TestPlansAndOptions(t *testing.T) {
	s, _ := newStage(t, 4, 1)
	for _, p := range []stage.Plan{
		{},
		{Outstanding: 1},
		{Duration: time.Second},
		{Outstanding: 1, Rate: 1, Duration: time.Second},
		{Rate: -1, Duration: time.Second},
		{Outstanding: 1, Duration: time.Hour},
		{Outstanding: 1, Busy: 4, Duration: time.Second},
		{Outstanding: 5, Duration: time.Second},
		{Rate: 1e9, Duration: time.Second},
	} {
		if _, err := s.Run(t.Context(), p); err == nil {
			t.Errorf("%+v was taken", p)
		}
	}
	for _, o := range []stage.Options{{}, {Topics: 1, Groups: 2}, {Topics: 200_000, Groups: 1}} {
		if _, err := stage.New(o); err == nil {
			t.Errorf("%+v was taken", o)
		}
	}
}
