package app

import (
	"context"
	"fmt"
	"log/slog"

	"topicpilot/config"
	"topicpilot/integrations/telegram"
	"topicpilot/topics"
	"topicpilot/topics/store"
)

// customerBots makes the clients of the bots that customers write to, by the group's id in the
// settings, and a function that closes them.
func customerBots(cfg *config.Config, log *slog.Logger) (map[int64]telegram.CustomerBot, func(), error) {
	bots := make(map[int64]telegram.CustomerBot)
	closeAll := func() {
		for _, bot := range bots {
			bot.Client.Close()
		}
	}
	for i, group := range cfg.Groups {
		if topics.CustomerSend(group.CustomerSend) != topics.CustomerSendBot {
			continue
		}
		setting := fmt.Sprintf("groups[%d].customer_bot_token", i)
		client, err := telegram.NewClient(telegram.Options{
			Token: group.CustomerBotToken, APIURL: cfg.Telegram.APIURL.Reveal(), Log: log,
		})
		if err != nil {
			closeAll()
			return nil, nil, fmt.Errorf("%s: %w", setting, err)
		}
		bots[group.ID] = telegram.CustomerBot{Client: client, Setting: setting}
	}
	return bots, closeAll, nil
}

// customerSend makes what sends operators' explicit messages to customers. It is called once
// the store and the sender into groups are there.
func (a *App) customerSend() (*telegram.CustomerSender, error) {
	bots, closeAll, err := customerBots(a.Config, a.Log)
	if err != nil {
		return nil, err
	}
	a.stopLater(func(context.Context) { closeAll() })
	return telegram.NewCustomerSender(telegram.CustomerOptions{
		Sender: a.sender, Bots: bots, Last: lastCustomer{a.store},
	}), nil
}

// lastCustomer finds what a customer has written last.
type lastCustomer struct{ store *store.Store }

// LastCustomerMessage implements telegram.LastCustomer.
func (l lastCustomer) LastCustomerMessage(ctx context.Context, conv topics.Conversation) (int64, error) {
	return l.store.LastFrom(ctx, conv, topics.AuthorCustomer)
}

// customerBots looks whether Telegram takes the tokens of the bots that customers write to.
func (d *doctor) customerBots(ctx context.Context) []Finding {
	bots, closeAll, err := customerBots(d.cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		return []Finding{{
			Status: StatusFault, Subject: "customer bot", Text: err.Error(),
			Remedy: "set the token that @BotFather shows for the bot",
		}}
	}
	defer closeAll()
	var findings []Finding
	for _, group := range d.cfg.Groups {
		if bot, ok := bots[group.ID]; ok {
			f := bot.Client.CheckToken(ctx, bot.Setting)
			findings = append(findings, Finding{
				Status: f.Status, Subject: "customer bot (" + bot.Setting + ")", Text: f.Text, Remedy: f.Remedy,
			})
		}
	}
	return findings
}
