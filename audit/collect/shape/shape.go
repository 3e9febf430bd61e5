package shape

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/smithy-go"
)

// kind is how an element is written.
type kind uint8

const (
	text   kind = iota
	moment      // a text in XML, a number of seconds in JSON
	number
	boolean
	structure
	list
	mapping
)

// shape is what an element may hold.
type shape struct {
	kind    kind
	name    string // of a structure, in AWS's model
	members []member
	item    *shape // of a list's entries, of a mapping's values
	needs   []need
}

type member struct {
	name string
	*shape
}

// find returns the place of a structure's member; -1 for none.
func find[N string | []byte](s *shape, name N) int {
	return slices.IndexFunc(s.members, func(m member) bool { return m.name == string(name) })
}

// of makes the shape of a schema of the SDK's.
func of(schema *smithy.Schema) *shape {
	switch schema.Type() {
	case smithy.ShapeTypeInteger:
		return &shape{kind: number}
	case smithy.ShapeTypeTimestamp:
		return &shape{kind: moment}
	case smithy.ShapeTypeBoolean:
		return &shape{kind: boolean}
	case smithy.ShapeTypeList:
		return &shape{kind: list, item: of(schema.ListMember())}
	case smithy.ShapeTypeMap:
		return &shape{kind: mapping, item: of(schema.MapValue())}
	case smithy.ShapeTypeDocument:
		return nil // whatever it holds
	case smithy.ShapeTypeStructure, smithy.ShapeTypeUnion:
		id := schema.TargetID()
		if id.Name == "" { // the answer itself, which is no member
			id = schema.ID()
		}
		return structureOf(id.Name, func(add func(string, *shape)) {
			for name, member := range schema.Members() {
				add(name, of(member))
			}
		}, needs[serviceOf(id)+"."+id.Name]...)
	}
	return &shape{}
}

// serviceOf is the service that a schema is of: "iam".
func serviceOf(id smithy.ShapeID) string {
	return id.Namespace[strings.LastIndex(id.Namespace, ".")+1:]
}

// structureOf makes the shape of a structure, with what the tables say of it, or of one service's of that name.
func structureOf(name string, members func(add func(string, *shape)), own ...need) *shape {
	s := &shape{kind: structure, name: name, needs: own}
	if len(own) == 0 {
		s.needs = needs[name]
	}
	members(func(name string, of *shape) { s.members = append(s.members, member{name, of}) })
	slices.SortFunc(s.members, func(x, y member) int { return strings.Compare(x.name, y.name) })
	return s
}

// ErrTorn is an answer that is empty, cut off or none of the action.
var ErrTorn = errors.New("got an answer that is empty, cut off or of another kind")

// Error is an answer whose parts don't have the shape that they must have.
type Error struct {
	// Absent is the name of an element that AWS left out, where the model doesn't require it and a reader may take its
	// absence for an empty list; "" for all else.
	Absent string
	// Member is a member that is absent, of a Structure of AWS's model; "" where something else is wrong.
	Structure, Member string

	text string
}

func (e *Error) Error() string { return e.text }

// isAnswer tells the structures that are whole answers.
func isAnswer(structure string) bool { return strings.HasSuffix(structure, "Response") }

func wrong(format string, args ...any) *Error { return &Error{text: fmt.Sprintf(format, args...)} }

// lacks is the error of a structure without a member that it must have.
func lacks(structure string, n need) *Error {
	what := structure
	if isAnswer(structure) {
		what = "an answer"
	}
	if n.tolerable {
		return &Error{n.member, structure, n.member, fmt.Sprintf("AWS left %s out of %s, which doesn't say that there are none", n.member, what)}
	}
	return &Error{"", structure, n.member, fmt.Sprintf("got %s without %s", what, n.member)}
}

// Check looks whether the answer of an action, such as "iam:ListUsers", has the shape that it must have, and names no
// other user than it is about, if any. Elements of tolerate may be absent; those that are, are returned. An element that
// nobody knows is no error.
func Check(action, about string, body []byte, tolerate []string) (accepted []string, err error) {
	s, known := answers()[action]
	if !known {
		return nil, fmt.Errorf("got an answer of %s, of which nobody has said what it holds", action)
	}
	service, operation, _ := strings.Cut(action, ":")
	c := &checker{tolerate: tolerate, about: about}
	if service == "iam" || service == "sts" {
		x := &scanner{checker: c, data: body, result: operation + "Result"}
		err = x.answer(operation, s)
	} else {
		err = c.json(body, s)
	}
	return c.accepted, err
}

// checker looks for what structures need.
type checker struct {
	about              string
	tolerate, accepted []string
}

// complete reports the first member that a structure needs and doesn't hold.
func (c *checker) complete(name string, needs []need, in Members) error {
	for _, n := range needs {
		if in.Has(n.member) || n.when != nil && !n.when(in) {
			continue
		}
		if !n.tolerable || !slices.Contains(c.tolerate, n.member) {
			return lacks(name, n)
		}
		if !slices.Contains(c.accepted, n.member) {
			c.accepted = append(c.accepted, n.member)
		}
	}
	return nil
}

// Members are those of a structure.
type Members interface {
	Has(member string) bool    // whether it is there; a text or structure that is empty counts as not there
	Text(member string) string // of a member that is a text, number or boolean
	Len(member string) int     // of a list
}

// Complete reports the first member that a structure of AWS's model needs and doesn't hold, as Check does for an answer.
func Complete(structure string, in Members, tolerate []string) (accepted []string, err error) {
	c := &checker{tolerate: tolerate}
	err = c.complete(structure, needs[structure], in)
	return c.accepted, err
}
