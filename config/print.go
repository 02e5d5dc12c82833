package config

import (
	"fmt"
	"io"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"gopkg.in/yaml.v3"
)

// Print writes the effective settings as YAML, defaults included, secrets hidden.
func (c *Config) Print(w io.Writer) error {
	encoder := yaml.NewEncoder(w)
	encoder.SetIndent(2)
	if err := encoder.Encode(printed(reflect.ValueOf(*c))); err != nil {
		return fmt.Errorf("print settings: %w", err)
	}
	if err := encoder.Close(); err != nil {
		return fmt.Errorf("print settings: %w", err)
	}
	return nil
}

// printed makes a YAML node of a value, keys in the order of the settings.
func printed(v reflect.Value) *yaml.Node {
	switch value := v.Interface().(type) {
	case Secret:
		return text(value.String())
	case URL:
		return text(value.String())
	case Who:
		if value.Administrators || value.Members {
			return text(value.String())
		}
		return printed(reflect.ValueOf(value.IDs))
	case Raw:
		return encoded(value.shown())
	case Integration:
		return printedIntegration(value)
	case time.Duration:
		return text(formatDuration(value))
	case string:
		return text(hideTokens(value))
	}
	switch v.Kind() {
	case reflect.Struct:
		node := &yaml.Node{Kind: yaml.MappingNode}
		for _, f := range fieldsOf(v.Type()) {
			if item := v.Field(f.index); !unset(item) {
				node.Content = append(node.Content, text(f.key), printed(item))
			}
		}
		return node
	case reflect.Slice:
		node := &yaml.Node{Kind: yaml.SequenceNode}
		for i := range v.Len() {
			node.Content = append(node.Content, printed(v.Index(i)))
		}
		return node
	case reflect.Map:
		node := &yaml.Node{Kind: yaml.MappingNode}
		table := v.Interface().(map[string]Secret)
		for _, key := range slices.Sorted(maps.Keys(table)) {
			node.Content = append(node.Content, text(key), text(table[key].String()))
		}
		return node
	default:
		return encoded(v.Interface())
	}
}

// unset leaves out what has no form in the file when it is not there.
func unset(v reflect.Value) bool {
	switch value := v.Interface().(type) {
	case Raw:
		return !value.IsSet()
	case Check:
		return !value.IsSet()
	}
	return v.Kind() == reflect.Map && v.IsNil()
}

func printedIntegration(i Integration) *yaml.Node {
	node := &yaml.Node{Kind: yaml.MappingNode}
	node.Content = append(node.Content, text("type"), text(i.Type), text("id"), text(i.ID))
	if t, known := findIntegration(i.Type); known {
		keys := reflect.New(t.keys)
		if i.Config.Decode(keys.Interface()) == nil {
			node.Content = append(node.Content, printed(keys.Elem()).Content...)
			return node
		}
	}
	node.Content = append(node.Content, encoded(i.Config.shown()).Content...)
	return node
}

func text(s string) *yaml.Node {
	return encoded(s)
}

func encoded(value any) *yaml.Node {
	node := new(yaml.Node)
	if err := node.Encode(value); err != nil {
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: tagStr, Value: hidden}
	}
	return node
}

// formatDuration writes 10m where Go writes 10m0s.
func formatDuration(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}
