package wording

import "sekisho/audit"

// Headline stands over findings of a rule: what is wrong where they fail, else what the rule claims. Reports of older
// versions have no problem.
func Headline(status audit.Status, rule audit.RuleResult) string {
	if status == audit.StatusFail && rule.Problem != "" {
		return rule.Problem
	}
	return rule.Title
}
