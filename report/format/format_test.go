package format_test

import (
	"io"
	"slices"
	"strings"
	"testing"

	"sekisho/report/format"
)

func register() format.Register[string] {
	write := format.Plain(func(w io.Writer, s string) error {
		_, err := io.WriteString(w, s)
		return err
	})
	return format.Register[string]{
		{Name: "table", Extensions: []string{".txt"}, Render: write},
		{Name: "json", Extensions: []string{".json"}, Render: write},
		{Name: "html", Extensions: []string{".html", ".htm"}, Render: write},
		{Name: "junit", Render: write},
	}
}

func TestParseOutput(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ in, format, path, err string }{
		{in: "a.json", format: "json", path: "a.json"},
		{in: "a.html", format: "html", path: "a.html"},
		{in: "a.htm", format: "html", path: "a.htm"},
		{in: "a.txt", format: "table", path: "a.txt"},
		{in: "A.JSON", format: "json", path: "A.JSON"},
		{in: "dir.html/a.json", format: "json", path: "dir.html/a.json"},
		{in: "junit:a.xml", format: "junit", path: "a.xml"},
		{in: "json:out.txt", format: "json", path: "out.txt"},
		{in: "table:out", format: "table", path: "out"},
		{in: "html:json:a", format: "html", path: "json:a"},
		{in: "./json:a.txt", format: "table", path: "./json:a.txt"},
		{in: `C:\reports\a.html`, format: "html", path: `C:\reports\a.html`},
		{in: "a.pdf", err: `reading the output "a.pdf": got extension ".pdf", want one of .txt .json .html .htm, or FORMAT:FILE with one of the formats table, json, html, junit`},
		{in: "a", err: `got extension ""`},
		{in: "jsn:a.txt", err: `reading the output "jsn:a.txt": got format "jsn", want one of table, json, html, junit`},
		{in: "", err: "got no file name"},
		{in: "json:", err: "got no file name"},
		{in: "-", err: "got -, want a file name"},
		{in: "json:-", err: "got -, want a file name"},
	} {
		t.Run(test.in, func(t *testing.T) {
			t.Parallel()
			got, err := register().ParseOutput(test.in)
			if test.err != "" {
				if err == nil || !strings.Contains(err.Error(), test.err) {
					t.Errorf("got error %v, want one with %q", err, test.err)
				}
				return
			}
			if err != nil || got.Format.Name != test.format || got.Path != test.path {
				t.Errorf("got %q for %q and %v, want %q for %q", got.Format.Name, got.Path, err, test.format, test.path)
			}
		})
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	if got, want := register().Names(), []string{"table", "json", "html", "junit"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	f, err := register().Named("html")
	if err != nil || f.Name != "html" {
		t.Errorf("got %q and %v, want html", f.Name, err)
	}
	if _, err := register().Named("pdf"); err == nil || err.Error() != `got format "pdf", want one of table, json, html, junit` {
		t.Errorf("got %v for pdf, want the formats that there are", err)
	}
}
