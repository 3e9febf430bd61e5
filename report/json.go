package report

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"sekisho/audit"
	"sekisho/audit/access"
	"sekisho/audit/lists"
	"sekisho/report/sanitize"
)

// Schema is the JSON Schema (2020-12) of what [JSON] writes. It describes every key and, as later versions may add
// some, allows others.
//
//go:embed report.schema.json
var Schema []byte

// JSON writes the report as the contract has it: keys in a fixed order, so that the same report gives the same bytes.
// Objects and lists are spread over lines down to a finding's or a user's keys; what is deeper stays on one line, for
// the report of an account of 5,000 users would double otherwise. Characters that mean something in HTML, and those
// that nobody sees, are escaped.
func JSON(w io.Writer, r *audit.Report) error {
	return sanitize.WriteJSONLines(w, "the report", r, linesOf)
}

// linesOf says how many levels of a report begin new lines: the report, a list in it, an entry's keys. What it says of
// MFA, an entry for every user, takes a line a user; a framework, a line a recommendation.
func linesOf(key string) int {
	switch key {
	case "mfa_enforcement":
		return 2
	case "frameworks", "access_paths":
		return 4
	}
	return 3
}

// requiredKeys are the keys without which a report can't be rendered: one that lost its findings would look like a
// clean account.
var requiredKeys = []string{
	"schema", "tool", "account", "caller", "taken_at", "credential_report_at", "configuration", "security_status", "summary", "rules",
	"not_selected", "findings", "passed", "not_applicable", "users", "gaps", "calls",
}

// ReadJSON reads a report that [JSON] wrote. Another schema, a torn file, one with something behind its end, a lacking
// part, and counts that don't agree with the findings are errors; keys it doesn't know, which a later version may add,
// are not.
func ReadJSON(r io.Reader) (*audit.Report, error) {
	report, err := readJSON(r)
	if err != nil {
		return nil, fmt.Errorf("reading a report: %w", err)
	}
	return report, nil
}

func readJSON(r io.Reader) (*audit.Report, error) {
	data, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	var report audit.Report
	err = json.Unmarshal(data, &report)
	if err != nil || report.Schema != audit.ReportSchema || len(lacking(topKeys(data))) > 0 {
		err = refusal(data, err) // what else is wrong with it may say more
	}
	if err == nil {
		err = agree(&report)
	}
	if err != nil {
		return nil, err
	}
	return &report, nil
}

// topKeys are the keys of an object, as they are written, in JSON that is valid.
func topKeys(data []byte) []string {
	var keys []string
	depth := 0
	for i := 0; i < len(data); i++ {
		switch data[i] {
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		case '"':
			begin := i + 1
			for i = begin; data[i] != '"'; i++ {
				if data[i] == '\\' {
					i++
				}
			}
			if depth == 1 && bytes.HasPrefix(bytes.TrimLeft(data[i+1:], " \t\r\n"), []byte{':'}) {
				keys = append(keys, string(data[begin:i]))
			}
		}
	}
	return keys
}

func lacking(keys []string) []string {
	return slices.DeleteFunc(slices.Clone(requiredKeys), func(key string) bool { return slices.Contains(keys, key) })
}

// refusal says why a report can't be used of which reading gave this error, or none.
func refusal(data []byte, read error) error {
	var keys map[string]json.RawMessage
	if err := json.Unmarshal(data, &keys); err != nil {
		return explain(data, err)
	}
	var schema string
	if raw, ok := keys["schema"]; !ok || json.Unmarshal(raw, &schema) != nil {
		return fmt.Errorf("got JSON without a schema, want schema %q", audit.ReportSchema)
	}
	if schema != audit.ReportSchema {
		return fmt.Errorf("got schema %q, want %q", schema, audit.ReportSchema)
	}
	if lack := lacking(slices.Collect(maps.Keys(keys))); len(lack) > 0 {
		return fmt.Errorf("got a report without %s", strings.Join(lack, ", "))
	}
	return explain(data, read)
}

