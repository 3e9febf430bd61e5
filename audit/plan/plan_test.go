package plan

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"sekisho/audit"
	"sekisho/audit/access"
	"sekisho/audit/account"
	"sekisho/audit/change"
	"sekisho/audit/emulator"
	"sekisho/audit/message"
	"sekisho/audit/rules"
)

var now = time.Date(2026, 11, 30, 5, 0, 0, 0, time.UTC)

// judging judges by some rules, as a run with the default settings does.
func judging(catalogue []*audit.Rule) func(*account.Snapshot) (*audit.Report, *audit.Fixing) {
	shared := access.NewShared()
	return func(s *account.Snapshot) (*audit.Report, *audit.Fixing) {
		report, on, _ := audit.Judge(s, catalogue, audit.Options{Thresholds: audit.DefaultThresholds(), Saved: true, Points: rules.Points(), Shared: shared})
		return report, on
	}
}

// made makes a plan for a goal.
func made(t *testing.T, s *account.Snapshot, catalogue []*audit.Rule, goal ...string) *Plan {
	t.Helper()
	g, err := ParseGoal(catalogue, goal)
	if err != nil {
		t.Fatal(err)
	}
	judge := judging(catalogue)
	report, on := judge(s)
	return Make(s, report, on, Options{Goal: g, Rules: catalogue, Judge: judge})
}

func onByDefault() []*audit.Rule {
	return slices.DeleteFunc(slices.Clone(rules.Catalogue()), func(r *audit.Rule) bool { return r.OffByDefault })
}

// demo is the plan for the demo account and the default goal, which takes longer to make than to look at.
var demo = sync.OnceValue(func() *Plan {
	catalogue := onByDefault()
	g, err := ParseGoal(catalogue, nil)
	if err != nil {
		panic(err)
	}
	s, judge := emulator.Demo(now), judging(catalogue)
	report, on := judge(s)
	return Make(s, report, on, Options{Goal: g, Rules: catalogue, Judge: judge})
})

// The demo's plan is short, and its first steps are those that matter most.
func TestDemoIsSoundAfterFewSteps(t *testing.T) {
	t.Parallel()
	p := demo()
	if n := len(p.Steps); n == 0 || n > 25 {
		t.Errorf("got %d steps, want 1 to 25", n)
	}
	if after := p.Steps[min(8, len(p.Steps))-1].After; after.Complete != 5 || after.Applicable != 5 || after.Failing["critical"] > 0 {
		t.Errorf("got %+v after eight steps, want 5 of 5 and nothing critical", after)
	}
	if !p.Reached || p.After.Failing["high"] > 0 || p.Before.Left == 0 {
		t.Errorf("got reached %t from %+v to %+v, want the goal", p.Reached, p.Before, p.After)
	}
	for i, s := range p.Steps {
		if len(s.Clears) == 0 || s.Number != i+1 || (s.Kind == Decision) != (len(s.Work) == 0) {
			t.Errorf("got the step %d %q of kind %s that clears %d findings by %d works, want some of both, or a decision", s.Number, s.Title, s.Kind, len(s.Clears), len(s.Work))
		}
		for _, r := range s.Adds {
			if r.Severity >= s.Severity {
				t.Errorf("got the step %q, which adds %+v, want nothing as grave as what it clears", s.Title, r)
			}
		}
	}
}

// What a plan says of each step is so where the changes are made.
func TestStepsDoWhatTheySay(t *testing.T) {
	t.Parallel()
	catalogue := onByDefault()
	s, judge, gone := emulator.Demo(now), judging(catalogue), map[key]bool{}
	p := demo()
	for _, step := range p.Steps {
		for _, w := range step.Work {
			for _, c := range w.Changes {
				var err error
				if s, err = change.Apply(s, c.Change); err != nil {
					t.Fatalf("%s: got %v, want changes that can be made", step.Title, err)
				}
			}
		}
		for _, r := range step.Clears {
			if step.Kind != Decision {
				gone[r.key()] = true
			}
		}
		for _, r := range step.Adds {
			delete(gone, r.key())
		}
	}
	report, _ := judge(s)
	for i := range report.Findings {
		if f := &report.Findings[i]; gone[keyOf(f)] {
			t.Errorf("got %s of %s after all steps, want it cleared as the plan says", f.Rule, f.Resource)
		}
	}
	if len(gone) == 0 {
		t.Error("got no step that clears anything by changes, want some")
	}
}

