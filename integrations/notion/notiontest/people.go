package notiontest

import (
	"encoding/json"
	"strings"
	"time"
)

// Page is a page as people see it.
type Page struct {
	ID      string
	URL     string
	Title   string
	Created time.Time
	// Values are the properties as text, tags joined by ", "; empty ones are left out.
	Values   map[string]string
	Archived bool
	// Parent is the id of the data source or the page above.
	Parent string
}

// Block is a block as people see it.
type Block struct {
	ID       string
	Type     string
	Text     string
	Archived bool
}

// AddPage makes a page by hand in a data source; values are written as text, tags joined by
// ", ". It returns the page's id, or "" where the data source has no such property.
func (s *Server) AddPage(sourceID string, values map[string]string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	src := s.sources[sourceID]
	if src == nil {
		return ""
	}
	p := s.newPage()
	p.source = src
	for name, text := range values {
		col := src.properties[name]
		if col == nil {
			return ""
		}
		p.values[name] = byHand(col.kind, text)
	}
	s.store(p)
	return p.id
}

// byHand makes the value that the typed text stands for.
func byHand(kind, text string) any {
	switch kind {
	case "title", "rich_text":
		return []any{richAnswer(text, nil, nil)}
	case "number":
		if text == "" {
			return nil
		}
		return json.Number(text)
	case "multi_select":
		var options []any
		for tag := range strings.SplitSeq(text, ", ") {
			if tag != "" {
				options = append(options, optionAnswer(tag))
			}
		}
		return options
	case "select", "status":
		if text == "" {
			return nil
		}
		return optionAnswer(text)
	}
	return text
}

// SetValue changes a property of a page by hand, as AddPage writes them; it reports whether
// there is such a page and property.
func (s *Server) SetValue(pageID, name, text string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.pages[normal(pageID)]
	if p == nil || p.source == nil || p.source.properties[name] == nil {
		return false
	}
	p.values[name], p.edited = byHand(p.source.properties[name].kind, text), s.opt.Now()
	return true
}

// SetTags sets the tags of a page in the property "Tags".
func (s *Server) SetTags(pageID string, tags ...string) bool {
	return s.SetValue(pageID, "Tags", strings.Join(tags, ", "))
}

// SetPriority sets the property "Priority"; "" empties it.
func (s *Server) SetPriority(pageID, priority string) bool {
	return s.SetValue(pageID, "Priority", priority)
}

// SetArchived moves a page into the trash or takes it out again.
func (s *Server) SetArchived(pageID string, archived bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p := s.pages[normal(pageID)]; p != nil {
		p.trashed = archived
	}
}

// DeletePage removes a page for ever, as when the trash is emptied.
func (s *Server) DeletePage(pageID string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p := s.pages[normal(pageID)]; p != nil {
		p.shared, p.trashed = false, true
	}
}

// AddBlock writes a paragraph at the end of a page by hand and returns its id.
func (s *Server) AddBlock(pageID, text string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.pages[normal(pageID)]
	if p == nil {
		return ""
	}
	return s.addParagraph(p, []any{richAnswer(text, nil, nil)}).id
}

// RemoveBlock moves a block into the trash by hand.
func (s *Server) RemoveBlock(blockID string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if b := s.blocks[normal(blockID)]; b != nil {
		b.trashed = true
	}
}

// Pages lists the pages of a data source or below a page, oldest first, those in the trash
// among them.
func (s *Server) Pages(parentID string) []Page {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []Page
	for _, p := range s.order {
		if seen := s.show(p); seen.Parent == normal(parentID) {
			list = append(list, seen)
		}
	}
	return list
}

func (s *Server) show(p *page) Page {
	seen := Page{
		ID: p.id, URL: s.address(p.id), Created: p.created, Archived: p.trashed, Values: map[string]string{}, Title: p.title,
	}
	if p.parent != nil {
		seen.Parent = p.parent.id
		return seen
	}
	seen.Parent = p.source.id
	for name, v := range p.values {
		text := asText(v)
		if text == "" {
			continue
		}
		seen.Values[name] = text
		if col := p.source.properties[name]; col != nil && col.kind == "title" {
			seen.Title = text
		}
	}
	return seen
}

// Blocks lists the blocks of a page in their order, those in the trash left out.
func (s *Server) Blocks(pageID string) []Block {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.pages[normal(pageID)]
	if p == nil {
		return nil
	}
	var list []Block
	for _, b := range p.children {
		if !b.usable() {
			continue
		}
		text := asText(b.texts)
		if b.child != nil {
			text = b.child.title
		}
		list = append(list, Block{ID: b.id, Type: b.kind, Text: text})
	}
	return list
}

// asText shows a value as people would type it.
func asText(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	case map[string]any:
		if text, ok := v["plain_text"].(string); ok {
			return text
		}
		name, _ := v["name"].(string)
		return name
	case []any:
		var parts []string
		separator := ""
		for _, item := range v {
			parts = append(parts, asText(item))
			if m, ok := item.(map[string]any); ok && m["plain_text"] == nil {
				separator = ", "
			}
		}
		return strings.Join(parts, separator)
	}
	return ""
}
