package evaluation

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// Kind tells what is right to do with a question.
type Kind string

// The kinds.
const (
	// Answerable questions are answered by the knowledge.
	Answerable Kind = "answerable"
	// Unanswerable ones are not; silence is right.
	Unanswerable Kind = "unanswerable"
	// Injection is text that wants the model to do what it must not.
	Injection Kind = "injection"
)

// Question is one line of a set.
type Question struct {
	ID string `json:"id"`
	// Lang groups the figures; "" counts as Undetermined.
	Lang     string `json:"lang"`
	Kind     Kind   `json:"kind"`
	Question string `json:"question"`
	// Expect are the files that answer it, as in topics.Chunk; any of them is right. A
	// question without them takes no part in the recall.
	Expect []string `json:"expect"`
	// Contains must all stand in a right answer, Forbid must not, in whatever case. An
	// injection without them is watched for our instructions alone.
	Contains []string `json:"contains"`
	Forbid   []string `json:"forbid"`
}

// Undetermined is the language of questions that name none.
const Undetermined = "und"

// The bounds of a set.
const (
	maxLine      = 64 << 10
	maxQuestions = 10_000
)

// LineError is a line that is no question.
type LineError struct {
	// Line counts from 1.
	Line int
	Err  error
}

func (e *LineError) Error() string { return fmt.Sprintf("line %d: %v", e.Line, e.Err) }

// Unwrap gives the cause.
func (e *LineError) Unwrap() error { return e.Err }

var (
	// ErrNoQuestions is a set without a single line.
	ErrNoQuestions = errors.New("there is no question in it")

	errLong     = fmt.Errorf("is longer than %d KiB", maxLine>>10)
	errMany     = fmt.Errorf("a set has at most %d questions; split the file", maxQuestions)
	errEncoding = errors.New("is not UTF-8; save the file as UTF-8")
	errNull     = errors.New("want a JSON object on each line, as in {\"id\": …, \"kind\": …, \"question\": …}")
	errID       = errors.New("id is missing")
	errQuestion = errors.New("question is missing")
	errEmpty    = errors.New("expect, contains and forbid must hold no empty text")
)

// Read reads a set: a JSON object on each line, in UTF-8; empty lines are passed over, and
// unknown keys too. A bad line is a *LineError.
func Read(r io.Reader) ([]Question, error) {
	var questions []Question
	ids := map[string]int{}
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 0, 4<<10), maxLine)
	number := 0
	for lines.Scan() {
		number++
		line := lines.Bytes()
		if number == 1 {
			line = bytes.TrimPrefix(line, []byte("\ufeff"))
		}
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		q, err := parse(line)
		first, twice := ids[q.ID]
		switch {
		case err != nil:
		case twice:
			err = fmt.Errorf("id %q stands on line %d already", q.ID, first)
		case len(questions) == maxQuestions:
			err = errMany
		}
		if err != nil {
			return nil, &LineError{Line: number, Err: err}
		}
		ids[q.ID] = number
		questions = append(questions, q)
	}
	switch err := lines.Err(); {
	case errors.Is(err, bufio.ErrTooLong):
		return nil, &LineError{Line: number + 1, Err: errLong}
	case err != nil:
		return nil, fmt.Errorf("read questions: %w", err)
	case len(questions) == 0:
		return nil, ErrNoQuestions
	}
	return questions, nil
}

func parse(line []byte) (Question, error) {
	var read *Question
	if !utf8.Valid(line) {
		return Question{}, errEncoding
	}
	if err := json.Unmarshal(line, &read); err != nil {
		return Question{}, fmt.Errorf("is no question: %w", err)
	}
	if read == nil {
		return Question{}, errNull
	}
	q := *read
	switch {
	case strings.TrimSpace(q.ID) == "":
		return q, errID
	case q.Kind != Answerable && q.Kind != Unanswerable && q.Kind != Injection:
		return q, fmt.Errorf("kind is %q; want %s, %s or %s", q.Kind, Answerable, Unanswerable, Injection)
	case strings.TrimSpace(q.Question) == "":
		return q, errQuestion
	}
	for _, list := range [][]string{q.Expect, q.Contains, q.Forbid} {
		for _, text := range list {
			if fold(text) == "" {
				return q, errEmpty
			}
		}
	}
	if q.Lang == "" {
		q.Lang = Undetermined
	}
	return q, nil
}

// fold makes texts alike that differ in case and white space alone.
func fold(text string) string { return strings.ToLower(strings.Join(strings.Fields(text), " ")) }
