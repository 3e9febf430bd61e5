package rules

import (
	"sekisho/audit"
	"sekisho/audit/account"
	"sekisho/audit/change"
)

// by gives a fix its changes.
func by(fix audit.Fix, changes func(*audit.Fixing, *audit.Finding) []change.Change) audit.Fix {
	fix.Changes = changes
	return fix
}

// byPerson gives a fix the one change that only a person can make.
func byPerson(fix audit.Fix, action string) audit.Fix {
	return by(fix, func(*audit.Fixing, *audit.Finding) []change.Change { return []change.Change{change.New(action)} })
}

// waitDays is how long something that was deactivated stays, before it is deleted.
const waitDays = 14

// retired takes a credential of a user away: deactivated where it is active, waited for, deleted.
func retired(noun, user, id string, active bool) []change.Change {
	gone := change.New("iam:Delete"+noun, user, id)
	if !active {
		return []change.Change{gone}
	}
	return []change.Change{change.New("iam:Update"+noun, user, id, "Inactive"), change.New("person:Wait", waitDays), gone}
}

// retireKey takes the access key of the failure away.
func retireKey(_ *audit.Fixing, f *audit.Finding) []change.Change {
	return retired("AccessKey", f.Name, f.Item, true)
}

// wholePasswordPolicy sets all that the rules want of the password policy, and leaves the rest as it is.
func wholePasswordPolicy(on *audit.Fixing, _ *audit.Finding) []change.Change {
	p := account.PasswordPolicy{}
	if set := on.Account.PasswordPolicy.Value(); set != nil {
		p = *set
	}
	p.MinimumPasswordLength = max(p.MinimumPasswordLength, int32(on.Thresholds.PasswordMinLength))
	p.PasswordReusePrevention = max(p.PasswordReusePrevention, int32(on.Thresholds.PasswordReuse))
	p.RequireUppercase, p.RequireLowercase, p.RequireNumbers, p.RequireSymbols = true, true, true, true
	p.AllowUsersToChangePassword, p.HardExpiry = true, false
	return []change.Change{change.PasswordPolicy(p)}
}
