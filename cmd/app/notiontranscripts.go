package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"topicpilot/commands"
	"topicpilot/integrations/notion"
	"topicpilot/topics"
	"topicpilot/topics/transcript"
)

// transcriptOnCard is the setting by which a transcript is written on the customer's
// card itself, and not on a page of its own below it.
const transcriptOnCard = "card"

// notionTranscripts writes transcripts into Notion.
type notionTranscripts struct {
	client *notion.Client
	cards  commands.Cards
	pages  topics.PageStore
	writer *notion.Transcripts
	onCard bool
}

var _ commands.NotionTranscripts = (*notionTranscripts)(nil)

func (a *App) notionTranscripts() *notionTranscripts {
	client := a.notions.first()
	return &notionTranscripts{
		client: client, cards: a.cards(client), pages: a.store,
		writer: &notion.Transcripts{Client: client, Store: a.store},
		onCard: a.notions.settings.Transcript == transcriptOnCard,
	}
}

// ExportTopic implements commands.NotionTranscripts. A page that was put into the trash
// meanwhile gets a successor, which holds everything anew.
func (t *notionTranscripts) ExportTopic(
	ctx context.Context, req commands.TranscriptRequest, progress func(done, total int64),
) (url string, added int64, err error) {
	url, added, err = t.export(ctx, req, progress)
	if gone(err) {
		var more int64
		url, more, err = t.export(ctx, req, progress)
		added += more
	}
	if err != nil {
		err = cardError(err)
	}
	return url, added, err
}

func gone(err error) bool {
	refusal, ok := errors.AsType[*notion.Error](err)
	return ok && refusal.Kind == notion.KindArchived
}

func (t *notionTranscripts) export(
	ctx context.Context, req commands.TranscriptRequest, progress func(done, total int64),
) (url string, added int64, err error) {
	page, err := t.page(ctx, req)
	if err != nil {
		return "", 0, err
	}
	// What was said before the group got its present id comes first.
	for _, chatID := range chats(req) {
		result, err := t.writer.Export(ctx, notion.ExportRequest{
			Conversation: topics.Conversation{ChatID: chatID, ThreadID: req.ThreadID},
			PageID:       page.ID, Internal: req.Comments, Customer: req.Customer, Labels: notionLabels(req.Labels),
			Since: req.Since,
		}, progress)
		if err != nil {
			return page.URL, added, err // what it has written counts once it goes on to its end
		}
		added += result.Added + result.Edited
	}
	return page.URL, added, nil
}

var errNoCustomer = errors.New("it is not known who stands behind the topic")

// page gives the page that the transcript goes to, made if need be.
func (t *notionTranscripts) page(ctx context.Context, req commands.TranscriptRequest) (topics.Page, error) {
	if req.Customer == nil {
		return topics.Page{}, &commands.CardError{Reason: commands.CardNoCustomer, Err: errNoCustomer}
	}
	card, err := commands.WriteCard(ctx, t.pages, t.cards, commands.CardRequest{
		System: t.client.ID(), Customer: *req.Customer, Since: req.Since,
	})
	if err != nil || t.onCard {
		return topics.Page{ID: card.ID, URL: card.URL}, err
	}
	kept, err := t.kept(ctx, req)
	if err != nil {
		return topics.Page{}, err
	}
	title := fmt.Sprintf("%s %d/%d", req.Labels.Transcript, req.ChatID, req.ThreadID)
	page, err := t.client.EnsureTranscriptPage(ctx, card.ID, title, kept.ID)
	if err != nil || page.ID == kept.ID {
		return kept, err
	}
	kept = topics.Page{
		System: t.client.ID(), Kind: topics.PageTranscript, CustomerID: req.Customer.ID,
		Conversation: req.Conversation, ID: page.ID, URL: page.URL, Ours: true, At: time.Now(),
		Since: req.Since,
	}
	if err := t.pages.KeepPage(ctx, kept); err != nil {
		return topics.Page{}, fmt.Errorf("keep the transcript's page: %w", err)
	}
	return kept, nil
}

// kept finds the page that the topic has, also one from before the group became another
// chat; the zero value for none.
func (t *notionTranscripts) kept(ctx context.Context, req commands.TranscriptRequest) (topics.Page, error) {
	for _, chatID := range slices.Backward(chats(req)) {
		conv := topics.Conversation{ChatID: chatID, ThreadID: req.ThreadID}
		page, err := t.pages.Page(ctx, t.client.ID(), topics.PageTranscript, req.Customer.ID, conv)
		if err == nil {
			return page, nil
		}
		if !errors.Is(err, topics.ErrNotFound) {
			return topics.Page{}, fmt.Errorf("read the transcript's page: %w", err)
		}
	}
	return topics.Page{}, nil
}

// chats are where the topic's messages are stored, oldest first.
func chats(req commands.TranscriptRequest) []int64 {
	return append(slices.Clone(req.Former), req.ChatID)
}

func notionLabels(l transcript.Labels) notion.Labels {
	return notion.Labels{
		Authors: map[topics.AuthorKind]string{
			topics.AuthorCustomer: l.Customer, topics.AuthorOperator: l.Operator, topics.AuthorAnonymous: l.Operator,
			topics.AuthorStranger: l.Operator, topics.AuthorBot: l.Bot, topics.AuthorSelf: l.Bot,
			topics.AuthorService: l.Service,
		},
		Comment: l.Comment, Command: l.Command, Edited: l.Edited, Forwarded: l.Forwarded, Album: l.Album, Event: l.Event,
	}
}
