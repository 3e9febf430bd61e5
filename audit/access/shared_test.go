package access_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"sekisho/audit/access"
	"sekisho/audit/account"
	"sekisho/audit/emulator"
	"sekisho/audit/policy"
)

const (
	untilNoon = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"DateLessThan":{"aws:CurrentTime":"2026-11-29T12:00:00Z"}}}]}`
	sinceThen = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::days/${AWS:currentTime}"}]}`
)

// messy is a company in which all kinds of things went wrong; two of its users' policies ask when a request is made.
func messy(at time.Time) (*account.Snapshot, *account.AuthorizationDetails) {
	s := emulator.Messy(25, 3, time.Date(2026, 11, 29, 9, 0, 0, 0, time.UTC))
	s.TakenAt = at
	d := &s.AuthorizationDetails.Value
	d.Users[10].InlinePolicies = append(d.Users[10].InlinePolicies, account.InlinePolicy{Name: "until-noon", Document: untilNoon})
	d.Users[11].InlinePolicies = append(d.Users[11].InlinePolicies, account.InlinePolicy{Name: "since-then", Document: sinceThen})
	return s, d
}

// Of two views of an account the second analyses those alone of whom something is different, and says of everybody what
// it says by itself.
func TestSharedAnalyses(t *testing.T) {
	t.Parallel()
	morning := time.Date(2026, 11, 29, 9, 0, 0, 0, time.UTC)
	for name, test := range map[string]struct {
		change func(*account.Snapshot, *account.AuthorizationDetails)
		differ []int // of the users
	}{
		"another time": {func(s *account.Snapshot, _ *account.AuthorizationDetails) { s.TakenAt = morning.Add(6 * time.Hour) }, []int{10, 11}},
		"another day": {func(_ *account.Snapshot, d *account.AuthorizationDetails) {
			d.Users[3].InlinePolicies = []account.InlinePolicy{{Name: "own", Document: strings.ReplaceAll(untilNoon, "s3", "sqs")}}
			d.Users[4].Tags = []account.Tag{{Key: "team", Value: "blue"}}
			d.Users[5].PermissionsBoundary = d.Policies[0].ARN
			d.Users[6].ID += "2"
			d.Users = slices.Delete(d.Users, 0, 1)
		}, []int{0, 3, 4, 5, 6}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			was, _ := messy(morning)
			is, d := messy(morning)
			users := slices.Clone(d.Users)
			test.change(is, d)
			shared := access.NewShared()
			before, after, alone := shared.New(account.New(was)), shared.New(account.New(is)), access.New(account.New(is))
			for i, u := range users {
				now := after.User(u.Name)
				if now == nil || now.Analysis() == nil { // gone
					continue
				}
				same := before.User(u.Name).Analysis() == now.Analysis()
				if want := !slices.Contains(test.differ, i); same != want {
					t.Errorf("%s: got the same analysis: %t, want %t", u.Name, same, want)
				}
				agree(t, now, alone.User(u.Name))
			}
			for i, who := range after.Roles() {
				if who.Analysis() != before.Role(who.ARN).Analysis() {
					t.Errorf("%s: got another analysis, want the same", who.ARN)
				}
				agree(t, who, alone.Roles()[i])
			}
		})
	}
}

// agree compares what is said of somebody.
func agree(t *testing.T, got, want *access.Principal) {
	t.Helper()
	a, b := got.Analysis(), want.Analysis()
	for name, said := range map[string][2]any{
		"paths": {a.Paths, b.Paths}, "enrolment": {a.Enrolment, b.Enrolment}, "self-service": {a.SelfService, b.SelfService}, "admin": {a.Admin, b.Admin},
		"statements": {a.AdminBy(), b.AdminBy()}, "findings": {a.Findings(), b.Findings()}, "power": {got.Admin(), want.Admin()}, "policies": {got.Policies, want.Policies},
	} {
		if !reflect.DeepEqual(said[0], said[1]) {
			t.Errorf("%s, %s: got %+v, want %+v", got.ARN, name, said[0], said[1])
		}
	}
}

// Once everybody is analysed nothing that is compiled is kept; what is asked for later is answered as if it were.
func TestNothingCompiledIsKept(t *testing.T) {
	t.Parallel()
	s, _ := messy(time.Date(2026, 11, 29, 9, 0, 0, 0, time.UTC))
	at, later := access.New(account.New(s)), access.New(account.New(s))
	at.Thorough()
	asked := 0
	for _, u := range later.Account.Users {
		a, b := at.User(u.Name), later.User(u.Name)
		for _, path := range []access.Path{access.Console, access.AccessKey} {
			if b.Opens(path) {
				asked++
			}
			if got, want := b.Leakage(path), a.Leakage(path); !reflect.DeepEqual(got, want) {
				t.Errorf("%s: got the leaks %+v on the %s, want %+v", u.Name, got, path, want)
			}
		}
		if got, want := b.Analysis().Findings(), a.Analysis().Findings(); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got the findings %+v, want %+v", u.Name, got, want)
		}
		if at.Worlds() > 0 {
			t.Fatalf("%s: got %d worlds for policies kept, want none", u.Name, at.Worlds())
		}
	}
	if later.Worlds() == 0 || asked == 0 {
		t.Errorf("got %d paths that leak and %d worlds for policies, want some", asked, later.Worlds())
	}
	if later.Rest(); later.Worlds() > 0 {
		t.Errorf("got %d worlds for policies kept, want none", later.Worlds())
	}
}

