package change

import (
	"maps"
	"slices"

	"sekisho/audit/account"
	"sekisho/audit/message"
)

// kinds are all kinds of changes, by action.
var kinds = map[string]kind{}

// init puts the table together: what a kind needs first, or is undone by, are kinds again.
func init() {
	for _, part := range []map[string]kind{policyKinds(), identityKinds(), credentialKinds(), deviceKinds(), settingKinds(), rotationKinds(), personKinds(), decisionKinds()} {
		maps.Copy(kinds, part)
	}
}

// Actions lists the actions of all kinds, sorted.
func Actions() []string { return slices.Sorted(maps.Keys(kinds)) }

// whose names the user, group or role of some parameters as people do: "user/alice".
func whose(p Parameters) string {
	for _, kind := range []struct{ name, short string }{{"UserName", "user/"}, {"GroupName", "group/"}, {"RoleName", "role/"}} {
		if name := p.text(kind.name); name != "" {
			return kind.short + name
		}
	}
	return account.ShortARN(p.text("PolicyArn"))
}

// opening is the way to the page of a user, group, role or policy in the console.
func opening(p Parameters) message.Message {
	switch {
	case p.text("GroupName") != "":
		return message.New("In the IAM console open User groups, then %s", p.text("GroupName"))
	case p.text("UserName") != "":
		return message.New("In the IAM console open Users, then %s", p.text("UserName"))
	case p.text("RoleName") != "":
		return message.New("In the IAM console open Roles, then %s", p.text("RoleName"))
	}
	return message.New("In the IAM console open Policies, then %s", account.ShortARN(p.text("PolicyArn")))
}

// at makes console of what is done on the page of a user, group, role or policy.
func at(do func(p Parameters) message.Message) func(Parameters) []message.Message {
	return func(p Parameters) []message.Message { return []message.Message{opening(p), do(p)} }
}

// oneStep makes console of one step.
func oneStep(step message.Message) func(Parameters) []message.Message {
	return func(Parameters) []message.Message { return []message.Message{step} }
}

// back makes undo of one change that leads back.
func back(action string, parameters ...string) func(*account.Snapshot, Parameters) []Change {
	return func(_ *account.Snapshot, p Parameters) []Change {
		c := New(action)
		for _, name := range parameters {
			c.With[name] = p[name]
		}
		return []Change{c}
	}
}
