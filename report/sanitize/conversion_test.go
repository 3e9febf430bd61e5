package sanitize_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestNobodyConvertsStrings finds conversions of strings that no constant of the source is. The compiler refuses a
// string where a text is asked for; a conversion would get past it. Package term sets texts and makes them of texts.
func TestNobodyConvertsStrings(t *testing.T) {
	t.Parallel()
	root, files := filepath.Join("..", ".."), 0
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		switch folder := filepath.Base(filepath.Dir(path)); {
		case err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go"):
			return err
		case folder == "sanitize" || folder == "term":
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		files++
		for _, found := range conversions(file) {
			t.Errorf("%s: got the conversion %s of what is no constant, want a function of package sanitize", path, found)
		}
		return nil
	})
	if err != nil || files == 0 {
		t.Fatalf("got %d files and %v", files, err)
	}
}

func TestConversionsAreFound(t *testing.T) {
	t.Parallel()
	const source = `package p
import clean "sekisho/report/sanitize"
var a, b, c, d, e = clean.Text(name), (clean.MarkdownText)(name), clean.Cell(name), clean.Text("constant"), clean.Terminal(name)
type mine clean.Text`
	file, err := parser.ParseFile(token.NewFileSet(), "p.go", source, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := conversions(file), []string{"Text", "MarkdownText", "Cell", "type mine"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// conversions names the conversions to texts in a file, and the types made of them, by which one could convert too.
func conversions(file *ast.File) (found []string) {
	name := ""
	for _, i := range file.Imports {
		if i.Path.Value == `"sekisho/report/sanitize"` {
			if name = "sanitize"; i.Name != nil {
				name = i.Name.Name
			}
		}
	}
	text := func(e ast.Expr) string {
		selected, ok := ast.Unparen(e).(*ast.SelectorExpr)
		if !ok || !slices.Contains([]string{"Text", "MarkdownText", "Cell"}, selected.Sel.Name) {
			return ""
		}
		if of, ok := selected.X.(*ast.Ident); !ok || name == "" || of.Name != name {
			return ""
		}
		return selected.Sel.Name
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			if to := text(n.Fun); to != "" {
				if _, constant := n.Args[0].(*ast.BasicLit); !constant {
					found = append(found, to)
				}
			}
		case *ast.TypeSpec:
			if text(n.Type) != "" {
				found = append(found, "type "+n.Name.Name)
			}
		}
		return true
	})
	return found
}