// fixing is a rule on each user without a password, with changes that may do something else.
func fixing(id string, severity audit.Severity, fails func(*account.User) bool, changes func(*audit.Finding) []change.Change) *audit.Rule {
	return &audit.Rule{
		ID: id, Title: id, Problem: id, Category: audit.CategoryOther, Severity: severity, Needs: []account.Fact{account.UserAccessKeys},
		Fix: audit.Fix{Steps: []audit.FixStep{{Text: "Think"}}, Changes: func(_ *audit.Fixing, f *audit.Finding) []change.Change { return changes(f) }},
		Check: func(p *audit.Pass) {
			for u := range p.Users() {
				p.Decide(u, !fails(u), message.New("is so"))
			}
		},
	}
}

func named(name string) func(*account.User) bool {
	return func(u *account.User) bool { return u.Name == name }
}

func in(group string) func(*account.User) bool {
	return func(u *account.User) bool { return slices.Contains(u.Groups.Value(), group) }
}

// What a change would not clear, or would clear for something as grave, is decided by a person. What does it is a step,
// the same on many at once: on those who were active lately, and before on the others.
func TestChangesThatDoNotHelpAreNotProposed(t *testing.T) {
	t.Parallel()
	s := emulator.Demo(now)
	leave := func(f *audit.Finding) []change.Change {
		return []change.Change{change.New("iam:RemoveUserFromGroup", "developers", f.Name)}
	}
	join := func(f *audit.Finding) []change.Change {
		return []change.Change{change.New("iam:AddUserToGroup", "auditors", f.Name)}
	}
	both := func(f *audit.Finding) []change.Change { return append(leave(f), join(f)...) }
	for _, test := range []struct {
		name      string
		catalogue []*audit.Rule
		kinds     []Kind
		adds      int
	}{
		{"equal on many", []*audit.Rule{fixing("a", audit.High, in("developers"), leave)}, []Kind{ByCommand, ByCommand}, 0},
		{"no change", []*audit.Rule{fixing("a", audit.High, in("developers"), func(*audit.Finding) []change.Change { return nil })}, []Kind{Decision}, 0},
		{"useless", []*audit.Rule{fixing("a", audit.High, in("developers"), join)}, []Kind{Decision}, 0},
		{"impossible", []*audit.Rule{fixing("a", audit.High, in("auditors"), leave)}, []Kind{Decision}, 0},
		{"as grave", []*audit.Rule{fixing("a", audit.High, in("developers"), both), fixing("b", audit.High, in("auditors"), leave)}, []Kind{Decision, Decision}, 0},
		{"milder", []*audit.Rule{fixing("a", audit.High, in("developers"), both), fixing("b", audit.Low, in("auditors"), leave)}, []Kind{ByCommand, ByCommand}, 1},
		{"who is in use", []*audit.Rule{fixing("a", audit.High, named("log-shipper"), func(f *audit.Finding) []change.Change { return []change.Change{change.New("iam:DeleteUser", f.Name)} })}, []Kind{Decision}, 0},
		{"who never was", []*audit.Rule{fixing("a", audit.High, named("old-website"), func(f *audit.Finding) []change.Change { return []change.Change{change.New("iam:DeleteUser", f.Name)} })}, []Kind{ByCommand}, 0},
	} {
		p := made(t, s, test.catalogue, "high")
		var kinds []Kind
		adds := 0
		for _, step := range p.Steps {
			kinds, adds = append(kinds, step.Kind), adds+len(step.Adds)
		}
		if !slices.Equal(kinds, test.kinds) || (adds > 0) != (test.adds > 0) {
			t.Errorf("%s: got steps of the kinds %v that add %d findings, want %v that add %d", test.name, kinds, adds, test.kinds, test.adds)
		}
	}
}

