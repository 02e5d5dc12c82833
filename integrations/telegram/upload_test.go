package telegram_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"

	"topicpilot/integrations/telegram"
	"topicpilot/topics"
)

// brokenAPI takes one connection at a time and hands it over once it has read up to n bytes.
func brokenAPI(t *testing.T, secure bool, n int64, then func(net.Conn)) *telegram.Sender {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	options := telegram.Options{Token: token("1:AAA"), APIURL: "http://" + address, Timeout: 10 * time.Second}
	if secure {
		server := httptest.NewUnstartedServer(nil)
		server.StartTLS()
		t.Cleanup(server.Close)
		listener = tls.NewListener(listener, &tls.Config{Certificates: server.TLS.Certificates, MinVersion: tls.VersionTLS12})
		pool := server.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
		options.APIURL = "https://" + address
		options.TLS = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12, ServerName: "example.com"}
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			_, _ = io.CopyN(io.Discard, conn, n)
			then(conn)
			_ = conn.Close()
		}
	}()
	t.Cleanup(func() {
		_ = listener.Close()
		<-done
	})
	client, err := telegram.NewClient(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return telegram.NewSender(telegram.SenderOptions{Client: client, Marks: marks{}})
}

// reset ends a connection without a word.
func reset(conn net.Conn) {
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
}

// answering answers and takes what still comes, as careful servers do.
func answering(status, body string) func(net.Conn) {
	return func(conn net.Conn) {
		_, _ = io.WriteString(conn, "HTTP/1.1 "+status+"\r\nContent-Type: application/json\r\nContent-Length: "+
			strconv.Itoa(len(body))+"\r\n\r\n"+body)
		_, _ = io.Copy(io.Discard, conn)
	}
}

// wholeRequest reads a request to its end and hands its connection on.
func wholeRequest(then func(net.Conn)) func(net.Conn) {
	return func(conn net.Conn) {
		request, err := http.ReadRequest(bufio.NewReader(conn))
		if err == nil {
			_, _ = io.Copy(io.Discard, request.Body)
		}
		then(conn)
	}
}

// What a broken upload means: a body that has not left to its end took no effect and may be sent
// again; after its end nobody knows. Who refuses it early is heard.
func TestBrokenUploads(t *testing.T) {
	const large = 20 << 20 // more than the buffers between two sockets hold
	flood := `{"ok":false,"error_code":429,"description":"Too Many Requests","parameters":{"retry_after":3}}`
	for _, c := range []struct {
		name  string
		read  int64
		then  func(net.Conn)
		check func(error) bool
	}{
		{"reset at once", 0, reset, again},
		{"reset in the middle", 1 << 20, reset, again},
		{"reset at the end", 0, wholeRequest(reset), unknown},
		{"closed at the end", 0, wholeRequest(func(net.Conn) {}), unknown},
		{"refused in the middle", 1 << 20, answering("413 Request Entity Too Large", "<html>"), isHopeless},
		{"flood in the middle", 1 << 20, answering("429 Too Many Requests", flood), waits(3 * time.Second)},
		{"garbage in the middle", 1 << 20, func(conn net.Conn) { _, _ = io.WriteString(conn, "garbage\r\n\r\n") }, again},
	} {
		for kind, secure := range map[string]bool{"http": false, "https": true} {
			t.Run(c.name+" "+kind, func(t *testing.T) {
				sender := brokenAPI(t, secure, c.read, c.then)
				s := &stage{topic: 5}
				delivered, err := sender.SendDocument(t.Context(), s.document(noise(large), nil))
				if !c.check(err) || len(delivered.Messages) > 0 {
					t.Errorf("%T %v", err, err)
				}
			})
		}
	}
}

// A file that comes slowly does not outlive the caller's patience.
func TestUploadEndsWithItsContext(t *testing.T) {
	server, _ := api(t, false, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		answerMe(w, r)
	})
	sender := telegram.NewSender(telegram.SenderOptions{Client: clientOf(t, server, ""), Marks: marks{}})
	s := &stage{topic: 5}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	doc := s.document(noise(1<<20), func(r io.Reader) io.Reader {
		return readerFunc(func(p []byte) (int, error) {
			cancel() // from now on nobody waits for it
			return r.Read(p)
		})
	})
	_, err := sender.SendDocument(ctx, doc)
	var hopeless *topics.Hopeless
	if err == nil || errors.As(err, &hopeless) {
		t.Errorf("%T %v", err, err)
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }
