package policy

import (
	"bytes"
	"encoding/json"
	"strconv"
)

// Kind says where a document is attached; the grammar and the evaluation differ by it.
type Kind int

// The kinds of policy documents.
const (
	Identity Kind = iota // of a user, group or role: no principals
	Boundary             // a permissions boundary: written like an identity policy, it only narrows
	SCP                  // a service control policy of AWS Organizations: written like an identity policy, it only narrows
	Resource             // of a resource (bucket, queue, key): principals and resources
	Trust                // of a role, who may assume it: principals and no resources
	Session              // given when a session was made: written like an identity policy, it only narrows
	RCP                  // a resource control policy of AWS Organizations: written like a resource's, of everyone, it only denies
)

var kindNames = [...]string{"identity policy", "permissions boundary", "service control policy", "resource policy", "trust policy", "session policy", "resource control policy"}

// String names the kind for messages.
func (k Kind) String() string {
	if k < 0 || int(k) >= len(kindNames) {
		return "Kind(" + strconv.Itoa(int(k)) + ")"
	}
	return kindNames[k]
}

// hasPrincipals reports whether statements of the kind name principals: those that do must, the others must not.
func (k Kind) hasPrincipals() bool { return k == Resource || k == Trust || k == RCP }

// Effect is what a matching statement does: Allow or Deny. The zero value is neither.
type Effect uint8

// The effects.
const (
	Allow Effect = iota + 1
	Deny
)

// String returns the effect as policies spell it.
func (e Effect) String() string {
	switch e {
	case Allow:
		return "Allow"
	case Deny:
		return "Deny"
	}
	return "Effect(" + strconv.Itoa(int(e)) + ")"
}

// Position is a place in a document's text; line and column count from 1, columns in bytes.
// The zero value is no place.
type Position struct {
	Line, Column int
}

// String returns "line:column".
func (p Position) String() string { return strconv.Itoa(p.Line) + ":" + strconv.Itoa(p.Column) }

// Document is one parsed policy. It is immutable after Parse and may be shared between goroutines.
type Document struct {
	Name       string // file name or policy name, used in references
	Kind       Kind
	Version    string // "2012-10-17", "2008-10-17", or empty, which AWS reads as the latter
	ID         string
	Statements []Statement
}

// Statement is one statement of a policy, with its lists as written. One that came from Parse is matched as it was
// then: changes to it, or to a copy of it, don't show.
type Statement struct {
	Policy string // the document's Name
	Index  int    // position in the document, from 1
	Sid    string
	Effect Effect

	Actions   []string
	NotAction bool // Actions came as NotAction

	Resources   []string // empty in trust policies
	NotResource bool     // Resources came as NotResource

	Principals   []Principal // nil where the kind has none
	NotPrincipal bool        // Principals came as NotPrincipal

	Conditions []Condition
	Pos        Position // of the statement's opening brace

	compiled *compiledStatement // made by Parse; nil in a statement built by hand
}

// Ref names the statement as messages do: "policy.json#AllowRead", or "policy.json#2" without a Sid.
func (s *Statement) Ref() string {
	if s.compiled != nil {
		return s.compiled.ref
	}
	if s.Sid != "" {
		return s.Policy + "#" + s.Sid
	}
	return s.Policy + "#" + strconv.Itoa(s.Index)
}

// Principal is one principal of a statement.
type Principal struct {
	Type  string // AWS, Service, Federated, CanonicalUser; "*" for the bare string "*"
	Value string // ARN, account ID, service name, canonical ID or "*"
}

// Quantifier is a set operator in front of a condition operator.
type Quantifier uint8

// The set operators.
const (
	NoQuantifier Quantifier = iota
	ForAllValues
	ForAnyValue
)

// String returns the prefix without its colon, or "".
func (q Quantifier) String() string {
	return [...]string{NoQuantifier: "", ForAllValues: "ForAllValues", ForAnyValue: "ForAnyValue"}[q]
}

