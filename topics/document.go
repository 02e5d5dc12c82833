package topics

import (
	"context"
	"io"
)

// MaxDocumentSize is what a bot may upload, in bytes. Source: Bot API, sendDocument.
const MaxDocumentSize = 50 << 20

// Document is one file that we owe a topic. It is internal as an Outgoing is: the sender
// puts the group's comment mark before its caption.
type Document struct {
	Conversation
	// Name is the file's name as people see it; the sender cleans and shortens it.
	Name string
	// MIME is the content's type, "" for a file of no known type.
	MIME string
	// Size is the exact number of bytes that Content gives, above 0 and up to
	// MaxDocumentSize.
	Size int64
	// Caption stands under the file; what is too long for a caption is cut. It may be empty.
	Caption Text
	// Content opens the file from its beginning. The sender calls it for each try, and
	// closes what it gets.
	Content func() (io.ReadCloser, error)
}

// DocumentSender puts files into topics. It may be called concurrently.
//
// Errors: those of Sender. After *UnknownOutcome the document may stand in the topic;
// *Migrated tells the group's new id, under which the caller tries again; *Hopeless is
// for what no later try can mend, such as a file that is too large.
type DocumentSender interface {
	// SendDocument posts the document when the group's budget has room for an answer,
	// once. The posted message names the file in its Media.
	SendDocument(ctx context.Context, doc Document) (Delivered, error)
}
