package app_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"topicpilot/cmd/app"
	"topicpilot/config"
	"topicpilot/integrations/telegram/telegramtest"
	"topicpilot/topics/topicsapi/topicsapitest"
)

// examine runs the doctor on the settings as they are now.
func (s *stage) examine(offline bool) []app.Finding {
	s.t.Helper()
	cfg, err := config.Load(s.writeSettings(), nil)
	s.must(err)
	var list []app.Finding
	s.must(app.Examine(s.t.Context(), app.DoctorOptions{Config: cfg, Offline: offline}, func(f app.Finding) error {
		list = append(list, f)
		return nil
	}))
	for _, f := range list {
		s.lacks(f.String(), secrets...)
		if f.Status != app.StatusOK && f.Remedy == "" && !strings.Contains(f.Text, "no effect") {
			s.t.Errorf("no remedy: %s", f)
		}
	}
	return list
}

// of are the findings of a status, as text.
func of(list []app.Finding, status app.Status) string {
	var text strings.Builder
	for _, f := range list {
		if f.Status == status {
			text.WriteString(f.String() + "\n")
		}
	}
	return text.String()
}

func (s *stage) botAs(m telegramtest.Member) {
	s.t.Helper()
	m.User = telegramtest.User{ID: telegramtest.DefaultBotID}
	s.must(s.tg.SetMember(groupID, m, olgaID))
}

// datedProxy stands before the fake Bot API and tells the time in every answer, off by
// the given time.
func (s *stage) datedProxy(off time.Duration) string {
	s.t.Helper()
	target, err := url.Parse(s.url)
	s.must(err)
	proxy := httptest.NewServer(&httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) },
		ModifyResponse: func(r *http.Response) error {
			r.Header.Set("Date", time.Now().Add(off).UTC().Format(http.TimeFormat))
			return nil
		},
	})
	s.t.Cleanup(proxy.Close)
	return proxy.URL
}

// TestDoctorNamesTheFault: one fault at a time, named, and nothing else is said to be one.
func TestDoctorNamesTheFault(t *testing.T) {
	private := telegramtest.Options{
		Bot: telegramtest.User{ID: telegramtest.DefaultBotID, FirstName: "T", Username: "t_bot"},
	}
	tests := []struct {
		name    string
		options telegramtest.Options
		spoil   func(s *stage)
		status  app.Status // the worst
		want    []string
	}{
		{
			name: "all is well", spoil: func(*stage) {}, status: app.StatusOK,
			want: []string{"telegram token", "@topicpilot_bot"},
		},
		{
			name: "no mirror named", status: app.StatusWarning,
			want:  []string{"groups[0].mirror.sender_ids", "would pass for an operator"},
			spoil: func(s *stage) { s.replace("source: account, sender_ids: [5555]", "source: none") },
		},
		{
			name: "bad token", status: app.StatusFault, want: []string{"refuses the token", "telegram.token", "@BotFather"},
			spoil: func(s *stage) { s.replace(token, "987654321:AAtoken-of-the-tests-000000000000000") },
		},
		{
			name: "Telegram unreachable", status: app.StatusFault, want: []string{"cannot be reached", "telegram.api_url"},
			spoil: func(s *stage) { s.tg.SetNetwork(false) },
		},
		{
			name: "privacy mode", options: private, status: app.StatusFault, want: []string{"privacy mode is on", "/setprivacy"},
			spoil: func(s *stage) { s.botAs(telegramtest.Member{Status: telegramtest.Regular}) },
		},
		{
			name: "privacy mode of an administrator", options: private, status: app.StatusWarning,
			want: []string{"privacy mode is on", "/setprivacy"}, spoil: func(*stage) {},
		},
		{
			name: "left the group", status: app.StatusFault, want: []string{"the bot is not in it", "add the bot"},
			spoil: func(s *stage) { s.botAs(telegramtest.Member{Status: telegramtest.Left}) },
		},
		{
			name: "kicked", status: app.StatusFault, want: []string{"the bot is not in it"},
			spoil: func(s *stage) { s.botAs(telegramtest.Member{Status: telegramtest.Kicked}) },
		},
		{
			name: "no such group", status: app.StatusFault, want: []string{"-1007777777777", "the bot is not in it"},
			spoil: func(s *stage) { s.replace(fmt.Sprint(int64(groupID)), "-1007777777777") },
		},
		{
			name: "no forum", status: app.StatusFault, want: []string{"not a forum", "Topics"},
			spoil: func(s *stage) { s.must(s.tg.SetForum(groupID, false)) },
		},
		{
			name: "no right to post", status: app.StatusFault, want: []string{"no right to post"},
			spoil: func(s *stage) { s.botAs(telegramtest.Member{Status: telegramtest.Restricted, IsMember: true}) },
		},
		{
			name: "group has migrated", status: app.StatusFault, want: []string{"-1009876543210"},
			spoil: func(s *stage) { s.must(s.tg.Migrate(groupID, -1009876543210)) },
		},
		{
			name: "another poller", status: app.StatusFault, want: []string{"another program polls", "--take-over"},
			spoil: func(s *stage) { s.tg.StealPolling(-1) },
		},
		{
			name: "webhook of another address", status: app.StatusFault,
			want: []string{"webhook of another address", "http://127.0.0.1:9/…", "--take-over"},
			spoil: func(s *stage) {
				s.callAPI("setWebhook", map[string]any{"url": "http://127.0.0.1:9/secret-path"})
			},
		},
		{
			name: "our webhook is to replace another", status: app.StatusWarning, want: []string{"webhook of another address"},
			spoil: func(s *stage) {
				s.webhookMode()
				s.callAPI("setWebhook", map[string]any{"url": "http://127.0.0.1:9/secret-path"})
			},
		},
		{
			name: "our webhook is not set yet", status: app.StatusOK, want: []string{"not set yet"},
			spoil: func(s *stage) { s.webhookMode() },
		},
		{
			name: "header token", status: app.StatusFault, want: []string{"topics_api.token", "topics api"},
			spoil: func(s *stage) { s.api.SetToken("another") },
		},
		{
			name: "api_key", status: app.StatusFault, want: []string{"groups[0].instances[0]", "api_key"},
			spoil: func(s *stage) { s.api.SetConnection(topicsapitest.Connection{Instance: instance, APIKey: "another"}) },
		},
		{
			name: "both cannot be told apart", status: app.StatusFault, want: []string{"topics_api.token", "api_key"},
			spoil: func(s *stage) {
				s.api.SetToken("another")
				s.api.SetFaults(topicsapitest.Faults{Mute: true})
			},
		},
		{
			name: "Topics API unreachable", status: app.StatusFault, want: []string{"topics_api.url"},
			spoil: func(s *stage) { s.replace(s.api.URL(), "http://127.0.0.1:9/webhook/topic_action") },
		},
		{
			name: "Topics API broken", status: app.StatusFault, want: []string{"topics_api.url"},
			spoil: func(s *stage) { s.api.SetFaults(topicsapitest.Faults{Garbage: true}) },
		},
		{
			name: "mirror sender", status: app.StatusFault,
			want:  []string{"groups[0].mirror.sender_ids", "mirror sender not configured"},
			spoil: func(s *stage) { s.replace(fmt.Sprintf("sender_ids: [%d]", mirrorID), "sender_ids: []") },
		},
		{
			name: "no directory of the database", status: app.StatusFault, want: []string{"database", "store.url"},
			spoil: func(s *stage) { s.replace("bot.db", "nowhere/bot.db") },
		},
		{
			name: "database is no database", status: app.StatusFault, want: []string{"database", "store.url"},
			spoil: func(s *stage) {
				s.must(os.WriteFile(filepath.Join(s.dir, "bot.db"), []byte(strings.Repeat("no database ", 100)), 0o600))
			},
		},
		{
			name: "PostgreSQL unreachable", status: app.StatusFault, want: []string{"database"},
			spoil: func(s *stage) { s.replace(s.dbURL, "postgres://bot:pg-password-of-the-tests@127.0.0.1:9/bot") },
		},
		{
			name: "clock", status: app.StatusFault, want: []string{"clock is off by 10m", "NTP"},
			spoil: func(s *stage) { s.replace(s.url, s.datedProxy(-10*time.Minute)) },
		},
		{
			name: "clock within the bounds", status: app.StatusOK, want: []string{"clock agrees"},
			spoil: func(s *stage) { s.replace(s.url, s.datedProxy(20*time.Second)) },
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, test.options)
			test.spoil(s)
			list := s.examine(false)
			faults, warnings := of(list, app.StatusFault), of(list, app.StatusWarning)
			switch test.status {
			case app.StatusFault:
				s.holds(faults, test.want...)
				if n := strings.Count(faults, "\n"); n != 1 {
					t.Errorf("%d faults:\n%s", n, faults)
				}
			case app.StatusWarning:
				s.holds(warnings, test.want...)
			default:
				s.holds(of(list, app.StatusOK), test.want...)
			}
			if test.status != app.StatusFault && faults != "" {
				t.Errorf("faults:\n%s", faults)
			}
			s.lacks(faults+warnings, "secret-path", "pg-password-of-the-tests")
		})
	}
}

