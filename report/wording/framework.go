package wording

import (
	"strconv"

	"sekisho/audit"
)

// Borne says of the rules of a report how many of their failures are excepted.
type Borne map[string]audit.RuleResult

// BorneBy reads a report's rules.
func BorneBy(r *audit.Report) Borne {
	b := make(Borne, len(r.Rules))
	for _, rule := range r.Rules {
		b[rule.ID] = rule
	}
	return b
}

// OfRule says how many failures of a rule are excepted, and nothing for none.
func (b Borne) OfRule(id string) string { return Excepted(b[id].Excepted, b[id].Fail) }

// Wholly reports whether a recommendation fails, and every failure behind that is excepted.
func (b Borne) Wholly(r audit.RecommendationResult) bool {
	some := false
	for _, rule := range r.Rules {
		if rule.Verdict != audit.VerdictFail {
			continue
		}
		if of := b[rule.ID]; of.Fail == 0 || of.Excepted < of.Fail {
			return false
		}
		some = true
	}
	return some && r.Verdict == audit.VerdictFail
}

// OfFramework says how many of a framework's recommendations that fail do so by excepted failures alone, and nothing for none.
func (b Borne) OfFramework(f audit.FrameworkResult) string {
	n := 0
	for _, r := range f.Recommendations {
		if b.Wholly(r) {
			n++
		}
	}
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n) + " of them by excepted failures alone"
}
