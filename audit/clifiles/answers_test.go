package clifiles_test

import (
	"encoding/base64"
	"reflect"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"sekisho/audit/account"
	"sekisho/audit/clifiles"
)

const (
	caller = `{"UserId":"AIDAEXAMPLE9","Account":"123456789012","Arn":"arn:aws:iam::123456789012:user/auditor"}`
	header = "user,arn,user_creation_time,password_enabled,password_last_used,password_next_rotation\n"
	report = header + "<root_account>,arn:aws:iam::123456789012:root,2020-01-02T03:04:05+00:00,true,2026-02-03T04:05:06+00:00,not_supported\n" +
		"alice,arn:aws:iam::123456789012:user/alice,2021-01-02T03:04:05Z,true,2025-02-03T04:05:06Z,2027-01-01T00:00:00Z"
)

func encoded(content, generated string) string {
	return `{"Content":"` + base64.StdEncoding.EncodeToString([]byte(content)) + `","ReportFormat":"text/csv"` + generated + `}`
}

// No file says when AWS was asked; the documentation of the package says what stands in for it.
func TestTimes(t *testing.T) {
	t.Parallel()
	const user = `{"Users":[{"UserName":"alice","UserId":"AIDAEXAMPLE1","Arn":"arn:aws:iam::123456789012:user/alice","Path":"/","CreateDate":"2021-01-02T03:04:05Z","PasswordLastUsed":"%"}]}`
	used := func(at string) string { return strings.ReplaceAll(user, "%", at) }
	tests := []struct {
		name          string
		files         []string
		taken, report string
	}{
		{"the newest file's, without a report", []string{caller, used("2026-02-02T00:00:00Z")}, "2026-03-01T00:00:00Z", ""},
		{"the newest time told, where the files are older", []string{used("2026-03-02T00:00:00+00:00")}, "2026-03-02T00:00:00Z", ""},
		{"as boto3 prints it", []string{used("2026-03-02 00:00:00+00:00")}, "2026-03-02T00:00:00Z", ""},
		{"the report's", []string{caller, used("2026-02-02T00:00:00Z"), encoded(report, `,"GeneratedTime":"2026-02-10T00:00:00+00:00"`)}, "2026-02-10T00:00:00Z", "2026-02-10T00:00:00Z"},
		{"the newest time told after the report", []string{used("2026-02-11T00:00:00Z"), encoded(report, `,"GeneratedTime":"2026-02-10T00:00:00Z"`)}, "2026-02-11T00:00:00Z", "2026-02-10T00:00:00Z"},
		{"not a time long after the files were written", []string{used("2099-03-02T00:00:00Z"), encoded(strings.ReplaceAll(report, "2026-02-03T04:05:06+00:00", "2099-01-01T00:00:00+00:00"), `,"GeneratedTime":"2026-02-10T00:00:00Z"`)}, "2026-02-10T00:00:00Z", "2026-02-10T00:00:00Z"},
		{"a provider's end is still to come", []string{caller, `{"SAMLProviderList":[{"Arn":"arn:aws:iam::123456789012:saml-provider/x","CreateDate":"2025-01-01T00:00:00Z","ValidUntil":"2099-01-01T00:00:00Z"}]}`}, "2026-03-01T00:00:00Z", ""},
		{"the report twice, once decoded", []string{report + "\r\n", encoded(report, `,"GeneratedTime":"2026-02-10T00:00:00Z"`)}, "2026-02-10T00:00:00Z", "2026-02-10T00:00:00Z"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := read(t, numbered(test.files...))
			if got := s.TakenAt.Format(time.RFC3339); got != test.taken {
				t.Errorf("got an account as of %s, want %s", got, test.taken)
			}
			got := ""
			if r := s.CredentialReport; r != nil {
				got = r.Value.GeneratedAt.Format(time.RFC3339)
			}
			if got != test.report {
				t.Errorf("got a report of %q, want %q", got, test.report)
			}
			// Nobody disappears for not being on a list that may be older than the report.
			if r := s.CredentialReport; r != nil && s.Users != nil && s.Users.Began.After(r.Value.GeneratedAt) {
				t.Errorf("got a list of %s that is younger than the report of %s", s.Users.Began, r.Value.GeneratedAt)
			}
		})
	}
}

