package app

import (
	"context"
	"time"

	"topicpilot/commands"
	"topicpilot/topics"
)

// adviceConcurrency bounds how many answers are made at the same time: each waits for the
// model most of its time.
const adviceConcurrency = 16

// ai makes the advisor in the topics. It is called once the store and the resolver are there.
func (a *App) ai(links *commands.Links, sender topics.CustomerSender) (*commands.AI, error) {
	settings := a.Config.AI
	chunks := func() int { return 0 }
	numbers := newAIMetrics(a.metrics.registry, settings.Prices, func() int { return chunks() })
	advisor, err := NewAdvisor(settings, AdvisorOptions{
		Tokens: a.store, Vectors: a.store, Observe: numbers.called, Log: a.Log, Now: time.Now,
	})
	if err != nil {
		return nil, err
	}
	a.stopLater(func(context.Context) { advisor.Close() })
	parts := commands.AIParts{
		Drafts: a.store, Modes: a.store, Gaps: a.store, Tokens: a.store, Recent: a.store,
		Customers: a.resolver, Accounts: links, Groups: a.groups, Sender: sender,
		Call: settings.Call, Debounce: settings.Debounce, ReplyTo: commands.ReplyTo(settings.ReplyTo),
		QuietAfterHuman: settings.QuietAfterHuman,
		Limits:          limitsOf(settings),
		Prices: commands.Prices{
			Input: settings.Prices.InputPerMillion, Output: settings.Prices.OutputPerMillion,
			Currency: settings.Prices.Currency,
		},
		Observe: numbers.observer(), Log: a.Log,
	}
	if advisor.Advice != nil {
		chunks = func() int { return advisor.Knowledge.Report().Chunks }
		parts.Advise, parts.Knowledge, a.knowledge = advisor.Advice, chunks, advisor.Knowledge
	}
	return commands.NewAI(parts), nil
}
