package audit

import (
	"iter"
	"slices"
	"time"

	"sekisho/audit/access"
	"sekisho/audit/account"
	"sekisho/audit/message"
)

// Pass is all that a rule sees while it checks: the account, the thresholds, the settings, and where to put verdicts.
// It is of use only within the call of Check.
type Pass struct {
	Account    *account.Account
	Access     *access.Access // who may do what
	Thresholds Thresholds
	Settings   Settings
	// Now is when the snapshot was taken.
	Now time.Time

	rule         *Rule
	userNeeds    []account.Fact
	findings     []Finding
	passed       []string
	sources      map[Source]bool
	inapplicable map[string]*Inapplicable
	reasons      []string
	notes        map[string][]message.Message
	whole        map[string]*wholeGap
	wholeOrder   []string
	listed       map[account.Fact]bool
	deep         bool  // the run looks at each user
	fresh        *live // knows what the report alone tells, where every user was to be read live; else nil
	wants        map[account.Want]bool
	interrupted  Interrupted
	said         map[string]string // the messages of all rules, each once
}

// notJudged is the format of a finding that stands for several resources that were not judged, for one reason.
const notJudged = "%d resources not judged: %s"

// wholeGap gathers the resources that lack a fact for one and the same reason.
type wholeGap struct {
	text  message.Message
	count int
}

func newPass(rule *Rule, who *access.Access, opts Options, said map[string]string) *Pass {
	return &Pass{
		Account: who.Account, Access: who, Thresholds: opts.Thresholds, Settings: opts.Settings, Now: who.Account.TakenAt, rule: rule,
		sources: map[Source]bool{}, inapplicable: map[string]*Inapplicable{}, notes: map[string][]message.Message{},
		whole: map[string]*wholeGap{}, listed: map[account.Fact]bool{}, wants: map[account.Want]bool{}, interrupted: opts.Interrupted, said: said,
	}
}

// Age is how long ago a time was, never below 0: a live answer may be later than the snapshot's time.
func (p *Pass) Age(t time.Time) time.Duration { return max(0, p.Now.Sub(t)) }

// Days is an age in whole days.
func (p *Pass) Days(t time.Time) int { return int(p.Age(t) / (24 * time.Hour)) }

// OlderThan reports whether a time is more than so many days ago.
func (p *Pass) OlderThan(t time.Time, days int) bool {
	return p.Age(t) > time.Duration(days)*24*time.Hour
}

// Users yields the users whose needed facts are known; the others are answered unknown. A list of users that isn't
// complete makes one more unknown, on the account.
func (p *Pass) Users() iter.Seq[*account.User] {
	return func(yield func(*account.User) bool) {
		p.complete(account.UserList)
		for _, u := range p.Account.Users {
			if p.interrupted.Now() || p.requireAll(u, p.userNeeds) && !yield(u) {
				return
			}
		}
	}
}

// Groups yields the groups. A list that isn't complete makes one unknown on the account.
func (p *Pass) Groups() iter.Seq[*account.Group] { return each(p, account.GroupList, p.Account.Groups) }

// Roles yields the roles, as Groups does the groups.
func (p *Pass) Roles() iter.Seq[*account.Role] { return each(p, account.RoleList, p.Account.Roles) }

// Policies yields the managed policies, as Groups does the groups.
func (p *Pass) Policies() iter.Seq[*account.Policy] {
	return each(p, account.PolicyList, p.Account.Policies)
}

// VirtualMFADevices yields the virtual devices, as Groups does the groups.
func (p *Pass) VirtualMFADevices() iter.Seq[account.VirtualMFADevice] {
	return each(p, account.VirtualMFADeviceList, p.Account.VirtualMFADevices)
}

// ServiceCredentials yields the service-specific credentials of all users, as Groups does the groups.
func (p *Pass) ServiceCredentials() iter.Seq[account.ServiceCredential] {
	return each(p, account.ServiceCredentialList, p.Account.ServiceCredentials)
}

// ServerCertificates yields the server certificates, as Groups does the groups.
func (p *Pass) ServerCertificates() iter.Seq[*account.Certificate] {
	return each(p, account.ServerCertificateList, p.Account.ServerCertificates)
}

// Regions yields the regions, enabled or not, as Groups does the groups.
func (p *Pass) Regions() iter.Seq[*account.Region] {
	return each(p, account.RegionList, p.Account.Regions)
}

