package telegram_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"

	"topicpilot/integrations/telegram"
	"topicpilot/topics"
)

// formRecorder is a Bot API that takes every document and remembers the last one.
type formRecorder struct {
	mu      sync.Mutex
	caption string
	name    string
}

func (r *formRecorder) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	if err := req.ParseMultipartForm(1 << 20); err != nil || len(req.MultipartForm.File["document"]) != 1 {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.caption, r.name = req.FormValue("caption"), req.MultipartForm.File["document"][0].Filename
	_, _ = fmt.Fprintf(w, `{"ok":true,"result":{"message_id":7,"message_thread_id":%s,"is_topic_message":true}}`,
		req.FormValue("message_thread_id"))
}

// TestNoDocumentLeavesWithoutTheMark is the first rule of the product for captions, and what a file
// may be called: whatever it is named and described as.
func TestNoDocumentLeavesWithoutTheMark(t *testing.T) {
	api := &formRecorder{}
	server := httptest.NewServer(api)
	t.Cleanup(server.Close)
	sender := telegram.NewSender(telegram.SenderOptions{Client: newClient(t, server.URL, "1:AAA"), Marks: marks{}})
	s := &stage{topic: 42}
	rapid.Check(t, func(rt *rapid.T) {
		doc := s.document([]byte("x"), nil)
		doc.Caption = topics.Text{Text: anyText(rt)}
		doc.Caption.Entities = anyEntities(rt, topics.UTF16Len(doc.Caption.Text))
		doc.Name, doc.MIME = anyText(rt), rapid.String().Draw(rt, "type")
		delivered, err := sender.SendDocument(t.Context(), doc)
		if err != nil || len(delivered.Messages) != 1 {
			rt.Fatalf("%v, %v", delivered, err)
		}
		rest, marked := strings.CutPrefix(asTelegramKeeps(api.caption), mark)
		if !marked || asTelegramKeeps(rest) != rest || rest == "" || topics.UTF16Len(api.caption) > 1024 {
			rt.Fatalf("caption %.60q of %d units", api.caption, topics.UTF16Len(api.caption))
		}
		bad := strings.ContainsFunc(api.name, func(r rune) bool {
			return unicode.IsControl(r) || strings.ContainsRune(`/\"<>:|?*`+"\u202e\u2028\ufffd", r)
		})
		if bad || asTelegramKeeps(api.name) == "" || utf8.RuneCountInString(api.name) > 100 {
			rt.Fatalf("name %.60q", api.name)
		}
		media := delivered.Messages[0].Media[0]
		if delivered.Messages[0].Text.Text != api.caption || media.FileName != api.name {
			rt.Fatalf("kept as %.60q, %.60q", delivered.Messages[0].Text.Text, media.FileName)
		}
	})
}
