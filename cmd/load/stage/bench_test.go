package stage_test

import (
	"bytes"
	"context"
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/valyala/fasthttp"

	"topicpilot/cmd/load/stage"
)

// BenchmarkClosedLoop measures the stage with a bot in the same process that does as little as it can:
// what it reports is less than what the stage can do alone.
func BenchmarkClosedLoop(b *testing.B) {
	s, helper := newStage(b, 64, 1)
	ctx, cancel := context.WithCancel(b.Context())
	defer cancel()
	client := &fasthttp.Client{MaxConnsPerHost: 128}
	threads := make(chan string, 64)
	go leanPoll(ctx, client, helper.url, threads)
	for range 32 {
		go leanSend(ctx, client, helper.url, threads)
	}
	b.ResetTimer()
	res, err := s.Run(ctx, stage.Plan{Outstanding: 32, Count: max(b.N, 32), Duration: 5 * time.Minute})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(res.Answered)/b.Elapsed().Seconds(), "commands/s")
}

func leanCall(client *fasthttp.Client, url, method string, body []byte) []byte {
	req, resp := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
	defer fasthttp.ReleaseRequest(req)
	defer fasthttp.ReleaseResponse(resp)
	req.Header.SetMethod(fasthttp.MethodPost)
	req.SetRequestURI(url + "/bot" + stage.Token + "/" + method)
	req.SetBodyRaw(body)
	if err := client.Do(req, resp); err != nil {
		return nil
	}
	return bytes.Clone(resp.Body())
}

func leanPoll(ctx context.Context, client *fasthttp.Client, url string, threads chan<- string) {
	offset := 0
	for ctx.Err() == nil {
		raw := leanCall(client, url, "getUpdates", fmt.Appendf(nil, `{"offset":%d,"timeout":1}`, offset))
		for {
			_, rest, ok := bytes.Cut(raw, []byte(`"update_id":`))
			if !ok {
				break
			}
			offset, _ = strconv.Atoi(string(rest[:bytes.IndexByte(rest, ',')]))
			offset++
			_, rest, _ = bytes.Cut(rest, []byte(`"message_thread_id":`))
			threads <- string(rest[:bytes.IndexByte(rest, ',')])
			raw = rest
		}
	}
}

func leanSend(ctx context.Context, client *fasthttp.Client, url string, threads <-chan string) {
	text := string(bytes.Repeat([]byte("card "), 50))
	for {
		select {
		case <-ctx.Done():
			return
		case thread := <-threads:
			leanCall(client, url, "sendMessage", fmt.Appendf(nil,
				`{"chat_id":-1002101424779,"message_thread_id":%s,"text":"/ %s",`+
					`"entities":[{"type":"bold","offset":2,"length":4}]}`,
				thread, text))
		}
	}
}
