package notiontest

import (
	"maps"
	"strings"
	"time"
)

const userID = "00000000-7000-4000-8000-0000000000aa"

func (s *Server) address(id string) string {
	return "https://www.notion.so/" + strings.ReplaceAll(id, "-", "")
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

func user() map[string]any { return map[string]any{"object": "user", "id": userID} }

func richAnswer(content string, link any, annotations map[string]any) map[string]any {
	all := map[string]any{
		"bold": false, "italic": false, "strikethrough": false, "underline": false, "code": false, "color": "default",
	}
	maps.Copy(all, annotations)
	var href any
	if l, ok := link.(map[string]any); ok {
		href = l["url"]
	}
	return map[string]any{
		"type": "text", "text": map[string]any{"content": content, "link": link}, "annotations": all,
		"plain_text": content, "href": href,
	}
}

func optionAnswer(name string) map[string]any {
	return map[string]any{"id": "opt-" + name, "name": name, "color": "default"}
}

func (s *Server) databaseAnswer(db *database) map[string]any {
	refs := []any{}
	for _, src := range db.sources {
		refs = append(refs, map[string]any{"id": src.id, "name": src.name})
	}
	return map[string]any{
		"object": "database", "id": db.id, "title": []any{richAnswer(db.title, nil, nil)}, "description": []any{},
		"parent": map[string]any{"type": "workspace", "workspace": true}, "is_inline": false, "in_trash": false,
		"archived": false, "is_locked": false, "created_time": stamp(db.created), "last_edited_time": stamp(db.created),
		"data_sources": refs, "icon": nil, "cover": nil, "url": s.address(db.id), "public_url": nil,
	}
}

func (s *Server) sourceAnswer(src *source) map[string]any {
	properties := map[string]any{}
	for _, col := range src.columns() {
		var config any = map[string]any{}
		switch col.kind {
		case "number":
			config = map[string]any{"format": "number"}
		case "select", "multi_select":
			config = map[string]any{"options": []any{}}
		case "status":
			config = map[string]any{"options": []any{}, "groups": []any{}}
		}
		properties[col.name] = map[string]any{
			"id": col.id, "name": col.name, "type": col.kind, "description": nil, col.kind: config,
		}
	}
	return map[string]any{
		"object": "data_source", "id": src.id, "title": []any{richAnswer(src.name, nil, nil)}, "description": []any{},
		"parent":          map[string]any{"type": "database_id", "database_id": src.database.id},
		"database_parent": map[string]any{"type": "workspace", "workspace": true}, "is_inline": false, "in_trash": false,
		"archived": false, "created_time": stamp(src.created), "last_edited_time": stamp(src.created),
		"created_by": user(), "last_edited_by": user(), "properties": properties, "icon": nil, "cover": nil,
		"url": s.address(src.id), "public_url": nil,
	}
}

// pageAnswer shows the properties that were asked for, all if none was named.
func (s *Server) pageAnswer(p *page, shown map[string]bool) map[string]any {
	properties := map[string]any{}
	var parent map[string]any
	if p.parent != nil {
		parent = map[string]any{"type": "page_id", "page_id": p.parent.id}
		properties["title"] = map[string]any{
			"id": "title", "type": "title", "title": []any{richAnswer(p.title, nil, nil)},
		}
	} else {
		parent = map[string]any{
			"type": "data_source_id", "data_source_id": p.source.id, "database_id": p.source.database.id,
		}
		for _, col := range p.source.columns() {
			if len(shown) == 0 || shown[col.id] {
				properties[col.name] = map[string]any{"id": col.id, "type": col.kind, col.kind: valueAnswer(col, p)}
			}
		}
	}
	return map[string]any{
		"object": "page", "id": p.id, "created_time": stamp(p.created), "last_edited_time": stamp(p.edited),
		"in_trash": p.trashed, "archived": p.trashed, "is_archived": p.trashed, "is_locked": false,
		"url": s.address(p.id), "public_url": nil, "parent": parent, "properties": properties, "icon": nil,
		"cover": nil, "created_by": user(), "last_edited_by": user(),
	}
}

func valueAnswer(col *column, p *page) any {
	if v := p.values[col.name]; v != nil {
		return v
	}
	switch col.kind {
	case "title", "rich_text", "multi_select", "people", "files", "relation":
		return []any{}
	case "checkbox":
		return false
	case "created_time":
		return stamp(p.created)
	}
	return nil
}

func (s *Server) blockAnswer(b *block) map[string]any {
	answer := map[string]any{
		"object": "block", "id": b.id, "type": b.kind, "parent": map[string]any{"type": "page_id", "page_id": b.page.id},
		"created_time": stamp(b.created), "last_edited_time": stamp(b.created), "created_by": user(),
		"last_edited_by": user(), "has_children": b.child != nil && len(b.child.children) > 0,
		"in_trash": !b.usable(), "archived": !b.usable(),
	}
	if b.child != nil {
		answer["child_page"] = map[string]any{"title": b.child.title}
	} else {
		answer["paragraph"] = map[string]any{"rich_text": b.texts, "color": "default", "icon": nil}
	}
	return answer
}

func list(kind string, results []any, cursor string) map[string]any {
	answer := map[string]any{
		"object": "list", "type": kind, kind: map[string]any{}, "results": results, "has_more": cursor != "",
		"next_cursor": nil,
	}
	if cursor != "" {
		answer["next_cursor"] = cursor
	}
	return answer
}
