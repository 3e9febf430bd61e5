package shell_test

import (
	"strings"
	"testing"
	"time"

	"sekisho/audit"
	"sekisho/audit/emulator"
	"sekisho/audit/rules"
	"sekisho/report/shell"
)

// TestStepsOfTheDemoAccount looks at what a report tells of the fixes: names and IDs that are the account's own, a way
// through the console where there is no command, nothing of what is unknown, and of each rule no more than can be read.
func TestStepsOfTheDemoAccount(t *testing.T) {
	t.Parallel()
	r, on, _ := audit.Judge(emulator.Demo(time.Date(2026, 11, 22, 5, 0, 0, 0, time.UTC)), rules.Catalogue(), audit.Options{Thresholds: audit.DefaultThresholds(), Depth: audit.DepthDeep})
	many := r.Findings[0]
	for range shell.MostOfRule + 5 {
		r.Findings = append(r.Findings, many)
	}
	r.Findings[1].Status = audit.StatusUnknown
	shell.Tell(r, on, rules.Catalogue())
	commands, told := 0, 0
	for _, f := range r.Findings {
		if f.Rule == many.Rule && len(f.Steps) > 0 {
			told++
		}
		for _, s := range f.Steps {
			if s.Message == "" || s.Message != s.Text.String() {
				t.Errorf("%s of %s: got the step %+v, want its words", f.Rule, f.Resource, s)
			}
			if s.Command == "" {
				continue
			}
			if commands++; !strings.HasPrefix(s.Command, "aws ") || strings.Contains(s.Command, "KEYID") {
				t.Errorf("%s of %s: got the command %q, want one with real values", f.Rule, f.Resource, s.Command)
			}
		}
	}
	if commands < 50 || told != shell.MostOfRule || len(r.Findings[1].Steps) > 0 {
		t.Errorf("got %d commands, steps for %d findings of one rule and %v for what is unknown, want 50 at least, %d and none", commands, told, r.Findings[1].Steps, shell.MostOfRule)
	}
}
