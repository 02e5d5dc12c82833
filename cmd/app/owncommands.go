package app

import (
	"fmt"
	"regexp"

	"topicpilot/commands"
	"topicpilot/config"
	"topicpilot/topics"
)

// ownCommandsOf makes the team's commands of the settings what package commands takes.
func ownCommandsOf(list []config.Command) ([]commands.OwnSpec, error) {
	specs := make([]commands.OwnSpec, len(list))
	for i, c := range list {
		args, err := argsOf(fmt.Sprintf("commands[%d].args", i), c.Args)
		if err != nil {
			return nil, err
		}
		specs[i] = commands.OwnSpec{
			Name: c.Name, Usage: c.Usage, Help: c.Help, Args: args, Role: topics.RoleOperator, Confirm: c.Confirm,
			Request: requestOf(c.Request), Check: checkOf(c.Check), Reply: c.Reply, TellCustomer: c.TellCustomer,
		}
		if c.Role == "admin" {
			specs[i].Role = topics.RoleAdmin
		}
	}
	return specs, nil
}

func argsOf(path string, list []config.Arg) ([]commands.Arg, error) {
	args := make([]commands.Arg, len(list))
	for i, a := range list {
		args[i] = commands.Arg{Name: a.Name, Optional: a.Optional}
		if a.Match == "" {
			continue
		}
		// Anchored, or "t1|t10" would find t1 in t10 and go no further. The added group does
		// not capture: the expression's own stays the first.
		match, err := regexp.Compile(`\A(?:` + a.Match + `)\z`)
		if err != nil {
			return nil, fmt.Errorf("%s[%d].match: this is no regular expression", path, i)
		}
		args[i].Match = match
	}
	return args, nil
}

// checkOf is nil where no check is set.
func checkOf(c config.Check) *commands.CheckSpec {
	if !c.IsSet() {
		return nil
	}
	return &commands.CheckSpec{Request: requestOf(c.Request), Done: c.Done}
}
