package account

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// SnapshotSchema identifies the JSON form of a Snapshot. Added keys are no new version.
const SnapshotSchema = "sekisho/snapshot/v1"

// OriginFiles is the origin of a snapshot that was made of saved answers of the aws command. They may not tell who asked: its caller
// may have no ARN.
const OriginFiles = "files"

// Snapshot is what AWS said about one account, and when. An answer that is nil was not read: never asked for, refused,
// or cut out of an older file, which is all the same to whoever judges it. No secret is ever in it.
type Snapshot struct {
	Schema string `json:"schema"`
	// Origin is "demo" for the embedded demo account, OriginFiles for answers that were saved by hand, and empty for what was read from AWS.
	Origin string `json:"origin,omitempty"`
	// TakenAt is the "now" of every verdict: fixed once, before the first call. UTC, whole seconds.
	TakenAt time.Time `json:"taken_at"`
	Caller  Caller    `json:"caller"`
	// Fresh is set where every user was to be read live, so that nobody passes on the credential report.
	Fresh bool `json:"fresh,omitempty"`

	AccountSummary       *Answer[Summary]              `json:"account_summary,omitempty"`
	AccountAliases       *Answer[[]string]             `json:"account_aliases,omitempty"`
	PasswordPolicy       *Answer[*PasswordPolicy]      `json:"password_policy,omitempty"` // a null value: none is set
	CredentialReport     *Answer[CredentialReport]     `json:"credential_report,omitempty"`
	AuthorizationDetails *Answer[AuthorizationDetails] `json:"authorization_details,omitempty"`
	Users                *Answer[[]ListedUser]         `json:"users,omitempty"`
	VirtualMFADevices    *Answer[[]VirtualMFADevice]   `json:"virtual_mfa_devices,omitempty"`
	SAMLProviders        *Answer[[]Provider]           `json:"saml_providers,omitempty"`
	OIDCProviders        *Answer[[]Provider]           `json:"oidc_providers,omitempty"`

	ServiceCredentials    *Answer[[]ServiceCredential]   `json:"service_specific_credentials,omitempty"`
	ServerCertificates    *Answer[[]ServerCertificate]   `json:"server_certificates,omitempty"`
	OrganizationsFeatures *Answer[OrganizationsFeatures] `json:"organizations_features,omitempty"`
	SecurityContact       *Answer[*AlternateContact]     `json:"security_contact,omitempty"` // a null value: none is registered
	BillingContact        *Answer[*AlternateContact]     `json:"billing_contact,omitempty"`
	OperationsContact     *Answer[*AlternateContact]     `json:"operations_contact,omitempty"`
	AccessAnalyzers       *Answer[AccessAnalyzers]       `json:"access_analyzers,omitempty"` // complete when the list of regions is

	// PerUser holds the answers of calls made for one user, by user name.
	PerUser map[string]*UserAnswers `json:"per_user,omitempty"`

	// Gaps are the calls that failed, in a stable order.
	Gaps []Gap `json:"gaps"`
	// Declined are the per-user calls that were wanted and, for a limit of the configuration, not made.
	Declined []Decline `json:"declined,omitempty"`
	Calls    Calls     `json:"calls"`
}

// Caller is the answer of sts:GetCallerIdentity. The partition ("aws", "aws-cn", …) comes from the ARN.
type Caller struct {
	AccountID string    `json:"account_id"`
	Partition string    `json:"partition"`
	ARN       string    `json:"arn"`
	UserID    string    `json:"user_id"`
	At        time.Time `json:"at"`
}

// Answer is what one kind of call said. Value is complete only when Complete is true: a list whose page 7 failed
// holds pages 1 to 6.
type Answer[T any] struct {
	Action   string    `json:"action"` // "iam:ListUsers"
	Began    time.Time `json:"began"`
	Ended    time.Time `json:"ended"`
	Complete bool      `json:"complete"`
	Value    T         `json:"value"`
}

// UnmarshalJSON refuses an answer that lacks one of its keys: an answer without its value, or without the word
// that it is whole, must not be taken for an empty one.
func (a *Answer[T]) UnmarshalJSON(data []byte) error {
	var raw struct {
		Action   *string          `json:"action"`
		Began    *time.Time       `json:"began"`
		Ended    *time.Time       `json:"ended"`
		Complete *bool            `json:"complete"`
		Value    *json.RawMessage `json:"value"`
	}
	// A *RawMessage can't tell a missing key from null, which is a value here; a map can.
	var keys map[string]json.RawMessage
	if err := json.Unmarshal(data, &keys); err != nil {
		return err
	}
	if err := json.Unmarshal(data, &raw); err != nil {
		return err
	}
	value, ok := keys["value"]
	if !ok || raw.Action == nil || raw.Began == nil || raw.Ended == nil || raw.Complete == nil {
		return errors.New("got an answer without all of action, began, ended, complete and value")
	}
	if err := json.Unmarshal(value, &a.Value); err != nil {
		return fmt.Errorf("reading the answer of %s: %w", *raw.Action, err)
	}
	a.Action, a.Began, a.Ended, a.Complete = *raw.Action, *raw.Began, *raw.Ended, *raw.Complete
	return nil
}

