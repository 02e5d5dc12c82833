package topicsapi_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"topicpilot/topics"
	"topicpilot/topics/topicsapi"
	"topicpilot/topics/topicsapi/topicsapitest"
)

type secret string

func (s secret) Reveal() string { return string(s) }

const (
	ownerToken  = "owner-token-7f3a"
	instanceKey = "pQTngMZLh0NmAh"
	instanceID  = "132099468746812345"
)

var (
	conv     = topics.Conversation{ChatID: -1002101424779, ThreadID: 5343}
	instance = topics.Instance{ID: instanceID, Key: secret(instanceKey)}
	john     = topicsapitest.Info{
		UserID: 987654321, Name: "John Doe", FirstName: "John", LastName: "Doe", Username: "john1991",
		Language: "en", Phone: "+12125550123", Status: "user_answered", Title: "John Doe",
		LastDate: "2025-10-09 00:24:55", InstanceName: "support_bot",
	}
	johnInfo = topics.TopicInfo{
		Private: true, Status: "user_answered", Title: "John Doe", LastDate: "2025-10-09 00:24:55",
		Instance: instanceID, InstanceName: "support_bot",
		Customer: topics.Customer{
			ID: 987654321, Name: "John Doe", FirstName: "John", LastName: "Doe", Username: "john1991",
			Phone: "+12125550123", Language: "en",
		},
	}
)

func startFake(t testing.TB) *topicsapitest.Server {
	t.Helper()
	fake := topicsapitest.New()
	if err := fake.Start("127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(fake.Close)
	fake.SetToken(ownerToken)
	fake.SetTopic(topicsapitest.Connection{Instance: instanceID, APIKey: instanceKey}, conv, john)
	return fake
}

func newClient(url string) *topicsapi.Client {
	return topicsapi.New(topicsapi.Options{URL: url, Token: secret(ownerToken), Timeout: 3 * time.Second})
}

// reasonOf also checks that the error keeps the secrets to itself.
func reasonOf(t *testing.T, err error) topics.ResolveReason {
	t.Helper()
	if err == nil {
		return ""
	}
	var resolve *topics.ResolveError
	if !errors.As(err, &resolve) {
		t.Fatalf("not a ResolveError: %v", err)
	}
	for _, hidden := range []string{ownerToken, instanceKey, "John", "http://", "/webhook/"} {
		if strings.Contains(err.Error(), hidden) {
			t.Fatalf("error tells %q: %v", hidden, err)
		}
	}
	return resolve.Reason
}

func TestFormsOfAGoodAnswer(t *testing.T) {
	bare := john
	bare.Username, bare.Phone, bare.LastName, bare.Language = "", "", "", ""
	bareInfo := johnInfo
	bareInfo.Customer.Username, bareInfo.Customer.Phone = "", ""
	bareInfo.Customer.LastName, bareInfo.Customer.Language = "", ""
	tests := []struct {
		name   string
		faults topicsapitest.Faults
		info   topicsapitest.Info
		want   topics.TopicInfo
	}{
		{"as published", topicsapitest.Faults{}, john, johnInfo},
		{"ids quoted", topicsapitest.Faults{IDs: topicsapitest.IDsStrings}, john, johnInfo},
		{"ids bare", topicsapitest.Faults{IDs: topicsapitest.IDsNumbers}, john, johnInfo},
		{"older names", topicsapitest.Faults{Aliases: true}, john, johnInfo},
		{"missing empty", topicsapitest.Faults{}, bare, bareInfo},
		{"missing null", topicsapitest.Faults{Missing: topicsapitest.MissingNull}, bare, bareInfo},
		{"missing absent", topicsapitest.Faults{Missing: topicsapitest.MissingAbsent}, bare, bareInfo},
	}
	fake := startFake(t)
	client := newClient(fake.URL())
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			fake.SetTopic(topicsapitest.Connection{Instance: instanceID, APIKey: instanceKey}, conv, tt.info)
			fake.SetFaults(tt.faults)
			got, err := client.TopicInfo(t.Context(), instance, conv)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Fatal(diff)
			}
		})
	}
}

func TestChatTopicHasNoCustomer(t *testing.T) {
	fake := startFake(t)
	fake.SetTopic(topicsapitest.Connection{Instance: instanceID, APIKey: instanceKey}, conv,
		topicsapitest.Info{Chat: true, InstanceName: "support_bot"})
	got, err := newClient(fake.URL()).TopicInfo(t.Context(), instance, conv)
	want := topics.TopicInfo{Instance: instanceID, InstanceName: "support_bot"}
	if err != nil || got != want {
		t.Fatalf("got %+v, %v", got, err)
	}
}

