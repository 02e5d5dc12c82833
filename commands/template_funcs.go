package commands

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/url"
	"reflect"
	"strconv"
	"strings"
	texttemplate "text/template"
)

// templateFuncs are the functions of templates: those that the rewriter uses, and
// text/template's own where they stumble over a missing value or a JSON number.
func templateFuncs() texttemplate.FuncMap {
	return texttemplate.FuncMap{
		funcField: fieldOf,
		funcText:  textOf,
		funcShown: shownOf,
		funcPath:  pathOf,
		funcQuery: func(v any) string { return url.QueryEscape(textOf(v)) },
		funcKeep:  func(root *scope, v any) string { root.kept, root.value = true, v; return "" },
		funcList:  listOf,
		"index":   indexOf,
		"len":     lengthOf,
		"printf":  printfOf,
		"print":   func(values ...any) string { return joinTexts(values, "") },
		"eq":      equalAny,
		"ne":      func(a, b any) bool { return !equalAny(a, b) },
		"lt":      ordered(func(c int) bool { return c < 0 }),
		"le":      ordered(func(c int) bool { return c <= 0 }),
		"gt":      ordered(func(c int) bool { return c > 0 }),
		"ge":      ordered(func(c int) bool { return c >= 0 }),
	}
}

// pathOf is a value as a part of a URL's path. There an empty one is refused: it would
// make another request of it, to all instead of one.
func pathOf(root *scope, v any) (string, error) {
	text := textOf(v)
	if text == "" && root.values != nil {
		return "", errValue
	}
	return url.PathEscape(text), nil
}

// fieldOf follows a path; what is not there is nil, and so is all behind it.
func fieldOf(base any, path ...string) any {
	root, _ := base.(*scope)
	value := follow(base, path)
	if root != nil && value == nil && len(path) > 0 && path[0] == "Response" {
		root.lacks = true
	}
	return value
}

func follow(base any, path []string) any {
	for _, name := range path {
		switch b := base.(type) {
		case *scope:
			base = b.values[name]
		case map[string]any:
			base = b[name]
		default:
			return nil
		}
	}
	return base
}

// textOf is a value as text: nothing for a missing one, numbers exactly as they came,
// lists joined by ", ".
func textOf(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case json.Number:
		return v.String()
	case int64:
		return strconv.FormatInt(v, 10)
	case bool:
		return strconv.FormatBool(v)
	case []string:
		return strings.Join(v, ", ")
	case []any:
		return joinTexts(v, ", ")
	case *scope:
		return ""
	case map[string]any:
		data, err := json.Marshal(v)
		if err != nil {
			return ""
		}
		return string(data)
	}
	return fmt.Sprint(v)
}

func joinTexts(values []any, separator string) string {
	texts := make([]string, len(values))
	for i, v := range values {
		texts[i] = textOf(v)
	}
	return strings.Join(texts, separator)
}

// listOf is what range may walk: a list or an object. text/template would also count
// up to a number, which an outside system could make endless.
func listOf(v any) any {
	switch v.(type) {
	case []any, []string, map[string]any:
		return v
	}
	return nil
}

// indexOf is text/template's index, with nil for what is not there.
func indexOf(base any, keys ...any) any {
	for _, key := range keys {
		if name, ok := key.(string); ok {
			base = fieldOf(base, name)
			continue
		}
		i, ok := wholeNumber(key)
		v := reflect.ValueOf(base)
		if !ok || !v.IsValid() || v.Kind() != reflect.Slice || i < 0 || i >= int64(v.Len()) {
			return nil
		}
		base = v.Index(int(i)).Interface()
	}
	return base
}

func wholeNumber(v any) (int64, bool) {
	switch n := v.(type) {
	case int:
		return int64(n), true
	case int64:
		return n, true
	}
	return 0, false
}

// lengthOf is text/template's len, with 0 for what is not there.
func lengthOf(v any) int {
	value := reflect.ValueOf(v)
	if !value.IsValid() {
		return 0
	}
	switch value.Kind() {
	case reflect.String, reflect.Slice, reflect.Map:
		return value.Len()
	}
	return 0
}

func printfOf(format string, values ...any) string {
	args := make([]any, len(values))
	for i, v := range values {
		switch n := v.(type) {
		case nil:
			args[i] = ""
		case json.Number:
			args[i] = n.String()
			if f, err := n.Float64(); err == nil && strings.ContainsAny(format, "feEgG") {
				args[i] = exactOrFloat{f: f, text: n.String()}
			}
		default:
			args[i] = v
		}
	}
	return fmt.Sprintf(format, args...)
}

// exactOrFloat prints a JSON number as it came under %v and %s, as a float otherwise.
type exactOrFloat struct {
	f    float64
	text string
}

// Format implements fmt.Formatter.
func (e exactOrFloat) Format(state fmt.State, verb rune) {
	if verb == 'v' || verb == 's' {
		_, _ = fmt.Fprintf(state, fmt.FormatString(state, 's'), e.text)
		return
	}
	_, _ = fmt.Fprintf(state, fmt.FormatString(state, verb), e.f)
}

// equalAny compares as text/template's eq, numbers by value, and never fails: things
// of different kinds are not equal. A number equals the text that it is written as:
// arguments are texts, and answers hold numbers.
func equalAny(a any, others ...any) bool {
	for _, b := range others {
		if c, err := compareNumbers(a, b); err == nil {
			if c == 0 {
				return true
			}
			continue
		}
		if a == nil || b == nil {
			if a == nil && b == nil {
				return true
			}
			continue
		}
		if isText(a) && isNumber(b) || isNumber(a) && isText(b) {
			if textOf(a) == textOf(b) {
				return true
			}
			continue
		}
		if reflect.TypeOf(a).Comparable() && reflect.TypeOf(b).Comparable() && a == b {
			return true
		}
	}
	return false
}

func isText(v any) bool {
	_, ok := v.(string)
	return ok
}

func isNumber(v any) bool { return !math.IsNaN(floatOf(v)) }

var errOrder = errors.New("no order between these values")

// ordered makes a comparison of two numbers or two texts; false for anything else.
func ordered(holds func(c int) bool) func(a, b any) bool {
	return func(a, b any) bool {
		if c, err := compareNumbers(a, b); err == nil {
			return holds(c)
		}
		x, okX := a.(string)
		y, okY := b.(string)
		return okX && okY && holds(strings.Compare(x, y))
	}
}

func compareNumbers(a, b any) (int, error) {
	if x, ok := wholeNumber(a); ok {
		if y, ok := wholeNumber(b); ok {
			return cmp.Compare(x, y), nil
		}
	}
	x, y := floatOf(a), floatOf(b)
	if math.IsNaN(x) || math.IsNaN(y) {
		return 0, errOrder
	}
	return cmp.Compare(x, y), nil
}

// floatOf is NaN for what is no number.
func floatOf(v any) float64 {
	switch n := v.(type) {
	case json.Number:
		if f, err := n.Float64(); err == nil {
			return f
		}
	case float64:
		return n
	default:
		if i, ok := wholeNumber(v); ok {
			return float64(i)
		}
	}
	return math.NaN()
}
