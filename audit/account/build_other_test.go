package account

import (
	"crypto/ed25519"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"slices"
	"testing"
	"time"
)

// certificate is a signing certificate in PEM that ends at a time.
func certificate(t *testing.T, end time.Time) string {
	t.Helper()
	key := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: end.AddDate(-1, 0, 0), NotAfter: end}
	der, err := x509.CreateCertificate(nil, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

func TestCertificatesOfTheReportHaveNoEnd(t *testing.T) {
	t.Parallel()
	s := snapshot()
	s.CredentialReport = reportOf(reportColumns, row("alice", "cert_1_active", "true", "cert_1_last_rotated", "2026-01-01T00:00:00Z", "cert_2_last_rotated", "2025-01-01T00:00:00Z"), row("bob"))
	a := New(s)
	alice := userNamed(t, a, "alice")
	certificates := alice.SigningCertificates.Value()
	if len(certificates) != 2 || !certificates[0].Active || certificates[1].Active || certificates[0].Item() != "certificate-1" {
		t.Fatalf("got %+v, want an active and an inactive certificate", certificates)
	}
	silent(t, "the end of alice's certificate", certificates[0].Expires, "was not read")
	state, _ := alice.Fact(UserCertificateExpiry)
	silent(t, "the ends of alice's certificates", state, "was not read")
	if state, _ := userNamed(t, a, "bob").Fact(UserCertificateExpiry); !state.OK() {
		t.Errorf("got %v, want it known that bob has no certificate that could end", state.Missing())
	}
}

func TestListedCertificatesWinOverTheReport(t *testing.T) {
	t.Parallel()
	s := snapshot()
	s.AuthorizationDetails = detailed(detail("alice"))
	s.CredentialReport = reportOf(reportColumns, row("alice", "cert_1_active", "true", "cert_1_last_rotated", "2026-01-01T00:00:00Z"))
	end := now.Add(-time.Hour).Truncate(time.Second).UTC()
	listed := []ListedCertificate{{ID: "B", Status: "Active", Uploaded: longAgo, Body: certificate(t, end)}, {ID: "A", Status: "Inactive", Uploaded: longAgo, Body: "no PEM"}}
	s.PerUser = map[string]*UserAnswers{"alice": {ID: "AIDAALICEEXAMPLE", SigningCertificates: read("iam:ListSigningCertificates", listed)}}
	u := userNamed(t, New(s), "alice")
	certificates := u.SigningCertificates.Value()
	if len(certificates) != 2 || certificates[0].ID != "A" || certificates[1].Item() != "B" || !certificates[1].Active {
		t.Fatalf("got %+v, want A and B", certificates)
	}
	says(t, "the end of B", certificates[1].Expires, end)
	silent(t, "the end of A", certificates[0].Expires, "A can't be read: got no PEM block")
	state, _ := u.Fact(UserCertificateExpiry)
	silent(t, "the ends of all", state, "A can't be read")
	if !slices.ContainsFunc(certificates[1].Evidence(), func(e Evidence) bool { return e.Name == "not_after" && e.Source == "iam:ListSigningCertificates" }) {
		t.Errorf("got the evidence %v, want the end among it", certificates[1].Evidence())
	}
}

func TestSSHKeysAreKnownFromTheirOwnListAlone(t *testing.T) {
	t.Parallel()
	s := snapshot()
	s.AuthorizationDetails = detailed(detail("alice"), detail("bob"))
	s.CredentialReport = reportOf(reportColumns, row("alice"), row("bob"))
	s.PerUser = map[string]*UserAnswers{"alice": {ID: "AIDAALICEEXAMPLE", SSHPublicKeys: read("iam:ListSSHPublicKeys", []SSHPublicKey{{"B", "Active", longAgo}, {"A", "Inactive", longAgo}})}}
	a := New(s)
	if keys := userNamed(t, a, "alice").SSHKeys.Value(); len(keys) != 2 || keys[0].ID != "A" {
		t.Errorf("got %+v, want A and B", keys)
	}
	silent(t, "bob's SSH keys", userNamed(t, a, "bob").SSHKeys, "were not read")
}

func TestServiceCredentialBelongsToItsUser(t *testing.T) {
	t.Parallel()
	s := snapshot()
	s.AuthorizationDetails = detailed(detail("alice"))
	s.ServiceCredentials = read("iam:ListServiceSpecificCredentials", []ServiceCredential{{ID: "ACCA2", User: "zoe"}, {ID: "ACCA1", User: "alice"}})
	a := New(s)
	if c := a.ServiceCredentials; len(c) != 2 || c[0].User != "alice" {
		t.Fatalf("got %+v, want them sorted by user", c)
	}
	for i, want := range []Subject{
		{ARN: "arn:aws:iam::123456789012:user/alice", ID: "AIDAALICEEXAMPLE", Item: "ACCA1", Name: "alice"},
		{ARN: "arn:aws:iam::123456789012:root", Item: "ACCA2", Name: "zoe"},
	} {
		if got := a.Credential(a.ServiceCredentials[i]); got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
	}
	says(t, "the number of credentials", a.ServiceCredentialCount, 2)
	s.ServiceCredentials.Complete = false
	silent(t, "the number on a broken list", New(s).ServiceCredentialCount, "")
}

func TestEmptyListOfServerCertificatesAgainstTheSummaryIsNotBelieved(t *testing.T) {
	t.Parallel()
	s := snapshot()
	s.ServerCertificates = read("iam:ListServerCertificates", []ServerCertificate{})
	says(t, "the number of certificates", New(s).ServerCertificateCount, 0)
	s.AccountSummary = read("iam:GetAccountSummary", Summary{"ServerCertificates": 2})
	silent(t, "the number of certificates", New(s).ServerCertificateCount, "says ServerCertificates 2, and the list has 0")
}

func TestRegionsAreKnownOneByOne(t *testing.T) {
	t.Parallel()
	s := snapshot()
	analyzers := []Analyzer{{Name: "a", Type: "ACCOUNT", Status: "ACTIVE"}}
	s.AccessAnalyzers = read("account:ListRegions", AccessAnalyzers{
		Regions:  []RegionState{{"us-east-1", "ENABLED_BY_DEFAULT"}, {"eu-west-1", "ENABLED"}, {"me-south-1", "DISABLED"}},
		ByRegion: map[string]*Answer[[]Analyzer]{"us-east-1": read("access-analyzer:ListAnalyzers", analyzers)},
	})
	s.Gaps = []Gap{{Section: AccessAnalyzersSection, Resource: "eu-west-1", Action: "access-analyzer:ListAnalyzers", Code: "AccessDenied", Message: "no"}}
	a := New(s)
	says(t, "the number of regions", a.RegionCount, 3)
	if names := []string{a.Regions[0].Name, a.Regions[1].Name, a.Regions[2].Name}; !slices.IsSorted(names) {
		t.Errorf("got %v, want them sorted", names)
	}
	silent(t, "eu-west-1", a.Regions[0].Analyzers, "access-analyzer:ListAnalyzers failed: AccessDenied: no")
	if a.Regions[0].Analyzers.Missing().Whole {
		t.Error("got the gap of one region as one of all")
	}
	if got := a.Regions[2].Analyzers.Value(); len(got) != 1 || !got[0].External() {
		t.Errorf("got %+v, want the analyzer of external access", got)
	}
	if a.Regions[1].Enabled() || !a.Regions[0].Enabled() || !a.Regions[2].Enabled() {
		t.Error("got me-south-1 enabled or another one disabled")
	}
	s.AccessAnalyzers = nil
	if a := New(s); len(a.Regions) != 0 || a.RegionCount.OK() {
		t.Error("got regions that nobody listed")
	}
}

func TestContactsAndFeatures(t *testing.T) {
	t.Parallel()
	s := snapshot()
	s.SecurityContact = read("account:GetAlternateContact", &AlternateContact{Email: "sec@example.com"})
	s.BillingContact = read[*AlternateContact]("account:GetAlternateContact", nil)
	s.OrganizationsFeatures = read("iam:ListOrganizationsFeatures", OrganizationsFeatures{Enabled: []string{RootCredentialsManagement}})
	a := New(s)
	if c := a.SecurityContact.Value(); c == nil || c.Email != "sec@example.com" || a.SecurityContact.Evidence()[0].Value != "sec@example.com" {
		t.Errorf("got %+v, want the contact", c)
	}
	if c := a.BillingContact.Value(); c != nil {
		t.Errorf("got %+v, want none", c)
	}
	silent(t, "the contact for operations", a.OperationsContact, "operations-contact was not read")
	if f := a.OrganizationsFeatures.Value(); !slices.Contains(f.Enabled, RootCredentialsManagement) {
		t.Errorf("got %+v, want the feature", f)
	}
}

func TestEverySectionCanBeAnsweredAndForgotten(t *testing.T) {
	t.Parallel()
	s := full()
	s.OperationsContact = read[*AlternateContact]("account:GetAlternateContact", nil)
	for _, d := range Descriptors() {
		section := d.Section
		if section.PerUser() {
			continue
		}
		if !s.Answered(section, "", "") {
			t.Errorf("%s: got no answer, want the one in the snapshot", section)
		}
		s.Forget(section)
		if s.Answered(section, "", "") {
			t.Errorf("%s: got an answer after Forget", section)
		}
	}
	told := map[Section]bool{}
	for fact, src := range facts {
		for _, section := range slices.Concat(src.bulk, src.fallback, src.live) {
			told[section] = true
		}
		for _, section := range slices.Concat(src.bulk, src.fallback) {
			if section.PerUser() || Describe(section) == nil {
				t.Errorf("%s: got %s among the account-wide sections", fact, section)
			}
		}
		for _, section := range src.live {
			if !section.PerUser() {
				t.Errorf("%s: got %s among those of a user", fact, section)
			}
			if !full().Answered(section, "alice", "AIDAALICEEXAMPLE") {
				t.Errorf("%s: got no answer of alice's, want the one in the snapshot", section)
			}
		}
	}
	for _, d := range Descriptors() {
		if !told[d.Section] {
			t.Errorf("%s: got no fact that it tells", d.Section)
		}
	}
}
