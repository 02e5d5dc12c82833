package notiontest

import (
	"encoding/json"
	"maps"
	"net/url"
	"strconv"
)

func (s *Server) retrieveDatabase(c *call) (any, *apiError) {
	db := s.databases[c.id]
	if db == nil || !db.shared {
		return nil, notFound("database", c.id)
	}
	return s.databaseAnswer(db), nil
}

func (s *Server) sharedSource(id string) (*source, *apiError) {
	src := s.sources[normal(id)]
	if src == nil || !src.database.shared {
		return nil, notFound("data_source", id)
	}
	return src, nil
}

func (s *Server) retrieveSource(c *call) (any, *apiError) {
	src, failure := s.sharedSource(c.id)
	if failure != nil {
		return nil, failure
	}
	return s.sourceAnswer(src), nil
}

// shown reads filter_properties: ids, as they are answered or decoded.
func shown(query url.Values, src *source) (map[string]bool, *apiError) {
	ids := map[string]bool{}
	for _, key := range []string{"filter_properties", "filter_properties[]"} {
		for _, want := range query[key] {
			known := want == "title"
			if known {
				ids[want] = true
			}
			if src != nil {
				for _, col := range src.properties {
					decoded, err := url.PathUnescape(col.id)
					if col.id == want || err == nil && decoded == want || col.name == want {
						ids[col.id], known = true, true
					}
				}
			}
			if !known {
				return nil, invalid("Could not find property with name or id: %s", want)
			}
		}
	}
	return ids, nil
}

type queryFilter struct {
	Property string         `json:"property"`
	Type     string         `json:"type"`
	Number   map[string]any `json:"number"`
	Title    map[string]any `json:"title"`
	RichText map[string]any `json:"rich_text"`
}

func (s *Server) query(c *call) (any, *apiError) {
	src, failure := s.sharedSource(c.id)
	if failure != nil {
		return nil, failure
	}
	if failure = only(c.body, "filter", "sorts", "page_size", "start_cursor"); failure != nil {
		return nil, failure
	}
	show, failure := shown(c.query, src)
	if failure != nil {
		return nil, failure
	}
	fits, failure := readFilter(c.body["filter"], src)
	if failure != nil {
		return nil, failure
	}
	descending, failure := readSorts(c.body["sorts"])
	if failure != nil {
		return nil, failure
	}
	var found []*page
	for _, p := range s.order { // in the order of their creation
		if p.source != src || p.trashed || !p.reachable() || !fits(p) {
			continue
		}
		if p.hiddenFrom > 0 {
			p.hiddenFrom--
			continue
		}
		if descending {
			found = append([]*page{p}, found...)
		} else {
			found = append(found, p)
		}
	}
	size, cursor := "", ""
	if raw, ok := c.body["page_size"]; ok {
		size = string(raw)
	}
	if raw, ok := c.body["start_cursor"]; ok && json.Unmarshal(raw, &cursor) != nil {
		return nil, invalid("body failed validation: body.start_cursor should be a string.")
	}
	from, to, next, failure := window(len(found), size, cursor, func(i int) string { return found[i].id })
	if failure != nil {
		return nil, failure
	}
	results := []any{}
	for _, p := range found[from:to] {
		results = append(results, s.pageAnswer(p, show))
	}
	return list("page_or_data_source", results, next), nil
}

// window cuts one part out of a list of n; cursors are the id of the next result.
func window(n int, size, cursor string, id func(int) string) (from, to int, next string, failure *apiError) {
	limit := maxList
	if size != "" {
		var err error
		if limit, err = strconv.Atoi(size); err != nil || limit < 1 || limit > maxList {
			return 0, 0, "", invalid("page_size should be a number between 1 and %d.", maxList)
		}
	}
	if cursor != "" {
		for from = 0; from < n && id(from) != cursor; {
			from++
		}
		if from == n {
			return 0, 0, "", invalid("The start_cursor provided is invalid.")
		}
	}
	if to = min(n, from+limit); to < n {
		next = id(to)
	}
	return from, to, next, nil
}

func readSorts(raw json.RawMessage) (descending bool, failure *apiError) {
	var sorts []struct {
		Timestamp string `json:"timestamp"`
		Direction string `json:"direction"`
	}
	if len(raw) == 0 {
		return true, nil
	}
	if !strict(raw, &sorts) {
		return false, invalid("body failed validation: sorts by anything but a timestamp are not simulated.")
	}
	for _, sort := range sorts {
		if sort.Timestamp != "created_time" || sort.Direction != "ascending" && sort.Direction != "descending" {
			return false, invalid("body failed validation: body.sorts[0] is not one that is simulated.")
		}
		descending = sort.Direction == "descending"
	}
	return descending, nil
}

