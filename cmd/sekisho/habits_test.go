package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The pages that tell how the project is worked on.
var habits = []string{"CHANGELOG.md", ".github/CONTRIBUTING.md", ".github/SECURITY.md", "audit/ARCHITECTURE.md"}

var (
	pageLink    = regexp.MustCompile(`\]\(([^)#:]+)\)`)
	pageCode    = regexp.MustCompile("`([^`\n]+)`")
	pageTarget  = regexp.MustCompile(`\bmake ([a-z-]+)`)
	pagePackage = regexp.MustCompile(`(?:^|\s)\./([\w/]+)`)
	pageTest    = regexp.MustCompile(`\bTest[A-Z]\w+`)
	pageCommand = regexp.MustCompile(`\bsekisho ((?:[a-z]+ ?)+)((?: ?--?[a-z-]+)*)`)
	placeOnPage = regexp.MustCompile(`^(?:\.ci|\.github|audit|cmd|config|report|testdata)(?:/[\w.-]+)*/?$`)
)

// The files, packages, make targets, tests and commands that these pages name are there.
func TestPagesNameWhatIsThere(t *testing.T) {
	t.Parallel()
	root := filepath.Join("..", "..")
	makefile := read(t, root, "Makefile")
	tests := ""
	for _, dir := range []string{"cmd/sekisho", "audit/internal/mutate"} {
		files, err := filepath.Glob(filepath.Join(root, dir, "*_test.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			tests += read(t, file)
		}
	}
	exists := func(page, path string) {
		if _, err := os.Stat(filepath.Join(root, path)); err != nil {
			t.Errorf("got %s named in %s, want a name of what is there", path, page)
		}
	}
	for _, page := range habits {
		text := read(t, root, page)
		for _, m := range pageLink.FindAllStringSubmatch(text, -1) {
			exists(page, filepath.Join(filepath.Dir(page), m[1]))
		}
		var code []string
		for _, m := range pageCode.FindAllStringSubmatch(text, -1) {
			code = append(code, m[1])
		}
		for line := range strings.Lines(text) {
			if shown, ok := strings.CutPrefix(line, "    "); ok {
				shown, _, _ = strings.Cut(shown, " # ")
				code = append(code, strings.TrimSpace(shown))
			}
		}
		for _, c := range code {
			if placeOnPage.MatchString(c) {
				exists(page, c)
			}
			for _, m := range pageTarget.FindAllStringSubmatch(c, -1) {
				if !strings.Contains(makefile, "\n"+m[1]+":") {
					t.Errorf("got %q in %s, want a target of the Makefile", m[0], page)
				}
			}
			for _, m := range pagePackage.FindAllStringSubmatch(c, -1) {
				exists(page, strings.TrimSuffix(m[1], "/"))
			}
			for _, name := range pageTest.FindAllString(c, -1) {
				if !strings.Contains(tests, "func "+name+"(") {
					t.Errorf("got the test %s in %s, want one that is there", name, page)
				}
			}
			for _, m := range pageCommand.FindAllStringSubmatch(c, -1) {
				command, rest, err := rootCommand(process()).Find(strings.Fields(m[1]))
				if err != nil || len(rest) > 0 || !command.HasParent() {
					t.Errorf("got the command %q in %s, want one that is there", m[0], page)
					continue
				}
				for _, flag := range strings.Fields(m[2]) {
					if command.Flag(strings.TrimLeft(flag, "-")) == nil {
						t.Errorf("got %s in %q of %s, want a flag of the command", flag, m[0], page)
					}
				}
			}
		}
	}
}
