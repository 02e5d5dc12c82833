package commands

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	texttemplate "text/template"
	"text/template/parse"
)

// maxRendered bounds what one template of the settings may produce, in bytes.
const maxRendered = 64 << 10

// placing is what a template's values are placed into, and so how they are escaped.
type placing int

const (
	placeText placing = iota
	// placeShown is a text for a message; see shownText.
	placeShown
	placeURL
	// placeValue gives the value itself, with its type, instead of text.
	placeValue
)

// roots are the names that a template may use, each with its fields; nil for any.
type roots map[string][]string

// template is one compiled template of the settings. It may be used concurrently.
//
// Templates are text/template with three differences: a missing field is empty instead
// of "<no value>" or an error, values are escaped for where they stand, and a name that
// does not exist is found at start.
type template struct {
	// literal is the text of a template without actions.
	literal string
	tmpl    *texttemplate.Template
	// used holds the roots that occur; deep those of which a field is taken.
	used, deep map[string]bool
}

var (
	errTemplate = errors.New("template not understood")
	errTooLong  = errors.New("template gives too much")
)

// compileTemplate compiles a template. Errors name what is wrong without quoting the
// template, which may hold a secret that the settings took from the environment.
func compileTemplate(src string, place placing, allowed roots) (*template, error) {
	t := &template{literal: src, used: map[string]bool{}, deep: map[string]bool{}}
	w := &rewriter{template: t, place: place, allowed: allowed}
	if !strings.Contains(src, "{{") {
		t.literal = w.text(src)
		return t, w.finish()
	}
	tmpl, err := texttemplate.New("").Funcs(templateFuncs()).Parse(src)
	if err != nil {
		return nil, fmt.Errorf("%w: check the part within {{ }}", errTemplate)
	}
	if len(tmpl.Templates()) > 1 {
		return nil, fmt.Errorf("%w: no define or block here", errTemplate)
	}
	t.literal = ""
	if tmpl.Tree == nil || tmpl.Root == nil || len(tmpl.Root.Nodes) == 0 {
		return t, nil
	}
	if place == placeValue && !singleAction(tmpl.Root) {
		w.place = placeText
	}
	if err := w.list(tmpl.Root, true); err != nil {
		return nil, err
	}
	t.tmpl = tmpl
	return t, w.finish()
}

// singleAction reports whether a template is exactly one action that prints a value.
func singleAction(root *parse.ListNode) bool {
	if len(root.Nodes) != 1 {
		return false
	}
	action, ok := root.Nodes[0].(*parse.ActionNode)
	return ok && len(action.Pipe.Decl) == 0
}

// render gives the text of the template.
func (t *template) render(values map[string]any) (string, error) {
	if t.tmpl == nil {
		return t.literal, nil
	}
	text, _, err := t.execute(values)
	return text, err
}

// renderWhole is render, and reports whether all parts of .Response that were asked for
// are there.
func (t *template) renderWhole(values map[string]any) (text string, whole bool, err error) {
	if t.tmpl == nil {
		return t.literal, true, nil
	}
	text, root, err := t.execute(values)
	if err != nil {
		return "", false, err
	}
	return text, !root.lacks, nil
}

// value gives the value of a template that is exactly one action, the text of others.
func (t *template) value(values map[string]any) (any, error) {
	if t.tmpl == nil {
		return t.literal, nil
	}
	text, root, err := t.execute(values)
	if err != nil {
		return nil, err
	}
	if root.kept {
		return root.value, nil
	}
	return text, nil
}

func (t *template) execute(values map[string]any) (string, *scope, error) {
	root := &scope{values: values}
	out := &boundedBuilder{limit: maxRendered}
	if err := t.tmpl.Execute(out, root); err != nil {
		// The error of text/template quotes values: it goes no further.
		for _, ours := range []error{errTooLong, errValue} {
			if errors.Is(err, ours) {
				return "", nil, ours
			}
		}
		return "", nil, fmt.Errorf("%w with these values", errTemplate)
	}
	return out.String(), root, nil
}

// scope is what {{.}} is at the top of a template.
type scope struct {
	values map[string]any
	kept   bool
	value  any
	// lacks tells that a part of the answer was asked for which is not there.
	lacks bool
}

type boundedBuilder struct {
	strings.Builder
	limit int
}

func (b *boundedBuilder) Write(p []byte) (int, error) {
	if b.Len()+len(p) > b.limit {
		return 0, errTooLong
	}
	return b.Builder.Write(p)
}

// The functions that the rewriter puts into templates.
const (
	funcField = "_field"
	funcText  = "_text"
	funcShown = "_shown"
	funcPath  = "_path"
	funcQuery = "_query"
	funcKeep  = "_keep"
	funcList  = "_list"
)

// rewriter walks a parsed template: fields become calls of funcField, each printing
// action gets the escaper of its place. html/template works the same way.
type rewriter struct {
	template *template
	place    placing
	allowed  roots
	url      urlState
}

func (w *rewriter) finish() error {
	if w.place == placeURL {
		return w.url.finish()
	}
	return nil
}

// text gives fixed text as it is used at this place.
func (w *rewriter) text(s string) string {
	switch w.place {
	case placeURL:
		w.url.advance(s)
	case placeShown:
		return stripLines(s)
	case placeText, placeValue:
	}
	return s
}

// list walks nodes; atRoot tells that dot is the template's own.
func (w *rewriter) list(list *parse.ListNode, atRoot bool) error {
	if list == nil {
		return nil
	}
	for _, node := range list.Nodes {
		if err := w.node(node, atRoot); err != nil {
			return err
		}
	}
	return nil
}

