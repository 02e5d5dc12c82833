package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/alecthomas/kong"
)

// botAPILevel is the Bot API that our types know.
const botAPILevel = "10.2"

type versionCmd struct{}

func (versionCmd) Run(std streams) error {
	_, err := fmt.Fprintf(std.out, "topicpilot %s\ncommit %s\ngo %s\nBot API %s\n",
		version, commit(), runtime.Version(), botAPILevel)
	return err
}

// versionFlag does what the subcommand does.
type versionFlag bool

// BeforeReset runs before anything is found missing on the command line.
func (versionFlag) BeforeReset(app *kong.Kong, std streams) error {
	err := versionCmd{}.Run(std)
	app.Exit(exitDone)
	return err
}

func commit() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	revision, dirty := "unknown", ""
	for _, setting := range info.Settings {
		switch setting.Key {
		case "vcs.revision":
			revision = setting.Value
		case "vcs.modified":
			if setting.Value == "true" {
				dirty = " (changed)"
			}
		}
	}
	return revision + dirty
}
