package wording

import (
	"slices"
	"strings"

	"sekisho/audit"
	"sekisho/audit/lists"
)

// ControlsOf are the controls that stand with a rule's findings: of the frameworks that were asked for, else of the
// newest version of each framework that the rule has a control of. CIS numbers its versions.
func ControlsOf(r *audit.Report, rule audit.RuleResult) []audit.Control {
	if len(r.Frameworks) > 0 {
		return lists.Filter(rule.Controls, func(c audit.Control) bool {
			return slices.ContainsFunc(r.Frameworks, func(f audit.FrameworkResult) bool { return f.ID == c.Framework })
		})
	}
	newest := map[string]string{}
	for _, c := range rule.Controls {
		family, _, _ := strings.Cut(c.Framework, "-")
		newest[family] = max(newest[family], c.Framework)
	}
	return lists.Filter(rule.Controls, func(c audit.Control) bool {
		family, _, _ := strings.Cut(c.Framework, "-")
		return newest[family] == c.Framework
	})
}
