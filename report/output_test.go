package report_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sekisho/report"
)

func TestParseOutput(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ in, format, path, err string }{
		{in: "a.json", format: "json", path: "a.json"},
		{in: "a.html", format: "html", path: "a.html"},
		{in: "a.htm", format: "html", path: "a.htm"},
		{in: "a.txt", format: "table", path: "a.txt"},
		{in: "A.JSON", format: "json", path: "A.JSON"},
		{in: "dir.html/a.json", format: "json", path: "dir.html/a.json"},
		{in: "a.csv", format: "csv", path: "a.csv"},
		{in: "a.md", format: "markdown", path: "a.md"},
		{in: "a.sarif", format: "sarif", path: "a.sarif"},
		{in: "ocsf:a.json", format: "ocsf", path: "a.json"},
		{in: "asff:a.json", format: "asff", path: "a.json"},
		{in: "junit:a.xml", format: "junit", path: "a.xml"},
		{in: "json:out.txt", format: "json", path: "out.txt"},
		{in: "table:out", format: "table", path: "out"},
		{in: "html:json:a", format: "html", path: "json:a"},
		{in: "./json:a.txt", format: "table", path: "./json:a.txt"},
		{in: `C:\reports\a.html`, format: "html", path: `C:\reports\a.html`},
		{in: "a.pdf", err: `got extension ".pdf", want one of .txt .json .html .htm .csv .md .markdown .sarif, or FORMAT:FILE with one of the formats table, json, html, csv, markdown, sarif, junit, ocsf, asff`},
		{in: "a", err: `got extension ""`},
		{in: "jsn:a.txt", err: `got format "jsn", want one of table, json, html, csv`},
		{in: "", err: "got no file name"},
		{in: "json:", err: "got no file name"},
		{in: "-", err: "got -, want a file name"},
		{in: "json:-", err: "got -, want a file name"},
	} {
		t.Run(test.in, func(t *testing.T) {
			t.Parallel()
			got, err := report.ParseOutput(test.in)
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

func TestParseOutputsRefusesOneFileTwice(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	link := filepath.Join(folder, "link")
	if err := os.Symlink(folder, link); err != nil {
		t.Fatal(err)
	}
	a := filepath.Join(folder, "a.json")
	for _, other := range []string{a, "html:" + a, folder + "/x/../a.json", link + "/a.json"} {
		if _, err := report.ParseOutputs([]string{a, other}); err == nil || !strings.Contains(err.Error(), "twice") {
			t.Errorf("%q and %q: got error %v, want one with \"twice\"", a, other, err)
		}
	}
	outputs, err := report.ParseOutputs([]string{a, filepath.Join(folder, "a.html")})
	if err != nil || len(outputs) != 2 {
		t.Errorf("got %v and %v, want two outputs", outputs, err)
	}
	if _, err := report.ParseOutputs([]string{a, "a.pdf"}); err == nil {
		t.Error("a bad second output: got no error")
	}
}

func TestEveryFormatIsFoundByNameAndExtension(t *testing.T) {
	t.Parallel()
	for _, f := range report.Formats() {
		for _, extension := range f.Extensions {
			if got, err := report.ParseOutput("a" + extension); err != nil || got.Format.Name != f.Name {
				t.Errorf("a%s: got format %q and %v, want %q", extension, got.Format.Name, err, f.Name)
			}
		}
		if got, err := report.FormatNamed(f.Name); err != nil || got.Name != f.Name {
			t.Errorf("got format %q and %v, want %q", got.Name, err, f.Name)
		}
	}
}

func TestCreateRefuses(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	file := filepath.Join(folder, "file.json")
	write(t, file, "old", 0o644)
	write(t, filepath.Join(folder, "kept.json"), "old", 0o444)
	for link, target := range map[string]string{"link.json": file, "dangling.json": filepath.Join(folder, "nothing")} {
		if err := os.Symlink(target, filepath.Join(folder, link)); err != nil {
			t.Fatal(err)
		}
	}
	for path, want := range map[string]string{
		"":                                     "got a folder, want a file",
		folder:                                 "got a folder, want a file",
		folder + "/":                           "got a folder, want a file",
		filepath.Join(folder, "no", "a.json"):  "got no folder " + filepath.Join(folder, "no"),
		filepath.Join(file, "a.json"):          "which is a file, want a folder",
		filepath.Join(folder, "link.json"):     "got a symbolic link",
		filepath.Join(folder, "dangling.json"): "got a symbolic link",
		filepath.Join(folder, "kept.json"):     "read-only",
		os.DevNull:                             "got a device or pipe",
	} {
		p, err := report.Create(path)
		if err == nil {
			p.Abort()
			t.Errorf("%q: got no error, want one with %q", path, want)
			continue
		}
		if !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "preparing to write "+path) {
			t.Errorf("%q: got error %q, want one with %q", path, err, want)
		}
	}
	if got := entries(t, folder); got != "dangling.json file.json kept.json link.json" {
		t.Errorf("got %s left in the folder", got)
	}
}

func TestCommitReplacesWhole(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	path := filepath.Join(folder, "a.json")
	write(t, path, "old", 0o644)
	p, err := report.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Abort()
	if p.Path() != path {
		t.Errorf("got path %q, want %q", p.Path(), path)
	}
	text := strings.Repeat("new ", 1<<16)
	if _, err := fmt.Fprint(p, text); err != nil {
		t.Fatal(err)
	}
	if got := read(t, path); got != "old" {
		t.Errorf("before Commit: got %.20q, want %q", got, "old")
	}
	if err := p.Commit(); err != nil {
		t.Fatal(err)
	}
	p.Abort()
	if got := read(t, path); got != text {
		t.Errorf("got %.20q of %d bytes, want %d", got, len(got), len(text))
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode() != 0o600 {
		t.Errorf("got mode %v and %v, want 0600", info.Mode(), err)
	}
	if got := entries(t, folder); got != "a.json" {
		t.Errorf("got %s in the folder, want a.json alone", got)
	}
	if err := p.Commit(); err == nil {
		t.Error("a second Commit: got no error")
	}
	if _, err := p.Write([]byte("x")); err == nil {
		t.Error("Write after Commit: got no error")
	}
}

func TestAbortLeavesNothing(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	p, err := report.Create(filepath.Join(folder, "a.json"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Fprint(p, "half a"); err != nil {
		t.Fatal(err)
	}
	p.Abort()
	p.Abort()
	if err := p.Commit(); err == nil {
		t.Error("Commit after Abort: got no error")
	}
	if got := entries(t, folder); got != "" {
		t.Errorf("got %s in the folder, want nothing", got)
	}
}

func TestFailedCommitLeavesNothing(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	path := filepath.Join(folder, "a.json")
	p, err := report.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(path, "in the way"), 0o755); err != nil {
		t.Fatal(err)
	}
	err = p.Commit()
	if err == nil || !strings.HasPrefix(err.Error(), "writing "+path) || strings.Contains(err.Error(), ".tmp") {
		t.Errorf("got error %v, want one about %s", err, path)
	}
	if got := entries(t, folder); got != "a.json" {
		t.Errorf("got %s in the folder, want a.json alone", got)
	}
}

func write(t *testing.T, path, text string, mode os.FileMode) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func entries(t *testing.T, folder string) string {
	t.Helper()
	list, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range list {
		names = append(names, e.Name())
	}
	return strings.Join(names, " ")
}
