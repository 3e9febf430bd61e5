package rules_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"sekisho/audit"
	"sekisho/audit/account"
)

// TestLosingAnAnswer takes each answer away in turn, single regions' and users' too, and breaks each list off: the rule
// may then answer unknown, and nothing else but what it answered. Cases in which two answers differ are left out, for
// there the other one tells.
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
			name := byItem
			if section == account.SigningCertificatesSection {
				name = byResource // for that answer tells the IDs of what the credential report numbers
			}
			verdicts := settled(whole, name)
			for resource, statuses := range settled(less, name) {
				for _, status := range statuses {
					if !slices.Contains(verdicts[resource], status) {
						t.Errorf("%s %s: got %s for %s, want %s or unknown", section, way, status, resource, verdicts[resource])
					}
				}
			}
		}
		for _, section := range sections(s) {
			lossy := *s
			take(t, &lossy, section)
			check("not read", section, &lossy)
			if !slices.Contains(reads(c.rule), section) {
				continue // how it was lost makes no difference where its loss makes none
			}
			lossy = *s
			deny(t, &lossy, section, "")
			check("refused", section, &lossy)
			if slices.Contains(paged, section) {
				lossy = *s
				tear(t, &lossy, section)
				check("broken off", section, &lossy)
			}
		}
		for region := range regionsRead(s) {
			lossy := *s
			takeRegion(&lossy, region)
			check("of "+region+" not read", account.AccessAnalyzersSection, &lossy)
			lossy = *s
			deny(t, &lossy, account.AccessAnalyzersSection, region)
			check("of "+region+" refused", account.AccessAnalyzersSection, &lossy)
		}
		for user, answers := range s.PerUser {
			for section, without := range withoutOne(answers) {
				lossy := *s
				lossy.PerUser = maps.Clone(s.PerUser)
				lossy.PerUser[user] = without
				check("of "+user+" not read", section, &lossy)
				deny(t, &lossy, section, user)
				check("of "+user+" refused", section, &lossy)
			}
		}
	})
}

// reads are the sections that a rule may hang on. Users are listed for every rule.
func reads(rule *audit.Rule) []account.Section {
	return slices.Concat(rule.Sections(), rule.WantedSections(), account.UserList.Sections(), account.UserList.WantedSections())
}

// regionsRead are the regions whose analyzers the snapshot holds.
func regionsRead(s *account.Snapshot) map[string]*account.Answer[[]account.Analyzer] {
	if s.AccessAnalyzers == nil {
		return nil
	}
	return s.AccessAnalyzers.Value.ByRegion
}

// takeRegion removes the answer of one region, as if nobody had asked there.
func takeRegion(s *account.Snapshot, region string) {
	answer := *s.AccessAnalyzers
	answer.Value.ByRegion = maps.Clone(answer.Value.ByRegion)
	delete(answer.Value.ByRegion, region)
	s.AccessAnalyzers = &answer
}

// withoutOne are a user's answers without one of those that nothing else replaces, by the section that goes.
func withoutOne(answers *account.UserAnswers) map[account.Section]*account.UserAnswers {
	lossy := map[account.Section]*account.UserAnswers{}
	if answers.SSHPublicKeys != nil {
		less := *answers
		less.SSHPublicKeys = nil
		lossy[account.SSHPublicKeysSection] = &less
	}
	if answers.SigningCertificates != nil {
		less := *answers
		less.SigningCertificates = nil
		lossy[account.SigningCertificatesSection] = &less
	}
	return lossy
}

// paged are the sections that come in pages.
var paged = []account.Section{
	account.AuthorizationDetailsSection, account.UsersSection, account.VirtualMFADevicesSection, account.SAMLProvidersSection, account.OIDCProvidersSection,
	account.ServiceCredentialsSection, account.ServerCertificatesSection, account.AccessAnalyzersSection,
}

// settled are the verdicts that aren't unknown, by resource.
func settled(report *audit.Report, name func(short string) string) map[string][]audit.Status {
	verdicts := map[string][]audit.Status{}
	add := func(short string, status audit.Status) { verdicts[name(short)] = append(verdicts[name(short)], status) }
	for _, passed := range report.Passed {
		for _, resource := range passed.Resources {
			add(resource, audit.StatusPass)
		}
	}
	for _, groups := range report.NotApplicable {
		for _, group := range groups {
			for _, resource := range group.Resources {
				add(resource, audit.StatusNotApplicable)
			}
		}
	}
	for _, f := range report.Findings {
		if f.Status == audit.StatusFail {
			add(audit.Short(f.Resource, f.Item), audit.StatusFail)
		}
	}
	return verdicts
}

