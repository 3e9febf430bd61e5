package orgpolicy

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"sekisho/audit/access"
	"sekisho/audit/account"
	"sekisho/audit/organization"
	"sekisho/audit/policy"
)

const (
	manager = "123456789012"
	member  = "111122223333"
	unit    = "ou-exam-00000001"
	root    = "r-exam"
)

const full = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`

func statement(rest string) string {
	return `{"Version":"2012-10-17","Statement":[{` + rest + `}]}`
}

func answer[T any](value T) *account.Answer[T] {
	return &account.Answer[T]{Complete: true, Value: value}
}

// tree is an organization with one unit and one account in it, under these policies.
func tree(atRoot, atUnit, atAccount []string) *organization.Snapshot {
	s := &organization.Snapshot{
		Schema: organization.Schema, TakenAt: time.Date(2026, 11, 29, 5, 0, 0, 0, time.UTC),
		Caller:       account.Caller{AccountID: manager, Partition: "aws"},
		Organization: answer(organization.Organization{ID: "o-exampleorgid", FeatureSet: organization.AllFeatures, ManagementAccount: manager}),
		Roots:        answer([]organization.Root{{ID: root, PolicyTypes: []string{serviceControl}}}),
		Units:        answer([]organization.Unit{{ID: unit, Parent: root}}),
		Accounts: answer([]organization.Account{
			{ID: manager, Parent: root, State: organization.Active}, {ID: member, Parent: unit, State: organization.Active},
		}),
		Delegates: answer([]organization.Delegate{}), Services: answer([]organization.ServiceAccess{}), ResourcePolicy: answer(organization.ResourcePolicy{}),
	}
	var policies []organization.Policy
	for target, documents := range map[string][]string{root: atRoot, unit: atUnit, member: atAccount} {
		for _, d := range documents {
			i := slices.IndexFunc(policies, func(p organization.Policy) bool { return p.Document == d })
			if i < 0 {
				i = len(policies)
				policies = append(policies, organization.Policy{ID: fmt.Sprintf("p-%08d", i), Name: fmt.Sprintf("policy%d", i), Document: d})
			}
			policies[i].Targets = append(policies[i].Targets, target)
		}
	}
	s.SCPs = answer(policies)
	return s
}

// The vectors of AWS's evaluation of service control policies (Organizations User Guide, orgs_manage_policies_scps and
// orgs_manage_policies_scps_evaluation), for a principal whose own policies allow everything.
func TestVectors(t *testing.T) {
	t.Parallel()
	f := []string{full}
	and := func(more ...string) []string { return append([]string{full}, more...) }
	denyCreate := statement(`"Effect":"Deny","Action":"iam:CreateAccessKey","Resource":"*"`)
	mfa := func(operator string) string {
		return statement(`"Effect":"Deny","NotAction":["iam:ListMFADevices","sts:GetSessionToken"],"Resource":"*","Condition":{"` + operator + `":{"aws:MultiFactorAuthPresent":"false"}}`)
	}
	denyRoot := statement(`"Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringLike":{"aws:PrincipalArn":"arn:aws:iam::*:root"}}`)
	onlyMFA := statement(`"Effect":"Allow","Action":"iam:*","Resource":"*","Condition":{"Bool":{"aws:MultiFactorAuthPresent":"true"}}`)
	user, rootUser := "arn:aws:iam::"+member+":user/alice", "arn:aws:iam::"+member+":root"
	for _, v := range []struct {
		name                     string
		atRoot, atUnit, atMember []string
		action, on, who          string
		mfa, assumedRoot         string // "" is absent
		want                     policy.Result
		unknown, exempt          bool
	}{
		{name: "1", atRoot: f, atUnit: f, atMember: f, action: "iam:CreateUser", want: policy.Allowed},
		{name: "2", atRoot: f, atUnit: []string{statement(`"Effect":"Allow","Action":"s3:*","Resource":"*"`)}, atMember: f, action: "iam:CreateUser", want: policy.ImplicitDeny},
		{name: "3", atRoot: f, atUnit: f, atMember: nil, action: "iam:CreateUser", unknown: true},
		{name: "4", atRoot: and(denyCreate), atUnit: f, atMember: f, action: "iam:CreateAccessKey", want: policy.ExplicitDeny},
		{name: "5", atRoot: and(mfa("BoolIfExists")), atUnit: f, atMember: f, action: "iam:CreateUser", want: policy.ExplicitDeny},
		{name: "6", atRoot: and(mfa("BoolIfExists")), atUnit: f, atMember: f, action: "iam:CreateUser", mfa: "false", want: policy.ExplicitDeny},
		{name: "7", atRoot: and(mfa("BoolIfExists")), atUnit: f, atMember: f, action: "iam:CreateUser", mfa: "true", want: policy.Allowed},
		{name: "8: a leak", atRoot: and(mfa("Bool")), atUnit: f, atMember: f, action: "iam:CreateUser", want: policy.Allowed},
		{name: "9", atRoot: and(denyRoot), atUnit: f, atMember: f, action: "iam:CreateUser", who: rootUser, want: policy.ExplicitDeny},
		{name: "10", atRoot: and(denyRoot), atUnit: f, atMember: f, action: "iam:CreateUser", want: policy.Allowed},
		{name: "11", atRoot: and(statement(`"Effect":"Deny","Action":"iam:CreateAccessKey","Resource":"*","Condition":{"ArnNotLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/keymaker"}}`)),
			atUnit: f, atMember: f, action: "iam:CreateAccessKey", want: policy.ExplicitDeny},
		{name: "12", atRoot: f, atUnit: []string{onlyMFA}, atMember: f, action: "iam:CreateUser", want: policy.ImplicitDeny},
		{name: "13", atRoot: f, atUnit: []string{onlyMFA}, atMember: f, action: "iam:CreateUser", mfa: "true", want: policy.Allowed},
		{name: "14", atRoot: f, atUnit: []string{onlyMFA, statement(`"Effect":"Allow","Action":"s3:*","Resource":"*"`)}, atMember: f, action: "iam:CreateUser", mfa: "true", want: policy.Allowed},
		{name: "15", atRoot: and(denyCreate), atUnit: f, atMember: f, action: "iam:CreateAccessKey", who: "arn:aws:iam::" + member + ":role/aws-service-role/x.amazonaws.com/x", want: policy.Allowed},
		{name: "16", atRoot: and(denyCreate), atUnit: f, atMember: f, action: "iam:CreateAccessKey", who: "arn:aws:iam::" + manager + ":user/alice", exempt: true, want: policy.Allowed},
		{name: "17", atRoot: and(statement(`"Effect":"Deny","Action":"iam:*AccessKey*","Resource":"*"`)), atUnit: f, atMember: f, action: "iam:CreateAccessKey", want: policy.ExplicitDeny},
		{name: "18", atRoot: f, atUnit: []string{statement(`"Effect":"Allow","Action":"*","NotResource":"arn:aws:iam::` + member + `:user/bob"`)}, atMember: f,
			action: "iam:CreateAccessKey", on: "arn:aws:iam::" + member + ":user/bob", want: policy.ImplicitDeny},
		{name: "19, plain root", atRoot: and(statement(`"Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringLike":{"aws:PrincipalArn":"arn:aws:iam::*:root"},"Null":{"aws:AssumedRoot":"true"}}`)),
			atUnit: f, atMember: f, action: "iam:CreateUser", who: rootUser, want: policy.ExplicitDeny},
		{name: "19, a session of AssumeRoot", atRoot: and(statement(`"Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringLike":{"aws:PrincipalArn":"arn:aws:iam::*:root"},"Null":{"aws:AssumedRoot":"true"}}`)),
			atUnit: f, atMember: f, action: "iam:CreateUser", who: rootUser, assumedRoot: "true", want: policy.Allowed},
		{name: "20", atRoot: f, atUnit: f, atMember: f, action: "iam:CreateUser", who: rootUser, want: policy.Allowed},
	} {
		t.Run(v.name, func(t *testing.T) {
			t.Parallel()
			who := v.who
			if who == "" {
				who = user
			}
			id := member
			if v.exempt {
				id = manager
			}
			above := Parse(tree(v.atRoot, v.atUnit, v.atMember)).Above(id)
			if (above.Unknown.Format != "") != v.unknown || above.Exempt != v.exempt {
				t.Fatalf("got %+v, want it unknown: %v, exempt: %v", above, v.unknown, v.exempt)
			}
			if v.unknown {
				return
			}
			c := policy.NewContext(policy.Absent)
			c.Set("aws:PrincipalArn", who)
			c.Set("aws:PrincipalAccount", id)
			if v.mfa != "" {
				c.Set("aws:MultiFactorAuthPresent", v.mfa)
			}
			if v.assumedRoot != "" {
				c.Set("aws:AssumedRoot", v.assumedRoot)
			}
			got := above.Decide(policy.Request{Action: v.action, Resource: v.on, Context: c}, who, policy.Policies{Identity: everything(t)})
			if got.Result != v.want {
				t.Errorf("got %v, want %v", got.Result, v.want)
			}
			if !strings.Contains(who, ":user/") {
				return // nobody can be asked about root, and no way leads through a service-linked role
			}
			x := access.New(account.New(withAdministrator(id)))
			x.Guard(above.Guardrails())
			answers, err := x.Can("user/alice", access.Request{Action: v.action, Resource: cmp.Or(v.on, "arn:aws:iam::"+id+":user/new"), MFA: cmp.Or(v.mfa, "absent")})
			if err != nil {
				t.Fatal(err)
			}
			ways := 0
			for _, way := range answers.List[0].Ways {
				if way.Session == "session" {
					continue // IAM refuses it to all sessions of GetSessionToken without MFA, whatever the policies
				}
				if ways++; way.Result != v.want {
					t.Errorf("got %v by sekisho access can (%s), want %v", way.Result, way.Session, v.want)
				}
			}
			if ways == 0 {
				t.Errorf("got %+v, want alice to come in some way", answers.List[0])
			}
		})
	}
}

// withAdministrator is an account with alice, whose own policies allow everything.
func withAdministrator(id string) *account.Snapshot {
	at := time.Date(2026, 11, 29, 5, 0, 0, 0, time.UTC)
	users := []account.UserDetail{}
	for _, name := range []string{"alice", "bob"} {
		u := account.UserDetail{Name: name, ID: "AIDA" + name, ARN: "arn:aws:iam::" + id + ":user/" + name, Path: "/", Created: at.AddDate(-1, 0, 0)}
		if name == "alice" {
			u.InlinePolicies = []account.InlinePolicy{{Name: "everything", Document: full}}
		}
		users = append(users, u)
	}
	return &account.Snapshot{TakenAt: at, Caller: account.Caller{AccountID: id, Partition: "aws"}, AuthorizationDetails: answer(account.AuthorizationDetails{Users: users})}
}

func everything(t *testing.T) []*policy.Document {
	t.Helper()
	d, err := policy.ParseText("everything", policy.Identity, full)
	if err != nil {
		t.Fatal(err)
	}
	return []*policy.Document{d}
}

// What was not read is nothing that could be relied on.
func TestPoliciesThatWereNotReadAreUnknown(t *testing.T) {
	t.Parallel()
	f := []string{full}
	for name, change := range map[string]func(*organization.Snapshot){
		"no organization":       func(s *organization.Snapshot) { s.Organization = nil },
		"no roots":              func(s *organization.Snapshot) { s.Roots = nil },
		"some roots":            func(s *organization.Snapshot) { s.Roots.Complete = false },
		"no policies":           func(s *organization.Snapshot) { s.SCPs = nil },
		"some policies":         func(s *organization.Snapshot) { s.SCPs.Complete = false },
		"no units":              func(s *organization.Snapshot) { s.Units = nil },
		"no accounts":           func(s *organization.Snapshot) { s.Accounts = nil },
		"an account elsewhere":  func(s *organization.Snapshot) { s.Accounts.Value[1].Parent = "ou-exam-99999999" },
		"a circle":              func(s *organization.Snapshot) { s.Units.Value[0].Parent = unit },
		"a policy of no form":   func(s *organization.Snapshot) { s.SCPs.Value[0].Document = "nonsense" },
		"a policy without text": func(s *organization.Snapshot) { s.SCPs.Value[0].Document = "" },
	} {
		s := tree(f, f, f)
		change(s)
		if got := Parse(s).Above(member); got.Unknown.Format == "" || len(got.SCPs) > 0 {
			t.Errorf("%s: got %+v, want it unknown", name, got)
		}
	}
	s := tree(f, f, f)
	s.Organization.Value.FeatureSet = "CONSOLIDATED_BILLING"
	if got := Parse(s).Above(member); got.Unknown.Format != "" || len(got.SCPs) > 0 {
		t.Errorf("got %+v of an organization without policies, want none", got)
	}
}
