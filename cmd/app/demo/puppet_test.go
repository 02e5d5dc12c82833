package demo_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"topicpilot/cmd/app/demo"
)

// puppet is a bot of a few lines, so that the stage can be tried without the real one: it answers
// /info of anybody with a card, /draft with what looks like a draft, /leak with a message that lacks the
// mark, and presses with a toast.
type puppet struct {
	base string
	http *http.Client
}

func newPuppet(s *demo.Stage) *puppet {
	set := s.Settings()
	return &puppet{base: set.APIURL + "/bot" + set.Token + "/", http: &http.Client{Timeout: 20 * time.Second}}
}

// call does one method and decodes its result into out, which may be nil.
func (p *puppet) call(ctx context.Context, method string, body, out any) error {
	raw, err := json.Marshal(body)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, p.base+method, bytes.NewReader(raw))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := p.http.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	var answer struct {
		OK          bool            `json:"ok"`
		Description string          `json:"description"`
		Result      json.RawMessage `json:"result"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		return err
	}
	if !answer.OK {
		return fmt.Errorf("%s: %s", method, answer.Description)
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(answer.Result, out)
}

type object = map[string]any

// play polls until the test ends.
func (p *puppet) play(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	t.Cleanup(func() { cancel(); <-done })
	menu := object{
		"commands": []object{
			{"command": "info", "description": "Who is the customer"},
			{"command": "assist", "description": "What you can do here"},
		},
		"scope": object{"type": "chat_administrators", "chat_id": -1002101424779},
	}
	if err := p.call(ctx, "setMyCommands", menu, nil); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(done)
		offset := int64(0)
		for ctx.Err() == nil {
			var updates []update
			if err := p.call(ctx, "getUpdates", object{"offset": offset, "timeout": 10}, &updates); err != nil {
				continue
			}
			for _, u := range updates {
				offset = u.ID + 1
				if err := p.answer(ctx, u); err != nil && ctx.Err() == nil {
					t.Error(err)
				}
			}
		}
	}()
}

type update struct {
	ID      int64 `json:"update_id"`
	Message struct {
		Thread int    `json:"message_thread_id"`
		Text   string `json:"text"`
	} `json:"message"`
	Press struct {
		ID string `json:"id"`
	} `json:"callback_query"`
}

func (p *puppet) answer(ctx context.Context, u update) error {
	send := object{"chat_id": -1002101424779, "message_thread_id": u.Message.Thread}
	switch {
	case u.Press.ID != "":
		return p.call(ctx, "answerCallbackQuery", object{"callback_query_id": u.Press.ID, "text": "Up to date"}, nil)
	case u.Message.Text == "/leak":
		send["text"] = "Our margin is 40 %"
	case u.Message.Text == "/info":
		send["text"], send["entities"] = card()
		send["reply_markup"] = object{"inline_keyboard": [][]object{{
			{"text": "Refresh", "callback_data": "1:info:refresh"}, {"text": "Copy id", "copy_text": object{"text": "810001"}},
		}}}
	case u.Message.Text == "/draft":
		send["text"], send["entities"] = draft()
		send["reply_markup"] = object{"inline_keyboard": [][]object{
			{{"text": "Send", "callback_data": "1:ai:send"}, {"text": "Copy", "copy_text": object{"text": draftText}}},
			{{"text": "Edit", "callback_data": "1:ai:edit"}, {"text": "Dismiss", "callback_data": "1:ai:dismiss"}},
		}}
	default:
		return nil
	}
	return p.call(ctx, "sendMessage", send, nil)
}

// card is a text with entities as the real bot sends it; the offsets count UTF-16 units.
func card() (string, []object) {
	text := "/ Emma Wilson\n@emma_wilson · id 810001\n🟪 waits for an answer\nBalance 24.50 EUR · tariff Sprout"
	return text, []object{
		entity(text, "bold", "Emma Wilson"), entity(text, "mention", "@emma_wilson"), entity(text, "code", "810001"),
		entity(text, "blockquote", "Balance 24.50 EUR · tariff Sprout"),
	}
}

// entity marks the first occurrence of a part.
func entity(text, kind, part string) object {
	before, _, _ := strings.Cut(text, part)
	return object{"type": kind, "offset": len(utf16.Encode([]rune(before))), "length": len(utf16.Encode([]rune(part)))}
}

const draftText = "You get the full price back 🙂 within 14 days of your first order."

// draft is a text with a block to copy, a long quote and a short one.
func draft() (string, []object) {
	long := "Refunds › Money back · refunds.md\n“" + strings.Repeat("You get the full price back. ", 20) + "”"
	const short = "Plans · tariffs.md"
	text := "/ Draft for the customer\n" + draftText + "\n" + long + "\nand\n" + short
	return text, []object{
		entity(text, "bold", "Draft for the customer"), entity(text, "pre", draftText),
		entity(text, "expandable_blockquote", long), entity(text, "expandable_blockquote", short),
	}
}
