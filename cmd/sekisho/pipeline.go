package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"sekisho/audit"
	"sekisho/audit/access"
	"sekisho/audit/account"
	"sekisho/audit/clifiles"
	"sekisho/audit/collect"
	"sekisho/audit/emulator"
	"sekisho/audit/framework"
	"sekisho/audit/message"
	"sekisho/audit/orgpolicy"
	"sekisho/audit/plan"
	"sekisho/audit/rules"
	"sekisho/config"
	"sekisho/report/files"
	"sekisho/report/saved"
	"sekisho/report/shell"
)

// source gives the snapshot that is judged. It reads the sections, and then whatever else wants asks for; a source that
// can ask nobody, such as a file, leaves both alone.
type source func(ctx context.Context, sections []account.Section, wants func(*account.Snapshot) []account.Want) (*account.Snapshot, error)

// examination is how an account is judged, by the settings.
type examination struct {
	selection  audit.Selection
	frameworks []*framework.Framework
	options    audit.Options
	begun      begun
}

// begun is what the rules said of a snapshot that nothing more was wanted of.
type begun struct {
	of        *account.Snapshot
	judgement *audit.Judgement
}

// examinationOf picks the rules. What changes may leave out is what the caller has no use for.
func examinationOf(ctx context.Context, c *config.Config, changes ...func(*audit.Options)) (*examination, error) {
	selection, frameworks, err := selectRules(c)
	if err != nil {
		return nil, usagef("", "%w", err)
	}
	exceptions := slices.DeleteFunc(slices.Clone(c.Exceptions), func(e audit.Exception) bool { return aboutOrganizations(e.Rule) })
	options := audit.Options{
		Tool:          tool(),
		Thresholds:    c.Thresholds,
		Settings:      c.Audit(),
		Configuration: audit.Configuration{Source: c.Source, SHA256: c.SHA256, SkippedRules: ofAccounts(c.SkipRules)},
		NotSelected:   selection.NotSelected,
		Depth:         c.Depth,
		DeepOnly:      selection.DeepOnly,
		Fresh:         c.Refresh.Fresh,
		Exceptions:    exceptions,
		Points:        rules.Points(),
		Enforcement:   true,
		DueDays:       c.Due,
		Shared:        access.NewShared(), // of all times that it is judged, as more is read or steps are tried
		Interrupted:   interrupted(ctx),
	}
	for _, change := range changes {
		change(&options)
	}
	options.Saved = true // until somebody asks what else is wanted
	return &examination{selection: selection, frameworks: frameworks, options: options}, nil
}

// read reads what the rules need, and what their verdicts turn out to hang on.
func (e *examination) read(ctx context.Context, from source) (*account.Snapshot, error) {
	wants := func(s *account.Snapshot) []account.Want {
		e.options.Saved = false
		judgement, _ := work(ctx, judging, func() *audit.Judgement { return audit.Ask(s, e.selection.Rules, e.options) })
		wants := judgement.Wants() // none where the run was interrupted, and the next that is done says so
		if e.begun = (begun{}); judgement != nil && len(wants) == 0 {
			e.begun = begun{s, judgement}
		}
		return wants
	}
	return from(ctx, sectionsFor(certain(e.selection, e.options.Depth), e.options.Points), wants)
}

// judge judges a snapshot, and gives what fixes are made of. There is neither where it is interrupted.
func (e *examination) judge(s *account.Snapshot) (*audit.Report, *audit.Fixing) {
	last := e.begun
	if e.begun = (begun{}); last.of != s {
		last.judgement = audit.Ask(s, e.selection.Rules, e.options)
	}
	return last.judgement.Report()
}