func TestFaults(t *testing.T) {
	tests := []struct {
		name   string
		faults topicsapitest.Faults
		want   topics.ResolveReason
	}{
		{"server error", topicsapitest.Faults{Status: 500}, topics.ReasonUnavailable},
		{"bad gateway", topicsapitest.Faults{Status: 502}, topics.ReasonUnavailable},
		{"flood", topicsapitest.Faults{Status: 429}, topics.ReasonUnavailable},
		{"refused", topicsapitest.Faults{Status: 403}, topics.ReasonRefused},
		{"empty", topicsapitest.Faults{EmptyBody: true}, topics.ReasonUnavailable},
		{"html", topicsapitest.Faults{Garbage: true}, topics.ReasonUnavailable},
		{"truncated", topicsapitest.Faults{Truncated: true}, topics.ReasonUnavailable},
		{"huge", topicsapitest.Faults{Huge: true}, topics.ReasonUnavailable},
		{"another result", topicsapitest.Faults{Other: true}, topics.ReasonUnknownTopic},
		{"another topic's answer", topicsapitest.Faults{OtherTopic: true}, topics.ReasonUnavailable},
		{"connection closed", topicsapitest.Faults{CloseConnection: true}, topics.ReasonUnavailable},
	}
	fake := startFake(t)
	client := newClient(fake.URL())
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			fake.SetFaults(tt.faults)
			_, err := client.TopicInfo(t.Context(), instance, conv)
			if got := reasonOf(t, err); got != tt.want {
				t.Fatalf("got %q (%v), want %q", got, err, tt.want)
			}
		})
	}
}

func TestRedirectIsNotFollowed(t *testing.T) {
	reached := false
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached = true }))
	defer elsewhere.Close()
	fake := startFake(t)
	fake.SetFaults(topicsapitest.Faults{Redirect: elsewhere.URL})
	_, err := newClient(fake.URL()).TopicInfo(t.Context(), instance, conv)
	if reasonOf(t, err) != topics.ReasonUnavailable || reached {
		t.Fatalf("reached %v, %v", reached, err)
	}
}

func TestTimeoutAndCancel(t *testing.T) {
	fake := startFake(t)
	fake.SetFaults(topicsapitest.Faults{Hang: true})
	quick := topicsapi.New(topicsapi.Options{URL: fake.URL(), Token: secret(ownerToken), Timeout: 50 * time.Millisecond})
	_, err := quick.TopicInfo(t.Context(), instance, conv)
	if reasonOf(t, err) != topics.ReasonUnavailable || fake.Count() != 1 {
		t.Fatalf("%d requests, %v", fake.Count(), err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		for fake.Count() < 2 {
			time.Sleep(time.Millisecond)
		}
		cancel()
	}()
	_, err = newClient(fake.URL()).TopicInfo(ctx, instance, conv)
	if !errors.Is(err, context.Canceled) || reasonOf(t, err) != topics.ReasonUnavailable {
		t.Fatal(err)
	}
}

// A server that sends byte after byte is not waited for longer than the timeout.
func TestDrippingAnswerEnds(t *testing.T) {
	ended := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer close(ended)
		for r.Context().Err() == nil {
			if _, err := w.Write([]byte(" ")); err != nil {
				return
			}
			_ = http.NewResponseController(w).Flush()
			time.Sleep(5 * time.Millisecond)
		}
	}))
	defer server.Close()
	client := topicsapi.New(topicsapi.Options{URL: server.URL, Timeout: 100 * time.Millisecond})
	_, err := client.TopicInfo(t.Context(), instance, conv)
	if reasonOf(t, err) != topics.ReasonUnavailable {
		t.Fatal(err)
	}
	<-ended
}

func TestSecretsRefused(t *testing.T) {
	fake := startFake(t)
	badKey := topics.Instance{ID: instanceID, Key: secret("wrong")}
	tests := []struct {
		name     string
		token    string
		instance topics.Instance
		want     topics.ResolveReason
	}{
		{"wrong token", "wrong", instance, topics.ReasonRefused},
		{"no token", "", instance, topics.ReasonNotSet},
		{"wrong key", ownerToken, badKey, topics.ReasonRefused},
		{"no key", ownerToken, topics.Instance{ID: instanceID}, topics.ReasonNotSet},
		{"empty key", ownerToken, topics.Instance{ID: instanceID, Key: secret("")}, topics.ReasonNotSet},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			client := topicsapi.New(topicsapi.Options{URL: fake.URL(), Token: secret(tt.token)})
			_, err := client.TopicInfo(t.Context(), tt.instance, conv)
			if got := reasonOf(t, err); got != tt.want {
				t.Fatalf("got %q (%v), want %q", got, err, tt.want)
			}
		})
	}
}

func TestPlacesWithoutACustomerAreNotAsked(t *testing.T) {
	fake := startFake(t)
	client := newClient(fake.URL())
	tests := []struct {
		name string
		conv topics.Conversation
		want topics.ResolveReason
	}{
		{"general", topics.Conversation{ChatID: -1002101424779}, topics.ReasonGeneral},
		{"private chat", topics.Conversation{ChatID: 42, ThreadID: 3}, topics.ReasonUnknownTopic},
		{"basic group", topics.Conversation{ChatID: -42, ThreadID: 3}, topics.ReasonUnknownTopic},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := client.TopicInfo(t.Context(), instance, tt.conv)
			if got := reasonOf(t, err); got != tt.want {
				t.Fatalf("got %q, want %q", got, tt.want)
			}
		})
	}
	if fake.Count() != 0 {
		t.Fatalf("%d requests", fake.Count())
	}
}

