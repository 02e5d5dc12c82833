//go:build oracle

package notion_test

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"topicpilot/integrations/notion/notiontest"
	"topicpilot/topics"
)

// node runs a script beside the official client, which `.ci/notion` installs.
func node(t *testing.T, script string, args ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "node", append([]string{script}, args...)...)
	cmd.Dir = filepath.Join("notiontest", "oracle")
	out, err := cmd.CombinedOutput()
	t.Logf("%s", out)
	if err != nil {
		t.Fatalf("%s: %v", script, err)
	}
}

// TestTypes holds every request of our client and every answer of the fake against the
// official client's types.
func TestTypes(t *testing.T) {
	r := newRoom(t, notiontest.Options{})
	r.client.Check(t.Context())
	card := upsert(t, r.stage, ann(), "")
	r.server.SetTags(card.ID, "vip")
	r.server.SetPriority(card.ID, "High")
	upsert(t, r.stage, ann(), card.ID)
	upsert(t, r.stage, ann(), "")
	r.page = card.ID
	for i := range 150 {
		m := talk(int64(i+1), "bold, code and a link")
		m.Text.Entities = []topics.Entity{
			{Type: "bold", Length: 4},
			{Type: "code", Offset: 6, Length: 4},
			{Type: "text_link", Offset: 17, Length: 4, URL: "https://example.com"},
		}
		m.Media = []topics.Media{{Kind: "photo", Size: 100}}
		r.store.add(m)
	}
	r.server.Fail("blocks.children.append", notiontest.Fault{Close: true, After: true})
	r.must(t)
	page, err := r.client.EnsureTranscriptPage(t.Context(), card.ID, "Transcript", "")
	if err != nil {
		t.Fatal(err)
	}
	// Twice each: the second time a refused change is looked into.
	for range 2 {
		if err := r.client.DeleteBlock(t.Context(), r.store.blocks[0]); err != nil {
			t.Fatal(err)
		}
		if err := r.client.Archive(t.Context(), page.ID); err != nil {
			t.Fatal(err)
		}
	}
	record := filepath.Join(t.TempDir(), "recording.jsonl")
	f, err := os.Create(record)
	if err != nil {
		t.Fatal(err)
	}
	enc := json.NewEncoder(f)
	for _, exchange := range r.server.Exchanges() {
		if err := enc.Encode(exchange); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	node(t, "validate.mjs", record)
}

// TestOfficialClient runs the official client against the fake.
func TestOfficialClient(t *testing.T) {
	s := newStage(t, notiontest.Options{})
	s.server.Fail("dataSources.query", notiontest.Fault{Status: 429, RetryAfter: 1})
	node(t, "client.mjs", s.server.URL(), notiontest.DefaultToken, s.database)
	if n := s.server.Requests()["dataSources.query"]; n != 3 {
		t.Errorf("%d queries, want one again after its 429", n)
	}
}
