package commands

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"topicpilot/commands/messages"
	"topicpilot/topics"
)

const (
	// statsTime is how far back the figures go, statsLimit how many drafts and gaps are counted
	// at most: the latest ones.
	statsTime  = 30 * 24 * time.Hour
	statsLimit = 5000
	// topCount is how many sources and gaps are listed.
	topCount = 5
)

// draftCounts is what became of drafts.
type draftCounts struct {
	sent, edited, typed, dismissed, ignored, unknown, ended int
}

func countDrafts(drafts []topics.Draft) draftCounts {
	var c draftCounts
	for _, draft := range drafts {
		if draft.State.Ended() {
			c.ended++
		}
		switch draft.State {
		case topics.DraftSent:
			if draft.Edited() {
				c.edited++
			} else {
				c.sent++
			}
		case topics.DraftTyped:
			c.typed++
		case topics.DraftDismissed:
			c.dismissed++
		case topics.DraftIgnored:
			c.ignored++
		case topics.DraftUnknown:
			c.unknown++
		case topics.DraftOpen, topics.DraftQueued, topics.DraftSending:
		}
	}
	return c
}

// stats are the figures of the last thirty days, for the topic or, in General, for the
// group.
func (a *AI) stats(ctx context.Context, p place) (Reply, error) {
	since := a.Now().Add(-statsTime)
	drafts, err := a.Drafts.Drafts(ctx, p.Conversation, since, statsLimit)
	if err != nil {
		return Reply{}, fmt.Errorf("read the drafts: %w", err)
	}
	gaps, err := a.Gaps.Gaps(ctx, p.Conversation, since, statsLimit)
	if err != nil {
		return Reply{}, fmt.Errorf("read the gaps: %w", err)
	}
	head := p.say.T("ai.stats_topic", nil)
	if p.General() {
		head = p.say.T("ai.stats_group", nil)
	}
	var text topics.Text
	text.Bold(head)
	if len(drafts) == statsLimit {
		text.Add("\n" + p.say.T("ai.stats_latest", messages.Data{"Limit": grouped(p.say, statsLimit)}))
	}
	text.Add("\n" + p.say.N("ai.stats_drafts", len(drafts), nil))
	if len(drafts) > 0 {
		text.Add("\n" + countsText(p, countDrafts(drafts)))
	}
	sources := topOf(drafts, sourcesOf)
	if len(sources) > 0 {
		text.Add("\n\n").Bold(p.say.T("ai.stats_sources", nil))
		for _, top := range sources {
			text.Add("\n").Append(shownText(codeIfTappable(top.name)+" — "+p.say.N("ai.stats_used", top.count, nil), maxCard))
		}
	}
	questions := topOf(gaps, func(gap topics.Gap) []string { return []string{oneLine(gap.Question)} })
	if len(questions) > 0 {
		text.Add("\n\n").Bold(p.say.T("ai.stats_gaps", nil))
		for _, top := range questions {
			text.Add("\n").Append(shownText(codeIfTappable(top.name)+" — "+p.say.N("ai.stats_asked", top.count, nil), maxCard))
		}
	}
	return Reply{Text: cutText(text, maxCard)}, nil
}

// countsText says what became of drafts, a line for each end.
func countsText(p place, c draftCounts) string {
	count := func(n int) messages.Data { return messages.Data{"Count": n} }
	lines := []string{
		p.say.T("ai.stats_sent", count(c.sent)), p.say.T("ai.stats_edited", count(c.edited)),
		p.say.T("ai.stats_typed", count(c.typed)), p.say.T("ai.stats_dismissed", count(c.dismissed)),
		p.say.T("ai.stats_ignored", count(c.ignored)),
	}
	if c.unknown > 0 {
		lines = append(lines, p.say.T("ai.stats_unknown", count(c.unknown)))
	}
	if c.ended > 0 {
		share := (100*(c.sent+c.edited+c.typed) + c.ended/2) / c.ended
		lines = append(lines, p.say.T("ai.stats_accepted", messages.Data{"Percent": share}))
	}
	return strings.Join(lines, "\n")
}

// sourcesOf names the sources of a draft, each once.
func sourcesOf(draft topics.Draft) []string {
	var names []string
	for _, source := range draft.Sources {
		name := cleanField(source.Title)
		if file := cleanField(source.File); !visible(name) {
			name = file
		} else if file != "" {
			name += " (" + file + ")"
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// counted is a name and how often it is there.
type counted struct {
	name  string
	count int
}

// topOf are the names that are there most often; upper and lower case are the same.
func topOf[T any](list []T, names func(T) []string) []counted {
	at := make(map[string]int)
	var all []counted
	for _, one := range list {
		for _, name := range names(one) {
			if !visible(name) {
				continue
			}
			key := strings.ToLower(name)
			i, known := at[key]
			if !known {
				i = len(all)
				at[key] = i
				all = append(all, counted{name: name})
			}
			all[i].count++
		}
	}
	slices.SortStableFunc(all, func(a, b counted) int { return cmp.Compare(b.count, a.count) })
	return all[:min(len(all), topCount)]
}
