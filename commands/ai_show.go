package commands

import (
	"net/url"
	"regexp"
	"strconv"

	"topicpilot/commands/messages"
	"topicpilot/topics"
	"topicpilot/topics/advice"
)

const (
	// maxSources bounds the sources that are shown, maxQuote and shortQuote how much of their
	// quotes, in characters; the latter where the message would not fit otherwise.
	maxSources = 8
	maxQuote   = 300
	shortQuote = 80
	// maxCodes is how many words of a text stand in code one by one (Bot API: 100 entities a
	// message, which the sources need too).
	maxCodes = 50
)

// The verbs of the buttons below a draft.
const (
	verbSend    = "send"
	verbEdit    = "edit"
	verbDismiss = "dismiss"
)

// shown is an open draft as operators see it.
func (a *AI) shown(p place, draft topics.Draft) (topics.Text, [][]topics.Button) {
	var head topics.Text
	head.Bold(p.say.T("ai.draft", nil)).Add("\n")
	if line := toldText(p.say, draft.Told); line != "" {
		head.Add(line + "\n")
	}
	copyable := topics.UTF16Len(draft.Text) <= maxCopy
	if copyable {
		head.Append(untapped(draft.Text))
	} else {
		head.Append(tellText(draft.Text))
	}
	head.Append(doubts{draft.Strange, draft.Uncarried, draft.Dictated}.text(p.say))
	button := func(verb, text string) topics.Button {
		return Action{Command: "ai", Verb: verb, Arg: draftArg(draft)}.Button(text)
	}
	var first []topics.Button
	if a.sendable(p, draft) {
		first = append(first, button(verbSend, p.say.T("ai.send", nil)))
	}
	if copyable {
		first = append(first, topics.Button{Text: p.say.T("ai.copy", nil), Copy: draft.Text})
	}
	buttons := [][]topics.Button{{
		button(verbEdit, p.say.T("ai.edit", nil)), button(verbDismiss, p.say.T("ai.dismiss", nil)),
	}}
	if len(first) > 0 {
		buttons = append([][]topics.Button{first}, buttons...)
	}
	return withSources(p.say, head, draft.Sources), buttons
}

// sendable reports whether [Send] may lead to anything with the text as it is.
func (a *AI) sendable(p place, draft topics.Draft) bool {
	switch draft.Told {
	case topics.ToldOff, topics.ToldNeverWrote, topics.ToldBlocked, topics.ToldSlash:
		return false
	case topics.ToldNothing, topics.ToldPending, topics.ToldSending, topics.ToldSent,
		topics.ToldUnknown, topics.ToldFailed:
	}
	return a.tells(p.group)
}

// ended is a draft of which nothing is left to decide, as its message shows it.
func ended(say *messages.Printer, draft topics.Draft) (topics.Text, [][]topics.Button) {
	text := shownText(endedLine(say, draft), maxCard)
	switch draft.State {
	case topics.DraftSent:
		text = boldLine(text)
		text.Add("\n").Append(untapped(draft.Text))
	case topics.DraftUnknown:
		if topics.UTF16Len(draft.Text) <= maxCopy {
			text.Add("\n").Append(untapped(draft.Text))
			return text, [][]topics.Button{{{Text: say.T("ai.copy", nil), Copy: draft.Text}}}
		}
		text.Add("\n").Append(tellText(draft.Text))
	case topics.DraftOpen, topics.DraftQueued, topics.DraftSending, topics.DraftDismissed, topics.DraftTyped,
		topics.DraftIgnored:
	}
	return cutText(text, maxCard), nil
}

// boldLine is a line in bold, but for what stands in code.
func boldLine(line topics.Text) topics.Text {
	if len(line.Entities) > 0 {
		return line
	}
	var t topics.Text
	t.Bold(line.Text)
	return t
}

