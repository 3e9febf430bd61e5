package policy

import (
	"errors"
	"strings"
)

// IsAction reports whether a text names one action, as a request does: "s3:GetObject".
func IsAction(text string) bool {
	service, name, ok := strings.Cut(text, ":")
	return ok && service != "" && name != "" && !strings.ContainsAny(text, "*? \t") && !strings.Contains(name, ":")
}

// ReadRequest reads a request from JSON:
//
//	{"action": "s3:GetObject", "resource": "arn:aws:s3:::bucket/key", "context": {"aws:SourceIp": "192.0.2.1"}}
//
// The resource is * where there is none. Values of context keys are strings, numbers, booleans, or lists of them, which
// make a key multivalued; they win over what base says of a key. Errors are a *ParseError without a name, and nothing
// is overlooked: neither a member that a request doesn't have nor a key that is there twice, in whatever case.
func ReadRequest(text string, base *Context) (Request, error) {
	r := requestReader{scanner: newScanner(text), base: base}
	err := r.read()
	var fault *scanError
	if errors.As(err, &fault) {
		err = &ParseError{Pos: fault.pos, Element: r.element, Reason: fault.reason}
	}
	return r.request, err
}

type requestReader struct {
	scanner
	base    *Context
	request Request
	element string
}

func (r *requestReader) read() error {
	r.peek()
	start := r.pos()
	err := r.object(func(key string, pos Position) (err error) {
		r.element = key
		r.peek()
		switch value := r.pos(); key {
		case "action":
			if r.request.Action, err = r.str(); err == nil && !IsAction(r.request.Action) {
				err = &scanError{value, "got " + quote(r.request.Action) + ", want one action, such as s3:GetObject"}
			}
		case "resource":
			r.request.Resource, err = r.str()
		case "context":
			err = r.context()
		default:
			r.element = ""
			return &scanError{pos, "unknown member " + quote(key) + ", want action, resource or context"}
		}
		if err == nil {
			r.element = ""
		}
		return err
	})
	switch {
	case err != nil:
		return err
	case r.peek() != 0:
		return r.fail("got %s after the request, want its end", r.found())
	case r.request.Action == "":
		return &scanError{start, "action is missing"}
	case r.request.Context == nil:
		r.request.Context = r.base
	}
	return nil
}

// context reads the keys, and adds those of base that aren't among them.
func (r *requestReader) context() error {
	ctx := &Context{keys: make(map[string]contextEntry, 8)}
	err := r.object(func(key string, pos Position) (err error) {
		r.peek()
		lower := strings.ToLower(key)
		if _, twice := ctx.keys[lower]; twice {
			return &scanError{pos, "key " + quote(key) + " is there twice, in different case"}
		}
		if !strings.Contains(key, ":") {
			return &scanError{pos, "key " + quote(key) + ` has no prefix, want "service:key" or "aws:key"`}
		}
		entry := contextEntry{state: Present, list: r.peek() == '['}
		err = r.oneOrList(func() error {
			value, err := r.scalar()
			entry.values = append(entry.values, value)
			return err
		})
		ctx.keys[lower] = entry
		return err
	})
	if r.base != nil {
		ctx = r.base.With(ctx)
	}
	r.request.Context = ctx
	return err
}
