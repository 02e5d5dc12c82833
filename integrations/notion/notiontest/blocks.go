package notiontest

import "encoding/json"

// readChildren checks new blocks and gives their texts.
func (s *Server) readChildren(raw json.RawMessage) ([][]any, *apiError) {
	if len(raw) == 0 {
		return nil, nil
	}
	var children []json.RawMessage
	if json.Unmarshal(raw, &children) != nil {
		return nil, invalid("body failed validation: body.children should be an array.")
	}
	if len(children) > maxChildren || len(children) > maxBlocks {
		return nil, invalid("body failed validation: body.children.length should be ≤ `%d`.", maxChildren)
	}
	var blocks [][]any
	for _, child := range children {
		var b struct {
			Object    string `json:"object"`
			Type      string `json:"type"`
			Paragraph *struct {
				RichText json.RawMessage `json:"rich_text"`
				Color    string          `json:"color"`
			} `json:"paragraph"`
		}
		if !strict(child, &b) || b.Paragraph == nil || b.Object != "" && b.Object != "block" ||
			b.Type != "" && b.Type != "paragraph" {
			return nil, invalid("body failed validation: blocks other than paragraphs are not simulated.")
		}
		texts, failure := richTexts(b.Paragraph.RichText)
		if failure != nil {
			return nil, failure
		}
		blocks = append(blocks, texts)
	}
	return blocks, nil
}

func (s *Server) addParagraph(p *page, texts []any) *block {
	b := &block{id: s.newID(), page: p, kind: "paragraph", texts: texts, created: s.opt.Now()}
	s.blocks[b.id] = b
	p.children = append(p.children, b)
	return b
}

func (s *Server) appendChildren(c *call) (any, *apiError) {
	p, failure := s.findPage(c.id)
	if failure != nil {
		return nil, notFound("block", c.id)
	}
	if failure = only(c.body, "children", "position"); failure != nil {
		return nil, failure
	}
	if raw, ok := c.body["position"]; ok {
		var position struct {
			Type string `json:"type"`
		}
		if !strict(raw, &position) || position.Type != "end" {
			return nil, invalid("body failed validation: positions other than the end are not simulated.")
		}
	}
	if p.trashed {
		return nil, archived()
	}
	if len(c.body["children"]) == 0 {
		return nil, invalid("body failed validation: body.children should be defined.")
	}
	blocks, failure := s.readChildren(c.body["children"])
	if failure != nil {
		return nil, failure
	}
	results := []any{}
	for _, texts := range blocks {
		results = append(results, s.blockAnswer(s.addParagraph(p, texts)))
	}
	p.edited = s.opt.Now()
	return list("block", results, ""), nil
}

func (s *Server) listChildren(c *call) (any, *apiError) {
	p, failure := s.findPage(c.id)
	if failure != nil {
		return nil, notFound("block", c.id)
	}
	var usable []*block
	for _, b := range p.children {
		if b.usable() {
			usable = append(usable, b)
		}
	}
	const mark = "opaque."
	cursor := c.query.Get("start_cursor")
	id := func(i int) string { return usable[i].id }
	if s.opt.OpaqueCursors {
		id = func(i int) string { return mark + usable[i].id }
	}
	from, to, next, failure := window(len(usable), c.query.Get("page_size"), cursor, id)
	if failure != nil {
		return nil, failure
	}
	results := []any{}
	for _, b := range usable[from:to] {
		results = append(results, s.blockAnswer(b))
	}
	return list("block", results, next), nil
}

func (s *Server) findBlock(id string) (*block, *apiError) {
	b := s.blocks[id]
	if b == nil || !b.page.reachable() {
		return nil, notFound("block", id)
	}
	return b, nil
}

func (s *Server) retrieveBlock(c *call) (any, *apiError) {
	b, failure := s.findBlock(c.id)
	if failure != nil {
		return nil, failure
	}
	return s.blockAnswer(b), nil
}

func (s *Server) deleteBlock(c *call) (any, *apiError) {
	b, failure := s.findBlock(c.id)
	if failure != nil {
		return nil, failure
	}
	if !b.usable() || b.page.trashed {
		return nil, archived()
	}
	b.trashed = true
	if b.child != nil {
		b.child.trashed = true
	}
	return s.blockAnswer(b), nil
}
