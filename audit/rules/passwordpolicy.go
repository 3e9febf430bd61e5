package rules

import (
	"slices"
	"strconv"

	"sekisho/audit"
	"sekisho/audit/account"
)

// Where no policy is set AWS's default holds: 8 to 128 characters of at least three of the four classes, not the account's name or
// e-mail address, no expiry, nothing remembered, and no account-wide leave to change one's own password (IAM User Guide, "Set an
// account password policy for IAM users").
const defaultMinLength = 8

var passwordPolicy = &audit.Rule{
	ID:         "password-policy",
	Title:      "The account has a password policy of its own",
	Problem:    "The account has no password policy of its own",
	Category:   audit.CategoryPasswordPolicy,
	Severity:   audit.High,
	Needs:      []account.Fact{account.AccountPassword},
	Point:      5,
	PointTitle: "Apply an IAM password policy",
	Why:        "Without a policy of its own the account takes what AWS takes: eight characters, and any old password again.",
	How: "Fails when iam:GetAccountPasswordPolicy says that none is set (NoSuchEntity, which is an answer). What a policy asks for is judged by the other " +
		"password-… rules.",
	Fix: "Console: IAM, Account settings, Password policy, Edit, Custom. Command: " + strongPolicy,
	Check: func(p *audit.Pass) {
		if p.Account.PasswordPolicy.Value() == nil {
			p.Fail(p.Account, audit.Textf("no password policy is set: AWS's default holds, %d characters", defaultMinLength))
			return
		}
		p.Pass(p.Account)
	},
}

// strongPolicy sets the whole policy, for the command resets each setting that it isn't given.
const strongPolicy = "aws iam update-account-password-policy --minimum-password-length 14 --password-reuse-prevention 24 --require-uppercase-characters " +
	"--require-lowercase-characters --require-numbers --require-symbols --allow-users-to-change-password (a setting that is left out is reset)"

const policyConsole = "Console: IAM, Account settings, Password policy, Edit, Custom: "

var passwordMinLength = &audit.Rule{
	ID:       "password-min-length",
	Title:    "Passwords are long",
	Problem:  "Short passwords are allowed",
	Category: audit.CategoryPasswordPolicy,
	Severity: audit.Medium,
	Needs:    []account.Fact{account.AccountPassword},
	Why:      "Length is what makes a password hard to guess.",
	How: "Fails when the minimum length is under thresholds.password_min_length (14). Without a password policy AWS's default of 8 characters is judged. A new " +
		"minimum holds for a user's next password, not for the present one.",
	Fix: policyConsole + "Enforce minimum password length, 14 or more. Command: " + strongPolicy,
	Check: func(p *audit.Pass) {
		policy := p.Account.PasswordPolicy.Value()
		want := p.Thresholds.PasswordMinLength
		switch {
		case policy == nil && defaultMinLength < want:
			p.Fail(p.Account, audit.Textf("no password policy is set: AWS's default asks for %d characters, want %d or more", defaultMinLength, want))
		case policy != nil && int(policy.MinimumPasswordLength) < want:
			p.Fail(p.Account, audit.Textf("passwords of %d characters are allowed, want %d or more", policy.MinimumPasswordLength, want),
				policyEvidence(p, "MinimumPasswordLength", strconv.Itoa(int(policy.MinimumPasswordLength)))...)
		default:
			p.Pass(p.Account)
		}
	},
}

var passwordReuse = &audit.Rule{
	ID:       "password-reuse",
	Title:    "Old passwords cannot be used again",
	Problem:  "Old passwords can be used again",
	Category: audit.CategoryPasswordPolicy,
	Severity: audit.Medium,
	Needs:    []account.Fact{account.AccountPassword},
	Why:      "A password that leaked once works again when its owner goes back to it.",
	How:      "Fails when fewer than thresholds.password_reuse (24) passwords are remembered, none without a password policy.",
	Fix:      policyConsole + "Prevent password reuse, Remember 24 passwords. Command: " + strongPolicy,
	Check: func(p *audit.Pass) {
		policy := p.Account.PasswordPolicy.Value()
		want := p.Thresholds.PasswordReuse
		switch {
		case policy == nil && want > 0:
			p.Fail(p.Account, audit.Textf("no password policy is set: no old password is remembered, want %d", want))
		case policy != nil && int(policy.PasswordReusePrevention) < want:
			p.Fail(p.Account, audit.Textf("%d old passwords are remembered, want %d", policy.PasswordReusePrevention, want),
				policyEvidence(p, "PasswordReusePrevention", strconv.Itoa(int(policy.PasswordReusePrevention)))...)
		default:
			p.Pass(p.Account)
		}
	},
}

var (
	passwordUppercase = passwordClass("password-uppercase", "an upper-case letter", "RequireUppercaseCharacters",
		func(p *account.PasswordPolicy) bool { return p.RequireUppercase })
	passwordLowercase = passwordClass("password-lowercase", "a lower-case letter", "RequireLowercaseCharacters",
		func(p *account.PasswordPolicy) bool { return p.RequireLowercase })
	passwordSymbol = passwordClass("password-symbol", "a symbol", "RequireSymbols",
		func(p *account.PasswordPolicy) bool { return p.RequireSymbols })
	passwordNumber = passwordClass("password-number", "a digit", "RequireNumbers",
		func(p *account.PasswordPolicy) bool { return p.RequireNumbers })
)

