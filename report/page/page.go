// Package page makes the HTML pages of all commands: one skeleton, one style sheet, one Content-Security-Policy. A page
// needs nothing else and asks nothing of any server, and its policy says so. It is whole without JavaScript. What a
// page shows is its template "content" and the view for it; html/template escapes what is in the view, whose texts are
// sanitized.
package page

import (
	"bufio"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"strings"

	"sekisho/report/sanitize"
	"sekisho/report/term"
)

//go:embed assets
var common embed.FS

// Kind is a kind of page: its templates, its style on top of the common one, and its script.
type Kind struct {
	template *template.Template
	style    template.CSS
	script   template.JS
	policy   string
}

// New makes a kind of page of what is in the folders assets of file systems: templates (*.tmpl), of which one defines
// "content", style sheets (*.css) and scripts (*.js), in the order of their names. What has a script gets the common one before it. Both are inlined, and the policy
// allows them by their hashes, which are made of the very text. It panics where a template can't be parsed: all is
// embedded at build time.
func New(assets ...fs.FS) *Kind {
	t := template.Must(template.New("page.tmpl").Funcs(functions).ParseFS(common, "assets/page.tmpl"))
	style, script := all(common, "*.css"), ""
	for _, files := range assets {
		t = template.Must(t.ParseFS(files, "assets/*.tmpl"))
		style, script = style+all(files, "*.css"), script+all(files, "*.js")
	}
	policy := "default-src 'none'; style-src " + hash(style)
	if script != "" {
		script = all(common, "*.js") + script
		policy += "; script-src " + hash(script)
	}
	return &Kind{
		template: t, style: template.CSS(style), script: template.JS(script),
		policy: policy + "; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
	}
}

// functions are what templates write numbers with, 1,234, and count by.
var functions = template.FuncMap{"n": term.Number, "add": func(x, y int) int { return x + y }}

func all(files fs.FS, pattern string) string {
	names, err := fs.Glob(files, "assets/"+pattern)
	if err != nil {
		panic(err)
	}
	var b strings.Builder
	for _, name := range names {
		content, err := fs.ReadFile(files, name)
		if err != nil {
			panic(err)
		}
		b.Write(content)
	}
	return b.String()
}

// hash is a source expression of the Content-Security-Policy.
func hash(content string) string {
	sum := sha256.Sum256([]byte(content))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// Page is one page: what every page says of itself, and the view that its template "content" shows.
type Page struct {
	Title        sanitize.Text
	Demo         bool
	Contents     []Entry // the sections, for the list beside them; none: there is no list
	Tool, Schema sanitize.Text
	Legend       sanitize.Text // how to read the page, for its end
	View         any
}

// Entry is a line of the list of sections.
type Entry struct{ Anchor, Title, Count sanitize.Text }

// Write writes a page in UTF-8. An error is the writer's own, or tells of a template that failed.
func (k *Kind) Write(w io.Writer, p Page) error {
	buffered := bufio.NewWriterSize(w, 1<<16)
	err := k.template.ExecuteTemplate(buffered, "page.tmpl", struct {
		Page
		Style  template.CSS
		Script template.JS
		Policy string
	}{p, k.style, k.script, k.policy})
	if err == nil {
		err = buffered.Flush()
	}
	if err != nil {
		return fmt.Errorf("writing HTML: %w", err)
	}
	return nil
}
