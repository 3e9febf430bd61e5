package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
)

type goPackage struct {
	ImportPath string
	Standard   bool
	Imports    []string
	Deps       []string
}

// arrow is a package, with everything below it, that only some others may see.
type arrow struct {
	target string   // an import path; with /... everything below it too
	from   []string // who may import it, written alike
}

// The direction of the imports is the architecture: collection judges nothing, rules do no I/O, renderers only render.
var arrows = []arrow{
	{"github.com/aws/...", []string{"sekisho/audit/collect/...", "sekisho/audit/convert", "sekisho/audit/clifiles"}},
	{"sekisho/audit/convert", []string{"sekisho/audit/collect", "sekisho/audit/clifiles"}},
	{"github.com/spf13/...", []string{"sekisho/config", "sekisho/cmd/..."}},
	{"github.com/olekukonko/...", []string{"sekisho/report/..."}},
	{"github.com/hiddeco/...", []string{"sekisho/audit/evidence"}},
	{"golang.org/x/crypto/...", []string{"sekisho/audit/evidence"}},
	{"sekisho/config", []string{"sekisho/cmd/..."}},
	{"sekisho/report/...", []string{"sekisho/report/...", "sekisho/cmd/..."}},
	{"sekisho/audit/collect", []string{"sekisho/cmd/..."}},
	{"sekisho/audit/clifiles", []string{"sekisho/report/saved", "sekisho/report/permissions", "sekisho/cmd/..."}},
	{"sekisho/audit/emulator", []string{"sekisho/cmd/..."}},
	{"sekisho/audit/evidence", []string{"sekisho/report/evidence", "sekisho/report/saved", "sekisho/cmd/..."}},
	{"sekisho/audit/rules", []string{"sekisho/audit/rules/internal/...", "sekisho/cmd/..."}},
}

// Packages that are built of the standard library and of those named, patterns as above, and nothing else.
var closed = map[string][]string{
	"sekisho/audit/access":  {"sekisho/audit/lists", "sekisho/audit/access", "sekisho/audit/account", "sekisho/audit/policy", "sekisho/audit/message"},
	"sekisho/audit/account": {"sekisho/audit/lists", "sekisho/audit/account", "sekisho/audit/message"},
	// The SDK's types, and none of its clients: files are read without calling anybody, and answers looked at.
	"sekisho/audit/collect/shape": {
		"sekisho/audit/collect/shape", "github.com/aws/aws-sdk-go-v2/service/iam/schemas", "github.com/aws/aws-sdk-go-v2/service/sts/schemas",
		"github.com/aws/aws-sdk-go-v2/service/organizations/schemas", "github.com/aws/smithy-go/...",
		"github.com/aws/aws-sdk-go-v2/service/ssoadmin/schemas", "github.com/aws/aws-sdk-go-v2/service/identitystore/schemas",
	},
	"sekisho/audit/clifiles": {
		"sekisho/audit/lists", "sekisho/audit/account", "sekisho/audit/message", "sekisho/audit/clifiles", "sekisho/audit/convert",
		"github.com/aws/aws-sdk-go-v2/aws", "github.com/aws/aws-sdk-go-v2/internal/...", "github.com/aws/smithy-go/...",
		"github.com/aws/aws-sdk-go-v2/service/iam/types", "github.com/aws/aws-sdk-go-v2/service/account/types",
		"github.com/aws/aws-sdk-go-v2/service/accessanalyzer/types", "sekisho/audit/collect/shape",
		"github.com/aws/aws-sdk-go-v2/service/organizations/types", "github.com/aws/aws-sdk-go-v2/service/organizations/schemas", "sekisho/audit/organization",
		"github.com/aws/aws-sdk-go-v2/service/iam/schemas", "github.com/aws/aws-sdk-go-v2/service/sts/schemas",
		"github.com/aws/aws-sdk-go-v2/service/ssoadmin/schemas", "github.com/aws/aws-sdk-go-v2/service/identitystore/schemas",
	},
	"sekisho/audit/diff":      {"sekisho/audit/lists", "sekisho/audit", "sekisho/audit/access", "sekisho/audit/account", "sekisho/audit/change", "sekisho/audit/diff", "sekisho/audit/message", "sekisho/audit/policy"},
	"sekisho/audit/change":    {"sekisho/audit/lists", "sekisho/audit/account", "sekisho/audit/change", "sekisho/audit/message", "sekisho/audit/policy"},
	"sekisho/audit/whatif":    {"sekisho/audit/lists", "sekisho/audit", "sekisho/audit/access", "sekisho/audit/account", "sekisho/audit/change", "sekisho/audit/message", "sekisho/audit/policy", "sekisho/audit/whatif"},
	"sekisho/audit/inventory": {"sekisho/audit/lists", "sekisho/audit", "sekisho/audit/access", "sekisho/audit/account", "sekisho/audit/change", "sekisho/audit/inventory", "sekisho/audit/message", "sekisho/audit/policy"},
	"sekisho/audit/plan": {
		"sekisho/audit/lists", "sekisho/audit", "sekisho/audit/access", "sekisho/audit/account", "sekisho/audit/change", "sekisho/audit/message", "sekisho/audit/mfapolicy",
		"sekisho/audit/plan", "sekisho/audit/policy",
	},
	"sekisho/audit/offboard": {
		"sekisho/audit/lists", "sekisho/audit", "sekisho/audit/access", "sekisho/audit/account", "sekisho/audit/change", "sekisho/audit/message", "sekisho/audit/policy", "sekisho/audit/offboard",
		// Lists of people come in Shift_JIS.
		"golang.org/x/text/encoding", "golang.org/x/text/encoding/internal", "golang.org/x/text/encoding/internal/identifier",
		"golang.org/x/text/encoding/japanese", "golang.org/x/text/transform",
	},
	"sekisho/audit/emulator":     {"sekisho/audit/lists", "sekisho/audit/account", "sekisho/audit/emulator", "sekisho/audit/message", "sekisho/audit/organization"},
	"sekisho/audit/organization": {"sekisho/audit/lists", "sekisho/audit/account", "sekisho/audit/message", "sekisho/audit/organization"},
	"sekisho/audit/fleet": {
		"sekisho/audit/lists", "sekisho/audit", "sekisho/audit/access", "sekisho/audit/account", "sekisho/audit/change", "sekisho/audit/diff", "sekisho/audit/fleet", "sekisho/audit/fleet/store",
		"sekisho/audit/message", "sekisho/audit/organization", "sekisho/audit/orgpolicy", "sekisho/audit/policy", "golang.org/x/sync/errgroup",
		"golang.org/x/sync/semaphore",
	},
	"sekisho/audit/fleet/store": {"sekisho/audit/fleet/store"},
	"sekisho/audit/orgpolicy": {
		"sekisho/audit/lists", "sekisho/audit", "sekisho/audit/access", "sekisho/audit/account", "sekisho/audit/change", "sekisho/audit/message", "sekisho/audit/organization",
		"sekisho/audit/orgpolicy", "sekisho/audit/policy",
	},
	"sekisho/audit":           {"sekisho/audit/lists", "sekisho/audit", "sekisho/audit/access", "sekisho/audit/account", "sekisho/audit/change", "sekisho/audit/message", "sekisho/audit/policy"},
	"sekisho/audit/framework": {"sekisho/audit/lists", "sekisho/audit", "sekisho/audit/access", "sekisho/audit/account", "sekisho/audit/change", "sekisho/audit/framework", "sekisho/audit/message", "sekisho/audit/policy"},
	"sekisho/audit/message":   {"sekisho/audit/lists", "sekisho/audit/message"},
	"sekisho/audit/policy":    {"sekisho/audit/lists", "sekisho/audit/policy"},
	"sekisho/audit/rules":     {"sekisho/audit/lists", "sekisho/audit", "sekisho/audit/access", "sekisho/audit/account", "sekisho/audit/change", "sekisho/audit/framework", "sekisho/audit/policy", "sekisho/audit/rules", "sekisho/audit/message", "sekisho/audit/mfapolicy"},
	"sekisho/audit/lists":     {"sekisho/audit/lists"},
}

