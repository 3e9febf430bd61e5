package main

import (
	"bytes"
	"crypto/ed25519"
	"encoding/pem"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/crypto/ssh"

	"sekisho/audit/emulator"
)

// Flags that name what is written. All others that name a file are read, and so is the plan of whatif.
var writing = []string{"output", "save", "evidence", "plan"}

func writes(cmd *cobra.Command, flag string) bool {
	return slices.Contains(writing, flag) && (flag != "plan" || cmd.Name() == "offboard")
}

// What a command line wants beside the flags that are tried. SNAPSHOT and the like are files of that content.
var fileLines = map[string]string{
	"sekisho audit":                     "--from SNAPSHOT",
	"sekisho inventory":                 "--from SNAPSHOT",
	"sekisho access paths":              "--from SNAPSHOT",
	"sekisho access can":                "role/ci s3:GetObject --resource arn:aws:s3:::b --from SNAPSHOT",
	"sekisho access who-can":            "s3:GetObject --resource arn:aws:s3:::b --from SNAPSHOT",
	"sekisho offboard":                  "alice --from SNAPSHOT",
	"sekisho diff":                      "SNAPSHOT SNAPSHOT",
	"sekisho trend":                     "SNAPSHOT",
	"sekisho whatif":                    "--from SNAPSHOT --delete-user machine-00001",
	"sekisho plan":                      "--from SNAPSHOT",
	"sekisho fleet audit":               "--demo",
	"sekisho fleet plan":                "--output RUN",
	"sekisho fleet run":                 "RUN",
	"sekisho fleet merge":               "RUN",
	"sekisho fleet diff":                "RUN RUN",
	"sekisho fleet inventory":           "RUN",
	"sekisho fleet offboard":            "alice --demo",
	"sekisho fleet manifest kubernetes": "--image i --run s3://example-runs --service-account s",
	"sekisho fleet manifest batch":      "--image i --run s3://example-runs --job-queue q --job-role arn:aws:iam::123456789012:role/a --execution-role arn:aws:iam::123456789012:role/b",
	"sekisho fleet manifest stepfunctions": "--image i --run s3://example-runs --cluster c --subnet subnet-01234567 --security-group sg-01234567 " +
		"--task-role arn:aws:iam::123456789012:role/a --execution-role arn:aws:iam::123456789012:role/b",
	"sekisho evidence verify": "SNAPSHOT",
	"sekisho rules":           "",
	"sekisho permissions":     "",
	"sekisho policy":          "POLICY",
	"sekisho policy can":      "POLICY --action s3:GetObject",
	"sekisho policy new":      "",
}

// namesFile tells it by what a shell offers and by the usage.
func namesFile(t *testing.T, cmd *cobra.Command, flag *pflag.Flag) bool {
	t.Helper()
	offer, ok := cmd.GetFlagCompletionFunc(flag.Name)
	if !ok {
		return false
	}
	_, directive := offer(cmd, nil, "")
	if directive == cobra.ShellCompDirectiveFilterDirs {
		return false
	}
	name, usage := pflag.UnquoteUsage(flag)
	return directive&cobra.ShellCompDirectiveNoFileComp == 0 || strings.HasSuffix(name, "FILE") || strings.Contains(usage, " in a file")
}

// In every command, each file that is written is refused where it is one that is read, or another that is written, by a
// hard link to it; and both are left as they are. Which flags name files is told by the commands themselves.
func TestNoOutputIsAnotherFileOfTheRun(t *testing.T) {
	t.Parallel()
	contents := fileContents(t)
	seen := 0
	walk(rootCommand(process()), func(cmd *cobra.Command) {
		cmd.SetContext(t.Context())
		var uses []string // flags, and places among the words of the line
		cmd.LocalFlags().VisitAll(func(flag *pflag.Flag) {
			if namesFile(t, cmd, flag) {
				uses = append(uses, flag.Name)
			}
		})
		path := cmd.CommandPath()
		if len(uses) == 0 {
			return
		}
		line, ok := fileLines[path]
		if !ok {
			t.Errorf("got files named by %s (%v), want its command line in this test", path, uses)
			return
		}
		if _, directive := cmd.ValidArgsFunction(cmd, nil, ""); directive&cobra.ShellCompDirectiveNoFileComp == 0 && directive != cobra.ShellCompDirectiveFilterDirs {
			for i, word := range strings.Fields(line) {
				if contents[word] != "" {
					uses = append(uses, strconv.Itoa(i))
				}
			}
		}
		seen++
		for _, out := range uses {
			for _, other := range uses {
				// Requests are answered on stdout alone.
				if writes(cmd, out) && (out != other || out == "output") && other != "requests" {
					wantRefused(t, cmd, line, contents, out, other)
				}
			}
		}
	})
	if seen != len(fileLines) {
		t.Errorf("got %d commands that name files, want %d", seen, len(fileLines))
	}
}

