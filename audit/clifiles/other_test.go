package clifiles_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"sekisho/audit/account"
	"sekisho/audit/clifiles"
)

func day(n int) time.Time { return time.Date(2026, 1, n, 3, 4, 5, 0, time.UTC) }

const (
	bedrockKey = `{"UserName":"alice","Status":"Active","ServiceCredentialAlias":"BedrockAPIKey-abcd","CreateDate":"2026-01-02T03:04:05+00:00",
		"ExpirationDate":"2027-01-02T03:04:05+00:00","ServiceSpecificCredentialId":"ACCAEXAMPLEBEDROCK001","ServiceName":"bedrock.amazonaws.com"}`
	gitPassword = `{"UserName":"bob","Status":"Inactive","ServiceUserName":"bob-at-123456789012","CreateDate":"2026-01-03T03:04:05+00:00",
		"ServiceSpecificCredentialId":"ACCAEXAMPLEGIT0000001","ServiceName":"codecommit.amazonaws.com"}`
)

func TestServiceCredentials(t *testing.T) {
	t.Parallel()
	end := time.Date(2027, 1, 2, 3, 4, 5, 0, time.UTC)
	alice := account.ServiceCredential{ID: "ACCAEXAMPLEBEDROCK001", User: "alice", Service: "bedrock.amazonaws.com", Status: "Active", Created: day(2), Expires: &end,
		Name: "BedrockAPIKey-abcd", APIKey: true}
	bob := account.ServiceCredential{ID: "ACCAEXAMPLEGIT0000001", User: "bob", Service: "codecommit.amazonaws.com", Status: "Inactive", Created: day(3), Name: "bob-at-123456789012"}
	one := func(list, more string) string { return `{"ServiceSpecificCredentials":[` + list + `]` + more + `}` }
	const marked = `,"AllUsers":true,"IsTruncated":false,"NextToken":null`
	const unsaid = " doesn't say whether it is of all users; save the answer with --all-users --query " +
		"'{AllUsers:`true`,ServiceSpecificCredentials:ServiceSpecificCredentials,IsTruncated:IsTruncated,NextToken:NextToken}'"
	tests := []struct {
		name  string
		files []string
		want  []account.ServiceCredential
		why   string // empty: whole
	}{
		{"of all users, as the answer says", []string{one(bedrockKey, marked)}, []account.ServiceCredential{alice}, ""},
		{"none of all users, as the answer says", []string{one("", marked)}, []account.ServiceCredential{}, ""},
		{"of two users, which nobody but all has", []string{one(bedrockKey+","+gitPassword, `,"IsTruncated":false`)}, []account.ServiceCredential{alice, bob}, ""},
		{"of one user, maybe their own", []string{one(bedrockKey, "")}, []account.ServiceCredential{alice}, "1.json" + unsaid},
		{"none, maybe one's own", []string{one("", "")}, []account.ServiceCredential{}, "1.json" + unsaid},
		{"one file for each of two users", []string{one(bedrockKey, ""), one(gitPassword, "")}, []account.ServiceCredential{alice, bob}, "2.json" + unsaid},
		{"not of all users", []string{one(bedrockKey, `,"AllUsers":false`)}, []account.ServiceCredential{alice}, "1.json" + unsaid},
		{"of all users, and of one", []string{one(bedrockKey+","+gitPassword, marked), one(bedrockKey, "")}, []account.ServiceCredential{alice, bob}, ""},
		{"a first page", []string{one(bedrockKey, `,"AllUsers":true,"IsTruncated":true`)}, []account.ServiceCredential{alice}, "1.json says that more pages follow, and no file holds the last"},
		{"two pages", []string{one(bedrockKey, `,"AllUsers":true,"IsTruncated":true,"Marker":"x"`), one(gitPassword, marked)}, []account.ServiceCredential{alice, bob},
			"1.json is one page of several, and nothing tells that they are all there; save the answer without --max-items and --no-paginate"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := read(t, numbered(append([]string{caller}, test.files...)...))
			got := s.ServiceCredentials
			if got == nil || !reflect.DeepEqual(got.Value, test.want) || got.Complete != (test.why == "") || got.Action != "iam:ListServiceSpecificCredentials" {
				t.Errorf("got %+v, want %+v, complete %t", got, test.want, test.why == "")
			}
			wantGaps(t, s, account.ServiceCredentialsSection, test.why)
		})
	}
}

