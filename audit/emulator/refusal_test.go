package emulator_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"sekisho/audit/account"
	"sekisho/audit/emulator"
)

func TestWhatTheSnapshotWasNeverAsked(t *testing.T) {
	t.Parallel()
	s := emulator.Demo(now)
	s.Users, s.AuthorizationDetails, s.CredentialReport, s.AccountSummary, s.PasswordPolicy = nil, nil, nil, nil, nil
	s.AccountAliases, s.VirtualMFADevices, s.SAMLProviders, s.OIDCProviders, s.PerUser = nil, nil, nil, nil, nil
	s.ServiceCredentials, s.ServerCertificates, s.OrganizationsFeatures = nil, nil, nil
	_, c := serve(t, s, emulator.Options{})
	for _, action := range []string{
		"iam:ListUsers", "iam:GetAccountAuthorizationDetails", "iam:GenerateCredentialReport", "iam:GetCredentialReport", "iam:GetAccountSummary",
		"iam:GetAccountPasswordPolicy", "iam:ListAccountAliases", "iam:ListVirtualMFADevices", "iam:ListSAMLProviders", "iam:ListOpenIDConnectProviders",
		"iam:ListGroups", "iam:ListRoles", "iam:GetUser", "iam:ListGroupsForUser", "iam:GetLoginProfile", "iam:ListMFADevices", "iam:ListAccessKeys",
		"iam:GetAccessKeyLastUsed", "iam:ListServerCertificates", "iam:ListServiceSpecificCredentials", "iam:ListOrganizationsFeatures",
		"iam:ListSSHPublicKeys", "iam:ListSigningCertificates", "iam:GetServerCertificate", "iam:CreateUser", "sts:AssumeRoot",
	} {
		c.refused(http.StatusForbidden, "AccessDenied", action)
	}
	got := c.call("iam:ListUsers").Message
	want := "User: arn:aws:iam::123456789012:user/sato.yuki is not authorized to perform: iam:ListUsers on resource: * because no identity-based policy allows the iam:ListUsers action"
	if got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestMalformedRequests(t *testing.T) {
	t.Parallel()
	server, c := serve(t, emulator.Demo(now), emulator.Options{})
	signed := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}, "Authorization": {"AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/x"}}
	for name, form := range map[string]url.Values{
		"no action":     {"Version": {"2010-05-08"}},
		"no version":    {"Action": {"ListUsers"}},
		"other version": {"Action": {"ListUsers"}, "Version": {"2019-01-01"}},
	} {
		if got := record(server, form, signed); got.Code != http.StatusBadRequest || !strings.Contains(got.Body.String(), "InvalidAction") {
			t.Errorf("%s: got %d %s, want 400 InvalidAction", name, got.Code, got.Body)
		}
	}
	if got := record(server, url.Values{"Action": {strings.Repeat("x", 2<<20)}}, signed); got.Code != http.StatusBadRequest {
		t.Errorf("2 MB: got %d, want 400", got.Code)
	}
	c.accessKey = ""
	c.refused(http.StatusForbidden, "MissingAuthenticationToken", "iam:ListUsers")
}

// TestGapsAreAnsweredAgain: what failed in the snapshot's run fails with the same code and message.
func TestGapsAreAnsweredAgain(t *testing.T) {
	t.Parallel()
	s := emulator.Demo(now)
	s.AccountSummary, s.Users, s.CredentialReport = nil, nil, nil
	s.PerUser["sato.yuki"].AccessKeys, s.PerUser["ci-deploy"].AccessKeyLastUsed = nil, nil
	s.Gaps = []account.Gap{
		{Section: account.AccountSummarySection, Action: "iam:GetAccountSummary", Code: "AccessDenied", Message: "not you"},
		{Section: account.UsersSection, Action: "iam:ListUsers", Code: "Throttling", Message: "Rate exceeded"},
		{Section: account.CredentialReportSection, Action: "iam:GenerateCredentialReport", Code: "LimitExceeded", Message: "too many"},
		{Section: account.AccessKeysSection, Resource: "sato.yuki", Action: "iam:ListAccessKeys", Code: "ServiceFailure", Message: "broken"},
		{Section: account.AccessKeyLastUsedSection, Resource: "ci-deploy", Action: "iam:GetAccessKeyLastUsed", Code: "AccessDenied", Message: "no"},
	}
	_, c := serve(t, s, emulator.Options{})
	key := s.PerUser["ci-deploy"].AccessKeys.Value[0].ID
	for _, test := range []struct {
		got           reply
		status        int
		code, message string
	}{
		{c.call("iam:GetAccountSummary"), 403, "AccessDenied", "not you"},
		{c.call("iam:ListUsers"), 400, "Throttling", "Rate exceeded"},
		{c.call("iam:GenerateCredentialReport"), 409, "LimitExceeded", "too many"},
		{c.call("iam:GetCredentialReport"), 410, "ReportNotPresent", "Unknown"},
		{c.call("iam:ListAccessKeys", "UserName", "sato.yuki"), 500, "ServiceFailure", "broken"},
		{c.call("iam:GetAccessKeyLastUsed", "AccessKeyId", key), 403, "AccessDenied", "no"},
	} {
		if test.got.status != test.status || test.got.Code != test.code || test.got.Message != test.message {
			t.Errorf("got %v, want %d %s %q", test.got, test.status, test.code, test.message)
		}
	}
}

