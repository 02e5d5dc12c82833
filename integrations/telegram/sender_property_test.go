package telegram_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"unicode"
	"unicode/utf16"

	"pgregory.net/rapid"

	"topicpilot/integrations/telegram"
	"topicpilot/topics"
)

// recorder is a Bot API that takes everything and remembers it.
type recorder struct {
	mu    sync.Mutex
	calls []map[string]any
	id    int
}

func (r *recorder) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	var params map[string]any
	if err := json.NewDecoder(req.Body).Decode(&params); err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	params["method"] = req.URL.Path[strings.LastIndex(req.URL.Path, "/")+1:]
	r.calls = append(r.calls, params)
	r.id++
	place := ""
	if thread, ok := params["message_thread_id"]; ok {
		place = fmt.Sprintf(`,"message_thread_id":%v,"is_topic_message":true`, thread)
	}
	_, _ = fmt.Fprintf(w, `{"ok":true,"result":{"message_id":%d,"date":1700000000%s}}`, r.id, place)
}

func (r *recorder) take() []map[string]any {
	r.mu.Lock()
	defer r.mu.Unlock()
	calls := r.calls
	r.calls = nil
	return calls
}

// seen is what a reader sees of a text: letters, digits, signs; neither space nor what is invisible.
func seen(s string) string {
	return strings.Map(func(r rune) rune {
		blank := strings.ContainsRune("\u115f\u1160\u3164\uffa0\u2800", r)
		if unicode.In(r, unicode.L, unicode.N, unicode.P, unicode.S) && !blank {
			return r
		}
		return -1
	}, s)
}

// asTelegramKeeps trims as Telegram does before it stores a text.
func asTelegramKeeps(s string) string {
	return strings.TrimFunc(s, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.In(r, unicode.Cc, unicode.Cf) || r == 0x3164 || r == 0x2800 || r == 0x115f
	})
}

func anyText(t *rapid.T) string {
	pieces := []string{
		"a", "word ", "слово ", "😀", "👨‍👩‍👧‍👦", "🇺🇦", "👍🏽", "é", "\n", "\n\n", " ", "\t", "\u00a0", "\u200b",
		"\u200f", "\u2028", "\u202e", "\ufeff", "\u3164", "\u2800", "\x00", "\x1f", "\r\n", "\r", "/ ", "/", "\xff", "\u0301",
		"𝒳", "漢字",
	}
	var b strings.Builder
	for range rapid.IntRange(0, 12).Draw(t, "runs") {
		piece := rapid.SampledFrom(pieces).Draw(t, "piece")
		if rapid.IntRange(0, 3).Draw(t, "free") == 0 {
			piece = rapid.String().Draw(t, "string")
		}
		times := rapid.SampledFrom([]int{1, 1, 2, 7, 150, 1500, 4095}).Draw(t, "times")
		b.WriteString(strings.Repeat(piece, times))
	}
	return b.String()
}

func anyEntities(t *rapid.T, units int) []topics.Entity {
	kinds := []string{
		"bold", "italic", "code", "pre", "text_link", "text_mention", "custom_emoji", "url", "mention", "nonsense",
	}
	var list []topics.Entity
	for range rapid.SampledFrom([]int{0, 1, 3, 140}).Draw(t, "entities") {
		list = append(list, topics.Entity{
			Type:   rapid.SampledFrom(kinds).Draw(t, "type"),
			Offset: rapid.IntRange(-2, units+2).Draw(t, "offset"),
			Length: rapid.IntRange(-1, units+2).Draw(t, "length"),
			URL:    "https://example.org/", UserID: 5, CustomEmojiID: "1",
		})
	}
	return list
}