func TestServerCertificates(t *testing.T) {
	t.Parallel()
	const list = `{"ServerCertificateMetadataList":[{"Path":"/web/","ServerCertificateName":"shop","ServerCertificateId":"ASCAEXAMPLE0000000001",
		"Arn":"arn:aws:iam::123456789012:server-certificate/web/shop","UploadDate":"2026-01-02T03:04:05+00:00","Expiration":"2099-01-02T03:04:05+00:00"}]}`
	shop := account.ServerCertificate{Name: "shop", ID: "ASCAEXAMPLE0000000001", ARN: "arn:aws:iam::123456789012:server-certificate/web/shop", Path: "/web/",
		Uploaded: day(2), Expires: time.Date(2099, 1, 2, 3, 4, 5, 0, time.UTC)}
	tests := []struct {
		name  string
		files []string
		want  []account.ServerCertificate
		why   string
	}{
		{"a list", []string{list}, []account.ServerCertificate{shop}, ""},
		{"a list, counted", []string{list, `{"SummaryMap":{"ServerCertificates":1}}`}, []account.ServerCertificate{shop}, ""},
		{"a filtered list", []string{list, `{"SummaryMap":{"ServerCertificates":2}}`}, []account.ServerCertificate{shop}, "the account summary counts 2 server certificates, and the files list 1"},
		{"none, counted", []string{`{"ServerCertificateMetadataList":[]}`, `{"SummaryMap":{"ServerCertificates":0}}`}, []account.ServerCertificate{}, ""},
		{"none, and nobody counted", []string{`{"ServerCertificateMetadataList":[]}`}, []account.ServerCertificate{},
			"the files list no server certificates, and no account summary says that there are none"},
		{"a first page", []string{strings.TrimSuffix(list, "}") + `,"NextToken":"x"}`}, []account.ServerCertificate{shop}, "1.json says that more pages follow, and no file holds the last"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := read(t, numbered(append([]string{caller}, test.files...)...))
			got := s.ServerCertificates
			if got == nil || !reflect.DeepEqual(got.Value, test.want) || got.Complete != (test.why == "") || got.Action != "iam:ListServerCertificates" {
				t.Errorf("got %+v, want %+v, complete %t", got, test.want, test.why == "")
			}
			if year := s.TakenAt.Year(); year != 2026 {
				t.Errorf("got an account as of %d, want the files' year: a certificate's end is still to come", year)
			}
			wantGaps(t, s, account.ServerCertificatesSection, test.why)
		})
	}
}

