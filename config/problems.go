package config

import (
	"fmt"
	"regexp"
	"strings"
)

// Problem is one thing wrong with one setting. Path is as the file writes it,
// `groups[0].mirror.sender_ids`; Message says what is wrong and what to do, and
// never repeats a value: it might be a secret in the wrong place.
type Problem struct {
	Path    string
	Message string
}

// String is the problem on one line.
func (p Problem) String() string { return p.Path + ": " + p.Message }

// Problems are all problems found, in the order of the settings. As an error it
// is one line for each.
type Problems []Problem

// Error is one line for each problem.
func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, problem := range p {
		lines[i] = problem.String()
	}
	return strings.Join(lines, "\n")
}

// maxProblems bounds what a hopeless file can make us print.
const maxProblems = 100

// collector gathers problems, at most one for each path.
type collector struct {
	problems Problems
	dropped  int
}

func (c *collector) add(path, message string) {
	for _, known := range c.problems {
		// What hangs under something already refused is a consequence, no news.
		if path == known.Path || path+fileSuffix == known.Path ||
			strings.HasPrefix(path, known.Path+".") || strings.HasPrefix(path, known.Path+"[") {
			return
		}
	}
	if len(c.problems) >= maxProblems {
		c.dropped++
		return
	}
	c.problems = append(c.problems, Problem{Path: path, Message: message})
}

func (c *collector) err() error {
	if len(c.problems) == 0 {
		return nil
	}
	if c.dropped > 0 {
		c.problems = append(c.problems, Problem{"settings", fmt.Sprintf("and %d more; mend these first", c.dropped)})
		c.dropped = 0
	}
	return c.problems
}

var plainKey = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_-]{0,39}$`)

// join adds a key to a path. A key that looks like no name is not repeated: a
// slip of the YAML can turn a secret into a key.
func join(path, key string) string {
	if !plainKey.MatchString(key) {
		key = "(?)"
	}
	if path == "" {
		return key
	}
	return path + "." + key
}

// didYouMean proposes the nearest name, or nothing when none is near.
func didYouMean(name string, known []string) string {
	best, least := "", max(2, len(name)/3)+1
	for _, candidate := range known {
		if d := distance(strings.ToLower(name), candidate, least); d < least {
			best, least = candidate, d
		}
	}
	if best == "" || len(best) <= least {
		return ""
	}
	return fmt.Sprintf(" (did you mean `%s`?)", best)
}

// distance is the edit distance, cut short once the lengths alone exceed limit.
func distance(a, b string, limit int) int {
	if len(a)-len(b) > limit || len(b)-len(a) > limit {
		return limit + 1
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		previous := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := previous
			if a[i] != b[j] {
				cost = 1 + min(previous, row[j], row[j+1])
			}
			previous, row[j+1] = row[j+1], cost
		}
	}
	return row[len(b)]
}

// orList writes `a`, `b` or `c`.
func orList(names []string) string {
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = "`" + name + "`"
	}
	if len(quoted) < 2 {
		return strings.Join(quoted, "")
	}
	last := len(quoted) - 1
	return strings.Join(quoted[:last], ", ") + " or " + quoted[last]
}
