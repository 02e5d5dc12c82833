package telegramtest

import (
	_ "embed" // the Bot API as data
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
)

//go:embed botapi.json
var botAPI []byte

type nodeKind int

const (
	kindAny nodeKind = iota
	kindInteger
	kindFloat
	kindBoolean
	kindTrue
	kindString
	kindFile
	kindArray
	kindUnion
	kindObject
)

// node is one compiled type expression.
type node struct {
	kind   nodeKind
	name   string
	elem   *node
	alts   []*node
	fields map[string]field
}

type field struct {
	node     *node
	required bool
}

type methodSpec struct {
	name   string
	params map[string]field
	result *node
}

type apiSpec struct {
	methods map[string]*methodSpec // by lower-case name
	types   map[string]*node
}

type rawField struct {
	Type     string `json:"type"`
	Required bool   `json:"required"`
}

type rawSpec struct {
	Methods map[string]struct {
		Params  map[string]rawField `json:"params"`
		Returns []string            `json:"returns"`
	} `json:"methods"`
	Types map[string]struct {
		Fields   map[string]rawField `json:"fields"`
		Subtypes []string            `json:"subtypes"`
	} `json:"types"`
}

// loadSpec compiles the embedded description once for all servers of the process.
var loadSpec = sync.OnceValues(func() (*apiSpec, error) {
	var raw rawSpec
	if err := json.Unmarshal(botAPI, &raw); err != nil {
		return nil, fmt.Errorf("read botapi.json: %w", err)
	}
	c := &apiSpec{methods: map[string]*methodSpec{}, types: map[string]*node{}}
	for name := range raw.Types {
		c.types[name] = &node{name: name}
	}
	for name, t := range raw.Types {
		n := c.types[name]
		switch {
		case name == "InputFile":
			n.kind = kindFile
		case name == "RichText" || name == "InputRichBlock":
			n.kind = kindAny
		case len(t.Subtypes) > 0:
			n.kind = kindUnion
			for _, s := range t.Subtypes {
				n.alts = append(n.alts, c.compile(s))
			}
		default:
			n.kind, n.fields = kindObject, c.compileFields(t.Fields)
		}
	}
	for name, m := range raw.Methods {
		spec := &methodSpec{name: name, params: c.compileFields(m.Params), result: &node{kind: kindUnion}}
		for _, r := range m.Returns {
			spec.result.alts = append(spec.result.alts, c.compile(r))
		}
		c.methods[strings.ToLower(name)] = spec
	}
	return c, nil
})

func (c *apiSpec) compileFields(raw map[string]rawField) map[string]field {
	out := make(map[string]field, len(raw))
	for name, f := range raw {
		out[name] = field{node: c.compile(f.Type), required: f.Required}
	}
	return out
}

// compile understands the type expressions of the documentation: names, "Array of T" (nested) and
// lists joined by "or", "and" and commas.
func (c *apiSpec) compile(expr string) *node {
	if rest, ok := strings.CutPrefix(expr, "Array of "); ok {
		return &node{kind: kindArray, name: expr, elem: c.compile(rest)}
	}
	parts := strings.Split(strings.NewReplacer(" or ", ", ", " and ", ", ").Replace(expr), ", ")
	if len(parts) > 1 {
		u := &node{kind: kindUnion, name: expr}
		for _, p := range parts {
			u.alts = append(u.alts, c.compile(p))
		}
		return u
	}
	switch expr {
	case "Integer":
		return &node{kind: kindInteger, name: expr}
	case "Float":
		return &node{kind: kindFloat, name: expr}
	case "Boolean":
		return &node{kind: kindBoolean, name: expr}
	case "True":
		return &node{kind: kindTrue, name: expr}
	case "String":
		return &node{kind: kindString, name: expr}
	}
	if n := c.types[expr]; n != nil {
		return n
	}
	return &node{kind: kindAny, name: expr}
}

// misfit says where v does not fit n, or "" when it does. Numbers must be json.Number.
func (n *node) misfit(v any, path string) string {
	ok := true
	switch n.kind {
	case kindAny:
	case kindInteger:
		num, is := v.(json.Number)
		_, err := strconv.ParseInt(num.String(), 10, 64)
		ok = is && err == nil
	case kindFloat:
		_, ok = v.(json.Number)
	case kindBoolean:
		_, ok = v.(bool)
	case kindTrue:
		b, is := v.(bool)
		ok = is && b
	case kindString, kindFile:
		_, ok = v.(string)
	case kindArray:
		list, is := v.([]any)
		if !is {
			ok = false
			break
		}
		for i, e := range list {
			if m := n.elem.misfit(e, path+"["+strconv.Itoa(i)+"]"); m != "" {
				return m
			}
		}
		return ""
	case kindUnion:
		return n.misfitUnion(v, path)
	case kindObject:
		obj, is := v.(map[string]any)
		if is {
			return misfitFields(n.fields, obj, path, n.name)
		}
		ok = false
	}
	if ok {
		return ""
	}
	return fmt.Sprintf("%s must be %s", path, n.name)
}

func (n *node) misfitUnion(v any, path string) string {
	first := ""
	for _, a := range n.alts {
		m := a.misfit(v, path)
		if m == "" {
			return ""
		}
		if first == "" || strings.HasSuffix(first, " must be "+n.alts[0].name) {
			first = m
		}
	}
	return first
}

func misfitFields(fields map[string]field, obj map[string]any, path, owner string) string {
	if fits(fields, obj) {
		return ""
	}
	for _, name := range sortedKeys(obj) {
		f, known := fields[name]
		if !known {
			return fmt.Sprintf("%s is not known to Bot API 10.2 in %s", join(path, name), owner)
		}
		if m := f.node.misfit(obj[name], join(path, name)); m != "" {
			return m
		}
	}
	for _, name := range sortedKeys(fields) {
		if _, given := obj[name]; fields[name].required && !given {
			return fmt.Sprintf("%s is required in %s", join(path, name), owner)
		}
	}
	return ""
}

// fits is the quick check of the common case; only a misfit pays for the ordered search of its place.
func fits(fields map[string]field, obj map[string]any) bool {
	for name, v := range obj {
		if f, known := fields[name]; !known || f.node.misfit(v, "") != "" {
			return false
		}
	}
	for name, f := range fields {
		if _, given := obj[name]; f.required && !given {
			return false
		}
	}
	return true
}

func join(path, name string) string {
	if path == "" {
		return "\"" + name + "\""
	}
	return path + "." + name
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
