package rules_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"sekisho/audit"
	"sekisho/audit/account"
)

// TestLosingAnAnswer takes each answer away in turn, and breaks each list off: the rule may then answer unknown, and nothing else but what
// it answered. Cases in which two answers differ are left out, for there the other one tells.
func TestLosingAnAnswer(t *testing.T) {
	t.Parallel()
	eachCase(t, func(t *testing.T, c ruleCase) {
		if slices.Contains(strings.Split(c.lines, "\n"), "differ") {
			return
		}
		s, options := c.setUp(t)
		whole, _ := audit.Evaluate(s, []*audit.Rule{c.rule}, options)
		check := func(way string, section account.Section, lossy *account.Snapshot) {
			less, _ := audit.Evaluate(lossy, []*audit.Rule{c.rule}, options)
			before, after := whole.Rules[0].Status, less.Rules[0].Status
			if after != before && after != audit.StatusUnknown {
				t.Errorf("%s %s: got %s, want %s or unknown", section, way, after, before)
			}
			verdicts := settled(whole)
			for resource, status := range settled(less) {
				if verdicts[resource] != status {
					t.Errorf("%s %s: got %s for %s, want %s or unknown", section, way, status, resource, verdicts[resource])
				}
			}
		}
		for _, section := range sections(s) {
			lossy := *s
			take(t, &lossy, section)
			check("not read", section, &lossy)
			lossy = *s
			deny(t, &lossy, section, "")
			check("refused", section, &lossy)
			if slices.Contains(paged, section) {
				lossy = *s
				tear(t, &lossy, section)
				check("broken off", section, &lossy)
			}
		}
	})
}

// paged are the sections that come in pages.
var paged = []account.Section{
	account.AuthorizationDetailsSection, account.UsersSection, account.VirtualMFADevicesSection, account.SAMLProvidersSection, account.OIDCProvidersSection,
}

// settled are the verdicts that aren't unknown, by resource.
func settled(report *audit.Report) map[string]audit.Status {
	verdicts := map[string]audit.Status{}
	for _, passed := range report.Passed {
		for _, resource := range passed.Resources {
			verdicts[resource] = audit.StatusPass
		}
	}
	for _, groups := range report.NotApplicable {
		for _, group := range groups {
			for _, resource := range group.Resources {
				verdicts[resource] = audit.StatusNotApplicable
			}
		}
	}
	for _, f := range report.Findings {
		if f.Status == audit.StatusFail {
			verdicts[audit.Short(f.Resource, f.Item)] = audit.StatusFail
		}
	}
	return verdicts
}

var actions = map[account.Section]string{
	account.AccountSummarySection: "iam:GetAccountSummary", account.AccountAliasesSection: "iam:ListAccountAliases",
	account.PasswordPolicySection: "iam:GetAccountPasswordPolicy", account.CredentialReportSection: "iam:GenerateCredentialReport",
	account.AuthorizationDetailsSection: "iam:GetAccountAuthorizationDetails", account.UsersSection: "iam:ListUsers",
	account.VirtualMFADevicesSection: "iam:ListVirtualMFADevices", account.SAMLProvidersSection: "iam:ListSAMLProviders",
	account.OIDCProvidersSection: "iam:ListOpenIDConnectProviders", account.LoginProfileSection: "iam:GetLoginProfile",
	account.MFADevicesSection: "iam:ListMFADevices", account.AccessKeysSection: "iam:ListAccessKeys",
	account.AccessKeyLastUsedSection: "iam:GetAccessKeyLastUsed",
}

// tear makes a section's list one that broke off behind what is there.
func tear(t testing.TB, s *account.Snapshot, section account.Section) {
	t.Helper()
	switch section {
	case account.AuthorizationDetailsSection:
		s.AuthorizationDetails = incomplete(s.AuthorizationDetails)
	case account.UsersSection:
		s.Users = incomplete(s.Users)
	case account.VirtualMFADevicesSection:
		s.VirtualMFADevices = incomplete(s.VirtualMFADevices)
	case account.SAMLProvidersSection:
		s.SAMLProviders = incomplete(s.SAMLProviders)
	case account.OIDCProvidersSection:
		s.OIDCProviders = incomplete(s.OIDCProviders)
	default:
		t.Fatalf("got %q, want a section that comes in pages", section)
	}
	fail(s, section, "", "Throttling", "Rate exceeded")
}

func incomplete[T any](r *account.Answer[T]) *account.Answer[T] {
	torn := *r
	torn.Complete = false
	return &torn
}

// take removes a section's answer, as if nobody had asked.
func take(t testing.TB, s *account.Snapshot, section account.Section) {
	t.Helper()
	if actions[section] == "" || section.PerUser() {
		t.Fatalf("got %q, want a section of the whole account", section)
	}
	s.Forget(section)
}

// deny removes a section's answer, or fails a user's, and says why.
func deny(t testing.TB, s *account.Snapshot, section account.Section, user string) {
	t.Helper()
	if !section.PerUser() {
		take(t, s, section)
	}
	fail(s, section, user, "AccessDenied", "not authorized")
}

// fail adds a gap. Like take, tear and deny it leaves alone what other copies of the snapshot share.
func fail(s *account.Snapshot, section account.Section, user, code, message string) {
	s.Gaps = append(slices.Clone(s.Gaps), account.Gap{Section: section, Resource: user, Action: actions[section], Code: code, Message: message})
}

// sections are those that the snapshot holds.
func sections(s *account.Snapshot) []account.Section {
	held := map[account.Section]bool{
		account.AccountSummarySection: s.AccountSummary != nil, account.AccountAliasesSection: s.AccountAliases != nil,
		account.PasswordPolicySection: s.PasswordPolicy != nil, account.CredentialReportSection: s.CredentialReport != nil,
		account.AuthorizationDetailsSection: s.AuthorizationDetails != nil, account.UsersSection: s.Users != nil,
		account.VirtualMFADevicesSection: s.VirtualMFADevices != nil, account.SAMLProvidersSection: s.SAMLProviders != nil,
		account.OIDCProvidersSection: s.OIDCProviders != nil,
	}
	return slices.DeleteFunc(slices.Sorted(maps.Keys(held)), func(section account.Section) bool { return !held[section] })
}
