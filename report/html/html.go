// Package html renders a report as one page of HTML that needs nothing else: no request leaves it, and a Content-Security-Policy in
// the page says so. It is whole without JavaScript, which only adds the filters. The page depends on the report alone: there is no clock
// and no configuration here, so the same report always gives the same bytes.
package html

import (
	"bufio"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"

	"sekisho/audit"
)

//go:embed assets
var assets embed.FS

// policy allows the two inline elements of the page by their hashes, and nothing else. The hashes are made from the embedded
// files, so that they can't go stale.
var (
	style  = mustRead("assets/style.css") + mustRead("assets/matrix.css")
	script = mustRead("assets/script.js")
	policy = "default-src 'none'; style-src " + hash(style) + "; script-src " + hash(script) +
		"; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
)

var page = template.Must(template.New("page.tmpl").ParseFS(assets, "assets/*.tmpl"))

// Render writes the report as a page of HTML in UTF-8. An error is the writer's own, or tells of a template that failed.
func Render(w io.Writer, r *audit.Report) error {
	buffered := bufio.NewWriterSize(w, 1<<16)
	if err := page.Execute(buffered, newView(r)); err != nil {
		return fmt.Errorf("writing the report as HTML: %w", err)
	}
	if err := buffered.Flush(); err != nil {
		return fmt.Errorf("writing the report as HTML: %w", err)
	}
	return nil
}

func mustRead(name string) string {
	content, err := assets.ReadFile(name)
	if err != nil {
		panic(err)
	}
	return string(content)
}

// hash is a source expression of the Content-Security-Policy.
func hash(content string) string {
	sum := sha256.Sum256([]byte(content))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}