// examine is the whole audit: from the rules that are selected to the sections that they need, to a snapshot, to a
// report.
func examine(ctx context.Context, c *config.Config, from source, changes ...func(*audit.Options)) (*audit.Report, *account.Snapshot, error) {
	e, err := examinationOf(ctx, c, changes...)
	if err != nil {
		return nil, nil, err
	}
	snapshot, err := e.read(ctx, from)
	if err != nil {
		return nil, nil, err
	}
	report, err := work(ctx, judging, func() *audit.Report {
		report, on := e.judge(snapshot)
		if report != nil && e.options.Enforcement {
			report.FirstSteps = plan.First(report, on, rules.Catalogue())
			shell.Tell(report, on, rules.Catalogue())
		}
		return report
	})
	if err != nil {
		return nil, nil, err
	}
	if len(report.Rules) == 0 && len(e.selection.Rules) > 0 {
		left := report.NotSelected[len(report.NotSelected)-1]
		return nil, nil, usagef("pass --depth deep, or name the rule by its ID", "no rule is left to run: %s was %s", left.Rule, left.Reason)
	}
	for _, f := range e.frameworks {
		report.Frameworks = append(report.Frameworks, framework.Assess(f, report))
	}
	return report, snapshot, nil
}

// selectRules picks the rules that run, and the frameworks that sum them up. Where no rules are named, those that are
// off by default run too if a framework needs them; rules that are named, or left out, are what the person wants, and
// the framework says what it lacks.
func selectRules(c *config.Config) (audit.Selection, []*framework.Framework, error) {
	catalogue := rules.Catalogue()
	var frameworks []*framework.Framework
	var needed []*audit.Rule
	for _, id := range c.Frameworks {
		f := framework.Find(catalogue, id)
		frameworks = append(frameworks, f)
		needed = append(needed, f.Rules()...)
	}
	if c.Depth == audit.DepthStandard { // a standard run that is asked for is one, whatever a framework needs
		needed = slices.DeleteFunc(needed, func(r *audit.Rule) bool { return r.Sweep != audit.SweepNone })
	}
	include := ofAccounts(c.Rules)
	if len(include) == 0 && len(c.Rules) > 0 {
		return audit.Selection{}, nil, errors.New("got rules about an organization alone, which sekisho fleet judges, want one about accounts at least")
	}
	selection, err := audit.Select(catalogue, include, ofAccounts(c.SkipRules), needed...)
	return selection, frameworks, err
}

// ofAccounts leaves out the patterns that mean rules about an organization alone.
func ofAccounts(patterns []string) []string {
	return slices.DeleteFunc(slices.Clone(patterns), aboutOrganizations)
}

func aboutOrganizations(pattern string) bool {
	match := func(r *audit.Rule) bool { return r.Matches(pattern) }
	return slices.ContainsFunc(orgpolicy.Catalogue(), match) && !slices.ContainsFunc(rules.Catalogue(), match)
}

// certain lists the rules that run whatever the account turns out to be. The others are left to what their evaluation
// wants, for what they need is not worth reading if the run is not to be deep.
func certain(selection audit.Selection, depth audit.Depth) []*audit.Rule {
	if depth == audit.DepthDeep {
		return selection.Rules
	}
	return slices.DeleteFunc(slices.Clone(selection.Rules), func(r *audit.Rule) bool { return slices.Contains(selection.DeepOnly, r) })
}

// sectionsFor lists what is read for all: what the rules need, and the alias, by which people know the account.
func sectionsFor(lists ...[]*audit.Rule) []account.Section {
	sections := []account.Section{account.AccountAliasesSection}
	for _, rule := range slices.Concat(lists...) {
		sections = append(sections, rule.Sections()...)
	}
	slices.Sort(sections)
	return slices.Compact(sections)
}

// verdict is the exit status that a report deserves. It speaks of the rules that were selected, not of the points that
// are shown anyway. A failure with an exception is none of it.
func verdict(r *audit.Report, failOn config.FailOn) error {
	unknown := false
	for _, f := range r.Findings {
		switch f.Status {
		case audit.StatusFail:
			if f.Exception == nil && failOn.Reached(f.Severity) {
				return verdictError(statusFinding)
			}
		default:
			unknown = true
		}
	}
	if unknown {
		return verdictError(statusUnknown)
	}
	return nil
}

