package offboard

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"sekisho/audit/account"
	"sekisho/audit/message"
)

// Check answers about each person, and says what has to be read for a better answer: nothing, once it was all read or
// refused. It is a function of its arguments alone. Where it is interrupted, there is neither answer nor wants.
func Check(s *account.Snapshot, people []Person, o Options) (*Report, []account.Want) {
	if o.Zone == nil {
		o.Zone = time.UTC
	}
	c := &checker{records: newRecords(s), o: o, asked: map[account.Want]bool{}, matched: map[string]bool{}}
	if o.Since != nil {
		c.since = newRecords(o.Since).everybody()
	}
	r := &Report{
		Schema: Schema, Tool: o.Tool, Account: AccountInfo{s.Caller.AccountID, s.Caller.Partition}, Demo: s.Origin == "demo",
		Caller: s.Caller.ARN, TakenAt: s.TakenAt, TimeZone: o.Zone.String(), MatchTags: o.MatchTags,
		People: []PersonResult{}, Orphans: c.records.orphans(), Checklist: checklist(o.DevicesOnly), Calls: s.Calls,
		Notes: c.records.access.Account.Notes, Endpoints: s.Endpoints, Tolerated: s.Tolerated,
	}
	if o.Since != nil {
		r.Since = &o.Since.TakenAt
	}
	if r.MatchTags == nil {
		r.MatchTags = []string{}
	}
	for i := range people {
		if o.Interrupted.Now() {
			return nil, nil
		}
		r.People = append(r.People, c.person(&people[i]))
	}
	for i, orphan := range r.Orphans {
		for _, p := range r.People {
			if slices.ContainsFunc(p.Known, func(known Identity) bool { return known.ID == orphan.ID }) {
				r.Orphans[i].Query = p.Query
			}
		}
	}
	if o.Staff != nil {
		r.Staff = c.staff(o.Staff)
	}
	if o.Interrupted.Now() {
		return nil, nil
	}
	return r, c.wants
}

// checker is a check under way.
type checker struct {
	*records
	since    []*user // everybody whom the earlier snapshot knew
	o        Options
	policies []identityPolicy // made on first use
	wants    []account.Want
	asked    map[account.Want]bool
	matched  map[string]bool // the names of the users who were asked about
}

func (c *checker) want(wants ...account.Want) {
	for _, w := range wants {
		if !c.asked[w] {
			c.asked[w] = true
			c.wants = append(c.wants, w)
		}
	}
}

// match is a user who is taken for a person, and by what.
type match struct {
	*user
	by       string
	namesake bool
}

func (c *checker) person(p *Person) PersonResult {
	r := PersonResult{
		Query: p.Query, Line: p.Line, Users: []string{}, Accounts: []UserFacts{}, WaysIn: []Entry{}, LeftOver: []Entry{},
		Mentions: []Mention{}, Notes: []message.Message{}, Gaps: []Gap{},
	}
	if p.LastDay != nil {
		r.LastDay = p.LastDay.String()
	}
	if arn, err := account.ParseARN(p.ARN); err == nil && arn.Account != c.s.Caller.AccountID {
		r.Verdict = NotFound
		r.Summary = message.New("the ARN is of the account %s, and this is %s", arn.Account, c.s.Caller.AccountID)
		return r
	}
	r.Known = c.known(p)
	matches := c.matches(p, r.Known, &r)
	for _, m := range matches {
		r.Users = append(r.Users, m.arn)
		c.matched[m.name] = true
		facts := c.facts(m.user, m.by, c.o.Settings)
		facts.Namesake = m.namesake
		facts.OtherOwner = c.otherOwner(p, r.Known, m.user)
		if facts.OtherOwner != "" {
			r.Notes = append(r.Notes, message.New("by its tags the user %s is also %s's: a plan leaves it alone unless the user itself is named", m.name, facts.OtherOwner))
		}
		r.Accounts = append(r.Accounts, facts)
	}
	c.alike(p, matches, &r)
	if c.o.DevicesOnly {
		c.deviceOnly(&r, matches)
		return r
	}
	critical := false
	for i, m := range matches {
		c.want(c.wantsOf(m.user, userSections...)...)
		held := &credentials{v: c.records, u: m.user, denied: r.Accounts[i].Denied}
		if p.LastDay != nil && !m.namesake {
			end := p.LastDay.End(c.o.Zone)
			held.lastDay = &end
		}
		held.collect()
		r.WaysIn, r.LeftOver, r.Gaps = append(r.WaysIn, held.ways...), append(r.LeftOver, held.left...), append(r.Gaps, held.gaps...)
		critical = critical || held.critical
	}
	if critical {
		r.Severity = Critical
	}
	c.named(p, matches, &r)
	c.decide(p, matches, &r)
	return r
}

