//go:build e2e

package main

import (
	"encoding/json"
	"net"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"topicpilot/integrations/telegram/telegramtest"
	"topicpilot/topics/topicsapi/topicsapitest"
)

// testPortInUse: the setting and the remedy are named.
func testPortInUse(t *testing.T, bin string) {
	s := newStage(t)
	ln, err := net.Listen("tcp", s.listen)
	s.must(err)
	defer ln.Close()
	status, out := run(t, bin, nil, "run", "--config", s.file)
	if status != exitFailed || !strings.Contains(out, "server.listen "+s.listen) ||
		!strings.Contains(out, "choose a free address") {
		t.Errorf("status %d, %s", status, out)
	}
	s.clean(out)
}

// testSecondBot: one bot for one SQLite file; the first is not disturbed.
func testSecondBot(t *testing.T, bin string) {
	s := newStage(t)
	s.run(bin)
	status, out := run(t, bin, []string{"TOPICPILOT_SERVER__LISTEN=127.0.0.1:0"}, "run", "--config", s.file)
	if status != exitFailed || !strings.Contains(out, s.db+": another topicpilot runs on this database; stop it first") {
		t.Errorf("status %d, %s", status, out)
	}
	thread := s.topic(1, "Ann")
	s.post(thread, "/info")
	s.answered(thread, 1)
}

// testEnvironment: no file at all.
func testEnvironment(t *testing.T, bin string) {
	s := newStage(t)
	s.run(bin,
		"TOPICPILOT_TELEGRAM__TOKEN="+token, "TOPICPILOT_TELEGRAM__API_URL="+s.url,
		"TOPICPILOT_SERVER__LISTEN="+s.listen, "TOPICPILOT_STORE__URL=sqlite:"+s.db,
		"TOPICPILOT_TOPICS_API__URL="+s.api.URL(), "TOPICPILOT_TOPICS_API__TOKEN="+apiToken,
		"TOPICPILOT_GROUPS__0__ID=-1001234567890",
		"TOPICPILOT_GROUPS__0__INSTANCES__0__INSTANCE="+connection.Instance,
		"TOPICPILOT_GROUPS__0__INSTANCES__0__API_KEY="+connection.APIKey,
		"TOPICPILOT_GROUPS__0__MIRROR__SENDER_IDS__0=5555",
	)
	thread := s.topic(987654321, "Ann")
	s.post(thread, "/info")
	if got := s.answered(thread, 1); !strings.HasPrefix(got, "/ ") || !strings.Contains(got, "987654321") {
		t.Errorf("the card is %q", got)
	}
}

// testTerminate: SIGTERM while the Topics API takes its time. What runs is finished, nothing is lost.
func testTerminate(t *testing.T, bin string) {
	s := newStage(t)
	p := s.run(bin)
	slow := s.topic(1, "Slow")
	s.api.SetTopicFaults(s.conv(slow), topicsapitest.Faults{Delay: 2 * time.Second})
	s.post(slow, "/info")
	eventually(t, "the question on its way", patience, func() bool { return s.api.Active() > 0 })
	p.signal(syscall.SIGTERM)
	if status := p.wait(10 * time.Second); status != exitDone {
		t.Errorf("exit status %d", status)
	}
	s.api.SetTopicFaults(s.conv(slow), topicsapitest.Faults{})
	s.run(bin)
	other := s.topic(2, "Other")
	s.post(other, "/info")
	s.answered(other, 1)
	s.answered(slow, 1)
	if n := len(s.ours(slow)); n != 1 {
		t.Errorf("%d answers to one /info", n)
	}
}

// testKill: what was stored and not answered is answered by the next start, in its order.
func testKill(t *testing.T, bin string) {
	s := newStage(t)
	p := s.run(bin)
	thread := s.topic(987654321, "Ann")
	s.api.SetTopicFaults(s.conv(thread), topicsapitest.Faults{Hang: true})
	s.post(thread, "/info")
	s.post(thread, "/assist")
	eventually(t, "both confirmed, the first asked for", patience, func() bool {
		return s.tg.Pending() == 0 && s.api.Active() > 0
	})
	if got := s.ours(thread); len(got) > 0 {
		t.Fatalf("answered too early: %q", got)
	}
	p.signal(syscall.SIGKILL)
	p.wait(patience)
	s.api.SetTopicFaults(s.conv(thread), topicsapitest.Faults{})
	s.run(bin)
	if got := s.answered(thread, 1); !strings.Contains(got, "987654321") {
		t.Errorf("the first answer is %q", got)
	}
	if got := s.answered(thread, 2); !strings.Contains(got, "/assist") {
		t.Errorf("the second answer is %q", got)
	}
}