// A server that has closed a kept connection meanwhile must not cost an answer.
func TestServerRestartIsSurvived(t *testing.T) {
	handler := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"result":"topic_info","group_id":2101424779,"topic_id":"5343",` +
			`"frontend_type":"private","user_id":"9007199254740993","username":"@@ann"}`))
	})
	server := httptest.NewServer(handler)
	defer server.Close()
	client := newClient(server.URL)
	for range 3 {
		got, err := client.TopicInfo(t.Context(), instance, conv)
		if err != nil {
			t.Fatal(err)
		}
		if got.Customer.ID != 9007199254740993 || got.Customer.Username != "ann" {
			t.Fatalf("got %+v", got.Customer)
		}
		server.CloseClientConnections()
	}
}

func TestProbe(t *testing.T) {
	general := topics.Conversation{ChatID: conv.ChatID}
	wrongKey := topics.Instance{ID: instanceID, Key: secret("wrong")}
	tests := []struct {
		name     string
		faults   topicsapitest.Faults
		token    string
		instance topics.Instance
		conv     topics.Conversation
		want     topicsapi.Verdict
		certain  bool
	}{
		{"all right", topicsapitest.Faults{}, ownerToken, instance, general, topicsapi.VerdictOK, true},
		{"known topic", topicsapitest.Faults{}, ownerToken, instance, conv, topicsapi.VerdictOK, true},
		{"wrong token", topicsapitest.Faults{}, "wrong", instance, general, topicsapi.VerdictTokenRefused, true},
		{"no token", topicsapitest.Faults{}, "", instance, general, topicsapi.VerdictTokenRefused, true},
		{
			"wrong token, n8n's refusal",
			topicsapitest.Faults{HeaderAuth403: true},
			"wrong", instance, general,
			topicsapi.VerdictTokenRefused, true,
		},
		{"wrong key", topicsapitest.Faults{}, ownerToken, wrongKey, general, topicsapi.VerdictKeyRefused, true},
		{
			"bare 403 for a wrong key",
			topicsapitest.Faults{Mute: true},
			ownerToken, wrongKey, general,
			topicsapi.VerdictRefused, false,
		},
		{
			"bare 403 for a wrong token",
			topicsapitest.Faults{Mute: true},
			"wrong", instance, general,
			topicsapi.VerdictRefused, false,
		},
		{
			"server error",
			topicsapitest.Faults{Status: 500},
			ownerToken, instance, general,
			topicsapi.VerdictUnavailable, true,
		},
		{
			"the same answer to everything",
			topicsapitest.Faults{Other: true},
			ownerToken, instance, general,
			topicsapi.VerdictOK, false,
		},
		{
			"html",
			topicsapitest.Faults{Garbage: true},
			ownerToken, instance, general,
			topicsapi.VerdictUnavailable, false,
		},
	}
	fake := startFake(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			fake.SetFaults(tt.faults)
			client := topicsapi.New(topicsapi.Options{URL: fake.URL(), Token: secret(tt.token)})
			got, err := client.Probe(t.Context(), tt.instance, tt.conv)
			if err != nil {
				t.Fatal(err)
			}
			if got.Verdict != tt.want || got.Certain != tt.certain {
				t.Fatalf("got %+v", got)
			}
			if strings.Contains(got.Detail, ownerToken) || strings.Contains(got.Detail, instanceKey) {
				t.Fatalf("detail tells a secret: %q", got.Detail)
			}
		})
	}
}

// Refusals that differ only in their status or words are told apart by comparison.
func TestProbeComparesUnlikeRefusals(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body := make([]byte, 512)
		n, _ := r.Body.Read(body)
		switch {
		case r.Header.Get("X-API-KEY") != ownerToken:
			http.Error(w, "nope, request 1234", http.StatusForbidden)
		case !strings.Contains(string(body[:n]), `"`+instanceKey+`"`):
			http.Error(w, "wrong, request 5678", http.StatusForbidden)
		default:
			http.Error(w, `{"code":404}`, http.StatusNotFound)
		}
	}))
	defer server.Close()
	general := topics.Conversation{ChatID: conv.ChatID}
	tests := []struct {
		name, token, key string
		want             topicsapi.Verdict
	}{
		{"key", ownerToken, "bad", topicsapi.VerdictKeyRefused},
		{"right", ownerToken, instanceKey, topicsapi.VerdictOK},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			client := topicsapi.New(topicsapi.Options{URL: server.URL, Token: secret(tt.token)})
			got, err := client.Probe(t.Context(), topics.Instance{ID: instanceID, Key: secret(tt.key)}, general)
			if err != nil || got.Verdict != tt.want || !got.Certain {
				t.Fatalf("got %+v, %v", got, err)
			}
		})
	}
}
