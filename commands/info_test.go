package commands_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"pgregory.net/rapid"

	"topicpilot/commands"
	"topicpilot/topics"
)

var _ commands.Customers = (*topics.Resolver)(nil)

// render shows a message with its entities and buttons, for golden files.
func render(answer topics.Answer) string {
	var out strings.Builder
	for _, m := range answer.Messages {
		out.WriteString(m.Text.Text + "\n---\n")
		units := utf16.Encode([]rune(m.Text.Text))
		for _, e := range m.Text.Entities {
			part := string(utf16.Decode(units[e.Offset : e.Offset+e.Length]))
			fmt.Fprintf(&out, "%s %q\n", e.Type, part)
		}
		for _, row := range m.Buttons {
			for _, b := range row {
				fmt.Fprintf(&out, "[%s] %s\n", b.Text, b.Data)
			}
		}
	}
	if answer.Toast != "" {
		out.WriteString("toast: " + answer.Toast + "\n")
	}
	return out.String()
}

func infoRegistry(t *testing.T, who customers, sections ...commands.InfoSection) *commands.Registry {
	t.Helper()
	return newRegistry(t, all(commands.Parts{Customers: who, Sections: sections})...)
}

func lines(texts ...string) commands.InfoSection {
	return commands.InfoSection{Name: "lines", Section: section(
		func(context.Context, commands.SectionRequest) ([]topics.Text, error) {
			var out []topics.Text
			for _, text := range texts {
				out = append(out, topics.Plain(text))
			}
			return out, nil
		})}
}

func TestCard(t *testing.T) {
	stale := john()
	stale.Stale, stale.Age = true, 5*time.Minute+59*time.Second
	stale.Title, stale.Status = "VIP John", "closed"
	sparse := topics.Resolved{TopicInfo: topics.TopicInfo{
		Private: true, Customer: topics.Customer{ID: 1<<53 + 1}, Status: "on_hold",
	}}
	for _, lang := range []string{"en", "ru", "uk"} {
		for name, resolved := range map[string]topics.Resolved{"full": john(), "stale": stale, "sparse": sparse} {
			t.Run(name+"."+lang, func(t *testing.T) {
				registry := infoRegistry(t, always(resolved), lines("Balance 5 · tariff t1"), lines(), lines("N005"))
				answer := dispatch(t, registry, newCall(newGroup(lang), "info"))
				golden(t, "card."+name+"."+lang, render(answer))
			})
		}
	}
}

func TestStatuses(t *testing.T) {
	for status, want := range map[string]string{
		"user_answered":    "Status: 🟪 the customer waits for an answer",
		"support_answered": "Status: 🟨 answered, waiting for the customer",
		"closed":           "Status: ⬛️ closed",
		"on_hold":          "Status: on_hold",
		"two\nlines":       "Status: two lines",
	} {
		resolved := john()
		resolved.Status = status
		text := said(t, dispatch(t, infoRegistry(t, always(resolved)), newCall(newGroup("en"), "info")))
		if !slices.Contains(strings.Split(text, "\n"), want) {
			t.Errorf("%s: no line %q in\n%s", status, want, text)
		}
	}
	resolved := john()
	resolved.Status = ""
	text := said(t, dispatch(t, infoRegistry(t, always(resolved)), newCall(newGroup("en"), "info")))
	if strings.Contains(text, "Status") {
		t.Errorf("a status is shown where there is none:\n%s", text)
	}
}

func TestAges(t *testing.T) {
	for age, want := range map[time.Duration]string{
		0:                              "as of 1 s ago",
		10 * time.Second:               "as of 10 s ago",
		5 * time.Minute:                "as of 5 min ago",
		90 * time.Minute:               "as of 1 h ago",
		47 * time.Hour:                 "as of 47 h ago",
		10*24*time.Hour + 23*time.Hour: "as of 10 days ago",
	} {
		resolved := john()
		resolved.Stale, resolved.Age = true, age
		text := said(t, dispatch(t, infoRegistry(t, always(resolved)), newCall(newGroup("en"), "info")))
		if !strings.Contains(text, "\n"+want) {
			t.Errorf("%s: no %q in\n%s", age, want, text)
		}
	}
}

var reasons = []topics.ResolveReason{
	topics.ReasonGeneral, topics.ReasonChat, topics.ReasonUnknownTopic,
	topics.ReasonNotSet, topics.ReasonRefused, topics.ReasonUnavailable,
}

func TestReasons(t *testing.T) {
	for _, lang := range []string{"en", "ru", "uk"} {
		var out strings.Builder
		seen := map[string]bool{}
		for _, reason := range reasons {
			answer := dispatch(t, infoRegistry(t, never(reason)), newCall(newGroup(lang), "info"))
			text := render(answer)
			if seen[text] {
				t.Errorf("%s: %s has no sentence of its own", lang, reason)
			}
			seen[text] = true
			out.WriteString("# " + string(reason) + "\n" + text)
		}
		golden(t, "reasons."+lang, out.String())
	}
}

