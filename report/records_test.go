package report_test

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"sekisho/audit"
	"sekisho/report"
	"sekisho/report/format"
)

// told is what a program finds in a file: a reader of a format turns the format back into it.
type told struct{ rule, status, severity, resource, item, id string }

// readers turn each format that carries IDs back. Passes are left out.
var readers = map[string]func(*testing.T, []byte) []told{"csv": readCSV, "sarif": readSARIF, "ocsf": readOCSF, "asff": readASFF}

// TestEveryFindingIsTold reads each format back and compares it with the report: no finding is lost, none becomes
// another, none that is unknown becomes a pass.
func TestEveryFindingIsTold(t *testing.T) {
	t.Parallel()
	for name, fixture := range fixtures() {
		var want []told
		for _, f := range fixture.Findings {
			want = append(want, told{rule: f.Rule, status: f.Status.String(), severity: f.Severity.String(), resource: f.Resource, item: f.Item})
		}
		for kind, read := range readers {
			got := read(t, renderNamed(t, kind, fixture))
			ids := map[string]bool{}
			for i := range got {
				if ids[got[i].id] || len(got[i].id) < 32 {
					t.Errorf("%s, %s: got the ID %q twice or too short", name, kind, got[i].id)
				}
				ids[got[i].id] = true
				got[i].id = ""
			}
			expected := slices.Clone(want)
			if kind == "csv" || kind == "asff" { // which don't hold every string as it is
				for _, list := range [][]told{got, expected} {
					for i := range list {
						list[i].resource, list[i].item = "", ""
					}
				}
			}
			if !slices.Equal(got, expected) {
				t.Errorf("%s, %s: got\n%v\nwant\n%v", name, kind, got, expected)
			}
		}
	}
}

// TestIDsStay changes what may change from one day to the next: the IDs are the same, and those of another account,
// rule or item others.
func TestIDsStay(t *testing.T) {
	t.Parallel()
	reportWith := func(o ...option) *audit.Report {
		return makeReport(append([]option{fails(audit.High, "console-mfa", user("alice"), "AKIAIOSFODNN7EXAMPLE", "alice", "a")}, o...)...)
	}
	id := func(r *audit.Report, kind string) string { return readers[kind](t, renderNamed(t, kind, r))[0].id }
	for kind := range readers {
		first := id(reportWith(), kind)
		later := reportWith(func(r *audit.Report) {
			r.TakenAt = r.TakenAt.AddDate(0, 0, 1)
			r.Findings[0].Message, r.Findings[0].Severity = "b", audit.Low
		}, fails(audit.Low, "user-active", user("bob"), "", "bob", "c"))
		if got := id(later, kind); got != first {
			t.Errorf("%s: got ID %s a day later, want %s", kind, got, first)
		}
		for what, change := range map[string]option{
			"account":  func(r *audit.Report) { r.Account.ID = "210987654321" },
			"resource": func(r *audit.Report) { r.Findings[0].Resource += "2" },
			"item":     func(r *audit.Report) { r.Findings[0].Item = "" },
			"rule":     func(r *audit.Report) { r.Findings[0].Rule = "user-mfa" },
		} {
			if got := id(reportWith(change), kind); got == first {
				t.Errorf("%s: got the same ID for another %s", kind, what)
			}
		}
	}
}

// TestMendedFindingKeepsItsID is how Security Hub learns that a finding is no more.
func TestMendedFindingKeepsItsID(t *testing.T) {
	t.Parallel()
	item := "arn:aws:iam::" + accountID + ":sms-mfa/carol"
	before := makeReport(person("x#y/bob"), person("carol"), fails(audit.High, "r", user("x#y/bob"), "", "bob", "a"), fails(audit.High, "r", user("carol"), item, "carol", "a"),
		fails(audit.High, "r", root, "", "root user", "a"))
	after := makeReport(person("x#y/bob"), person("carol"), passes("r", "user/x#y/bob", "user/carol#"+item, "root"))
	type entry struct {
		Id         string
		Compliance struct{ Status string }
	}
	var failed, passed []entry
	for r, list := range map[*audit.Report]*[]entry{before: &failed, after: &passed} {
		if err := json.Unmarshal(render(t, report.ASFF, r), list); err != nil {
			t.Fatal(err)
		}
	}
	if len(failed) != 4 || len(passed) != 4 { // and one on the answers
		t.Fatalf("got %d and %d findings, want 4 and 4", len(failed), len(passed))
	}
	for i := range failed[:3] {
		if failed[i].Id != passed[i].Id || failed[i].Compliance.Status != "FAILED" || passed[i].Compliance.Status != "PASSED" {
			t.Errorf("got %v and then %v, want the same ID, FAILED and then PASSED", failed[i], passed[i])
		}
	}
}

// TestSameReportSameBytes renders twice, as maps come in another order each time.
func TestSameReportSameBytes(t *testing.T) {
	t.Parallel()
	for _, f := range report.Formats() {
		for name, fixture := range fixtures() {
			if !bytes.Equal(renderNamed(t, f.Name, fixture), renderNamed(t, f.Name, fixtures()[name])) {
				t.Errorf("%s, %s: got other bytes the second time", name, f.Name)
			}
		}
	}
}

// TestLargeReportsAreBounded allows 2 KB for each verdict that a format tells; [BenchmarkFormats] measures the largest
// account.
func TestLargeReportsAreBounded(t *testing.T) {
	t.Parallel()
	r := large(200)
	if n := len(renderNamed(t, "markdown", r)); n > 8<<10 {
		t.Errorf("got %d bytes of Markdown for findings that say the same, want at most 8 KB", n)
	}
	findings := r.Summary.Fail + r.Summary.Unknown
	for kind, verdicts := range map[string]int{
		"csv": findings, "sarif": findings, "junit": findings + r.Summary.Pass, "ocsf": findings + r.Summary.Pass, "asff": findings + r.Summary.Pass,
	} {
		if n := len(renderNamed(t, kind, r)); n < verdicts*50 || n > verdicts<<11 {
			t.Errorf("%s: got %d bytes for %d verdicts, want at most 2 KB for each", kind, n, verdicts)
		}
	}
}

func BenchmarkFormats(b *testing.B) {
	for _, f := range report.Formats() {
		b.Run(f.Name, func(b *testing.B) {
			benchmark(b, func(w io.Writer, r *audit.Report) error { return f.Render(w, r, format.Options{}) })
		})
	}
}

func named(t *testing.T, kind string) format.Format[*audit.Report] {
	t.Helper()
	f, err := report.Formats().Named(kind)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func renderNamed(t *testing.T, kind string, r *audit.Report) []byte {
	t.Helper()
	return render(t, func(w io.Writer, r *audit.Report) error { return named(t, kind).Render(w, r, format.Options{}) }, r)
}

// published reads a schema of testdata/schemas.
func published(t *testing.T, name string) map[string]any {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "testdata", "schemas", name))
	if err != nil {
		t.Fatal(err)
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return document.(map[string]any)
}

func instance(t *testing.T, data []byte) any {
	t.Helper()
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return v
}
