package report_test

import (
	"encoding/json"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"sekisho/audit"
	"sekisho/report"
)

type sarifLog struct {
	Runs []struct {
		AutomationDetails struct{ ID string }
		Tool              struct {
			Driver struct {
				Rules []struct {
					ID         string
					Help       struct{ Text, Markdown string }
					Properties struct {
						Tags     []string
						Severity string `json:"security-severity"`
					}
				}
			}
		}
		Invocations []struct {
			ExecutionSuccessful        bool
			ToolExecutionNotifications []struct {
				Level   string
				Message struct{ Text string }
			}
		}
		Results []struct {
			RuleID, Kind, Level string
			RuleIndex           int
			Message             struct{ Text string }
			Locations           []struct {
				PhysicalLocation struct{ ArtifactLocation struct{ URI string } }
				LogicalLocations []struct{ FullyQualifiedName string }
			}
			PartialFingerprints map[string]string
			Properties          struct{ Status, Severity, Resource, Item string }
		}
	}
}

func parseSARIF(t *testing.T, data []byte) sarifLog {
	t.Helper()
	var log sarifLog
	if err := json.Unmarshal(data, &log); err != nil {
		t.Fatal(err)
	}
	return log
}

func readSARIF(t *testing.T, data []byte) []told {
	t.Helper()
	var list []told
	for _, r := range parseSARIF(t, data).Runs[0].Results {
		list = append(list, told{r.RuleID, r.Properties.Status, r.Properties.Severity, r.Locations[0].LogicalLocations[0].FullyQualifiedName, r.Properties.Item,
			r.PartialFingerprints["sekisho/v1"]})
	}
	return list
}

func TestSARIFKeepsItsSchema(t *testing.T) {
	t.Parallel()
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	document := published(t, "sarif-2.1.0-rtm.5.json")
	delete(document, "id") // an address; it is compiled under another
	if err := c.AddResource("urn:sarif", document); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("urn:sarif")
	if err != nil {
		t.Fatal(err)
	}
	for name, fixture := range fixtures() {
		log := instance(t, render(t, report.SARIF, fixture))
		if err := schema.Validate(log); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		log.(map[string]any)["version"] = "2.0.0"
		if schema.Validate(log) == nil {
			t.Errorf("%s: the schema takes version 2.0.0 too", name)
		}
	}
}

// TestSARIFMeansWhatTheReportMeans checks what the schema can't: levels go with kinds, indexes with rules, and what is
// unknown spoils the run.
func TestSARIFMeansWhatTheReportMeans(t *testing.T) {
	t.Parallel()
	for name, fixture := range fixtures() {
		run := parseSARIF(t, render(t, report.SARIF, fixture)).Runs[0]
		if got, want := run.Invocations[0].ExecutionSuccessful, fixture.Summary.Unknown == 0; got != want {
			t.Errorf("%s: got executionSuccessful %v, want %v", name, got, want)
		}
		if got, want := len(run.Invocations[0].ToolExecutionNotifications), len(fixture.Gaps)+len(fixture.Declined)+len(fixture.Notes)+len(fixture.Endpoints); got != want {
			t.Errorf("%s: got %d notifications, want %d", name, got, want)
		}
		for i, r := range run.Results {
			f := fixture.Findings[i]
			wantKind, wantLevel := "open", "none"
			if f.Status == audit.StatusFail {
				wantKind = "fail"
				wantLevel = map[audit.Severity]string{audit.Critical: "error", audit.High: "error", audit.Medium: "warning", audit.Low: "note", audit.Info: "note"}[f.Severity]
			}
			if r.Kind != wantKind || r.Level != wantLevel {
				t.Errorf("%s: got kind %s and level %s of %s, want %s and %s", name, r.Kind, r.Level, f.Rule, wantKind, wantLevel)
			}
			if got := run.Tool.Driver.Rules[r.RuleIndex].ID; got != r.RuleID {
				t.Errorf("%s: got rule %s at the index of %s", name, got, r.RuleID)
			}
			if unknown := strings.Contains(r.Message.Text, "Unknown, and no pass: "); unknown != (f.Status == audit.StatusUnknown) {
				t.Errorf("%s: got message %q of a finding that is %s", name, r.Message.Text, f.Status)
			}
			uri := r.Locations[0].PhysicalLocation.ArtifactLocation.URI
			parsed, err := url.Parse(uri)
			if err != nil || parsed.Scheme != "" || parsed.Host != "" || strings.HasPrefix(uri, "/") || len(parsed.RawQuery)+len(parsed.Fragment) > 0 {
				t.Errorf("%s: got the location %q and %v, want a relative path", name, uri, err)
			}
			if !regexp.MustCompile(`^[0-9a-f]{32}:1$`).MatchString(r.PartialFingerprints["primaryLocationLineHash"]) {
				t.Errorf("%s: got fingerprint %q", name, r.PartialFingerprints["primaryLocationLineHash"])
			}
		}
		for _, rule := range run.Tool.Driver.Rules {
			if rule.Help.Text == "" || rule.Help.Markdown == "" || rule.Properties.Severity == "" || len(rule.Properties.Tags) > 20 {
				t.Errorf("%s: got a rule that GitHub refuses: %+v", name, rule)
			}
		}
	}
}

// TestSARIFTextHasNoLinks takes names that SARIF's own syntax would make links and placeholders of, and paths that lead
// elsewhere.
func TestSARIFTextHasNoLinks(t *testing.T) {
	t.Parallel()
	r := makeReport(fails(audit.High, "r", user("../../etc"), "", "x", "[click](https://evil.example/) {0} {{1}}"))
	result := parseSARIF(t, render(t, report.SARIF, r)).Runs[0].Results[0]
	if want := `user/../../etc: \[click\](https://evil.example/) {{0}} {{{1}}}`; result.Message.Text != want {
		t.Errorf("got %q, want %q", result.Message.Text, want)
	}
	if got, want := result.Locations[0].PhysicalLocation.ArtifactLocation.URI, "aws/123456789012/user/_../_../etc"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
