package demo_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"topicpilot/cmd/app/demo"
)

const (
	olga   = 7001
	iryna  = 7003
	guest  = 7009
	relay  = 5555
	groupA = -1002101424779
)

// start puts up a stage for one test.
func start(t *testing.T) *demo.Stage {
	t.Helper()
	s := demo.New(demo.Options{})
	if err := s.Start(t.Context(), "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// await waits until the page shows what is expected.
func await(t *testing.T, s *demo.Stage, what string, cond func(demo.Snapshot) bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := s.Await(ctx, cond); err != nil {
		t.Fatalf("waiting for %s: %v", what, err)
	}
}

// topic finds a topic by a part of its title.
func topic(t *testing.T, s *demo.Stage, title string) demo.Topic {
	t.Helper()
	for _, v := range s.State().Topics {
		if strings.Contains(v.Title, title) {
			return v
		}
	}
	t.Fatalf("no topic %q", title)
	return demo.Topic{}
}

func post(t *testing.T, s *demo.Stage, w demo.Write) int {
	t.Helper()
	id, err := s.Post(w)
	if err != nil {
		t.Fatal(err)
	}
	await(t, s, "message "+w.Text, func(v demo.Snapshot) bool { return find(v, id) != nil })
	return id
}

func find(v demo.Snapshot, id int) *demo.Message {
	i := slices.IndexFunc(v.Messages, func(m demo.Message) bool { return m.ID == id })
	if i < 0 {
		return nil
	}
	return &v.Messages[i]
}

func onPhone(v demo.Snapshot, id int) *demo.Pane {
	i := slices.IndexFunc(v.Pane, func(p demo.Pane) bool { return p.ID == id })
	if i < 0 {
		return nil
	}
	return &v.Pane[i]
}

func TestMirrorRule(t *testing.T) {
	s := start(t)
	emma := topic(t, s, "Emma").ID
	for _, c := range []struct {
		name, text string
		as         int64
		out        bool
	}{
		{"operator's answer", "A year in advance is possible.", olga, true},
		{"comment", "/ keep an eye on it", olga, false},
		{"command", "/info", olga, false},
		{"command with arguments", "/activate t1 m6", olga, false},
		{"command to a bot", "/info@topicpilot_demo_bot", olga, false},
		{"stranger's text", "who are you?", guest, true},
		{"stranger's comment", "/ hello team", guest, false},
		{"mark inside the text", "either / or", olga, true},
		{"slash and a line break are no mark", "/\nnot a comment", olga, true},
		{"slash alone", "/", olga, true},
		{"space before the mark is trimmed", "  / inside", olga, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			id := post(t, s, demo.Write{Topic: emma, As: c.as, Text: c.text})
			v := s.State()
			if got := onPhone(v, id) != nil; got != c.out {
				t.Errorf("the customer sees it: %v, want %v", got, c.out)
			}
			if m := find(v, id); m.Internal == c.out {
				t.Errorf("shown as internal: %v", m.Internal)
			}
		})
	}
}

func TestMarkedTextNeverGoesOut(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		if text := "/ " + rapid.String().Draw(t, "text"); demo.GoesOut(text) {
			t.Fatalf("%q goes out", text)
		}
	})
}

func TestMirrorSparesNoBot(t *testing.T) {
	s := start(t)
	newPuppet(s).play(t)
	emma := topic(t, s, "Emma").ID
	post(t, s, demo.Write{Topic: emma, As: olga, Text: "/info"})
	await(t, s, "the bot's comment", func(v demo.Snapshot) bool {
		return slices.ContainsFunc(v.Messages, func(m demo.Message) bool {
			return m.Author.Role == "topicpilot" && m.Internal && onPhone(v, m.ID) == nil && len(m.Buttons) == 1
		})
	})
	post(t, s, demo.Write{Topic: emma, As: olga, Text: "/leak"})
	await(t, s, "the bot's unmarked message on the phone", func(v demo.Snapshot) bool {
		return slices.ContainsFunc(v.Pane, func(p demo.Pane) bool { return p.Text == "Our margin is 40 %" })
	})
	if got := s.Violations(); len(got) > 0 {
		t.Errorf("violations: %q", got)
	}
}

