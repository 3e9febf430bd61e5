//go:build unix

package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"sekisho/audit/evidence"
)

// Whatever a command waits for, it ends when it is interrupted. Each of these opens a pipe to which nobody writes; it is
// interrupted once it did.
func TestInterruptedWhileReading(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	put := func(name string, data []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	report := put("report.json", []byte(partOf(t, evidence.ReportName)))
	archive := put("e.zip", zipOf(t, demoEvidence(t)))
	guard := put("policy.json", []byte(allowAll))
	const pipe = "PIPE"
	for _, command := range [][]string{
		{"audit", "--from", pipe},
		{"audit", "--from", pipe, "--as-recorded"},
		{"audit", "--demo", "--baseline", pipe},
		{"audit", "--demo", "--config", pipe},
		{"audit", "--demo", "--evidence", filepath.Join(dir, "new.zip"), "--sign", pipe},
		{"inventory", "--from", pipe},
		{"permissions", "--config", pipe},
		{"diff", pipe, report},
		{"diff", report, pipe},
		{"diff", report, report, "--config", pipe},
		{"evidence", "verify", pipe},
		{"evidence", "verify", archive, "--allowed-signers", pipe},
		{"offboard", "--demo", "--leavers", pipe},
		{"offboard", "--demo", "--staff", pipe},
		{"offboard", "alice", "--demo", "--since", pipe},
		{"policy", pipe},
		{"policy", guard, "--boundary", pipe},
		{"policy", "can", pipe, "--action", "s3:GetObject"},
		{"policy", "can", guard, "--requests", pipe},
	} {
		t.Run(strings.Join(command[:len(command)-1], " "), func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "pipe")
			if err := syscall.Mkfifo(path, 0o600); err != nil {
				t.Fatal(err)
			}
			args := strings.Split(strings.ReplaceAll(strings.Join(command, "\n"), pipe, path), "\n")
			ctx, interrupt := context.WithCancel(t.Context())
			defer interrupt()
			var stdout, stderr strings.Builder
			sys := system{stdin: strings.NewReader(""), stdout: &stdout, stderr: &stderr, now: evidenceTaken.UTC}
			status := make(chan int, 1)
			go func() { status <- run(ctx, args, sys) }()
			opened := make(chan *os.File, 1)
			go func() {
				w, err := os.OpenFile(path, os.O_WRONLY, 0) // waits for who reads
				if err != nil {
					t.Error(err)
				}
				opened <- w
			}()
			select {
			case w := <-opened:
				defer w.Close()
			case got := <-status:
				t.Fatalf("got status %d and %q, want the command to read the pipe", got, stderr.String())
			}
			interrupt()
			if got := <-status; got != statusInterrupted || !strings.Contains(stderr.String(), ": interrupted") || strings.Contains(stderr.String(), "hint") {
				t.Errorf("got status %d and %q, want %d and that it was interrupted, without advice", got, stderr.String(), statusInterrupted)
			}
			if left, _ := filepath.Glob(filepath.Join(dir, ".sekisho-*")); len(left) > 0 {
				t.Errorf("got %q left behind, want nothing", left)
			}
		})
	}
}

// The files of the AWS environment, which the SDK reads, keep no run from its end either.
func TestInterruptedSigningIn(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "config")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := started(t, "http://127.0.0.1:1", "audit")
	cmd.Env = append(cmd.Env, "AWS_CONFIG_FILE="+path)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	w, err := os.OpenFile(path, os.O_WRONLY, 0) // waits for who reads
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if got := ended(t, cmd); got != statusInterrupted || stderr.String() != "sekisho: error: auditing: interrupted; nothing was written\n" {
		t.Errorf("got status %d and %q, want %d and that it was interrupted", got, stderr.String(), statusInterrupted)
	}
}

// That a killed run left some of its files with their names and others without is told by the next that writes there.
func TestKilledRunIsToldOf(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	its, other := writeFile(t, folder, "a.json", "new"), writeFile(t, folder, "b.html", "old")
	info, err := os.Stat(its)
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, folder, ".sekisho-0.tmp", fmt.Sprintf(`[{"Name": %q, "Written": %q}, {"Name": %q, "Written": "2026-11-22T05:00:00Z"}]`,
		its, info.ModTime().Format(time.RFC3339Nano), other))
	var stderr strings.Builder
	sys := system{stdin: strings.NewReader(""), stdout: io.Discard, stderr: &stderr, now: time.Now}
	status := run(t.Context(), []string{"rules", "-o", filepath.Join(folder, "rules.json")}, sys)
	want := fmt.Sprintf("sekisho: warning: a run was killed before all its files had their names, and they are not of one run: its own: %s; not its own: %s\n", its, other)
	if status != statusClean || stderr.String() != want {
		t.Errorf("got status %d and %q, want %q", status, stderr.String(), want)
	}
}
