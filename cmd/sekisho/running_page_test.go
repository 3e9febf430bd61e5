package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"sekisho/audit/emulator"
)

// RUNNING.md is the page on running Sekisho for years. What it shows is what is printed: the file of each block that a
// path stands above is written, and each command of the blocks "console" is run, in order, by sh, with an emulator in
// the place of AWS. SEKISHO_UPDATE_PAGE=1 writes the page anew. A comment such as <!-- 2026-11-24T06:00:00Z
// no-devices=kondo.emi --> says when what follows happens, and what became of the demo account until then.
const runningPage = "RUNNING.md"

var (
	runningBlock = regexp.MustCompile("(?m)^(?:<!-- (20[^\n]*) -->|`([^`\n]+)`\n\n```[a-z]+\n((?s:.*?))```|```console\n((?s:.*?))```)$")
	emulated     = regexp.MustCompile(`(?m)^Endpoints: http://127\.0\.0\.1:.*\n`) // who reads the page asks AWS itself
	fingerprint  = regexp.MustCompile(`SHA256:[A-Za-z0-9+/]{43}`)
	madeBy       = regexp.MustCompile(`with sekisho \S+ and \d+ rules|\(SHA-256 [0-9a-f]{12}\)`)
)

// The programs of the page that a system may lack.
var runningPrograms = []string{"sh", "ssh-keygen", "ssh-agent", "unzip", "jq", "sha256sum", "gzip", "find"}

// needs finds a program. A test that can't do without it is skipped where it isn't, but not by CI, which has it.
func needs(t *testing.T, program string) string {
	t.Helper()
	path, err := exec.LookPath(program)
	if err != nil && os.Getenv("CI") != "" {
		t.Fatal(err)
	} else if err != nil {
		t.Skipf("there is no %s", program)
	}
	return path
}

