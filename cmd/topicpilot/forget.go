package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"topicpilot/cmd/app"
	"topicpilot/commands"
	"topicpilot/commands/messages"
)

// forgetCmd erases one customer.
type forgetCmd struct {
	settingsFlag
	User *int64 `help:"Telegram user ID of the customer (required)." placeholder:"ID"`
	JSON bool   `name:"json" help:"The receipt as JSON."`
}

// Validate looks at the command line before anything is opened.
func (c forgetCmd) Validate() error {
	if c.User == nil || *c.User < 1 {
		return errors.New("--user: name the customer's Telegram user ID; /info in the topic shows it")
	}
	return nil
}

// Run erases the customer, beside a bot that may be running, and prints the receipt.
func (c forgetCmd) Run(ctx context.Context, std streams) error {
	cfg, err := c.load(std)
	if err != nil {
		return err
	}
	receipt, err := app.Forget(ctx, cfg, logger(cfg.Log, std), *c.User)
	if err != nil {
		return err
	}
	if c.JSON {
		return json.NewEncoder(std.out).Encode(receipt)
	}
	_, err = fmt.Fprintln(std.out, strings.TrimSpace(commands.ReceiptText(messages.For("en"), receipt)))
	return err
}
