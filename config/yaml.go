package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"

	"gopkg.in/yaml.v3"
)

// leaf is one scalar as it was written, so that no number is rounded before its
// type is known. Its fields are exported because koanf copies it by reflection.
type leaf struct {
	Text  string
	Tag   string // YAML's short tag, !!str for the environment
	Env   string // name of the variable it came from, if any
	Shown string // the text before ${NAME} was filled in, if it was
}

const (
	tagNull  = "!!null"
	tagStr   = "!!str"
	tagMerge = "!!merge"
)

// Aliases let a small file unfold into a huge tree; these bound it.
const (
	maxNodes = 100_000
	maxDepth = 50
)

// quotedPart is what the YAML and template parsers repeat of the input; it may
// be a secret.
var quotedPart = regexp.MustCompile("'[^']*'|\"[^\"]*\"|`[^`]*`")

// parseYAML turns one YAML document into maps, lists and leaves.
func parseYAML(data []byte, path string, problems *collector) map[string]any {
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	var document yaml.Node
	switch err := decoder.Decode(&document); {
	case errors.Is(err, io.EOF):
		return map[string]any{}
	case err != nil:
		problems.add(path, "is not YAML: "+yamlError(data, err))
		return nil
	}
	if err := decoder.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		problems.add(path, "holds more than one YAML document; keep one")
		return nil
	}
	r := yamlReader{problems: problems}
	root := r.node(document.Content[0], "", 0)
	if r.tooLarge {
		problems.add(path, "is nested too deeply or grows too large by aliases; write it out")
		return nil
	}
	switch tree := root.(type) {
	case map[string]any:
		return tree
	case leaf:
		if tree.Tag == tagNull {
			return map[string]any{}
		}
	}
	problems.add(path, "holds no settings; write sections such as `telegram:` and `groups:`")
	return nil
}

type yamlReader struct {
	problems *collector
	nodes    int
	tooLarge bool
}

func (r *yamlReader) node(n *yaml.Node, path string, depth int) any {
	r.nodes++
	if r.nodes > maxNodes || depth > maxDepth {
		r.tooLarge = true
		return leaf{Tag: tagNull}
	}
	switch n.Kind {
	case yaml.AliasNode:
		return r.node(n.Alias, path, depth+1)
	case yaml.MappingNode:
		return r.mapping(n, path, depth)
	case yaml.SequenceNode:
		list := make([]any, len(n.Content))
		for i, item := range n.Content {
			list[i] = r.node(item, fmt.Sprintf("%s[%d]", path, i), depth+1)
		}
		return list
	default:
		return leaf{Text: n.Value, Tag: n.ShortTag()}
	}
}

// mapping reads keys in order; keys brought in by `<<` stand behind own ones.
func (r *yamlReader) mapping(n *yaml.Node, path string, depth int) map[string]any {
	m := make(map[string]any, len(n.Content)/2)
	var merged []*yaml.Node
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if key.Kind == yaml.AliasNode {
			key = key.Alias
		}
		switch {
		case key.Kind != yaml.ScalarNode:
			r.problems.add(join(path, "?"), fmt.Sprintf("a key must be a plain word (line %d)", key.Line))
			continue
		case key.ShortTag() == tagMerge:
			merged = append(merged, value)
			continue
		}
		if _, twice := m[key.Value]; twice {
			r.problems.add(join(path, key.Value), fmt.Sprintf("is given twice (line %d); keep one", key.Line))
			continue
		}
		m[key.Value] = r.node(value, join(path, key.Value), depth+1)
	}
	for _, from := range merged {
		r.merge(m, r.node(from, path, depth+1))
	}
	return m
}

func (r *yamlReader) merge(m map[string]any, from any) {
	switch from := from.(type) {
	case map[string]any:
		for key, value := range from {
			if _, own := m[key]; !own {
				m[key] = value
			}
		}
	case []any:
		for _, one := range from {
			if section, ok := one.(map[string]any); ok {
				r.merge(m, section)
			}
		}
	}
}