// Condition is one operator, key and list of values of a statement's condition block.
// All conditions of a statement must hold; one value suffices for a condition (for a negated
// operator: none of the values may match).
type Condition struct {
	Operator   string // base operator in AWS's spelling: "StringEquals", "Bool", "Null", …
	IfExists   bool
	Quantifier Quantifier
	Key        string   // as written; names of keys are case-insensitive
	Values     []string // true, false and numbers as their text
	Pos        Position // of the key

	compiled *compiledCondition
}

// OperatorName returns the whole operator: "ForAnyValue:StringLikeIfExists".
func (c *Condition) OperatorName() string {
	name := c.Operator
	if c.Quantifier != NoQuantifier {
		name = c.Quantifier.String() + ":" + name
	}
	if c.IfExists {
		name += "IfExists"
	}
	return name
}

// MarshalJSON writes the document in a canonical form, which Parse reads back to the same Document
// save for positions: elements in AWS's usual order, every list as a list, every condition value as a string.
func (d Document) MarshalJSON() ([]byte, error) {
	var b jsonWriter
	b.WriteByte('{')
	if d.Version != "" {
		b.member("Version", d.Version)
	}
	if d.ID != "" {
		b.member("Id", d.ID)
	}
	b.key("Statement")
	b.WriteByte('[')
	for i := range d.Statements {
		b.separate()
		d.Statements[i].marshal(&b)
	}
	b.WriteByte(']')
	b.WriteByte('}')
	return b.Bytes(), nil
}

func (s *Statement) marshal(b *jsonWriter) {
	b.WriteByte('{')
	if s.Sid != "" {
		b.member("Sid", s.Sid)
	}
	b.member("Effect", s.Effect.String())
	if len(s.Principals) > 0 {
		b.key(either(s.NotPrincipal, "NotPrincipal", "Principal"))
		marshalPrincipals(b, s.Principals)
	}
	b.member(either(s.NotAction, "NotAction", "Action"), s.Actions)
	if len(s.Resources) > 0 {
		b.member(either(s.NotResource, "NotResource", "Resource"), s.Resources)
	}
	if len(s.Conditions) > 0 {
		b.key("Condition")
		b.WriteByte('{')
		for i, c := range s.Conditions {
			if i == 0 || c.OperatorName() != s.Conditions[i-1].OperatorName() {
				b.key(c.OperatorName())
				b.WriteByte('{')
			}
			b.member(c.Key, c.Values)
			if i == len(s.Conditions)-1 || c.OperatorName() != s.Conditions[i+1].OperatorName() {
				b.WriteByte('}')
			}
		}
		b.WriteByte('}')
	}
	b.WriteByte('}')
}

// marshalPrincipals writes "*" or lists by type.
func marshalPrincipals(b *jsonWriter, ps []Principal) {
	if ps[0].Type == "*" {
		b.value("*")
		return
	}
	b.WriteByte('{')
	for i := 0; i < len(ps); {
		var values []string
		kind := ps[i].Type
		for ; i < len(ps) && ps[i].Type == kind; i++ {
			values = append(values, ps[i].Value)
		}
		b.member(kind, values)
	}
	b.WriteByte('}')
}

func either(negated bool, not, plain string) string {
	if negated {
		return not
	}
	return plain
}

// jsonWriter writes JSON with members in the order given, which encoding/json's maps don't keep.
type jsonWriter struct {
	bytes.Buffer
}

// separate writes a comma unless it comes first.
func (w *jsonWriter) separate() {
	if b := w.Bytes(); len(b) > 0 && b[len(b)-1] != '{' && b[len(b)-1] != '[' {
		w.WriteByte(',')
	}
}

func (w *jsonWriter) key(name string) {
	w.separate()
	w.value(name)
	w.WriteByte(':')
}

func (w *jsonWriter) member(name string, v any) {
	w.key(name)
	w.value(v)
}

// value writes a string or a list of strings, which json.Marshal can't fail on.
func (w *jsonWriter) value(v any) {
	data, _ := json.Marshal(v)
	w.Write(data)
}
