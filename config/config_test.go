package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"topicpilot/config"
)

const token = "123456789:AAbbccddeeffgghhiijjkk"

// load writes text to a file and loads it; it must be right.
func load(t *testing.T, text string, env ...string) *config.Config {
	t.Helper()
	c, err := tryLoad(t, text, env...)
	if err != nil {
		t.Fatalf("load: %v", err)
	}
	return c
}

func tryLoad(t *testing.T, text string, env ...string) (*config.Config, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "topicpilot.yml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return config.Load(path, env)
}

var comparing = cmp.Options{
	cmp.Comparer(func(a, b config.URL) bool { return a.Reveal() == b.Reveal() }),
	cmp.Comparer(func(a, b config.Raw) bool { return cmp.Equal(a.Value(), b.Value()) }),
	cmpopts.EquateEmpty(),
}

func TestDefaultsAreTheContracts(t *testing.T) {
	c, err := config.Load("", []string{"TOPICPILOT_TELEGRAM__TOKEN=" + token})
	if err != nil {
		t.Fatal(err)
	}
	want := &config.Config{
		Telegram: config.Telegram{
			Token: token, APIURL: config.NewURL("https://api.telegram.org"),
			Limits: config.Limits{GroupPerMinute: 20, OverallPerSecond: 30},
		},
		Server:    config.Server{Listen: "127.0.0.1:8080"},
		Store:     config.Store{URL: config.NewURL("sqlite:topicpilot.db")},
		Log:       config.Log{Level: "info", Format: "text"},
		Retention: config.Retention{Journal: 48 * time.Hour},
		TopicsAPI: config.TopicsAPI{
			URL:     config.NewURL("https://n8n.production.hotline.tg/webhook/topic_action"),
			Timeout: 5 * time.Second, Cache: 10 * time.Minute,
		},
		Links:      config.Links{Check: config.Check{Request: config.Request{Timeout: 10 * time.Second}}},
		Transcript: config.Transcript{Comments: true},
		AI: config.AI{
			BaseURL: config.NewURL("https://api.openai.com/v1"), Mode: "ask",
			Call: []string{"ai"}, Knowledge: []string{"./knowledge"},
			Budget:   config.Budget{TokensPerDay: 200000, TokensPerTopicPerDay: 20000},
			Debounce: 5 * time.Second, Timeout: 30 * time.Second, TokenField: "max_tokens",
			MaxAnswerTokens: 800, Threshold: 0.5, Mask: true, ReplyTo: "addressed",
			QuietAfterHuman: 30 * time.Minute, Prices: config.Prices{Currency: "USD"},
		},
	}
	if diff := cmp.Diff(want, c, comparing); diff != "" {
		t.Errorf("defaults (-want +got):\n%s", diff)
	}
}

func TestGroupDefaults(t *testing.T) {
	c := load(t, "telegram: {token: '"+token+"'}\ngroups: [{id: -1002101424779}]\n")
	want := config.Group{
		ID: -1002101424779, Language: "en", CustomerSend: "none",
		Mirror:    config.Mirror{Source: "account", CommentMark: "/ "},
		Operators: config.Who{Administrators: true}, Admins: config.Who{Administrators: true},
	}
	if diff := cmp.Diff(want, c.Groups[0], comparing); diff != "" {
		t.Errorf("group (-want +got):\n%s", diff)
	}
}

func TestNumbersSurvive(t *testing.T) {
	c := load(t, `
telegram: {token: "`+token+`"}
groups:
  - id: -1009007199254740993
    instances:
      - {instance: 13209946874612345, api_key: 007}
      - {instance: 99999999999999999999999, api_key: 1e5}
    operators: [9007199254740993]
commands:
  - name: x
    request:
      url: "http://n8n/x"
      json: {big: 99999999999999999999999, exact: 9007199254740993, half: 0.5, yes: true, none: null}
`)
	g := c.Groups[0]
	for _, pair := range [][2]string{
		{g.Instances[0].Instance, "13209946874612345"},
		{g.Instances[0].APIKey.Reveal(), "007"},
		{g.Instances[1].Instance, "99999999999999999999999"},
		{g.Instances[1].APIKey.Reveal(), "1e5"},
	} {
		if pair[0] != pair[1] {
			t.Errorf("have %s, want %s", pair[0], pair[1])
		}
	}
	if g.ID != -1009007199254740993 || g.Operators.IDs[0] != 9007199254740993 {
		t.Errorf("ids changed: %d %v", g.ID, g.Operators)
	}
	body := c.Commands[0].Request.JSON.Map()
	if body["exact"] != int64(9007199254740993) || body["half"] != 0.5 || body["yes"] != true || body["none"] != nil {
		t.Errorf("body: %v", body)
	}
	if n, ok := body["big"].(interface{ String() string }); !ok || n.String() != "99999999999999999999999" {
		t.Errorf("big: %T", body["big"])
	}
}