// Gap is a call that failed: what it was for, and what AWS said. Resource is the user's name where the section is read
// user by user, and the region's where it is read region by region; empty where the whole section failed.
type Gap struct {
	Section  Section `json:"section"`
	Resource string  `json:"resource"`
	Action   string  `json:"action"`
	Code     string  `json:"code"`
	Message  string  `json:"message"`
}

// Decline is a set of per-user calls that were wanted and not made.
type Decline struct {
	Section Section  `json:"section"`
	Users   []string `json:"users"`
	Reason  string   `json:"reason"`
}

// Calls is the bill: how often AWS was asked. SignIn counts the calls that establish who is asking apart from the reads.
type Calls struct {
	Total     int            `json:"total"`
	Throttled int            `json:"throttled"`
	Retried   int            `json:"retried"`
	ByAction  map[string]int `json:"by_action"`
	SignIn    map[string]int `json:"sign_in"`
}

// Summary holds the numbers of iam:GetAccountSummary by AWS's keys. A key that isn't there is not known, never 0.
type Summary map[string]int32

// UnmarshalJSON refuses a null: it is no number, and must not become 0.
func (s *Summary) UnmarshalJSON(data []byte) error {
	var numbers map[string]*int32
	if err := json.Unmarshal(data, &numbers); err != nil || numbers == nil {
		return err
	}
	*s = make(Summary, len(numbers))
	for key, n := range numbers {
		if n == nil {
			return fmt.Errorf("got null for %s, want a number", key)
		}
		(*s)[key] = *n
	}
	return nil
}

// PasswordPolicy is the account's own password policy (iam:GetAccountPasswordPolicy).
type PasswordPolicy struct {
	MinimumPasswordLength      int32 `json:"minimum_password_length"`
	RequireUppercase           bool  `json:"require_uppercase"`
	RequireLowercase           bool  `json:"require_lowercase"`
	RequireSymbols             bool  `json:"require_symbols"`
	RequireNumbers             bool  `json:"require_numbers"`
	AllowUsersToChangePassword bool  `json:"allow_users_to_change_password"`
	ExpirePasswords            bool  `json:"expire_passwords"`
	MaxPasswordAgeDays         int32 `json:"max_password_age_days"`     // 0: passwords don't expire
	PasswordReusePrevention    int32 `json:"password_reuse_prevention"` // 0: unset
	HardExpiry                 bool  `json:"hard_expiry"`
}

// CredentialReport is the report as AWS sent it: CSV text, and when AWS made it. AWS serves the same bytes for four
// hours, so it may be that much older than the snapshot.
type CredentialReport struct {
	GeneratedAt time.Time `json:"generated_at"`
	Content     string    `json:"content"`
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
	TrustPolicy         string            `json:"trust_policy"`
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
	Document string    `json:"document"`
}

// InlinePolicy is a policy that is part of a user, group or role.
type InlinePolicy struct {
	Name     string `json:"name"`
	Document string `json:"document"`
}

// AttachedPolicy is a managed policy attached to a user, group or role.
type AttachedPolicy struct {
	Name string `json:"name"`
	ARN  string `json:"arn"`
}

// Tag is a tag of a user, role or provider.
type Tag struct {
	Key   string `json:"key"`
	Value string `json:"value"`
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
	ValidUntil *time.Time `json:"valid_until,omitempty"`
}

// ServiceCredential is one entry of iam:ListServiceSpecificCredentials: a password for CodeCommit or Keyspaces, or a long-term API key
// (Bedrock, CloudWatch, …). Status is "Active", "Inactive" or "Expired". AWS keeps no record of its use.
type ServiceCredential struct {
	ID      string     `json:"id"`      // "ACCA…"
	User    string     `json:"user"`    // the user's name
	Service string     `json:"service"` // "codecommit.amazonaws.com"
	Status  string     `json:"status"`
	Created time.Time  `json:"created"`
	Expires *time.Time `json:"expires,omitempty"` // absent: it never expires
	// Name is the ServiceUserName of a password, or the ServiceCredentialAlias of an API key.
	Name string `json:"name,omitempty"`
	// APIKey is what [IsAPIKey] says of it.
	APIKey bool `json:"api_key,omitempty"`
}

// IsAPIKey tells an API key from a password, which has a user name; AWS lists the former by an alias, and some services by nothing at all. The
// credentials of CodeCommit and Keyspaces are passwords, whatever else AWS lists of them.
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
	Expires  time.Time `json:"expires"`
}

// OrganizationsFeatures is what iam:ListOrganizationsFeatures says. AWS answers the management account and the delegated administrator
// alone; to others it says which they are by the code of an error, which is kept in Refusal and is an answer too.
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
	Name  string `json:"name"`
	Title string `json:"title"`
	Email string `json:"email"`
	Phone string `json:"phone"`
}

