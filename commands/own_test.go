package commands_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"topicpilot/commands"
	"topicpilot/topics"
)

// activate is the command of the contract's example.
func activate(url string) commands.OwnSpec {
	return commands.OwnSpec{
		Name: "activate", Usage: "<tariff> <months>", Help: "Switch a tariff on",
		Args: []commands.Arg{
			{Name: "tariff", Match: regexp.MustCompile(`\At(\d+)\z`)},
			{Name: "months", Match: regexp.MustCompile(`\Am(\d+)\z`)},
		},
		Request: commands.RequestSpec{
			URL: url + "/activate", Timeout: 300 * time.Millisecond,
			JSON: map[string]any{
				"user_id": "{{.Customer.ID}}", "tariff": "{{.Args.tariff}}", "months": "{{.Args.months}}",
			},
		},
		Reply: "Tariff {{.Args.tariff}} on until {{.Response.until}}",
	}
}

func confirmed(spec commands.OwnSpec) commands.OwnSpec {
	spec.Confirm = true
	return spec
}

var activated = answering(200, "application/json", `{"until":"2027-05-22"}`)

const tariffOn = "Tariff 1 on until 2027-05-22"

func TestOwnDone(t *testing.T) {
	f := newFar(t, activated)
	w := newWorld(t, newCaller(t), activate(f.url))
	call := w.call(olga, "/activate t1 m6")
	w.must(call)
	if len(w.messages) != 0 || len(w.tasks) != 1 || f.count() != 0 {
		t.Fatalf("typed: %v, %d tasks, %d requests; want one task and nothing else", w.messages, len(w.tasks), f.count())
	}
	w.must(call) // delivered again
	w.work()
	if got := w.last(); got.text != tariffOn || got.buttons != nil || len(w.messages) != 1 {
		t.Errorf("answer: %+v", got)
	}
	if f.count() != 1 || f.body() != `{"months":"6","tariff":"1","user_id":987654321}` {
		t.Errorf("%d requests: %s", f.count(), f.body())
	}
	w.must(call) // and once more, after its end
	w.work()
	run := w.runs.last()
	if f.count() != 1 || len(w.messages) != 1 {
		t.Errorf("delivered again: %d requests, %d messages", f.count(), len(w.messages))
	}
	if run.State != topics.RunDone || run.Reply != "" || run.TellText != "" || run.Attempts != 1 ||
		run.CustomerID != 987654321 || run.Result != "done" || run.Key != f.sent()[0] {
		t.Errorf("run: %+v", run)
	}
}

func TestOwnQuestion(t *testing.T) {
	f := newFar(t, activated)
	w := newWorld(t, newCaller(t), confirmed(activate(f.url)))
	w.must(w.call(olga, "/activate t1  m6"))
	question := w.last()
	if question.text != "/activate t1 m6 for John Doe?" || question.labels() != "Do it, Cancel" {
		t.Fatalf("question: %+v", question)
	}
	if toast := w.must(w.pressing(petr, w.lastID, "Do it")); toast != "Only Olga or an admin can press this button." {
		t.Errorf("somebody else's press: %q", toast)
	}
	press := w.pressing(olga, w.lastID, "Do it")
	twice := w.pressing(olga, w.lastID, "Do it")
	w.must(press)
	w.must(twice)
	w.must(press)
	w.work()
	toast := w.must(twice)
	if toast == "" || len(w.messages) != 1 || w.last().text != tariffOn || w.last().buttons != nil {
		t.Errorf("pressed late: %q, %+v", toast, w.messages)
	}
	w.work()
	if f.count() != 1 {
		t.Errorf("%d requests", f.count())
	}
}

func TestOwnCancel(t *testing.T) {
	f := newFar(t, activated)
	w := newWorld(t, newCaller(t), confirmed(activate(f.url)))
	w.must(w.call(olga, "/activate t1 m6"))
	do := w.pressing(olga, w.lastID, "Do it")
	cancel := w.pressing(admin, w.lastID, "Cancel")
	w.must(cancel)
	w.must(cancel)
	w.must(do)
	w.work()
	const want = "/activate (tariff 1, months 6): cancelled 0 s ago by Ada."
	if got := w.last(); got.text != want || got.buttons != nil || f.count() != 0 || len(w.messages) != 1 {
		t.Errorf("%+v, %d requests", w.messages, f.count())
	}
}

