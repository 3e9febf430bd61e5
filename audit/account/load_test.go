package account

import (
	"bytes"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"
)

// full is a snapshot with something in every section.
func full() *Snapshot {
	s := snapshot()
	used := now.Add(-time.Hour)
	s.Origin = "demo"
	s.AccountSummary = read("iam:GetAccountSummary", Summary{"Users": 1, "AccountMFAEnabled": 1})
	s.AccountAliases = read("iam:ListAccountAliases", []string{"acme"})
	s.PasswordPolicy = read[*PasswordPolicy]("iam:GetAccountPasswordPolicy", nil)
	s.CredentialReport = reportOf(reportColumns, rootRow(), row("alice"))
	s.AuthorizationDetails = detailed(detail("alice"))
	s.Users = read("iam:ListUsers", []ListedUser{{Name: "alice", ID: "AIDAALICEEXAMPLE", ARN: "arn:aws:iam::123456789012:user/alice", Path: "/", Created: longAgo, PasswordLastUsed: &used}})
	s.VirtualMFADevices = read("iam:ListVirtualMFADevices", []VirtualMFADevice{virtual("alice", "alice"), {Serial: "arn:aws:iam::123456789012:mfa/spare"}})
	s.SAMLProviders = read("iam:ListSAMLProviders", []Provider{})
	s.OIDCProviders = read("iam:ListOpenIDConnectProviders", []Provider{{ARN: "arn:aws:iam::123456789012:oidc-provider/example.com"}})
	s.PerUser = map[string]*UserAnswers{"alice": {
		ID:                "AIDAALICEEXAMPLE",
		User:              read("iam:GetUser", ListedUser{Name: "alice", ID: "AIDAALICEEXAMPLE", ARN: "arn:aws:iam::123456789012:user/alice", Path: "/", Created: longAgo}),
		LoginProfile:      read[*LoginProfile]("iam:GetLoginProfile", nil),
		MFADevices:        read("iam:ListMFADevices", []ListedMFADevice{}),
		AccessKeys:        read("iam:ListAccessKeys", []ListedAccessKey{{"AKIAIOSFODNN7EXAMPLE", "Active", longAgo}}),
		AccessKeyLastUsed: map[string]*Answer[KeyLastUsed]{"AKIAIOSFODNN7EXAMPLE": read("iam:GetAccessKeyLastUsed", KeyLastUsed{Service: "N/A", Region: "N/A"})},

		SSHPublicKeys:       read("iam:ListSSHPublicKeys", []SSHPublicKey{{"APKAEXAMPLE", "Active", longAgo}}),
		SigningCertificates: read("iam:ListSigningCertificates", []ListedCertificate{{"TA7SMP42TDN5Z26OBPJE7EXAMPLE", "Inactive", longAgo, "PEM"}}),
	}}
	s.ServiceCredentials = read("iam:ListServiceSpecificCredentials", []ServiceCredential{{ID: "ACCAEXAMPLE", User: "alice", Service: "codecommit.amazonaws.com", Status: "Expired", Created: longAgo, Expires: &used, Name: "alice-at-123456789012"}})
	s.ServerCertificates = read("iam:ListServerCertificates", []ServerCertificate{{Name: "www", ID: "ASCAEXAMPLE", ARN: "arn:aws:iam::123456789012:server-certificate/www", Path: "/", Uploaded: longAgo, Expires: now}})
	s.OrganizationsFeatures = read("iam:ListOrganizationsFeatures", OrganizationsFeatures{Enabled: []string{}, Refusal: RefusedNotManagement})
	s.SecurityContact = read("account:GetAlternateContact", &AlternateContact{Name: "Ops", Email: "ops@example.com"})
	s.BillingContact = read[*AlternateContact]("account:GetAlternateContact", nil)
	s.AccessAnalyzers = read("account:ListRegions", AccessAnalyzers{
		Regions:  []RegionState{{"eu-west-1", "ENABLED_BY_DEFAULT"}, {"me-south-1", "DISABLED"}},
		ByRegion: map[string]*Answer[[]Analyzer]{"eu-west-1": read("access-analyzer:ListAnalyzers", []Analyzer{{Name: "a", ARN: "arn:aws:access-analyzer:eu-west-1:123456789012:analyzer/a", Type: "ACCOUNT", Status: "ACTIVE", Created: longAgo, Tags: []Tag{}}})},
	})
	s.Gaps = []Gap{{Section: MFADevicesSection, Resource: "bob", Action: "iam:ListMFADevices", Code: "AccessDenied", Message: "no"}}
	s.Declined = []Decline{{Section: AccessKeysSection, Users: []string{"carol"}, Reason: "too many"}}
	s.Calls = Calls{Total: 9, ByAction: map[string]int{"iam:ListUsers": 1}, SignIn: map[string]int{"sts:GetCallerIdentity": 1}}
	return s
}

