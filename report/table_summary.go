package report

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"sekisho/audit"
	"sekisho/report/wording"
)

// passed lists what passed, and the answers on which that rests.
func (t *table) passed() {
	t.heading(green, "Passed:", " "+plural(t.r.Summary.Pass, "verdict"))
	var rows []row
	for _, rule := range t.ruleOrder(slices.Collect(maps.Keys(t.r.Passed))) {
		p := t.r.Passed[rule]
		sources := make([]string, len(p.Sources))
		for i, s := range p.Sources {
			sources[i] = Terminal(s.Source) + " as of " + stamp(s.ObservedAt)
		}
		text := strings.Join(terminals(p.Resources), ", ")
		if len(sources) > 0 {
			text += "\n(" + strings.Join(sources, ", ") + ")"
		}
		rows = append(rows, row{Terminal(rule), text})
	}
	t.grid(2, rows)
}

// inapplicable lists to what a rule does not apply, and why.
func (t *table) inapplicable() {
	if len(t.r.NotApplicable) == 0 {
		return
	}
	t.heading(bold, "Not applicable:", " "+plural(t.r.Summary.NotApplicable, "verdict"))
	var rows []row
	for _, rule := range t.ruleOrder(slices.Collect(maps.Keys(t.r.NotApplicable))) {
		var parts []string
		for _, group := range t.r.NotApplicable[rule] {
			parts = append(parts, Terminal(group.Reason)+": "+strings.Join(terminals(group.Resources), ", "))
		}
		rows = append(rows, row{Terminal(rule), strings.Join(parts, "\n")})
	}
	t.grid(2, rows)
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
	t.heading(bold, "Summary", "")
	failing := strconv.Itoa(s.Fail)
	var bySeverity []string
	for _, severity := range audit.Severities() {
		if n := s.FailedBySeverity[severity.String()]; n > 0 {
			bySeverity = append(bySeverity, strconv.Itoa(n)+" "+severity.String())
		}
	}
	if len(bySeverity) > 0 {
		failing += ": " + strings.Join(bySeverity, ", ")
	}
	if excepted := wording.OfThem(s.Excepted, s.Fail); excepted != "" {
		failing += "\n" + excepted
	}
	rows := []row{
		{"Failing", failing},
		{"Unknown", strconv.Itoa(s.Unknown)},
		{"Passed", strconv.Itoa(s.Pass)},
		{"Not applicable", strconv.Itoa(s.NotApplicable)},
		{"Rules", strconv.Itoa(len(r.Rules))},
	}
	costly, others := wording.NotLooked(r.NotSelected)
	if len(costly) > 0 {
		rows = append(rows, row{"Not looked at", plural(len(costly), "rule") + ", as above"})
	}
	if len(others) > 0 {
		rows = append(rows, row{"Rules not run", notRun(others)})
	}
	if limits := wording.Limits(r.Configuration.UserThresholds); limits != "" {
		rows = append(rows, row{"Own limits", Terminal(limits)})
	}
	rows = append(rows, row{"API calls", t.calls()})
	if n := len(r.Gaps); n > 0 {
		rows = append(rows, row{"Calls that failed", strconv.Itoa(n)})
	}
	t.grid(2, rows)
	t.line("")
	t.text(0, 0, t.verdict())
}

// notLooked lists the rules that a standard run leaves out, and what they would have cost.
func (t *table) notLooked() {
	costly, _ := wording.NotLooked(t.r.NotSelected)
	if len(costly) == 0 {
		return
	}
	t.heading(bold, "Not looked at in this run:", " "+plural(len(costly), "rule")+", which --depth deep runs")
	rows := make([]row, len(costly))
	for i, n := range costly {
		rows[i] = row{Terminal(n.Rule), Terminal(wording.Cost(n.Cost))}
	}
	t.grid(2, rows)
}

func notRun(rules []audit.NotSelected) string {
	reasons, byReason := grouped(rules, func(n audit.NotSelected) string { return n.Reason })
	parts := make([]string, len(reasons))
	for i, reason := range reasons {
		var rules []string
		for _, n := range byReason[reason] {
			rules = append(rules, Terminal(n.Rule))
		}
		parts[i] = Terminal(reason) + ": " + strings.Join(rules, ", ")
	}
	return strings.Join(parts, "\n")
}

func (t *table) calls() string {
	c := t.r.Calls
	text := strconv.Itoa(c.Total)
	signIn := 0
	for _, n := range c.SignIn {
		signIn += n
	}
	if signIn > 0 {
		text += ", and " + strconv.Itoa(signIn) + " to sign in"
	}
	if c.Throttled > 0 {
		text += ", throttled " + plural(c.Throttled, "time")
	}
	if c.Retried > 0 {
		text += ", retried " + plural(c.Retried, "time")
	}
	return text
}

// verdict is the last line: what the whole comes to.
func (t *table) verdict() string {
	r, s := t.r, t.r.Summary
	failing, unknown := clause(s.Fail, "finding", "fails", "fail"), clause(s.Unknown, "verdict", "is unknown", "are unknown")
	var text string
	switch {
	case s.Fail > 0:
		paint := red
		if excepted := wording.OfThem(s.Excepted, s.Fail); excepted != "" {
			failing += ", " + excepted
			if s.Excepted == s.Fail {
				paint = yellow
			}
		}
		text = t.paint(paint, failing)
		if s.Unknown > 0 {
			text += ", " + t.paint(yellow, unknown)
		}
		text += ". The command 'sekisho rules RULE' explains a rule and its remedy."
	case s.Unknown > 0:
		text = t.paint(yellow, "Nothing is seen to fail, but "+unknown) + ": the account is not shown to be in order."
	case s.Pass == 0:
		text = t.paint(yellow, "Nothing was decided") + ": no rule gave a verdict."
	case r.Baseline != nil:
		text = t.paint(green, "Nothing new fails") + ": " + wording.LeftOut(r.Baseline) + "."
	default:
		text = t.paint(green, "Nothing fails: "+clause(s.Pass, "verdict", "is a pass", "are passes")) + ", by " + plural(len(r.Rules), "rule") + "."
		if n := len(r.NotSelected); n > 0 {
			text += " Not looked at: " + plural(n, "rule") + " that did not run."
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

func clause(n int, what, one, many string) string {
	if n != 1 {
		one = many
	}
	return plural(n, what) + " " + one
}

// manyNames is how many names stand in a list that isn't verbose.
const manyNames = 6

// some names the first of many.
func some(names []string) string {
	if len(names) <= manyNames+1 {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:manyNames], ", "), len(names)-manyNames)
}

func (t *table) names(names []string) string {
	if t.verbose {
		return strings.Join(names, ", ")
	}
	return some(names)
}
