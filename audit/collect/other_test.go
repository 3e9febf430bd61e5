package collect

import (
	"context"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"sekisho/audit/account"
)

// collected reads sections of an account in which a fake gives these answers.
func collected(t *testing.T, answers map[string]http.HandlerFunc, plan Plan) (*account.Snapshot, *fakeAWS) {
	t.Helper()
	server := newFakeAWS(t, answers)
	o := demo(server)
	o.Allowed = Actions()
	s, err := signedIn(t, o).Collect(context.Background(), plan)
	if err != nil {
		t.Fatalf("Collect: %v", err)
	}
	return s, server
}

func read(t *testing.T, answers map[string]http.HandlerFunc, sections ...account.Section) (*account.Snapshot, *fakeAWS) {
	t.Helper()
	// The summary is there so that something can be read whatever else fails.
	return collected(t, answers, Plan{Sections: append(sections, account.AccountSummarySection)})
}

// gapsOf writes gaps as section/resource action code, for comparing.
func gapsOf(s *account.Snapshot) []string {
	out := []string{}
	for _, g := range s.Gaps {
		out = append(out, fmt.Sprintf("%s/%s %s %s", g.Section, g.Resource, g.Action, g.Code))
	}
	return out
}

func day(n int) time.Time { return time.Date(2026, 1, n, 0, 0, 0, 0, time.UTC) }

func credential(id, user, service, more string) string {
	return "<member><ServiceSpecificCredentialId>" + id + "</ServiceSpecificCredentialId><UserName>" + user + "</UserName><ServiceName>" + service +
		"</ServiceName><Status>Active</Status><CreateDate>2026-01-01T00:00:00Z</CreateDate>" + more + "</member>"
}

func credentialPage(members, marker string) http.HandlerFunc {
	end := "<IsTruncated>false</IsTruncated>"
	if marker != "" {
		end = "<IsTruncated>true</IsTruncated><Marker>" + marker + "</Marker>"
	}
	return ok("ListServiceSpecificCredentials", "<ServiceSpecificCredentials>"+members+"</ServiceSpecificCredentials>"+end)
}

func TestServiceCredentialsOfAllUsersAreRead(t *testing.T) {
	t.Parallel()
	s, server := read(t, map[string]http.HandlerFunc{"ListServiceSpecificCredentials": byParameter("Marker", map[string]http.HandlerFunc{
		"": credentialPage(
			credential("ACCA1", "alice", "codecommit.amazonaws.com", "<ServiceUserName>alice-at-123456789012</ServiceUserName>")+
				credential("ACCA2", "bob", "bedrock.amazonaws.com", "<ServiceCredentialAlias>before</ServiceCredentialAlias>"), "two"),
		"two": credentialPage(
			credential("ACCA2", "bob", "bedrock.amazonaws.com", "<ServiceCredentialAlias>bob-key</ServiceCredentialAlias><ExpirationDate>2026-01-31T00:00:00Z</ExpirationDate>")+
				credential("ACCA3", "eve", "cassandra.amazonaws.com", "<ServiceCredentialAlias>eve</ServiceCredentialAlias>")+
				credential("ACCA4", "eve", "example.amazonaws.com", "<ServiceUserName>eve-1</ServiceUserName><ServiceCredentialAlias>a</ServiceCredentialAlias>"), ""),
	})}, account.ServiceCredentialsSection)
	end := day(31)
	want := []account.ServiceCredential{
		{ID: "ACCA1", User: "alice", Service: "codecommit.amazonaws.com", Status: "Active", Created: day(1), Name: "alice-at-123456789012"},
		{ID: "ACCA2", User: "bob", Service: "bedrock.amazonaws.com", Status: "Active", Created: day(1), Expires: &end, Name: "bob-key", APIKey: true},
		{ID: "ACCA3", User: "eve", Service: "cassandra.amazonaws.com", Status: "Active", Created: day(1), Name: "eve"},
		{ID: "ACCA4", User: "eve", Service: "example.amazonaws.com", Status: "Active", Created: day(1), Name: "eve-1"},
	}
	if r := s.ServiceCredentials; r == nil || !r.Complete || !reflect.DeepEqual(r.Value, want) || len(s.Gaps) != 0 {
		t.Errorf("got %+v, gaps %v; want %+v", r, s.Gaps, want)
	}
	form := server.last(t, "ListServiceSpecificCredentials").form
	if form.Get("AllUsers") != "true" || form.Has("UserName") || form.Has("ServiceName") || form.Get("MaxItems") != "1000" {
		t.Errorf("got the parameters %v, want all users of all services", form)
	}
}

