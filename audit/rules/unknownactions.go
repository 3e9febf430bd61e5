package rules

import (
	"sekisho/audit"
	"sekisho/audit/access"
	"sekisho/audit/account"
	"sekisho/audit/policy"
)

var policyUnknownAction = &audit.Rule{
	ID:       "policy-unknown-action",
	Title:    "Policies name only actions that AWS has",
	Problem:  "A policy names an action that AWS does not have",
	Category: audit.CategoryPermissions,
	Severity: audit.Info,
	Uses:     ownPolicyFacts,
	Why: "A misspelt action is no error to AWS: an Allow allows nothing, and a Deny denies nothing, which nobody notices until somebody does what was to be " +
		"forbidden.",
	How: "Judges the account's own policies, managed and inline, and the trust policies of roles, in Allow and Deny, Action and NotAction. Fails when one names an action, a pattern or a service " +
		"that is not in the catalogue of AWS's actions that Sekisho comes with; its date is in the message, for AWS may have added the action since. Not applicable to a policy that " +
		"is a permissions boundary only, and to service-linked roles.",
	Fix: fix(guide("access-analyzer-policy-validation"),
		do("Console: IAM, Policies, the policy, Edit: the editor marks what it does not know",
			"aws accessanalyzer validate-policy --policy-type IDENTITY_POLICY --policy-document file://policy.json"),
		newVersion),
	Check: func(p *audit.Pass) {
		known := map[*policy.Document][]policy.UnknownAction{} // many users may have the same
		judge := func(at account.Resource, d *policy.Document) {
			unknown, judged := known[d]
			if !judged {
				unknown = d.UnknownActions()
				known[d] = unknown
			}
			if len(unknown) == 0 {
				p.Pass(at, p.Account.PolicyCount.Evidence()...)
				return
			}
			refs := distinct(unknown, func(u policy.UnknownAction) string { return u.Statement })
			text, fix := audit.UnknownActions(unknown, 2)
			p.Fail(at, text, statements(p, refs)...).By(refs).ToFix(fix)
		}
		ownPolicies(p, func(j judgedPolicy) { judge(j.at, j.document) })
		trusting(p, func(r *account.Role, t *access.Trust) { judge(r, t.Document) })
	},
}
