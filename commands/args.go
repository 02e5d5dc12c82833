package commands

import (
	"regexp"
	"strings"
	"unicode"
)

// Arg is one argument of a command. Arguments are separated by white space.
type Arg struct {
	Name string
	// Match is what the whole word must look like; its first group, if it has one, is
	// the value. Nil takes any word.
	Match *regexp.Regexp
	// Optional arguments stand at the end.
	Optional bool
	// Rest takes all that is left, white space included. The last argument only.
	Rest bool
}

// usageError says that what was typed does not fit the arguments.
type usageError struct {
	// Arg is the argument that Word does not fit; both are "" where the number of words
	// is wrong.
	Arg, Word string
}

func (*usageError) Error() string { return "arguments do not fit" }

// parseArgs fits what was typed to the arguments; *usageError if it does not.
func parseArgs(args []Arg, rest string) (map[string]string, error) {
	if len(args) == 0 {
		if strings.TrimSpace(rest) != "" {
			return nil, &usageError{}
		}
		return nil, nil
	}
	values := make(map[string]string, len(args))
	for _, arg := range args {
		word, after := nextWord(rest)
		if arg.Rest {
			word, after = strings.TrimSpace(rest), ""
		}
		if word == "" {
			if !arg.Optional {
				return nil, &usageError{}
			}
			continue
		}
		value, ok := arg.value(word)
		if !ok {
			return nil, &usageError{Arg: arg.Name, Word: word}
		}
		values[arg.Name], rest = value, after
	}
	if strings.TrimSpace(rest) != "" {
		return nil, &usageError{}
	}
	return values, nil
}

func (a Arg) value(word string) (string, bool) {
	if a.Match == nil {
		return word, true
	}
	// The expression comes from the settings without anchors, and the leftmost match
	// need not be the longest: only one that covers the whole word counts.
	m := a.Match.FindStringSubmatch(word)
	if m == nil || m[0] != word {
		return "", false
	}
	if len(m) > 1 {
		return m[1], true
	}
	return word, true
}

func nextWord(s string) (word, rest string) {
	s = strings.TrimLeftFunc(s, unicode.IsSpace)
	end := strings.IndexFunc(s, unicode.IsSpace)
	if end < 0 {
		return s, ""
	}
	return s[:end], s[end:]
}

// argsUsage shows arguments: "<tariff> [months]".
func argsUsage(args []Arg) string {
	words := make([]string, 0, len(args))
	for _, arg := range args {
		name := arg.Name
		if arg.Rest {
			name += "…"
		}
		if arg.Optional {
			words = append(words, "["+name+"]")
		} else {
			words = append(words, "<"+name+">")
		}
	}
	return strings.Join(words, " ")
}
