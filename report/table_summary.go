package report

import (
	"cmp"
	"maps"
	"slices"

	"sekisho/audit"
	"sekisho/report/sanitize"
	"sekisho/report/term"
	"sekisho/report/wording"
)

// passed lists what passed, and the answers on which that rests.
func (t *table) passed() {
	t.heading(term.Green, "Passed:", " "+term.Count(t.r.Summary.Pass, "verdict"))
	var rows []term.Row
	for _, rule := range t.ruleOrder(slices.Collect(maps.Keys(t.r.Passed))) {
		p := t.r.Passed[rule]
		sources := make([]sanitize.Text, len(p.Sources))
		for i, s := range p.Sources {
			sources[i] = sanitize.Terminal(s.Source) + " as of " + term.Minute(s.ObservedAt)
		}
		text := sanitize.Join(sanitize.Terminals(p.Resources), ", ")
		if len(sources) > 0 {
			text += "\n(" + sanitize.Join(sources, ", ") + ")"
		}
		rows = append(rows, term.Row{sanitize.Terminal(rule), text})
	}
	t.Grid(2, rows)
}

// inapplicable lists to what a rule does not apply, and why.
func (t *table) inapplicable() {
	if len(t.r.NotApplicable) == 0 {
		return
	}
	t.heading(term.Bold, "Not applicable:", " "+term.Count(t.r.Summary.NotApplicable, "verdict"))
	var rows []term.Row
	for _, rule := range t.ruleOrder(slices.Collect(maps.Keys(t.r.NotApplicable))) {
		var parts []sanitize.Text
		for _, group := range t.r.NotApplicable[rule] {
			parts = append(parts, sanitize.Terminal(group.Reason)+": "+sanitize.Join(sanitize.Terminals(group.Resources), ", "))
		}
		rows = append(rows, term.Row{sanitize.Terminal(rule), sanitize.Join(parts, "\n")})
	}
	t.Grid(2, rows)
}

// ruleOrder sorts rules as they ran.
func (t *table) ruleOrder(rules []string) []string {
	order := make(map[string]int, len(t.r.Rules))
	for i, rule := range t.r.Rules {
		order[rule.ID] = i + 1
	}
	slices.SortFunc(rules, func(x, y string) int { return cmp.Or(cmp.Compare(order[x], order[y]), cmp.Compare(x, y)) })
	return rules
}

func (t *table) summary() {
	r, s := t.r, t.r.Summary
	t.heading(term.Bold, "Summary", "")
	failing := term.Number(s.Fail)
	var bySeverity []sanitize.Text
	for _, severity := range audit.Severities() {
		if n := s.FailedBySeverity[severity.String()]; n > 0 {
			bySeverity = append(bySeverity, term.Number(n)+" "+sanitize.Terminal(severity.String()))
		}
	}
	if len(bySeverity) > 0 {
		failing += ": " + sanitize.Join(bySeverity, ", ")
	}
	if excepted := sanitize.Terminal(wording.OfThem(s.Excepted, s.Fail).String()); excepted != "" {
		failing += "\n" + excepted
	}
	rows := []term.Row{
		{"Failing", failing},
		{"Unknown", term.Number(s.Unknown)},
		{"Passed", term.Number(s.Pass)},
		{"Not applicable", term.Number(s.NotApplicable)},
		{"Rules", term.Number(len(r.Rules))},
	}
	costly, others := wording.NotLooked(r.NotSelected)
	if len(costly) > 0 {
		rows = append(rows, term.Row{"Not looked at", term.Count(len(costly), "rule") + ", as above"})
	}
	if len(others) > 0 {
		rows = append(rows, term.Row{"Rules not run", notRun(others)})
	}
	if limits := wording.Limits(r.Configuration.UserThresholds).String(); limits != "" {
		rows = append(rows, term.Row{"Own limits", sanitize.Terminal(limits)})
	}
	rows = append(rows, term.Row{"API calls", t.calls()})
	if n := len(r.Gaps); n > 0 {
		rows = append(rows, term.Row{"Calls that failed", term.Number(n)})
	}
	t.Grid(2, rows)
	t.Line("")
	t.Text(0, 0, t.verdict())
}

