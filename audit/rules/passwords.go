package rules

import (
	"slices"
	"time"

	"sekisho/audit"
	"sekisho/audit/account"
	"sekisho/audit/message"
)

var passwordUnused = &audit.Rule{
	ID:       "password-unused",
	Title:    "Console passwords are in use",
	Problem:  "A console password is not used",
	Category: audit.CategoryPasswords,
	Severity: audit.Medium,
	Ages:     true,
	Needs:    []account.Fact{account.UserPassword},
	Uses:     []account.Fact{account.UserPasswordLastUsed, account.UserPasswordLastChanged, account.UserTags},
	Why:      "A password that nobody uses belongs to somebody who left or never came. It can only do harm, and nobody would notice if it were used.",
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
			limit := ownLimit(days, p.Thresholds.PasswordUnusedDays, message.Days)
			evidence := slices.Concat(u.Password.Evidence(), u.PasswordLastUsed.Evidence())
			used := u.PasswordLastUsed.Value()
			switch {
			case used.IsZero():
				checkNeverUsed(p, u, days, limit, func(age message.Count, set time.Time) message.Message {
					return message.New("console password was never used in %s (set on %s)", age, set)
				})
			case p.OlderThan(used, days):
				text := message.New("console password was not used for %s (last on %s)", message.Days(p.Days(used)), used)
				p.Fail(u, asOf(text, evidence), evidence...).Note(limit)
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
	Ages:     true,
	Needs:    []account.Fact{account.UserPassword},
	Uses:     []account.Fact{account.UserPasswordLastUsed, account.UserPasswordLastChanged, account.UserTags},
	Why: "Until the first sign-in the password that an administrator mailed still works. Someone who reads that mail can sign in first, choose a new " +
		"password and enrol an MFA device.",
	How: "Fails when a password was never used and was set more than thresholds.password_unclaimed_days (7" + unlessOwn + ") ago. AWS keeps the date of a last use when a password is " +
		"deleted and a new one set, so a user who signed in at some time passes. Not applicable to users without a console password.",
	Fix: fix(guide("id_credentials_passwords_admin-change-user"),
		do("Ask whether the user was given the password"),
		do("Console: IAM, Users, the user, Security credentials, Manage console access: disable it, or set a new password and give it to the user",
			"aws iam delete-login-profile --user-name NAME")),
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
				limit := ownLimit(days, p.Thresholds.PasswordUnclaimedDays, message.Days)
				checkNeverUsed(p, u, days, limit, func(age message.Count, set time.Time) message.Message {
					return message.New("no first sign-in in the %s since the password was set (%s)", age, set)
				})
			}
		}
	},
}

// checkNeverUsed judges a password without a sign-in by its age. The text takes the age and the date.
func checkNeverUsed(p *audit.Pass, u *account.User, days int, limit message.Message, text func(message.Count, time.Time) message.Message) {
	if !p.Require(u, account.UserPasswordLastChanged) {
		return
	}
	set := u.PasswordLastChanged.Value()
	evidence := slices.Concat(u.Password.Evidence(), u.PasswordLastUsed.Evidence(), u.PasswordLastChanged.Evidence())
	switch {
	case set.IsZero():
		p.Unknown(u, message.New("it is not known when the password was set"), evidence...)
	case p.OlderThan(set, days) && u.PasswordSince:
		p.Unknown(u, message.New("there was a password on %s; it is not known whether it was changed since", set), evidence...)
	case p.OlderThan(set, days):
		p.Fail(u, asOf(text(message.Days(p.Days(set)), set), evidence), evidence...).Note(limit)
	default:
		p.Pass(u, evidence...)
	}
}
