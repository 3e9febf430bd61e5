package plan_test

import (
	"time"

	"sekisho/audit"
	"sekisho/audit/change"
	"sekisho/audit/message"
	"sekisho/audit/plan"
)

var taken = time.Date(2026, 11, 22, 5, 0, 0, 0, time.UTC)

const (
	prefix = "arn:aws:iam::123456789012:"
	own    = prefix + "policy/own"
)

// done is a change of a step, with what undoes it.
func done(c change.Change, back ...change.Change) plan.Change {
	return plan.Change{Step: change.Step{Change: c, Back: back}, Stage: c.Stage()}
}

func refs(n int, severity audit.Severity, name string) (all []plan.Ref) {
	for range n {
		all = append(all, plan.Ref{Rule: "a-rule", Severity: severity, Status: audit.StatusFail, Resource: prefix + "user/" + name, Name: name, Message: "is so of " + name})
	}
	return all
}

func step(number int, kind plan.Kind, level plan.Level, name string, text message.Message, changes ...plan.Change) plan.Step {
	s := plan.Step{
		Number: number, Title: text.String(), Text: text, Kind: kind, Rule: "a-rule", Severity: audit.High, Stages: []change.Stage{}, Touches: []string{}, ProvedWith: []int{number},
		Risk:  plan.Risk{Level: level, Reason: "used by " + name, Text: message.New("used by %s", name)},
		After: plan.Standing{Complete: number, Applicable: 5, Failing: map[string]int{"high": 9 - number}}, Clears: refs(number, audit.High, name), Adds: []plan.Ref{},
	}
	if kind != plan.Decision {
		s.Touches = []string{prefix + "user/" + name}
		s.Work = []plan.Work{{Resource: prefix + "user/" + name, ResourceID: "AIDACKCEVSQ6C2EXAMPLE", Name: name, Use: message.New("%s was used by %s", name, name), Findings: number, Changes: changes}}
	}
	return s
}

// planFor is a plan with steps of all kinds, about a user of a name who has a key by that name.
func planFor(name string) *plan.Plan {
	newVersion := done(change.New("iam:CreatePolicyVersion", own, "{\n  \"Statement\": [\"it's\"]\n}", true), change.New("iam:SetDefaultPolicyVersion", own, "v7"))
	oldest := done(change.New("iam:DeletePolicyVersion", own, "v3"))
	oldest.Needed = true
	p := &plan.Plan{
		Schema: plan.Schema, Tool: audit.Tool{Name: "sekisho", Version: "devel"}, Account: audit.AccountInfo{ID: "123456789012", Partition: "aws"}, TakenAt: taken,
		Goal: []string{"status", "high"}, Before: plan.Standing{Applicable: 5, Failing: map[string]int{"high": 9}, Left: 9}, After: plan.Standing{Complete: 5, Applicable: 5, Failing: map[string]int{}},
		Steps: []plan.Step{
			step(1, plan.ByCommand, plan.Low, name, message.New("retire the key of %s", name),
				done(change.New("iam:UpdateAccessKey", name, name, "Inactive"), change.New("iam:UpdateAccessKey", name, name, "Active")), done(change.New("person:Wait", 14)), done(change.New("iam:DeleteAccessKey", name, name))),
			step(2, plan.ByCommand, plan.High, "other", message.New("correct the policy of %s", name), oldest, newVersion),
			step(3, plan.ByPerson, plan.Low, name, message.New("have %s enrol", name), done(change.New("person:EnrolMFADevice", name))),
			step(4, plan.ByCommand, plan.Low, name, message.New("take %s out", name), done(change.New("iam:RemoveUserFromGroup", "staff", name), change.New("iam:AddUserToGroup", "staff", name))),
			step(5, plan.Decision, plan.Medium, name, message.New("decide about %s", name)),
		},
		Waits: []plan.Wait{{Title: "wait", Text: message.New("wait for %s", name), Clears: refs(1, audit.High, name)}},
	}
	p.Steps[1].Adds = refs(1, audit.Low, name)
	p.Steps[4].Guide, p.Steps[4].Page = []plan.Advice{{Text: "Think", Command: "aws iam get-user --user-name NAME"}, {Text: "Decide"}}, "https://docs.aws.amazon.com/"
	return p
}
