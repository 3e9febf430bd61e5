package evidence

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"sekisho/audit/account"
)

// notInTheSnapshot is what Verify leaves to others: the schema is Read's to check, the tool and its rules are for the
// command that judges the snapshot again.
var notInTheSnapshot = []string{"schema", "tool.name", "tool.version", "rules.count", "rules.sha256"}

// TestEveryFieldOfTheManifestIsCompared changes one value of the manifest after the other, found by reflection so that
// a new one can't be forgotten, and wants Verify to name it.
func TestEveryFieldOfTheManifestIsCompared(t *testing.T) {
	t.Parallel()
	whole := archive(t)
	var paths []string
	leaves("", reflect.ValueOf(&whole.Manifest).Elem(), func(path string, _ reflect.Value) { paths = append(paths, path) })
	for i, path := range paths {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			changed := archive(t)
			n := 0
			leaves("", reflect.ValueOf(&changed.Manifest).Elem(), func(_ string, v reflect.Value) {
				if n++; n == i+1 {
					alter(t, v)
				}
			})
			manifest, err := json.MarshalIndent(changed.Manifest, "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			var file bytes.Buffer
			if err := writeZip(&file, put(changed.canonical(), ManifestName, append(manifest, '\n'))); err != nil {
				t.Fatal(err)
			}
			a, err := readBytes(file.Bytes())
			if path == "schema" {
				if err == nil || !strings.Contains(err.Error(), "schema") {
					t.Fatalf("got error %v, want one about the schema", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			problems := a.Verify()
			if slices.Contains(notInTheSnapshot, path) {
				if len(problems) > 0 {
					t.Errorf("got %v, want nothing wrong by the snapshot", problems)
				}
				return
			}
			what, _, _ := strings.Cut(path, ".")
			if !slices.ContainsFunc(problems, func(p Problem) bool {
				return strings.HasPrefix(what, "parts[") && p.Part != ManifestName || p.Kind == KindManifest && strings.HasPrefix(p.Text.String(), "got "+what+" ")
			}) {
				t.Errorf("got problems %v, want one about %s", problems, what)
			}
		})
	}
}

// leaves calls do for each value inside v that holds no others, by its path in JSON.
func leaves(path string, v reflect.Value, do func(path string, v reflect.Value)) {
	switch {
	case v.Type() == reflect.TypeFor[time.Time]():
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
			leaves(strings.TrimPrefix(path+"."+name, "."), v.Field(i), do)
		}
		return
	case v.Kind() == reflect.Slice:
		for i := range v.Len() {
			leaves(fmt.Sprintf("%s[%d]", path, i), v.Index(i), do)
		}
		return
	}
	do(path, v)
}

// alter gives a leaf another value.
func alter(t *testing.T, v reflect.Value) {
	t.Helper()
	switch x := v.Addr().Interface().(type) {
	case *string:
		*x += "x"
	case *int:
		*x++
	case *int64:
		*x++
	case *time.Time:
		*x = x.Add(time.Second)
	case **time.Time:
		later := (*x).Add(time.Second)
		*x = &later
	case *map[string]int:
		(*x)["iam:ListUsers"] = 1
	default:
		t.Fatalf("got a value of type %s, which this test can't change", v.Type())
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
			added := Part{CredentialReportName, []byte(header)}
			a.parts = slices.Insert(a.parts, 1, added)
			a.Manifest.Parts = slices.Insert(a.Manifest.Parts, 1, sumOf(added))
		}, `added: "credential-report.csv": the snapshot has no credential report`},
		{"no report, where the snapshot has one", snapshot(), func(a *Archive) {
			a.parts = slices.Delete(a.parts, 1, 2)
			a.Manifest.Parts = slices.Delete(a.Manifest.Parts, 1, 2)
		}, `removed: "credential-report.csv": the snapshot has a credential report`},
		{"another report", snapshot(), func(a *Archive) {
			a.parts[1].Data = []byte(header + "x")
			a.Manifest.Parts[1] = sumOf(a.parts[1])
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
