package config

import (
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

const (
	envPrefix = "TOPICPILOT_"
	envLevel  = "__"
	// maxListIndex bounds lists given by index.
	maxListIndex = 999
)

// variables are the process's environment.
type variables map[string]string

func environment(env []string) variables {
	vars := make(variables, len(env))
	for _, pair := range env {
		if name, value, ok := strings.Cut(pair, "="); ok {
			vars[name] = value
		}
	}
	return vars
}

// tree makes a layer of TOPICPILOT_A__B=x. Variables without a double underscore
// are passed over (Kubernetes makes such for a service of our name), unless they
// are a setting misspelt. An empty variable counts as not set: that is what
// composing tools make of one they do not know.
func (v variables) tree(problems *collector) map[string]any {
	tree := map[string]any{}
	var near map[string]string
	for _, name := range slices.Sorted(maps.Keys(v)) {
		rest, ours := strings.CutPrefix(name, envPrefix)
		if !ours || v[name] == "" {
			continue
		}
		keys := strings.Split(strings.ToLower(rest), envLevel)
		if len(keys) < 2 {
			if near == nil {
				near = singleUnderscored()
			}
			if right, slip := near[keys[0]]; slip {
				problems.add(name, "is no setting; did you mean "+right+"? Levels are parted by two underscores")
			}
			continue
		}
		if len(keys) > maxDepth || slices.Contains(keys, "") {
			problems.add(envPrefix+"…", "a variable has an empty or too deep part; write TOPICPILOT_TELEGRAM__TOKEN")
			continue
		}
		if !insert(tree, keys, leaf{Text: v[name], Tag: tagStr, Env: name}) {
			problems.add(name, "is both a value and a section; remove one of the two variables")
		}
	}
	return tree
}

func insert(tree map[string]any, keys []string, value leaf) bool {
	for _, key := range keys[:len(keys)-1] {
		switch next := tree[key].(type) {
		case nil:
			section := map[string]any{}
			tree[key] = section
			tree = section
		case map[string]any:
			tree = next
		default:
			return false
		}
	}
	last := keys[len(keys)-1]
	if _, section := tree[last].(map[string]any); section {
		return false
	}
	tree[last] = value
	return true
}

// singleUnderscored maps telegram_token to TOPICPILOT_TELEGRAM__TOKEN, and a
// section alone to the form its parts have.
func singleUnderscored() map[string]string {
	names := map[string]string{}
	for _, o := range describe(reflect.TypeFor[Config](), "") {
		levels := strings.Split(strings.ReplaceAll(o.Path, "[]", ".0"), ".")
		right := envPrefix + strings.ToUpper(strings.Join(levels, envLevel))
		names[strings.Join(levels, "_")] = right
		if _, known := names[levels[0]]; !known {
			names[levels[0]] = right
		}
	}
	return names
}

// overlay lays src over dest: sections key by key (their case does not matter),
// lists by index, anything else is replaced.
func (c *collector) overlay(src, dest map[string]any) error {
	c.lay(src, dest, "")
	return nil
}

func (c *collector) lay(src, dest map[string]any, path string) {
	for _, key := range slices.Sorted(maps.Keys(src)) {
		target := key
		if _, exact := dest[key]; !exact {
			for existing := range dest {
				if strings.EqualFold(existing, key) {
					target = existing
				}
			}
		}
		dest[target] = c.laid(src[key], dest[target], join(path, target))
	}
}

func (c *collector) laid(src, dest any, path string) any {
	section, ok := src.(map[string]any)
	if !ok {
		return src
	}
	target, isSection := dest.(map[string]any)
	if !isSection && indexed(section) {
		list, _ := dest.([]any)
		return c.layList(section, list, path)
	}
	if !isSection {
		target = map[string]any{}
	}
	c.lay(section, target, path)
	return target
}

func (c *collector) layList(src map[string]any, dest []any, path string) []any {
	list := slices.Clone(dest)
	indexes := make([]int, 0, len(src))
	for key := range src {
		n, _ := strconv.Atoi(key)
		indexes = append(indexes, n)
	}
	slices.Sort(indexes)
	for _, n := range indexes {
		at := fmt.Sprintf("%s[%d]", path, n)
		if n > len(list) {
			c.add(at, fmt.Sprintf("the list has no entry %d; number entries without a gap, from 0; it comes from %s",
				n-1, firstVariable(src[strconv.Itoa(n)])))
			return list
		}
		if n == len(list) {
			list = append(list, nil)
		}
		list[n] = c.laid(src[strconv.Itoa(n)], list[n], at)
	}
	return list
}

// indexed tells whether all keys are list positions.
func indexed(section map[string]any) bool {
	for key := range section {
		n, err := strconv.Atoi(key)
		if err != nil || n < 0 || n > maxListIndex || strconv.Itoa(n) != key {
			return false
		}
	}
	return len(section) > 0
}

var (
	reference     = regexp.MustCompile(`\$?\$\{([A-Za-z_][A-Za-z0-9_]*)\}`)
	shellSpelling = regexp.MustCompile(`(^|[^$])\$\{[A-Za-z_][A-Za-z0-9_]*:?[-+?=][^}]*\}`)
)

// expand fills ${NAME} into the texts of the file; $${NAME} stays as ${NAME}.
// What the environment itself gives is taken literally: it may be a password.
func (v variables) expand(node any, path string, problems *collector) any {
	switch n := node.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(n)) {
			n[key] = v.expand(n[key], join(path, key), problems)
		}
	case []any:
		for i := range n {
			n[i] = v.expand(n[i], fmt.Sprintf("%s[%d]", path, i), problems)
		}
	case leaf:
		return v.fill(n, path, problems)
	}
	return node
}

func (v variables) fill(n leaf, path string, problems *collector) leaf {
	if n.Env != "" || n.Tag != tagStr || !strings.Contains(n.Text, "${") {
		return n
	}
	if shellSpelling.MatchString(n.Text) {
		problems.add(path, "only ${NAME} is understood, without a default or other shell forms")
		return n
	}
	text := reference.ReplaceAllStringFunc(n.Text, func(found string) string {
		if strings.HasPrefix(found, "$$") {
			return found[1:]
		}
		name := found[2 : len(found)-1]
		value, set := v[name]
		if !set {
			problems.add(path, fmt.Sprintf("the environment variable %s is not set; set it or write the value here", name))
		}
		return value
	})
	if text != n.Text {
		n.Text, n.Shown = text, n.Text
	}
	return n
}
