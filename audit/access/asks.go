package access

import (
	"slices"
	"strings"

	"sekisho/audit/policy"
)

// AsksForMFA reports whether a statement's condition hangs on MFA.
func AsksForMFA(st *policy.Statement) bool {
	return slices.ContainsFunc(st.Conditions, func(c policy.Condition) bool {
		return strings.EqualFold(c.Key, keyMFAPresent) || strings.EqualFold(c.Key, keyMFAAge)
	})
}

// HasMFADeny reports whether a document has a Deny that asks for MFA.
func HasMFADeny(d *policy.Document) bool {
	return slices.ContainsFunc(d.Statements, func(st policy.Statement) bool { return st.Effect == policy.Deny && AsksForMFA(&st) })
}

// MentionsMFA reports whether a document has any statement that asks for MFA.
func MentionsMFA(d *policy.Document) bool {
	return slices.ContainsFunc(d.Statements, func(st policy.Statement) bool { return AsksForMFA(&st) })
}

// ManagesCredentials reports whether a document allows anything to be done with people's credentials.
func ManagesCredentials(d *policy.Document) bool {
	return slices.ContainsFunc(d.Statements, func(st policy.Statement) bool {
		return st.Effect == policy.Allow && slices.ContainsFunc(othersActions, st.MatchAction)
	})
}
