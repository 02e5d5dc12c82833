package config

import (
	_ "embed" // for the text above the tables
	"fmt"
	"reflect"
	"strings"
	"time"
)

// option is one setting as the documentation shows it.
type option struct {
	Path    string
	Type    string
	Default string
	Secret  bool
}

// describe lists the settings of a section in order, from the structs alone.
func describe(t reflect.Type, path string) []option {
	var list []option
	for _, f := range fieldsOf(t) {
		at := join(path, f.key)
		if path != "" {
			at = path + "." + f.key
		}
		list = append(list, describeField(f, at)...)
	}
	return list
}

func describeField(f field, at string) []option {
	t := f.reflectField.Type
	switch {
	case t == reflect.TypeFor[[]Integration]():
		return []option{{Path: at + "[].type", Type: "text"}, {Path: at + "[].id", Type: "text", Default: "the type"}}
	case isSection(t):
		return describe(t, at)
	case t.Kind() == reflect.Slice && isSection(t.Elem()):
		return describe(t.Elem(), at+"[]")
	case t.Kind() == reflect.Map:
		return []option{{Path: at + ".NAME", Type: "text", Secret: true}}
	}
	return []option{{Path: at, Type: typeName(t, f.options), Default: f.defaultText, Secret: f.secret}}
}

func typeName(t reflect.Type, o options) string {
	name := map[reflect.Type]string{
		reflect.TypeFor[time.Duration](): "duration",
		reflect.TypeFor[URL]():           "address",
		reflect.TypeFor[Raw]():           "any YAML",
		reflect.TypeFor[[]int64]():       "list of ids",
		reflect.TypeFor[[]string]():      "list of text",
	}[t]
	enum := "`" + strings.ReplaceAll(o.enum, "|", "`, `") + "`"
	switch {
	case t == reflect.TypeFor[Who]():
		return enum + " or list of ids"
	case o.enum != "":
		return enum
	case name != "":
	case t.Kind() == reflect.Bool:
		return "true, false"
	case t.Kind() == reflect.Float64:
		name = "number"
	case t.Kind() == reflect.Int || t.Kind() == reflect.Int64:
		name = "whole number"
	default:
		name = "text"
	}
	if o.min != "" {
		name += ", ≥ " + o.min
	}
	if o.max != "" {
		name += ", ≤ " + o.max
	}
	return name
}

// referenceHead explains what holds for all settings.
//
//go:embed reference.md
var referenceHead string

// Reference is docs/settings.md: every setting with its type, default and
// meaning, made from the structs of this package.
func Reference() string {
	var b strings.Builder
	b.WriteString(referenceHead)
	for _, f := range fieldsOf(reflect.TypeFor[Config]()) {
		fmt.Fprintf(&b, "\n## %s\n\n", f.key)
		if intro := sectionHelp[f.key]; intro != "" {
			b.WriteString(intro + "\n\n")
		}
		writeTable(&b, describeField(f, f.key))
		if f.key != "integrations" {
			continue
		}
		for _, t := range integrationTypes() {
			fmt.Fprintf(&b, "\n### integrations: `type: %s`\n\n", t.name)
			writeTable(&b, describe(t.keys, t.name))
		}
	}
	return b.String()
}

func writeTable(b *strings.Builder, list []option) {
	b.WriteString("| setting | type | default | meaning |\n|---|---|---|---|\n")
	for _, o := range list {
		value := ""
		if o.Default != "" {
			value = "`" + o.Default + "`"
		}
		meaning := settingHelp(o.Path)
		if o.Secret {
			meaning = "**Secret.** " + meaning
		}
		for _, n := range noEffects() {
			if o.Path == n.path || strings.HasPrefix(o.Path, n.path+".") || strings.HasPrefix(o.Path, n.path+"[") {
				meaning += " *No effect yet" + strings.TrimRight(": "+n.only, ": ") + ".*"
			}
		}
		cells := []string{"`" + o.Path + "`", o.Type, value, meaning}
		for i := range cells {
			cells[i] = strings.ReplaceAll(cells[i], "|", `\|`)
		}
		b.WriteString("| " + strings.Join(cells, " | ") + " |\n")
	}
}
