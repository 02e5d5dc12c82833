package notiontest

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

type database struct {
	id      string
	title   string
	sources []*source
	shared  bool
	created time.Time
}

type source struct {
	id         string
	name       string
	database   *database
	properties map[string]*column
	created    time.Time
	made       int // columns so far
}

// column is a property of a data source.
type column struct {
	id   string
	name string
	kind string
}

type page struct {
	id         string
	source     *source // nil for a page below another
	parent     *page
	title      string // of a page below another
	values     map[string]any
	created    time.Time
	edited     time.Time
	trashed    bool
	shared     bool
	hiddenFrom int // so many queries do not see it yet
	children   []*block
}

type block struct {
	id      string
	page    *page
	kind    string
	texts   []any // rich texts as they are answered
	child   *page
	created time.Time
	trashed bool
}

// Source describes a data source for AddDatabase.
type Source struct {
	Name string
	// Properties are Notion's types by the properties' names, as "Phone": "phone_number".
	Properties map[string]string
}

// Customers is a data source with the properties that the settings name by default.
func Customers() Source {
	return Source{Name: "Customers", Properties: map[string]string{
		"Name": "title", "Telegram ID": "number", "Username": "rich_text", "Phone": "phone_number",
		"Tags": "multi_select", "Priority": "select",
	}}
}

func (s *Server) newID() string {
	s.next++
	return fmt.Sprintf("%08x-7000-4000-8000-%012x", s.next, s.next)
}

// normal gives an id its dashes: Notion takes it with and without.
func normal(id string) string {
	bare := strings.ToLower(strings.ReplaceAll(id, "-", ""))
	if len(bare) != 32 {
		return id
	}
	return bare[:8] + "-" + bare[8:12] + "-" + bare[12:16] + "-" + bare[16:20] + "-" + bare[20:]
}

// AddDatabase makes a database that is shared with the connection, and returns its id and
// those of its data sources.
func (s *Server) AddDatabase(title string, sources ...Source) (databaseID string, sourceIDs []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	db := &database{id: s.newID(), title: title, shared: true, created: s.opt.Now()}
	s.databases[db.id] = db
	for _, description := range sources {
		src := &source{
			id: s.newID(), name: description.Name, database: db, created: s.opt.Now(), properties: map[string]*column{},
		}
		for name, kind := range description.Properties {
			src.add(name, kind)
		}
		s.sources[src.id] = src
		db.sources = append(db.sources, src)
		sourceIDs = append(sourceIDs, src.id)
	}
	return db.id, sourceIDs
}

// SetShared shares a database and its pages with the connection, or takes that back.
func (s *Server) SetShared(databaseID string, shared bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if db := s.databases[databaseID]; db != nil {
		db.shared = shared
	}
}

// SetProperty adds a property to a data source, or gives it another type; kind "" removes it.
func (s *Server) SetProperty(sourceID, name, kind string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	src := s.sources[sourceID]
	if src == nil {
		return
	}
	if kind == "" {
		delete(src.properties, name)
		return
	}
	src.add(name, kind)
}

// add makes a column; ids are percent-encoded, as Notion's are, but for the title's.
func (src *source) add(name, kind string) {
	src.made++
	id := fmt.Sprintf("p%%3A%02d", src.made)
	if kind == "title" {
		id = "title"
	}
	src.properties[name] = &column{id: id, name: name, kind: kind}
}

func (s *Server) newPage() *page {
	now := s.opt.Now()
	return &page{id: s.newID(), values: map[string]any{}, created: now, edited: now, shared: true}
}

// store puts a page into the workspace; a page below another becomes one of its blocks.
func (s *Server) store(p *page) {
	s.pages[p.id] = p
	s.order = append(s.order, p)
	if p.parent != nil {
		b := &block{id: p.id, page: p.parent, kind: "child_page", child: p, created: p.created}
		s.blocks[b.id] = b
		p.parent.children = append(p.parent.children, b)
	}
}

func (p *page) reachable() bool {
	if p.source != nil && !p.source.database.shared {
		return false
	}
	return p.shared && (p.parent == nil || p.parent.reachable())
}

func (b *block) usable() bool { return !b.trashed && (b.child == nil || !b.child.trashed) }

// columns lists the properties by name, for answers that do not change from call to call.
func (src *source) columns() []*column {
	return slices.SortedFunc(maps.Values(src.properties), func(a, b *column) int {
		return strings.Compare(a.name, b.name)
	})
}
