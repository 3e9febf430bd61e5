package wording

import (
	"time"

	"sekisho/audit"
	"sekisho/audit/account"
	"sekisho/audit/message"
	"slices"
)

// Depth says how deep a run looked and whether each user was read live: "standard", "deep, every user read live". It is
// empty where a report doesn't say.
func Depth(r *audit.Report) message.Message {
	depth := message.Message{}.Or(string(r.Depth.Ran))
	switch {
	case r.Depth.Requested != audit.DepthAuto:
	case r.Depth.Ran == audit.DepthDeep:
		depth = message.New("%s (auto: no more than %d users)", r.Depth.Ran, audit.AutoDeepUsers)
	case len(r.Users) > audit.AutoDeepUsers:
		depth = message.New("%s (auto: more than %d users)", r.Depth.Ran, audit.AutoDeepUsers)
	default:
		depth = message.New("%s (auto: not known to have %d users or fewer)", r.Depth.Ran, audit.AutoDeepUsers)
	}
	live := message.New("every user asked for live, but not all was answered")
	if readLive(r) {
		live = message.New("every user read live")
	}
	if !r.Configuration.Fresh {
		return depth
	}
	return message.Joined("%s, %s", depth, live)
}

// Age says how old something is.
func Age(d time.Duration) message.Message {
	switch minutes := int(d.Minutes()); {
	case minutes < 1:
		return message.New("new")
	case minutes < 60:
		return message.New("%d min old", minutes)
	case minutes < 48*60:
		return message.New("%d h %d min old", minutes/60, minutes%60)
	default:
		return message.New("%s old", message.Days(minutes/(24*60)))
	}
}

// readLive reports whether all that was asked of single users was answered.
func readLive(r *audit.Report) bool {
	ofUser := func(g account.Gap) bool { return g.Section.PerUser() }
	return len(r.Declined) == 0 && len(r.Users) > 0 && !slices.ContainsFunc(r.Gaps, ofUser)
}

// NoCredentialReport says of a run without a credential report where what it tells of users comes from.
func NoCredentialReport(r *audit.Report) message.Message {
	for _, action := range []string{"iam:GetLoginProfile", "iam:ListMFADevices", "iam:ListAccessKeys"} {
		if r.Calls.ByAction[action] > 0 {
			return message.New("not read; single users were read live")
		}
	}
	return message.New("not read")
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
