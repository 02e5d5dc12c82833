package commands_test

import (
	"strconv"
	"strings"
	"testing"

	"topicpilot/topics"
)

// A reply to a draft that addresses the advisor is a question, and no text of the draft's.
func TestAIReplyAsks(t *testing.T) {
	w := drafted(t)
	shown := w.lastOwn()
	question := w.replies(shown, "/ ai is that also true for domains?")
	w.hear(question)
	w.work()
	asked := w.adviser.asked
	if len(asked) != 2 || !asked[1].Internal || asked[1].Text != "is that also true for domains?" {
		t.Errorf("asked %+v", asked)
	}
	if w.only().Text != refund || w.messages[shown].edits != 0 {
		t.Errorf("the draft is %q", w.only().Text)
	}
	w.hear(w.edits(question, "/ ai and for mail?"))
	w.work()
	if len(w.adviser.asked) != 2 || w.only().Text != refund {
		t.Errorf("an edit: asked %d times, the draft is %q", len(w.adviser.asked), w.only().Text)
	}
}

const changedToast = "The text has changed. Please look again."

// [Send] sends nothing that the presser has not seen: other words are shown first.
func TestAISendUnseen(t *testing.T) {
	w := drafted(t)
	m := w.lastOwn()
	unseen := w.pressing(petr, m, "Send")
	w.held = true // the other words wait for the group's budget
	w.hear(w.replies(m, "/ Olga's words"))
	if toast := w.deliver(unseen); toast != changedToast {
		t.Errorf("toast %q", toast)
	}
	w.work()
	if len(w.teller.texts) != 0 || w.states() != "open" {
		t.Fatalf("%s, told %q", w.states(), w.teller.texts)
	}
	w.flush()
	if text := w.messages[m].text.Text; !strings.Contains(text, "Olga's words") || w.messages[m].edits != 1 {
		t.Errorf("shown %q after %d edits", text, w.messages[m].edits)
	}
	w.press("Send")
	w.work()
	if len(w.teller.texts) != 1 || w.teller.texts[0] != "Olga's words" {
		t.Errorf("told %q", w.teller.texts)
	}
}

// Other words of several messages are shown anew by a press on the message that is the draft's,
// and by none on a former one.
func TestAISendUnseenLong(t *testing.T) {
	w := drafted(t)
	former := w.lastOwn()
	first := w.pressing(petr, former, "Send")
	w.hear(w.replies(former, "/ "+strings.Repeat("long words ", 370)))
	parts := w.lastOwn()
	if toast := w.deliver(first); toast != changedToast || w.lastOwn() != parts {
		t.Errorf("toast %q, shown %+v", toast, w.last())
	}
	w.deliver(w.pressData(petr, parts, first.Press))
	if w.lastOwn() == parts || w.only().MessageID != w.lastOwn() || len(w.teller.texts) != 0 {
		t.Errorf("shown %+v, told %q", w.last(), w.teller.texts)
	}
}

// Buttons that were made without a version send nothing, and get those that do.
func TestAIOldButtons(t *testing.T) {
	w := drafted(t)
	m := w.lastOwn()
	if toast := w.deliver(w.pressData(olga, m, "1:ai:send:1")); toast != changedToast {
		t.Errorf("toast %q", toast)
	}
	data := w.pressing(olga, m, "Send").Press
	if want := "1:ai:send:1:" + strconv.FormatInt(w.only().Version, 10); data != want || w.messages[m].edits != 1 {
		t.Errorf("the button has %q after %d edits, want %q", data, w.messages[m].edits, want)
	}
	w.deliver(w.pressData(olga, m, "1:ai:dismiss:1"))
	w.work()
	if w.only().State != topics.DraftDismissed || len(w.teller.texts) != 0 {
		t.Errorf("%s, told %q", w.states(), w.teller.texts)
	}
}
