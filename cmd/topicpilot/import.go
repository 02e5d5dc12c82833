package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"topicpilot/cmd/app"
	"topicpilot/integrations/telegram/desktop"
)

// importCmd brings an export of Telegram Desktop into the transcripts.
type importCmd struct {
	settingsFlag
	Group int64  `help:"ID of the group, for a whole account's export (as in --group=-1002101424779)." placeholder:"ID"`
	File  string `arg:"" help:"result.json of Telegram Desktop's export; - reads standard input."`
}

// Run imports the file, beside a bot that may be running, and prints what became of it.
func (c importCmd) Run(ctx context.Context, std streams) error {
	cfg, err := c.load(std)
	if err != nil {
		return err
	}
	file, size, err := c.open()
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	bar := newProgress(std.err, size, megabytes)
	report, err := app.Import(ctx, cfg, logger(cfg.Log, std),
		app.ImportOptions{File: &watched{Reader: file, bar: bar}, GroupID: c.Group})
	bar.clear()
	if report.Chat.ID != 0 {
		printReport(std.out, report)
	}
	return c.explain(err)
}

// open opens the file and tells its size, 0 where that is not known.
func (c importCmd) open() (*os.File, int64, error) {
	if c.File == "-" {
		return os.Stdin, 0, nil
	}
	file, err := os.Open(c.File)
	if err != nil {
		return nil, 0, usageError{fmt.Errorf("import: %w; give the result.json of the export", err)}
	}
	info, err := file.Stat()
	switch {
	case err == nil && info.IsDir():
		err = usageError{fmt.Errorf("import: %s is a folder; give the result.json in it", c.File)}
	case err == nil && info.Mode().IsRegular():
		return file, info.Size(), nil
	}
	if err != nil {
		_ = file.Close()
		return nil, 0, err
	}
	return file, 0, nil
}

// explain adds the file and what to do about the error.
func (c importCmd) explain(err error) error {
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*app.GroupError](err); ok {
		return usageError{fmt.Errorf("--group: %w", err)}
	}
	if _, ok := errors.AsType[*desktop.FormatError](err); ok {
		return fmt.Errorf("import %s: %w; what stands before that place is imported", c.File, err)
	}
	wrong, ok := errors.AsType[*desktop.ChatError](err)
	if !ok {
		return fmt.Errorf("import %s: %w", c.File, err)
	}
	lines := []string{fmt.Sprintf("import %s: %v", c.File, err)}
	for _, chat := range wrong.Groups {
		lines = append(lines, fmt.Sprintf("the file holds --group=%d, called %q", chat.ID, chat.Name))
	}
	err = errors.New(strings.Join(lines, "\n"))
	if wrong.NeedsGroup {
		return usageError{err}
	}
	return err
}

func printReport(w io.Writer, r desktop.Report) {
	fmt.Fprintf(w, "group      %d %q\ntopics     %d\nnew        %d messages\n"+
		"known      %d messages that were there already\n"+
		"forgotten  %d messages of customers who were erased\n"+
		"general    %d messages of General and about the group, which no transcript has\n"+
		"left out   %d messages\n", r.Chat.ID, r.Chat.Name, r.Topics, r.Imported.Stored, r.Imported.Known,
		r.Imported.Forgotten, r.General, r.LeftOut)
	for i, odd := range r.NotUnderstood {
		if i == 0 {
			fmt.Fprintln(w, "not understood, with the first message ids:")
		}
		fate := "imported without"
		if odd.LeftOut {
			fate = "left out"
		}
		ids := ""
		if len(odd.Examples) > 0 {
			ids = ": " + strings.Trim(fmt.Sprint(odd.Examples), "[]")
		}
		fmt.Fprintf(w, "  %d × %s (%s)%s\n", odd.Count, odd.Kind, fate, ids)
	}
}

// watched shows on a bar how much of a file was read.
type watched struct {
	io.Reader
	bar  *progress
	done int64
}

func (r *watched) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	r.done += int64(n)
	r.bar.at(r.done)
	return n, err
}

func megabytes(done, total int64) string {
	const mega = 1 << 20
	if total == 0 {
		return fmt.Sprintf("%d MB", done/mega)
	}
	return fmt.Sprintf("%d of %d MB", done/mega, total/mega)
}
