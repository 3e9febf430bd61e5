package policy

import (
	"errors"
	"net/url"
	"strings"
)

// ParseAny reads a document as Parse does, or one inside of what the AWS command prints for get-policy-version,
// get-user-policy, get-group-policy and get-role-policy, there as an object or as URL-encoded text, or organizations
// describe-policy, there as text. The answer of get-role gives the role's trust policy, whatever kind was asked for.
func ParseAny(name string, kind Kind, data []byte) (*Document, error) {
	p := newParser(name, kind, string(data))
	if err := p.size(); err != nil {
		return nil, err
	}
	inner, err := p.unwrap(0)
	if err == nil {
		err = p.end()
	}
	if err != nil && inner == nil {
		// Read as a policy the fault may have a statement and an element.
		var fault *ParseError
		if _, asPolicy := Parse(name, kind, data); errors.As(asPolicy, &fault) && fault.Statement > 0 {
			return nil, fault
		}
	}
	if err != nil {
		return nil, p.complete(err)
	}
	if inner == nil {
		return Parse(name, kind, data)
	}
	if inner.peek() == '"' {
		text, err := inner.str()
		if err != nil {
			return nil, p.complete(err)
		}
		if !strings.HasPrefix(strings.TrimSpace(text), "{") {
			if text, err = url.PathUnescape(text); err != nil {
				return nil, &ParseError{Name: name, Pos: inner.pos(), Reason: "document is neither JSON nor URL-encoded JSON"}
			}
		}
		return Parse(name, p.kind, []byte(text))
	}
	q := &parser{scanner: *inner, name: name, kind: p.kind, sids: map[string]bool{}}
	q.depth = 0
	d, err := q.document()
	if err != nil {
		return nil, q.complete(err)
	}
	d.compile()
	return d, nil
}

// unwrap looks for a document in an answer of AWS and returns a scanner at it, or nil if there is none.
func (p *parser) unwrap(level int) (inner *scanner, err error) {
	switch p.peek() {
	case '{':
	case 0:
		return nil, p.fail("got the end of the document, want an object")
	default:
		return nil, p.skip()
	}
	err = p.object(func(key string, _ Position) error {
		p.peek()
		switch key {
		case "Document", "PolicyDocument", "AssumeRolePolicyDocument", "Content":
			if inner == nil {
				here := p.scanner
				inner = &here
				if key == "AssumeRolePolicyDocument" {
					p.kind = Trust
				}
			}
		case "PolicyVersion", "Role", "Policy":
			if level == 0 && p.peek() == '{' {
				found, err := p.unwrap(level + 1)
				if found != nil {
					inner = found
				}
				return err
			}
		}
		return p.skip()
	})
	return inner, err
}
