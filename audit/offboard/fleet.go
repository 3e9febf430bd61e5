package offboard

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"sekisho/audit"
	"sekisho/audit/account"
	"sekisho/audit/message"
)

// FleetSchema identifies the JSON form of a Fleet. Added keys are no new version.
const FleetSchema = "sekisho/fleet-offboard/v1"

// Fleet is the answer about people in many accounts.
type Fleet struct {
	Schema string     `json:"schema"`
	Tool   audit.Tool `json:"tool"`
	Demo   bool       `json:"demo,omitempty"`
	// AsOf is when what a run kept was read; nil where every account was asked live.
	AsOf *time.Time `json:"as_of,omitempty"`
	// ByTags is set where users were looked for by their tags, too, not by their names alone.
	ByTags   bool           `json:"by_tags"`
	Center   Center         `json:"identity_center"`
	People   []FleetPerson  `json:"people"`
	Accounts []FleetAccount `json:"accounts"`
}

// Center is what IAM Identity Center says of the people.
type Center struct {
	// Read is set where its list of users was read whole.
	Read    bool            `json:"read"`
	Message string          `json:"message"`
	Text    message.Message `json:"text"`
	// AsOf is when it was read, where that was not now.
	AsOf  *time.Time    `json:"as_of,omitempty"`
	Users []CenterMatch `json:"users"`
	// Failed is set where it should have been read and was not.
	Failed bool `json:"failed,omitempty"`
}

// CenterMatch is a user of Identity Center who is taken for a person.
type CenterMatch struct {
	Query   string `json:"query"`
	Name    string `json:"name"`
	Email   string `json:"email,omitempty"`
	Enabled bool   `json:"enabled"` // unless AWS says that the user is disabled
}

// FleetAccount is what one account says.
type FleetAccount struct {
	ID    string `json:"id"`
	Name  string `json:"name,omitempty"`
	Place string `json:"place,omitempty"`
	State State  `json:"state"`
	// Text says why it is unknown or was not asked.
	Message string          `json:"message,omitempty"`
	Text    message.Message `json:"text,omitzero"`
	Hint    string          `json:"hint,omitempty"`
	// Report is about those of the people whom the account knows; nil where it knows nobody.
	Report *Report `json:"report,omitempty"`
}

// State is whether an account answered.
type State string

// The states.
const (
	Asked    State = "answered"
	Failed   State = "unknown"
	NotAsked State = "not_asked" // nobody meant to
)

// FleetPerson is the answer about one person in all accounts.
type FleetPerson struct {
	Query   string          `json:"query"`
	Line    int             `json:"line,omitempty"` // in the list of leavers
	Verdict Verdict         `json:"verdict"`
	Summary message.Message `json:"summary"`
	// Everywhere is set where the person was found and is out of every account: each answered, and Identity Center did.
	Everywhere bool `json:"out_of_every_account"`
	// The IDs of the accounts, by what they say.
	Active   []string `json:"active_in"`
	Disabled []string `json:"disabled_in"`
	Unknown  []string `json:"unknown_in"`
	Gone     []string `json:"gone_from"`
	NotFound int      `json:"not_found_in"` // how many accounts have no such user
	NotAsked int      `json:"not_asked"`    // how many accounts nobody asked
	// Severity is "critical" where something of theirs was used after their last day, in any account.
	Severity string `json:"severity,omitempty"`
	// Near are users with a similar name, in accounts that have nobody of the name; none is taken for the person.
	Near []Near `json:"near"`
}

// Near is a user whose name is similar to one that was asked for.
type Near struct {
	Account string `json:"account"`
	Name    string `json:"name"`
}

// In reports whether a person can be in an account: an ARN is of one alone.
func (p *Person) In(accountID string) bool {
	of := p.account()
	return of == "" || of == accountID
}

// account is the number in the ARN by which the person was named; "" where there is none.
func (p *Person) account() string {
	arn, _ := account.ParseARN(p.ARN)
	return arn.Account
}

// Names are those of the users to ask an account for, where names alone tell whether it knows the person: in other letters
// than a user has them AWS may know nobody of a name. There are none where a unique ID or an address tells, too.
func (p *Person) Names() []string {
	lower := strings.ToLower(p.User)
	switch {
	case p.User == "" || p.UniqueID != "" || p.asked != "":
		return nil
	case lower != p.User:
		return []string{p.User, lower}
	}
	return []string{p.User}
}

// Match finds the person among users of Identity Center, by name or address, or by what stands in them before the @:
// people have an address there where IAM has a name alone.
func (p *Person) Match(name, email string) bool {
	for _, asked := range []string{p.User, p.Tag} {
		for _, of := range []string{name, email} {
			local, _, _ := strings.Cut(of, "@")
			mine, _, isAddress := strings.Cut(asked, "@")
			if asked != "" && (strings.EqualFold(asked, of) || !isAddress && strings.EqualFold(asked, local) || strings.EqualFold(mine, of)) {
				return true
			}
		}
	}
	return false
}

// Sum says of each person what all accounts say together.
func (f *Fleet) Sum(people []Person) {
	f.People = []FleetPerson{}
	for i := range people {
		f.People = append(f.People, f.person(&people[i]))
	}
}

func (f *Fleet) person(p *Person) FleetPerson {
	r := FleetPerson{Query: p.Query, Line: p.Line, Active: []string{}, Disabled: []string{}, Unknown: []string{}, Gone: []string{}, Near: []Near{}}
	of := 0
	for i := range f.Accounts {
		a := &f.Accounts[i]
		if !p.In(a.ID) {
			continue
		}
		of++
		switch a.State {
		case NotAsked:
			r.NotAsked++
		case Failed:
			r.Unknown = append(r.Unknown, a.ID)
		default:
			r.add(a.ID, a.about(p))
		}
	}
	enabled := slices.ContainsFunc(f.Center.Users, func(u CenterMatch) bool { return u.Query == p.Query && u.Enabled })
	if of == 0 && p.account() != "" && !enabled {
		r.Verdict = Unknown
		r.Summary = message.New("the ARN is of the account %s, which is none of those that were looked through", p.account())
		return r
	}
	r.decide(enabled, f.Center, f.ByTags)
	return r
}

