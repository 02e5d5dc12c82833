package main

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"time"
)

// findPilot returns topicpilot's binary, building it from source when none is named.
func findPilot(ctx context.Context, named, dir string) (string, error) {
	if named == "" {
		return build(ctx, filepath.Join(dir, "topicpilot"), "topicpilot/cmd/topicpilot", "")
	}
	path, err := exec.LookPath(named)
	if err != nil {
		return "", fmt.Errorf("--bot: %w", err)
	}
	return filepath.Abs(path)
}

// build makes a program of this module from source.
func build(ctx context.Context, path, pkg, tags string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	//nolint:gosec // our own programs
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags=-s -w", "-tags", tags, "-o", path, pkg)
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build %s from source: %w\n%s", pkg, err, out)
	}
	return path, nil
}
