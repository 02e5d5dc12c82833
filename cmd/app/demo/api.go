package demo

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"
)

const (
	maxBody   = 64 << 10
	heartbeat = 15 * time.Second
)

// routes serve the page under /demo/ and its JSON API under /demo/api/. Requests that change something
// are refused when they come from another site.
func (s *Stage) routes() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /{$}", http.RedirectHandler("/demo/", http.StatusFound))
	mux.HandleFunc("GET /demo/{$}", s.page)
	mux.Handle("GET /demo/assets/", assets())
	mux.HandleFunc("GET /demo/api/state", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, s.board.State())
	})
	mux.HandleFunc("GET /demo/api/events", s.events)
	mux.HandleFunc("GET /demo/api/files/{id}/{name}", s.file)
	mux.HandleFunc("GET /demo/billing/users/{id}", s.billingPage)
	mux.HandleFunc("POST /demo/api/post", action(s.post))
	mux.HandleFunc("POST /demo/api/edit", action(s.edit))
	mux.HandleFunc("POST /demo/api/press", action(s.press))
	mux.HandleFunc("POST /demo/api/fault", action(s.fault))
	mux.HandleFunc("POST /demo/api/card", action(s.card))
	return guard(http.NewCrossOriginProtection().Handler(mux))
}

// guard sets the headers that keep the page to itself.
func guard(next http.Handler) http.Handler {
	const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
		"base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		next.ServeHTTP(w, r)
	})
}

// command is the body of every POST; each reads its own fields.
type command struct {
	Topic     int    `json:"topic"`
	As        int64  `json:"as"`
	Customer  bool   `json:"customer"`
	Text      string `json:"text"`
	ReplyTo   int    `json:"reply_to"`
	MessageID int    `json:"message_id"`
	Data      string `json:"data"`
	ID        string `json:"id"`
	On        bool   `json:"on"`
	Tags      string `json:"tags"`
	Priority  string `json:"priority"`
}

// action decodes the body and turns the result, or the error, into JSON.
func action(run func(*http.Request, command) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var c command
		if status, text := decode(w, r, &c); status != 0 {
			writeJSON(w, status, map[string]string{"error": text})
			return
		}
		out, err := run(r, c)
		var told refusal
		switch {
		case errors.As(err, &told):
			writeJSON(w, http.StatusUnprocessableEntity, map[string]string{"error": told.Error()})
		case err != nil:
			writeJSON(w, http.StatusInternalServerError, map[string]string{"error": "the stage could not do that"})
		default:
			writeJSON(w, http.StatusOK, out)
		}
	}
}

func decode(w http.ResponseWriter, r *http.Request, c *command) (status int, text string) {
	if kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";"); kind != "application/json" {
		return http.StatusUnsupportedMediaType, "the body must be application/json"
	}
	dec := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody))
	dec.DisallowUnknownFields()
	err := dec.Decode(c)
	var big *http.MaxBytesError
	switch {
	case errors.As(err, &big):
		return http.StatusRequestEntityTooLarge, "the body is too large"
	case err != nil:
		return http.StatusBadRequest, "the body is not the JSON object expected"
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return http.StatusBadRequest, "there is more than one JSON value"
	}
	return 0, ""
}

func (s *Stage) post(_ *http.Request, c command) (any, error) {
	id, err := s.Post(Write{Topic: c.Topic, As: c.As, Customer: c.Customer, Text: c.Text, ReplyTo: c.ReplyTo})
	return map[string]int{"message_id": id}, err
}

func (s *Stage) edit(_ *http.Request, c command) (any, error) {
	return struct{}{}, s.Edit(c.MessageID, c.As, c.Text)
}

func (s *Stage) press(r *http.Request, c command) (any, error) {
	a, err := s.Press(r.Context(), c.MessageID, c.As, c.Data)
	if errors.Is(err, errButtonGone) {
		// A second tap may come after the first has taken the buttons away: no fault of the page.
		return map[string]any{"gone": true}, nil
	}
	return map[string]any{"answered": a.Answered, "text": a.Text, "alert": a.Alert}, err
}

func (s *Stage) fault(_ *http.Request, c command) (any, error) {
	return struct{}{}, s.SetFault(c.ID, c.On)
}

func (s *Stage) card(_ *http.Request, c command) (any, error) {
	return struct{}{}, s.EditCard(c.ID, c.Tags, c.Priority)
}

// events streams changes as server-sent events, the whole state first.
func (s *Stage) events(w http.ResponseWriter, r *http.Request) {
	watcher, ok := s.board.watch()
	if !ok {
		writeJSON(w, http.StatusServiceUnavailable, map[string]string{"error": "too many pages are open"})
		return
	}
	defer s.board.unwatch(watcher)
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	out := stream{w: w, control: http.NewResponseController(w)}
	// The server's limit for reading a request would otherwise end the stream.
	if out.control.SetReadDeadline(time.Time{}) != nil || out.send([]byte("retry: 1000\n\n")) != nil {
		return
	}
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	for {
		frame := []byte(": still here\n\n")
		select {
		case f, open := <-watcher.frames:
			if !open {
				return
			}
			frame = f
		case <-beat.C:
		case <-r.Context().Done():
			return
		case <-s.ended.Done():
			return
		}
		if out.send(frame) != nil {
			return
		}
	}
}

// stream writes frames, each within its own time, so that a page that stopped reading lets go.
type stream struct {
	w       http.ResponseWriter
	control *http.ResponseController
}

func (st stream) send(frame []byte) error {
	if err := st.control.SetWriteDeadline(time.Now().Add(10 * time.Second)); err != nil {
		return err
	}
	if _, err := st.w.Write(frame); err != nil {
		return err
	}
	return st.control.Flush()
}
