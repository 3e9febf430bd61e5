package report_test

import (
	"testing"

	"sekisho/report"
)

// An extension names the format that people expect, and what other formats have no plain extension of is asked for by
// name.
func TestFormatsOfFiles(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"a.txt": "table", "a.json": "json", "a.html": "html", "a.htm": "html", "a.csv": "csv", "a.md": "markdown", "a.markdown": "markdown",
		"a.sarif": "sarif", "junit:a.xml": "junit", "ocsf:a.json": "ocsf", "asff:a.json": "asff",
	} {
		if got, err := report.Formats().ParseOutput(in); err != nil || got.Format.Name != want {
			t.Errorf("%s: got format %q and %v, want %q", in, got.Format.Name, err, want)
		}
	}
}
