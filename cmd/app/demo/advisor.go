package demo

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"topicpilot/integrations/openai/openaitest"
)

// advisorView is the model and what the bot's advisor has made of it, as the page shows it.
type advisorView struct {
	Model string `json:"model"`
	// Fault is what is wrong with the model, "" for nothing.
	Fault string `json:"fault,omitempty"`
	// Used are today's tokens in all topics, as the bot counts them.
	Used       int64  `json:"used"`
	Limit      int64  `json:"limit"`
	TopicLimit int64  `json:"topic_limit"`
	Cost       string `json:"cost,omitempty"`
	// Knowledge is how many parts the bot has read.
	Knowledge int `json:"knowledge"`
	// Drafts are by what became of them, Silences by their reasons.
	Drafts   []countView `json:"drafts"`
	Silences []countView `json:"silences"`
	// Calls are the last of Made, the oldest first.
	Calls []callView `json:"calls"`
	Made  int        `json:"made"`
}

type countView struct {
	Name  string `json:"name"`
	Count int64  `json:"count"`
}

// figures are the numbers of the bot's /metrics that concern the advisor.
type figures struct {
	tokens    int64
	cost      float64
	knowledge int
	drafts    map[string]int64
	silences  map[string]int64
}

const (
	askFigures = 500 * time.Millisecond
	maxFigures = 1 << 20
)

// Follow shows the bot's own numbers, from the address of its metrics, until the stage ends. It is called
// at most once, after Start.
func (s *Stage) Follow(metricsURL string) {
	s.wg.Go(func() {
		tick := time.NewTicker(askFigures)
		defer tick.Stop()
		client := &http.Client{Timeout: 2 * time.Second}
		for {
			// A bot that does not answer shows itself elsewhere on the page.
			if f, err := readFigures(s.ended, client, metricsURL); err == nil {
				s.advisor.set(f, s.clock())
				s.showAdvisor()
			}
			select {
			case <-tick.C:
			case <-s.ended.Done():
				return
			}
		}
	})
}

func readFigures(ctx context.Context, client *http.Client, url string) (figures, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return figures{}, err
	}
	resp, err := client.Do(req)
	if err != nil {
		return figures{}, err
	}
	defer func() { _ = resp.Body.Close() }()
	return parseFigures(io.LimitReader(resp.Body, maxFigures))
}

var sample = regexp.MustCompile(`^topicpilot_(\w+?)(?:\{(.*)\})? (\S+)$`)

// parseFigures reads Prometheus' text format as far as it concerns us.
func parseFigures(r io.Reader) (figures, error) {
	f := figures{drafts: map[string]int64{}, silences: map[string]int64{}}
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		found := sample.FindStringSubmatch(lines.Text())
		if found == nil {
			continue
		}
		value, err := strconv.ParseFloat(found[3], 64)
		if err != nil {
			continue
		}
		switch found[1] {
		case "ai_tokens_total":
			f.tokens += int64(value)
		case "ai_cost_total":
			f.cost += value
		case "knowledge_chunks":
			f.knowledge = int(value)
		case "ai_drafts_total":
			f.drafts[label(found[2])] += int64(value)
		case "ai_silences_total":
			f.silences[label(found[2])] += int64(value)
		}
	}
	return f, lines.Err()
}

// label is the value of a single label.
func label(pair string) string {
	_, value, _ := strings.Cut(pair, "=")
	return strings.Trim(value, `"`)
}

// counts are in the order of their size, the largest first.
func counts(of map[string]int64) []countView {
	out := []countView{}
	for name, n := range of {
		if n > 0 {
			out = append(out, countView{Name: name, Count: n})
		}
	}
	slices.SortFunc(out, func(a, b countView) int {
		if a.Count != b.Count {
			return int(b.Count - a.Count)
		}
		return strings.Compare(a.Name, b.Name)
	})
	return out
}

// advisorSide is the stage's part of the advisor: the model, the articles on disk, the bot's numbers.
type advisorSide struct {
	model   *modelSide
	calls   *modelCalls
	folder  string
	mu      sync.Mutex
	figures figures
	// day is the UTC day that the budget is of, before what was counted until it began.
	day    string
	before int64
}

func (a *advisorSide) set(f figures, now time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if today := now.UTC().Format(time.DateOnly); a.day != today {
		a.day, a.before = today, a.figures.tokens
	}
	a.figures = f
}

// openAdvisor starts the model and lays the articles into a folder of their own.
func (s *Stage) openAdvisor() error {
	folder, err := os.MkdirTemp("", "topicpilot-knowledge-")
	if err != nil {
		return err
	}
	s.closers = append(s.closers, func() error { return os.RemoveAll(folder) })
	if err := os.CopyFS(folder, Knowledge()); err != nil {
		return err
	}
	s.advisor.folder = folder
	s.advisor.calls = &modelCalls{now: s.now, topic: s.topicOfCard, changed: s.showAdvisor}
	s.advisor.model = newModelSide(s.advisor.calls)
	url, err := s.serve("127.0.0.1:0", s.advisor.model)
	if err != nil {
		return err
	}
	s.settings.AI = aiSettings(url+"/v1", folder)
	return nil
}

// topicOfCard finds the topic of the customer whose card the model was given.
func (s *Stage) topicOfCard(card openaitest.Customer) int {
	return s.mirror.topicOf(card.Name)
}

// showAdvisor brings the page's view of the advisor up to date.
func (s *Stage) showAdvisor() {
	a := &s.advisor
	a.mu.Lock()
	defer a.mu.Unlock()
	ai := s.settings.AI
	v := advisorView{
		Model: ai.Model, Fault: a.model.disturbed().name(), Limit: ai.TokensPerDay, TopicLimit: ai.TokensPerTopic,
		Used: a.figures.tokens - a.before, Knowledge: a.figures.knowledge,
		Drafts: counts(a.figures.drafts), Silences: counts(a.figures.silences),
	}
	if a.figures.cost > 0 {
		v.Cost = strconv.FormatFloat(a.figures.cost, 'f', 4, 64) + " " + ai.Currency
	}
	v.Calls, v.Made = a.calls.view()
	s.board.setAdvisor(v)
}
