// Package effects holds what the measure of effects is made of: the kinds of command and the
// faults that are put together, the far side that counts what took effect and fails as it is
// told, and the judgement of what people were shown. It starts no process.
package effects

import (
	"net/http"
	"slices"
)

// Kind is a kind of command, a column of the table.
type Kind string

// The kinds.
const (
	// Own is one of the team's own commands, Confirm one that asks first. Their effect is a
	// request that the billing has taken.
	Own     Kind = "own command"
	Confirm Kind = "own, confirm"
	// Tell is an own command that tells the customer through a bot, TellTopic through the
	// topic: the effect is the message there.
	Tell      Kind = "tell_customer, bot"
	TellTopic Kind = "tell_customer, topic"
	// Card is /notion, whose effect is a page, and Transcript /transcript notion, whose effect
	// is each message on it.
	Card       Kind = "/notion"
	Transcript Kind = "/transcript notion"
	// Link is /link, whose effect is a row of ours; the faults strike its check.
	Link Kind = "/link"
	// Draft is [Send] below a draft of the advisor, Reply the advisor that answers by itself;
	// both through the topic: the effect is the message there.
	Draft Kind = "draft, [Send]"
	Reply Kind = "mode reply"
)

// Kinds lists all, in the order of the table.
func Kinds() []Kind {
	return []Kind{Own, Confirm, Tell, TellTopic, Card, Transcript, Link, Draft, Reply}
}

// Asks reports whether the kind offers [Do it again] when the outcome is unknown.
func (k Kind) Asks() bool { return k == Own || k == Confirm }

// Advises reports whether the kind is the advisor's.
func (k Kind) Advises() bool { return k == Draft || k == Reply }

// Fault is what goes wrong, a row of the table.
type Fault string

// The faults.
const (
	None         Fault = "none"
	DoubleTap    Fault = "double tap"
	TwoOperators Fault = "two operators at once"
	Redelivered  Fault = "update and press delivered again"
	KillBefore   Fault = "kill -9 before the request"
	KillDuring   Fault = "kill -9 after the request left"
	KillAfter    Fault = "kill -9 after the answer, before it is written down"
	KillRandom   Fault = "kill -9 at a random moment"
	KillAgain    Fault = "kill -9 again and again"
	Timeout      Fault = "timeout"
	Reset        Fault = "connection reset after the request"
	Status408    Fault = "408"
	Status429    Fault = "429 with Retry-After: 1"
	Bare429      Fault = "429 without"
	Status500    Fault = "500"
	Status503    Fault = "503 with Retry-After: 1"
	Unreadable   Fault = "unreadable 2xx"
	Redirect     Fault = "redirect"
)

// Faults lists all, in the order of the table.
func Faults() []Fault {
	return []Fault{
		None, DoubleTap, TwoOperators, Redelivered, KillBefore, KillDuring, KillAfter, KillRandom, KillAgain,
		Timeout, Reset, Status408, Status429, Bare429, Status500, Status503, Unreadable, Redirect,
	}
}

// Kills reports whether the fault is the death of a process.
func (f Fault) Kills() bool {
	return slices.Contains([]Fault{KillBefore, KillDuring, KillAfter, KillRandom, KillAgain}, f)
}

// Fits reports whether the fault can happen to the kind: nobody presses anything for what
// the advisor does by itself.
func (f Fault) Fits(k Kind) bool { return k != Reply || f != DoubleTap && f != TwoOperators }

// Far reports whether the far side, or a process, fails at all: else all is well, however
// often people ask for it.
func (f Fault) Far() bool {
	return !slices.Contains([]Fault{None, DoubleTap, TwoOperators, Redelivered}, f)
}

// Chance reports whether the fault strikes at a moment that nothing decides.
func (f Fault) Chance() bool { return f == KillRandom || f == KillAgain }

// Strike makes the far side's part of a fault. effect tells whether the request takes effect
// nevertheless, where the fault leaves that open. Hooks and Fits are the caller's.
func (f Fault) Strike(effect bool) *Strike {
	s := &Strike{Effect: effect}
	status, pause := 0, ""
	switch f {
	case None, DoubleTap, TwoOperators, Redelivered:
		return nil
	case KillAfter, KillRandom, KillAgain:
		return &Strike{Effect: true, How: Deliver}
	case KillBefore, KillDuring, Timeout:
		s.How = Hang
		return s
	case Reset:
		s.How = Break
		return s
	case Unreadable:
		s.How, s.Garbage = Refuse, true
		s.Status = http.StatusOK
		return s
	case Redirect:
		s.Effect, status = false, http.StatusTemporaryRedirect
	case Status408:
		status = http.StatusRequestTimeout
	case Status429:
		s.Effect, status, pause = false, http.StatusTooManyRequests, "1"
	case Bare429:
		s.Effect, status = false, http.StatusTooManyRequests
	case Status500:
		status = http.StatusInternalServerError
	case Status503:
		status, pause = http.StatusServiceUnavailable, "1"
	}
	s.How, s.Status, s.RetryAfter = Refuse, status, pause
	return s
}
