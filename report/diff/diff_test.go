package diff_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"sekisho/audit"
	"sekisho/audit/diff"
	messages "sekisho/audit/message"
	reportdiff "sekisho/report/diff"
	"sekisho/report/format"
)

var update = flag.Bool("update", false, "rewrite the golden files")

const arn = "arn:aws:iam::123456789012:"

var (
	monday = time.Date(2026, 11, 16, 5, 0, 0, 0, time.UTC)
	friday = monday.AddDate(0, 0, 4)
)

// sample has something of everything.
func sample() *diff.Diff {
	alias, report := "example-company", monday.Add(-2*time.Hour)
	note := func(format string, args ...any) diff.Note {
		text := messages.Message{Format: format, Args: messages.New("", args...).Args}
		return diff.Note{Message: text.String(), Text: text}
	}
	finding := func(kind diff.Kind, severity audit.Severity, rule, resource, item string, was, is diff.Standing, message string) diff.Finding {
		f := diff.Finding{Kind: kind, Rule: rule, Title: "Title of " + rule, Severity: severity, Resource: arn + resource, Item: item, Was: was, Is: is}
		if f.Name = resource; resource == "root" { // or the account, which has the same ARN
			f.Name = "account"
			if strings.HasPrefix(rule, "root") {
				f.Name = "root user"
			}
		}
		verdict := func(status audit.Status) *audit.Finding {
			return &audit.Finding{Rule: rule, Status: status, Severity: severity, Resource: f.Resource, Item: item, Name: f.Name,
				Message: message, Text: messages.New("%s", message), Evidence: []audit.Evidence{}}
		}
		for _, side := range []struct {
			stands  diff.Standing
			finding **audit.Finding
		}{{was, &f.Old}, {is, &f.New}} {
			switch side.stands {
			case diff.Failed:
				*side.finding = verdict(audit.StatusFail)
			case diff.Unknown:
				*side.finding = verdict(audit.StatusUnknown)
			}
		}
		return f
	}
	exception := &audit.Exception{Rule: "access-key-rotation", Resource: "user/ci", Reason: "the build server is being replaced", Owner: "Platform team", Expires: friday.AddDate(0, 1, 0)}
	findings := []diff.Finding{
		finding(diff.New, audit.Critical, "console-mfa", "user/bob", "", diff.Passed, diff.Failed, "signs in with a password alone"),
		finding(diff.New, audit.Medium, "access-key-rotation", "user/\u202eevil|<b>", "AKIAIOSFODNN7EXAMPLE", diff.Absent, diff.Failed, "is active and \x1b[31m120 days old"),
		finding(diff.Worse, audit.High, "privilege-escalation", "role/deploy", "", diff.Failed, diff.Failed, "can make itself an administrator"),
		finding(diff.NoLongerExcepted, audit.High, "access-key-rotation", "user/old", "AKIAI44QH8DHBEXAMPLE", diff.Failed, diff.Failed, "is active and 400 days old"),
		finding(diff.NewlyUnknown, audit.High, "root-mfa", "root", "", diff.Passed, diff.Unknown, "iam:GetAccountSummary failed: AccessDenied: no"),
		finding(diff.NewlyExcepted, audit.High, "access-key-rotation", "user/ci", "", diff.Failed, diff.Failed, "is active and 120 days old"),
		finding(diff.StillFailing, audit.Low, "security-contact", "root", "", diff.Failed, diff.Failed, "no security contact"),
		finding(diff.StillUnknown, audit.Low, "alias", "root", "", diff.Unknown, diff.Unknown, "not read"),
		finding(diff.Fixed, audit.Low, "password-symbol", "root", "", diff.Failed, diff.Passed, "no symbol is asked for"),
		finding(diff.NoLongerApplies, audit.Critical, "user-mfa", "user/carol", "", diff.Failed, diff.Absent, "has no MFA device"),
		finding(diff.NoLongerApplies, audit.High, "privilege-escalation", "user/dave", "", diff.Failed, diff.Inapplicable, "can become an administrator"),
		finding(diff.Decided, audit.Low, "ssh-key-age", "user/bob", "", diff.Unknown, diff.Inapplicable, "not read"),
	}
	findings[2].Old.Severity = audit.Low
	findings[3].Old.Exception, findings[5].New.Exception = exception, exception
	gone, already, able := note("it was deleted"), note("an administrator already"), note("could make itself one before")
	findings[9].Note, findings[10].Note = &gone, &already
	promoted := finding(diff.New, audit.High, diff.AdminNew, "user/dave", "", diff.Passed, diff.Failed, "is an administrator now, by AdministratorAccess#1")
	promoted.Note, promoted.New.Statements = &able, []string{"AdministratorAccess#1"}
	findings = slices.Insert(findings, 1, promoted)
	return &diff.Diff{
		Schema: diff.Schema, Account: audit.AccountInfo{ID: "123456789012", Partition: "aws", Alias: &alias, SignInURL: "https://example-company.signin.aws.amazon.com/console"},
		Old:   diff.Origin{Name: "monday.json", Source: diff.SourceReport, TakenAt: monday, CredentialReportAt: &report, Tool: audit.Tool{Name: "sekisho", Version: "v1.0.0"}, Rules: 84},
		New:   diff.Origin{Name: "friday.zip", Source: diff.SourceEvidence, TakenAt: friday, Tool: audit.Tool{Name: "sekisho", Version: "v1.1.0"}, Rules: 1},
		Notes: []diff.Note{note("OLD was taken after NEW (%s and %s): they may be the wrong way round", "2026-11-16", "2026-11-20")},
		Summary: diff.Summary{
			New: 3, Worse: 1, NoLongerExcepted: 1, NewlyUnknown: 1, NewlyExcepted: 1, StillFailing: 1, StillUnknown: 1, Fixed: 1, NoLongerApplies: 2, Decided: 1,
			Changes: 12, RulesNotCompared: 1, NotCompared: 3,
		},
		Settings:         []diff.Setting{{Name: "thresholds.access_key_max_age_days", Old: "90", New: "365"}, {Name: "skipped_rules", New: `["root-mfa"]`}},
		Findings:         findings,
		RulesNotCompared: []diff.RuleNotCompared{{Rule: "server-certificate", Title: "T", Severity: audit.Low, Lacking: "old", Note: note("not run in OLD: %s", "skipped"), Fail: 2, Unknown: 1}},
		Changes: []diff.Change{
			{Area: diff.AreaRoot, Kind: diff.Changed, Resource: arn + "root", Item: "mfa", Name: "account", Details: []diff.Detail{{Field: "mfa", Old: "on", New: "off"}}},
			{Area: diff.AreaUsers, Kind: diff.Added, Resource: arn + "user/dave", Name: "dave", Details: []diff.Detail{{Field: "password", New: "set"}, {Field: "groups", Added: []string{"developers", "staff"}}}},
			{Area: diff.AreaUsers, Kind: diff.Recreated, Resource: arn + "user/carol", Name: "carol", Details: []diff.Detail{{Field: "id", Old: "AIDA1", New: "AIDA2"}}},
			{Area: diff.AreaPasswords, Kind: diff.Changed, Resource: arn + "user/bob", Name: "bob", Details: []diff.Detail{}},
			{Area: diff.AreaAccessKeys, Kind: diff.Replaced, Resource: arn + "user/ci", Item: "AKIAIOSFODNN7EXAMPLE", Name: "ci", Details: []diff.Detail{{Field: "item", Old: "access-key-1", New: "AKIAIOSFODNN7EXAMPLE"}}},
			{Area: diff.AreaMFADevices, Kind: diff.Removed, Resource: arn + "user/bob", Item: arn + "mfa/bob", Name: "bob", Details: []diff.Detail{{Field: "kind", Old: "virtual"}}},
			{Area: diff.AreaGroups, Kind: diff.Changed, Name: "administrators", Details: []diff.Detail{{Field: "members", Added: []string{"dave"}, Removed: []string{"bob"}}}},
			{Area: diff.AreaRoles, Kind: diff.Changed, Resource: arn + "role/deploy", Name: "deploy", Details: []diff.Detail{
				{Field: "trust_statement", Part: "Partner", New: `{"Action":"sts:AssumeRole","Effect":"Allow","Principal":{"AWS":"210987654321"}}`},
				{Field: "trust_statement", Part: "#1", Element: "Condition", Old: `{"Bool":{"aws:MultiFactorAuthPresent":"true"}}`},
			}},
			{Area: diff.AreaPolicies, Kind: diff.Attached, Resource: arn + "user/dave", Item: "arn:aws:iam::aws:policy/AdministratorAccess", Name: "dave", Details: []diff.Detail{}},
			{Area: diff.AreaPolicies, Kind: diff.Changed, Resource: arn + "policy/Website", Name: "Website", Details: []diff.Detail{
				{Field: "default_version", Old: "v1", New: "v2"},
				{Field: "statement", Part: "Upload", Element: "Action", Added: []string{"s3:DeleteObject"}, Removed: []string{"s3:GetObject"}},
				{Field: "statement", Part: "Old|<script>", Old: `{"Action":"*"}`},
			}},
			{Area: diff.AreaPasswordPolicy, Kind: diff.Changed, Resource: arn + "root", Name: "account", Details: []diff.Detail{{Field: "minimum_password_length", Old: "16", New: "8"}}},
			{Area: diff.AreaContacts, Kind: diff.Removed, Resource: arn + "root", Item: "security contact", Name: "account", Details: []diff.Detail{{Field: "name", Old: "Security Desk"}}},
		},
		NotCompared: []diff.NotCompared{
			{Area: diff.AreaAccessKeys, Note: note("not known in NEW: %s", "credential-report was not read"), Resources: []string{"user/a", "user/b", "user/c", "user/d", "user/e", "user/f", "user/g"}},
			{Area: diff.AreaSSHKeys, Note: note("OLD is a report"), Resources: []string{}},
			{Area: diff.AreaProviders, Note: note("OLD is a report"), Resources: []string{}},
		},
	}
}

