package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"time"

	"topicpilot/cmd/load/stats"
	"topicpilot/topics"
	"topicpilot/topics/store"
)

// findCmd fills a database with talk in three languages and searches it.
type findCmd struct {
	Messages int    `default:"1000000" help:"Messages in the database."`
	Topics   int    `default:"10000" help:"Topics they are in."`
	Queries  int    `default:"300" help:"Queries of each kind."`
	Store    string `placeholder:"URL" help:"An empty database to fill (default: a SQLite file that is removed)."`
	Dir      string `placeholder:"FOLDER" help:"Where the file is made, on a real disk."`
	Keep     bool   `help:"Search a database that was filled before, and do not fill it."`
}

const findGroup = -1002101424779

func (c *findCmd) check() error {
	if c.Topics < 1 || c.Messages < c.Topics || c.Messages > 20_000_000 || c.Queries < 1 || c.Queries > 100_000 {
		return errors.New("want a message for each topic, up to 20000000 in all, and 1 to 100000 queries")
	}
	if c.Keep && c.Store == "" {
		return errors.New("--keep needs --store")
	}
	return nil
}

// Run prints the table.
func (c *findCmd) Run(ctx context.Context, log *slog.Logger) (err error) {
	if err := c.check(); err != nil {
		return err
	}
	url := c.Store
	if url == "" {
		dir, err := os.MkdirTemp(c.Dir, "topicpilot-find-")
		if err != nil {
			return fmt.Errorf("make a folder: %w", err)
		}
		defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
		url = "sqlite:" + filepath.Join(dir, "find.db")
	}
	st, err := store.Open(ctx, url, store.Options{Log: log, Instance: "load"})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	talk := newTalk(c.Messages, c.Topics)
	if !c.Keep {
		if err := c.build(ctx, st, talk, url); err != nil {
			return err
		}
	}
	return c.search(ctx, st, talk)
}

// build fills the database, then its index, and tells what that costs.
func (c *findCmd) build(ctx context.Context, st *store.Store, talk *talk, url string) error {
	begin := time.Now()
	const step = 1000
	for from := 0; from < c.Messages; from += step {
		list := make([]topics.Message, 0, step)
		for i := from; i < min(from+step, c.Messages); i++ {
			list = append(list, talk.message(i))
		}
		if _, err := st.Import(ctx, list, nil); err != nil {
			return fmt.Errorf("fill: %w", err)
		}
	}
	filled, before := time.Since(begin), fileSize(url)
	begin = time.Now()
	var longest time.Duration
	for more := true; more; {
		at := time.Now()
		var err error
		if more, err = st.Index(ctx); err != nil {
			return err
		}
		longest = max(longest, time.Since(at))
	}
	took, after := time.Since(begin), fileSize(url)
	fmt.Fprintf(os.Stdout, "\n%d messages in %d topics, filled in %.0f s; index built in %.0f s (%.0f µs a message, "+
		"longest step %.0f ms)\n", c.Messages, c.Topics, filled.Seconds(), took.Seconds(),
		float64(took.Microseconds())/float64(c.Messages), float64(longest.Microseconds())/1000)
	if before > 0 {
		fmt.Fprintf(os.Stdout, "file: %d MB, with the index %d MB: index/messages %.2f\n",
			before/mega, after/mega, stats.Ratio(float64(after-before), float64(before)))
	}
	return nil
}

// fileSize is that of a SQLite file with its log, 0 for another database.
func fileSize(url string) (size int64) {
	file, ok := strings.CutPrefix(url, "sqlite:")
	if !ok {
		return 0
	}
	for _, name := range []string{file, file + "-wal"} {
		if info, err := os.Stat(name); err == nil {
			size += info.Size()
		}
	}
	return size
}

// search brings the index to rest as the bot's background does, then asks each kind of query in
// turn, so that none has the caches for itself.
func (c *findCmd) search(ctx context.Context, st *store.Store, talk *talk) error {
	for more := true; more; {
		var err error
		if more, err = st.Index(ctx); err != nil {
			return err
		}
	}
	kinds := talk.kinds()
	figures := make([]stats.Histogram, len(kinds)+1)
	hits := make([]int, len(kinds))
	for range c.Queries {
		for i, kind := range kinds {
			query := kind.make()
			query.ChatID, query.Limit = findGroup, 11
			begin := time.Now()
			found, err := st.Find(ctx, query)
			took := time.Since(begin)
			if err != nil {
				return fmt.Errorf("%s: %w", kind.name, err)
			}
			hits[i] += len(found)
			figures[i].Add(took)
			figures[len(kinds)].Add(took)
		}
	}
	var b strings.Builder
	b.WriteString("\n| query | p50 | p99 | hits on the first page |\n|---|---|---|---|\n")
	for i := range figures {
		name, mean := "all", "" // of the mix
		if i < len(kinds) {
			name, mean = kinds[i].name, fmt.Sprintf("%.1f", float64(hits[i])/float64(c.Queries))
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", name,
			stats.Millis(figures[i].Quantile(0.5)), stats.Millis(figures[i].Quantile(0.99)), mean)
	}
	_, err := os.Stdout.WriteString(b.String())
	return err
}

