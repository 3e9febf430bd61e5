package orgpolicy

import (
	"slices"
	"strings"
	"testing"

	"sekisho/audit"
	"sekisho/audit/account"
	"sekisho/audit/organization"
)

// verdicts are the statuses of all rules about an organization.
func verdicts(of *organization.Snapshot, features *account.OrganizationsFeatures) map[string]audit.Status {
	all := map[string]audit.Status{}
	for _, v := range Judge(told(of, features), Settings{}) {
		all[v.ID] = v.Status
	}
	return all
}

// told is an organization whose features somebody was told.
func told(of *organization.Snapshot, features *account.OrganizationsFeatures) *organization.Snapshot {
	if features != nil {
		of.Features = answer(*features)
	}
	return of
}

const (
	denyRootStatement = `"Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringLike":{"aws:PrincipalArn":"arn:aws:iam::*:root"}}`
	guardsStatement   = `"Effect":"Deny","Action":["organizations:LeaveOrganization","cloudtrail:StopLogging","cloudtrail:DeleteTrail"],"Resource":"*"`
	mfaStatement      = `"Effect":"Deny","NotAction":["iam:CreateVirtualMFADevice","iam:EnableMFADevice","sts:GetSessionToken"],"Resource":"*","Condition":{"BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}}`
)

func TestRulesAboutOrganizations(t *testing.T) {
	t.Parallel()
	f := []string{full}
	managed := &account.OrganizationsFeatures{Enabled: []string{account.RootCredentialsManagement, "RootSessions"}}
	good := func() *organization.Snapshot {
		return tree([]string{full, statement(denyRootStatement), statement(guardsStatement), statement(mfaStatement)}, f, f)
	}
	for id, status := range verdicts(good(), managed) {
		if status != audit.StatusPass && id != "org-member-root" && !strings.HasPrefix(id, "org-permission-set-") && id != "org-identity-center" { // which nobody asked for
			t.Errorf("%s: got %v of an organization that has everything, want a pass", id, status)
		}
	}
	// What is changed, and what each rule says of it then.
	for _, test := range []struct {
		rule   string
		want   audit.Status
		change func(*organization.Snapshot) *account.OrganizationsFeatures
	}{
		{"org-all-features", audit.StatusFail, func(s *organization.Snapshot) *account.OrganizationsFeatures {
			s.Organization.Value.FeatureSet = "CONSOLIDATED_BILLING"
			return managed
		}},
		{"org-scp-root-user", audit.StatusFail, func(s *organization.Snapshot) *account.OrganizationsFeatures {
			s.Organization.Value.FeatureSet = "CONSOLIDATED_BILLING"
			return managed
		}},
		{"org-all-features", audit.StatusUnknown, func(s *organization.Snapshot) *account.OrganizationsFeatures { s.Organization = nil; return managed }},
		{"org-root-credentials-managed", audit.StatusFail, func(*organization.Snapshot) *account.OrganizationsFeatures {
			return &account.OrganizationsFeatures{Enabled: []string{"RootSessions"}}
		}},
		{"org-root-sessions", audit.StatusFail, func(*organization.Snapshot) *account.OrganizationsFeatures {
			return &account.OrganizationsFeatures{Refusal: account.RefusedServiceAccess}
		}},
		{"org-root-sessions", audit.StatusUnknown, func(*organization.Snapshot) *account.OrganizationsFeatures {
			return &account.OrganizationsFeatures{Refusal: account.RefusedNotManagement}
		}},
		{"org-root-sessions", audit.StatusUnknown, func(*organization.Snapshot) *account.OrganizationsFeatures { return nil }},
		{"org-scp-root-user", audit.StatusFail, func(s *organization.Snapshot) *account.OrganizationsFeatures {
			s.SCPs.Value = slices.DeleteFunc(s.SCPs.Value, func(p organization.Policy) bool { return p.Document == statement(denyRootStatement) })
			return managed
		}},
		// A Deny that leaves one service open, or that a condition may take away, denies not everything.
		{"org-scp-root-user", audit.StatusFail, func(s *organization.Snapshot) *account.OrganizationsFeatures {
			return replaced(s, denyRootStatement, `"Effect":"Deny","NotAction":"wellarchitected:*","Resource":"*","Condition":{"StringLike":{"aws:PrincipalArn":"arn:aws:iam::*:root"}}`)
		}},
		{"org-scp-root-user", audit.StatusFail, func(s *organization.Snapshot) *account.OrganizationsFeatures {
			return replaced(s, denyRootStatement, `"Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringLike":{"aws:PrincipalArn":"arn:aws:iam::*:root"},"BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}}`)
		}},
		{"org-scp-root-user", audit.StatusFail, func(s *organization.Snapshot) *account.OrganizationsFeatures {
			return replaced(s, denyRootStatement, `"Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringLike":{"aws:PrincipalArn":"arn:aws:iam::999999999999:root"}}`)
		}},
		{"org-scp-root-user", audit.StatusUnknown, func(s *organization.Snapshot) *account.OrganizationsFeatures { s.Units = nil; return managed }},
		{"org-scp-root-user", audit.StatusUnknown, func(s *organization.Snapshot) *account.OrganizationsFeatures {
			s.Accounts.Complete = false
			return managed
		}},
		{"org-scp-root-user", audit.StatusNotApplicable, func(s *organization.Snapshot) *account.OrganizationsFeatures {
			s.Accounts.Value = s.Accounts.Value[:1]
			return managed
		}},
		{"org-scp-guards", audit.StatusFail, func(s *organization.Snapshot) *account.OrganizationsFeatures {
			return replaced(s, guardsStatement, `"Effect":"Deny","Action":["organizations:LeaveOrganization","cloudtrail:StopLogging"],"Resource":"*"`)
		}},
		{"org-scp-guards", audit.StatusFail, func(s *organization.Snapshot) *account.OrganizationsFeatures {
			return replaced(s, guardsStatement, guardsStatement+`,"Condition":{"StringEquals":{"aws:RequestedRegion":"us-east-1"}}`)
		}},
		{"org-mfa-by-scp", audit.StatusFail, func(s *organization.Snapshot) *account.OrganizationsFeatures {
			return replaced(s, mfaStatement, `"Effect":"Deny","NotAction":"sts:GetSessionToken","Resource":"*","Condition":{"Bool":{"aws:MultiFactorAuthPresent":"false"}}`)
		}},
		{"org-suspended-accounts", audit.StatusFail, func(s *organization.Snapshot) *account.OrganizationsFeatures {
			s.Accounts.Value[1].State = "SUSPENDED"
			return managed
		}},
		{"org-suspended-accounts", audit.StatusUnknown, func(s *organization.Snapshot) *account.OrganizationsFeatures {
			s.Accounts.Value[1].State = ""
			return managed
		}},
	} {
		s := good()
		features := test.change(s)
		if got := verdicts(s, features)[test.rule]; got != test.want {
			t.Errorf("%s: got %v, want %v", test.rule, got, test.want)
		}
	}
}

