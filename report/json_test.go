package report_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"

	"sekisho/audit"
	"sekisho/audit/account"
	"sekisho/report"
	"sekisho/report/format"
)

func TestReadJSONRefuses(t *testing.T) {
	t.Parallel()
	whole := string(render(t, report.JSON, bad()))
	held := string(render(t, report.JSON, everyRecommendation()))
	for _, test := range []struct{ name, in, want string }{
		{"nothing", " \n", "got an empty file"},
		{"no JSON", "AWS account 1234", "line 1"},
		{"a list", "[]", "got a JSON array, want an object"},
		{"another schema", `{"schema":"sekisho/snapshot/v1"}`, `got schema "sekisho/snapshot/v1", want "sekisho/report/v1"`},
		{"no schema", `{"findings":[]}`, "without a schema"},
		{"a torn file", whole[:len(whole)/2], "ends in the middle"},
		{"something behind the end", whole + "{}", "not JSON"},
		{"no findings", strings.Replace(whole, `"findings": [`, `"findings_": [`, 1), "without findings"},
		{"a status that isn't one", strings.Replace(whole, `"status": "fail"`, `"status": "ok"`, 1), `got status "ok"`},
		{"a severity that isn't one", strings.Replace(whole, `"severity": "critical"`, `"severity": "dire"`, 1), `got severity "dire"`},
		{"a number for a text", strings.Replace(whole, `"caller": "`, `"caller": 1, "was": "`, 1), "got a JSON number as caller on line"},
		{"a count that is off", strings.Replace(whole, `"fail": 11`, `"fail": 0`, 1), "got summary.fail 0, want 11"},
		{"more complete points than pass", strings.Replace(whole, `"complete": 1`, `"complete": 5`, 1), "got security_status.complete 5, want 1"},
		{"a finding that passes", strings.Replace(whole, "\"rule\": \"root-mfa\",\n      \"status\": \"fail\"", "\"rule\": \"root-mfa\",\n      \"status\": \"pass\"", 1),
			"with status pass, want fail or unknown"},
		{"a verdict that isn't one", strings.Replace(held, `"verdict": "not_applicable"`, `"verdict": "fine"`, 1),
			`got verdict "fine", want one of pass, fail, unknown, not_applicable, not_assessed`},
		{"a recommendation without a verdict", strings.Replace(held, `"verdict": "not_applicable"`, `"verdict_": "fine"`, 1), "got 1 recommendations of cis-7.0 with verdict not_applicable, want 0"},
		{"recommendations that pass by the count alone", strings.Replace(held, `"pass": 1,
        "fail": 2`, `"pass": 2,
        "fail": 1`, 1), "got 2 recommendations of cis-7.0 with verdict pass, want 1"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r, err := report.ReadJSON(strings.NewReader(test.in))
			if err == nil || r != nil {
				t.Fatalf("got no error, want one with %q", test.want)
			}
			if !strings.Contains(err.Error(), test.want) || !strings.HasPrefix(err.Error(), "reading a report: ") {
				t.Errorf("got error %q, want one with %q", err, test.want)
			}
		})
	}
}

func TestReadJSONToleratesAddedKeys(t *testing.T) {
	t.Parallel()
	added := bytes.Replace(render(t, report.JSON, clean()), []byte("{"), []byte(`{"added_later": [1],`), 1)
	r, err := report.ReadJSON(bytes.NewReader(added))
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(r, clean()) {
		t.Errorf("got %+v, want %+v", r, clean())
	}
}

// TestJSONMeansTheSame compares the laid out and escaped text with what encoding/json writes.
func TestJSONMeansTheSame(t *testing.T) {
	t.Parallel()
	for name, fixture := range fixtures() {
		plain, err := json.Marshal(fixture)
		if err != nil {
			t.Fatal(err)
		}
		var want, got any
		if err := json.Unmarshal(plain, &want); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(render(t, report.JSON, fixture), &got); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %v, want %v", name, got, want)
		}
	}
}

// TestLargestAccountIsSmallEnough renders the largest account there is, with two failures a user.
func TestLargestAccountIsSmallEnough(t *testing.T) {
	t.Parallel()
	written := render(t, report.JSON, large(5000))
	if limit := 15 << 20; len(written) > limit {
		t.Errorf("got a report of %d bytes, want at most %d", len(written), limit)
	}
	r := large(5000)
	if lines := bytes.Count(table(t, r, format.Options{Verbose: true}), []byte("\n")); lines < 10000 {
		t.Errorf("got a table of %d lines, want one at least for each of 10000 findings", lines)
	}
	if lines := bytes.Count(table(t, r, format.Options{Width: 100}), []byte("\n")); lines > 150 {
		t.Errorf("got a table of %d lines that isn't verbose, want 150 at most", lines)
	}
}

