package config_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
	"pgregory.net/rapid"

	"topicpilot/config"
)

// full sets every secret there is; each contains `s3cr3t`.
const full = `
telegram:
  token: "123456789:AAbbccddee_s3cr3t_ffgghhii"
  api_url: "https://s3cr3t:x@api.example/?key=s3cr3t"
  webhook: {url: "https://bot.example/hook-s3cr3t?x=s3cr3t", secret: s3cr3t}
server: {admin_token: s3cr3t}
store: {url: "postgres://me:s3cr3t@db.example:5432/pilot?sslmode=require&sslpassword=s3cr3t"}
topics_api: {token: s3cr3t, url: "https://s3cr3t@topics.example/bot12:s3cr3t/?k=s3cr3t"}
groups:
  - id: -1005
    instances: [{instance: "1", api_key: s3cr3t}]
    customer_bot_token: "123456789:AAbbccddee_s3cr3t_ffgghhii"
lookups:
  - name: a
    show: x
    request:
      url: "https://u:s3cr3t@a.example/s3cr3t/{{.Customer.ID}}/${PATH_KEY}?api={{.Customer.ID}}&k=s3cr3t"
      headers: {Authorization: "Bearer s3cr3t", X-Key: s3cr3t}
      secret: "${SIGNING}"
      json: {api_key: s3cr3t, deep: [{password: {old: s3cr3t}}], filled: "${PATH_KEY}", plain: visible,
        back: "https://a.example/hooks/s3cr3t", via: "bot 12345:s3cr3t78901234567890"}
commands:
  - name: b
    request: {url: "http://b/", headers: {Authorization: s3cr3t}, secret: "${SIGNING}"}
    check: {request: {url: "http://b/", headers: {Authorization: s3cr3t}}, done: "true"}
links: {check: {request: {url: "http://b/", headers: {Authorization: s3cr3t}}, done: "true"}}
ai: {api_key: s3cr3t, base_url: "https://s3cr3t@ai.example/v1"}
integrations:
  - {type: notion, id: n, token: s3cr3t, database_id: abc, api_url: "http://u:s3cr3t@n.example"}
  - {type: webhook, id: w, url: "https://u:s3cr3t@w.example/services/s3cr3t?k=s3cr3t", secret: "${SIGNING}"}
`

func TestNoSecretIsEverPrinted(t *testing.T) {
	const signing = "whsec_c2VjcmV0czNjcjN0c2VjcmV0czNjcjN0"
	c := load(t, full, "PATH_KEY=in_s3cr3t_path", "SIGNING="+signing)
	renderings := map[string]string{}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		renderings[verb] = fmt.Sprintf(verb, *c)
		renderings["pointer "+verb] = fmt.Sprintf(verb, c)
		renderings["list "+verb] = fmt.Sprintf(verb, []any{c.Groups, c.Lookups, c.Commands, c.Links, c.Integrations})
	}
	var buffer bytes.Buffer
	if err := c.Print(&buffer); err != nil {
		t.Fatal(err)
	}
	renderings["Print"] = buffer.String()
	add := func(name string, data []byte, err error) {
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		renderings[name] = string(data)
	}
	data, err := json.Marshal(c)
	add("json", data, err)
	data, err = yaml.Marshal(c)
	add("yaml", data, err)
	data, err = xml.Marshal([]any{c.Telegram, c.Store, c.AI.APIKey})
	add("xml", data, err)
	for name, handler := range map[string]func(*bytes.Buffer) slog.Handler{
		"slog text": func(b *bytes.Buffer) slog.Handler { return slog.NewTextHandler(b, nil) },
		"slog json": func(b *bytes.Buffer) slog.Handler { return slog.NewJSONHandler(b, nil) },
	} {
		var b bytes.Buffer
		slog.New(handler(&b)).Info("x", "config", c, "token", c.Telegram.Token, "store", c.Store.URL,
			"raw", c.Integrations[0].Config, "headers", c.Lookups[0].Request.Headers)
		renderings[name] = b.String()
	}
	for name, text := range renderings {
		for _, secret := range []string{"s3cr3t", signing, fmt.Sprintf("%x", "s3cr3t")} {
			if strings.Contains(text, secret) {
				t.Errorf("%s shows a secret: %s", name, text)
			}
		}
	}
	for _, visible := range []string{
		"postgres://me:***@db.example:5432/pilot?sslmode=require&sslpassword=***",
		"https://***@a.example/***?api=***&k=***", "plain: visible", "https://bot.example/***?x=***", "admin_token: '***'",
		"database_id: abc", "journal: 48h", "operators: administrators",
	} {
		if !strings.Contains(renderings["Print"], visible) {
			t.Errorf("Print does not show %s:\n%s", visible, renderings["Print"])
		}
	}
}

