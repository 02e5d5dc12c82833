package telegram

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"topicpilot/topics"
)

const (
	// maxFileName is a file name's length in runes; its ending is kept.
	maxFileName = 100
	// maxFileEnding is what counts as the ending of a file name, in runes with the point.
	maxFileEnding = 16
	// namelessFile stands for a name of which nothing is left.
	namelessFile = "file"
	// uploadPace is the slowest upload that is waited for, in bytes a second.
	uploadPace = 64 << 10
	// maxUploadTime bounds one upload.
	maxUploadTime = 10 * time.Minute
)

var (
	errNoContent = errors.New("telegram: the file is empty; nothing is sent")
	errTooBig    = fmt.Errorf("telegram: the file is larger than the %d MB that a bot may send; nothing is sent",
		topics.MaxDocumentSize>>20)
)

var _ topics.DocumentSender = (*Sender)(nil)

// SendDocument posts a file, once, waiting for the budget as an answer does. Without a caption the
// file's name stands there, as the mark alone would not survive Telegram's trimming.
func (s *Sender) SendDocument(ctx context.Context, doc topics.Document) (topics.Delivered, error) {
	doc, err := s.tidyDocument(doc)
	if err != nil {
		return topics.Delivered{}, err
	}
	if err := s.hasTopics(ctx, doc.Conversation); err != nil {
		return topics.Delivered{}, err
	}
	var delivered topics.Delivered
	take := func() (slot, error) { return s.waitSlot(ctx, topics.Outgoing{Conversation: doc.Conversation}) }
	post := func() (topics.Message, error) { return s.postDocument(ctx, doc) }
	err = s.once(ctx, doc.Conversation, take, post, &delivered)
	if refusedWith(err, 400, "can't parse entities") || refusedWith(err, 400, "ENTITY") {
		doc.Caption = topics.Plain(doc.Caption.Text)
		err = s.once(ctx, doc.Conversation, take, post, &delivered)
	}
	return delivered, err
}

// tidyDocument checks a document and gives it its name and caption as they are sent.
func (s *Sender) tidyDocument(doc topics.Document) (topics.Document, error) {
	mark, err := s.mark(doc.Conversation)
	switch {
	case err != nil:
		return doc, err
	case doc.Size <= 0 || doc.Content == nil:
		return doc, &topics.Hopeless{Err: errNoContent}
	case doc.Size > topics.MaxDocumentSize:
		return doc, &topics.Hopeless{Err: errTooBig}
	}
	doc.Name = cleanFileName(doc.Name)
	caption, err := first(doc.Caption, mark, maxCaption)
	if errors.Is(err, errInvisible) {
		caption, err = first(topics.Plain(doc.Name), mark, maxCaption)
	}
	if err != nil {
		return doc, &topics.Hopeless{Err: err}
	}
	doc.Caption = caption
	return doc, nil
}

func (s *Sender) postDocument(ctx context.Context, doc topics.Document) (topics.Message, error) {
	const method = "sendDocument"
	content, err := doc.Content()
	if err != nil {
		return topics.Message{}, fmt.Errorf("telegram: %s: open the file: %w", method, err)
	}
	defer func() { _ = content.Close() }()
	entities, err := json.Marshal(wireEntities(doc.Caption.Entities))
	if err != nil {
		return topics.Message{}, &topics.Hopeless{Err: fmt.Errorf("telegram: %s: parameters cannot be encoded", method)}
	}
	fields := []field{
		{"chat_id", strconv.FormatInt(doc.ChatID, 10)},
		{"caption", doc.Caption.Text},
		{"caption_entities", string(entities)},
		{"disable_content_type_detection", "true"},
	}
	if doc.ThreadID != 0 {
		fields = append(fields, field{"message_thread_id", strconv.FormatInt(doc.ThreadID, 10)})
	}
	body, err := newForm(doc.Conversation, fields, formFile{
		field: "document", name: doc.Name, mime: doc.MIME, size: doc.Size, content: content,
	})
	if err != nil {
		return topics.Message{}, err
	}
	result, err := s.o.Client.upload(ctx, method, body)
	if err != nil {
		return topics.Message{}, err
	}
	return landed(method, topics.Message{
		Conversation: doc.Conversation, Kind: topics.MessageComment, Text: doc.Caption, Author: s.author(),
		Media: []topics.Media{documentOf(doc, result)},
	}, result)
}

// upload sends a form. It takes as long as a slow connection needs for it.
func (c *Client) upload(ctx context.Context, method string, body *form) (json.RawMessage, error) {
	limit := 2*c.caller.timeout + time.Duration(body.size/uploadPace)*time.Second
	return c.caller.do(ctx, request{method: method, form: body, timeout: min(limit, maxUploadTime)})
}

// documentOf takes the file's ids from Telegram's answer; what it leaves out is as we sent it.
func documentOf(doc topics.Document, result json.RawMessage) topics.Media {
	media := topics.Media{Kind: "document", FileName: doc.Name, MIME: doc.MIME, Size: doc.Size}
	eachMember(result, func(key, value []byte) {
		if string(key) != "document" {
			return
		}
		eachMember(value, func(key, value []byte) {
			switch string(key) {
			case "file_id":
				_ = json.Unmarshal(value, &media.FileID) // no string: it stays empty
			case "file_unique_id":
				_ = json.Unmarshal(value, &media.FileUniqueID)
			}
		})
	})
	return media
}

// cleanFileName makes a name that every system can save a file under: no path, nothing that does not
// show or that turns the writing direction around, not too long.
func cleanFileName(name string) string {
	name = strings.Map(func(r rune) rune {
		switch {
		case r == '/', r == '\\', r == '"', r == '<', r == '>', r == ':', r == '|', r == '?', r == '*', r == utf8.RuneError:
			return '_'
		case r >= 0x2066 && r <= 0x2069, r == '\n', r == '\t':
			return -1
		}
		return cleanRune(r, false)
	}, name)
	name = strings.ReplaceAll(name, "\n", " ")
	name = strings.Trim(name, " .")
	if runes := []rune(name); len(runes) > maxFileName {
		ending := []rune(path.Ext(name))
		if len(ending) > maxFileEnding {
			ending = nil
		}
		name = string(runes[:maxFileName-len(ending)]) + string(ending)
	}
	if skipInvisible(name, 0) == len(name) {
		return namelessFile
	}
	return name
}
