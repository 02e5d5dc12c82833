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
	if named != "" {
		path, err := exec.LookPath(named)
		if err != nil {
			return "", fmt.Errorf("--bot: %w", err)
		}
		return filepath.Abs(path)
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	path := filepath.Join(dir, "topicpilot")
	//nolint:gosec // our own program
	out, err := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags=-s -w", "-o", path, "topicpilot/cmd/topicpilot").
		CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build topicpilot (or name a binary by --bot): %w\n%s", err, out)
	}
	return path, nil
}