// wantRefused calls a command with the same file as an output and for something else.
func wantRefused(t *testing.T, cmd *cobra.Command, line string, contents map[string]string, out, other string) {
	t.Helper()
	folder, aside := t.TempDir(), t.TempDir()
	place := func(folder, name, content string) string {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	kind, words := other, strings.Fields(line)
	argument, err := strconv.Atoi(other)
	if err == nil {
		kind = words[argument]
	}
	isArgument := err == nil
	content, ok := contents[kind]
	if !ok && !writes(cmd, kind) {
		t.Errorf("%s: got no content of a file for %q, want it in this test", cmd.CommandPath(), kind)
		return
	}
	read, written := place(folder, "read", content), filepath.Join(folder, "written")
	if err := os.Link(read, written); err != nil {
		t.Fatal(err)
	}
	named := func(flag, path string) []string {
		if flag == "output" {
			path = cmd.Flags().Lookup("format").Annotations[formatsOf][0] + ":" + path
		}
		return []string{"--" + flag, path}
	}
	for i, word := range words {
		if kind, ok := contents[word]; ok {
			words[i] = place(aside, word, kind)
		}
	}
	if i := slices.Index(words, "--"+other); i >= 0 {
		words = slices.Delete(words, i, i+2)
	}
	if isArgument {
		words[argument] = read
	} else {
		words = append(words, named(other, read)...)
	}
	words = append(words, named(out, written)...)
	if other == "sign" && out != "evidence" {
		words = append(words, "--evidence", filepath.Join(aside, "evidence.zip"))
	}
	words = append(strings.Fields(cmd.CommandPath())[1:], words...)
	status, stdout, stderr := called(t, nil, words...)
	if status != statusUsage || stdout != "" || !regexp.MustCompile(`(and .* with the same file|with the file .* twice)`).MatchString(stderr) {
		t.Errorf("%q: got exit status %d, %q and %q, want the file refused", words, status, stdout, stderr)
	}
	for _, path := range []string{read, written} {
		if data, err := os.ReadFile(path); err != nil || string(data) != content {
			t.Errorf("%q: got %.40q and %v in %s, want what was there", words, data, err, path)
		}
	}
	for _, folder := range []string{folder, aside} {
		if left, err := filepath.Glob(filepath.Join(folder, ".*")); err != nil || len(left) > 0 {
			t.Errorf("%q: got %v and %v left over, want nothing", words, left, err)
		}
	}
}

// fileContents are of files that can be read, by the flag, or the word of a line, that names them.
func fileContents(t *testing.T) map[string]string {
	t.Helper()
	private := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{9}, ed25519.SeedSize))
	block, err := ssh.MarshalPrivateKey(private, "")
	if err != nil {
		t.Fatal(err)
	}
	public, err := ssh.NewPublicKey(private.Public())
	if err != nil {
		t.Fatal(err)
	}
	var snapshot strings.Builder
	if err := emulator.Company(3, time.Now()).Write(&snapshot); err != nil {
		t.Fatal(err)
	}
	const policy = `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}`
	everyones := strings.Replace(policy, `"Action"`, `"Principal": "*", "Action"`, 1)
	return map[string]string{
		"SNAPSHOT": snapshot.String(), "from": snapshot.String(), "baseline": snapshot.String(), "since": snapshot.String(),
		"accounts": "123456789012\n", "exclude": "123456789012\n",
		"config": "fail_on: low\n", "leavers": "user\nalice\n", "staff": "user\nbob\n", "POLICY": policy, "boundary": policy,
		"password-policy": `{"MinimumPasswordLength": 16}`,
		"plan":            `{"schema": "sekisho/plan/v1"}`,
		"scp":             policy, "session-policy": policy, "resource-policy": everyones, "rcp": strings.Replace(everyones, "Allow", "Deny", 1),
		"sign": string(pem.EncodeToMemory(block)), "allowed-signers": "alice@example.com " + string(ssh.MarshalAuthorizedKey(public)),
	}
}

// What AWS's own configuration says is read, too, by the SDK.
func TestNoOutputIsTheAWSConfiguration(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "AWS_CA_BUNDLE", "AWS_WEB_IDENTITY_TOKEN_FILE", "HOME"} {
		home := t.TempDir()
		path, variable := filepath.Join(home, ".aws", "config"), home
		if name != "HOME" {
			variable = path
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("[default]\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		status, _, stderr := called(t, []string{name + "=" + variable}, "audit", "--save", path)
		data, err := os.ReadFile(path)
		if status != statusUsage || !strings.Contains(stderr, "and --save with the same file") || err != nil || string(data) != "[default]\n" {
			t.Errorf("%s: got exit status %d, %q, %q and %v, want the file refused", name, status, stderr, data, err)
		}
	}
}

// Files are opened, made and removed by the register of the run's files alone, so that no command can forget it.
func TestFilesAreOpenedThroughTheRegister(t *testing.T) {
	t.Parallel()
	harmless := []string{
		"Args", "Environ", "Exit", "Getenv", "Stdin", "Stdout", "Stderr", "File", "Signal", "Interrupt", "UserConfigDir",
	}
	besides := []string{"cmd/sekisho/terminal.go: OpenFile", "cmd/sekisho/terminal.go: O_RDWR"} // of /dev/tty
	for _, top := range []string{"cmd", "report", "config"} {
		err := filepath.WalkDir(filepath.Join("..", "..", top), func(path string, entry os.DirEntry, err error) error {
			if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			place := filepath.ToSlash(strings.TrimPrefix(path, filepath.Join("..", "..")+string(filepath.Separator)))
			// But for the register itself: what tests alone use, and what makes files of the sources.
			if slices.ContainsFunc([]string{"report/files/", "report/shell/shelltest/", "cmd/sekisho/internal/"}, func(other string) bool { return strings.HasPrefix(place, other) }) {
				return nil
			}
			parsed, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
			if err != nil {
				return err
			}
			ast.Inspect(parsed, func(n ast.Node) bool {
				selected, ok := n.(*ast.SelectorExpr)
				if !ok {
					return true
				}
				if of, ok := selected.X.(*ast.Ident); ok && of.Name == "os" && !slices.Contains(harmless, selected.Sel.Name) && !slices.Contains(besides, place+": "+selected.Sel.Name) {
					t.Errorf("got os.%s in %s, want the run's files.Set to open it", selected.Sel.Name, place)
				}
				return true
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}