func each[T any](p *Pass, list account.Fact, items []T) iter.Seq[T] {
	return func(yield func(T) bool) {
		p.complete(list)
		for _, item := range items {
			if p.interrupted.Now() || !yield(item) {
				return
			}
		}
	}
}

// complete answers unknown, once, for a list that isn't complete, and takes the list as a source of the verdicts.
func (p *Pass) complete(list account.Fact) {
	if p.listed[list] {
		return
	}
	p.listed[list] = true
	if p.Require(p.Account, list) {
		state, _ := p.Account.Fact(list)
		p.source(state.Evidence())
	}
}

// Require reports whether a fact that the verdict hangs on is known. Where it isn't, the resource is answered unknown,
// what could tell it is wanted, and Check must go on to the next resource.
func (p *Pass) Require(r account.Factual, fact account.Fact) bool {
	state := mustFact(r, fact)
	if state.OK() {
		return true
	}
	p.want(r, fact, state.Missing(), true)
	p.lacking(r, state.Missing())
	return false
}

func (p *Pass) requireAll(r account.Factual, facts []account.Fact) bool {
	return !slices.ContainsFunc(facts, func(fact account.Fact) bool { return !p.Require(r, fact) })
}

// Detail reports whether a fact is known that only names things better, such as a failing key's ID. Where it isn't, it
// is wanted; where it can't be had, the resource's failures stand and say so.
func (p *Pass) Detail(r account.Factual, fact account.Fact) bool {
	state := mustFact(r, fact)
	if state.OK() {
		return true
	}
	if !p.want(r, fact, state.Missing(), false) {
		arn := r.Subject().ARN
		note := message.New("%s: not known, for %s", fact.Noun(), state.Missing().Message())
		if !slices.ContainsFunc(p.notes[arn], func(t message.Message) bool { return t.String() == note.String() }) {
			p.notes[arn] = append(p.notes[arn], note)
		}
	}
	return false
}

// mustFact panics when a rule asks a resource for a fact of another kind of resource, which is a mistake in the rule.
func mustFact(r account.Factual, fact account.Fact) account.State {
	state, ok := r.Fact(fact)
	if !ok {
		panic("asking " + r.Subject().Name + " for " + string(fact))
	}
	return state
}

// want notes what could still be asked for a fact and reports whether there is anything. Where a whole section is
// lacking that answers for every user, such as the credential report, and nothing else answers for all of them, they
// are asked about one by one, however many. Nor is there a cap on what a verdict hangs on in a deep run.
func (p *Pass) want(r account.Factual, fact account.Fact, missing account.Missing, verdict bool) bool {
	if missing.Later {
		return true
	}
	user, _ := r.(*account.User)
	uncapped := verdict && (p.deep || p.rule.Sweep != SweepNone)
	var sections []account.Section
	if user == nil || missing.Whole {
		sections = p.Account.Unasked(fact, nil)
	}
	if len(sections) > 0 {
		user = nil
	} else if user != nil {
		sections = p.Account.Unasked(fact, user)
		uncapped = uncapped || missing.Whole
	}
	for _, section := range sections {
		want := account.Want{Section: section}
		if user != nil {
			want.User, want.UserID, want.Uncapped = user.Name, user.ID, uncapped
		}
		p.wants[want] = true
	}
	return len(sections) > 0
}

// lacking answers unknown. What a whole section's failure hides from each resource is one finding on the account.
func (p *Pass) lacking(r account.Resource, missing account.Missing) {
	text := missing.Message()
	if !missing.Whole {
		p.add(r, StatusUnknown, p.rule.Severity, text, nil)
		return
	}
	key := text.String()
	if p.whole[key] == nil {
		p.whole[key] = &wholeGap{text: text}
		p.wholeOrder = append(p.wholeOrder, key)
	}
	if _, onAccount := r.(*account.Account); !onAccount {
		p.whole[key].count++
	}
}

// Pass answers that the claim holds for the resource. Without evidence of its own the verdict rests on the rule's
// needs, or uses where it has none.
func (p *Pass) Pass(r account.Resource, evidence ...Evidence) {
	evidence = p.orNeeds(r, evidence)
	if p.stale(r, evidence) {
		return
	}
	p.source(evidence)
	p.passed = append(p.passed, Short(r.Subject().ARN, r.Subject().Item))
}

// Current reports whether what was said of a user may carry a verdict on something else. Where every user was to be
// read live, and only the credential report tells because the user could not be, the user is answered unknown.
func (p *Pass) Current(u *account.User, said []Evidence) bool { return !p.stale(u, said) }

