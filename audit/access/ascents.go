package access

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"sekisho/audit/account"
	"sekisho/audit/lists"
	"sekisho/audit/message"
	"sekisho/audit/policy"
)

// Standing says whether a principal can become an administrator, or come to another goal.
type Standing uint8

// The standings, in the order in which they are told.
const (
	CanAscend    Standing = iota // surely
	MayAscend                    // it hangs on something of which nothing is known
	Undetermined                 // what would have to be known isn't
	Already                      // it is one, or is there
	Inapplicable                 // nobody in the account acts as it
	CannotAscend                 // there is no way
	lastStanding = CannotAscend
)

// String is the word of JSON.
func (s Standing) String() string {
	return [...]string{"can", "possible", "unknown", "administrator", "not_applicable", "cannot"}[s]
}

// Ascent is whether one principal becomes an administrator, and how.
type Ascent struct {
	ARN      string // or what it was asked for by, where nobody knows whether it is there
	Standing Standing
	Chain    *Chain          // of CanAscend and MayAscend; it has no steps where the principal is there, possibly
	Why      message.Message // of Undetermined and Inapplicable
	Who      message.Message // of somebody from outside, whose ARN is these words
	Gap      bool            // it is Undetermined for a list that isn't complete
}

// Ascents are those of an account.
type Ascents struct {
	Account *account.Account
	To      string                // ARN of the user or role that they become, or what it was asked for by; empty: an administrator
	Counts  [lastStanding + 1]int // of all users and roles but service-linked ones
	List    []Ascent              // those who can or may ascend, or of whom it isn't known; or who were named
	Outside []Ascent              // of people from outside the account, by each role that lets them in; not counted
	Gaps    []message.Message     // lists that aren't complete
	Guarded bool                  // the organization's policies were given
	Named   bool                  // the list is of those who were named alone
}

// Whole reports whether all that was asked for is known.
func (a *Ascents) Whole() bool {
	unknown := func(a Ascent) bool { return a.Standing == Undetermined }
	return !slices.ContainsFunc(a.List, unknown) && (a.Named || len(a.Gaps) == 0)
}

// All is how many users and roles were judged.
func (a *Ascents) All() (n int) {
	for _, some := range a.Counts {
		n += some
	}
	return n
}

// NoPrincipalError says that a complete list has nobody of a name.
type NoPrincipalError struct {
	Name    string
	Nearest string // whose name is similar; empty: nobody's
}

func (e *NoPrincipalError) Error() string {
	return fmt.Sprintf("got the principal %q, want a user or role of the account: the lists are complete, and have none of that name", e.Name)
}

// Ascents tells of all users and roles, or of those who are named by user/NAME, role/NAME or an ARN, whether they become
// administrators, or the user or role that is named as the target: who does so surely first, then by the number of steps
// and by name.
func (x *Access) Ascents(names []string, target string) (*Ascents, error) {
	out := &Ascents{Account: x.Account, Named: len(names) > 0, Gaps: x.gaps(), Guarded: x.guardrails.Read || len(x.guardrails.SCPs) > 0}
	// In the order of the account, as rules judge: which of several ways that are as short is found must not vary.
	everybody := append(lists.Map(x.Account.Users, func(u *account.User) *Principal { return x.User(u.Name) }), x.Roles()...)
	asked, err := x.named(names)
	if err != nil {
		return nil, err
	}
	var to goal
	var missing *Ascent // the target, where nothing can be said of it
	if target != "" {
		found, err := x.named([]string{target})
		if err != nil {
			return nil, err
		}
		if out.To, to.whom = found[0].ARN, x.principal(found[0].ARN); to.whom == nil {
			missing = &found[0]
			out.Gaps = append(out.Gaps, missing.Why)
		}
	}
	var towards *graph
	if to.whom != nil {
		towards = x.towards(to)
	}
	ways := map[string]*Ascent{}
	for _, who := range everybody {
		is := Ascent{ARN: who.ARN}
		if missing != nil {
			is.Standing, is.Why = missing.Standing, missing.Why
		} else {
			is = who.ascent(towards)
		}
		out.Counts[is.Standing]++
		ways[who.ARN] = &is
		i := slices.IndexFunc(asked, func(a Ascent) bool { return a.ARN == who.ARN })
		switch {
		case i >= 0:
			asked[i] = is
		case !out.Named && is.Standing <= Undetermined:
			out.List = append(out.List, is)
		}
	}
	if out.List = append(out.List, asked...); !out.Named {
		out.Outside = x.outside(ways)
	}
	slices.SortFunc(out.List, func(a, b Ascent) int {
		return cmp.Or(cmp.Compare(a.Standing, b.Standing), cmp.Compare(a.steps(), b.steps()),
			strings.Compare(account.ShortARN(a.ARN), account.ShortARN(b.ARN)))
	})
	return out, nil
}

// Name is who it is of: somebody from outside, or a user or role.
func (a *Ascent) Name() message.Message {
	if !a.Who.Empty() {
		return a.Who
	}
	return message.New("%s", account.ShortARN(a.ARN))
}

