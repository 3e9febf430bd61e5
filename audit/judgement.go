package audit

import (
	"cmp"

	"sekisho/audit/access"
	"sekisho/audit/account"
	"sekisho/audit/message"
)

// Judgement is what the rules say of a snapshot. It tells what else is to be asked for before a report is made, which takes
// as long again and is of no use where an answer is still to come.
type Judgement struct {
	evaluation
	rules  []*Rule
	passes map[*Rule]*Pass
	report *Report
}

// Ask lets the rules judge a snapshot. It is pure, total and deterministic; nil where it is interrupted.
func Ask(s *account.Snapshot, rules []*Rule, opts Options) *Judgement {
	a := account.New(s)
	s = a.Kept
	e := evaluation{
		snapshot: s, account: a, opts: opts, depth: depthOf(opts.Depth, a),
		wants: map[account.Want]Severity{}, order: map[string]int{}, access: cmp.Or(opts.Shared, access.NewShared()).New(a),
		said: map[string]string{}, stale: map[string][]message.Message{},
	}
	if opts.Above != nil {
		e.access.Guard(opts.Above.Guardrails)
	}
	e.access.Thorough()
	if opts.Enforcement || opts.Powers {
		e.access.PowersFirst()
	}
	j := &Judgement{evaluation: e, report: e.header(), passes: map[*Rule]*Pass{}}
	j.rules = j.within(j.report, rules)
	j.live = newLive(s, a, j.rules)
	for i, rule := range j.rules {
		if opts.Interrupted.Now() {
			return nil
		}
		j.order[rule.ID] = i
		j.passes[rule] = j.run(rule)
		j.refresh(rule, j.passes[rule])
		j.record(j.report, rule, j.passes[rule])
	}
	j.access.Rest()
	j.points()
	j.sweep()
	return j
}

// Wants is what verdicts hang on and nobody was asked for yet, sorted by the worst severity of the rules that want it, then
// by user and section. Where the judgement is interrupted there is nothing.
func (j *Judgement) Wants() []account.Want {
	if j == nil {
		return nil
	}
	return j.sortedWants()
}

// Report makes the report, once. There is none where it is interrupted.
func (j *Judgement) Report() (*Report, *Fixing) {
	if j == nil {
		return nil, nil
	}
	report, opts := j.report, j.opts
	report.Findings = j.gathered(j.rules, j.passes)
	j.panel(report, j.passes)
	kinds := kindsOf(j.account)
	except(report, j.rules, opts.Exceptions, kinds)
	report.Due = j.due(report, j.rules, kinds)
	report.Users = userRows(j.account)
	report.Enforcement = []EnforcementRow{}
	if opts.Enforcement {
		report.Enforcement = Enforcement(j.access, opts.Interrupted)
		if ascents, err := j.access.Ascents(nil, ""); err == nil { // nobody is named, so nobody is missing
			report.AccessPaths = AccessPathsOf(ascents)
		}
	}
	if opts.Interrupted.Now() {
		return nil, nil
	}
	if opts.Judged != nil {
		opts.Judged(j.access)
	}
	return report, &Fixing{Access: j.access, Thresholds: opts.Thresholds, Settings: opts.Settings}
}

// points runs the rules of the Security Status that don't run anyway.
func (j *Judgement) points() {
	for _, rule := range j.opts.Points {
		if j.passes[rule] == nil {
			j.passes[rule] = j.run(rule)
		}
	}
}
