package diff_test

import (
	"reflect"
	messages "sekisho/audit/message"
	"slices"
	"strings"
	"testing"

	"sekisho/audit"
	"sekisho/audit/access"
	"sekisho/audit/account"
	"sekisho/audit/diff"
	"sekisho/audit/emulator"
	"sekisho/audit/rules"
)

const escalation = "privilege-escalation"

var administrator = []account.AttachedPolicy{{Name: "AdministratorAccess", ARN: "arn:aws:iam::aws:policy/AdministratorAccess"}}

func promoted(s *account.Snapshot) { detail(s, "kondo.emi").AttachedPolicies = administrator }

func grants(action string) func(s *account.Snapshot) {
	return func(s *account.Snapshot) {
		detail(s, "kondo.emi").InlinePolicies = []account.InlinePolicy{{Name: "own", Document: `{"Version":"2012-10-17","Statement":{"Sid":"Own",` +
			`"Effect":"Allow","Action":"` + action + `","Resource":"arn:aws:iam::123456789012:user/kondo.emi"}}`}}
	}
}

// judgedBy is a side of a snapshot that is evaluated by one rule.
func judgedBy(rule string, s *account.Snapshot) diff.Side {
	selection, err := audit.Select(rules.Catalogue(), []string{rule}, nil)
	if err != nil {
		panic(err)
	}
	r, _ := audit.Evaluate(s, selection.Rules, audit.Options{Thresholds: audit.DefaultThresholds(), NotSelected: selection.NotSelected, Points: rules.Points()})
	return diff.Side{Source: diff.SourceSnapshot, Snapshot: s, Report: r}
}

// Who became an administrator is a failure, whichever of the sides' facts tell it, and nothing of it is fixed.
func TestAdminNew(t *testing.T) {
	t.Parallel()
	unchanged := func(*account.Snapshot) {}
	roleIn := func(s *account.Snapshot) { role(s, "nightly-report").AttachedPolicies = administrator }
	noRole := func(s *account.Snapshot) {
		d := &s.AuthorizationDetails.Value
		d.Roles = slices.DeleteFunc(d.Roles, func(r account.RoleDetail) bool { return r.Name == "nightly-report" })
		recount(s)
	}
	noUser := func(s *account.Snapshot) { removeUser(s, "kondo.emi") }
	torn := func(s *account.Snapshot) {
		s.AuthorizationDetails.Complete = false
		s.AuthorizationDetails.Value.Users = []account.UserDetail{}
		s.Gaps = append(s.Gaps, account.Gap{Section: account.AuthorizationDetailsSection, Action: "iam:GetAccountAuthorizationDetails", Code: "Throttling"})
	}
	const bare, by = "is an administrator now", ", by AdministratorAccess#Everything"
	for _, test := range []struct {
		name       string
		old, new   func(*account.Snapshot)
		want, says string
		note       string // how it was before
	}{
		{"a user", unchanged, promoted, "user/kondo.emi pass>fail", bare + by, "was none before"},
		{"a role", unchanged, roleIn, "role/nightly-report pass>fail", bare + by, "was none before"},
		{"a new user", noUser, promoted, "user/kondo.emi absent>fail", bare + by, ""},
		{"a new role", noRole, roleIn, "role/nightly-report absent>fail", bare + by, ""},
		{"one who could make itself one", grants("iam:PutUserPolicy"), promoted, "user/kondo.emi pass>fail", bare + by, "could make itself one before"},
		{"one who can make itself one", unchanged, grants("iam:PutUserPolicy"), "user/kondo.emi pass>fail", "is an administrator in effect now, by own#Own", "was none before"},
		{"one of whom nothing was known", torn, promoted, "user/kondo.emi unknown>fail, user/machines/ci-deploy unknown>fail, user/sato.yuki unknown>fail, user/suzuki.haruto unknown>fail", bare + by, ""},
		{"nobody", promoted, promoted, "", "", ""},
		{"nobody who could make itself one", grants("iam:PutUserPolicy"), grants("iam:PutUserPolicy"), "", "", ""},
		{"nobody who can no more than make itself one", promoted, grants("iam:PutUserPolicy"), "", "", ""},
		{"no administrator of less", unchanged, grants("iam:ListAccessKeys"), "", "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			o, n := demo(), aDayLater(t, demo())
			test.old(o)
			test.new(n)
			o, n = clone(t, o), clone(t, n)
			ruled, unruled := [2]diff.Side{judgedBy(escalation, o), judgedBy(escalation, n)}, [2]diff.Side{judgedBy("root-mfa", o), judgedBy("root-mfa", n)}
			for name, sides := range map[string][2]diff.Side{
				"snapshots": ruled, "snapshots without the rule": unruled, "one without the rule": {unruled[0], ruled[1]},
				"reports": {reported(t, ruled[0]), reported(t, ruled[1])}, "after a report": {reported(t, ruled[0]), ruled[1]},
			} {
				d := diff.Compare(sides[0], sides[1])
				got := slices.DeleteFunc(slices.Clone(d.Of(diff.New)), func(f diff.Finding) bool { return f.Rule != diff.AdminNew })
				lines := strings.ReplaceAll(strings.Join(found(&diff.Diff{Findings: got}, diff.New), ", "), "new admin-new ", "")
				if lines != test.want {
					t.Fatalf("%s: got %q, want %q", name, lines, test.want)
				}
				if len(got) == 0 {
					continue
				}
				f := got[0]
				note := ""
				if f.Note != nil {
					note = f.Note.Message
				}
				says := test.says
				if name == "reports" { // which statements make an administrator is not in a report
					says = strings.TrimSuffix(says, by)
				}
				if f.New.Message != says || note != test.note || f.Severity != audit.High || f.New.Status != audit.StatusFail || (len(f.New.Statements) == 0) == strings.Contains(says, "#") {
					t.Errorf("%s: got %+v with the note %q, want %q with %q, high", name, *f.New, note, says, test.note)
				}
				for _, f := range d.Findings {
					if f.Rule == escalation && (f.Kind == diff.Fixed || f.Kind == diff.NoLongerApplies && f.Note.Message != "an administrator already") {
						t.Errorf("%s: got %s %s, want it told apart from what is fixed, with the reason", name, f.Kind, f.Subject())
					}
				}
			}
		})
	}
}