// What AWS refuses to an account that isn't the management account says that it isn't.
func TestOrganizationsFeatures(t *testing.T) {
	t.Parallel()
	refused := func(code string) string {
		return "\naws: [ERROR]: An error occurred (" + code + ") when calling the ListOrganizationsFeatures operation: The request was rejected."
	}
	tests := []struct {
		file string
		want account.OrganizationsFeatures
	}{
		{`{"OrganizationId":"o-exampleorgid","EnabledFeatures":["RootSessions","RootCredentialsManagement"]}`,
			account.OrganizationsFeatures{OrganizationID: "o-exampleorgid", Enabled: []string{"RootSessions", "RootCredentialsManagement"}}},
		{`{"OrganizationId":"o-exampleorgid","EnabledFeatures":[]}`, account.OrganizationsFeatures{OrganizationID: "o-exampleorgid", Enabled: []string{}}},
		{refused(account.RefusedNotManagement), account.OrganizationsFeatures{Enabled: []string{}, Refusal: account.RefusedNotManagement}},
		{refused(account.RefusedNoOrganization), account.OrganizationsFeatures{Enabled: []string{}, Refusal: account.RefusedNoOrganization}},
		{refused(account.RefusedNotAllFeatures), account.OrganizationsFeatures{Enabled: []string{}, Refusal: account.RefusedNotAllFeatures}},
		{refused(account.RefusedServiceAccess), account.OrganizationsFeatures{Enabled: []string{}, Refusal: account.RefusedServiceAccess}},
	}
	for _, test := range tests {
		s := read(t, numbered(caller, test.file))
		if got := s.OrganizationsFeatures; got == nil || !got.Complete || !reflect.DeepEqual(got.Value, test.want) || len(s.Gaps) > 0 {
			t.Errorf("%s: got %+v and the gaps %v, want %+v and none", test.file, got, s.Gaps, test.want)
		}
	}
	s := read(t, numbered(caller, refused("AccessDenied")))
	if s.OrganizationsFeatures != nil {
		t.Errorf("got %+v where AWS denied the answer, want none", s.OrganizationsFeatures)
	}
	wantGaps(t, s, account.OrganizationsFeaturesSection, "The request was rejected.")
}

func TestAlternateContacts(t *testing.T) {
	t.Parallel()
	const notFound = "An error occurred (ResourceNotFoundException) when calling the GetAlternateContact operation: No contact of the inputted alternate contact type found."
	s := read(t, numbered(caller,
		`{"AlternateContact":{"AlternateContactType":"SECURITY","EmailAddress":"security@example.com","Name":"Security team","PhoneNumber":"+81-3-0000-0000","Title":"CISO"}}`,
		"aws account get-alternate-contact --alternate-contact-type BILLING\n\n"+notFound,
		"$ aws account get-alternate-contact --alternate-contact-type 'OPERATIONS' --output json\n\naws: [ERROR]: An error occurred (AccessDeniedException) when calling the GetAlternateContact operation: no"))
	want := &account.AlternateContact{Name: "Security team", Title: "CISO", Email: "security@example.com", Phone: "+81-3-0000-0000"}
	if got := s.SecurityContact; got == nil || !got.Complete || !reflect.DeepEqual(got.Value, want) || got.Action != "account:GetAlternateContact" {
		t.Errorf("got the security contact %+v, want %+v", got, want)
	}
	if got := s.BillingContact; got == nil || !got.Complete || got.Value != nil {
		t.Errorf("got the billing contact %+v, want the answer that none is registered", got)
	}
	if s.OperationsContact != nil {
		t.Errorf("got the operations contact %+v, want none read", s.OperationsContact)
	}
	gaps := []account.Gap{{Section: account.OperationsContactSection, Action: "account:GetAlternateContact", Code: "AccessDeniedException", Message: "no"}}
	if !sameGaps(s.Gaps, gaps) {
		t.Errorf("got the gaps %v, want %v", s.Gaps, gaps)
	}

	// Without the command nobody can tell of which contact AWS says that it isn't registered.
	s, warnings, err := clifiles.Read(numbered(caller, notFound))
	if err != nil || s.SecurityContact != nil || s.BillingContact != nil || s.OperationsContact != nil {
		t.Errorf("got the error %v and the contacts %v, %v and %v, want none", err, s.SecurityContact, s.BillingContact, s.OperationsContact)
	}
	warning := "1.json: holds the error ResourceNotFoundException of GetAlternateContact, which doesn't say of which of the account's contacts; " +
		"want the command in a line above it, aws …"
	if len(warnings) != 1 || warnings[0].String() != warning {
		t.Errorf("got the warnings %v, want %v", warnings, warning)
	}
}

