package main

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"sekisho/audit/emulator"
	"sekisho/report"
	reportaccess "sekisho/report/access"
	reportinventory "sekisho/report/inventory"
	reportoffboard "sekisho/report/offboard"
	reportplan "sekisho/report/plan"
)

// What is written about an account names ARNs as they are in its partition, in every format: its own answers hold no
// others, so any other is ours.
func TestOutputsNameThePartition(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 5, 0, 0, 0, time.UTC)
	var demo bytes.Buffer
	if err := emulator.Demo(now).Write(&demo); err != nil {
		t.Fatal(err)
	}
	for _, partition := range []string{"aws-cn", "aws-us-gov"} {
		t.Run(partition, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			file, plan := filepath.Join(folder, "s.json"), filepath.Join(folder, "plan.sh")
			text := strings.ReplaceAll(strings.ReplaceAll(demo.String(), "arn:aws:", "arn:"+partition+":"), `"partition": "aws"`, `"partition": "`+partition+`"`)
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			told := 0
			look := func(args []string, text string) {
				for line := range strings.Lines(text) {
					if told += strings.Count(line, "arn:"+partition+":"); strings.Contains(line, "arn:aws:") {
						t.Errorf("%v: got %s, want no ARN of another partition", args, strings.TrimSpace(line))
					}
				}
			}
			tell := func(args ...string) {
				status, stdout, stderr := called(t, []string{"COLUMNS=200"}, append(args, "--from", file)...)
				if status == 1 || status == 2 {
					t.Errorf("%v: got exit status %d: %s", args, status, stderr)
				}
				look(args, stdout+stderr)
			}
			inAll := func(formats []string, args ...string) {
				outputs := slices.Clone(args)
				for _, format := range formats {
					outputs = append(outputs, "-o", format+":"+filepath.Join(folder, format))
				}
				tell(outputs...)
				for _, format := range formats {
					look(append(args, format), read(t, folder, format))
				}
			}
			formats := report.Formats().Names()
			if partition != "aws-cn" {
				formats = []string{"json"} // of which the others are made
			}
			inAll(formats, "audit", "--rules", "*")
			inAll(reportinventory.Formats().Names(), "inventory")
			inAll(reportaccess.Formats().Names(), "access", "paths", "user/sato.yuki")
			inAll(reportoffboard.Formats().Names(), "offboard", "sato.yuki", "log-shipper")
			inAll(reportplan.Formats().Names(), "plan", "--goal", "all")
			tell("offboard", "sato.yuki", "--plan", plan)
			tell("offboard", "sato.yuki", "--device-only")
			if script, err := os.ReadFile(plan); err != nil || strings.Contains(string(script), "arn:aws:") {
				t.Errorf("got a plan (%v) with ARNs of another partition, want none:\n%s", err, script)
			}
			if told == 0 {
				t.Error("got no ARN at all, want those of the account")
			}
		})
	}
}
