package clifiles_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"sekisho/audit/account"
	"sekisho/audit/clifiles"
)

// The folder demo holds what the commands of sekisho permissions --commands saved when the emulator served
// demo-snapshot.json; the files about single users and regions are joined.
const demo = "testdata/demo"

func TestReadGivesTheSnapshotThatWasServed(t *testing.T) {
	t.Parallel()
	f, err := os.Open("testdata/demo-snapshot.json")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	want, err := account.Read(f, f.Name())
	if err != nil {
		t.Fatal(err)
	}
	got := readDemo(t)
	compare(t, "account summary", got.AccountSummary, want.AccountSummary)
	compare(t, "account aliases", got.AccountAliases, want.AccountAliases)
	compare(t, "password policy", got.PasswordPolicy, want.PasswordPolicy)
	compare(t, "credential report", got.CredentialReport, want.CredentialReport)
	compact(t, want.AuthorizationDetails)
	compare(t, "authorization details", got.AuthorizationDetails, want.AuthorizationDetails)
	compare(t, "users", got.Users, want.Users)
	compare(t, "virtual MFA devices", got.VirtualMFADevices, want.VirtualMFADevices)
	compare(t, "SAML providers", got.SAMLProviders, want.SAMLProviders)
	compare(t, "OIDC providers", got.OIDCProviders, want.OIDCProviders)
	compare(t, "service-specific credentials", got.ServiceCredentials, want.ServiceCredentials)
	compare(t, "server certificates", got.ServerCertificates, want.ServerCertificates)
	compare(t, "organization's features", got.OrganizationsFeatures, want.OrganizationsFeatures)
	compare(t, "security contact", got.SecurityContact, want.SecurityContact)
	compare(t, "billing contact", got.BillingContact, want.BillingContact)
	compare(t, "operations contact", got.OperationsContact, want.OperationsContact)
	if a, b := got.AccessAnalyzers, want.AccessAnalyzers; a == nil || !a.Complete || !reflect.DeepEqual(a.Value.Regions, b.Value.Regions) || len(a.Value.ByRegion) != len(b.Value.ByRegion) {
		t.Errorf("access analyzers: got\n%+v\nwant\n%+v", a, b)
	}
	for region, answer := range want.AccessAnalyzers.Value.ByRegion {
		compare(t, "analyzers of "+region, got.AccessAnalyzers.Value.ByRegion[region], answer)
	}
	for name, user := range want.PerUser {
		one := got.PerUser[name]
		if one == nil || one.LoginProfile != nil || one.AccessKeys != nil || one.AccessKeyLastUsed != nil {
			t.Fatalf("got %+v about %s, want what the folder has of each user", one, name)
		}
		compare(t, name+"'s MFA devices", one.MFADevices, user.MFADevices)
		compare(t, name+"'s SSH public keys", one.SSHPublicKeys, user.SSHPublicKeys)
		compare(t, name+"'s signing certificates", one.SigningCertificates, user.SigningCertificates)
	}
	got.Caller.At = want.Caller.At
	if got.Caller != want.Caller {
		t.Errorf("got the caller %+v, want %+v", got.Caller, want.Caller)
	}
	if !got.TakenAt.Equal(want.CredentialReport.Value.GeneratedAt) {
		t.Errorf("got an account as of %s, want as of the credential report, %s", got.TakenAt, want.CredentialReport.Value.GeneratedAt)
	}
	if len(got.PerUser) != len(want.PerUser) || len(want.PerUser) == 0 || len(got.Gaps) > 0 {
		t.Errorf("got answers about %d users and the gaps %v, want %d and none", len(got.PerUser), got.Gaps, len(want.PerUser))
	}
}

