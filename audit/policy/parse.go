package policy

import (
	"errors"
	"fmt"
	"strings"

	"sekisho/audit/lists"
)

// maxSize is far above what AWS stores (Guide, reference_iam-quotas: 10,240 characters) and bounds the time for a file
// that is no policy.
const maxSize = 8 << 20

// Parse reads a policy document of the kind given. It refuses, with a *ParseError, what AWS would refuse: the grammar
// is that of Guide, reference_policies_grammar; element names and the value of Effect are case-sensitive (IAM answers a
// lower-case one with "Unknown field statement"), names of operators are not.
//
// An Id is taken in any policy: the grammar keeps it for resource policies, but IAM stores it in others too.
func Parse(name string, kind Kind, data []byte) (*Document, error) {
	return ParseText(name, kind, string(data))
}

// ParseText is Parse of a text, of which the document keeps what it says, as it is.
func ParseText(name string, kind Kind, text string) (*Document, error) {
	p := newParser(name, kind, text)
	if err := p.size(); err != nil {
		return nil, err
	}
	d, err := p.document()
	if err == nil {
		err = p.end()
	}
	if err != nil {
		return nil, p.complete(err)
	}
	d.Statements = lists.Exact(d.Statements)
	d.compile()
	return d, nil
}

// parser reads one document. Where it stands in it, errors need.
type parser struct {
	scanner
	name      string
	kind      Kind
	statement int
	start     scanner // at the statement's beginning
	sids      map[string]bool
	element   string
}

func newParser(name string, kind Kind, text string) *parser {
	return &parser{scanner: newScanner(text), name: name, kind: kind, sids: map[string]bool{}}
}

// refuse makes an error at a place.
func (p *parser) refuse(pos Position, format string, args ...any) error {
	return p.complete(&scanError{pos, fmt.Sprintf(format, args...)})
}

// complete adds to a scanner's error where in the policy it is. The Sid may stand behind the error, so it is looked
// for.
func (p *parser) complete(err error) error {
	var fault *scanError
	if !errors.As(err, &fault) {
		return err
	}
	e := &ParseError{Name: p.name, Pos: fault.pos, Statement: p.statement, Element: p.element, Reason: fault.reason}
	if p.statement > 0 {
		s := p.start
		_ = s.object(func(key string, _ Position) error {
			if key == "Sid" && s.peek() == '"' {
				e.Sid, _ = s.str()
				return nil
			}
			return s.skip()
		})
	}
	return e
}

func (p *parser) end() error {
	if p.peek() != 0 {
		return p.refuse(p.pos(), "got %s after the document, want its end", p.found())
	}
	return nil
}

func (p *parser) document() (*Document, error) {
	d := &Document{Name: p.name, Kind: p.kind}
	p.peek()
	start := p.pos()
	statements := false
	err := p.object(func(key string, pos Position) (err error) {
		p.element = key
		switch key {
		case "Version":
			p.peek()
			pos = p.pos()
			if d.Version, err = p.str(); err == nil && d.Version != variablesVersion && d.Version != "2008-10-17" {
				err = p.refuse(pos, `got %s, want "2012-10-17" or "2008-10-17"`, quote(d.Version))
			}
		case "Id":
			d.ID, err = p.str()
		case "Statement":
			statements = true
			err = p.statements(d)
		default:
			p.element = ""
			err = p.refuse(pos, "unknown element %s, want Version, Id or Statement", quote(key))
		}
		if err == nil {
			p.element = ""
		}
		return err
	})
	if err == nil && !statements {
		err = p.refuse(start, "Statement is missing")
	}
	return d, err
}

func (p *parser) statements(d *Document) error {
	one := func() error {
		p.peek()
		p.statement, p.start, p.element = len(d.Statements)+1, p.scanner, ""
		if p.peek() != '{' {
			return p.refuse(p.pos(), "got %s, want an object", p.found())
		}
		s, err := p.readStatement()
		if err != nil {
			return err
		}
		d.Statements = append(d.Statements, s)
		p.statement = 0
		return nil
	}
	switch p.peek() {
	case '{':
		return one()
	case '[':
	default:
		return p.refuse(p.pos(), "got %s, want an object or a list of objects", p.found())
	}
	pos := p.pos()
	err := p.list(one)
	if err == nil && len(d.Statements) == 0 {
		p.element = "Statement"
		err = p.refuse(pos, "got an empty list, want a statement at least")
	}
	return err
}

