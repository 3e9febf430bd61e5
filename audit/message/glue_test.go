package message_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"sekisho/audit/message/formats"
)

// code lists the files of report that put code together, no texts for people, and the constants that are words of AWS.
var code = map[string]string{
	"offboard/plan.go":        "a shell script; what it says to people are messages",
	"page/page.go":            "the page's Content-Security-Policy",
	"permissions/commands.go": "a shell script",
	"plan/script.go":          "a shell script; what it says to people are messages",
	"permissions/policy.go":   "policy documents",
	"policy/new.go":           "policy documents",
	"Namespace":               "of signatures",
	"cloudShell":              "a policy's name",
	"soundDeny":               "a condition, as a policy has it",
}

// TestNothingIsGluedAtRunTime finds words that no translation could reach: English inside the arguments of messages,
// anywhere, and texts that package report and those below it put together of words. Errors are not looked at.
func TestNothingIsGluedAtRunTime(t *testing.T) {
	t.Parallel()
	fset, packages := module(t)
	excepted := map[string]bool{}
	for _, files := range packages {
		path := func(file *ast.File) string { return filepath.ToSlash(fset.Position(file.Pos()).Filename) }
		files = slices.DeleteFunc(slices.Clone(files), func(file *ast.File) bool { return strings.HasSuffix(path(file), "_test.go") })
		constants := formats.Constants(files)
		for _, file := range files {
			below, isReport := strings.CutPrefix(path(file), "../../report/")
			for _, e := range glued(file, constants, isReport) {
				name := ""
				if constant, ok := e.(*ast.Ident); ok {
					name = constant.Name
				}
				if excepted[below], excepted[name] = true, true; code[below]+code[name] != "" {
					continue
				}
				text, _ := formats.Evaluate(e, constants)
				t.Errorf("%s: got %q put into a text at run time, want one message for the whole phrase", fset.Position(e.Pos()), text)
			}
		}
	}
	for name := range code {
		if !excepted[name] {
			t.Errorf("%s: got an exception that nothing needs", name)
		}
	}
}

func TestGlueIsFound(t *testing.T) {
	t.Parallel()
	for statement, want := range map[string][]string{
		`_ = message.New("%s keys", "no")`:                            {`"no"`},
		`_ = message.New("%s", "by " + name)`:                         {`"by "`},
		`_ = message.New("%s", none)`:                                 {`none`},
		`_ = message.New("%s %s", message.New("a key"), of("field"))`: nil,
		`_ = message.New("%s", ", ")`:                                 nil,
		`_ = name + " (inline)"`:                                      {`" (inline)"`},
		`name += " or later"`:                                         {`" or later"`},
		`_ = "used " + name + ", changed " + name`:                    {`"used "`, `", changed "`},
		`_ = name + none`:                                             nil,
		`_ = name + phrase`:                                           {`phrase`},
		`_ = fmt.Sprintf("%d more services", 3)`:                      {`"%d more services"`},
		`_ = fmt.Sprintf("%s: %v", name, name)`:                       nil,
		`_ = fmt.Errorf("reading " + name + ": %w", err)`:             nil,
		`_ = "rule-" + name + ", " + "two " + "constants"`:            {`"two "`},
		`_ = "a constant " + "phrase"`:                                nil,
	} {
		source := "package p\nconst none, phrase = \"none\", \"none of them\"\nfunc f() { " + statement + " }"
		file, err := parser.ParseFile(token.NewFileSet(), "p.go", source, 0)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, e := range glued(file, formats.Constants([]*ast.File{file}), true) {
			got = append(got, source[e.Pos()-1:e.End()-1])
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", statement, got, want)
		}
	}
}

var (
	word = regexp.MustCompile(`\p{L}{2,}`)
	// wordOfPhrase leaves out identifiers, such as "arn:" and "rule-": in a phrase there is a blank before or behind.
	wordOfPhrase = regexp.MustCompile(`\p{L}{2,}.*\s|\s.*\p{L}{2,}`)
)

// glued are the constants with words in a file that end in arguments of messages or, in a report, in texts.
func glued(file *ast.File, constants map[string]string, isReport bool) (found []ast.Expr) {
	says := func(words *regexp.Regexp, list ...ast.Expr) {
		for _, e := range list {
			text, ok := formats.Evaluate(e, constants)
			if ok && words.MatchString(verb.ReplaceAllString(text, "")) && !slices.Contains(found, e) {
				found = append(found, e)
			}
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl:
			return n.Name.Name != "Error" // errors are data for people of their own kind
		case *ast.CallExpr:
			switch name := called(n); {
			case name == "fmt.Errorf" || name == "errors.New":
				return false
			case name == "message.New" || name == "message.Errorf":
				says(word, n.Args[1:]...)
			case isReport && (name == "fmt.Sprintf" || name == "fmt.Sprint" || name == "fmt.Fprintf" || name == "fmt.Appendf"):
				says(wordOfPhrase, n.Args...)
			}
		case *ast.BinaryExpr:
			if _, constant := formats.Evaluate(n, constants); constant {
				return false
			}
			if isReport && n.Op == token.ADD {
				says(wordOfPhrase, terms(n)...)
			}
		case *ast.AssignStmt:
			if isReport && n.Tok == token.ADD_ASSIGN {
				says(wordOfPhrase, n.Rhs...)
			}
		}
		return true
	})
	return found
}

// terms are what a sum is made of.
func terms(e ast.Expr) []ast.Expr {
	if sum, ok := ast.Unparen(e).(*ast.BinaryExpr); ok && sum.Op == token.ADD {
		return append(terms(sum.X), terms(sum.Y)...)
	}
	return []ast.Expr{e}
}

// called names a function of another package: "fmt.Sprintf".
func called(call *ast.CallExpr) string {
	if selector, ok := call.Fun.(*ast.SelectorExpr); ok {
		if of, ok := selector.X.(*ast.Ident); ok {
			return of.Name + "." + selector.Sel.Name
		}
	}
	return ""
}