// A snapshot of files can be saved and loaded, also where nobody knows who asked.
func TestSnapshotRoundTrip(t *testing.T) {
	t.Parallel()
	for _, without := range []string{"", "caller.json"} {
		files := demoFiles(t)
		delete(files, without)
		s := read(t, files)
		var b bytes.Buffer
		if err := s.Write(&b); err != nil {
			t.Fatal(err)
		}
		again, err := account.Read(&b, "saved")
		if err != nil {
			t.Fatalf("without %q: %v", without, err)
		}
		if again.Caller.AccountID != "123456789012" || again.Caller.Partition != "aws" || (again.Caller.ARN == "") != (without != "") {
			t.Errorf("without %q: got the caller %+v, want the account's ID and partition, and an ARN where it was told", without, again.Caller)
		}
	}
}

// Names mean nothing, nor do folders, page breaks or values that follow on one another in one file. An error is a file
// of its own.
func TestRecognisedByContent(t *testing.T) {
	t.Parallel()
	want := readDemo(t)
	renamed, joined, array := fstest.MapFS{}, fstest.MapFS{}, fstest.MapFS{}
	var all [][]byte
	for i, name := range slices.Sorted(maps.Keys(demoFiles(t))) {
		data := demoFiles(t)[name].Data
		renamed[fmt.Sprintf("some/folder/%02d.dat", 99-i)] = &fstest.MapFile{Data: append([]byte("\ufeff"), data...)}
		if path.Ext(name) == ".txt" {
			joined[name], array[name] = &fstest.MapFile{Data: data}, &fstest.MapFile{Data: data}
			continue
		}
		values := json.NewDecoder(bytes.NewReader(data))
		for values.More() {
			var value json.RawMessage
			if err := values.Decode(&value); err != nil {
				t.Fatal(err)
			}
			all = append(all, value)
		}
	}
	joined["all.json"] = &fstest.MapFile{Data: bytes.Join(all, []byte("\n"))}
	array["all.json"] = &fstest.MapFile{Data: slices.Concat([]byte("["), bytes.Join(all, []byte(",")), []byte("]"))}
	for name, files := range map[string]fstest.MapFS{"renamed": renamed, "joined": joined, "in a list": array} {
		if got := read(t, files); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got another snapshot, want the same", name)
		}
	}
}

