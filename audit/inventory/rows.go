package inventory

import (
	"sekisho/audit/account"
)

// User is one row of the list of users. Pointers and lists are nil where nothing is known; a list of which only some
// was seen is not nil, and its field is among Unknown.
type User struct {
	Name    string        `json:"name"`
	Path    string        `json:"path"`
	ARN     string        `json:"arn"`
	ID      *string       `json:"unique_id"`
	Created When          `json:"created"`
	Groups  []string      `json:"groups"`
	Tags    []account.Tag `json:"tags"`

	Password            Password             `json:"password"`
	MFA                 *bool                `json:"mfa"`
	MFADevices          []Device             `json:"mfa_devices"`
	AccessKeys          []AccessKey          `json:"access_keys"`
	SSHKeys             []SSHKey             `json:"ssh_keys"`
	ServiceCredentials  []ServiceCredential  `json:"service_credentials"`
	SigningCertificates []SigningCertificate `json:"signing_certificates"`

	// Admin is "yes", "possibly" (under conditions on which nothing is known) or "no".
	Admin       *string     `json:"admin"`
	MFAEnforced MFAEnforced `json:"mfa_enforced"`
	Unknown     []Unknown   `json:"unknown"`
}

// Password is a user's console password. LastUsed may tell of one that the user no longer has; LastChanged is never,
// and NextRotation is, where there is none.
type Password struct {
	Enabled     *bool `json:"enabled"`
	LastUsed    When  `json:"last_used"`
	LastChanged When  `json:"last_changed"`
	// OrLater is set where LastChanged is when there was a password first; it may have been changed since.
	OrLater      bool  `json:"last_changed_or_later,omitempty"`
	NextRotation When  `json:"next_rotation"`
	MustChange   *bool `json:"must_change"` // at the next sign-in
}

// Device is an MFA device.
type Device struct {
	Serial       string          `json:"serial"`
	Kind         account.MFAKind `json:"kind"`
	EnabledSince When            `json:"enabled_since"`
}

// AccessKey is an access key. Until its ID was read it goes by its place in the credential report. Status is "active"
// or "inactive". Service and Region, of the last use, are AWS's words: "N/A" where it has none.
type AccessKey struct {
	ID       *string `json:"id"`
	Slot     int     `json:"slot"`
	Status   string  `json:"status"`
	Created  When    `json:"created"`
	AgeDays  int     `json:"age_days"`
	LastUsed When    `json:"last_used"`
	Service  *string `json:"last_used_service"`
	Region   *string `json:"last_used_region"`
}

// SSHKey is an SSH public key, for CodeCommit.
type SSHKey struct {
	ID       string `json:"id"`
	Status   string `json:"status"`
	Uploaded When   `json:"uploaded"`
}

// ServiceCredential is a service-specific credential: a password for CodeCommit or Keyspaces, or a long-term API key.
// Status may be "expired".
type ServiceCredential struct {
	ID      string `json:"id"`
	Service string `json:"service"`
	Name    string `json:"name"`
	APIKey  bool   `json:"api_key"`
	Status  string `json:"status"`
	Created When   `json:"created"`
	Expires When   `json:"expires"`
}

// SigningCertificate is an X.509 signing certificate.
type SigningCertificate struct {
	ID       *string `json:"id"`
	Slot     int     `json:"slot"`
	Status   string  `json:"status"`
	Uploaded When    `json:"uploaded"`
	Expires  When    `json:"expires"`
}

// MFAEnforced says whether the user's policies ask for MFA on each way in.
type MFAEnforced struct {
	Console   *Enforced `json:"console"`
	AccessKey *Enforced `json:"access_key"`
}

// Enforced is a verdict on one way in, as of [sekisho/audit.EnforcedOnPath]: "enforced", "leaky", "not_enforced" or
// "no_access".
type Enforced struct {
	Verdict string `json:"verdict"`
	Sure    bool   `json:"sure"` // false where what leaks does so only under conditions on which nothing is known
}

// Role is one row of the list of roles. LastUsed is never where there was no use in the 400 days that AWS looks back.
type Role struct {
	Name             string        `json:"name"`
	Path             string        `json:"path"`
	ARN              string        `json:"arn"`
	ID               string        `json:"unique_id"`
	Created          When          `json:"created"`
	LastUsed         When          `json:"last_used"`
	LastUsedRegion   string        `json:"last_used_region"`
	ServiceLinked    bool          `json:"service_linked"` // AWS's own: its policies can't be changed
	Trusts           []string      `json:"trusts"`         // whom the trust policy lets in, shortly
	AttachedPolicies []string      `json:"attached_policies"`
	InlinePolicies   []string      `json:"inline_policies"`
	Boundary         string        `json:"permissions_boundary"` // an ARN; "" for none
	Tags             []account.Tag `json:"tags"`
	Admin            *string       `json:"admin"`
	Unknown          []Unknown     `json:"unknown"`
}

// Group is one row of the list of groups.
type Group struct {
	Name             string    `json:"name"`
	Path             string    `json:"path"`
	ARN              string    `json:"arn"`
	ID               string    `json:"unique_id"`
	Created          When      `json:"created"`
	Members          []string  `json:"members"`
	AttachedPolicies []string  `json:"attached_policies"`
	InlinePolicies   []string  `json:"inline_policies"`
	Unknown          []Unknown `json:"unknown"`
}
