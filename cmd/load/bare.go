package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"time"

	"github.com/mymmrac/telego"
	th "github.com/mymmrac/telego/telegohandler"
	tu "github.com/mymmrac/telego/telegoutil"
	"github.com/valyala/fasthttp"
)

// bareCmd is the yardstick: what a programmer writes who follows telego's own examples. It answers
// /info in a topic by one sendMessage with a card as long as topicpilot's, from memory; it keeps
// nothing, checks nobody's rights and asks nobody.
type bareCmd struct {
	APIURL  string `name:"api-url" required:"" help:"Bot API server."`
	Token   string `required:"" help:"Bot token."`
	Webhook string `name:"webhook" placeholder:"URL" help:"Take updates at this loopback URL (default: long polling)."`
	Secret  string `name:"webhook-secret" default:"bare-secret" help:"Secret of the webhook."`
}

// Run answers until the context ends.
func (c *bareCmd) Run(ctx context.Context) error {
	bot, err := telego.NewBot(c.Token, telego.WithAPIServer(c.APIURL), telego.WithDefaultLogger(false, true))
	if err != nil {
		return fmt.Errorf("bare bot: %w", err)
	}
	updates, stop, err := c.updates(ctx, bot)
	if err != nil {
		return err
	}
	handler, err := th.NewBotHandler(bot, updates)
	if err != nil {
		return fmt.Errorf("bare bot: %w", err)
	}
	handler.HandleMessage(answerInfo, th.CommandEqual("info"))
	go func() {
		<-ctx.Done()
		_ = handler.Stop()
	}()
	return errors.Join(handler.Start(), stop())
}

// updates are taken as telego's examples do.
func (c *bareCmd) updates(ctx context.Context, bot *telego.Bot) (<-chan telego.Update, func() error, error) {
	if c.Webhook == "" {
		updates, err := bot.UpdatesViaLongPolling(ctx, nil)
		return updates, func() error { return nil }, err
	}
	at, err := url.Parse(c.Webhook)
	if err != nil {
		return nil, nil, fmt.Errorf("webhook: %w", err)
	}
	ln, err := net.Listen("tcp", at.Host) //nolint:noctx // lives as long as the program
	if err != nil {
		return nil, nil, fmt.Errorf("webhook: %w", err)
	}
	srv := &fasthttp.Server{ReadTimeout: time.Minute, IdleTimeout: time.Minute}
	register := func(handle telego.WebhookHandler) error {
		// The request's context ends with the request, the update lives on: telego's own advice.
		return telego.WebhookFastHTTP(srv, at.Path, c.Secret)(func(_ context.Context, data []byte) error {
			return handle(ctx, data)
		})
	}
	updates, err := bot.UpdatesViaWebhook(ctx, register)
	if err != nil {
		return nil, nil, fmt.Errorf("webhook: %w", err)
	}
	served := make(chan error, 1)
	go func() { served <- srv.Serve(ln) }()
	err = bot.SetWebhook(ctx, &telego.SetWebhookParams{URL: c.Webhook, SecretToken: c.Secret})
	if err != nil {
		return nil, nil, fmt.Errorf("set webhook: %w", err)
	}
	return updates, func() error { return errors.Join(srv.Shutdown(), <-served) }, nil
}

// answerInfo sends a card of some 250 characters, made anew each time.
func answerInfo(ctx *th.Context, m telego.Message) error {
	user := 987654321 + int64(m.MessageThreadID)
	text, entities := tu.MessageEntities(
		tu.Entity("/ "),
		tu.Entity("John Doe").Bold(),
		tu.Entity("\n@john1991 · id "),
		tu.Entityf("%d", user).Code(),
		tu.Entity("\nLanguage: en\nPhone: "),
		tu.Entity("+12125550123").Code(),
		tu.Entityf("\nStatus: 🟨 waiting for an answer, last message 2025-10-09 00:24:55\nTopic: Customer %d\n",
			m.MessageThreadID-100),
		tu.Entity("support_bot").Italic(),
		tu.Entity(" · account N005 · tariff Standard until 2026-01-31 · balance 12.50 EUR · 3 deals open"),
	)
	_, err := ctx.Bot().SendMessage(ctx, &telego.SendMessageParams{
		ChatID: m.Chat.ChatID(), MessageThreadID: m.MessageThreadID, Text: text, Entities: entities,
		LinkPreviewOptions: &telego.LinkPreviewOptions{IsDisabled: true},
	})
	return err
}