func TestEdits(t *testing.T) {
	s := start(t)
	emma := topic(t, s, "Emma").ID
	edit := func(id int, text string) {
		t.Helper()
		if err := s.Edit(id, olga, text); err != nil {
			t.Fatal(err)
		}
		await(t, s, "the edit", func(v demo.Snapshot) bool { return find(v, id).Text == text })
	}
	plain := post(t, s, demo.Write{Topic: emma, As: olga, Text: "tomorow"})
	edit(plain, "tomorrow")
	if p := onPhone(s.State(), plain); p.Text != "tomorrow" || p.Edited == 0 {
		t.Errorf("the phone shows %+v", p)
	}
	edit(plain, "/ tomorrow")
	if p := onPhone(s.State(), plain); p == nil || p.Text != "tomorrow" {
		t.Errorf("what the customer has seen is not taken back: %+v", p)
	}
	if find(s.State(), plain).Internal {
		t.Error("a message that the customer has is shown as internal")
	}
	note := post(t, s, demo.Write{Topic: emma, As: olga, Text: "/ note"})
	edit(note, "/ other note")
	if onPhone(s.State(), note) != nil {
		t.Error("an edited comment reached the customer")
	}
	edit(note, "no mark any more")
	if onPhone(s.State(), note) == nil {
		t.Error("a comment edited into a plain text must reach the customer")
	}
	for name, call := range map[string]error{
		"another's message": s.Edit(note, guest, "mine now"), "unknown message": s.Edit(99999, olga, "x"),
		"the customer's": s.Edit(s.State().Messages[len(s.State().Messages)-1].ID, relay, "x"),
	} {
		if call == nil {
			t.Errorf("%s could be edited", name)
		}
	}
}

func TestStatusFollowsTheTalk(t *testing.T) {
	s := start(t)
	emma := topic(t, s, "Emma Wilson").ID
	shows := func(square string, closed bool) {
		t.Helper()
		await(t, s, square, func(v demo.Snapshot) bool {
			i := slices.IndexFunc(v.Topics, func(o demo.Topic) bool { return o.ID == emma })
			return v.Topics[i].Title == square+" Emma Wilson" && v.Topics[i].Closed == closed
		})
	}
	shows("🟪", false)
	post(t, s, demo.Write{Topic: emma, As: olga, Text: "/ thinking"})
	shows("🟪", false)
	post(t, s, demo.Write{Topic: emma, As: olga, Text: "Yes, you can."})
	shows("🟨", false)
	post(t, s, demo.Write{Topic: emma, Customer: true, Text: "Thanks"})
	shows("🟪", false)
	post(t, s, demo.Write{Topic: emma, As: olga, Text: "/close"})
	shows("⬛️", true)
	if _, err := s.Post(demo.Write{Topic: emma, As: guest, Text: "hi"}); err == nil {
		t.Error("a stranger writes in a closed topic")
	}
	post(t, s, demo.Write{Topic: emma, Customer: true, Text: "One more thing"})
	shows("🟪", false)
	for _, m := range s.State().Messages {
		if strings.Contains(m.Service, "renamed") {
			t.Errorf("the page shows a rename by the mirror: %q", m.Service)
		}
	}
}

func TestCustomerWritesThroughTheMirror(t *testing.T) {
	s := start(t)
	for _, c := range []struct{ topic, author, posted, text string }{
		{"Emma", "Emma Wilson", "/activate t1", "/activate t1"},
		{"Олександр", "Олександр Коваленко", "Дякую!", "Дякую!"},
		{"Resellers", "Petro", "Petro: Thank you", "Thank you"},
	} {
		t.Run(c.topic, func(t *testing.T) {
			id := post(t, s, demo.Write{Topic: topic(t, s, c.topic).ID, Customer: true, Text: c.text})
			raw, _ := s.Telegram().Message(groupA, id)
			if raw.From.ID != relay || raw.Text != c.posted {
				t.Errorf("posted by %d: %q", raw.From.ID, raw.Text)
			}
			v := s.State()
			m := find(v, id)
			if m.Author.Name != c.author || m.Author.Role != "customer" || m.Via != "Pelmora relay" || m.Internal {
				t.Errorf("the team sees %+v", m)
			}
			if p := onPhone(v, id); p == nil || !p.Own || p.Text != c.text {
				t.Errorf("the phone shows %+v", p)
			}
		})
	}
}