// What no file holds, or only a part of, is not known.
func TestIncomplete(t *testing.T) {
	t.Parallel()
	const users = `{"Users":[{"UserName":"alice","UserId":"AIDAEXAMPLE1","Arn":"arn:aws:iam::123456789012:user/alice","Path":"/","CreateDate":"2026-01-02T03:04:05+00:00"}]%s}`
	const bob = `{"Users":[{"UserName":"bob","UserId":"AIDAEXAMPLE2","Arn":"arn:aws:iam::123456789012:user/bob","Path":"/","CreateDate":"2026-01-02T03:04:05Z"}],"IsTruncated":false}`
	const device = `{"VirtualMFADevices":[{"SerialNumber":"arn:aws:iam::123456789012:mfa/a"}]%s}`
	const details = `{"UserDetailList":[{"UserName":"alice","UserId":"AIDAEXAMPLE1","Arn":"arn:aws:iam::123456789012:user/alice","Path":"/","CreateDate":"2026-01-02T03:04:05+00:00","GroupList":[%s],"AttachedManagedPolicies":[]}],
		"GroupDetailList":[%s],"RoleDetailList":[],"Policies":[]}`
	const group = `{"GroupName":"dev","GroupId":"AGPAEXAMPLE1","Arn":"arn:aws:iam::123456789012:group/dev","Path":"/","CreateDate":"2026-01-02T03:04:05+00:00","GroupPolicyList":[],"AttachedManagedPolicies":[%s]}`
	summary := func(users, groups, roles int) string {
		return fmt.Sprintf(`{"SummaryMap":{"Users":%d,"Groups":%d,"Roles":%d}}`, users, groups, roles)
	}
	details1 := fmt.Sprintf(details, `"dev"`, fmt.Sprintf(group, ""))
	tests := []struct {
		name    string
		files   []string
		section account.Section
		want    string // the gap's message; empty: whole
	}{
		{"a list", []string{fmt.Sprintf(users, "")}, account.UsersSection, ""},
		{"a first page", []string{fmt.Sprintf(users, `,"NextToken":"x"`)}, account.UsersSection, "0.json says that more pages follow, and no file holds the last"},
		{"a first page, as AWS says it", []string{fmt.Sprintf(users, `,"IsTruncated":true,"Marker":"x"`)}, account.UsersSection, "0.json says that more pages follow, and no file holds the last"},
		{"two pages that nobody counted", []string{fmt.Sprintf(users, `,"NextToken":"x"`), bob}, account.UsersSection, "0.json is one page of several, and no account summary counts the users"},
		{"two pages, counted", []string{fmt.Sprintf(users, `,"NextToken":"x"`), bob, summary(2, 0, 0)}, account.UsersSection, ""},
		{"two pages of three", []string{fmt.Sprintf(users, `,"NextToken":"x"`), bob, summary(3, 0, 0)}, account.UsersSection, "the account summary counts 3 users, and the files list 2"},
		{"a filtered list", []string{fmt.Sprintf(users, ""), summary(2, 0, 0)}, account.UsersSection, "the account summary counts 2 users, and the files list 1"},
		{"an empty list", []string{`{"Users":[]}`, fmt.Sprintf(device, "")}, account.UsersSection, "the files list no users, and no account summary says that there are none"},
		{"an empty list, counted", []string{`{"Users":[]}`, fmt.Sprintf(device, ""), summary(0, 0, 0)}, account.UsersSection, ""},
		{"devices", []string{fmt.Sprintf(device, "")}, account.VirtualMFADevicesSection, ""},
		{"pages of devices", []string{fmt.Sprintf(device, `,"NextToken":"x"`), `{"VirtualMFADevices":[]}`}, account.VirtualMFADevicesSection,
			"0.json is one page of several, and nothing tells that they are all there; save the answer without --max-items and --no-paginate"},
		{"details", []string{details1, summary(1, 1, 0)}, account.AuthorizationDetailsSection, ""},
		{"details that nobody counted", []string{details1}, account.AuthorizationDetailsSection, "the files list no roles, and no account summary says that there are none"},
		{"details without the roles", []string{details1, summary(1, 1, 3)}, account.AuthorizationDetailsSection, "the account summary counts 3 roles, and the files list 0"},
		{"details without a group", []string{fmt.Sprintf(details, `"dev","ops"`, fmt.Sprintf(group, "")), summary(1, 1, 0)}, account.AuthorizationDetailsSection,
			"the user alice is in the group ops, which no file lists"},
		{"details without a policy", []string{fmt.Sprintf(details, `"dev"`, fmt.Sprintf(group, `{"PolicyName":"P","PolicyArn":"arn:aws:iam::aws:policy/P"}`)), summary(1, 1, 0)}, account.AuthorizationDetailsSection,
			"the group dev has the policy arn:aws:iam::aws:policy/P, which no file lists"},
		{"details without a list", []string{`{"UserDetailList":[],"GroupDetailList":[],"RoleDetailList":[]}`, fmt.Sprintf(device, ""), summary(0, 0, 0)}, account.AuthorizationDetailsSection,
			"0.json lacks one of the lists UserDetailList, GroupDetailList, RoleDetailList and Policies"},
		{"details without a user's groups", []string{strings.Replace(details1, `"GroupList":["dev"],`, "", 1), summary(1, 1, 0)}, account.AuthorizationDetailsSection,
			"0.json: got no GroupList, which doesn't say that there are none, want the list, empty or not"},
		{"details without a user's path", []string{strings.Replace(details1, `"Path":"/",`, "", 1), summary(1, 1, 0)}, account.AuthorizationDetailsSection,
			"0.json: got UserDetail without Path"},
		{"details in two files", []string{fmt.Sprintf(details, `"dev"`, ""), fmt.Sprintf(`{"UserDetailList":[],"GroupDetailList":[%s],"RoleDetailList":[],"Policies":[]}`, fmt.Sprintf(group, "")), summary(1, 1, 0)},
			account.AuthorizationDetailsSection, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := read(t, numbered(test.files...))
			got := ""
			for _, g := range s.Gaps {
				if g.Section == test.section {
					got = g.Message
				}
			}
			complete := map[account.Section]bool{
				account.UsersSection:                s.Users != nil && s.Users.Complete,
				account.VirtualMFADevicesSection:    s.VirtualMFADevices != nil && s.VirtualMFADevices.Complete,
				account.AuthorizationDetailsSection: s.AuthorizationDetails != nil && s.AuthorizationDetails.Complete,
			}
			if got != test.want || complete[test.section] != (test.want == "") {
				t.Errorf("got the gap %q, complete %t; want %q", got, complete[test.section], test.want)
			}
		})
	}
}

