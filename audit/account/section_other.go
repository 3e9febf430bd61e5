package account

import (
	"maps"
	"slices"
	"time"
)

// The sections beyond the users and what they sign in with.
const (
	ServiceCredentialsSection    Section = "service-specific-credentials"
	ServerCertificatesSection    Section = "server-certificates"
	OrganizationsFeaturesSection Section = "organizations-features"
	SecurityContactSection       Section = "security-contact"
	BillingContactSection        Section = "billing-contact"
	OperationsContactSection     Section = "operations-contact"
	AccessAnalyzersSection       Section = "access-analyzers"
)

var otherSections = []*Descriptor{
	ServiceCredentialsAnswer.Descriptor, ServerCertificatesAnswer.Descriptor, OrganizationsFeaturesAnswer.Descriptor, SecurityContactAnswer.Descriptor,
	BillingContactAnswer.Descriptor, OperationsContactAnswer.Descriptor, AccessAnalyzersAnswer.Descriptor,
}

// ServiceCredentialsAnswer describes the service-specific credentials of all users.
var ServiceCredentialsAnswer = ofAccount(
	Descriptor{Section: ServiceCredentialsSection, Actions: []string{"iam:ListServiceSpecificCredentials"}, Parts: true},
	func(s *Snapshot) **Answer[[]ServiceCredential] { return &s.ServiceCredentials },
	each(func(v *validator, where string, c ServiceCredential) {
		v.check(c.ID != "" && c.User != "" && c.Service != "", where, "got a credential without id, user or service")
		v.id(where, c.ID)
		v.status(where, c.Status)
		v.time(where+".created", c.Created)
		v.check(c.APIKey || !keyServices[c.Service], where+".api_key", "got none, want true: %s has no passwords", c.Service)
	}))

// ServerCertificatesAnswer describes the server certificates that are stored in IAM.
var ServerCertificatesAnswer = ofAccount(
	Descriptor{Section: ServerCertificatesSection, Actions: []string{"iam:ListServerCertificates"}, Parts: true},
	func(s *Snapshot) **Answer[[]ServerCertificate] { return &s.ServerCertificates },
	each(func(v *validator, where string, c ServerCertificate) {
		v.named(where, "server-certificate", c.Path, c.Name, c.ARN)
		v.time(where+".expires", c.Expires)
	}))

// OrganizationsFeaturesAnswer describes what an organization does for its accounts' root users.
var OrganizationsFeaturesAnswer = ofAccount(
	Descriptor{Section: OrganizationsFeaturesSection, Actions: []string{"iam:ListOrganizationsFeatures"}},
	func(s *Snapshot) **Answer[OrganizationsFeatures] { return &s.OrganizationsFeatures },
	func(v *validator, where string, f OrganizationsFeatures) { list(v, where+".enabled", f.Enabled) })

// SecurityContactAnswer, BillingContactAnswer and OperationsContactAnswer describe the alternate contacts, each nil
// where none is registered.
var (
	SecurityContactAnswer = ofContact(SecurityContactSection,
		func(s *Snapshot) **Answer[*AlternateContact] { return &s.SecurityContact })
	BillingContactAnswer = ofContact(BillingContactSection,
		func(s *Snapshot) **Answer[*AlternateContact] { return &s.BillingContact })
	OperationsContactAnswer = ofContact(OperationsContactSection,
		func(s *Snapshot) **Answer[*AlternateContact] { return &s.OperationsContact })

	// Contacts has them by AWS's names of their types.
	Contacts = map[string]Described[Snapshot, *AlternateContact]{
		"SECURITY": SecurityContactAnswer, "BILLING": BillingContactAnswer, "OPERATIONS": OperationsContactAnswer,
	}
)

func ofContact(section Section, in func(*Snapshot) **Answer[*AlternateContact]) Described[Snapshot, *AlternateContact] {
	return ofAccount(Descriptor{Section: section, Actions: []string{"account:GetAlternateContact"}}, in,
		func(v *validator, where string, c *AlternateContact) {
			v.check(c == nil || *c != AlternateContact{}, where, "got a contact without name, e-mail and phone")
		})
}

