package inventory

import (
	"cmp"
	"slices"
	"strings"

	"sekisho/audit/access"
	"sekisho/audit/account"
	"sekisho/audit/lists"
	"sekisho/audit/message"
	"sekisho/audit/policy"
)

// roles fills the list of roles.
func (b *builder) roles() {
	rows := each(b.account.Roles, func(r **account.Role) Role { return b.role(*r) })
	b.out.Roles = listed(b, "roles", rows, &b.account.RoleCount)
}

func (b *builder) role(r *account.Role) Role {
	row := Role{
		Name: r.Name, Path: r.Path, ARN: r.ARN, ID: r.ID, Created: at(r.Created), LastUsed: never, LastUsedRegion: cmp.Or(r.LastUsedRegion, "N/A"),
		ServiceLinked:    access.ServiceLinked(r),
		AttachedPolicies: attachedNames(r.AttachedPolicies), InlinePolicies: inlineNames(r.InlinePolicies),
		Boundary: r.PermissionsBoundary, Tags: lists.OrEmpty(r.Tags), Unknown: []Unknown{},
	}
	if r.LastUsed != nil {
		row.LastUsed = at(*r.LastUsed)
	}
	if trust := b.access.Trust(r); trust.Err != nil {
		b.lacks(&row.Unknown, "trusts", NotRead, message.New("the trust policy of %s", trust.Err))
	} else {
		row.Trusts = trusted(trust.Document, b.account)
	}
	switch {
	case row.ServiceLinked:
		b.lacks(&row.Unknown, "admin", NotLooked, message.New(
			"a service-linked role is AWS's own and is not judged: its policies cannot be changed, and only the service assumes it"))
	case b.judging:
		admin, why := b.access.Role(r.ARN).AdminWord()
		if row.Admin = answered(admin); row.Admin == nil {
			b.lacks(&row.Unknown, "admin", NotRead, why)
		}
	}
	return row
}

// trusted lists whom a role's trust policy names in an Allow, shortly: what is of the same account without the
// beginning of its ARN. Conditions and Denies are left out; the rules on roles judge those.
func trusted(d *policy.Document, a *account.Account) []string {
	list := []string{}
	for i := range d.Statements {
		st := &d.Statements[i]
		if st.Effect != policy.Allow {
			continue
		}
		for _, p := range st.Principals {
			if name := shortPrincipal(p, a); !slices.Contains(list, name) {
				list = append(list, name)
			}
		}
	}
	return list
}

func shortPrincipal(p policy.Principal, a *account.Account) string {
	if p.Value == "*" {
		return "anyone"
	}
	number := p.Value
	arn, err := account.ParseARN(p.Value)
	if err == nil {
		number = arn.Account
	}
	switch whole := err != nil && len(number) == 12 && strings.Trim(number, "0123456789") == "" || err == nil && arn.Resource == "root"; {
	case whole && number == a.ID:
		return "this account"
	case whole:
		return "account " + number
	case err == nil && number == a.ID:
		return arn.Resource
	case err == nil && number != "" && arn.Service == "iam":
		return "account " + number + " " + arn.Resource
	}
	return p.Value
}

// groups fills the list of groups. The members are all where each user's groups are known.
func (b *builder) groups() {
	var missing account.State
	if !b.account.UserCount.OK() {
		missing = &b.account.UserCount
	}
	for _, u := range b.account.Users {
		if !u.Groups.OK() && missing == nil {
			missing = &u.Groups
		}
	}
	rows := make([]Group, len(b.account.Groups))
	for i, g := range b.account.Groups {
		row := Group{
			Name: g.Name, Path: g.Path, ARN: g.ARN, ID: g.ID, Created: at(g.Created), Members: g.Members,
			AttachedPolicies: attachedNames(g.AttachedPolicies), InlinePolicies: inlineNames(g.InlinePolicies), Unknown: []Unknown{},
		}
		if missing == nil {
			row.Members = lists.OrEmpty(row.Members)
		} else {
			b.lacks(&row.Unknown, "members", NotRead, message.New("the groups of some users are not known: %s", missing.Missing().Message()))
		}
		rows[i] = row
	}
	b.out.Groups = listed(b, "groups", rows, &b.account.GroupCount)
}

func attachedNames(list []account.AttachedPolicy) []string {
	return each(list, func(p *account.AttachedPolicy) string { return p.Name })
}

func inlineNames(list []account.InlinePolicy) []string {
	return each(list, func(p *account.InlinePolicy) string { return p.Name })
}
