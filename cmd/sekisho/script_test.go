package main

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/rogpeppe/go-internal/testscript"

	"sekisho/audit/emulator"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"sekisho": main, "sekisho-at": mainAt})
}

// laxly is how the commands that tests start collect garbage: they end within a second, a fifth of it spent on that.
const laxly = "400"

// TestScripts runs the transcripts of testdata/script. The AWS environment that they find holds made-up keys and an
// endpoint where nobody listens; the command emulator starts one where somebody does.
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("..", "..", "testdata", "script"),
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			home := filepath.Join(env.WorkDir, "home")
			env.Setenv("HOME", home)
			for name, value := range map[string]string{
				"XDG_CONFIG_HOME":             filepath.Join(home, ".config"),
				"AWS_ENDPOINT_URL":            "http://127.0.0.1:1",
				"AWS_ACCESS_KEY_ID":           "AKIAIOSFODNN7EXAMPLE",
				"AWS_SECRET_ACCESS_KEY":       "not-a-secret",
				"AWS_REGION":                  "us-east-1",
				"AWS_EC2_METADATA_DISABLED":   "true",
				"AWS_CONFIG_FILE":             filepath.Join(home, "aws-config"),
				"AWS_SHARED_CREDENTIALS_FILE": filepath.Join(home, "aws-credentials"),
			} {
				env.Setenv(name, value)
			}
			env.Setenv("GOGC", laxly)
			today := time.Now().UTC()
			env.Setenv("NEXT_MONTH", today.AddDate(0, 1, 0).Format(time.DateOnly))
			env.Setenv("IN_TWO_YEARS", today.AddDate(2, 0, 0).Format(time.DateOnly))
			env.Values[emulatorKey{}] = new(arrivals)
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"status":   statusCommand,
			"emulator": emulatorCommand,
			"asked":    askedCommand,
			"mode":     modeCommand,
			"findings": findingsCommand,
			"expand":   expandCommand,
			"edit":     editCommand,
			"encode":   encodeCommand,
		},
	})
}

// statusCommand runs a program and wants its exit status: status N program args…
func statusCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: status N program [args...]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			ts.Fatalf("running %s: %v", args[1], err)
		}
		got = exit.ExitCode()
	}
	if got != want {
		ts.Fatalf("got exit status %d, want %d", got, want)
	}
}

// encodeCommand writes a text as other programs do: encode FILE NEW-FILE bom|utf-16le|utf-16be
func encodeCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: encode FILE NEW-FILE bom|utf-16le|utf-16be")
	}
	marked := "\ufeff" + ts.ReadFile(args[0])
	var data []byte
	var order binary.AppendByteOrder = binary.LittleEndian
	switch args[2] {
	case "bom":
		data = []byte(marked)
	case "utf-16be":
		order = binary.BigEndian
		fallthrough
	case "utf-16le":
		for _, unit := range utf16.Encode([]rune(marked)) {
			data = order.AppendUint16(data, unit)
		}
	default:
		ts.Fatalf("got the encoding %q, which is none", args[2])
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), data, 0o600))
}

type emulatorKey struct{}

// arrivals are the requests that the emulator of a script got.
type arrivals struct {
	server *emulator.Server
	mu     sync.Mutex
	first  map[string]chan struct{} // by action; closed when the first one arrives
}

// arrived is closed once a request for an action arrived.
func (r *arrivals) arrived(action string) chan struct{} {
	if r.first[action] == nil {
		r.first[action] = make(chan struct{})
	}
	return r.first[action]
}

func (r *arrivals) observe(action string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	select {
	case <-r.arrived(action):
	default:
		close(r.arrived(action))
	}
}

