package topicsapitest

import (
	"net"
	"strings"
	"time"

	"github.com/valyala/fasthttp"
)

// IDs tells how ids are written in an answer.
type IDs int

// The forms of ids. The vendor's pages show both for the same field.
const (
	// IDsMixed is the newer page's: group_id and instance_id quoted, the rest bare.
	IDsMixed IDs = iota
	// IDsStrings quotes all.
	IDsStrings
	// IDsNumbers quotes none.
	IDsNumbers
)

// Missing tells how a missing value is written.
type Missing int

// The forms of a missing value; which one the API uses is not published.
const (
	MissingEmpty Missing = iota
	MissingNull
	MissingAbsent
)

// Faults are the switches of what goes wrong, and of the forms an answer may have.
type Faults struct {
	// Delay is waited for before anything else.
	Delay time.Duration
	// Hang never answers; Close releases.
	Hang bool
	// CloseConnection closes the connection instead of answering.
	CloseConnection bool
	// Status answers with this status and {"code", "message"}.
	Status int
	// EmptyBody answers 200 without a body, Garbage 200 with a page of HTML, Other 200
	// with a JSON object that has another result.
	EmptyBody bool
	Garbage   bool
	Other     bool
	// Truncated ends the JSON in its middle.
	Truncated bool
	// Huge answers with more than 256 KiB.
	Huge bool
	// Redirect answers 302 to this address.
	Redirect string
	// OtherTopic answers about the topic with the next id.
	OtherTopic bool
	// HeaderAuth403 refuses a wrong header token as n8n's own check does: 403 and the
	// plain text "Authorization data is wrong!".
	HeaderAuth403 bool
	// Mute refuses both secrets with the same bare 403, so that they cannot be told apart.
	Mute bool
	// IDs and Missing choose the form of a good answer; Aliases uses the field names of
	// the vendor's older article (language_code, first_name, …).
	IDs     IDs
	Missing Missing
	Aliases bool
}

// apply does what the faults say; false leaves the request to be answered properly.
func (s *Server) apply(ctx *fasthttp.RequestCtx, f Faults) bool {
	if f.Delay > 0 {
		timer := time.NewTimer(f.Delay)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-s.stop:
		}
	}
	switch {
	case f.Hang:
		<-s.stop
		ctx.SetStatusCode(fasthttp.StatusServiceUnavailable)
	case f.CloseConnection:
		ctx.HijackSetNoResponse(true)
		ctx.Hijack(func(c net.Conn) { _ = c.Close() })
	case f.Status != 0:
		fail(ctx, f.Status, "fault set by the test")
	case f.EmptyBody:
		ctx.SetStatusCode(fasthttp.StatusOK)
	case f.Garbage:
		ctx.SetContentType("text/html")
		ctx.SetBodyString("<html><body>It works</body></html>")
	case f.Other:
		ctx.SetContentType("application/json")
		ctx.SetBodyString(`{"result":"nothing"}`)
	case f.Truncated:
		ctx.SetContentType("application/json")
		ctx.SetBodyString(`{"result":"topic_info","group_id":"21014`)
	case f.Huge:
		ctx.SetContentType("application/json")
		ctx.SetBodyString(`{"result":"topic_info","user_name":"` + strings.Repeat("x", 300<<10) + `"}`)
	case f.Redirect != "":
		ctx.Response.Header.Set("Location", f.Redirect)
		ctx.SetStatusCode(fasthttp.StatusFound)
	default:
		return false
	}
	return true
}