func TestInfoRefusesArgumentsAndGeneral(t *testing.T) {
	registry := infoRegistry(t, func(context.Context, topics.Conversation) (topics.Resolved, error) {
		t.Error("a customer was asked for")
		return topics.Resolved{}, nil
	})
	call := newCall(newGroup("en"), "info")
	call.Rest = "now"
	if got := said(t, dispatch(t, registry, call)); got != "Usage: /info" {
		t.Errorf("said %q", got)
	}
	call.Rest = ""
	inGeneral(&call)
	if got := said(t, dispatch(t, registry, call)); !strings.Contains(got, "customer's topic") {
		t.Errorf("said %q", got)
	}
}

func TestRefresh(t *testing.T) {
	resolved := john()
	registry := infoRegistry(t, func(context.Context, topics.Conversation) (topics.Resolved, error) {
		return resolved, nil
	})
	first := dispatch(t, registry, newCall(newGroup("en"), "info"))
	resolved.Status = "closed"
	press := newCall(newGroup("en"), "")
	press.Press, press.MessageID = first.Messages[0].Buttons[0][0].Data, 99
	answer := dispatch(t, registry, press)
	if got := said(t, answer); !strings.Contains(got, "⬛️ closed") {
		t.Errorf("said %q, want the new status", got)
	}
	out := answer.Messages[0]
	if out.EditID != 99 || out.Replaces == "" || len(out.Buttons) != 1 || answer.Toast == "" {
		t.Errorf("got %+v, toast %q", out, answer.Toast)
	}
	press.Press = "1:info:explode"
	if answer := dispatch(t, registry, press); len(answer.Messages) != 0 || answer.Toast == "" {
		t.Errorf("an unknown verb gives %+v", answer)
	}
}

// TestRefreshAgainAndAgain: a card that was refreshed just now is not asked for again,
// whoever presses.
func TestRefreshAgainAndAgain(t *testing.T) {
	now := &clock{now: time.Unix(1_800_000_000, 0)}
	asked := 0
	var trouble error
	who := customers(func(context.Context, topics.Conversation) (topics.Resolved, error) {
		asked++
		now.Add(7 * time.Second) // a slow one: its end counts
		return john(), trouble
	})
	registry := newRegistry(t, all(commands.Parts{Customers: who, Now: now.Now})...)
	press := func(message int64, key string) topics.Answer {
		call := newCall(newGroup("en"), "")
		call.Press, call.MessageID, call.Key = "1:info:refresh", message, key
		return dispatch(t, registry, call)
	}
	for _, step := range []struct {
		name    string
		message int64
		key     string
		after   time.Duration
		fresh   bool
	}{
		{"first", 50, "a", 0, true},
		{"at once", 50, "b", 0, false},
		{"the same update again", 50, "a", 0, true},
		{"just before the end", 50, "c", 5*time.Second - 1, false},
		{"another card", 51, "d", 0, true},
		{"later", 50, "e", 0, true},
		{"later still", 50, "f", 5 * time.Second, true},
	} {
		now.Add(step.after)
		before := asked
		answer := press(step.message, step.key)
		if (asked > before) != step.fresh || (len(answer.Messages) == 1) != step.fresh {
			t.Errorf("%s: asked %v, answer %+v", step.name, asked > before, answer)
		}
		if !step.fresh && answer.Toast != "Refreshed just now." {
			t.Errorf("%s: toast %q", step.name, answer.Toast)
		}
	}
	trouble = errors.New("disk full")
	now.Add(time.Minute)
	press(52, "g")
	if trouble = nil; len(press(52, "h").Messages) != 1 {
		t.Error("a refresh that failed counts")
	}
}

func TestLongCard(t *testing.T) {
	long := strings.Repeat("€", 1000)
	who := john()
	registry := infoRegistry(t, always(who), lines(long, long, long, long))
	answer := dispatch(t, registry, newCall(newGroup("en"), "info"))
	if len(answer.Messages[0].Buttons) != 0 {
		t.Error("a card of two messages has a button that edits one")
	}
	press := newCall(newGroup("en"), "")
	press.Press = "1:info:refresh"
	if got := said(t, dispatch(t, registry, press)); topics.UTF16Len(got) > 4096-2 {
		t.Errorf("an edit of %d units", topics.UTF16Len(got))
	}
}

