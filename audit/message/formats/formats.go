// Package formats finds the formats of messages in the sources of the module, which are what a translation translates.
package formats

import (
	"fmt"
	"go/ast"
	"go/constant"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"
)

// Sources are the parsed Go files of the module, tests included, by folder.
type Sources struct {
	Files    *token.FileSet
	Packages map[string][]*ast.File

	root string
}

// Read parses the module at a root.
func Read(root string) (*Sources, error) {
	s := &Sources{token.NewFileSet(), map[string][]*ast.File{}, root}
	err := filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if name := d.Name(); d.IsDir() && (name == "testdata" || strings.HasPrefix(name, ".") && len(name) > 2) {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(file, ".go") {
			return nil
		}
		parsed, err := parser.ParseFile(s.Files, file, nil, 0)
		if err == nil {
			s.Packages[filepath.Dir(file)] = append(s.Packages[filepath.Dir(file)], parsed)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading the sources below %s: %w", root, err)
	}
	return s, nil
}

// ofCall are the places of the formats among the arguments of each function of package message that takes formats. The
// method Words of a page takes one, too.
var ofCall = map[string][]int{"New": {0}, "Errorf": {0}, "Joined": {0}, "Plural": {1, 2}}

// Format is a format of messages, and the first file that has it, from the root.
type Format struct{ Text, File string }

// All are the formats of the module's messages, each once, without those of tests, by file and in the order of it.
func (s *Sources) All() []Format {
	var all []Format
	seen := map[string]bool{}
	for _, folder := range slices.Sorted(maps.Keys(s.Packages)) {
		files := s.Packages[folder]
		constants := Constants(files)
		for _, file := range files {
			name := s.Files.Position(file.Pos()).Filename
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			ast.Inspect(file, func(n ast.Node) bool {
				for _, format := range of(n, constants, file.Name.Name == "message") {
					if !seen[format] {
						seen[format] = true
						all = append(all, Format{format, s.name(name)})
					}
				}
				return true
			})
		}
	}
	return all
}

func (s *Sources) name(file string) string {
	if below, err := filepath.Rel(s.root, file); err == nil {
		return filepath.ToSlash(below)
	}
	return file
}

// of are the formats that a node itself has: as a call, or, in package message's own files, as a constant.
func of(n ast.Node, constants map[string]string, own bool) []string {
	var expressions []ast.Expr
	switch n := n.(type) {
	case *ast.CallExpr:
		for name, places := range ofCall {
			if own && isNamed(n.Fun, name) || IsMessage(n.Fun, name) {
				for _, i := range places {
					if i < len(n.Args) {
						expressions = append(expressions, n.Args[i])
					}
				}
			}
		}
		if s, ok := n.Fun.(*ast.SelectorExpr); ok && s.Sel.Name == "Words" && len(n.Args) == 1 {
			expressions = append(expressions, n.Args[0])
		}
	case *ast.ValueSpec:
		if own && n.Type != nil && isNamed(n.Type, "constant") {
			expressions = n.Values
		}
	}
	var formats []string
	for _, e := range expressions {
		if format, ok := Evaluate(e, constants); ok {
			formats = append(formats, format)
		}
	}
	return formats
}

func isNamed(expr ast.Expr, name string) bool {
	own, ok := expr.(*ast.Ident)
	return ok && own.Name == name
}

// IsMessage reports whether an expression is message.NAME.
func IsMessage(expr ast.Expr, name string) bool {
	selector, ok := expr.(*ast.SelectorExpr)
	if !ok || selector.Sel.Name != name {
		return false
	}
	of, ok := selector.X.(*ast.Ident)
	return ok && of.Name == "message"
}

// Constants are the constants of a package's files that are texts, by name.
func Constants(files []*ast.File) map[string]string {
	constants := map[string]string{}
	for range 3 { // a constant may be made of others
		for _, file := range files {
			ast.Inspect(file, func(n ast.Node) bool {
				spec, ok := n.(*ast.ValueSpec)
				if !ok {
					return true
				}
				for i, value := range spec.Values {
					if text, ok := Evaluate(value, constants); ok && i < len(spec.Names) {
						constants[spec.Names[i].Name] = text
					}
				}
				return true
			})
		}
	}
	return constants
}

// Evaluate is the text of an expression of literals and constants, if it is one.
func Evaluate(expr ast.Expr, constants map[string]string) (string, bool) {
	switch e := expr.(type) {
	case *ast.ParenExpr:
		return Evaluate(e.X, constants)
	case *ast.BasicLit:
		if e.Kind != token.STRING {
			return "", false
		}
		return constant.StringVal(constant.MakeFromLiteral(e.Value, e.Kind, 0)), true
	case *ast.Ident:
		text, ok := constants[e.Name]
		return text, ok && (e.Obj == nil || e.Obj.Kind == ast.Con) // a variable may have the name of a constant
	case *ast.BinaryExpr:
		x, okX := Evaluate(e.X, constants)
		y, okY := Evaluate(e.Y, constants)
		return x + y, okX && okY && e.Op == token.ADD
	}
	return "", false
}
