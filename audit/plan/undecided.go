package plan

import (
	"slices"
	"strings"

	"sekisho/audit/account"
	"sekisho/audit/change"
)

// undecided is what steps of persons leave open: the policies that they are to decide about, and what they make. Each
// was tried as if something were decided, and no command may write what is made of that. A thing has a name already where
// it stands in the step that makes it; the value is false then, and no command may name it before.
type undecided map[string]bool

// note takes in what the steps of a trial leave open.
func (u undecided) note(before *account.Snapshot, t *trial) {
	made := map[string]bool{}
	for _, s := range t.steps {
		for _, c := range s.made {
			if c.With["AsIf"] != nil {
				u[placeOf(c.Change)] = true
			}
			if thing := makes(c.Change); thing != "" {
				made[thing] = s.kind == ByPerson
			}
		}
	}
	known := thingsOf(before)
	for thing, key := range thingsOf(t.after) {
		if _, is := known[thing]; is {
			continue
		}
		if byPerson, named := made[thing]; byPerson || !named {
			u[key] = !named
		}
	}
}

// makes is the thing that a change makes.
func makes(c change.Change) string {
	if kind, ok := strings.CutPrefix(c.Action, "iam:Create"); ok && (kind == "Group" || kind == "Role" || kind == "Policy") {
		return kind + " " + text(c, kind+"Name")
	}
	return ""
}

// thingsOf are the groups, roles and policies of an account by kind and name, each as parameters name it.
func thingsOf(s *account.Snapshot) map[string]string {
	all := map[string]string{}
	if s.AuthorizationDetails == nil {
		return all
	}
	d := &s.AuthorizationDetails.Value
	for i := range d.Groups {
		all["Group "+d.Groups[i].Name] = "made GroupName " + d.Groups[i].Name
	}
	for i := range d.Roles {
		all["Role "+d.Roles[i].Name] = "made RoleName " + d.Roles[i].Name
	}
	for i := range d.Policies {
		if !account.OfAWS(d.Policies[i].ARN) {
			all["Policy "+d.Policies[i].Name] = "made PolicyName " + d.Policies[i].Name
		}
	}
	return all
}

// mark marks what a person has to do themselves once they have decided: to write what was written as if, or a copy of
// what is deleted, and to name what they made.
func (u undecided) mark(changes []change.Change) []change.Change {
	if len(u) == 0 {
		return changes
	}
	copies := slices.ContainsFunc(changes, func(c change.Change) bool { return strings.HasPrefix(c.Action, "iam:Delete") && u[placeOf(c)] })
	out := slices.Clone(changes)
	for i, c := range out {
		out[i].Undecided = writes(c) && (copies || u[placeOf(c)]) || slices.ContainsFunc(namedIn(c), func(name string) bool { return u[name] })
	}
	return out
}

// follows reports whether changes name what a person makes in an earlier step.
func (u undecided) follows(changes []change.Change) bool {
	return len(u) > 0 && slices.ContainsFunc(changes, func(c change.Change) bool {
		return slices.ContainsFunc(namedIn(c), func(name string) bool { _, open := u[name]; return open })
	})
}

// namedIn are the group, the role and the managed policy that a change is about, as keys of what is open. What AWS has made
// is called otherwise.
func namedIn(c change.Change) []string {
	arn := text(c, "PolicyArn")
	return []string{"made GroupName " + text(c, "GroupName"), "made RoleName " + text(c, "RoleName"), "made PolicyName " + arn[strings.LastIndex(arn, "/")+1:]}
}

// writes reports whether a change writes a document that may be made of another.
func writes(c change.Change) bool {
	return c.Stage() == "" && (c.With["PolicyDocument"] != nil || c.With["AssumeRolePolicyDocument"] != nil)
}

// placeOf is where a change writes or deletes a policy.
func placeOf(c change.Change) string {
	words := []string{text(c, "PolicyArn")}
	for _, name := range []string{"UserName", "GroupName", "RoleName", "PolicyName"} {
		words = append(words, name, text(c, name))
	}
	return strings.Join(words, " ")
}

func text(c change.Change, name string) string {
	value, _ := c.With[name].(string)
	return value
}