// agree checks every number of the report against what it counts.
func agree(r *audit.Report) error {
	sum := audit.Summary{FailedBySeverity: map[string]int{}}
	rules := map[string]*audit.RuleResult{}
	rule := func(id string) *audit.RuleResult {
		if rules[id] == nil {
			rules[id] = &audit.RuleResult{}
		}
		return rules[id]
	}
	for _, f := range r.Findings {
		switch f.Status {
		case audit.StatusFail:
			sum.Fail++
			sum.FailedBySeverity[f.Severity.String()]++
			rule(f.Rule).Fail++
			if f.Exception != nil {
				sum.Excepted++
				rule(f.Rule).Excepted++
			}
		case audit.StatusUnknown:
			sum.Unknown++
			rule(f.Rule).Unknown++
			if f.Exception != nil {
				return fmt.Errorf("got an exception for what is unknown by rule %q, want one for failures alone", f.Rule)
			}
		default:
			return fmt.Errorf("got a finding of rule %q with status %s, want fail or unknown", f.Rule, f.Status)
		}
	}
	for id, passed := range r.Passed {
		sum.Pass += len(passed.Resources)
		rule(id).Pass += len(passed.Resources)
	}
	for id, reasons := range r.NotApplicable {
		for _, reason := range reasons {
			sum.NotApplicable += len(reason.Resources)
			rule(id).NotApplicable += len(reason.Resources)
		}
	}
	complete, applicable := 0, 0
	for _, item := range r.SecurityStatus.Items {
		if item.Status == audit.StatusPass {
			complete++
		}
		if item.Status != audit.StatusNotApplicable {
			applicable++
		}
	}
	var err error
	check := func(got, want int, what string, of ...any) {
		if got != want && err == nil {
			err = fmt.Errorf("got %s, want %d as the report lists", fmt.Sprintf(what, append([]any{got}, of...)...), want)
		}
	}
	check(r.Summary.Fail, sum.Fail, "summary.fail %d")
	check(r.Summary.Unknown, sum.Unknown, "summary.unknown %d")
	check(r.Summary.Excepted, sum.Excepted, "summary.excepted %d")
	check(r.Summary.Pass, sum.Pass, "summary.pass %d")
	check(r.Summary.NotApplicable, sum.NotApplicable, "summary.not_applicable %d")
	for _, severity := range audit.Severities() {
		name := severity.String()
		check(r.Summary.FailedBySeverity[name], sum.FailedBySeverity[name], "summary.failed_by_severity.%[2]s %[1]d", name)
	}
	check(r.SecurityStatus.Complete, complete, "security_status.complete %d")
	if r.SecurityStatus.Applicable == 0 { // as of a version that didn't count them
		r.SecurityStatus.Applicable = applicable
	}
	check(r.SecurityStatus.Applicable, applicable, "security_status.applicable %d")
	check(r.SecurityStatus.Total, len(r.SecurityStatus.Items), "security_status.total %d")
	for _, got := range r.Rules {
		want := rule(got.ID)
		check(got.Fail, want.Fail, "%d failures of rule %q", got.ID)
		check(got.Unknown, want.Unknown, "%d unknowns of rule %q", got.ID)
		check(got.Excepted, want.Excepted, "%d excepted failures of rule %q", got.ID)
		check(got.Pass, want.Pass, "%d passes of rule %q", got.ID)
		check(got.NotApplicable, want.NotApplicable, "%d resources to which rule %q does not apply", got.ID)
	}
	if ways := r.AccessPaths; ways != nil {
		for _, standing := range []access.Standing{access.CanAscend, access.MayAscend, access.Undetermined} {
			status := standing.String()
			listed := lists.Filter(ways.Paths, func(p audit.AccessPath) bool { return p.Status == status })
			check(ways.Counts[status], len(listed), "access_paths.counts.%[2]s %[1]d", status)
		}
	}
	for _, f := range r.Frameworks {
		listed := 0
		for _, v := range audit.Verdicts() {
			want := 0
			for _, recommendation := range f.Recommendations {
				if recommendation.Verdict == v {
					want++
				}
			}
			check(f.Summary.Count(v), want, "%d recommendations of %s with verdict %s", f.ID, v)
			listed += want
		}
		check(len(f.Recommendations), listed, "%d recommendations of %s with and without a verdict", f.ID)
	}
	return err
}

// explain says where in the file an error is.
func explain(data []byte, err error) error {
	var syntax *json.SyntaxError
	var value *json.UnmarshalTypeError
	switch {
	case len(bytes.TrimSpace(data)) == 0:
		return errors.New("got an empty file, want JSON")
	case errors.As(err, &syntax) && syntax.Offset >= int64(len(data)):
		return fmt.Errorf("got a file that ends in the middle, on line %d: %w", line(data, syntax.Offset), err)
	case errors.As(err, &syntax):
		return fmt.Errorf("got what is not JSON on line %d: %w", line(data, syntax.Offset), err)
	case errors.As(err, &value) && value.Field == "":
		return fmt.Errorf("got a JSON %s, want an object", value.Value)
	case errors.As(err, &value):
		return fmt.Errorf("got a JSON %s as %s on line %d, want %s", value.Value, value.Field, line(data, value.Offset), value.Type)
	}
	return err
}

func line(data []byte, offset int64) int {
	return 1 + bytes.Count(data[:min(offset, int64(len(data)))], []byte("\n"))
}