func TestGoldens(t *testing.T) {
	t.Parallel()
	quiet := &diff.Diff{
		Schema: diff.Schema, Account: audit.AccountInfo{ID: "123456789012", Partition: "aws"}, Demo: true,
		Old: diff.Origin{Source: diff.SourceSnapshot, TakenAt: monday}, New: diff.Origin{Source: diff.SourceSnapshot, TakenAt: friday},
		Notes: []diff.Note{}, Settings: []diff.Setting{}, Findings: []diff.Finding{}, RulesNotCompared: []diff.RuleNotCompared{}, Changes: []diff.Change{}, NotCompared: []diff.NotCompared{},
	}
	for _, test := range []struct {
		file   string
		diff   *diff.Diff
		format string
		o      format.Options
	}{
		{"sample.txt", sample(), "table", format.Options{Width: 100}},
		{"sample-verbose.txt", sample(), "table", format.Options{Width: 60, Verbose: true}},
		{"sample.json", sample(), "json", format.Options{}},
		{"sample.md", sample(), "markdown", format.Options{}},
		{"sample.html", sample(), "html", format.Options{}},
		{"nothing.txt", quiet, "table", format.Options{}},
		{"nothing.md", quiet, "markdown", format.Options{}},
		{"nothing.html", quiet, "html", format.Options{}},
	} {
		t.Run(test.file, func(t *testing.T) {
			t.Parallel()
			got := render(t, test.diff, test.format, test.o)
			if _, shown, isPage := strings.Cut(got, "</style>"); isPage { // the style is package page's
				got = shown
			}
			path := filepath.Join("..", "..", "testdata", "diff", test.file)
			if *update {
				if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("got\n%s\nwant what is in %s (go test -update writes it)", got, path)
			}
		})
	}
}