// Actor is who does the n-th step.
func (a *Ascent) Actor(n int) message.Message {
	if n == 0 {
		return a.Name()
	}
	return message.New("%s", account.ShortARN(a.Chain.Steps[n].From))
}

func (a *Ascent) steps() int {
	if a.Chain == nil {
		return 0
	}
	return len(a.Chain.Steps)
}

// unconditional is what is known of nobody's session.
var unconditional = message.New("conditions of which nothing is known")

// HangsOn is what a step hangs on; empty where it is sure.
func (s *Step) HangsOn() message.Message {
	if s.Sure || !s.On.Empty() {
		return s.On
	}
	return unconditional
}

// HangsOn is what the end of a chain hangs on, where none of its steps hangs on anything; empty where it is sure.
func (a *Ascent) HangsOn() message.Message {
	unsure := func(s Step) bool { return !s.Sure }
	if a.Standing != MayAscend || slices.ContainsFunc(a.Chain.Steps, unsure) {
		return message.Message{}
	}
	return message.New("what %s may do hangs on %s", account.ShortARN(a.Chain.To), unconditional)
}

var listNames = [...]message.Message{message.New("the list of users"), message.New("the list of roles")}

// missingLists says of the lists of users and roles why they aren't complete; empty where they are.
func (x *Access) missingLists() (why [2]message.Message) {
	for i, list := range []account.Known[int]{x.Account.UserCount, x.Account.RoleCount} {
		if !list.OK() {
			why[i] = list.Missing().Message()
		}
	}
	return why
}

// gaps says of the lists of users and roles which aren't complete.
func (x *Access) gaps() (out []message.Message) {
	for what, missing := range x.missingLists() {
		if !missing.Empty() {
			out = append(out, message.New("%s is not complete: %s", listNames[what], missing))
		}
	}
	if gap := x.guardrails.Gap; !gap.Empty() {
		out = append(out, gap)
	}
	return out
}

// Ascent judges one principal.
func (w *Principal) Ascent() Ascent { return w.ascent(nil) }

// ascent judges one principal, by the ways to an administrator's rights or by a graph of others: a chain stands whatever
// isn't known, and none is said only where all is.
func (w *Principal) ascent(towards *graph) Ascent {
	is := Ascent{ARN: w.ARN}
	if towards != nil && w == towards.goal.whom {
		is.Standing = Already
		return is
	}
	if why, not := w.Undecided(); not {
		is.Standing, is.Why = Undetermined, why
		return is
	}
	var power *Power
	if towards == nil {
		power = w.Power()
	} else {
		power = towards.powerOf(w)
	}
	gaps := w.access.gaps()
	switch {
	case power.Is == policy.Yes:
		is.Standing = Already
	case power.Chain != nil && power.Chain.Sure:
		is.Standing, is.Chain = CanAscend, power.Chain
	case power.Is == policy.Maybe:
		is.Standing, is.Chain = MayAscend, &Chain{To: w.ARN}
	case power.Chain != nil:
		is.Standing, is.Chain = MayAscend, power.Chain
	case !power.Cut.Empty():
		is.Standing, is.Why = Undetermined, power.Cut
	case len(gaps) > 0: // one that isn't known may be an administrator
		is.Standing, is.Why, is.Gap = Undetermined, gaps[0], true
	default:
		is.Standing = CannotAscend
	}
	return is
}

// named finds those who are asked for, with what is to be said of those who can't be judged.
func (x *Access) named(names []string) (found []Ascent, err error) {
	var candidates []string
	arns := map[string]string{}
	add := func(kind, name, arn string) {
		candidates = append(candidates, kind+name)
		for _, form := range []string{kind + name, account.ShortARN(arn), arn} {
			arns[form] = arn
		}
	}
	for _, u := range x.Account.Users {
		add("user/", u.Name, u.ARN)
	}
	for _, r := range x.Account.Roles {
		add("role/", r.Name, r.ARN)
	}
	missing := x.missingLists()
	for _, name := range names {
		arn, list := arns[name], 0
		if strings.HasPrefix(account.ShortARN(name), "role/") {
			list = 1
		}
		is := Ascent{ARN: cmp.Or(arn, name)}
		switch {
		case arn != "":
			is.Standing, is.Why = Inapplicable, message.New("a service-linked role: AWS alone acts as it, and nobody in the account changes it")
		case !missing[list].Empty():
			is.Standing, is.Why = Undetermined, message.New("%s has nobody of that name, and is not complete: %s", listNames[list], missing[list])
		default:
			nobody := &NoPrincipalError{Name: name}
			if i := lists.Nearest(name, candidates); i >= 0 {
				nobody.Nearest = candidates[i]
			}
			return nil, nobody
		}
		if !slices.ContainsFunc(found, func(a Ascent) bool { return a.ARN == is.ARN }) {
			found = append(found, is)
		}
	}
	return found, nil
}
