package wording

import (
	"fmt"

	"sekisho/audit"
)

// Depth says how deep a run looked and whether each user was read live: "standard", "deep, every user read live". It is
// empty where a report doesn't say.
func Depth(r *audit.Report) string {
	text := string(r.Depth.Ran)
	switch {
	case r.Depth.Requested != audit.DepthAuto:
	case r.Depth.Ran == audit.DepthDeep:
		text += fmt.Sprintf(" (auto: no more than %d users)", audit.AutoDeepUsers)
	default:
		text += fmt.Sprintf(" (auto: not known to have %d users or fewer)", audit.AutoDeepUsers)
	}
	switch {
	case !r.Configuration.Fresh:
		return text
	case text != "":
		text += ", "
	}
	if readLive(r) {
		return text + "every user read live"
	}
	return text + "every user asked for live, but not all was answered"
}

// readLive reports whether all that was asked of single users was answered.
func readLive(r *audit.Report) bool {
	for _, g := range r.Gaps {
		if g.Section.PerUser() {
			return false
		}
	}
	return len(r.Declined) == 0 && len(r.Users) > 0
}

// NoCredentialReport says of a run without a credential report where what it tells of users comes from.
func NoCredentialReport(r *audit.Report) string {
	for _, action := range []string{"iam:GetLoginProfile", "iam:ListMFADevices", "iam:ListAccessKeys"} {
		if r.Calls.ByAction[action] > 0 {
			return "not read; single users were read live"
		}
	}
	return "not read"
}

// NotLooked parts the rules that did not run: those that a standard run leaves out for what they cost, and the others.
func NotLooked(list []audit.NotSelected) (costly, others []audit.NotSelected) {
	for _, n := range list {
		if n.Cost != nil {
			costly = append(costly, n)
		} else {
			others = append(others, n)
		}
	}
	return costly, others
}