func TestAListThatBreaksOffIsNotComplete(t *testing.T) {
	t.Parallel()
	first := credentialPage(credential("ACCA1", "alice", "codecommit.amazonaws.com", ""), "two")
	for name, test := range map[string]struct {
		second http.HandlerFunc
		code   string
	}{
		"a marker that repeats": {first, "InvalidAnswer"},
		"no marker":             {ok("ListServiceSpecificCredentials", "<ServiceSpecificCredentials/><IsTruncated>true</IsTruncated>"), "InvalidAnswer"},
		"a refusal":             {fail(403, "AccessDenied", "no"), "AccessDenied"},
		"an answer cut off":     {raw(200, "text/xml", "<ListServiceSpecificCredentialsResponse><ListServiceSpecificCredentialsResult>"), "TornAnswer"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, _ := read(t, map[string]http.HandlerFunc{"ListServiceSpecificCredentials": byParameter("Marker", map[string]http.HandlerFunc{"": first, "two": test.second})},
				account.ServiceCredentialsSection)
			if r := s.ServiceCredentials; r == nil || r.Complete || len(r.Value) != 1 {
				t.Errorf("got %+v, want the first page, not complete", r)
			}
			if want := []string{"service-specific-credentials/ iam:ListServiceSpecificCredentials " + test.code}; !slices.Equal(gapsOf(s), want) {
				t.Errorf("got the gaps %v, want %v", gapsOf(s), want)
			}
		})
	}
}

func TestServerCertificatesAreRead(t *testing.T) {
	t.Parallel()
	certificate := func(name, expires string) string {
		return "<member><ServerCertificateName>" + name + "</ServerCertificateName><ServerCertificateId>ASCA" + name + "</ServerCertificateId><Arn>arn:aws:iam::123456789012:server-certificate/web/" + name +
			"</Arn><Path>/web/</Path><UploadDate>2026-01-01T00:00:00Z</UploadDate><Expiration>" + expires + "</Expiration></member>"
	}
	list := func(members string) http.HandlerFunc {
		return ok("ListServerCertificates", "<ServerCertificateMetadataList>"+members+"</ServerCertificateMetadataList><IsTruncated>false</IsTruncated>")
	}
	s, _ := read(t, map[string]http.HandlerFunc{"ListServerCertificates": list(certificate("old", "2026-01-02T00:00:00Z"))}, account.ServerCertificatesSection)
	want := []account.ServerCertificate{{
		Name: "old", ID: "ASCAold", ARN: "arn:aws:iam::123456789012:server-certificate/web/old", Path: "/web/", Uploaded: day(1), Expires: day(2),
	}}
	if r := s.ServerCertificates; r == nil || !r.Complete || !reflect.DeepEqual(r.Value, want) {
		t.Errorf("got %+v, want %+v", r, want)
	}
	s, _ = read(t, map[string]http.HandlerFunc{"ListServerCertificates": list(strings.Replace(certificate("old", "x"), "<Expiration>x</Expiration>", "", 1))}, account.ServerCertificatesSection)
	if r := s.ServerCertificates; r != nil || len(s.Gaps) != 1 || s.Gaps[0].Code != "InvalidAnswer" {
		t.Errorf("got %+v, gaps %v; want a certificate without an end to be no answer", r, s.Gaps)
	}
}