// AccessAnalyzers are the account's regions (account:ListRegions) and the analyzers of each enabled one (access-analyzer:ListAnalyzers).
// A region that was refused is missing from ByRegion and has a gap.
type AccessAnalyzers struct {
	Regions  []RegionState                  `json:"regions"`
	ByRegion map[string]*Answer[[]Analyzer] `json:"by_region"`
}

// RegionState is a region and whether the account may use it: "ENABLED", "ENABLED_BY_DEFAULT", "ENABLING", "DISABLING" or "DISABLED".
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

// Analyzer is one entry of access-analyzer:ListAnalyzers. Type is "ACCOUNT" or "ORGANIZATION" for one of external access; Status is
// "ACTIVE", "CREATING", "DISABLED" or "FAILED".
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

// UnmarshalJSON refuses a profile without its keys: what isn't said must not become false.
func (p *LoginProfile) UnmarshalJSON(data []byte) error {
	type plain LoginProfile
	if err := wanted(data, "created", "password_reset_required"); err != nil {
		return err
	}
	return json.Unmarshal(data, (*plain)(p))
}

// UnmarshalJSON refuses a policy without its keys.
func (p *PasswordPolicy) UnmarshalJSON(data []byte) error {
	type plain PasswordPolicy
	if err := wanted(data, "minimum_password_length", "require_uppercase", "require_lowercase", "require_symbols", "require_numbers",
		"allow_users_to_change_password", "expire_passwords", "max_password_age_days", "password_reuse_prevention", "hard_expiry"); err != nil {
		return err
	}
	return json.Unmarshal(data, (*plain)(p))
}

// wanted refuses an object in which one of these keys is missing or null.
func wanted(data []byte, keys ...string) error {
	var object map[string]json.RawMessage
	if err := json.Unmarshal(data, &object); err != nil {
		return err
	}
	for _, key := range keys {
		if value, ok := object[key]; !ok || string(value) == "null" {
			return fmt.Errorf("got nothing or null for %s", key)
		}
	}
	return nil
}

// UserAnswers are the live answers about one user. An answer that is nil was not read. ID is the user's unique ID at the
// time of asking, so that a recreated namesake does not inherit them.
type UserAnswers struct {
	ID string `json:"id,omitempty"`
	// Gone is set when AWS said NoSuchEntity to a per-user list: the user was deleted meanwhile.
	Gone              *Answer[bool]                   `json:"gone,omitempty"`
	User              *Answer[ListedUser]             `json:"user,omitempty"`
	LoginProfile      *Answer[*LoginProfile]          `json:"login_profile,omitempty"` // a null value: no password
	MFADevices        *Answer[[]ListedMFADevice]      `json:"mfa_devices,omitempty"`
	AccessKeys        *Answer[[]ListedAccessKey]      `json:"access_keys,omitempty"`
	AccessKeyLastUsed map[string]*Answer[KeyLastUsed] `json:"access_key_last_used,omitempty"` // by access key ID

	SSHPublicKeys       *Answer[[]SSHPublicKey]      `json:"ssh_public_keys,omitempty"`
	SigningCertificates *Answer[[]ListedCertificate] `json:"signing_certificates,omitempty"`
}

// LoginProfile is a user's console password as iam:GetLoginProfile tells of it.
type LoginProfile struct {
	Created               time.Time `json:"created"`
	PasswordResetRequired bool      `json:"password_reset_required"`
}

// ListedMFADevice is one entry of iam:ListMFADevices: a device of any kind.
type ListedMFADevice struct {
	Serial       string    `json:"serial"`
	EnabledSince time.Time `json:"enabled_since"`
}

// ListedAccessKey is one entry of iam:ListAccessKeys. Status is "Active" or "Inactive".
type ListedAccessKey struct {
	ID      string    `json:"id"`
	Status  string    `json:"status"`
	Created time.Time `json:"created"`
}

// KeyLastUsed is the answer of iam:GetAccessKeyLastUsed. At is nil when the key was never used (since 2015-04-22).
type KeyLastUsed struct {
	At      *time.Time `json:"at,omitempty"`
	Service string     `json:"service"` // "N/A" when never used
	Region  string     `json:"region"`
}

// SSHPublicKey is one entry of iam:ListSSHPublicKeys. Status is "Active" or "Inactive".
type SSHPublicKey struct {
	ID       string    `json:"id"` // "APKA…"
	Status   string    `json:"status"`
	Uploaded time.Time `json:"uploaded"`
}

// ListedCertificate is one entry of iam:ListSigningCertificates. Status is "Active" or "Inactive"; Body is the certificate in PEM, whose
// dates it tells.
type ListedCertificate struct {
	ID       string    `json:"id"`
	Status   string    `json:"status"`
	Uploaded time.Time `json:"uploaded"`
	Body     string    `json:"body"`
}
