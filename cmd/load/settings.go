package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"time"

	"topicpilot/cmd/load/stage"
)

// botSettings are what a topicpilot under load is told. Whatever is not said here keeps its default,
// durability above all.
type botSettings struct {
	Stage     stage.Hello
	Store     string // sqlite:FILE or postgres://…
	Listen    string
	Webhook   string        // URL, "" for long polling
	Cache     time.Duration // of the Topics API's answers, 0 for the default
	Operators []int64       // default: the stage's operator
	Lookups   []any
	Groups    []object // keys added to the groups, in their order
	More      object   // keys added to the document
}

// object keeps the settings short to write; JSON is YAML too.
type object = map[string]any

// document is the settings file as a value. The group's flood limits are off, as contract.md has it
// for load tests; a 429 would still be obeyed.
func (b *botSettings) document() object {
	api := object{"url": b.Stage.TopicsAPI, "token": stage.APIToken}
	if b.Cache > 0 {
		api["cache"] = b.Cache.String()
	}
	operators := b.Operators
	if len(operators) == 0 {
		operators = []int64{stage.OperatorID}
	}
	groups := make([]object, len(b.Stage.Groups))
	for i, id := range b.Stage.Groups {
		groups[i] = object{
			"id": id, "language": "en", "operators": operators, "admins": []int64{stage.OperatorID},
			"instances": []any{object{"instance": stage.Instance, "api_key": stage.APIKey}},
			"mirror":    object{"source": "account", "sender_ids": []int64{stage.MirrorID}},
		}
		if i < len(b.Groups) {
			maps.Copy(groups[i], b.Groups[i])
		}
	}
	telegram := object{
		"token": b.Stage.Token, "api_url": b.Stage.Telegram,
		"limits": object{"group_per_minute": 0, "overall_per_second": 0},
	}
	if b.Webhook != "" {
		telegram["webhook"] = object{"url": b.Webhook, "secret": "load-webhook-secret"}
	}
	doc := object{
		"telegram": telegram, "server": object{"listen": b.Listen}, "store": object{"url": b.Store},
		"topics_api": api, "groups": groups, "log": object{"level": "warn"},
	}
	if len(b.Lookups) > 0 {
		doc["lookups"] = b.Lookups
	}
	maps.Copy(doc, b.More)
	return doc
}

// write puts the settings file into a folder and returns its path.
func (b *botSettings) write(dir string) (string, error) {
	raw, err := json.MarshalIndent(b.document(), "", "  ")
	if err != nil {
		return "", fmt.Errorf("write settings: %w", err)
	}
	path := filepath.Join(dir, "topicpilot.yml")
	if err := os.WriteFile(path, append(raw, '\n'), 0o600); err != nil {
		return "", fmt.Errorf("write settings: %w", err)
	}
	return path, nil
}