func TestOwnOldButtons(t *testing.T) {
	f := newFar(t, activated)
	w := newWorld(t, newCaller(t), confirmed(activate(f.url)))
	w.must(w.call(olga, "/activate t1 m6"))
	do := w.pressing(olga, w.lastID, "Do it")
	w.clock.Add(23 * time.Hour)
	w.start()
	w.clock.Add(time.Hour + time.Second)
	w.must(do)
	if got := w.last(); !strings.Contains(got.text, "nobody decided within 24 hours") || got.buttons != nil {
		t.Errorf("after 24 hours: %+v", got)
	}
	f.set(answering(500, "", ""))
	w.must(w.call(olga, "/activate t1 m6"))
	w.must(w.pressing(olga, w.lastID, "Do it"))
	w.work()
	again := w.pressing(olga, w.lastID, "Do it again")
	w.clock.Add(24*time.Hour + time.Second)
	w.must(again)
	w.work()
	if got := w.last(); got.buttons != nil || f.count() != 1 {
		t.Errorf("after 24 hours: %+v, %d requests", got, f.count())
	}
	for _, data := range []string{
		"1:activate:do:99", "1:activate:do:x", "1:activate:do:1:7", "1:activate:steal:1", "1:activate:check:2:1",
		"1:activate:do", "1:activate:do:-1", "1:activate:do:01", "1:gone:do:1",
	} {
		if toast := w.must(w.pressData(olga, 77, data)); toast == "" && !strings.HasSuffix(data, ":1") {
			t.Errorf("%s: no toast", data)
		}
	}
	w.work()
	if f.count() != 1 {
		t.Errorf("%d requests", f.count())
	}
}

func TestOwnLike(t *testing.T) {
	f := newFar(t, activated)
	w := newWorld(t, newCaller(t), activate(f.url))
	w.must(w.call(olga, "/activate t1 m6"))
	w.must(w.call(petr, "/activate t1 m6"))
	if got := w.last(); !strings.Contains(got.text, "is being carried out") || got.labels() != "Do it again, Cancel" {
		t.Errorf("under way: %+v", got)
	}
	w.work()
	w.must(w.call(olga, "/activate t1 m7"))
	w.work()
	if f.count() != 2 {
		t.Errorf("other arguments: %d requests", f.count())
	}
	w.clock.Add(12 * time.Second)
	w.must(w.call(petr, "/activate t1 m6"))
	const want = "/activate t1 m6: done 12 s ago by Olga."
	if got := w.last(); got.text != want || got.labels() != "Do it again, Cancel" {
		t.Errorf("like run: %+v", got)
	}
	w.must(w.pressing(petr, w.lastID, "Do it again"))
	w.work()
	if f.count() != 3 || f.sent()[0] == f.sent()[2] || w.last().text != tariffOn {
		t.Errorf("again: %d requests, keys %v, %+v", f.count(), f.sent(), w.last())
	}
	w.clock.Add(61 * time.Second)
	w.must(w.call(petr, "/activate t1 m6"))
	w.work()
	if f.count() != 4 {
		t.Errorf("after a minute: %d requests", f.count())
	}
}

// Two operators have both been asked: the second one hears of the first.
func TestOwnTwoOperators(t *testing.T) {
	f := newFar(t, activated)
	w := newWorld(t, newCaller(t), confirmed(activate(f.url)))
	w.must(w.call(olga, "/activate t1 m6"))
	first := w.lastID
	w.must(w.call(petr, "/activate t1 m6"))
	second := w.lastID
	w.must(w.pressing(olga, first, "Do it"))
	w.work()
	w.clock.Add(3 * time.Second)
	w.must(w.pressing(petr, second, "Do it"))
	w.work()
	got := w.messages[second]
	if f.count() != 1 || got.text != "/activate (tariff 1, months 6): done 3 s ago by Olga." ||
		got.labels() != "Do it again, Cancel" {
		t.Errorf("%d requests, %+v", f.count(), got)
	}
	w.must(w.pressing(petr, second, "Do it again"))
	w.work()
	if f.count() != 2 || w.messages[second].text != tariffOn {
		t.Errorf("%d requests, %+v", f.count(), w.messages[second])
	}
}