// replaced is a statement in place of another.
func replaced(s *organization.Snapshot, old, with string) *account.OrganizationsFeatures {
	for i := range s.SCPs.Value {
		if s.SCPs.Value[i].Document == statement(old) {
			s.SCPs.Value[i].Document = statement(with)
			return nil
		}
	}
	panic("no such statement")
}

// Nothing that was not read passes.
func TestNoPassOfWhatWasNotRead(t *testing.T) {
	t.Parallel()
	f := []string{full}
	for name, change := range map[string]func(*organization.Snapshot){
		"organization": func(s *organization.Snapshot) { s.Organization = nil },
		"roots":        func(s *organization.Snapshot) { s.Roots = nil },
		"accounts":     func(s *organization.Snapshot) { s.Accounts = nil },
		"policies":     func(s *organization.Snapshot) { s.SCPs = nil },
		"units":        func(s *organization.Snapshot) { s.Units = nil },
	} {
		s := tree([]string{full, statement(denyRootStatement), statement(guardsStatement), statement(mfaStatement)}, f, f)
		change(s)
		for _, v := range Judge(told(s, nil), Settings{}) {
			if v.Status == audit.StatusPass && (v.ID != "org-all-features" || name == "organization") && (v.ID != "org-suspended-accounts" || name == "accounts") && !ofDelegation(v.ID) {
				t.Errorf("without the %s: got a pass of %s", name, v.ID)
			}
		}
	}
}

func TestRulesAboutOrganizationsAreDocumented(t *testing.T) {
	t.Parallel()
	for _, r := range Rules() {
		for what, text := range map[string]string{"title": r.Title, "problem": r.Problem, "why": r.Why, "how": r.How, "fix": r.Fix, "docs": r.Docs} {
			if text == "" {
				t.Errorf("%s: got no %s", r.ID, what)
			}
		}
	}
}
