package rules

import (
	"slices"
	"strings"

	"sekisho/audit"
	"sekisho/audit/account"
	"sekisho/audit/change"
	"sekisho/audit/lists"
	"sekisho/audit/policy"
)

// mostGroupName is how long a group's name may be.
const mostGroupName = 128

// direct are the policies attached to a user, but for those that AWS attached after a leak.
func direct(u *account.User) []account.AttachedPolicy {
	return lists.Filter(seen(u.AttachedPolicies), func(a account.AttachedPolicy) bool { return !quarantine(a) })
}

// throughGroups gives a user the policies that they have through a group in place of directly: through one that has just
// these policies, or else a new one.
func throughGroups(on *audit.Fixing, u *account.User, f *audit.Finding) []change.Change {
	attached, inline := direct(u), seen(u.InlinePolicies)
	var all []change.Change
	if len(attached)+len(inline) < len(seen(u.AttachedPolicies))+len(inline) {
		all = afterLeak(on, u, f)
	}
	if len(attached)+len(inline) == 0 {
		return all
	}
	group, made := groupWith(on, u, attached, inline)
	if made {
		all = append(all, change.New("iam:CreateGroup", group))
		for _, a := range attached {
			all = append(all, change.New("iam:AttachGroupPolicy", group, a.ARN))
		}
	}
	from := place{of: "User", name: u.Name}
	for _, i := range inline {
		if d, err := on.Document(i.Name, i.Document); err == nil && on.Permissions(d).Admin == policy.Yes { // which no managed policy should grant either
			all = append(all, change.New("iam:PutGroupPolicy", group, i.Name, i.Document), change.New("iam:DeleteUserPolicy", u.Name, i.Name))
			continue
		}
		all = append(all, moved(on, i, from, "Group", group)...)
	}
	all = append(all, change.New("iam:AddUserToGroup", group, u.Name))
	for _, a := range attached {
		all = append(all, change.New("iam:DetachUserPolicy", u.Name, a.ARN))
	}
	return all
}

// groupWith is a group that has just some policies, or the name of a new one. A user's inline policies are for a group of
// the user's own.
func groupWith(on *audit.Fixing, u *account.User, attached []account.AttachedPolicy, inline []account.InlinePolicy) (name string, made bool) {
	if len(inline) > 0 {
		return freeGroup(on, u.Name+"-permissions"), true
	}
	arns := func(list []account.AttachedPolicy) string {
		return strings.Join(slices.Sorted(slices.Values(lists.Map(list, func(a account.AttachedPolicy) string { return a.ARN }))), " ")
	}
	known := audit.Once(on, "groups", func() map[string]string {
		all := map[string]string{}
		for _, g := range slices.Backward(on.Account.Groups) {
			if len(g.InlinePolicies) == 0 {
				all[arns(g.AttachedPolicies)] = g.Name
			}
		}
		return all
	})
	if name, is := known[arns(attached)]; is {
		return name, false
	}
	names := slices.Sorted(slices.Values(attachedNames(attached)))
	name = strings.Join(names, "-")
	return freeGroup(on, name[:min(len(name), mostGroupName-len("-users-99"))]+"-users"), true
}

// freeGroup is a name that no group has.
func freeGroup(on *audit.Fixing, name string) string {
	free := name
	for n := '2'; slices.ContainsFunc(on.Account.Groups, func(g *account.Group) bool { return strings.EqualFold(g.Name, free) }); n++ {
		free = name + "-" + string(n)
	}
	return free
}

// intoGroup adds a user to a group: to one with the policies that the user has, or one that a person chooses.
func intoGroup(on *audit.Fixing, u *account.User, f *audit.Finding) []change.Change {
	if len(direct(u))+len(seen(u.InlinePolicies)) > 0 {
		return throughGroups(on, u, f)
	}
	return list(change.New("person:ChooseGroup", u.Name))
}

// firstGroup puts those who have policies of their own into groups; where nobody has any, a person decides.
func firstGroup(on *audit.Fixing, f *audit.Finding) []change.Change {
	var each [][]change.Change
	for _, u := range on.Account.Users {
		if len(direct(u)) > 0 && len(seen(u.InlinePolicies)) == 0 {
			each = append(each, throughGroups(on, u, f))
		}
	}
	all := with(each...)
	if len(all) == 0 && len(on.Account.Users) > 0 {
		return list(change.New("person:MakeGroups", on.Account.Users[0].Name))
	}
	return all
}

// emptyGroup deletes a group that has no member and is no longer new; of others a person decides.
func emptyGroup(on *audit.Fixing, f *audit.Finding) []change.Change {
	g := on.Group(f.Name)
	switch {
	case g == nil:
		return nil
	case len(g.Members) > 0:
		return list(change.New("person:GiveGroupPolicy", g.Name))
	case quiet(on, g.Created, g.Created):
		return list(change.New("iam:DeleteGroup", g.Name))
	}
	return list(change.New("person:DecideGroup", g.Name))
}