// byItem names a resource by its short form: a service-specific credential by its ID alone, for it stands with the
// account where its user isn't listed.
func byItem(short string) string {
	if _, id, ok := strings.Cut(short, "#ACCA"); ok {
		return "ACCA" + id
	}
	return short
}

// byResource names a resource by its short form without the thing inside it.
func byResource(short string) string {
	resource, _, _ := strings.Cut(short, "#")
	return resource
}

var actions = map[account.Section]string{
	account.AccountSummarySection: "iam:GetAccountSummary", account.AccountAliasesSection: "iam:ListAccountAliases",
	account.PasswordPolicySection: "iam:GetAccountPasswordPolicy", account.CredentialReportSection: "iam:GenerateCredentialReport",
	account.AuthorizationDetailsSection: "iam:GetAccountAuthorizationDetails", account.UsersSection: "iam:ListUsers",
	account.VirtualMFADevicesSection: "iam:ListVirtualMFADevices", account.SAMLProvidersSection: "iam:ListSAMLProviders",
	account.OIDCProvidersSection: "iam:ListOpenIDConnectProviders", account.LoginProfileSection: "iam:GetLoginProfile",
	account.MFADevicesSection: "iam:ListMFADevices", account.AccessKeysSection: "iam:ListAccessKeys",
	account.AccessKeyLastUsedSection: "iam:GetAccessKeyLastUsed", account.SSHPublicKeysSection: "iam:ListSSHPublicKeys",
	account.SigningCertificatesSection: "iam:ListSigningCertificates", account.ServiceCredentialsSection: "iam:ListServiceSpecificCredentials",
	account.ServerCertificatesSection: "iam:ListServerCertificates", account.OrganizationsFeaturesSection: "iam:ListOrganizationsFeatures",
	account.SecurityContactSection: "account:GetAlternateContact", account.BillingContactSection: "account:GetAlternateContact",
	account.OperationsContactSection: "account:GetAlternateContact", account.AccessAnalyzersSection: "account:ListRegions",
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
	case account.ServiceCredentialsSection:
		s.ServiceCredentials = incomplete(s.ServiceCredentials)
	case account.ServerCertificatesSection:
		s.ServerCertificates = incomplete(s.ServerCertificates)
	case account.AccessAnalyzersSection:
		s.AccessAnalyzers = incomplete(s.AccessAnalyzers)
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

// deny removes a section's answer or a region's, or fails a user's, and says why.
func deny(t testing.TB, s *account.Snapshot, section account.Section, resource string) {
	t.Helper()
	switch {
	case section == account.AccessAnalyzersSection && resource != "":
		takeRegion(s, resource)
	case !section.PerUser():
		take(t, s, section)
	}
	fail(s, section, resource, "AccessDenied", "not authorized")
}

// fail adds a gap. Like take, tear and deny it leaves alone what other copies of the snapshot share.
func fail(s *account.Snapshot, section account.Section, resource, code, message string) {
	action := actions[section]
	if section == account.AccessAnalyzersSection && resource != "" {
		action = "access-analyzer:ListAnalyzers"
	}
	s.Gaps = append(slices.Clone(s.Gaps), account.Gap{Section: section, Resource: resource, Action: action, Code: code, Message: message})
}

// sections are those that the snapshot holds.
func sections(s *account.Snapshot) []account.Section {
	held := map[account.Section]bool{
		account.AccountSummarySection: s.AccountSummary != nil, account.AccountAliasesSection: s.AccountAliases != nil,
		account.PasswordPolicySection: s.PasswordPolicy != nil, account.CredentialReportSection: s.CredentialReport != nil,
		account.AuthorizationDetailsSection: s.AuthorizationDetails != nil, account.UsersSection: s.Users != nil,
		account.VirtualMFADevicesSection: s.VirtualMFADevices != nil, account.SAMLProvidersSection: s.SAMLProviders != nil,
		account.OIDCProvidersSection: s.OIDCProviders != nil, account.ServiceCredentialsSection: s.ServiceCredentials != nil,
		account.ServerCertificatesSection: s.ServerCertificates != nil, account.OrganizationsFeaturesSection: s.OrganizationsFeatures != nil,
		account.SecurityContactSection: s.SecurityContact != nil, account.BillingContactSection: s.BillingContact != nil,
		account.OperationsContactSection: s.OperationsContact != nil, account.AccessAnalyzersSection: s.AccessAnalyzers != nil,
	}
	return slices.DeleteFunc(slices.Sorted(maps.Keys(held)), func(section account.Section) bool { return !held[section] })
}
