package html

import (
	"sekisho/audit"
	"sekisho/audit/message"
	"sekisho/report/sanitize"
	"sekisho/report/term"
	"sekisho/report/wording"
)

type frameworkView struct {
	Anchor, Title, Tally sanitize.Text
	List                 []recommendationView
}

type recommendationView struct {
	ID, Title, Reason sanitize.Text
	Mark              mark
	Excepted          bool // every failure behind the verdict is
	Rules             []basisView
}

// basisView is one rule behind a verdict.
type basisView struct {
	Rule, Anchor sanitize.Text // no anchor where the rule did not run
	Note         sanitize.Text
	Failing      sanitize.Text // names, a line each
	Count        int
}

// verdictMark says "passed" and so on, in the words of the page.
func verdictMark(v audit.Verdict) mark {
	switch v {
	case audit.VerdictPass:
		return mark{"pass", "passed", "i-pass"}
	case audit.VerdictFail:
		return mark{"fail", "failing", "i-fail"}
	case audit.VerdictNotApplicable:
		return mark{"none", "not applicable", "i-none"}
	case audit.VerdictNotAssessed:
		return mark{"none", "not assessed", "i-none"}
	}
	return mark{"unknown", "unknown", "i-unknown"}
}

// frameworks shows every recommendation of each framework that was asked for. They have numbers for anchors: a name may
// hold anything.
func (v *view) frameworks(r *audit.Report) {
	ran := map[string]bool{}
	for _, rule := range r.Rules {
		ran[rule.ID] = true
	}
	exceptions := wording.ExceptionsOf(r)
	for i, f := range r.Frameworks {
		shown := frameworkView{Anchor: "framework-" + sanitize.Int(i+1), Title: sanitize.Terminal(f.Title)}
		var counts []sanitize.Text
		for _, verdict := range audit.Verdicts() {
			n := f.Summary.Count(verdict)
			if n == 0 {
				continue
			}
			text := term.Number(n) + " " + verdictMark(verdict).Word
			if excepted := sanitize.Message(exceptions.OfFramework(f)); verdict == audit.VerdictFail && excepted != "" {
				text += " (" + excepted + ")"
			}
			counts = append(counts, text)
		}
		shown.Tally = sanitize.Join(counts, ", ")
		for _, recommendation := range f.Recommendations {
			line := recommendationView{
				ID: sanitize.Terminal(recommendation.ID), Title: sanitize.Terminal(recommendation.Title), Reason: sanitize.Terminal(recommendation.Reason),
				Mark: verdictMark(recommendation.Verdict), Excepted: exceptions.Wholly(recommendation),
			}
			for _, rule := range recommendation.Rules {
				shown := basis(rule, ran[rule.ID])
				if excepted := sanitize.Message(exceptions.OfRule(rule.ID)); excepted != "" {
					shown.Note += ", " + excepted
				}
				line.Rules = append(line.Rules, shown)
			}
			shown.List = append(shown.List, line)
		}
		v.Frameworks = append(v.Frameworks, shown)
	}
}

func basis(rule audit.RecommendationRule, ran bool) basisView {
	b := basisView{Rule: sanitize.Terminal(rule.ID), Note: verdictMark(rule.Verdict).Word, Failing: lines(rule.Failing), Count: len(rule.Failing)}
	if ran {
		b.Anchor = ruleAnchor(rule.ID)
	}
	switch unknown := sanitize.Message(message.New("%d unknown", rule.Unknown)); {
	case rule.Unknown > 0 && b.Count > 0:
		b.Note = unknown + ", " + b.Note
	case rule.Unknown > 0:
		b.Note = unknown
	}
	return b
}