func BenchmarkTable(b *testing.B) {
	benchmark(b, func(w io.Writer, r *audit.Report) error { return report.Table(w, r, format.Options{}) })
}

func BenchmarkJSON(b *testing.B) { benchmark(b, report.JSON) }

func benchmark(b *testing.B, render func(io.Writer, *audit.Report) error) {
	r := large(5000)
	b.ReportAllocs()
	for b.Loop() {
		if err := render(io.Discard, r); err != nil {
			b.Fatal(err)
		}
	}
}

// large is the report of an account with so many users, of whom each has two findings and a key that leaks, and 20
// rules that they pass.
func large(users int) *audit.Report {
	options := []option{panel("", "", "", "", "")}
	names := make([]string, users)
	for i := range users {
		name := fmt.Sprintf("given-name.surname-%04d", i)
		names[i] = "user/" + name
		options = append(options, person(name), judged(name, has(true, 2), devices(account.MFAVirtual),
			paths(verdict("enforced"), verdict("leaky", leaks("s3", 40, "Force-MFA#DenyAllExceptListedIfNoMFA", "s3:GetObject", "s3:ListBucket", "s3:PutObject")))))
	}
	for i := range users {
		options = append(options, fails(audit.Critical, "console-mfa", user(names[i][5:]), "", names[i][5:], "signs in with a password alone"))
	}
	for i := range users {
		options = append(options, fails(audit.Medium, "access-key-rotation", user(names[i][5:]), "AKIAIOSFODNN7EXAMPLE", names[i][5:],
			"active key is %d days old (created %s), last used %s by %s in %s", 301, "2026-01-25", "2026-11-21", "s3", "ap-northeast-1"))
	}
	for i := range 20 {
		options = append(options, passes(fmt.Sprintf("rule-%d", i), names...))
	}
	return makeReport(options...)
}

// TestWritersErrorsComeBack uses a writer that is full.
func TestWritersErrorsComeBack(t *testing.T) {
	t.Parallel()
	for _, f := range report.Formats() {
		if err := f.Render(full{}, bad(), format.Options{}); err == nil || !strings.Contains(err.Error(), io.ErrShortWrite.Error()) {
			t.Errorf("%s: got error %v, want %v", f.Name, err, io.ErrShortWrite)
		}
	}
	if _, err := report.ReadJSON(iotest.ErrReader(io.ErrNoProgress)); err == nil || !strings.Contains(err.Error(), io.ErrNoProgress.Error()) {
		t.Errorf("got error %v, want %v", err, io.ErrNoProgress)
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, io.ErrShortWrite }

// TestEveryNumberIsChecked changes each number of a report that counts something, found by reflection so that a new one
// can't be forgotten.
func TestEveryNumberIsChecked(t *testing.T) {
	t.Parallel()
	counted := map[string]string{"summary": "high", "ways": "possible"}
	for name, part := range map[string]func(r *audit.Report) any{
		"summary":         func(r *audit.Report) any { return &r.Summary },
		"security status": func(r *audit.Report) any { return &r.SecurityStatus },
		"a rule":          func(r *audit.Report) any { return &r.Rules[0] },
		"ways":            func(r *audit.Report) any { return r.AccessPaths },
		"a framework":     func(r *audit.Report) any { return &r.Frameworks[0].Summary },
	} {
		kind := reflect.TypeOf(part(everyRecommendation())).Elem()
		for i := range kind.NumField() {
			field := kind.Field(i)
			change := func(v reflect.Value) { v.SetInt(v.Int() + 1) }
			switch {
			case field.Type == reflect.TypeFor[map[string]int]():
				change = func(v reflect.Value) { v.SetMapIndex(reflect.ValueOf(counted[name]), reflect.ValueOf(7)) }
			case field.Type != reflect.TypeFor[int]():
				continue
			}
			r := everyRecommendation()
			change(reflect.ValueOf(part(r)).Elem().Field(i))
			if _, err := report.ReadJSON(bytes.NewReader(render(t, report.JSON, r))); err == nil || !strings.Contains(err.Error(), "as the report lists") {
				t.Errorf("%s, %s: got error %v, want one about the number", name, field.Name, err)
			}
		}
	}
}
