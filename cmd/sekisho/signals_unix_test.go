//go:build unix

package main

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"sekisho/audit/emulator"
	"sekisho/report"
)

// started is the program in a process of its own.
func started(t *testing.T, endpoint string, arguments ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "sekisho", arguments...)
	cmd.Env = append(os.Environ(), "HOME="+t.TempDir(), "XDG_CONFIG_HOME=", "AWS_CONFIG_FILE=", "AWS_SHARED_CREDENTIALS_FILE=",
		"AWS_ENDPOINT_URL="+endpoint, "AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY=not-a-secret", "AWS_REGION=us-east-1")
	return cmd
}

// ended waits for the end and returns the exit status, -1 for that of a signal.
func ended(t *testing.T, cmd *exec.Cmd) int {
	t.Helper()
	err := cmd.Wait()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode()
}

// left is what lies in a folder, by name.
func left(t *testing.T, folder string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return names
}

// Each signal that ends a run leaves what was there, and nothing else. What a killed run leaves is removed by the next.
func TestSignalsLeaveNothing(t *testing.T) {
	t.Parallel()
	for sent, status := range map[syscall.Signal]int{
		syscall.SIGINT: statusInterrupted, syscall.SIGTERM: statusInterrupted, syscall.SIGHUP: statusInterrupted, syscall.SIGKILL: -1,
	} {
		folder := t.TempDir()
		kept := filepath.Join(folder, "a.json")
		if err := os.WriteFile(kept, []byte("old"), 0o600); err != nil {
			t.Fatal(err)
		}
		asked := make(chan struct{})
		var first sync.Once
		endpoint, stop, err := emulator.New(emulator.Demo(time.Now()), emulator.Options{
			Faults:  []emulator.Fault{{Action: "iam:GetAccountSummary", Kind: emulator.Hang}},
			Observe: func(string) { first.Do(func() { close(asked) }) },
		}).Start()
		if err != nil {
			t.Fatal(err)
		}
		defer stop()
		cmd := started(t, endpoint, "audit", "-o", kept, "-o", filepath.Join(folder, "b.html"), "--save", filepath.Join(folder, "c.json"))
		var stderr strings.Builder
		cmd.Stderr = &stderr
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		<-asked
		if err := cmd.Process.Signal(sent); err != nil {
			t.Fatal(err)
		}
		if got := ended(t, cmd); got != status || status > 0 && !strings.HasSuffix(stderr.String(), "auditing: interrupted; nothing was written\n") {
			t.Errorf("%v: got exit status %d and %q, want %d", sent, got, stderr.String(), status)
		}
		if names := left(t, folder); sent == syscall.SIGKILL && len(names) != 4 || sent != syscall.SIGKILL && len(names) != 1 {
			t.Errorf("%v: got %q, want what was there and, of a run that was killed, three temporary files", sent, names)
		}
		if status, _, stderr := called(t, nil, "rules", "-o", filepath.Join(folder, "d.json")); status != statusClean {
			t.Fatal(stderr)
		}
		if names := left(t, folder); strings.Join(names, " ") != "a.json d.json" || read(t, kept) != "old" {
			t.Errorf("%v: got %q after the next run, and %q in a.json, want what was there", sent, names, read(t, kept))
		}
	}
}

// A signal that was ignored when the program started, as nohup has it, still is.
func TestIgnoredSignals(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	cmd := started(t, "")
	cmd.Path, cmd.Args = needs(t, "sh"), []string{"sh", "-c", `trap "" HUP INT; echo; exec sekisho policy - -o "json:$1"`, "sh", filepath.Join(folder, "a.json")}
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(stdout, make([]byte, 1)); err != nil { // the shell ignores them by now
		t.Fatal(err)
	}
	for _, ignored := range []syscall.Signal{syscall.SIGHUP, syscall.SIGINT} {
		if err := cmd.Process.Signal(ignored); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := io.WriteString(stdin, allowAll); err != nil {
		t.Fatal(err)
	}
	stdin.Close()
	if _, err := io.Copy(io.Discard, stdout); err != nil {
		t.Fatal(err)
	}
	if got := ended(t, cmd); got != statusFinding || strings.Join(left(t, folder), " ") != "a.json" {
		t.Errorf("got exit status %d and %q, want %d and the answer", got, left(t, folder), statusFinding)
	}
}

// Where nobody reads stdout any more the exit status says so, where nobody reads stderr nothing does; the files are
// whole all the same.
func TestClosedStreams(t *testing.T) {
	t.Parallel()
	closed := func() *os.File {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		r.Close()
		t.Cleanup(func() { w.Close() })
		return w
	}
	for _, test := range []struct {
		name      string
		arguments []string
		stdout    bool // closed, else stderr is
		status    int
	}{
		{"stdout", []string{"audit", "--demo", "--profile", "none", "-f", "json"}, true, statusPipe},
		{"stdout of a small answer", []string{"audit", "--demo", "--rules", "console-mfa"}, true, statusPipe},
		{"stderr", []string{"audit", "--demo", "--profile", "none", "-f", "json"}, false, statusFinding},
	} {
		folder := t.TempDir()
		cmd := started(t, "", append(test.arguments, "-o", filepath.Join(folder, "a.json"), "--save", filepath.Join(folder, "b.json"))...)
		var stdout, stderr strings.Builder
		cmd.Stdout, cmd.Stderr = &stdout, closed()
		if test.stdout {
			cmd.Stdout, cmd.Stderr = closed(), &stderr
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		if got := ended(t, cmd); got != test.status || strings.Contains(stderr.String(), "error") {
			t.Errorf("%s: got exit status %d and %q, want %d", test.name, got, stderr.String(), test.status)
		}
		if names := left(t, folder); strings.Join(names, " ") != "a.json b.json" {
			t.Errorf("%s: got %q, want both files", test.name, names)
		}
		whole := read(t, folder, "a.json")
		if _, err := report.ReadJSON(strings.NewReader(whole)); err != nil || !test.stdout && stdout.String() != whole {
			t.Errorf("%s: got %v and %d bytes on stdout, want the report", test.name, err, stdout.Len())
		}
	}
	for _, arguments := range [][]string{{"--help"}, {"completion", "bash"}, {"version"}, {"policy", "can", "-", "--requests", "/dev/null"}} {
		cmd := started(t, "", arguments...)
		var stderr strings.Builder
		cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(allowAll), closed(), &stderr
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		want := statusPipe
		if arguments[0] == "policy" { // no request, no answer
			want = statusClean
		}
		if got := ended(t, cmd); got != want || stderr.Len() > 0 {
			t.Errorf("%q: got exit status %d and %q, want %d", arguments, got, stderr.String(), want)
		}
	}
}

// A run ends when it is interrupted, though stdout takes nothing; the files are whole by then.
func TestStuckStdoutInterrupted(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	out, in := io.Pipe()
	defer out.Close()
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	var stderr strings.Builder
	sys := system{stdin: strings.NewReader(""), stdout: in, stderr: &stderr, now: time.Now}
	status := make(chan int, 1)
	go func() { status <- run(ctx, []string{"rules", "-o", filepath.Join(folder, "a.json")}, sys) }()
	if _, err := out.Read(make([]byte, 1)); err != nil { // the rest of the first lines waits
		t.Fatal(err)
	}
	interrupt()
	if got := <-status; got != statusInterrupted || stderr.String() != "sekisho: error: writing the answer: interrupted\n" {
		t.Errorf("got exit status %d and %q, want %d", got, stderr.String(), statusInterrupted)
	}
	if names := left(t, folder); strings.Join(names, " ") != "a.json" {
		t.Errorf("got %q, want the file", names)
	}
}
