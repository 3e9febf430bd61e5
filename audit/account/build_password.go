package account

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"sekisho/audit/message"
)

func (b *builder) passwords(u *User, c *candidate, live *UserAnswers) {
	b.passwordFromReport(u, c)
	if c.listed != nil {
		passwordUse(u, b.s.Users.Action, b.s.Users.Ended, c.listed)
	}
	u.live = lack[bool](b.lackingOf(u.Name, message.New("the user was not looked at"), UserSection))
	if live != nil && live.User != nil && live.User.Complete {
		u.live = know(true, evidence(live.User, "user_id", live.User.Value.ID))
		passwordUse(u, live.User.Action, live.User.Ended, &live.User.Value)
	}
	u.PasswordResetRequired = lack[bool](b.lackingOf(u.Name, message.Message{}, LoginProfileSection))
	if live == nil || live.LoginProfile == nil || !live.LoginProfile.Complete {
		return
	}
	profile := live.LoginProfile
	if profile.Value == nil {
		none := evidence(profile, "login_profile", "none")
		u.Password = know(false, none)
		u.PasswordResetRequired = know(false, none)
		u.PasswordLastChanged = know(time.Time{}, none)
		u.PasswordNextRotation = know(time.Time{}, none)
		return
	}
	created := profile.Value.Created.UTC()
	u.Password = know(true, evidence(profile, "login_profile", "present"))
	u.PasswordResetRequired = know(profile.Value.PasswordResetRequired, evidence(profile, "password_reset_required", strconv.FormatBool(profile.Value.PasswordResetRequired)))
	// A login profile younger than the report's date is a new password; an older one says nothing of later changes.
	changed, ok := u.PasswordLastChanged.Get()
	u.PasswordSince = !ok && (b.a.ReportAt.IsZero() || created.Before(b.a.ReportAt))
	if !ok || created.After(changed) {
		u.PasswordLastChanged = know(created, evidence(profile, "login_profile_created", created.Format(time.RFC3339)))
	}
}

func (b *builder) passwordFromReport(u *User, c *candidate) {
	if c.row == nil {
		m := b.noRow(u, c, LoginProfileSection)
		u.Password, u.PasswordLastChanged, u.PasswordNextRotation = lack[bool](m), lack[time.Time](m), lack[time.Time](m)
		u.PasswordLastUsed = lack[time.Time](b.noRow(u, c))
		return
	}
	row := *c.row
	enabled, err := row.boolean("password_enabled")
	if err == nil && !enabled && c.listed != nil && c.listed.PasswordLastUsed != nil && c.listed.PasswordLastUsed.After(b.a.ReportAt) {
		err = errors.New("the credential report says that there is no password, but one was used since")
	}
	if err != nil {
		u.Password = lack[bool](b.oddCell(u, err, LoginProfileSection))
	} else {
		u.Password = know(enabled, b.reportEvidence(row, "password_enabled")...)
	}
	u.PasswordLastUsed = b.reportDate(u, row, "password_last_used")
	u.PasswordNextRotation = b.reportDate(u, row, "password_next_rotation")
	u.PasswordLastChanged = b.reportDate(u, row, "password_last_changed", LoginProfileSection)
	if changed, ok := u.PasswordLastChanged.Get(); ok && changed.IsZero() && enabled {
		u.PasswordLastChanged = lack[time.Time](b.oddCell(u, fmt.Errorf("the credential report tells no date for password_last_changed"), LoginProfileSection))
	}
}

func (b *builder) reportDate(u *User, row reportRow, column string, live ...Section) Known[time.Time] {
	at, err := row.date(column)
	if err != nil {
		return lack[time.Time](b.oddCell(u, err, live...))
	}
	return know(at, b.reportEvidence(row, column)...)
}

// passwordUse takes the date of ListUsers or GetUser, which are live, where it is later, or where the report has none.
func passwordUse(u *User, action string, ended time.Time, listed *ListedUser) {
	var at time.Time
	value := "N/A"
	if listed.PasswordLastUsed != nil {
		at = listed.PasswordLastUsed.UTC()
		value = at.Format(time.RFC3339)
	}
	known, ok := u.PasswordLastUsed.Get()
	if !ok || at.After(known) {
		u.PasswordLastUsed = know(at, Evidence{Name: "password_last_used", Value: value, Source: action, ObservedAt: ended})
	}
}
