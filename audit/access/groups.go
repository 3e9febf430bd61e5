package access

import (
	"slices"

	"sekisho/audit/account"
	"sekisho/audit/lists"
	"sekisho/audit/message"
	"sekisho/audit/policy"
)

// groups are what can be changed of a user's groups, and which others they can join.
func (f *changeFinder) groups(base *persona) {
	writes := f.p.may("iam:PutGroupPolicy") || f.p.may("iam:AttachGroupPolicy")
	joins := f.p.may("iam:AddUserToGroup")
	groups := f.Account.Groups
	if !joins {
		groups = lists.Map(lists.Filter(base.groups, func(name string) bool { return f.Group(name) != nil }), f.Group)
	}
	for _, g := range groups {
		open := f.openGroup(g, writes)
		member, joined := slices.Contains(base.groups, g.Name), open.joined
		if writes && (member || joined != policy.No) {
			f.out = append(f.out, f.groupWrites(g, open)...)
		}
		if !member && joined != policy.No {
			step := *open.step
			f.add(&mod{kind: joinGroup, key: open.key, on: g.ARN, group: open.group}, joined, &step)
		}
	}
	if f.p.may("iam:CreateGroup") && joins && writes {
		f.newGroup()
	}
}

// openGroup is what those who have the same policies can do with a group, no matter who gains by it.
type openGroup struct {
	group  *groupChange
	joined policy.Truth
	step   *Step // of joining
	key    string
	writes []*mod // nil until asked for
}

func (f *changeFinder) openGroup(g *account.Group, writes bool) *openGroup {
	if kept := f.p.groupsOpen[g]; kept != nil {
		return kept
	}
	open := &openGroup{group: &groupChange{g.Name, f.groupHoldings(g)}, key: "join " + g.ARN}
	rewrites := f.p.may("iam:CreatePolicyVersion") || f.p.may("iam:SetDefaultPolicyVersion")
	if writes || rewrites || slices.ContainsFunc(open.group.holdings, func(h holding) bool { return !f.facts(h.document).silent() }) {
		if t, by := f.p.can("iam:AddUserToGroup", g.ARN, nil); t != policy.No {
			open.joined, open.step = t, &Step{ID: "add-user-to-group", Actions: []string{"iam:AddUserToGroup"}, By: by,
				tell: func(whom any) message.Message { return message.New("adds %s to %s", whom, account.ShortARN(g.ARN)) }}
		}
	}
	if f.p.groupsOpen == nil {
		f.p.groupsOpen = map[*account.Group]*openGroup{}
	}
	f.p.groupsOpen[g] = open
	return open
}

// groupWrites are the policies that can be added to a group.
func (f *changeFinder) groupWrites(g *account.Group, open *openGroup) []*mod {
	if open.writes == nil {
		alone := changeFinder{graph: f.graph, p: f.p, w: f.w, o: f.o, out: []*mod{}}
		alone.writes("Group", g.ARN, noObject, &groupChange{name: g.Name})
		open.writes = alone.out
	}
	return open.writes
}

// newGroup is a group that the persona makes, writes a policy for, and adds the user to.
func (f *changeFinder) newGroup() {
	for _, write := range []string{"iam:PutGroupPolicy", "iam:AttachGroupPolicy"} {
		if actions := []string{"iam:CreateGroup", write, "iam:AddUserToGroup"}; f.p.may(write) {
			t, by := f.p.doAllNew(actions, func(action, arn string) *object {
				return &object{arn: arn, policy: "arn:" + f.space.partition + ":" + administratorAccess}
			}, func(arn string) bool { return !f.exists(arn) })
			f.add(&mod{kind: addPolicy, key: "group " + f.w.ARN, on: f.w.ARN, held: holding{owner: f.w.ARN, item: "group", document: gained()}}, t, &Step{
				ID: "create-group", tell: func(whom any) message.Message {
					return message.New("makes a group that allows everything, for %s", whom)
				}, Actions: actions, By: by})
		}
	}
}

func (g *graph) groupHoldings(group *account.Group) []holding {
	list, ok := g.groupPolicies[group]
	if !ok {
		list = g.heldBy(group).holdings()
		g.groupPolicies[group] = list
	}
	return list
}
