package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"topicpilot/cmd/load/crash"
	"topicpilot/cmd/load/effects"
	"topicpilot/integrations/notion/notiontest"
	"topicpilot/integrations/telegram/telegramtest"
	"topicpilot/topics/topicsapi/topicsapitest"
)

// strike is the part of the fault that the gate plays, nil for none.
func (c *effectsCell) strike() *effects.Strike {
	s := c.fault.Strike(c.run%2 == 0)
	if s == nil {
		return nil
	}
	s.Fits = c.fits
	if c.kind == effects.Transcript && c.makesPage() && c.ownPage {
		s.Pass = 1 // the card is made before
	}
	switch c.fault {
	case effects.KillBefore:
		c.beforeRequest(s)
	case effects.KillDuring:
		s.Taken = func(process int) { c.kill(process, func() {}) }
	case effects.KillAfter:
		c.afterAnswer(s)
	case effects.KillRandom, effects.KillAgain:
		// A slow answer: so many a kill hits the command half done.
		s.Taken = func(int) { time.Sleep(time.Duration(rand.Int64N(int64(randomKill)))) } //nolint:gosec // chance
	}
	return s
}

// makesPage tells that the fault strikes the page of a transcript, and not what is added to it.
func (c *effectsCell) makesPage() bool { return c.run%4 >= 2 }

// fits tells the request that has the effect.
func (c *effectsCell) fits(r *http.Request, body []byte) bool {
	path := r.URL.Path
	switch c.kind {
	case effects.Own, effects.Confirm:
		return path == effects.BillingPath+"activate"
	case effects.Tell:
		return path == "/bot"+effectsBot+"/sendMessage"
	case effects.TellTopic, effects.Draft, effects.Reply:
		return path == "/bot"+c.tg.Token()+"/sendMessage" && bytes.Contains(body, []byte(`"`+effectsNews))
	case effects.Card:
		return r.Method == http.MethodPost && path == "/v1/pages"
	case effects.Transcript:
		if c.makesPage() {
			return r.Method == http.MethodPost && path == "/v1/pages"
		}
		return r.Method == http.MethodPatch && strings.HasSuffix(path, "/children")
	case effects.Link:
		return strings.HasPrefix(path, effects.BillingPath+"accounts/")
	}
	return false
}

// beforeRequest kills the process that asks who the customer is: when the command is taken,
// or when the task begins, where there is one. The advisor dies while it answers the press of
// the button, or asks the model.
func (c *effectsCell) beforeRequest(s *effects.Strike) {
	s.Effect, s.Pass = false, 0
	s.Taken = func(process int) { c.kill(process, func() {}) }
	s.Fits = func(r *http.Request, _ []byte) bool { return r.URL.Path == topicsapitest.Path }
	switch c.kind {
	case effects.Draft:
		s.Fits = func(r *http.Request, _ []byte) bool { return strings.HasSuffix(r.URL.Path, "/answerCallbackQuery") }
		return
	case effects.Reply:
		s.Fits = func(r *http.Request, _ []byte) bool { return strings.HasPrefix(r.URL.Path, effectsModel) }
		return
	case effects.Own, effects.Confirm, effects.Tell, effects.TellTopic, effects.Card, effects.Transcript, effects.Link:
	}
	if c.kind != effects.Confirm && c.kind != effects.Link {
		s.Pass = c.run % 2
	}
}

// afterAnswer lets the process have its answer but not write it down, and kills it.
func (c *effectsCell) afterAnswer(s *effects.Strike) {
	var lock *storeLock
	fail := func(err error) {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.broken = errors.Join(c.broken, err)
	}
	s.Taken = func(int) {
		var err error
		if lock, err = lockStore(c.ctx, c.store, c.kind); err != nil {
			fail(err)
		}
	}
	s.Answered = func(process int) {
		time.Sleep(30 * time.Millisecond)
		c.kill(process, func() {
			if lock == nil {
				return
			}
			if err := lock.release(c.ctx, strings.HasPrefix(c.store, "postgres"), process); err != nil {
				c.broken = errors.Join(c.broken, err)
			}
		})
	}
}

// effects counts what the far side holds.
func (c *effectsCell) effects() (n, arrivals int, err error) {
	switch c.kind {
	case effects.Own, effects.Confirm:
		n, arrivals = c.billing.Effects(c.user)
		return n, arrivals, nil
	case effects.Tell:
		n = told(c.customers.Messages(c.user))
	case effects.TellTopic, effects.Draft, effects.Reply:
		n = told(c.answers())
	case effects.Card:
		n = len(c.cards())
	case effects.Transcript:
		n = c.lines()
	case effects.Link:
		n, err = c.links()
	}
	return n, n, err
}

// told counts the messages that tell the customer.
func told(messages []telegramtest.Message) (n int) {
	for _, m := range messages {
		if strings.HasPrefix(m.Text, effectsNews) {
			n++
		}
	}
	return n
}

func (c *effectsCell) cards() []notiontest.Page {
	return slices.DeleteFunc(c.notion.Pages(c.source), func(p notiontest.Page) bool {
		return p.Archived || p.Values["Telegram ID"] != fmt.Sprint(c.user)
	})
}

// lines is how often the lines of the talk stand on the customer's cards: 1 when each does
// once, 0 when one is missing.
func (c *effectsCell) lines() int {
	cards := c.cards()
	if len(cards) > 1 {
		return len(cards)
	}
	counts := make([]int, talkLines)
	for _, page := range cards {
		if c.ownPage {
			below := c.notion.Pages(page.ID)
			if len(below) != 1 {
				return len(below)
			}
			page = below[0]
		}
		for _, block := range c.notion.Blocks(page.ID) {
			for i := range counts {
				counts[i] += strings.Count(block.Text, c.line(i))
			}
		}
	}
	if most := slices.Max(counts); most > 1 {
		return most
	}
	return slices.Min(counts)
}

// killByChance kills a process several times, each at any moment of a while.
func (c *effectsCell) killByChance(times int) {
	for range times {
		time.Sleep(time.Duration(rand.Int64N(int64(randomKill)))) //nolint:gosec // chance, not secrecy
		c.kill(rand.IntN(len(c.live)), func() {})                 //nolint:gosec // chance, not secrecy
	}
}

// links counts the customer's links.
func (c *effectsCell) links() (n int, err error) {
	db, err := crash.DB(c.store)
	if err != nil {
		return 0, err
	}
	defer func() { _ = db.Close() }()
	ctx, cancel := context.WithTimeout(c.ctx, 10*time.Second)
	defer cancel()
	err = db.QueryRowContext(ctx, `SELECT count(*) FROM links WHERE customer_id = `+strconv.FormatInt(c.user, 10)).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("count links: %w", err)
	}
	return n, nil
}
