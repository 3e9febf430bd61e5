package plan

import (
	"slices"
	"strings"
	"testing"

	"sekisho/audit/account"
	"sekisho/audit/change"
	"sekisho/audit/emulator"
)

const (
	everything = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`
	asIf       = "sts:GetCallerIdentity"
)

// What a person is to decide is tried as if they had decided for little. No command makes that little so, nor is it made a
// copy of: who carries the plan out would take from people what they need.
func TestNoCommandWritesWhatNobodyDecided(t *testing.T) {
	t.Parallel()
	s := emulator.Demo(now)
	const user = "watanabe.sota"
	s, err := change.Apply(s, change.New("iam:PutUserPolicy", user, "all", everything))
	if err != nil {
		t.Fatal(err)
	}
	p := made(t, s, onByDefault(), "admin-policy-inline", "user-permissions-through-groups", "user-in-group", "inline-policy")
	narrows, copies := false, false
	for _, step := range p.Steps {
		for _, w := range step.Work {
			for _, c := range w.Changes {
				narrows = narrows || c.Action == "person:NarrowUserPolicy" && c.With["UserName"] == user
				_, writes := c.With["PolicyDocument"].(string)
				if !writes || !strings.Contains(c.With["PolicyDocument"].(string), asIf) {
					continue
				}
				copies = true
				if _, ok := c.Command(); ok || step.Kind != ByPerson || !c.Undecided {
					t.Errorf("got %q in the step %q of kind %s, want it left to a person: nobody decided on that document", c.String(), step.Title, step.Kind)
				}
			}
		}
	}
	if !narrows || !copies {
		t.Fatalf("got steps that narrow the policy %t and copy it %t, want both", narrows, copies)
	}
}

// What a step of a person makes has a name that nobody gave it yet: no command names it.
func TestNoCommandNamesWhatNobodyMade(t *testing.T) {
	t.Parallel()
	s, open := emulator.Demo(now), undecided{}
	group := change.New("iam:CreateGroup", "staff")
	after, err := change.Apply(s, change.New("person:ChooseGroup", "watanabe.sota"), group)
	if err != nil {
		t.Fatal(err)
	}
	open.note(s, &trial{after: after, steps: []*trialStep{{made: []change.Step{{Change: group}}}}})
	var chosen string
	for _, g := range account.New(after).Groups {
		if !slices.ContainsFunc(account.New(s).Groups, func(known *account.Group) bool { return known.Name == g.Name }) && g.Name != "staff" {
			chosen = g.Name
		}
	}
	marked := open.mark([]change.Change{change.New("iam:DeleteGroup", chosen), change.New("iam:DeleteGroup", "staff"), change.New("iam:DeleteGroup", "developers")})
	if !marked[0].Undecided || marked[1].Undecided || marked[2].Undecided {
		t.Errorf("got %+v, want only the group marked that a person is to choose", marked)
	}
	if _, ok := marked[0].Command(); ok || !marked[0].ByHand() {
		t.Errorf("got a command for %s, want none", marked[0])
	}
}

// What a person makes in an earlier step isn't there until they have done it: what names it is theirs, too, in the same
// round and later.
func TestCommandsDontRunAhead(t *testing.T) {
	t.Parallel()
	s, open := emulator.Demo(now), undecided{}
	making := []change.Change{change.New("iam:CreatePolicy", "Guard", everything), change.New("iam:CreateGroup", "guarded")}
	step := func(kind Kind, changes ...change.Change) *trialStep {
		return &trialStep{kind: kind, todo: [][]change.Change{changes}}
	}
	attach, join := change.New("iam:AttachGroupPolicy", "developers", change.PolicyARN(s, "/", "Guard")), change.New("iam:AddUserToGroup", "guarded", "watanabe.sota")
	other := change.New("iam:AddUserToGroup", "developers", "watanabe.sota")
	person, attaches, joins, joinsOther := step(ByPerson, making...), step(ByCommand, attach), step(ByCommand, join), step(ByCommand, other)
	for _, s := range []*trialStep{person, attaches, joins, joinsOther} {
		s.follow(open)
	}
	if attaches.kind != ByPerson || joins.kind != ByPerson || joinsOther.kind != ByCommand {
		t.Errorf("got %s, %s and %s of one round, want the two left to a person that name what one makes", attaches.kind, joins.kind, joinsOther.kind)
	}
	made, after, err := change.Made(s, making...)
	if err != nil {
		t.Fatal(err)
	}
	later := undecided{}
	person.made = made
	later.note(s, &trial{after: after, steps: []*trialStep{person}})
	if marked := later.mark([]change.Change{join}); marked[0].Undecided || later.kindOf(marked) != ByPerson || later.kindOf([]change.Change{attach}) != ByPerson || later.kindOf([]change.Change{other}) != ByCommand {
		t.Errorf("got %v open in a later round, want what names it left to a person, with its command", later)
	}
	person.kind = ByCommand
	later = undecided{}
	if later.note(s, &trial{after: after, steps: []*trialStep{person}}); len(later) > 0 {
		t.Errorf("got %v open after a step of commands, want nothing", later)
	}
}
