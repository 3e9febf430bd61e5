package diff_test

import (
	"strings"
	"testing"

	"sekisho/audit"
	"sekisho/audit/diff"
	messages "sekisho/audit/message"
	"sekisho/report/format"
)

// A field's times and states are words, and what else it holds stays as it is.
func TestDetailsOfEachKind(t *testing.T) {
	t.Parallel()
	const at, text = "2026-11-22T05:00:00Z", "2026-11-22 05:00 UTC"
	for want, d := range map[string]diff.Detail{
		"created: " + text + " → later":               {Field: "created", Old: at, New: "later"},
		"path: " + at + " → /a b/":                    {Field: "path", Old: at, New: "/a b/"},
		"access_keys: added AKIAIOSFODNN7EXAMPLE off": {Field: "access_keys", Added: []string{"AKIAIOSFODNN7EXAMPLE off"}},
		"status: active → inactive":                   {Field: "status", Old: "active", New: "inactive"},
		"path: added a b":                             {Field: "path", Added: []string{"a b"}},
	} {
		out := render(t, &diff.Diff{Changes: []diff.Change{{
			Area: diff.AreaUsers, Kind: diff.Changed, Resource: arn + "user/bob", Name: "bob", Details: []diff.Detail{d},
		}}}, "table", format.Options{Width: 200})
		label, _, _ := strings.Cut(want, ":")
		if _, said, ok := strings.Cut(want, ": "); !ok || !strings.Contains(out, said+"\n") {
			t.Errorf("%s: got\n%s\nwant a line that ends in %q", label, out, said)
		}
	}
}

// Areas that are not compared for one reason are told together, save where resources are named.
func TestAreasAreGathered(t *testing.T) {
	t.Parallel()
	why := func(text string) diff.Note {
		return diff.Note{Message: text, Text: messages.New("%s", text)}
	}
	list := []diff.NotCompared{{Area: diff.AreaRoles, Note: why("one")}, {Area: diff.AreaPolicies, Note: why("two")}, {Area: diff.AreaGroups, Note: why("one")}, {Area: diff.AreaPolicies, Note: why("one"), Resources: []string{arn + "policy/p"}}}
	out := render(t, &diff.Diff{NotCompared: list}, "table", format.Options{Width: 200})
	for want, n := range map[string]int{": one": 2, ": two": 1, "policy/p": 1, "Roles, Groups: one": 1} {
		if got := strings.Count(out, want); got != n {
			t.Errorf("got %d times %q, want %d, in\n%s", got, want, n, out)
		}
	}
}

// Red is what fails, yellow what is unknown, green what is mended, and what is excepted is dim.
func TestColoursOfFindings(t *testing.T) {
	t.Parallel()
	exception := &audit.Exception{Rule: "r", Reason: "why", Owner: "who"}
	for _, test := range []struct {
		kind diff.Kind
		f    func(*diff.Finding)
		want string
	}{
		{diff.New, func(f *diff.Finding) { f.New = &audit.Finding{Status: audit.StatusFail} }, "\x1b[31m"},
		{diff.New, func(f *diff.Finding) { f.New = &audit.Finding{Status: audit.StatusFail, Exception: exception} }, "\x1b[2m"},
		{diff.NewlyUnknown, func(f *diff.Finding) { f.New = &audit.Finding{Status: audit.StatusUnknown} }, "\x1b[33m"},
		{diff.Fixed, func(f *diff.Finding) { f.Old = &audit.Finding{Status: audit.StatusFail} }, "\x1b[32m"},
		{diff.NoLongerApplies, func(f *diff.Finding) { f.Old = &audit.Finding{Status: audit.StatusFail} }, "\x1b[2m"},
	} {
		f := diff.Finding{Kind: test.kind, Rule: "r", Severity: audit.High, Resource: arn + "user/bob", Name: "bob"}
		test.f(&f)
		if out := render(t, &diff.Diff{Findings: []diff.Finding{f}}, "table", format.Options{Color: true}); !strings.Contains(out, test.want+"HIGH") {
			t.Errorf("%s: got\n%q\nwant HIGH behind %q", test.kind, out, test.want)
		}
	}
}