// TestDoctorOffline uses no network at all.
func TestDoctorOffline(t *testing.T) {
	t.Parallel()
	s := newStage(t, telegramtest.Options{})
	list := s.examine(true)
	if faults := of(list, app.StatusFault); faults != "" {
		t.Errorf("faults:\n%s", faults)
	}
	if calls, asked := len(s.tg.Sent()), s.api.Count(); calls+asked+len(s.tg.Sent("getUpdates")) > 0 {
		t.Errorf("Telegram was called %d times, the Topics API %d times", calls, asked)
	}
	if _, err := os.Stat(filepath.Join(s.dir, "bot.db")); err == nil {
		t.Error("the doctor made a database")
	}
}

// TestDoctorBesideTheBot: the running bot is no fault, goes on, and loses no update.
func TestDoctorBesideTheBot(t *testing.T) {
	t.Parallel()
	s := newStage(t, telegramtest.Options{})
	s.replace(`server: {listen: "127.0.0.1:0"}`, fmt.Sprintf(`server: {listen: %q}`, freeAddr(t)))
	s.start()
	thread := s.topic(11, "Ann")
	s.post(thread, olgaID, "/info")
	s.answers(thread, 1)
	if faults := of(s.examine(false), app.StatusFault); faults != "" {
		t.Errorf("faults:\n%s", faults)
	}
	s.post(thread, olgaID, "/info")
	s.answers(thread, 2)
	s.ready()
}

// TestDoctorTakesNoUpdate: what waits for the bot waits on.
func TestDoctorTakesNoUpdate(t *testing.T) {
	t.Parallel()
	s := newStage(t, telegramtest.Options{})
	thread := s.topic(11, "Ann")
	s.post(thread, olgaID, "/info")
	before := s.tg.Pending()
	s.examine(false)
	if after := s.tg.Pending(); after != before {
		t.Errorf("%d updates wait, %d before", after, before)
	}
	s.start()
	s.answers(thread, 1)
}