// known lists who a person was, as the earlier snapshot and the list of leavers tell.
func (c *checker) known(p *Person) (known []Identity) {
	for _, u := range c.since {
		if by, ok := p.is(u, c.o.MatchTags); ok {
			known = append(known, Identity{u.id, u.name, u.arn, "since", strings.HasPrefix(by, "tag ")})
		}
	}
	if p.UniqueID != "" && !slices.ContainsFunc(known, func(k Identity) bool { return k.ID == p.UniqueID }) {
		known = append(known, Identity{p.UniqueID, p.User, "", "leavers", false})
	}
	return known
}

// everybody lists the users that a snapshot knew, from whatever call.
func (v *records) everybody() []*user {
	users := slices.Clone(v.users)
	seen := map[string]bool{}
	for _, u := range users {
		seen[u.id] = true
	}
	if v.s.Users != nil {
		for _, listed := range v.s.Users.Value {
			if !seen[listed.ID] {
				seen[listed.ID] = true
				users = append(users, &user{name: listed.Name, id: listed.ID, arn: listed.ARN, created: listed.Created})
			}
		}
	}
	return users
}

// matches finds the users who are the person. A complete list tells that there is none; where it is not complete AWS is
// asked for the name.
func (c *checker) matches(p *Person, known []Identity, r *PersonResult) []match {
	var matches []match
	own := func(u *user) bool { return slices.ContainsFunc(known, func(k Identity) bool { return k.ID == u.id }) }
	// A namesake has the name of one who was known, and another unique ID. A list that tells an ID alone means the name
	// that was asked for.
	namesake := func(u *user) bool {
		return !own(u) && slices.ContainsFunc(known, func(k Identity) bool { return strings.EqualFold(cmp.Or(k.Name, u.name), u.name) })
	}
	for _, u := range c.users {
		by, ok := p.is(u, c.o.MatchTags)
		if !ok && slices.ContainsFunc(known, func(k Identity) bool { return k.Name != "" && strings.EqualFold(k.Name, u.name) }) {
			by, ok = "name", true
		}
		if own(u) {
			by, ok = cmp.Or(by, "unique-id"), true
		}
		if ok {
			matches = append(matches, match{u, by, by == "name" && namesake(u)})
		}
	}
	if c.complete {
		if len(matches) == 0 && !c.o.DevicesOnly {
			c.confirm(p, known, r)
		}
		return matches
	}
	r.Gaps = append(r.Gaps, c.gap(account.AuthorizationDetailsSection, ""))
	if len(matches) > 0 || p.User == "" {
		return matches
	}
	if u := c.lone(p.User); u != nil {
		return append(matches, match{u, "name", namesake(u)})
	}
	if _, failed := c.gaps[sectionOf{account.UserSection, p.User}]; !failed && (c.s.PerUser[p.User] == nil || c.s.PerUser[p.User].Gone == nil) {
		c.want(account.Want{Section: account.UserSection, User: p.User, Uncapped: true})
	}
	return matches
}

