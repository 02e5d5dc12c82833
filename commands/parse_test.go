package commands_test

import (
	"regexp"
	"strings"
	"testing"

	"topicpilot/commands"
)

func TestParse(t *testing.T) {
	const bot = "TopicPilotBot"
	tests := []struct {
		name, text string
		want, rest string
		ok         bool
	}{
		{"bare", "/info", "info", "", true},
		{"rest", "/activate t1 m6", "activate", "t1 m6", true},
		{"upper case", "/INFO", "info", "", true},
		{"addressed", "/info@TopicPilotBot", "info", "", true},
		{"addressed in other case, rest", "/Info@topicpilotBOT  a b ", "info", "a b", true},
		{"new line", "/find\nword", "find", "word", true},
		{"no-break space", "/find\u00a0word", "find", "word", true},
		{"digits and underscore", "/do_it2", "do_it2", "", true},
		{"32 characters", "/" + strings.Repeat("a", 32), strings.Repeat("a", 32), "", true},
		{"33 characters", "/" + strings.Repeat("a", 33), "", "", false},
		{"other bot", "/info@OtherBot", "", "", false},
		{"prefix of our name", "/info@TopicPilot", "", "", false},
		{"nobody addressed", "/info@", "", "", false},
		{"nobody addressed, rest", "/info@ x", "", "", false},
		{"comment", "/ info", "", "", false},
		{"slash", "/", "", "", false},
		{"two slashes", "//info", "", "", false},
		{"comma behind", "/info, please", "", "", false},
		{"path", "/usr/bin", "", "", false},
		{"other letters", "/инфо", "", "", false},
		{"letters that fold to ours", "/ınfo", "", "", false},
		{"not at the start", " /info", "", "", false},
		{"in a sentence", "see /info", "", "", false},
		{"empty", "", "", "", false},
		{"mark behind our name", "/info@TopicPilotBot!", "", "", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			name, rest, ok := commands.Parse(tt.text, bot)
			if name != tt.want || rest != tt.rest || ok != tt.ok {
				t.Errorf("Parse(%q) = %q, %q, %v", tt.text, name, rest, ok)
			}
		})
	}
	if _, _, ok := commands.Parse("/info@", ""); ok {
		t.Error("addressed to nobody, taken by a bot whose name is not known")
	}
}

var nameForm = regexp.MustCompile(`^[a-z0-9_]{1,32}$`)

func FuzzParse(f *testing.F) {
	for _, seed := range []string{"/info", "/info@bot x", "/ x", "/info@other", "/info\xff", "/i\u2028x"} {
		f.Add(seed, "bot")
	}
	f.Fuzz(func(t *testing.T, text, bot string) {
		name, rest, ok := commands.Parse(text, bot)
		if !ok {
			if name != "" || rest != "" {
				t.Fatalf("%q: not ok, but %q, %q", text, name, rest)
			}
			return
		}
		if !nameForm.MatchString(name) || !strings.HasPrefix(strings.ToLower(text), "/"+name) {
			t.Fatalf("%q: name %q", text, name)
		}
		if rest != strings.TrimSpace(rest) || !strings.Contains(text, rest) {
			t.Fatalf("%q: rest %q", text, rest)
		}
		again, restAgain, ok := commands.Parse("/"+name+" "+rest, bot)
		if !ok || again != name || restAgain != rest {
			t.Fatalf("%q: %q, %q is read as %q, %q", text, name, rest, again, restAgain)
		}
	})
}

func TestParseAction(t *testing.T) {
	tests := []struct {
		data string
		want commands.Action
		ok   bool
	}{
		{"1:info:refresh", commands.Action{Command: "info", Verb: "refresh"}, true},
		{"1:activate:do:t1:m6", commands.Action{Command: "activate", Verb: "do", Arg: "t1:m6"}, true},
		{"2:info:refresh", commands.Action{}, false},
		{"info:refresh", commands.Action{}, false},
		{"1:info", commands.Action{}, false},
		{"1:info:", commands.Action{}, false},
		{"1::refresh", commands.Action{}, false},
		{"1:info:refresh:", commands.Action{}, false},
		{"1:Info:refresh", commands.Action{}, false},
		{"", commands.Action{}, false},
		{"1:info:refresh:" + strings.Repeat("x", 64), commands.Action{}, false},
	}
	for _, tt := range tests {
		got, err := commands.ParseAction(tt.data)
		if (err == nil) != tt.ok || got != tt.want {
			t.Errorf("ParseAction(%q) = %+v, %v", tt.data, got, err)
		}
	}
}

func FuzzParseAction(f *testing.F) {
	for _, seed := range []string{"1:info:refresh", "1:a:b:c:d", "2:a:b", "::::", ""} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, data string) {
		action, err := commands.ParseAction(data)
		if err == nil && action.Data() != data {
			t.Fatalf("%q is written as %q", data, action.Data())
		}
	})
}