func TestSecretsWorkAllTheSame(t *testing.T) {
	c := load(t, full, "PATH_KEY=in_s3cr3t_path", "SIGNING=whsec_c2VjcmV0")
	request := c.Lookups[0].Request
	if got := request.URL.Reveal(); !strings.Contains(got, "/in_s3cr3t_path?") {
		t.Errorf("url: %s", got)
	}
	if request.JSON.Map()["filled"] != "in_s3cr3t_path" || request.JSON.Map()["api_key"] != "s3cr3t" {
		t.Errorf("json: %v", request.JSON.Map())
	}
}

func TestEmptySecretShowsThatItIsNotSet(t *testing.T) {
	if got := fmt.Sprintf("%v|%q|%#v", config.Secret(""), config.Secret(""), config.Secret("x")); got != `|""|"***"` {
		t.Errorf("have %s", got)
	}
}

func TestRedactedURL(t *testing.T) {
	for _, c := range []struct{ name, url, want string }{
		{"plain", "https://a.example/x", "https://a.example/x"},
		{"user and password", "https://u:p@a/x", "https://***@a/x"},
		{"user that is a key", "https://live_s3cr3t:@a/x", "https://***@a/x"},
		{"token in the path", "https://a/bot123:AAx-y_z/sendMessage", "https://a/bot***/sendMessage"},
		{"escaped token in the path", "https://a/x/bot123%3aAAx?b", "https://a/x/bot***?***"},
		{"token by itself", "https://a/123456789:AAbbccddee_ffgghhiijj", "https://a/***"},
		{"no token", "https://a:12345/bot/robots12:30", "https://a:12345/bot/robots12:30"},
		{"user alone may be a key", "https://key@a/x", "https://***@a/x"},
		{"database user alone", "postgres://me@a/x", "postgres://me@a/x"},
		{"slash in the password", "postgres://me:p/w@a/x", "postgres://me:***@a/x"},
		{"question mark in the password", "postgres://me:p?w=1@a/x?sslmode=a", "postgres://me:***@a/x?sslmode=a"},
		{"slash in the password of a web address", "http://me:p/w@a/x", "http://***@a/x"},
		{"digits and a slash in the password", "http://me:12/w@a/x", "http://***@a/x"},
		{"at sign in a query", "https://a/x?mail=b@c", "https://a/x?mail=***"},
		{"query without value", "https://a/x?abc", "https://a/x?***"},
		{"file", "sqlite:topicpilot.db?_pragma=x", "sqlite:topicpilot.db?_pragma=x"},
		{"empty", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := config.NewURL(c.url).String(); got != c.want {
				t.Errorf("have %s, want %s", got, c.want)
			}
		})
	}
}

// Whatever the password, escaped or not, it is not in what is printed.
func TestPasswordNeverShows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		start := rapid.SampledFrom([]string{"PW", "1/PW", "@PW"}).Draw(t, "start")
		password := start + rapid.StringMatching(`[A-Z0-9/?#:%&=@;+.-]{0,12}`).Draw(t, "password") + "PW"
		scheme := rapid.SampledFrom([]string{"postgres", "postgresql", "https"}).Draw(t, "scheme")
		u := config.NewURL(scheme + "://me:" + password + "@host/db?sslmode=require")
		for _, shown := range []string{u.String(), fmt.Sprintf("%#v", u), fmt.Sprint([]config.URL{u})} {
			if strings.Contains(shown, "PW") {
				t.Fatalf("%s shows the password of %s", shown, u.Reveal())
			}
		}
	})
}
