package plan

import (
	"sekisho/audit"
	"sekisho/audit/lists"
)

// mostFirst are the steps that a report shows.
const mostFirst = 5

// First lists the first steps towards the default goal, in the order of a plan. Nothing is tried: it takes next to no
// time.
func First(report *audit.Report, on *audit.Fixing, catalogue []*audit.Rule) []audit.FirstStep {
	goal, err := ParseGoal(catalogue, nil)
	if err != nil {
		panic(err) // its names are our own
	}
	g := newGatherer(on, catalogue, nil, nil)
	g.titles = true
	all := g.gather(report.Findings, func(f *audit.Finding) bool { return goal.has(f.Rule, f.Severity) }).candidates
	return lists.Map(all[:min(mostFirst, len(all))], func(c *candidate) audit.FirstStep {
		text := c.title()
		return audit.FirstStep{Message: text.String(), Text: text, Severity: c.findings[0].Severity, Findings: len(c.findings), Kind: string(c.kind), Risk: string(c.risk.Level)}
	})
}