// then answers with one handler once, and with another from then on.
func then(first, next http.HandlerFunc) http.HandlerFunc {
	count := 0
	return func(w http.ResponseWriter, r *http.Request) {
		if count++; count == 1 {
			first(w, r)
			return
		}
		next(w, r)
	}
}

func pausing(status int, after string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", after)
		w.WriteHeader(status)
	}
}

func reset(w http.ResponseWriter, _ *http.Request) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err == nil {
		_ = conn.(*net.TCPConn).SetLinger(0)
		_ = conn.Close()
	}
}

// What a refusal repeats of the request may be a secret: then its words are not shown.
func TestOwnRefusalQuotes(t *testing.T) {
	for name, words := range map[string]string{
		"path":   "The requested webhook 5f1c-hidden-path is not registered",
		"query":  "no such token: in-the-query",
		"header": "unknown key of-the-header",
	} {
		t.Run(name, func(t *testing.T) {
			f := newFar(t, answering(404, "application/json", `{"message":"`+words+`"}`))
			spec := activate(f.url)
			spec.Request.URL = f.url + "/5f1c-hidden-path?token=in-the-query"
			spec.Request.Headers = map[string]string{"Authorization": "Bearer of-the-header"}
			w := newWorld(t, newCaller(t), spec)
			w.must(w.call(olga, "/activate t1 m6"))
			w.work()
			if got := w.last().text; !strings.HasSuffix(got, "refused it (404).") {
				t.Errorf("said %q", got)
			}
		})
	}
}

func TestOwnOutcomes(t *testing.T) {
	const kind = "application/json"
	tests := []struct {
		name     string
		handler  http.HandlerFunc
		state    topics.RunState
		requests int
		want     string
	}{
		{"201", answering(201, kind, `{"until":"2027-05-22"}`), topics.RunDone, 1, tariffOn},
		{"204", answering(204, "", ""), topics.RunDone, 1, "Tariff 1 on until"},
		{"400", answering(400, kind, `{}`), topics.RunFailed, 1, "refused it (400)"},
		{"404", answering(404, kind, `{"message":"webhook not registered"}`), topics.RunFailed, 1, "refused it (404)"},
		{"422", answering(422, "", ""), topics.RunFailed, 1, "refused it (422)"},
		{
			"422 with words", answering(422, "application/json", `{"text":"Tariffs are 1 to 3, see @bot"}`),
			topics.RunFailed, 1, "refused it (422).\nTariffs are 1 to 3, see @bot",
		},
		{"redirect", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
		}, topics.RunFailed, 1, "refused it (307)"},
		{"408", answering(408, "", ""), topics.RunUnknown, 1, "error (408)"},
		{"429", answering(429, "", ""), topics.RunFailed, 1, "refused it (429)"},
		{"429 and a pause", then(pausing(429, "2"), activated), topics.RunDone, 2, tariffOn},
		{"429 and no pause at all", then(pausing(429, "0"), activated), topics.RunDone, 2, tariffOn},
		{"429 twice", pausing(429, "30"), topics.RunFailed, 2, "refused it (429)"},
		{"429 and a long pause", pausing(429, "31"), topics.RunFailed, 1, "refused it (429)"},
		{"503", answering(503, "", ""), topics.RunUnknown, 1, "error (503)"},
		{"503 and a pause", then(pausing(503, "30"), activated), topics.RunDone, 2, tariffOn},
		{"503 twice", pausing(503, "1"), topics.RunUnknown, 2, "error (503)"},
		{"503 and a long pause", pausing(503, "31"), topics.RunUnknown, 1, "error (503)"},
		{"503, pause, reset", then(pausing(503, "1"), reset), topics.RunUnknown, 2, "no answer came"},
		{"500", pausing(500, "1"), topics.RunUnknown, 1, "error (500)"},
		{"502", answering(502, "", ""), topics.RunUnknown, 1, "error (502)"},
		{"garbage", answering(200, kind, `{"until":`), topics.RunUnknown, 1, "cannot be read"},
		{"a page", answering(200, "text/html", "<h1>Log in</h1>"), topics.RunUnknown, 1, "cannot be read"},
		{"too long", answering(200, "text/plain", strings.Repeat("x", 256<<10+1)), topics.RunUnknown, 1, "cannot be read"},
		{"cut off", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(w, "{")
		}, topics.RunUnknown, 1, "no answer came"},
		{"reset", reset, topics.RunUnknown, 1, "no answer came"},
		{"hang", func(_ http.ResponseWriter, r *http.Request) {
			<-r.Context().Done()
		}, topics.RunUnknown, 1, "no answer came"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := newFar(t, tt.handler)
			w := newWorld(t, newCaller(t), activate(f.url))
			w.must(w.call(olga, "/activate t1 m6"))
			w.work()
			run, got := w.runs.last(), w.last()
			if run.State != tt.state || f.count() != tt.requests || !strings.Contains(got.text, tt.want) {
				t.Errorf("%s after %d requests: %q", run.State, f.count(), got.text)
			}
			for _, key := range f.sent() {
				if key != run.Key {
					t.Errorf("the key has changed: %v", f.sent())
				}
			}
			want := map[topics.RunState]string{topics.RunUnknown: "Do it again"}[tt.state]
			if got.labels() != want {
				t.Errorf("buttons %q, want %q", got.labels(), want)
			}
			if run.Reply != "" || run.TellText != "" {
				t.Errorf("what was said stays with the run: %q, %q", run.Reply, run.TellText)
			}
		})
	}
}

