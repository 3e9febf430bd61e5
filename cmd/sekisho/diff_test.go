package main

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/spf13/pflag"

	"sekisho/audit"
	"sekisho/audit/account"
	"sekisho/audit/diff"
	"sekisho/config"
)

// editCommand changes a snapshot into what AWS could have said at another time: edit FILE NEW-FILE OPERATION[=VALUE]...
//
//	later=HOURS       everything was read so much later
//	gone=USER         the user was deleted
//	no-devices=USER   so were the MFA devices of the user
//	min-length=N      the password policy
//	attach=USER       AdministratorAccess
//	write-own=USER    an inline policy by which they may write their own
//	torn              the last page of the authorization details failed, with all roles
//	account=ID        another account
//	counted=N         the account summary counts so many users
func editCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: edit FILE NEW-FILE OPERATION[=VALUE]...")
	}
	s, err := account.Read(strings.NewReader(ts.ReadFile(args[0])), args[0])
	ts.Check(err)
	for _, operation := range args[2:] {
		name, value, _ := strings.Cut(operation, "=")
		switch d := &s.AuthorizationDetails.Value; name {
		case "later":
			hours, err := strconv.Atoi(value)
			ts.Check(err)
			s.TakenAt = s.TakenAt.Add(time.Duration(hours) * time.Hour)
			s.CredentialReport.Value.GeneratedAt = s.CredentialReport.Value.GeneratedAt.Add(time.Duration(hours) * time.Hour)
		case "gone":
			deleteUser(s, value)
		case "no-devices":
			deleteDevices(s, value)
		case "min-length":
			n, err := strconv.Atoi(value)
			ts.Check(err)
			s.PasswordPolicy.Value.MinimumPasswordLength = int32(n)
		case "attach":
			for i := range d.Users {
				if d.Users[i].Name == value {
					d.Users[i].AttachedPolicies = append(d.Users[i].AttachedPolicies, account.AttachedPolicy{Name: "AdministratorAccess", ARN: "arn:aws:iam::aws:policy/AdministratorAccess"})
				}
			}
		case "write-own":
			for i := range d.Users {
				if u := &d.Users[i]; u.Name == value {
					u.InlinePolicies = append(u.InlinePolicies, account.InlinePolicy{
						Name: "own", Document: `{"Statement":{"Effect":"Allow","Action":"iam:PutUserPolicy","Resource":"` + u.ARN + `"}}`,
					})
				}
			}
		case "torn":
			s.AuthorizationDetails.Complete = false
			d.Roles = []account.RoleDetail{}
			s.Gaps = append(s.Gaps, account.Gap{Section: account.AuthorizationDetailsSection, Action: "iam:GetAccountAuthorizationDetails", Code: "Throttling", Message: "Rate exceeded"})
		case "account":
			s.Caller.ARN = strings.Replace(s.Caller.ARN, s.Caller.AccountID, value, 1)
			s.Caller.AccountID = value
		case "counted":
			n, err := strconv.Atoi(value)
			ts.Check(err)
			s.AccountSummary.Value["Users"] = int32(n)
		default:
			ts.Fatalf("got the operation %q, which is none", operation)
		}
	}
	f, err := os.Create(ts.MkAbs(args[1]))
	ts.Check(err)
	ts.Check(s.Write(f))
	ts.Check(f.Close())
}

// deleteUser makes a snapshot of a day on which a user was there no more.
func deleteUser(s *account.Snapshot, name string) {
	d := &s.AuthorizationDetails.Value
	d.Users = slices.DeleteFunc(d.Users, func(u account.UserDetail) bool { return u.Name == name })
	s.AccountSummary.Value["Users"] = int32(len(d.Users))
	s.Users.Value = slices.DeleteFunc(s.Users.Value, func(u account.ListedUser) bool { return u.Name == name })
	s.VirtualMFADevices.Value = slices.DeleteFunc(s.VirtualMFADevices.Value, isOf(name))
	rows := strings.Split(s.CredentialReport.Value.Content, "\n")
	rows = slices.DeleteFunc(rows, func(row string) bool { return strings.HasPrefix(row, name+",") })
	s.CredentialReport.Value.Content = strings.Join(rows, "\n")
	delete(s.PerUser, name)
}