func render(t *testing.T, d *diff.Diff, format string, o format.Options) string {
	t.Helper()
	f, err := reportdiff.Formats().Named(format)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := f.Render(&out, d, o); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// JSON loses nothing: what is read again is the same.
func TestJSONComesBackWhole(t *testing.T) {
	t.Parallel()
	var again diff.Diff
	if err := json.Unmarshal([]byte(render(t, sample(), "json", format.Options{})), &again); err != nil {
		t.Fatal(err)
	}
	if want := sample(); !reflect.DeepEqual(&again, want) {
		t.Errorf("got\n%+v\nwant\n%+v", again, *want)
	}
}

// No string of an account steers a terminal, turns text round, or becomes markup.
func TestHostileNames(t *testing.T) {
	t.Parallel()
	for _, kind := range reportdiff.Formats().Names() {
		out := render(t, sample(), kind, format.Options{Width: 100, Verbose: true})
		bad := []string{"\x1b", "\u202e"}
		if kind == "html" || kind == "markdown" {
			bad = append(bad, "<script>", "evil|<b>")
		}
		for _, text := range bad {
			if strings.Contains(out, text) {
				t.Errorf("got %q in %s, want it made harmless", text, kind)
			}
		}
	}
}

// Each kind of finding and each area has words of its own.
func TestEveryKindAndAreaHasWords(t *testing.T) {
	t.Parallel()
	for _, area := range diff.Areas() {
		d := &diff.Diff{Changes: []diff.Change{{Area: area, Kind: diff.Changed, Resource: arn + "user/bob", Item: "thing", Name: "bob"}}}
		out := render(t, d, "table", format.Options{})
		_, lines, _ := strings.Cut(out, "1 change\n")
		heading, line, _ := strings.Cut(lines, "\n")
		if strings.TrimSpace(heading) == "" || !strings.HasSuffix(strings.TrimSpace(line), "changed") || strings.HasPrefix(strings.TrimSpace(line), "thing of") {
			t.Errorf("got %q for area %s, want a heading and a sentence", lines, area)
		}
	}
	for _, kind := range diff.Kinds() {
		old := &audit.Finding{Exception: &audit.Exception{}}
		d := &diff.Diff{Findings: []diff.Finding{{Kind: kind, Old: old, New: old, Was: diff.Failed, Is: diff.Failed}}}
		out := render(t, d, "markdown", format.Options{Verbose: true})
		if strings.Contains(out, "##  ") || strings.Contains(out, "## \n") || strings.Contains(out, "**1 **") {
			t.Errorf("got no words for %s:\n%s", kind, out)
		}
	}
}

// Lists say what came and what went, and nothing of what didn't.
func TestDetailsOfLists(t *testing.T) {
	t.Parallel()
	for want, d := range map[string]diff.Detail{
		"groups: added a, b; removed c": {Field: "groups", Added: []string{"a", "b"}, Removed: []string{"c"}},
		"groups: added a":               {Field: "groups", Added: []string{"a"}},
		"groups: removed c":             {Field: "groups", Removed: []string{"c"}},
	} {
		out := render(t, &diff.Diff{Changes: []diff.Change{{
			Area: diff.AreaUsers, Kind: diff.Changed, Resource: arn + "user/bob", Name: "bob", Details: []diff.Detail{d},
		}}}, "table", format.Options{})
		if !strings.Contains(out, want+"\n") {
			t.Errorf("got\n%s\nwant a line that ends in %q", out, want)
		}
	}
}

// An error of the writer is told by every format.
func TestWriterFails(t *testing.T) {
	t.Parallel()
	for _, f := range reportdiff.Formats() {
		if err := f.Render(broken{}, sample(), format.Options{}); !errors.Is(err, errBroken) {
			t.Errorf("got %v from %s, want %v", err, f.Name, errBroken)
		}
	}
}

var errBroken = errors.New("no room on the disk")

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errBroken }
