package knowledge_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/fnv"
	"log/slog"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"topicpilot/topics"
	"topicpilot/topics/knowledge"
)

// meaner gives texts that name the same of its themes the same direction, whatever else
// they say.
type meaner struct {
	themes []string

	mu        sync.Mutex
	model     string
	dimension int
	err       error
	refuse    string // texts with it are refused
	calls     int
	texts     []string
	convs     []topics.Conversation
	short     bool // gives a vector too few
}

func newMeaner(themes ...string) *meaner {
	return &meaner{themes: themes, model: "m1", dimension: 64}
}

func (m *meaner) set(change func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	change()
}

// taken gives the texts since the last time.
func (m *meaner) taken() (texts []string, calls int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	texts, calls = m.texts, m.calls
	m.texts, m.calls = nil, 0
	return texts, calls
}

func (m *meaner) EmbeddingModel() string { return m.model }

func (m *meaner) Embed(_ context.Context, conv topics.Conversation, texts []string) ([][]float32, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.calls++
	m.convs = append(m.convs, conv)
	if m.err != nil {
		return nil, m.err
	}
	vectors := make([][]float32, 0, len(texts))
	for _, text := range texts {
		if m.refuse != "" && strings.Contains(text, m.refuse) {
			return nil, &topics.ModelError{Fault: topics.ModelRefused, Err: errors.New("too long")}
		}
		m.texts = append(m.texts, text)
		theme := text
		for i, words := range m.themes {
			for word := range strings.FieldsSeq(words) {
				if strings.Contains(text, word) {
					theme = fmt.Sprint("theme ", i)
				}
			}
		}
		h := fnv.New64a()
		h.Write([]byte(theme))
		random := rand.New(rand.NewPCG(h.Sum64(), 1))
		v := make([]float32, m.dimension)
		for i := range v {
			v[i] = float32(random.NormFloat64())
		}
		vectors = append(vectors, v)
	}
	if m.short {
		return vectors[1:], nil
	}
	return vectors, nil
}

// shelfOfVectors keeps vectors in memory.
type shelfOfVectors struct {
	mu   sync.Mutex
	kept map[string]topics.KeptVector
	used map[string]time.Time
	err  error
}

func newShelf() *shelfOfVectors {
	return &shelfOfVectors{kept: map[string]topics.KeptVector{}, used: map[string]time.Time{}}
}

func (s *shelfOfVectors) Vectors(_ context.Context, model string, yield func(topics.KeptVector) bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for key, v := range s.kept {
		if strings.HasPrefix(key, model+" ") && !yield(v) {
			break
		}
	}
	return s.err
}

func (s *shelfOfVectors) KeepVectors(_ context.Context, model string, vectors []topics.KeptVector) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, v := range vectors {
		if raw, err := hex.DecodeString(v.Hash); err != nil || len(raw) != 32 {
			return errors.New("no hash")
		}
		s.kept[model+" "+v.Hash] = v
	}
	return s.err
}

func (s *shelfOfVectors) UseVectors(_ context.Context, model string, hashes []string, at time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, h := range hashes {
		s.used[model+" "+h] = at
	}
	return s.err
}

// meant is a base over three articles, whose model knows that a bike is a bicycle.
func meant(t *testing.T, m *meaner, store topics.VectorStore) (base *knowledge.Base, folder string, log *bytes.Buffer) {
	t.Helper()
	folder = t.TempDir()
	write(t, folder, "bicycles.md", "# Bicycles\n\nRepair of a bicycle.")
	write(t, folder, "trains.md", "# Trains\n\nTickets of a train.")
	write(t, folder, "internal/velocipedes.md", "# Velocipedes\n\nDiscount on velocipede.")
	log = &bytes.Buffer{}
	o := options(folder)
	o.Embedder, o.Vectors, o.Log = m, store, slog.New(slog.NewTextHandler(log, nil))
	return knowledge.New(o), folder, log
}

