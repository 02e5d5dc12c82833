package commands

import (
	"errors"
	"strings"

	"topicpilot/topics"
)

// actionVersion is the form of button data that this program writes. Buttons outlive
// programs: a form that changes its meaning gets another number.
const actionVersion = "1"

// maxAction is the longest data of a button in bytes (Bot API, callback_data).
const maxAction = 64

// Action is what a button does, as its data says: "1:info:refresh" or, with an
// argument, "1:activate:confirm:x7".
type Action struct {
	// Command is the name of the command that made the button and answers its press.
	Command string
	// Verb is what to do, in the command's own words.
	Verb string
	// Arg is the rest, "" for none.
	Arg string
}

var errAction = errors.New("button data not understood")

// ParseAction reads the data of a button. What another version of this program, or
// another program, has written is an error.
func ParseAction(data string) (Action, error) {
	parts := strings.SplitN(data, ":", 4)
	if len(data) > maxAction || len(parts) < 3 || parts[0] != actionVersion {
		return Action{}, errAction
	}
	a := Action{Command: parts[1], Verb: parts[2]}
	if !isName(a.Command) || !isName(a.Verb) {
		return Action{}, errAction
	}
	if len(parts) == 4 {
		if parts[3] == "" {
			return Action{}, errAction
		}
		a.Arg = parts[3]
	}
	return a, nil
}

// Data is the form that ParseAction reads. A command must keep it within 64 bytes.
func (a Action) Data() string {
	data := actionVersion + ":" + a.Command + ":" + a.Verb
	if a.Arg != "" {
		data += ":" + a.Arg
	}
	return data
}

// Button makes the button that does a.
func (a Action) Button(text string) topics.Button {
	return topics.Button{Text: text, Data: a.Data()}
}

// isName reports whether s is a name as Telegram's menu takes it: 1–32 of [a-z0-9_].
func isName(s string) bool {
	if s == "" || len(s) > maxName {
		return false
	}
	for i := range len(s) {
		if !isNameByte(s[i]) || s[i] >= 'A' && s[i] <= 'Z' {
			return false
		}
	}
	return true
}