func TestSections(t *testing.T) {
	failing := commands.InfoSection{Name: "broken", Section: section(
		func(context.Context, commands.SectionRequest) ([]topics.Text, error) {
			return nil, errors.New("https://secret@host")
		})}
	panicking := commands.InfoSection{Name: "mad", Section: section(
		func(context.Context, commands.SectionRequest) ([]topics.Text, error) { panic("boo") })}
	bold := commands.InfoSection{Name: "bold", Section: section(
		func(_ context.Context, req commands.SectionRequest) ([]topics.Text, error) {
			line := topics.Text{}
			line.Add("id 🟪 ").Bold(fmt.Sprint(req.Customer.ID))
			return []topics.Text{line}, nil
		})}
	answer := dispatch(t, infoRegistry(t, always(john()), failing, panicking, bold),
		newCall(newGroup("en"), "info"))
	golden(t, "sections", render(answer))
}

func TestResolverTrouble(t *testing.T) {
	who := customers(func(context.Context, topics.Conversation) (topics.Resolved, error) {
		return topics.Resolved{}, errors.New("store: disk full")
	})
	got := said(t, dispatch(t, infoRegistry(t, who), newCall(newGroup("en"), "info")))
	if !strings.HasPrefix(got, "Internal error") {
		t.Errorf("said %q", got)
	}
}

// A customer's names never make another line, turn the direction of the text, or
// become something to tap; each entity stands on the characters it is meant for.
func TestNamesAreData(t *testing.T) {
	hostile := rapid.StringOf(rapid.OneOf(
		rapid.Rune(),
		rapid.SampledFrom([]rune("\n\r\t\u2028\u2029\u0085\u202e\u2066\u200b\u200f\u3164\u2800 /@:😀")),
	))
	rapid.Check(t, func(t *rapid.T) {
		resolved := john()
		c := &resolved.Customer
		c.Name, c.FirstName = hostile.Draw(t, "name"), hostile.Draw(t, "first")
		c.Username, c.Language = hostile.Draw(t, "username"), hostile.Draw(t, "language")
		c.Phone, resolved.Title = hostile.Draw(t, "phone"), hostile.Draw(t, "title")
		registry, err := commands.New(commands.Config{
			Commands: all(commands.Parts{Customers: always(resolved)}),
		})
		if err != nil {
			t.Fatal(err)
		}
		answer, err := registry.Dispatch(context.Background(), newCall(newGroup("en"), "info"))
		if err != nil {
			t.Fatal(err)
		}
		text := answer.Messages[0].Text
		shown := strings.Split(text.Text, "\n")
		if !strings.HasPrefix(shown[1], "ID: 987654321") || len(shown) > 6 {
			t.Fatalf("a faked line in %q", text.Text)
		}
		if strings.ContainsAny(text.Text, "\r\t\u2028\u2029\u0085\u202e\u2066\u200b\u200f") {
			t.Fatalf("left in: %q", text.Text)
		}
		units := len(utf16.Encode([]rune(text.Text)))
		for _, e := range text.Entities {
			if e.Offset < 0 || e.Length <= 0 || e.Offset+e.Length > units {
				t.Fatalf("entity %+v of %d units", e, units)
			}
		}
	})
}

func TestAssist(t *testing.T) {
	boss := hello("boss", topics.RoleAdmin)
	tests := []struct {
		name   string
		lang   string
		change func(*topics.Call)
	}{
		{"operator.en", "en", func(*topics.Call) {}},
		{"admin.ru", "ru", by(topics.AuthorOperator, topics.RoleAdmin)},
		{"general.uk", "uk", inGeneral},
		{"reply_only.en", "en", func(c *topics.Call) { c.Group.Mirror.ReplyOnly = true }},
		{"mark.en", "en", func(c *topics.Call) { c.Group.Mirror.CommentMark = "// " }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			registry := newRegistry(t, append(all(commands.Parts{}), boss)...)
			call := newCall(newGroup(tt.lang), "assist")
			tt.change(&call)
			golden(t, "assist."+tt.name, render(dispatch(t, registry, call)))
		})
	}
}

// TestRefreshWithoutAnswer: the toast says that the card is an old one.
func TestRefreshWithoutAnswer(t *testing.T) {
	for name, stale := range map[string]bool{"Asked again just now.": false, "The Topics API gives no answer": true} {
		resolved := john()
		resolved.Stale, resolved.Age = stale, time.Minute
		call := newCall(newGroup("en"), "")
		call.Press, call.MessageID = "1:info:refresh", 50
		answer := dispatch(t, infoRegistry(t, always(resolved)), call)
		if !strings.HasPrefix(answer.Toast, name) || len(answer.Messages) != 1 || answer.Messages[0].EditID != 50 {
			t.Errorf("stale %v: toast %q, %d messages", stale, answer.Toast, len(answer.Messages))
		}
	}
}
