package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"topicpilot/commands"
	"topicpilot/commands/messages"
	"topicpilot/config"
	"topicpilot/topics"
	"topicpilot/topics/store"
	"topicpilot/topics/transcript"
)

// exportCmd writes the transcript of one topic.
type exportCmd struct {
	settingsFlag
	Topic  topicFlag `help:"The topic, as in --topic=-1002101424779/5343." placeholder:"GROUP/TOPIC" required:""`
	Format string    `help:"${enum}." enum:"md,html,json,jsonl" placeholder:"FORMAT" required:""`
	Mask   bool      `help:"Take out phones, mails, card numbers and names (jsonl only)."`
	Output string    `short:"o" help:"Write into this file instead of the standard output." placeholder:"FILE"`
}

// Validate looks at the command line before anything is opened.
func (c exportCmd) Validate() error {
	if c.Mask && transcript.Format(c.Format) != transcript.JSONL {
		return errors.New("--mask works with --format jsonl alone")
	}
	return nil
}

// topicFlag is a customer's topic as people type it.
type topicFlag topics.Conversation

// UnmarshalText reads a topic of the command line.
func (f *topicFlag) UnmarshalText(text []byte) error {
	conv, err := topics.ParseConversation(string(text))
	if err != nil {
		return err
	}
	if conv.General() || conv.ChatID >= 0 {
		return fmt.Errorf("%q: want a group's id, which begins with -, and a topic's id above 0; "+
			"General has no transcript", text)
	}
	*f = topicFlag(conv)
	return nil
}

// Run writes the transcript, beside a bot that may be running.
func (c exportCmd) Run(ctx context.Context, std streams) error {
	cfg, err := c.load(std)
	if err != nil {
		return err
	}
	db, err := store.Open(ctx, cfg.Store.URL.Reveal(), store.Options{Log: slog.New(slog.DiscardHandler), Tool: true})
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	options, err := c.options(ctx, cfg, db)
	if err != nil {
		return fmt.Errorf("export %s: %w", topics.Conversation(c.Topic), err)
	}
	if c.Output == "" || c.Output == "-" {
		_, err = transcript.Write(ctx, std.out, db, options, nil)
		return err
	}
	bar := newProgress(std.err, 0, func(done, total int64) string { return fmt.Sprintf("%d of %d messages", done, total) })
	defer bar.clear()
	return writeWhole(c.Output, func(w io.Writer) error {
		_, err := transcript.Write(ctx, w, db, options, func(done, total int64) {
			bar.total = total
			bar.at(done)
		})
		return err
	})
}

// options say what is written. The group may be named by an id that it had before.
func (c exportCmd) options(ctx context.Context, cfg *config.Config, db *store.Store) (transcript.Options, error) {
	var none transcript.Options
	moves, err := db.Migrations(ctx)
	if err != nil {
		return none, err
	}
	conv := topics.Conversation(c.Topic)
	conv.ChatID = transcript.Present(moves, conv.ChatID)
	head := transcript.Head{
		GroupID: conv.ChatID, TopicID: conv.ThreadID, Former: transcript.Former(moves, conv.ChatID), ExportedAt: time.Now(),
	}
	if err := describe(ctx, db, &head); err != nil {
		return none, err
	}
	say := messages.For(language(cfg, head))
	return transcript.Options{
		Format: transcript.Format(c.Format), Head: head, Comments: cfg.Transcript.Comments, Mask: c.Mask,
		Labels: commands.TranscriptLabels(say), Language: say.Language(),
	}, nil
}

var errNoTopic = errors.New("no such topic is stored; its number stands in the links of its messages: " +
	"t.me/c/<group without -100>/<topic>/<message>")

// describe finds title and customer of a topic, under each of the group's ids.
func describe(ctx context.Context, db *store.Store, head *transcript.Head) error {
	known := false
	for _, chatID := range append([]int64{head.GroupID}, head.Former...) {
		conv := topics.Conversation{ChatID: chatID, ThreadID: head.TopicID}
		topic, err := db.Topic(ctx, conv)
		if err != nil && !errors.Is(err, topics.ErrNotFound) {
			return err
		}
		known = known || err == nil
		if head.Title == "" {
			head.Title = topic.Title
		}
		info, _, err := db.CustomerOf(ctx, conv)
		if err != nil && !errors.Is(err, topics.ErrNotFound) {
			return err
		}
		if head.Customer == nil && info.Private && info.Customer.ID != 0 {
			head.Customer = &info.Customer
		}
	}
	if !known {
		return errNoTopic
	}
	return nil
}

// language is that of the group.
func language(cfg *config.Config, head transcript.Head) string {
	for _, group := range cfg.Groups {
		if group.ID == head.GroupID || slices.Contains(head.Former, group.ID) {
			return group.Language
		}
	}
	return ""
}

const (
	// partName begins the names of files that are still being written.
	partName = ".topicpilot-export-"
	// partLife is how long such a file may be without a write: its export was killed.
	partLife = time.Hour
)

// writeWhole makes a file that only its owner can read. It is there when all of it is
// written, or not at all.
func writeWhole(name string, write func(io.Writer) error) (err error) {
	if info, err := os.Stat(name); err == nil && !info.Mode().IsRegular() {
		return fmt.Errorf("-o %s: it is no file; name one, or leave -o out for the standard output", name)
	}
	removeParts(filepath.Dir(name), time.Now().Add(-partLife))
	file, err := os.CreateTemp(filepath.Dir(name), partName+"*")
	if err != nil {
		return fmt.Errorf("-o %s: %w", name, err)
	}
	defer func() {
		if err != nil {
			_ = file.Close()
			_ = os.Remove(file.Name())
		}
	}()
	if err := write(file); err != nil {
		return fmt.Errorf("-o %s: %w", name, err)
	}
	if err := errors.Join(file.Sync(), file.Close()); err != nil {
		return fmt.Errorf("-o %s: %w", name, err)
	}
	return os.Rename(file.Name(), name)
}

// removeParts removes what killed exports have left in a folder: it holds customers' words,
// and no erasure finds it. What cannot be removed is none of this export's business.
func removeParts(dir string, before time.Time) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return // the export says so itself
	}
	for _, entry := range entries {
		if !strings.HasPrefix(entry.Name(), partName) || !entry.Type().IsRegular() {
			continue
		}
		if info, err := entry.Info(); err == nil && info.ModTime().Before(before) {
			_ = os.Remove(filepath.Join(dir, entry.Name()))
		}
	}
}
