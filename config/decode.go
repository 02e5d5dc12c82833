package config

import (
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// options are a field's tags.
type options struct {
	enum     string
	min, max string
	want     string // what a number is, when saying so helps
	// hidePath marks an address whose path may be a secret.
	hidePath bool
}

// field is one key of a section.
type field struct {
	key          string
	index        int
	defaultText  string
	hasDefault   bool
	secret       bool
	options      options
	reflectField reflect.StructField
}

// nodeDecoder is a type with a form of its own in the file.
type nodeDecoder interface {
	decodeNode(d *decoder, path string, node any)
}

// isSection tells a struct of keys from one that is a single value.
func isSection(t reflect.Type) bool {
	_, own := reflect.TypeAssert[nodeDecoder](reflect.New(t))
	return t.Kind() == reflect.Struct && t != reflect.TypeFor[URL]() && !own
}

// fieldsOf lists the keys of a section, in the order of the struct.
func fieldsOf(t reflect.Type) []field {
	fields := make([]field, 0, t.NumField())
	for i := range t.NumField() {
		f := t.Field(i)
		key, ok := f.Tag.Lookup("koanf")
		if !ok {
			continue
		}
		text, hasDefault := f.Tag.Lookup("default")
		fields = append(fields, field{
			key: key, index: i, defaultText: text, hasDefault: hasDefault,
			secret: f.Type == reflect.TypeFor[Secret]() || f.Tag.Get("secret") == "true",
			options: options{
				enum: f.Tag.Get("enum"), min: f.Tag.Get("min"), max: f.Tag.Get("max"), want: f.Tag.Get("want"),
				hidePath: f.Tag.Get("path") == "secret",
			},
			reflectField: f,
		})
	}
	return fields
}

// decoder turns trees into structs and gathers what is wrong with them.
type decoder struct {
	collector
	vars variables
}

// section expects a mapping; null counts as an empty one.
func (d *decoder) section(path string, node any) (map[string]any, bool) {
	switch n := node.(type) {
	case map[string]any:
		return n, true
	case nil:
		return nil, true
	case leaf:
		if n.Tag == tagNull {
			return nil, true
		}
	}
	d.add(path, "must be a section with keys of its own")
	return nil, false
}

// value decodes node into v, whose default has been set before.
func (d *decoder) value(path string, node any, v reflect.Value, o options) {
	if l, ok := node.(leaf); ok && l.Tag == tagNull {
		return // as if it were not there: the default stays
	}
	if own, ok := reflect.TypeAssert[nodeDecoder](v.Addr()); ok {
		own.decodeNode(d, path, node)
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		if !isSection(v.Type()) {
			d.scalar(path, node, v, o)
			return
		}
		d.structure(path, node, v)
	case reflect.Slice:
		d.list(path, node, v, o)
	case reflect.Map:
		d.table(path, node, v)
	default:
		d.scalar(path, node, v, o)
	}
}

func (d *decoder) structure(path string, node any, v reflect.Value) {
	m, ok := d.section(path, node)
	if !ok {
		return
	}
	fields := fieldsOf(v.Type())
	known := make(map[string]bool, len(fields))
	for _, f := range fields {
		known[f.key] = true
		if f.secret {
			known[f.key+fileSuffix] = true
		}
		d.field(path, m, f, v.Field(f.index))
	}
	for _, key := range slices.Sorted(maps.Keys(m)) {
		if !known[key] {
			d.unknown(path, key, slices.Collect(maps.Keys(known)))
		}
	}
}

func (d *decoder) unknown(path, key string, known []string) {
	slices.Sort(known)
	d.add(join(path, key), "is not a known setting"+didYouMean(key, known))
}

// field sets the default, then what the section holds for the key.
func (d *decoder) field(path string, m map[string]any, f field, v reflect.Value) {
	at := join(path, f.key)
	switch {
	case f.hasDefault:
		d.value(at, leaf{Text: f.defaultText, Tag: tagStr, Env: "default"}, v, f.options)
	case isSection(v.Type()):
		d.structure(at, nil, v)
	}
	node, given := m[f.key]
	if f.secret {
		node, given = d.twin(at, node, m[f.key+fileSuffix])
	}
	if given {
		d.value(at, node, v, f.options)
	}
}

func (d *decoder) list(path string, node any, v reflect.Value, o options) {
	items, ok := node.([]any)
	if l, isLeaf := node.(leaf); isLeaf && scalarKind(v.Type().Elem()) {
		items, ok = splitList(l), true
	}
	if !ok {
		d.add(path, "must be a list")
		return
	}
	list := reflect.MakeSlice(v.Type(), len(items), len(items))
	for i, item := range items {
		at := fmt.Sprintf("%s[%d]", path, i)
		if l, isLeaf := item.(leaf); item == nil || isLeaf && l.Tag == tagNull {
			d.add(at, "is empty; fill it in or remove the entry")
			continue
		}
		d.value(at, item, list.Index(i), o)
	}
	v.Set(list)
}

// splitList reads a list on one line, parted by commas, as the environment
// gives it; a single value in the file is a list of one.
func splitList(l leaf) []any {
	items := []any{}
	for part := range strings.SplitSeq(l.Text, ",") {
		if part = strings.TrimSpace(part); part != "" {
			items = append(items, leaf{Text: part, Tag: l.Tag, Env: l.Env, Shown: l.Shown})
		}
	}
	return items
}

func scalarKind(t reflect.Type) bool {
	return t.Kind() == reflect.String || t.Kind() == reflect.Int64
}

// table decodes free keys with secret values, such as headers.
func (d *decoder) table(path string, node any, v reflect.Value) {
	m, ok := d.section(path, node)
	if !ok {
		return
	}
	table := reflect.MakeMapWithSize(v.Type(), len(m))
	for _, key := range slices.Sorted(maps.Keys(m)) {
		name, isFile := strings.CutSuffix(key, fileSuffix)
		at, item := join(path, name), m[key]
		if isFile {
			item, ok = d.twin(at, m[name], m[key])
			if !ok {
				continue
			}
		} else if _, twin := m[key+fileSuffix]; twin {
			continue
		}
		value := reflect.New(v.Type().Elem()).Elem()
		d.value(at, item, value, options{})
		table.SetMapIndex(reflect.ValueOf(name), value)
	}
	v.Set(table)
}

func (d *decoder) scalar(path string, node any, v reflect.Value, o options) {
	l, ok := node.(leaf)
	if !ok {
		d.add(path, "must be a single value")
		return
	}
	if v.Type() == reflect.TypeFor[time.Duration]() {
		d.duration(path, l, v, o)
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		u := NewURL(l.Text)
		if l.Shown != "" {
			u.shown = redactURL(l.Shown)
		}
		if o.hidePath {
			u.shown = withoutPathOf(u.shown)
		}
		v.Set(reflect.ValueOf(u))
	case reflect.String:
		d.text(path, l, v, o)
	case reflect.Bool:
		d.boolean(path, l, v)
	case reflect.Int, reflect.Int64:
		n, err := strconv.ParseInt(strings.TrimSpace(l.Text), 10, 64)
		if err != nil {
			message := "must be a whole number"
			if o.want == "group" && l.Text != "" {
				message = groupIDUsage
			}
			d.add(path, message)
			return
		}
		if d.between(path, float64(n), o) {
			v.SetInt(n)
		}
	case reflect.Float64:
		f, err := strconv.ParseFloat(strings.TrimSpace(l.Text), 64)
		if err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
			d.add(path, "must be a number")
			return
		}
		if d.between(path, f, o) {
			v.SetFloat(f)
		}
	}
}

