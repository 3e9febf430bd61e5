package account

import (
	"fmt"
	"time"

	"sekisho/audit/message"
)

// Known is a fact that may not be known. Its zero value is not known: what nobody set, nobody can pass.
type Known[T any] struct {
	value    T
	known    bool
	evidence []Evidence
	missing  *Missing // shared by facts that lack the same
}

// Evidence is one thing that AWS said: the name of a field, its value as AWS sent it, the call that brought it and the
// time for which it holds (for the credential report, the time at which AWS made the report).
type Evidence struct {
	Name       string    `json:"name"`
	Value      string    `json:"value"`
	Source     string    `json:"source"` // the API action, "iam:GetCredentialReport"
	ObservedAt time.Time `json:"observed_at"`
}

// Missing says why a fact is not known.
type Missing struct {
	// Sections could have told the fact, best first, and did not.
	Sections []Section
	// Whole is set when a whole section is lacking, so that every other resource lacks the fact for the same reason.
	Whole bool
	// Later is set where others' answers may tell the fact, so that it is not asked for before they are in.
	Later bool
	// Gap is the call that failed; its zero value means that no call did.
	Gap Gap
	// Reason is a short clause for what no gap explains: "column mfa_active holds \"maybe\"".
	Reason message.Message
}

// know makes a known fact.
func know[T any](value T, evidence ...Evidence) Known[T] {
	return Known[T]{value: value, known: true, evidence: evidence}
}

// lack makes a fact that is not known.
func lack[T any](missing *Missing) Known[T] { return Known[T]{missing: missing} }

// OK reports whether the fact is known.
func (k Known[T]) OK() bool { return k.known }

// Get returns the fact's value and whether it is known.
func (k Known[T]) Get() (T, bool) { return k.value, k.known }

// Value returns the fact's value and panics with [UnknownFact] when it is not known, so that a rule which forgot to ask
// ends as unknown, never as a pass.
func (k Known[T]) Value() T {
	if !k.known {
		panic(UnknownFact{k.Missing()})
	}
	return k.value
}

// Evidence returns what the fact rests on. A list that isn't known to be complete may still have evidence of its
// entries.
func (k Known[T]) Evidence() []Evidence { return k.evidence }

// Missing returns why the fact is not known.
func (k Known[T]) Missing() Missing {
	if k.missing == nil {
		return Missing{}
	}
	return *k.missing
}

// UnknownFact is what [Known.Value] panics with.
type UnknownFact struct{ Missing Missing }

func (u UnknownFact) Error() string {
	return fmt.Sprintf("reading a fact that is not known: %s", u.Missing)
}

func (m Missing) String() string { return m.Message().String() }

// Message says in a clause why the fact is not known: which call failed and with what error, or what else stands in the
// way.
func (m Missing) Message() message.Message {
	switch {
	case m.Gap.Code != "":
		return m.Gap.Outcome()
	case !m.Reason.Empty():
		return m.Reason
	case len(m.Sections) > 0:
		return message.New("%s was not read", m.Sections[0])
	}
	return message.New("not read")
}