// confirm asks AWS once more for a user whom the list of users lacks. IAM is slow to agree with itself, and a new user
// may be missing from one answer and not from the next. An answer that knows the user contradicts the list.
func (c *checker) confirm(p *Person, known []Identity, r *PersonResult) {
	names := []string{p.User}
	if p.User == p.asked {
		names = nil // a unique ID is no name
	}
	for _, k := range known {
		names = append(names, k.Name)
	}
	asked := map[string]bool{"": true}
	for _, name := range names {
		answers := c.s.PerUser[name]
		_, failed := c.gaps[sectionOf{account.UserSection, name}]
		switch {
		case asked[strings.ToLower(name)], answers != nil && (answers.Gone != nil || answers.User != nil):
		case failed:
			r.Gaps = append(r.Gaps, c.gap(account.UserSection, name))
		default:
			c.want(account.Want{Section: account.UserSection, User: name, Uncapped: true})
			r.Gaps = append(r.Gaps, c.gap(account.UserSection, name))
		}
		asked[strings.ToLower(name)] = true
	}
}

// otherOwner returns who else a user belongs to by the tag that weighs most, where a tag alone, of today or of an
// earlier snapshot, makes it the person's user. Users are handed over, and a tag such as owner may name someone who
// answers for another person's user.
func (c *checker) otherOwner(p *Person, known []Identity, u *user) string {
	if u.detail == nil {
		return ""
	}
	if by, ok := p.is(u, c.o.MatchTags); ok && !strings.HasPrefix(by, "tag ") {
		return ""
	} else if !ok && slices.ContainsFunc(known, func(k Identity) bool { return k.ID == u.id && !k.byTag }) {
		return ""
	}
	tags := owners(u.detail.Tags, c.o.MatchTags)
	if len(tags) == 0 || strings.EqualFold(tags[0].Value, p.Tag) || strings.EqualFold(tags[0].Value, p.User) {
		return ""
	}
	return tags[0].Value
}

