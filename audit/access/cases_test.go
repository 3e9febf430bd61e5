package access

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"sekisho/audit/message"
	"sekisho/audit/policy"
)

// analysisCase is a file of testdata/cases: policies, and what must come out.
type analysisCase struct {
	About    string                     `json:"about"`
	Policies map[string]json.RawMessage `json:"policies"`
	Boundary json.RawMessage            `json:"boundary"`
	ARN      string                     `json:"arn"`
	Tags     map[string]string          `json:"tags"`
	Unread   []string                   `json:"unread"`
	Setting  bool                       `json:"users_may_change_password"`
	Trusts   []struct {
		ARN      string          `json:"arn"`
		Document json.RawMessage `json:"document"`
	} `json:"trusts"`
	Want struct {
		Console     string              `json:"console"`
		AccessKey   string              `json:"access_key"`
		Sure        *bool               `json:"sure"`        // of both paths
		Leaks       map[string][]string `json:"leaks"`       // services that leak, by path
		Only        bool                `json:"only"`        // and no others
		NotLeaking  map[string][]string `json:"not_leaking"` // services that don't
		Actions     map[string][]string `json:"actions"`     // exactly what leaks, by path
		Takeovers   []string            `json:"takeovers"`   // on either path
		Bootstrap   []string            `json:"bootstrap"`   // on either path
		Enrolment   string              `json:"enrolment"`
		FirstSignIn string              `json:"first_sign_in"`
		WithoutMFA  []string            `json:"without_mfa"`
		WithMFA     []string            `json:"with_mfa"`
		Admin       string              `json:"admin"`
		Findings    map[string]string   `json:"findings"`
		Says        []string            `json:"says"` // texts in messages or fixes of findings
	} `json:"want"`
}

