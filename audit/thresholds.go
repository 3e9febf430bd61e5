package audit

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
	}
}
