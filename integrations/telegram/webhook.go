package telegram

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"time"

	"github.com/valyala/fasthttp"

	"topicpilot/topics"
)

// MaxWebhookBody is the largest update that is accepted, in bytes. The HTTP server's own limit
// must be higher, or it answers in our place.
const MaxWebhookBody = 1 << 20

const (
	secretHeader  = "X-Telegram-Bot-Api-Secret-Token" //nolint:gosec // a header's name
	appendTimeout = 20 * time.Second
)

// Journal keeps raw updates. Append returns after they are durable; updates whose key is known
// are passed over.
type Journal interface {
	Append(ctx context.Context, items []topics.NewItem) (added int, err error)
}

// WebhookOptions configure a Webhook; all fields are required but Log.
type WebhookOptions struct {
	BotID   int64
	Journal Journal
	// Secret is compared with the one that Telegram sends; "" refuses everything.
	Secret string
	// Context ends writes that still wait; a request's own context cannot serve, as
	// fasthttp reuses it.
	Context context.Context //nolint:containedctx // see above
	Log     *slog.Logger
}

// Webhook is the handler of the updates that Telegram pushes. It answers 200 only once
// the update is in the journal. Telegram sends a forum's updates one at a time and
// repeats what is not answered by 2xx, so nothing that is an update is ever refused:
// what it holds is looked at later.
type Webhook struct {
	o      WebhookOptions
	secret [sha256.Size]byte
}

// NewWebhook makes the handler.
func NewWebhook(o WebhookOptions) *Webhook {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Webhook{o: o, secret: sha256.Sum256([]byte(o.Secret))}
}

// Handle answers one request: 405 not POST, 401 wrong or missing secret, 413 too large, 400 no JSON,
// 500 not stored (Telegram sends it again), 200 stored. It may be used concurrently.
func (w *Webhook) Handle(ctx *fasthttp.RequestCtx) {
	if !ctx.IsPost() {
		ctx.Response.Header.Set("Allow", "POST")
		ctx.SetStatusCode(fasthttp.StatusMethodNotAllowed)
		return
	}
	// Sums of equal length are compared, so the time tells nothing of the secret's length either.
	sum := sha256.Sum256(ctx.Request.Header.Peek(secretHeader))
	if w.o.Secret == "" || subtle.ConstantTimeCompare(sum[:], w.secret[:]) != 1 {
		ctx.SetStatusCode(fasthttp.StatusUnauthorized)
		return
	}
	body, err := readBody(ctx)
	if err != nil {
		passOver(ctx)
		ctx.SetStatusCode(fasthttp.StatusRequestEntityTooLarge)
		ctx.SetConnectionClose()
		return
	}
	if !json.Valid(body) {
		ctx.SetStatusCode(fasthttp.StatusBadRequest)
		return
	}
	key, conv := Route(w.o.BotID, body)
	write, cancel := context.WithTimeout(w.o.Context, appendTimeout)
	defer cancel()
	if _, err := w.o.Journal.Append(write, []topics.NewItem{inboxItem(key, conv, body)}); err != nil {
		w.o.Log.Error("update not stored; Telegram will send it again", "update", key, "error", err)
		ctx.SetStatusCode(fasthttp.StatusInternalServerError)
		return
	}
	ctx.SetStatusCode(fasthttp.StatusOK)
}

var errBodySize = errors.New("body too large")

// maxPassedOver bounds what is read of a body that is too large.
const maxPassedOver = 16 << 20

// passOver reads what is left of a body and forgets it: who is still writing when the
// connection is closed would see a broken connection instead of the answer.
func passOver(ctx *fasthttp.RequestCtx) {
	if stream := ctx.RequestBodyStream(); stream != nil {
		_, _ = io.CopyN(io.Discard, stream, maxPassedOver) // the answer is the same however it ends
	}
}

// readBody copies the body, which fasthttp reuses.
func readBody(ctx *fasthttp.RequestCtx) ([]byte, error) {
	if ctx.Request.Header.ContentLength() > MaxWebhookBody {
		return nil, errBodySize
	}
	if stream := ctx.RequestBodyStream(); stream != nil {
		body := make([]byte, 0, max(0, ctx.Request.Header.ContentLength()))
		for {
			if len(body) == cap(body) {
				body = append(body, 0)[:len(body)]
			}
			n, err := stream.Read(body[len(body):cap(body)])
			body = body[:len(body)+n]
			if len(body) > MaxWebhookBody {
				return nil, errBodySize
			}
			if err != nil {
				return body, nil //nolint:nilerr // the end, or a part that is no JSON
			}
		}
	}
	body := ctx.PostBody()
	if len(body) > MaxWebhookBody {
		return nil, errBodySize
	}
	return append(make([]byte, 0, len(body)), body...), nil
}

func inboxItem(key string, conv topics.Conversation, raw []byte) topics.NewItem {
	return topics.NewItem{Queue: topics.QueueInbox, Lane: conv.Lane(), Key: key, Payload: raw}
}
