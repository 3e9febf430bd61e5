package fleet_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"strings"
	"testing"
	"time"

	"sekisho/audit"
	"sekisho/audit/fleet"
	"sekisho/audit/message"
	"sekisho/audit/orgpolicy"
	"sekisho/report"
	reportfleet "sekisho/report/fleet"
	"sekisho/report/format"
)

const hostile = "evil\x1b[31m<script>alert(1)</script>|\u202e=cmd()"

// sample is a report of n accounts, of which one is unknown and one was left out.
func sample(n int, name string) *fleet.Report {
	at := time.Date(2026, 11, 29, 5, 0, 0, 0, time.UTC)
	r := &fleet.Report{
		Schema: fleet.ReportSchema, Tool: audit.Tool{Name: "sekisho", Version: "test"}, RunID: "run", Manifest: strings.Repeat("a", 64), MadeAt: at,
		Organization: fleet.OrganizationInfo{ID: "o-exampleorgid", Management: "123456789012"},
		Summary:      fleet.Summary{Accounts: n, Audited: n - 2, Unknown: 1, NotAudited: 1, Findings: 3, FailedBySeverity: map[string]int{"critical": 1, "low": 2}, Excepted: 1},
		Points:       []fleet.Point{{Rule: "root-mfa", Title: "Root has an MFA device", Pass: n - 3, Fail: 1}},
		Rules: []fleet.RuleRow{
			{ID: "console-mfa", Problem: "No device", Severity: audit.Critical, Findings: 1, Accounts: []string{"000000000002"}, UnknownIn: []string{}},
			{ID: "root-mfa", Problem: "No device", Severity: audit.Critical, Accounts: []string{}, UnknownIn: []string{"000000000003"}},
		},
		People: []fleet.PersonRow{{Name: name, Also: []string{name}, Accounts: []string{"000000000002", "000000000003"}, Tagged: []fleet.TaggedUser{{Account: "000000000003", User: name, Tag: name}}, Center: &fleet.CenterPerson{Name: name}}}, Foreign: []string{"accounts/" + name},
	}
	why := message.New("assuming the role: %s", name)
	r.Accounts = append(r.Accounts, fleet.Row{
		Account: fleet.Account{ID: "000000000000", Name: name, Place: name}, Status: fleet.Unknown, Message: why.String(), Text: why, Hint: "see " + name,
	})
	for i := 2; i < n; i++ {
		r.Accounts = append(r.Accounts, fleet.Row{
			Account: fleet.Account{ID: fmt.Sprintf("%012d", i), Name: name, Place: name, State: "ACTIVE"}, Status: fleet.Audited, TakenAt: &at, Complete: 1, Applicable: 1,
			Points: []audit.Status{audit.StatusPass}, Users: 5, FailedBySeverity: map[string]int{"critical": 1}, Failing: map[string]int{"console-mfa": 1}, Undecided: []string{"root-mfa"},
		})
	}
	left := message.New("its state is %s", name)
	r.Accounts = append(r.Accounts, fleet.Row{Account: fleet.Account{ID: "000000000001", Name: name, NotAudited: fleet.NotActive}, Status: fleet.NotAudited, Message: left.String(), Text: left})
	return r
}

func rendered(t *testing.T, r *fleet.Report, name string, o format.Options) string {
	t.Helper()
	f, err := reportfleet.Formats().Named(name)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := f.Render(&out, merged(t, r), o); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// merged is a report with the documents of verdicts, of accounts that have none.
func merged(t *testing.T, r *fleet.Report) *reportfleet.Merged {
	t.Helper()
	m := &reportfleet.Merged{Report: r, Verdicts: map[string]*report.Verdicts{}}
	for _, name := range report.VerdictFormats() {
		m.Verdicts[name] = report.NewVerdicts(name, new(spool))
	}
	if err := m.Complete(); err != nil {
		t.Fatal(err)
	}
	return m
}

// spool is one in memory.
type spool struct{ bytes.Buffer }

func (s *spool) WriteTo(w io.Writer) (int64, error) {
	n, err := w.Write(s.Bytes())
	return int64(n), err
}

// An account of which nothing is known is told in every format, and what it is called does no harm.
func TestUnknownAccountsAreToldInEveryFormat(t *testing.T) {
	t.Parallel()
	for _, name := range reportfleet.Formats().Names() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out := rendered(t, sample(5, hostile), name, format.Options{Width: 100})
			if !strings.Contains(out, "000000000000") || !strings.Contains(out, "assuming the role") || !strings.Contains(out, "nknown") && !strings.Contains(out, "unknown") {
				t.Errorf("got %s, want the unknown account, and why", out)
			}
			if !strings.Contains(out, "000000000001") || !strings.Contains(out, "its state is") {
				t.Error("got nothing of the account that is not audited")
			}
			if name == "sarif" && strings.Contains(out, `"controls":null`) {
				t.Error("got no list of controls, want an empty one")
			}
			for _, bad := range []string{"\x1b", "\u202e", "<script>alert"} {
				if strings.Contains(out, bad) && (bad[0] != '<' || name == "html" || name == "markdown") {
					t.Errorf("got %q raw in %s", bad, name)
				}
			}
		})
	}
}

