package commands

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"topicpilot/commands/messages"
	"topicpilot/topics"
)

// status tells the mode, and what today has cost so far.
func (a *AI) status(ctx context.Context, p place) (Reply, error) {
	now := a.Now()
	mode, set := defaultMode(p.group), false
	if !p.General() {
		var err error
		if mode, set, err = a.mode(ctx, p); err != nil {
			return Reply{}, err
		}
	}
	spent, err := a.Tokens.TokensSpent(ctx, p.Conversation, now)
	if err != nil {
		return Reply{}, fmt.Errorf("read today's tokens: %w", err)
	}
	var text topics.Text
	text.Bold(modeHead(p, mode, set)).Add("\n" + a.modeText(p, mode))
	day := messages.Data{"Spent": a.spentText(p, spent.Day, spent.Reserved, a.Limits.Day)}
	text.Add("\n" + p.say.T("ai.status_day", day))
	if !p.General() {
		topic := messages.Data{"Spent": a.spentText(p, spent.Topic, spent.TopicReserved, a.Limits.TopicDay)}
		text.Add("\n" + p.say.T("ai.status_topic", topic))
	}
	if a.Knowledge != nil {
		text.Add("\n" + p.say.N("ai.status_knowledge", a.Knowledge(), nil))
	}
	left := now.UTC().Truncate(24 * time.Hour).Add(24 * time.Hour).Sub(now)
	text.Add("\n" + p.say.T("ai.status_ends", messages.Data{
		"Hours": int(left / time.Hour), "Minutes": int(left % time.Hour / time.Minute),
	}))
	return Reply{Text: text}, nil
}

// modeHead names the mode, and tells whether somebody has set it here.
func modeHead(p place, mode topics.AdviceMode, set bool) string {
	data := messages.Data{"Mode": string(mode)}
	switch {
	case p.General():
		return p.say.T("ai.status_group", data)
	case set:
		return p.say.T("ai.status_mode", data)
	}
	return p.say.T("ai.status_default", data)
}

// spentText is what was spent of a limit, 0 for none, in tokens and in money.
func (a *AI) spentText(p place, spent topics.TokenUsage, booked, limit int64) string {
	used := messages.Data{"Used": grouped(p.say, spent.Total()), "Limit": grouped(p.say, limit)}
	text := p.say.N("ai.tokens_of", int(limit), used)
	if limit == 0 {
		delete(used, "Limit")
		text = p.say.N("ai.tokens", int(spent.Total()), used)
	}
	if money, ok := a.Prices.cost(spent); ok {
		text += " · " + strconv.FormatFloat(money, 'f', moneyDigits(money), 64) + " " + a.Prices.Currency
	}
	if booked > 0 {
		text += " " + p.say.T("ai.tokens_booked", messages.Data{"Booked": grouped(p.say, booked)})
	}
	return text
}

// moneyDigits shows cents, and of less than one of them four digits.
func moneyDigits(money float64) int {
	if money > 0 && money < 0.01 {
		return 4
	}
	return 2
}
