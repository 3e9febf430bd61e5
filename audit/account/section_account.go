package account

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"
)

// The sections about the account itself and about its users' credentials as a whole.
const (
	AccountSummarySection   Section = "account-summary"
	AccountAliasesSection   Section = "account-aliases"
	PasswordPolicySection   Section = "password-policy"
	CredentialReportSection Section = "credential-report"
)

var accountSections = []*Descriptor{
	AccountSummaryAnswer.Descriptor, AccountAliasesAnswer.Descriptor, PasswordPolicyAnswer.Descriptor, CredentialReportAnswer.Descriptor,
}

// AccountSummaryAnswer describes the account's numbers.
var AccountSummaryAnswer = ofAccount(
	Descriptor{Section: AccountSummarySection, Actions: []string{"iam:GetAccountSummary"}},
	func(s *Snapshot) **Answer[Summary] { return &s.AccountSummary },
	func(v *validator, where string, summary Summary) {
		v.check(summary != nil, where, "got null, want an object")
		for _, key := range slices.Sorted(maps.Keys(summary)) {
			v.check(summary[key] >= 0, where+"."+key, "got %d, want 0 or more", summary[key])
		}
	})

// AccountAliasesAnswer describes the names under which the account's users sign in.
var AccountAliasesAnswer = ofAccount(
	Descriptor{Section: AccountAliasesSection, Actions: []string{"iam:ListAccountAliases"}, Parts: true},
	func(s *Snapshot) **Answer[[]string] { return &s.AccountAliases },
	list[string])

// PasswordPolicyAnswer describes the account's own password policy, which is nil where none is set.
var PasswordPolicyAnswer = ofAccount(
	Descriptor{Section: PasswordPolicySection, Actions: []string{"iam:GetAccountPasswordPolicy"}},
	func(s *Snapshot) **Answer[*PasswordPolicy] { return &s.PasswordPolicy },
	func(v *validator, where string, p *PasswordPolicy) {
		if p != nil {
			v.check(p.MinimumPasswordLength > 0, where+".minimum_password_length", "got %d, want 1 or more", p.MinimumPasswordLength)
			v.check(p.MaxPasswordAgeDays >= 0 && p.PasswordReusePrevention >= 0, where, "got a negative number, want 0 or more")
		}
	})

// CredentialReportAnswer describes the credential report. It is fetched with the first action and made with the second.
var CredentialReportAnswer = ofAccount(
	Descriptor{Section: CredentialReportSection, Actions: []string{"iam:GetCredentialReport", "iam:GenerateCredentialReport"}},
	func(s *Snapshot) **Answer[CredentialReport] { return &s.CredentialReport },
	func(v *validator, where string, r CredentialReport) {
		v.time(where+".generated_at", r.GeneratedAt)
		if err := ParseCredentialReport(r.Content); err != nil {
			v.fail(where+".content", "%v", err)
		}
	})

// The facts that these sections tell by themselves.
const (
	Alias           Fact = "alias"
	AccountPassword Fact = "password-policy"
	MFADevicesInUse Fact = "mfa-devices-in-use"
)

var accountFacts = map[Fact]telling{
	Alias:           {bulk: []Section{AccountAliasesSection}, account: func(a *Account) State { return &a.Alias }},
	AccountPassword: {bulk: []Section{PasswordPolicySection}, account: func(a *Account) State { return &a.PasswordPolicy }},
	MFADevicesInUse: {bulk: fromSummary, account: func(a *Account) State { return &a.MFADevicesInUse }},
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

// UnmarshalJSON refuses a policy without its keys.
func (p *PasswordPolicy) UnmarshalJSON(data []byte) error {
	type plain PasswordPolicy
	if err := wanted(data, "minimum_password_length", "require_uppercase", "require_lowercase", "require_symbols", "require_numbers",
		"allow_users_to_change_password", "expire_passwords", "max_password_age_days", "password_reuse_prevention", "hard_expiry"); err != nil {
		return err
	}
	return json.Unmarshal(data, (*plain)(p))
}
