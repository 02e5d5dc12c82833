package knowledge

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/yuin/goldmark/parser"
)

const (
	parserFailed = "the file is left out; our parser fails on it. Please report that"

	maxFile     = 4 << 20
	maxFiles    = 20_000
	maxChunks   = 100_000
	maxProblems = 1_000
	// maxEntries bounds what is looked at in all folders, whatever it is.
	maxEntries = 10 * maxFiles
	// settled is how old a change has to be that a later one is sure to have another time.
	settled = 2 * time.Second
)

// place is where a file stands: below which folder, and its path with slashes.
type place struct {
	folder int
	path   string
}

// found is a file that was seen in a folder.
type found struct {
	place
	size     int64
	changed  time.Time
	internal bool
}

// file is one that was read.
type file struct {
	found
	// sure tells that a change since would be seen by time or size.
	sure     bool
	sum      [sha256.Size]byte
	pieces   []piece
	problems []Problem
}

// library is what stands in all folders. It is not to be used concurrently.
type library struct {
	folders []string
	now     func() time.Time
	parser  parser.Parser
	// files are by place, in its order.
	files    []*file
	problems []Problem
}

// look reads what has changed, and reports whether anything has. Errors are ctx's alone.
func (l *library) look(ctx context.Context) (changed bool, err error) {
	s := &survey{ctx: ctx}
	var files []*file
	former := make(map[place]*file, len(l.files))
	for _, f := range l.files {
		former[f.place] = f
	}
	for i, folder := range l.folders {
		next, err := l.folder(s, i, folder, former)
		if err != nil {
			return false, err
		}
		files = append(files, next...)
	}
	changed = !slices.Equal(files, l.files) || !slices.Equal(s.problems, l.problems)
	l.files, l.problems = files, s.problems
	return changed, nil
}

// folder looks at one folder. One that cannot be opened has no files.
func (l *library) folder(s *survey, index int, name string, former map[place]*file) ([]*file, error) {
	root, err := os.OpenRoot(name)
	if err != nil {
		s.problem(name, "the folder cannot be opened: "+cause(err))
		return nil, s.ctx.Err()
	}
	defer func() { _ = root.Close() }()
	s.folder, s.name, s.root, s.seen = index, name, root, nil
	s.outside = hasInternal(filepath.ToSlash(name))
	if err := fs.WalkDir(root.FS(), ".", s.visit); err != nil {
		return nil, err
	}
	files := make([]*file, 0, len(s.seen))
	for _, seen := range s.seen {
		if err := s.ctx.Err(); err != nil {
			return nil, err
		}
		f := former[seen.place]
		if f == nil || !f.sure || !f.same(seen) {
			f = l.read(root, seen, f)
		}
		files = append(files, f)
	}
	return files, nil
}

func (f *file) same(seen found) bool {
	return f.size == seen.size && f.changed.Equal(seen.changed) && f.internal == seen.internal
}

// read reads a file; the former one is returned where nothing has changed after all.
func (l *library) read(root *os.Root, seen found, former *file) *file {
	f := &file{found: seen}
	f.sure = l.now().Sub(seen.changed) > settled
	data, problem := content(root, seen.path)
	f.sum = sha256.Sum256(append(data, problem...))
	if former != nil && former.sum == f.sum && former.same(seen) {
		former.sure = f.sure
		return former
	}
	if problem != "" {
		f.problems = []Problem{{File: seen.path, Text: problem}}
		return f
	}
	a := l.article(seen.path, string(data))
	a.head.internal = a.head.internal || seen.internal
	if a.head.date.IsZero() {
		a.head.date = seen.changed.UTC().Truncate(time.Second)
	}
	f.pieces, f.problems = split(a), a.problems
	for i := range f.problems {
		f.problems[i].File = seen.path
	}
	return f
}

// article reads a text by its format. A parser that fails costs one file, not the program.
func (l *library) article(name, text string) (a article) {
	defer func() {
		switch failed := recover(); failed {
		case nil:
		case errTooManySigns:
			a = article{problems: []Problem{{Text: tooManySigns}}}
		default:
			a = article{problems: []Problem{{Text: parserFailed}}}
		}
	}()
	text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
	switch kind(name) {
	case ".md", ".markdown":
		return readMarkdown(l.parser, text)
	case ".html", ".htm":
		return readHTML(text)
	case ".csv":
		return readCSV(text)
	}
	return readText(text)
}

func kind(name string) string { return strings.ToLower(path.Ext(name)) }

// content reads a bounded file of UTF-8, or says what is wrong with it.
func content(root *os.Root, name string) (data []byte, problem string) {
	f, err := root.Open(name)
	if err != nil {
		return nil, "the file cannot be opened: " + cause(err)
	}
	defer func() { _ = f.Close() }()
	data, err = io.ReadAll(io.LimitReader(f, maxFile+1))
	switch {
	case err != nil:
		return nil, "the file cannot be read: " + cause(err)
	case len(data) > maxFile:
		return nil, fmt.Sprintf("the file is left out; it is larger than %d MiB", maxFile>>20)
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if !utf8.Valid(data) {
		return nil, "the file is left out; it is not UTF-8"
	}
	return data, ""
}

// cause is an error without the path that stands beside it anyway.
func cause(err error) string {
	if wrong, ok := errors.AsType[*fs.PathError](err); ok {
		return wrong.Err.Error()
	}
	return err.Error()
}

// hasInternal reports whether one of the folders of a path is named internal.
func hasInternal(name string) bool {
	return slices.ContainsFunc(strings.Split(name, "/"), isInternal)
}

// report counts what was read, and gathers what was not.
func (l *library) report() Report {
	r := Report{Files: len(l.files), Problems: slices.Clone(l.problems)}
	for _, f := range l.files {
		r.Problems = append(r.Problems, f.problems[:min(len(f.problems), maxProblems-len(r.Problems))]...)
	}
	return r
}
