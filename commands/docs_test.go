package commands_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"topicpilot/commands"
	"topicpilot/commands/messages"
	"topicpilot/topics"
)

const docs = "../docs/commands.md"

func TestReference(t *testing.T) {
	const begin, end = "<!-- generated: commands -->\n", "<!-- end -->\n"
	data, err := os.ReadFile(docs)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(data), begin)
	table, after, foundEnd := strings.Cut(rest, end)
	if !found || !foundEnd {
		t.Fatalf("%s lacks the marks of the generated part", docs)
	}
	if table == commands.Reference() {
		return
	}
	if !*update {
		t.Fatalf("%s is not what the commands say; run: go test ./commands -update", docs)
	}
	if err := os.WriteFile(docs, []byte(before+begin+commands.Reference()+end+after), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestMenu(t *testing.T) {
	long := hello("long", topics.RoleOperator)
	long.Help = strings.Repeat("ж", 300) + "\nsecond line"
	registry := newRegistry(t, append(all(commands.Parts{}), long, hello("boss", topics.RoleAdmin))...)
	names := func(items []commands.MenuItem) string {
		var out []string
		for _, item := range items {
			out = append(out, item.Name)
			if n := topics.UTF16Len(item.Description); n == 0 || n > 256 || strings.Contains(item.Description, "\n") {
				t.Errorf("/%s: description of %d characters", item.Name, n)
			}
		}
		return strings.Join(out, " ")
	}
	operators := "info notion link unlink transcript ai find assist long"
	if got := names(registry.Menu("en", topics.RoleOperator)); got != operators {
		t.Errorf("operator's menu: %s", got)
	}
	admins := "info notion link unlink transcript ai find forget assist long boss"
	if got := names(registry.Menu("en", topics.RoleAdmin)); got != admins {
		t.Errorf("admin's menu: %s", got)
	}
	if got := registry.Menu("en", topics.RoleNone); len(got) != 0 {
		t.Errorf("a stranger's menu: %v", got)
	}
	if en, uk := registry.Menu("en", topics.RoleAdmin), registry.Menu("uk", topics.RoleAdmin); en[0] == uk[0] {
		t.Error("the menu is not translated")
	}
}

var idForm = regexp.MustCompile(`^[a-z]+\.[a-z_.]+$|^usage$`)

// Every text that the code names is in the catalogues, and the catalogues hold no
// other.
func TestEveryTextIsThere(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	known := messages.For("en").IDs()
	used := map[string]bool{}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		tree, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(tree, func(n ast.Node) bool {
			literal, ok := n.(*ast.BasicLit)
			if !ok || literal.Kind != token.STRING {
				return true
			}
			if text, _ := strconv.Unquote(literal.Value); idForm.MatchString(text) {
				used[text] = true
				if !slices.Contains(known, text) {
					t.Errorf("%s: no text %q", file, text)
				}
			}
			return true
		})
	}
	for _, id := range known {
		if !used[id] {
			t.Errorf("the text %q is said nowhere", id)
		}
	}
}