// fromSaved reads what somebody saved, tells what it is, and asks nobody.
func fromSaved(opened **saved.File, in files.Input, limit int64, warn func(string), tolerate ...string) source {
	return func(ctx context.Context, sections []account.Section, wants func(*account.Snapshot) []account.Want) (*account.Snapshot, error) {
		f, err := openSaved(ctx, in, saved.Snapshot|saved.Evidence|saved.Folder, limit, warn, tolerate...)
		if err != nil {
			return nil, err
		}
		*opened = f
		return fromOpened(f)(ctx, sections, wants)
	}
}

// fromOpened takes the snapshot of what is opened already. A section that the rules need and that no file of a folder
// holds is a gap.
func fromOpened(f *saved.File) source {
	return func(_ context.Context, sections []account.Section, _ func(*account.Snapshot) []account.Want) (*account.Snapshot, error) {
		if f.Kind == saved.Folder {
			clifiles.MarkMissing(f.Snapshot, sections)
		}
		return f.Snapshot, nil
	}
}

// openSaved opens what a person names, and warns of files that are of no use.
func openSaved(ctx context.Context, in files.Input, want saved.Kind, limit int64, warn func(string), tolerate ...string) (*saved.File, error) {
	f, err := saved.Open(ctx, in, want, limit, tolerate...)
	if f != nil {
		for _, w := range f.Warnings {
			warn(w)
		}
	}
	return f, err
}

// fromMemory is a source that asks nobody.
func fromMemory(s *account.Snapshot) source {
	return func(context.Context, []account.Section, func(*account.Snapshot) []account.Want) (*account.Snapshot, error) {
		return s, nil
	}
}

// fromAWS signs in and reads the account. What the person should know of the session is warned of as soon as it is
// known.
func fromAWS(signIn collect.Options, plan collect.Plan, progress *progress, warn func(string)) source {
	return func(ctx context.Context, sections []account.Section, wants func(*account.Snapshot) []account.Want) (*account.Snapshot, error) {
		progress.phase("signing in")
		// The SDK opens the files of the AWS environment, which may be pipes, without the context.
		session, err := saved.Interruptible(ctx, message.New("signing in"), func() (*collect.Session, error) { return collect.SignIn(ctx, signIn) })
		if err != nil {
			return nil, err
		}
		told := 0
		tell := func() {
			for ; told < len(session.Warnings); told++ {
				warn(session.Warnings[told])
			}
		}
		tell()
		progress.phase("reading the account")
		plan.Sections, plan.Warn = sections, warn
		plan.Wants = func(s *account.Snapshot) []account.Want {
			asked := wants(s)
			if len(asked) > 0 {
				progress.phase(fmt.Sprintf("looking closer at %d points", len(asked)))
			}
			return asked
		}
		snapshot, err := session.Collect(ctx, plan)
		tell()
		return snapshot, err
	}
}

// fromDemo serves the demo account on the loopback interface and reads it as any other account is read. Nothing of the
// AWS environment takes part: a person who tries Sekisho may have any.
func fromDemo(signIn collect.Options, plan collect.Plan, progress *progress, warn func(string)) source {
	return func(ctx context.Context, sections []account.Section, wants func(*account.Snapshot) []account.Want) (*account.Snapshot, error) {
		endpoint, stop, err := emulator.New(emulator.Demo(signIn.Now()), emulator.Options{Clock: signIn.Now}).Start()
		if err != nil {
			return nil, err
		}
		defer stop()
		plan.Origin = "demo"
		return fromAWS(atEmulator(endpoint, signIn), plan, progress, warn)(ctx, sections, wants)
	}
}

// atEmulator are the options of a sign-in that takes nothing of the AWS environment.
func atEmulator(endpoint string, o collect.Options) collect.Options {
	return collect.Options{
		Endpoint: endpoint, StaticKeys: true,
		Allowed: o.Allowed, MaxRPS: o.MaxRPS, Now: o.Now, Observe: o.Observe, MaxAnswer: o.MaxAnswer, TolerateAbsent: o.TolerateAbsent, Connections: o.Connections,
	}
}
