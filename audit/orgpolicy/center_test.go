package orgpolicy

import (
	"strings"
	"testing"

	"sekisho/audit"
	"sekisho/audit/organization"
)

const (
	administratorAccess = "arn:aws:iam::aws:policy/AdministratorAccess"
	securityAudit       = "arn:aws:iam::aws:policy/SecurityAudit"
)

// centered is an organization with an Identity Center that has one permission set, which a group has in a member.
func centered(set organization.PermissionSet) *organization.Snapshot {
	s := tree([]string{full}, []string{full}, []string{full})
	set.ARN, set.Name = "arn:aws:sso:::permissionSet/ssoins-1/ps-1", "Set"
	s.IdentityCenter = answer(organization.IdentityCenter{Regions: []string{"eu-central-1"}, Instances: []organization.Instance{{
		ARN: "arn:aws:sso:::instance/ssoins-1", Owner: manager, Status: organization.InstanceActive, Region: "eu-central-1",
		PermissionSets: answer([]organization.PermissionSet{set}), Users: answer([]organization.CenterUser{}), Groups: answer([]organization.CenterGroup{}),
		Assignments: answer([]organization.Assignment{{Account: member, Set: set.ARN, PrincipalType: organization.PrincipalGroup, Principal: "g"}}),
	}}})
	return s
}

func TestPermissionSets(t *testing.T) {
	t.Parallel()
	inline := func(action, resource string) string {
		return statement(`"Effect":"Allow","Action":"` + action + `","Resource":"` + resource + `"`)
	}
	none := func(*organization.Instance) {}
	for _, test := range []struct {
		name, rule string
		set        organization.PermissionSet
		change     func(*organization.Instance)
		want       audit.Status
		says       string
	}{
		{"nothing", "org-permission-set-admin", organization.PermissionSet{}, none, audit.StatusPass, "1 permission set"},
		{"a reader", "org-permission-set-admin", organization.PermissionSet{Managed: []string{securityAudit}}, none, audit.StatusPass, ""},
		{"an administrator", "org-permission-set-admin", organization.PermissionSet{Managed: []string{administratorAccess}}, none, audit.StatusFail, "Set, assigned to 1 group in 1 account"},
		{"all of IAM", "org-permission-set-admin", organization.PermissionSet{Managed: []string{"arn:aws:iam::aws:policy/IAMFullAccess"}}, none, audit.StatusFail, ""},
		{"one's own policy of that name", "org-permission-set-admin", organization.PermissionSet{Managed: []string{"arn:aws:iam::111122223333:policy/AdministratorAccess"}}, none, audit.StatusPass, ""},
		{"inline", "org-permission-set-admin", organization.PermissionSet{Inline: inline("*", "*")}, none, audit.StatusFail, ""},
		{"inline, by IAM alone", "org-permission-set-admin", organization.PermissionSet{Inline: inline("iam:Put*", "*")}, none, audit.StatusFail, ""},
		{"inline, on some roles", "org-permission-set-admin", organization.PermissionSet{Inline: inline("iam:*", "arn:aws:iam::*:role/app-*")}, none, audit.StatusPass, ""},
		{"inline, on a condition", "org-permission-set-admin", organization.PermissionSet{Inline: statement(`"Effect":"Allow","Action":"*","Resource":"*","Condition":{"Bool":{"aws:MultiFactorAuthPresent":"true"}}`)}, none, audit.StatusUnknown, "not known"},
		{"inline, of no form", "org-permission-set-admin", organization.PermissionSet{Inline: "nonsense"}, none, audit.StatusUnknown, ""},
		{"of each account", "org-permission-set-admin", organization.PermissionSet{Customer: []string{"/deploy"}}, none, audit.StatusUnknown, "not known"},
		{"within a boundary", "org-permission-set-admin", organization.PermissionSet{Managed: []string{administratorAccess}, Boundary: "/limits"}, none, audit.StatusUnknown, ""},
		{"within a boundary of no use", "org-permission-set-admin", organization.PermissionSet{Managed: []string{administratorAccess}, Boundary: administratorAccess}, none, audit.StatusFail, ""},
		{"a boundary that nobody read", "org-permission-set-admin", organization.PermissionSet{Managed: []string{administratorAccess}, Unread: []string{organization.SetBoundaryAction}}, none, audit.StatusUnknown, ""},
		{"a reader whose boundary nobody read", "org-permission-set-admin", organization.PermissionSet{Managed: []string{securityAudit}, Unread: []string{organization.SetBoundaryAction}}, none, audit.StatusPass, ""},
		{"policies that nobody read", "org-permission-set-admin", organization.PermissionSet{Unread: []string{organization.ManagedPoliciesAction}}, none, audit.StatusUnknown, ""},
		{"nobody has it", "org-permission-set-admin", organization.PermissionSet{Managed: []string{administratorAccess}}, func(i *organization.Instance) { i.Assignments.Value = nil }, audit.StatusPass, ""},
		{"who has it was not read", "org-permission-set-admin", organization.PermissionSet{Managed: []string{administratorAccess}}, func(i *organization.Instance) { i.Assignments = nil }, audit.StatusUnknown, "could not be read"},
		{"who has it was not read whole", "org-permission-set-admin", organization.PermissionSet{Managed: []string{administratorAccess}}, func(i *organization.Instance) {
			i.Assignments.Value, i.Assignments.Complete = nil, false
		}, audit.StatusUnknown, ""},
		{"an hour", "org-permission-set-session", organization.PermissionSet{Session: "PT1H"}, none, audit.StatusPass, ""},
		{"twelve hours", "org-permission-set-session", organization.PermissionSet{Session: "PT12H"}, none, audit.StatusPass, ""},
		{"a minute more", "org-permission-set-session", organization.PermissionSet{Session: "PT12H1M"}, none, audit.StatusFail, "last PT12H1M"},
		{"a day", "org-permission-set-session", organization.PermissionSet{Session: "P1D"}, none, audit.StatusFail, ""},
		{"a second more", "org-permission-set-session", organization.PermissionSet{Session: "PT43201S"}, none, audit.StatusFail, ""},
		{"nobody knows", "org-permission-set-session", organization.PermissionSet{}, none, audit.StatusUnknown, "did not tell"},
		{"no duration", "org-permission-set-session", organization.PermissionSet{Session: "PT"}, none, audit.StatusUnknown, ""},
		{"no inline policy", "org-permission-set-inline", organization.PermissionSet{}, none, audit.StatusPass, ""},
		{"an inline policy", "org-permission-set-inline", organization.PermissionSet{Inline: inline("s3:*", "*")}, none, audit.StatusFail, "Set has one"},
		{"an inline policy that nobody read", "org-permission-set-inline", organization.PermissionSet{Unread: []string{organization.InlinePolicyAction}}, none, audit.StatusUnknown, ""},
		{"sets that broke off", "org-permission-set-inline", organization.PermissionSet{}, func(i *organization.Instance) { i.PermissionSets.Complete = false }, audit.StatusUnknown, "whole"},
		{"sets that are null", "org-permission-set-inline", organization.PermissionSet{}, func(i *organization.Instance) { i.PermissionSets.Value = nil }, audit.StatusUnknown, ""},
		{"no sets", "org-permission-set-session", organization.PermissionSet{}, func(i *organization.Instance) { i.PermissionSets = nil }, audit.StatusUnknown, ""},
		{"active", "org-identity-center", organization.PermissionSet{}, none, audit.StatusPass, "eu-central-1: 0 users, 0 groups, 1 permission set, 1 assignment"},
		{"of an account alone", "org-identity-center", organization.PermissionSet{}, func(i *organization.Instance) { i.Owner = member }, audit.StatusFail, member},
		{"of an account alone", "org-permission-set-admin", organization.PermissionSet{}, func(i *organization.Instance) { i.Owner = member }, audit.StatusNotApplicable, ""},
		{"being made", "org-identity-center", organization.PermissionSet{}, func(i *organization.Instance) { i.Status = "CREATE_IN_PROGRESS" }, audit.StatusFail, "CREATE_IN_PROGRESS"},
		{"of no status", "org-identity-center", organization.PermissionSet{}, func(i *organization.Instance) { i.Status = "" }, audit.StatusUnknown, ""},
	} {
		s := centered(test.set)
		test.change(&s.IdentityCenter.Value.Instances[0])
		v := judged(s, Settings{}, test.rule)
		if v.Status != test.want || !strings.Contains(v.Message, test.says) {
			t.Errorf("%s: %s: got %v, %s, want %v and %q", test.rule, test.name, v.Status, v.Message, test.want, test.says)
		}
	}
	if v := judged(centered(organization.PermissionSet{Session: "PT9H"}), Settings{MaxSessionHours: 8}, "org-permission-set-session"); v.Status != audit.StatusFail {
		t.Errorf("got %v of nine hours where eight are allowed, want a failure", v.Status)
	}
}

