package account

import (
	"slices"
	"strings"
)

// Fact names something about an account, or about one resource in it, that a verdict can hang on. Rules ask for facts;
// which calls can tell one is known here alone.
type Fact string

// Facts about the account as a whole. A list is known when it is complete.
const (
	UserList             Fact = "user-list"
	GroupList            Fact = "group-list"
	RoleList             Fact = "role-list"
	PolicyList           Fact = "policy-list"
	VirtualMFADeviceList Fact = "virtual-mfa-device-list"
	SAMLProviderList     Fact = "saml-provider-list"
	OIDCProviderList     Fact = "oidc-provider-list"
	Alias                Fact = "alias"
	AccountPassword      Fact = "password-policy"
	MFADevicesInUse      Fact = "mfa-devices-in-use"

	ServiceCredentialList Fact = "service-specific-credential-list"
	ServerCertificateList Fact = "server-certificate-list"
	OrganizationFeatures  Fact = "organizations-features"
	ContactForSecurity    Fact = "security-contact"
	ContactForBilling     Fact = "billing-contact"
	ContactForOperations  Fact = "operations-contact"
	RegionList            Fact = "region-list"
)

// RegionAnalyzers is a fact about one enabled region: its access analyzers.
const RegionAnalyzers Fact = "access-analyzers"

// Facts about the root user.
const (
	RootPassword            Fact = "root-password"
	RootMFA                 Fact = "root-mfa"
	RootVirtualMFA          Fact = "root-virtual-mfa"
	RootAccessKeys          Fact = "root-access-keys"
	RootLastUsed            Fact = "root-last-used"
	RootSigningCertificates Fact = "root-signing-certificates"
)

// Facts about one IAM user.
const (
	UserLive                  Fact = "user-live"     // what GetUser says of him: that he is there, and when his password was used
	UserPassword              Fact = "user-password" // whether there is a console password
	UserPasswordLastUsed      Fact = "user-password-last-used"
	UserPasswordLastChanged   Fact = "user-password-last-changed"
	UserPasswordResetRequired Fact = "user-password-reset-required"
	UserMFA                   Fact = "user-mfa"         // whether there is a device of any kind
	UserMFADevices            Fact = "user-mfa-devices" // every device, with its kind
	UserAccessKeys            Fact = "user-access-keys" // every key: active or not, and since when
	UserAccessKeyIDs          Fact = "user-access-key-ids"
	UserAccessKeysLastUsed    Fact = "user-access-keys-last-used"
	UserSigningCertificates   Fact = "user-signing-certificates"
	UserCertificateExpiry     Fact = "user-certificate-expiry" // each signing certificate's ID and end
	UserSSHKeys               Fact = "user-ssh-keys"
	UserGroups                Fact = "user-groups"
	UserPolicies              Fact = "user-policies" // inline, attached and boundary
	UserTags                  Fact = "user-tags"
)

// sources says which sections tell a fact. All of bulk are read for it; fallback is read when bulk could not tell; live
// is read for one user, when bulk could not tell of him.
type sources struct {
	bulk, fallback, live []Section
}

var factSources = map[Fact]sources{
	UserList:             {bulk: []Section{AuthorizationDetailsSection}, fallback: []Section{UsersSection}},
	GroupList:            {bulk: []Section{AuthorizationDetailsSection}},
	RoleList:             {bulk: []Section{AuthorizationDetailsSection}},
	PolicyList:           {bulk: []Section{AuthorizationDetailsSection}},
	VirtualMFADeviceList: {bulk: []Section{VirtualMFADevicesSection}},
	SAMLProviderList:     {bulk: []Section{SAMLProvidersSection}},
	OIDCProviderList:     {bulk: []Section{OIDCProvidersSection}},
	Alias:                {bulk: []Section{AccountAliasesSection}},
	AccountPassword:      {bulk: []Section{PasswordPolicySection}},
	MFADevicesInUse:      {bulk: []Section{AccountSummarySection}},

	ServiceCredentialList: {bulk: []Section{ServiceCredentialsSection}},
	ServerCertificateList: {bulk: []Section{ServerCertificatesSection}},
	OrganizationFeatures:  {bulk: []Section{OrganizationsFeaturesSection}},
	ContactForSecurity:    {bulk: []Section{SecurityContactSection}},
	ContactForBilling:     {bulk: []Section{BillingContactSection}},
	ContactForOperations:  {bulk: []Section{OperationsContactSection}},
	RegionList:            {bulk: []Section{AccessAnalyzersSection}},
	RegionAnalyzers:       {bulk: []Section{AccessAnalyzersSection}},

	RootPassword:            {bulk: []Section{AccountSummarySection}, fallback: []Section{CredentialReportSection}},
	RootMFA:                 {bulk: []Section{AccountSummarySection, VirtualMFADevicesSection}, fallback: []Section{CredentialReportSection}},
	RootVirtualMFA:          {bulk: []Section{VirtualMFADevicesSection}},
	RootAccessKeys:          {bulk: []Section{AccountSummarySection}, fallback: []Section{CredentialReportSection}},
	RootLastUsed:            {bulk: []Section{CredentialReportSection, VirtualMFADevicesSection}},
	RootSigningCertificates: {bulk: []Section{AccountSummarySection}, fallback: []Section{CredentialReportSection}},

	UserLive:                  {live: []Section{UserSection}},
	UserPassword:              {bulk: []Section{CredentialReportSection}, live: []Section{LoginProfileSection}},
	UserPasswordLastUsed:      {bulk: []Section{CredentialReportSection, UsersSection}},
	UserPasswordLastChanged:   {bulk: []Section{CredentialReportSection}, live: []Section{LoginProfileSection}},
	UserPasswordResetRequired: {live: []Section{LoginProfileSection}},
	UserMFA:                   {bulk: []Section{CredentialReportSection, VirtualMFADevicesSection, AccountSummarySection}, live: []Section{MFADevicesSection}},
	UserMFADevices:            {bulk: []Section{VirtualMFADevicesSection, AccountSummarySection}, live: []Section{MFADevicesSection}},
	UserAccessKeys:            {bulk: []Section{CredentialReportSection}, live: []Section{AccessKeysSection}},
	UserAccessKeyIDs:          {live: []Section{AccessKeysSection}},
	UserAccessKeysLastUsed:    {bulk: []Section{CredentialReportSection}, live: []Section{AccessKeysSection, AccessKeyLastUsedSection}},
	UserSigningCertificates:   {bulk: []Section{CredentialReportSection}, live: []Section{SigningCertificatesSection}},
	UserCertificateExpiry:     {live: []Section{SigningCertificatesSection}},
	UserSSHKeys:               {live: []Section{SSHPublicKeysSection}},
	UserGroups:                {bulk: []Section{AuthorizationDetailsSection}},
	UserPolicies:              {bulk: []Section{AuthorizationDetailsSection}},
	UserTags:                  {bulk: []Section{AuthorizationDetailsSection}},
}