func TestTableFitsTheTerminal(t *testing.T) {
	t.Parallel()
	for _, width := range []int{80, 100, 160} {
		out := rendered(t, sample(40, "本番環境-production-account"), "table", format.Options{Width: width})
		for line := range strings.Lines(out) {
			if n := columns(line); n > width {
				t.Errorf("got a line of %d columns on %d: %s", n, width, line)
			}
		}
		if !strings.Contains(out, "and 28 more") {
			t.Errorf("got %s, want the number of accounts that are left out", out)
		}
		if all := rendered(t, sample(40, "x"), "table", format.Options{Width: width, Verbose: true}); strings.Contains(all, "more:") || strings.Count(all, "x (0000000000") < 40 {
			t.Error("got some left out with --verbose, want all")
		}
	}
}

func columns(line string) int {
	n := 0
	for _, r := range strings.TrimSuffix(line, "\n") {
		n++
		if r >= 0x1100 {
			n++
		}
	}
	return n
}

// What people read does not grow with the accounts: those beyond the worst are data, of which the page's script makes rows.
func TestPageOfAThousandAccountsStaysSmall(t *testing.T) {
	t.Parallel()
	parts := func(n int) (markup, data int) {
		page := rendered(t, sample(n, "an-account"), "html", format.Options{})
		before, rest, _ := strings.Cut(page, `id="account-data">`)
		text, after, found := strings.Cut(rest, "</script>")
		var kept struct{ Rows [][]any }
		if err := json.Unmarshal([]byte(text), &kept); !found || err != nil || len(kept.Rows) != n {
			t.Fatalf("got %d accounts in the data and %v, want %d", len(kept.Rows), err, n)
		}
		return len(before) + len(after), len(text)
	}
	few, _ := parts(250)
	many, data := parts(10_000)
	if many > few+2000 || many > 300_000 || data > 10_000*200 {
		t.Errorf("got %d bytes of markup and %d of data for 10,000 accounts, and %d of markup for 250, want about the same", many, data, few)
	}
	if n := strings.Count(rendered(t, sample(1000, "an-account"), "table", format.Options{Width: 100}), "\n"); n > 60 {
		t.Errorf("got %d lines of a thousand accounts, want a screen or two", n)
	}
}

// The data of the page can't end its element, whatever accounts are called, and has what is chosen by.
func TestDataOfThePage(t *testing.T) {
	t.Parallel()
	const bad = "</script><script>alert(1)</script>"
	r := sample(5, bad)
	r.Accounts[1].Tags = map[string]string{bad: "x", "env": "production"}
	r.Accounts[1].Place = "Workloads/Production"
	m := merged(t, r)
	m.Beside, m.End, m.CSV = "out/each", ".html", "out/fleet.csv"
	var out bytes.Buffer
	if err := reportfleet.HTML(&out, m, format.Options{Folder: "out"}); err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(out.String(), `id="account-data">`)
	text, _, _ := strings.Cut(rest, "</script>")
	var data struct {
		Rules, Units, Tags, Link []string
		Rows                     [][]any
	}
	if err := json.Unmarshal([]byte(text), &data); err != nil || data.Rows[0][1] != bad || data.Rows[1][0] != "000000000002" {
		t.Fatalf("got %s and %v, want the accounts", text, err)
	}
	if got := fmt.Sprint(data.Rules, data.Link, data.Tags[1], data.Rows[1][3:]); got != "[console-mfa root-mfa] [each/ .html]env=production[1 1 1 p [1 0 0 0 0] 0 [0 1] [1] [0 1]]" {
		t.Errorf("got %s, want what the account is chosen by", got)
	}
	for _, want := range []string{`<option>Workloads</option>`, `<option>Workloads/Production</option>`, `<option>env=production</option>`, `<a href="fleet.csv">`} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("got no %s", want)
		}
	}
	if n := strings.Count(out.String(), "<script"); n != 2 {
		t.Errorf("got %d scripts, want the data and the page's own", n)
	}
}

