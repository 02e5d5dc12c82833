package knowledge_test

import (
	"log/slog"
	"testing"
	"time"

	"topicpilot/topics/knowledge"
)

func options(folders ...string) knowledge.Options {
	return knowledge.Options{Folders: folders, Log: slog.New(slog.DiscardHandler), Now: time.Now}
}

func load(t testing.TB, folders ...string) *knowledge.Base {
	t.Helper()
	base := knowledge.New(options(folders...))
	if _, err := base.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	return base
}
