package audit

import (
	"maps"
	"slices"

	"sekisho/audit/account"
	"sekisho/audit/lists"
)

// Thresholds are the numbers that rules compare with. Ages are in whole days of 24 hours.
type Thresholds struct {
	RootUnusedDays        int `json:"root_unused_days"`         // root-not-used
	UserInactiveDays      int `json:"user_inactive_days"`       // user-active
	AccessKeyMaxAgeDays   int `json:"access_key_max_age_days"`  // access-key-rotation
	AccessKeyUnusedDays   int `json:"access_key_unused_days"`   // access-key-unused
	AccessKeyInactiveDays int `json:"access_key_inactive_days"` // access-key-inactive
	AccessKeySetupMinutes int `json:"access_key_setup_minutes"` // access-key-at-setup
	PasswordUnusedDays    int `json:"password_unused_days"`     // password-unused
	PasswordUnclaimedDays int `json:"password_unclaimed_days"`  // password-unclaimed
	PasswordMinLength     int `json:"password_min_length"`      // password-min-length, characters
	PasswordReuse         int `json:"password_reuse"`           // password-reuse, passwords remembered
	PasswordMaxAgeDays    int `json:"password_max_age_days"`    // password-expiry
	RoleUnusedDays        int `json:"role_unused_days"`         // role-unused
	MaxAdmins             int `json:"max_admins"`               // admin-count, users and roles together

	SSHKeyMaxAgeDays             int `json:"ssh_key_max_age_days"`             // ssh-key-age
	GitCredentialMaxAgeDays      int `json:"git_credential_max_age_days"`      // git-credential-age
	APIKeyMaxAgeDays             int `json:"api_key_max_age_days"`             // api-key-expiry, from now to its end
	SigningCertificateMaxAgeDays int `json:"signing_certificate_max_age_days"` // signing-certificate
}

// DefaultThresholds are those of the CIS benchmark where it has one.
func DefaultThresholds() Thresholds {
	return Thresholds{
		RootUnusedDays:        90,
		UserInactiveDays:      90,
		AccessKeyMaxAgeDays:   90,
		AccessKeyUnusedDays:   45,
		AccessKeyInactiveDays: 30,
		AccessKeySetupMinutes: 5,
		PasswordUnusedDays:    45,
		PasswordUnclaimedDays: 7,
		PasswordMinLength:     14,
		PasswordReuse:         24,
		PasswordMaxAgeDays:    90,
		RoleUnusedDays:        90,
		MaxAdmins:             5,

		SSHKeyMaxAgeDays:             365,
		GitCredentialMaxAgeDays:      90,
		APIKeyMaxAgeDays:             365,
		SigningCertificateMaxAgeDays: 365,
	}
}

// UserThresholds are thresholds of their own for some users. Values holds them by the names of the JSON form, of those
// alone that concern single users.
type UserThresholds struct {
	// Users are globs of user names, or tag:KEY=VALUE.
	Users  []string       `json:"users"`
	Values map[string]int `json:"thresholds"`
	// Matched is, in a report, how many users they are; nil where that isn't known.
	Matched *int `json:"matched,omitempty"`
}

// userThresholds are the thresholds that concern single users.
var userThresholds = map[string]func(*Thresholds) *int{
	"user_inactive_days":               func(t *Thresholds) *int { return &t.UserInactiveDays },
	"access_key_max_age_days":          func(t *Thresholds) *int { return &t.AccessKeyMaxAgeDays },
	"access_key_unused_days":           func(t *Thresholds) *int { return &t.AccessKeyUnusedDays },
	"access_key_inactive_days":         func(t *Thresholds) *int { return &t.AccessKeyInactiveDays },
	"access_key_setup_minutes":         func(t *Thresholds) *int { return &t.AccessKeySetupMinutes },
	"password_unused_days":             func(t *Thresholds) *int { return &t.PasswordUnusedDays },
	"password_unclaimed_days":          func(t *Thresholds) *int { return &t.PasswordUnclaimedDays },
	"ssh_key_max_age_days":             func(t *Thresholds) *int { return &t.SSHKeyMaxAgeDays },
	"git_credential_max_age_days":      func(t *Thresholds) *int { return &t.GitCredentialMaxAgeDays },
	"api_key_max_age_days":             func(t *Thresholds) *int { return &t.APIKeyMaxAgeDays },
	"signing_certificate_max_age_days": func(t *Thresholds) *int { return &t.SigningCertificateMaxAgeDays },
}

// UserThresholdNames lists the thresholds that can be set for single users, sorted.
func UserThresholdNames() []string { return slices.Sorted(maps.Keys(userThresholds)) }

// ThresholdsOf returns the thresholds that hold for a user, and false where only tags could tell and they weren't read:
// then the user is answered unknown already, and Check must go on to the next one. Of several entries that match, the
// first that names a threshold counts.
func (p *Pass) ThresholdsOf(u *account.User) (Thresholds, bool) {
	return p.Settings.thresholdsOf(u, p.Thresholds, func() bool { return p.Require(u, account.UserTags) })
}

// thresholdsOf is the same of general thresholds. Where only tags could tell, unsure says whether to go on.
func (s Settings) thresholdsOf(u *account.User, thresholds Thresholds, unsure func() bool) (Thresholds, bool) {
	for _, entry := range slices.Backward(s.UserThresholds) {
		is, known := matchesUser(entry.Users, u)
		if !known && !unsure() {
			return thresholds, false
		}
		if is {
			for name, value := range entry.Values {
				*userThresholds[name](&thresholds) = value
			}
		}
	}
	return thresholds, true
}

// counted says of each entry how many users it concerns, as far as that is known: an entry that concerns nobody may be
// a typing error.
func counted(entries []UserThresholds, a *account.Account) []UserThresholds {
	out := slices.Clone(lists.OrEmpty(entries))
	for i := range out {
		matched, sure := 0, a.UserCount.OK()
		for _, u := range a.Users {
			is, known := matchesUser(out[i].Users, u)
			sure = sure && known
			if is {
				matched++
			}
		}
		if sure {
			out[i].Matched = &matched
		}
	}
	return out
}