func TestOrganizationsFeatures(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		answer http.HandlerFunc
		want   *account.OrganizationsFeatures // nil: a gap
		code   string
	}{
		"both on": {
			ok("ListOrganizationsFeatures", "<OrganizationId>o-example</OrganizationId><EnabledFeatures><member>RootSessions</member><member>RootCredentialsManagement</member></EnabledFeatures>"),
			&account.OrganizationsFeatures{OrganizationID: "o-example", Enabled: []string{"RootSessions", "RootCredentialsManagement"}}, "",
		},
		"none on": {
			ok("ListOrganizationsFeatures", "<OrganizationId>o-example</OrganizationId><EnabledFeatures/>"),
			&account.OrganizationsFeatures{OrganizationID: "o-example", Enabled: []string{}}, "",
		},
		"not the management account": {
			fail(403, "AccountNotManagementOrDelegatedAdministratorException", "no"),
			&account.OrganizationsFeatures{Enabled: []string{}, Refusal: account.RefusedNotManagement}, "",
		},
		"no organization": {
			fail(404, "OrganizationNotFoundException", "no"),
			&account.OrganizationsFeatures{Enabled: []string{}, Refusal: account.RefusedNoOrganization}, "",
		},
		"not all features": {
			fail(400, "OrganizationNotInAllFeaturesModeException", "no"),
			&account.OrganizationsFeatures{Enabled: []string{}, Refusal: account.RefusedNotAllFeatures}, "",
		},
		"no service access": {
			fail(403, "ServiceAccessNotEnabledException", "no"),
			&account.OrganizationsFeatures{Enabled: []string{}, Refusal: account.RefusedServiceAccess}, "",
		},
		"denied":             {fail(403, "AccessDenied", "no"), nil, "AccessDenied"},
		"a code of tomorrow": {fail(400, "AnotherException", "no"), nil, "AnotherException"},
		"nothing":            {ok("ListOrganizationsFeatures", ""), nil, "IncompleteAnswer"},
		"no features":        {ok("ListOrganizationsFeatures", "<OrganizationId>o-example</OrganizationId>"), nil, "IncompleteAnswer"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, _ := read(t, map[string]http.HandlerFunc{"ListOrganizationsFeatures": test.answer}, account.OrganizationsFeaturesSection)
			r := s.OrganizationsFeatures
			if test.want == nil {
				if r != nil || len(s.Gaps) != 1 || s.Gaps[0].Code != test.code {
					t.Errorf("got %+v, gaps %v; want the gap %s", r, s.Gaps, test.code)
				}
				return
			}
			if r == nil || !r.Complete || !reflect.DeepEqual(r.Value, *test.want) || len(s.Gaps) != 0 {
				t.Errorf("got %+v, gaps %v; want %+v", r, s.Gaps, *test.want)
			}
		})
	}
}

func TestAlternateContacts(t *testing.T) {
	t.Parallel()
	absent := failJSON(404, "ResourceNotFoundException", "No contact of the inputted alternate contact type found.")
	s, _ := read(t, map[string]http.HandlerFunc{"GetAlternateContact": byParameter("AlternateContactType", map[string]http.HandlerFunc{
		"SECURITY":   object(`{"AlternateContact":{"AlternateContactType":"SECURITY","EmailAddress":"security@example.com","Name":"Sec","PhoneNumber":"+1 555","Title":"CISO"}}`),
		"BILLING":    absent,
		"OPERATIONS": failJSON(403, "AccessDeniedException", "no"),
	})}, account.SecurityContactSection, account.BillingContactSection, account.OperationsContactSection)
	if r := s.SecurityContact; r == nil || !r.Complete || r.Value == nil || *r.Value != (account.AlternateContact{Name: "Sec", Title: "CISO", Email: "security@example.com", Phone: "+1 555"}) {
		t.Errorf("got %+v, want the contact", r)
	}
	if r := s.BillingContact; r == nil || !r.Complete || r.Value != nil {
		t.Errorf("got %+v, want that none is registered", r)
	}
	if want := []string{"operations-contact/ account:GetAlternateContact AccessDeniedException"}; s.OperationsContact != nil || !slices.Equal(gapsOf(s), want) {
		t.Errorf("got %+v, gaps %v; want %v", s.OperationsContact, gapsOf(s), want)
	}
	if got := s.Calls.ByAction["account:GetAlternateContact"]; got != 3 {
		t.Errorf("got %d calls of account:GetAlternateContact, want 3", got)
	}
}

