package knowledge

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

const (
	leavesFolder  = "the link is not followed; it leads out of the folder, or nowhere"
	linkToFolder  = "the link is not followed; it leads to a folder"
	noFile        = "it is left out; it is no ordinary file"
	tooManyChunks = "the rest of this file, and what follows, is left out; the articles make more than 100,000 chunks"
)

// survey finds the files of one folder after the other.
type survey struct {
	ctx      context.Context
	problems []Problem
	entries  int
	files    int
	// full tells that a bound was met, and reported.
	full bool

	// Of the folder that is being looked at:
	folder int
	name   string
	root   *os.Root
	// outside tells that the folder itself stands in one that is internal.
	outside bool
	seen    []found
}

func (s *survey) problem(file, text string) {
	if len(s.problems) < maxProblems {
		s.problems = append(s.problems, Problem{File: file, Text: text})
	}
}

// visit is called with everything below the folder, in the order of names.
func (s *survey) visit(name string, entry fs.DirEntry, err error) error {
	if err := s.ctx.Err(); err != nil {
		return err
	}
	if err != nil {
		s.problem(s.shown(name), "it cannot be read: "+cause(err))
		if entry != nil && entry.IsDir() {
			return fs.SkipDir
		}
		return nil
	}
	s.entries++
	switch {
	case name == ".":
		return nil
	case strings.HasPrefix(entry.Name(), ".") && entry.IsDir():
		return fs.SkipDir
	case strings.HasPrefix(entry.Name(), "."):
		return nil
	case s.files == maxFiles || s.entries > maxEntries:
		if !s.full {
			s.full = true
			s.problem(name, fmt.Sprintf("it and what follows is left out; more than %d files", s.files))
		}
		return fs.SkipAll
	case entry.Type()&fs.ModeSymlink == 0 && (entry.IsDir() || !known(name)):
		return nil
	}
	s.file(name, entry)
	return nil
}

func (s *survey) shown(name string) string {
	if name == "." {
		return s.name
	}
	return name
}

func known(name string) bool {
	switch kind(name) {
	case ".md", ".markdown", ".txt", ".html", ".htm", ".csv":
		return true
	}
	return false
}

// file notes a file, or where a link leads.
func (s *survey) file(name string, entry fs.DirEntry) {
	link := entry.Type()&fs.ModeSymlink != 0
	info, err := s.root.Stat(name) // follows links, but not out of the folder
	switch {
	case err != nil && link:
		s.problem(name, leavesFolder)
		return
	case err != nil:
		return // it has gone meanwhile
	case info.IsDir():
		s.problem(name, linkToFolder)
		return
	case !known(name):
		return
	case !info.Mode().IsRegular():
		s.problem(name, noFile)
		return
	}
	f := found{
		place: place{s.folder, name}, size: info.Size(), changed: info.ModTime(),
		internal: s.outside || hasInternal(path.Dir(name)),
	}
	if link {
		f.internal = f.internal || s.leadsInside(name)
	}
	s.files++
	s.seen = append(s.seen, f)
}

// leadsInside reports whether a link leads to a file in an internal folder, or to one of
// which that cannot be told.
func (s *survey) leadsInside(name string) bool {
	folder, err := filepath.EvalSymlinks(s.name)
	if err != nil {
		return true
	}
	target, err := filepath.EvalSymlinks(filepath.Join(s.name, filepath.FromSlash(name)))
	if err != nil {
		return true
	}
	below, err := filepath.Rel(folder, target)
	return err != nil || hasInternal(filepath.ToSlash(filepath.Dir(below)))
}
