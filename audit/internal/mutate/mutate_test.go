// Package mutate asks of the tests whether they notice broken lines: make mutate SEED=1 N=60 breaks so many places of
// the sources, one at a time in an overlay, and runs the tests of the broken package and of its judges. It is made of
// tests alone, and no program has it.
package mutate

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var (
	seed  = flag.Uint64("seed", 1, "pick the places by this number")
	count = flag.Int("mutations", 0, "how many places are broken; 0 asks nothing of the tests")
	only  = flag.String("only", "", "break packages whose path has this in it alone")
)

// judges are the packages whose tests are asked too where those of the package itself notice nothing, the cheapest
// first. The command's tests are asked of a package that isn't here.
var judges = map[string][]string{
	"audit":              {"audit/rules", "report"},
	"audit/access":       {"audit/rules", "audit/inventory", "audit/offboard"},
	"audit/account":      {"audit", "audit/rules", "audit/clifiles", "audit/collect"},
	"audit/collect":      {"cmd/sekisho"},
	"audit/convert":      {"audit/clifiles", "audit/collect"},
	"audit/emulator":     {"audit/collect", "audit/offboard"},
	"audit/framework":    {"report"},
	"audit/message":      {"audit", "report"},
	"audit/policy":       {"audit/access", "audit/rules"},
	"report":             {"report/html", "cmd/sekisho"},
	"report/enforcement": {"report", "report/html"},
	"report/page":        {"report/html", "report/inventory"},
	"report/term":        {"report", "report/inventory", "cmd/sekisho"},
	"report/wording":     {"report", "report/html"},
}

// mutation is one way to break a file: the bytes from begin to end are replaced.
type mutation struct {
	pkg, file  string // both from the root of the module
	line       int
	begin, end int
	with, what string
}

func (m mutation) String() string { return fmt.Sprintf("%s:%d: %s", m.file, m.line, m.what) }

var equals = map[token.Token]string{
	token.LSS: "<=", token.LEQ: "<", token.GTR: ">=", token.GEQ: ">", token.EQL: "!=", token.NEQ: "==", token.LAND: "||", token.LOR: "&&",
}

// mutations lists all ways to break a source.
func mutations(source string) (list []mutation) {
	files := token.NewFileSet()
	f, err := parser.ParseFile(files, "", source, parser.ParseComments)
	if err != nil || ast.IsGenerated(f) {
		return nil
	}
	at := func(p token.Pos) int { return files.Position(p).Offset }
	text := func(n ast.Node) string { return source[at(n.Pos()):at(n.End())] }
	add := func(begin, end token.Pos, with, what string) {
		list = append(list, mutation{line: files.Position(begin).Line, begin: at(begin), end: at(end), with: with, what: what})
	}
	drop := func(n ast.Node, what string) {
		first, _, _ := strings.Cut(text(n), "\n")
		add(n.Pos(), n.End(), "", "drop "+what+" "+first)
	}
	fails := []bool{false} // of the functions around a node: whether their last result is an error
	var walk func(ast.Node) bool
	within := func(kind *ast.FuncType, body *ast.BlockStmt) bool {
		last := ""
		if kind.Results != nil {
			last = text(kind.Results.List[len(kind.Results.List)-1].Type)
		}
		if body != nil {
			fails = append(fails, last == "error")
			ast.Inspect(body, walk)
			fails = fails[:len(fails)-1]
		}
		return false
	}
	walk = func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl:
			return within(n.Type, n.Body)
		case *ast.FuncLit:
			return within(n.Type, n.Body)
		case *ast.IfStmt:
			add(n.Cond.Pos(), n.Cond.End(), "!("+text(n.Cond)+")", "negate "+text(n.Cond))
		case *ast.BinaryExpr:
			if other := equals[n.Op]; other != "" {
				add(n.OpPos, n.OpPos+token.Pos(len(n.Op.String())), other, n.Op.String()+" to "+other+" in "+text(n))
			}
			if n.Op == token.LAND || n.Op == token.LOR {
				add(n.Pos(), n.End(), text(n.X), "drop the term "+text(n.Y))
				add(n.Pos(), n.End(), text(n.Y), "drop the term "+text(n.X))
			}
		case *ast.ExprStmt, *ast.IncDecStmt:
			drop(n, "the statement")
		case *ast.AssignStmt:
			if n.Tok != token.DEFINE {
				drop(n, "the statement")
			}
		case *ast.ReturnStmt:
			if k := len(n.Results); k > 0 && fails[len(fails)-1] && text(n.Results[k-1]) != "nil" {
				if _, call := n.Results[0].(*ast.CallExpr); k > 1 || !call || strings.Contains(text(n), "rr") {
					add(n.Results[k-1].Pos(), n.Results[k-1].End(), "nil", "no error from "+text(n))
				}
			}
		case *ast.CaseClause:
			if len(n.Body) > 0 {
				drop(n, "the case")
			}
		}
		return true
	}
	for _, declaration := range f.Decls {
		if function, ok := declaration.(*ast.FuncDecl); ok {
			walk(function)
		}
	}
	return list
}

