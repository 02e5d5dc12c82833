package telegramtest_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"topicpilot/integrations/telegram/telegramtest"
)

func TestFaults(t *testing.T) {
	text := obj{"chat_id": group, "text": "x"}
	tests := []struct {
		name  string
		fault telegramtest.Fault
		code  int    // 0: the client gets no answer it could read
		want  string // description
		took  bool   // the message is in the chat
	}{
		{"error", telegramtest.Fault{Code: 502}, 502, "Bad Gateway", false},
		{"error with text", telegramtest.Fault{Code: 400, Description: "Bad Request: no"}, 400, "Bad Request: no", false},
		{"flood", telegramtest.Fault{Code: 429, RetryAfter: 7}, 429, "Too Many Requests", false},
		{"error after the effect", telegramtest.Fault{Code: 500, After: true}, 500, "Internal Server Error", true},
		{"closed", telegramtest.Fault{Close: true}, 0, "", false},
		{"closed after the effect", telegramtest.Fault{Close: true, After: true}, 0, "", true},
		{"hangs", telegramtest.Fault{Hang: time.Millisecond}, 0, "", false},
		{"garbage", telegramtest.Fault{Garbage: "<html>"}, 0, "", false},
		{"delay", telegramtest.Fault{Delay: time.Millisecond}, 200, "", true},
		{
			"other calls",
			telegramtest.Fault{Code: 500, Match: func(p map[string]any) bool { return p["text"] != "x" }},
			200, "", true,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newStage(t, telegramtest.Options{})
			s.Fail("sendMessage", tt.fault)
			a, err := s.try("sendMessage", text)
			switch {
			case (err != nil) != (tt.code == 0):
				t.Errorf("transport error %v", err)
			case tt.code > 200 && (a.ErrorCode != tt.code || a.Description != tt.want ||
				a.Parameters.RetryAfter != tt.fault.RetryAfter):
				t.Errorf("answer %+v", a)
			}
			if got := len(s.Messages(group)) == 1; got != tt.took {
				t.Errorf("took effect %v, want %v", got, tt.took)
			}
			s.ClearFaults()
			s.send(text)
		})
	}
}

func TestFaultTimes(t *testing.T) {
	s := newStage(t, telegramtest.Options{})
	s.Fail("getMe", telegramtest.Fault{Code: 500, Times: 2})
	s.Fail("*", telegramtest.Fault{Code: 503, Times: -1})
	for i, want := range []int{500, 500, 503, 503} {
		if a := s.call("getMe", obj{}); a.ErrorCode != want {
			t.Errorf("call %d: %d, want %d", i, a.ErrorCode, want)
		}
	}
	s.ClearFaults()
	if a := s.call("getMe", obj{}); !a.OK {
		t.Errorf("after clearing: %+v", a)
	}
}

func TestNetwork(t *testing.T) {
	s := newStage(t, quick())
	ch := s.poll(obj{"timeout": 50, "allowed_updates": []string{"message"}})
	s.polling("message")
	s.SetNetwork(false)
	if a := <-ch; a.OK {
		t.Errorf("the long poll survived: %+v", a)
	}
	if _, err := s.try("getMe", obj{}); err == nil {
		t.Error("answered without a network")
	}
	s.SetNetwork(true)
	s.post(telegramtest.Post{Text: "x"})
	if got := s.updates(obj{}); len(got) != 1 {
		t.Errorf("after the network came back: %+v", got)
	}
	r, url := newReceiver(t, nil)
	s.SetNetwork(false)
	s.SetNetwork(true)
	s.call("setWebhook", obj{"url": url})
	r.wait(t, 1)
}

func TestObservation(t *testing.T) {
	s := newStage(t, telegramtest.Options{})
	events, cancel := s.Subscribe()
	topic := s.topic("t")
	go func() {
		for _, text := range []string{"one", "two"} {
			if _, err := s.try("sendMessage", obj{"chat_id": group, "message_thread_id": topic, "text": text}); err != nil {
				t.Error(err)
			}
		}
	}()
	m, err := s.WaitFor(within(t), func(m telegramtest.Message) bool { return m.Text == "two" })
	s.must(err)
	s.must(s.Delete(group, m.ID))
	want := []telegramtest.EventKind{
		telegramtest.MessageNew, telegramtest.TopicChanged, telegramtest.MessageNew, telegramtest.MessageNew,
		telegramtest.MessageDeleted,
	}
	for i, kind := range want {
		if e := <-events; e.Kind != kind || e.Chat != group {
			t.Errorf("event %d is %+v, want %s", i, e, kind)
		}
	}
	cancel()
	cancel()
	if _, open := <-events; open {
		t.Error("the channel stays open")
	}
	s.must(s.Wait(within(t), func() bool { return len(s.Sent("sendMessage")) == 2 }))
	calls := s.Sent()
	sent, ok := calls[0].Result.(*telegramtest.Message)
	if calls[0].Method != "sendMessage" || calls[0].Params["text"] != "one" || !ok || sent.Text != "one" {
		t.Errorf("calls %+v", calls)
	}
	short, stop := context.WithTimeout(context.Background(), time.Millisecond)
	defer stop()
	_, err = s.WaitFor(short, func(telegramtest.Message) bool { return false })
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("waiting in vain: %v", err)
	}
}

func TestSlowSubscriberIsTold(t *testing.T) {
	s := newStage(t, telegramtest.Options{})
	events, cancel := s.Subscribe()
	defer cancel()
	for range 1100 {
		s.post(telegramtest.Post{Text: "x"})
	}
	for range 1024 {
		<-events
	}
	s.post(telegramtest.Post{Text: "last"})
	if e := <-events; e.Kind != telegramtest.EventsLost {
		t.Errorf("got %+v", e)
	}
	if e := <-events; e.Message.Text != "last" {
		t.Errorf("got %+v", e)
	}
}

func TestBounds(t *testing.T) {
	s := newStage(t, telegramtest.Options{KeepMessages: 10, KeepCalls: 5, KeepUpdates: 5, KeepFileBytes: 100})
	topic := s.topic("t")
	for range 200 {
		s.post(telegramtest.Post{Thread: topic, Text: "x"})
	}
	for range 20 {
		s.post(telegramtest.Post{Media: "photo", File: make([]byte, 30)})
		s.drain()
	}
	for range 30 {
		s.call("getMe", obj{})
	}
	if n := len(s.Messages(group)); n > 22 {
		t.Errorf("%d messages kept", n)
	}
	if _, ok := s.Message(group, topic); !ok {
		t.Error("the topic's first message is gone")
	}
	if n := len(s.Sent()); n > 10 {
		t.Errorf("%d calls kept", n)
	}
	if n := len(s.Delivered()); n > 10 {
		t.Errorf("%d updates kept", n)
	}
	off := newStage(t, telegramtest.Options{KeepCalls: -1, KeepUpdates: -1})
	off.send(obj{"chat_id": group, "text": "x"})
	off.drain()
	if len(off.Sent()) != 0 || len(off.Delivered()) != 0 {
		t.Error("recording cannot be switched off")
	}
}