func TestEnvironment(t *testing.T) {
	file := `
telegram: {token: "999999999:AAbbccddeeffgghhiijjkk"}
log: {level: debug, format: json}
groups:
  - {id: -1005, language: ru, mirror: {sender_ids: [1, 2, 3], reply_only: true}}
lookups:
  - name: billing
    request: {url: "http://billing/x", headers: {Authorization: "Bearer file"}}
    show: x
`
	c := load(t, file,
		"TOPICPILOT_TELEGRAM__TOKEN="+token, "TOPICPILOT_Log__Level=warn",
		"TOPICPILOT_GROUPS__0__MIRROR__SENDER_IDS=5555, 6666",
		"TOPICPILOT_GROUPS__0__OPERATORS=7,8", "TOPICPILOT_GROUPS__0__ADMINS__0=9",
		"TOPICPILOT_GROUPS__1__ID=-1006", "TOPICPILOT_GROUPS__1__INSTANCES__0__INSTANCE=77",
		"TOPICPILOT_GROUPS__1__INSTANCES__0__API_KEY=${literal}",
		"TOPICPILOT_LOOKUPS__0__REQUEST__HEADERS__AUTHORIZATION=Bearer environment",
		"TOPICPILOT_INTEGRATIONS__0__TYPE=webhook", "TOPICPILOT_INTEGRATIONS__0__URL=https://crm.example/",
		"TOPICPILOT_INTEGRATIONS__0__EVENTS=message.*,draft.sent",
		"TOPICPILOT_PORT=tcp://10.0.0.1:80", "OTHER__X=y",
	)
	if c.Telegram.Token != token || c.Log.Level != "warn" || c.Log.Format != "json" {
		t.Errorf("token or log: %+v", c.Log)
	}
	want := []config.Group{
		{
			ID: -1005, Language: "ru", CustomerSend: "none",
			Mirror:    config.Mirror{Source: "account", SenderIDs: []int64{5555, 6666}, CommentMark: "/ ", ReplyOnly: true},
			Operators: config.Who{IDs: []int64{7, 8}}, Admins: config.Who{IDs: []int64{9}},
		},
		{
			ID: -1006, Language: "en", CustomerSend: "none", Mirror: config.Mirror{Source: "account", CommentMark: "/ "},
			Instances: []config.Instance{{Instance: "77", APIKey: "${literal}"}},
			Operators: config.Who{Administrators: true}, Admins: config.Who{Administrators: true},
		},
	}
	if diff := cmp.Diff(want, c.Groups, comparing); diff != "" {
		t.Errorf("groups (-want +got):\n%s", diff)
	}
	headers := c.Lookups[0].Request.Headers
	if len(headers) != 1 || headers["Authorization"] != "Bearer environment" {
		t.Errorf("headers: have %d, %q", len(headers), headers["Authorization"].Reveal())
	}
	var hook config.EventHook
	if err := c.Integrations[0].Config.Decode(&hook); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"message.*", "draft.sent"}, hook.Events); diff != "" || hook.Order != "topic" {
		t.Errorf("hook: %+v", hook)
	}
}

func TestVariablesInValues(t *testing.T) {
	c := load(t, `
telegram: {token: "${T}"}
topics_api: {url: "http://${HOST}/x", token: "a$${T}$"}
groups: [{id: "${GROUP}", mirror: {sender_ids: ["${SENDER}"], comment_mark: "/ ${X} "}}]
server: {admin_token: "${EMPTY}"}
`, "T="+token, "HOST=topics:1", "GROUP=-1005", "SENDER=6", "X=${T}", "EMPTY=")
	if c.Telegram.Token != token || c.TopicsAPI.URL.Reveal() != "http://topics:1/x" || c.TopicsAPI.Token != "a${T}$" {
		t.Errorf("have %q %q %q", c.Telegram.Token.Reveal(), c.TopicsAPI.URL.Reveal(), c.TopicsAPI.Token.Reveal())
	}
	g := c.Groups[0]
	if g.ID != -1005 || g.Mirror.SenderIDs[0] != 6 || g.Mirror.CommentMark != "/ ${T} " {
		t.Errorf("group: %+v", g)
	}
	if c.TopicsAPI.URL.String() != "http://${HOST}/x" {
		t.Errorf("what came from a variable is shown: %s", c.TopicsAPI.URL)
	}
}

