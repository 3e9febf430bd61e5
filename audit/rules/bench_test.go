package rules_test

import (
	"encoding/json"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"sekisho/audit"
	"sekisho/audit/access"
	"sekisho/audit/account"
	"sekisho/audit/emulator"
	"sekisho/audit/rules"
)

// BenchmarkEnforcement judges by the whole catalogue, with the report's section on enforcement, the largest account
// that there can be: 5,000 people with password and key in 50 groups, with 300 policies of ten statements each, where
// half of the groups have an MFA policy and nobody a device.
func BenchmarkEnforcement(b *testing.B) {
	s := largeAccount(b)
	options := audit.Options{Thresholds: audit.DefaultThresholds(), Points: rules.Points(), Enforcement: true}
	b.ReportAllocs()
	for b.Loop() {
		report, _ := audit.Evaluate(s, rules.Catalogue(), options)
		if len(report.Enforcement) != 5000 {
			b.Fatalf("got %d rows, want 5000", len(report.Enforcement))
		}
	}
	report, _ := audit.Evaluate(s, rules.Catalogue(), options)
	data, err := json.Marshal(report)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(len(data))/(1<<20), "report-MB")
}

// allocations counts those of one call. What takes seconds isn't called twice, as testing.AllocsPerRun would: what the
// first call makes once for all is little beside it.
func allocations(f func()) float64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return float64(after.Mallocs - before.Mallocs)
}

// What judging an account takes grows as the account does: four times the users and roles, each with the ways through
// as many more administrators' roles, take about four times the work, n·log n at most, and not sixteen times. What
// any account takes is left out.
func TestWorkGrowsAsTheAccountDoes(t *testing.T) {
	work := func(users int) float64 {
		s := emulator.Messy(users, 1, time.Date(2026, 11, 22, 5, 0, 0, 0, time.UTC))
		options := audit.Options{Thresholds: audit.DefaultThresholds(), Points: rules.Points(), Enforcement: true}
		return allocations(func() { audit.Evaluate(s, rules.Catalogue(), options) })
	}
	small, medium, large := work(60), work(240), work(960)
	if large-medium > 5*(medium-small) {
		t.Errorf("got %.0f, %.0f and %.0f allocations for 60, 240 and 960 users, want the second step to be at most 5 times the first", small, medium, large)
	}
	if each := (large - medium) / 720; each > 1130 {
		t.Errorf("got %.0f allocations for one more user, want 1130 at most", each)
	}
}

// Once single users were read, too, judging the account again takes a fraction: who may do what, and who becomes an
// administrator, is not worked out anew for that.
func TestSecondLookTakesLittle(t *testing.T) {
	options := audit.Options{Thresholds: audit.DefaultThresholds(), Points: rules.Points(), Enforcement: true, Shared: access.NewShared()}
	look := func(whole bool) float64 {
		s := emulator.Messy(240, 1, time.Date(2026, 11, 22, 5, 0, 0, 0, time.UTC))
		if !whole {
			s.PerUser = map[string]*account.UserAnswers{}
		}
		return allocations(func() { audit.Ask(s, rules.Catalogue(), options) })
	}
	first, second := look(false), look(true)
	if 3*second > first {
		t.Errorf("got %.0f allocations for the first look and %.0f for the second, want a third of them at most", first, second)
	}
}

// BenchmarkAccess looks for those who can become an administrator, among more and more users of a messy company of 400 roles.
func BenchmarkAccess(b *testing.B) {
	s := emulator.Messy(2000, 1, time.Date(2026, 11, 22, 5, 0, 0, 0, time.UTC))
	for _, users := range []int{250, 500, 1000, 2000} {
		b.Run(fmt.Sprintf("users=%d", users), func(b *testing.B) {
			a := first(s, users)
			b.ReportAllocs()
			for b.Loop() {
				access.New(a).Roles()[0].Power()
			}
		})
	}
}

// Who can become an administrator is looked for once for all users who are alike, and as long as nobody was found: twice
// as many users take some twice as much.
func TestAllocationsOfWaysGrowAsTheUsersDo(t *testing.T) {
	s := emulator.Messy(480, 1, time.Date(2026, 11, 22, 5, 0, 0, 0, time.UTC))
	work := func(users int) float64 {
		a := first(s, users)
		return allocations(func() { access.New(a).Roles()[0].Power() })
	}
	work(60) // makes what is made once
	small, medium, large := work(120), work(240), work(480)
	if large-medium > 2.4*(medium-small) {
		t.Errorf("got %.0f, %.0f and %.0f allocations for 120, 240 and 480 users, want the second step to be at most 2.4 times the first", small, medium, large)
	}
}

// first is an account of the first users alone.
func first(s *account.Snapshot, users int) *account.Account {
	a := account.New(s)
	a.Users = a.Users[:users]
	return a
}

func largeAccount(b *testing.B) *account.Snapshot {
	b.Helper()
	const users, groups, policies = 5000, 50, 300
	var lines strings.Builder
	services := []string{"s3", "ec2", "sqs", "sns", "dynamodb", "rds", "lambda", "kms", "logs", "cloudwatch", "ecs", "ecr", "iam"}
	verbs := []string{"Get*", "List*", "Describe*", "Put*", "Create*", "Delete*", "*"}
	for p := range policies {
		statements := make([]string, 10)
		for i := range statements {
			n := 10*p + i
			statements[i] = fmt.Sprintf(`{"Sid": "S%d", "Effect": "Allow", "Action": ["%s:%s", "%s:%s"], "Resource": "arn:aws:*:*:*:team-%d-*"}`,
				i, services[n%13], verbs[n%6], services[(n+3)%13], verbs[(n+1)%6], n%97)
		}
		fmt.Fprintf(&lines, "managed P%d {\"Version\": \"2012-10-17\", \"Statement\": [%s]}\n", p, strings.Join(statements, ", "))
	}
	lines.WriteString("managed Guard\n")
	for g := range groups {
		attached := make([]string, 6)
		for i := range attached {
			attached[i] = fmt.Sprintf("P%d", 6*g+i)
		}
		if g%2 == 0 {
			attached = append(attached, "Guard")
		}
		fmt.Fprintf(&lines, "group g%d attached=%s\n", g, strings.Join(attached, ","))
	}
	for u := range users {
		fmt.Fprintf(&lines, "user u%d groups=g%d,g%d password=-90d key1=-30d\n", u, u%groups, (u+2)%groups)
	}
	s, _, _ := build(b, lines.String())
	return s
}
