package rules

import (
	"sekisho/audit"
	"sekisho/audit/policy"
)

// RoleAdmin says whether a role is an administrator, whoever may assume it. Admin is as in an [audit.EnforcementRow]; Reason says why it is
// unknown.
type RoleAdmin struct {
	ARN, Admin, Reason string
}

// RoleAdmins judges the account's roles in its order. Service-linked ones, whose policies nobody can change, are left out.
func RoleAdmins(p *audit.Pass) []RoleAdmin {
	all := principalsOf(p)
	out := make([]RoleAdmin, len(all.roles))
	for i, who := range all.roles {
		out[i] = RoleAdmin{ARN: who.subject.ARN, Admin: "unknown"}
		if why, undecided := who.undecided(); undecided {
			out[i].Reason = why.String()
			continue
		}
		out[i].Admin = [...]string{policy.No: "no", policy.Maybe: "possibly", policy.Yes: "yes"}[who.analysis.Admin]
	}
	return out
}