func (d *decoder) text(path string, l leaf, v reflect.Value, o options) {
	if o.enum != "" && l.Text != v.String() {
		names := strings.Split(o.enum, "|")
		if !slices.Contains(names, l.Text) {
			d.add(path, "must be one of "+orList(names))
			return
		}
	}
	v.SetString(l.Text)
}

func (d *decoder) boolean(path string, l leaf, v reflect.Value) {
	switch strings.ToLower(strings.TrimSpace(l.Text)) {
	case "true", "yes", "on", "1":
		v.SetBool(true)
	case "false", "no", "off", "0":
		v.SetBool(false)
	default:
		d.add(path, "must be `true` or `false`")
	}
}

func (d *decoder) duration(path string, l leaf, v reflect.Value, o options) {
	t, err := time.ParseDuration(strings.TrimSpace(l.Text))
	if err != nil {
		d.add(path, "is not a duration; write it as 5s, 10m or 24h")
		return
	}
	low, lowErr := time.ParseDuration(o.min)
	high, highErr := time.ParseDuration(o.max)
	switch {
	case lowErr == nil && t < low:
		d.add(path, "must be at least "+o.min)
	case highErr == nil && t > high:
		d.add(path, "must be at most "+o.max)
	default:
		v.SetInt(int64(t))
	}
}

func (d *decoder) between(path string, n float64, o options) bool {
	low, lowErr := strconv.ParseFloat(o.min, 64)
	high, highErr := strconv.ParseFloat(o.max, 64)
	switch {
	case lowErr == nil && n < low:
		d.add(path, "must be at least "+o.min)
	case highErr == nil && n > high:
		d.add(path, "must be at most "+o.max)
	default:
		return true
	}
	return false
}