func TestErrors(t *testing.T) {
	t.Parallel()
	const alice = `{"UserName":"alice","UserId":"AIDAEXAMPLE1","Arn":"arn:aws:iam::123456789012:user/alice","Path":"/","CreateDate":"2026-01-02T03:04:05Z"%s}`
	users := func(user string) string { return `{"Users":[` + user + `]}` }
	plain := fmt.Sprintf(alice, "")
	tests := []struct {
		name  string
		files []string
		want  string
	}{
		{"torn", []string{users(plain), `{"Users": [`}, "1.json: reading JSON after "},
		{"two accounts", []string{users(plain), `{"SAMLProviderList":[{"Arn":"arn:aws:iam::210987654321:saml-provider/x"}]}`},
			"0.json and 1.json: got answers of two accounts, 123456789012 (aws) and 210987654321 (aws), want those of one"},
		{"two partitions", []string{users(plain), `{"SAMLProviderList":[{"Arn":"arn:aws-cn:iam::123456789012:saml-provider/x"}]}`},
			"0.json and 1.json: got answers of two accounts, 123456789012 (aws) and 123456789012 (aws-cn), want those of one"},
		{"another account without a policy", []string{users(plain), "An error occurred (NoSuchEntity) when calling the GetAccountPasswordPolicy operation: The Password Policy with domain name 210987654321 cannot be found."},
			"0.json and 1.json: got answers of two accounts, 123456789012 and 210987654321, want those of one"},
		{"two answers about a user", []string{users(plain), users(fmt.Sprintf(alice, `,"PasswordLastUsed":"2026-02-02T03:04:05Z"`))},
			"0.json and 1.json: got two different answers about the user alice, want one"},
		{"a policy and none", []string{passwordPolicy, "\nAn error occurred (NoSuchEntity) when calling the GetAccountPasswordPolicy operation: The Password Policy with domain name 123456789012 cannot be found."},
			"0.json and 1.json: got two different answers about the password policy, want one"},
		{"half a policy", []string{`{"PasswordPolicy":{"MinimumPasswordLength":14}}`}, "0.json: got PasswordPolicy without RequireSymbols"},
		{"a setting of null", []string{strings.Replace(passwordPolicy, `"RequireNumbers":true`, `"RequireNumbers":null`, 1)}, "0.json: got PasswordPolicy without RequireNumbers"},
		{"a policy without a length", []string{strings.Replace(passwordPolicy, `"MinimumPasswordLength":14,`, "", 1)}, "0.json: got PasswordPolicy without MinimumPasswordLength"},
		{"a date as a number", []string{users(strings.Replace(plain, `"2026-01-02T03:04:05Z"`, "1767323045", 1))}, "0.json: reading Users[0].CreateDate: got 1767323045, want a time in ISO 8601"},
		{"two summaries", []string{`{"SummaryMap":{"Users":1}}`, `{"SummaryMap":{"Users":2}}`}, "0.json and 1.json: got two different answers about the account summary, want one"},
		{"no account", []string{`{"SummaryMap":{"Users":1}}`}, "found no file that tells the account, "},
		{"nothing", nil, "found no file that tells the account, "},
		{"null for a list", []string{`{"Users":null}`}, "0.json: got null where a list belongs, want the list, empty or not"},
		{"a user without a name", []string{`{"Users":[{"Arn":"arn:aws:iam::123456789012:user/a","CreateDate":"2026-01-02T03:04:05Z"}]}`}, "0.json: users.value[0].name: got none"},
		{"no date", []string{`{"Users":[{"UserName":"a","Arn":"arn:aws:iam::123456789012:user/a","CreateDate":"yesterday"}]}`}, `0.json: reading Users[0].CreateDate: got "yesterday", want a time in ISO 8601`},
		{"another account's caller", []string{`{"Account":"210987654321","Arn":"arn:aws:iam::123456789012:user/a","UserId":"x"}`}, `0.json: got the account "210987654321" and the ARN`},
		{"an encoded report that isn't one", []string{`{"Content":"!"}`}, "0.json: decoding the credential report's Content: "},
		{"devices of two", []string{`{"MFADevices":[{"UserName":"a","SerialNumber":"s"},{"UserName":"b","SerialNumber":"t"}]}`}, `0.json: got a list of MFA devices of "a" and "b", want one user's`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, _, err := clifiles.Read(numbered(test.files...))
			var own *clifiles.Error
			if !errors.As(err, &own) || !strings.HasPrefix(err.Error(), test.want) {
				t.Errorf("got the error %v, want an *Error that begins with %q", err, test.want)
			}
		})
	}
}

