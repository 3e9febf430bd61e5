package audit

import (
	"math"
	"slices"

	"sekisho/audit/account"
	"sekisho/audit/message"
)

// Depth says whether a run looks at what costs a call for each user or each region.
type Depth string

// The depths. The zero value is as DepthStandard.
const (
	DepthStandard Depth = "standard" // bulk answers, and single users where a verdict hangs on one
	DepthDeep     Depth = "deep"     // each user and each region as well
	DepthAuto     Depth = "auto"     // deep for up to AutoDeepUsers users, else standard
)

// AutoDeepUsers is up to how many users DepthAuto looks at each.
const AutoDeepUsers = 200

// callsPerSecond is what IAM is known to bear for long without throttling (iam-facts: trouble at 5 to 10 a second).
const callsPerSecond = 5

// regionsByDefault is how many regions an account of the partition aws has without opting in to any.
const regionsByDefault = 17

// Depths lists the depths that can be asked for.
func Depths() []string {
	return []string{string(DepthStandard), string(DepthDeep), string(DepthAuto)}
}

// Sweep is what a rule must look at one by one, which a standard run doesn't.
type Sweep string

// The sweeps.
const (
	SweepNone    Sweep = ""
	SweepUsers   Sweep = "users"   // a call for each user
	SweepRegions Sweep = "regions" // a call for each enabled region
)

// DepthResult says how deep a run looked.
type DepthResult struct {
	Requested Depth `json:"requested"`
	Ran       Depth `json:"ran"` // standard or deep
}

// Cost is what looking would take: so many calls, one for each user or each region. Minutes are at the rate that IAM
// allows for long, 5 calls a second. Both are 0 where the number of users isn't known.
type Cost struct {
	Each    string `json:"each"` // "user" or "region"
	Calls   int    `json:"calls"`
	Minutes int    `json:"minutes"`
}

// Text says what looking would take, as far as that is known.
func (c Cost) Text() message.Message {
	each := message.New("a call for each user")
	if c.Each == "region" {
		each = message.New("a call for each region")
	}
	if c.Calls == 0 {
		return each
	}
	return message.New("%s, about %s and %d min", each, message.Plural(c.Calls, "%d call", "%d calls"), c.Minutes)
}

// depthOf decides how deep to look at an account.
func depthOf(requested Depth, a *account.Account) DepthResult {
	d := DepthResult{Requested: requested, Ran: DepthStandard}
	if d.Requested == "" {
		d.Requested = DepthStandard
	}
	users, known := a.UserCount.Get()
	if requested == DepthDeep || requested == DepthAuto && known && users <= AutoDeepUsers {
		d.Ran = DepthDeep
	}
	return d
}

// swept reports whether a snapshot has anything of what a sweep looks at, or a word on why not.
func swept(s *account.Snapshot, a *account.Account, sweep Sweep) bool {
	section := account.SSHPublicKeysSection
	if sweep == SweepRegions {
		section = account.AccessAnalyzersSection
		if s.AccessAnalyzers != nil {
			return true
		}
	}
	for _, answers := range s.PerUser {
		if sweep == SweepUsers && answers.SSHPublicKeys != nil {
			return true
		}
	}
	users, known := a.UserCount.Get()
	nobody := known && users == 0
	return sweep == SweepUsers && nobody || slices.ContainsFunc(s.Gaps, func(g account.Gap) bool { return g.Section == section }) ||
		slices.ContainsFunc(s.Declined, func(d account.Decline) bool { return d.Section == section })
}

// notLooked is the entry of a rule that a standard run leaves out.
func notLooked(r *Rule, a *account.Account) NotSelected {
	cost := costOf(r.Sweep, a)
	return leftOut(r, &cost, message.New("not looked at in a standard run: it takes %s (--depth deep)", cost.Text()))
}

func costOf(sweep Sweep, a *account.Account) Cost {
	cost := Cost{Each: "user"}
	switch users, known := a.UserCount.Get(); {
	case sweep == SweepRegions:
		cost = Cost{Each: "region", Calls: 1 + regionsByDefault}
	case known:
		cost.Calls = users
	}
	cost.Minutes = int(math.Ceil(float64(cost.Calls) / callsPerSecond / 60))
	return cost
}