func TestSnapshotSurvivesJSON(t *testing.T) {
	t.Parallel()
	s := full()
	var buffer bytes.Buffer
	if err := s.Write(&buffer); err != nil {
		t.Fatal(err)
	}
	back, err := Read(&buffer, "s.json")
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(s, back) {
		t.Errorf("got another snapshot back:\n%+v\nwant\n%+v", back, s)
	}
}

func TestUnusableSnapshotsAreRefused(t *testing.T) {
	t.Parallel()
	var buffer bytes.Buffer
	if err := full().Write(&buffer); err != nil {
		t.Fatal(err)
	}
	whole := buffer.String()
	replace := func(old, new string) string {
		if !strings.Contains(whole, old) {
			t.Fatalf("the snapshot holds no %q", old)
		}
		return strings.Replace(whole, old, new, 1)
	}
	// behind replaces in what follows a text.
	behind := func(of, old, new string) string {
		before, after, ok := strings.Cut(whole, of)
		if !ok || !strings.Contains(after, old) {
			t.Fatalf("the snapshot holds no %q behind %q", old, of)
		}
		return before + of + strings.Replace(after, old, new, 1)
	}
	// part says of the answer behind a text that it isn't whole.
	part := func(of string) string { return behind(of, `"complete": true`, `"complete": false`) }
	for _, test := range []struct{ name, content, want string }{
		{"empty", "", "empty file"},
		{"torn", whole[:len(whole)/2], "line "},
		{"not JSON", "user,arn\n", "line 1, column 1"},
		{"a line that is wrong", "{\n \"schema\": x\n}", "line 2, column 12: invalid character"},
		{"a schema that is a number", "{\n \"schema\": 7}", "line 2, column 12: json: cannot unmarshal"},
		{"another file", `{"schema":"sekisho/report/v1"}`, `got schema "sekisho/report/v1", want "sekisho/snapshot/v1"`},
		{"another version", replace("snapshot/v1", "snapshot/v2"), `got schema "sekisho/snapshot/v2"`},
		{"trailing data", whole + "{}", "after top-level value"},
		{"no time", replace(`"taken_at": "2026-11-22T05:00:00Z"`, `"taken_at": "0001-01-01T00:00:00Z"`), "taken_at: got no time"},
		{"an account of letters", replace(`"account_id": "123456789012"`, `"account_id": "acme"`), "caller.account_id"},
		{"a list that is null", replace("\"users\": {\n  \"action\": \"iam:ListUsers\"", "\"users\": {\n  \"value\": null, \"actionx\": 1"), "without all of action"},
		{"a wrong type", replace(`"complete": true`, `"complete": "yes"`), "cannot unmarshal"},
		{"a report that is none", replace("user,arn,user_creation_time", "user,user_creation_time"), "credential_report.value.content"},
		{"a key of no status", replace(`"status": "Active"`, `"status": "active"`), `got "active", want Active, Inactive`},
		{"a number that is null", replace(`"AccountMFAEnabled": 1`, `"AccountMFAEnabled": null`), "got null for AccountMFAEnabled"},
		{"another partition than the caller's", replace(`"partition": "aws"`, `"partition": "aws-us-gov"`), `caller.partition: got "aws-us-gov", want that of the ARN, "aws"`},
		{"a device twice", replace("iam::123456789012:mfa/spare", "iam::123456789012:mfa/alice"), "virtual_mfa_devices.value[1].serial"},
		{"a gap without a code", replace(`"code": "AccessDenied"`, `"code": ""`), "gaps[0]"},
		{"a policy without a name", replace(`"attached_policies": []`, `"attached_policies": [{"name": "", "arn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}]`), "attached_policies[0].name"},
		{"a policy of another name than its ARN's", replace(`"attached_policies": []`, `"attached_policies": [{"name": "Harmless", "arn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}]`), "want the end of the ARN"},
		{"a group that is null", replace(`"groups": []`, `"groups": [null]`), "groups[0]: got no name"},
		{"part of a login profile", part("login_profile"), "per_user.alice.login_profile.complete"},
		{"part of the keys' last use", part("AKIAIOSFODNN7EXAMPLE\": {"), "access_key_last_used.AKIAIOSFODNN7EXAMPLE.complete"},
		{"part of the credential report", part("credential_report"), "credential_report.complete"},
		{"a credential of no status", replace(`"status": "Expired"`, `"status": "expired"`), "service_specific_credentials.value[0].status"},
		{"a certificate without its end", replace(`"expires": "2026-11-22T05:00:00Z"`, `"expired": "2026-11-22T05:00:00Z"`), "server_certificates.value[0].expires"},
		{"features that are null", replace(`"enabled": []`, `"enabled": null`), "organizations_features.value.enabled: got null"},
		{"a contact of nobody", strings.Replace(replace(`"name": "Ops"`, `"name": ""`), "ops@example.com", "", 1), "security_contact.value"},
		{"regions that are null", replace(`"by_region": {`, `"by_regions": {`), "access_analyzers.value.by_region: got null"},
		{"part of a region's analyzers", part(`"eu-west-1": {`), "access_analyzers.value.by_region.eu-west-1.complete"},
		{"an analyzer without a status", replace(`"status": "ACTIVE"`, `"status": ""`), "by_region.eu-west-1.value[0]"},
		{"a user without an ARN", behind("iam:GetUser", `"arn": "arn:aws:iam::123456789012:user/alice"`, `"arn": "alice"`), "per_user.alice.user.value.arn"},
		{"a user whose ARN is another one's", replace(`"arn": "arn:aws:iam::123456789012:user/alice"`, `"arn": "arn:aws:iam::123456789012:user/bob"`), `want that of user/alice`},
		{"a user whose ARN is a session's", replace(`"arn": "arn:aws:iam::123456789012:user/alice"`, `"arn": "arn:aws:sts::123456789012:user/alice"`), `want that of user/alice`},
		{"a user whose ARN is in a region", replace(`"arn": "arn:aws:iam::123456789012:user/alice"`, `"arn": "arn:aws:iam:us-east-1:123456789012:user/alice"`), `want that of user/alice`},
		{"a user of AWS's", replace(`"arn": "arn:aws:iam::123456789012:user/alice"`, `"arn": "arn:aws:iam::aws:user/alice"`), `want that of user/alice`},
		{"a device without a serial number", replace("arn:aws:iam::123456789012:mfa/spare", "N/A"), `got "N/A", want the serial number or ARN of an MFA device`},
		{"a device that is none", replace("arn:aws:iam::123456789012:mfa/spare", "arn:aws:iam::123456789012:user/spare"), "want the serial number or ARN of an MFA device"},
		{"tags that are null", replace(`"tags": []`, `"tags": null`), "authorization_details.value.users[0].tags: got null"},
		{"a time that JSON can't write", replace(`"taken_at": "2026-11-22T05:00:00Z"`, `"taken_at": "9999-12-31T23:59:59-23:00"`), "taken_at: got a time in the year 10000"},
		{"an SSH key without an ID", replace(`"id": "APKAEXAMPLE"`, `"id": ""`), "ssh_public_keys.value[0].id"},
		{"part of a user's certificates", part(`"signing_certificates": {`), "per_user.alice.signing_certificates.complete"},
		{"a null in a user", replace(`"attached_policies": []`, `"attached_policies": null`), "authorization_details.value.users[0].attached_policies: got null"},
	} {
		_, err := Read(strings.NewReader(test.content), "s.json")
		var format *FormatError
		if !errors.As(err, &format) {
			t.Errorf("%s: got %v, want a FormatError", test.name, err)
		} else if !strings.Contains(err.Error(), test.want) || !strings.HasPrefix(err.Error(), "reading the snapshot s.json: ") {
			t.Errorf("%s: got %q, want one with %q", test.name, err, test.want)
		}
	}
}