// A decoded report doesn't tell when it was made: not before the newest date in it.
func TestDecodedReport(t *testing.T) {
	t.Parallel()
	s, warnings, err := clifiles.Read(numbered(strings.ToUpper(header[:4]) + header[4:] + strings.TrimPrefix(report, header)))
	if err != nil {
		t.Fatal(err)
	}
	if got := s.CredentialReport.Value.GeneratedAt.Format(time.RFC3339); got != "2026-02-03T04:05:06Z" {
		t.Errorf("got a report of %s, want one of the newest date in it", got)
	}
	if got := s.TakenAt.Format(time.RFC3339); got != "2026-03-01T00:00:00Z" {
		t.Errorf("got an account as of %s, want the file's time", got)
	}
	want := "0.json: is a credential report without GeneratedTime; it is taken as made at 2026-02-03T04:05:06Z, the newest date in it"
	if len(warnings) != 1 || warnings[0].String() != want {
		t.Errorf("got the warnings %v, want %v", warnings, want)
	}
}

// Two reports of the same content were made at one time.
func TestReportsOfTwoTimes(t *testing.T) {
	t.Parallel()
	_, _, err := clifiles.Read(numbered(encoded(report, `,"GeneratedTime":"2026-02-10T00:00:00Z"`), encoded(report, `,"GeneratedTime":"2026-02-11T00:00:00Z"`)))
	if want := "0.json and 1.json: got credential reports of 2026-02-10T00:00:00Z and 2026-02-11T00:00:00Z, want one"; err == nil || err.Error() != want {
		t.Errorf("got the error %v, want %s", err, want)
	}
}

func TestAnswersAboutOneUser(t *testing.T) {
	t.Parallel()
	files := numbered(caller,
		`{"LoginProfile":{"UserName":"alice","CreateDate":"2026-01-02T03:04:05+00:00","PasswordResetRequired":true}}`,
		"aws: [ERROR]: An error occurred (NoSuchEntity) when calling the GetLoginProfile operation: Login Profile for User bob cannot be found.",
		`{"MFADevices":[{"UserName":"alice","SerialNumber":"GAHT12345678","EnableDate":"2026-01-03T03:04:05Z"}]}`,
		`{"AccessKeyMetadata":[{"UserName":"alice","AccessKeyId":"AKIAALICE1EXAMPLE","Status":"Active","CreateDate":"2026-01-04T03:04:05Z"}]}`,
		`{"UserName":"alice","AccessKeyLastUsed":{"LastUsedDate":"2026-01-05T03:04:05Z","ServiceName":"s3","Region":"eu-west-1"}}`,
		`{"MFADevices":[{"UserName":"carol","SerialNumber":"GAHT87654321","EnableDate":"2026-01-03T03:04:05Z"}],"IsTruncated":true,"Marker":"x"}`,
	)
	s := read(t, files)
	at := func(day int) time.Time { return time.Date(2026, 1, day, 3, 4, 5, 0, time.UTC) }
	alice, used := s.PerUser["alice"], at(5)
	if got, want := alice.LoginProfile.Value, (&account.LoginProfile{Created: at(2), PasswordResetRequired: true}); !reflect.DeepEqual(got, want) {
		t.Errorf("got the login profile %+v, want %+v", got, want)
	}
	if got, want := alice.MFADevices.Value, []account.ListedMFADevice{{Serial: "GAHT12345678", EnabledSince: at(3)}}; !reflect.DeepEqual(got, want) {
		t.Errorf("got the devices %+v, want %+v", got, want)
	}
	if got, want := alice.AccessKeys.Value, []account.ListedAccessKey{{ID: "AKIAALICE1EXAMPLE", Status: "Active", Created: at(4)}}; !reflect.DeepEqual(got, want) {
		t.Errorf("got the keys %+v, want %+v", got, want)
	}
	if got, want := alice.AccessKeyLastUsed["AKIAALICE1EXAMPLE"].Value, (account.KeyLastUsed{At: &used, Service: "s3", Region: "eu-west-1"}); !reflect.DeepEqual(got, want) {
		t.Errorf("got the last use %+v, want %+v", got, want)
	}
	if bob := s.PerUser["bob"]; bob == nil || bob.LoginProfile == nil || bob.LoginProfile.Value != nil {
		t.Errorf("got %+v about bob, want the answer that there is no password", bob)
	}
	want := []account.Gap{{Section: account.MFADevicesSection, Resource: "carol", Action: "iam:ListMFADevices", Code: clifiles.Incomplete,
		Message: "6.json says that more pages follow, and no file holds the last"}}
	if s.PerUser["carol"] != nil || !sameGaps(s.Gaps, want) {
		t.Errorf("got %+v about carol and the gaps %v, want nothing and %v", s.PerUser["carol"], s.Gaps, want)
	}
}

