package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sekisho/audit"
	"sekisho/audit/account"
	"sekisho/audit/collect"
	"sekisho/config"
	"sekisho/report/saved"
)

func TestExitStatus(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		err    error
		want   int
		stderr string
	}{
		"nothing wrong":   {nil, statusClean, ""},
		"failing finding": {verdictError(statusFinding), statusFinding, ""},
		"unknown finding": {verdictError(statusUnknown), statusUnknown, ""},
		"wrong usage":     {usagef("try --help", "got %q, want a word", "7"), statusUsage, "sekisho: error: got \"7\", want a word\nsekisho: hint: try --help\n"},
		"setting": {
			&config.Error{Where: "--fail-on", Problem: "got nothing", Hint: "try low"},
			statusUsage, "sekisho: error: --fail-on: got nothing\nsekisho: hint: try low\n",
		},
		"malformed snapshot": {
			fmt.Errorf("auditing: %w", &saved.Error{Path: "s.json", Err: &account.FormatError{Name: "s.json", Err: errors.New("got no users")}, Hint: "want one"}),
			statusUsage, "sekisho: error: auditing: reading the snapshot s.json: got no users\nsekisho: hint: want one\n",
		},
		"unreadable snapshot": {
			&saved.Error{Path: "s.json", Err: &fs.PathError{Op: "open", Path: "s.json", Err: errors.New("no such file")}},
			statusUsage, "sekisho: error: reading s.json: no such file\n",
		},
		"sign-in": {
			&collect.Error{Doing: "signing in", Err: errors.New("got nobody"), Hint: "be somebody"},
			statusFailed, "sekisho: error: signing in: got nobody\nsekisho: hint: be somebody\n",
		},
		"anything else": {errors.New("out of paper"), statusFailed, "sekisho: error: out of paper\n"},
		// What AWS, or somebody in between, put into an error reaches the terminal as text.
		"escape sequence": {
			&hintError{errors.New("red \x1b[31m\nsekisho: fine"), "ring \a"},
			statusFailed, "sekisho: error: red \\u001b[31m\\nsekisho: fine\nsekisho: hint: ring \\u0007\n",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var stderr strings.Builder
			if got := exitStatus(t.Context(), test.err, &stderr); got != test.want {
				t.Errorf("got status %d, want %d", got, test.want)
			}
			if stderr.String() != test.stderr {
				t.Errorf("got %q, want %q", stderr.String(), test.stderr)
			}
		})
	}
}

// A signal ends whatever waits for AWS, a file or stdin, with a status of its own.
func TestInterrupted(t *testing.T) {
	t.Parallel()
	ctx, interrupt := context.WithCancel(t.Context())
	interrupt()
	file := filepath.Join(t.TempDir(), "s.json")
	for _, command := range [][]string{
		{"audit", "--demo"}, {"audit", "--from", file}, {"audit", "--demo", "--baseline", file},
		{"inventory", "--demo"}, {"access", "paths", "--demo"}, {"offboard", "alice", "--demo"}, {"plan", "--demo"}, {"plan", "--from", file}, {"diff", file, file}, {"evidence", "verify", file}, {"policy", "-"},
		{"policy", "can", "-", "--action", "s3:GetObject"},
	} {
		stdin, keyboard := io.Pipe()
		defer keyboard.Close()
		var stdout, stderr strings.Builder
		sys := system{stdin: stdin, stdout: &stdout, stderr: &stderr, now: time.Now}
		if got := run(ctx, command, sys); got != statusInterrupted || stdout.Len() > 0 || !strings.HasPrefix(stderr.String(), "sekisho: error: ") {
			t.Errorf("%q: got status %d, %q and %q, want %d and an error", command, got, stdout.String(), stderr.String(), statusInterrupted)
		}
	}
}

func TestVerdict(t *testing.T) {
	t.Parallel()
	fail := func(s audit.Severity) audit.Finding { return audit.Finding{Status: audit.StatusFail, Severity: s} }
	excepted := audit.Finding{Status: audit.StatusFail, Severity: audit.Critical, Exception: &audit.Exception{}}
	unknown := audit.Finding{Status: audit.StatusUnknown, Severity: audit.Info}
	low, high, none := config.FailOn{Severity: audit.Low}, config.FailOn{Severity: audit.High}, config.FailOn{Never: true}
	tests := map[string]struct {
		findings []audit.Finding
		failOn   config.FailOn
		want     error
	}{
		"nothing":                        {nil, low, nil},
		"at the limit":                   {[]audit.Finding{fail(audit.High)}, high, verdictError(statusFinding)},
		"above it":                       {[]audit.Finding{fail(audit.Critical)}, high, verdictError(statusFinding)},
		"below it":                       {[]audit.Finding{fail(audit.Medium)}, high, nil},
		"unknown":                        {[]audit.Finding{unknown}, low, verdictError(statusUnknown)},
		"below it and unknown":           {[]audit.Finding{fail(audit.Info), unknown}, low, verdictError(statusUnknown)},
		"unknown, and failing after it":  {[]audit.Finding{unknown, fail(audit.Low)}, low, verdictError(statusFinding)},
		"excepted":                       {[]audit.Finding{excepted}, low, nil},
		"excepted, and one that isn't":   {[]audit.Finding{excepted, fail(audit.Low)}, low, verdictError(statusFinding)},
		"excepted and unknown":           {[]audit.Finding{excepted, unknown}, low, verdictError(statusUnknown)},
		"no failure counts":              {[]audit.Finding{fail(audit.Critical)}, none, nil},
		"no failure counts, but unknown": {[]audit.Finding{fail(audit.Critical), unknown}, none, verdictError(statusUnknown)},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := verdict(&audit.Report{Findings: test.findings}, test.failOn); got != test.want {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}
