package drift_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"sekisho/audit"
	"sekisho/audit/drift"
	reportdrift "sekisho/report/drift"
)

var update = flag.Bool("update", false, "rewrite the golden files")

const arn = "arn:aws:iam::123456789012:"

var (
	monday = time.Date(2026, 11, 16, 5, 0, 0, 0, time.UTC)
	friday = monday.AddDate(0, 0, 4)
)

// sample has something of everything.
func sample() *drift.Drift {
	alias, report := "example-company", monday.Add(-2*time.Hour)
	note := func(format string, args ...any) drift.Note {
		text := audit.Textf(format, args...)
		return drift.Note{Message: text.String(), Text: text}
	}
	finding := func(kind drift.Kind, severity audit.Severity, rule, resource, item string, was, is drift.Standing, message string) drift.Finding {
		f := drift.Finding{Kind: kind, Rule: rule, Title: "Title of " + rule, Severity: severity, Resource: arn + resource, Item: item, Name: resource, Was: was, Is: is}
		verdict := func(status audit.Status) *audit.Finding {
			return &audit.Finding{Rule: rule, Status: status, Severity: severity, Resource: f.Resource, Item: item, Name: f.Name,
				Message: message, Text: audit.Textf("%s", message), Evidence: []audit.Evidence{}}
		}
		for _, side := range []struct {
			stands  drift.Standing
			finding **audit.Finding
		}{{was, &f.Old}, {is, &f.New}} {
			switch side.stands {
			case drift.Failed:
				*side.finding = verdict(audit.StatusFail)
			case drift.Unknown:
				*side.finding = verdict(audit.StatusUnknown)
			}
		}
		return f
	}
	exception := &audit.Exception{Rule: "access-key-rotation", Resource: "user/ci", Reason: "the build server is being replaced", Owner: "Platform team", Expires: friday.AddDate(0, 1, 0)}
	findings := []drift.Finding{
		finding(drift.New, audit.Critical, "console-mfa", "user/bob", "", drift.Passed, drift.Failed, "signs in with a password alone"),
		finding(drift.New, audit.Medium, "access-key-rotation", "user/\u202eevil|<b>", "AKIAIOSFODNN7EXAMPLE", drift.Absent, drift.Failed, "is active and \x1b[31m120 days old"),
		finding(drift.Worse, audit.High, "privilege-escalation", "role/deploy", "", drift.Failed, drift.Failed, "can make itself an administrator"),
		finding(drift.NoLongerExcepted, audit.High, "access-key-rotation", "user/old", "AKIAI44QH8DHBEXAMPLE", drift.Failed, drift.Failed, "is active and 400 days old"),
		finding(drift.NewlyUnknown, audit.High, "root-mfa", "root", "", drift.Passed, drift.Unknown, "iam:GetAccountSummary failed: AccessDenied: no"),
		finding(drift.NewlyExcepted, audit.High, "access-key-rotation", "user/ci", "", drift.Failed, drift.Failed, "is active and 120 days old"),
		finding(drift.StillFailing, audit.Low, "security-contact", "root", "", drift.Failed, drift.Failed, "no security contact"),
		finding(drift.StillUnknown, audit.Low, "alias", "root", "", drift.Unknown, drift.Unknown, "not read"),
		finding(drift.Fixed, audit.Critical, "user-mfa", "user/carol", "", drift.Failed, drift.Absent, "has no MFA device"),
		finding(drift.Fixed, audit.Low, "password-symbol", "root", "", drift.Failed, drift.Passed, "no symbol is asked for"),
		finding(drift.Decided, audit.Low, "ssh-key-age", "user/bob", "", drift.Unknown, drift.Inapplicable, "not read"),
	}
	findings[2].Old.Severity = audit.Low
	findings[3].Old.Exception, findings[5].New.Exception = exception, exception
	gone := note("it was deleted")
	findings[8].Note = &gone
	return &drift.Drift{
		Schema: drift.Schema, Account: audit.AccountInfo{ID: "123456789012", Partition: "aws", Alias: &alias, SignInURL: "https://example-company.signin.aws.amazon.com/console"},
		Old:   drift.Origin{Name: "monday.json", Source: drift.SourceReport, TakenAt: monday, CredentialReportAt: &report, Tool: audit.Tool{Name: "sekisho", Version: "v1.0.0"}, Rules: 84},
		New:   drift.Origin{Name: "friday.zip", Source: drift.SourceEvidence, TakenAt: friday, Tool: audit.Tool{Name: "sekisho", Version: "v1.1.0"}, Rules: 1},
		Notes: []drift.Note{note("OLD was taken after NEW (%s and %s): they may be the wrong way round", "2026-11-16", "2026-11-20")},
		Summary: drift.Summary{
			New: 2, Worse: 1, NoLongerExcepted: 1, NewlyUnknown: 1, NewlyExcepted: 1, StillFailing: 1, StillUnknown: 1, Fixed: 2, Decided: 1,
			Changes: 12, RulesNotCompared: 1, NotCompared: 3,
		},
		Settings:         []drift.Setting{{Name: "thresholds.access_key_max_age_days", Old: "90", New: "365"}, {Name: "skipped_rules", New: `["root-mfa"]`}},
		Findings:         findings,
		RulesNotCompared: []drift.RuleNotCompared{{Rule: "server-certificate", Title: "T", Severity: audit.Low, Lacking: "old", Note: note("not run in OLD: %s", "skipped"), Fail: 2, Unknown: 1}},
		Changes: []drift.Change{
			{Area: drift.AreaRoot, Kind: drift.Changed, Resource: arn + "root", Item: "mfa", Name: "account", Details: []drift.Detail{{Field: "mfa", Old: "on", New: "off"}}},
			{Area: drift.AreaUsers, Kind: drift.Added, Resource: arn + "user/dave", Name: "dave", Details: []drift.Detail{{Field: "password", New: "set"}, {Field: "groups", Added: []string{"developers", "staff"}}}},
			{Area: drift.AreaUsers, Kind: drift.Recreated, Resource: arn + "user/carol", Name: "carol", Details: []drift.Detail{{Field: "id", Old: "AIDA1", New: "AIDA2"}}},
			{Area: drift.AreaPasswords, Kind: drift.Changed, Resource: arn + "user/bob", Name: "bob", Details: []drift.Detail{}},
			{Area: drift.AreaAccessKeys, Kind: drift.Replaced, Resource: arn + "user/ci", Item: "AKIAIOSFODNN7EXAMPLE", Name: "ci", Details: []drift.Detail{{Field: "item", Old: "access-key-1", New: "AKIAIOSFODNN7EXAMPLE"}}},
			{Area: drift.AreaMFADevices, Kind: drift.Removed, Resource: arn + "user/bob", Item: arn + "mfa/bob", Name: "bob", Details: []drift.Detail{{Field: "kind", Old: "virtual"}}},
			{Area: drift.AreaGroups, Kind: drift.Changed, Name: "administrators", Details: []drift.Detail{{Field: "members", Added: []string{"dave"}, Removed: []string{"bob"}}}},
			{Area: drift.AreaRoles, Kind: drift.Changed, Resource: arn + "role/deploy", Name: "deploy", Details: []drift.Detail{
				{Field: "trust_statement", Part: "Partner", New: `{"Action":"sts:AssumeRole","Effect":"Allow","Principal":{"AWS":"210987654321"}}`},
				{Field: "trust_statement", Part: "#1", Element: "Condition", Old: `{"Bool":{"aws:MultiFactorAuthPresent":"true"}}`},
			}},
			{Area: drift.AreaPolicies, Kind: drift.Attached, Resource: arn + "user/dave", Item: "arn:aws:iam::aws:policy/AdministratorAccess", Name: "dave", Details: []drift.Detail{}},
			{Area: drift.AreaPolicies, Kind: drift.Changed, Resource: arn + "policy/Website", Name: "Website", Details: []drift.Detail{
				{Field: "default_version", Old: "v1", New: "v2"},
				{Field: "statement", Part: "Upload", Element: "Action", Added: []string{"s3:DeleteObject"}, Removed: []string{"s3:GetObject"}},
				{Field: "statement", Part: "Old|<script>", Old: `{"Action":"*"}`},
			}},
			{Area: drift.AreaPasswordPolicy, Kind: drift.Changed, Resource: arn + "root", Name: "account", Details: []drift.Detail{{Field: "minimum_password_length", Old: "16", New: "8"}}},
			{Area: drift.AreaContacts, Kind: drift.Removed, Resource: arn + "root", Item: "security contact", Name: "account", Details: []drift.Detail{{Field: "name", Old: "Security Desk"}}},
		},
		NotCompared: []drift.NotCompared{
			{Area: drift.AreaAccessKeys, Note: note("not known in NEW: %s", "credential-report was not read"), Resources: []string{"user/a", "user/b", "user/c", "user/d", "user/e", "user/f", "user/g"}},
			{Area: drift.AreaSSHKeys, Note: note("OLD is a report"), Resources: []string{}},
			{Area: drift.AreaProviders, Note: note("OLD is a report"), Resources: []string{}},
		},
	}
}