// deleteDevices makes one of a day on which the user had no MFA device any more.
func deleteDevices(s *account.Snapshot, user string) {
	s.VirtualMFADevices.Value = slices.DeleteFunc(s.VirtualMFADevices.Value, isOf(user))
	s.PerUser[user].MFADevices.Value = []account.ListedMFADevice{}
}

func isOf(user string) func(account.VirtualMFADevice) bool {
	return func(d account.VirtualMFADevice) bool { return d.Owner != nil && d.Owner.Name == user }
}

// The status speaks of what is new alone.
func TestDiffVerdict(t *testing.T) {
	t.Parallel()
	finding := func(kind diff.Kind, severity audit.Severity, exception *audit.Exception) diff.Finding {
		return diff.Finding{Kind: kind, Severity: severity, New: &audit.Finding{Exception: exception}}
	}
	low := config.FailOn{Severity: audit.Low}
	for _, test := range []struct {
		name    string
		finding diff.Finding
		unknown int
		failOn  config.FailOn
		want    error
	}{
		{"new", finding(diff.New, audit.High, nil), 0, low, verdictError(statusFinding)},
		{"new and unknown", finding(diff.New, audit.High, nil), 1, low, verdictError(statusFinding)},
		{"new and excepted", finding(diff.New, audit.High, &audit.Exception{}), 0, low, nil},
		{"new and milder", finding(diff.New, audit.Info, nil), 0, low, nil},
		{"new and milder, and something is unknown", finding(diff.New, audit.Info, nil), 1, low, verdictError(statusUnknown)},
		{"new, and nothing counts", finding(diff.New, audit.Critical, nil), 0, config.FailOn{Never: true}, nil},
		{"graver", finding(diff.Worse, audit.High, nil), 0, low, verdictError(statusFinding)},
		{"no longer excepted", finding(diff.NoLongerExcepted, audit.High, nil), 0, low, verdictError(statusFinding)},
		{"as before", finding(diff.StillFailing, audit.Critical, nil), 0, low, nil},
	} {
		d := &diff.Diff{Findings: []diff.Finding{test.finding}, Summary: diff.Summary{NewlyUnknown: test.unknown}}
		if got := diffVerdict(d, test.failOn); got != test.want {
			t.Errorf("got %v for %s, want %v", got, test.name, test.want)
		}
	}
}

// Evidence that was tampered with is not compared.
func TestDiffRefusesForgedEvidence(t *testing.T) {
	t.Parallel()
	file := zipOf(t, demoEvidence(t))
	good, bad := filepath.Join(t.TempDir(), "good"), filepath.Join(t.TempDir(), "bad")
	if err := os.WriteFile(good, file, 0o600); err != nil {
		t.Fatal(err)
	}
	file[len(file)/2] ^= 1
	if err := os.WriteFile(bad, file, 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]int{good: statusClean, bad: statusUsage} {
		var stdout, stderr strings.Builder
		sys := system{stdin: strings.NewReader(""), stdout: &stdout, stderr: &stderr, now: time.Now}
		if got := run(t.Context(), []string{"diff", good, path}, sys); got != want {
			t.Errorf("got exit status %d and %q, want %d", got, stderr.String(), want)
		}
	}
}

// Every flag is told of in the command's own help.
func TestDiffHelp(t *testing.T) {
	t.Parallel()
	cmd := diffCommand(process())
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if f.Usage == "" {
			t.Errorf("got no words for --%s", f.Name)
		}
	})
}

func TestSameAccount(t *testing.T) {
	t.Parallel()
	side := func(id, partition string) diff.Side {
		return diff.Side{Report: &audit.Report{Account: audit.AccountInfo{ID: id, Partition: partition}}}
	}
	for _, test := range []struct {
		name string
		new  diff.Side
		same bool
	}{
		{"the same", side("123456789012", "aws"), true},
		{"another account", side("210987654321", "aws"), false},
		{"another partition", side("123456789012", "aws-cn"), false},
		{"another of both", side("210987654321", "aws-cn"), false},
	} {
		if err := sameAccount(side("123456789012", "aws"), test.new); (err == nil) != test.same {
			t.Errorf("%s: got error %v, want one: %t", test.name, err, !test.same)
		}
	}
}
