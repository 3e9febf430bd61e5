package wording

import (
	"sekisho/audit"
	"sekisho/audit/message"
)

// Exceptions says of the rules of a report how many of their failures are excepted.
type Exceptions map[string]audit.RuleResult

// ExceptionsOf reads a report's rules.
func ExceptionsOf(r *audit.Report) Exceptions {
	e := make(Exceptions, len(r.Rules))
	for _, rule := range r.Rules {
		e[rule.ID] = rule
	}
	return e
}

// OfRule says how many failures of a rule are excepted, and nothing for none.
func (e Exceptions) OfRule(id string) message.Message { return Excepted(e[id].Excepted, e[id].Fail) }

// Wholly reports whether a recommendation fails, and every failure behind that is excepted.
func (e Exceptions) Wholly(r audit.RecommendationResult) bool {
	some := false
	for _, rule := range r.Rules {
		if rule.Verdict != audit.VerdictFail {
			continue
		}
		if of := e[rule.ID]; of.Fail == 0 || of.Excepted < of.Fail {
			return false
		}
		some = true
	}
	return some && r.Verdict == audit.VerdictFail
}

// OfFramework says how many of a framework's recommendations that fail do so by excepted failures alone, and nothing
// for none.
func (e Exceptions) OfFramework(f audit.FrameworkResult) message.Message {
	n := 0
	for _, r := range f.Recommendations {
		if e.Wholly(r) {
			n++
		}
	}
	if n == 0 {
		return message.Message{}
	}
	return message.New("%d of them by excepted failures alone", n)
}
