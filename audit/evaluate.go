package audit

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"sekisho/audit/access"
	"sekisho/audit/account"
	"sekisho/audit/lists"
	"sekisho/audit/message"
)

// Options are what an evaluation depends on beside the snapshot and the rules.
type Options struct {
	Tool          Tool
	Thresholds    Thresholds
	Settings      Settings
	Configuration Configuration
	NotSelected   []NotSelected
	// Depth is how deep to look; the rules in DeepOnly run only where it comes to DepthDeep.
	Depth    Depth
	DeepOnly []*Rule
	// Saved is set where nobody can be asked, as for a snapshot in a file: what a run of DepthAuto would look at, and the
	// person who saved it did not, is not selected then.
	Saved bool
	// Fresh wants every user's live facts, whether or not a verdict hangs on them.
	Fresh bool
	// Exceptions bear failures.
	Exceptions []Exception
	// Points are the rules of the Security Status panel, which are always evaluated. One that isn't also among the rules
	// evaluated gives its point, and no finding.
	Points []*Rule
	// Enforcement asks for the report's sections on whether MFA is registered and enforced, and on who can become an
	// administrator.
	Enforcement bool
	// Powers says that everybody's way to an administrator is asked for in any case.
	Powers bool
	// DueDays is how many days ahead to look for what time alone will make fail; 0 is not at all.
	DueDays int
	// Above are the policies of the organization above the account; nil where nobody read them.
	Above *Above
	// Shared is what this evaluation has in common with others of the same account; nil: nothing.
	Shared *access.Shared
	// Judged is given what was worked out of the account's policies, if it is set.
	Judged      func(*access.Access)
	Interrupted Interrupted
}

// Above are policies of an organization above an account, and what is to be said of them.
type Above struct {
	Guardrails access.Guardrails
	Notes      []message.Message
}

// Interrupted tells what takes long whether anybody still waits for it; nil says that somebody does. What is asked it
// of, rule by rule and resource by resource, gives no answer rather than half of one.
type Interrupted func() bool

// Now asks.
func (i Interrupted) Now() bool { return i != nil && i() }

// Evaluate is [Ask] in one call. Where it is interrupted, there is neither report nor wants.
func Evaluate(s *account.Snapshot, rules []*Rule, opts Options) (*Report, []account.Want) {
	report, _, wants := Judge(s, rules, opts)
	return report, wants
}

// Judge is Evaluate where the findings are to be fixed, too: it gives what their fixes are made of.
func Judge(s *account.Snapshot, rules []*Rule, opts Options) (*Report, *Fixing, []account.Want) {
	j := Ask(s, rules, opts)
	report, on := j.Report()
	if report == nil {
		return nil, nil, nil
	}
	return report, on, j.Wants()
}

// Header is the report on an account before any rule has run: who was asked, when, and how deep the run is.
func Header(a *account.Account, opts Options) *Report {
	e := evaluation{snapshot: a.Kept, account: a, opts: opts, depth: depthOf(opts.Depth, a)}
	return e.header()
}

type evaluation struct {
	snapshot *account.Snapshot
	account  *account.Account
	opts     Options
	depth    DepthResult
	live     live
	wants    map[account.Want]Severity
	order    map[string]int // of rules, by ID
	access   *access.Access
	said     map[string]string
	stale    map[string][]message.Message // notes, by the reason that they give
	room     []Finding                    // for those of one rule at a time, before they are counted
}

// fresh reports whether every user was, or is, to be read live.
func (e *evaluation) fresh() bool { return e.opts.Fresh || e.snapshot.Fresh }

// within leaves out the rules that look deeper than the run does, and says so.
func (e *evaluation) within(report *Report, rules []*Rule) []*Rule {
	var shallow []*Rule
	for _, rule := range rules {
		looked := e.depth.Ran == DepthDeep && !(e.opts.Saved && e.depth.Requested == DepthAuto && !swept(e.snapshot, e.account, rule.Sweep))
		if slices.Contains(e.opts.DeepOnly, rule) && !looked {
			report.NotSelected = append(report.NotSelected, notLooked(rule, e.account))
			continue
		}
		shallow = append(shallow, rule)
	}
	return shallow
}