// TestEveryKindOfMutation holds what can be done to a source.
func TestEveryKindOfMutation(t *testing.T) {
	t.Parallel()
	const source = `package p

func f(a, b int) (int, error) {
	switch {
	case a < b && a == 1:
		a++
		return 0, errOf(a)
	}
	if a > b {
		a = b
		call(a)
	}
	return a, nil
}
`
	want := []string{
		"5: drop the case case a < b && a == 1:", "5: && to || in a < b && a == 1", "5: drop the term a == 1", "5: drop the term a < b",
		"5: < to <= in a < b", "5: == to != in a == 1", "6: drop the statement a++", "7: no error from return 0, errOf(a)",
		"9: negate a > b", "9: > to >= in a > b", "10: drop the statement a = b", "11: drop the statement call(a)",
	}
	var got []string
	for _, m := range mutations(source) {
		got = append(got, fmt.Sprintf("%d: %s", m.line, m.what))
		if m.line == 7 && source[:m.begin]+m.with+source[m.end:] != strings.Replace(source, "errOf(a)", "nil", 1) {
			t.Errorf("got %q to %q at %d, want nil in the place of the error", source[m.begin:m.end], m.with, m.begin)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestMutations breaks places and fails where more than one in twenty is not noticed. What can't be noticed, for the
// broken program does the same, is listed with its reason in equivalent.txt and told apart.
func TestMutations(t *testing.T) {
	if *count == 0 {
		return
	}
	root, err := filepath.Abs("../../..")
	if err != nil {
		t.Fatal(err)
	}
	reasons, err := os.ReadFile("equivalent.txt")
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(*seed, 0))
	packages := sources(t, root, random)
	caught, broken, lost, equivalent := 0, 0, []string{}, []string{}
	for turn := 0; caught+len(lost)+len(equivalent) < *count && len(packages) > 0; turn++ {
		i := turn % len(packages)
		places := packages[i]
		if len(places) == 0 {
			packages = slices.Delete(packages, i, i+1)
			continue
		}
		m := places[0]
		packages[i] = places[1:]
		switch by, failed := judge(t, root, m); {
		case failed != nil:
			broken++
			packages[i], turn = places[1:], turn-1 // another place of the same package
		case by != "":
			caught++
			fmt.Printf("caught    %s (by %s)\n", m, by)
		case strings.Contains(string(reasons), m.file+": "+m.what+"\n"):
			equivalent = append(equivalent, m.String())
			fmt.Printf("the same  %s\n", m)
		default:
			lost = append(lost, m.String())
			fmt.Printf("SURVIVED  %s\n", m)
		}
	}
	fmt.Printf("\nseed %d: %d caught, %d survived, %d change nothing; %d did not compile\n", *seed, caught, len(lost), len(equivalent), broken)
	if 20*len(lost) > *count {
		t.Errorf("survived:\n%s", strings.Join(lost, "\n"))
	}
}

// sources returns each package's mutations in a random order: of each kind about as many as of the others, as long as
// there are some.
func sources(t *testing.T, root string, random *rand.Rand) (packages [][]mutation) {
	list := exec.Command("go", "list", "-json=Dir,ImportPath,GoFiles", "./...")
	list.Dir = root
	out, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	for decoder := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p struct {
			Dir, ImportPath string
			GoFiles         []string
		}
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		p.ImportPath = strings.TrimPrefix(p.ImportPath, "sekisho/")
		if !strings.Contains(p.ImportPath, *only) || strings.Contains(p.ImportPath, "/internal/") { // generators, whose output is compared
			continue
		}
		kinds := map[string][]mutation{}
		var names []string
		for _, file := range p.GoFiles {
			content, err := os.ReadFile(filepath.Join(p.Dir, file))
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range mutations(string(content)) {
				m.pkg, m.file = p.ImportPath, p.ImportPath+"/"+file
				words := strings.Fields(m.what)
				kind := words[0]
				if kind == "drop" {
					kind += words[2]
				}
				if kinds[kind] == nil {
					names = append(names, kind)
				}
				kinds[kind] = append(kinds[kind], m)
			}
		}
		var places []mutation
		for len(names) > 0 {
			i := random.IntN(len(names))
			left := kinds[names[i]]
			j := random.IntN(len(left))
			places = append(places, left[j])
			if kinds[names[i]] = slices.Delete(left, j, j+1); len(left) == 1 {
				names = slices.Delete(names, i, i+1)
			}
		}
		packages = append(packages, places)
	}
	random.Shuffle(len(packages), func(i, j int) { packages[i], packages[j] = packages[j], packages[i] })
	return packages
}

var errBroken = errors.New("does not compile")

// judge runs the tests that may notice a mutation, and names the package whose did.
func judge(t *testing.T, root string, m mutation) (by string, err error) {
	t.Helper()
	original := filepath.Join(root, m.file)
	content, err := os.ReadFile(original)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	mutant, overlay := filepath.Join(dir, "mutant.go"), filepath.Join(dir, "overlay.json")
	replace, err := json.Marshal(map[string]any{"Replace": map[string]string{original: mutant}})
	if err != nil {
		t.Fatal(err)
	}
	mutated := string(content[:m.begin]) + m.with + string(content[m.end:])
	if err := errors.Join(os.WriteFile(mutant, []byte(mutated), 0o600), os.WriteFile(overlay, replace, 0o600)); err != nil {
		t.Fatal(err)
	}
	run := func(arguments ...string) error {
		command := exec.Command("go", arguments...)
		command.Dir = root
		return command.Run()
	}
	if run("build", "-overlay", overlay, "-o", os.DevNull, "./"+m.pkg) != nil {
		return "", errBroken
	}
	others, named := judges[m.pkg]
	if !named {
		others = []string{"cmd/sekisho"}
	}
	for _, pkg := range append([]string{m.pkg}, others...) {
		if run("test", "-overlay", overlay, "-vet=off", "-failfast", "-timeout", "5m", "./"+pkg) != nil {
			return pkg, nil
		}
	}
	return "", nil
}
