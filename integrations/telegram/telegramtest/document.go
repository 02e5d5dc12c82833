package telegramtest

import (
	"fmt"
	"slices"
	"strings"
)

// fileShelf keeps uploaded contents up to a total size, the newest last.
type fileShelf struct {
	next    int
	total   int
	order   []string
	content map[string][]byte
	known   map[string]File
}

func (s *Server) document(p *params) (*File, *APIError) {
	ref := p.text("document")
	up, uploaded := p.files[strings.TrimPrefix(ref, "attach://")]
	if !uploaded {
		if f, ok := s.files.known[ref]; ok {
			return &f, nil
		}
		if strings.HasPrefix(ref, "http") {
			return nil, badRequest("sending by URL is not simulated")
		}
		return nil, badRequest("wrong file identifier/HTTP URL specified")
	}
	if len(up.Content) == 0 {
		return nil, badRequest("file must be non-empty")
	}
	if len(up.Content) > 50<<20 {
		return nil, &APIError{Code: 413, Description: "Request Entity Too Large"}
	}
	f := s.shelve(up.FileName, up.MimeType, up.Content)
	return &f, nil
}

func (s *Server) shelve(name, mime string, content []byte) File {
	sh := &s.files
	if sh.content == nil {
		sh.content, sh.known = map[string][]byte{}, map[string]File{}
	}
	sh.next++
	id := fmt.Sprintf("FAKEFILE%08d", sh.next)
	f := File{FileID: id, FileUniqueID: "U" + id, FileName: name, MimeType: mime, FileSize: int64(len(content))}
	sh.order, sh.content[id], sh.known[id] = append(sh.order, id), content, f
	for sh.total += len(content); len(sh.order) > 1 &&
		(sh.total > s.opt.KeepFileBytes || len(sh.order) > 10_000); sh.order = sh.order[1:] {
		sh.total -= len(sh.content[sh.order[0]])
		delete(sh.content, sh.order[0])
		delete(sh.known, sh.order[0])
	}
	return f
}

// File returns the content of an uploaded document, while it is kept (Options.KeepFileBytes).
func (s *Server) File(fileID string) ([]byte, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	content, ok := s.files.content[fileID]
	return slices.Clone(content), ok
}
