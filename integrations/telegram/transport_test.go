package telegram_test

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"topicpilot/integrations/telegram"
)

const meAnswer = `{"ok":true,"result":{"id":1,"is_bot":true,"first_name":"T"}}`

// api is a server that answers with f and counts its connections.
func api(t *testing.T, secure bool, f http.HandlerFunc) (server *httptest.Server, connections *atomic.Int64) {
	t.Helper()
	connections = &atomic.Int64{}
	server = httptest.NewUnstartedServer(f)
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	if secure {
		server.StartTLS()
	} else {
		server.Start()
	}
	t.Cleanup(server.Close)
	return server, connections
}

func answerMe(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(meAnswer)) }

func clientOf(t *testing.T, server *httptest.Server, path string) *telegram.Client {
	t.Helper()
	o := telegram.Options{Token: token("1:AAA"), APIURL: server.URL + path, Timeout: 5 * time.Second}
	if server.TLS != nil {
		pool := server.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
		o.TLS = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	}
	client, err := telegram.NewClient(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}

// TestConnectionsAreKeptAndNeverStale: one connection serves call after call, and one that the
// server has closed meanwhile is noticed before a request is written to it.
func TestConnectionsAreKeptAndNeverStale(t *testing.T) {
	for name, secure := range map[string]bool{"http": false, "https": true} {
		t.Run(name, func(t *testing.T) {
			server, connections := api(t, secure, answerMe)
			client := clientOf(t, server, "")
			for range 5 {
				if _, err := client.Me(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			if n := connections.Load(); n != 1 {
				t.Errorf("%d connections", n)
			}
			for range 3 {
				server.CloseClientConnections()
				if _, err := client.Me(t.Context()); err != nil {
					t.Fatalf("after the server closed: %v", err)
				}
			}
		})
	}
}

func TestConcurrentCallsAreBounded(t *testing.T) {
	server, connections := api(t, false, answerMe)
	client := clientOf(t, server, "")
	var wg sync.WaitGroup
	for range 300 {
		wg.Go(func() {
			if _, err := client.Me(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := connections.Load(); n > 64 {
		t.Errorf("%d connections", n)
	}
}

func TestUnverifiedCertificateIsRefused(t *testing.T) {
	server, _ := api(t, true, answerMe)
	client := newClient(t, server.URL, "1:AAA")
	if _, err := client.Me(t.Context()); !again(err) {
		t.Errorf("%T %v", err, err)
	}
}

func TestAddressKeepsItsPath(t *testing.T) {
	var path atomic.Value
	server, _ := api(t, false, func(w http.ResponseWriter, r *http.Request) {
		path.Store(r.Method + " " + r.URL.Path)
		answerMe(w, r)
	})
	if _, err := clientOf(t, server, "/local/").Me(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := path.Load(); got != "POST /local/bot1:AAA/getMe" {
		t.Errorf("called %v", got)
	}
}

func TestCancellationEndsACall(t *testing.T) {
	arrived, release := make(chan struct{}), make(chan struct{})
	server, _ := api(t, false, func(http.ResponseWriter, *http.Request) {
		close(arrived)
		<-release
	})
	defer close(release)
	client := clientOf(t, server, "")
	ctx, cancel := context.WithCancel(t.Context())
	failed := make(chan error)
	go func() { failed <- client.AnswerCallback(ctx, "1", "") }()
	<-arrived
	cancel()
	if err := <-failed; !unknown(err) {
		t.Errorf("%T %v", err, err)
	}
	if err := client.AnswerCallback(ctx, "1", ""); !again(err) {
		t.Errorf("before anything left: %T %v", err, err)
	}
}

func TestAnswersAreBounded(t *testing.T) {
	server, _ := api(t, false, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"ok":true,"result":"` + strings.Repeat("a", 9<<20) + `"}`))
	})
	if err := clientOf(t, server, "").AnswerCallback(t.Context(), "1", ""); !unknown(err) {
		t.Errorf("%T %v", err, err)
	}
}
