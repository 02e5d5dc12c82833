package topicsapitest_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"testing"
	"time"

	"topicpilot/topics"
	"topicpilot/topics/topicsapi/topicsapitest"
)

func post(t *testing.T, url, token, body string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, bytes.NewBufferString(body))
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		req.Header.Set("X-API-KEY", token)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	got, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(got)
}

func start(t *testing.T) *topicsapitest.Server {
	t.Helper()
	s := topicsapitest.New()
	if err := s.Start("127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	s.SetToken("owner")
	conv := topics.Conversation{ChatID: -1002101424779, ThreadID: 5343}
	s.SetTopic(topicsapitest.Connection{Instance: "132099468746812345", APIKey: "pQTngMZLh0NmAh"}, conv,
		topicsapitest.Info{
			UserID: 987654321, Name: "John Doe", FirstName: "John", LastName: "Doe", Username: "john1991",
			Language: "en", Phone: "+12125550123", Status: "user_answered", Title: "John Doe",
			LastDate: "2025-10-09 00:24:55", InstanceName: "support_bot",
		})
	return s
}

// The vendor's published example, field by field and in its order.
const example = `{"result":"topic_info","group_id":"2101424779","topic_id":5343,"frontend_type":"private",` +
	`"instance_name":"support_bot","instance_frontend_user_id":123456789,"instance_id":"132099468746812345",` +
	`"chat_id":-1002101424779,"thread_id":5602541568,"topic_last_date":"2025-10-09 00:24:55",` +
	`"topic_status":"user_answered","topic_title":"John Doe","user_id":987654321,"user_name":"John Doe",` +
	`"user_first_name":"John","user_last_name":"Doe","user_username":"john1991","user_lang":"en",` +
	`"user_phone":"+12125550123"}`

func TestPublishedExample(t *testing.T) {
	s := start(t)
	status, body := post(t, s.URL(), "owner", `{"action":"info_by_topic","group_id":"2101424779","topic_id":5343,`+
		`"instance":"132099468746812345","api_key":"pQTngMZLh0NmAh"}`)
	if status != 200 || body != example {
		t.Fatalf("got %d\n%s\nwant\n%s", status, body, example)
	}
	requests := s.Requests()
	if len(requests) != 1 || requests[0].Status != 200 || !requests[0].Token || requests[0].TopicID != 5343 {
		t.Fatalf("log %+v", requests)
	}
}

func TestRefusals(t *testing.T) {
	s := start(t)
	ask := func(action, group, topic, instance, key string) string {
		return `{"action":` + action + `,"group_id":` + group + `,"topic_id":` + topic +
			`,"instance":` + instance + `,"api_key":` + key + `}`
	}
	const act, grp, inst, key = `"info_by_topic"`, `"2101424779"`, `"132099468746812345"`, `"pQTngMZLh0NmAh"`
	tests := []struct {
		name, token, body string
		status            int
	}{
		{"topic id as string", "owner", ask(act, grp, `"5343"`, inst, key), 200},
		{"wrong token", "other", ask(act, grp, "5343", inst, key), 401},
		{"no token", "", ask(act, grp, "5343", inst, key), 401},
		{"wrong key", "owner", ask(act, grp, "5343", inst, `"nope"`), 403},
		{"empty key of unknown instance", "owner", ask(act, grp, "5343", `"1"`, `""`), 403},
		{"unknown topic", "owner", ask(act, grp, "5344", inst, key), 404},
		{"group id as number", "owner", ask(act, "2101424779", "5343", inst, key), 400},
		{"group id of the Bot API", "owner", ask(act, `"-1002101424779"`, "5343", inst, key), 400},
		{"instance as number", "owner", ask(act, grp, "5343", "132099468746812345", key), 400},
		{"unknown action", "owner", ask(`"send"`, grp, "5343", inst, key), 400},
		{"topic zero", "owner", ask(act, grp, "0", inst, key), 400},
		{"field missing", "owner", `{"action":"info_by_topic","group_id":"1","topic_id":1,"instance":"1"}`, 400},
		{"field unknown", "owner", `{"action":"info_by_topic","thread":1}`, 400},
		{"no JSON", "owner", `action=info_by_topic`, 400},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			status, body := post(t, s.URL(), tt.token, tt.body)
			if status != tt.status {
				t.Fatalf("got %d %s, want %d", status, body, tt.status)
			}
			if !json.Valid([]byte(body)) {
				t.Fatalf("no JSON: %s", body)
			}
		})
	}
}

func TestLogIsBounded(t *testing.T) {
	s := start(t)
	for range 1005 {
		post(t, s.URL(), "owner", `{}`)
	}
	if s.Count() != 1005 || len(s.Requests()) != 1000 {
		t.Fatalf("count %d, log %d", s.Count(), len(s.Requests()))
	}
	requests := s.Requests()
	if requests[999].At.Before(requests[0].At) {
		t.Fatal("log out of order")
	}
}

func TestCloseReleasesHanging(t *testing.T) {
	s := start(t)
	s.SetFaults(topicsapitest.Faults{Hang: true})
	done := make(chan struct{})
	go func() {
		defer close(done)
		resp, err := http.Post(s.URL(), "application/json", bytes.NewBufferString(`{}`))
		if err == nil {
			_ = resp.Body.Close()
		}
	}()
	for s.Active() == 0 {
		time.Sleep(time.Millisecond)
	}
	s.Close()
	<-done
}

// TestCloseAtOnce: the server ends although it has not come to serving.
func TestCloseAtOnce(t *testing.T) {
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for range 100 {
			s := topicsapitest.New()
			if err := s.Start("127.0.0.1:0"); err != nil {
				t.Error(err)
				return
			}
			s.Close()
		}
	}()
	select {
	case <-ended:
	case <-time.After(time.Minute):
		t.Fatal("Close hangs")
	}
}