func TestSecretFiles(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	tokenFile, other := write("token", token+"\r\n"), write("other", "777777777:AAbbccddeeffgghhiijjkk")
	c := load(t, `
telegram: {token: "", token_file: `+other+`}
store: {url_file: `+write("store", "postgres://me:pw@host/db\n")+`}
lookups:
  - name: a
    show: x
    request: {url: "http://a/", headers: {Authorization_file: `+write("header", "Bearer x\n")+`}}
integrations: [{type: notion, token_file: `+write("notion", "ntn_1\n")+`, database_id: abc}]
`, "TOPICPILOT_TELEGRAM__TOKEN_FILE="+tokenFile)
	var notion config.Notion
	if err := c.Integrations[0].Config.Decode(&notion); err != nil {
		t.Fatal(err)
	}
	for _, pair := range [][2]string{
		{c.Telegram.Token.Reveal(), token},
		{c.Store.URL.Reveal(), "postgres://me:pw@host/db"},
		{c.Lookups[0].Request.Headers["Authorization"].Reveal(), "Bearer x"},
		{notion.Token.Reveal(), "ntn_1"},
	} {
		if pair[0] != pair[1] {
			t.Errorf("have %q, want %q", pair[0], pair[1])
		}
	}
	_, err := tryLoad(t, "telegram: {token_file: "+write("big", strings.Repeat("x", 65<<10))+"}\n")
	if err == nil || !strings.HasSuffix(err.Error(), `big" is larger than 64 KiB; is it the right one?`) {
		t.Errorf("large file: %v", err)
	}
}

func TestLoadFails(t *testing.T) {
	if _, err := config.Load("no-such.yml", nil); err == nil ||
		err.Error() != "no-such.yml: cannot be read: no such file or directory; give the settings file with --config" {
		t.Errorf("missing file: %v", err)
	}
	if _, err := tryLoad(t, strings.Repeat("# comment\n", 200_000)); err == nil {
		t.Error("a file over 1 MiB is read")
	}
	_, err := tryLoad(t, strings.Repeat("- x\n", 5)+"")
	if err == nil {
		t.Error("a list is taken for settings")
	}
	_, err = tryLoad(t, "telegram: {token: '"+token+"'}\ngroups: ["+strings.Repeat("{id: 1},", 500)+"]\n")
	if n := strings.Count(err.Error(), "\n"); n != 100 {
		t.Errorf("problems are not bounded: %d lines", n+1)
	}
}

func TestWebhookForTestServers(t *testing.T) {
	c := load(t, `
telegram:
  token: "`+token+`"
  api_url: "http://127.0.0.1:8081"
  webhook: {url: "http://127.0.0.1:9000/telegram", secret: s}
`)
	if !c.Telegram.Webhook.URL.IsSet() {
		t.Error("no webhook")
	}
}

func TestMergeKeysAndAliases(t *testing.T) {
	c := load(t, `
telegram: {token: "`+token+`"}
groups:
  - &first {id: -1005, language: uk, mirror: {sender_ids: [1]}}
  - {<<: *first, id: -1006}
`)
	if g := c.Groups[1]; g.ID != -1006 || g.Language != "uk" || len(g.Mirror.SenderIDs) != 1 {
		t.Errorf("second group: %+v", g)
	}
}

func TestVerb(t *testing.T) {
	c := load(t, `
telegram: {token: "`+token+`"}
commands:
  - {name: a, request: {url: "http://x/"}}
  - {name: b, request: {url: "http://x/", json: {}}}
  - {name: c, request: {url: "http://x/", json: {}, method: PUT}}
`)
	for i, want := range []string{"GET", "POST", "PUT"} {
		if got := c.Commands[i].Request.Verb(); got != want {
			t.Errorf("command %d: have %s, want %s", i, got, want)
		}
	}
}
