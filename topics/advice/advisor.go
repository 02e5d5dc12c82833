package advice

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"topicpilot/topics"
	"topicpilot/topics/mask"
	"topicpilot/topics/words"
)

const (
	// fewWords: a question that tells no more than this is searched for together with what the
	// customer wrote before it.
	fewWords = 2
	// maxGap bounds the question in a Silence, in characters.
	maxGap = 200
)

// Options are what an Advisor needs.
type Options struct {
	Model     topics.LanguageModel
	Meter     *Meter
	Knowledge Searcher
	// MaxAnswerTokens, Threshold and Mask are the settings of these names.
	MaxAnswerTokens int
	Threshold       float64
	Mask            bool
	Log             *slog.Logger
	Now             func() time.Time
}

// Advisor answers questions. It may be used concurrently.
type Advisor struct {
	o    Options
	told toldOnce
}

// New makes an advisor.
func New(o Options) *Advisor { return &Advisor{o: o} }

// Advise answers a question, or returns *Silence; another error is ctx's or that of a store,
// and the same question may be asked again.
func (a *Advisor) Advise(ctx context.Context, q Question) (Advice, error) {
	spent := &tally{}
	ctx = withTally(ctx, spent)
	advice, strength, reason, err := a.advise(ctx, q)
	usage, took := spent.sum()
	if reason == "" {
		if err != nil {
			return Advice{}, err
		}
		advice.Strength, advice.Usage, advice.ModelTime = strength, usage, took
		return advice, nil
	}
	return Advice{}, &Silence{
		Reason: reason, Strength: strength, Question: gapOf(q), Usage: usage, ModelTime: took, Err: err,
	}
}

// advise gives an advice or a reason; an error without a reason is none of the question's.
func (a *Advisor) advise(ctx context.Context, q Question) (Advice, float64, Reason, error) {
	hits, err := a.search(ctx, q)
	if err != nil {
		return Advice{}, 0, "", err
	}
	strength := 0.0
	for _, hit := range hits {
		strength = max(strength, hit.Strength)
	}
	if len(hits) == 0 {
		return Advice{}, 0, ReasonNothing, nil
	}
	ask := prepare(q, hits, a.o.Mask)
	prompt, err := ask.prompt(a.o.MaxAnswerTokens)
	if err != nil {
		return Advice{}, strength, "", err
	}
	completion, _, err := a.o.Meter.Complete(ctx, q.For, a.o.Model, prompt)
	if err != nil {
		reason := reasonOf(err)
		return Advice{}, strength, reason, err
	}
	said, reason, err := parse(completion)
	if reason != "" {
		return Advice{}, strength, reason, err
	}
	advice, reason := ask.judge(said, a.o.Threshold)
	return advice, strength, reason, nil
}

// search finds what the question is about.
func (a *Advisor) search(ctx context.Context, q Question) ([]topics.KnowledgeHit, error) {
	hits, err := a.o.Knowledge.Search(ctx, topics.KnowledgeQuery{
		Text: a.searched(q), Limit: maxChunks, Internal: q.Internal, Whole: true, For: q.For,
	})
	if err != nil {
		return nil, fmt.Errorf("search the knowledge: %w", err)
	}
	return a.fit(hits, q.Internal), nil
}

// fit leaves out what may not be used. What is internal does not come from a search that did
// not ask for it; if it did, this would be the place where it stops.
func (a *Advisor) fit(hits []topics.KnowledgeHit, internal bool) []topics.KnowledgeHit {
	kept := make([]topics.KnowledgeHit, 0, len(hits))
	for _, hit := range hits {
		if hit.Internal && !internal {
			a.o.Log.Error("internal knowledge came up for a customer and was left out", "chunk", hit.ID, "file", hit.File)
			continue
		}
		text, planted := withoutPlanted(hit.Text)
		if (planted || isPlanted(hit.Title)) && a.told.first(hit.ID) {
			a.o.Log.Warn("a part of an article speaks to a language model and was left out", "chunk", hit.ID, "file", hit.File)
		}
		if hit.Text = text; text != "" && !isPlanted(hit.Title) {
			kept = append(kept, hit)
		}
	}
	return kept
}

// searched is what is searched for: the search may go to an embedding model, which sees no
// secrets either.
func (a *Advisor) searched(q Question) string {
	text := cut(q.Text, maxQuestion)
	if telling(text) <= fewWords {
		for _, t := range slices.Backward(q.Turns) {
			if t.From != fromOperator {
				text += "\n" + cut(t.Text, maxQuestion-min(len(text), maxQuestion))
				break
			}
		}
	}
	if !a.o.Mask {
		return text
	}
	phone := ""
	if q.Customer != nil {
		phone = q.Customer.Phone
	}
	var out strings.Builder
	done := 0
	for _, s := range mask.Find(text, phone) {
		out.WriteString(text[done:s.From] + " ")
		done = s.To
	}
	return out.String() + text[done:]
}

// telling counts the words of a text that tell what it is about.
func telling(text string) int {
	n := 0
	for _, w := range words.Of(text, maxWords) {
		if !words.Stop(w.Letters) {
			n++
		}
	}
	return n
}

// reasonOf is "" for errors that are not the model's.
func reasonOf(err error) Reason {
	if over, ok := errors.AsType[*OverBudget](err); ok {
		if over.Over == topics.OverTopic {
			return ReasonTopicBudget
		}
		return ReasonDayBudget
	}
	if fault, ok := errors.AsType[*topics.ModelError](err); ok {
		if fault.Fault == topics.ModelUnreadable {
			return ReasonUnreadable
		}
		return ReasonModel
	}
	return ""
}

// gapOf is the question as the list of gaps keeps it: without secrets, in one line.
func gapOf(q Question) string {
	phone := ""
	if q.Customer != nil {
		phone = q.Customer.Phone
	}
	text := mask.Hide(strings.ToValidUTF8(cut(q.Text, maxQuestion), "\uFFFD"), phone)
	return cut(strings.Join(strings.Fields(clean(text)), " "), maxGap)
}