func TestCases(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/cases/*.json")
	if err != nil || len(files) < 30 {
		t.Fatalf("got %d cases (%v), want at least 30", len(files), err)
	}
	analyzer := NewAnalyzer()
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".json"), func(t *testing.T) {
			t.Parallel()
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var c analysisCase
			if err := json.Unmarshal(data, &c); err != nil {
				t.Fatal(err)
			}
			c.check(t, analyzer.Analyze(c.subject(t)))
		})
	}
}

// Where all details will be asked for they are there with the verdicts, and the same as when they are asked for.
func TestDetailsComeWithTheVerdicts(t *testing.T) {
	subject := func() *Subject {
		d := parseForTest(t, "leaky", policy.Identity, []byte(`{"Version":"2012-10-17","Statement":[
			{"Effect":"Allow","Action":"*","Resource":"*"},
			{"Effect":"Deny","Action":"s3:*","Resource":"*","Condition":{"Bool":{"aws:MultiFactorAuthPresent":"false"}}}]}`))
		return &Subject{Name: "bob", Account: "123456789012", Partition: "aws", Identity: []*policy.Document{d}}
	}
	thorough := NewAnalyzer()
	thorough.thorough = true
	a, asked := thorough.Analyze(subject()), Analyze(subject())
	if got, want := fmt.Sprintf("%+v", *a.details()), fmt.Sprintf("%+v", *asked.details()); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if n := len(a.Findings()) * len(a.AdminBy()) * len(a.details().leakage[AccessKey].Leaks) * len(a.details().leakage[Console].By); n == 0 {
		t.Errorf("got %+v, want something of everything", *a.details())
	}
	thorough.Analyze(subject()) // takes the memory in which the first one was worked out
	if n := testing.AllocsPerRun(10, func() { a.details() }); n != 0 {
		t.Errorf("got %.0f allocations for details that are there, want none", n)
	}
}

func (c *analysisCase) subject(t *testing.T) *Subject {
	s := &Subject{
		Name: "alice", ARN: "arn:aws:iam::123456789012:user/alice", Account: "123456789012", Partition: "aws",
		Tags: c.Tags, UsersMayChangePassword: map[bool]policy.Truth{true: policy.Yes}[c.Setting],
		Now: time.Date(2026, 11, 22, 5, 0, 0, 0, time.UTC),
	}
	for _, why := range c.Unread {
		s.Unread = append(s.Unread, message.New("%s", why))
	}
	if c.ARN != "" {
		s.ARN = c.ARN
	}
	names := []string{}
	for name := range c.Policies {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		s.Identity = append(s.Identity, parseForTest(t, name, policy.Identity, c.Policies[name]))
	}
	if c.Boundary != nil {
		s.Boundary = parseForTest(t, "boundary", policy.Boundary, c.Boundary)
	}
	for _, trust := range c.Trusts {
		s.TrustedBy = append(s.TrustedBy, RoleTrust{trust.ARN, parseForTest(t, "trust", policy.Trust, trust.Document)})
	}
	return s
}

func parseForTest(t testing.TB, name string, kind policy.Kind, data []byte) *policy.Document {
	t.Helper()
	d, err := policy.Parse(name, kind, data)
	if err != nil {
		t.Fatalf("parsing %s: %v", name, err)
	}
	return d
}

func (c *analysisCase) check(t *testing.T, a *Analysis) {
	want := &c.Want
	equal := func(what, got, want string) {
		t.Helper()
		if want != "" && got != want {
			t.Errorf("%s: got %s, want %s", what, got, want)
		}
	}
	equal("console", a.Paths[Console].Verdict.String(), want.Console)
	equal("access key", a.Paths[AccessKey].Verdict.String(), want.AccessKey)
	equal("enrolment", a.Enrolment.DeviceName, want.Enrolment)
	equal("first sign-in", a.FirstSignIn.String(), want.FirstSignIn)
	equal("admin", a.Admin.String(), want.Admin)
	if want.WithoutMFA != nil && !slices.Equal(a.SelfService.WithoutMFA, want.WithoutMFA) {
		t.Errorf("self-service without MFA: got %v, want %v", a.SelfService.WithoutMFA, want.WithoutMFA)
	}
	if want.WithMFA != nil && !slices.Equal(a.SelfService.WithMFA, want.WithMFA) {
		t.Errorf("self-service with MFA: got %v, want %v", a.SelfService.WithMFA, want.WithMFA)
	}
	for _, p := range []Path{Console, AccessKey} {
		if want.Sure != nil && a.Paths[p].Sure != *want.Sure {
			t.Errorf("%v: got sure %v, want %v", p, a.Paths[p].Sure, *want.Sure)
		}
		c.checkLeaks(t, a, p)
		var takeovers []string
		for _, o := range a.Takeovers(p) {
			takeovers = append(takeovers, o.Action)
		}
		subset(t, p.String()+" takeovers", takeovers, want.Takeovers)
		if want.Bootstrap != nil && p == Console {
			subset(t, "bootstrap", a.Bootstrap(p), want.Bootstrap)
		}
	}
	c.checkFindings(t, a)
}

func (c *analysisCase) checkLeaks(t *testing.T, a *Analysis, p Path) {
	var services, actions []string
	for _, l := range a.Leaks(p) {
		actions = append(actions, l.Actions...)
		services = appendNew(services, l.Service)
		if len(l.By) == 0 || len(l.Actions) == 0 || len(l.Resources) == 0 {
			t.Errorf("%v leaks %s by %v, actions %v, resources %v: want some of each", p, l.Service, l.By, l.Actions, l.Resources)
		}
	}
	if w := c.Want.Actions[p.String()]; w != nil && !slices.Equal(actions, w) {
		t.Errorf("%v leaks %v, want %v", p, actions, w)
	}
	leaky := a.Paths[p].Verdict == Leaky || a.Paths[p].Verdict == NotEnforced
	if leaky != (len(services) > 0) && a.Paths[p].Verdict != Undecided {
		t.Errorf("%v: verdict %v with leaks in %v", p, a.Paths[p].Verdict, services)
	}
	subset(t, p.String()+" leaks", services, c.Want.Leaks[p.String()])
	for _, s := range c.Want.NotLeaking[p.String()] {
		if slices.Contains(services, s) {
			t.Errorf("%v: %s leaks, want it not to", p, s)
		}
	}
	if w := c.Want.Leaks[p.String()]; c.Want.Only && w != nil && len(services) != len(w) {
		t.Errorf("%v: got leaks in %v, want %v only", p, services, w)
	}
}

func (c *analysisCase) checkFindings(t *testing.T, a *Analysis) {
	got := map[string]FindingStatus{}
	var texts strings.Builder
	for _, f := range a.Findings() {
		if got[f.Rule] != FindingFail {
			got[f.Rule] = f.Status
		}
		texts.WriteString(f.Rule + ": " + f.Message.String() + " → " + f.Fix.String() + "\n")
		if f.Status == FindingFail && (f.Statement == "" || f.Fix.Format == "") {
			t.Errorf("finding %q: want a statement and a fix", f.Message)
		}
	}
	for rule, status := range c.Want.Findings {
		if string(got[rule]) != status {
			t.Errorf("%s: got %s, want %s\n%s", rule, got[rule], status, texts.String())
		}
	}
	for _, text := range c.Want.Says {
		if !strings.Contains(texts.String(), text) {
			t.Errorf("findings don't say %q:\n%s", text, texts.String())
		}
	}
	if strings.Contains(texts.String(), "%!") {
		t.Errorf("a message lacks an argument:\n%s", texts.String())
	}
}

func subset(t *testing.T, what string, got, want []string) {
	t.Helper()
	for _, w := range want {
		if !slices.Contains(got, w) {
			t.Errorf("%s: got %v, want %s among them", what, got, w)
		}
	}
}