// Two reports tell of administrators what their verdicts tell, else what their tables of users do, else nothing; that
// nothing is known is said.
func TestAdminNewOfReports(t *testing.T) {
	t.Parallel()
	table := func(words ...string) func(r *audit.Report) {
		return func(r *audit.Report) {
			withoutRule(escalation, "skipped")(r)
			r.Enforcement = []audit.EnforcementRow{}
			for i, word := range words {
				r.Enforcement = append(r.Enforcement, audit.EnforcementRow{Name: "bob", ARN: r.Users[i].ARN, Admin: word})
			}
		}
	}
	inapplicable := func(reason string, text messages.Message) func(r *audit.Report) {
		return func(r *audit.Report) {
			r.NotApplicable[escalation] = []audit.Inapplicable{{Reason: reason, Text: text, Resources: []string{"user/bob"}}}
		}
	}
	passed := func(r *audit.Report) { r.Passed[escalation] = audit.Passed{Resources: []string{"user/bob"}} }
	of := func(status audit.Status) func(r *audit.Report) {
		return finding(status, "", "can become one", func(f *audit.Finding) { f.Rule = escalation })
	}
	const (
		already = "an administrator already"
		isNew   = "new admin-new user/bob "
		noRoles = " does not tell which roles are administrators: whether one became it is unknown"
		neither = " does not tell who is an administrator: whether a user or role became one is unknown"
	)
	untold := withoutRule(escalation, "skipped")
	for _, test := range []struct {
		name     string
		old, new func(r *audit.Report)
		want     string
		notes    []string
	}{
		{"verdicts", passed, inapplicable(already, messages.New("an administrator already")), isNew + "pass>fail", nil},
		{"a report of an older version", passed, inapplicable(already, messages.Message{}), isNew + "pass>fail", nil},
		{"another reason", passed, inapplicable("made by AWS", messages.Message{}), "", nil},
		{"a failure that became the fact", of(audit.StatusFail), inapplicable(already, messages.Message{}), isNew + "pass>fail", nil},
		{"unknown before", of(audit.StatusUnknown), of(audit.StatusFail), isNew + "unknown>fail", nil},
		{"unknown now", passed, of(audit.StatusUnknown), "", nil},
		{"tables", table("no"), table("yes"), isNew + "pass>fail", []string{"OLD" + noRoles, "NEW" + noRoles}},
		{"tables, nothing new", table("yes"), table("yes"), "", []string{"OLD" + noRoles, "NEW" + noRoles}},
		{"a table, possibly before", table("possibly"), table("yes"), isNew + "unknown>fail", []string{"OLD" + noRoles, "NEW" + noRoles}},
		{"a table, unknown now", table("no"), table("unknown"), "", []string{"OLD" + noRoles, "NEW" + noRoles, "whether they became administrators is unknown: user/bob"}},
		{"a table without them", table(), table("yes"), isNew + "unknown>fail", []string{"OLD" + noRoles, "NEW" + noRoles}},
		{"a table and a verdict", table("yes"), inapplicable(already, messages.Message{}), "", []string{"OLD" + noRoles}},
		{"nothing told before", untold, inapplicable(already, messages.Message{}), "", []string{"OLD" + neither}},
		{"nothing told now", passed, untold, "", []string{"NEW" + neither}},
	} {
		d := diff.Compare(side(test.old), side(test.new))
		got := strings.Join(slices.DeleteFunc(found(d, diff.New), func(line string) bool { return !strings.HasPrefix(line, "new admin-new") }), "\n")
		if got != test.want {
			t.Errorf("%s: got %q, want %q", test.name, got, test.want)
		}
		var notes []string
		for _, n := range d.Notes {
			notes = append(notes, n.Message)
		}
		wantLines(t, "notes of "+test.name, notes, test.notes...)
	}
}