func (w *rewriter) node(node parse.Node, atRoot bool) error {
	switch n := node.(type) {
	case *parse.TextNode:
		n.Text = []byte(w.text(string(n.Text)))
	case *parse.ActionNode:
		if err := w.pipe(n.Pipe, atRoot); err != nil {
			return err
		}
		if len(n.Pipe.Decl) == 0 {
			return w.escape(n.Pipe)
		}
	case *parse.IfNode:
		return w.branch(&n.BranchNode, atRoot, atRoot)
	case *parse.WithNode:
		return w.branch(&n.BranchNode, atRoot, false)
	case *parse.RangeNode:
		err := w.branch(&n.BranchNode, atRoot, false)
		n.Pipe.Cmds = append(n.Pipe.Cmds, callOf(funcList))
		return err
	case *parse.CommentNode, *parse.BreakNode, *parse.ContinueNode:
	default:
		return fmt.Errorf("%w: no template, define or block here", errTemplate)
	}
	return nil
}

// branch walks if, with and range. A URL must be in the same part after each way.
func (w *rewriter) branch(n *parse.BranchNode, atRoot, listAtRoot bool) error {
	if err := w.pipe(n.Pipe, atRoot); err != nil {
		return err
	}
	before := w.url
	if err := w.list(n.List, listAtRoot); err != nil {
		return err
	}
	after := w.url
	w.url = before
	if err := w.list(n.ElseList, atRoot); err != nil {
		return err
	}
	if after.part != w.url.part {
		return fmt.Errorf("%w: an {{if}} must not hold the start of a URL or of its query", errTemplate)
	}
	return nil
}

// escape appends the escaper of the place to a printing action.
func (w *rewriter) escape(pipe *parse.PipeNode) error {
	escaper := callOf(funcText)
	switch w.place {
	case placeURL:
		name, err := w.url.action()
		if err != nil {
			return err
		}
		escaper = callOf(name)
		if name == funcPath {
			escaper = callOf(name, rootNode())
		}
	case placeValue:
		escaper = callOf(funcKeep, rootNode())
	case placeShown:
		escaper = callOf(funcShown)
	case placeText:
	}
	pipe.Cmds = append(pipe.Cmds, escaper)
	return nil
}

// rootNode is the template's own values, which are the first argument of some functions.
func rootNode() parse.Node {
	return &parse.VariableNode{NodeType: parse.NodeVariable, Ident: []string{"$"}}
}

// callOf is a call of a function in a pipeline.
func callOf(name string, args ...parse.Node) *parse.CommandNode {
	return &parse.CommandNode{
		NodeType: parse.NodeCommand,
		Args:     append([]parse.Node{parse.NewIdentifier(name)}, args...),
	}
}

func (w *rewriter) pipe(pipe *parse.PipeNode, atRoot bool) error {
	for c, command := range pipe.Cmds {
		_, function := command.Args[0].(*parse.IdentifierNode)
		if !function && (c > 0 || len(command.Args) > 1) {
			return fmt.Errorf("%w: only functions take arguments", errTemplate)
		}
		for i, arg := range command.Args {
			replaced, err := w.arg(arg, atRoot)
			if err != nil {
				return err
			}
			command.Args[i] = replaced
		}
	}
	return nil
}

func (w *rewriter) arg(node parse.Node, atRoot bool) (parse.Node, error) {
	switch n := node.(type) {
	case *parse.FieldNode:
		if atRoot {
			if err := w.root(n.Ident); err != nil {
				return nil, err
			}
		}
		return fieldCall(&parse.DotNode{NodeType: parse.NodeDot}, n.Ident), nil
	case *parse.VariableNode:
		if n.Ident[0] == "$" {
			if err := w.root(n.Ident[1:]); err != nil {
				return nil, err
			}
		}
		if len(n.Ident) == 1 {
			return n, nil
		}
		base := &parse.VariableNode{NodeType: parse.NodeVariable, Ident: n.Ident[:1]}
		return fieldCall(base, n.Ident[1:]), nil
	case *parse.ChainNode:
		base, err := w.arg(n.Node, atRoot)
		if err != nil {
			return nil, err
		}
		return fieldCall(base, n.Field), nil
	case *parse.PipeNode:
		return n, w.pipe(n, atRoot)
	case *parse.DotNode:
		if atRoot {
			return nil, w.root(nil)
		}
	}
	return node, nil
}

// root checks a path that begins at the top: its name, and its field where the fields
// are known.
func (w *rewriter) root(path []string) error {
	if len(path) == 0 {
		return fmt.Errorf("%w: {{.}} alone says nothing here", errTemplate)
	}
	fields, ok := w.allowed[path[0]]
	if !ok {
		return fmt.Errorf("%w: there is no .%s here", errTemplate, path[0])
	}
	w.template.used[path[0]] = true
	if len(path) == 1 {
		return nil
	}
	w.template.deep[path[0]] = true
	if fields != nil && (len(path) > 2 || !slices.Contains(fields, path[1])) {
		return fmt.Errorf("%w: there is no .%s here", errTemplate, strings.Join(path, "."))
	}
	return nil
}

// fieldCall is (_field base "A" "B").
func fieldCall(base parse.Node, path []string) parse.Node {
	args := []parse.Node{base}
	for _, name := range path {
		args = append(args, &parse.StringNode{NodeType: parse.NodeString, Quoted: fmt.Sprintf("%q", name), Text: name})
	}
	return &parse.PipeNode{NodeType: parse.NodePipe, Cmds: []*parse.CommandNode{callOf(funcField, args...)}}
}