// The years that RFC 3339 can write are taken, from the first to the last, and no others.
func TestYearsThatCanBeWritten(t *testing.T) {
	t.Parallel()
	for year, ok := range map[int]bool{0: false, 1: true, 9999: true, 10000: false} {
		s := full()
		s.TakenAt = time.Date(year, time.June, 1, 0, 0, 0, 0, time.UTC)
		if err := s.Validate(); (err == nil) != ok {
			t.Errorf("got the error %v of a snapshot of the year %d", err, year)
		}
	}
}

// What isn't said is not false.
func TestObjectsWithoutTheirKeysAreRefused(t *testing.T) {
	t.Parallel()
	s := snapshot()
	s.PasswordPolicy = read("iam:GetAccountPasswordPolicy", &PasswordPolicy{MinimumPasswordLength: 14})
	s.PerUser = map[string]*UserAnswers{"alice": {LoginProfile: read("iam:GetLoginProfile", &LoginProfile{Created: longAgo, PasswordResetRequired: true})}}
	var buffer bytes.Buffer
	if err := s.Write(&buffer); err != nil {
		t.Fatal(err)
	}
	whole := buffer.String()
	if _, err := Read(strings.NewReader(whole), "s.json"); err != nil {
		t.Fatal(err)
	}
	for key, value := range map[string]string{"password_reset_required": "true", "allow_users_to_change_password": "false", "max_password_age_days": "0"} {
		for _, spoilt := range []string{
			strings.Replace(whole, `"`+key+`": `+value, `"`+key+`": null`, 1), strings.Replace(whole, `"`+key+`"`, `"was_`+key+`"`, 1),
		} {
			if _, err := Read(strings.NewReader(spoilt), "s.json"); err == nil || !strings.Contains(err.Error(), "got nothing or null for "+key) {
				t.Errorf("%s: got %v, want it refused", key, err)
			}
		}
	}
}