// What the baseline had already is left out, and nobody is told that it holds.
func TestWhatABaselineHadDoesNotHold(t *testing.T) {
	t.Parallel()
	r := sample(5, "x")
	r.Baseline = &fleet.Baseline{OrganizationRules: 2}
	r.OrganizationRules = []orgpolicy.Verdict{{Status: audit.StatusPass}}
	r.Summary.Findings, r.Summary.FailedBySeverity, r.Accounts[1].FailedBySeverity = 0, map[string]int{}, map[string]int{}
	out := rendered(t, r, "table", format.Options{Width: 160})
	if !strings.Contains(out, "The organization: 1 of 3 rules hold; 2 that are as they were are left out") || strings.Contains(out, "nothing fails") || !strings.Contains(out, "nothing new") {
		t.Errorf("got %s, want what is left out counted", out)
	}
}

// Whom several accounts have is told in every format for people, with what else tells of them, and in CSV by account.
func TestPeopleAreToldInEveryFormat(t *testing.T) {
	t.Parallel()
	r := sample(5, "x")
	r.People = []fleet.PersonRow{{
		Name: "alice", Also: []string{"alice@example.com"}, Accounts: []string{"000000000002", "000000000003"}, Tagged: []fleet.TaggedUser{{Account: "000000000003", User: "al", Tag: "owner"}},
		Center: &fleet.CenterPerson{Name: "alice@example.com", Enabled: true},
	}}
	for _, name := range []string{"table", "markdown", "html"} {
		if out := rendered(t, r, name, format.Options{Width: 160}); !strings.Contains(html.UnescapeString(out), "alice (also alice@example.com, 1 user by a tag, enabled in Identity Center)") {
			t.Errorf("%s: got %s, want the person", name, out)
		}
	}
	rows, err := csv.NewReader(strings.NewReader(rendered(t, r, "csv", format.Options{}))).ReadAll()
	if last := len(rows[0]) - 1; err != nil || rows[0][last] != "shared_people" || rows[1][last] != "" || rows[2][last] != "alice" {
		t.Errorf("got %v and %v, want the person with each account", rows, err)
	}
}

func TestCSVHasARowAnAccount(t *testing.T) {
	t.Parallel()
	rows, err := csv.NewReader(strings.NewReader(rendered(t, sample(7, "an-account"), "csv", format.Options{}))).ReadAll()
	if err != nil || len(rows) != 8 || len(rows[0]) != len(reportfleet.Columns()) {
		t.Fatalf("got %d rows and %v, want the header and seven", len(rows), err)
	}
	for i, column := range rows[0] {
		if column == "critical" && (rows[1][i] != "" || rows[2][i] != "1") {
			t.Errorf("got %q of the unknown account and %q of an audited one, want nothing and 1", rows[1][i], rows[2][i])
		}
	}
}

func TestJSONIsTheWholeReport(t *testing.T) {
	t.Parallel()
	want := sample(5, "an-account")
	var got fleet.Report
	if err := json.Unmarshal([]byte(rendered(t, want, "json", format.Options{})), &got); err != nil {
		t.Fatal(err)
	}
	x, _ := json.Marshal(want)
	y, _ := json.Marshal(&got)
	if !bytes.Equal(x, y) {
		t.Errorf("got %s back, want %s", y, x)
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, io.ErrShortWrite }

func TestErrorsOfTheWriterAreTold(t *testing.T) {
	t.Parallel()
	for _, f := range reportfleet.Formats() {
		if err := f.Render(full{}, merged(t, sample(5, "x")), format.Options{}); err == nil {
			t.Errorf("%s: got no error of a full disk", f.Name)
		}
	}
}

// The page leads to each account's own report, by its number alone, from where the page is.
func TestPageLinksToReportsOfAccounts(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ beside, folder, want string }{
		{"out/each", "out", `href="each/000000000002.html"`},
		{"each", "", `href="each/000000000002.html"`},
		{"a b/<x>", ".", `href="a%20b/%3Cx%3E/000000000002.html"`},
		{"each", "out", `href="../each/000000000002.html"`},
		{"", "", ""},
	} {
		m := merged(t, sample(5, hostile))
		m.Beside, m.End = test.beside, ".html"
		var out bytes.Buffer
		if err := reportfleet.HTML(&out, m, format.Options{Folder: test.folder}); err != nil {
			t.Fatal(err)
		}
		if links := strings.Count(out.String(), "0000.html"); links > 0 || !strings.Contains(out.String(), test.want) || (test.want == "") != !strings.Contains(out.String(), "000002.html") {
			t.Errorf("reports in %q: got %d links to the unknown account, want none and %s", test.beside, links, test.want)
		}
	}
}
