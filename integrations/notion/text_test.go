package notion_test

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"topicpilot/integrations/notion"
	"topicpilot/topics"
)

// TestCut: what is cut fits, is valid, and is the beginning of what it was.
func TestCut(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.String().Draw(t, "s")
		limit := rapid.IntRange(2, 40).Draw(t, "limit")
		got := notion.Cut(s, limit)
		if n := topics.UTF16Len(got); n > limit || utf8.ValidString(s) && !utf8.ValidString(got) {
			t.Fatalf("%d units, limit %d", n, limit)
		}
		if got != s && (topics.UTF16Len(s) <= limit || !strings.HasPrefix(s, strings.TrimSuffix(got, "…"))) {
			t.Fatal("another text")
		}
		head, rest := notion.SplitAt(s, limit)
		if head+rest != s {
			t.Fatal("something is lost")
		}
	})
}

func texts(t *rapid.T) topics.Text {
	text := topics.Text{Text: strings.Repeat(rapid.String().Draw(t, "s"), rapid.IntRange(1, 200).Draw(t, "times"))}
	kinds := []string{"bold", "italic", "underline", "strikethrough", "code", "pre", "text_link", "url", "spoiler", "x"}
	for range rapid.IntRange(0, 300).Draw(t, "entities") {
		text.Entities = append(text.Entities, topics.Entity{
			Type: rapid.SampledFrom(kinds).Draw(t, "type"), Offset: rapid.IntRange(-3, 3000).Draw(t, "offset"),
			Length: rapid.IntRange(-3, 500).Draw(t, "length"),
			URL:    rapid.SampledFrom([]string{"https://example.com", "tg://x", "http://", "", "https://a b"}).Draw(t, "url"),
		})
	}
	return text
}

// TestRender: whatever the entities, the words stay, and every limit of Notion is kept.
func TestRender(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := texts(t)
		var b strings.Builder
		for _, item := range notion.Styled(text) {
			b.WriteString(item.Text.Content)
		}
		want := notion.Valid(notion.Cut(text.Text, 40_000))
		if got := b.String(); got != want {
			t.Fatalf("%d units became %d", topics.UTF16Len(want), topics.UTF16Len(got))
		}
		m := talk(1, "")
		m.Text = text
		checkBlocks(t, notion.Render(&m, rapid.Bool().Draw(t, "edited"), "quoted"))
	})
}

func checkBlocks(t rapid.TB, blocks []notion.Block) {
	t.Helper()
	size := 0
	for _, block := range blocks {
		size += notion.BlockSize(block)
		if n := len(block.Paragraph.RichText); n > 100 {
			t.Fatalf("%d items", n)
		}
		for _, item := range block.Paragraph.RichText {
			if n := topics.UTF16Len(item.Text.Content); n > 2000 || n == 0 {
				t.Fatalf("an item of %d units", n)
			}
			if item.Text.Link != nil && !strings.HasPrefix(item.Text.Link.Url, "http") {
				t.Fatal("a link that is none of the web")
			}
		}
	}
	if len(blocks) > 100 || size > 400<<10 || notion.Fits(blocks) != len(blocks) {
		t.Fatalf("%d blocks of %d bytes", len(blocks), size)
	}
}

func TestWebLink(t *testing.T) {
	for address, want := range map[string]bool{
		"https://example.com/a?b=c#d": true, "http://example.com": true, "javascript:alert(1)": false,
		"tg://user?id=1": false, "https://": false, "https://u:p@example.com": false, "//example.com": false,
		"https://a b": false, "https://x/" + strings.Repeat("a", 2000): false, "mailto:a@b.c": false,
	} {
		if got := notion.WebLink(address); (got != "") != want {
			t.Errorf("%q: %q", address, got)
		}
	}
}

// FuzzPage: no answer, whatever it holds, breaks the reading of a card.
func FuzzPage(f *testing.F) {
	f.Add([]byte(`{"object":"page","id":"x","properties":{"Telegram ID":{"number":4.2e1}}}`))
	f.Add([]byte(`{"object":"page","id":"x","properties":{"Tags":{"multi_select":[{"name":"a"},null]},"Priority":7}}`))
	f.Add([]byte(`{"object":"list","results":[{"id":"x"},7,{"id":"y","paragraph":{"rich_text":[{}]}}]}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		owners, card, ok := notion.ReadPage(raw)
		if ok && (len(owners) != 3 || card.ID == "") {
			t.Errorf("%v %+v", owners, card)
		}
		if strings.Trim(strings.Join(owners[:min(1, len(owners))], ""), "-0123456789") != "" {
			t.Errorf("owner %q is no number", owners[0])
		}
		notion.ReadBlocks(raw)
	})
}

// FuzzMessage: no message, whatever it holds, breaks a limit of Notion.
func FuzzMessage(f *testing.F) {
	f.Add([]byte(`{"text":{"text":"a😀b","entities":[{"type":"bold","offset":2,"length":1}]}}`))
	f.Add([]byte(`{"text":{"text":"x"},"media":[{"kind":"photo","size":-1}],"album":"a","author":{"name":"\u0000"}}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		var m topics.Message
		if json.Unmarshal(raw, &m) != nil {
			return
		}
		blocks := notion.Render(&m, true, "")
		checkBlocks(t, blocks)
		if len(blocks) == 0 {
			t.Error("nothing is left of it")
		}
	})
}