// What cannot even be connected to has certainly not been reached.
func TestOwnNoConnection(t *testing.T) {
	f := newFar(t, activated)
	for name, url := range map[string]string{
		// Nobody listens on port 1; a port that was just given up may have a new owner.
		"closed": "http://127.0.0.1:1", "no TLS": strings.Replace(f.url, "http:", "https:", 1),
		"no host": "http://nobody.invalid",
	} {
		spec := activate(url)
		spec.Request.Timeout = 5 * time.Second
		w := newWorld(t, newCaller(t), spec)
		w.must(w.call(olga, "/activate t1 m6"))
		w.work()
		if run := w.runs.last(); run.State != topics.RunFailed || f.count() != 0 || w.last().buttons != nil ||
			!strings.Contains(w.last().text, "no connection") {
			t.Errorf("%s: %s, %q", name, run.State, w.last().text)
		}
	}
}

func TestOwnAgain(t *testing.T) {
	f := newFar(t, answering(500, "", ""))
	w := newWorld(t, newCaller(t), activate(f.url))
	w.must(w.call(olga, "/activate t1 m6"))
	w.work()
	first := w.pressing(olga, w.lastID, "Do it again")
	w.must(first)
	w.work()
	w.must(first) // delivered again, or pressed before the message had changed
	w.work()
	if f.count() != 2 || len(w.messages) != 1 || w.last().labels() != "Do it again" {
		t.Fatalf("%d requests, %+v", f.count(), w.messages)
	}
	f.set(activated)
	w.must(w.pressing(petrAsAdmin, w.lastID, "Do it again"))
	w.work()
	if f.count() != 3 || w.last().text != tariffOn || w.last().buttons != nil || len(w.messages) != 1 {
		t.Errorf("%d requests, %+v", f.count(), w.messages)
	}
	if f.sent()[0] != f.sent()[1] || f.sent()[0] != f.sent()[2] {
		t.Errorf("keys %v", f.sent())
	}
}

const petrAsAdmin = admin

