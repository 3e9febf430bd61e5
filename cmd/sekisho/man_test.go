package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Every command has a page with every flag, and the pages are the same each time.
func TestManPages(t *testing.T) {
	t.Parallel()
	folder, again := t.TempDir(), t.TempDir()
	for _, dir := range []string{folder, again} {
		if status, _, stderr := called(t, []string{"SOURCE_DATE_EPOCH=1795305600"}, "man", dir); status != statusClean {
			t.Fatalf("got exit status %d and %q, want pages", status, stderr)
		}
	}
	var want []string
	root := rootCommand(process())
	root.InitDefaultCompletionCmd()
	walk(root, func(cmd *cobra.Command) {
		if !hasPage(cmd) {
			return
		}
		name := manName(cmd) + ".1"
		want = append(want, name)
		page := read(t, folder, name)
		if page != read(t, again, name) {
			t.Errorf("%s: got other bytes the second time, want the same", name)
		}
		if title := ".TH " + strings.ToUpper(manName(cmd)) + ` 1 "2026-11-22"`; !strings.HasPrefix(page, title) {
			t.Errorf("%s: got the beginning %.60q, want %q", name, page, title)
		}
		cmd.LocalFlags().VisitAll(func(flag *pflag.Flag) {
			if !strings.Contains(page, `\fB\-\-`+roff(flag.Name)+`\fR`) {
				t.Errorf("%s: got no --%s, want every flag", name, flag.Name)
			}
		})
		if cmd.HasParent() && !strings.Contains(read(t, folder, manName(cmd.Parent())+".1"), `\fB`+roff(cmd.CommandPath())+"\\fR\n"+roff(cmd.Short)) {
			t.Errorf("%s: got it not listed by the page above, want every command", name)
		}
		for line := range strings.Lines(page) {
			if strings.HasPrefix(line, ".") && !slices.Contains(requests, strings.Fields(line)[0]) {
				t.Errorf("%s: got the request %q, which no text may be", name, line)
			}
		}
	})
	files, err := filepath.Glob(filepath.Join(folder, "*"))
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != len(want) || !slices.Contains(want, "sekisho-evidence-verify.1") || !slices.Contains(want, "sekisho.1") {
		t.Errorf("got %d pages, want %v", len(files), want)
	}
}

// requests are those of man(7) that the pages are made of.
var requests = []string{".TH", ".nr", ".ad", ".SH", ".SS", ".B", ".BR", ".TP", ".PP", ".RS", ".RE", ".EX", ".EE"}

func TestManUsage(t *testing.T) {
	t.Parallel()
	if status, _, stderr := called(t, nil, "man"); status != statusUsage || !strings.Contains(stderr, "want the folder of the pages") {
		t.Errorf("got exit status %d and %q, want %d and what is lacking", status, stderr, statusUsage)
	}
	status, _, stderr := called(t, []string{"SOURCE_DATE_EPOCH=today"}, "man", t.TempDir())
	if status != statusUsage || !strings.Contains(stderr, `SOURCE_DATE_EPOCH: got "today", want seconds since 1970`) {
		t.Errorf("got exit status %d and %q, want %d and what is wrong", status, stderr, statusUsage)
	}
	folder := t.TempDir()
	kept := filepath.Join(folder, "sekisho-version.1")
	if err := os.WriteFile(kept, []byte("old"), 0o400); err != nil {
		t.Fatal(err)
	}
	for where, want := range map[string]string{
		folder: "preparing to write " + kept + ": got a file that is read-only", kept: "preparing to write " + kept + ": not a directory",
	} {
		if status, _, stderr := called(t, nil, "man", where); status != statusFailed || !strings.Contains(stderr, want) {
			t.Errorf("got exit status %d and %q, want %d and %q", status, stderr, statusFailed, want)
		}
	}
	if names, err := filepath.Glob(filepath.Join(folder, "*")); err != nil || len(names) != 1 {
		t.Errorf("got %v and %v, want no page where one can't be written", names, err)
	}
	if page := manPage(rootCommand(process()), ""); !strings.HasPrefix(page, `.TH SEKISHO 1 "" `) {
		t.Errorf("got the beginning %.40q, want a page without a date", page)
	}
}

func TestRoff(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"a --flag":           "a \\-\\-flag\n",
		`C:\x`:               "C:\\ex\n",
		".TH is text":        "\\&.TH is text\n",
		"'quoted'":           "\\&'quoted'\n",
		"one\n\ntwo":         "one\n.PP\ntwo\n",
		"#### Linux:\n\nx":   ".SS Linux:\n.PP\nx\n",
		"so:\n\n  .a\n\n  b": "so:\n.PP\n.RS 4\n.EX\n\\&.a\n\nb\n.EE\n.RE\n",
	} {
		if got := roffText(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

// called runs a command line in an environment and returns the exit status and what it printed.
func called(t *testing.T, environ []string, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	var out, err strings.Builder
	sys := system{stdin: strings.NewReader(""), stdout: &out, stderr: &err, environ: environ, now: time.Now}
	status = run(t.Context(), args, sys)
	return status, out.String(), err.String()
}
