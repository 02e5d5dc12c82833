package transcript_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"topicpilot/topics"
	"topicpilot/topics/transcript"
)

var update = flag.Bool("update", false, "write golden files anew")

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s:\n%s", path, diff)
	}
}

// TestFormats: one topic that holds everything, in each format.
func TestFormats(t *testing.T) {
	for _, format := range transcript.Formats() {
		golden(t, "scene."+string(format), written(t, scene(), options(format)))
	}
	kyiv, err := time.LoadLocation("Europe/Kyiv")
	if err != nil {
		t.Skip("no time zones here")
	}
	o := options(transcript.Markdown)
	o.Comments, o.Location, o.Head.Customer, o.Head.Title = false, kyiv, nil, ""
	golden(t, "bare.md", written(t, scene(), o))
}

// TestComments: what stays inside is left out, what went to the customer is not.
func TestComments(t *testing.T) {
	for _, format := range transcript.Formats() {
		o := options(format)
		o.Comments = false
		got := written(t, scene(), o)
		for _, inside := range []string{"call him back", "/info", "· ID: 987654321"} {
			if strings.Contains(got, inside) {
				t.Errorf("%s holds %q", format, inside)
			}
		}
		if !strings.Contains(got, "Your tariff is active") {
			t.Errorf("%s lacks what was sent to the customer", format)
		}
	}
}

func TestEmpty(t *testing.T) {
	for format, want := range map[transcript.Format]string{
		transcript.HTML: "Nothing has been said here.", transcript.Markdown: "Nothing has been said here.",
		transcript.JSON: "\"messages\":[\n]}\n", transcript.JSONL: "",
	} {
		if got := written(t, said(), options(format)); !strings.HasSuffix(got, want) && !strings.Contains(got, want+"<") &&
			!strings.Contains(got, want+"\n") {
			t.Errorf("%s: %q", format, got)
		}
	}
}

// TestFormer: what was said before the group became another chat stands first.
func TestFormer(t *testing.T) {
	src := said(by(ann, "second"))
	old := topics.Conversation{ChatID: -1001, ThreadID: topicID}
	src.messages[old] = []topics.Message{{
		ID: 11, Author: ann, Kind: topics.MessageTalk, Text: topics.Plain("first"), Date: start,
	}}
	o := options(transcript.HTML)
	o.Head.Former = []int64{-1001}
	got := written(t, src, o)
	if first, second := strings.Index(got, "first<"), strings.Index(got, "second<"); first < 0 || first > second {
		t.Errorf("%d, %d", first, second)
	}
	if !strings.Contains(got, `id="former1-m11"`) || !strings.Contains(got, `id="m11"`) {
		t.Error("anchors are not told apart")
	}
}

// TestPages: pages are bounded, albums go over their ends, progress counts.
func TestPages(t *testing.T) {
	var list []topics.Message
	for range 1234 {
		m := by(ann, "x")
		m.AlbumID = "one"
		list = append(list, m)
	}
	src := said(list...)
	for i := range src.messages[here] {
		src.messages[here][i].Date = start
	}
	var steps [][2]int64
	var out bytes.Buffer
	n, err := transcript.Write(t.Context(), &out, src, options(transcript.HTML), func(done, total int64) {
		steps = append(steps, [2]int64{done, total})
	})
	if err != nil {
		t.Fatal(err)
	}
	if n != 1234 {
		t.Errorf("%d messages written", n)
	}
	if diff := cmp.Diff([][2]int64{{500, 1234}, {1000, 1234}, {1234, 1234}}, steps); diff != "" {
		t.Error(diff)
	}
	if src.most > 500 {
		t.Errorf("pages of %d", src.most)
	}
	if n := strings.Count(out.String(), "<article"); n != 1 {
		t.Errorf("one album in %d blocks", n)
	}
}

type fullDisk struct{ left int }

var errFull = errors.New("no space left")

func (d *fullDisk) Write(p []byte) (int, error) {
	if d.left -= len(p); d.left < 0 {
		return 0, errFull
	}
	return len(p), nil
}

func TestErrors(t *testing.T) {
	var list []topics.Message
	for range 2000 {
		list = append(list, by(ann, strings.Repeat("x", 200)))
	}
	src := said(list...)
	for _, format := range transcript.Formats() {
		pages := 0
		count := func(int64, int64) { pages++ }
		_, err := transcript.Write(t.Context(), &fullDisk{left: 100_000}, src, options(format), count)
		if format == transcript.JSONL { // one side alone: nothing to write
			continue
		}
		if !errors.Is(err, errFull) || pages > 3 {
			t.Errorf("%s: %v after %d pages", format, err, pages)
		}
	}
	for _, format := range []transcript.Format{transcript.HTML, transcript.Markdown, transcript.JSON} {
		o := options(format)
		o.Mask = true
		if _, err := transcript.Write(t.Context(), io.Discard, src, o, nil); !errors.Is(err, transcript.ErrMask) {
			t.Errorf("masked %s: %v", format, err)
		}
	}
	if _, err := transcript.Write(t.Context(), io.Discard, src, options("pdf"), nil); err == nil {
		t.Error("pdf")
	}
	if _, err := transcript.ParseFormat("pdf"); err == nil || err.Error() != `format "pdf": want md, html, json or jsonl` {
		t.Error(err)
	}
}

// failing gives an error from its third page on.
type failing struct {
	*memory
	pages int
}

func (f *failing) Messages(
	ctx context.Context, conv topics.Conversation, after int64, limit int,
) ([]topics.Message, error) {
	if f.pages++; f.pages == 3 {
		return nil, topics.ErrClosed
	}
	return f.memory.Messages(ctx, conv, after, limit)
}

func TestSourceFails(t *testing.T) {
	var list []topics.Message
	for range 2000 {
		list = append(list, by(ann, "x"))
	}
	src := &failing{memory: said(list...)}
	_, err := transcript.Write(t.Context(), io.Discard, src, options(transcript.JSON), nil)
	if !errors.Is(err, topics.ErrClosed) {
		t.Error(err)
	}
}
