package rules_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"sekisho/audit"
	"sekisho/audit/account"
	"sekisho/audit/change"
	"sekisho/audit/emulator"
	"sekisho/audit/lists"
	"sekisho/audit/policy"
	"sekisho/audit/rules"
)

var (
	fixedSeeds = flag.Int("seeds", 0, "how many messy companies TestFixesFix fixes every failure of, beside a sample of all accounts")
	fixedUsers = flag.Int("users", 4, "how many users each of them has")
	fixedEach  = flag.Int("each", 6, "of how many different fixes it tries one, in its sample; 1 tries all")
)

var fixesNow = time.Date(2026, 11, 30, 5, 0, 0, 0, time.UTC)

// fixed is an account, and what the rules say of it.
type fixed struct {
	name     string
	snapshot *account.Snapshot
	options  audit.Options
	report   *audit.Report
	on       *audit.Fixing
}

func fixable(name string, s *account.Snapshot, options audit.Options) *fixed {
	readable(s)
	options.Depth = audit.DepthDeep
	f := &fixed{name: name, snapshot: s, options: options}
	f.report, f.on, _ = audit.Judge(s, rules.Catalogue(), options)
	return f
}

// readable gives policies that nobody can write a text that AWS could have sent.
func readable(s *account.Snapshot) {
	const text = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::one/*"}]}`
	each := func(list []account.InlinePolicy) {
		for i := range list {
			if _, err := policy.Parse("inline", policy.Identity, []byte(list[i].Document)); err != nil {
				list[i].Document = text
			}
		}
	}
	if s.AuthorizationDetails == nil {
		return
	}
	for _, u := range s.AuthorizationDetails.Value.Users {
		each(u.InlinePolicies)
	}
	for _, g := range s.AuthorizationDetails.Value.Groups {
		each(g.InlinePolicies)
	}
	for _, r := range s.AuthorizationDetails.Value.Roles {
		each(r.InlinePolicies)
	}
}

// whole reports whether all was read of an account.
func (f *fixed) whole() bool {
	return len(f.snapshot.Gaps) == 0 && !strings.Contains(f.name, "isn't known")
}

// failures counts the failures of each rule that are as grave as that, and the verdicts that are unknown.
func failures(report *audit.Report, least audit.Severity) map[string]int {
	n := map[string]int{}
	for _, f := range report.Findings {
		switch {
		case f.Status == audit.StatusFail && f.Severity >= least:
			rule := f.Rule
			if strings.HasPrefix(rule, "admin-policy-") { // the same of policies in three places
				rule = "admin-policy"
			}
			n[rule]++
		case f.Status == audit.StatusUnknown && f.Severity >= least:
			n["unknown "+f.Rule]++
		}
	}
	return n
}

// ofAll are about all users together, and fail where the last one who mattered goes.
var ofAll = []string{"individual-users", "groups-grant-permissions"}

// try makes the changes of a failure's fix, and says what is wrong with the account then.
func (f *fixed) try(t *testing.T, of *audit.Finding, fix []change.Change) {
	t.Helper()
	steps, err := change.Complete(f.snapshot, fix...)
	if err != nil {
		t.Errorf("%s: %s of %s: got %v, want changes that can be made", f.name, of.Rule, audit.Short(of.Resource, of.Item), err)
		return
	}
	after, err := change.Apply(f.snapshot, lists.Map(steps, func(s change.Step) change.Change { return s.Change })...)
	if err != nil {
		t.Fatal(err)
	}
	report, _ := audit.Evaluate(after, rules.Catalogue(), f.options)
	for _, still := range report.Findings {
		whole := f.whole() || still.Status == audit.StatusFail // what wasn't read may be unknown then
		if still.Rule == of.Rule && still.Resource == of.Resource && still.Item == of.Item && whole {
			t.Errorf("%s: %s of %s after %v: got %s (%s), want it cleared", f.name, of.Rule, audit.Short(of.Resource, of.Item), fix, still.Status, still.Message)
		}
	}
	before := failures(f.report, of.Severity)
	for rule, n := range failures(report, of.Severity) {
		if n > before[rule] && !(strings.HasPrefix(rule, "unknown ") && !f.whole()) && !(len(f.on.Account.Users) < 3 && slices.Contains(ofAll, rule)) {
			t.Errorf("%s: %s (%v) of %s after %v: got %d failures of %s, want at most the %d before", f.name, of.Rule, of.Severity, audit.Short(of.Resource, of.Item), fix, n, rule, before[rule])
		}
	}
}

// fixesOf are the different fixes of an account's failures, each with one that it is for.
func (f *fixed) fixesOf(t *testing.T, wanted string) (of []*audit.Finding, fixes [][]change.Change) {
	t.Helper()
	seen := map[string]bool{}
	for i := range f.report.Findings {
		finding := &f.report.Findings[i]
		if finding.Status != audit.StatusFail || wanted != "" && finding.Rule != wanted {
			continue
		}
		rule := rules.Catalogue()[slices.IndexFunc(rules.Catalogue(), func(r *audit.Rule) bool { return r.ID == finding.Rule })]
		fix := audit.ChangesFor(rule, f.on, finding)
		text, err := json.Marshal(fix)
		if err != nil {
			t.Fatal(err)
		}
		switch {
		case len(fix) == 0 && strings.HasSuffix(f.name, "its user isn't listed"): // then nobody knows whom to ask
		case len(fix) == 0:
			t.Errorf("%s: %s of %s: got no fix (%s)", f.name, finding.Rule, audit.Short(finding.Resource, finding.Item), finding.Message)
		case seen[finding.Rule+string(text)] || fix[0].Stage() == change.UntilThen:
		default:
			seen[finding.Rule+string(text)] = true
			of, fixes = append(of, finding), append(fixes, fix)
		}
	}
	return of, fixes
}

// The fix of each failure clears it, people's steps taken for done, and nothing as grave fails or is unknown that wasn't.
// The accounts are the demo's, companies in which everything went wrong, and those of the rules' own cases.
func TestFixesFix(t *testing.T) {
	t.Parallel()
	dice := rand.New(rand.NewPCG(20261130, 1))
	each := func(f *fixed, rule string, all bool) {
		findings, fixes := f.fixesOf(t, rule)
		for i := range findings {
			if all || dice.IntN(*fixedEach) == 0 {
				f.try(t, findings[i], fixes[i])
			}
		}
	}
	plain := audit.Options{Thresholds: audit.DefaultThresholds()}
	each(fixable("demo", emulator.Demo(fixesNow), plain), "", false)
	for seed := range *fixedSeeds {
		each(fixable("messy", emulator.Messy(*fixedUsers, uint64(seed), fixesNow), plain), "", true)
	}
	for _, rule := range rules.Catalogue() {
		data, err := os.ReadFile(filepath.Join(archives, rule.ID+".txtar"))
		if err != nil {
			t.Fatal(err)
		}
		archive := txtar.Parse(data)
		for i := range archive.Files {
			if c := parseCase(t, rule, &archive.Files[i]); strings.Contains(c.wantLines, "fail ") && dice.IntN(*fixedEach) == 0 {
				s, options := c.setUp(t)
				each(fixable(rule.ID+"/"+c.name, s, options), rule.ID, true)
			}
		}
	}
}

// The steps that a report shows of a fix have a command with real values each, or are a person's, and can be made in
// their order.
func TestStepsOfFixesCanBeMade(t *testing.T) {
	t.Parallel()
	f := fixable("demo", emulator.Demo(fixesNow), audit.Options{Thresholds: audit.DefaultThresholds()})
	shown := 0
	for i := range f.report.Findings {
		finding := &f.report.Findings[i]
		rule := rules.Catalogue()[slices.IndexFunc(rules.Catalogue(), func(r *audit.Rule) bool { return r.ID == finding.Rule })]
		steps := audit.StepsFor(rule, f.on, finding)
		if len(steps) == 0 {
			if finding.Status == audit.StatusFail {
				t.Errorf("%s of %s: got no steps", finding.Rule, audit.Short(finding.Resource, finding.Item))
			}
			continue
		}
		if _, err := change.Apply(f.snapshot, lists.Map(steps, func(s change.Step) change.Change { return s.Change })...); err != nil {
			t.Errorf("%s of %s: got %v, want steps that can be made", finding.Rule, audit.Short(finding.Resource, finding.Item), err)
		}
		for _, step := range steps {
			if cmd, ok := step.Command(); ok == step.ByHand() || ok && len(cmd.Args()) < 3 {
				t.Errorf("%s: got the command %v of %s, want one of what is not for a person", finding.Rule, cmd.Args(), step)
			}
			shown++
		}
	}
	if shown < 200 {
		t.Errorf("got %d steps, want more than 200", shown)
	}
}

// A policy that would grow too long by its correction stays as it is, and the people who have it get another one.
func TestFixesAreNoLongerThanAllowed(t *testing.T) {
	t.Parallel()
	s := emulator.Demo(fixesNow)
	for i := range s.AuthorizationDetails.Value.Policies {
		p := &s.AuthorizationDetails.Value.Policies[i]
		for j := range p.Versions {
			var d map[string]any
			if err := json.Unmarshal([]byte(p.Versions[j].Document), &d); err != nil {
				t.Fatal(err)
			}
			statements, isList := d["Statement"].([]any)
			if !isList || account.OfAWS(p.ARN) {
				continue
			}
			var queues []string
			for n := range 90 {
				queues = append(queues, fmt.Sprintf("arn:aws:sqs:ap-northeast-1:123456789012:queue-of-the-shop-%03d", n))
			}
			d["Statement"] = append(statements, map[string]any{"Effect": "Allow", "Action": "sqs:ReceiveMessage", "Resource": queues})
			text, err := json.Marshal(d)
			if err != nil {
				t.Fatal(err)
			}
			p.Versions[j].Document = string(text)
		}
	}
	thresholds := audit.DefaultThresholds()
	thresholds.AccessKeyUnusedDays = 10000 // else the keys would go
	f, joined := fixable("long", s, audit.Options{Thresholds: thresholds}), 0
	for i := range f.report.Findings {
		finding := &f.report.Findings[i]
		rule := rules.Catalogue()[slices.IndexFunc(rules.Catalogue(), func(r *audit.Rule) bool { return r.ID == finding.Rule })]
		for _, c := range audit.ChangesFor(rule, f.on, finding) {
			document, _ := c.With["PolicyDocument"].(string)
			if most := int(s.AccountSummary.Value["PolicySizeQuota"]); strings.HasPrefix(c.Action, "iam:CreatePolicy") && len(document) > most {
				t.Errorf("%s of %s: got a document of %d characters, want %d at most", finding.Rule, finding.Resource, len(document), most)
			}
			if finding.Name == "ota.vendor" && c.Action == "iam:AddUserToGroup" {
				joined++
			}
		}
	}
	if joined == 0 {
		t.Error("got nobody who is put under another policy, want ota.vendor")
	}
}

// Steps are shown of whatever fails, also where an answer is missing that they would name more by.
func TestStepsDoWithoutAnswers(t *testing.T) {
	t.Parallel()
	whole := emulator.Demo(fixesNow)
	for _, section := range sections(whole) {
		s := *whole
		take(t, &s, section)
		report, on, _ := audit.Judge(&s, rules.Catalogue(), audit.Options{Thresholds: audit.DefaultThresholds(), Depth: audit.DepthDeep})
		shown := 0
		for i := range report.Findings {
			finding := &report.Findings[i]
			rule := rules.Catalogue()[slices.IndexFunc(rules.Catalogue(), func(r *audit.Rule) bool { return r.ID == finding.Rule })]
			shown += len(audit.StepsFor(rule, on, finding))
		}
		if shown == 0 {
			t.Errorf("%s: got no steps", section)
		}
	}
}