// AccessAnalyzersAnswer describes the account's regions and the access analyzers of each of them that is in use.
var AccessAnalyzersAnswer = ofRegions(ofAccount(
	Descriptor{
		Section: AccessAnalyzersSection, Scope: PerRegion, Parts: true,
		Actions: []string{"account:ListRegions", "access-analyzer:ListAnalyzers"},
	},
	func(s *Snapshot) **Answer[AccessAnalyzers] { return &s.AccessAnalyzers },
	func(v *validator, where string, a AccessAnalyzers) {
		each(func(v *validator, where string, r RegionState) {
			v.check(r.Name != "" && r.State != "", where, "got a region without name or state")
		})(v, where+".regions", a.Regions)
		v.check(a.ByRegion != nil, where+".by_region", "got null or nothing, want an object")
		for _, region := range slices.Sorted(maps.Keys(a.ByRegion)) {
			w := where + ".by_region." + region
			r := a.ByRegion[region]
			v.check(r != nil, w, "got null, want an answer")
			if answered(v, w, r, false) {
				each(analyzer)(v, w+".value", r.Value)
			}
		}
	}))

// ofRegions has the answers of the regions sifted one by one.
func ofRegions(d Described[Snapshot, AccessAnalyzers]) Described[Snapshot, AccessAnalyzers] {
	siftList, inRegion := d.sift, &Descriptor{Section: d.Section, Actions: d.Actions[1:]}
	d.sift = func(f *sifter, s *Snapshot, u *UserAnswers, resource string) {
		siftList(f, s, u, resource)
		if s.AccessAnalyzers != nil {
			part := *s.AccessAnalyzers
			part.Value.ByRegion = siftEach(f, inRegion, part.Value.ByRegion, func(region string) string { return region })
			s.AccessAnalyzers = &part
		}
	}
	return d
}

func analyzer(v *validator, where string, a Analyzer) {
	v.arn(where+".arn", a.ARN)
	v.check(a.Type != "" && a.Status != "", where, "got an analyzer without type or status")
	list(v, where+".tags", a.Tags)
}

// The facts that these sections tell by themselves. A list is known when it is complete.
const (
	ServiceCredentialList Fact = "service-specific-credential-list"
	ServerCertificateList Fact = "server-certificate-list"
	OrganizationFeatures  Fact = "organizations-features"
	ContactForSecurity    Fact = "security-contact"
	ContactForBilling     Fact = "billing-contact"
	ContactForOperations  Fact = "operations-contact"
	RegionList            Fact = "region-list"

	// RegionAnalyzers is a fact about one enabled region: its access analyzers.
	RegionAnalyzers Fact = "access-analyzers"
)

var otherFacts = map[Fact]telling{
	ServiceCredentialList: {bulk: []Section{ServiceCredentialsSection}, account: func(a *Account) State { return &a.ServiceCredentialCount }},
	ServerCertificateList: {bulk: []Section{ServerCertificatesSection}, account: func(a *Account) State { return &a.ServerCertificateCount }},
	OrganizationFeatures:  {bulk: []Section{OrganizationsFeaturesSection}, account: func(a *Account) State { return &a.OrganizationsFeatures }},
	ContactForSecurity:    {bulk: []Section{SecurityContactSection}, account: func(a *Account) State { return &a.SecurityContact }},
	ContactForBilling:     {bulk: []Section{BillingContactSection}, account: func(a *Account) State { return &a.BillingContact }},
	ContactForOperations:  {bulk: []Section{OperationsContactSection}, account: func(a *Account) State { return &a.OperationsContact }},
	RegionList:            {bulk: []Section{AccessAnalyzersSection}, account: func(a *Account) State { return &a.RegionCount }},
	RegionAnalyzers:       {bulk: []Section{AccessAnalyzersSection}},
}

// ServiceCredential is one entry of iam:ListServiceSpecificCredentials: a password for CodeCommit or Keyspaces, or a
// long-term API key (Bedrock, CloudWatch, …). Status is "Active", "Inactive" or "Expired". AWS keeps no record of its
// use.
type ServiceCredential struct {
	ID      string     `json:"id"`      // "ACCA…"
	User    string     `json:"user"`    // the user's name
	Service string     `json:"service"` // "codecommit.amazonaws.com"
	Status  string     `json:"status"`
	Created time.Time  `json:"created"`
	Expires *time.Time `json:"expires,omitempty" holds:"any"` // absent: it never expires
	// Name is the ServiceUserName of a password, or the ServiceCredentialAlias of an API key.
	Name string `json:"name,omitempty"`
	// APIKey is what [IsAPIKey] says of it.
	APIKey bool `json:"api_key,omitempty"`
}

// IsAPIKey tells an API key from a password, which has a user name; AWS lists the former by an alias, and some services
// by nothing at all. The credentials of CodeCommit and Keyspaces are passwords, whatever else AWS lists of them.
func IsAPIKey(service, userName string) bool {
	return keyServices[service] || userName == "" && service != "codecommit.amazonaws.com" && service != "cassandra.amazonaws.com"
}

