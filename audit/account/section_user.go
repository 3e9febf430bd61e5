package account

import (
	"encoding/json"
	"maps"
	"slices"
	"time"
)

// The sections that cost a call per user.
const (
	UserSection                Section = "user"
	LoginProfileSection        Section = "login-profile"
	MFADevicesSection          Section = "mfa-devices"
	AccessKeysSection          Section = "access-keys"
	AccessKeyLastUsedSection   Section = "access-key-last-used"
	SSHPublicKeysSection       Section = "ssh-public-keys"
	SigningCertificatesSection Section = "signing-certificates"
)

var userSections = []*Descriptor{
	GetUserAnswer.Descriptor, LoginProfileAnswer.Descriptor, MFADevicesAnswer.Descriptor, AccessKeysAnswer.Descriptor, AccessKeyLastUsedAnswer,
	SSHPublicKeysAnswer.Descriptor, SigningCertificatesAnswer.Descriptor,
}

// confirmGone is the call that every section of a user may add: whether a user whom AWS doesn't know any more is gone.
const confirmGone = "iam:GetUser"

// GetUserAnswer describes what AWS says of one user: that the user is there, and when the password was last used.
var GetUserAnswer = ofUser(
	Descriptor{Section: UserSection, Actions: []string{"iam:GetUser"}},
	func(u *UserAnswers) **Answer[ListedUser] { return &u.User },
	func(v *validator, where string, u ListedUser) {
		v.entity(where, "user", u.Path, u.Name, u.ARN, u.Created)
	})

// LoginProfileAnswer describes a user's console password, which is nil where there is none.
var LoginProfileAnswer = ofUser(
	Descriptor{Section: LoginProfileSection, Actions: []string{"iam:GetLoginProfile", confirmGone}},
	func(u *UserAnswers) **Answer[*LoginProfile] { return &u.LoginProfile },
	func(v *validator, where string, p *LoginProfile) {
		if p != nil {
			v.time(where+".created", p.Created)
		}
	})

// MFADevicesAnswer describes a user's MFA devices of every kind.
var MFADevicesAnswer = ofUser(
	Descriptor{Section: MFADevicesSection, Actions: []string{"iam:ListMFADevices", confirmGone}},
	func(u *UserAnswers) **Answer[[]ListedMFADevice] { return &u.MFADevices },
	each(func(v *validator, where string, d ListedMFADevice) {
		v.serial(where, d.Serial)
	}))

// AccessKeysAnswer describes a user's access keys.
var AccessKeysAnswer = ofUser(
	Descriptor{Section: AccessKeysSection, Actions: []string{"iam:ListAccessKeys", confirmGone}},
	func(u *UserAnswers) **Answer[[]ListedAccessKey] { return &u.AccessKeys },
	each(func(v *validator, where string, k ListedAccessKey) {
		v.id(where, k.ID)
		v.status(where, k.Status)
		v.time(where+".created", k.Created)
	}))

// AccessKeyLastUsedAnswer describes the last use of each of a user's access keys, with one call and one answer per key.
// The keys are listed first where nobody did.
var AccessKeyLastUsedAnswer = &Descriptor{
	Section: AccessKeyLastUsedSection, Scope: PerUser,
	Actions: []string{"iam:GetAccessKeyLastUsed", "iam:ListAccessKeys", confirmGone},
	// Each listed key has its answer. Without the list there is nothing to ask by.
	answered: func(_ *Snapshot, u *UserAnswers) bool {
		return u.AccessKeys != nil && !slices.ContainsFunc(u.AccessKeys.Value, func(k ListedAccessKey) bool { return u.AccessKeyLastUsed[k.ID] == nil })
	},
	forget: func(_ *Snapshot, u *UserAnswers) { u.AccessKeyLastUsed = nil },
	sift: func(f *sifter, _ *Snapshot, u *UserAnswers, user string) {
		u.AccessKeyLastUsed = siftEach(f, &Descriptor{Section: AccessKeyLastUsedSection, Actions: []string{"iam:GetAccessKeyLastUsed"}}, u.AccessKeyLastUsed,
			func(string) string { return user })
	},
	validate: func(v *validator, where string, _ *Snapshot, u *UserAnswers) {
		for _, id := range slices.Sorted(maps.Keys(u.AccessKeyLastUsed)) {
			w := where + "." + id
			v.check(u.AccessKeyLastUsed[id] != nil, w, "got null, want an answer")
			answered(v, w, u.AccessKeyLastUsed[id], false)
		}
	},
}

// SSHPublicKeysAnswer describes a user's SSH public keys.
var SSHPublicKeysAnswer = ofUser(
	Descriptor{Section: SSHPublicKeysSection, Actions: []string{"iam:ListSSHPublicKeys", confirmGone}},
	func(u *UserAnswers) **Answer[[]SSHPublicKey] { return &u.SSHPublicKeys },
	each(func(v *validator, where string, k SSHPublicKey) { v.uploaded(where, k.ID, k.Status, k.Uploaded) }))

// SigningCertificatesAnswer describes a user's signing certificates.
var SigningCertificatesAnswer = ofUser(
	Descriptor{Section: SigningCertificatesSection, Actions: []string{"iam:ListSigningCertificates", confirmGone}},
	func(u *UserAnswers) **Answer[[]ListedCertificate] { return &u.SigningCertificates },
	each(func(v *validator, where string, c ListedCertificate) { v.uploaded(where, c.ID, c.Status, c.Uploaded) }))

// UserAnswers are the live answers about one user. An answer that is nil was not read. ID is the user's unique ID at
// the time of asking, so that a recreated namesake does not inherit them.
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

// ListedCertificate is one entry of iam:ListSigningCertificates. Status is "Active" or "Inactive"; Body is the
// certificate in PEM, whose dates it tells.
type ListedCertificate struct {
	ID       string    `json:"id"`
	Status   string    `json:"status"`
	Uploaded time.Time `json:"uploaded"`
	Body     string    `json:"body" holds:"any"`
}

// UnmarshalJSON refuses a profile without its keys: what isn't said must not become false.
func (p *LoginProfile) UnmarshalJSON(data []byte) error {
	type plain LoginProfile
	if err := wanted(data, "created", "password_reset_required"); err != nil {
		return err
	}
	return json.Unmarshal(data, (*plain)(p))
}

// These are the entries of lists, as [Entry] has them.

func (d ListedMFADevice) Named() (key, label string) { return d.Serial, "the MFA device " + d.Serial }

func (k ListedAccessKey) Named() (key, label string) { return k.ID, "the access key " + k.ID }

func (k SSHPublicKey) Named() (key, label string) { return k.ID, "the SSH public key " + k.ID }

func (c ListedCertificate) Named() (key, label string) {
	return c.ID, "the signing certificate " + c.ID
}