func TestImportArrows(t *testing.T) {
	t.Parallel()
	packages := list(t)
	for _, a := range arrows {
		used := false
		for _, p := range packages {
			for _, imported := range p.Imports {
				if !within(imported, a.target) {
					continue
				}
				used = true
				if !slices.ContainsFunc(a.from, func(from string) bool { return within(p.ImportPath, from) }) {
					t.Errorf("got %s imported by %s, want %s imported by %s alone", imported, p.ImportPath, a.target, strings.Join(a.from, ", "))
				}
			}
		}
		if !used {
			t.Errorf("got nobody who imports %s, want the arrow to be about something", a.target)
		}
	}
}

func TestClosedPackages(t *testing.T) {
	t.Parallel()
	packages := list(t)
	standard := map[string]bool{}
	for _, p := range packages {
		standard[p.ImportPath] = p.Standard
	}
	for path, allowed := range closed {
		i := slices.IndexFunc(packages, func(p goPackage) bool { return p.ImportPath == path })
		if i < 0 {
			t.Errorf("got no package %s, want one", path)
			continue
		}
		for _, dep := range packages[i].Deps {
			if !standard[dep] && !slices.ContainsFunc(allowed, func(pattern string) bool { return within(dep, pattern) }) {
				t.Errorf("got %s among what %s is built of, want the standard library and %s", dep, path, strings.Join(allowed, ", "))
			}
		}
	}
}

// What starts goroutines or shares memory between them is tested with the race detector by make test.
func TestConcurrentPackagesAreRaced(t *testing.T) {
	t.Parallel()
	raced := append(concurrent(t), "sekisho/cmd/sekisho") // by COMMAND_TESTS
	used := map[string]bool{}
	for _, p := range list(t) {
		if p.Standard || !slices.ContainsFunc(p.Imports, func(path string) bool {
			return path == "sync" || path == "sync/atomic" || path == "golang.org/x/sync/errgroup"
		}) {
			continue
		}
		i := slices.IndexFunc(raced, func(pattern string) bool { return within(p.ImportPath, pattern) })
		if i < 0 {
			t.Errorf("got %s, which imports package sync or its like, want it among CONCURRENT of the Makefile: %v", p.ImportPath, raced)
			continue
		}
		used[raced[i]] = true
	}
	for _, pattern := range raced {
		if !used[pattern] {
			t.Errorf("got %s among CONCURRENT of the Makefile, want what imports package sync or its like", pattern)
		}
	}
}

