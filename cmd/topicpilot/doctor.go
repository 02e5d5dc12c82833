package main

import (
	"context"
	"fmt"
	"strings"

	"topicpilot/cmd/app"
)

type doctorCmd struct {
	settingsFlag
	Offline bool `help:"Only what needs no network."`
}

// Run prints a line for each thing looked at and fails when one of them is a fault.
func (c doctorCmd) Run(ctx context.Context, std streams) error {
	cfg, err := c.load(std)
	if err != nil {
		return err
	}
	faults := 0
	err = app.Examine(ctx, app.DoctorOptions{Config: cfg, Offline: c.Offline}, func(f app.Finding) error {
		if f.Status == app.StatusFault {
			faults++
		}
		_, err := fmt.Fprintln(std.out, strings.TrimSpace(strings.ReplaceAll(f.String(), "\n\t", " ")))
		return err
	})
	if err != nil {
		return err
	}
	if faults > 0 {
		return fmt.Errorf("doctor: faults found: %d; mend what the lines above name", faults)
	}
	return nil
}
