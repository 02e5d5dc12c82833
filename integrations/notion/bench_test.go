package notion_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"topicpilot/integrations/notion"
	"topicpilot/integrations/notion/notiontest"
	"topicpilot/topics"
)

// prepare is a fake without limits, a client of it, and a page.
func prepare(b *testing.B) (*notiontest.Server, *notion.Client, string) {
	b.Helper()
	server := notiontest.New(notiontest.Options{KeepCalls: -1})
	if err := server.Start("127.0.0.1:0"); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(server.Close)
	db, sources := server.AddDatabase("CRM", notiontest.Customers())
	client, err := notion.New(notion.Options{
		ID: "cards", Token: token(notiontest.DefaultToken), APIURL: server.URL(), DatabaseID: db,
		Properties: properties(), PerSecond: -1, Timeout: time.Minute,
	})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(client.Close)
	return server, client, server.AddPage(sources[0], map[string]string{"Name": "Ann"})
}

// BenchmarkCard is a warm card: one request.
func BenchmarkCard(b *testing.B) {
	server, client, _ := prepare(b)
	card, err := client.Upsert(context.Background(), ann(), topics.KnownCard{})
	if err != nil {
		b.Fatal(err)
	}
	server.ResetRequests()
	for b.Loop() {
		if _, err := client.Upsert(context.Background(), ann(), topics.KnownCard{ID: card.ID}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(server.Requests()["pages.update"])/float64(b.N), "requests/card")
}

// BenchmarkExport writes 5,000 messages of a line each.
func BenchmarkExport(b *testing.B) {
	const count = 5000
	server, client, page := prepare(b)
	store := &memory{}
	for i := range count {
		store.add(talk(int64(i+1), fmt.Sprintf("message %d, as long as most of them are", i)))
	}
	for b.Loop() {
		store.kept.PageID = "" // begin anew
		service := &notion.Transcripts{Client: client, Store: store}
		req := notion.ExportRequest{Conversation: conv, PageID: page, Internal: true}
		if _, err := service.Export(context.Background(), req, nil); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(count*float64(b.N)/b.Elapsed().Seconds(), "messages/s")
	b.ReportMetric(float64(server.Requests()["blocks.children.append"])/float64(b.N), "requests/export")
}
