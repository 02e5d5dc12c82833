package main

import (
	"fmt"
)

type configCmd struct {
	Check configCheckCmd `cmd:"" help:"Report all problems of the settings at once."`
	Print configPrintCmd `cmd:"" help:"Print the effective settings, secrets hidden."`
}

type configCheckCmd struct{ settingsFlag }

func (c configCheckCmd) Run(std streams) error {
	cfg, err := c.load(std)
	if err != nil {
		return err
	}
	for _, problem := range cfg.Warnings() {
		if _, err := fmt.Fprintln(std.out, "warning", problem); err != nil {
			return err
		}
	}
	_, err = fmt.Fprintln(std.out, "ok the settings are in order")
	return err
}

type configPrintCmd struct{ settingsFlag }

func (c configPrintCmd) Run(std streams) error {
	cfg, err := c.load(std)
	if err != nil {
		return err
	}
	return cfg.Print(std.out)
}