func (e *evaluation) header() *Report {
	s, a := e.snapshot, e.account
	report := &Report{
		Schema: ReportSchema, Tool: e.opts.Tool, Demo: a.Origin == "demo",
		Account: AccountInfo{ID: a.ID, Partition: a.Partition, SignInURL: account.SignInURL(a.Partition, a.ID)},
		Caller:  a.CallerARN, TakenAt: a.TakenAt, Configuration: e.opts.Configuration,
		NotSelected:   slices.Clone(lists.OrEmpty(e.opts.NotSelected)),
		Depth:         e.depth,
		Findings:      []Finding{},
		Rules:         []RuleResult{},
		Passed:        map[string]Passed{},
		NotApplicable: map[string][]Inapplicable{},
		Gaps:          lists.OrEmpty(s.Gaps),
		Notes:         slices.Clone(a.Notes),
		Endpoints:     s.Endpoints,
		Declined:      s.Declined,
		Tolerated:     s.Tolerated,
		Calls:         s.Calls,
	}
	report.Configuration.Thresholds = e.opts.Thresholds
	report.Configuration.MachineUsers = lists.OrEmpty(e.opts.Settings.MachineUsers)
	report.Configuration.TrustedAccounts = lists.OrEmpty(e.opts.Settings.TrustedAccounts)
	report.Configuration.PrivateIssuers = lists.OrEmpty(e.opts.Settings.PrivateIssuers)
	report.Configuration.RequiredTags = lists.OrEmpty(e.opts.Settings.RequiredTags)
	report.Configuration.UserThresholds = counted(e.opts.Settings.UserThresholds, a)
	report.Configuration.Fresh = e.fresh()
	report.Configuration.SkippedRules = lists.OrEmpty(report.Configuration.SkippedRules)
	report.Summary.FailedBySeverity = map[string]int{}
	for _, severity := range Severities() {
		report.Summary.FailedBySeverity[severity.String()] = 0
	}
	if alias, ok := a.Alias.Get(); ok {
		report.Account.Alias = &alias
		if alias != "" {
			report.Account.SignInURL = account.SignInURL(a.Partition, alias)
		}
	}
	if report.OrganizationPolicies = PoliciesNotRead; e.opts.Above != nil {
		report.OrganizationPolicies, report.Notes = PoliciesRead, append(report.Notes, e.opts.Above.Notes...)
	}
	report.CredentialReportAt = orNil(a.ReportAt) // a pointer into the account would keep all of it
	return report
}

// run checks one rule. Facts of the account or of root that the rule needs must all be known before the check sees
// anything.
func (e *evaluation) run(rule *Rule) *Pass {
	p := e.runAt(rule, e.account.TakenAt)
	for want := range p.wants {
		e.want(want, rule.Severity)
	}
	return p
}

// runAt checks a rule as if the same answers had been given at another time.
func (e *evaluation) runAt(rule *Rule, now time.Time) *Pass {
	p := newPass(rule, e.access, e.opts, e.said)
	p.Now, p.findings = now, e.room[:0]
	p.deep = e.depth.Ran == DepthDeep
	if e.fresh() {
		p.fresh = &e.live
	}
	ready := true
	for _, need := range rule.Needs {
		switch _, ofRoot := e.account.Root.Fact(need); {
		case ofRoot:
			ready = p.Require(e.account.Root, need) && ready
		default:
			if _, ofAccount := e.account.Fact(need); ofAccount {
				ready = p.Require(e.account, need) && ready
			} else {
				p.userNeeds = append(p.userNeeds, need)
			}
		}
	}
	if ready {
		p.check()
	}
	p.finish()
	e.room = p.findings
	p.findings = slices.Clone(p.findings)
	clear(e.room)
	return p
}

// check calls the rule's Check. A rule that panics passes nobody: its failures stand, and the rest is unknown.
func (p *Pass) check() {
	defer func() {
		if r := recover(); r != nil {
			p.passed, p.reasons, p.inapplicable = nil, nil, map[string]*Inapplicable{}
			p.Unknown(p.Account, message.New("the rule %s broke off: %s", p.rule.ID, fmt.Sprint(r)))
		}
	}()
	p.rule.Check(p)
}

