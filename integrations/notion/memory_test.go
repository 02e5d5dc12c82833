package notion_test

import (
	"context"
	"slices"
	"sync"

	"topicpilot/topics"
)

// memory is an ExportStore of one conversation.
type memory struct {
	mu       sync.Mutex
	rows     []row
	versions []version
	kept     topics.Export
	blocks   []string
	fail     func(op string) error // asked before KeepExport
}

type row struct {
	n int64
	m topics.Message
}

type version struct {
	n       int64
	message int64
	text    topics.Text
}

var _ topics.ExportStore = (*memory)(nil)

func (s *memory) add(m topics.Message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rows = append(s.rows, row{int64(len(s.rows) + 1), m})
}

func (s *memory) edit(id int64, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.rows {
		if m := &s.rows[i].m; m.ID == id {
			s.versions = append(s.versions, version{int64(len(s.versions) + 1), id, m.Text})
			m.Text = topics.Plain(text)
		}
	}
}

func (s *memory) Export(_ context.Context, system string, conv topics.Conversation) (topics.Export, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	kept := s.kept
	kept.System, kept.Conversation = system, conv
	return kept, nil
}

func (s *memory) KeepExport(_ context.Context, export topics.Export, blocks []string) (topics.Export, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail != nil {
		if err := s.fail("keep"); err != nil {
			return topics.Export{}, err
		}
	}
	if export.Version != s.kept.Version {
		return topics.Export{}, topics.ErrConflict
	}
	export.Version++
	s.kept = export
	s.blocks = append(s.blocks, blocks...)
	return export, nil
}

func (s *memory) Extent(context.Context, topics.Conversation) (topics.Extent, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return topics.Extent{
		Messages: int64(len(s.rows)), MaxRow: int64(len(s.rows)), MaxVersion: int64(len(s.versions)),
	}, nil
}

// sorted gives the messages that fit, by id.
func (s *memory) sorted(after int64, limit int, fits func(row) bool) []topics.Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []topics.Message
	for _, r := range s.rows {
		if r.m.ID > after && fits(r) {
			list = append(list, r.m)
		}
	}
	slices.SortFunc(list, func(a, b topics.Message) int { return int(a.ID - b.ID) })
	return list[:min(limit, len(list))]
}

func (s *memory) MessagesIn(
	_ context.Context, _ topics.Conversation, after, from, to int64, limit int,
) ([]topics.Message, error) {
	return s.sorted(after, limit, func(r row) bool { return r.n > from && r.n <= to }), nil
}

func (s *memory) EditedIn(
	_ context.Context, _ topics.Conversation, after, from, to, toRow int64, limit int,
) ([]topics.Message, error) {
	return s.sorted(after, limit, func(r row) bool {
		return r.n <= toRow && slices.ContainsFunc(s.versions, func(v version) bool {
			return v.message == r.m.ID && v.n > from && v.n <= to
		})
	}), nil
}

func (s *memory) VersionsBetween(
	_ context.Context, _ topics.Conversation, first, last int64,
) (map[int64][]topics.Version, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found := map[int64][]topics.Version{}
	for _, v := range s.versions {
		if v.message >= first && v.message <= last {
			found[v.message] = append(found[v.message], topics.Version{Text: v.text})
		}
	}
	return found, nil
}
