package report

import (
	"sekisho/audit"
	"sekisho/audit/message"
	"sekisho/report/sanitize"
	"sekisho/report/term"
	"sekisho/report/wording"
)

// verdictMarks are how a verdict on a recommendation is shown: by a word too, never by a sign or a colour alone.
var verdictMarks = map[audit.Verdict]struct {
	sign, word sanitize.Text
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
	exceptions := wording.ExceptionsOf(t.r)
	for _, f := range t.r.Frameworks {
		var counts []sanitize.Text
		for _, v := range audit.Verdicts() {
			n := f.Summary.Count(v)
			if n == 0 {
				continue
			}
			text := term.Number(n) + " " + verdictMarks[v].word
			if excepted := sanitize.Message(exceptions.OfFramework(f)); v == audit.VerdictFail && excepted != "" {
				text += " (" + excepted + ")"
			}
			counts = append(counts, text)
		}
		t.heading(term.Bold, sanitize.Terminal(f.Title)+":", sanitize.Join(counts, ", "))
		rows := make([]term.Row, len(f.Recommendations))
		for i, r := range f.Recommendations {
			rows[i] = term.Row{sanitize.Terminal(r.ID), t.mark(r.Verdict), t.basis(r, exceptions)}
		}
		t.Grid(2, rows)
	}
}

func (t *table) mark(v audit.Verdict) sanitize.Text {
	mark, ok := verdictMarks[v]
	if !ok {
		mark = verdictMarks[audit.VerdictUnknown]
	}
	return t.Paint(mark.style, mark.sign+" "+mark.word)
}

// basis is a recommendation's title and below it what its verdict rests on: a line for each rule that fails or is
// unknown, one for the others.
func (t *table) basis(r audit.RecommendationResult, exceptions wording.Exceptions) sanitize.Text {
	lines := []sanitize.Text{sanitize.Terminal(r.Title)}
	if exceptions.Wholly(r) {
		lines = append(lines, "(every failure is excepted; it fails all the same)")
	}
	var others []sanitize.Text
	for _, rule := range r.Rules {
		name := sanitize.Terminal(rule.ID)
		unknown := sanitize.Text("")
		if rule.Unknown > 0 {
			unknown = sanitize.Message(message.New("%d unknown", rule.Unknown))
		}
		switch {
		case len(rule.Failing) > 0:
			line := name + ": " + t.names(sanitize.Terminals(rule.Failing))
			if excepted := sanitize.Message(exceptions.OfRule(rule.ID)); excepted != "" {
				line += "; " + excepted
			}
			if unknown != "" {
				line += "; " + unknown
			}
			lines = append(lines, line)
		case rule.Verdict == audit.VerdictFail:
			lines = append(lines, sanitize.Message(message.New("%s: fails", rule.ID)))
		case rule.Verdict == audit.VerdictUnknown && unknown == "":
			lines = append(lines, name)
		case rule.Verdict == audit.VerdictUnknown:
			lines = append(lines, name+": "+unknown)
		case rule.Verdict == audit.VerdictNotAssessed:
			others = append(others, sanitize.Message(message.New("%s (not selected)", rule.ID)))
		default:
			others = append(others, name)
		}
	}
	if len(others) > 0 {
		lines = append(lines, sanitize.Join(others, ", "))
	}
	if r.Reason != "" {
		lines = append(lines, "("+sanitize.Terminal(r.Reason)+")")
	}
	return sanitize.Join(lines, "\n")
}