func TestAnswerWithoutItsValueIsRefused(t *testing.T) {
	t.Parallel()
	for _, key := range []string{"action", "began", "ended", "complete", "value"} {
		var buffer bytes.Buffer
		s := snapshot()
		s.SAMLProviders = read("iam:ListSAMLProviders", []Provider{})
		if err := s.Write(&buffer); err != nil {
			t.Fatal(err)
		}
		// The key is renamed, as if it had never been there.
		i := strings.Index(buffer.String(), `"saml_providers"`)
		torn := buffer.String()[:i] + strings.Replace(buffer.String()[i:], `"`+key+`"`, `"was_`+key+`"`, 1)
		if _, err := Read(strings.NewReader(torn), "s.json"); err == nil || !strings.Contains(err.Error(), "without all of") {
			t.Errorf("without %s: got %v, want an error", key, err)
		}
	}
}

func TestUnknownKeysAreAllowed(t *testing.T) {
	t.Parallel()
	var buffer bytes.Buffer
	if err := snapshot().Write(&buffer); err != nil {
		t.Fatal(err)
	}
	newer := strings.Replace(buffer.String(), "{", `{"added_later": 1,`, 1)
	if _, err := Read(strings.NewReader(newer), "s.json"); err != nil {
		t.Errorf("got %v, want a snapshot: added keys are no new version", err)
	}
}

func FuzzReadSnapshot(f *testing.F) {
	var buffer bytes.Buffer
	if err := full().Write(&buffer); err != nil {
		f.Fatal(err)
	}
	f.Add(buffer.Bytes())
	f.Add([]byte(`{"schema":"sekisho/snapshot/v1"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := Read(bytes.NewReader(data), "fuzz")
		if err == nil {
			New(s) // what Read lets through, New takes
		}
	})
}
