package account

import "time"

// The sections about users, groups, roles and policies, and about what they sign in with.
const (
	AuthorizationDetailsSection Section = "authorization-details"
	UsersSection                Section = "users"
	VirtualMFADevicesSection    Section = "virtual-mfa-devices"
	SAMLProvidersSection        Section = "saml-providers"
	OIDCProvidersSection        Section = "oidc-providers"
)

var identitySections = []*Descriptor{
	AuthorizationDetailsAnswer.Descriptor, UsersAnswer.Descriptor, VirtualMFADevicesAnswer.Descriptor, SAMLProvidersAnswer.Descriptor,
	OIDCProvidersAnswer.Descriptor,
}

// AuthorizationDetailsAnswer describes users, groups, roles and the managed policies in use, which come on the same
// pages.
var AuthorizationDetailsAnswer = ofAccount(
	Descriptor{Section: AuthorizationDetailsSection, Actions: []string{"iam:GetAccountAuthorizationDetails"}, Parts: true},
	func(s *Snapshot) **Answer[AuthorizationDetails] { return &s.AuthorizationDetails },
	(*validator).details)

// UsersAnswer describes the list of users.
var UsersAnswer = ofAccount(
	Descriptor{Section: UsersSection, Actions: []string{"iam:ListUsers"}, Parts: true},
	func(s *Snapshot) **Answer[[]ListedUser] { return &s.Users },
	each(func(v *validator, where string, u ListedUser) {
		v.entity(where, "user", u.Path, u.Name, u.ARN, u.Created)
	}))

// VirtualMFADevicesAnswer describes the virtual MFA devices, assigned or not.
var VirtualMFADevicesAnswer = ofAccount(
	Descriptor{Section: VirtualMFADevicesSection, Actions: []string{"iam:ListVirtualMFADevices"}, Parts: true},
	func(s *Snapshot) **Answer[[]VirtualMFADevice] { return &s.VirtualMFADevices },
	func(v *validator, where string, devices []VirtualMFADevice) {
		seen := map[string]bool{}
		each(func(v *validator, where string, d VirtualMFADevice) {
			v.serial(where, d.Serial)
			v.check(!seen[d.Serial], where+".serial", "got %q, want one that no other device has", d.Serial)
			v.check(d.Owner == nil || d.Owner.ARN != "" || d.Owner.ID != "", where+".owner", "got neither ARN nor ID")
			seen[d.Serial] = true
		})(v, where, devices)
	})

// SAMLProvidersAnswer describes the SAML identity providers.
var SAMLProvidersAnswer = ofAccount(
	Descriptor{Section: SAMLProvidersSection, Actions: []string{"iam:ListSAMLProviders"}, Parts: true},
	func(s *Snapshot) **Answer[[]Provider] { return &s.SAMLProviders },
	each(provider))

// OIDCProvidersAnswer describes the OIDC identity providers.
var OIDCProvidersAnswer = ofAccount(
	Descriptor{Section: OIDCProvidersSection, Actions: []string{"iam:ListOpenIDConnectProviders"}, Parts: true},
	func(s *Snapshot) **Answer[[]Provider] { return &s.OIDCProviders },
	each(provider))

func provider(v *validator, where string, p Provider) { v.arn(where+".arn", p.ARN) }

// The facts that these sections tell by themselves. A list is known when it is complete.
const (
	UserList             Fact = "user-list"
	GroupList            Fact = "group-list"
	RoleList             Fact = "role-list"
	PolicyList           Fact = "policy-list"
	VirtualMFADeviceList Fact = "virtual-mfa-device-list"
	SAMLProviderList     Fact = "saml-provider-list"
	OIDCProviderList     Fact = "oidc-provider-list"
)

var identityFacts = map[Fact]telling{
	UserList:             {bulk: fromDetails, fallback: []Section{UsersSection}, account: func(a *Account) State { return &a.UserCount }},
	GroupList:            {bulk: fromDetails, account: func(a *Account) State { return &a.GroupCount }},
	RoleList:             {bulk: fromDetails, account: func(a *Account) State { return &a.RoleCount }},
	PolicyList:           {bulk: fromDetails, account: func(a *Account) State { return &a.PolicyCount }},
	VirtualMFADeviceList: {bulk: fromDevices, account: func(a *Account) State { return &a.VirtualMFADeviceCount }},
	SAMLProviderList:     {bulk: []Section{SAMLProvidersSection}, account: func(a *Account) State { return &a.SAMLProviderCount }},
	OIDCProviderList:     {bulk: []Section{OIDCProvidersSection}, account: func(a *Account) State { return &a.OIDCProviderCount }},
}

// AuthorizationDetails is the answer of iam:GetAccountAuthorizationDetails, all pages together. Policy documents are
// decoded JSON text.
type AuthorizationDetails struct {
	Users    []UserDetail   `json:"users"`
	Groups   []GroupDetail  `json:"groups"`
	Roles    []RoleDetail   `json:"roles"`
	Policies []PolicyDetail `json:"policies"`
}

// UserDetail is one user of the authorization details.
type UserDetail struct {
	Name                string           `json:"name"`
	ID                  string           `json:"id"`
	ARN                 string           `json:"arn"`
	Path                string           `json:"path"`
	Created             time.Time        `json:"created"`
	Groups              []string         `json:"groups"`
	InlinePolicies      []InlinePolicy   `json:"inline_policies"`
	AttachedPolicies    []AttachedPolicy `json:"attached_policies"`
	PermissionsBoundary string           `json:"permissions_boundary,omitempty"` // the policy's ARN
	Tags                []Tag            `json:"tags"`
}

