package main

import (
	"fmt"
	"log/slog"
	"os"

	"topicpilot/config"
)

// defaultConfig is read when --config is not given and the file is there.
const defaultConfig = "topicpilot.yml"

// settingsFlag is shared by the subcommands that need settings.
type settingsFlag struct {
	Config string `help:"Settings file (default: topicpilot.yml if it exists); the environment wins." placeholder:"FILE"`
}

// load reads the settings; whatever is wrong with them is wrong usage.
func (f settingsFlag) load(std streams) (*config.Config, error) {
	file := f.Config
	if file == "" {
		if _, err := os.Stat(defaultConfig); err == nil {
			file = defaultConfig
		}
	}
	cfg, err := config.Load(file, std.env)
	if err == nil {
		return cfg, nil
	}
	if file == "" {
		err = fmt.Errorf("%w\nno %s here and no --config: only the environment was read", err, defaultConfig)
	}
	return nil, usageError{err}
}

// warn says what is legal but notable.
func warn(cfg *config.Config, log *slog.Logger) {
	for _, problem := range cfg.Warnings() {
		log.Warn("settings", "setting", problem.Path, "note", problem.Message)
	}
}

// logger writes to stderr as the settings say.
func logger(cfg config.Log, std streams) *slog.Logger {
	var level slog.Level
	if err := level.UnmarshalText([]byte(cfg.Level)); err != nil {
		level = slog.LevelInfo // the settings have been checked
	}
	options := &slog.HandlerOptions{Level: level}
	if cfg.Format == "json" {
		return slog.New(slog.NewJSONHandler(std.err, options))
	}
	return slog.New(slog.NewTextHandler(std.err, options))
}
