package access

import (
	"reflect"
	"slices"

	"sekisho/audit/account"
	"sekisho/audit/policy"
)

// Shared is what several views of one account have in common, as it was on different days or as a change would leave it:
// what is said of policies and principals that are the same isn't worked out again. It is for one goroutine at a time.
type Shared struct {
	analyzer    *Analyzer
	parsed      map[documentKey]*parsedDocument // by the name in references, which no other text of the account has
	permissions map[*policy.Document]*Permissions
	analyses    map[string]*Analysis // the last ones, by the principal's ARN
	surveys     map[trustKey]*Trust  // the first of each
	empowered   *empowered           // of the last view of which it was asked
}

// NewShared begins with nothing.
func NewShared() *Shared {
	return &Shared{
		analyzer: NewAnalyzer(), parsed: map[documentKey]*parsedDocument{}, permissions: map[*policy.Document]*Permissions{}, analyses: map[string]*Analysis{}, surveys: map[trustKey]*Trust{},
	}
}

// More says whether another view of the account will be analysed: what is compiled of its policies is kept until the last.
func (s *Shared) More(more bool) { s.analyzer.more = more }

// New begins with an account. It costs nothing.
func (s *Shared) New(a *account.Account) *Access {
	return &Access{Account: a, Shared: s, documents: newDocuments(s), trusts: map[*account.Role]*Trust{}, held: map[*account.Group]*Principal{}, versions: map[managedKey]*policy.Document{}}
}

// parse reads a document, once.
func (s *Shared) parse(kind policy.Kind, name, text string) *parsedDocument {
	key := documentKey{kind, name, text}
	if s.parsed[key] == nil {
		document, err := policy.ParseText(name, kind, text)
		s.parsed[key] = &parsedDocument{document, err}
	}
	return s.parsed[key]
}

// known is the analysis of a principal of whom nothing is different: an analysis hangs on its subject alone, and on the
// time only where the subject's policies ask for it.
func (s *Shared) known(subject *Subject) *Analysis {
	last := s.analyses[subject.ARN]
	if last == nil {
		return nil
	}
	before := *last.subject
	if !subject.asksWhen() {
		before.Now = subject.Now
	}
	if !reflect.DeepEqual(&before, subject) {
		return nil
	}
	return last
}

// asksWhen reports whether one of the subject's policies asks when a request is made.
func (s *Subject) asksWhen() bool {
	return slices.ContainsFunc(s.applying(), asksWhen) ||
		slices.ContainsFunc(s.TrustedBy, func(t RoleTrust) bool { return asksWhen(t.Document) })
}
