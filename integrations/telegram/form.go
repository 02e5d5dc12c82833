package telegram

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/textproto"

	"topicpilot/topics"
)

var errWrongSize = errors.New("telegram: the file is not as long as was said; nothing is sent")

// form is a request's body of fields and one file, in the form multipart/form-data. It is read
// once, from its beginning to its end, and the file is never held in memory as a whole.
type form struct {
	contentType string
	// size is the exact length of the body in bytes.
	size int64
	// conv is where the request is for.
	conv topics.Conversation

	body io.Reader
	left int64
	// failed is the error of the file, nil while there was none.
	failed error
}

// formFile is the file of a form.
type formFile struct {
	field, name, mime string
	size              int64
	content           io.Reader
}

// field is one parameter of a form.
type field struct{ name, value string }

// newForm makes the body. The file's name must be clean.
func newForm(conv topics.Conversation, fields []field, file formFile) (*form, error) {
	var outline bytes.Buffer
	writer := multipart.NewWriter(&outline)
	for _, f := range fields {
		if err := writer.WriteField(f.name, f.value); err != nil {
			return nil, fmt.Errorf("telegram: parameter %s: %w", f.name, err)
		}
	}
	header := textproto.MIMEHeader{}
	header.Set("Content-Disposition", fmt.Sprintf(`form-data; name="%s"; filename="%s"`, file.field, file.name))
	header.Set("Content-Type", cleanMIME(file.mime))
	if _, err := writer.CreatePart(header); err != nil {
		return nil, fmt.Errorf("telegram: parameter %s: %w", file.field, err)
	}
	head := bytes.Clone(outline.Bytes())
	if err := writer.Close(); err != nil {
		return nil, fmt.Errorf("telegram: parameter %s: %w", file.field, err)
	}
	tail := outline.Bytes()[len(head):]
	size := int64(outline.Len()) + file.size
	return &form{
		contentType: writer.FormDataContentType(), size: size, left: size, conv: conv,
		body: io.MultiReader(bytes.NewReader(head), &exactly{file.content, file.size}, bytes.NewReader(tail)),
	}, nil
}

// Read gives the body.
func (f *form) Read(p []byte) (int, error) {
	n, err := f.body.Read(p)
	f.left -= int64(n)
	if err != nil && !errors.Is(err, io.EOF) {
		f.failed = err
	}
	return n, err
}

// outcome says what the failure of an upload means. A body that has not left to its end
// took no effect: the server knows its length and waits for the rest.
func (f *form) outcome(err error) error {
	_, unsent := errors.AsType[*notSent](err)
	switch {
	case errors.Is(f.failed, errWrongSize):
		return &topics.Hopeless{Err: errWrongSize}
	case f.failed != nil:
		return &notSent{fmt.Errorf("the file cannot be read: %w", f.failed)}
	case f.left > 0 && !unsent:
		return &notSent{err}
	}
	return err
}

// exactly gives left bytes of a reader that must end there.
type exactly struct {
	from io.Reader
	left int64
}

func (e *exactly) Read(p []byte) (int, error) {
	if e.left == 0 {
		var more [1]byte
		_, err := io.ReadFull(e.from, more[:])
		if err == nil {
			err = errWrongSize
		}
		return 0, err
	}
	n, err := e.from.Read(p[:min(int64(len(p)), e.left)])
	e.left -= int64(n)
	if errors.Is(err, io.EOF) {
		err = nil
		if e.left > 0 {
			err = errWrongSize
		}
	}
	return n, err
}

// cleanMIME keeps a content type that can stand in a header.
func cleanMIME(kind string) string {
	media, parameters, err := mime.ParseMediaType(kind)
	if err == nil {
		if kind = mime.FormatMediaType(media, parameters); kind != "" {
			return kind
		}
	}
	return "application/octet-stream"
}
