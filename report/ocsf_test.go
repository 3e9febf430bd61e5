package report_test

import (
	"encoding/json"
	"maps"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"sekisho/audit"
	"sekisho/report"
)

type ocsfRead struct {
	Severity   string
	SeverityID int `json:"severity_id"`
	Time       int64
	Message    string
	Metadata   struct {
		Version   string
		EventCode string `json:"event_code"`
	}
	FindingInfo struct{ UID string } `json:"finding_info"`
	Compliance  struct {
		StatusID   int    `json:"status_id"`
		Status     string `json:"status"`
		StatusCode string `json:"status_code"`
		Standards  []string
	}
	Remediation struct{ Desc string }
	Resources   []struct{ UID, Type string }
}

func parseOCSF(t *testing.T, data []byte) []ocsfRead {
	t.Helper()
	var list []ocsfRead
	if err := json.Unmarshal(data, &list); err != nil {
		t.Fatal(err)
	}
	return list
}

var ocsfSeverities = map[int]string{1: "info", 2: "low", 3: "medium", 4: "high", 5: "critical"}

func readOCSF(t *testing.T, data []byte) []told {
	t.Helper()
	var list []told
	for _, e := range parseOCSF(t, data) {
		status := map[int]string{1: "pass", 2: "unknown", 3: "fail"}[e.Compliance.StatusID]
		if status == "pass" || e.Metadata.EventCode == "answers" {
			continue
		}
		item := ""
		if len(e.Resources) > 1 {
			item = e.Resources[1].UID
		}
		list = append(list, told{e.Metadata.EventCode, status, ocsfSeverities[e.SeverityID], e.Resources[0].UID, item, e.FindingInfo.UID})
	}
	return list
}

// TestOCSFKeepsItsSchema validates every event against the class of OCSF 1.8.0 with the profile cloud, and against the
// same class with the objects that 1.9.0 has.
func TestOCSFKeepsItsSchema(t *testing.T) {
	t.Parallel()
	class := published(t, "ocsf-1.8.0-compliance_finding.json")
	delete(class, "$id")
	newer := maps.Clone(class)
	objects := maps.Clone(class["$defs"].(map[string]any))
	replaced := 0
	for name, object := range published(t, "ocsf-1.9.0-detection_finding.json")["$defs"].(map[string]any) {
		objects[name] = object
		replaced++
	}
	if replaced < 100 {
		t.Fatalf("got %d objects of OCSF 1.9.0, want more than 100", replaced)
	}
	newer["$defs"] = objects
	for version, document := range map[string]map[string]any{"1.8": class, "1.9": newer} {
		c := jsonschema.NewCompiler()
		c.AssertFormat()
		if err := c.AddResource("urn:ocsf", document); err != nil {
			t.Fatal(err)
		}
		schema, err := c.Compile("urn:ocsf")
		if err != nil {
			t.Fatal(err)
		}
		for name, fixture := range fixtures() {
			for i, event := range instance(t, render(t, report.OCSF, fixture)).([]any) {
				if err := schema.Validate(event); err != nil {
					t.Fatalf("%s, event %d, OCSF %s: %v", name, i, version, err)
				}
				delete(event.(map[string]any), "compliance")
				if schema.Validate(event) == nil {
					t.Fatalf("%s, event %d, OCSF %s: the schema takes one without compliance", name, i, version)
				}
			}
		}
	}
}

func TestOCSFTellsStatus(t *testing.T) {
	t.Parallel()
	r := makeReport(fails(audit.Critical, "a", user("x"), "AKIAIOSFODNN7EXAMPLE", "x", "bad"), unknowns(audit.High, "b", user("x"), "x", "not read"), passes("c", "user/x", "root"))
	type verdict struct {
		id               int
		status, severity string
		resource, kind   string
	}
	var got []verdict
	events := parseOCSF(t, render(t, report.OCSF, r))
	for _, e := range events {
		got = append(got, verdict{e.Compliance.StatusID, e.Compliance.Status, e.Severity, e.Resources[0].UID, e.Resources[len(e.Resources)-1].Type})
	}
	want := []verdict{
		{3, "Fail", "Critical", user("x"), "AWS::IAM::AccessKey"}, {2, "Warning", "High", user("x"), "AWS::IAM::User"},
		{1, "Pass", "Informational", user("x"), "AWS::IAM::User"}, {1, "Pass", "Informational", root, "AWS::::Account"},
		{1, "Pass", "Informational", root, "AWS::::Account"}, // the answers
	}
	if len(got) != len(want) {
		t.Fatalf("got %v, want %v", got, want)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("got %v, want %v", got[i], want[i])
		}
	}
	if got, want := events[0].Time, takenAt.UnixMilli(); got != want {
		t.Errorf("got time %d, want %d", got, want)
	}
	if got := events[0].Metadata.Version; got != "1.9.0" {
		t.Errorf("got version %s, want 1.9.0", got)
	}
}