// keyServices are the services whose credentials have been seen to be API keys, not passwords.
var keyServices = map[string]bool{
	"bedrock.amazonaws.com": true, "logs.amazonaws.com": true, "cloudwatch.amazonaws.com": true, "aws-external-anthropic.amazonaws.com": true,
}

// ServerCertificate is one entry of iam:ListServerCertificates.
type ServerCertificate struct {
	Name     string    `json:"name"`
	ID       string    `json:"id"` // "ASCA…"
	ARN      string    `json:"arn"`
	Path     string    `json:"path"`
	Uploaded time.Time `json:"uploaded"`
	Expires  time.Time `json:"expires" holds:"any"`
}

// OrganizationsFeatures is what iam:ListOrganizationsFeatures says. AWS answers the management account and the
// delegated administrator alone; to others it says which they are by the code of an error, which is kept in Refusal and
// is an answer too.
type OrganizationsFeatures struct {
	OrganizationID string   `json:"organization_id,omitempty"`
	Enabled        []string `json:"enabled"`           // "RootCredentialsManagement", "RootSessions"
	Refusal        string   `json:"refusal,omitempty"` // one of the Refused codes
}

// The refusals of iam:ListOrganizationsFeatures that say something of the account.
const (
	RefusedNotManagement  = "AccountNotManagementOrDelegatedAdministratorException"
	RefusedNoOrganization = "OrganizationNotFoundException"
	RefusedNotAllFeatures = "OrganizationNotInAllFeaturesModeException"
	RefusedServiceAccess  = "ServiceAccessNotEnabledException"
)

// Refusals lists them.
func Refusals() []string {
	return []string{RefusedNotManagement, RefusedNoOrganization, RefusedNotAllFeatures, RefusedServiceAccess}
}

// RootCredentialsManagement is the feature by which an organization manages its accounts' root users centrally.
const RootCredentialsManagement = "RootCredentialsManagement"

// AlternateContact is the answer of account:GetAlternateContact.
type AlternateContact struct {
	Name  string `json:"name" holds:"any"`
	Title string `json:"title" holds:"any"`
	Email string `json:"email" holds:"any"`
	Phone string `json:"phone" holds:"any"`
}

// AccessAnalyzers are the account's regions (account:ListRegions) and the analyzers of each enabled one
// (access-analyzer:ListAnalyzers). A region that was refused is missing from ByRegion and has a gap.
type AccessAnalyzers struct {
	Regions  []RegionState                  `json:"regions"`
	ByRegion map[string]*Answer[[]Analyzer] `json:"by_region"`
}

// RegionState is a region and whether the account may use it: "ENABLED", "ENABLED_BY_DEFAULT", "ENABLING", "DISABLING"
// or "DISABLED".
type RegionState struct {
	Name  string `json:"name"`
	State string `json:"state"`
}

// Enabled reports whether the account uses the region, be it for as long as it takes to disable it.
func (r RegionState) Enabled() bool {
	return r.State == "ENABLED" || r.State == "ENABLED_BY_DEFAULT" || r.State == "DISABLING"
}

// Disabled reports whether the account doesn't use the region. One that is being enabled is neither.
func (r RegionState) Disabled() bool { return r.State == "DISABLED" }

// Analyzer is one entry of access-analyzer:ListAnalyzers. Type is "ACCOUNT" or "ORGANIZATION" for one of external
// access; Status is "ACTIVE", "CREATING", "DISABLED" or "FAILED".
type Analyzer struct {
	Name    string    `json:"name"`
	ARN     string    `json:"arn"`
	Type    string    `json:"type"`
	Status  string    `json:"status"`
	Created time.Time `json:"created"`
	Tags    []Tag     `json:"tags"`
}

// External reports whether the analyzer looks for access from outside the account or the organization.
func (a Analyzer) External() bool { return a.Type == "ACCOUNT" || a.Type == "ORGANIZATION" }

// These are the entries of lists, as [Entry] has them.

func (c ServiceCredential) Named() (key, label string) {
	return c.ID, "the service-specific credential " + c.ID
}

func (c ServerCertificate) Named() (key, label string) {
	return c.ARN, "the server certificate " + c.Name
}

func (r RegionState) Named() (key, label string) { return r.Name, "the region " + r.Name }

func (a Analyzer) Named() (key, label string) { return a.ARN, "the access analyzer " + a.ARN }
