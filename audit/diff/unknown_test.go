package diff_test

import (
	"strings"
	"testing"
	"time"

	"sekisho/audit/account"
	"sekisho/audit/diff"
)

// What was not read on one side is not compared, and the reason is told; nothing is added or removed for it.
func TestNotCompared(t *testing.T) {
	t.Parallel()
	const refused = "iam:GetAccountAuthorizationDetails failed: Throttling: Rate exceeded"
	tear := func(s *account.Snapshot) {
		s.AuthorizationDetails.Complete = false
		s.Gaps = append(s.Gaps, account.Gap{Section: account.AuthorizationDetailsSection, Action: "iam:GetAccountAuthorizationDetails", Code: "Throttling", Message: "Rate exceeded"})
	}
	for _, test := range []struct {
		name     string
		old, new func(s *account.Snapshot)
		want     []string
		changes  []string
	}{
		{
			"a page of the new details failed: nobody was removed",
			nil,
			func(s *account.Snapshot) {
				tear(s)
				s.Users = nil
				d := &s.AuthorizationDetails.Value
				d.Roles, d.Policies, d.Groups = d.Roles[:1], d.Policies[1:], d.Groups[1:]
				removeUserFromDetails(s, "kondo.emi")
				s.CredentialReport = nil
				delete(s.PerUser, "kondo.emi")
			},
			[]string{
				"users: NEW's list is not whole (" + refused + "): what only OLD lists may still be there: user/kondo.emi",
				"groups: NEW's list is not whole (" + refused + "): what only OLD lists may still be there: group/" + demo().AuthorizationDetails.Value.Groups[0].Name,
			},
			nil,
		},
		{
			"a page of the old details failed: nobody was added but who is younger",
			func(s *account.Snapshot) {
				tear(s)
				s.Users = nil
				removeUserFromDetails(s, "kondo.emi")
				s.CredentialReport = nil
				delete(s.PerUser, "kondo.emi")
			},
			func(s *account.Snapshot) {
				u := *detail(s, "tanaka.aoi")
				u.Name, u.ID, u.ARN, u.Created = "abe.sora", "AIDAABESORAEXAMPLE00", prefix+"user/abe.sora", now.Add(-time.Hour)
				s.AuthorizationDetails.Value.Users = append(s.AuthorizationDetails.Value.Users, u)
			},
			[]string{"users: OLD's list is not whole (" + refused + "): what only NEW lists may have been there: user/kondo.emi"},
			[]string{"users added user/abe.sora groups=+developers", "groups changed group/developers members=+abe.sora"},
		},
		{
			"no details at all",
			nil,
			func(s *account.Snapshot) {
				s.AuthorizationDetails = nil
				s.Gaps = append(s.Gaps, account.Gap{Section: account.AuthorizationDetailsSection, Action: "iam:GetAccountAuthorizationDetails", Code: "AccessDenied", Message: "no"})
			},
			[]string{
				"groups: not read in NEW: iam:GetAccountAuthorizationDetails failed: AccessDenied: no",
				"roles: not read in NEW: iam:GetAccountAuthorizationDetails failed: AccessDenied: no",
				"policies: not read in NEW: iam:GetAccountAuthorizationDetails failed: AccessDenied: no",
			},
			nil,
		},
		{
			"a user's keys were not read",
			func(s *account.Snapshot) { s.CredentialReport = nil },
			func(s *account.Snapshot) { s.PerUser["kondo.emi"].AccessKeys, s.CredentialReport = nil, nil },
			[]string{"access-keys: not known in NEW: credential-report was not read: user/kondo.emi"},
			nil,
		},
		{
			"an older answer: a key that the report of before still shows",
			func(s *account.Snapshot) {
				s.PerUser["suzuki.haruto"].AccessKeys.Value = []account.ListedAccessKey{}
			},
			nil,
			[]string{"access-keys: NEW has one that was made before OLD, and OLD does not have it: one of them rests on an older credential report: user/suzuki.haruto#AKIAAR2MIS5YCEXAMPLE"},
			nil,
		},
		{
			"a key that is younger than the report on which the new side rests",
			func(s *account.Snapshot) {
				s.PerUser["suzuki.haruto"].AccessKeys.Value[0] = account.ListedAccessKey{ID: "AKIAIOSFODNN7EXAMPLE", Status: "Active", Created: before.Add(-time.Hour)}
			},
			func(s *account.Snapshot) {
				s.TakenAt, s.CredentialReport.Value.GeneratedAt = before.Add(20*time.Hour), before.Add(-2*time.Hour)
				s.PerUser["suzuki.haruto"].AccessKeys = nil
				s.CredentialReport.Value.Content = inRow(s, "suzuki.haruto", "true,2026-10-12T05:00:00Z", "false,N/A")
			},
			[]string{"access-keys: OLD has one that is younger than the credential report of NEW, which cannot have it: user/suzuki.haruto#AKIAIOSFODNN7EXAMPLE"},
			nil,
		},
		{
			"a password of which the new side alone knows that it was changed, before the old one",
			func(s *account.Snapshot) { s.CredentialReport = nil },
			func(s *account.Snapshot) {
				s.CredentialReport.Value.Content = inRow(s, "kondo.emi", "2026-09-22T05:00:00Z", "2026-10-22T05:00:00Z")
			},
			nil,
			nil,
		},
		{
			"virtual devices were not listed",
			nil,
			func(s *account.Snapshot) {
				s.VirtualMFADevices, s.PerUser["kondo.emi"].MFADevices = nil, nil
			},
			[]string{
				"mfa-devices: NEW does not tell all devices (the kinds of the user's MFA devices were not read): one that only OLD shows may still be there: user/kondo.emi#arn:aws:iam::123456789012:mfa/kondo.emi",
				"mfa-devices: not all known in NEW: the kinds of the user's MFA devices were not read: user/kondo.emi",
			},
			nil,
		},
		{
			"the password policy was not read",
			func(s *account.Snapshot) { s.PasswordPolicy = nil },
			nil,
			[]string{"password-policy: not known in OLD: password-policy was not read"},
			nil,
		},
		{
			"service credentials were not listed",
			func(s *account.Snapshot) { s.ServiceCredentials = nil },
			nil,
			[]string{
				"service-credentials: OLD's list is not whole (service-specific-credentials was not read): what only NEW lists may have been there: ",
				"service-credentials: not read in OLD: service-specific-credentials was not read",
			},
			nil,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			old := demo()
			next := aDayLater(t, old)
			if test.old != nil {
				test.old(old)
			}
			if test.new != nil {
				test.new(next)
			}
			d := diff.Compare(judged(clone(t, old)), judged(clone(t, next)))
			got := skipped(d.NotCompared)
			for _, want := range test.want {
				if !containsPrefix(got, want) {
					t.Errorf("got no line that begins with\n\t%s\nin", want)
					wantLines(t, "not compared", got)
				}
			}
			wantLines(t, "changes", told(d.Changes), test.changes...)
		})
	}
}

