package desktop

import (
	"encoding/json"
	"errors"
	"path"
	"strings"

	"topicpilot/topics"
)

// mediaKinds are the Bot API's names of the exports' kinds of file.
var mediaKinds = map[string]string{
	"sticker": "sticker", "video_message": "video_note", "voice_message": "voice", "animation": "animation",
	"video_file": "video", "audio_file": "audio", "": "document",
}

// mediaOf lists what the message carries besides text.
func mediaOf(m *record) []topics.Media {
	switch {
	case m.photo != "":
		return []topics.Media{{Kind: "photo", Size: max(m.photoSize, 0)}}
	case m.file != "" || m.mediaType != "":
		return []topics.Media{fileOf(m)}
	case m.place != "" || m.address != "":
		venue := topics.Media{Kind: "venue", Note: joined(", ", m.place, m.address)}
		if m.media != nil && m.media.Kind == "location" {
			venue.Note = joined(", ", venue.Note, m.media.Note)
		}
		return []topics.Media{venue}
	case m.media != nil:
		return []topics.Media{*m.media}
	case m.game != "":
		return []topics.Media{{Kind: "game", Note: m.game}}
	}
	return nil
}

func fileOf(m *record) topics.Media {
	kind, known := mediaKinds[m.mediaType]
	if !known {
		m.odd("media: " + cleanName(m.mediaType))
		kind = "document"
	}
	file := topics.Media{Kind: kind, MIME: m.mime, Size: max(m.fileSize, 0)}
	switch kind {
	case "sticker":
		file.Note = m.emoji
		return file
	case "voice", "video_note":
		return file
	case "audio":
		file.Note = joined(" – ", m.performer, m.title)
	}
	file.FileName = m.fileName
	if file.FileName == "" && !strings.Contains(m.file, "(File ") {
		file.FileName = path.Base(strings.ReplaceAll(m.file, `\`, "/"))
	}
	return file
}

// richMedia read the fields that are media by themselves.
var richMedia = map[string]func(*reading) (*topics.Media, error){
	"location_information": readLocation,
	"contact_information":  readContact,
	"poll":                 readPoll,
	"todo_list":            readChecklist,
	"invoice_information":  readInvoice,
	"giveaway_information": passed("giveaway"),
	"giveaway_results":     passed("giveaway_winners"),
	"paid_stars_amount":    readPaid,
}

// members reads texts of an object by their names.
func (r *reading) members(fields map[string]*string) error {
	c, err := r.in.peek()
	if err != nil {
		return err
	}
	if c != '{' {
		if err := r.in.skip(); err != nil {
			return err
		}
		return errType
	}
	return r.in.object(func(key string) error {
		if field := fields[key]; field != nil {
			return r.lenient(field)
		}
		return r.in.skip()
	})
}

// lenient reads a text, or passes a value over that is none.
func (r *reading) lenient(to *string) error {
	_, err := r.readScalar(to, maxName)
	if errors.Is(err, errType) {
		return nil
	}
	return err
}

func readLocation(r *reading) (*topics.Media, error) {
	var latitude, longitude string
	err := r.members(map[string]*string{"latitude": &latitude, "longitude": &longitude})
	if errors.Is(err, errType) {
		err = nil // null: a place that Telegram does not tell
	}
	return &topics.Media{Kind: "location", Note: joined(", ", latitude, longitude)}, err
}

func readContact(r *reading) (*topics.Media, error) {
	var first, last, phone string
	err := r.members(map[string]*string{"first_name": &first, "last_name": &last, "phone_number": &phone})
	return &topics.Media{Kind: "contact", Note: joined(" ", first, last, phone)}, err
}

func readPoll(r *reading) (*topics.Media, error) {
	return r.readList("poll", "question", "answers")
}

func readChecklist(r *reading) (*topics.Media, error) {
	return r.readList("checklist", "title", "answers")
}

// readList reads something with a title and lines, each an object with a text.
func (r *reading) readList(kind, title, lines string) (*topics.Media, error) {
	var head string
	var items []string
	size := 0
	item := func() error {
		var text string
		err := r.readItem(&text)
		if size += len(text) + len("\n- "); size <= maxNote {
			items = append(items, "- "+text)
		}
		return err
	}
	c, err := r.in.peek()
	if err != nil {
		return nil, err
	}
	if c != '{' {
		return &topics.Media{Kind: kind}, r.in.skip()
	}
	err = r.in.object(func(key string) error {
		c, err := r.in.peek()
		switch {
		case err != nil:
			return err
		case key == title:
			return r.readPlain(&head)
		case key == lines && c == '[':
			return r.in.array(item)
		}
		return r.in.skip()
	})
	return &topics.Media{Kind: kind, Note: strings.Join(append([]string{head}, items...), "\n")}, err
}

// readItem reads the text of a line.
func (r *reading) readItem(to *string) error {
	c, err := r.in.peek()
	if err != nil {
		return err
	}
	if c != '{' {
		return r.in.skip()
	}
	return r.in.object(func(key string) error {
		if key == "text" {
			return r.readPlain(to)
		}
		return r.in.skip()
	})
}

// readInvoice takes the title out of an object, which the exports write as a string.
func readInvoice(r *reading) (*topics.Media, error) {
	c, err := r.in.peek()
	if err != nil {
		return nil, err
	}
	var invoice struct {
		Title string `json:"title"`
	}
	if c == '"' {
		if err := r.in.string(maxNote); err != nil {
			return nil, err
		}
		if json.Unmarshal(r.in.text, &invoice) != nil {
			invoice.Title = "" // shown without one
		}
	} else if err := r.members(map[string]*string{"title": &invoice.Title}); err != nil {
		return &topics.Media{Kind: "invoice"}, err
	}
	return &topics.Media{Kind: "invoice", Note: invoice.Title}, nil
}

func readPaid(r *reading) (*topics.Media, error) {
	var stars string
	err := r.lenient(&stars)
	return &topics.Media{Kind: "paid_media", Note: joined(" ", stars, "⭐")}, err
}

// passed notes the kind alone.
func passed(kind string) func(*reading) (*topics.Media, error) {
	return func(r *reading) (*topics.Media, error) {
		return &topics.Media{Kind: kind}, r.in.skip()
	}
}

// joined joins what is not empty.
func joined(separator string, parts ...string) string {
	kept := parts[:0]
	for _, p := range parts {
		if p != "" {
			kept = append(kept, p)
		}
	}
	return strings.Join(kept, separator)
}