// readFilter understands `equals` of a number or text.
func readFilter(raw json.RawMessage, src *source) (func(*page) bool, *apiError) {
	if len(raw) == 0 {
		return func(*page) bool { return true }, nil
	}
	var f queryFilter
	if !strict(raw, &f) {
		return nil, invalid("body failed validation: this filter is not simulated.")
	}
	col := src.properties[f.Property]
	if col == nil {
		return nil, invalid("Could not find property with name or id: %s", f.Property)
	}
	conditions := map[string]map[string]any{"number": f.Number, "title": f.Title, "rich_text": f.RichText}
	condition := conditions[col.kind]
	delete(conditions, col.kind)
	for kind, other := range conditions {
		if other != nil {
			return nil, invalid("database property %s does not match filter %s", col.kind, kind)
		}
	}
	want, ok := condition["equals"]
	if !ok || len(condition) != 1 {
		return nil, invalid("body failed validation: filters other than equals are not simulated.")
	}
	text, isText := want.(string)
	number, isNumber := want.(float64)
	if isText == (col.kind == "number") || isNumber != (col.kind == "number") {
		return nil, invalid("body failed validation: body.filter.%s.equals is of the wrong type.", col.kind)
	}
	return func(p *page) bool {
		if isText {
			return asText(p.values[col.name]) == text
		}
		n, ok := p.values[col.name].(json.Number)
		f, err := n.Float64()
		return ok && err == nil && f == number
	}, nil
}

func (s *Server) createPage(c *call) (any, *apiError) {
	if failure := only(c.body, "parent", "properties", "children"); failure != nil {
		return nil, failure
	}
	var parent struct {
		Type         string `json:"type"`
		DataSourceID string `json:"data_source_id"`
		PageID       string `json:"page_id"`
	}
	if !strict(c.body["parent"], &parent) || (parent.DataSourceID == "") == (parent.PageID == "") {
		return nil, invalid("body failed validation: body.parent should name a data_source_id or a page_id.")
	}
	p := s.newPage()
	if parent.PageID != "" {
		above := s.pages[normal(parent.PageID)]
		if above == nil || !above.reachable() {
			return nil, notFound("page", parent.PageID)
		}
		if above.trashed {
			return nil, archived()
		}
		p.parent = above
	} else {
		src, failure := s.sharedSource(parent.DataSourceID)
		if failure != nil {
			return nil, failure
		}
		p.source, p.hiddenFrom = src, s.opt.QueryLag
	}
	show, failure := shown(c.query, p.source)
	if failure != nil {
		return nil, failure
	}
	if failure = writeValues(p, c.body["properties"]); failure != nil {
		return nil, failure
	}
	blocks, failure := s.readChildren(c.body["children"])
	if failure != nil {
		return nil, failure
	}
	s.store(p)
	for _, texts := range blocks {
		s.addParagraph(p, texts)
	}
	return s.pageAnswer(p, show), nil
}

func archived() *apiError {
	return invalid("Can't edit block that is archived. You must unarchive the block before editing.")
}

// writeValues checks all values before it writes any.
func writeValues(p *page, raw json.RawMessage) *apiError {
	if len(raw) == 0 {
		return nil
	}
	var properties map[string]json.RawMessage
	if json.Unmarshal(raw, &properties) != nil {
		return invalid("body failed validation: body.properties should be an object.")
	}
	values := map[string]any{}
	for name, value := range properties {
		col := &column{id: "title", name: "title", kind: "title"}
		if p.source != nil {
			col = nil
			for _, known := range p.source.properties {
				if known.name == name || known.id == name {
					col = known
				}
			}
		} else if name != "title" {
			col = nil
		}
		if col == nil {
			return invalid("%s is not a property that exists.", name)
		}
		v, failure := readValue(col, value)
		if failure != nil {
			return failure
		}
		values[col.name] = v
	}
	if p.source == nil {
		if v, ok := values["title"]; ok {
			p.title = asText(v)
		}
		return nil
	}
	maps.Copy(p.values, values)
	return nil
}

func (s *Server) findPage(id string) (*page, *apiError) {
	p := s.pages[id]
	if p == nil || !p.reachable() {
		return nil, notFound("page", id)
	}
	return p, nil
}

func (s *Server) retrievePage(c *call) (any, *apiError) {
	p, failure := s.findPage(c.id)
	if failure != nil {
		return nil, failure
	}
	show, failure := shown(c.query, p.source)
	if failure != nil {
		return nil, failure
	}
	return s.pageAnswer(p, show), nil
}

func (s *Server) updatePage(c *call) (any, *apiError) {
	p, failure := s.findPage(c.id)
	if failure != nil {
		return nil, failure
	}
	if failure = only(c.body, "properties", "in_trash", "archived"); failure != nil {
		return nil, failure
	}
	show, failure := shown(c.query, p.source)
	if failure != nil {
		return nil, failure
	}
	trashed := p.trashed
	for _, key := range []string{"in_trash", "archived"} {
		if raw, ok := c.body[key]; ok && json.Unmarshal(raw, &trashed) != nil {
			return nil, invalid("body failed validation: body.%s should be a boolean.", key)
		}
	}
	if p.trashed && trashed {
		return nil, archived()
	}
	if failure = writeValues(p, c.body["properties"]); failure != nil {
		return nil, failure
	}
	p.trashed, p.edited = trashed, s.opt.Now()
	return s.pageAnswer(p, show), nil
}
