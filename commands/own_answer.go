package commands

import (
	"context"
	"errors"
	"fmt"

	"topicpilot/topics"
)

// answer tells the customer, where that is due, and says how the attempt has ended.
func (w *work) answer(ctx context.Context) (topics.TaskResult, error) {
	told, err := w.tell(ctx)
	if err != nil {
		return topics.TaskResult{}, err
	}
	result := toldResult(told, w.run.ChatID, w.messages())
	if w.run.Reply != "" || w.run.TellText != "" {
		// Only once the answer is written down with the end of this task.
		forget := ownTask{Run: w.run.ID, Do: ownClear}
		result.Tasks = []topics.Task{forget.task(w.run, fmt.Sprintf("run:%d:clear", w.run.ID))}
	}
	return result, nil
}

// tell sends the text to the customer, at most once: what was on its way when we died is
// not sent again. The result is empty where nothing was sent.
func (w *work) tell(ctx context.Context) (topics.Told, error) {
	if w.run.State != topics.RunDone {
		return topics.Told{}, nil
	}
	switch w.run.Told {
	case topics.ToldSending:
		return topics.Told{}, w.told(ctx, topics.ToldUnknown)
	case topics.ToldPending:
	default:
		return topics.Told{}, nil
	}
	if w.opts.Sender == nil || w.group.CustomerSend == topics.CustomerSendNone {
		return topics.Told{}, w.told(ctx, topics.ToldOff)
	}
	run := w.run
	run.Told = topics.ToldSending
	var err error
	if w.run, err = w.opts.Runs.ChangeRun(ctx, run); err != nil {
		return topics.Told{}, fmt.Errorf("record that the customer is told: %w", err)
	}
	told := tellOnce(ctx, w.opts.Sender, w.group, letter{
		Conversation: w.run.Conversation, customerID: w.run.CustomerID, text: w.run.TellText,
	})
	if wait := tellLater(told, w.opts.Now().Sub(w.run.EndedAt)); wait != nil {
		// The task is out of the way of others until then.
		if err := w.told(ctx, topics.ToldPending); err != nil {
			return topics.Told{}, err
		}
		return topics.Told{}, wait
	}
	if told.Err != nil {
		w.opts.Log.Warn("customer not told", "command", w.run.Command, "run", w.run.ID,
			"topic_id", w.run.String(), "state", string(told.State), "error", told.Err)
	}
	return told, w.told(ctx, told.State)
}

// told writes down what became of the message to the customer, also when ctx has ended.
func (w *work) told(ctx context.Context, state topics.ToldState) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordTime)
	defer cancel()
	run := w.run
	run.Told = state
	stored, err := w.opts.Runs.ChangeRun(ctx, run)
	if err != nil {
		return fmt.Errorf("record what became of the message to the customer: %w", err)
	}
	w.run = stored
	return nil
}

// messages are the answer: the question's message edited to the outcome, where there was
// a question.
func (w *work) messages() []topics.Outgoing {
	answer := topics.Outgoing{Conversation: w.run.Conversation, EditID: w.run.AnswerID}
	if answer.EditID != 0 {
		answer.Replaces = fmt.Sprintf("edit:%s:%d", w.run.Conversation, answer.EditID)
	}
	switch w.run.State {
	case topics.RunDone:
		return w.success(answer)
	case topics.RunUnknown:
		answer.Text, answer.Buttons = shownText(w.unknownText(), maxCard), [][]topics.Button{w.unknownButtons()}
	case topics.RunAsked, topics.RunQueued, topics.RunSent, topics.RunFailed, topics.RunCancelled:
		text := runLine(w.command, w.run) + ": " + resultText(w.say, w.run)
		if w.run.Reply != "" {
			text += "\n" + shownOf(w.run.Reply)
		}
		answer.Text = shownText(text, maxCard)
	}
	return []topics.Outgoing{answer}
}

func (w *work) unknownText() string {
	text := runLine(w.command, w.run) + ": " + resultText(w.say, w.run) + "\n"
	switch w.checked {
	case checkedNot:
		return text + w.say.T("own.check.no_effect", nil)
	case checkedNothing:
		return text + w.say.T("own.check.failed", nil)
	}
	return text + w.say.T("own.unknown.hint", nil)
}

