package rules_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"sekisho/audit"
	"sekisho/audit/account"
	"sekisho/audit/message"
	"sekisho/audit/rules"
)

var update = flag.Bool("update", false, "rewrite the expectations of testdata/rules")

const archives = "../../testdata/rules"

// ruleCase is one file of an archive. Its name is "KIND: what it shows"; its lines set an account up and, after an
// empty line, say what the rule answers.
type ruleCase struct {
	rule             *audit.Rule
	name, kind       string
	lines, wantLines string
}

// kinds are the kinds of cases, with what a case of that kind must show.
var kinds = map[string]func(tally) bool{
	"passing":        func(n tally) bool { return n["pass"] > 0 && n["fail"]+n["unknown"] == 0 },
	"failing":        func(n tally) bool { return n["fail"] > 0 },
	"not read":       func(n tally) bool { return n["unknown"] > 0 },
	"not applicable": func(n tally) bool { return n["n/a"] > 0 && n["fail"]+n["unknown"] == 0 },
	"trap":           func(n tally) bool { return len(n) > 0 },
}

// tally counts answers by their first word.
type tally map[string]int

func TestArchives(t *testing.T) {
	t.Parallel()
	for _, rule := range rules.Catalogue() {
		path := filepath.Join(archives, rule.ID+".txtar")
		archive, err := txtar.ParseFile(path)
		if err != nil {
			t.Errorf("rule %s has no archive: %v", rule.ID, err)
			continue
		}
		seen := map[string]bool{}
		for i := range archive.Files {
			file := &archive.Files[i]
			c := parseCase(t, rule, file)
			seen[c.kind] = true
			t.Run(rule.ID+"/"+c.name, func(t *testing.T) {
				got, n := c.answer(t)
				if *update {
					file.Data = []byte(strings.TrimPrefix(c.lines+"\n\n"+got, "\n"))
				} else if got != c.wantLines {
					t.Errorf("got:\n%s\nwant:\n%s", got, c.wantLines)
				}
				if !kinds[c.kind](n) {
					t.Errorf("got answers that don't make a case of the kind %q:\n%s", c.kind, got)
				}
			})
		}
		for _, kind := range []string{"passing", "failing", "not read"} {
			if !seen[kind] {
				t.Errorf("rule %s has no case of the kind %q", rule.ID, kind)
			}
		}
		if says := strings.Contains(rule.How, "Not applicable"); says != seen["not applicable"] {
			t.Errorf("rule %s: its How speaks of what it is not applicable to: %t; its archive has such a case: %t", rule.ID, says, seen["not applicable"])
		}
		if *update {
			if err := os.WriteFile(path, txtar.Format(archive), 0o644); err != nil {
				t.Error(err)
			}
		}
	}
}

func TestEveryArchiveHasARule(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join(archives, "*"))
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Fatal("got no archives")
	}
	for _, file := range files {
		id := strings.TrimSuffix(filepath.Base(file), ".txtar")
		if !slices.ContainsFunc(rules.Catalogue(), func(r *audit.Rule) bool { return r.ID == id }) {
			t.Errorf("%s is of no rule", file)
		}
	}
}

// TestEveryVerdictNamesItsSource holds where the lists are whole: what was seen on a list that broke off has no answer
// of its own to name.
func TestEveryVerdictNamesItsSource(t *testing.T) {
	t.Parallel()
	eachCase(t, func(t *testing.T, c ruleCase) {
		if strings.Contains(c.lines, "torn ") {
			return
		}
		report, _ := c.evaluate(t)
		for _, f := range report.Findings {
			if f.Status == audit.StatusFail && len(f.Evidence) == 0 {
				t.Errorf("got no evidence for %s %s", audit.Short(f.Resource, f.Item), f.Message)
			}
		}
		for _, passed := range report.Passed {
			if len(passed.Sources) == 0 {
				t.Errorf("got no sources for the passes %v", passed.Resources)
			}
		}
	})
}

func eachCase(t *testing.T, check func(*testing.T, ruleCase)) {
	t.Helper()
	for _, rule := range rules.Catalogue() {
		archive, err := txtar.ParseFile(filepath.Join(archives, rule.ID+".txtar"))
		if err != nil {
			t.Fatal(err)
		}
		for i := range archive.Files {
			c := parseCase(t, rule, &archive.Files[i])
			t.Run(rule.ID+"/"+c.name, func(t *testing.T) {
				t.Parallel()
				check(t, c)
			})
		}
	}
}

func parseCase(t *testing.T, rule *audit.Rule, file *txtar.File) ruleCase {
	t.Helper()
	kind, _, ok := strings.Cut(file.Name, ": ")
	if !ok || kinds[kind] == nil {
		t.Fatalf("rule %s: got a case %q, want \"KIND: what it shows\" with a kind of passing, failing, not read, not applicable, trap", rule.ID, file.Name)
	}
	lines, want, _ := strings.Cut("\n"+string(file.Data), "\n\n")
	return ruleCase{rule: rule, name: file.Name, kind: kind, lines: strings.TrimSpace(lines), wantLines: want}
}