// notLooked lists the rules that a standard run leaves out, and what they would have cost.
func (t *table) notLooked() {
	costly, _ := wording.NotLooked(t.r.NotSelected)
	if len(costly) == 0 {
		return
	}
	t.heading(term.Bold, "Not looked at in this run:", " "+term.Count(len(costly), "rule")+", which --depth deep runs")
	rows := make([]term.Row, len(costly))
	for i, n := range costly {
		rows[i] = term.Row{sanitize.Terminal(n.Rule), sanitize.Terminal(n.Cost.Text().String())}
	}
	t.Grid(2, rows)
}

func notRun(rules []audit.NotSelected) sanitize.Text {
	reasons, byReason := grouped(rules, func(n audit.NotSelected) string { return n.Reason })
	parts := make([]sanitize.Text, len(reasons))
	for i, reason := range reasons {
		var rules []sanitize.Text
		for _, n := range byReason[reason] {
			rules = append(rules, sanitize.Terminal(n.Rule))
		}
		parts[i] = sanitize.Terminal(reason) + ": " + sanitize.Join(rules, ", ")
	}
	return sanitize.Join(parts, "\n")
}

func (t *table) calls() sanitize.Text {
	c := t.r.Calls
	text := term.Number(c.Total)
	signIn := 0
	for _, n := range c.SignIn {
		signIn += n
	}
	if signIn > 0 {
		text += ", and " + term.Number(signIn) + " to sign in"
	}
	if c.Throttled > 0 {
		text += ", throttled " + term.Count(c.Throttled, "time")
	}
	if c.Retried > 0 {
		text += ", retried " + term.Count(c.Retried, "time")
	}
	return text
}

// verdict is the last line: what the whole comes to.
func (t *table) verdict() sanitize.Text {
	r, s := t.r, t.r.Summary
	failing, unknown := clause(s.Fail, "finding", "fails", "fail"), clause(s.Unknown, "verdict", "is unknown", "are unknown")
	var text sanitize.Text
	switch {
	case s.Fail > 0:
		paint := term.Red
		if excepted := sanitize.Terminal(wording.OfThem(s.Excepted, s.Fail).String()); excepted != "" {
			failing += ", " + excepted
			if s.Excepted == s.Fail {
				paint = term.Yellow
			}
		}
		text = t.Paint(paint, failing)
		if s.Unknown > 0 {
			text += ", " + t.Paint(term.Yellow, unknown)
		}
		text += ". The command 'sekisho rules RULE' explains a rule and its remedy."
	case s.Unknown > 0:
		text = t.Paint(term.Yellow, "Nothing is seen to fail, but "+unknown) + ": the account is not shown to be in order."
	case s.Pass == 0:
		text = t.Paint(term.Yellow, "Nothing was decided") + ": no rule gave a verdict."
	case r.Baseline != nil:
		text = t.Paint(term.Green, "Nothing new fails") + ": " + sanitize.Terminal(wording.LeftOut(r.Baseline).String()) + "."
	default:
		text = t.Paint(term.Green, "Nothing fails: "+clause(s.Pass, "verdict", "is a pass", "are passes")) + ", by " + term.Count(len(r.Rules), "rule") + "."
		if n := len(r.NotSelected); n > 0 {
			text += " Not looked at: " + term.Count(n, "rule") + " that did not run."
		}
		if len(r.Gaps)+len(r.Declined) > 0 {
			text += " Not read: what is listed above, on which no verdict hangs."
		}
	}
	if r.Demo {
		text += " This was the demo account."
	}
	return text
}

func clause(n int, what, one, many sanitize.Text) sanitize.Text {
	if n != 1 {
		one = many
	}
	return term.Count(n, what) + " " + one
}

// manyNames is how many names stand in a list that isn't verbose.
const manyNames = 6

// some names the first of many.
func some(names []sanitize.Text) sanitize.Text {
	if len(names) <= manyNames+1 {
		return sanitize.Join(names, ", ")
	}
	return sanitize.Join(names[:manyNames], ", ") + " and " + sanitize.Int(len(names)-manyNames) + " more"
}

func (t *table) names(names []sanitize.Text) sanitize.Text {
	if t.verbose {
		return sanitize.Join(names, ", ")
	}
	return some(names)
}