// unknownButtons offer to repeat the request with the same key, and to look it up.
func (w *work) unknownButtons() []topics.Button {
	if w.command == nil {
		return nil
	}
	arg := runArg{id: w.run.ID, attempt: w.run.Attempts}.String()
	buttons := []topics.Button{
		Action{Command: w.run.Command, Verb: verbAgain, Arg: arg}.Button(w.say.T("own.again", nil)),
	}
	if w.command.check != nil {
		buttons = append(buttons,
			Action{Command: w.run.Command, Verb: verbCheck, Arg: arg}.Button(w.say.T("own.check", nil)))
	}
	return buttons
}

// success is the answer after success, with what became of the message to the customer.
// A text to copy that does not fit below it stands in a message of its own.
func (w *work) success(answer topics.Outgoing) []topics.Outgoing {
	reply := shownText(w.run.Reply, maxReply)
	if !visible(reply.Text) {
		reply = topics.Plain(w.say.T("own.done", nil))
	}
	answer.Text = cutText(reply, maxReply)
	if w.run.Result == resultChecked {
		text := topics.Plain(w.say.T("own.check.took_effect", nil))
		if w.run.Reply != "" {
			text.Add("\n").Append(answer.Text)
		}
		answer.Text = text
	}
	line := toldText(w.say, w.run.Told)
	if line == "" {
		return []topics.Outgoing{answer}
	}
	answer.Text.Add("\n" + line)
	if w.run.Told == topics.ToldSent || w.run.TellText == "" {
		return []topics.Outgoing{answer}
	}
	if topics.UTF16Len(w.run.TellText) <= maxCopy {
		answer.Buttons = [][]topics.Button{{{Text: w.say.T("own.copy", nil), Copy: w.run.TellText}}}
	}
	text := tellText(w.run.TellText)
	if topics.UTF16Len(answer.Text.Text)+topics.UTF16Len(text.Text) < maxCard {
		answer.Text.Add("\n").Append(text)
		return []topics.Outgoing{answer}
	}
	return []topics.Outgoing{answer, {Conversation: answer.Conversation, Text: text}}
}

// What a check has found.
const (
	checkedNot     = "no"
	checkedNothing = "nothing"
)

// lookUp asks whether a run of unknown outcome took effect.
func (w *work) lookUp(ctx context.Context) (topics.TaskResult, error) {
	if w.run.State == topics.RunDone && w.run.Result == resultChecked {
		return w.answer(ctx) // we died before the answer
	}
	if w.run.State != topics.RunUnknown || w.run.Attempts != w.data.Attempt ||
		w.command == nil || w.command.check == nil {
		return topics.TaskResult{}, nil // decided meanwhile
	}
	section, reason, err := w.section(ctx, w.command, w.request())
	if err != nil {
		return topics.TaskResult{}, err
	}
	other := section.Customer != nil && section.Customer.ID != w.run.CustomerID
	if reason != "" || other && w.command.customer {
		w.checked = checkedNothing
		return topics.TaskResult{Messages: w.messages()}, nil
	}
	values, err := w.values(ctx, w.command, section, false)
	if err != nil {
		return topics.TaskResult{}, err
	}
	var done bool
	id := IdempotencyKey("check", w.run.Key, w.task.Key)
	err = guarded(func() error {
		done, err = w.command.check.ask(ctx, w.opts.Caller, values, id)
		return err
	})
	switch {
	case err != nil:
		w.opts.Log.Warn("check of a command gave nothing", "command", w.run.Command, "run", w.run.ID,
			"topic_id", w.run.String(), "error", err)
		w.checked = checkedNothing
	case !done:
		w.checked = checkedNot
	default:
		return w.found(ctx, section, values["Response"])
	}
	return topics.TaskResult{Messages: w.messages()}, nil
}

// found writes down that the check has found the effect.
func (w *work) found(ctx context.Context, section SectionRequest, answer any) (topics.TaskResult, error) {
	values, err := w.values(ctx, w.command, section, true)
	if err != nil {
		return topics.TaskResult{}, err
	}
	values["Response"] = answer
	said, tellable := w.renderChecked(values)
	err = w.end(ctx, topics.RunDone, resultChecked, func(run *topics.Run) { said.owe(run, tellable) })
	if errors.Is(err, errMoved) {
		return topics.TaskResult{}, nil
	}
	if err != nil {
		return topics.TaskResult{}, err
	}
	return w.answer(ctx)
}