// Noun names the fact to people.
func (f Fact) Noun() string {
	switch f {
	case UserAccessKeyIDs:
		return "the access key's ID"
	case UserCertificateExpiry:
		return "the signing certificate's ID"
	case RootLastUsed:
		return "when root's credentials were last used"
	}
	return strings.ReplaceAll(string(f), "-", " ")
}

// Known reports whether the fact is one of those that this package can tell.
func (f Fact) Known() bool {
	_, ok := factSources[f]
	return ok
}

// Sections returns the account-wide sections that are read for the fact.
func (f Fact) Sections() []Section { return factSources[f].bulk }

// WantedSections returns what may be read beyond Sections once those could not tell the fact: other account-wide sections, and those of
// single users.
func (f Fact) WantedSections() []Section {
	return slices.Concat(factSources[f].fallback, factSources[f].live)
}

// Want is an answer that a verdict, or a better message, hangs on and that nobody asked for yet: about one user, or about the
// account when User is empty. UserID is the user's unique ID where it is known. An uncapped want doesn't count towards the most users
// that a run looks at one by one.
type Want struct {
	Section  Section
	User     string
	UserID   string
	Uncapped bool
}

// Unasked returns the sections that could still tell a fact and that nobody asked for yet: account-wide ones for a fact of
// the account (user is nil), else those of the one user. A section that failed, or was declined, is not asked again.
func (a *Account) Unasked(f Fact, user *User) []Section {
	src := factSources[f]
	candidates := src.live
	if user == nil {
		candidates = slices.Concat(src.bulk, src.fallback)
	}
	var unasked []Section
	for _, section := range candidates {
		if !a.calls.asked(section, user) {
			unasked = append(unasked, section)
		}
	}
	return unasked
}

// Refused says why a user's section was not read though it was wanted: the call failed, or was declined.
func (a *Account) Refused(section Section, user string) (Missing, bool) {
	if gap, failed := a.calls.gap(section, user); failed {
		return Missing{Sections: []Section{section}, Gap: gap}, true
	}
	if reason, declined := a.calls.declined[call{section, user}]; declined {
		return Missing{Sections: []Section{section}, Reason: reason}, true
	}
	return Missing{}, false
}

// Asked reports whether a user's section was read, or tried, or declined.
func (a *Account) Asked(section Section, user *User) bool { return a.calls.asked(section, user) }

// callIndex answers what a snapshot was asked for and what failed, in constant time.
type callIndex struct {
	s        *Snapshot
	gaps     map[call]Gap
	declined map[call]string // the reasons
}

type call struct {
	section  Section
	resource string
}

func indexCalls(s *Snapshot) *callIndex {
	x := &callIndex{s: s, gaps: make(map[call]Gap, len(s.Gaps)), declined: map[call]string{}}
	for _, g := range s.Gaps {
		if _, first := x.gaps[call{g.Section, g.Resource}]; !first {
			x.gaps[call{g.Section, g.Resource}] = g
		}
	}
	for _, d := range s.Declined {
		for _, user := range d.Users {
			x.declined[call{d.Section, user}] = d.Reason
		}
	}
	return x
}

// gap returns the first failed call of a section: for one resource where the section is read per user.
func (x *callIndex) gap(section Section, resource string) (Gap, bool) {
	g, ok := x.gaps[call{section, resource}]
	return g, ok
}

// asked reports whether a section was read, or tried, or declined.
func (x *callIndex) asked(section Section, user *User) bool {
	name, id := "", ""
	if section.PerUser() {
		name, id = user.Name, user.ID
	}
	_, failed := x.gap(section, name)
	_, declined := x.declined[call{section, name}]
	return failed || declined || x.s.Answered(section, name, id)
}
