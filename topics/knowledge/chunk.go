package knowledge

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"path"
	"strconv"
	"strings"

	"topicpilot/topics"
)

// entry is a chunk with what it is found by.
type entry struct {
	topics.Chunk
	folder int
	// hash is that of the embedded text, where there is an embedder.
	hash hash
	// above are the headings that other chunks may share, own is the last of them, inner
	// are those in the text.
	above, inner []string
	own          string
	// row tells that it is no part of an article but one by itself.
	row bool
}

// entries makes the chunks of all files, at most maxChunks. over names the first file of
// which something is left out, "" for none.
func entries(files []*file) (list []entry, over string) {
	given := ids{taken: make(map[string]bool), equal: make(map[hash]int)}
	for _, f := range files {
		for _, p := range f.pieces {
			if len(list) == maxChunks {
				return list, f.path
			}
			e := entry{folder: f.folder, inner: p.inner, row: p.row, Chunk: topics.Chunk{
				File: f.path, Title: strings.Join(p.headings, joinedTitle), Text: p.text,
				Internal: p.internal, Link: p.link, Date: p.date,
			}}
			if n := len(p.headings); n > 0 {
				e.above, e.own = p.headings[:n-1], p.headings[n-1]
			} else {
				e.Title = strings.TrimSuffix(path.Base(f.path), path.Ext(f.path))
			}
			e.ID = given.next(e)
			list = append(list, e)
		}
	}
	return list, ""
}

// ids gives each chunk one of its own: a name for people, and a hash of what the chunk says
// and where. Equal ones in the same place are counted.
type ids struct {
	taken map[string]bool
	equal map[hash]int
}

func (d *ids) next(e entry) string {
	parts := []string{strconv.Itoa(e.folder), e.File, e.Title, e.Text}
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	for {
		own := sha256.Sum256(binary.AppendUvarint(sum[:], uint64(d.equal[sum]))) //nolint:gosec // a count
		d.equal[sum]++
		id := slug(e.File) + "-" + hex.EncodeToString(own[:4])
		if !d.taken[id] {
			d.taken[id] = true
			return id
		}
	}
}

// slug is the name of a file in letters that models copy without mistakes.
func slug(file string) string {
	const most = 24
	name := strings.ToLower(strings.TrimSuffix(path.Base(file), path.Ext(file)))
	var out strings.Builder
	for _, r := range name {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			out.WriteRune(r)
		case out.Len() > 0 && !strings.HasSuffix(out.String(), "-"):
			out.WriteByte('-')
		}
		if out.Len() == most {
			break
		}
	}
	if id := strings.TrimRight(out.String(), "-"); id != "" {
		return id
	}
	return "part"
}