// record puts a rule's verdicts into the report.
func (e *evaluation) record(report *Report, rule *Rule, p *Pass) {
	pass, fail, unknown, inapplicable := p.counts()
	report.Rules = append(report.Rules, RuleResult{
		ID: rule.ID, Title: rule.Title, Problem: rule.Problem, Category: rule.Category, Severity: rule.Severity, Controls: lists.OrEmpty(rule.Controls),
		Why: e.account.InPartition(rule.Why), How: e.account.InPartition(rule.How), Fix: e.account.InPartition(rule.Fix.String()),
		Under: rule.Under, Status: p.status(), Pass: pass, Fail: fail, Unknown: unknown, NotApplicable: inapplicable,
	})
	report.Summary.Pass += pass
	report.Summary.Fail += fail
	report.Summary.Unknown += unknown
	report.Summary.NotApplicable += inapplicable
	for _, f := range p.findings {
		if f.Status == StatusFail {
			report.Summary.FailedBySeverity[f.Severity.String()]++
		}
	}
	if pass > 0 {
		report.Passed[rule.ID] = Passed{Resources: p.passed, Sources: p.sortedSources()}
	}
	for _, reason := range p.reasons {
		report.NotApplicable[rule.ID] = append(report.NotApplicable[rule.ID], *p.inapplicable[reason])
	}
}

// gathered are the findings of all rules, sorted. They are large, so that what is sorted is where they are.
func (e *evaluation) gathered(rules []*Rule, passes map[*Rule]*Pass) []Finding {
	var sorted []*Finding
	for _, rule := range rules {
		p := passes[rule]
		for i := range p.findings {
			sorted = append(sorted, &p.findings[i])
		}
		if rule.Point == 0 { // the panel looks at those
			p.findings = nil
		}
	}
	slices.SortStableFunc(sorted, e.compare)
	all := make([]Finding, len(sorted))
	for i, f := range sorted {
		all[i] = *f
	}
	return all
}

// panel fills the Security Status: complete means pass, and nothing else.
func (e *evaluation) panel(report *Report, passes map[*Rule]*Pass) {
	status := SecurityStatus{Items: []StatusItem{}}
	points := slices.SortedFunc(slices.Values(e.opts.Points), func(x, y *Rule) int { return cmp.Compare(x.Point, y.Point) })
	for _, rule := range points {
		p := passes[rule]
		item := StatusItem{Rule: rule.ID, Title: rule.PointTitle, Status: p.status(), Fix: e.account.InPartition(rule.Fix.String())}
		for _, f := range p.findings {
			if f.Status == item.Status {
				item.Message = f.Message
				break
			}
		}
		if item.Status == StatusPass {
			status.Complete++
		}
		if item.Status == StatusNotApplicable {
			item.Message = p.reasons[0]
		} else {
			status.Applicable++
		}
		status.Items = append(status.Items, item)
		status.Total++
	}
	report.SecurityStatus = status
}

// compare puts the worst first: by severity, failures before unknowns, then by rule in the catalogue's order, resource and
// item.
func (e *evaluation) compare(x, y *Finding) int {
	return cmp.Or(
		cmp.Compare(y.Severity, x.Severity),
		cmp.Compare(y.Status, x.Status),
		cmp.Compare(e.order[x.Rule], e.order[y.Rule]),
		strings.Compare(x.Resource, y.Resource),
		strings.Compare(x.Item, y.Item),
		strings.Compare(x.Message, y.Message),
	)
}

// want notes a want with the worst severity of what wants it.
func (e *evaluation) want(want account.Want, severity Severity) {
	e.wants[want] = max(e.wants[want], severity)
}

// sortedWants puts the wants of the worst rules first, for a cap cuts off the end. What is wanted with and without a
// cap has none.
func (e *evaluation) sortedWants() []account.Want {
	for want := range e.wants {
		if free := want; !want.Uncapped {
			free.Uncapped = true
			if _, both := e.wants[free]; both {
				e.want(free, e.wants[want])
				delete(e.wants, want)
			}
		}
	}
	return slices.SortedFunc(maps.Keys(e.wants), func(x, y account.Want) int {
		return cmp.Or(
			cmp.Compare(e.wants[y], e.wants[x]),
			strings.Compare(x.User, y.User),
			strings.Compare(string(x.Section), string(y.Section)),
		)
	})
}
