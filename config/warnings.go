package config

import (
	"cmp"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// noEffect is a setting that is accepted and checked, but does nothing yet.
type noEffect struct {
	path string // as in docs/settings.md
	only string // the values meant, when not all
	used func(c *Config) []string
}

// noEffects is the list; a release that makes a setting work removes its line.
func noEffects() []noEffect {
	return []noEffect{
		{"server.admin_token", "", when("server.admin_token", func(c *Config) bool { return c.Server.AdminToken.IsSet() })},
		{"groups[].mirror.source", "`webhook`, `relay`", perGroup("mirror.source", func(g Group) bool {
			return g.Mirror.Source == "webhook" || g.Mirror.Source == "relay"
		})},
		{"integrations", "type `webhook`", webhooks},
	}
}

// webhooks lists the integrations that deliver events.
func webhooks(c *Config) []string {
	var paths []string
	for i, integration := range c.Integrations {
		if integration.Type == "webhook" {
			paths = append(paths, fmt.Sprintf("integrations[%d]", i))
		}
	}
	return paths
}

func when(path string, used func(*Config) bool) func(*Config) []string {
	return func(c *Config) []string {
		if used(c) {
			return []string{path}
		}
		return nil
	}
}

func perGroup(key string, used func(Group) bool) func(*Config) []string {
	return func(c *Config) []string {
		var paths []string
		for i, g := range c.Groups {
			if used(g) {
				paths = append(paths, fmt.Sprintf("groups[%d].%s", i, key))
			}
		}
		return paths
	}
}

// Warnings are settings that are legal but worth a word at start.
func (c *Config) Warnings() []Problem {
	var w warnings
	w.telegram(c.Telegram)
	switch {
	case !c.TopicsAPI.Token.IsSet():
		w.add("topics_api.token", "is empty; /info cannot tell who a customer is until it is set")
	default:
		w.placeholder("topics_api.token", c.TopicsAPI.Token)
	}
	if len(c.Groups) == 0 {
		w.add("groups", "is empty; the bot serves no group until one is listed")
	}
	bot, _, _ := strings.Cut(c.Telegram.Token.Reveal(), ":")
	for i, g := range c.Groups {
		w.group(fmt.Sprintf("groups[%d]", i), g, bot)
	}
	w.advisor(c)
	for _, n := range noEffects() {
		for _, path := range n.used(c) {
			w.add(path, "has no effect yet in this release; it is kept for a later one")
		}
	}
	return w
}

type warnings []Problem

func (w *warnings) add(path, message string) { *w = append(*w, Problem{path, message}) }

// placeholders are the texts that stand for secrets in README.md.
func placeholders() []Secret {
	return []Secret{
		"123456789:AA-the-token-of-BotFather-0000000000", "the access token from support", "the connection's API key",
	}
}

func (w *warnings) placeholder(path string, s Secret) {
	if slices.Contains(placeholders(), s) {
		w.add(path, "is still the text of the example; put your own in its place")
	}
}

func (w *warnings) telegram(t Telegram) {
	w.placeholder("telegram.token", t.Token)
	hook := t.Webhook
	switch {
	case hook.URL.IsSet() && !hook.Secret.IsSet():
		w.add("telegram.webhook.secret", "is empty; with a secret only Telegram can deliver updates: set one")
	case hook.Secret.IsSet() && !hook.URL.IsSet():
		w.add("telegram.webhook.secret", "has no effect without webhook.url, and updates are polled; "+
			"set the url or remove both")
	}
	api, _ := url.Parse(t.APIURL.Reveal())
	u, _ := url.Parse(hook.URL.Reveal())
	if api != nil && u != nil && strings.EqualFold(api.Hostname(), officialAPI) && unreachable(u.Hostname()) {
		w.add("telegram.webhook.url", "is an address of this machine or network, which Telegram cannot reach; "+
			"use a public one, or leave it empty to poll")
	}
}

// openAI is the host that answers nobody without a key.
const openAI = "api.openai.com"

func (w *warnings) advisor(c *Config) {
	if c.AI.Model == "" {
		if c.AI.APIKey.IsSet() {
			w.add("ai.model", "is empty, so there is no advisor; name a model, or remove ai.api_key")
		}
		return
	}
	base, err := url.Parse(c.AI.BaseURL.Reveal())
	if err == nil && strings.EqualFold(base.Hostname(), openAI) && !c.AI.APIKey.IsSet() {
		w.add("ai.api_key", "is empty; "+openAI+" refuses every question until it is set")
	}
	for i, g := range c.Groups {
		if cmp.Or(g.AIMode, c.AI.Mode) == "reply" && g.CustomerSend == "none" {
			w.add(fmt.Sprintf("groups[%d].customer_send", i), "is none, so mode reply can only post drafts; "+
				"set topic or bot to let the advisor answer customers")
		}
	}
}

// unreachable tells hosts that nobody outside can mean.
func unreachable(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if host == "localhost" || strings.HasSuffix(host, ".localhost") || strings.HasSuffix(host, ".local") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && (ip.IsLoopback() || ip.IsPrivate() || ip.IsUnspecified() || ip.IsLinkLocalUnicast())
}

func (w *warnings) group(path string, g Group, bot string) {
	if len(g.Mirror.SenderIDs) == 0 && (g.Mirror.Source == "account" || g.Mirror.Source == "bot") {
		w.add(path+".mirror.sender_ids", "is empty; nobody is known as the mirror, "+
			"so customers' messages cannot be told from others and commands are refused until it is set")
	}
	for i, id := range g.Mirror.SenderIDs {
		if strconv.FormatInt(id, 10) == bot {
			w.add(fmt.Sprintf("%s.mirror.sender_ids[%d]", path, i),
				"is this bot's own id; put the id of the account or bot that posts customers' messages")
		}
	}
	if o := g.Operators; !o.Administrators && !o.Members && len(o.IDs) == 0 {
		w.add(path+".operators", "is an empty list, so nobody may give commands; "+
			"write `administrators` or the operators' user ids")
	}
	for _, id := range g.Operators.IDs {
		if slices.Contains(g.Mirror.SenderIDs, id) {
			w.add(path+".operators", fmt.Sprintf("%d is also in mirror.sender_ids, so its commands are never run", id))
		}
	}
	if len(g.Instances) == 0 {
		w.add(path+".instances", "is empty; customers of this group cannot be looked up until one is listed")
	}
	for i, in := range g.Instances {
		w.placeholder(fmt.Sprintf("%s.instances[%d].api_key", path, i), in.APIKey)
	}
}