// denying is a rule that fails where a user's inline policy "own" does not deny an action, with a fix that adds that to what
// it says.
func denying(action string) *audit.Rule {
	text := func(u *account.User) string {
		for _, p := range u.InlinePolicies.Value() {
			if p.Name == "own" {
				return p.Document
			}
		}
		return ""
	}
	r := fixing(action, audit.High, func(u *account.User) bool { return text(u) != "" && !strings.Contains(text(u), action) }, nil)
	r.Fix.Changes = func(on *audit.Fixing, f *audit.Finding) []change.Change {
		more := strings.Replace(text(on.Account.User(f.Name)), `"Statement":[`, `"Statement":[{"Effect":"Deny","Action":"`+action+`","Resource":"*"},`, 1)
		return []change.Change{change.New("iam:PutUserPolicy", f.Name, "own", more)}
	}
	return r
}

// Of two steps that write one document the later waits for what the earlier has written, and keeps it.
func TestDocumentsAreWrittenOneByOne(t *testing.T) {
	t.Parallel()
	s, err := change.Apply(emulator.Demo(now), change.New("iam:PutUserPolicy", "yamada.koji", "own", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	p := made(t, s, []*audit.Rule{denying("s3:PutObject"), denying("s3:DeleteObject")}, "high")
	if len(p.Steps) != 2 || p.Steps[0].Kind != ByCommand || p.Steps[1].Kind != ByCommand || !p.Reached {
		t.Errorf("got %d steps, reached %t, want one by command for each rule", len(p.Steps), p.Reached)
	}
}

// What failed and is unknown after a step is neither cleared nor new: the step stands if it clears something else.
func TestUnknownIsNoWorseThanFailing(t *testing.T) {
	t.Parallel()
	leave := func(f *audit.Finding) []change.Change {
		return []change.Change{change.New("iam:RemoveUserFromGroup", "developers", f.Name)}
	}
	doubtful := fixing("b", audit.High, nil, leave)
	of := map[string]bool{}
	for _, u := range account.New(emulator.Demo(now)).Users {
		of[u.Name] = in("developers")(u)
	}
	doubtful.Check = func(p *audit.Pass) {
		for u := range p.Users() {
			switch {
			case in("developers")(u):
				p.Fail(u, message.New("is so"))
			case of[u.Name]:
				p.Unknown(u, message.New("may be so"))
			}
		}
	}
	p := made(t, emulator.Demo(now), []*audit.Rule{fixing("a", audit.High, in("developers"), leave), doubtful}, "high")
	for _, step := range p.Steps {
		if step.Kind != ByCommand || len(step.Adds) > 0 || slices.ContainsFunc(step.Clears, func(r Ref) bool { return r.Rule == "b" }) {
			t.Errorf("got %q of kind %s that clears %v and adds %v, want a command that clears what is sure, and adds nothing", step.Title, step.Kind, step.Clears, step.Adds)
		}
	}
	if p.Reached || p.After.Left != 0 || p.After.Unknown == 0 || len(p.Steps) == 0 {
		t.Errorf("got %d steps to %+v, reached %t, want what is unknown to be left", len(p.Steps), p.After, p.Reached)
	}
}

// What becomes worse for somebody whom no step touches is laid at the door of the work that touches those whom it concerns.
func TestHarmToOthersIsFound(t *testing.T) {
	t.Parallel()
	leave := func(f *audit.Finding) []change.Change {
		return []change.Change{change.New("iam:RemoveUserFromGroup", "developers", f.Name)}
	}
	tagged := func(u *account.User) bool {
		return slices.ContainsFunc(u.Tags.Value(), func(t account.Tag) bool { return t.Key == "checked" })
	}
	tag := fixing("z", audit.High, func(u *account.User) bool { return u.Name == "log-shipper" && !tagged(u) }, func(f *audit.Finding) []change.Change {
		return []change.Change{change.New("person:TagUser", f.Name, "checked")}
	})
	orphaned := fixing("b", audit.High, nil, func(*audit.Finding) []change.Change { return nil })
	orphaned.Check = func(p *audit.Pass) {
		if u := p.Account.User("old-website"); !in("developers")(p.Account.User("takahashi.ren")) {
			p.Fail(u, message.New("has nobody to look after it")).About([]string{"user/takahashi.ren"})
		}
	}
	p := made(t, emulator.Demo(now), []*audit.Rule{fixing("a", audit.High, in("developers"), leave), orphaned, tag}, "high")
	left := 0
	for _, step := range p.Steps {
		switch {
		case step.Kind != Decision:
			left += len(step.Work)
		case step.Rule != "a" || len(step.Clears) != 1 || step.Clears[0].Name != "takahashi.ren":
			t.Errorf("got a decision %q about %v, want one about whom the other needs", step.Title, step.Clears)
		}
	}
	if left != 6 {
		t.Errorf("got work on %d users, want it on the other five of the group, and on who has no tag", left)
	}
}

// Steps that are judged together come to the same as those that are judged one by one.
func TestTogetherIsAsOneByOne(t *testing.T) {
	t.Parallel()
	s, catalogue := emulator.Demo(now), onByDefault()
	goal, err := ParseGoal(catalogue, []string{"critical"})
	if err != nil {
		t.Fatal(err)
	}
	judged, judge := 0, judging(catalogue)
	m := newMaker(s, Options{Goal: goal, Rules: catalogue, Judge: func(s *account.Snapshot) (*audit.Report, *audit.Fixing) {
		judged++
		return judge(s)
	}})
	report, on := judge(s)
	got := m.make(report, on, 1)
	if want := demo().Steps[:4]; got.After.Left != 0 || got.After.Failing["critical"] != 0 || judged == 0 || judged >= len(got.Steps) || got.Steps[0].Title != want[0].Title {
		t.Errorf("got %+v by %d judgements of %d steps, want nothing critical by fewer, as one by one: %q", got.After, judged, len(got.Steps), want[0].Title)
	}
	for _, step := range got.Steps {
		if step.Kind != Decision && len(step.ProvedWith) < 2 {
			t.Errorf("got the step %q that was judged with %v, want all of them", step.Title, step.ProvedWith)
		}
	}
}

func TestGoals(t *testing.T) {
	t.Parallel()
	catalogue := rules.Catalogue()
	for _, test := range []struct {
		names []string
		rule  string
		s     audit.Severity
		want  bool
	}{
		{nil, "root-mfa", audit.Low, true}, {nil, "user-mfa", audit.High, true}, {nil, "user-mfa", audit.Medium, false}, {[]string{"status"}, "user-mfa", audit.Critical, false},
		{[]string{"critical"}, "user-mfa", audit.High, false}, {[]string{"all"}, "user-mfa", audit.Info, true}, {[]string{"access-keys"}, "access-key-unused", audit.Low, true},
		{[]string{"access-key-*", "critical"}, "user-mfa", audit.Critical, true}, {[]string{"user-mfa"}, "console-mfa", audit.Critical, false},
	} {
		g, err := ParseGoal(catalogue, test.names)
		if err != nil || g.has(test.rule, test.s) != test.want {
			t.Errorf("%v: got %t (%v) of %s %s, want %t", test.names, !test.want, err, test.s, test.rule, test.want)
		}
	}
	if _, err := ParseGoal(catalogue, []string{"nothing"}); err == nil {
		t.Error("got no error for a goal that is none, want one")
	}
}

// What a report says to do first is what the plan begins with.
func TestFirstStepsAreThoseOfThePlan(t *testing.T) {
	t.Parallel()
	catalogue := onByDefault()
	s := emulator.Demo(now)
	report, on := judging(catalogue)(s)
	first, p := First(report, on, catalogue), demo()
	if len(first) != mostFirst {
		t.Fatalf("got %d first steps, want %d", len(first), mostFirst)
	}
	if got, want := first[0], p.Steps[0]; got.Message != want.Title || got.Kind != string(want.Kind) || got.Findings == 0 || got.Findings > len(want.Clears) {
		t.Errorf("got %+v first, want the plan's %q that clears %d", got, want.Title, len(want.Clears))
	}
	report, on = judging(catalogue)(emulator.Company(3, now))
	for i := range report.Findings {
		report.Findings[i].Severity = audit.Low
	}
	if got := First(report, on, slices.DeleteFunc(slices.Clone(catalogue), func(r *audit.Rule) bool { return r.Point > 0 })); len(got) > 0 {
		t.Errorf("got %v where nothing is grave, want none", got)
	}
}