// TestNoJSONAnswerIsNoAnswer is about what the SDK takes for an empty answer, or for the beginning of one.
func TestNoJSONAnswerIsNoAnswer(t *testing.T) {
	t.Parallel()
	regions := object(`{"Regions":[{"RegionName":"us-east-1","RegionOptStatus":"ENABLED_BY_DEFAULT"}]}`)
	for name, test := range map[string]struct {
		answer http.HandlerFunc
		code   string
	}{
		"{}":                 {object("{}"), "InvalidAnswer"},
		"null lists":         {object(`{"Regions":null,"analyzers":null,"AlternateContact":null}`), "InvalidAnswer"},
		"an empty body":      {object(""), "TornAnswer"},
		"null":               {object("null"), "TornAnswer"},
		"a list":             {object("[]"), "TornAnswer"},
		"cut off":            {object(`{"Regions":[],"analyzers":[`), "TornAnswer"},
		"two objects":        {object(`{"Regions":[],"analyzers":[]}{"Regions"`), "TornAnswer"},
		"a sign-in page":     {raw(200, "text/html", "<html>Welcome</html>"), "TornAnswer"},
		"connection cut":     {hangUp(`{"Regions":[],"analyzers":[]`), "TornAnswer"},
		"HTML with 500":      {raw(500, "text/html", "<html>"), "ServiceFailure"},
		"404 of a proxy":     {raw(404, "text/html", "<html>"), "InvalidAnswer"},
		"of the wrong shape": {object(`{"Regions":"none","analyzers":"none","AlternateContact":"none"}`), "InvalidAnswer"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, _ := read(t, map[string]http.HandlerFunc{"ListRegions": test.answer, "GetAlternateContact": test.answer}, account.SecurityContactSection, account.AccessAnalyzersSection)
			want := []string{"access-analyzers/ account:ListRegions " + test.code, "security-contact/ account:GetAlternateContact " + test.code}
			if s.AccessAnalyzers != nil || s.SecurityContact != nil || !slices.Equal(gapsOf(s), want) {
				t.Errorf("got %+v and %+v, gaps %v; want %v", s.AccessAnalyzers, s.SecurityContact, s.Gaps, want)
			}
			s, _ = read(t, map[string]http.HandlerFunc{"ListRegions": regions, "ListAnalyzers": test.answer}, account.AccessAnalyzersSection)
			want = []string{"access-analyzers/us-east-1 access-analyzer:ListAnalyzers " + test.code}
			if r := s.AccessAnalyzers; r == nil || len(r.Value.ByRegion) != 0 || !slices.Equal(gapsOf(s), want) {
				t.Errorf("got %+v, gaps %v; want %v", r, s.Gaps, want)
			}
		})
	}
}

func TestNoRegionAtAllIsNoAnswer(t *testing.T) {
	t.Parallel()
	s, _ := read(t, map[string]http.HandlerFunc{"ListRegions": object(`{"Regions":[]}`)}, account.AccessAnalyzersSection)
	if want := []string{"access-analyzers/ account:ListRegions InvalidAnswer"}; s.AccessAnalyzers != nil || !slices.Equal(gapsOf(s), want) {
		t.Errorf("got %+v, gaps %v; want %v", s.AccessAnalyzers, gapsOf(s), want)
	}
}

