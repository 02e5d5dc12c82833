package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Check tells whether a bot could work on the database at url, and says in one
// sentence what is there. It changes nothing that stays and may run beside a bot.
// The error names the fault and its remedy, never the password of the url.
func Check(ctx context.Context, url string) (string, error) {
	file, shared, err := parseURL(url)
	if err != nil {
		return "", err
	}
	if !shared {
		if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
			return checkNewFile(file)
		}
	}
	s, err := Open(ctx, url, Options{Tool: true})
	switch {
	case errors.Is(err, errMissing):
		return "reachable; the first start makes the tables", nil
	case errors.Is(err, errOlder):
		return "reachable; the next start brings the tables up to date", nil
	case err != nil:
		return "", err
	}
	defer func() { _ = s.Close() }()
	if err := s.Ping(ctx); err != nil {
		return "", err
	}
	return "can be written", nil
}

func checkNewFile(file string) (string, error) {
	dir := filepath.Dir(file)
	f, err := os.CreateTemp(dir, ".topicpilot-check-*")
	if err != nil {
		return "", fmt.Errorf("database %s: no file can be made in %s (%w); make the directory, "+
			"give this user write access to it, or change store.url", file, dir, unwrapPath(err))
	}
	name := f.Name()
	if err := errors.Join(f.Close(), os.Remove(name)); err != nil {
		return "", fmt.Errorf("database %s: %w", file, err)
	}
	return "can be written; the first start makes it", nil
}
