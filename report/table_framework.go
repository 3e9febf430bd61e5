package report

import (
	"fmt"
	"strings"

	"sekisho/audit"
	"sekisho/report/term"
	"sekisho/report/wording"
)

// verdictMarks are how a verdict on a recommendation is shown: by a word too, never by a sign or a colour alone.
var verdictMarks = map[audit.Verdict]struct {
	sign, word string
	style      term.Style
}{
	audit.VerdictPass:          {"✓", "pass", term.Green},
	audit.VerdictFail:          {"✗", "fail", term.Red},
	audit.VerdictUnknown:       {"?", "unknown", term.Yellow},
	audit.VerdictNotApplicable: {"-", "not applicable", term.Dim},
	audit.VerdictNotAssessed:   {"·", "not assessed", term.Dim},
}

// frameworks lists the recommendations of each framework that was asked for, all of them, in its own order.
func (t *table) frameworks() {
	borne := wording.BorneBy(t.r)
	for _, f := range t.r.Frameworks {
		var counts []string
		for _, v := range audit.Verdicts() {
			n := f.Summary.Count(v)
			if n == 0 {
				continue
			}
			text := fmt.Sprintf("%d %s", n, verdictMarks[v].word)
			if excepted := borne.OfFramework(f); v == audit.VerdictFail && excepted != "" {
				text += " (" + excepted + ")"
			}
			counts = append(counts, text)
		}
		t.heading(term.Bold, Terminal(f.Title)+":", " "+strings.Join(counts, ", "))
		rows := make([]term.Row, len(f.Recommendations))
		for i, r := range f.Recommendations {
			rows[i] = term.Row{Terminal(r.ID), t.mark(r.Verdict), t.basis(r, borne)}
		}
		t.Grid(2, rows)
	}
}

func (t *table) mark(v audit.Verdict) string {
	mark, ok := verdictMarks[v]
	if !ok {
		mark = verdictMarks[audit.VerdictUnknown]
	}
	return t.Paint(mark.style, mark.sign+" "+mark.word)
}

// basis is a recommendation's title and below it what its verdict rests on: a line for each rule that fails or is unknown, one for the others.
func (t *table) basis(r audit.RecommendationResult, borne wording.Borne) string {
	lines := []string{Terminal(r.Title)}
	if borne.Wholly(r) {
		lines = append(lines, "(every failure is excepted; it fails all the same)")
	}
	var others []string
	for _, rule := range r.Rules {
		name := Terminal(rule.ID)
		unknown := ""
		if rule.Unknown > 0 {
			unknown = fmt.Sprintf("%d unknown", rule.Unknown)
		}
		switch {
		case len(rule.Failing) > 0:
			line := name + ": " + t.names(terminals(rule.Failing))
			if excepted := borne.OfRule(rule.ID); excepted != "" {
				line += "; " + excepted
			}
			if unknown != "" {
				line += "; " + unknown
			}
			lines = append(lines, line)
		case rule.Verdict == audit.VerdictFail:
			lines = append(lines, name+": fails")
		case rule.Verdict == audit.VerdictUnknown:
			lines = append(lines, strings.TrimSuffix(name+": "+unknown, ": "))
		case rule.Verdict == audit.VerdictNotAssessed:
			others = append(others, name+" (not selected)")
		default:
			others = append(others, name)
		}
	}
	if len(others) > 0 {
		lines = append(lines, strings.Join(others, ", "))
	}
	if r.Reason != "" {
		lines = append(lines, "("+Terminal(r.Reason)+")")
	}
	return strings.Join(lines, "\n")
}
