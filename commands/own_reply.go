package commands

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"topicpilot/topics"
)

const (
	// maxReply is the longest answer to an operator, in UTF-16 units; what is said of the
	// message to the customer comes on top.
	maxReply = 3500
	// maxTell is the longest text to a customer, in UTF-16 units: one message (Bot API).
	maxTell = 4096
	// maxReplyLines and maxReplyValue bound an answer that is shown as it came.
	maxReplyLines = 20
	maxReplyValue = 300
)

// saidOf is what is owed after success.
type saidOf struct {
	// reply is in the form of placeShown, "" for the shortest one.
	reply string
	tell  string
}

// render makes the answer and the text for the customer. Whatever goes wrong here, the
// request has taken effect.
func (w *work) render(ctx context.Context, section SectionRequest, answer any) saidOf {
	var said saidOf
	err := guarded(func() error {
		values, err := w.values(context.WithoutCancel(ctx), w.command, section, true)
		if err != nil {
			return err
		}
		values["Response"] = answer
		if w.command.reply == nil {
			said.reply = defaultReply(answer)
		} else if said.reply, err = w.command.reply.render(values); err != nil {
			return err
		}
		if w.command.tell != nil {
			said.tell, err = w.command.tell.render(values)
		}
		return err
	})
	if err != nil {
		w.opts.Log.Error("answer of a command cannot be shown", "command", w.run.Command, "run", w.run.ID,
			"topic_id", w.run.String(), "error", err)
	}
	return saidOf{reply: cutReply(said.reply), tell: plainTell(said.tell)}
}

// renderChecked is render after a check: what only the lost answer could have told is left
// out rather than said with gaps. tellable is false for a text that has such gaps.
func (w *work) renderChecked(values map[string]any) (said saidOf, tellable bool) {
	tellable = true
	err := guarded(func() error {
		if w.command.reply != nil {
			text, whole, err := w.command.reply.renderWhole(values)
			if err != nil {
				return err
			}
			if whole {
				said.reply = text
			}
		}
		if w.command.tell != nil {
			var err error
			said.tell, tellable, err = w.command.tell.renderWhole(values)
			return err
		}
		return nil
	})
	if err != nil {
		w.opts.Log.Error("answer of a check cannot be shown", "command", w.run.Command, "run", w.run.ID,
			"topic_id", w.run.String(), "error", err)
	}
	said.reply, said.tell = cutReply(said.reply), plainTell(said.tell)
	return said, tellable
}

// cutReply bounds a text of placeShown. The signs of code count, so that a pair may be cut
// in two: shownText closes it.
func cutReply(rendered string) string { return cutUTF16(trimLines(rendered), maxReply) }

func plainTell(rendered string) string {
	return strings.TrimSpace(strings.ToValidUTF8(rendered, "\uFFFD"))
}

// owe puts what is owed after success into the run. A text that cannot be told in one
// message, or has gaps, is not told but offered for copying.
func (s saidOf) owe(run *topics.Run, tellable bool) {
	run.Reply, run.TellText = s.reply, cutUTF16(s.tell, maxTell)
	switch {
	case s.tell == "":
	case tellable && run.TellText == s.tell:
		run.Told = topics.ToldPending
	default:
		run.Told = topics.ToldFailed
	}
}

// defaultReply is what came back in the obvious form, as placeShown gives it: its text, if
// it has one, its fields in short lines, or itself.
func defaultReply(answer any) string {
	if list, ok := answer.([]any); ok && len(list) == 1 {
		answer = list[0] // as n8n answers
	}
	switch v := answer.(type) {
	case map[string]any:
		for _, name := range []string{"text", "message", "result"} {
			if text, ok := v[name].(string); ok && visible(text) {
				return shownLines(text)
			}
		}
		return fieldLines(v)
	case []any:
		lines := make([]string, 0, maxReplyLines)
		for _, item := range v[:min(len(v), maxReplyLines)] {
			lines = append(lines, shortValue(item))
		}
		return moreLines(lines, len(v))
	case nil:
		return ""
	}
	return shownLines(textOf(answer))
}

// shownLines is shownOf for a text of several lines.
func shownLines(text string) string {
	lines := strings.Split(trimLines(stripLines(text)), "\n")
	shown := make([]string, 0, len(lines))
	for _, line := range lines[:min(len(lines), 10*maxReplyLines)] {
		shown = append(shown, shownOf(line))
	}
	return strings.Join(shown, "\n")
}

func fieldLines(object map[string]any) string {
	names := slices.Sorted(maps.Keys(object))
	lines := make([]string, 0, maxReplyLines)
	for _, name := range names[:min(len(names), maxReplyLines)] {
		lines = append(lines, shownOf(cutRunes(oneLine(name), maxField))+": "+shortValue(object[name]))
	}
	return moreLines(lines, len(names))
}

func moreLines(lines []string, all int) string {
	if all > len(lines) {
		lines = append(lines, "…")
	}
	return strings.Join(lines, "\n")
}

// shortValue is one value on one line; what has parts stands as JSON.
func shortValue(v any) string {
	text := textOf(v)
	if _, ok := v.([]any); ok {
		if data, err := json.Marshal(v); err == nil {
			text = string(data)
		}
	}
	return shownOf(cutRunes(oneLine(text), maxReplyValue))
}
