package config

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// builtinCommands and reservedCommands cannot be names of own commands: the
// first are ours, the second belong to the mirror.
func builtinCommands() []string {
	return []string{"info", "notion", "transcript", "link", "unlink", "find", "forget", "assist", "ai", "on", "off"}
}

func reservedCommands() []string {
	return []string{"hold", "wait", "close", "ban", "unban", "send", "mark", "export", "new", "help"}
}

var (
	commandName = regexp.MustCompile(`^[a-z0-9_]{1,32}$`)
	argName     = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,31}$`)
	headerName  = regexp.MustCompile("^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$")
)

// maxHelp is Telegram's limit on a command's description (BotCommand).
const maxHelp = 256

func (c *checker) lookups(list []Lookup) {
	for i, l := range list {
		path := fmt.Sprintf("lookups[%d]", i)
		if c.required(path+".name", l.Name, "a short name, shown when the lookup fails") {
			if utf8.RuneCountInString(l.Name) > 64 || strings.ContainsFunc(l.Name, unprintable) {
				c.add(path+".name", "must be one line of at most 64 characters")
			}
			if slices.ContainsFunc(list[:i], func(o Lookup) bool { return o.Name == l.Name }) {
				c.add(path+".name", "is given to two lookups; give each its own")
			}
		}
		c.request(path+".request", l.Request, lookupScope())
		if c.required(path+".show", l.Show, `what to show, as "Balance {{.Response.balance}}"`) {
			c.template(path+".show", l.Show, lookupScope("Response"))
		}
	}
}

func unprintable(r rune) bool { return !unicode.IsPrint(r) }

func (c *checker) commands(list []Command) {
	for i, cmd := range list {
		path := fmt.Sprintf("commands[%d]", i)
		c.commandName(path+".name", cmd.Name)
		if cmd.Name != "" && slices.ContainsFunc(list[:i], func(o Command) bool { return o.Name == cmd.Name }) {
			c.add(path+".name", "is given to two commands; give each its own")
		}
		if utf8.RuneCountInString(cmd.Help) > maxHelp {
			c.add(path+".help", fmt.Sprintf("is longer than %d characters, Telegram's limit; shorten it", maxHelp))
		}
		in := scope{args: c.arguments(path+".args", cmd.Args)}
		asking := commandScope(in.args)
		c.request(path+".request", cmd.Request, asking)
		if cmd.Check.IsSet() {
			c.check(path+".check", cmd.Check, asking)
		}
		c.template(path+".reply", cmd.Reply, in)
		c.template(path+".tell_customer", cmd.TellCustomer, in)
	}
}

func (c *checker) commandName(path, name string) {
	switch {
	case !c.required(path, name, "the command's name, without the slash"):
	case !commandName.MatchString(name):
		c.add(path, "must be 1–32 of a–z, 0–9 and _, without the slash")
	case slices.Contains(builtinCommands(), name):
		c.add(path, "is the name of a built-in command; choose another")
	case slices.Contains(reservedCommands(), name):
		c.add(path, "is reserved for the mirror's own command; choose another")
	}
}

// arguments checks them and returns their names, never nil.
func (c *checker) arguments(path string, args []Arg) []string {
	names := make([]string, 0, len(args))
	optional := false
	for i, a := range args {
		at := fmt.Sprintf("%s[%d]", path, i)
		switch {
		case !c.required(at+".name", a.Name, "a name for {{.Args.name}}"):
		case !argName.MatchString(a.Name):
			c.add(at+".name", "must be letters, digits and _, not starting with a digit, at most 32")
		case slices.Contains(names, a.Name):
			c.add(at+".name", "is given to two arguments; give each its own")
		}
		names = append(names, a.Name)
		c.match(at+".match", a.Match)
		if optional && !a.Optional {
			c.add(at+".optional", "an argument that must be given stands behind an optional one; optional ones go last")
		}
		optional = optional || a.Optional
	}
	return names
}

func (c *checker) match(path, pattern string) {
	re, err := regexp.Compile(pattern)
	if parse, ok := errors.AsType[*syntax.Error](err); ok {
		c.add(path, "is not a regular expression: "+string(parse.Code))
		return
	}
	if err == nil && re.NumSubexp() > 1 {
		c.add(path, "has more than one group; the group is the value: write the others as (?:…)")
	}
}

// check looks at a check; in is what its request may use. What came back is known to the
// other template alone.
func (c *checker) check(path string, k Check, in scope) {
	c.request(path+".request", k.Request, in)
	if c.required(path+".done", k.Done, "a template that gives `true` when it took effect") {
		c.template(path+".done", k.Done, scope{args: in.args, roots: append(slices.Clone(in.roots), "Response")})
	}
}

func (c *checker) request(path string, r Request, in scope) {
	if c.required(path+".url", r.URL.Reveal(), "the address to call") {
		c.requestURL(path+".url", r.URL, in)
	}
	for _, name := range slices.Sorted(maps.Keys(r.Headers)) {
		at := join(path+".headers", name)
		if !headerName.MatchString(name) {
			c.add(at, "is not the name of a header")
		}
		c.oneLine(at, r.Headers[name])
		c.template(at, r.Headers[name].Reveal(), in)
	}
	c.bodyTemplates(path+".json", r.JSON.Value(), in)
	c.signingSecret(path+".secret", r.Secret)
}

// requestURL wants scheme and host written out: were the host a template, what
// a customer is called could choose where the request goes.
func (c *checker) requestURL(path string, u URL, in scope) {
	text := u.Reveal()
	c.template(path, text, in)
	_, rest, _ := strings.Cut(text, "://")
	end := strings.IndexAny(rest, "/?#")
	if end < 0 {
		end = len(rest)
	}
	if strings.Contains(rest[:end], "{{") {
		c.add(path, "has a template in the host; write the host out, templates go behind it")
		return
	}
	c.httpURL(path, NewURL(templateAction.ReplaceAllString(text, "x")))
}

func (c *checker) bodyTemplates(path string, body any, in scope) {
	switch b := body.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(b)) {
			c.bodyTemplates(join(path, key), b[key], in)
		}
	case []any:
		for i, item := range b {
			c.bodyTemplates(fmt.Sprintf("%s[%d]", path, i), item, in)
		}
	case string:
		c.template(path, b, in)
	}
}
