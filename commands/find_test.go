package commands_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"topicpilot/commands"
	"topicpilot/topics"
)

// finder has messages of which all are hits; it remembers the queries.
type finder struct {
	hits    []topics.Hit // the latest first
	queries []topics.FindQuery
}

func (f *finder) Find(_ context.Context, query topics.FindQuery) ([]topics.Hit, error) {
	f.queries = append(f.queries, query)
	var found []topics.Hit
	for _, hit := range f.hits {
		if (query.After == 0 || hit.Place < query.After) && len(found) < query.Limit {
			found = append(found, hit)
		}
	}
	return found, nil
}

// memos keeps memos in memory, by the rules of topics.MemoStore.
type memos struct {
	now  func() time.Time
	kept []memo
}

type memo struct {
	conv  topics.Conversation
	data  []byte
	until time.Time
}

func (m *memos) KeepMemo(_ context.Context, conv topics.Conversation, data []byte, until time.Time) (int64, error) {
	m.kept = append(m.kept, memo{conv, data, until})
	return int64(len(m.kept)), nil
}

func (m *memos) Memo(_ context.Context, conv topics.Conversation, id int64) ([]byte, error) {
	if id < 1 || id > int64(len(m.kept)) || m.kept[id-1].conv != conv || !m.now().Before(m.kept[id-1].until) {
		return nil, topics.ErrNotFound
	}
	return m.kept[id-1].data, nil
}

// hitOf makes a hit in which the parts in square brackets match.
func hitOf(id int64, text string) topics.Hit {
	hit := topics.Hit{Place: id}
	hit.Conversation = topics.Conversation{ChatID: chatID, ThreadID: threadID}
	hit.ID, hit.Date = id, time.Date(2026, 3, 1, 12, 0, int(id), 0, time.UTC)
	hit.Kind, hit.Author.Kind = topics.MessageTalk, topics.AuthorCustomer
	for {
		before, rest, found := strings.Cut(text, "[")
		hit.Text.Text += before
		if !found {
			return hit
		}
		match, after, _ := strings.Cut(rest, "]")
		from := len(hit.Text.Text)
		hit.Text.Text += match
		hit.Marks = append(hit.Marks, [2]int{from, len(hit.Text.Text)})
		text = after
	}
}

func newFind(t *testing.T, hits ...topics.Hit) (*commands.Registry, *finder, *clock) {
	t.Helper()
	now := &clock{now: time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)}
	f := &finder{hits: hits}
	return newRegistry(t, commands.Find(commands.FindParts{Finder: f, Memos: &memos{now: now.Now}, Now: now.Now})), f, now
}

func findCall(lang, words string) topics.Call {
	call := newCall(newGroup(lang), "find")
	call.Rest = words
	return call
}

// marked shows a text with its entities: *bold*, `code`, [link](URL).
func marked(t topics.Text) string {
	units := utf16.Encode([]rune(t.Text))
	at := 0
	var b strings.Builder
	for _, e := range t.Entities {
		b.WriteString(string(utf16.Decode(units[at:e.Offset])))
		at = e.Offset + e.Length
		part := string(utf16.Decode(units[e.Offset:at]))
		switch e.Type {
		case "bold":
			part = "*" + part + "*"
		case "code":
			part = "`" + part + "`"
		case "text_link":
			part = "[" + part + "](" + e.URL + ")"
		default:
			part = e.Type + "?"
		}
		b.WriteString(part)
	}
	return b.String() + string(utf16.Decode(units[at:]))
}

func TestFind(t *testing.T) {
	comment := hitOf(7, "/ [оплаты] нет")
	comment.Kind, comment.Author.Kind = topics.MessageComment, topics.AuthorOperator
	file := hitOf(6, "")
	file.Media = []topics.Media{{Kind: "document", FileName: "Счёт.pdf"}}
	registry, finder, _ := newFind(t, comment, file, hitOf(5, "Когда\nпройдёт [оплата]?"))
	answer := dispatch(t, registry, findCall("en", " оплата  N005 "))
	want := strings.Join([]string{
		"Found in this topic, latest first (times in UTC).", "",
		"[1 Mar 2026, 12:00](https://t.me/c/2101424779/5343/7) · operator, comment", "/ *оплаты* нет", "",
		"[1 Mar 2026, 12:00](https://t.me/c/2101424779/5343/6) · customer", "`Счёт.pdf`", "",
		"[1 Mar 2026, 12:00](https://t.me/c/2101424779/5343/5) · customer", "Когда пройдёт *оплата*?",
	}, "\n")
	if diff := cmp.Diff(want, marked(answer.Messages[0].Text)); diff != "" {
		t.Error(diff)
	}
	if len(answer.Messages[0].Buttons) != 0 {
		t.Errorf("buttons below the only page: %v", answer.Messages[0].Buttons)
	}
	query := topics.FindQuery{ChatID: chatID, ThreadID: threadID, Words: "оплата  N005", Limit: 11}
	if diff := cmp.Diff([]topics.FindQuery{query}, finder.queries); diff != "" {
		t.Error(diff)
	}
}

