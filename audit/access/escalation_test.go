package access

import (
	"slices"
	"strings"
	"testing"

	"sekisho/audit/policy"
)

func TestEscalationPathsAreInTheCatalogue(t *testing.T) {
	t.Parallel()
	if got := len(numberedPaths()); got != len(escalationPaths) {
		t.Errorf("got %d paths whose actions are all in the catalogue, want %d", got, len(escalationPaths))
	}
	ids := map[string]bool{}
	for _, p := range escalationPaths {
		if ids[p.id] || strings.ToLower(p.id) != p.id || p.how.Empty() {
			t.Errorf("path %q: want an ID of its own in lower case, and an explanation", p.id)
		}
		ids[p.id] = true
	}
}

// Every path works with exactly its own actions, and not with one of them denied.
func TestEachEscalationPath(t *testing.T) {
	t.Parallel()
	a := NewAnalyzer()
	for _, p := range escalationPaths {
		var actions []string
		for _, s := range p.steps {
			actions = append(actions, `"`+s.action+`"`)
		}
		allow := `{"Effect":"Allow","Action":[` + strings.Join(actions, ",") + `],"Resource":"*"}`
		e := find(a.Analyze(withStatements(t, allow)), p.id)
		if e == nil || !e.Sure || len(e.By) != 1 {
			t.Errorf("%s: got %+v, want it sure by one statement", p.id, e)
		}
		for _, action := range actions {
			deny := `,{"Effect":"Deny","Action":` + action + `,"Resource":"*"}`
			if e := find(a.Analyze(withStatements(t, allow+deny)), p.id); e != nil {
				t.Errorf("%s without %s: got %+v, want none", p.id, action, e)
			}
		}
	}
}

func TestEscalation(t *testing.T) {
	t.Parallel()
	const lambda = `{"Effect":"Allow","Action":["lambda:CreateFunction","lambda:InvokeFunction"],"Resource":"*"},`
	a := NewAnalyzer()
	for _, test := range []struct {
		name, statements, id string
		want                 string // "sure", "possible", "none"
	}{
		{"own access keys", `{"Effect":"Allow","Action":"iam:CreateAccessKey","Resource":"arn:aws:iam::*:user/${aws:username}"}`, "create-access-key", "none"},
		{"all access keys but others'", `{"Effect":"Allow","Action":"iam:CreateAccessKey","Resource":"*"},{"Effect":"Deny","Action":"iam:*","NotResource":"arn:aws:iam::*:user/${aws:username}"}`, "create-access-key", "none"},
		{"all access keys but some", `{"Effect":"Allow","Action":"iam:CreateAccessKey","Resource":"*"},{"Effect":"Deny","Action":"iam:*","NotResource":["arn:aws:iam::*:user/${aws:username}","arn:aws:iam::*:user/bob"]}`, "create-access-key", "sure"},
		{"others' access keys", `{"Effect":"Allow","Action":"iam:*AccessKey*","Resource":"arn:aws:iam::*:user/*"}`, "create-access-key", "sure"},
		{"pass to Lambda", lambda + `{"Effect":"Allow","Action":"iam:PassRole","Resource":"*","Condition":{"StringEquals":{"iam:PassedToService":"lambda.amazonaws.com"}}}`, "lambda-invoke", "sure"},
		{"pass to EC2 only", lambda + `{"Effect":"Allow","Action":"iam:PassRole","Resource":"*","Condition":{"StringEquals":{"iam:PassedToService":"ec2.amazonaws.com"}}}`, "lambda-invoke", "none"},
		{"attach one harmless policy", `{"Effect":"Allow","Action":"iam:AttachUserPolicy","Resource":"*","Condition":{"ArnEquals":{"iam:PolicyARN":"arn:aws:iam::aws:policy/ReadOnlyAccess"}}}`, "attach-user-policy", "none"},
		{"attach AWS's policies", `{"Effect":"Allow","Action":"iam:AttachUserPolicy","Resource":"*","Condition":{"ArnLike":{"iam:PolicyARN":"arn:aws:iam::aws:policy/*"}}}`, "attach-user-policy", "sure"},
		{"on an unknown condition", `{"Effect":"Allow","Action":"iam:PutUserPolicy","Resource":"*","Condition":{"IpAddress":{"aws:SourceIp":"192.0.2.0/24"}}}`, "put-user-policy", "possible"},
		{"on the wrong resource type", `{"Effect":"Allow","Action":"iam:*","Resource":"arn:aws:iam::*:mfa/*"}`, "put-user-policy", "none"},
		{"across statements and case", `{"Effect":"Allow","Action":"IAM:PASSROLE","Resource":"arn:aws:iam::123456789012:role/*"},` + strings.TrimSuffix(lambda, ","), "lambda-invoke", "sure"},
		{"everything but IAM", `{"Effect":"Allow","NotAction":"iam:*","Resource":"*"}`, "lambda-update-code", "sure"},
		{"under MFA", `{"Effect":"Allow","Action":"iam:AddUserToGroup","Resource":"*","Condition":{"Bool":{"aws:MultiFactorAuthPresent":"true"}}}`, "add-user-to-group", "sure"},
		{"an administrator", `{"Effect":"Allow","Action":"*","Resource":"*"}`, "add-user-to-group", "none"},
	} {
		got := "none"
		if e := find(a.Analyze(withStatements(t, test.statements)), test.id); e != nil && e.Sure {
			got = "sure"
		} else if e != nil {
			got = "possible"
		}
		if got != test.want {
			t.Errorf("%s: got %s %s, want %s", test.name, test.id, got, test.want)
		}
	}
}