// TestReportThatCouldNotBeFetched was made all the same.
func TestReportThatCouldNotBeFetched(t *testing.T) {
	t.Parallel()
	s := emulator.Demo(now)
	s.CredentialReport = nil
	s.Gaps = []account.Gap{{Section: account.CredentialReportSection, Action: "iam:GetCredentialReport", Code: "AccessDenied", Message: "not you"}}
	_, c := serve(t, s, emulator.Options{})
	if got := read[xmlReportState](c, "iam:GenerateCredentialReport").State; got != "COMPLETE" {
		t.Errorf("got state %s, want COMPLETE", got)
	}
	c.refused(403, "AccessDenied", "iam:GetCredentialReport")
}

// TestIncompleteListsEndInTheirGap: the pages that were read are served, and the next one fails as it did.
func TestIncompleteListsEndInTheirGap(t *testing.T) {
	t.Parallel()
	s := emulator.Demo(now)
	s.Users.Value, s.Users.Complete = s.Users.Value[:5], false
	s.Gaps = []account.Gap{{Section: account.UsersSection, Action: "iam:ListUsers", Code: "ServiceFailure", Message: "page 2"}}
	s.AuthorizationDetails.Complete = false
	_, c := serve(t, s, emulator.Options{})
	first := read[xmlUserPage](c, "iam:ListUsers", "MaxItems", "1000")
	if len(first.Users) != 5 || !first.IsTruncated {
		t.Fatalf("got %d users (truncated: %v), want 5 and more to come", len(first.Users), first.IsTruncated)
	}
	if got := c.refused(500, "ServiceFailure", "iam:ListUsers", "Marker", first.Marker); got.Message != "page 2" {
		t.Errorf("got %v, want the gap's message", got)
	}
	details := read[xmlDetailPage](c, "iam:GetAccountAuthorizationDetails", "MaxItems", "1000")
	c.refused(403, "AccessDenied", "iam:GetAccountAuthorizationDetails", "Marker", details.Marker)
}

func TestNoSuchEntity(t *testing.T) {
	t.Parallel()
	s := emulator.Demo(now)
	s.PasswordPolicy.Value = nil
	s.PerUser["ito.mei"].Gone = &account.Answer[bool]{Action: "iam:ListAccessKeys", Began: now, Ended: now, Complete: true, Value: true}
	_, c := serve(t, s, emulator.Options{})
	c.refused(404, "NoSuchEntity", "iam:GetAccountPasswordPolicy")
	for _, user := range []string{"nobody", "ito.mei", "SATO.YUKI"} {
		for _, action := range []string{"iam:GetUser", "iam:GetLoginProfile", "iam:ListMFADevices", "iam:ListAccessKeys", "iam:ListGroupsForUser",
			"iam:ListSSHPublicKeys", "iam:ListSigningCertificates", "iam:ListServiceSpecificCredentials"} {
			c.refused(404, "NoSuchEntity", action, "UserName", user)
		}
	}
	// Not NoSuchEntity: that would tell which keys exist.
	c.refused(403, "AccessDenied", "iam:GetAccessKeyLastUsed", "AccessKeyId", "AKIAIOSFODNN7EXAMPLE")
}

// TestAnswersThatWereNotRecorded come from bulk where that leaves no doubt.
func TestAnswersThatWereNotRecorded(t *testing.T) {
	t.Parallel()
	s := emulator.Demo(now)
	s.PerUser = nil
	_, c := serve(t, s, emulator.Options{})
	type list struct {
		Serials []string `xml:"ListMFADevicesResult>MFADevices>member>SerialNumber"`
	}
	if got := read[list](c, "iam:ListMFADevices", "UserName", "watanabe.sota").Serials; len(got) > 0 {
		t.Errorf("got devices %v of a user without MFA, want none", got)
	}
	c.refused(403, "AccessDenied", "iam:ListMFADevices", "UserName", "ito.mei")    // has a device, of whatever kind
	c.refused(403, "AccessDenied", "iam:ListAccessKeys", "UserName", "ci-deploy")  // has keys, of whatever ID
	c.refused(403, "AccessDenied", "iam:GetLoginProfile", "UserName", "kondo.emi") // has a password, of whatever date
	c.refused(404, "NoSuchEntity", "iam:GetLoginProfile", "UserName", "ci-deploy") // has none
	for _, action := range []string{"iam:ListAccessKeys", "iam:ListSigningCertificates"} {
		if r := c.call(action, "UserName", "kondo.emi"); r.status != 200 || bytes.Contains(r.body, []byte("<member>")) {
			t.Errorf("%s of kondo.emi: got %v %s, want an empty list", action, r, r.body)
		}
	}
	c.refused(403, "AccessDenied", "iam:ListSigningCertificates", "UserName", "ci-deploy") // has one, of whatever ID
	c.refused(403, "AccessDenied", "iam:ListSSHPublicKeys", "UserName", "kondo.emi")       // nothing in bulk tells
}

// TestDevicesThatAreSurelyAll: where each device in use is accounted for, a user's virtual device is their only one.
func TestDevicesThatAreSurelyAll(t *testing.T) {
	t.Parallel()
	s := emulator.Company(4, now)
	s.PerUser = nil
	_, c := serve(t, s, emulator.Options{})
	got := read[struct {
		Serials []string `xml:"ListMFADevicesResult>MFADevices>member>SerialNumber"`
	}](c, "iam:ListMFADevices", "UserName", "person-00002").Serials
	if want := "arn:aws:iam::123456789012:mfa/person-00002"; len(got) != 1 || got[0] != want {
		t.Errorf("got %v, want %s alone", got, want)
	}
}

func TestCalls(t *testing.T) {
	t.Parallel()
	server, c := serve(t, emulator.Demo(now), emulator.Options{Deny: []string{"iam:ListUsers"}})
	c.call("sts:GetCallerIdentity")
	c.call("iam:ListUsers")
	c.call("iam:ListUsers")
	if got, want := fmt.Sprint(server.Calls()), "map[iam:ListUsers:2 sts:GetCallerIdentity:1]"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
