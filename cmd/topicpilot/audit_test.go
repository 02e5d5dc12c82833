package main

import (
	"bytes"
	"context"
	"strconv"
	"strings"
	"testing"

	"topicpilot/topics"
)

// trailStore is an audit trail in memory.
type trailStore struct {
	runs  []topics.Run // the latest first
	moves []topics.Migrated
}

func (s trailStore) Migrations(context.Context) ([]topics.Migrated, error) { return s.moves, nil }

func (s trailStore) Runs(
	_ context.Context, conv topics.Conversation, before int64, limit int,
) (list []topics.Run, _ error) {
	for _, run := range s.runs {
		if len(list) < limit && (before == 0 || run.ID < before) &&
			(conv == topics.Conversation{} || run.Conversation == conv) {
			list = append(list, run)
		}
	}
	return list, nil
}

// TestAudit: a topic is shown with what was done under the former ids of its group, by
// whichever of them it is named, and in the order of time.
func TestAudit(t *testing.T) {
	db := trailStore{moves: []topics.Migrated{{From: -1, To: -2}, {From: -2, To: -3}}}
	chats := []int64{-1, -1, -2, -4, -1, -3, -2, -3} // a late one under a former id
	for id := int64(2000); id > 0; id-- {
		conv := topics.Conversation{ChatID: chats[(id-1)*int64(len(chats))/2000], ThreadID: 7}
		if id%5 == 0 {
			conv.ThreadID = 8
		}
		db.runs = append(db.runs, topics.Run{ID: id, Conversation: conv, Command: "link", By: topics.Author{Name: "Olga"}})
	}
	for _, c := range []struct {
		topic string
		last  int
		want  int
		chats string // at the ends of the list
	}{
		{"", 5000, 2000, "-3 -1"},
		{"", 3, 3, "-3 -3"},
		{"-3/7", 5000, 1400, "-3 -1"},
		{"-1/7", 5000, 1400, "-3 -1"},
		{"-2/7", 300, 300, "-3 -2"},
		{"-4/7", 50, 50, "-4 -4"},
		{"-3/9", 50, 0, ""},
	} {
		var conv topics.Conversation
		if c.topic != "" {
			var err error
			if conv, err = topics.ParseConversation(c.topic); err != nil {
				t.Fatal(err)
			}
		}
		var out bytes.Buffer
		if err := (auditCmd{Topic: c.topic, Last: c.last}).show(t.Context(), &out, db, conv); err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(strings.TrimSpace(out.String()), "\n")
		if c.want == 0 {
			if out.String() != "nothing was changed in this topic yet\n" {
				t.Errorf("%s: %q", c.topic, out.String())
			}
			continue
		}
		lines = lines[1:]
		if len(lines) != c.want {
			t.Errorf("%s: %d rows, want %d", c.topic, len(lines), c.want)
			continue
		}
		first, last := strings.Fields(lines[0]), strings.Fields(lines[len(lines)-1])
		ends := strings.Split(first[4], "/")[0] + " " + strings.Split(last[4], "/")[0]
		if ends != c.chats {
			t.Errorf("%s: from %q to %q", c.topic, first, last)
		}
		for i := 1; i < len(lines); i++ {
			if number(t, lines[i]) >= number(t, lines[i-1]) {
				t.Fatalf("%s: %q after %q", c.topic, lines[i], lines[i-1])
			}
		}
	}
	var out bytes.Buffer
	if err := (auditCmd{Last: 1}).show(t.Context(), &out, trailStore{}, topics.Conversation{}); err != nil ||
		out.String() != "nothing was changed yet\n" {
		t.Errorf("%q, %v", out.String(), err)
	}
}

// number is the id of a row.
func number(t *testing.T, line string) (id int) {
	t.Helper()
	id, err := strconv.Atoi(strings.Fields(line)[0])
	if err != nil {
		t.Fatal(err)
	}
	return id
}