// TestFindFormer: what was said under the group's former ids is searched as well, and links
// open it there; what was said before it was a supergroup has no links.
func TestFindFormer(t *testing.T) {
	now := &clock{now: time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)}
	old, oldest := hitOf(2, "[paid] before"), hitOf(1, "[paid] long before")
	old.ChatID, oldest.ChatID = -1001000000009, -77
	finder := &finder{hits: []topics.Hit{hitOf(3, "[paid]"), old, oldest}}
	var failure error
	registry := newRegistry(t, commands.Find(commands.FindParts{
		Finder: finder, Memos: &memos{now: now.Now}, Now: now.Now,
		Migrations: func(context.Context) ([]topics.Migrated, error) {
			return []topics.Migrated{{From: -77, To: old.ChatID}, {From: old.ChatID, To: chatID}, {From: -5, To: -6}}, failure
		},
	}))
	text := marked(dispatch(t, registry, findCall("en", "paid")).Messages[0].Text)
	for _, want := range []string{
		"\n[1 Mar 2026, 12:00](https://t.me/c/2101424779/5343/3) · customer\n*paid*\n",
		"\n[1 Mar 2026, 12:00](https://t.me/c/1000000009/5343/2) · customer\n*paid* before\n",
		"\n1 Mar 2026, 12:00 · customer\n*paid* long before",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in %q", want, text)
		}
	}
	query := topics.FindQuery{
		ChatID: chatID, Former: []int64{-77, old.ChatID}, ThreadID: threadID, Words: "paid", Limit: 11,
	}
	if diff := cmp.Diff([]topics.FindQuery{query}, finder.queries); diff != "" {
		t.Error(diff)
	}
	failure = errors.New("disk I/O error")
	dispatch(t, registry, findCall("en", "paid"))
	if len(finder.queries) != 1 {
		t.Error("half of the group was searched")
	}
}

func TestFindWhere(t *testing.T) {
	registry, finder, _ := newFind(t)
	tests := []struct {
		name, lang, words string
		thread            int64
		role              topics.Role
		want              string
		searched          int
	}{
		{"nothing found", "en", "x", threadID, topics.RoleOperator, "Nothing found in this topic.", 1},
		{"no words", "en", "  ", threadID, topics.RoleOperator, "Usage: /find <words…>", 0},
		{"an operator in General", "en", "x", 0, topics.RoleOperator, "In General /find searches the whole group", 0},
		{"an admin in General", "en", "x", 0, topics.RoleAdmin, "Nothing found in this group.", 1},
		{"in Russian", "ru", "x", threadID, topics.RoleOperator, "В этой теме ничего не нашлось.", 1},
		{"in Ukrainian", "uk", "x", 0, topics.RoleAdmin, "У цій групі нічого не знайшлося.", 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			finder.queries = nil
			call := findCall(tt.lang, tt.words)
			call.Conversation.ThreadID, call.Role = tt.thread, tt.role
			if got := said(t, dispatch(t, registry, call)); !strings.HasPrefix(got, tt.want) {
				t.Errorf("%q, want %q…", got, tt.want)
			}
			if len(finder.queries) != tt.searched || tt.searched > 0 && finder.queries[0].ThreadID != tt.thread {
				t.Errorf("searched %+v", finder.queries)
			}
		})
	}
}

// press presses a button of the message that the answer left.
func pressFind(t *testing.T, registry *commands.Registry, call topics.Call, button topics.Button) topics.Answer {
	t.Helper()
	call.Name, call.Rest, call.Press = "", "", button.Data
	return dispatch(t, registry, call)
}