func TestOwnCheck(t *testing.T) {
	f := newFar(t, answering(500, "", ""))
	look := newFar(t, answering(200, "application/json", `{"tariff":0}`))
	spec := activate(f.url)
	spec.Check = &commands.CheckSpec{
		Request: commands.RequestSpec{URL: look.url + "/users/{{.Customer.ID}}", Timeout: 300 * time.Millisecond},
		Done:    `{{eq .Response.tariff .Args.tariff}}`,
	}
	spec.TellCustomer = "Your tariff is active."
	w := newWorld(t, newCaller(t), spec)
	w.must(w.call(olga, "/activate t1 m6"))
	w.work()
	if got := w.last(); got.labels() != "Do it again, Check again" {
		t.Fatalf("unknown: %+v", got)
	}
	for _, tt := range []struct {
		name, want string
		handler    http.HandlerFunc
	}{
		{"no effect", "Checked: it has not taken effect.", answering(200, "application/json", `{"tariff":0}`)},
		{"text", "The check gave no answer", answering(200, "text/html", "<h1>")},
		{"error", "The check gave no answer", answering(500, "", "")},
		{"reset", "The check gave no answer", reset},
	} {
		look.set(tt.handler)
		press := w.pressing(olga, w.lastID, "Check again")
		w.must(press)
		w.must(press)
		w.work()
		if got := w.last(); !strings.Contains(got.text, tt.want) || got.labels() != "Do it again, Check again" {
			t.Errorf("%s: %+v", tt.name, got)
		}
	}
	asked := look.count()
	look.set(answering(200, "application/json", `{"tariff":1}`))
	press := w.pressing(olga, w.lastID, "Check again")
	w.must(press)
	w.work()
	w.must(press)
	w.work()
	const want = "Checked: it has taken effect.\nThe customer has been told."
	if got := w.last(); got.text != want || got.buttons != nil || len(w.messages) != 1 {
		t.Errorf("done: %+v", w.messages)
	}
	if f.count() != 1 || look.count() != asked+1 || len(w.teller.texts) != 1 || w.runs.last().State != topics.RunDone {
		t.Errorf("%d requests, %d checks, told %q", f.count(), look.count()-asked, w.teller.texts)
	}
}

// A text that only the lost answer could have filled in is not sent with gaps.
func TestOwnCheckWithoutTheAnswer(t *testing.T) {
	f := newFar(t, answering(500, "", ""))
	look := newFar(t, answering(200, "application/json", `{"on":true}`))
	spec := activate(f.url)
	spec.Check = &commands.CheckSpec{Request: commands.RequestSpec{URL: look.url}, Done: "{{.Response.on}}"}
	spec.TellCustomer = "Active until {{.Response.until}}"
	w := newWorld(t, newCaller(t), spec)
	w.must(w.call(olga, "/activate t1 m6"))
	w.work()
	w.must(w.pressing(olga, w.lastID, "Check again"))
	w.work()
	if got := w.last().text; len(w.teller.texts) != 0 || !strings.Contains(got, "was not told") ||
		strings.Contains(got, "Tariff 1 on until") {
		t.Errorf("told %q, said %q", w.teller.texts, got)
	}
}

func TestOwnTells(t *testing.T) {
	const text = "Your tariff is active until 2027-05-22"
	tests := []struct {
		state topics.ToldState
		want  string
	}{
		{topics.ToldSent, "The customer has been told."},
		{topics.ToldOff, "sending to customers is off"},
		{topics.ToldNeverWrote, "never written to the bot"},
		{topics.ToldBlocked, "blocked the bot"},
		{topics.ToldSlash, "starts with “/”"},
		{topics.ToldFailed, "could not be sent"},
		{topics.ToldUnknown, "It is unknown whether"},
		{"", "It is unknown whether"},
	}
	f := newFar(t, activated)
	for _, tt := range tests {
		spec := activate(f.url)
		spec.TellCustomer = "Your tariff is active until {{.Response.until}}"
		w := newWorld(t, newCaller(t), spec)
		sent := time.Date(2026, 5, 22, 12, 0, 0, 0, time.UTC)
		w.teller.told = topics.Told{State: tt.state, Said: &topics.Message{ID: 5}, Sends: []time.Time{sent}}
		w.must(w.call(olga, "/activate t1 m6"))
		w.work()
		got := w.last()
		if len(w.teller.texts) != 1 || w.teller.texts[0] != text || !strings.HasPrefix(got.text, tariffOn) ||
			!strings.Contains(got.text, tt.want) || len(w.said) != 1 {
			t.Errorf("%s: told %q, said %+v", tt.state, w.teller.texts, got)
		}
		if diff := cmp.Diff([]topics.Sent{{ChatID: chatID, At: sent}}, w.sends); diff != "" {
			t.Errorf("%s: counted: %s", tt.state, diff)
		}
		offered := strings.Contains(got.text, text) && len(got.buttons) == 1 && got.buttons[0].Copy == text
		if offered != (tt.state != topics.ToldSent) {
			t.Errorf("%s: offered for copying: %v", tt.state, offered)
		}
	}
}

