package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"sekisho/audit"
	"sekisho/audit/account"
	"sekisho/audit/collect/shape"
	"sekisho/audit/emulator"
	"sekisho/audit/evidence"
	"sekisho/audit/framework"
	"sekisho/audit/rules"
	"sekisho/config"
	"sekisho/report"
	"sekisho/report/files"
	"sekisho/report/saved"
)

var evidenceTaken = time.Date(2026, 11, 22, 5, 0, 0, 0, time.UTC)

// settingsFor loads settings from the text of a configuration file.
func settingsFor(t *testing.T, text string) *config.Config {
	t.Helper()
	file := filepath.Join(t.TempDir(), "sekisho.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := config.Load(config.Sources{
		Bytes: func(path string, most int64) ([]byte, error) {
			return saved.Bytes(t.Context(), new(files.Set).Input("--config", path), most)
		},
		File: file, Catalogue: rules.Catalogue(), Formats: report.Formats().Names(), Frameworks: framework.IDs(), Tolerable: shape.Tolerable(),
		Now: func() time.Time { return evidenceTaken },
	})
	if err != nil {
		t.Fatal(err)
	}
	c.Source = "sekisho.yaml" // the folder is another each time, and evidence names it
	return c
}

const evidenceSettings = `
frameworks: [cis-7.0, fsbp]
thresholds: {access_key_max_age_days: 60}
accounts: {trusted: ["123456789012"]}
exceptions:
  - {rule: mfa, resource: "*", reason: being rolled out, owner: ops, expires: 2027-03-01}
`

// built is the demo account's evidence, once it is built.
var built = struct {
	sync.Once
	archive *evidence.Archive
	err     error
}{}

// demoEvidence returns a copy of the demo account's evidence that may be signed.
func demoEvidence(t *testing.T) *evidence.Archive {
	t.Helper()
	built.Do(func() {
		built.archive, built.err = buildEvidence(context.Background(), settingsFor(t, evidenceSettings), emulator.Demo(evidenceTaken), nil, nil)
	})
	if built.err != nil {
		t.Fatal(built.err)
	}
	a := *built.archive
	return &a
}

// verify runs sekisho evidence verify on a file with these bytes.
func verify(t *testing.T, file []byte, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "e.zip")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	return verifyPath(t, append([]string{path}, args...)...)
}

func verifyPath(t *testing.T, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	var out, errs strings.Builder
	// Years go by before somebody looks.
	sys := system{stdin: strings.NewReader(""), environ: []string{"COLUMNS=400"}, stdout: &out, stderr: &errs, now: func() time.Time { return evidenceTaken.AddDate(5, 0, 0) }, files: new(files.Set)}
	cmd := evidenceCommand(sys)
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	cmd.SetArgs(append([]string{"verify"}, args...))
	status = exitStatus(context.Background(), cmd.ExecuteContext(context.Background()), &errs)
	return status, out.String(), errs.String()
}