// TestNothingLeavesWithoutTheMark is the first rule of the product, over the real sender: whatever the
// text, each message and each edit begins with the mark as Telegram will keep it.
func TestNothingLeavesWithoutTheMark(t *testing.T) {
	api := &recorder{}
	server := httptest.NewServer(api)
	t.Cleanup(server.Close)
	client := newClient(t, server.URL, "1:AAA")
	sender := telegram.NewSender(telegram.SenderOptions{Client: client, Marks: marks{}})
	rapid.Check(t, func(rt *rapid.T) {
		text := topics.Text{Text: anyText(rt)}
		text.Entities = anyEntities(rt, topics.UTF16Len(text.Text))
		out := topics.Outgoing{
			Conversation: topics.Conversation{ChatID: group, ThreadID: rapid.SampledFrom([]int64{0, 42}).Draw(rt, "thread")},
			Text:         text, Priority: topics.Priority(rapid.IntRange(0, 2).Draw(rt, "priority")),
			EditID:  rapid.SampledFrom([]int64{0, 0, 7}).Draw(rt, "edit"),
			Buttons: [][]topics.Button{{{Text: "x", Data: "y"}}},
		}
		delivered, err := sender.Send(t.Context(), out)
		calls := api.take()
		if seen(text.Text) == "" && err != nil {
			var hopeless *topics.Hopeless
			if !errors.As(err, &hopeless) || len(calls) > 0 {
				rt.Fatalf("invisible text: %v, %d calls", err, len(calls))
			}
			return
		}
		if err != nil || len(calls) == 0 || len(delivered.Messages) != len(calls) {
			rt.Fatalf("%v, %d calls, %d messages", err, len(calls), len(delivered.Messages))
		}
		for i, call := range calls {
			checkCall(rt, out, call, i == len(calls)-1)
		}
		checkWhole(rt, out, calls)
	})
}

func checkCall(t *rapid.T, out topics.Outgoing, call map[string]any, last bool) {
	text, _ := call["text"].(string)
	kept := asTelegramKeeps(text)
	rest, marked := strings.CutPrefix(kept, mark)
	if !marked || rest == "" || asTelegramKeeps(rest[:len(rest)-len(strings.TrimLeftFunc(rest, unicode.IsSpace))]) != "" {
		t.Fatalf("no mark before %.60q", kept)
	}
	if first := strings.TrimLeftFunc(rest, unicode.IsSpace); first != rest {
		t.Fatalf("space behind the mark: %.60q", kept)
	}
	units := utf16.Encode([]rune(text))
	if len(units) > 4096 {
		t.Fatalf("%d units", len(units))
	}
	entities, _ := call["entities"].([]any)
	if len(entities) > 100 {
		t.Fatalf("%d entities", len(entities))
	}
	for _, raw := range entities {
		e, _ := raw.(map[string]any)
		offset, _ := e["offset"].(float64)
		length, _ := e["length"].(float64)
		from, to := int(offset), int(offset)+int(length)
		if from < len(mark) || length < 1 || to > len(units) {
			t.Fatalf("entity %v outside of the %d units", e, len(units))
		}
		if lowSurrogate(units, from) || lowSurrogate(units, to) {
			t.Fatalf("entity %v tears a sign apart", e)
		}
	}
	thread, has := call["message_thread_id"].(float64)
	wantThread := out.EditID == 0 && out.ThreadID != 0
	if has != wantThread || (has && int64(thread) != out.ThreadID) {
		t.Fatalf("thread %v for %v", call["message_thread_id"], out.Conversation)
	}
	if _, reply := call["reply_parameters"]; reply || call["parse_mode"] != nil {
		t.Fatal("a reply, or markup")
	}
	if _, buttons := call["reply_markup"]; buttons != last {
		t.Fatalf("buttons %v on the last part %v", buttons, last)
	}
	preview, _ := call["link_preview_options"].(map[string]any)
	if preview["is_disabled"] != true {
		t.Fatal("link preview on")
	}
	if silent := call["disable_notification"] == true; out.EditID == 0 && silent != (out.Priority > 0) {
		t.Fatal("notification")
	}
}

func lowSurrogate(units []uint16, i int) bool {
	return i < len(units) && units[i] >= 0xdc00 && units[i] < 0xe000
}

// checkWhole compares what a reader sees of all parts with the text; an edit may be cut at its end.
func checkWhole(t *rapid.T, out topics.Outgoing, calls []map[string]any) {
	var all strings.Builder
	for _, call := range calls {
		text, _ := call["text"].(string)
		all.WriteString(strings.TrimPrefix(text, mark))
	}
	want := seen(strings.ToValidUTF8(out.Text.Text, "\ufffd"))
	got := seen(all.String())
	// An invalid byte becomes one sign or several, by who counts; they are no text.
	want, got = strings.ReplaceAll(want, "\ufffd", ""), strings.ReplaceAll(got, "\ufffd", "")
	if out.EditID != 0 {
		if len(calls) != 1 || calls[0]["method"] != "editMessageText" {
			t.Fatalf("%d calls, %v", len(calls), calls[0]["method"])
		}
		if cut, is := strings.CutSuffix(got, "…"); is && strings.HasPrefix(want, cut) {
			return
		}
	}
	if got != want {
		t.Fatalf("a reader sees %d bytes of %d", len(got), len(want))
	}
}
