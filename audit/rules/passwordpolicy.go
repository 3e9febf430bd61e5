package rules

import (
	"slices"
	"strconv"

	"sekisho/audit"
	"sekisho/audit/account"
	"sekisho/audit/message"
)

// Where no policy is set AWS's default holds: 8 to 128 characters of at least three of the four classes, not the
// account's name or e-mail address, no expiry, nothing remembered, and no account-wide permission to change one's own
// password (IAM User Guide, "Set an account password policy for IAM users").
const defaultMinLength = 8

// asked is what the password policy says of one setting, where that is not enough: the text, and the setting with its
// value as AWS names them. The zero value is a setting that is good enough. Where no policy is set there is no setting
// to name.
type asked struct {
	text         message.Message
	field, value string
}

// passwordSetting makes a rule about a setting of the password policy. Wrong is given nil where none is set.
func passwordSetting(r audit.Rule, wrong func(p *audit.Pass, policy *account.PasswordPolicy) asked) *audit.Rule {
	r.Category = audit.CategoryPasswordPolicy
	r.Needs = []account.Fact{account.AccountPassword}
	r.Check = func(p *audit.Pass) {
		policy := p.Account.PasswordPolicy.Value()
		switch found := wrong(p, policy); {
		case found.text.Empty():
			p.Pass(p.Account)
		case policy == nil:
			p.Fail(p.Account, found.text)
		default:
			p.Fail(p.Account, found.text, policyEvidence(p, found.field, found.value)...)
		}
	}
	return &r
}

// policyEvidence is one field of the password policy, said by the call that brought the policy.
func policyEvidence(p *audit.Pass, field, value string) []audit.Evidence {
	evidence := slices.Clone(p.Account.PasswordPolicy.Evidence())
	for i := range evidence {
		evidence[i].Name, evidence[i].Value = field, value
	}
	return evidence
}

func decimal(n int32) string { return strconv.Itoa(int(n)) }

var passwordPolicy = passwordSetting(audit.Rule{
	ID:         "password-policy",
	Title:      "The account has a password policy of its own",
	Problem:    "The account has no password policy of its own",
	Severity:   audit.High,
	Point:      5,
	PointTitle: "Apply an IAM password policy",
	Why:        "Without a password policy of its own the account uses AWS's default: eight characters are enough, and old passwords can be used again.",
	How: "Fails when iam:GetAccountPasswordPolicy says that none is set (NoSuchEntity, which is an answer). The other password-… rules judge what a policy " +
		"asks for.",
	Fix: passwordPolicyFix("", strongPolicy),
}, func(_ *audit.Pass, policy *account.PasswordPolicy) asked {
	if policy == nil {
		return asked{text: message.New("no password policy is set: AWS's default of %d characters applies", defaultMinLength)}
	}
	return asked{}
})

var passwordMinLength = passwordSetting(audit.Rule{
	ID:       "password-min-length",
	Title:    "Passwords are long",
	Problem:  "Short passwords are allowed",
	Severity: audit.Medium,
	Why:      "Length is what makes a password hard to guess.",
	How: "Fails when the minimum length is under thresholds.password_min_length (14). Without a password policy AWS's default of 8 characters is judged. A new " +
		"minimum applies to a user's next password, not to the present one.",
	Fix: passwordPolicyFix(": Enforce minimum password length, 14 or more", strongPolicy),
}, func(p *audit.Pass, policy *account.PasswordPolicy) asked {
	want := p.Thresholds.PasswordMinLength
	switch {
	case policy == nil && defaultMinLength < want:
		return asked{text: message.New("no password policy is set: AWS's default asks for %d characters, want %d or more", defaultMinLength, want)}
	case policy != nil && int(policy.MinimumPasswordLength) < want:
		return asked{message.New("passwords of %d characters are allowed, want %d or more", policy.MinimumPasswordLength, want),
			"MinimumPasswordLength", decimal(policy.MinimumPasswordLength)}
	}
	return asked{}
})

var passwordReuse = passwordSetting(audit.Rule{
	ID:       "password-reuse",
	Title:    "Old passwords cannot be used again",
	Problem:  "Old passwords can be used again",
	Severity: audit.Medium,
	Why:      "A password that leaked once works again when its owner goes back to it.",
	How:      "Fails when fewer than thresholds.password_reuse (24) passwords are remembered; without a password policy none is.",
	Fix:      passwordPolicyFix(": Prevent password reuse, Remember 24 passwords", strongPolicy),
}, func(p *audit.Pass, policy *account.PasswordPolicy) asked {
	want := p.Thresholds.PasswordReuse
	switch {
	case policy == nil && want > 0:
		return asked{text: message.New("no password policy is set: no old password is remembered, want %d", want)}
	case policy != nil && int(policy.PasswordReusePrevention) < want:
		return asked{message.New("%d old passwords are remembered, want %d", policy.PasswordReusePrevention, want),
			"PasswordReusePrevention", decimal(policy.PasswordReusePrevention)}
	}
	return asked{}
})

var passwordUppercase = passwordClass(audit.Rule{
	ID: "password-uppercase", Title: "Passwords must contain an upper-case letter", Problem: "Passwords need no upper-case letter",
}, "RequireUppercaseCharacters", message.New("an upper-case letter"), func(p *account.PasswordPolicy) bool { return p.RequireUppercase })

