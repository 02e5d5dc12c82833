package store

import (
	"errors"
	"fmt"
	"strings"
)

// parseURL tells which engine an address names; file is set for SQLite.
func parseURL(url string) (file string, shared bool, err error) {
	if strings.HasPrefix(url, "postgres://") || strings.HasPrefix(url, "postgresql://") {
		return "", true, nil
	}
	file, found := strings.CutPrefix(url, "sqlite:")
	if !found {
		// The url is not shown: it may hold a password.
		return "", false, errors.New("store.url: want sqlite:FILE or postgres://USER:PASSWORD@HOST/DATABASE")
	}
	file = strings.TrimPrefix(file, "//")
	lower := strings.ToLower(file)
	switch {
	case file == "":
		return "", false, errors.New("store.url: sqlite: needs the name of a file, as in sqlite:topicpilot.db")
	case strings.HasPrefix(lower, ":memory:") || strings.HasPrefix(lower, "file:"):
		return "", false, fmt.Errorf("store.url: %q is no file: what is kept in memory is lost at every stop, "+
			"name a file, as in sqlite:topicpilot.db", file)
	case strings.ContainsRune(file, 0):
		return "", false, errors.New("store.url: the file's name holds a zero byte")
	}
	return file, false, nil
}
