package commands

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxName is the longest name of a command, in bytes (Bot API, BotCommand).
const maxName = 32

// Parse reads a command: "/name rest" or "/name@botUsername rest", from the very
// first character, the name of 1–32 letters, digits and underscores. The name comes
// back in lower case, the rest without white space around it.
//
// It is not ok for "/ text" (a comment), for a name that goes on with another
// character ("/info, please"), and for a command addressed to another bot, also when
// our own name is not known (""). Upper and lower case do not matter.
func Parse(text, botUsername string) (name, rest string, ok bool) {
	after, found := strings.CutPrefix(text, "/")
	if !found {
		return "", "", false
	}
	name, after = cutName(after)
	if name == "" || len(name) > maxName {
		return "", "", false
	}
	if addressed, yes := strings.CutPrefix(after, "@"); yes {
		var bot string
		bot, after = cutName(addressed)
		if bot == "" || !strings.EqualFold(bot, strings.TrimPrefix(botUsername, "@")) {
			return "", "", false
		}
	}
	if after != "" {
		if r, _ := utf8.DecodeRuneInString(after); !unicode.IsSpace(r) {
			return "", "", false
		}
	}
	return strings.ToLower(name), strings.TrimSpace(after), true
}

// cutName splits s behind its leading letters, digits and underscores.
func cutName(s string) (name, rest string) {
	end := 0
	for end < len(s) && isNameByte(s[end]) {
		end++
	}
	return s[:end], s[end:]
}

func isNameByte(b byte) bool {
	return b == '_' || b >= '0' && b <= '9' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z'
}