// What could not leave at once is told later, for a while; the operator is answered then.
func TestOwnTellsLater(t *testing.T) {
	for _, after := range []time.Duration{0, 20 * time.Second, 2 * time.Minute, time.Hour} {
		spec := activate(newFar(t, activated).url)
		spec.TellCustomer = "Your tariff is active until {{.Response.until}}"
		w := newWorld(t, newCaller(t), spec)
		w.teller.told = topics.Told{State: topics.ToldFailed, Err: &topics.Wait{After: after, Err: errDead}}
		w.must(w.call(olga, "/activate t1 m6"))
		w.step(t.Context())
		waits := after < time.Hour
		if state := w.runs.runs[0].Told; (state == topics.ToldPending) != waits || (w.lastID == 1000) != waits {
			t.Errorf("%s: the customer's message is %q, shown %q", after, state, w.last().text)
		}
		if waits {
			w.teller.told = topics.Told{State: topics.ToldSent}
		}
		w.start()
		w.work()
		if got := w.last().text; strings.Contains(got, "The customer has been told.") != waits ||
			len(w.teller.texts) != map[bool]int{true: 2, false: 1}[waits] {
			t.Errorf("%s: told %q, said %q", after, w.teller.texts, got)
		}
	}
	// One that never lets anything through is given up.
	spec := activate(newFar(t, activated).url)
	spec.TellCustomer = "Your tariff is active"
	w := newWorld(t, newCaller(t), spec)
	w.teller.told = topics.Told{State: topics.ToldFailed, Err: &topics.Wait{After: time.Minute, Err: errDead}}
	w.must(w.call(olga, "/activate t1 m6"))
	w.work()
	if got := w.last().text; !strings.Contains(got, "could not be sent") || len(w.teller.texts) > 4 {
		t.Errorf("told %d times, said %q", len(w.teller.texts), got)
	}
}

func TestOwnTellsLongTexts(t *testing.T) {
	for _, length := range []int{257, 3900, 4096, 5000} {
		text := strings.Repeat("я", length)
		f := newFar(t, answering(200, "text/plain", text))
		spec := confirmed(activate(f.url))
		spec.Reply, spec.TellCustomer = "Is {{.Response}}", "{{.Response}}"
		w := newWorld(t, newCaller(t), spec)
		w.teller.told = topics.Told{State: topics.ToldOff}
		w.must(w.call(olga, "/activate t1 m6"))
		question := w.lastID
		w.must(w.pressing(olga, w.lastID, "Do it"))
		w.work()
		if told := len(w.teller.texts); (told == 1) != (length <= 4096) {
			t.Errorf("%d: told %d times", length, told)
		}
		shown := w.messages[question].text + w.last().text
		if !strings.Contains(shown, text[:2*min(length, 4095)]) || len(w.messages) > 2 {
			t.Errorf("%d: the text is not there, %d messages", length, len(w.messages))
		}
	}
}

// A panic while the customer is told, or without a sender at all, ends in an answer.
func TestOwnTellsInTrouble(t *testing.T) {
	f := newFar(t, activated)
	spec := activate(f.url)
	spec.TellCustomer = "Active"
	w := newWorld(t, newCaller(t), spec)
	w.teller.panic = true
	w.must(w.call(olga, "/activate t1 m6"))
	w.work()
	if !strings.Contains(w.last().text, "It is unknown whether") || w.runs.last().Told != topics.ToldUnknown {
		t.Errorf("panic: %+v", w.last())
	}
	w = newWorld(t, newCaller(t), spec)
	w.group.CustomerSend = topics.CustomerSendNone
	w.must(w.call(olga, "/activate t1 m6"))
	w.work()
	if !strings.Contains(w.last().text, "sending to customers is off") || len(w.teller.texts) != 0 {
		t.Errorf("off: %+v", w.last())
	}
}