// What is no answer takes no part, and is named.
func TestWarnings(t *testing.T) {
	t.Parallel()
	const aws = "is not recognised; want an answer of the aws command"
	tests := []struct{ content, want string }{
		{"Dear auditor,\nhere are the files.", aws},
		{`"text"`, aws},
		{`["alice"]`, "is not recognised; want answers of the aws command, which are JSON objects"},
		{`{"Group":{},"Users":[]}`, aws},
		{`{"Policies":[]}`, aws},
		{"", "is empty; the command that was to fill it may have failed"},
		{`{"MFADevices":[]}`, "is a list of MFA devices that names no user; it was not used"},
		{`{"AccessKeyMetadata":[]}`, "is a list of access keys that names no user; it was not used"},
		{"An error occurred (AccessDenied) when calling the DescribeInstances operation: no", "holds the error AccessDenied of DescribeInstances, which an audit has no use for"},
		{"An error occurred (AccessDenied) when calling the ListMFADevices operation: no", "holds the error AccessDenied of ListMFADevices, which doesn't say of which user"},
	}
	want := readDemo(t)
	for _, test := range tests {
		files := demoFiles(t)
		files["x"] = &fstest.MapFile{Data: []byte(test.content)}
		files[".DS_Store"] = &fstest.MapFile{Data: []byte("x")}
		files[".git/x.json"] = &fstest.MapFile{Data: []byte("{")}
		got, warnings, err := clifiles.Read(files)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%q: got the error %v or another snapshot, want the same as without it", test.content, err)
		}
		if len(warnings) != 1 || warnings[0].File != "x" || !strings.HasPrefix(warnings[0].Text.String(), test.want) {
			t.Errorf("%q: got the warnings %v, want one about x: %s", test.content, warnings, test.want)
		}
	}
}

func readDemo(t *testing.T) *account.Snapshot {
	t.Helper()
	return read(t, demoFiles(t))
}

func demoFiles(t *testing.T) fstest.MapFS {
	t.Helper()
	files := fstest.MapFS{}
	entries, err := os.ReadDir(demo)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		data, err := os.ReadFile(demo + "/" + e.Name())
		if err != nil {
			t.Fatal(err)
		}
		files[e.Name()] = &fstest.MapFile{Data: data}
	}
	return files
}