var passwordLowercase = passwordClass(audit.Rule{
	ID: "password-lowercase", Title: "Passwords must contain a lower-case letter", Problem: "Passwords need no lower-case letter",
}, "RequireLowercaseCharacters", message.New("a lower-case letter"), func(p *account.PasswordPolicy) bool { return p.RequireLowercase })

var passwordSymbol = passwordClass(audit.Rule{
	ID: "password-symbol", Title: "Passwords must contain a symbol", Problem: "Passwords need no symbol",
}, "RequireSymbols", message.New("a symbol"), func(p *account.PasswordPolicy) bool { return p.RequireSymbols })

var passwordNumber = passwordClass(audit.Rule{
	ID: "password-number", Title: "Passwords must contain a digit", Problem: "Passwords need no digit",
}, "RequireNumbers", message.New("a digit"), func(p *account.PasswordPolicy) bool { return p.RequireNumbers })

// passwordClass makes the rule for one of the four classes of characters.
func passwordClass(r audit.Rule, field string, what message.Message, required func(*account.PasswordPolicy) bool) *audit.Rule {
	r.Severity = audit.Medium
	r.Why = "Attackers guess passwords of one class of characters first, from word lists."
	r.How = "Fails when the password policy does not ask for it (" + field + "), and without a password policy: AWS's default asks for any three " +
		"of the four classes, so for no class in particular."
	r.Fix = passwordPolicyFix(": Password strength, tick all four classes", strongPolicy)
	return passwordSetting(r, func(_ *audit.Pass, policy *account.PasswordPolicy) asked {
		switch {
		case policy == nil:
			return asked{text: message.New("no password policy is set: AWS's default does not ask for %s", what)}
		case !required(policy):
			return asked{message.New("the password policy does not ask for %s", what), field, "false"}
		}
		return asked{}
	})
}

var passwordExpiry = passwordSetting(audit.Rule{
	ID:           "password-expiry",
	Title:        "Passwords expire",
	Problem:      "Passwords do not expire, or expire late",
	Severity:     audit.Low,
	OffByDefault: true,
	Why: "Some standards still ask for it. NIST SP 800-63B advises against it, because people who must change passwords choose weaker ones; so this rule is " +
		"off by default.",
	How: "Fails when passwords do not expire, as without a password policy, or only after more than thresholds.password_max_age_days (90).",
	Fix: passwordPolicyFix(": Turn on password expiration, 90 days; with your other settings", "aws iam update-account-password-policy --max-password-age 90"),
}, func(p *audit.Pass, policy *account.PasswordPolicy) asked {
	switch {
	case policy == nil:
		return asked{text: message.New("no password policy is set: passwords never expire")}
	case !policy.ExpirePasswords || policy.MaxPasswordAgeDays == 0:
		return asked{message.New("passwords never expire"), "ExpirePasswords", strconv.FormatBool(policy.ExpirePasswords)}
	case int(policy.MaxPasswordAgeDays) > p.Thresholds.PasswordMaxAgeDays:
		return asked{message.New("passwords expire after %s, want %d or fewer", message.Days(int(policy.MaxPasswordAgeDays)), p.Thresholds.PasswordMaxAgeDays),
			"MaxPasswordAge", decimal(policy.MaxPasswordAgeDays)}
	}
	return asked{}
})

var passwordSelfChange = passwordSetting(audit.Rule{
	ID:       "password-self-change",
	Title:    "Users may change their own passwords",
	Problem:  "Users may not change their own passwords",
	Severity: audit.Low,
	Why:      "Users who may not change their password keep the one that somebody mailed to them, and can do nothing when they fear that it leaked.",
	How: "Fails when AllowUsersToChangePassword is off, and without a password policy, which gives no such permission. Users whose own policies allow " +
		"iam:ChangePassword can change their passwords all the same; this rule does not look at policies.",
	Fix: passwordPolicyFix(": Allow users to change their own password", strongPolicy),
}, func(_ *audit.Pass, policy *account.PasswordPolicy) asked {
	switch {
	case policy == nil:
		return asked{text: message.New("no password policy is set: only users whose policies allow it may change their password")}
	case !policy.AllowUsersToChangePassword:
		return asked{message.New("users may not change their own passwords"), "AllowUsersToChangePassword", "false"}
	}
	return asked{}
})

var passwordHardExpiry = passwordSetting(audit.Rule{
	ID:       "password-hard-expiry",
	Title:    "Users whose password expired can change it",
	Problem:  "Users whose password expired cannot change it",
	Severity: audit.Low,
	Why: "With hard expiry users cannot renew a password that has expired: after a holiday an administrator must help, and when the passwords of all " +
		"administrators have expired, root must.",
	How: "Fails when HardExpiry is on. Without a password policy it is off.",
	Fix: passwordPolicyFix(": untick Password expiration requires administrator reset; with your other settings", "aws iam update-account-password-policy --no-hard-expiry"),
}, func(_ *audit.Pass, policy *account.PasswordPolicy) asked {
	if policy != nil && policy.HardExpiry {
		return asked{message.New("users cannot change an expired password until an administrator resets it"), "HardExpiry", "true"}
	}
	return asked{}
})
