package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"math"
	"time"

	"topicpilot/topics"
)

const (
	// likeRuns bounds what LikeRuns lists.
	likeRuns = 20
	// runsFor is how long the audit trail is kept: a year, and a month to look back on it.
	runsFor = 400 * 24 * time.Hour
)

// AddRun implements topics.RunStore.
func (s *Store) AddRun(ctx context.Context, run topics.Run) (topics.Run, bool, error) {
	run.Version = 1
	added := false
	err := s.write(ctx, func(w writer) (err error) {
		added = false
		forgotten := s.tombs.drops(run.Conversation, run.AskedAt) || s.tombs.dropsOf(run.CustomerID, run.AskedAt)
		if forgotten {
			withoutCustomer(&run)
		}
		args, err := runValues(&run, forgotten)
		if err != nil {
			return err
		}
		if added, err = w.row(qAddRun, args, &run.ID); err != nil || added {
			return err
		}
		var row runRow
		if _, err := w.row(qRunByKey, []any{escape(run.Key)}, row.dest()...); err != nil {
			return err
		}
		run, err = row.run()
		return err
	})
	if err != nil {
		return topics.Run{}, false, wrap("store a run", err)
	}
	return run, added, nil
}

// withoutCustomer takes out what tells of the customer; who did what and when stays.
func withoutCustomer(run *topics.Run) {
	run.CustomerID, run.Args, run.Reply, run.TellText = 0, nil, "", ""
}

// Run implements topics.RunStore.
func (s *Store) Run(ctx context.Context, id int64) (topics.Run, error) {
	list, err := s.runs(ctx, qRun, id)
	if err == nil && len(list) == 0 {
		err = topics.ErrNotFound
	}
	if err != nil {
		return topics.Run{}, wrap("read a run", err)
	}
	return list[0], nil
}

// ChangeRun implements topics.RunStore. What was erased from the run stays so.
func (s *Store) ChangeRun(ctx context.Context, run topics.Run) (topics.Run, error) {
	changed := run
	err := s.write(ctx, func(w writer) error {
		changed = run
		var forgotten int64
		found, err := w.row(qRunForgotten, []any{run.ID, run.Version}, &forgotten)
		if err != nil {
			return err
		}
		if !found {
			return errUnchanged
		}
		if forgotten != 0 {
			withoutCustomer(&changed)
		}
		args, decided, err := runTexts(&changed, forgotten != 0)
		if err != nil {
			return err
		}
		return w.must(qChangeRun, changed.CustomerID, args, escape(string(run.State)), run.Attempts,
			escape(run.Result), decided, run.AnswerID, micros(run.SentAt), micros(run.EndedAt),
			escape(string(run.Told)), escape(changed.Reply), escape(changed.TellText), run.ID, run.Version)
	})
	if err != nil {
		return topics.Run{}, wrap("change a run", err)
	}
	changed.Version++
	return changed, nil
}

// LikeRuns implements topics.RunStore. The run itself is not listed.
func (s *Store) LikeRuns(ctx context.Context, run topics.Run, since time.Time) ([]topics.Run, error) {
	args, err := canonical(run.Args)
	if err != nil {
		return nil, wrap("look for like runs", err)
	}
	list, err := s.runs(ctx, qLikeRuns, run.ChatID, run.ThreadID, escape(run.Command), args, micros(since), run.ID,
		likeRuns)
	return list, wrap("look for like runs", err)
}

// Runs implements topics.RunStore.
func (s *Store) Runs(ctx context.Context, conv topics.Conversation, before int64, limit int) ([]topics.Run, error) {
	if before <= 0 {
		before = math.MaxInt64
	}
	if conv == (topics.Conversation{}) {
		list, err := s.runs(ctx, qRuns, before, limit)
		return list, wrap("list runs", err)
	}
	list, err := s.runs(ctx, qTopicRuns, conv.ChatID, conv.ThreadID, before, limit)
	return list, wrap("list runs", err)
}

func (s *Store) runs(ctx context.Context, q query, args ...any) ([]topics.Run, error) {
	var list []topics.Run
	err := s.rows(ctx, q, args, func(rows *sql.Rows) error {
		var row runRow
		if err := rows.Scan(row.dest()...); err != nil {
			return err
		}
		run, err := row.run()
		list = append(list, run)
		return err
	})
	return list, err
}

// canonical writes arguments so that equal ones are equal as text: by name, in order.
func canonical(args map[string]string) (string, error) {
	if len(args) == 0 {
		return "{}", nil
	}
	data, err := json.Marshal(args)
	return string(data), err
}

// runTexts gives the stored arguments and who decided. Erased arguments are like none,
// not even like the absence of any.
func runTexts(run *topics.Run, forgotten bool) (args, decided string, err error) {
	if !forgotten {
		if args, err = canonical(run.Args); err != nil {
			return "", "", err
		}
	}
	decided, err = authorText(run.Decided)
	return args, decided, err
}

// authorText is the stored form of an author, "" for nobody.
func authorText(author topics.Author) (string, error) {
	if author == (topics.Author{}) {
		return "", nil
	}
	data, err := json.Marshal(author)
	return string(data), err
}

func authorOf(text string) (author topics.Author, err error) {
	if text != "" {
		err = json.Unmarshal([]byte(text), &author)
	}
	return author, err
}

// runValues are the values of runColumns and forgotten.
func runValues(run *topics.Run, forgotten bool) ([]any, error) {
	asker, err := authorText(run.By)
	if err != nil {
		return nil, err
	}
	args, decided, err := runTexts(run, forgotten)
	if err != nil {
		return nil, err
	}
	return []any{
		escape(run.Key), escape(run.Command), run.ChatID, run.ThreadID, run.CustomerID, run.MessageID, asker, args,
		escape(string(run.State)), run.Attempts, escape(run.Result), decided, run.AnswerID,
		micros(run.AskedAt), micros(run.SentAt), micros(run.EndedAt),
		escape(string(run.Told)), escape(run.Reply), escape(run.TellText), run.Version, flag(forgotten),
	}, nil
}

// runRow takes the columns of a run as they are stored.
type runRow struct {
	id, chat, thread, customer, message, attempts, answer, asked, sent, ended, version int64

	key, command, asker, args, state, result, decided, told, reply, tell string
}

func (r *runRow) dest() []any {
	return []any{
		&r.id, &r.key, &r.command, &r.chat, &r.thread, &r.customer, &r.message, &r.asker, &r.args,
		&r.state, &r.attempts, &r.result, &r.decided, &r.answer, &r.asked, &r.sent, &r.ended,
		&r.told, &r.reply, &r.tell, &r.version,
	}
}

func (r *runRow) run() (run topics.Run, err error) {
	run = topics.Run{
		ID: r.id, Key: unescape(r.key), Command: unescape(r.command),
		Conversation: topics.Conversation{ChatID: r.chat, ThreadID: r.thread},
		CustomerID:   r.customer, MessageID: r.message,
		State: topics.RunState(unescape(r.state)), Attempts: int(r.attempts), Result: unescape(r.result),
		AnswerID: r.answer, AskedAt: fromMicros(r.asked), SentAt: fromMicros(r.sent), EndedAt: fromMicros(r.ended),
		Told: topics.ToldState(unescape(r.told)), Reply: unescape(r.reply), TellText: unescape(r.tell),
		Version: r.version,
	}
	if r.args != "" && r.args != "{}" {
		if err := json.Unmarshal([]byte(r.args), &run.Args); err != nil {
			return run, err
		}
	}
	if run.By, err = authorOf(r.asker); err != nil {
		return run, err
	}
	run.Decided, err = authorOf(r.decided)
	return run, err
}
