package access

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"sekisho/audit/policy"
)

// What an analysis says.
func saying(a *Analysis) string {
	ways := ""
	for _, e := range a.Escalations {
		ways += fmt.Sprint(e.ID, e.Actions, e.Sure, e.By, e.How, e.Chained, e.as == a.subject || e.as.Boundary == nil, e.rest, e.restBy)
	}
	return fmt.Sprint(a.Paths, a.Enrolment, a.FirstSignIn, a.SelfService, a.Admin, ways, a.Unread, a.TooLarge) + fmt.Sprintf("%+v", *a.details())
}

// Analysed together, subjects of one class share an analysis, and what is said of each is what an analysis of its own
// says.
func TestClassesShareAnAnalysis(t *testing.T) {
	t.Parallel()
	own := []string{
		`{"Effect":"Allow","Action":["iam:*AccessKey*","iam:EnableMFADevice"],"Resource":"arn:aws:iam::*:user/alice"}`,
		`{"Effect":"Allow","Action":"iam:CreateVirtualMFADevice","Resource":"arn:aws:iam::123456789012:mfa/b*"}`,
		`{"Effect":"Deny","Action":"iam:*","NotResource":"arn:aws:iam::123456789012:user/*/bob"}`,
		`{"Effect":"Deny","Action":"s3:*","Resource":"*","Condition":{"StringEquals":{"aws:username":"bob"}}}`,
		`{"Effect":"Allow","Action":"iam:*","Resource":["arn:aws:iam::*:user/*","arn:aws:iam::*:mfa/*"]}`,
		`{"Effect":"Allow","Action":["s3:*","iam:PassRole","ec2:RunInstances"],"Resource":"*"}`,
		`[{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"iam:*","NotResource":"arn:aws:iam::123456789012:role/a"}]`,
	}
	shared := 0
	for seed := range uint64(100) {
		rng := rand.New(rand.NewPCG(seed, 17))
		var documents []*policy.Document
		for i := range 1 + rng.IntN(2) {
			documents = append(documents, reachDocument(t, rng, fmt.Sprint("p", i), policy.Identity))
		}
		if rng.IntN(4) > 0 {
			documents = documents[:0]
		}
		text := own[rng.IntN(len(own))]
		documents = append(documents, parseForTest(t, "own", policy.Identity, []byte(`{"Version":"2012-10-17","Statement":`+text+`}`)))
		var subjects []*Subject
		for _, name := range []string{"alice", "bob", "carol", "bob"} {
			subjects = append(subjects, &Subject{
				Name: name, ARN: "arn:aws:iam::123456789012:user/team/" + name, Account: "123456789012", Partition: "aws",
				Identity: documents, Tags: map[string]string{"team": name}, Now: time.Date(2026, 11, 22, 5, 0, 0, 0, time.UTC),
			})
		}
		subjects[3].IsRole = true
		together := NewAnalyzer().AnalyzeAll(subjects)
		for i, a := range together {
			if got, want := saying(a), saying(Analyze(subjects[i])); got != want {
				t.Fatalf("seed %d, %s: got %s, want %s\n%s", seed, subjects[i].Name, got, want, show(subjects[i]))
			}
			if a.subject != subjects[i] {
				t.Errorf("seed %d: got the analysis of %s for %s", seed, a.subject.Name, subjects[i].Name)
			}
		}
		if together[0].details() == together[1].details() {
			shared++
		}
		if together[0].details() == together[3].details() {
			t.Errorf("seed %d: got one analysis for a user and a role", seed)
		}
	}
	if shared < 10 {
		t.Errorf("got %d shared analyses, want at least 10", shared)
	}
}

// However many users there are, those who have the same policies take one analysis.
func TestAnalysesAreAsManyAsClasses(t *testing.T) {
	t.Parallel()
	var groups [][]*policy.Document
	for g := range 5 {
		text := fmt.Sprintf(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::team-%d/*"}}`, g)
		groups = append(groups, []*policy.Document{parseForTest(t, fmt.Sprint("group", g), policy.Identity, []byte(text))})
	}
	var subjects []*Subject
	for u := range 300 {
		subjects = append(subjects, &Subject{Name: fmt.Sprint("u", u), Account: "123456789012", Partition: "aws", Identity: groups[u%5]})
	}
	distinct := map[*details]bool{}
	for _, a := range NewAnalyzer().AnalyzeAll(subjects) {
		distinct[a.details()] = true
	}
	if len(distinct) != 5 {
		t.Errorf("got %d analyses for 300 users in five groups, want 5", len(distinct))
	}
}
