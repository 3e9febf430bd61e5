package evidence

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"sekisho/audit"
	"sekisho/audit/account"
	"sekisho/audit/message"
)

// leaf is a value of the manifest's JSON, which has each on a line of its own.
var leaf = regexp.MustCompile(`(?m)^ *(?:"([^"]+)": )?("[^"]*"|[0-9]+)(,?)$`)

// TestEveryLeafOfTheManifestIsChecked changes one value of the manifest's JSON after the other, in evidence that nobody
// signed, and wants the check to tell of it by its name: every one derives from something else in the file, or in the
// version that made it.
func TestEveryLeafOfTheManifestIsChecked(t *testing.T) {
	t.Parallel()
	whole := archive(t)
	whole.Signature = nil
	manifest := string(whole.manifest)
	seen := map[string]bool{}
	for _, at := range leaf.FindAllStringSubmatchIndex(manifest, -1) {
		name, old := "", manifest[at[4]:at[5]]
		if at[2] >= 0 {
			name = manifest[at[2]:at[3]]
		}
		seen[name] = true
		changed := manifest[:at[4]] + altered(old) + manifest[at[5]:]
		if !json.Valid([]byte(changed)) || len(changed) > len(manifest)+1 {
			t.Fatalf("got %s changed to %s, want one value changed", old, altered(old))
		}
		checks := checkedAs(t, put(whole.canonical(), ManifestName, []byte(changed)))
		if last := checks[len(checks)-1]; last.State != Wrong && name != "sha256" || last.State == OK {
			t.Errorf("%s %s changed to %s: got %s, want it noticed", name, old, altered(old), last.State)
		}
		if !slices.ContainsFunc(checks[:len(checks)-1], func(c Check) bool {
			return (c.State == Wrong || c.State == Unknown) && c.What != "bytes" && tellsOf(c.Text.String(), name)
		}) {
			t.Errorf("%s %s changed to %s: got %v, want a check that tells of it", name, old, altered(old), checks)
		}
	}
	for _, name := range []string{
		"schema", "name", "version", "count", "sha256", "account", "partition", "caller", "taken_at", "credential_report_at", "total", "iam:GetCredentialReport", "size",
	} {
		if !seen[name] {
			t.Errorf("got no leaf %s changed, want all: %v", name, seen)
		}
	}
}

// altered is another value of the same kind.
func altered(value string) string {
	text, isText := strings.CutPrefix(value, `"`)
	if !isText {
		return "1" + value
	}
	text = strings.TrimSuffix(text, `"`)
	if at, err := time.Parse(time.RFC3339Nano, text); err == nil {
		text = at.Add(time.Second).Format(time.RFC3339Nano)
	} else if last := len(text) - 1; text[last] == '1' {
		text = text[:last] + "0"
	} else {
		text = text[:last] + "1"
	}
	return `"` + text + `"`
}

// tellsOf reports whether a text speaks of a leaf by the name of its key, or of what it is part of.
func tellsOf(text, key string) bool {
	switch key {
	case "total", "throttled", "retried", "iam:GetCredentialReport", "sts:GetCallerIdentity":
		key = "calls"
	case "size":
		key = "bytes, want"
	case "sha256":
		return strings.Contains(text, "SHA-256") || strings.Contains(text, "sha256")
	case "name":
		return strings.Contains(text, "tool.name") || strings.Contains(text, "the archive has it, the manifest has not")
	}
	return strings.Contains(text, key)
}

// checkedAs checks evidence of these entries as the version does that made archive. Where it can't be read, the error
// is the only check, and the verdict.
func checkedAs(t *testing.T, entries []entry) []Check {
	t.Helper()
	a, err := readBytes(written(t, entries))
	if err != nil {
		wrong := Check{Wrong, "archive", message.New("%s", err)}
		return []Check{wrong, wrong}
	}
	r := &audit.Report{
		Tool: tool, Account: audit.AccountInfo{ID: "123456789012", Partition: "aws"}, Caller: snapshot().Caller.ARN, TakenAt: taken,
		CredentialReportAt: &snapshot().CredentialReport.Value.GeneratedAt, Calls: snapshot().Calls,
		Rules: make([]audit.RuleResult, 1), NotSelected: make([]audit.NotSelected, 1),
	}
	again, err := Expect(a.Manifest.Tool, a.Manifest.Rules, snapshot(), parts()...)
	if err != nil {
		t.Fatal(err)
	}
	return a.Check(nil, "", Conclusion{Tool: tool, Rules: archive(t).Manifest.Rules, Recorded: r, Fresh: r, Again: again}).Checks
}

// A manifest that says the same in another form, or something that this version doesn't know, is none that is written.
func TestAnotherFormOfTheManifestIsFound(t *testing.T) {
	t.Parallel()
	whole := archive(t)
	whole.Signature = nil
	if checks := checkedAs(t, whole.canonical()); checks[len(checks)-1].State != OK {
		t.Fatalf("got %v of an honest manifest, want nothing wrong", checks)
	}
	for name, change := range map[string][2]string{
		"white space": {"{\n", "{\n\n"}, "a key more": {"{\n", "{\n  \"mood\": \"good\",\n"}, "an escape": {"iam:", `iam\u003a`},
	} {
		checks := checkedAs(t, replace(whole.canonical(), change[0], change[1]))
		if got := checks[len(checks)-2]; got.State != Wrong || got.Text.String() != `"manifest.json": it is not the manifest of these parts` {
			t.Errorf("%s: got %v, want the manifest alone to be wrong", name, checks)
		}
	}
}

func TestTheManifestAndTheCredentialReport(t *testing.T) {
	t.Parallel()
	without := snapshot()
	without.CredentialReport = nil
	for _, test := range []struct {
		name     string
		snapshot *account.Snapshot
		spoil    func(a *Archive)
		want     string
	}{
		{"a time without a report", without, func(a *Archive) { a.Manifest.CredentialReportAt = &taken },
			`manifest: "manifest.json": got credential_report_at 2026-11-22T05:00:00Z, want none as the snapshot has it`},
		{"a report without a time", snapshot(), func(a *Archive) { a.Manifest.CredentialReportAt = nil },
			`manifest: "manifest.json": got credential_report_at none, want 2026-11-22T04:00:00Z as the snapshot has it`},
		{"a report that the snapshot lacks", without, func(a *Archive) {
			added := held{CredentialReportName, packBytes([]byte(header))}
			a.parts = slices.Insert(a.parts, 1, added)
			a.Manifest.Parts = slices.Insert(a.Manifest.Parts, 1, PartSum{added.name, added.size, added.sum})
		}, `added: "credential-report.csv": the snapshot has no credential report`},
		{"no report, where the snapshot has one", snapshot(), func(a *Archive) {
			a.parts = slices.Delete(a.parts, 1, 2)
			a.Manifest.Parts = slices.Delete(a.Manifest.Parts, 1, 2)
		}, `removed: "credential-report.csv": the snapshot has a credential report`},
		{"another report", snapshot(), func(a *Archive) {
			a.parts[1].packed = packBytes([]byte(header + "x"))
			a.Manifest.Parts[1].Size, a.Manifest.Parts[1].SHA256 = a.parts[1].size, a.parts[1].sum
		}, `changed: "credential-report.csv": it is not the credential report of the snapshot`},
	} {
		a, err := New(tool, RuleSet{}, test.snapshot, parts()...)
		if err != nil {
			t.Fatal(err)
		}
		test.spoil(a)
		if got := a.Verify(); len(got) != 1 || got[0].String() != test.want {
			t.Errorf("%s: got %v, want %s alone", test.name, got, test.want)
		}
	}
}