const trustingRoot = `{"Principal":{"AWS":"arn:aws:iam::123456789012:root"},"Effect":"Allow","Action":"sts:AssumeRole"}`

// trusting is an administrator's role with such a trust policy.
func trusting(t *testing.T, name, statements string) TargetRole {
	t.Helper()
	d := parseForTest(t, name, policy.Trust, []byte(`{"Version":"2012-10-17","Statement":[`+statements+`]}`))
	return TargetRole{ARN: "arn:aws:iam::123456789012:role/" + name, Trust: d, Admin: policy.Yes}
}

func trustingService(t *testing.T, name, service string) TargetRole {
	t.Helper()
	return trusting(t, name, `{"Effect":"Allow","Principal":{"Service":"`+service+`"},"Action":"sts:AssumeRole"}`)
}

func TestEscalationThroughRoles(t *testing.T) {
	t.Parallel()
	const (
		code      = `{"Effect":"Allow","Action":["lambda:CreateFunction","lambda:InvokeFunction"],"Resource":"*"},`
		pass      = code + `{"Effect":"Allow","Action":"iam:PassRole","Resource":"*"}`
		open      = `{"Effect":"Allow","Action":"iam:UpdateAssumeRolePolicy","Resource":"*"}`
		assume    = `{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"arn:aws:iam::123456789012:role/a*"}`
		nothing   = `{"Effect":"Allow","Action":"s3:ListAllMyBuckets","Resource":"*"}`
		onAddress = `,"Condition":{"IpAddress":{"aws:SourceIp":"192.0.2.0/24"}}}`
	)
	root := trusting(t, "admin", trustingRoot)
	lambda := trustingService(t, "admin", "lambda.amazonaws.com")
	possible := lambda
	possible.Admin = policy.Maybe
	mfa := trusting(t, "admin", strings.TrimSuffix(trustingRoot, "}")+`,"Condition":{"Bool":{"aws:MultiFactorAuthPresent":"true"}}}`)
	external := trusting(t, "admin", strings.TrimSuffix(trustingRoot, "}")+`,"Condition":{"StringEquals":{"sts:ExternalId":"x"}}}`)
	alice := trusting(t, "admin", `{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:user/alice"},"Action":"sts:AssumeRole"}`)
	bob := trusting(t, "admin", `{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:user/bob"},"Action":"sts:AssumeRole"}`)
	for _, test := range []struct {
		name, statements string
		role             TargetRole
		id, want         string
	}{
		{"passes to Lambda", pass, lambda, "lambda-invoke", "sure"},
		{"the role doesn't trust Lambda", pass, trustingService(t, "admin", "ec2.amazonaws.com"), "lambda-invoke", "none"},
		{"in China", pass, trustingService(t, "admin", "lambda.amazonaws.com.cn"), "lambda-invoke", "sure"},
		{"a service of a like name", pass, trustingService(t, "admin", "lambdaish.amazonaws.com"), "lambda-invoke", "none"},
		{"possibly an administrator", pass, possible, "lambda-invoke", "possible"},
		{"a trust policy that can't be read", pass, TargetRole{ARN: lambda.ARN, Admin: policy.Yes}, "lambda-invoke", "possible"},
		{"passes all but that role", pass + `,{"Effect":"Deny","Action":"iam:PassRole","Resource":"` + lambda.ARN + `"}`, lambda, "lambda-invoke", "none"},
		{"passes other roles", code + `{"Effect":"Allow","Action":"iam:PassRole","Resource":"arn:aws:iam::123456789012:role/app-*"}`, lambda, "lambda-invoke", "none"},
		{"passes all possibly and that one surely", code + `{"Effect":"Allow","Action":"iam:PassRole","Resource":"*"` + onAddress + `,{"Effect":"Allow","Action":"iam:PassRole","Resource":"` + lambda.ARN + `"}`, lambda, "lambda-invoke", "sure"},
		{"passes that one possibly and others surely", code + `{"Effect":"Allow","Action":"iam:PassRole","Resource":"*"` + onAddress + `,{"Effect":"Allow","Action":"iam:PassRole","Resource":"arn:aws:iam::123456789012:role/app"}`, lambda, "lambda-invoke", "possible"},

		{"opens a role, no more", open, lambda, "update-assume-role-policy", "sure"},
		{"opens a role, but may assume none", open + `,{"Effect":"Deny","Action":"sts:AssumeRole","Resource":"*"}`, lambda, "update-assume-role-policy", "none"},
		{"opens other roles", `{"Effect":"Allow","Action":"iam:UpdateAssumeRolePolicy","Resource":"arn:aws:iam::123456789012:role/app"}`, lambda, "update-assume-role-policy", "none"},

		{"assumes a role", assume, root, "assume-role", "sure"},
		{"assumes a role that lets nobody in", assume, lambda, "assume-role", "none"},
		{"assumes a role with MFA", assume, mfa, "assume-role", "sure"},
		{"assumes a role with a secret", assume, external, "assume-role", "possible"},
		{"assumes other roles", strings.Replace(assume, "role/a*", "role/b*", 1), root, "assume-role", "none"},
		{"a role that trusts the account, without permission", nothing, root, "assume-role", "none"},
		{"a role that trusts the user", nothing, alice, "assume-role", "sure"},
		{"a role that trusts the user, refused", nothing + `,{"Effect":"Deny","Action":"sts:*","Resource":"*"}`, alice, "assume-role", "none"},
		{"a role that trusts another", assume, bob, "assume-role", "none"},
	} {
		e := through(Analyze(withStatements(t, test.statements)), test.id, test.role)
		if got := surety(e); got != test.want || e != nil && e.Role != test.role.ARN {
			t.Errorf("%s: got %s %s, want %s: %+v", test.name, got, test.id, test.want, e)
		}
	}
}