// The last use of a key names no key.
func TestLastUseOfOneOfTwoKeys(t *testing.T) {
	t.Parallel()
	s, warnings, err := clifiles.Read(numbered(caller,
		`{"AccessKeyMetadata":[{"UserName":"alice","AccessKeyId":"AKIAALICE1EXAMPLE","Status":"Active","CreateDate":"2026-01-04T03:04:05Z"},
			{"UserName":"alice","AccessKeyId":"AKIAALICE2EXAMPLE","Status":"Active","CreateDate":"2026-01-04T03:04:05Z"}]}`,
		`{"UserName":"alice","AccessKeyLastUsed":{"ServiceName":"N/A","Region":"N/A"}}`,
		`{"UserName":"bob","AccessKeyLastUsed":{"ServiceName":"N/A","Region":"N/A"}}`))
	if err != nil {
		t.Fatal(err)
	}
	if s.PerUser["alice"].AccessKeyLastUsed != nil || s.PerUser["bob"] != nil {
		t.Errorf("got last uses %v and %v, want none", s.PerUser["alice"].AccessKeyLastUsed, s.PerUser["bob"])
	}
	if len(warnings) != 2 || warnings[0].File != "2.json" || !strings.HasPrefix(warnings[0].Text.String(), "doesn't say of which of alice's access keys") {
		t.Errorf("got the warnings %v, want one for each last use", warnings)
	}
}

// An error in place of an answer is what AWS said: a gap, unless another file holds the answer.
func TestSavedErrors(t *testing.T) {
	t.Parallel()
	const denied = "\nAn error occurred (AccessDenied) when calling the ListUsers operation (reached max retries: 4): User: x is not authorized\n"
	s := read(t, numbered(caller, denied,
		"An error occurred (ServiceFailure) when calling the GenerateCredentialReport operation: Unknown",
		"An error occurred (NoSuchEntity) when calling the GetAccountPasswordPolicy operation: The Password Policy with domain name 123456789012 cannot be found."))
	want := []account.Gap{
		{Section: account.CredentialReportSection, Action: "iam:GenerateCredentialReport", Code: "ServiceFailure", Message: "Unknown"},
		{Section: account.UsersSection, Action: "iam:ListUsers", Code: "AccessDenied", Message: "User: x is not authorized"},
	}
	if !sameGaps(s.Gaps, want) {
		t.Errorf("got the gaps %v, want %v", s.Gaps, want)
	}
	if p := s.PasswordPolicy; p == nil || !p.Complete || p.Value != nil {
		t.Errorf("got the password policy %+v, want the answer that none is set", p)
	}
	files := demoFiles(t)
	files["denied"] = &fstest.MapFile{Data: []byte(denied)}
	if got := read(t, files); !reflect.DeepEqual(got, readDemo(t)) {
		t.Error("got another snapshot for an error beside the answer, want the same")
	}
}

// What the rules need and no file holds says which command would have told it.
func TestMarkMissing(t *testing.T) {
	t.Parallel()
	s := read(t, numbered(caller, "An error occurred (AccessDenied) when calling the ListUsers operation: no"))
	clifiles.MarkMissing(s, []account.Section{account.UsersSection, account.AccountSummarySection, account.MFADevicesSection})
	want := []account.Gap{
		{Section: account.AccountSummarySection, Action: "iam:GetAccountSummary", Code: clifiles.NotProvided, Message: "no file holds the answer of aws iam get-account-summary"},
		{Section: account.UsersSection, Action: "iam:ListUsers", Code: "AccessDenied", Message: "no"},
	}
	if !sameGaps(s.Gaps, want) {
		t.Errorf("got the gaps %v, want %v", s.Gaps, want)
	}
}

// Documents come as JSON, with nothing encoded and in the order in which they were written, or URL-encoded as AWS sends
// them; a + stays.
func TestPolicyDocuments(t *testing.T) {
	t.Parallel()
	s := read(t, numbered(`{"UserDetailList":[],"GroupDetailList":[{"GroupName":"g","GroupId":"AGPAEXAMPLE1","Arn":"arn:aws:iam::123456789012:group/g","Path":"/",
		"CreateDate":"2026-01-02T03:04:05Z","GroupPolicyList":[{"PolicyName":"a","PolicyDocument":{"Version": "2012-10-17", "Statement": []}},{"PolicyName":"z","PolicyDocument":{"Statement": [ ], "Id": "50%25 é"}},
		{"PolicyName":"b","PolicyDocument":"%7B%22Id%22%3A%22a+b%22%7D"},{"PolicyName":"c","PolicyDocument":"100%"}]}],"RoleDetailList":[],"Policies":[]}`))
	want := []account.InlinePolicy{{Name: "a", Document: `{"Version":"2012-10-17","Statement":[]}`}, {Name: "z", Document: `{"Statement":[],"Id":"50%25 é"}`},
		{Name: "b", Document: `{"Id":"a+b"}`}, {Name: "c", Document: "100%"}}
	if got := s.AuthorizationDetails.Value.Groups[0].InlinePolicies; !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
