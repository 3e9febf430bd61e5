package main

import (
	"context"
	"errors"
	"flag"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sekisho/audit/account"
	"sekisho/audit/emulator"
)

// start runs the program until the test ends and returns the endpoint that it prints.
func start(t *testing.T, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	out, in := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		err := run(ctx, args, in, io.Discard)
		in.CloseWithError(err)
		ended <- err
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("got %v, want no error on being interrupted", err)
		}
	})
	line := make([]byte, 200)
	n, err := out.Read(line)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(line[:n]))
}

func get(t *testing.T, endpoint, action string) (int, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, endpoint+"/?Version=2010-05-08&Action="+action, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20261122/us-east-1/iam/aws4_request")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(body)
}

func TestServesTheDemoByItself(t *testing.T) {
	t.Parallel()
	endpoint := start(t, "--deny", "iam:ListUsers", "--deny", "iam:ListRoles", "--throttle", "50/s", "--latency", "1ms")
	if status, body := get(t, endpoint, "ListAccountAliases"); status != http.StatusOK || !strings.Contains(body, "hakone-trading") {
		t.Errorf("got %d %s, want the demo's alias", status, body)
	}
	for _, action := range []string{"ListUsers", "ListRoles"} {
		if status, body := get(t, endpoint, action); status != http.StatusForbidden || !strings.Contains(body, "AccessDenied") {
			t.Errorf("%s: got %d %s, want AccessDenied", action, status, body)
		}
	}
}

func TestServesAFileAndWritesWhatItServes(t *testing.T) {
	t.Parallel()
	given, written := filepath.Join(t.TempDir(), "given.json"), filepath.Join(t.TempDir(), "written.json")
	var text strings.Builder
	if err := emulator.Company(3, time.Now()).Write(&text); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(given, []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	endpoint := start(t, "--snapshot", given, "--write", written, "--page-cap", "2")
	status, body := get(t, endpoint, "ListUsers")
	if status != http.StatusOK || strings.Count(body, "<UserName>") != 2 || !strings.Contains(body, "<IsTruncated>true") {
		t.Errorf("got %d %s, want the first two users of the file", status, body)
	}
	want, err := os.ReadFile(given)
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(written)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Error("got another snapshot written than was given")
	}
}

// What can't be written, or told of, is an error.
func TestTellsOfWriters(t *testing.T) {
	t.Parallel()
	reader, writer := io.Pipe()
	reader.Close()
	if err := run(t.Context(), nil, writer, io.Discard); !errors.Is(err, io.ErrClosedPipe) || !strings.HasPrefix(err.Error(), "printing the endpoint: ") {
		t.Errorf("got %v, want %v", err, io.ErrClosedPipe)
	}
	for err, want := range map[error]string{nil: "", flag.ErrHelp: "", io.EOF: "emulator: error: EOF\n"} {
		var told strings.Builder
		if status := tell(err, &told); told.String() != want || (status != 0) != (want != "") {
			t.Errorf("%v: got the status %d and %q, want %q", err, status, told.String(), want)
		}
	}
}

func TestServesAMess(t *testing.T) {
	t.Parallel()
	endpoint := start(t, "--messy", "30", "--throttle", "1000000/s")
	if status, body := get(t, endpoint, "ListUsers"); status != http.StatusOK || strings.Contains(body, "sato.yuki") {
		t.Errorf("got %d %s, want other users than the demo's", status, body)
	}
}

func TestWrongUse(t *testing.T) {
	t.Parallel()
	torn := filepath.Join(t.TempDir(), "torn.json")
	if err := os.WriteFile(torn, []byte(`{"schema":"`+account.SnapshotSchema), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ args, want string }{
		{"--demo --snapshot x.json", "want one"},
		{"--demo --messy 3", "want one"},
		{"--messy 3 --snapshot x.json", "want one"},
		{"--bucket example-runs", "got --bucket without --organization"},
		{"--messy -1", "got --messy -1, want a number of users"},
		{"--throttle 1000001/s", "want a rate such as 5/s"},
		{"--snapshot " + torn, "torn.json"},
		{"--snapshot " + torn + ".not", "opening the snapshot"},
		{"--write " + torn + "/x", "preparing to write "},
		{"--throttle 5", "want a rate such as 5/s"},
		{"--throttle 0/s", "want a rate such as 5/s"},
		{"--throttle NaN/s", "want a rate such as 5/s"},
		{"--listen nowhere", "starting the emulator"},
		{"list-users", "list-users"},
	} {
		// Ended already: what should have failed comes back at once all the same.
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := run(ctx, strings.Fields(test.args), io.Discard, io.Discard); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got error %v, want one with %q", test.args, err, test.want)
		}
	}
}
