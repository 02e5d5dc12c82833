// Package messages holds everything that topicpilot says in groups, in the languages
// that people there read. It is not for logs or settings errors, which are English.
//
// The texts are go-i18n catalogues, <part>.<language>.json: one part for each family of
// commands. A text's id is its key; {{.Name}} in it is a value. The catalogues of all
// languages hold the same ids with the same values.
package messages

import (
	"embed"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"
)

//go:embed *.json
var catalogues embed.FS

// fallback is the language of groups whose own has no catalogue.
const fallback = "en"

// Data are the values of a text, by name.
type Data = map[string]any

// Printer says things in one language. It may be used concurrently.
type Printer struct {
	lang      string
	localizer *i18n.Localizer
	// plain holds the texts without values and plural forms, the most of them: these
	// need no template.
	plain map[string]string
	ids   map[string]bool
	// around keeps what Around found, by id.
	around sync.Map
}

// printers are made once, when somebody first speaks.
var printers = sync.OnceValue(load)

// For gives the printer of a language ("en", "ru", "uk"); English for another one.
// It is cheap: printers are shared.
func For(lang string) *Printer {
	all := printers()
	if p, ok := all[lang]; ok {
		return p
	}
	return all[fallback]
}

// Languages lists the languages that have a catalogue, sorted.
func Languages() []string { return slices.Sorted(maps.Keys(printers())) }

// Language is the printer's language.
func (p *Printer) Language() string { return p.lang }

// IDs lists the ids of all texts, sorted.
func (p *Printer) IDs() []string { return slices.Sorted(maps.Keys(p.ids)) }

// T gives a text with its values filled in; the id itself when there is no such text,
// which a test keeps from happening.
func (p *Printer) T(id string, data Data) string {
	if text, ok := p.plain[id]; ok {
		return text
	}
	return p.localize(id, &i18n.LocalizeConfig{MessageID: id, TemplateData: data})
}

// Around gives what stands before and after the only value of a text, for a value that
// is formatted by itself.
func (p *Printer) Around(id, value string) (before, after string) {
	if known, ok := p.around.Load(id); ok {
		parts, _ := known.([2]string)
		return parts[0], parts[1]
	}
	// The translation decides where the value stands; the mark stands in for it.
	const mark = "\x00"
	before, after, _ = strings.Cut(p.T(id, Data{value: mark}), mark)
	p.around.Store(id, [2]string{before, after})
	return before, after
}

// N gives a text in the plural form of count, which is {{.Count}} in it.
func (p *Printer) N(id string, count int, data Data) string {
	values := make(Data, len(data)+1)
	maps.Copy(values, data)
	values["Count"] = count
	return p.localize(id, &i18n.LocalizeConfig{MessageID: id, TemplateData: values, PluralCount: count})
}

func (p *Printer) localize(id string, c *i18n.LocalizeConfig) string {
	text, err := p.localizer.Localize(c)
	if err != nil && text == "" {
		return id
	}
	return text
}

// load reads the embedded catalogues. They are part of the program: one that cannot be
// read is a mistake of the build, which any test shows.
func load() map[string]*Printer {
	names, err := catalogues.ReadDir(".")
	if err != nil {
		panic(fmt.Errorf("list catalogues: %w", err))
	}
	bundle := i18n.NewBundle(language.English)
	all := make(map[string]*Printer, 3)
	for _, name := range names {
		data, err := catalogues.ReadFile(name.Name())
		if err != nil {
			panic(fmt.Errorf("read catalogue: %w", err))
		}
		file, err := bundle.ParseMessageFileBytes(data, name.Name())
		if err != nil {
			panic(fmt.Errorf("read catalogue %s: %w", name.Name(), err))
		}
		lang := file.Tag.String()
		if all[lang] == nil {
			all[lang] = &Printer{lang: lang, plain: make(map[string]string), ids: make(map[string]bool)}
		}
		all[lang].add(file.Messages)
	}
	for lang, p := range all {
		p.localizer = i18n.NewLocalizer(bundle, lang)
	}
	return all
}

func (p *Printer) add(texts []*i18n.Message) {
	for _, text := range texts {
		p.ids[text.ID] = true
		plural := text.One != "" || text.Few != "" || text.Many != ""
		if !plural && !strings.Contains(text.Other, "{{") {
			p.plain[text.ID] = text.Other
		}
	}
}
