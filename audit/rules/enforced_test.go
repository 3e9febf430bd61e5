package rules_test

import (
	"fmt"
	"strings"
	"testing"

	"sekisho/audit"
	"sekisho/audit/account"
)

// enforcement renders the section's rows: name, password, device, active keys, admin, then each path's verdict with
// what leaks first.
func enforcement(t *testing.T, s *account.Snapshot) string {
	t.Helper()
	report, _ := audit.Evaluate(s, nil, audit.Options{Thresholds: audit.DefaultThresholds(), Enforcement: true})
	var out strings.Builder
	path := func(on audit.EnforcedOnPath) string {
		text := on.Verdict
		for _, l := range on.Leaks {
			text += fmt.Sprintf(" %s(%d:%s by %s)", l.Service, l.Count, strings.Join(l.Actions, ","), strings.Join(l.By, ","))
		}
		return text
	}
	told := func(known *bool) string {
		if known == nil {
			return "?"
		}
		return fmt.Sprint(*known)
	}
	for _, row := range report.Enforcement {
		keys := "?"
		if row.ActiveKeys != nil {
			keys = fmt.Sprint(*row.ActiveKeys)
		}
		fmt.Fprintf(&out, "%s password=%s mfa=%s%v keys=%s admin=%s | %s | %s", row.Name, told(row.Password), told(row.MFAActive), row.Kinds, keys, row.Admin,
			path(row.Console), path(row.AccessKey))
		if row.Reason != "" {
			fmt.Fprintf(&out, " | %s", row.Reason)
		}
		out.WriteString("\n")
	}
	return out.String()
}

const staff = `
managed aws/AdministratorAccess
managed Guard
managed GuardAssume
group admins attached=AdministratorAccess,Guard
user alice groups=admins password=-90d
device alice owner=alice
user bob attached=AdministratorAccess,GuardAssume password=-90d key1=-30d
user carol attached=Gone key1=-30d
user dave password=-90d
inline user/dave office {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}}
user erin
`

func TestEnforcement(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, lines, want string }{
		{"read", staff, `alice password=true mfa=true[virtual] keys=0 admin=yes | enforced | enforced
bob password=true mfa=false[] keys=1 admin=yes | leaky sts(1:sts:AssumeRole by AdministratorAccess#Everything) | leaky sts(1:sts:AssumeRole by AdministratorAccess#Everything)
carol password=false mfa=false[] keys=1 admin=unknown | unknown | unknown | the authorization details hold no policy Gone
dave password=true mfa=false[] keys=0 admin=possibly | not_enforced iam(1:iam:* by office#1) sts(1:sts:* by office#1) s3(1:s3:* by office#1) secretsmanager(1:secretsmanager:* by office#1) kms(1:kms:* by office#1) | not_enforced iam(1:iam:* by office#1) sts(1:sts:* by office#1) s3(1:s3:* by office#1) secretsmanager(1:secretsmanager:* by office#1) kms(1:kms:* by office#1)
erin password=false mfa=false[] keys=0 admin=no | no_access | no_access
`},
		{"torn", "user erin password=-90d\ndevice erin owner=erin\ntorn authorization-details",
			"erin password=true mfa=true[virtual] keys=0 admin=possibly | unknown | unknown | the list of roles is not complete: one that is not known may name the user\n"},
		{"refused", "user erin\ndeny authorization-details\ndeny credential-report",
			"erin password=? mfa=?[] keys=? admin=unknown | unknown | unknown | iam:GetAccountAuthorizationDetails failed: AccessDenied: not authorized\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s, _, _ := build(t, test.lines)
			if got := enforcement(t, s); got != test.want {
				t.Errorf("got:\n%s\nwant:\n%s", got, test.want)
			}
		})
	}
}
