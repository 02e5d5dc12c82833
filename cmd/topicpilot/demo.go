package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strconv"

	"gopkg.in/yaml.v3"

	"topicpilot/cmd/app"
	"topicpilot/cmd/app/demo"
	"topicpilot/config"
)

type demoCmd struct {
	Listen  string `default:"127.0.0.1:8088" help:"Address of the page." placeholder:"ADDRESS"`
	Verbose bool   `short:"v" help:"Show the bot's log."`
}

// Validate looks at the address before anything is started.
func (c demoCmd) Validate() error {
	_, port, err := net.SplitHostPort(c.Listen)
	if err == nil {
		_, err = strconv.ParseUint(port, 10, 16)
	}
	if err != nil {
		return errors.New("--listen must be HOST:PORT, as in 127.0.0.1:8088 (port 0: any free one)")
	}
	return nil
}

// Run plays Telegram, the Topics API, Notion, a billing system and a language model, and starts
// the real bot against them, with settings as anybody would write them.
func (c demoCmd) Run(ctx context.Context, std streams) (err error) {
	log := slog.New(slog.DiscardHandler)
	if c.Verbose {
		log = logger(config.Log{Level: "info"}, std)
	}
	stage := demo.New(demo.Options{Log: log})
	if err := stage.Start(ctx, c.Listen); err != nil {
		return fmt.Errorf("%w; choose another address, as in: topicpilot demo --listen 127.0.0.1:0", err)
	}
	defer func() { _ = stage.Close() }()
	dir, err := os.MkdirTemp("", "topicpilot-demo-")
	if err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	cfg, err := demoSettings(dir, stage.Settings())
	if err != nil {
		return err
	}
	bot, err := app.New(app.Options{Config: cfg, Log: log, Version: version})
	if err != nil {
		return err
	}
	if err := bot.Start(ctx); err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	stage.Follow("http://" + bot.Addr().String() + "/metrics")
	fmt.Fprintf(std.out, "topicpilot demo: open %s\nEverything runs on this machine. Ctrl+C ends it.\n", stage.URL())
	select {
	case <-ctx.Done():
	case err = <-bot.Failed():
	}
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), app.StopTime)
	defer cancel()
	bot.Stop(stop)
	for _, violation := range stage.Violations() {
		log.Error("a call does not fit the Bot API", "call", violation)
	}
	return err
}

type object = map[string]any

// demoSettings writes the stage's settings as a file and reads them as `run` would.
func demoSettings(dir string, s demo.Settings) (*config.Config, error) {
	var instances []object
	for _, instance := range s.Group.Instances {
		instances = append(instances, object{"instance": instance.Instance, "api_key": instance.APIKey})
	}
	var lookups []object
	for _, l := range s.Lookups {
		lookups = append(lookups, object{
			"name": l.Name, "show": l.Show,
			"request": object{"url": l.URL, "headers": l.Headers, "timeout": l.Timeout.String()},
		})
	}
	raw, err := yaml.Marshal(object{
		"telegram": object{
			"token": s.Token, "api_url": s.APIURL,
			"limits": object{"group_per_minute": s.GroupPerMinute, "overall_per_second": s.OverallPerSecond},
		},
		"server": object{"listen": "127.0.0.1:0"},
		"store":  object{"url": "sqlite:" + filepath.Join(dir, "demo.db")},
		"topics_api": object{
			"url": s.TopicsAPI.URL, "token": s.TopicsAPI.Token,
			"timeout": s.TopicsAPI.Timeout.String(), "cache": s.TopicsAPI.Cache.String(),
		},
		"groups": []object{{
			"id": s.Group.ID, "language": s.Group.Language, "instances": instances,
			"mirror": object{
				"source": s.Group.MirrorSource, "sender_ids": s.Group.SenderIDs, "comment_mark": s.Group.CommentMark,
			},
			"operators": s.Group.Operators, "admins": s.Group.Admins, "customer_send": s.Group.CustomerSend,
		}},
		"lookups": lookups, "commands": demoCommands(s.Commands),
		"links": object{"check": demoCheck(s.LinkCheck)},
		"integrations": []object{{
			"type": "notion", "id": s.Notion.ID, "token": s.Notion.Token, "api_url": s.Notion.APIURL,
			"database_id": s.Notion.DatabaseID, "transcript": "card",
		}},
		"ai": demoAdvisor(s.AI),
	})
	if err != nil {
		return nil, fmt.Errorf("demo settings: %w", err)
	}
	file := filepath.Join(dir, "topicpilot.yml")
	if err := os.WriteFile(file, raw, 0o600); err != nil {
		return nil, fmt.Errorf("demo settings: %w", err)
	}
	cfg, err := config.Load(file, nil)
	if err != nil {
		return nil, fmt.Errorf("demo settings: %w", err)
	}
	return cfg, nil
}

func demoAdvisor(s demo.AISettings) object {
	return object{
		"base_url": s.BaseURL, "api_key": s.APIKey, "model": s.Model, "mode": s.Mode, "knowledge": s.Knowledge,
		"debounce": s.Debounce.String(), "timeout": s.Timeout.String(), "quiet_after_human": s.QuietAfterHuman.String(),
		"max_answer_tokens": s.MaxAnswerTokens,
		"budget":            object{"tokens_per_day": s.TokensPerDay, "tokens_per_topic_per_day": s.TokensPerTopic},
		"prices": object{
			"input_per_million": s.InputPrice, "output_per_million": s.OutputPrice, "currency": s.Currency,
		},
	}
}

func demoCommands(list []demo.CommandSettings) []object {
	var out []object
	for _, c := range list {
		o := object{
			"name": c.Name, "usage": c.Usage, "help": c.Help, "role": c.Role, "confirm": c.Confirm,
			"request": demoRequest(c.Request), "reply": c.Reply, "tell_customer": c.TellCustomer,
		}
		var args []object
		for _, a := range c.Args {
			args = append(args, object{"name": a[0], "match": a[1]})
		}
		if args != nil {
			o["args"] = args
		}
		if c.Check.Done != "" {
			o["check"] = demoCheck(c.Check)
		}
		out = append(out, o)
	}
	return out
}

func demoCheck(c demo.CheckSettings) object {
	return object{"request": demoRequest(c.Request), "done": c.Done}
}

func demoRequest(r demo.RequestSettings) object {
	o := object{"method": r.Method, "url": r.URL, "headers": r.Headers, "timeout": r.Timeout.String()}
	if r.JSON != nil {
		o["json"] = r.JSON
	}
	return o
}
