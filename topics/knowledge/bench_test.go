package knowledge_test

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"topicpilot/topics"
	"topicpilot/topics/knowledge"
)

// scribe writes articles whose words are as frequent as those of a language: few make up
// most of a text, and most are rare.
type scribe struct {
	random *rand.Rand
	common []string
	roots  []string
	ends   []string
	zipf   *rand.Zipf
}

func newScribe(random *rand.Rand, syllables, common, ends string) *scribe {
	s := &scribe{random: random, common: strings.Fields(common), ends: strings.Split(ends, ",")}
	parts := strings.Fields(syllables)
	for range 12_000 {
		var root strings.Builder
		for range 2 + random.IntN(3) {
			root.WriteString(parts[random.IntN(len(parts))])
		}
		s.roots = append(s.roots, root.String())
	}
	s.zipf = rand.NewZipf(random, 1.15, 12, uint64(len(s.roots)-1))
	return s
}

func (s *scribe) word() string {
	if s.random.IntN(100) < 40 {
		return s.common[s.random.IntN(len(s.common))]
	}
	return s.roots[s.zipf.Uint64()] + s.ends[s.random.IntN(len(s.ends))]
}

func (s *scribe) words(n int) string {
	list := make([]string, n)
	for i := range list {
		list[i] = s.word()
	}
	return strings.Join(list, " ")
}

// scribes write Russian and English in turn.
func scribes() [2]*scribe {
	random := rand.New(rand.NewPCG(1, 2))
	return [2]*scribe{
		newScribe(random, `пла во тел сер дом хо по ста ре ги кар ме на ло про ви ка со ту ше жи бра ще му`,
			`и в на не что с как для это по мы вы если можно или из к от при`, `а,у,ы,ой,ами,ать,ил,ение,ного,ый`),
		newScribe(random, `pay ver ho do ma in sta re gi car me na lo pro vi ser con tu she li bra ter mu`,
			`the a of to in is you we if can or and for with on from your it be this`, `,s,ing,ed,er,ment,tion,ly`),
	}
}

// library writes n chunks to files of 25 sections.
func library(tb testing.TB, n int) (folder string, questions []string) {
	tb.Helper()
	folder = tb.TempDir()
	writers := scribes()
	for i := range n / 25 {
		w := writers[i%2]
		var text strings.Builder
		fmt.Fprintf(&text, "# %s\n\n", w.words(3))
		for j := range 25 {
			section := w.words(60 + w.random.IntN(70))
			fmt.Fprintf(&text, "## %s\n\n%s.\n\n", w.words(4), section)
			if j == 0 && i%4 < 2 && len(questions) < 400 {
				list := strings.Fields(section)
				at := w.random.IntN(len(list) - 12)
				questions = append(questions, strings.Join(list[at:at+12], " "))
			}
		}
		name := filepath.Join(folder, fmt.Sprintf("%02d", i%40), fmt.Sprintf("%04d.md", i))
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			tb.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text.String()), 0o600); err != nil {
			tb.Fatal(err)
		}
	}
	return folder, questions
}

// played makes vectors as a model does: texts of one theme lie near each other, and all lie
// to one side.
type played struct {
	dimension int
	mu        sync.Mutex
	themes    [][]float32
	random    *rand.Rand
}

func newPlayed(dimension int) *played {
	p := &played{dimension: dimension, random: rand.New(rand.NewPCG(3, 4))}
	for range 400 {
		p.themes = append(p.themes, p.normal(nil, 1))
	}
	return p
}

func (p *played) normal(around []float32, width float64) []float32 {
	v := make([]float32, p.dimension)
	for i := range v {
		v[i] = float32(p.random.NormFloat64() * width)
		if around != nil {
			v[i] += around[i]
		} else if i%17 == 0 {
			v[i] += 2
		}
	}
	return v
}

func (p *played) EmbeddingModel() string { return "played" }

func (p *played) Embed(_ context.Context, _ topics.Conversation, texts []string) ([][]float32, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	vectors := make([][]float32, len(texts))
	for i := range texts {
		vectors[i] = p.normal(p.themes[p.random.IntN(len(p.themes))], 0.8)
	}
	return vectors, nil
}

func heap() float64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc) / (1 << 20)
}

// BenchmarkSearch finds among 50,000 chunks: by words alone, and with vectors.
func BenchmarkSearch(b *testing.B) {
	folder, questions := library(b, 50_000)
	for _, dimension := range []int{0, 768, 1536} {
		b.Run(fmt.Sprintf("dimension=%d", dimension), func(b *testing.B) {
			before := heap()
			o := knowledge.Options{Folders: []string{folder}, Log: slog.New(slog.DiscardHandler), Now: time.Now}
			if dimension > 0 {
				o.Embedder = newPlayed(dimension)
			}
			base := knowledge.New(o)
			report, err := base.Load(b.Context())
			if err == nil {
				err = base.MakeVectors(b.Context())
			}
			if err != nil || report.Chunks < 45_000 {
				b.Fatalf("%d chunks, %v", report.Chunks, err)
			}
			memory := heap() - before
			var times []time.Duration
			i := 0
			for b.Loop() {
				start := time.Now()
				query := topics.KnowledgeQuery{Text: questions[i%len(questions)], Limit: 8}
				hits, err := base.Search(b.Context(), query)
				if err != nil || len(hits) == 0 {
					b.Fatal(len(hits), err)
				}
				times = append(times, time.Since(start))
				i++
			}
			slices.Sort(times)
			b.ReportMetric(float64(times[len(times)/2].Microseconds())/1000, "p50-ms")
			b.ReportMetric(float64(times[len(times)*99/100].Microseconds())/1000, "p99-ms")
			b.ReportMetric(memory, "MiB")
			b.ReportMetric(float64(report.Chunks), "chunks")
		})
	}
}

// BenchmarkLoad reads 50,000 chunks.
func BenchmarkLoad(b *testing.B) {
	folder, _ := library(b, 50_000)
	for b.Loop() {
		o := knowledge.Options{Folders: []string{folder}, Log: slog.New(slog.DiscardHandler), Now: time.Now}
		if _, err := knowledge.New(o).Load(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}

// clustered are vectors of many themes, with what all of them have in common.
func clustered(vectors, questions, dimension int) (list, asked [][]float32) {
	p := newPlayed(dimension)
	for range vectors {
		list = append(list, p.normal(p.themes[p.random.IntN(len(p.themes))], 0.8))
	}
	for range questions {
		asked = append(asked, p.normal(list[p.random.IntN(vectors)], 0.6))
	}
	return list, asked
}

// TestRecall: the signs lose next to nothing of what the exact cosine finds.
func TestRecall(t *testing.T) {
	list, asked := clustered(10_000, 50, 256)
	if got := knowledge.Recall(list, asked); got < 0.97 {
		t.Errorf("recall@10 is %.3f", got)
	}
}

// BenchmarkRecall is that of 50,000 vectors.
func BenchmarkRecall(b *testing.B) {
	for _, dimension := range []int{768, 1536} {
		b.Run(fmt.Sprintf("dimension=%d", dimension), func(b *testing.B) {
			list, asked := clustered(50_000, 100, dimension)
			for b.Loop() {
				b.ReportMetric(knowledge.Recall(list, asked), "recall@10")
			}
		})
	}
}
