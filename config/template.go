package config

import (
	"regexp"
	"slices"
	"strings"
	"text/template"
	"text/template/parse"
)

var templateAction = regexp.MustCompile(`(?s)\{\{.*?\}\}`)

// templateFields are the names a template may use, and what each holds; an empty
// list means that its parts are not fixed here.
func templateFields() map[string][]string {
	return map[string][]string{
		"Customer": {"ID", "Name", "FirstName", "LastName", "Username", "Phone", "Language"},
		"Topic":    {"GroupID", "ID", "Title", "Status"},
		"Operator": {"ID", "Name", "Username"},
		"Args":     nil,
		"Account":  nil,
		"Response": nil,
	}
}

// scope is what a template may use.
type scope struct {
	args  []string // the declared arguments; nil: any
	roots []string // of templateFields; nil: all
}

// lookupScope is that of /info, which has no arguments: the request knows who is
// asked about, and only what shows the answer knows it.
func lookupScope(more ...string) scope {
	return scope{args: []string{}, roots: append([]string{"Customer", "Topic", "Operator", "Account"}, more...)}
}

// commandScope is that of a command's request: nothing has come back yet.
func commandScope(args []string) scope {
	return scope{args: args, roots: []string{"Customer", "Topic", "Operator", "Args", "Account"}}
}

// known lists the names as a sentence does.
func (s scope) known() string {
	roots := s.roots
	if roots == nil {
		roots = []string{"Customer", "Topic", "Operator", "Args", "Account", "Response"}
	}
	last := len(roots) - 1
	return "." + strings.Join(roots[:last], ", .") + " and ." + roots[last]
}

// template parses text and checks the names in it. The parser repeats parts of the text; they are cut out.
func (c *checker) template(path, text string, in scope) {
	if !strings.Contains(text, "{{") {
		return
	}
	parsed, err := template.New("t").Option("missingkey=zero").Parse(text)
	if err != nil {
		message := strings.TrimPrefix(err.Error(), "template: t:")
		c.add(path, "is not a template: line "+quotedPart.ReplaceAllString(message, "…"))
		return
	}
	names := templateNames{scope: in}
	for _, t := range parsed.Templates() {
		if t.Tree != nil {
			names.walk(t.Root, t.Name() == "t")
		}
	}
	if names.wrong != "" {
		c.add(path, names.wrong)
	}
}

// templateNames finds the first name that stands for nothing.
type templateNames struct {
	scope
	wrong string
}

// walk visits nodes; rooted tells whether the dot is still the whole data, which
// `with`, `range` and `define` change.
func (t *templateNames) walk(node parse.Node, rooted bool) {
	switch n := node.(type) {
	case *parse.ListNode:
		if n == nil {
			return
		}
		for _, child := range n.Nodes {
			t.walk(child, rooted)
		}
	case *parse.ActionNode:
		t.pipe(n.Pipe, rooted)
	case *parse.IfNode:
		t.branch(&n.BranchNode, rooted, rooted)
	case *parse.WithNode:
		t.branch(&n.BranchNode, rooted, false)
	case *parse.RangeNode:
		t.branch(&n.BranchNode, rooted, false)
	case *parse.TemplateNode:
		t.pipe(n.Pipe, rooted)
	}
}

func (t *templateNames) branch(n *parse.BranchNode, rooted, inside bool) {
	t.pipe(n.Pipe, rooted)
	t.walk(n.List, inside)
	t.walk(n.ElseList, rooted)
}

func (t *templateNames) pipe(p *parse.PipeNode, rooted bool) {
	if p == nil {
		return
	}
	for _, command := range p.Cmds {
		for _, arg := range command.Args {
			switch a := arg.(type) {
			case *parse.FieldNode:
				if rooted {
					t.name(a.Ident)
				}
			case *parse.VariableNode:
				if a.Ident[0] == "$" && len(a.Ident) > 1 {
					t.name(a.Ident[1:])
				}
			case *parse.PipeNode:
				t.pipe(a, rooted)
			}
		}
	}
}

func (t *templateNames) name(ident []string) {
	fields := templateFields()
	parts, known := fields[ident[0]]
	switch {
	case t.wrong != "":
	case !known:
		t.wrong = "uses a name that does not exist; known are " + t.known()
	case t.roots != nil && !slices.Contains(t.roots, ident[0]):
		t.wrong = "cannot use ." + ident[0] + ", which is not known here; allowed are " + t.known()
	case len(ident) == 1:
	case ident[0] == "Args":
		if t.args != nil && !slices.Contains(t.args, ident[1]) {
			t.wrong = "uses an argument that is not declared in `args`"
		}
	case parts != nil && !slices.Contains(parts, ident[1]):
		t.wrong = "uses a part that ." + ident[0] + " does not have; it has " + strings.Join(parts, ", ")
	}
}
