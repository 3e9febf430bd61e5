package access

import (
	"testing"

	"sekisho/audit/policy"
)

func withStatements(t *testing.T, statements string) *Subject {
	t.Helper()
	return &Subject{
		Name: "alice", Account: "123456789012",
		Identity: []*policy.Document{parseForTest(t, "p", policy.Identity, []byte(`{"Version":"2012-10-17","Statement":[`+statements+`]}`))},
	}
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