// named looks for everything that names the person.
func (c *checker) named(p *Person, matches []match, r *PersonResult) {
	var ids []identity
	add := func(id identity) {
		if id.name+id.id != "" && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	arn, own := "", []string{}
	for _, m := range matches {
		add(identity{m.name, m.id})
		own = append(own, m.arn)
		if len(matches) == 1 {
			arn = m.arn
		}
	}
	for _, k := range r.Known {
		add(identity{k.Name, k.ID})
	}
	add(identity{"", p.asked})
	if len(matches) == 0 {
		add(identity{p.User, ""})
	}
	if s := c.s.AuthorizationDetails; s != nil && len(ids) > 0 {
		ways, mentions, gaps := c.trusting(ids, arn)
		r.WaysIn, r.Mentions, r.Gaps = append(r.WaysIn, ways...), append(r.Mentions, mentions...), append(r.Gaps, gaps...)
		if c.policies == nil {
			c.policies = c.identityPolicies()
		}
		r.Mentions = append(r.Mentions, c.policiesNaming(c.policies, ids, own)...)
	}
	if d := c.s.VirtualMFADevices; d == nil || !d.Complete {
		r.Gaps = append(r.Gaps, c.gap(account.VirtualMFADevicesSection, ""))
	}
	r.Mentions = append(r.Mentions, c.devicesNaming(ids)...)
	if len(matches) == 0 {
		c.contradictions(ids, r)
	}
	r.Gaps = sortGaps(r.Gaps)
}

// contradictions are answers that know a user whom the list of users lacks: one of the two is older than the last
// change to the user.
func (c *checker) contradictions(ids []identity, r *PersonResult) {
	note := func(section account.Section, what message.Message) {
		r.Gaps = append(r.Gaps, c.gap(section, "").Because(contradiction, message.New("%s, and the list of users lacks that user", what)))
	}
	for _, id := range ids {
		is := func(name, unique string) bool {
			return id.id != "" && id.id == unique || id.name != "" && strings.EqualFold(name, id.name)
		}
		if a := c.s.Users; a != nil {
			for _, u := range a.Value {
				if is(u.Name, u.ID) {
					note(account.UsersSection, message.New("iam:ListUsers lists the user"))
				}
			}
		}
		for name, answers := range c.s.PerUser {
			if answers != nil && answers.Gone == nil && is(name, answers.ID) &&
				slices.ContainsFunc(userSections, func(section account.Section) bool { return c.s.Answered(section, name, answers.ID) }) {
				note(account.UserSection, message.New("answers about the user alone tell of one"))
			}
		}
		if a := c.s.ServiceCredentials; a != nil {
			for _, credential := range a.Value {
				if id.name != "" && strings.EqualFold(credential.User, id.name) {
					note(account.ServiceCredentialsSection, message.New("the service-specific credential %s is the user's", credential.ID))
				}
			}
		}
		if a := c.s.VirtualMFADevices; a != nil {
			for _, d := range a.Value {
				if o := d.Owner; o != nil && is(o.Name, o.ID) {
					note(account.VirtualMFADevicesSection, message.New("the virtual MFA device %s is the user's", d.Serial))
				}
			}
		}
	}
}

// contradiction is the code of a gap between two answers that can't both hold.
const contradiction = "Contradiction"

// decide gives the verdict and says it in a sentence.
func (c *checker) decide(p *Person, matches []match, r *PersonResult) {
	for _, m := range matches {
		if m.namesake {
			r.Notes = append(r.Notes, message.New("today's user %s (unique ID %s, created %s) is not the one who was known, has the same name, and is judged separately",
				m.name, m.id, m.created))
		} else if i := slices.IndexFunc(r.Known, func(k Identity) bool { return k.ID == m.id && k.Name != "" && !strings.EqualFold(k.Name, m.name) }); i >= 0 {
			r.Notes = append(r.Notes, message.New("the user was called %s and is called %s now", r.Known[i].Name, m.name))
		}
	}
	// A list that gives a unique ID and an address alone doesn't tell by which name policies could name the person.
	nameless := len(r.Known) > 0 && !slices.ContainsFunc(r.Known, func(k Identity) bool { return k.Name != "" })
	doubted := slices.ContainsFunc(r.Gaps, func(g Gap) bool { return g.Code == contradiction || g.Section == account.UserSection })
	switch {
	case len(r.WaysIn) > 0:
		r.Verdict = Active
		r.Summary = message.New("%s", message.Plural(len(r.WaysIn), "%d way in is left", "%d ways in are left"))
	case len(matches) == 0 && len(r.Known) == 0 && c.complete && !doubted:
		r.Verdict = NotFound
		r.Summary = message.New("there is no such user, and nothing that was given proves that there was one: is the name right?")
	case len(r.Gaps) > 0:
		r.Verdict = Unknown
		r.Summary = message.New("not known: %s was not read, or not wholly (%s)", r.Gaps[0].Section, r.Gaps[0].Code)
	case len(matches) > 0:
		r.Verdict = Disabled
		r.Summary = message.New("no way in is left; the user is still there")
	case nameless:
		r.Verdict = Unknown
		r.Summary = message.New("there is no such user; only the unique ID was given, so the name by which policies could name the user is not known")
	case len(r.Mentions) > 0:
		r.Verdict = Disabled
		r.Summary = message.New("the user is gone and nothing lets them in; what still names them applies to the next user of that name")
	default:
		r.Verdict = Gone
		r.Summary = message.New("the user is gone, and nothing names them by name, ARN or unique ID")
	}
}

// staff compares the users of the account with those who belong.
func (c *checker) staff(staff *Staff) *StaffResult {
	r := &StaffResult{Listed: len(staff.Rows), Complete: c.complete, Unknown: []StaffUser{}, Machines: []StaffUser{}, Gaps: []Gap{}}
	if !c.complete {
		r.Gaps = append(r.Gaps, c.gap(account.AuthorizationDetailsSection, ""))
	}
	values := staff.values(c.s.Caller.AccountID)
	for _, u := range c.users {
		is, note := explained(u.detail, values, c.o.MatchTags)
		one := StaffUser{u.arn, u.name, u.created, note}
		switch {
		case c.matched[u.name]:
		case is:
			r.Matched++
		case c.machine(u, c.o.Settings):
			r.Machines = append(r.Machines, one)
		default:
			r.Unknown = append(r.Unknown, one)
		}
	}
	return r
}