// passwordClass makes the rule for one of the four classes of characters.
func passwordClass(id, what, field string, required func(*account.PasswordPolicy) bool) *audit.Rule {
	return &audit.Rule{
		ID:       id,
		Title:    "Passwords must hold " + what,
		Problem:  "Passwords need not hold " + what,
		Category: audit.CategoryPasswordPolicy,
		Severity: audit.Medium,
		Needs:    []account.Fact{account.AccountPassword},
		Why:      "Passwords of one class of characters are guessed from word lists first.",
		How: "Fails when the password policy doesn't ask for " + what + " (" + field + "), and without a password policy: AWS's default asks for any three " +
			"of the four classes, so for none in particular.",
		Fix: policyConsole + "Password strength, tick all four classes. Command: " + strongPolicy,
		Check: func(p *audit.Pass) {
			switch policy := p.Account.PasswordPolicy.Value(); {
			case policy == nil:
				p.Fail(p.Account, audit.Textf("no password policy is set: AWS's default asks for three of four classes, not for "+what))
			case !required(policy):
				p.Fail(p.Account, audit.Textf("passwords needn't hold "+what), policyEvidence(p, field, "false")...)
			default:
				p.Pass(p.Account)
			}
		},
	}
}

var passwordExpiry = &audit.Rule{
	ID:           "password-expiry",
	Title:        "Passwords expire",
	Problem:      "Passwords do not expire, or expire late",
	Category:     audit.CategoryPasswordPolicy,
	Severity:     audit.Low,
	OffByDefault: true,
	Needs:        []account.Fact{account.AccountPassword},
	Why: "Some standards still ask for it. NIST SP 800-63B advises against it, for people who must change passwords choose weaker ones; so this rule is off " +
		"by default.",
	How: "Fails when passwords don't expire, as without a password policy, or only after more than thresholds.password_max_age_days (90).",
	Fix: policyConsole + "Turn on password expiration, 90 days. Command: aws iam update-account-password-policy --max-password-age 90 (together with " +
		"your other settings: one that is left out is reset)",
	Check: func(p *audit.Pass) {
		policy := p.Account.PasswordPolicy.Value()
		switch {
		case policy == nil:
			p.Fail(p.Account, audit.Textf("no password policy is set: passwords never expire"))
		case !policy.ExpirePasswords || policy.MaxPasswordAgeDays == 0:
			p.Fail(p.Account, audit.Textf("passwords never expire"), policyEvidence(p, "ExpirePasswords", strconv.FormatBool(policy.ExpirePasswords))...)
		case int(policy.MaxPasswordAgeDays) > p.Thresholds.PasswordMaxAgeDays:
			p.Fail(p.Account, audit.Textf("passwords expire after %d days, want %d or fewer", policy.MaxPasswordAgeDays, p.Thresholds.PasswordMaxAgeDays),
				policyEvidence(p, "MaxPasswordAge", strconv.Itoa(int(policy.MaxPasswordAgeDays)))...)
		default:
			p.Pass(p.Account)
		}
	},
}

var passwordSelfChange = &audit.Rule{
	ID:       "password-self-change",
	Title:    "Users may change their own passwords",
	Problem:  "Users may not change their own passwords",
	Category: audit.CategoryPasswordPolicy,
	Severity: audit.Low,
	Needs:    []account.Fact{account.AccountPassword},
	Why:      "Who may not change his password keeps the one that somebody mailed him, and can do nothing when he fears that it leaked.",
	How: "Fails when AllowUsersToChangePassword is off, and without a password policy, which gives no such leave. Users whose own policies allow " +
		"iam:ChangePassword may change their passwords all the same; policies aren't looked at.",
	Fix: policyConsole + "Allow users to change their own password. Command: " + strongPolicy,
	Check: func(p *audit.Pass) {
		switch policy := p.Account.PasswordPolicy.Value(); {
		case policy == nil:
			p.Fail(p.Account, audit.Textf("no password policy is set: users may change their passwords only where a policy of theirs allows it"))
		case !policy.AllowUsersToChangePassword:
			p.Fail(p.Account, audit.Textf("users may not change their own passwords"), policyEvidence(p, "AllowUsersToChangePassword", "false")...)
		default:
			p.Pass(p.Account)
		}
	},
}

var passwordHardExpiry = &audit.Rule{
	ID:       "password-hard-expiry",
	Title:    "Users whose password expired can change it",
	Problem:  "Users whose password expired cannot change it",
	Category: audit.CategoryPasswordPolicy,
	Severity: audit.Low,
	Needs:    []account.Fact{account.AccountPassword},
	Why: "With hard expiry nobody can renew a password that has expired: after a holiday an administrator must help, and when all administrators' " +
		"passwords have expired, root must.",
	How: "Fails when HardExpiry is on. Without a password policy it is off.",
	Fix: policyConsole + "untick Password expiration requires administrator reset. Command: aws iam update-account-password-policy --no-hard-expiry " +
		"(together with your other settings: one that is left out is reset)",
	Check: func(p *audit.Pass) {
		policy := p.Account.PasswordPolicy.Value()
		if policy != nil && policy.HardExpiry {
			p.Fail(p.Account, audit.Textf("an expired password locks its owner out until an administrator resets it"), policyEvidence(p, "HardExpiry", "true")...)
			return
		}
		p.Pass(p.Account)
	},
}

// policyEvidence is one field of the password policy, said by the call that brought the policy.
func policyEvidence(p *audit.Pass, field, value string) []audit.Evidence {
	evidence := slices.Clone(p.Account.PasswordPolicy.Evidence())
	for i := range evidence {
		evidence[i].Name, evidence[i].Value = field, value
	}
	return evidence
}
