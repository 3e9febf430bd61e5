package orgpolicy

import (
	"strings"
	"testing"

	"sekisho/audit"
	"sekisho/audit/account"
	"sekisho/audit/organization"
)

func TestMemberRoot(t *testing.T) {
	t.Parallel()
	nothing := func() *organization.MemberRoot {
		return &organization.MemberRoot{
			ID: member, Password: answer[*account.LoginProfile](nil), AccessKeys: answer([]account.ListedAccessKey{}), Certificates: answer([]organization.RootCertificate{}),
			MFADevices: answer([]account.ListedMFADevice{}),
			Summary:    answer(account.Summary{organization.RootPasswordPresent: 0, organization.RootKeysPresent: 0, organization.RootCertificatesPresent: 0}),
		}
	}
	for _, test := range []struct {
		name   string
		change func(*organization.MemberRoot)
		want   audit.Status
		says   string
	}{
		{"nothing", func(*organization.MemberRoot) {}, audit.StatusPass, "1 active member"},
		{"a password", func(r *organization.MemberRoot) { r.Password.Value = &account.LoginProfile{} }, audit.StatusFail, "a password without MFA"},
		{"a password with MFA", func(r *organization.MemberRoot) {
			r.Password.Value, r.MFADevices.Value = &account.LoginProfile{}, []account.ListedMFADevice{{}}
		}, audit.StatusFail, "a password with MFA"},
		{"a password and devices that nobody read", func(r *organization.MemberRoot) { r.Password.Value, r.MFADevices = &account.LoginProfile{}, nil }, audit.StatusFail, "has a password"},
		{"an inactive key", func(r *organization.MemberRoot) { r.AccessKeys.Value = []account.ListedAccessKey{{Status: "Inactive"}} }, audit.StatusFail, "1 access key"},
		{"a certificate", func(r *organization.MemberRoot) { r.Certificates.Value = []organization.RootCertificate{{}} }, audit.StatusFail, "1 signing certificate"},
		{"a device alone", func(r *organization.MemberRoot) { r.MFADevices.Value = []account.ListedMFADevice{{}} }, audit.StatusPass, ""},
		{"a key by the summary alone", func(r *organization.MemberRoot) { r.Summary.Value[organization.RootKeysPresent] = 1 }, audit.StatusFail, "1 access key"},
		{"a password by the summary alone", func(r *organization.MemberRoot) { r.Summary.Value[organization.RootPasswordPresent] = 1 }, audit.StatusFail, "a password"},
		{"no password list", func(r *organization.MemberRoot) { r.Password = nil }, audit.StatusUnknown, "could not be read"},
		{"no keys", func(r *organization.MemberRoot) { r.AccessKeys = nil }, audit.StatusUnknown, ""},
		{"keys that are null", func(r *organization.MemberRoot) { r.AccessKeys.Value = nil }, audit.StatusUnknown, ""},
		{"no certificates", func(r *organization.MemberRoot) { r.Certificates = nil }, audit.StatusUnknown, ""},
		{"no summary", func(r *organization.MemberRoot) { r.Summary = nil }, audit.StatusUnknown, ""},
		{"a summary without keys", func(r *organization.MemberRoot) { delete(r.Summary.Value, organization.RootKeysPresent) }, audit.StatusUnknown, ""},
		{"another member", func(r *organization.MemberRoot) { r.ID = "999999999999" }, audit.StatusUnknown, ""},
	} {
		r := nothing()
		test.change(r)
		s := tree([]string{full}, []string{full}, []string{full})
		s.MemberRoots = answer([]organization.MemberRoot{*r})
		v := judged(s, Settings{}, "org-member-root")
		if v.Status != test.want || !strings.Contains(v.Message, test.says) {
			t.Errorf("%s: got %v, %s, want %v and %q", test.name, v.Status, v.Message, test.want, test.says)
		}
	}
	s := tree([]string{full}, []string{full}, []string{full})
	if v := judged(s, Settings{}, "org-member-root"); v.Status != audit.StatusNotApplicable {
		t.Errorf("got %v where nobody asked, want it not applicable", v.Status)
	}
	s.MemberRoots = answer([]organization.MemberRoot{*nothing()})
	s.Accounts.Complete = false
	if v := judged(s, Settings{}, "org-member-root"); v.Status != audit.StatusUnknown {
		t.Errorf("got %v of a list that broke off, want it unknown", v.Status)
	}
	s.Accounts.Complete, s.Accounts.Value = true, s.Accounts.Value[:1]
	if v := judged(s, Settings{}, "org-member-root"); v.Status != audit.StatusNotApplicable {
		t.Errorf("got %v without members, want it not applicable", v.Status)
	}
}
