package organization

import (
	"time"

	"sekisho/audit/account"
)

// AssumeRootAction makes a session of a member's root user. It is privileged, and called only where somebody asks for it.
const AssumeRootAction = "sts:AssumeRoot"

// RootTask is the policy that sessions of members' root users are made with; it allows the reads of RootActions and a
// few more (IAM User Guide, security-iam-awsmanpol).
func RootTask(partition string) string {
	return "arn:" + partition + ":iam::aws:policy/root-task/IAMAuditRootUserCredentials"
}

// RootActions are all that may be called in a session of a member's root user.
func RootActions() []string {
	return []string{
		account.AccessKeysAnswer.Action(), account.AccountSummaryAnswer.Action(), account.LoginProfileAnswer.Action(), account.MFADevicesAnswer.Action(),
		account.SigningCertificatesAnswer.Action(),
	}
}

// The entries of the account summary that are about root.
const (
	RootPasswordPresent     = "AccountPasswordPresent"
	RootKeysPresent         = "AccountAccessKeysPresent"
	RootCertificatesPresent = "AccountSigningCertificatesPresent"
)

// MemberRoot is what a session of a member's root user read of its credentials. An answer that is nil was not read.
type MemberRoot struct {
	ID           string                                     `json:"id"`
	Password     *account.Answer[*account.LoginProfile]     `json:"password,omitempty"` // a value of nil: there is none
	AccessKeys   *account.Answer[[]account.ListedAccessKey] `json:"access_keys,omitempty"`
	Certificates *account.Answer[[]RootCertificate]         `json:"signing_certificates,omitempty"`
	MFADevices   *account.Answer[[]account.ListedMFADevice] `json:"mfa_devices,omitempty"`
	Summary      *account.Answer[account.Summary]           `json:"summary,omitempty"` // of root alone
}

// Named makes a member's root user an entry of a list.
func (r MemberRoot) Named() (key, label string) { return r.ID, "root of " + r.ID }

// RootCertificate is a signing certificate of a root user.
type RootCertificate struct {
	ID       string    `json:"id"`
	Status   string    `json:"status"` // "Active" or "Inactive"
	Uploaded time.Time `json:"uploaded"`
}
