package app_test

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"testing"
	"time"
)

// inTables tells which tables of the PostgreSQL database hold one of the words.
func (s *stage) inTables(words ...string) []string {
	s.t.Helper()
	db, err := sql.Open("pgx", s.dbURL)
	s.must(err)
	defer db.Close()
	ctx, cancel := context.WithTimeout(s.t.Context(), 20*time.Second)
	defer cancel()
	rows, err := db.QueryContext(ctx, `SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'`)
	s.must(err)
	defer rows.Close()
	var tables, found []string
	for rows.Next() {
		var name string
		s.must(rows.Scan(&name))
		tables = append(tables, name)
	}
	s.must(rows.Err())
	for _, table := range tables {
		for _, word := range words {
			var n int
			// A payload is shown as hexadecimal digits.
			query := fmt.Sprintf(`SELECT count(*) FROM %q AS t WHERE t::text LIKE $1 OR t::text LIKE $2`, table)
			row := db.QueryRowContext(ctx, query, "%"+word+"%", fmt.Sprintf("%%%x%%", word))
			s.must(row.Scan(&n))
			if n > 0 {
				found = append(found, fmt.Sprintf("%s: %d × %s", table, n, word))
			}
		}
	}
	return found
}

// TestFeaturesOfTwo: two bots on one PostgreSQL, whose deliveries alternate: commands of the
// team, links, Notion, transcripts, search and erasure do each thing once, and what one
// has forgotten the other does not remember.
func TestFeaturesOfTwo(t *testing.T) {
	t.Parallel()
	y, b := newSystem(t), newBoard(t)
	y.on("/do", body200(`{"words":"active now"}`))
	s, _ := twoByWebhook(t, func(s *stage) { s.yml += tellYML(y.url) + b.yml("") })
	s.private = append(s.private, "quokka", "active now", "ACC-9")
	const customers = 6
	threads := make([]int, customers)
	for i := range threads {
		threads[i] = s.topic(int64(100+i), fmt.Sprintf("Customer %d", i))
		s.post(threads[i], mirrorID, fmt.Sprintf("the quokka number %d", i))
	}
	for _, thread := range threads {
		s.post(thread, olgaID, "/link ACC-9")
		s.post(thread, olgaID, "/activate")
		s.post(thread, olgaID, "/notion")
		s.post(thread, olgaID, "/transcript notion")
	}
	for _, thread := range threads {
		s.answers(thread, 4)
	}
	s.idle()
	s.settleBoth()
	for _, id := range s.tg.Delivered() {
		s.must(s.tg.Redeliver(id))
	}
	s.settleBoth()
	s.idle()
	if n := len(y.questions("/do")); n != customers {
		t.Errorf("%d requests for %d commands", n, customers)
	}
	if n := len(b.Pages(b.source)); n != customers {
		t.Errorf("%d cards of %d customers", n, customers)
	}
	for _, page := range b.Pages(b.source) {
		if n := strings.Count(b.texts(page.ID), "the quokka number"); n != 1 {
			t.Errorf("the card of %s holds %d questions", page.Title, n)
		}
	}
	for _, thread := range threads {
		if n := len(s.ours(thread)); n != 4 {
			t.Errorf("topic %d: %d answers, want 4", thread, n)
		}
	}
	s.post(0, olgaID, "/find quokkas")
	if n := len(urls(s.last(0, "Found in the whole group"))); n != customers {
		t.Errorf("%d hits", n)
	}
	s.forgetOneOfTwo(b, threads)
}

// forgetOneOfTwo erases the first customer; both bots have to have forgotten.
func (s *stage) forgetOneOfTwo(b *board, threads []int) {
	s.t.Helper()
	one := threads[0]
	if len(s.inTables("the quokka number 0")) == 0 {
		s.t.Fatal("nothing is stored: the test cannot fail")
	}
	s.post(one, olgaID, "/forget")
	s.button(s.last(one, "Erase everything"), olgaID, "Do it")
	s.holds(s.last(one, "Customer 100 is erased.").Text, "topics: 1", "links: 1", "pages archived in Notion: 1")
	if found := s.inTables("the quokka number 0"); len(found) != 0 {
		s.t.Errorf("still there: %q", found)
	}
	if len(s.inTables("the quokka number 1")) == 0 {
		s.t.Error("another customer is gone as well")
	}
	archived := 0
	for _, page := range b.Pages(b.source) {
		archived += bit(page.Archived)
	}
	if archived != 1 {
		s.t.Errorf("%d cards are archived", archived)
	}
	s.known(one, infoOf(100, "Fresh Name"))
	for range 4 { // both bots
		n := len(s.ours(one))
		s.post(one, olgaID, "/info")
		card := s.answers(one, n+1)[n].Text
		s.holds(card, "Fresh Name")
		s.lacks(card, "ACC-9", "Notion")
	}
	s.settleBoth()
	for _, id := range s.tg.Delivered() {
		s.must(s.tg.Redeliver(id))
	}
	s.settleBoth()
	if found := s.inTables("the quokka number 0"); len(found) != 0 {
		s.t.Errorf("brought back: %q", found)
	}
}