func TestPerUserListsOfOtherCredentials(t *testing.T) {
	t.Parallel()
	const body = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----"
	key := func(id, status string) string {
		return "<member><UserName>alice</UserName><SSHPublicKeyId>" + id + "</SSHPublicKeyId><Status>" + status + "</Status><UploadDate>2026-01-02T00:00:00Z</UploadDate></member>"
	}
	list := func(members, end string) http.HandlerFunc {
		return ok("ListSSHPublicKeys", "<SSHPublicKeys>"+members+"</SSHPublicKeys>"+end)
	}
	const last, more = "<IsTruncated>false</IsTruncated>", "<IsTruncated>true</IsTruncated><Marker>two</Marker>"
	wants := wantsOf("alice", account.SigningCertificatesSection, account.SSHPublicKeysSection)
	s, _ := collected(t, map[string]http.HandlerFunc{
		"ListSSHPublicKeys": byParameter("Marker", map[string]http.HandlerFunc{"": list(key("APKA1", "Active"), more), "two": list(key("APKA1", "Inactive")+key("APKA2", "Active"), last)}),
		"ListSigningCertificates": ok("ListSigningCertificates", "<Certificates><member><UserName>alice</UserName><CertificateId>TA7S</CertificateId><CertificateBody>"+body+
			"</CertificateBody><Status>Active</Status><UploadDate>2026-01-03T00:00:00Z</UploadDate></member></Certificates><IsTruncated>false</IsTruncated>"),
	}, Plan{Sections: []account.Section{account.AccountSummarySection}, MaxUsers: 1, Wants: once(wants)})
	answers := s.PerUser["alice"]
	if want := []account.SSHPublicKey{{ID: "APKA1", Status: "Inactive", Uploaded: day(2)}, {ID: "APKA2", Status: "Active", Uploaded: day(2)}}; answers == nil || answers.SSHPublicKeys == nil || !slices.Equal(answers.SSHPublicKeys.Value, want) {
		t.Fatalf("got %+v, gaps %v; want the keys %v", answers, s.Gaps, want)
	}
	if want := []account.ListedCertificate{{ID: "TA7S", Status: "Active", Uploaded: day(3), Body: body}}; answers.SigningCertificates == nil || !slices.Equal(answers.SigningCertificates.Value, want) {
		t.Errorf("got %+v, want the certificates %v", answers.SigningCertificates, want)
	}

	s, _ = collected(t, map[string]http.HandlerFunc{
		"ListSSHPublicKeys":       byParameter("Marker", map[string]http.HandlerFunc{"": list(key("APKA1", "Active"), more), "two": list("", more)}),
		"ListSigningCertificates": fail(404, "NoSuchEntity", "The user with name alice cannot be found."),
		"GetUser":                 fail(404, "NoSuchEntity", "The user with name alice cannot be found."),
	}, Plan{Sections: []account.Section{account.AccountSummarySection}, MaxUsers: 1, Wants: once(wantsOf("alice", account.SSHPublicKeysSection, account.SigningCertificatesSection))})
	answers = s.PerUser["alice"]
	if want := []string{"ssh-public-keys/alice iam:ListSSHPublicKeys InvalidAnswer"}; answers == nil || answers.SSHPublicKeys != nil || !slices.Equal(gapsOf(s), want) {
		t.Fatalf("got %+v, gaps %v; want part of a user's list not kept", answers, gapsOf(s))
	}
	if answers.SigningCertificates != nil || answers.Gone == nil {
		t.Errorf("got %+v, want the user gone", answers)
	}
}

// IAM is slow to agree with itself: one answer in which a user is missing is not enough to forget the user.
func TestUserIsGoneWhereGetUserSaysSo(t *testing.T) {
	t.Parallel()
	missing := fail(404, "NoSuchEntity", "The user with name alice cannot be found.")
	user := func(id string) http.HandlerFunc {
		return ok("GetUser", "<User><Path>/</Path><UserName>alice</UserName><UserId>"+id+"</UserId><Arn>arn:aws:iam::123456789012:user/alice</Arn><CreateDate>2026-01-01T00:00:00Z</CreateDate></User>")
	}
	for name, test := range map[string]struct {
		getUser http.HandlerFunc
		gone    bool
		gaps    []string
		lists   int // how often the second list is asked for
	}{
		"gone":               {missing, true, nil, 0},
		"replaced":           {user("AIDAANOTHER"), true, nil, 0},
		"there":              {user("AIDAALICE"), false, []string{"access-keys/alice iam:ListAccessKeys InvalidAnswer"}, 1},
		"not known for sure": {fail(403, "AccessDenied", "no"), false, []string{"access-keys/alice iam:GetUser AccessDenied"}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, _ := collected(t, map[string]http.HandlerFunc{
				"ListAccessKeys":    missing,
				"ListSSHPublicKeys": ok("ListSSHPublicKeys", "<SSHPublicKeys></SSHPublicKeys><IsTruncated>false</IsTruncated>"),
				"GetUser":           test.getUser,
			}, Plan{Sections: []account.Section{account.AccountSummarySection}, MaxUsers: 1, Wants: once(wantsOf("alice", account.AccessKeysSection, account.SSHPublicKeysSection))})
			answers := s.PerUser["alice"]
			if got := answers != nil && answers.Gone != nil; got != test.gone || !slices.Equal(gapsOf(s), test.gaps) {
				t.Errorf("got gone %t and the gaps %v, want %t and %v", got, gapsOf(s), test.gone, test.gaps)
			}
			if got := s.Calls.ByAction["iam:ListSSHPublicKeys"]; got != test.lists {
				t.Errorf("got %d calls of iam:ListSSHPublicKeys, want %d: who is gone has no keys", got, test.lists)
			}
		})
	}
}
