// Package notion keeps customers' cards and transcripts in a Notion database.
//
// A [Client] speaks the REST API of version 2025-09-03, in which a database holds data
// sources. Block and property types are those of github.com/jomei/notionapi; that module's
// client is not used, since it speaks an older version, repeats a create whose answer it
// cannot read, and does not survive a 429 of a request with a body.
//
// The package knows neither commands nor the store. It does not repeat what may have taken
// effect: [topics.UnknownOutcome] tells so, and [topics.Wait] that Notion asks for a pause.
package notion
