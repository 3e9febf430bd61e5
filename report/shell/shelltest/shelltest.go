// Package shelltest runs scripts that call the aws command, in tests, with a stand-in for it.
package shelltest

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Hostile are names with which somebody would like to have a script do something else.
var Hostile = []string{
	"alice", "al'ice", `a"b`, "$(touch pwned)", "`touch pwned`", "a\ntouch pwned\n", "a\r\ntouch pwned", "'; touch pwned; '", `\'; touch pwned #`, "-yes", "--yes", "a b  c",
	"*", "a\\nb", "%s%n", "!x", "a\x1b[2Jb", "ゆき\u202e", "$yes", "$mode", "; exit 0", "\tx", "EOF", "# x", "a'\n'b", `a\`, "~", "{a,b}", "a&b|c>pwned",
}

// aws notes its arguments, answers what scripts ask, and fails as it is told: an operation, for somebody of a name or for
// all.
const aws = `#!/bin/sh
for argument in "$@"; do printf '%s\0' "$argument"; done >>"$LOG"
printf '\1' >>"$LOG"
case "$1 $2" in
  'sts get-caller-identity') echo "${ACCOUNT-123456789012}" ;;
  'iam get-user') echo 'PythonDeprecationWarning: old' >&2; echo "${USER_ID-AIDACKCEVSQ6C2EXAMPLE}" ;;
  'iam get-policy') echo "${VERSION-v7}" ;;
esac
case " $* " in
  *" iam $FAIL "*"${OF-}"*) echo "An error occurred ($CODE) when calling the X operation: ${MESSAGE-no}" >&2; exit 254 ;;
esac
`

// Result is what came of a script: how it called the aws command, and what it printed.
type Result struct {
	Calls  [][]string
	Output string
	Status int
}

// Run runs a script in a folder of its own, without a terminal. What it does beside calling the aws command is an error.
func Run(dir string, script []byte, environment []string, arguments ...string) (Result, error) {
	for name, content := range map[string][]byte{"plan.sh": script, "aws": []byte(aws)} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o700); err != nil {
			return Result{}, err
		}
	}
	cmd := exec.Command("sh", append([]string{"plan.sh"}, arguments...)...)
	cmd.Dir = dir
	cmd.Env = append([]string{"PATH=" + dir + string(os.PathListSeparator) + os.Getenv("PATH"), "LOG=" + filepath.Join(dir, "log"), "FAIL=", "CODE="}, environment...)
	out, err := cmd.CombinedOutput()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		return Result{}, err
	}
	if files, _ := filepath.Glob(filepath.Join(dir, "pwned*")); len(files) > 0 {
		return Result{}, errors.New("the script made " + strings.Join(files, " ") + ", want no such file")
	}
	got := Result{Output: string(out), Status: cmd.ProcessState.ExitCode()}
	log, err := os.ReadFile(filepath.Join(dir, "log"))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return Result{}, err
	}
	for call := range bytes.SplitSeq(bytes.TrimSuffix(log, []byte("\x01")), []byte("\x01")) {
		if len(call) > 0 {
			got.Calls = append(got.Calls, strings.Split(strings.TrimSuffix(string(call), "\x00"), "\x00"))
		}
	}
	return got, nil
}

// Shellcheck has shellcheck read a script, and returns what it has to say. Without that program it says so by exec.ErrNotFound.
func Shellcheck(script []byte) (string, error) {
	cmd := exec.Command("shellcheck", "--shell=sh", "-")
	cmd.Stdin = bytes.NewReader(script)
	out, err := cmd.CombinedOutput()
	return string(out), err
}