// Where no instance was found, what was not looked at may have one.
func TestIdentityCenterThatWasNotFound(t *testing.T) {
	t.Parallel()
	rules := []string{"org-identity-center", "org-permission-set-admin", "org-permission-set-session", "org-permission-set-inline"}
	for name, test := range map[string]struct {
		change func(*organization.Snapshot)
		want   []audit.Status // of the first rule, and of the others
	}{
		"nowhere":         {func(*organization.Snapshot) {}, []audit.Status{audit.StatusFail, audit.StatusNotApplicable}},
		"not everywhere":  {func(s *organization.Snapshot) { s.IdentityCenter.Complete = false }, []audit.Status{audit.StatusUnknown, audit.StatusUnknown}},
		"in one Region":   {func(s *organization.Snapshot) { s.IdentityCenter.Value.Only = "eu-central-1" }, []audit.Status{audit.StatusUnknown, audit.StatusUnknown}},
		"not at all":      {func(s *organization.Snapshot) { s.IdentityCenter = nil }, []audit.Status{audit.StatusUnknown, audit.StatusUnknown}},
		"no organization": {func(s *organization.Snapshot) { s.Organization = nil }, []audit.Status{audit.StatusUnknown, audit.StatusNotApplicable}},
	} {
		s := centered(organization.PermissionSet{})
		s.IdentityCenter.Value.Instances = nil
		test.change(s)
		for i, rule := range rules {
			if v := judged(s, Settings{}, rule); v.Status != test.want[min(i, 1)] {
				t.Errorf("%s: %s: got %v, %s, want %v", name, rule, v.Status, v.Message, test.want[min(i, 1)])
			}
		}
	}
}
