package plan

import (
	"maps"
	"slices"

	"sekisho/audit"
	"sekisho/audit/account"
	"sekisho/audit/change"
	"sekisho/audit/lists"
)

// maker makes a plan, step by step.
type maker struct {
	o        Options
	plan     *Plan
	snapshot *account.Snapshot // after the steps so far
	report   *audit.Report     // on it
	on       *audit.Fixing
	open     map[key]Ref // what fails or is unknown in it
	decided  map[key]bool
	waits    map[key]bool
	refused  map[string]bool
	left     undecided
}

// key tells findings apart.
type key struct{ rule, resource, item, name string }

func (r *Ref) key() key { return key{r.Rule, r.Resource, r.Item, r.Name} }

func keyOf(f *audit.Finding) key { return key{f.Rule, f.Resource, f.Item, f.Name} }

// Make makes a plan for a snapshot of which there are a report and what its fixes are made of already; nil where it is
// interrupted.
func Make(s *account.Snapshot, report *audit.Report, on *audit.Fixing, o Options) *Plan {
	a := on.Account
	return newMaker(s, o).make(report, on, max(1, 20000/max(1, len(a.Users)+len(a.Groups)+len(a.Roles)+len(a.Policies))))
}

func newMaker(s *account.Snapshot, o Options) *maker {
	return &maker{o: o, snapshot: s, decided: map[key]bool{}, waits: map[key]bool{}, refused: map[string]bool{}, left: undecided{}}
}

// make judges about as often as said: what that takes grows with the account, and all steps that are known by then are
// taken together.
func (m *maker) make(report *audit.Report, on *audit.Fixing, most int) *Plan {
	m.plan = &Plan{
		Schema: Schema, Tool: report.Tool, Demo: report.Demo, Account: report.Account, TakenAt: report.TakenAt, CredentialReportAt: report.CredentialReportAt,
		Goal: m.o.Goal.Names, Steps: []Step{}, Waits: []Wait{},
	}
	m.see(report, on)
	for round := 0; ; round++ {
		out := newGatherer(m.on, m.o.Rules, m.refused, m.left).gather(m.report.Findings, func(f *audit.Finding) bool {
			return m.o.Goal.has(f.Rule, f.Severity) && m.counts(f)
		})
		if round == 0 {
			m.later(out.waits)
			m.see(m.report, m.on) // not what it began with, which is let go of after the first steps
			m.plan.Before = m.standing()
		}
		if len(out.candidates) == 0 {
			break
		}
		left := max(1, most-round)
		if n := (len(out.candidates) + left - 1) / left; !m.take(out.candidates[:n]) {
			return nil
		}
	}
	m.plan.After = m.standing()
	m.plan.Reached = m.plan.After.Left == 0 && m.plan.After.Unknown == 0
	return m.plan
}

// see takes a judgement for what is so now.
func (m *maker) see(report *audit.Report, on *audit.Fixing) {
	m.report, m.on, m.open = report, on, map[key]Ref{}
	for i := range report.Findings {
		if f := &report.Findings[i]; m.counts(f) {
			m.open[keyOf(f)] = refOf(f)
		}
	}
}

// counts reports whether a finding is to be dealt with: no exception covers it, nobody decided about it, and time alone
// does not clear it.
func (m *maker) counts(f *audit.Finding) bool {
	return f.Exception == nil && !m.decided[keyOf(f)] && !m.waits[keyOf(f)]
}

func refOf(f *audit.Finding) Ref {
	return Ref{f.Rule, f.Severity, f.Status, f.Resource, f.Item, f.Name, f.Message}
}

// later puts aside what time alone clears.
func (m *maker) later(waits []*candidate) {
	for _, c := range waits {
		text := c.title()
		m.plan.Waits = append(m.plan.Waits, Wait{Title: text.String(), Text: text, Clears: m.refs(c.findings)})
		for _, f := range c.findings {
			m.waits[keyOf(f)] = true
		}
	}
}

func (m *maker) refs(findings []*audit.Finding) []Ref {
	return lists.Map(findings, refOf)
}

