package main

import (
	"testing"
	"time"

	"topicpilot/cmd/load/crash"
	"topicpilot/cmd/load/stage"
	"topicpilot/config"
)

// TestSettingsAreValid lets topicpilot's own reader judge what the load command writes.
func TestSettingsAreValid(t *testing.T) {
	hello := stage.Hello{
		Telegram: "http://127.0.0.1:9000", Token: stage.Token, TopicsAPI: "http://127.0.0.1:9000/webhook/topic_action",
		Groups: []int64{-1002101424779, -1002101424780},
	}
	for _, c := range []struct {
		name string
		set  botSettings
	}{
		{"polling", botSettings{Store: "sqlite:/tmp/x.db"}},
		{"webhook", botSettings{Store: "sqlite:/tmp/x.db", Webhook: "http://127.0.0.1:9001/telegram/hook"}},
		{"no cache", botSettings{Store: "sqlite:/tmp/x.db", Cache: time.Millisecond}},
		{"crash", botSettings{
			Store: "postgres://u:p@127.0.0.1/db", Operators: []int64{77, 1001, 1002},
			Lookups: []any{crash.Lookup("http://127.0.0.1:9002")},
		}},
		{"advice", botSettings{Store: "sqlite:/tmp/x.db", More: object{
			"ai": adviceSettings(advisorAt{"http://127.0.0.1:9004/v1", "key"}, "/tmp/x", "draft", time.Second),
		}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.set.Stage, c.set.Listen = hello, "127.0.0.1:9003"
			path, err := c.set.write(t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			cfg, err := config.Load(path, nil)
			if err != nil {
				t.Fatal(err)
			}
			if cfg.Telegram.Limits.GroupPerMinute != 0 || cfg.Telegram.Limits.OverallPerSecond != 0 {
				t.Errorf("limits %+v", cfg.Telegram.Limits)
			}
			if len(cfg.Groups) != 2 || cfg.Groups[1].ID != -1002101424780 || cfg.Store.URL.Reveal() != c.set.Store {
				t.Errorf("groups %+v store %v", cfg.Groups, cfg.Store)
			}
			if ops := cfg.Groups[0].Operators.IDs; len(ops) != max(1, len(c.set.Operators)) || ops[0] != stage.OperatorID {
				t.Errorf("operators %v", ops)
			}
		})
	}
}
