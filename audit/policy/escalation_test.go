package policy

import (
	"slices"
	"strings"
	"testing"
)

func TestEscalationPathsAreInTheCatalogue(t *testing.T) {
	t.Parallel()
	if got := len(numberedPaths()); got != len(escalationPaths) {
		t.Errorf("got %d paths whose actions are all in the catalogue, want %d", got, len(escalationPaths))
	}
	ids := map[string]bool{}
	for _, p := range escalationPaths {
		if ids[p.id] || strings.ToLower(p.id) != p.id || p.how == "" {
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
		if e == nil || !e.Sure || len(e.By) != 1 || e.Scoped() {
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

func TestEscalationThroughSomeRoles(t *testing.T) {
	t.Parallel()
	e := find(NewAnalyzer().Analyze(withStatements(t,
		`{"Effect":"Allow","Action":"ec2:RunInstances","Resource":"*"},{"Effect":"Allow","Action":"iam:PassRole","Resource":"arn:aws:iam::123456789012:role/app-*"}`)), "ec2-run-instances")
	if e == nil || !e.Scoped() || !slices.Equal(e.Roles, []string{"arn:aws:iam::123456789012:role/app-*"}) {
		t.Fatalf("got %+v, want it through app-* only", e)
	}
	if !e.Opens("arn:aws:iam::123456789012:role/app-admin") || e.Opens("arn:aws:iam::123456789012:role/admin") {
		t.Error("want app-admin open and admin not")
	}
}

func TestEscalationWithinBoundary(t *testing.T) {
	t.Parallel()
	s := withStatements(t, `{"Effect":"Allow","Action":["iam:*","s3:*"],"Resource":"*"}`)
	s.Boundary = parseForTest(t, "boundary", Boundary, []byte(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}`))
	if got := Analyze(s).Escalations; len(got) > 0 {
		t.Errorf("got %+v, want none: the boundary allows S3 only", got)
	}
}

func withStatements(t *testing.T, statements string) *Subject {
	t.Helper()
	return &Subject{
		Name: "alice", Account: "123456789012",
		Identity: []*Document{parseForTest(t, "p", Identity, []byte(`{"Version":"2012-10-17","Statement":[`+statements+`]}`))},
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
	if got := Analyze(s).Admin; got != Yes {
		t.Errorf("a user: got %v, want yes", got)
	}
	s.IsRole = true
	if got := Analyze(s).Admin; got != Maybe {
		t.Errorf("a role: got %v, want maybe", got)
	}
}

func TestAnalysisIsSafeForConcurrentUse(t *testing.T) {
	t.Parallel()
	a := NewAnalyzer()
	s := withStatements(t, `{"Effect":"Allow","Action":"*","Resource":["*","arn:aws:iam::*:user/${aws:username}"]}`)
	done := make(chan Verdict)
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