// endedLine says what became of a draft, as a text of placeShown.
func endedLine(say *messages.Printer, draft topics.Draft) string {
	name := messages.Data{"Name": authorName(draft.Decided)}
	switch draft.State {
	case topics.DraftSent:
		if draft.Auto {
			return say.T("ai.answered", nil)
		}
		return say.T("ai.sent", name)
	case topics.DraftUnknown:
		return toldText(say, topics.ToldUnknown)
	case topics.DraftDismissed:
		return say.T("ai.dismissed", name)
	case topics.DraftTyped:
		return say.T("ai.typed", name)
	case topics.DraftIgnored:
		return say.T("ai.ignored", nil)
	case topics.DraftOpen, topics.DraftQueued, topics.DraftSending:
	}
	return say.T("ai.sending", nil)
}

// answered says that the customer was answered by the advisor itself, with what, where that
// does not stand in the topic, and on what ground.
func answered(p place, draft topics.Draft) topics.Text {
	var t topics.Text
	t.Bold(p.say.T("ai.answered", nil))
	if p.group.CustomerSend != topics.CustomerSendTopic {
		t.Add("\n").Append(untapped(draft.Text))
	}
	return withSources(p.say, t, draft.Sources)
}

// shownAnswer is an answer to an operator.
func shownAnswer(say *messages.Printer, given advice.Advice) topics.Text {
	var t topics.Text
	t.Append(untapped(given.Text)).Append(doubts{strange: given.Strange, uncarried: given.Uncarried}.text(say))
	return withSources(say, t, given.Sources)
}

var wordForm = regexp.MustCompile(`\S+`)

// untapped is a text as it stands, with the words in code of which Telegram would make a
// link, a mention or a command: the model, or a customer, may have chosen them.
func untapped(text string) topics.Text {
	var words [][]int
	for _, word := range wordForm.FindAllStringIndex(text, -1) {
		if whole := strip(text[word[0]:word[1]]); whole != "/" && tappable.MatchString(whole) {
			words = append(words, word)
		}
	}
	if len(words) > maxCodes {
		words = [][]int{{0, len(text)}}
	}
	var t topics.Text
	done := 0
	for _, word := range words {
		t.Add(text[done:word[0]]).Code(text[word[0]:word[1]])
		done = word[1]
	}
	t.Add(text[done:])
	return t
}

// withSources adds the sources to a text, with shorter quotes where it would not fit into
// one message otherwise.
func withSources(say *messages.Printer, text topics.Text, sources []topics.DraftSource) topics.Text {
	if len(sources) == 0 {
		return text
	}
	below := sourcesText(say, sources, maxQuote)
	if topics.UTF16Len(text.Text)+topics.UTF16Len(below.Text) > maxCard {
		below = sourcesText(say, sources, shortQuote)
	}
	text.Add("\n\n").Append(below)
	return text
}

// sourcesText lists sources in a quote that unfolds.
func sourcesText(say *messages.Printer, sources []topics.DraftSource, quote int) topics.Text {
	var list topics.Text
	list.Bold(say.T("ai.sources", nil))
	for i, source := range sources[:min(len(sources), maxSources)] {
		list.Add("\n" + strconv.Itoa(i+1) + ". ").Append(sourceLine(say, source))
		if words := cutRunes(oneLine(source.Quote), quote); visible(words) {
			list.Add("\n“").Append(untapped(words)).Add("”")
		}
	}
	fold := topics.Entity{Type: "expandable_blockquote", Length: topics.UTF16Len(list.Text)}
	list.Entities = append([]topics.Entity{fold}, list.Entities...)
	return list
}

// sourceLine is the title, the link or the file, and the date of a source. Titles and links
// are the team's own.
func sourceLine(say *messages.Printer, source topics.DraftSource) topics.Text {
	var t topics.Text
	title, file := cleanField(source.Title), cleanField(source.File)
	if !visible(title) {
		title = file
	}
	if isLink(source.Link) {
		t.AddEntity(title, topics.Entity{Type: "text_link", URL: source.Link})
	} else {
		t.Append(untapped(title)).Add(" · ").Code(file)
	}
	if !source.Date.IsZero() {
		t.Add(" · " + source.Date.UTC().Format("2006-01-02"))
	}
	if source.Internal {
		t.Add(" · " + say.T("ai.internal", nil))
	}
	return t
}

// isLink reports whether Telegram makes a link of it.
func isLink(link string) bool {
	parsed, err := url.Parse(link)
	return err == nil && (parsed.Scheme == "http" || parsed.Scheme == "https") && parsed.Host != ""
}