// What make test leaves to plain runs starts no goroutine of its own: the race detector would find nothing in it that it
// doesn't find in the other tests.
func TestUnracedTestsStartNoGoroutines(t *testing.T) {
	t.Parallel()
	matched := map[string]bool{}
	for _, name := range strings.Split(makeVariable(t, "UNRACED"), "|") {
		matched[name] = false
	}
	for _, pattern := range concurrent(t) {
		dir := strings.TrimSuffix(strings.TrimPrefix(pattern, "sekisho/"), "/...")
		files, err := filepath.Glob(filepath.Join("..", "..", dir, "*_test.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range parsed.Decls {
				test, ok := d.(*ast.FuncDecl)
				if !ok || !strings.HasPrefix(test.Name.Name, "Test") {
					continue
				}
				for name := range matched {
					if !strings.Contains(test.Name.Name, name) {
						continue
					}
					matched[name] = true
					if startsGoroutine(test.Body) {
						t.Errorf("%s: got %s, which starts goroutines, among UNRACED of the Makefile, want it raced", file, test.Name.Name)
					}
				}
			}
		}
	}
	for name, found := range matched {
		if !found {
			t.Errorf("got %q among UNRACED of the Makefile, want the name of a test", name)
		}
	}
}

// What make test leaves out of its plain run, because the race detector runs it, is of the command alone.
func TestCommandTestsAreTheCommands(t *testing.T) {
	t.Parallel()
	names, _, _ := strings.Cut(strings.ReplaceAll(makeVariable(t, "COMMAND_TESTS"), "$$", "$"), "/") // scripts follow
	left, test := regexp.MustCompile(names), regexp.MustCompile(`(?m)^func ((?:Test|Fuzz|Example)\w*)\(`)
	raced := append(concurrent(t), "sekisho/cmd/sekisho")
	found := 0
	eachSource(t, func(file, text string) {
		if !strings.HasSuffix(file, "_test.go") {
			return
		}
		dir := "sekisho/" + path.Dir(file)
		elsewhere := !slices.ContainsFunc(raced, func(pattern string) bool { return within(dir, pattern) })
		for _, m := range test.FindAllStringSubmatch(text, -1) {
			switch {
			case !left.MatchString(m[1]):
			case elsewhere:
				t.Errorf("%s: got %s, which COMMAND_TESTS of the Makefile leaves out of the plain run, want another name", file, m[1])
			case dir == "sekisho/cmd/sekisho":
				found++
			}
		}
	})
	if found < 9 {
		t.Errorf("got %d tests by COMMAND_TESTS of the Makefile, want 9 at least", found)
	}
}

// concurrent lists what the Makefile's CONCURRENT names, as patterns of import paths.
func concurrent(t *testing.T) []string {
	t.Helper()
	return strings.Fields(strings.ReplaceAll(makeVariable(t, "CONCURRENT"), "./", "sekisho/"))
}

func makeVariable(t *testing.T, name string) string {
	t.Helper()
	_, line, found := strings.Cut(read(t, "..", "..", "Makefile"), "\n"+name+" := ")
	line, _, _ = strings.Cut(line, "\n")
	if !found || line == "" {
		t.Fatalf("got no %s in the Makefile, want what make test runs with the race detector", name)
	}
	return line
}

// startsGoroutine finds go statements, and methods such as that of a wait group.
func startsGoroutine(body ast.Node) (found bool) {
	ast.Inspect(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GoStmt:
			found = true
		case *ast.SelectorExpr:
			found = found || n.Sel.Name == "Go"
		}
		return !found
	})
	return found
}

// list returns the module's packages, and what they are built of.
func list(t *testing.T) []goPackage {
	t.Helper()
	packages, err := listed()
	if err != nil {
		t.Fatalf("listing the packages: %v", err)
	}
	return packages
}

var listed = sync.OnceValues(func() (packages []goPackage, err error) {
	out, err := exec.Command("go", "list", "-deps", "-json=ImportPath,Standard,Imports,Deps", "sekisho/...").Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		err = fmt.Errorf("%w\n%s", err, exit.Stderr)
	}
	for decoder := json.NewDecoder(bytes.NewReader(out)); err == nil; {
		var p goPackage
		if err = decoder.Decode(&p); err == nil && (strings.HasPrefix(p.ImportPath, "sekisho/") || p.Standard) {
			packages = append(packages, p)
		}
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return packages, err
})

// within reports whether an import path is the pattern, or below it where the pattern ends with /...
func within(path, pattern string) bool {
	root, all := strings.CutSuffix(pattern, "/...")
	return path == root || all && strings.HasPrefix(path, root+"/")
}