func TestOwnRefuses(t *testing.T) {
	f := newFar(t, activated)
	plain := commands.OwnSpec{Name: "restart", Request: commands.RequestSpec{
		Method: "POST", URL: f.url + "/restart", Headers: map[string]string{"X-Title": "{{.Topic.Title}}"},
	}}
	chief := commands.OwnSpec{Name: "wipe", Role: topics.RoleAdmin, Request: plain.Request}
	w := newWorld(t, newCaller(t), activate(f.url), plain, chief)
	w.customers = never(topics.ReasonUnavailable)
	w.start()
	for text, want := range map[string]string{
		"/activate t1":      "Usage: /activate <tariff> <months>",
		"/activate t1 m6 x": "Usage: /activate <tariff> <months>",
		"/activate 1 m6":    "1 does not fit <tariff>.\nUsage: /activate <tariff> <months>",
		"/activate t1 /m6":  "/m6 does not fit <months>.\nUsage: /activate <tariff> <months>",
		"/activate t1 m6":   "The Topics API does not answer just now",
		"/wipe":             "/wipe is for this group's admins.",
	} {
		w.must(w.call(olga, text))
		if got := w.last(); !strings.HasPrefix(got.text, want) || len(w.tasks) != 0 {
			t.Errorf("%s: %q", text, got.text)
		}
	}
	// A command that needs no customer runs without one.
	w.must(w.call(olga, "/restart"))
	w.work()
	if f.count() != 1 || !strings.Contains(w.last().text, "until: 2027-05-22") {
		t.Errorf("%d requests, %q", f.count(), w.last().text)
	}
	odd := john()
	odd.Title = "one\ntwo"
	w.customers = always(odd)
	w.start()
	w.clock.Add(time.Hour)
	runs := len(w.runs.runs)
	w.must(w.call(olga, "/restart"))
	if got := w.last().text; !strings.HasPrefix(got, "Not done: a value does not fit") || len(w.runs.runs) != runs {
		t.Errorf("a value that does not fit: %q, %d runs", got, len(w.runs.runs)-runs)
	}
}

// What is asked for and found otherwise by the task ends in an answer.
func TestOwnChangesMeanwhile(t *testing.T) {
	f := newFar(t, activated)
	other := john()
	other.Customer.ID = 5
	tests := []struct {
		name   string
		change func(w *world)
		want   string
	}{
		{"removed", func(w *world) { w.specs = nil }, "no longer in the settings"},
		{"another customer", func(w *world) { w.customers = always(other) }, "another customer"},
		{"not known", func(w *world) { w.customers = never(topics.ReasonUnavailable) }, "not known just now"},
		{"erased", func(w *world) {
			w.runs.runs[0].Args, w.runs.runs[0].CustomerID = nil, 0
		}, "does not fit"},
	}
	for _, tt := range tests {
		w := newWorld(t, newCaller(t), activate(f.url))
		w.must(w.call(olga, "/activate t1 m6"))
		tt.change(w)
		w.start()
		w.work()
		state, text := w.runs.last().State, w.last().text
		if state != topics.RunFailed || !strings.Contains(text, tt.want) || f.count() != 0 {
			t.Errorf("%s: %s, %q", tt.name, state, text)
		}
	}
}

// The program is told to stop while the request is on its way.
func TestOwnStops(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	f := newFar(t, func(_ http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done()
	})
	w := newWorld(t, newCaller(t), activate(f.url))
	w.must(w.call(olga, "/activate t1 m6"))
	w.step(ctx)
	if run := w.runs.last(); run.State != topics.RunUnknown || f.count() != 1 {
		t.Errorf("%s after %d requests", run.State, f.count())
	}
	if !strings.Contains(w.last().text, "I was stopped") || w.last().labels() != "Do it again" {
		t.Errorf("said %+v", w.last())
	}
}