func (p *parser) readStatement() (Statement, error) {
	s := Statement{Policy: p.name, Index: p.statement, Pos: p.pos()}
	err := p.object(func(key string, pos Position) (err error) {
		p.element = key
		p.peek()
		value := p.pos()
		switch key {
		case "Sid":
			s.Sid, err = p.sid()
		case "Effect":
			s.Effect, err = p.effect()
		case "Action", "NotAction":
			if s.Actions != nil {
				return p.refuse(pos, "got both Action and NotAction, want one of them")
			}
			s.NotAction = key == "NotAction"
			s.Actions, err = p.strings(checkAction)
		case "Resource", "NotResource":
			switch {
			case p.kind == Trust:
				return p.refuse(pos, "not allowed in a trust policy")
			case s.Resources != nil:
				return p.refuse(pos, "got both Resource and NotResource, want one of them")
			}
			s.NotResource = key == "NotResource"
			s.Resources, err = p.strings(p.checkResource)
		case "Principal", "NotPrincipal":
			switch {
			case !p.kind.hasPrincipals():
				return p.refuse(pos, "not allowed in %s %s: it applies to whom it is attached to", article(p.kind), p.kind)
			case key == "NotPrincipal" && (p.kind == Trust || p.kind == RCP):
				return p.refuse(pos, "not allowed in a %s", p.kind)
			case s.Principals != nil:
				return p.refuse(pos, "got both Principal and NotPrincipal, want one of them")
			}
			s.NotPrincipal = key == "NotPrincipal"
			if s.Principals, err = p.principals(); err == nil && len(s.Principals) == 0 {
				err = p.refuse(value, "names no principal")
			}
			if err == nil && p.kind == RCP && !s.Principals[0].everyone() {
				err = p.refuse(value, `got some principals, want "*": a resource control policy is for everyone`)
			}
		case "Condition":
			s.Conditions, err = p.conditions()
		default:
			p.element = ""
			return p.refuse(pos, "unknown element %s", quote(key))
		}
		if err == nil {
			p.element = ""
		}
		return err
	})
	if err != nil {
		return s, err
	}
	switch {
	case s.Effect == 0:
		err = p.refuse(s.Pos, "Effect is missing")
	case s.Actions == nil:
		err = p.refuse(s.Pos, "Action or NotAction is missing")
	case s.Resources == nil && !p.kind.hasPrincipals():
		err = p.refuse(s.Pos, "Resource or NotResource is missing")
	case s.Principals == nil && p.kind.hasPrincipals():
		err = p.refuse(s.Pos, "Principal is missing")
	case p.kind == RCP && s.Effect == Allow && !s.allowsAll():
		err = p.refuse(s.Pos, "got Allow, want Deny: but for RCPFullAWSAccess a resource control policy only denies")
	}
	s.Actions, s.Resources = lists.Exact(s.Actions), lists.Exact(s.Resources)
	s.Principals, s.Conditions = lists.Exact(s.Principals), lists.Exact(s.Conditions)
	return s, err
}

// allowsAll reports whether it is the statement of RCPFullAWSAccess, the one resource control policy that may allow
// (Organizations, orgs_manage_policies_rcps_syntax).
func (s *Statement) allowsAll() bool {
	every := func(list []string) bool { return len(list) == 1 && list[0] == "*" }
	return !s.NotAction && !s.NotResource && every(s.Actions) && (s.Resources == nil || every(s.Resources)) && len(s.Conditions) == 0
}

// sid reads a statement's ID. In IAM it has letters and digits only and is unique in its policy (IAM: "Statement IDs
// (SID) must be alpha-numeric", "Statement IDs (SID) in a single policy must be unique"); other services allow more
// characters.
func (p *parser) sid() (string, error) {
	pos := p.pos()
	sid, err := p.str()
	if err != nil || sid == "" {
		return sid, err
	}
	if p.kind != Resource && p.kind != SCP && p.kind != RCP && strings.Trim(sid, alphanumeric) != "" {
		return sid, p.refuse(pos, "got %s, want letters and digits only", quote(sid))
	}
	if p.sids[sid] {
		return sid, p.refuse(pos, "another statement has the same")
	}
	p.sids[sid] = true
	return sid, nil
}

