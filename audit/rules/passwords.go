package rules

import (
	"slices"

	"sekisho/audit"
	"sekisho/audit/account"
)

const removePassword = "Console: IAM, Users, the user, Security credentials, Manage console access, Disable. Command: aws iam delete-login-profile --user-name NAME"

var passwordUnused = &audit.Rule{
	ID:       "password-unused",
	Title:    "Console passwords are in use",
	Problem:  "A console password is not used",
	Category: audit.CategoryPasswords,
	Severity: audit.Medium,
	Needs:    []account.Fact{account.UserPassword},
	Uses:     []account.Fact{account.UserPasswordLastUsed, account.UserPasswordLastChanged, account.UserTags},
	Why:      "A password that nobody uses belongs to somebody who left or never came. It can only do harm, and nobody would notice its being used.",
	How: "Fails when the last sign-in is more than thresholds.password_unused_days (45" + unlessOwn + ") ago; when there was none, if the password was last changed that long ago. " +
		"Not applicable to users without a console password.",
	Fix: removePassword,
	Check: func(p *audit.Pass) {
		for u := range passwordUsers(p) {
			if !p.Require(u, account.UserPasswordLastUsed) {
				continue
			}
			thresholds, ok := p.ThresholdsOf(u)
			if !ok {
				continue
			}
			days := thresholds.PasswordUnusedDays
			limit := ownLimit(limitDays, days, p.Thresholds.PasswordUnusedDays)
			evidence := slices.Concat(u.Password.Evidence(), u.PasswordLastUsed.Evidence())
			used := u.PasswordLastUsed.Value()
			switch {
			case used.IsZero():
				checkNeverUsed(p, u, days, "password never used in the %d days since it was set (%s)", limit)
			case p.OlderThan(used, days):
				text := audit.Textf("password not used for %d days (last on %s)", p.Days(used), used)
				p.Fail(u, joined(asOf(text, evidence), limit), evidence...)
			default:
				p.Pass(u, evidence...)
			}
		}
	},
}

var passwordUnclaimed = &audit.Rule{
	ID:       "password-unclaimed",
	Title:    "First passwords are used",
	Problem:  "A first password was never used",
	Category: audit.CategoryPasswords,
	Severity: audit.Medium,
	Needs:    []account.Fact{account.UserPassword},
	Uses:     []account.Fact{account.UserPasswordLastUsed, account.UserPasswordLastChanged, account.UserTags},
	Why: "Until the first sign-in the password that an administrator mailed is still good. Whoever reads that mail signs in first, chooses a new password and " +
		"enrols an MFA device of his own.",
	How: "Fails when a password was never used and was set more than thresholds.password_unclaimed_days (7" + unlessOwn + ") ago. AWS keeps the date of a last use when a password is " +
		"deleted and a new one set, so a user who ever signed in passes. Not applicable to users without a console password.",
	Fix: "Console: IAM, Users, the user, Security credentials, Manage console access: disable it, or set a new password and hand it over. Command: " +
		"aws iam delete-login-profile --user-name NAME",
	Check: func(p *audit.Pass) {
		for u := range passwordUsers(p) {
			if !p.Require(u, account.UserPasswordLastUsed) {
				continue
			}
			if !u.PasswordLastUsed.Value().IsZero() {
				p.Pass(u, slices.Concat(u.Password.Evidence(), u.PasswordLastUsed.Evidence())...)
				continue
			}
			if thresholds, ok := p.ThresholdsOf(u); ok {
				days := thresholds.PasswordUnclaimedDays
				checkNeverUsed(p, u, days, "first sign-in is still open, %d days after the password was set (%s)",
					ownLimit(limitDays, days, p.Thresholds.PasswordUnclaimedDays))
			}
		}
	},
}

// checkNeverUsed judges a password without a sign-in by its age. The message takes the days and the date, and ends with the limit.
func checkNeverUsed(p *audit.Pass, u *account.User, days int, message string, limit audit.Text) {
	if !p.Require(u, account.UserPasswordLastChanged) {
		return
	}
	set := u.PasswordLastChanged.Value()
	evidence := slices.Concat(u.Password.Evidence(), u.PasswordLastUsed.Evidence(), u.PasswordLastChanged.Evidence())
	switch {
	case set.IsZero():
		p.Unknown(u, audit.Textf("when the password was set isn't known"), evidence...)
	case p.OlderThan(set, days) && u.PasswordSince:
		p.Unknown(u, audit.Textf("there was a password on %s, and whether it was changed since isn't known", set), evidence...)
	case p.OlderThan(set, days):
		p.Fail(u, joined(asOf(audit.Textf(message, p.Days(set), set), evidence), limit), evidence...)
	default:
		p.Pass(u, evidence...)
	}
}
