package stage

import (
	"bytes"
	"encoding/json"
	"strconv"
	"time"

	"github.com/valyala/fasthttp"
)

// mark is what every message of ours in a group begins with, as JSON text.
var mark = []byte(`"/ `)

type sendParams struct {
	ChatID   json.RawMessage `json:"chat_id"`
	Thread   int64           `json:"message_thread_id"`
	Text     json.RawMessage `json:"text"`
	Entities json.RawMessage `json:"entities"`
}

// sendMessage takes an answer. The body is read before the clock is asked, as a real server does.
func (s *Stage) sendMessage(ctx *fasthttp.RequestCtx) {
	var p sendParams
	if err := json.Unmarshal(ctx.PostBody(), &p); err != nil {
		refuse(ctx, 400, "Bad Request: the stage takes JSON only")
		return
	}
	now := time.Now()
	chatID, err := strconv.ParseInt(string(bytes.Trim(p.ChatID, `"`)), 10, 64)
	marked := bytes.HasPrefix(p.Text, mark)
	s.mu.Lock()
	s.calls["sendMessage"]++
	t := s.topicOf(chatID, p.Thread)
	if err != nil || t == nil {
		if s.run != nil {
			s.run.result.WrongTopic++
		}
		s.mu.Unlock()
		refuse(ctx, 400, "Bad Request: message thread not found")
		return
	}
	t.group.messageID++
	id := t.group.messageID
	s.answered(t, marked, now)
	s.mu.Unlock()
	answerMessage(ctx, t, &p, id, now.Unix())
}

func (s *Stage) topicOf(chatID, thread int64) *topic {
	i := thread - FirstThread
	if i < 0 || i >= int64(len(s.topics)) || s.topics[i].group.id != chatID {
		return nil
	}
	return s.topics[i]
}

// answerMessage gives the sent message back as the Bot API does.
func answerMessage(ctx *fasthttp.RequestCtx, t *topic, p *sendParams, id, date int64) {
	body := make([]byte, 0, len(p.Text)+len(p.Entities)+len(t.group.head)+256)
	body = append(body, `{"ok":true,"result":{"message_id":`...)
	body = strconv.AppendInt(body, id, 10)
	body = append(body, `,"from":{"id":`...)
	body = strconv.AppendInt(body, BotID, 10)
	body = append(body, `,"is_bot":true,"first_name":"Topicpilot","username":"topicpilot_bot"},"chat":`...)
	body = append(body, t.group.head...)
	body = append(body, `,"date":`...)
	body = strconv.AppendInt(body, date, 10)
	body = append(body, `,"message_thread_id":`...)
	body = strconv.AppendInt(body, t.thread, 10)
	body = append(body, `,"text":`...)
	body = append(body, p.Text...)
	if len(p.Entities) > 0 {
		body = append(body, `,"entities":`...)
		body = append(body, p.Entities...)
	}
	body = append(body, `,"is_topic_message":true}}`...)
	ctx.SetContentType("application/json")
	ctx.Response.SetBodyRaw(body)
}
