package topicsapitest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/valyala/fasthttp"
)

// Handler serves one request; for those who have a fasthttp server of their own.
func (s *Server) Handler(ctx *fasthttp.RequestCtx) {
	s.count.Add(1)
	s.active.Add(1)
	defer s.active.Add(-1)
	entry := Request{At: time.Now(), Token: len(ctx.Request.Header.Peek("X-API-KEY")) > 0}
	s.serve(ctx, &entry)
	entry.Status = ctx.Response.StatusCode()
	s.record(entry)
}

func (s *Server) serve(ctx *fasthttp.RequestCtx, entry *Request) {
	if string(ctx.Path()) != Path || !ctx.IsPost() {
		fail(ctx, fasthttp.StatusNotFound,
			fmt.Sprintf("The requested webhook %q is not registered.", string(ctx.Method())+" "+string(ctx.Path())))
		return
	}
	q, problem := decode(ctx.PostBody())
	entry.Instance, entry.GroupID, entry.TopicID = q.instance, q.group, q.topic
	where := place{q.group, q.topic}

	s.mu.RLock()
	token := s.token
	key, keyKnown := s.keys[q.instance]
	info, known := s.known[topicKey{q.instance, where}]
	faults, own := s.topicFaults[where]
	if !own {
		faults = s.faults
	}
	s.mu.RUnlock()

	switch {
	case s.apply(ctx, faults):
	case token != "" && string(ctx.Request.Header.Peek("X-API-KEY")) != token:
		refuseToken(ctx, faults)
	case problem != "":
		fail(ctx, fasthttp.StatusBadRequest, problem)
	case !keyKnown || key != q.key:
		refuseKey(ctx, faults)
	case !known:
		fail(ctx, fasthttp.StatusNotFound, "topic not found")
	default:
		ctx.SetContentType("application/json")
		ctx.SetBody(render(q, info, faults))
	}
}

func refuseToken(ctx *fasthttp.RequestCtx, f Faults) {
	switch {
	case f.Mute:
		ctx.Error("", fasthttp.StatusForbidden)
	case f.HeaderAuth403:
		ctx.Error("Authorization data is wrong!", fasthttp.StatusForbidden)
	default:
		fail(ctx, fasthttp.StatusUnauthorized, "wrong X-API-KEY")
	}
}

func refuseKey(ctx *fasthttp.RequestCtx, f Faults) {
	if f.Mute {
		ctx.Error("", fasthttp.StatusForbidden)
		return
	}
	fail(ctx, fasthttp.StatusForbidden, "wrong instance or api_key")
}

func fail(ctx *fasthttp.RequestCtx, status int, message string) {
	body, err := json.Marshal(map[string]any{"code": status, "message": message})
	if err != nil {
		body = nil
	}
	ctx.SetStatusCode(status)
	ctx.SetContentType("application/json")
	ctx.SetBody(body)
}

// question is a request as the vendor's page has it.
type question struct {
	instance string
	key      string
	group    string
	topic    int64
}

// decode reads a request strictly; the second value says what is wrong with it.
func decode(body []byte) (question, string) {
	var raw struct {
		Action   *string         `json:"action"`
		GroupID  *string         `json:"group_id"`
		TopicID  json.RawMessage `json:"topic_id"`
		Instance *string         `json:"instance"`
		APIKey   *string         `json:"api_key"`
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&raw); err != nil {
		return question{}, "body is not the documented JSON object"
	}
	if raw.Action == nil || raw.GroupID == nil || raw.TopicID == nil || raw.Instance == nil || raw.APIKey == nil {
		return question{}, "action, group_id, topic_id, instance and api_key are required"
	}
	q := question{instance: *raw.Instance, key: *raw.APIKey, group: *raw.GroupID}
	if *raw.Action != "info_by_topic" {
		return q, "unknown action"
	}
	if group, err := strconv.ParseInt(q.group, 10, 64); err != nil || group <= 0 {
		return q, "group_id is the id of the topic's link, without -100"
	}
	// The newer page shows a number, the older one a string.
	topic, err := strconv.ParseInt(string(bytes.Trim(raw.TopicID, `"`)), 10, 64)
	if err != nil || topic <= 0 {
		return q, "topic_id is the number at the end of the topic's link"
	}
	q.topic = topic
	return q, ""
}