func (c ruleCase) evaluate(t *testing.T) (*audit.Report, []account.Want) {
	t.Helper()
	s, options := c.setUp(t)
	return audit.Evaluate(s, []*audit.Rule{c.rule}, options)
}

func (c ruleCase) setUp(t *testing.T) (*account.Snapshot, audit.Options) {
	t.Helper()
	s, changed, settings := build(t, c.lines)
	options := audit.Options{Thresholds: audit.DefaultThresholds(), Settings: settings}
	data, err := json.Marshal(changed)
	if err == nil {
		err = json.Unmarshal(data, &options.Thresholds)
	}
	if err != nil {
		t.Fatal(err)
	}
	return s, options
}

// answer renders what the rule says of the case, a line a verdict, and what it wants to know yet.
func (c ruleCase) answer(t *testing.T) (string, tally) {
	t.Helper()
	report, wants := c.evaluate(t)
	n := tally{}
	var lines []string
	add := func(word, format string, args ...any) {
		n[word]++
		lines = append(lines, word+" "+fmt.Sprintf(format, args...))
	}
	for _, f := range report.Findings {
		resource := audit.Short(f.Resource, f.Item)
		if f.Status == audit.StatusUnknown {
			add("unknown", "%s %s", resource, strconv.Quote(f.Message))
			continue
		}
		line := fmt.Sprintf("%s %s %s", resource, f.Severity, strconv.Quote(f.Message))
		for _, note := range f.Remarks() {
			line += " note " + strconv.Quote(note.String())
		}
		add("fail", "%s", line)
	}
	for _, resource := range report.Passed[c.rule.ID].Resources {
		add("pass", "%s", resource)
	}
	for _, group := range report.NotApplicable[c.rule.ID] {
		for _, resource := range group.Resources {
			add("n/a", "%s: %s", resource, group.Reason)
		}
	}
	slices.SortStableFunc(lines, func(x, y string) int { return order(x) - order(y) })
	for _, w := range wants {
		lines = append(lines, strings.TrimSpace(fmt.Sprintf("want %s %s", w.Section, w.User)))
	}
	return strings.Join(lines, "\n") + "\n", n
}

func order(line string) int {
	word, _, _ := strings.Cut(line, " ")
	return slices.Index([]string{"fail", "unknown", "pass", "n/a"}, word)
}

// TestMessagesAreShort holds that a finding is one short sentence, however long the names in it are; one that tells
// several steps has as many parts.
func TestMessagesAreShort(t *testing.T) {
	t.Parallel()
	eachCase(t, func(t *testing.T, c ruleCase) {
		report, _ := c.evaluate(t)
		for _, f := range report.Findings {
			if text := shortNames(f.Text).(message.Message).String(); f.Status == audit.StatusFail && len([]rune(text)) > 100+50*strings.Count(text, "; ") {
				t.Errorf("got %d characters, want 100 or fewer, and 50 for each step more: %s", len([]rune(text)), text)
			}
		}
	})
}

// shortNames cuts the names among a message's arguments to 20 characters.
func shortNames(arg any) any {
	switch v := arg.(type) {
	case string:
		return string([]rune(v)[:min(20, len([]rune(v)))])
	case message.Message:
		cut := message.Message{Format: v.Format}
		for _, a := range v.Args {
			cut.Args = append(cut.Args, shortNames(a))
		}
		return cut
	case message.List:
		cut := message.List{More: v.More}
		for _, item := range v.Items {
			cut.Items = append(cut.Items, shortNames(item))
		}
		return cut
	}
	return arg
}

// What a rule says of an account is the same in every partition, but that its ARNs are of the account's. Root's rules have
// cases of their own.
func TestVerdictsNameThePartition(t *testing.T) {
	t.Parallel()
	eachCase(t, func(t *testing.T, c ruleCase) {
		if c.kind != "failing" || c.rule.Category == audit.CategoryRoot || strings.Contains(c.lines, "partition ") {
			return
		}
		c.lines += "\npartition aws-us-gov"
		if got, _ := c.answer(t); got != strings.ReplaceAll(c.wantLines, "arn:aws:", "arn:aws-us-gov:") {
			t.Errorf("got:\n%s\nwant but for the partition:\n%s", got, c.wantLines)
		}
		report, _ := c.evaluate(t)
		var text strings.Builder
		if err := json.NewEncoder(&text).Encode(report); err != nil {
			t.Fatal(err)
		}
		if _, after, found := strings.Cut(text.String(), "arn:aws:"); found {
			t.Errorf("got arn:aws:%.60s…, want ARNs of aws-us-gov alone", after)
		}
	})
}
