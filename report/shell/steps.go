package shell

import (
	"sekisho/audit"
	"sekisho/audit/message"
)

// MostOfRule is of how many findings of a rule a report tells the steps: what is folded beyond is no longer read one by
// one, and sekisho plan has all.
const MostOfRule = 15

// Tell puts into a report by which steps its failures are fixed, with real values, as far as the rules' fixes are made of
// changes.
func Tell(r *audit.Report, on *audit.Fixing, catalogue []*audit.Rule) {
	rules := make(map[string]*audit.Rule, len(catalogue))
	for _, rule := range catalogue {
		rules[rule.ID] = rule
	}
	told := map[string]int{}
	for i := range r.Findings {
		f := &r.Findings[i]
		if rules[f.Rule] == nil || f.Status != audit.StatusFail || told[f.Rule] == MostOfRule {
			continue
		}
		told[f.Rule]++
		for _, s := range audit.StepsFor(rules[f.Rule], on, f) {
			words := s.Words()
			if s.Needed {
				words = message.New("first: %s", words)
			}
			step := audit.FindingStep{Message: words.String(), Text: words}
			if cmd, ok := s.Command(); ok {
				if step.Command, ok = Line(cmd); ok {
					step.Files = cmd.Files()
				}
			}
			if step.Command == "" {
				step.Console = s.Steps()
			}
			f.Steps = append(f.Steps, step)
		}
	}
}
