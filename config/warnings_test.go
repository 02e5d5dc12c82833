package config_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestWarningsOfSlips(t *testing.T) {
	const rest = "\ntopics_api: {token: t}\n"
	group := func(more string) string {
		return "telegram: {token: \"" + token + "\"}" + rest +
			"groups: [{id: -1005, instances: [{instance: \"1\", api_key: k}], mirror: {sender_ids: [5]}" + more + "}]\n"
	}
	hook := func(host, api string) string {
		return "telegram: {token: \"" + token + "\", api_url: \"" + api + "\", webhook: {secret: s, url: \"https://" +
			host + "/t\"}}\n" + strings.SplitAfterN(group(""), "\n", 2)[1]
	}
	const official, own = "https://api.telegram.org", "http://127.0.0.1:8081"
	const far = "telegram.webhook.url: is an address of this machine or network, which Telegram cannot reach; " +
		"use a public one, or leave it empty to poll"
	for name, c := range map[string]struct{ text, want string }{
		"nothing": {group(""), ""},
		"secret without url": {
			strings.Replace(group(""), "\"}", "\", webhook: {secret: s}}", 1),
			"telegram.webhook.secret: has no effect without webhook.url, and updates are polled; set the url or remove both",
		},
		"localhost":                         {hook("localhost:8443", official), far},
		"loopback":                          {hook("127.0.0.1", official), far},
		"loopback of IPv6":                  {hook("[::1]", official), far},
		"private network":                   {hook("192.168.1.5", official), far},
		"public":                            {hook("bot.example", official), ""},
		"localhost for a server of our own": {hook("localhost:8443", own), ""},
		"nobody": {
			group(", operators: []"),
			"groups[0].operators: is an empty list, so nobody may give commands; " +
				"write `administrators` or the operators' user ids",
		},
		"our own bot": {
			strings.Replace(group(""), "[5]", "[5, 123456789]", 1),
			"groups[0].mirror.sender_ids[1]: is this bot's own id; " +
				"put the id of the account or bot that posts customers' messages",
		},
		"a key without a model": {
			group("") + "ai: {api_key: k}\n",
			"ai.model: is empty, so there is no advisor; name a model, or remove ai.api_key",
		},
		"OpenAI without a key": {
			group("") + "ai: {model: m}\n",
			"ai.api_key: is empty; api.openai.com refuses every question until it is set",
		},
		"a server of our own without a key": {group("") + "ai: {model: m, base_url: \"http://127.0.0.1:11434/v1\"}\n", ""},
		"answers that nothing can carry": {
			group(", ai_mode: reply") + "ai: {model: m, api_key: k}\n",
			"groups[0].customer_send: is none, so mode reply can only post drafts; " +
				"set topic or bot to let the advisor answer customers",
		},
		"a mode of its own": {group(", ai_mode: draft") + "ai: {model: m, api_key: k, mode: reply}\n", ""},
		"the example's texts": {
			strings.NewReplacer(token, "123456789:AA-the-token-of-BotFather-0000000000", "token: t}",
				"token: the access token from support}", "api_key: k", "api_key: the connection's API key").Replace(group("")),
			"telegram.token: is still the text of the example; put your own in its place\n" +
				"topics_api.token: is still the text of the example; put your own in its place\n" +
				"groups[0].instances[0].api_key: is still the text of the example; put your own in its place",
		},
	} {
		t.Run(name, func(t *testing.T) {
			var lines []string
			for _, p := range load(t, c.text).Warnings() {
				lines = append(lines, p.String())
			}
			if diff := cmp.Diff(c.want, strings.Join(lines, "\n")); diff != "" {
				t.Errorf("warnings (-want +got):\n%s", diff)
			}
		})
	}
}