// stale answers unknown where every user was to be read live, and a verdict rests on the credential report because one
// could not be.
func (p *Pass) stale(r account.Resource, evidence []Evidence) bool {
	if p.fresh == nil {
		return false
	}
	missing, refused := p.fresh.notLive(p.Account, p.fresh.users[r.Subject().ARN], evidence)
	if refused {
		p.Unknown(r, message.New("only the credential report of %s tells, and every user was to be read live: %s",
			message.At(p.Account.ReportAt), missing.Message()), evidence...)
	}
	return refused
}

// Fail answers that the claim does not hold for the resource. The finding can be added to until the next one is made.
func (p *Pass) Fail(r account.Resource, text message.Message, evidence ...Evidence) *Finding {
	return p.FailAs(p.rule.Severity, r, text, evidence...)
}

// Decide answers by Pass where the claim holds for the resource, else by Fail. What is added to the finding of a pass
// goes nowhere.
func (p *Pass) Decide(r account.Resource, holds bool, otherwise message.Message, evidence ...Evidence) *Finding {
	if holds {
		p.Pass(r, evidence...)
		return &Finding{}
	}
	return p.Fail(r, otherwise, evidence...)
}

// FailAs is Fail with a severity other than the rule's.
func (p *Pass) FailAs(severity Severity, r account.Resource, text message.Message, evidence ...Evidence) *Finding {
	return p.add(r, StatusFail, severity, text, p.orNeeds(r, evidence))
}

// Unknown answers that nothing can be said of the resource, for a reason other than a fact that wasn't read.
func (p *Pass) Unknown(r account.Resource, text message.Message, evidence ...Evidence) *Finding {
	return p.add(r, StatusUnknown, p.rule.Severity, text, p.orNeeds(r, evidence))
}

// NotApplicable answers that the rule does not apply to the resource; the reason is a short clause that others share.
func (p *Pass) NotApplicable(r account.Resource, reason message.Message, evidence ...Evidence) {
	evidence = p.orNeeds(r, evidence)
	if p.stale(r, evidence) {
		return
	}
	p.source(evidence)
	key := reason.String()
	if p.inapplicable[key] == nil {
		p.inapplicable[key] = &Inapplicable{Reason: key, Text: reason}
		p.reasons = append(p.reasons, key)
	}
	p.inapplicable[key].Resources = append(p.inapplicable[key].Resources, Short(r.Subject().ARN, r.Subject().Item))
}

// Short is a resource's short form: its ARN without arn:PARTITION:SERVICE:REGION:ACCOUNT:, and the item behind a #.
func Short(arn, item string) string {
	short := account.ShortARN(arn)
	if item != "" {
		return short + "#" + item
	}
	return short
}

func (p *Pass) add(r account.Resource, status Status, severity Severity, text message.Message, evidence []Evidence) *Finding {
	subject := r.Subject()
	if evidence == nil {
		evidence = []Evidence{}
	}
	if len(p.findings) == cap(p.findings) { // append by itself would grow a long list by little, and copy it often
		p.findings = slices.Grow(p.findings, max(8, len(p.findings)))
	}
	p.findings = append(p.findings, Finding{
		Rule: p.rule.ID, Status: status, Severity: severity,
		Resource: subject.ARN, Item: subject.Item, Name: subject.Name, ResourceID: subject.ID,
		Message: p.worded(text), Text: text, Evidence: evidence,
	})
	return &p.findings[len(p.findings)-1]
}

// worded renders a text; thousands of findings share one.
func (p *Pass) worded(text message.Message) string {
	words := text.String()
	if said, known := p.said[words]; known {
		return said
	}
	p.said[words] = words
	return words
}

// orNeeds is the evidence given, or else that of the facts which the rule needs and the resource has.
func (p *Pass) orNeeds(r account.Resource, evidence []Evidence) []Evidence {
	if len(evidence) > 0 {
		return evidence
	}
	facts := p.rule.Needs
	if len(facts) == 0 {
		facts = p.rule.Uses
	}
	for _, need := range facts {
		state, ok := p.Account.Fact(need)
		if factual, is := r.(account.Factual); is && !ok {
			state, ok = factual.Fact(need)
		}
		switch {
		case !ok:
		case evidence == nil:
			evidence = slices.Clip(state.Evidence()) // as most have one alone, it is that itself
		default:
			evidence = append(evidence, state.Evidence()...)
		}
	}
	return evidence
}

func (p *Pass) source(evidence []Evidence) {
	for _, e := range evidence {
		p.sources[Source{e.Source, e.ObservedAt}] = true
	}
}
