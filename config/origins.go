package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// origins tells which settings came from which variable of the environment.
type origins map[string]string

// originsOf walks the merged tree.
func originsOf(tree any) origins {
	found := origins{}
	found.walk(tree, "")
	return found
}

func (o origins) walk(node any, path string) {
	switch n := node.(type) {
	case map[string]any:
		for key, value := range n {
			o.walk(value, join(path, key))
		}
	case []any:
		for i, value := range n {
			o.walk(value, fmt.Sprintf("%s[%d]", path, i))
		}
	case leaf:
		// A key that is not shown may stand for several.
		if n.Env != "" && !strings.Contains(path, "(?)") {
			o[path] = n.Env
		}
	}
}

// name adds the variable to problems with what it holds.
func (o origins) name(problems Problems) {
	for i, p := range problems {
		variable, found := o[p.Path]
		words := "; it comes from " + variable
		if !found {
			variable, found = o[p.Path+fileSuffix]
			words = "; it comes from the file that " + variable + " names"
		}
		if at := strings.LastIndexByte(p.Path, '['); !found && at > 0 && strings.HasSuffix(p.Path, "]") {
			variable, found = o[p.Path[:at]] // one of a list with commas
			words = "; it comes from " + variable
		}
		if found && !strings.Contains(p.Message, variable) {
			problems[i].Message += words
		}
	}
}

// firstVariable is one of those a part of the environment's tree came from.
func firstVariable(node any) string {
	switch n := node.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(n)) {
			if name := firstVariable(n[key]); name != "" {
				return name
			}
		}
	case leaf:
		return n.Env
	}
	return ""
}