// standing is how the account stands now. A point of the Security Status is complete where nothing of its rule is open.
func (m *maker) standing() Standing {
	out := Standing{Failing: map[string]int{}}
	for _, severity := range audit.Severities() {
		out.Failing[severity.String()] = 0
	}
	open := map[string]bool{}
	for _, r := range m.open {
		open[r.Rule] = true
		inGoal := m.o.Goal.has(r.Rule, r.Severity)
		switch {
		case r.Status != audit.StatusFail && inGoal:
			out.Unknown++
		case r.Status == audit.StatusFail:
			if out.Failing[r.Severity.String()]++; inGoal {
				out.Left++
			}
		}
	}
	for _, item := range m.report.SecurityStatus.Items {
		if item.Status == audit.StatusNotApplicable {
			continue
		}
		out.Applicable++
		if ran := slices.ContainsFunc(m.report.Rules, func(r audit.RuleResult) bool { return r.ID == item.Rule }); ran && !open[item.Rule] || !ran && item.Status == audit.StatusPass {
			out.Complete++
		}
	}
	return out
}

// take makes steps of candidates, in their order, and proves them. What does not do what it should is refused, and the
// rest is proved again. It reports whether the run goes on.
func (m *maker) take(candidates []*candidate) bool {
	t := m.try(candidates)
	for t.after != m.snapshot {
		m.on = nil // two accounts would take twice the room
		report, on := m.o.Judge(t.after)
		if report == nil {
			return false
		}
		t.compare(report)
		if !t.refuse() {
			m.keep(t)
			m.snapshot = t.after
			m.see(report, on)
			return true
		}
		t = m.try(t.candidates())
	}
	m.keep(t) // decisions change nothing
	report, on := m.report, m.on
	if on == nil {
		report, on = m.o.Judge(m.snapshot)
	}
	if report == nil {
		return false
	}
	m.see(report, on)
	return true
}

// keep makes steps of a trial that holds.
func (m *maker) keep(t *trial) {
	m.left.note(m.snapshot, t)
	first := len(m.plan.Steps) + 1
	var together []int
	for i := range t.steps {
		together = append(together, first+i)
	}
	for i, s := range t.steps {
		text := s.title()
		step := Step{
			Number: first + i, Title: text.String(), Text: text, Kind: s.kind, Rule: s.rule.ID, Severity: s.findings[0].Severity, Risk: s.risk,
			Stages: []change.Stage{}, Work: []Work{}, Touches: []string{}, Clears: s.clears, Adds: lists.OrEmpty(s.adds), ProvedWith: together,
		}
		if s.kind == Decision {
			step.ProvedWith = []int{step.Number}
			in := account.Account{Partition: m.plan.Account.Partition}
			step.Guide = lists.Map(s.rule.Fix.Steps, func(f audit.FixStep) Advice { return Advice{in.InPartition(f.Text), in.InPartition(f.Command)} })
			step.Page = s.rule.Fix.Page
			step.Clears = m.refs(s.findings)
			for _, f := range s.findings {
				m.decided[keyOf(f)] = true
			}
		} else {
			step.Work, step.Stages = s.work(), stagesOf(s.works[0].changes)
			touches := map[string]bool{}
			for _, made := range s.made {
				for _, arn := range made.Touches {
					touches[arn] = true
				}
			}
			step.Touches = lists.OrEmpty(slices.Sorted(maps.Keys(touches)))
		}
		for _, r := range step.Clears {
			step.Severity = max(step.Severity, r.Severity)
			delete(m.open, r.key())
		}
		for _, r := range slices.Concat(step.Adds, s.turns) {
			m.open[r.key()] = r
		}
		step.After = m.standing()
		m.plan.Steps = append(m.plan.Steps, step)
	}
}

func stagesOf(changes []change.Change) []change.Stage {
	stages := lists.Filter(lists.Map(changes, change.Change.Stage), func(s change.Stage) bool { return s != "" })
	return lists.OrEmpty(slices.Compact(stages))
}

// work tells the changes of a step by what they are about. What AWS wants first stands before what wants it.
func (s *trialStep) work() []Work {
	next, nth := 0, -1
	return lists.Map(s.works, func(w *work) Work {
		nth++
		of := w.findings[0]
		out := Work{Resource: of.Resource, ResourceID: of.ResourceID, Name: of.Name, Item: of.Item, Use: w.use.said, Changes: []Change{}, Findings: len(w.findings)}
		if !w.use.at.IsZero() {
			at := w.use.at
			out.LastUsed = &at
		}
		for asked := 0; asked < len(s.todo[nth]); next++ {
			made := s.made[next]
			out.Changes = append(out.Changes, Change{made, made.Stage()})
			if !made.Needed {
				asked++
			}
		}
		return out
	})
}