func TestOwnSettings(t *testing.T) {
	const secret = "sesame"
	_, handler, err := commands.OwnCommands([]commands.OwnSpec{
		{Name: "a", Request: commands.RequestSpec{URL: "ftp://" + secret}, Reply: "{{.Nobody}}" + secret},
		{Name: "b", Request: commands.RequestSpec{URL: "http://x/{{.Response.id}}"}, TellCustomer: "{{"},
		{
			Name: "c", Request: commands.RequestSpec{URL: "http://x/"},
			Check: &commands.CheckSpec{Request: commands.RequestSpec{URL: "http://x/{{.Args.none}}"}, Done: "{{.Args.none}}"},
		},
		{Name: "d", Request: commands.RequestSpec{URL: "http://x/"}, Check: &commands.CheckSpec{
			Request: commands.RequestSpec{URL: "http://x/"},
		}},
	}, commands.OwnOptions{})
	if err == nil || handler != nil {
		t.Fatal("wrong settings pass")
	}
	for _, path := range []string{
		"commands[0].request.url", "commands[0].reply", "commands[1].request.url", "commands[1].tell_customer",
		"commands[2].check.request.url", "commands[2].check.done", "commands[3].check.done",
	} {
		if !strings.Contains(err.Error(), path+":") {
			t.Errorf("no word of %s in %v", path, err)
		}
	}
	if strings.Contains(err.Error(), secret) {
		t.Errorf("a value is quoted: %v", err)
	}
	list, handler, err := commands.OwnCommands(nil, commands.OwnOptions{})
	if len(list) != 0 || handler == nil || err != nil {
		t.Error("tasks of commands that were removed have no handler")
	}
}

func TestOwnLogsNoWords(t *testing.T) {
	f := newFar(t, answering(500, "text/plain", "sesame"))
	spec := activate(f.url + "/token-sesame")
	w := newWorld(t, newCaller(t), spec)
	w.must(w.call(olga, "/activate t1 m6"))
	w.work()
	if log := w.log.String(); log == "" || strings.Contains(log, "sesame") || strings.Contains(log, "John") {
		t.Errorf("log: %s", log)
	}
}

func TestOwnSpeaks(t *testing.T) {
	for lang, want := range map[string]string{
		"ru": "Выполнить, Отмена", "uk": "Виконати, Скасувати",
	} {
		f := newFar(t, answering(500, "", ""))
		w := newWorld(t, newCaller(t), confirmed(activate(f.url)))
		w.group.Language = lang
		w.must(w.call(olga, "/activate t1 m6"))
		if got := w.last().labels(); got != want {
			t.Errorf("%s: %s", lang, got)
		}
		w.must(w.pressing(olga, w.lastID, strings.Split(want, ",")[0]))
		w.work()
		if got := w.last(); len(got.buttons) != 1 || strings.Contains(got.text, "own.") {
			t.Errorf("%s: %+v", lang, got)
		}
	}
}

func TestOwnDefaultReply(t *testing.T) {
	const kind = "application/json"
	many := make([]string, 30)
	for i := range many {
		many[i] = fmt.Sprintf("%q:%d", fmt.Sprintf("k%02d", i), i)
	}
	for _, tt := range []struct{ kind, body, want string }{
		{kind, `{"text":"Tariff is on\nUntil May"}`, "Tariff is on\nUntil May"},
		{kind, `{"message":"Workflow was started"}`, "Workflow was started"},
		{kind, `[{"text":"from a list"}]`, "from a list"},
		{kind, `{"text":"","result":"ok","n":1}`, "ok"},
		{
			kind, `{"until":"2027","n":10.50,"on":true,"no":null,"sub":{"a":1},"list":[1,"x"]}`,
			"list: [1,\"x\"]\nn: 10.50\nno: \non: true\nsub: {\"a\":1}\nuntil: 2027",
		},
		{kind, `{}`, "Done."},
		{kind, `[]`, "Done."},
		{kind, `[1,2]`, "1\n2"},
		{kind, `true`, "true"},
		{"text/plain", "  all is well\n", "all is well"},
		{"", "", "Done."},
		{"text/plain", "\u202e\u200b", "Done."},
	} {
		f := newFar(t, answering(200, tt.kind, tt.body))
		spec := activate(f.url)
		spec.Reply = ""
		w := newWorld(t, newCaller(t), spec)
		w.must(w.call(olga, "/activate t1 m6"))
		w.work()
		if got := w.last().text; strings.ReplaceAll(got, ": \n", ":\n") != strings.ReplaceAll(tt.want, ": \n", ":\n") {
			t.Errorf("%s: %q, want %q", tt.body, got, tt.want)
		}
	}
}