// GroupDetail is one group of the authorization details.
type GroupDetail struct {
	Name             string           `json:"name"`
	ID               string           `json:"id"`
	ARN              string           `json:"arn"`
	Path             string           `json:"path"`
	Created          time.Time        `json:"created"`
	InlinePolicies   []InlinePolicy   `json:"inline_policies"`
	AttachedPolicies []AttachedPolicy `json:"attached_policies"`
}

// RoleDetail is one role of the authorization details. LastUsed covers the last 400 days.
type RoleDetail struct {
	Name                string            `json:"name"`
	ID                  string            `json:"id"`
	ARN                 string            `json:"arn"`
	Path                string            `json:"path"`
	Created             time.Time         `json:"created"`
	TrustPolicy         string            `json:"trust_policy" holds:"any"`
	InlinePolicies      []InlinePolicy    `json:"inline_policies"`
	AttachedPolicies    []AttachedPolicy  `json:"attached_policies"`
	PermissionsBoundary string            `json:"permissions_boundary,omitempty"`
	Tags                []Tag             `json:"tags"`
	LastUsed            *time.Time        `json:"last_used,omitempty"`
	LastUsedRegion      string            `json:"last_used_region,omitempty"`
	InstanceProfiles    []InstanceProfile `json:"instance_profiles"`
}

// InstanceProfile is an instance profile that carries a role.
type InstanceProfile struct {
	Name    string    `json:"name"`
	ID      string    `json:"id"`
	ARN     string    `json:"arn"`
	Path    string    `json:"path"`
	Created time.Time `json:"created"`
}

// PolicyDetail is one managed policy: the customer's own, and AWS's where they are in use.
type PolicyDetail struct {
	Name             string          `json:"name"`
	ID               string          `json:"id"`
	ARN              string          `json:"arn"`
	Path             string          `json:"path"`
	Created          time.Time       `json:"created"`
	Updated          time.Time       `json:"updated"`
	DefaultVersion   string          `json:"default_version"`
	AttachmentCount  int32           `json:"attachment_count"`
	BoundaryUseCount int32           `json:"boundary_use_count"`
	Versions         []PolicyVersion `json:"versions"`
}

// PolicyVersion is one version of a managed policy.
type PolicyVersion struct {
	ID       string    `json:"id"`
	Created  time.Time `json:"created"`
	Default  bool      `json:"default"`
	Document string    `json:"document" holds:"any"`
}

// InlinePolicy is a policy that is part of a user, group or role.
type InlinePolicy struct {
	Name     string `json:"name"`
	Document string `json:"document" holds:"any"`
}

// AttachedPolicy is a managed policy attached to a user, group or role.
type AttachedPolicy struct {
	Name string `json:"name"`
	ARN  string `json:"arn"`
}

// Tag is a tag of a user, role or provider.
type Tag struct {
	Key   string `json:"key" holds:"any"`
	Value string `json:"value" holds:"any"`
}

// ListedUser is one user of iam:ListUsers, the only bulk answer with a live PasswordLastUsed.
type ListedUser struct {
	Name             string     `json:"name"`
	ID               string     `json:"id"`
	ARN              string     `json:"arn"`
	Path             string     `json:"path"`
	Created          time.Time  `json:"created"`
	PasswordLastUsed *time.Time `json:"password_last_used,omitempty"`
}

// VirtualMFADevice is one entry of iam:ListVirtualMFADevices. Owner is nil when it is assigned to nobody.
type VirtualMFADevice struct {
	Serial       string     `json:"serial"`
	EnabledSince *time.Time `json:"enabled_since,omitempty"`
	Owner        *MFAOwner  `json:"owner,omitempty"`
}

// Assigned reports whether the device belongs to somebody, if only by the date on which it was enabled.
func (d VirtualMFADevice) Assigned() bool { return d.Owner != nil || d.EnabledSince != nil }

// MFAOwner is who a virtual MFA device belongs to. For root AWS sends no name: its ARN ends in ":root".
type MFAOwner struct {
	Name             string     `json:"name,omitempty"`
	ID               string     `json:"id"`
	ARN              string     `json:"arn"`
	Path             string     `json:"path,omitempty"`
	Created          *time.Time `json:"created,omitempty"`
	PasswordLastUsed *time.Time `json:"password_last_used,omitempty"`
}

// Provider is a SAML or OIDC identity provider. Created and ValidUntil are zero where AWS doesn't list them.
type Provider struct {
	ARN        string     `json:"arn"`
	Created    *time.Time `json:"created,omitempty"`
	ValidUntil *time.Time `json:"valid_until,omitempty" holds:"any"`
}

// These are the entries of lists, as [Entry] has them.

func (u UserDetail) Named() (key, label string) { return u.ARN, "the user " + u.Name }

func (g GroupDetail) Named() (key, label string) { return g.ARN, "the group " + g.Name }

func (r RoleDetail) Named() (key, label string) { return r.ARN, "the role " + r.Name }

func (p PolicyDetail) Named() (key, label string) { return p.ARN, "the policy " + p.Name }

func (u ListedUser) Named() (key, label string) { return u.Name, "the user " + u.Name }

func (d VirtualMFADevice) Named() (key, label string) { return d.Serial, "the MFA device " + d.Serial }

func (p Provider) Named() (key, label string) { return p.ARN, "the provider " + p.ARN }
