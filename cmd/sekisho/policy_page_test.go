package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// pagePath is the page "Is MFA really enforced?". What it shows is what is printed: each command in a block "console"
// is run in the folder of its policies, and each policy is the file of its name. SEKISHO_UPDATE_PAGE=1 writes the page
// anew.
var pagePath = filepath.Join("..", "..", "audit", "access", "MFA.md")

var (
	pagePolicy   = regexp.MustCompile("(?m)^`([a-z]+\\.json)`\n\n```json\n((?s:.*?))```$")
	pageCommands = regexp.MustCompile("(?m)^```console\n((?s:.*?))```$")
)

func TestPageOfMFA(t *testing.T) {
	t.Parallel()
	page := read(t, pagePath)
	policies, commands := 0, 0
	fresh := pagePolicy.ReplaceAllStringFunc(page, func(block string) string {
		policies++
		name := pagePolicy.FindStringSubmatch(block)[1]
		return "`" + name + "`\n\n```json\n" + read(t, samplePolicies, name) + "```"
	})
	fresh = pageCommands.ReplaceAllStringFunc(fresh, func(block string) string {
		var out strings.Builder
		status := 0
		for line := range strings.Lines(pageCommands.FindStringSubmatch(block)[1]) {
			command, ok := strings.CutPrefix(strings.TrimSpace(line), "$ ")
			if !ok {
				continue // what it printed when the page was written
			}
			commands++
			fmt.Fprintf(&out, "$ %s\n", command)
			if command == "echo $?" {
				fmt.Fprintln(&out, status)
				continue
			}
			var text string
			text, status = pageRun(t, command)
			out.WriteString(text)
		}
		return "```console\n" + out.String() + "```"
	})
	if policies < 8 || commands < 12 {
		t.Errorf("got %d policies and %d commands on the page, want at least 8 and 12", policies, commands)
	}
	if fresh == page {
		return
	}
	if os.Getenv("SEKISHO_UPDATE_PAGE") != "" {
		if err := os.WriteFile(pagePath, []byte(fresh), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	was, is := strings.Split(page, "\n"), strings.Split(fresh, "\n")
	for i := range was {
		if i >= len(is) || was[i] != is[i] {
			t.Fatalf("MFA.md:%d: got %q, want %q; SEKISHO_UPDATE_PAGE=1 go test ./cmd/sekisho -run TestPageOfMFA writes it anew",
				i+1, was[i], strings.Join(is[i:min(i+1, len(is))], ""))
		}
	}
}

var samplePolicies = filepath.Join("..", "..", "testdata", "policies")

// pageRun runs a command of the page as if in the folder of the policies; it may end with "| head -n N".
func pageRun(t *testing.T, command string) (string, int) {
	t.Helper()
	command, head, cut := strings.Cut(command, " | head -n ")
	args := strings.Fields(command)
	if args[0] != "sekisho" {
		t.Fatalf("got the command %q on the page, want sekisho in a block of its kind", command)
	}
	for i, arg := range args {
		if strings.HasSuffix(arg, ".json") {
			args[i] = filepath.Join(samplePolicies, arg)
		}
	}
	var stdout, stderr strings.Builder
	sys := system{stdin: strings.NewReader(""), stdout: &stdout, stderr: &stderr, environ: []string{"COLUMNS=80"}, now: time.Now}
	status := run(t.Context(), args[1:], sys)
	if stderr.Len() > 0 {
		t.Errorf("%s: got %q on stderr, want nothing", command, stderr.String())
	}
	if !cut {
		return stdout.String(), status
	}
	count, err := strconv.Atoi(head)
	if err != nil {
		t.Fatalf("got | head -n %s on the page, want a number", head)
	}
	lines := strings.SplitAfter(stdout.String(), "\n")
	return strings.Join(lines[:min(count, len(lines))], ""), 0
}
