package plan

import (
	"slices"
	"strings"

	"sekisho/audit/account"
	"sekisho/audit/change"
)

// undecided are the policies that persons are to decide about in earlier steps, and what these make that nobody has named:
// each was tried as if something were decided. No command may write what is made of that, or name it.
type undecided map[string]bool

// note takes in what the steps of a trial leave open.
func (u undecided) note(before *account.Snapshot, t *trial) {
	made := map[string]bool{}
	for _, s := range t.steps {
		for _, c := range s.made {
			if c.With["AsIf"] != nil {
				u[placeOf(c.Change)] = true
			}
			if name, ok := strings.CutPrefix(c.Action, "iam:Create"); ok {
				made[name+" "+text(c.Change, name+"Name")] = true
			}
		}
	}
	known := thingsOf(before)
	for thing, key := range thingsOf(t.after) {
		if _, is := known[thing]; !is && !made[thing] {
			u[key] = true
		}
	}
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
		all["Policy "+d.Policies[i].Name] = "made PolicyArn " + d.Policies[i].ARN
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
		out[i].Undecided = writes(c) && (copies || u[placeOf(c)]) || slices.ContainsFunc(namers, func(name string) bool { return u["made "+name+" "+text(c, name)] })
	}
	return out
}

var namers = []string{"GroupName", "RoleName", "PolicyArn"}

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