func TestRefusals(t *testing.T) {
	s := start(t)
	emma := topic(t, s, "Emma").ID
	for name, w := range map[string]demo.Write{
		"empty": {Topic: emma, As: olga, Text: "  \n "}, "long": {Topic: emma, As: olga, Text: strings.Repeat("я", 4001)},
		"no topic": {Topic: 4711, As: olga, Text: "x"}, "customer of General": {Customer: true, Text: "x"},
		"nobody": {Topic: emma, As: 1, Text: "x"}, "the mirror itself": {Topic: emma, As: relay, Text: "x"},
	} {
		if _, err := s.Post(w); err == nil {
			t.Errorf("%s was posted", name)
		}
	}
	if _, err := s.Press(t.Context(), 2, olga, "x"); err == nil {
		t.Error("a button that is not there was pressed")
	}
}

func TestGeneralStaysInside(t *testing.T) {
	s := start(t)
	id := post(t, s, demo.Write{As: iryna, Text: "Team lunch at one"})
	if v := s.State(); onPhone(v, id) != nil || find(v, id).Topic != 0 {
		t.Errorf("General leaked: %+v", find(v, id))
	}
}

func TestHistoryWaitsAsUpdates(t *testing.T) {
	s := start(t)
	if n, want := s.Telegram().Pending(), len(s.State().Messages); n != want {
		t.Errorf("%d updates wait, %d messages are shown", n, want)
	}
	last := int64(0)
	for _, m := range s.Telegram().Messages(groupA) {
		if m.TopicClosed == nil && m.Date < last {
			t.Errorf("message %d is older than the one before", m.ID)
		}
		last = max(last, m.Date)
		if age := time.Since(time.Unix(m.Date, 0)); age < 0 || age > 20*time.Hour {
			t.Errorf("message %d is %v old; Telegram keeps updates for a day", m.ID, age)
		}
	}
}

func TestPressWithoutBot(t *testing.T) {
	s := start(t)
	p := newPuppet(s)
	text, entities := card()
	var sent struct {
		ID int `json:"message_id"`
	}
	markup := object{"inline_keyboard": [][]object{{{"text": "Refresh", "callback_data": "r"}}}}
	body := object{
		"chat_id": groupA, "message_thread_id": topic(t, s, "Emma").ID, "text": text, "entities": entities,
		"reply_markup": markup,
	}
	if err := p.call(t.Context(), "sendMessage", body, &sent); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if a, err := s.Press(ctx, sent.ID, olga, "r"); err != nil || a.Answered {
		t.Errorf("got %+v, %v", a, err)
	}
}

func TestFaultsReachTheFakes(t *testing.T) {
	s := start(t)
	set := s.Settings()
	ask := func(user, auth string) int {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		url := strings.Replace(set.Lookups[0].URL, "{{.Customer.ID}}", user, 1)
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", auth)
		resp, err := http.DefaultClient.Do(req)
		if errors.Is(err, context.DeadlineExceeded) {
			return 0
		}
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		return resp.StatusCode
	}
	good := set.Lookups[0].Headers["Authorization"]
	for _, c := range []struct {
		name, user, auth string
		want             int
	}{
		{"known", "810001", good, 200},
		{"wrong token", "810001", "Bearer no", 401},
		{"unknown", "1", good, 404},
		{"no number", "x", good, 404},
		{"hangs", "7912345678", good, 0},
	} {
		if got := ask(c.user, c.auth); got != c.want {
			t.Errorf("%s: status %d, want %d", c.name, got, c.want)
		}
	}
	if err := s.SetFault("billing-down", true); err != nil {
		t.Fatal(err)
	}
	if got := ask("810001", good); got != 503 {
		t.Errorf("billing down answers %d", got)
	}
	if err := s.SetFault("no-such", true); err == nil {
		t.Error("an unknown fault was switched")
	}
}