// emulatorCommand serves the demo account, or the demo organization, and points AWS_ENDPOINT_URL at it:
// emulator [deny=ACTION] [explicit=ACTION] [hang=ACTION] [expired=ACTION] [mfa=CODE]
// emulator organization [refuses=ACCOUNT]… [bucket=NAME | overwrites=NAME]
func emulatorCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg {
		ts.Fatalf("emulator can't be negated")
	}
	var o emulator.Options
	now := time.Now().UTC().Truncate(time.Second)
	if len(args) > 0 && args[0] == "organization" {
		of, members := emulator.DemoOrganization(now)
		var storage *emulator.Storage
		for _, arg := range args[1:] {
			switch name, value, _ := strings.Cut(arg, "="); name {
			case "refuses":
				member := members[value]
				member.RefusesRoles = true
				members[value] = member
			default:
				storage = &emulator.Storage{Bucket: value, Owner: of.Organization.Value.ManagementAccount, Region: "eu-central-1", Overwrites: name == "overwrites"}
			}
		}
		served, err := emulator.NewOrganization(of, members)
		ts.Check(err)
		served.Keep(storage)
		endpoint, stop, err := served.Start()
		ts.Check(err)
		ts.Defer(stop)
		ts.Setenv("AWS_ENDPOINT_URL", endpoint)
		return
	}
	for _, arg := range args {
		name, value, _ := strings.Cut(arg, "=")
		switch name {
		case "deny":
			o.Deny = append(o.Deny, value)
		case "explicit":
			o.DenyExplicitly = append(o.DenyExplicitly, value)
		case "hang":
			o.Faults = append(o.Faults, emulator.Fault{Action: value, Kind: emulator.Hang})
		case "expired":
			o.Faults = append(o.Faults, emulator.Fault{Action: value, Kind: emulator.ExpiredToken})
		case "mfa":
			o.RequireMFA, o.TokenCode = true, value
		default:
			ts.Fatalf("got %q, want deny=, explicit=, hang=, expired= or mfa=", arg)
		}
	}
	got := ts.Value(emulatorKey{}).(*arrivals)
	got.first, o.Observe = map[string]chan struct{}{}, got.observe
	got.server = emulator.New(emulator.Demo(now), o)
	endpoint, stop, err := got.server.Start()
	ts.Check(err)
	ts.Defer(stop)
	ts.Setenv("AWS_ENDPOINT_URL", endpoint)
}

// askedCommand waits until the emulator got a request for an action; with ! it wants none at all, of any action.
func askedCommand(ts *testscript.TestScript, neg bool, args []string) {
	got := ts.Value(emulatorKey{}).(*arrivals)
	if got.server == nil {
		ts.Fatalf("start the emulator first")
	}
	if neg {
		if calls := got.server.Calls(); len(calls) > 0 {
			ts.Fatalf("got calls %v, want none", calls)
		}
		return
	}
	got.mu.Lock()
	arrived := got.arrived(args[0])
	got.mu.Unlock()
	<-arrived // however long a busy machine takes
}

// modeCommand wants files of a mode: mode 0600 file…
func modeCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: mode MODE file...")
	}
	for _, name := range args[1:] {
		info, err := os.Stat(ts.MkAbs(name))
		ts.Check(err)
		if got := fmt.Sprintf("%04o", info.Mode().Perm()); got != args[0] {
			ts.Fatalf("got mode %s of %s, want %s", got, name, args[0])
		}
	}
}

// findingsCommand wants the same findings, byte for byte, in two JSON reports, and at least one: findings a.json b.json
func findingsCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: findings a.json b.json")
	}
	read := func(name string) []byte {
		var report struct {
			Findings json.RawMessage `json:"findings"`
		}
		ts.Check(json.Unmarshal([]byte(ts.ReadFile(name)), &report))
		if len(report.Findings) <= len("[]") {
			ts.Fatalf("got no findings in %s, want some", name)
		}
		return report.Findings
	}
	if !bytes.Equal(read(args[0]), read(args[1])) {
		ts.Fatalf("got different findings in %s and %s, want the same bytes", args[0], args[1])
	}
}

// expandCommand replaces ${NAME} in files by what the variable holds: expand file…
func expandCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: expand file...")
	}
	for _, name := range args {
		ts.Check(os.WriteFile(ts.MkAbs(name), []byte(os.Expand(ts.ReadFile(name), ts.Getenv)), 0o600))
	}
}
