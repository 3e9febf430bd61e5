package access

import (
	"testing"

	"sekisho/audit/account"
	"sekisho/audit/policy"
)

// Who asks of users alone doesn't wait for the roles.
func TestRolesAreAnalysedOnceTheyAreAskedFor(t *testing.T) {
	t.Parallel()
	role := &account.Role{RoleDetail: account.RoleDetail{Name: "app", ARN: "arn:aws:iam::123456789012:role/app", TrustPolicy: `{"Version":"2012-10-17","Statement":[]}`}}
	x := New(&account.Account{ID: "123456789012", Partition: "aws", Roles: []*account.Role{role}})
	who := x.Role(role.ARN)
	x.analyse(false)
	if who.analysis != nil {
		t.Error("got an analysis of a role by asking of users, want none")
	}
	if who.Analysis() == nil {
		t.Error("got no analysis of a role that was asked for")
	}
}

func TestPrincipalARNIsKnownWithoutTheAccount(t *testing.T) {
	t.Parallel()
	mfaPolicy := func(arn string) *policy.Document {
		return parseForTest(t, "mfa", policy.Identity, []byte(`{"Version":"2012-10-17","Statement":[
			{"Effect":"Allow","Action":"*","Resource":"*"},
			{"Effect":"Deny","NotAction":"iam:EnableMFADevice","Resource":"*","Condition":{
				"BoolIfExists":{"aws:MultiFactorAuthPresent":"false"},"ArnNotLike":{"aws:PrincipalArn":"`+arn+`"}}}]}`))
	}
	for arn, want := range map[string]Enforcement{
		"arn:aws:iam::*:role/*":              Enforced, // no user is a role, whatever the account
		"arn:aws:iam::*:user/bob":            NotEnforced,
		"arn:aws:iam::111122223333:user/bob": NotEnforced, // it may be that one: the Deny only may apply
	} {
		a := Analyze(&Subject{Name: "bob", Identity: []*policy.Document{mfaPolicy(arn)}})
		if got := a.Paths[AccessKey].Verdict; got != want {
			t.Errorf("but for %s: got %s, want %s", arn, got, want)
		}
	}
	a := Analyze(&Subject{Name: "bob", Account: "123456789012", Identity: []*policy.Document{mfaPolicy("arn:aws:iam::111122223333:user/bob")}})
	if got := a.Paths[AccessKey].Verdict; got != Enforced {
		t.Errorf("in another account: got %s, want enforced", got)
	}
}