// testDoctorBeside: the doctor takes nothing from a running bot and finds no fault.
func testDoctorBeside(t *testing.T, bin string) {
	s := newStage(t)
	s.run(bin)
	status, out := run(t, bin, nil, "doctor", "--config", s.file)
	if status != exitDone || strings.Contains(out, "fault") {
		t.Errorf("status %d, %s", status, out)
	}
	s.clean(out)
	s.tg.Fail("getMe", telegramtest.Fault{Times: -1, Code: 401, Description: "Unauthorized"})
	status, out = run(t, bin, nil, "doctor", "--config", s.file)
	if status != exitFailed || !strings.Contains(out, "fault   telegram") || !strings.Contains(out, "BotFather") {
		t.Errorf("with a bad token: status %d, %s", status, out)
	}
	s.clean(out)
	s.tg.ClearFaults()
	thread := s.topic(1, "Ann")
	s.post(thread, "/info")
	s.answered(thread, 1)
}

// parked runs a subcommand of parked, which must succeed, and returns what it printed.
func (s *stage) parked(bin string, args ...string) string {
	s.t.Helper()
	args = append([]string{"parked"}, args...)
	status, out := run(s.t, bin, nil, append(args, "--config", s.file)...)
	if status != exitDone {
		s.t.Fatalf("%q: status %d, %s", args, status, out)
	}
	s.clean(out)
	return out
}

// onlyParked is the one row of the list, ok false when there is none or are several.
func (s *stage) onlyParked(bin string) (row parkedJSON, ok bool) {
	s.t.Helper()
	n := 0
	for line := range strings.Lines(s.parked(bin, "list", "--json")) {
		s.must(json.Unmarshal([]byte(line), &row))
		n++
	}
	return row, n == 1
}

// testParked: an update that cannot be decoded is listed, shown, replayed and dropped while the bot runs.
func testParked(t *testing.T, bin string) {
	s := newStage(t)
	s.run(bin)
	raw := `{"message":{"message_id":"private words","chat":{"id":-1001234567890}}}`
	poison, err := s.tg.Inject(json.RawMessage(raw))
	s.must(err)
	thread := s.topic(1, "Ann")
	s.post(thread, "/info")
	s.answered(thread, 1)
	var row parkedJSON
	eventually(t, "the update parked", patience, func() (ok bool) {
		row, ok = s.onlyParked(bin)
		return ok
	})
	id := strconv.FormatInt(poison, 10)
	if row.Queue != "inbox" || row.UpdateID != id || row.Why == "" || strings.Contains(row.Why, "private") {
		t.Errorf("listed as %+v", row)
	}
	out := s.parked(bin, "show", id)
	if !strings.Contains(out, "update_id  "+id) || strings.Contains(out, "private words") {
		t.Errorf("shown as %s", out)
	}
	if out := s.parked(bin, "show", "--raw", id); !strings.Contains(out, "private words") {
		t.Errorf("shown raw as %s", out)
	}
	if out := s.parked(bin, "replay", id); !strings.Contains(out, "replayed 1") {
		t.Errorf("replay: %s", out)
	}
	// The running bot takes it up by itself, and it is no better than before.
	eventually(t, "parked again", patience, func() bool {
		again, ok := s.onlyParked(bin)
		return ok && again.Since.After(row.Since)
	})
	if out := s.parked(bin, "drop", "--all"); !strings.Contains(out, "dropped 1") {
		t.Errorf("drop: %s", out)
	}
	if out := s.parked(bin, "list"); !strings.Contains(out, "nothing is parked") {
		t.Errorf("list: %s", out)
	}
	s.post(thread, "/assist")
	s.answered(thread, 2)
}
