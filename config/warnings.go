package config

import (
	"fmt"
	"slices"
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
		{"groups[].customer_send", "", perGroup("customer_send", func(g Group) bool { return g.CustomerSend != "none" })},
		{"commands", "", when("commands", func(c *Config) bool { return len(c.Commands) > 0 })},
		{"links", "", when("links", func(c *Config) bool { return c.Links.Check.IsSet() })},
		{"transcript", "", when("transcript", func(c *Config) bool { return !c.Transcript.Comments })},
		{"ai", "", when("ai", func(c *Config) bool { return c.AI.Model != "" || c.AI.APIKey.IsSet() })},
		{"integrations", "", when("integrations", func(c *Config) bool { return len(c.Integrations) > 0 })},
	}
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
	var warnings []Problem
	warn := func(path, message string) { warnings = append(warnings, Problem{path, message}) }
	if c.Telegram.Webhook.URL.IsSet() && !c.Telegram.Webhook.Secret.IsSet() {
		warn("telegram.webhook.secret", "is empty; with a secret only Telegram can deliver updates: set one")
	}
	if !c.TopicsAPI.Token.IsSet() {
		warn("topics_api.token", "is empty; /info cannot tell who a customer is until it is set")
	}
	if len(c.Groups) == 0 {
		warn("groups", "is empty; the bot serves no group until one is listed")
	}
	for i, g := range c.Groups {
		path := fmt.Sprintf("groups[%d]", i)
		if len(g.Mirror.SenderIDs) == 0 && (g.Mirror.Source == "account" || g.Mirror.Source == "bot") {
			warn(path+".mirror.sender_ids", "is empty; nobody is known as the mirror, "+
				"so customers' messages cannot be told from others and commands are refused until it is set")
		}
		for _, id := range g.Operators.IDs {
			if slices.Contains(g.Mirror.SenderIDs, id) {
				warn(path+".operators", fmt.Sprintf("%d is also in mirror.sender_ids, so its commands are never run", id))
			}
		}
		if len(g.Instances) == 0 {
			warn(path+".instances", "is empty; customers of this group cannot be looked up until one is listed")
		}
	}
	for _, n := range noEffects() {
		for _, path := range n.used(c) {
			warn(path, "has no effect yet in this release; it is kept for a later one")
		}
	}
	return warnings
}