func zipOf(t *testing.T, a *evidence.Archive) []byte {
	t.Helper()
	var file bytes.Buffer
	if err := a.Write(&file); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

// forge makes evidence with other parts, or none where they are nil, and a manifest that agrees with them.
func forge(t *testing.T, tool audit.Tool, change map[string][]byte) []byte {
	t.Helper()
	return forgeAs(t, tool, demoEvidence(t).Manifest.Rules, change)
}

func forgeAs(t *testing.T, tool audit.Tool, set evidence.RuleSet, change map[string][]byte) []byte {
	t.Helper()
	a := demoEvidence(t)
	s, err := a.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	if data := change[evidence.SnapshotName]; data != nil {
		if s, err = account.Read(bytes.NewReader(data), "forged"); err != nil {
			t.Fatal(err)
		}
	}
	var parts []evidence.Part
	for _, name := range a.Names() {
		data, _ := a.Part(name)
		if other, ok := change[name]; ok {
			data = other
		}
		if name != evidence.SnapshotName && name != evidence.CredentialReportName && data != nil {
			parts = append(parts, evidence.PartOf(name, data))
		}
	}
	for name, data := range change {
		if _, had := a.Part(name); !had {
			parts = append(parts, evidence.PartOf(name, data))
		}
	}
	forged, err := evidence.New(tool, set, s, parts...)
	if err != nil {
		t.Fatal(err)
	}
	return zipOf(t, forged)
}

func partOf(t *testing.T, name string) string {
	t.Helper()
	data, ok := demoEvidence(t).Part(name)
	if !ok {
		t.Fatalf("got no part %s, want one", name)
	}
	return string(data)
}

func TestEvidenceIsMadeTheSameEachTime(t *testing.T) {
	t.Parallel()
	c := settingsFor(t, evidenceSettings)
	first, err := buildEvidence(context.Background(), c, emulator.Demo(evidenceTaken), nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	second, err := buildEvidence(context.Background(), c, emulator.Demo(evidenceTaken), nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(zipOf(t, first), zipOf(t, second)) {
		t.Error("got other bytes of the same snapshot under the same settings, want the same")
	}
	want := "configuration.json credential-report.csv frameworks/cis-7.0.json frameworks/fsbp.json report.html report.json snapshot.json"
	if got := strings.Join(first.Names(), " "); got != want {
		t.Errorf("got the parts %s, want %s", got, want)
	}
	if got, _ := first.Part(evidence.ConfigurationName); !strings.Contains(string(got), `"access_key_max_age_days": "60"`) {
		t.Errorf("got the configuration %s, want the settings in it", got)
	}
}

func TestVerifyGoodEvidence(t *testing.T) {
	t.Parallel()
	status, out, errs := verify(t, zipOf(t, demoEvidence(t)))
	if status != statusClean || errs != "" {
		t.Fatalf("got status %d, %q and %q, want 0", status, out, errs)
	}
	for _, want := range []string{
		"note     about      account 123456789012, taken 2026-11-22T05:00:00Z by arn:aws:",
		"\nok       archive    each of its 7 parts is the one of the manifest, and no byte is out of place\n",
		"\nnote     signature  none: nothing tells who made this evidence\n",
		"\nok       report     evaluating the snapshot again gives the same ",
		"\nok       bytes      written again from the snapshot, the archive is the same, byte for byte\n",
		"\nok       verdict    the evidence is whole, not signed, and its report follows from its snapshot\n",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("got\n%s\nwant it to contain %q", out, want)
		}
	}
}

func TestVerifyFindsForgeries(t *testing.T) {
	t.Parallel()
	var r map[string]any
	if err := json.Unmarshal([]byte(partOf(t, evidence.ReportName)), &r); err != nil {
		t.Fatal(err)
	}
	ours := demoEvidence(t).Manifest.Tool
	other := audit.Tool{Name: "sekisho", Version: "v0.0.1"}
	more := demoEvidence(t).Manifest.Rules
	more.Count++
	silenced := strings.Replace(partOf(t, evidence.ReportName), `"resource": "arn:aws:iam::123456789012:root"`, `"resource": "arn:aws:iam::123456789012:user/x"`, 1)
	olderReport := strings.Replace(partOf(t, evidence.ReportName), `"version": "`+ours.Version+`"`, `"version": "v0.0.1"`, 1)
	olderPage := strings.ReplaceAll(partOf(t, evidence.PageName), "sekisho "+ours.Version, "sekisho v0.0.1")
	milder := strings.Replace(olderReport, `"message": "`, `"message": "Of no interest: `, 1)
	// The name of this version, its rules' sum another's: that must not spare the page the comparison.
	otherRules := forgeAs(t, ours, evidence.RuleSet{Count: more.Count - 1, SHA256: strings.Repeat("0", 64)}, map[string][]byte{evidence.PageName: []byte("<p>All is well.</p>")})
	for name, test := range map[string]struct {
		file   []byte
		status int
		want   []string
	}{
		"a finding about somebody else": {
			forge(t, ours, map[string][]byte{evidence.ReportName: []byte(silenced)}), statusFailed,
			[]string{
				":user/x: fail is recorded, and does not follow from the snapshot", ":root: fail follows from the snapshot, and is not recorded",
				`WRONG    bytes      "report.json": it is not what follows from the snapshot`, "WRONG    verdict    3 of the checks failed",
			},
		},
		"a page that says otherwise": {
			forge(t, ours, map[string][]byte{evidence.PageName: []byte("<p>All is well.</p>")}), statusFailed,
			[]string{"ok       report", `WRONG    bytes      "report.html": it is not what follows from the snapshot`},
		},
		"no section": {
			forge(t, ours, map[string][]byte{"frameworks/fsbp.json": nil}), statusFailed,
			[]string{`WRONG    bytes      "frameworks/fsbp.json": it is lacking`},
		},
		"a section more": {
			forge(t, ours, map[string][]byte{"frameworks/cis-1.4.json": []byte("{}")}), statusFailed,
			[]string{`WRONG    bytes      "frameworks/cis-1.4.json": it is none of the parts`},
		},
		"other settings": {
			forge(t, ours, map[string][]byte{evidence.ConfigurationName: []byte(strings.Replace(
				partOf(t, evidence.ConfigurationName), `"access_key_max_age_days": "60"`, `"access_key_max_age_days": "9000"`, 1))}), statusFailed,
			[]string{"is recorded, and does not follow from the snapshot"},
		},
		"unknown settings": {
			forge(t, ours, map[string][]byte{evidence.ConfigurationName: []byte(`{"schema":"sekisho/configuration/v1","settings":{"mood":"good"}}`)}), statusFailed,
			[]string{"WRONG    report     evaluating the snapshot again: the recorded configuration: mood: got a key"},
		},
		"a report that is none": {
			forge(t, ours, map[string][]byte{evidence.ReportName: []byte("{}")}), statusFailed,
			[]string{"WRONG    report     reading a report: got JSON without a schema"},
		},
		"another version": {
			forge(t, other, map[string][]byte{evidence.ReportName: []byte(olderReport), evidence.PageName: []byte(olderPage)}), statusClean,
			[]string{
				"note     report     the evidence was made by another version, v0.0.1 with ", "findings, by rule, resource, item and status",
				"ok       bytes      written again from the snapshot, the archive is the same", "ok       verdict    the evidence is whole, not signed, and",
			},
		},
		"another version with a page that says otherwise": {
			forge(t, other, map[string][]byte{evidence.ReportName: []byte(olderReport), evidence.PageName: []byte("<p>All is well.</p>")}), statusUnknown,
			[]string{
				"findings, by rule, resource, item and status",
				`unknown  bytes      "report.html": it is not what follows from the snapshot, as this version writes it; `,
				"unknown  verdict    the evidence is whole, not signed; only the version that made it",
			},
		},
		"another version with milder findings": {
			forge(t, other, map[string][]byte{evidence.ReportName: []byte(milder), evidence.PageName: []byte(olderPage)}), statusUnknown,
			[]string{"findings, by rule, resource, item and status", `unknown  bytes      "report.json": it is not what follows`},
		},
		"another version with a part more": {
			forge(t, other, map[string][]byte{
				evidence.ReportName: []byte(olderReport), evidence.PageName: []byte(olderPage), "frameworks/cis-1.4.json": []byte("{}"),
			}), statusUnknown,
			[]string{`unknown  bytes      "frameworks/cis-1.4.json": it is none of the parts`},
		},
		"a catalogue of which this version knows nothing": {
			otherRules, statusUnknown, []string{"unknown  manifest   got rules.sha256 " + strings.Repeat("0", 64) + ", want ", `unknown  bytes      "report.html": it is not what follows`},
		},
		"a rule more": {
			forgeAs(t, ours, more, nil), statusFailed, []string{fmt.Sprintf("WRONG    manifest   got rules.count %d, want %d as the report has it", more.Count, more.Count-1)},
		},
		"another version with a rule more": {
			forgeAs(t, other, more, map[string][]byte{evidence.ReportName: []byte(olderReport), evidence.PageName: []byte(olderPage)}), statusFailed,
			[]string{"WRONG    manifest   got rules.count "},
		},
		"another version that judged otherwise": {
			forge(t, other, map[string][]byte{evidence.ReportName: []byte(strings.Replace(
				silenced, `"version": "`+ours.Version+`"`, `"version": "v0.0.1"`, 1))}), statusUnknown,
			[]string{"unknown  report     2 findings differ from those of this version", "unknown  verdict    the evidence is whole, not signed; only the version that made it"},
		},
		"another version, with settings that are gone": {
			forge(t, other, map[string][]byte{
				evidence.ReportName: []byte(olderReport), evidence.ConfigurationName: []byte(`{"schema":"sekisho/configuration/v1","settings":{"mood":"good"}}`),
			}), statusUnknown,
			[]string{"unknown  report     it was made by v0.0.1 with other rules, and this version can't take its configuration: "},
		},
		"another version's report on another tool": {
			forge(t, other, nil), statusFailed,
			[]string{"WRONG    manifest   got tool.version v0.0.1, want " + ours.Version + " as the report has it"},
		},
		"another version's section": {
			forge(t, other, map[string][]byte{evidence.ReportName: []byte(olderReport), "frameworks/fsbp.json": []byte("{}")}), statusFailed,
			[]string{`WRONG    report     "frameworks/fsbp.json": it is not the section of the report`},
		},
		"a changed byte": {
			bytes.Replace(zipOf(t, demoEvidence(t)), []byte("<title>"), []byte("<titel>"), 1), statusFailed,
			[]string{`WRONG    archive    changed: "report.html": got SHA-256 `},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			status, out, errs := verify(t, test.file)
			if status != test.status || errs != "" {
				t.Errorf("got status %d and %q, want %d", status, errs, test.status)
			}
			for _, want := range test.want {
				if !strings.Contains(out, want) {
					t.Errorf("got\n%s\nwant it to contain %q", out, want)
				}
			}
		})
	}
}

func TestVerifyRefusesWhatIsNoEvidence(t *testing.T) {
	t.Parallel()
	status, out, errs := verify(t, []byte("hello"))
	if status != statusFailed || out != "" || !strings.Contains(errs, "e.zip: got neither JSON nor a zip archive, want an evidence file: ") {
		t.Errorf("got status %d, %q and %q, want 1 and why", status, out, errs)
	}
	for name, test := range map[string]struct {
		args []string
		want string
	}{
		"no file":         {nil, "got 0 arguments, want the file of the evidence"},
		"two files":       {[]string{"a", "b"}, "got 2 arguments"},
		"not there":       {[]string{"missing.zip"}, "reading missing.zip: no such file or directory"},
		"a folder":        {[]string{t.TempDir()}, "got a folder of answers of the aws command, want an evidence file"},
		"identity alone":  {[]string{"e.zip", "--identity", "alice"}, "got --identity without --allowed-signers"},
		"empty identity":  {[]string{"e.zip", "--identity", ""}, "--identity: got an empty name"},
		"empty signers":   {[]string{"e.zip", "--allowed-signers", ""}, "--allowed-signers: got an empty name"},
		"no signers":      {[]string{"e.zip", "--allowed-signers", "missing"}, "--allowed-signers: open missing: no such file"},
		"no good signers": {[]string{"e.zip", "--allowed-signers", "evidence_test.go"}, "--allowed-signers: reading the allowed signers: evidence_test.go, line 1: "},
	} {
		if status, _, errs := verifyPath(t, test.args...); status != statusUsage || !strings.Contains(errs, test.want) {
			t.Errorf("%s: got status %d and %q, want 2 and %q", name, status, errs, test.want)
		}
	}
}

func TestOpenEvidence(t *testing.T) {
	t.Parallel()
	file := zipOf(t, demoEvidence(t))
	path := filepath.Join(t.TempDir(), "e.zip")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := saved.Open(t.Context(), new(files.Set).Input("--from", path), saved.Evidence, saved.DefaultLimit)
	if err != nil {
		t.Fatal(err)
	}
	c, err := config.Load(recordedSources(t.Context(), f.Evidence, evidenceTaken.AddDate(9, 0, 0)))
	if err != nil {
		t.Fatal(err)
	}
	if c.Thresholds.AccessKeyMaxAgeDays != 60 || len(c.Exceptions) != 1 || !strings.HasSuffix(c.Source, "sekisho.yaml") {
		t.Errorf("got settings %+v, want those of the evidence", c.Settings)
	}
	if s, err := fromSaved(new(*saved.File), new(files.Set).Input("--from", path), saved.DefaultLimit, nil)(t.Context(), nil, nil); err != nil || !s.TakenAt.Equal(evidenceTaken) {
		t.Errorf("got the snapshot %+v and error %v, want that of the evidence", s, err)
	}
	if err := os.WriteFile(path, bytes.Replace(file, []byte("<title>"), []byte("<titel>"), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = fromSaved(new(*saved.File), new(files.Set).Input("--from", path), saved.DefaultLimit, nil)(t.Context(), nil, nil)
	var errs strings.Builder
	if status := exitStatus(t.Context(), err, &errs); status != statusUsage || !strings.Contains(errs.String(), `"report.html": got SHA-256 `) ||
		!strings.Contains(errs.String(), "hint: sekisho evidence verify ") {
		t.Errorf("got status %d and %q, want damaged evidence refused", status, errs.String())
	}
}