// As long as another view is to come, what is compiled is kept for it, whatever time it is of; policies alone that ask when a
// request is made are compiled for each time.
func TestViewsShareWhatIsCompiled(t *testing.T) {
	t.Parallel()
	morning := time.Date(2026, 11, 29, 9, 0, 0, 0, time.UTC)
	shared := access.NewShared()
	shared.More(true)
	var counts, timely [2]int
	for i := range counts {
		s, d := messy(morning.Add(time.Duration(i) * time.Hour))
		if i > 0 {
			d.Users[5].ID += "2"
		}
		x := shared.New(account.New(s))
		x.Thorough()
		x.User(d.Users[0].Name).Analysis()
		counts[i], timely[i] = x.CompiledPolicies()
		if shared.More(false); i > 0 {
			x.Rest()
		}
		if got := x.Worlds(); got != 1-i {
			t.Errorf("got %d worlds kept after view %d, want %d", got, i, 1-i)
		}
		shared.More(true)
	}
	if counts[0] < 20 || counts[1]-counts[0] != 2 || timely != [2]int{2, 4} {
		t.Errorf("got %d policies compiled for one view and for two, %d of them for one time, want two more, which ask when", counts, timely)
	}
}

// Roles whose trust policies read alike let in the same, by statements of their own; so do those of another view, whose time
// counts where it is asked for.
func TestTrustIsSurveyedOnce(t *testing.T) {
	t.Parallel()
	morning := time.Date(2026, 11, 29, 9, 0, 0, 0, time.UTC)
	shared := access.NewShared()
	trust := func(condition string) string {
		return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"` + condition +
			`},{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
	}
	var surveys []int
	for hours := range 2 {
		s, d := messy(morning.Add(time.Duration(4*hours) * time.Hour))
		d.Roles = slices.Clone(d.Roles[:6])
		for i := range d.Roles {
			d.Roles[i].TrustPolicy = trust("")
		}
		for _, i := range []int{1, 4} {
			d.Roles[i].TrustPolicy = trust(`,"Condition":{"DateLessThan":{"aws:CurrentTime":"2026-11-29T12:00:00Z"}}`)
		}
		view, alone := shared.New(account.New(s)), access.New(account.New(s))
		for i, r := range view.Account.Roles {
			got, want := view.Trust(r).Grants(), alone.Trust(alone.Account.Roles[i]).Grants()
			if own := access.TrustGrants(view.Trust(r).Document, view.Account.ID, view.Account.TakenAt); !reflect.DeepEqual(got, want) || !reflect.DeepEqual(got, own) {
				t.Errorf("%s, %d hours later: got %+v, want %+v", r.Name, 4*hours, got, own)
			}
			if sure := got[0].Foreign == policy.Yes; sure != (hours == 0 || !strings.Contains(r.TrustPolicy, "aws:CurrentTime")) {
				t.Errorf("%s, %d hours later: got anybody let in: %t", r.Name, 4*hours, sure)
			}
		}
		surveys = append(surveys, view.Surveys())
	}
	if !slices.Equal(surveys, []int{2, 3}) {
		t.Errorf("got %d trust policies surveyed for one view and for two, want 2, and 3: one asks when", surveys)
	}
}

// Where every detail is asked for, users and roles are analysed with what is compiled once for both.
func TestRolesAreAnalysedWithUsers(t *testing.T) {
	t.Parallel()
	s, d := messy(time.Date(2026, 11, 29, 9, 0, 0, 0, time.UTC))
	for _, thorough := range []bool{false, true} {
		x := access.New(account.New(s))
		if thorough {
			x.Thorough()
		}
		x.User(d.Users[0].Name).Analysis()
		if users, roles := x.Analysed(); !users || roles != thorough {
			t.Errorf("got users analysed: %t, and roles: %t, want the former, and the latter %t", users, roles, thorough)
		}
	}
}

// The members of a group have its policies together: thousands of people may have those of a few groups.
func TestMembersShareTheGroupsPolicies(t *testing.T) {
	t.Parallel()
	s, _ := messy(time.Date(2026, 11, 29, 9, 0, 0, 0, time.UTC))
	x := access.New(account.New(s))
	first, shared := map[access.HeldPolicy]*access.HeldPolicy{}, 0
	for _, u := range x.Account.Users {
		for _, held := range x.User(u.Name).Policies {
			if held.Owner == u.ARN {
				continue
			}
			if first[*held] == nil {
				first[*held] = held
			} else if shared++; first[*held] != held {
				t.Fatalf("got %s of %s twice, want it once for all members", held.At.ARN, held.Owner)
			}
		}
	}
	if shared == 0 {
		t.Error("got no policy that two members of a group have, want some")
	}
}