func TestGoldens(t *testing.T) {
	t.Parallel()
	quiet := &drift.Drift{
		Schema: drift.Schema, Account: audit.AccountInfo{ID: "123456789012", Partition: "aws"}, Demo: true,
		Old: drift.Origin{Source: drift.SourceSnapshot, TakenAt: monday}, New: drift.Origin{Source: drift.SourceSnapshot, TakenAt: friday},
		Notes: []drift.Note{}, Settings: []drift.Setting{}, Findings: []drift.Finding{}, RulesNotCompared: []drift.RuleNotCompared{}, Changes: []drift.Change{}, NotCompared: []drift.NotCompared{},
	}
	for _, test := range []struct {
		file   string
		drift  *drift.Drift
		format string
		o      reportdrift.Options
	}{
		{"sample.txt", sample(), "table", reportdrift.Options{Width: 100}},
		{"sample-verbose.txt", sample(), "table", reportdrift.Options{Width: 60, Verbose: true}},
		{"sample.json", sample(), "json", reportdrift.Options{}},
		{"sample.md", sample(), "markdown", reportdrift.Options{}},
		{"sample.html", sample(), "html", reportdrift.Options{}},
		{"nothing.txt", quiet, "table", reportdrift.Options{}},
		{"nothing.md", quiet, "markdown", reportdrift.Options{}},
		{"nothing.html", quiet, "html", reportdrift.Options{}},
	} {
		t.Run(test.file, func(t *testing.T) {
			t.Parallel()
			got := render(t, test.drift, test.format, test.o)
			path := filepath.Join("..", "..", "testdata", "drift", test.file)
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

func render(t *testing.T, d *drift.Drift, format string, o reportdrift.Options) string {
	t.Helper()
	f, err := reportdrift.FormatNamed(format)
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
	var again drift.Drift
	if err := json.Unmarshal([]byte(render(t, sample(), "json", reportdrift.Options{})), &again); err != nil {
		t.Fatal(err)
	}
	if want := sample(); !reflect.DeepEqual(&again, want) {
		t.Errorf("got\n%+v\nwant\n%+v", again, *want)
	}
}

// No string of an account steers a terminal, turns text round, or becomes markup.
func TestHostileNames(t *testing.T) {
	t.Parallel()
	for _, format := range reportdrift.FormatNames() {
		out := render(t, sample(), format, reportdrift.Options{Width: 100, Verbose: true})
		bad := []string{"\x1b", "\u202e"}
		if format == "html" || format == "markdown" {
			bad = append(bad, "<script>", "evil|<b>")
		}
		for _, text := range bad {
			if strings.Contains(out, text) {
				t.Errorf("got %q in %s, want it made harmless", text, format)
			}
		}
	}
}

// Each kind of finding and each area has words of its own.
func TestEveryKindAndAreaHasWords(t *testing.T) {
	t.Parallel()
	for _, area := range drift.Areas() {
		d := &drift.Drift{Changes: []drift.Change{{Area: area, Kind: drift.Changed, Resource: arn + "user/bob", Item: "thing", Name: "bob"}}}
		out := render(t, d, "table", reportdrift.Options{})
		_, lines, _ := strings.Cut(out, "1 change\n")
		heading, line, _ := strings.Cut(lines, "\n")
		if strings.TrimSpace(heading) == "" || !strings.HasSuffix(strings.TrimSpace(line), "changed") || strings.HasPrefix(strings.TrimSpace(line), "thing of") {
			t.Errorf("got %q for area %s, want a heading and a sentence", lines, area)
		}
	}
	for _, kind := range drift.Kinds() {
		old := &audit.Finding{Exception: &audit.Exception{}}
		d := &drift.Drift{Findings: []drift.Finding{{Kind: kind, Old: old, New: old, Was: drift.Failed, Is: drift.Failed}}}
		out := render(t, d, "markdown", reportdrift.Options{Verbose: true})
		if strings.Contains(out, "##  ") || strings.Contains(out, "## \n") || strings.Contains(out, "**1 **") {
			t.Errorf("got no words for %s:\n%s", kind, out)
		}
	}
}

func TestParseOutput(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"a.json": "json a.json", "a.HTML": "html a.HTML", "markdown:x": "markdown x", "table:a.json": "table a.json", "a.txt": "table a.txt",
	} {
		o, err := reportdrift.ParseOutput(in)
		if got := o.Format.Name + " " + o.Path; err != nil || got != want {
			t.Errorf("got %q, %v for %q, want %q", got, err, in, want)
		}
	}
	for _, in := range []string{"", "-", "json:", "a.csv", "sarif:a"} {
		if o, err := reportdrift.ParseOutput(in); err == nil {
			t.Errorf("got %v for %q, want an error", o, in)
		}
	}
}

// An error of the writer is told by every format.
func TestWriterFails(t *testing.T) {
	t.Parallel()
	for _, f := range reportdrift.Formats() {
		if err := f.Render(broken{}, sample(), reportdrift.Options{}); !errors.Is(err, errBroken) {
			t.Errorf("got %v from %s, want %v", err, f.Name, errBroken)
		}
	}
}

var errBroken = errors.New("no room on the disk")

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errBroken }