// A report tells nothing of policies, and doesn't tell everything of devices.
func TestReportsAreComparedInPart(t *testing.T) {
	t.Parallel()
	o, n := judged(demo()), judged(aDayLater(t, demo()))
	d := diff.Compare(reported(t, o), n)
	got := skipped(d.NotCompared)
	for _, want := range []string{
		"roles: OLD is a report", "policies: OLD is a report", "groups: OLD is a report: only who joined and left is told",
		"mfa-devices: OLD is a report: there may be devices of other kinds than those that it shows",
	} {
		if !containsPrefix(got, want) {
			t.Errorf("got no line %q", want)
			wantLines(t, "not compared", got)
		}
	}
	wantLines(t, "changes", told(d.Changes))
	wantLines(t, "findings", found(d, diff.New, diff.Fixed, diff.NoLongerApplies, diff.NewlyUnknown, diff.Decided))
}

// A report that does not tell that a list of users was read removes nobody.
func TestAReportWithoutAListOfUsers(t *testing.T) {
	t.Parallel()
	next := aDayLater(t, demo())
	removeUser(next, "kondo.emi")
	o, n := reported(t, judged(demo())), reported(t, judged(next))
	n.Report.Calls.ByAction = nil
	for rule := range n.Report.Passed {
		delete(n.Report.Passed, rule)
	}
	d := diff.Compare(o, n)
	wantLines(t, "changes", told(d.Changes))
	if want := "users: NEW's list is not whole (the report does not tell that a list of users was read): what only OLD lists may still be there: user/kondo.emi"; !containsPrefix(skipped(d.NotCompared), want) {
		wantLines(t, "not compared", skipped(d.NotCompared), want)
	}
}

// inRow is the credential report with something in one user's row replaced, once.
func inRow(s *account.Snapshot, user, old, new string) string {
	rows := strings.Split(s.CredentialReport.Value.Content, "\n")
	for i, row := range rows {
		if strings.HasPrefix(row, user+",") {
			if !strings.Contains(row, old) {
				panic("no " + old + " in " + row)
			}
			rows[i] = strings.Replace(row, old, new, 1)
		}
	}
	return strings.Join(rows, "\n")
}

func containsPrefix(lines []string, prefix string) bool {
	for _, line := range lines {
		if len(line) >= len(prefix) && line[:len(prefix)] == prefix {
			return true
		}
	}
	return false
}

func removeUserFromDetails(s *account.Snapshot, name string) {
	rest := s.AuthorizationDetails.Value.Users[:0:0]
	for _, u := range s.AuthorizationDetails.Value.Users {
		if u.Name != name {
			rest = append(rest, u)
		}
	}
	s.AuthorizationDetails.Value.Users = rest
}