func TestPageOfYears(t *testing.T) {
	t.Parallel()
	for _, program := range runningPrograms {
		needs(t, program)
	}
	page := read(t, runningPage)
	w := newWorld(t)
	files, commands := 0, 0
	fresh := runningBlock.ReplaceAllStringFunc(page, func(block string) string {
		switch m := runningBlock.FindStringSubmatch(block); {
		case m[1] != "":
			words := strings.Fields(m[1])
			w.on(t, words[0], words[1:]...)
		case m[2] != "":
			files++
			w.write(t, m[2], m[3])
		default:
			var list []string
			for line := range strings.Lines(m[4]) {
				if command, ok := strings.CutPrefix(strings.TrimSpace(line), "$ "); ok {
					list = append(list, command)
				}
			}
			commands += len(list)
			return "```console\n" + w.console(t, list) + "```"
		}
		return block
	})
	if files < 8 || commands < 20 {
		t.Errorf("got %d files and %d commands on the page, want at least 8 and 20", files, commands)
	}
	if sameText(page, fresh) {
		return
	}
	if os.Getenv("SEKISHO_UPDATE_PAGE") != "" {
		if err := os.WriteFile(runningPage, []byte(fresh), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	was, is := strings.Split(page, "\n"), strings.Split(fresh, "\n")
	for i := range was {
		if i >= len(is) || !sameText(was[i], is[i]) {
			t.Fatalf("%s:%d: got %q, want %q; SEKISHO_UPDATE_PAGE=1 go test ./cmd/sekisho -run TestPageOfYears writes it anew",
				runningPage, i+1, was[i], strings.Join(is[i:min(i+1, len(is))], ""))
		}
	}
}

// sameText compares but for keys, which are made anew each time, and the version that is tested.
func sameText(a, b string) bool {
	for _, changing := range []*regexp.Regexp{fingerprint, madeBy} {
		a, b = changing.ReplaceAllString(a, "…"), changing.ReplaceAllString(b, "…")
	}
	return a == b
}

// What the cron line and the units run prints what is new, once, and keeps evidence of every day on which there was an
// audit.
func TestDailyScript(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, m := range runningBlock.FindAllStringSubmatch(read(t, runningPage), -1) {
		if m[2] != "" {
			w.write(t, m[2], m[3])
		}
	}
	w.run(t, "install -d /var/lib/sekisho/prod")
	var cron []string // what it runs
	for line := range strings.Lines(w.files["/etc/cron.d/sekisho"]) {
		if strings.Contains(line, "%") {
			t.Errorf("got %q, in which cron takes %% for the end of the line", line)
		}
		if fields := strings.SplitN(strings.TrimSpace(line), " ", 7); len(fields) == 7 && fields[5] == "audit" {
			cron = append(cron, fields[6])
		}
	}
	unit := regexp.MustCompile(`(?m)^ExecStart=(.*)$`).FindStringSubmatch(w.files["/etc/systemd/system/sekisho@.service"])
	if len(cron) != 3 || unit == nil {
		t.Fatalf("got %q in the crontab and %q in the unit, want an audit in both, and two lines for Mondays", cron, unit)
	}
	daily := strings.ReplaceAll(unit[1], "%i", "prod")
	lost, denied := "no-devices=kondo.emi", "deny=iam:GetAccountPasswordPolicy"
	for _, day := range []struct {
		name, now, command string
		changes            []string
		status             int
		has, hasNot        string // nothing: nothing is printed
		latest             string
	}{
		{"on the first day everything is new", "2026-11-22T06:00:00Z", cron[0], nil, 3, "console-mfa", "what is new since", "2026-11-22"},
		{"without news nothing is printed", "2026-11-23T06:00:00Z", daily, nil, 0, "", "", "2026-11-23"},
		{"the second time of a day counts from the first", "2026-11-23T09:00:00Z", daily, nil, 0, "", "", "2026-11-23"},
		{"a run that fails moves nothing on", "2026-11-24T06:00:00Z", cron[0], []string{"expired"}, 1, "sekisho: error: ", "AWS account", "2026-11-23"},
		{"what is new is printed, though the day before failed", "2026-11-25T06:00:00Z", cron[0], []string{lost}, 3,
			"user/kondo.emi: signs in with a password alone", "user/fujita.nao", "2026-11-25"},
		{"and only once", "2026-11-26T06:00:00Z", daily, []string{lost}, 0, "", "", "2026-11-26"},
		{"what can't be read any more is told", "2026-11-27T06:00:00Z", daily, []string{lost, denied}, 4,
			"iam:GetAccountPasswordPolicy", "user/fujita.nao", "2026-11-27"},
	} {
		w.on(t, day.now, day.changes...)
		out, status := w.run(t, day.command)
		if status != day.status {
			t.Fatalf("%s: got exit status %d and\n%s\nwant %d", day.name, status, out, day.status)
		}
		unwanted := day.has == "" && out != "" || day.hasNot != "" && strings.Contains(out, day.hasNot)
		if unwanted || !strings.Contains(out, day.has) {
			t.Errorf("%s: got\n%s\nwant %q in it, and not %q", day.name, out, day.has, day.hasNot)
		}
		if target, err := os.Readlink(w.path("/var/lib/sekisho/prod/latest.zip")); err != nil || target != day.latest+".zip" {
			t.Errorf("%s: got latest.zip of %q (%v), want that of %s", day.name, target, err, day.latest)
		}
		_, err := os.Stat(w.path("/var/lib/sekisho/prod/" + day.now[:10] + ".zip"))
		if made := err == nil; made != (day.status != 1) {
			t.Errorf("%s: got evidence of the day: %t, want it where there was an audit", day.name, made)
		}
	}
	w.on(t, "2026-11-30T06:00:00Z", "expired")
	for command, wanted := range map[string][]string{
		cron[1]: {"fujita.nao", "have 5 users enrol an MFA device"}, // four of them never had one
		cron[2]: {"OLD  2026-11-22.zip", "MFA device mfa/kondo.emi of user/kondo.emi removed"},
	} {
		out, status := w.run(t, command)
		for _, text := range wanted {
			if status != statusFinding || !strings.Contains(out, text) {
				t.Errorf("on Monday: got exit status %d and\n%s\nwant %q in it", status, out, text)
			}
		}
	}
}

// The unit that a failing audit starts mails what that run printed.
func TestMailUnit(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	text := ""
	for _, m := range runningBlock.FindAllStringSubmatch(read(t, runningPage), -1) {
		if m[2] == "/etc/systemd/system/sekisho-mail@.service" {
			text = m[3]
		}
	}
	start := regexp.MustCompile(`(?m)^ExecStart=/bin/sh -c '(.*)'$`).FindStringSubmatch(text)
	if start == nil {
		t.Fatalf("got the unit %q, want a command of sh", text)
	}
	w.write(t, "/usr/local/bin/journalctl", "#!/bin/sh\necho journal \"$@\"\n")
	w.write(t, "/usr/local/bin/mail", "#!/bin/sh\necho mail \"$@\"\ncat\n")
	w.environ = append(w.environ, "MONITOR_INVOCATION_ID=4f1c")
	out, status := w.run(t, strings.ReplaceAll(start[1], "%i", "prod"))
	want := "mail -s sekisho: prod root\njournal --quiet --output=cat _SYSTEMD_INVOCATION_ID=4f1c\n"
	if status != 0 || out != want {
		t.Errorf("got exit status %d and %q, want %q", status, out, want)
	}
}

var firstDay = time.Date(2026, 11, 22, 6, 0, 0, 0, time.UTC)

// world is a machine on which the page happens. Its folders stand for those that the page names.
type world struct {
	root    string
	environ []string
	files   map[string]string
	stop    func()
}

// agreeable is an aws command to which AWS never says no; the users whom the plan names have the unique IDs that it
// names.
const agreeable = `#!/bin/sh
case $2 in
  get-caller-identity) echo 123456789012 ;;
  register-job-definition) jq -r '"arn:aws:batch:us-east-1:123456789012:job-definition/" + .jobDefinitionName + ":1"' "${4#file://}" ;;
  submit-job) for word; do case $word in file://*) jq -r '"id-of-" + .jobName' "${word#file://}" ;; esac; done ;;
  get-user) sed -n "/Shut out the user .*[/ ]${3#--user-name=} (AIDA/s/.*(\\(AIDA[A-Z0-9]*\\)).*/\\1/p" remove.sh ;;
esac
`

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{root: t.TempDir(), files: map[string]string{}, stop: func() {}}
	t.Cleanup(func() { w.stop() })
	w.environ = []string{
		"PATH=" + w.path("/usr/local/bin") + string(os.PathListSeparator) + os.Getenv("PATH"),
		"HOME=" + w.path("/home"), "XDG_CONFIG_HOME=" + w.path("/home/.config"), "COLUMNS=100", "TZ=UTC", "LC_ALL=C.UTF-8", "GOGC=" + laxly,
		"AWS_CONFIG_FILE=" + w.path("/home/aws-config"), "AWS_SHARED_CREDENTIALS_FILE=" + w.path("/home/aws-credentials"),
		"AWS_REGION=us-east-1", "AWS_EC2_METADATA_DISABLED=true",
		"GOCOVERDIR=" + t.TempDir(), // where sekisho is built to count coverage, it would say on stderr that this is missing
	}
	for _, folder := range []string{"/usr/local/bin", "/home", "/etc/sekisho", "/etc/systemd/system", "/etc/cron.d", "/var/lib/sekisho"} {
		if err := os.MkdirAll(w.path(folder), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	key := "aws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = not-a-secret\n"
	w.write(t, "/home/aws-credentials", "[prod]\n"+key+"[staging]\n"+key)
	// The time stands still, so that what is printed is the same each time.
	w.write(t, "/usr/local/bin/sekisho", "#!/bin/sh\nexec sekisho-at \"$@\"\n")
	w.write(t, "/usr/local/bin/date", "#!/bin/sh\n[ \"$*\" = '-u +%F' ] || exit 2\necho \"${SEKISHO_NOW%%T*}\"\n")
	w.write(t, "/usr/local/bin/aws", agreeable)
	return w
}

// path is where the world has a file of the page; a relative one is in the folder of the evidence.
func (w *world) path(name string) string {
	if !strings.HasPrefix(name, "/") {
		name = "/var/lib/sekisho/prod/" + name
	}
	return w.root + name
}

// ours replaces the folders that the page names by those of the world.
func (w *world) ours(text string) string {
	for _, folder := range []string{"/var/lib/sekisho", "/etc/sekisho", "/usr/local/bin"} {
		text = strings.ReplaceAll(text, folder, w.root+folder)
	}
	return text
}

func (w *world) write(t *testing.T, name, text string) {
	t.Helper()
	w.files[name] = text
	path := w.path(name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(w.ours(text)), 0o755); err != nil {
		t.Fatal(err)
	}
}

// on lets it be a time, at which AWS serves the demo account after some changes (gone=USER, no-devices=USER), or
// refuses (deny=ACTION, expired); or the demo organization (organization).
func (w *world) on(t *testing.T, now string, changes ...string) {
	t.Helper()
	w.stop()
	clock, err := time.Parse(time.RFC3339, now)
	if err != nil {
		t.Fatal(err)
	}
	// The account is that of the first day, grown older.
	s := emulator.Demo(firstDay)
	s.TakenAt = clock
	s.CredentialReport.Value.GeneratedAt = clock.Add(-2 * time.Hour)
	o := emulator.Options{Clock: func() time.Time { return clock }}
	serve := func() (string, func(), error) { return emulator.New(s, o).Start() }
	for _, change := range changes {
		name, value, _ := strings.Cut(change, "=")
		switch name {
		case "organization":
			of, err := emulator.NewOrganization(emulator.DemoOrganization(clock))
			if err != nil {
				t.Fatal(err)
			}
			serve = of.Start
		case "gone":
			deleteUser(s, value)
		case "no-devices":
			deleteDevices(s, value)
		case "deny":
			o.Deny = append(o.Deny, value)
		case "expired":
			o.Faults = append(o.Faults, emulator.Fault{Action: "sts:GetCallerIdentity", Kind: emulator.ExpiredToken})
		default:
			t.Fatalf("got the change %q, which is none", change)
		}
	}
	endpoint, stop, err := serve()
	if err != nil {
		t.Fatal(err)
	}
	w.stop = stop
	w.environ = slices.DeleteFunc(w.environ, func(v string) bool {
		return strings.HasPrefix(v, "AWS_ENDPOINT_URL=") || strings.HasPrefix(v, "SEKISHO_NOW=")
	})
	w.environ = append(w.environ, "AWS_ENDPOINT_URL="+endpoint, "SEKISHO_NOW="+now)
}

// between parts what the commands of a block print.
const between = "\x1e"

// console runs commands in one shell, and returns them with what they print.
func (w *world) console(t *testing.T, commands []string) string {
	t.Helper()
	var script strings.Builder
	script.WriteString("status=0\n")
	for _, command := range commands {
		fmt.Fprintf(&script, "printf '\\036'\n(exit $status)\n%s\nstatus=$?\n", command)
	}
	text, _ := w.run(t, script.String())
	printed := strings.Split(text, between)[1:]
	var out strings.Builder
	for i, command := range commands {
		fmt.Fprintf(&out, "$ %s\n", command)
		if i < len(printed) {
			out.WriteString(printed[i])
		}
	}
	return out.String()
}

// run has sh run a script in the folder of the evidence, if there is one yet, and returns what it prints on stdout and
// stderr.
func (w *world) run(t *testing.T, script string) (string, int) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "sh", "-c", w.ours(script))
	cmd.Env, cmd.Dir = w.environ, w.root
	if _, err := os.Stat(w.path("")); err == nil {
		cmd.Dir = w.path("")
	}
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil {
		t.Fatalf("running %s: %v\n%s", script, err, out)
	}
	return emulated.ReplaceAllString(strings.ReplaceAll(string(out), w.root, ""), ""), cmd.ProcessState.ExitCode()
}

// mainAt is main at the time that SEKISHO_NOW names.
func mainAt() {
	now, err := time.Parse(time.RFC3339, os.Getenv("SEKISHO_NOW"))
	if err != nil {
		panic(err)
	}
	sys := process()
	sys.now = func() time.Time { return now }
	sys.environ = slices.DeleteFunc(sys.environ, func(v string) bool { return strings.HasPrefix(v, "SEKISHO_NOW=") })
	os.Exit(run(context.Background(), os.Args[1:], sys))
}
