// Package notiontest is a fake Notion: the part of the REST API, version 2025-09-03, that
// deals with databases, data sources, pages and blocks. Tests and the demo run the real
// client against it.
//
// A program talks HTTP to a [Server]; people's work in Notion is played through its methods:
// [Server.AddDatabase], [Server.AddPage], [Server.SetTags], [Server.SetArchived]. What is
// there is read with [Server.Pages] and [Server.Blocks], requests are counted by
// [Server.Requests], faults switched on with [Server.Fail].
//
// It refuses what Notion refuses: a wrong token, a missing Notion-Version, values that do not
// fit the property, texts, arrays and bodies over the limits, changes of what is in the
// trash, and what is not shared. It is stricter in one way: a key that it does not know is
// refused, too. Filters other than `equals` and blocks other than paragraphs are not simulated.
//
// All methods are safe for concurrent use.
package notiontest
