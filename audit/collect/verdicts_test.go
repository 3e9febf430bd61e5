package collect_test

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"

	"sekisho/audit"
	"sekisho/audit/access"
	"sekisho/audit/account"
	"sekisho/audit/collect"
	"sekisho/audit/emulator"
	"sekisho/audit/rules"
)

var now = time.Date(2026, 11, 22, 5, 0, 0, 0, time.UTC)

// fastRetryer tries as often as the real one does for a torn answer, and does not wait in between.
func fastRetryer() aws.Retryer { return retryer(3) }

func retryer(attempts int) aws.Retryer {
	return retry.NewStandard(func(o *retry.StandardOptions) {
		o.MaxAttempts = attempts
		o.RateLimiter = ratelimit.None
		o.Backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return 0, nil })
	})
}

// sections is everything that the whole catalogue reads in bulk.
func sections() []account.Section {
	all := []account.Section{account.AccountAliasesSection}
	for _, rule := range rules.Catalogue() {
		all = append(all, rule.Sections()...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func judge(s *account.Snapshot) (*audit.Report, []account.Want) { return judgeAmong(nil, s) }

// judgeAmong shares what evaluations of one account have in common.
func judgeAmong(shared *access.Shared, s *account.Snapshot) (*audit.Report, []account.Want) {
	return audit.Evaluate(s, rules.Catalogue(), audit.Options{Thresholds: audit.DefaultThresholds(), Points: rules.Points(), Shared: shared})
}

// read collects from an emulator of the snapshot, with the real SDK, and returns the report of all that was read too. Where the emulator hangs the client soon gives up.
func read(t *testing.T, of *account.Snapshot, how emulator.Options) (*account.Snapshot, *audit.Report) {
	t.Helper()
	var report *audit.Report
	var wants []account.Want
	shared := access.NewShared()
	s, err := readWith(t, of, how, collect.Plan{
		Sections: sections(), MaxUsers: 100, Wants: func(s *account.Snapshot) []account.Want {
			report, wants = judgeAmong(shared, s)
			return wants
		},
	})
	if err != nil {
		t.Fatalf("got %v, want a run, with gaps where a call fails", err)
	}
	if len(wants) != 0 { // they were read, or declined, after this report
		report, _ = judgeAmong(shared, s)
	}
	return s, report
}

// truth is an account that tests break in many ways, and what is read of it and said of it unbroken.
type truth struct {
	once   sync.Once
	of     *account.Snapshot
	whole  *account.Snapshot
	report *audit.Report
}

var demo, company = &truth{of: emulator.Demo(now)}, &truth{of: emulator.Company(30, now)}

// read reads the account once for all tests.
func (a *truth) read(t *testing.T) (whole *account.Snapshot, report *audit.Report) {
	t.Helper()
	a.once.Do(func() { a.whole, a.report = read(t, a.of, emulator.Options{}) })
	if a.report == nil {
		t.Fatal("got no report of the whole account: the test that read it failed")
	}
	return a.whole, a.report
}

// readWith reads by the clock of a bubble: there a server that hangs costs no time, and no answer is late because the
// machine is busy.
func readWith(t *testing.T, of *account.Snapshot, how emulator.Options, plan collect.Plan) (s *account.Snapshot, err error) {
	t.Helper()
	options := options()
	if slices.ContainsFunc(how.Faults, func(f emulator.Fault) bool { return f.Kind == emulator.Hang }) {
		options.Retryer = func() aws.Retryer { return retryer(1) }
	}
	return readThrough(t, func() http.Handler { return emulator.New(of, how) }, options, plan)
}

func options() collect.Options {
	return collect.Options{
		Endpoint: "http://aws.example", StaticKeys: true, Retryer: fastRetryer, Allowed: collect.Actions(), Now: func() time.Time { return now },
	}
}

// readThrough collects from what is made within a bubble of time.
func readThrough(t *testing.T, from func() http.Handler, options collect.Options, plan collect.Plan) (s *account.Snapshot, err error) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		options.HTTPClient = collect.InProcess(from())
		session, failed := collect.SignIn(t.Context(), options)
		if failed != nil {
			t.Fatal(failed)
		}
		s, err = session.Collect(t.Context(), plan)
	})
	return s, err
}