func TestFindPages(t *testing.T) {
	var hits []topics.Hit
	for id := int64(25); id > 0; id-- {
		hits = append(hits, hitOf(id, fmt.Sprint("message ", id)))
	}
	registry, finder, now := newFind(t, hits...)
	call := findCall("en", "message")
	shown := func(answer topics.Answer, first, count int64, buttons ...string) []topics.Button {
		t.Helper()
		if len(answer.Messages) != 1 {
			t.Fatalf("answer %+v", answer)
		}
		out := answer.Messages[0]
		for id := first; id > first-count; id-- {
			if !strings.Contains(out.Text.Text, fmt.Sprintf("message %d", id)) {
				t.Errorf("message %d is not in %q", id, out.Text.Text)
			}
		}
		if n := strings.Count(out.Text.Text, "customer"); int64(n) != count {
			t.Errorf("%d hits, want %d", n, count)
		}
		var names []string
		for _, button := range out.Buttons[0] {
			names = append(names, button.Text)
		}
		if !slices.Equal(names, buttons) {
			t.Errorf("buttons %v, want %v", names, buttons)
		}
		return out.Buttons[0]
	}
	one := shown(dispatch(t, registry, call), 25, 10, "More")
	answer := pressFind(t, registry, call, one[0])
	if answer.Messages[0].EditID != call.MessageID || !strings.Contains(answer.Messages[0].Text.Text, "Page 2.") {
		t.Errorf("the second page is %+v", answer.Messages[0])
	}
	two := shown(answer, 15, 10, "Back", "More")
	three := shown(pressFind(t, registry, call, two[1]), 5, 5, "Back")
	shown(pressFind(t, registry, call, three[0]), 15, 10, "Back", "More")
	shown(pressFind(t, registry, call, two[0]), 25, 10, "More")

	// A button outlives the program, belongs to its topic and grows old after a day.
	elsewhere := call
	elsewhere.Conversation.ThreadID++
	for name, stale := range map[string]topics.Answer{
		"another topic": pressFind(t, registry, elsewhere, one[0]),
		"no memo":       pressFind(t, registry, call, topics.Button{Data: "1:find:more:99"}),
		"no number":     pressFind(t, registry, call, topics.Button{Data: "1:find:more:x"}),
		"another verb":  pressFind(t, registry, call, topics.Button{Data: strings.Replace(one[0].Data, "more", "less", 1)}),
		"no such page":  pressFind(t, registry, call, topics.Button{Data: strings.Replace(one[0].Data, "more", "back", 1)}),
	} {
		if len(stale.Messages) != 0 || !strings.HasPrefix(stale.Toast, "This button no longer works") {
			t.Errorf("%s: %+v", name, stale)
		}
	}
	finder.queries = nil
	stranger := call
	stranger.Role, stranger.By.Kind = topics.RoleNone, topics.AuthorStranger
	got := pressFind(t, registry, stranger, one[0])
	if len(got.Messages) != 0 || got.Toast == "" || len(finder.queries) != 0 {
		t.Errorf("a stranger pressed: %+v", got)
	}
	now.Add(24 * time.Hour)
	if got := pressFind(t, registry, call, one[0]); len(got.Messages) != 0 {
		t.Errorf("after a day: %+v", got)
	}
}

// TestFindGeneralPress: in General only an admin pages on.
func TestFindGeneralPress(t *testing.T) {
	var hits []topics.Hit
	for id := int64(12); id > 0; id-- {
		hits = append(hits, hitOf(id, "message"))
	}
	registry, _, _ := newFind(t, hits...)
	call := findCall("en", "message")
	call.Conversation.ThreadID, call.Role = 0, topics.RoleAdmin
	more := dispatch(t, registry, call).Messages[0].Buttons[0][0]
	if got := pressFind(t, registry, call, more); len(got.Messages) != 1 {
		t.Errorf("an admin: %+v", got)
	}
	call.Role = topics.RoleOperator
	if got := pressFind(t, registry, call, more); len(got.Messages) != 0 || !strings.Contains(got.Toast, "admins") {
		t.Errorf("an operator: %+v", got)
	}
}

// TestFindFar: many pages on, the button stays small and [Back] goes back.
func TestFindFar(t *testing.T) {
	var hits []topics.Hit
	for id := int64(1000); id > 0; id-- {
		hits = append(hits, hitOf(id, fmt.Sprint("message ", id)))
	}
	now := &clock{now: time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)}
	kept := &memos{now: now.Now}
	registry := newRegistry(t, commands.Find(commands.FindParts{Finder: &finder{hits: hits}, Memos: kept, Now: now.Now}))
	call := findCall("en", "message")
	answer := dispatch(t, registry, call)
	for page := 2; page <= 100; page++ {
		row := answer.Messages[0].Buttons[0]
		answer = pressFind(t, registry, call, row[len(row)-1])
		if text := answer.Messages[0].Text.Text; !strings.Contains(text, fmt.Sprintf("Page %d.", page)) ||
			!strings.Contains(text, fmt.Sprintf("message %d", 1010-10*page)) {
			t.Fatalf("page %d: %q", page, text)
		}
	}
	back := pressFind(t, registry, call, answer.Messages[0].Buttons[0][0])
	if !strings.Contains(back.Messages[0].Text.Text, "Page 99.") {
		t.Errorf("back: %q", back.Messages[0].Text.Text)
	}
	for _, m := range kept.kept {
		if len(m.data) > 2000 || !json.Valid(m.data) {
			t.Fatalf("a memo of %d bytes", len(m.data))
		}
	}
}

