package message_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"sekisho/audit/message/formats"
)

const path = "sekisho/audit/message"

// only imports one package, and an empty one in place of any other.
type only struct{ message *types.Package }

func (o only) Import(name string) (*types.Package, error) {
	if name == path && o.message != nil {
		return o.message, nil
	}
	empty := types.NewPackage(name, name[strings.LastIndex(name, "/")+1:])
	empty.MarkComplete()
	return empty, nil
}

// check reports the compiler's first complaint about a file of a package that imports package message.
func check(t *testing.T, source string) error {
	t.Helper()
	fset := token.NewFileSet()
	own, err := parser.ParseFile(fset, "message.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	loose := types.Config{Importer: only{}, IgnoreFuncBodies: true, Error: func(error) {}} // package time isn't there
	checked, _ := loose.Check(path, fset, []*ast.File{own}, nil)
	file, err := parser.ParseFile(fset, "user.go", source, 0)
	if err != nil {
		t.Fatal(err)
	}
	strict := types.Config{Importer: only{checked}}
	_, err = strict.Check("user", fset, []*ast.File{file}, nil)
	return err
}

func TestCompilerAcceptsConstantFormatsOnly(t *testing.T) {
	t.Parallel()
	for code, complaint := range map[string]string{
		`message.New("a %s", s)`:                       "",
		`message.New(c, s)`:                            "",
		`message.New("a" + " %s", s)`:                  "",
		`message.Plural(2, "%d key", "%d keys")`:       "",
		`message.New(s)`:                               "cannot use s",
		`message.New("a" + s)`:                         "cannot use",
		`message.New(string("a"))`:                     "cannot use",
		`message.New(message.constant(s))`:             "not exported",
		`message.Plural(2, "%d key", "%d key" + s)`:    "cannot use",
		`message.New(func() string { return "x" }())`:  "cannot use",
		`message.Names(1, []message.Message(nil))`:     "does not satisfy",
		`message.Joined(s, message.New("a"))`:          "cannot use",
		`message.Parts(message.New("a"), message.New)`: "cannot use",
	} {
		err := check(t, "package user\nimport \""+path+"\"\nconst c = \"a %s\"\nfunc f(s string) { _ = "+code+" }\n")
		if complaint == "" && err != nil || complaint != "" && (err == nil || !strings.Contains(err.Error(), complaint)) {
			t.Errorf("%s: got %v, want %q", code, err, complaint)
		}
	}
}

var verb = regexp.MustCompile(`%(%|[0-9.]*.)`)

// TestFormatsFitTheirArguments reads every call of New and Plural in the module, which vet does not look at.
func TestFormatsFitTheirArguments(t *testing.T) {
	t.Parallel()
	fset, packages := module(t)
	for folder, files := range packages {
		constants := formats.Constants(files)
		for _, file := range files {
			name := fset.Position(file.Pos()).Filename
			test, own := strings.HasSuffix(name, "_test.go"), filepath.Base(folder) == "message"
			ast.Inspect(file, func(n ast.Node) bool {
				if literal, ok := n.(*ast.CompositeLit); ok && !test && !own && formats.IsMessage(literal.Type, "Message") && len(literal.Elts) > 0 {
					t.Errorf("%s: a message must be made by message.New", fset.Position(n.Pos()))
				}
				call, ok := n.(*ast.CallExpr)
				if !ok || test && (own || call.Ellipsis.IsValid()) {
					return true
				}
				switch {
				case formats.IsMessage(call.Fun, "New"), formats.IsMessage(call.Fun, "Errorf"):
					judge(t, fset, call, call.Args[0], constants, len(call.Args)-1)
				case formats.IsMessage(call.Fun, "Joined"):
					judge(t, fset, call, call.Args[0], constants, 2)
				case formats.IsMessage(call.Fun, "Plural"):
					judge(t, fset, call, call.Args[1], constants, -1)
					judge(t, fset, call, call.Args[2], constants, 1)
				}
				return true
			})
		}
	}
}

// module reads the sources of the module, by folder.
func module(t *testing.T) (*token.FileSet, map[string][]*ast.File) {
	t.Helper()
	read, err := sources()
	if err != nil {
		t.Fatal(err)
	}
	return read.Files, read.Packages
}

var sources = sync.OnceValues(func() (*formats.Sources, error) { return formats.Read(filepath.Join("..", "..")) })

// judge compares the verbs of a format with the number of arguments; -1: at most one.
func judge(t *testing.T, fset *token.FileSet, call *ast.CallExpr, expr ast.Expr, constants map[string]string, args int) {
	t.Helper()
	at := fset.Position(call.Pos())
	format, ok := formats.Evaluate(expr, constants)
	if !ok {
		t.Errorf("%s: the format must be a literal or a constant of its package", at)
		return
	}
	if call.Ellipsis.IsValid() && formats.IsMessage(call.Fun, "New") {
		t.Errorf("%s: a list of arguments can't be compared with the format %q", at, format)
		return
	}
	verbs := 0
	for _, found := range verb.FindAllString(format, -1) {
		switch found {
		case "%%":
		case "%s", "%d", "%q", "%.1f":
			verbs++
		default:
			t.Errorf("%s: got the verb %s in %q, want %%s, %%d, %%q, %%.1f or %%%%", at, found, format)
		}
	}
	if strings.HasSuffix(verb.ReplaceAllString(format, ""), "%") || args >= 0 && verbs != args || verbs > 1 && args < 0 {
		t.Errorf("%s: got %d verbs in %q, want one for each of %d arguments", at, verbs, format, args)
	}
}