const (
	regions  = `{"Regions":[{"RegionName":"us-east-1","RegionOptStatus":"ENABLED_BY_DEFAULT"},{"RegionName":"eu-south-1","RegionOptStatus":"ENABLED"},{"RegionName":"af-south-1","RegionOptStatus":"DISABLED"}]}`
	analyzer = `{"arn":"arn:aws:access-analyzer:us-east-1:123456789012:analyzer/external","name":"external","type":"ACCOUNT","createdAt":"2026-01-02T03:04:05+00:00",
		"lastResourceAnalyzed":"arn:aws:s3:::example","lastResourceAnalyzedAt":"2026-01-09T03:04:05+00:00","tags":{"team":"security","env":"all"},"status":"ACTIVE"}`
)

func TestAccessAnalyzers(t *testing.T) {
	t.Parallel()
	told := []account.Analyzer{{Name: "external", ARN: "arn:aws:access-analyzer:us-east-1:123456789012:analyzer/external", Type: "ACCOUNT", Status: "ACTIVE", Created: day(2),
		Tags: []account.Tag{{Key: "env", Value: "all"}, {Key: "team", Value: "security"}}}}
	missing := func(region string) account.Gap {
		return account.Gap{Section: account.AccessAnalyzersSection, Resource: region, Action: "access-analyzer:ListAnalyzers", Code: clifiles.NotProvided,
			Message: "no file holds the answer of aws accessanalyzer list-analyzers --region " + region}
	}
	denied := "aws accessanalyzer list-analyzers --region eu-south-1 --query {Region:'eu-south-1',analyzers:analyzers}\n\n" +
		"An error occurred (AccessDeniedException) when calling the ListAnalyzers operation: explicit deny in a service control policy"
	refused := account.Gap{Section: account.AccessAnalyzersSection, Resource: "eu-south-1", Action: "access-analyzer:ListAnalyzers", Code: "AccessDeniedException",
		Message: "explicit deny in a service control policy"}
	none := []account.Analyzer{}
	tests := []struct {
		name  string
		files []string
		want  map[string][]account.Analyzer
		gaps  []account.Gap
	}{
		{"by ARN, and empty by name", []string{regions, `{"analyzers":[` + analyzer + `]}`, `{"Region":"eu-south-1","analyzers":[]}`},
			map[string][]account.Analyzer{"us-east-1": told, "eu-south-1": none}, []account.Gap{}},
		{"by name", []string{regions, `{"Region":"us-east-1","analyzers":[` + analyzer + `]}`, `{"Region":"eu-south-1","analyzers":[]}`},
			map[string][]account.Analyzer{"us-east-1": told, "eu-south-1": none}, []account.Gap{}},
		{"a region that no file holds", []string{regions, `{"analyzers":[` + analyzer + `]}`}, map[string][]account.Analyzer{"us-east-1": told}, []account.Gap{missing("eu-south-1")}},
		{"no region", []string{regions}, map[string][]account.Analyzer{}, []account.Gap{missing("eu-south-1"), missing("us-east-1")}},
		{"a region that was refused", []string{regions, denied, `{"Region":"us-east-1","analyzers":[]}`}, map[string][]account.Analyzer{"us-east-1": none}, []account.Gap{refused}},
		{"refused, and answered after all", []string{regions, denied, `{"Region":"us-east-1","analyzers":[]}`, `{"Region":"eu-south-1","analyzers":[]}`},
			map[string][]account.Analyzer{"us-east-1": none, "eu-south-1": none}, []account.Gap{}},
		{"a first page", []string{regions, `{"analyzers":[` + analyzer + `],"nextToken":"x"}`, `{"Region":"eu-south-1","analyzers":[]}`}, map[string][]account.Analyzer{"eu-south-1": none},
			[]account.Gap{{Section: account.AccessAnalyzersSection, Resource: "us-east-1", Action: "access-analyzer:ListAnalyzers", Code: clifiles.Incomplete,
				Message: "2.json says that more pages follow, and no file holds the last"}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := read(t, numbered(append([]string{caller}, test.files...)...))
			clifiles.MarkMissing(s, []account.Section{account.AccessAnalyzersSection})
			a := s.AccessAnalyzers
			if a == nil || !a.Complete || a.Action != "account:ListRegions" || len(a.Value.Regions) != 3 || a.Value.Regions[2] != (account.RegionState{Name: "af-south-1", State: "DISABLED"}) {
				t.Fatalf("got %+v, want the three regions", a)
			}
			got := map[string][]account.Analyzer{}
			for region, answer := range a.Value.ByRegion {
				got[region] = answer.Value
				if !answer.Complete || answer.Action != "access-analyzer:ListAnalyzers" {
					t.Errorf("%s: got complete %t by %s, want a whole answer of access-analyzer:ListAnalyzers", region, answer.Complete, answer.Action)
				}
			}
			if !reflect.DeepEqual(got, test.want) {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
			if !sameGaps(s.Gaps, test.gaps) {
				t.Errorf("got the gaps %+v, want %+v", s.Gaps, test.gaps)
			}
		})
	}
}

// Analyzers alone don't tell which regions the account uses, nor does a list that a filter has shortened.
func TestRegionsNotKnown(t *testing.T) {
	t.Parallel()
	s := read(t, numbered(caller, `{"analyzers":[`+analyzer+`]}`))
	clifiles.MarkMissing(s, []account.Section{account.AccessAnalyzersSection})
	if s.AccessAnalyzers != nil {
		t.Errorf("got %+v without a list of regions, want nothing", s.AccessAnalyzers)
	}
	wantGaps(t, s, account.AccessAnalyzersSection, "no file holds the answer of aws account list-regions")

	const byDefault, optedIn = `{"RegionName":"us-east-1","RegionOptStatus":"ENABLED_BY_DEFAULT"}`, `{"RegionName":"eu-south-1","RegionOptStatus":"ENABLED"}`
	china := strings.ReplaceAll(caller, "arn:aws:", "arn:aws-cn:")
	tests := []struct{ caller, regions, why string }{
		{caller, byDefault + "," + optedIn, ""},
		{caller, optedIn, "the files list no region that is enabled by default; save the answer without --region-opt-status-contains"},
		{caller, "", "the files list no region that is enabled by default; save the answer without --region-opt-status-contains"},
		{caller, byDefault, "the files list no region that one opts in to; save the answer without --region-opt-status-contains"},
		{china, byDefault, ""},
	}
	for _, test := range tests {
		s = read(t, numbered(test.caller, `{"Regions":[`+test.regions+`]}`))
		if a := s.AccessAnalyzers; a == nil || a.Complete != (test.why == "") {
			t.Errorf("%s: got %+v, want a list, complete %t", test.regions, a, test.why == "")
		}
		wantGaps(t, s, account.AccessAnalyzersSection, test.why)
	}
}

// An empty list tells whose it is where the user's name stands beside it, and an error where the command stands above
// it.
func TestListsThatNameTheirUser(t *testing.T) {
	t.Parallel()
	s := read(t, numbered(caller,
		`{"SSHPublicKeys":[{"UserName":"alice","SSHPublicKeyId":"APKAEXAMPLE0000000001","Status":"Active","UploadDate":"2026-01-02T03:04:05+00:00"}]}`,
		`{"UserName":"bob","SSHPublicKeys":[]}`,
		`{"Certificates":[{"UserName":"alice","CertificateId":"TA7SMP42TDN5Z26OBPJE7EXAMPLE","CertificateBody":"-----BEGIN CERTIFICATE-----\n…","Status":"Inactive","UploadDate":"2026-01-03T03:04:05+00:00"}]}`,
		`{"UserName":"bob","Certificates":[]}`,
		`{"UserName":"bob","MFADevices":[]}`,
		`{"UserName":"bob","AccessKeyMetadata":[]}`,
		"aws iam list-ssh-public-keys --user-name carol --query {UserName:'carol',SSHPublicKeys:SSHPublicKeys}\n\nAn error occurred (AccessDenied) when calling the ListSSHPublicKeys operation: no",
		`{"UserName":"dan","Certificates":[],"NextToken":"x"}`,
		"aws iam list-ssh-public-keys --user-name bob\n\nAn error occurred (Throttling) when calling the ListSSHPublicKeys operation: Rate exceeded",
	))
	alice, bob := s.PerUser["alice"], s.PerUser["bob"]
	if got, want := alice.SSHPublicKeys.Value, []account.SSHPublicKey{{ID: "APKAEXAMPLE0000000001", Status: "Active", Uploaded: day(2)}}; !reflect.DeepEqual(got, want) {
		t.Errorf("got the SSH public keys %+v, want %+v", got, want)
	}
	certificates := []account.ListedCertificate{{ID: "TA7SMP42TDN5Z26OBPJE7EXAMPLE", Status: "Inactive", Uploaded: day(3), Body: "-----BEGIN CERTIFICATE-----\n…"}}
	if got := alice.SigningCertificates.Value; !reflect.DeepEqual(got, certificates) {
		t.Errorf("got the certificates %+v, want %+v", got, certificates)
	}
	if bob == nil || bob.SSHPublicKeys == nil || bob.SigningCertificates == nil || bob.MFADevices == nil || bob.AccessKeys == nil ||
		len(bob.SSHPublicKeys.Value)+len(bob.SigningCertificates.Value)+len(bob.MFADevices.Value)+len(bob.AccessKeys.Value) > 0 {
		t.Errorf("got %+v about bob, want four empty lists", bob)
	}
	want := []account.Gap{
		{Section: account.SigningCertificatesSection, Resource: "dan", Action: "iam:ListSigningCertificates", Code: clifiles.Incomplete, Message: "8.json says that more pages follow, and no file holds the last"},
		{Section: account.SSHPublicKeysSection, Resource: "carol", Action: "iam:ListSSHPublicKeys", Code: "AccessDenied", Message: "no"},
	}
	if !sameGaps(s.Gaps, want) {
		t.Errorf("got the gaps %+v, want %+v", s.Gaps, want)
	}
	if s.PerUser["carol"] != nil || s.PerUser["dan"] != nil {
		t.Errorf("got %+v about carol and %+v about dan, want nothing", s.PerUser["carol"], s.PerUser["dan"])
	}
}

func TestUsersAskedOneByOne(t *testing.T) {
	t.Parallel()
	s := read(t, numbered(caller,
		`{"User":{"Path":"/","UserName":"alice","UserId":"AIDAEXAMPLE1","Arn":"arn:aws:iam::123456789012:user/alice","CreateDate":"2026-01-02T03:04:05+00:00","PasswordLastUsed":"2026-01-04T03:04:05+00:00"}}`,
		"aws iam get-user --user-name bob\n\nAn error occurred (NoSuchEntity) when calling the GetUser operation: The user with name bob cannot be found."))
	used := day(4)
	want := account.ListedUser{Name: "alice", ID: "AIDAEXAMPLE1", ARN: "arn:aws:iam::123456789012:user/alice", Path: "/", Created: day(2), PasswordLastUsed: &used}
	if alice := s.PerUser["alice"]; alice == nil || alice.User == nil || !alice.User.Complete || !reflect.DeepEqual(alice.User.Value, want) {
		t.Errorf("got %+v about alice, want %+v", alice, want)
	}
	gaps := []account.Gap{{Section: account.UserSection, Resource: "bob", Action: "iam:GetUser", Code: "NoSuchEntity", Message: "The user with name bob cannot be found."}}
	if s.PerUser["bob"] != nil || !sameGaps(s.Gaps, gaps) {
		t.Errorf("got %+v about bob and the gaps %+v, want nothing and %+v", s.PerUser["bob"], s.Gaps, gaps)
	}
}