// numbered makes a folder of 0.json, 1.json, …, written on the 1st of March 2026.
func numbered(contents ...string) fstest.MapFS {
	files := fstest.MapFS{}
	for i, content := range contents {
		files[fmt.Sprintf("%d.json", i)] = &fstest.MapFile{Data: []byte(content), ModTime: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)}
	}
	return files
}

// read wants a valid snapshot and no warning.
func read(t *testing.T, files fstest.MapFS) *account.Snapshot {
	t.Helper()
	s, warnings, err := clifiles.Read(files)
	if err != nil || len(warnings) > 0 {
		t.Fatalf("got the error %v and the warnings %v, want none", err, warnings)
	}
	if err := s.Validate(); err != nil {
		t.Fatal(err)
	}
	return s
}

func compare[T any](t *testing.T, what string, got, want *account.Answer[T]) {
	t.Helper()
	if got == nil || !got.Complete || got.Action != want.Action || !reflect.DeepEqual(got.Value, want.Value) {
		t.Errorf("%s: got\n%+v\nwant\n%+v", what, got, want)
	}
}

// compact takes the blanks out of policy documents, which the aws command decodes.
func compact(t *testing.T, a *account.Answer[account.AuthorizationDetails]) {
	t.Helper()
	one := func(text *string) {
		var b bytes.Buffer
		if err := json.Compact(&b, []byte(*text)); err != nil {
			t.Fatal(err)
		}
		*text = b.String()
	}
	inline := func(policies []account.InlinePolicy) {
		for i := range policies {
			one(&policies[i].Document)
		}
	}
	for _, u := range a.Value.Users {
		inline(u.InlinePolicies)
	}
	for _, g := range a.Value.Groups {
		inline(g.InlinePolicies)
	}
	for i := range a.Value.Roles {
		one(&a.Value.Roles[i].TrustPolicy)
		inline(a.Value.Roles[i].InlinePolicies)
	}
	for _, p := range a.Value.Policies {
		for i := range p.Versions {
			one(&p.Versions[i].Document)
		}
	}
}

const passwordPolicy = `{"PasswordPolicy":{"MinimumPasswordLength":14,"RequireSymbols":true,"RequireNumbers":true,"RequireUppercaseCharacters":true,
	"RequireLowercaseCharacters":true,"AllowUsersToChangePassword":true,"ExpirePasswords":false}}`

// A list that is nowhere is taken for an empty one only where a reader says so, and the snapshot tells it.
func TestAbsenceIsTolerated(t *testing.T) {
	t.Parallel()
	const user = `{"UserName":"%[1]s","UserId":"AIDA%[1]s","Arn":"arn:aws:iam::123456789012:user/%[1]s","Path":"/","CreateDate":"2026-01-02T03:04:05+00:00","AttachedManagedPolicies":[]}`
	file := `{"UserDetailList":[` + fmt.Sprintf(user, "alice") + "," + fmt.Sprintf(user, "bob") + `],"GroupDetailList":[],"RoleDetailList":[],"Policies":[]}`
	folder := numbered(file, `{"SummaryMap":{"Users":2,"Groups":0,"Roles":0}}`)
	s, _, err := clifiles.Read(folder)
	if err != nil || len(s.Gaps) != 1 || s.AuthorizationDetails.Complete || s.Tolerated != nil {
		t.Errorf("got %v, the gaps %v and %v, want one gap", err, s.Gaps, s.Tolerated)
	}
	s, _, err = clifiles.Read(folder, "GroupList")
	want := []account.Tolerated{{Action: "iam:GetAccountAuthorizationDetails", Element: "GroupList", Answers: 1}}
	if err != nil || len(s.Gaps) != 0 || !s.AuthorizationDetails.Complete || !slices.Equal(s.Tolerated, want) {
		t.Errorf("got %v, the gaps %v and %v, want complete details and %v", err, s.Gaps, s.Tolerated, want)
	}
}