// talk makes messages of words that are as frequent as in a language: the second half as
// often as the first, and so on (Zipf). The same seed gives the same talk.
type talk struct {
	messages, topics int

	words  [3][]string
	rank   *rand.Zipf
	random *rand.Rand
}

const (
	talkWords = 40_000
	halfYear  = 180 * 24 * time.Hour
)

func newTalk(messages, topics int) *talk {
	random := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // the same talk each time
	t := &talk{messages: messages, topics: topics, random: random, rank: rand.NewZipf(random, 1.1, 4, talkWords-1)}
	syllables := [3][]string{
		strings.Fields("за ка зо та ри фо пла та до ста вка но мер кли ент во про с да не при вет сче т ра"),
		strings.Fields("за мо вле ра ху нок та риф ці на до ста вка кни га є ні що як при віт ді як ую п'я"),
		strings.Fields("or der pay ment re fund in voice ta riff de li ver y no yes hel lo ac count t s ing"),
	}
	for lang, parts := range syllables {
		seen := map[string]bool{}
		for len(t.words[lang]) < talkWords {
			var word strings.Builder
			for range 1 + random.IntN(4) {
				word.WriteString(parts[random.IntN(len(parts))])
			}
			if !seen[word.String()] {
				seen[word.String()] = true
				t.words[lang] = append(t.words[lang], word.String())
			}
		}
	}
	return t
}

func (t *talk) word(lang int) string { return t.words[lang][t.rank.Uint64()] }

// at is a word of about that rank, in the language of a topic.
func (t *talk) at(topic, from, to int) string { return t.words[topic%3][from+t.random.IntN(to-from)] }

// message is the i-th of all, of half a year. A tenth of the topics has more than half of them.
func (t *talk) message(i int) topics.Message {
	topic := t.random.IntN(t.topics)
	if i%2 == 0 {
		topic /= 10
	}
	words := make([]string, 0, 40)
	for range 2 + t.random.IntN(8) + t.random.IntN(16) {
		words = append(words, t.word(topic%3))
	}
	if i%5 == 0 {
		words = append(words, fmt.Sprintf("N%06d", i))
	}
	author := topics.Author{Kind: topics.AuthorCustomer, ID: 1}
	if i%2 == 1 {
		author = topics.Author{Kind: topics.AuthorOperator, ID: 2, Name: "Olga"}
	}
	return topics.Message{
		Conversation: topics.Conversation{ChatID: findGroup, ThreadID: int64(topic) + 2}, ID: int64(i) + 1_000_000,
		Date: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(i) * (halfYear / time.Duration(t.messages))),
		Kind: topics.MessageTalk, Author: author, Text: topics.Plain(strings.Join(words, " ")),
	}
}

type queryKind struct {
	name string
	make func() topics.FindQuery
}

// kinds are what people search for.
func (t *talk) kinds() []queryKind {
	ask := func(thread int, words string) topics.FindQuery {
		return topics.FindQuery{ThreadID: int64(thread), Words: words}
	}
	topic := func() int { return t.random.IntN(t.topics) }
	return []queryKind{
		{"a rare word, whole group", func() topics.FindQuery { return ask(0, t.at(topic(), 10_000, talkWords)) }},
		{"an order's number, whole group", func() topics.FindQuery {
			return ask(0, fmt.Sprintf("n%06d", t.random.IntN(t.messages/5+1)*5))
		}},
		{"a common word, whole group", func() topics.FindQuery { return ask(0, t.at(topic(), 100, 1000)) }},
		{"one of the commonest, whole group", func() topics.FindQuery { return ask(0, t.at(topic(), 0, 20)) }},
		{"two common words, whole group", func() topics.FindQuery {
			at := topic()
			return ask(0, t.at(at, 20, 500)+" "+t.at(at, 20, 500))
		}},
		{"a phrase, whole group", func() topics.FindQuery {
			at := topic()
			return ask(0, `"`+t.at(at, 0, 100)+" "+t.at(at, 0, 100)+`"`)
		}},
		{"a common word, one topic", func() topics.FindQuery {
			at := topic()
			return ask(at+2, t.at(at, 0, 200))
		}},
		{"a rare word, one topic", func() topics.FindQuery {
			at := topic()
			return ask(at+2, t.at(at, 5000, talkWords))
		}},
	}
}