// Two sides whose evaluations share what is the same tell what they tell by themselves.
func TestSharedSidesTellTheSame(t *testing.T) {
	t.Parallel()
	old := emulator.Messy(25, 5, before)
	old.PerUser = nil
	new := aDayLater(t, old)
	d := &new.AuthorizationDetails.Value
	d.Users = d.Users[:len(d.Users)-5]
	for i := range d.Users {
		if i%7 == 0 {
			d.Users[i].AttachedPolicies = append(d.Users[i].AttachedPolicies, account.AttachedPolicy{ARN: "arn:aws:iam::aws:policy/AdministratorAccess", Name: "AdministratorAccess"})
		}
	}
	for i := range d.Policies {
		if v := &d.Policies[i].Versions[0]; i%5 == 0 {
			v.Document = strings.Replace(v.Document, `"Action":[`, `"Action":["iam:*",`, 1)
		}
	}
	shared := access.NewShared()
	var judged *access.Access
	together := []diff.Side{judgedWith(old, shared, nil), judgedWith(new, shared, func(x *access.Access) { judged = x })}
	together[1].Access = judged
	got, want := diff.Compare(together[0], together[1]), diff.Compare(judgedWith(old, nil, nil), judgedWith(new, nil, nil))
	if !reflect.DeepEqual(got, want) || want.Summary.New == 0 || want.Summary.Changes == 0 {
		t.Errorf("got %+v of sides that share, want %+v", got.Summary, want.Summary)
	}
}

func judgedWith(s *account.Snapshot, shared *access.Shared, told func(*access.Access)) diff.Side {
	r, _ := audit.Evaluate(s, rules.Catalogue(), audit.Options{Thresholds: audit.DefaultThresholds(), Depth: audit.DepthDeep, Points: rules.Points(), Shared: shared, Judged: told})
	return diff.Side{Source: diff.SourceSnapshot, Snapshot: s, Report: r}
}
