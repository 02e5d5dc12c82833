package main

import (
	"bytes"
	"context"
	"testing"

	"topicpilot/cmd/load/stage"
	"topicpilot/integrations/telegram/desktop"
	"topicpilot/topics"
)

// counting counts what it is given.
type counting struct{ authors map[topics.AuthorKind]int }

func (c counting) Import(
	_ context.Context, messages []topics.Message, _ []topics.TopicChange,
) (topics.Imported, error) {
	for _, m := range messages {
		c.authors[m.Author.Kind]++
	}
	return topics.Imported{Stored: int64(len(messages))}, nil
}

// TestWriteExport: the made-up export is understood to the last field, and holds what it says.
func TestWriteExport(t *testing.T) {
	var file bytes.Buffer
	made, err := writeExport(&file, importGroup, 2<<20)
	if err != nil {
		t.Fatal(err)
	}
	groups := topics.NewGroups([]*topics.Group{{
		ID: importGroup, Mirror: topics.Mirror{SenderIDs: []int64{stage.MirrorID}, CommentMark: "/ "},
		Operators: topics.Who{Administrators: true},
	}})
	sink := counting{map[topics.AuthorKind]int{}}
	report, err := desktop.Read(t.Context(), &file, desktop.Options{Group: groups.Find}, sink)
	if err != nil {
		t.Fatal(err)
	}
	if made.Messages < 1000 || report.Imported.Stored != made.Messages || report.General != made.General ||
		report.Topics != made.Topics || report.LeftOut != 0 || len(report.NotUnderstood) != 0 {
		t.Errorf("made %+v, read %+v", made, report)
	}
	if sink.authors[topics.AuthorCustomer] == 0 || sink.authors[topics.AuthorOperator] == 0 {
		t.Errorf("authors %v", sink.authors)
	}
}
