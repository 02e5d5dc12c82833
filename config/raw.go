package config

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"reflect"
	"regexp"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// Raw is a part of the settings whose shape this package does not fix: the keys
// of one integration, the JSON body of a request. It prints with secrets hidden:
// values under keys that sound like secrets, and what came from ${NAME} as ${NAME}.
type Raw struct {
	node any
	path string
}

// IsSet tells whether there is anything.
func (r Raw) IsSet() bool { return r.node != nil }

// Value returns plain Go values, secrets included: map[string]any, []any,
// string, bool, int64, float64, json.Number for larger integers, nil.
func (r Raw) Value() any { return plain(r.node) }

// Map is Value for a section; nil when it is none.
func (r Raw) Map() map[string]any {
	m, _ := r.Value().(map[string]any)
	return m
}

// Decode fills dst, a pointer to a struct with koanf, default, enum, min and max
// tags, as strictly as the settings themselves are: defaults first, unknown keys
// and `<key>_file` twins handled. The error, if any, is Problems with full paths.
func (r Raw) Decode(dst any) error {
	v := reflect.ValueOf(dst)
	if v.Kind() != reflect.Pointer || v.Elem().Kind() != reflect.Struct {
		return fmt.Errorf("decode settings: want a pointer to a struct, have %T", dst)
	}
	var d decoder
	r.decode(&d, v)
	return d.err()
}

func (r Raw) decode(d *decoder, dst reflect.Value) {
	node := r.node
	if node == nil {
		node = map[string]any{}
	}
	d.value(r.path, node, dst.Elem(), options{})
}

func (r *Raw) decodeNode(_ *decoder, path string, node any) {
	*r = Raw{node: node, path: path}
}

func (r Raw) shown() any { return shownNode("", r.node) }

// Format prints the JSON with secrets hidden for every verb.
func (r Raw) Format(f fmt.State, verb rune) {
	text, err := json.Marshal(r.shown())
	if err != nil {
		text = []byte(hidden)
	}
	formatAs(f, verb, string(text))
}

// MarshalJSON gives the values with secrets hidden.
func (r Raw) MarshalJSON() ([]byte, error) { return json.Marshal(r.shown()) }

// MarshalYAML gives the values with secrets hidden.
func (r Raw) MarshalYAML() (any, error) { return r.shown(), nil }

// LogValue gives slog the values with secrets hidden.
func (r Raw) LogValue() slog.Value { return slog.AnyValue(r.shown()) }

var _ yaml.Marshaler = Raw{}

func plain(node any) any {
	switch n := node.(type) {
	case map[string]any:
		m := make(map[string]any, len(n))
		for key, value := range n {
			m[key] = plain(value)
		}
		return m
	case []any:
		list := make([]any, len(n))
		for i, value := range n {
			list[i] = plain(value)
		}
		return list
	case leaf:
		return n.native()
	default:
		return nil
	}
}

var wholeNumber = regexp.MustCompile(`^(0|-?[1-9][0-9]*)$`)

func (l leaf) native() any {
	switch l.Tag {
	case tagNull:
		return nil
	case "!!bool":
		return strings.EqualFold(l.Text, "true")
	case "!!int", "!!float":
		if n, err := strconv.ParseInt(strings.ReplaceAll(l.Text, "_", ""), 0, 64); err == nil {
			return n
		}
		if wholeNumber.MatchString(l.Text) {
			return json.Number(l.Text)
		}
		if f, err := strconv.ParseFloat(l.Text, 64); err == nil && f-f == 0 {
			return f
		}
	}
	return l.Text
}

// secretKey is what the name of a setting that must not be shown sounds like.
var secretKey = regexp.MustCompile(`(?i)token|secret|passw|pwd|api_?key|_key$|^key$|auth|credential|cookie|signature`)

func shownNode(key string, node any) any {
	switch n := node.(type) {
	case map[string]any:
		m := make(map[string]any, len(n))
		for k, value := range n {
			under := k
			if secretKey.MatchString(key) {
				under = key
			}
			m[k] = shownNode(under, value)
		}
		return m
	case []any:
		list := make([]any, len(n))
		for i, value := range n {
			list[i] = shownNode(key, value)
		}
		return list
	case leaf:
		return n.shownUnder(key)
	default:
		return nil
	}
}

func (l leaf) shownUnder(key string) any {
	file := strings.HasSuffix(key, fileSuffix)
	switch {
	case l.Text != "" && l.Tag != tagNull && !file && secretKey.MatchString(key):
		return hidden
	case l.Shown != "":
		return l.Shown
	case l.Tag == tagStr && strings.Contains(l.Text, "://"):
		return withoutPathOf(redactURL(l.Text))
	case l.Tag == tagStr:
		return hideTokens(l.Text)
	default:
		return l.native()
	}
}