func (p *parser) effect() (Effect, error) {
	pos := p.pos()
	text, err := p.str()
	switch {
	case err != nil:
		return 0, err
	case text == "Allow":
		return Allow, nil
	case text == "Deny":
		return Deny, nil
	}
	return 0, p.refuse(pos, "got %s, want Allow or Deny", quote(text))
}

// strings reads a string or a list of strings, none of which check complains of. An empty list is refused
// (IAM: "Policy statement must contain actions", "… resources").
func (p *parser) strings(check func(string) string) ([]string, error) {
	var out []string
	one := func() error {
		if p.peek() != '"' {
			return p.refuse(p.pos(), "got %s, want a string or a list of strings", p.found())
		}
		pos := p.pos()
		text, err := p.str()
		if err != nil {
			return err
		}
		if fault := check(text); fault != "" {
			return p.refuse(pos, "%s %s", quote(text), fault)
		}
		out = append(out, text)
		return nil
	}
	p.peek()
	pos := p.pos()
	err := p.oneOrList(one)
	if err == nil && len(out) == 0 {
		err = p.refuse(pos, "got an empty list, want a string at least")
	}
	return out, err
}

// principals reads "*" or lists by type. A * stands for everyone, never for a part of a name (Guide,
// reference_policies_elements_principal).
func (p *parser) principals() ([]Principal, error) {
	if p.peek() == '"' {
		pos := p.pos()
		text, err := p.str()
		if err == nil && text != "*" {
			err = p.refuse(pos, `got %s, want "*" or an object`, quote(text))
		}
		return []Principal{{"*", "*"}}, err
	}
	if p.peek() != '{' {
		return nil, p.refuse(p.pos(), `got %s, want "*" or an object`, p.found())
	}
	var out []Principal
	err := p.object(func(key string, pos Position) error {
		switch key {
		case "AWS", "Service", "Federated", "CanonicalUser":
		default:
			return p.refuse(pos, "unknown type %s, want AWS, Service, Federated or CanonicalUser", quote(key))
		}
		values, err := p.strings(func(s string) string {
			switch {
			case s == "":
				return "is no principal"
			case s != "*" && strings.ContainsAny(s, "*?"):
				return `has a wildcard in it, want a whole name or "*"`
			}
			return ""
		})
		for _, v := range values {
			out = append(out, Principal{key, v})
		}
		return err
	})
	return out, err
}

func (p *parser) conditions() ([]Condition, error) {
	var out []Condition
	operators := map[string]bool{}
	err := p.object(func(name string, pos Position) error {
		form, fault := readOperator(name)
		if fault != "" {
			return p.refuse(pos, "%s", fault)
		}
		if full := form.OperatorName(); operators[full] {
			return p.refuse(pos, "operator %s is there twice", full)
		} else {
			operators[full] = true
		}
		keys := map[string]bool{}
		return p.object(func(key string, pos Position) (err error) {
			lower := strings.ToLower(key)
			switch {
			case !strings.Contains(key, ":"):
				return p.refuse(pos, `key %s has no service prefix, want "service:key" or "aws:key"`, quote(key))
			case keys[lower]:
				return p.refuse(pos, "key %s is there twice under %s, in different case", quote(key), form.OperatorName())
			}
			keys[lower] = true
			c := form
			c.Key, c.Pos = key, pos
			if c.Values, err = p.values(); err != nil {
				return err
			}
			c.Values = lists.Exact(c.Values)
			out = append(out, c)
			return nil
		})
	})
	return out, err
}

// values reads a condition's values; none at all is legal, and matches as no value would.
func (p *parser) values() ([]string, error) {
	out := []string{}
	one := func() error {
		switch found := p.found(); found {
		case "a string", "a number", "a boolean":
			text, err := p.scalar()
			out = append(out, text)
			return err
		default:
			return p.refuse(p.pos(), "got %s, want strings, numbers or booleans", found)
		}
	}
	err := p.oneOrList(one)
	return out, err
}

func article(k Kind) string {
	if k == Identity {
		return "an"
	}
	return "a"
}