func TestFindSnippet(t *testing.T) {
	long := strings.Repeat("слово ", 40)
	tests := []struct{ text, want string }{
		{"[оплата]", "*оплата*"},
		{"[новый] [тариф] и [тариф]", "*новый тариф* и *тариф*"},
		{"[новый тариф]", "*новый тариф*"},
		{"пре[дважды]сло", "пре*дважды*сло"},
		{
			long + "[оплата] " + long,
			"…" + strings.Repeat("слово ", 6) + "*оплата* " + strings.Repeat("слово ", 18) + "слово…",
		},
		{"/activate [t1] m6", "`/activate` *t1* m6"},
		{"/[activate] now", "`/activate` now"},
		{"@[olga] example.[com] www.x http://y", "`@olga example.com www.x http://y`"},
		{"a\u202e[b]\u200b\x00c", "a*b* c"},
		{"[a] b [a] b [a] b [a] b [a] b [a] b [a] b [a] b [a] b", "`a b a b a b a b a b a b a b a b a b`"},
		{"  [a]  \n\n b  ", "*a* b"},
		{"b.\x00[c] x[y][z]", "b. *c* x*yz*"},
		{"🙂🙂 [𝕬]", "🙂🙂 *𝕬*"},
	}
	for _, tt := range tests {
		registry, _, _ := newFind(t, hitOf(1, tt.text))
		text := marked(dispatch(t, registry, findCall("en", "x")).Messages[0].Text)
		_, got, _ := strings.Cut(text, "customer\n")
		if got != tt.want {
			t.Errorf("%q: %q, want %q", tt.text, got, tt.want)
		}
	}
}

// TestFindFits: whatever was written, the answer is one message as Telegram takes it, of
// as many lines as it has hits, in which nothing can be tapped but the links of ours.
func TestFindFits(t *testing.T) {
	words := rapid.SampledFrom([]string{
		"оплата", "/start", "@admin", "https://example.org/?a=b", "example.org", "\n", "\t", "🙂", "a.b", "x\u202ey", "[",
		"it's", strings.Repeat("ы", 300), "+380501234567", "`", "*", "#tag",
	})
	rapid.Check(t, func(rt *rapid.T) {
		var hits []topics.Hit
		for id := int64(10); id > 0; id-- {
			between := rapid.SampledFrom([]string{" ", ""}).Draw(rt, "between")
			text := strings.Join(rapid.SliceOfN(words, 1, 40).Draw(rt, "words"), between)
			hit := hitOf(id, "")
			hit.Text.Text = text
			at := 0
			for part := range strings.FieldsSeq(text) {
				from := at + strings.Index(text[at:], part)
				at = from + len(part)
				if rapid.Bool().Draw(rt, "matches") {
					hit.Marks = append(hit.Marks, [2]int{from, at})
				}
			}
			hits = append(hits, hit)
		}
		registry, _, _ := newFind(t, hits...)
		out := dispatch(t, registry, findCall("uk", "x")).Messages[0]
		if topics.UTF16Len(out.Text.Text) > 4000 || len(out.Text.Entities) > 100 {
			rt.Fatalf("%d units, %d entities", topics.UTF16Len(out.Text.Text), len(out.Text.Entities))
		}
		plain, end := utf16.Encode([]rune(out.Text.Text)), 0
		for _, e := range out.Text.Entities {
			if e.Length <= 0 || e.Offset < end || e.Offset+e.Length > len(plain) {
				rt.Fatalf("entity %+v behind %d of %d", e, end, len(plain))
			}
			end = e.Offset + e.Length
			if e.Type == "code" {
				for i := e.Offset; i < end; i++ {
					plain[i] = ' '
				}
			}
		}
		rest := string(utf16.Decode(plain))
		for _, sign := range []string{"/start", "@admin", "http", "example.org", "a.b"} {
			if strings.Contains(rest, sign) {
				rt.Fatalf("%s can be tapped in %q", sign, rest)
			}
		}
	})
}