func ready(t *testing.T, base *knowledge.Base) {
	t.Helper()
	if _, err := base.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := base.MakeVectors(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func first(t *testing.T, base *knowledge.Base, query topics.KnowledgeQuery) string {
	t.Helper()
	hits, err := base.Search(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	if len(hits) == 0 {
		return ""
	}
	return hits[0].File
}

const bikes = "bike bicycle velocipede"

// TestMeaning: a question without a word of the article finds it; internal ones stay where
// they are; and the topic pays for its question.
func TestMeaning(t *testing.T) {
	m := newMeaner(bikes)
	base, _, _ := meant(t, m, nil)
	ready(t, base)
	if r := base.Report(); r.Vectors != 3 {
		t.Errorf("%d vectors", r.Vectors)
	}
	conv := topics.Conversation{ChatID: -100, ThreadID: 5}
	query := topics.KnowledgeQuery{Text: "my bike broke", For: conv, Limit: 1}
	if got := first(t, base, query); got != "bicycles.md" {
		t.Errorf("found %q", got)
	}
	if got := m.convs[len(m.convs)-1]; got != conv || m.convs[0] != (topics.Conversation{}) {
		t.Errorf("%v pays for a question", got)
	}
	hits, err := base.Search(t.Context(), query)
	if err != nil || hits[0].Strength < 0.9 {
		t.Errorf("%v, %v", hits, err)
	}
	query.Limit = 10
	hits, err = base.Search(t.Context(), query)
	if err != nil || len(hits) != 2 {
		t.Errorf("%d hits, %v", len(hits), err)
	}
	query.Internal = true
	if hits, _ = base.Search(t.Context(), query); len(hits) != 3 {
		t.Errorf("%d hits with internal ones", len(hits))
	}
	m.taken()
	if first(t, base, topics.KnowledgeQuery{Text: "🙂"}); m.calls != 0 {
		t.Error("a question without words is paid for")
	}
}

// TestByWordsAlone: whatever is wrong with the model costs its part of the search alone, and
// the log holds nothing of the question.
func TestByWordsAlone(t *testing.T) {
	for name, spoil := range map[string]func(m *meaner){
		"down":          func(m *meaner) { m.err = errors.New("down") },
		"too few":       func(m *meaner) { m.short = true },
		"no dimension":  func(m *meaner) { m.dimension = 0 },
		"another model": func(m *meaner) { m.dimension = 65 },
	} {
		t.Run(name, func(t *testing.T) {
			m := newMeaner(bikes)
			base, _, log := meant(t, m, nil)
			ready(t, base)
			m.set(func() { spoil(m) })
			if got := first(t, base, topics.KnowledgeQuery{Text: "a train to Olga"}); got != "trains.md" {
				t.Errorf("found %q", got)
			}
			if !strings.Contains(log.String(), "by words alone") || strings.Contains(log.String(), "Olga") {
				t.Errorf("the log is %s", log)
			}
		})
	}
}

// TestKept: vectors outlive a restart, those of other texts and models do not count, and a
// change costs the changed chunk alone.
func TestKept(t *testing.T) {
	m, store := newMeaner(bikes), newShelf()
	base, folder, _ := meant(t, m, store)
	ready(t, base)
	if texts, _ := m.taken(); len(texts) != 3 || len(store.kept) != 3 {
		t.Fatalf("%d texts, %d kept", len(texts), len(store.kept))
	}
	o := options(folder)
	o.Embedder, o.Vectors = m, store
	restarted := knowledge.New(o)
	if r, err := restarted.Load(t.Context()); err != nil || r.Vectors != 3 {
		t.Errorf("%d vectors after a restart, %v", r.Vectors, err)
	}
	if got := first(t, restarted, topics.KnowledgeQuery{Text: "bike"}); got != "bicycles.md" {
		t.Errorf("found %q", got)
	}
	m.taken()
	write(t, folder, "trains.md", "# Trains\n\nTimetables.")
	write(t, folder, "copy/bicycles.md", "# Bicycles\n\nRepair of a bicycle.")
	ready(t, restarted)
	if texts, _ := m.taken(); len(texts) != 1 || texts[0] != "Trains\nTimetables." {
		t.Errorf("made anew: %q", texts)
	}
	if r := restarted.Report(); r.Vectors != 4 {
		t.Errorf("%d vectors", r.Vectors)
	}
	m.set(func() { m.model = "m2" })
	ready(t, knowledge.New(o))
	if texts, _ := m.taken(); len(texts) != 3 {
		t.Errorf("another model makes %d", len(texts))
	}
}

// TestKeptAgain: an article that comes back has its vector still.
func TestKeptAgain(t *testing.T) {
	m, store := newMeaner(bikes), newShelf()
	base, folder, _ := meant(t, m, store)
	ready(t, base)
	write(t, folder, "trains.md", "other")
	ready(t, base)
	write(t, folder, "trains.md", "# Trains\n\nTickets of a train.")
	m.taken()
	ready(t, base)
	if texts, _ := m.taken(); len(texts) != 0 || base.Report().Vectors != 3 {
		t.Errorf("made anew: %q", texts)
	}
	// A base that has read the store before knows of what it holds.
	o := options(folder)
	o.Embedder, o.Vectors = m, store
	base = knowledge.New(o)
	ready(t, base)
	if texts, _ := m.taken(); len(texts) != 0 {
		t.Errorf("made anew: %q", texts)
	}
	write(t, folder, "trains.md", "other")
	ready(t, base)
	if texts, _ := m.taken(); len(texts) != 0 || base.Report().Vectors != 3 {
		t.Errorf("made anew: %q", texts)
	}
}

// TestDimension: what has another dimension than the rest is dropped and made anew.
func TestDimension(t *testing.T) {
	m, store := newMeaner(bikes), newShelf()
	base, folder, _ := meant(t, m, store)
	write(t, folder, "more.md", "more")
	write(t, folder, "most.md", "most")
	ready(t, base)
	for key, v := range store.kept {
		v.Dimension, v.Data = 2, []byte{0, 0, 128, 63, 1, 2}
		store.kept[key] = v
		break
	}
	for key, v := range store.kept {
		if v.Dimension != 2 {
			v.Data = v.Data[:9]
			store.kept[key] = v
			break
		}
	}
	log := &bytes.Buffer{}
	o := options(folder)
	o.Embedder, o.Vectors, o.Log = m, store, slog.New(slog.NewTextHandler(log, nil))
	base = knowledge.New(o)
	m.taken()
	ready(t, base)
	if texts, _ := m.taken(); len(texts) != 2 || base.Report().Vectors != 5 {
		t.Errorf("made anew: %q", texts)
	}
	if !strings.Contains(log.String(), "another dimension") {
		t.Errorf("the log is %s", log)
	}
	// The same name, another model.
	m.set(func() { m.dimension = 32 })
	write(t, folder, "new.md", "new")
	ready(t, base)
	if texts, _ := m.taken(); len(texts) != 6 || base.Report().Vectors != 6 {
		t.Errorf("made anew: %q", texts)
	}
	if got := first(t, base, topics.KnowledgeQuery{Text: "bike"}); got != "bicycles.md" {
		t.Errorf("found %q", got)
	}
}

// TestRefused: a text that the model does not take keeps no other from its vector; a model
// that takes none is not asked about each of them.
func TestRefused(t *testing.T) {
	m := newMeaner()
	base, folder, _ := meant(t, m, nil)
	for i := range 100 {
		write(t, folder, fmt.Sprintf("%d.md", i), fmt.Sprintf("article number%d", i))
	}
	m.refuse = "number77"
	ready(t, base)
	if r := base.Report(); r.Vectors != r.Chunks-1 {
		t.Errorf("%d of %d vectors", r.Vectors, r.Chunks)
	}
	m.refuse = " "
	write(t, folder, "more.md", "more and more")
	for i := range 100 {
		write(t, folder, fmt.Sprintf("%d.md", i), fmt.Sprintf("other number%d", i))
	}
	if _, err := base.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	m.taken()
	err := base.MakeVectors(t.Context())
	if _, calls := m.taken(); err == nil || calls > 20 {
		t.Errorf("%d calls, %v", calls, err)
	}
}

// TestBatches: calls are bounded by texts and by characters, and what is made before a
// failure stays.
func TestBatches(t *testing.T) {
	m := newMeaner()
	folder := t.TempDir()
	for i := range 100 {
		write(t, folder, fmt.Sprintf("%03d.md", i), strings.Repeat(fmt.Sprintf("%03d x ", i), 160))
	}
	o := options(folder)
	sizes := &sizing{meaner: m}
	o.Embedder = sizes
	base := knowledge.New(o)
	if _, err := base.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	sizes.failAt = 3
	if err := base.MakeVectors(t.Context()); err == nil {
		t.Error("no error")
	}
	if r := base.Report(); r.Vectors == 0 || r.Vectors == r.Chunks {
		t.Errorf("%d of %d vectors", r.Vectors, r.Chunks)
	}
	sizes.failAt = 0
	if err := base.MakeVectors(t.Context()); err != nil {
		t.Error(err)
	}
	if texts, _ := m.taken(); len(texts) != 100 {
		t.Errorf("%d texts", len(texts))
	}
	if sizes.most > knowledge.MaxBatch || sizes.letters > 32_000 {
		t.Errorf("%d texts, %d characters in a call", sizes.most, sizes.letters)
	}
}

// sizing measures calls.
type sizing struct {
	*meaner
	most, letters, call, failAt int
}

func (s *sizing) Embed(ctx context.Context, conv topics.Conversation, texts []string) ([][]float32, error) {
	if s.call++; s.call == s.failAt {
		return nil, errors.New("down")
	}
	s.most, s.letters = max(s.most, len(texts)), max(s.letters, len([]rune(strings.Join(texts, ""))))
	return s.meaner.Embed(ctx, conv, texts)
}

// TestWaits: a model that fails, or whose budget is used up, is asked again in some minutes
// and not before; changes are seen meanwhile; the store learns what is in use.
func TestWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, store := newMeaner(bikes), newShelf()
		m.err = errors.New("the day's tokens are used up")
		base, folder, _ := meant(t, m, store)
		ctx, stop := context.WithCancel(t.Context())
		var done sync.WaitGroup
		done.Go(func() { base.Run(ctx) })
		time.Sleep(knowledge.Retry - time.Second)
		synctest.Wait()
		if _, calls := m.taken(); calls != 1 {
			t.Errorf("%d calls at once", calls)
		}
		write(t, folder, "new.md", "new")
		time.Sleep(knowledge.LookEvery)
		synctest.Wait()
		if _, calls := m.taken(); calls != 1 || base.Report().Chunks != 4 {
			t.Errorf("%d calls, %d chunks", calls, base.Report().Chunks)
		}
		m.set(func() { m.err = nil })
		time.Sleep(knowledge.Retry)
		synctest.Wait()
		if texts, _ := m.taken(); len(texts) != 4 || base.Report().Vectors != 4 || len(store.used) != 4 {
			t.Errorf("%d texts, %d vectors, %d in use", len(texts), base.Report().Vectors, len(store.used))
		}
		write(t, folder, "newer.md", "newer")
		time.Sleep(2 * knowledge.LookEvery)
		synctest.Wait()
		if texts, _ := m.taken(); len(texts) != 1 {
			t.Errorf("%q", texts)
		}
		store.mu.Lock()
		clear(store.used)
		store.mu.Unlock()
		time.Sleep(knowledge.UseEvery + time.Hour)
		synctest.Wait()
		if _, calls := m.taken(); calls != 0 || len(store.used) != 5 {
			t.Errorf("%d calls, %d in use", calls, len(store.used))
		}
		stop()
		done.Wait()
	})
}

// TestStoreFails: a store that does not work costs the vectors after a restart alone.
func TestStoreFails(t *testing.T) {
	m, store := newMeaner(bikes), newShelf()
	store.err = errors.New("disk full")
	base, _, log := meant(t, m, store)
	ready(t, base)
	if got := first(t, base, topics.KnowledgeQuery{Text: "bike"}); got != "bicycles.md" {
		t.Errorf("found %q", got)
	}
	if !strings.Contains(log.String(), "cannot be kept") || !strings.Contains(log.String(), "cannot be read") {
		t.Errorf("the log is %s", log)
	}
}
