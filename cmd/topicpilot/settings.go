package main

import (
	"errors"
	"fmt"
	"log/slog"
	"os"

	"topicpilot/config"
)

// defaultConfig is read when --config is not given and the file is there.
const defaultConfig = "topicpilot.yml"

// settingsFlag is shared by the subcommands that need settings.
type settingsFlag struct {
	Config *string `help:"Settings file (default: topicpilot.yml if it exists); the environment wins." placeholder:"FILE"`
}

// load reads the settings; whatever is wrong with them is wrong usage.
func (f settingsFlag) load(std streams) (*config.Config, error) {
	file, err := f.file()
	if err != nil {
		return nil, err
	}
	cfg, err := config.Load(file, std.env)
	if err == nil {
		return cfg, nil
	}
	if file == "" {
		err = fmt.Errorf("%w\n%s", err, onlyEnvironment())
	}
	return nil, usageError{err}
}

// file is the one to read, empty for none.
func (f settingsFlag) file() (string, error) {
	switch {
	case f.Config == nil:
		if _, err := os.Stat(defaultConfig); err == nil {
			return defaultConfig, nil
		}
		return "", nil
	case *f.Config == "":
		return "", usageError{errors.New("--config names no file; give one, or leave --config out")}
	}
	return *f.Config, nil
}

func onlyEnvironment() string {
	if other := config.Namesake(defaultConfig); other != "" {
		return fmt.Sprintf("no %s here, but a %s: rename it, or give --config %[2]s", defaultConfig, other)
	}
	return fmt.Sprintf("no %s here and no --config: only the environment was read", defaultConfig)
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
