package diff

import (
	"cmp"
	"slices"
	"time"

	"sekisho/audit/account"
	"sekisho/audit/message"
)

// members gathers who joined and who left each group, by its name: the users tell it.
type members struct{ came, went map[string][]string }

func newMembers() *members { return &members{map[string][]string{}, map[string][]string{}} }

func (m *members) joined(u *user) { note(m.came, u, u.groups.value) }

func (m *members) left(u *user) { note(m.went, u, u.groups.value) }

func note(names map[string][]string, u *user, groups []string) {
	for _, group := range groups {
		names[group] = append(names[group], u.name)
	}
}

func (m *members) compare(c *comparison, o, n *user) {
	if !both(c, AreaGroups, nameOfUser(n), o.groups, n.groups) {
		return
	}
	note(m.came, n, missingFrom(o.groups.value, n.groups.value))
	note(m.went, n, missingFrom(n.groups.value, o.groups.value))
}

// of is the detail about a group's members, where they are not the same.
func (m *members) of(group string) []Detail {
	came, went := m.came[group], m.went[group]
	delete(m.came, group)
	delete(m.went, group)
	slices.Sort(came)
	slices.Sort(went)
	if len(came)+len(went) == 0 {
		return nil
	}
	return []Detail{{Field: "members", Added: came, Removed: went}}
}

// compareGroups compares the groups where both sides list them, and their members everywhere.
func (c *comparison) compareGroups(m *members) {
	if c.listed(AreaGroups) {
		o, n := c.old.account, c.new.account
		arn := func(g *account.Group) string { return g.ARN }
		of := func(g *account.Group, kind ChangeKind) {
			c.change(Change{Area: AreaGroups, Kind: kind, Resource: g.ARN, Name: g.Name, Details: append(permissionsOfGroup(g).portrait(), m.of(g.Name)...)})
		}
		compareLists(c, listOf(c.old, wholeOf(&o.GroupCount), o.Groups, arn), listOf(c.new, wholeOf(&n.GroupCount), n.Groups, arn), lists[*account.Group]{
			area: AreaGroups, name: func(g *account.Group) string { return short(g.ARN) },
			created: func(g *account.Group) time.Time { return g.Created },
			both: func(o, n *account.Group) {
				c.changed(AreaGroups, permissionsOfGroup(n), identity{o.ID, o.Created}, identity{n.ID, n.Created}, m.of(n.Name)...)
				c.comparePermissions(permissionsOfGroup(o), permissionsOfGroup(n))
			},
			added:   func(g *account.Group) { of(g, Added) },
			removed: func(g *account.Group) { of(g, Removed) },
		})
	}
	for _, name := range eitherKeys(m.came, m.went) {
		if details := m.of(name); len(details) > 0 {
			arn := cmp.Or(c.new.groupARNs[name], c.old.groupARNs[name])
			c.change(Change{Area: AreaGroups, Kind: Changed, Resource: arn, Name: name, Details: details})
		}
	}
}

// listed reports whether both sides hold AWS's answers, and notes where they don't. Of groups, who joined and left is
// told all the same.
func (c *comparison) listed(area Area) bool {
	var why message.Message
	switch {
	case c.old.account == nil && c.new.account == nil:
		why = message.New("OLD and NEW are reports")
	case c.old.account == nil:
		why = message.New("OLD is a report")
	case c.new.account == nil:
		why = message.New("NEW is a report")
	default:
		return true
	}
	if area == AreaGroups {
		why = message.New("%s: only who joined and left is told", why)
	}
	c.skip(area, why, "")
	return false
}
