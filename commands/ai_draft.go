package commands

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"topicpilot/topics"
	"topicpilot/topics/advice"
)

// draft answers the customer's question, if it still waits for an answer.
func (a *AI) draft(ctx context.Context, p place, task aiTask) (topics.TaskResult, error) {
	began := a.Now()
	ctx, end := a.making.begin(ctx, p)
	defer end()
	result, err := a.drafted(ctx, p, task, began)
	if err != nil && errors.Is(context.Cause(ctx), errAnswered) {
		return topics.TaskResult{}, nil
	}
	return result, err
}

func (a *AI) drafted(ctx context.Context, p place, task aiTask, began time.Time) (topics.TaskResult, error) {
	before, err := a.read(ctx, p)
	if err != nil || !before.due() {
		return topics.TaskResult{}, err
	}
	if a.newer(before, task) && (a.overNow(before) || !a.long(p, before)) {
		return topics.TaskResult{}, nil // the newer message has its own task, which may be due as well
	}
	key := draftKey(p, before)
	stored, err := a.Drafts.DraftByKey(ctx, key)
	if err == nil {
		return a.goOn(ctx, p, stored, before)
	}
	if !errors.Is(err, topics.ErrNotFound) {
		return topics.TaskResult{}, fmt.Errorf("look for the draft: %w", err)
	}
	return a.write(ctx, p, asking{aiTask: task, key: key, began: began, before: before})
}

// asking is a customer's question that the model is about to be asked.
type asking struct {
	aiTask
	// key is the draft's, began when its task was begun.
	key    string
	began  time.Time
	before talkNow
}

// write asks the model and stores what it answers, if that is still wanted then.
func (a *AI) write(ctx context.Context, p place, ask asking) (topics.TaskResult, error) {
	waits := a.Now()
	card, customerID := a.card(ctx, p)
	outside := a.Now().Sub(waits)
	given, err := a.Advise.Advise(ctx, ask.before.question(p, card))
	if err != nil {
		return a.silent(ctx, p, ask, err)
	}
	outside += given.ModelTime
	after, err := a.read(ctx, p)
	if err != nil {
		return topics.TaskResult{}, err
	}
	if !after.due() || after.HumanID != ask.before.HumanID || a.newer(after, ask.aiTask) && !a.long(p, after) {
		return topics.TaskResult{}, nil
	}
	draft := topics.Draft{
		Key: ask.key, Conversation: p.Conversation, CustomerID: customerID, QuestionID: ask.before.QuestionID,
		Text: given.Text, Sources: given.Sources, Strange: given.Strange, State: topics.DraftOpen, At: ask.began,
		Uncarried: given.Uncarried, Dictated: given.Dictated,
	}
	if a.answers(p, after, given) {
		draft.State, draft.Auto = topics.DraftQueued, true
	}
	if err := context.Cause(ctx); err != nil {
		return topics.TaskResult{}, err
	}
	stored, added, err := a.Drafts.AddDraft(ctx, draft)
	if err != nil {
		return topics.TaskResult{}, fmt.Errorf("store the draft: %w", err)
	}
	if added {
		a.observed("made")
		if a.Observe.Own != nil {
			a.Observe.Own(a.Now().Sub(ask.began) - outside)
		}
	}
	return a.goOn(ctx, p, stored, after)
}

// draftKey is the same for the same question, however often it is asked of us: an edit that
// changes no word, or a task that is run again, makes no other draft.
func draftKey(p place, n talkNow) string {
	return IdempotencyKey("draft", topicOf(p).Lane(), strconv.FormatInt(n.QuestionID, 10), n.Question)
}

// goOn does with a stored draft what is next: it is posted, or sent by itself.
func (a *AI) goOn(ctx context.Context, p place, draft topics.Draft, n talkNow) (topics.TaskResult, error) {
	switch {
	case draft.State == topics.DraftQueued && draft.Auto:
		marks, err := a.supersede(ctx, draft, n)
		if err != nil {
			return topics.TaskResult{}, err
		}
		result := topics.TaskResult{Tasks: []topics.Task{sendTask(p, draft, aiTask{Asked: a.Now()})}}
		if marks.former != nil {
			result.Messages = []topics.Outgoing{marks.mark(p)}
		}
		return result, nil
	case draft.State == topics.DraftOpen && draft.MessageID == 0:
		marks, err := a.supersede(ctx, draft, n)
		if err != nil {
			return topics.TaskResult{}, err
		}
		return topics.TaskResult{Messages: a.posted(p, draft, marks)}, nil
	}
	return topics.TaskResult{}, nil
}

// silent is what comes of a question that was not answered: a gap in the knowledge, or a
// notice that the budget is used up.
func (a *AI) silent(ctx context.Context, p place, ask asking, err error) (topics.TaskResult, error) {
	if cause := context.Cause(ctx); cause != nil {
		return topics.TaskResult{}, cause
	}
	silence, ok := errors.AsType[*advice.Silence](err)
	if !ok {
		return topics.TaskResult{}, fmt.Errorf("advise: %w", err)
	}
	a.making.silent(p, ask.began, a.patience())
	if err := a.keepSilence(ctx, p, ask, silence); err != nil {
		return topics.TaskResult{}, err
	}
	if !overBudget(silence.Reason) {
		return topics.TaskResult{}, nil
	}
	first, err := a.Tokens.FirstNotice(ctx, p.ChatID, a.Now())
	if err != nil || !first {
		return topics.TaskResult{}, err
	}
	text := p.say.T("ai.budget_day", nil)
	if silence.Reason == advice.ReasonTopicBudget {
		text = p.say.T("ai.budget_topic", nil)
	}
	return topics.TaskResult{Messages: []topics.Outgoing{{
		Conversation: p.Conversation, Priority: topics.PriorityNotice, Text: topics.Plain(text),
	}}}, nil
}

func overBudget(reason advice.Reason) bool {
	return reason == advice.ReasonDayBudget || reason == advice.ReasonTopicBudget
}

// keepSilence counts a silence, and keeps it as a gap if it is one of the knowledge. The gap is
// of when its task was begun: an erasure since then drops it.
func (a *AI) keepSilence(ctx context.Context, p place, ask asking, silence *advice.Silence) error {
	if a.Observe.Silence != nil {
		a.Observe.Silence(silence.Reason)
	}
	log := a.Log
	if silence.Err != nil {
		log = log.With("error", silence.Err)
	}
	log.Info("no advice", "topic_id", p.String(), "reason", string(silence.Reason))
	if !silence.Reason.Gap() {
		return nil
	}
	err := a.Gaps.AddGap(ctx, topics.Gap{
		Key: ask.key, Conversation: p.Conversation, Question: silence.Question, Reason: string(silence.Reason),
		Strength: silence.Strength, At: ask.began,
	})
	if err != nil {
		return fmt.Errorf("keep the gap: %w", err)
	}
	return nil
}
