package commands

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"topicpilot/topics"
	"topicpilot/topics/advice"
)

// answerQuestion answers an operator with a comment: with what the knowledge says, internal
// parts included, or with why there is no answer.
func (a *AI) answerQuestion(ctx context.Context, p place, task aiTask) (topics.TaskResult, error) {
	ask := asking{
		aiTask: task, began: a.Now(),
		key: IdempotencyKey("question", topicOf(p).Lane(), strconv.FormatInt(task.Message, 10)),
	}
	now, err := a.read(ctx, p)
	if err != nil {
		return topics.TaskResult{}, err
	}
	text, ok := a.questionOf(p, now.messages, task.Message)
	if !ok {
		return topics.TaskResult{}, nil // erased meanwhile
	}
	card, _ := a.card(ctx, p)
	question := now.question(p, card)
	if now.Question != "" {
		question.Turns = append(question.Turns, advice.Turn{From: "customer", Text: now.Question})
	}
	question.Text, question.Internal = text, true
	given, err := a.Advise.Advise(ctx, question)
	if err == nil {
		return answerWith(p, shownAnswer(p.say, given)), nil
	}
	silence, ok := errors.AsType[*advice.Silence](err)
	if cause := context.Cause(ctx); cause != nil || !ok {
		return topics.TaskResult{}, fmt.Errorf("advise: %w", errors.Join(cause, err))
	}
	if err := a.keepSilence(ctx, p, ask, silence); err != nil {
		return topics.TaskResult{}, err
	}
	return answerWith(p, topics.Plain(silenceText(p, silence.Reason))), nil
}

func answerWith(p place, text topics.Text) topics.TaskResult {
	return topics.TaskResult{Messages: []topics.Outgoing{{Conversation: p.Conversation, Text: text}}}
}

// questionOf is what an operator has asked the advisor in a message.
func (a *AI) questionOf(p place, messages []topics.Message, id int64) (string, bool) {
	for _, m := range messages {
		if m.ID != id {
			continue
		}
		text := m.Text.Text
		if m.Kind == topics.MessageComment {
			text = uncommented(p.group, text)
		}
		return advice.Addressed(text, a.Call)
	}
	return "", false
}

// silenceText tells an operator why there is no answer.
func silenceText(p place, reason advice.Reason) string {
	switch reason {
	case advice.ReasonDayBudget:
		return p.say.T("ai.budget_day", nil)
	case advice.ReasonTopicBudget:
		return p.say.T("ai.budget_topic", nil)
	case advice.ReasonModel:
		return p.say.T("ai.no_model", nil)
	case advice.ReasonRefused, advice.ReasonCutOff, advice.ReasonUnreadable, advice.ReasonEmpty, advice.ReasonLeak:
		return p.say.T("ai.no_use", nil)
	case advice.ReasonNothing, advice.ReasonUnanswerable, advice.ReasonNoClaim, advice.ReasonQuote, advice.ReasonCoverage:
	}
	return p.say.T("ai.nothing", nil)
}