func surety(e *Escalation) string {
	switch {
	case e == nil:
		return "none"
	case e.Sure:
		return "sure"
	}
	return "possible"
}

func through(a *Analysis, id string, roles ...TargetRole) *Escalation {
	for _, e := range a.Through(roles) {
		if e.ID == id {
			return &e
		}
	}
	return nil
}

// The best of several roles is told, whatever their order.
func TestEscalationTakesTheSurestRole(t *testing.T) {
	t.Parallel()
	a := Analyze(withStatements(t, `{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"*"}`))
	weak, strong := trusting(t, "a", trustingRoot), trusting(t, "b", trustingRoot)
	weak.Admin = policy.Maybe
	for _, roles := range [][]TargetRole{{weak, strong}, {strong, weak}} {
		if e := through(a, "assume-role", roles...); e == nil || !e.Sure || e.Role != strong.ARN {
			t.Errorf("got %+v, want surely through %s", e, strong.ARN)
		}
	}
}

// A boundary caps what someone gives themselves, unless they get rid of it or leave it behind in a role.
func TestEscalationAndBoundary(t *testing.T) {
	t.Parallel()
	const everything = `"*"`
	lambda := trustingService(t, "admin", "lambda.amazonaws.com")
	for _, test := range []struct {
		name, identity, boundary string // actions on *
		arn                      string // of the boundary
		role                     bool
		want                     string // the surest way's ID and surety
	}{
		{name: "takes it off", identity: everything, boundary: `"iam:DeleteUserPermissionsBoundary","s3:*"`, want: "delete-permissions-boundary sure"},
		{name: "widens it", identity: everything, boundary: `"iam:PutUserPermissionsBoundary","s3:*"`, want: "put-permissions-boundary sure"},
		{name: "a user's action for a role", identity: everything, boundary: `"iam:DeleteUserPermissionsBoundary"`, role: true},
		{name: "a role takes it off", identity: everything, boundary: `"iam:DeleteRolePermissionsBoundary"`, role: true, want: "delete-permissions-boundary sure"},
		{name: "rewrites it", identity: everything, boundary: `"iam:CreatePolicyVersion"`, arn: "arn:aws:iam::123456789012:policy/b", want: "rewrite-permissions-boundary sure"},
		{name: "may rewrite it", identity: everything, boundary: `"iam:CreatePolicyVersion"`, want: "rewrite-permissions-boundary possible"},
		{name: "AWS's can't be rewritten", identity: everything, boundary: `"iam:CreatePolicyVersion"`, arn: "arn:aws:iam::aws:policy/b"},
		{name: "takes it off and is nobody", identity: `"iam:DeleteUserPermissionsBoundary","s3:*"`, boundary: everything},
		{name: "takes it off and goes on", identity: `"iam:DeleteUserPermissionsBoundary","iam:PutUserPolicy"`, boundary: `"iam:DeleteUserPermissionsBoundary"`, want: "put-user-policy sure"},
		{name: "attaches in vain", identity: everything, boundary: `"iam:AttachUserPolicy"`},
		{name: "joins in vain", identity: `"iam:AddUserToGroup"`, boundary: `"iam:AddUserToGroup","s3:*"`},
		{name: "a role writes in vain", identity: `"iam:PutRolePolicy"`, boundary: `"iam:PutRolePolicy","s3:*"`, role: true},
		{name: "attaches within a wide boundary", identity: `"iam:AttachUserPolicy"`, boundary: everything, want: "attach-user-policy sure"},
		{name: "attaches, then takes it off", identity: `"iam:AttachUserPolicy"`, boundary: `"iam:AttachUserPolicy","iam:DeleteUserPermissionsBoundary"`, want: "delete-permissions-boundary sure"},
		{name: "attaches, but a Deny keeps the boundary on", identity: `"iam:AttachUserPolicy"],"Resource":"*"},{"Effect":"Deny","Action":["iam:DeleteUserPermissionsBoundary"`, boundary: `"iam:AttachUserPolicy","iam:DeleteUserPermissionsBoundary"`},
		{name: "attaches, then makes a key", identity: `"iam:AttachUserPolicy"`, boundary: `"iam:*"`, arn: "arn:aws:iam::aws:policy/IAMFullAccess", want: "create-access-key sure"},
		{name: "attaches, then passes", identity: `"iam:AttachUserPolicy"`, boundary: `"iam:AttachUserPolicy","iam:PassRole","lambda:CreateFunction","lambda:InvokeFunction"`, want: "lambda-invoke sure"},
		{name: "writes a role that can be assumed", identity: `"iam:PutRolePolicy","sts:AssumeRole"`, boundary: `"iam:PutRolePolicy","sts:AssumeRole"`, want: "put-role-policy sure"},
		{name: "opens a role", identity: `"iam:UpdateAssumeRolePolicy"`, boundary: `"iam:UpdateAssumeRolePolicy"`, want: "update-assume-role-policy sure"},
		{name: "makes an administrator's key", identity: `"iam:CreateAccessKey"`, boundary: `"iam:CreateAccessKey"`, want: "create-access-key sure"},
	} {
		s := withStatements(t, `{"Effect":"Allow","Action":[`+test.identity+`],"Resource":"*"}`)
		s.Boundary = parseForTest(t, "b", policy.Boundary, []byte(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":[`+test.boundary+`],"Resource":"*"}}`))
		s.BoundaryARN, s.IsRole = test.arn, test.role
		ways := Analyze(s).Through([]TargetRole{lambda})
		if test.want == "" {
			if len(ways) > 0 {
				t.Errorf("%s: got %+v, want none", test.name, ways)
			}
			continue
		}
		id, sure, _ := strings.Cut(test.want, " ")
		if i := slices.IndexFunc(ways, func(e Escalation) bool { return e.ID == id && surety(&e) == sure }); i < 0 {
			t.Errorf("%s: got %+v, want %s", test.name, ways, test.want)
		}
	}
}

func TestEscalationWithinBoundary(t *testing.T) {
	t.Parallel()
	s := withStatements(t, `{"Effect":"Allow","Action":["iam:*","s3:*"],"Resource":"*"}`)
	s.Boundary = parseForTest(t, "boundary", policy.Boundary, []byte(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}`))
	if got := Analyze(s).Escalations; len(got) > 0 {
		t.Errorf("got %+v, want none: the boundary allows S3 only", got)
	}
}

func withStatements(t *testing.T, statements string) *Subject {
	t.Helper()
	return &Subject{
		Name: "alice", Account: "123456789012",
		Identity: []*policy.Document{parseForTest(t, "p", policy.Identity, []byte(`{"Version":"2012-10-17","Statement":[`+statements+`]}`))},
	}
}

func find(a *Analysis, id string) *Escalation {
	for i := range a.Escalations {
		if a.Escalations[i].ID == id {
			return &a.Escalations[i]
		}
	}
	return nil
}

func TestRoleSessionsAreNotSureOfMFA(t *testing.T) {
	t.Parallel()
	s := withStatements(t, `{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}}}`)
	if got := Analyze(s).Admin; got != policy.Yes {
		t.Errorf("a user: got %v, want yes", got)
	}
	s.IsRole = true
	if got := Analyze(s).Admin; got != policy.Maybe {
		t.Errorf("a role: got %v, want maybe", got)
	}
}

func TestAnalysisIsSafeForConcurrentUse(t *testing.T) {
	t.Parallel()
	a := NewAnalyzer()
	s := withStatements(t, `{"Effect":"Allow","Action":"*","Resource":["*","arn:aws:iam::*:user/${aws:username}"]}`)
	done := make(chan Enforcement)
	for range 8 {
		go func() {
			analysis := a.Analyze(s)
			analysis.Findings()
			analysis.Leaks(AccessKey)
			done <- analysis.Paths[AccessKey].Verdict
		}()
	}
	for range 8 {
		if got := <-done; got != NotEnforced {
			t.Errorf("got %v, want not_enforced", got)
		}
	}
}
