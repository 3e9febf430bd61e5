package main

import (
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// scratch is a folder with what the generator reads of the project.
func scratch(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	for _, folder := range []string{"audit/rules", "testdata/rules"} {
		if err := os.MkdirAll(filepath.Join(root, folder), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"audit/rule.go", "audit/rules/catalogue.go", "audit/rules/permissions.go"} {
		data, err := os.ReadFile(filepath.Join("../../../..", name))
		if err == nil {
			err = os.WriteFile(filepath.Join(root, name), data, 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func read(t *testing.T, root, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestARuleIsLaidOut(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"permissions.go", "versions.go"} {
		root := scratch(t)
		n := layout{id: "policy-mfa-versions", title: "Policies have room", category: "permissions", severity: "low", file: file}
		if _, err := n.write(root); err != nil {
			t.Fatal(err)
		}
		topic := read(t, root, "audit/rules/"+file)
		if _, err := parser.ParseFile(token.NewFileSet(), file, topic, parser.AllErrors); err != nil {
			t.Errorf("%s: got a file that is not Go: %v", file, err)
		}
		for _, want := range []string{"package rules\n", "var policyMFAVersions = &audit.Rule{", `"Policies have room"`, "audit.CategoryPermissions,", "audit.Low,"} {
			if strings.Count(topic, want) == 0 {
				t.Errorf("%s: got no %q in it", file, want)
			}
		}
		if got := read(t, root, "audit/rules/catalogue.go"); !strings.Contains(got, "\tcredentialsExposure,\n\tpolicyMFAVersions,\n\n\troleTrustPublic,\n") {
			t.Errorf("got the rule elsewhere than behind the last one of its category:\n%s", got)
		}
		if got := read(t, root, "testdata/rules/policy-mfa-versions.txtar"); strings.Count(got, "\n-- ") != 4 {
			t.Errorf("got the archive %q, want four cases", got)
		}
	}
}

func TestWhatCannotBeLaidOut(t *testing.T) {
	t.Parallel()
	good := layout{id: "policy-versions", category: "permissions", severity: "low", file: "permissions.go"}
	for what, change := range map[string]func(*layout){
		"got the ID":       func(n *layout) { n.id = "Policy_Versions" },
		"the file":         func(n *layout) { n.file = "../permissions.go" },
		"got the category": func(n *layout) { n.category = "policies" },
		"the severity":     func(n *layout) { n.severity = "grave" },
		"there is a rule":  func(n *layout) { n.id = "policy-unused" },
	} {
		n, root := good, scratch(t)
		if err := os.WriteFile(filepath.Join(root, "testdata/rules/policy-unused.txtar"), nil, 0o644); err != nil {
			t.Fatal(err)
		}
		change(&n)
		before := read(t, root, "audit/rules/catalogue.go")
		if _, err := n.write(root); err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("got the error %v, want one that says %q", err, what)
		}
		if read(t, root, "audit/rules/catalogue.go") != before {
			t.Errorf("%s: got a catalogue that was changed", what)
		}
	}
}
