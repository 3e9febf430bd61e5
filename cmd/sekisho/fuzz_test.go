package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Every fuzz target runs, and none fails but for a finding: a race of Go's at the end of the time is told from it by all
// that is said, so that it hides none.
func TestFuzzTellsFindings(t *testing.T) {
	t.Parallel()
	bash := needs(t, "bash")
	const race = "fuzz: elapsed: 10s, execs: 5 (0/sec), new interesting: 0 (total: 2)\n--- FAIL: TARGET (10.08s)\n    context deadline exceeded\nFAIL\nexit status 1\nFAIL\tsekisho/x\t10.1s\n"
	// What go says of one target after the other, and what the script makes of it.
	cases := []struct{ says, verdict string }{
		{"ok  \tsekisho/x\t10.1s\n", ""},
		{race, "-- no finding: the time was over"},
		{strings.Replace(race, "    context deadline exceeded", "    --- FAIL: TARGET (0.00s)\n        x_test.go:1: got a, want b\n    \n    Failing input written to testdata/fuzz/TARGET/1", 1), "FAILED"},
		{strings.Replace(race, "deadline exceeded\n", "deadline exceeded\n    Failing input written to testdata/fuzz/TARGET/1\n", 1), "FAILED"},
		{strings.Replace(race, "    context", "    x_test.go:1: context", 1), "FAILED"},
		{strings.Replace(race, "TARGET", "FuzzOther", 1), "FAILED"},
		{"FAIL\n", "FAILED"},
		{"# sekisho/x\nx.go:1:1: syntax error\nFAIL\tsekisho/x [build failed]\n", "FAILED"},
	}
	dir := t.TempDir()
	put := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for i, c := range cases {
		put(fmt.Sprint(i), c.says)
	}
	put("count", "0")
	put("go", `#!/bin/sh
target=${5#^} n=$(cat "$DIR/count")
echo "TARGET ${target%?} $7 $8" >>"$DIR/log"
echo $((n + 1)) >"$DIR/count"
[ -e "$DIR/$n" ] || exit 0
sed "s/TARGET/${target%?}/" "$DIR/$n"
if [ "$n" -gt 0 ]; then exit 1; fi
`)
	for _, known := range []bool{false, true} {
		if known { // the race alone, which is no failure
			put("count", "0")
			for i := range cases {
				put(fmt.Sprint(i), "")
			}
			put("1", race)
			put("go", strings.Replace(read(t, dir, "go"), `"$n" -gt 0`, `"$n" -eq 1`, 1))
		}
		cmd := exec.Command(bash, filepath.Join("..", "..", ".ci", "fuzz"))
		cmd.Env = append(os.Environ(), "DIR="+dir, "PATH="+dir+string(os.PathListSeparator)+os.Getenv("PATH"), "FUZZTIME=7x")
		out, err := cmd.CombinedOutput()
		if failed := cmd.ProcessState.ExitCode() == 1; failed == known {
			t.Errorf("got %v and %s\nwant exit status 1 where there is a finding, else 0", err, out)
		}
		told := strings.Split(string(out), "== ")[1:]
		for i, c := range cases {
			if !known && strings.Contains(told[i], "-- ") != (c.verdict != "") || !known && !strings.Contains(told[i], c.verdict) {
				t.Errorf("got %s\nwant %q of it", told[i], c.verdict)
			}
		}
		for _, want := range []string{"FuzzPlan 7x ./report/offboard\n", "FuzzRead 7x ./audit/evidence\n", "FuzzRead 7x ./audit/clifiles\n", "FuzzParse 7x ./audit/policy\n"} {
			if log := read(t, dir, "log"); !strings.Contains(log, "TARGET "+want) {
				t.Errorf("got the targets\n%s\nwant %s among them", log, want)
			}
		}
	}
}
