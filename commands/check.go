package commands

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// CheckSpec asks an outside system whether something is so: whether a request took
// effect, whether an account exists.
type CheckSpec struct {
	Request RequestSpec
	// Done is a template that gives "true" if it is so.
	Done string
}

// check is a compiled CheckSpec.
type check struct {
	request *request
	done    *template
}

func compileCheck(path string, spec CheckSpec, args []string) (*check, error) {
	request, err := compileRequest(path+".request", spec.Request, requestRoots(args))
	done, doneErr := compileTemplate(spec.Done, placeText, answerRoots(args))
	switch {
	case doneErr != nil:
		doneErr = fmt.Errorf("%s.done: %w", path, doneErr)
	case strings.TrimSpace(spec.Done) == "":
		doneErr = fmt.Errorf("%s.done: want a template that gives true when it is so", path)
	}
	if err := errors.Join(err, doneErr); err != nil {
		return nil, err
	}
	return &check{request: request, done: done}, nil
}

// uses reports whether a template of the check uses the root; c may be nil.
func (c *check) uses(root string) bool {
	return c != nil && (c.request.used[root] || c.done.used[root])
}

// ask sends the check's request, and puts its answer into values as Response. Errors are
// *callError.
func (c *check) ask(ctx context.Context, caller *Caller, values map[string]any, id string) (bool, error) {
	prepared, err := c.request.prepare(values, id)
	if err != nil {
		return false, &callError{Class: faultInvalid, Err: err}
	}
	answer, err := caller.do(ctx, prepared)
	if err != nil {
		return false, err
	}
	if _, text := answer.(string); text && c.done.deep["Response"] {
		return false, &callError{Class: faultUnreadable, Err: errNotJSON}
	}
	values["Response"] = answer
	done, err := c.done.render(values)
	if err != nil {
		return false, &callError{Class: faultUnreadable, Err: err}
	}
	return strings.TrimSpace(done) == "true", nil
}
