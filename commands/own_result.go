package commands

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"topicpilot/commands/messages"
	"topicpilot/topics"
)

// How an attempt ended, as Run.Result holds it. Those of a status are followed by it.
const (
	resultDone       = "done"
	resultChecked    = "done, found by the check"
	resultInvalid    = "value does not fit"
	resultCustomer   = "customer not known"
	resultOther      = "another customer"
	resultRemoved    = "command removed"
	resultNoConnect  = "no connection"
	resultRefused    = "refused"
	resultPause      = "told to wait"
	resultNoAnswer   = "no answer"
	resultFault      = "error"
	resultUnreadable = "unreadable answer"
	resultStopped    = "stopped"
)

// ending is what an attempt that failed means for its run.
type ending struct {
	state  topics.RunState
	result string
	// pause tells that the other side asks to be called again after a while.
	pause bool
	after time.Duration
}

// classify tells what certainly had no effect from what may have had one. In doubt it may
// have had one.
func classify(err error) ending {
	fault, ok := errors.AsType[*callError](err)
	if !ok { // a panic of ours while the request was on its way
		return ending{state: topics.RunUnknown, result: resultStopped}
	}
	status := " " + strconv.Itoa(fault.Status)
	switch {
	case fault.Class == faultInvalid:
		return ending{state: topics.RunFailed, result: resultInvalid}
	case !fault.Sent:
		return ending{state: topics.RunFailed, result: resultNoConnect}
	case fault.Class == faultUnreadable:
		return ending{state: topics.RunUnknown, result: resultUnreadable}
	case fault.Class == faultThere:
		pause := fault.Status == 503 && fault.Waits
		return ending{state: topics.RunUnknown, result: resultFault + status, pause: pause, after: fault.RetryAfter}
	case fault.Class == faultRefused && fault.Status == 408:
		return ending{state: topics.RunUnknown, result: resultFault + status}
	case fault.Class == faultRefused:
		pause := fault.Status == 429 && fault.Waits
		return ending{state: topics.RunFailed, result: resultRefused + status, pause: pause, after: fault.RetryAfter}
	case errors.Is(err, context.Canceled):
		return ending{state: topics.RunUnknown, result: resultStopped}
	}
	return ending{state: topics.RunUnknown, result: resultNoAnswer}
}

// resultText says how a run that did not take effect, or perhaps did, has ended.
func resultText(say *messages.Printer, run topics.Run) string {
	result, status := run.Result, 0
	if before, last, found := cutLast(run.Result); found {
		result, status = before, last
	}
	data := messages.Data{"Status": status}
	if run.State == topics.RunFailed {
		switch result {
		case resultCustomer:
			return say.T("own.failed.customer", nil)
		case resultOther:
			return say.T("own.failed.other", nil)
		case resultRemoved:
			return say.T("own.failed.removed", nil)
		case resultNoConnect:
			return say.T("own.failed.no_connection", nil)
		case resultRefused:
			return say.T("own.failed.refused", data)
		}
		return say.T("own.failed.invalid", nil)
	}
	switch result {
	case resultFault:
		return say.T("own.unknown.fault", data)
	case resultUnreadable:
		return say.T("own.unknown.unreadable", nil)
	case resultNoAnswer:
		return say.T("own.unknown.no_answer", nil)
	}
	return say.T("own.unknown.stopped", nil)
}

// cutLast splits "refused 422" into its word and its status.
func cutLast(result string) (string, int, bool) {
	at := strings.LastIndexByte(result, ' ')
	if at < 0 {
		return "", 0, false
	}
	status, err := strconv.Atoi(result[at+1:])
	return result[:at], status, err == nil
}
