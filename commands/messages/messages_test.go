package messages_test

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"topicpilot/commands/messages"
)

// catalogue reads the catalogues of a language as id → plural form → text.
func catalogue(t *testing.T, lang string) map[string]map[string]string {
	t.Helper()
	files, err := filepath.Glob("*." + lang + ".json")
	if err != nil || len(files) == 0 {
		t.Fatal("no catalogue of ", lang, err)
	}
	raw := map[string]any{}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var part map[string]any
		if err := json.Unmarshal(data, &part); err != nil {
			t.Fatal(file, err)
		}
		for id, text := range part {
			if _, twice := raw[id]; twice {
				t.Errorf("%s is in two catalogues of %s", id, lang)
			}
			raw[id] = text
		}
	}
	out := make(map[string]map[string]string, len(raw))
	for id, v := range raw {
		forms := map[string]string{}
		switch v := v.(type) {
		case string:
			forms["other"] = v
		case map[string]any:
			for form, text := range v {
				forms[form] = text.(string)
			}
		}
		out[id] = forms
	}
	return out
}

var placeholder = regexp.MustCompile(`\{\{[^}]*\}\}`)

func placeholders(text string) []string {
	found := placeholder.FindAllString(text, -1)
	slices.Sort(found)
	return found
}

func TestCataloguesAgree(t *testing.T) {
	if diff := cmp.Diff([]string{"en", "ru", "uk"}, messages.Languages()); diff != "" {
		t.Fatal(diff)
	}
	forms := map[string][]string{
		"en": {"one", "other"},
		"ru": {"few", "many", "one", "other"},
		"uk": {"few", "many", "one", "other"},
	}
	en := catalogue(t, "en")
	for lang, want := range forms {
		texts := catalogue(t, lang)
		if diff := cmp.Diff(slices.Sorted(maps.Keys(en)), slices.Sorted(maps.Keys(texts))); diff != "" {
			t.Errorf("%s has other ids than en:\n%s", lang, diff)
		}
		for id, byForm := range texts {
			if len(en[id]) > 1 && !slices.Equal(slices.Sorted(maps.Keys(byForm)), want) {
				t.Errorf("%s %s: forms %v, want %v", lang, id, slices.Sorted(maps.Keys(byForm)), want)
			}
			for form, text := range byForm {
				if diff := cmp.Diff(placeholders(en[id]["other"]), placeholders(text)); diff != "" {
					t.Errorf("%s %s %s: other values than en:\n%s", lang, id, form, diff)
				}
				if strings.TrimSpace(text) == "" {
					t.Errorf("%s %s %s is empty", lang, id, form)
				}
			}
		}
	}
}

func TestTranslated(t *testing.T) {
	for _, lang := range []string{"ru", "uk"} {
		for _, id := range messages.For(lang).IDs() {
			said := messages.For(lang).T(id, messages.Data{})
			if said == messages.For("en").T(id, messages.Data{}) {
				t.Errorf("%s %s is English: %q", lang, id, said)
			}
		}
	}
}

func TestPlurals(t *testing.T) {
	tests := []struct {
		lang  string
		count int
		want  string
	}{
		{"en", 1, "as of 1 day ago"},
		{"en", 5, "as of 5 days ago"},
		{"ru", 1, "данные 1 день назад"},
		{"ru", 3, "данные 3 дня назад"},
		{"ru", 11, "данные 11 дней назад"},
		{"ru", 21, "данные 21 день назад"},
		{"ru", 112, "данные 112 дней назад"},
		{"uk", 1, "дані 1 день тому"},
		{"uk", 24, "дані 24 дні тому"},
		{"uk", 14, "дані 14 днів тому"},
		{"uk", 0, "дані 0 днів тому"},
	}
	for _, tt := range tests {
		if got := messages.For(tt.lang).N("age.days", tt.count, nil); got != tt.want {
			t.Errorf("%s %d: %q, want %q", tt.lang, tt.count, got, tt.want)
		}
	}
}

func TestValuesAreData(t *testing.T) {
	got := messages.For("en").T("info.title", messages.Data{"Title": "{{.Phone}} <b>&"})
	if got != "Topic: {{.Phone}} <b>&" {
		t.Errorf("got %q", got)
	}
}

func TestUnknown(t *testing.T) {
	if got := messages.For("de").Language(); got != "en" {
		t.Errorf("de speaks %q", got)
	}
	if got := messages.For("ru").T("no.such", nil); got != "no.such" {
		t.Errorf("got %q", got)
	}
}

func BenchmarkT(b *testing.B) {
	p := messages.For("ru")
	b.ReportAllocs()
	for b.Loop() {
		p.T("status.closed", nil)
		p.T("info.language", messages.Data{"Language": "en"})
	}
}