// about is what the account says of a person; it knows nobody of whom its report says nothing.
func (a *FleetAccount) about(p *Person) *PersonResult {
	if a.Report != nil {
		for i := range a.Report.People {
			if of := &a.Report.People[i]; of.Query == p.Query && of.Line == p.Line {
				return of
			}
		}
	}
	return &PersonResult{Verdict: NotFound}
}

func (r *FleetPerson) add(id string, of *PersonResult) {
	if of.Severity == Critical {
		r.Severity = Critical
	}
	switch of.Verdict {
	case Active:
		r.Active = append(r.Active, id)
	case Disabled:
		r.Disabled = append(r.Disabled, id)
	case Gone:
		r.Gone = append(r.Gone, id)
	case NotFound:
		r.NotFound++
		if of.Nearest != "" {
			r.Near = append(r.Near, Near{id, of.Nearest})
		}
	default:
		r.Unknown = append(r.Unknown, id)
	}
}

// decide lets the worst account decide: what is not known before what is well.
func (r *FleetPerson) decide(enabled bool, center Center, byTags bool) {
	in := func(ids []string) message.Count { return message.Plural(len(ids), "%d account", "%d accounts") }
	var others, known, rest []message.Message
	if n := len(r.Unknown); n > 0 {
		known = append(known, message.New("not known in %s", in(r.Unknown)))
	}
	if r.NotFound > 0 {
		rest = append(rest, message.New("no such user in %s", message.Plural(r.NotFound, "%d account", "%d accounts")))
	}
	if r.NotAsked > 0 {
		others = append(others, message.New("%s", message.Plural(r.NotAsked, "%d account was not asked", "%d accounts were not asked")))
	}
	if !center.Read {
		others = append(others, message.New("Identity Center was not read"))
	}
	answers := len(r.Active) + len(r.Disabled) + len(r.Gone) + r.NotFound
	out := false
	switch {
	case enabled && center.AsOf == nil:
		r.Verdict = Active
		if len(r.Active) > 0 {
			known = append([]message.Message{message.New("a way in is left in %s", in(r.Active))}, known...)
		}
		r.Summary = joined(message.New("is an enabled user of Identity Center"), known)
	case len(r.Active) > 0:
		r.Verdict = Active
		r.Summary = joined(message.New("a way in is left in %s", in(r.Active)), known)
	case enabled:
		r.Verdict = Unknown
		r.Summary = joined(message.New("was an enabled user of Identity Center at %s", message.At(*center.AsOf)), known)
	case len(r.Unknown) > 0:
		r.Verdict = Unknown
		r.Summary = message.New("not known in %s: out of every account is only who is out by the answers of all", in(r.Unknown))
	case answers == 0:
		r.Verdict = Unknown
		r.Summary = message.New("not known in any account")
	case center.Failed:
		r.Verdict = Unknown
		r.Summary = message.New("no way in is left in accounts, and whether Identity Center has one is not known")
	case len(r.Disabled) > 0:
		r.Verdict, out = Disabled, true
		r.Summary = joined(message.New("no way in is left; the user is still there in %s", in(r.Disabled)), rest)
	case len(r.Gone) > 0:
		r.Verdict, out = Gone, true
		r.Summary = joined(message.New("gone from %s", in(r.Gone)), rest)
	case byTags:
		r.Verdict = NotFound
		r.Summary = message.New("%s, and nothing proves that there was one: is the name right?", message.Parts(rest...))
	default:
		r.Verdict = NotFound
		r.Summary = message.New("%s, and nothing proves that there was one: is the name right? --tags looks for similar names and for tags, too", message.Parts(rest...))
	}
	if r.Everywhere = out && len(others) == 0; r.Everywhere {
		r.Summary = message.New("out of every account: %s", r.Summary)
	} else {
		r.Summary = joined(r.Summary, others)
	}
}

// joined is what is said first, and what else.
func joined(first message.Message, more []message.Message) message.Message {
	if len(more) == 0 {
		return first
	}
	return message.New("%s; %s", first, message.Parts(more...))
}

// Worst is the verdict that decides about everybody.
func (f *Fleet) Worst() Verdict {
	rank := map[Verdict]int{Active: 4, Unknown: 3, NotFound: 2, Disabled: 1}
	if len(f.People) == 0 {
		return Unknown
	}
	return slices.MaxFunc(f.People, func(x, y FleetPerson) int { return cmp.Compare(rank[x.Verdict], rank[y.Verdict]) }).Verdict
}

// AsOfThen reads an answer of what was kept: that nobody asked AWS again for a user whom a whole list lacks makes the user
// not known, and is all that can be had later. It says no such user as of then, and never gone.
func (r *Report) AsOfThen(complete bool) {
	for i := range r.People {
		p := &r.People[i]
		unread := slices.ContainsFunc(p.Gaps, func(g Gap) bool { return g.Section != account.UserSection })
		if p.Verdict == Unknown && complete && len(p.Accounts) == 0 && len(p.WaysIn) == 0 && len(p.Mentions) == 0 && !unread {
			p.Verdict, p.Gaps = NotFound, []Gap{}
			p.Summary = message.New("no such user in the list of users as it was then; nobody asks AWS again for the name")
		}
	}
}