// tally counts the verdicts of each rule and resource. What is inside a resource (a key) is counted with it, since its
// name changes with what could be read of it.
type tally map[string]map[string][4]int

func tallyOf(r *audit.Report) tally {
	t := tally{}
	add := func(rule, resource string, status audit.Status) {
		resource, _, _ = strings.Cut(resource, "#")
		if t[rule] == nil {
			t[rule] = map[string][4]int{}
		}
		counts := t[rule][resource]
		counts[status]++
		t[rule][resource] = counts
	}
	for _, f := range r.Findings {
		add(f.Rule, audit.Short(f.Resource, ""), f.Status)
	}
	for rule, passed := range r.Passed {
		for _, resource := range passed.Resources {
			add(rule, resource, audit.StatusPass)
		}
	}
	for rule, groups := range r.NotApplicable {
		for _, group := range groups {
			for _, resource := range group.Resources {
				add(rule, resource, audit.StatusNotApplicable)
			}
		}
	}
	return t
}

// rests returns the actions that a rule's verdicts may rest on: those of its facts' sections, and those that its
// evidence names.
func rests(r *audit.Report) map[string]map[string]bool {
	actionsOf := map[account.Section][]string{}
	for _, c := range collect.Collectors() {
		actionsOf[c.Section] = c.Actions
	}
	out := map[string]map[string]bool{}
	for _, rule := range rules.Catalogue() {
		actions := map[string]bool{}
		sections := rule.Sections()
		if rule.Sweep == audit.SweepUsers { // where a user has no such thing no evidence says what that was read from
			sections = append(sections, rule.WantedSections()...)
		}
		for _, section := range sections {
			for _, action := range actionsOf[section] {
				actions[action] = true
			}
		}
		for _, source := range r.Passed[rule.ID].Sources {
			actions[source.Source] = true
		}
		out[rule.ID] = actions
	}
	for _, f := range r.Findings {
		for _, e := range f.Evidence {
			out[f.Rule][e.Source] = true
		}
	}
	return out
}

// noFalsePass compares what is said with an action broken to what is said of the whole truth.
func noFalsePass(t *testing.T, name, action string, whole, broken *audit.Report) {
	t.Helper()
	before, after := tallyOf(whole), tallyOf(broken)
	rest := rests(whole)
	for _, rule := range rules.Catalogue() {
		if !rest[rule.ID][action] {
			if !maps.Equal(before[rule.ID], after[rule.ID]) {
				t.Errorf("%s: %s does not rest on %s and its verdicts changed: %v, want %v", name, rule.ID, action, after[rule.ID], before[rule.ID])
			}
			continue
		}
		for resource, counts := range after[rule.ID] {
			was := before[rule.ID][resource]
			for _, status := range []audit.Status{audit.StatusPass, audit.StatusNotApplicable} {
				if counts[status] > was[status] {
					t.Errorf("%s: %s: %s is %s %d times, was %d: %s makes it pass", name, rule.ID, resource, status, counts[status], was[status], action)
				}
			}
		}
		for _, source := range broken.Passed[rule.ID].Sources {
			if source.Source == action && !partial(name) {
				t.Errorf("%s: %s passes on the word of %s, which said nothing", name, rule.ID, action)
			}
		}
	}
	lost := whole.Summary.Pass + whole.Summary.NotApplicable + whole.Summary.Fail - broken.Summary.Pass - broken.Summary.NotApplicable - broken.Summary.Fail
	if lost > 0 && broken.Summary.Unknown == 0 {
		t.Errorf("%s: %d verdicts were lost without an unknown", name, lost)
	}
	for i, item := range broken.SecurityStatus.Items {
		if was := whole.SecurityStatus.Items[i]; item.Status == audit.StatusPass && was.Status != audit.StatusPass {
			t.Errorf("%s: the point %q is complete, and was %s", name, item.Title, was.Status)
		}
	}
}

// partial tells the faults that leave part of what an action says standing, and its word: the first page of a list, the
// other regions.
func partial(name string) bool {
	return strings.Contains(name, "page 2") || strings.Contains(name, "one region")
}

type gap = account.Gap
