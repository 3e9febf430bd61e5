package report_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"sekisho/audit"
	"sekisho/report"
)

// asffRead has every key that BatchImportFindings insists on, and what is written besides; DisallowUnknownFields would
// tell another.
type asffRead struct {
	SchemaVersion, Id, ProductArn, ProductName, CompanyName, GeneratorId, AwsAccountId, AwsAccountName string
	Types                                                                                              []string
	CreatedAt, UpdatedAt, LastObservedAt                                                               time.Time
	Severity                                                                                           struct{ Label, Original string }
	Title, Description                                                                                 string
	Remediation                                                                                        struct{ Recommendation struct{ Text string } }
	ProductFields                                                                                      map[string]string
	Resources                                                                                          []struct{ Type, Id, Partition, Region string }
	Compliance                                                                                         struct {
		Status              string
		RelatedRequirements []string
		StatusReasons       []struct{ ReasonCode, Description string }
	}
	Workflow *struct{ Status string }
	Note     *struct {
		Text, UpdatedBy string
		UpdatedAt       time.Time
	}
	RecordState           string
	FindingProviderFields struct {
		Severity struct{ Label, Original string }
		Types    []string
	}
}

func parseASFF(t *testing.T, data []byte) []asffRead {
	t.Helper()
	var list []asffRead
	decoder := json.NewDecoder(strings.NewReader(string(data)))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&list); err != nil {
		t.Fatal(err)
	}
	return list
}

func readASFF(t *testing.T, data []byte) []told {
	t.Helper()
	var list []told
	for _, f := range parseASFF(t, data) {
		status := map[string]string{"PASSED": "pass", "FAILED": "fail", "NOT_AVAILABLE": "unknown"}[f.Compliance.Status]
		if status != "pass" && f.ProductFields["sekisho/rule"] != "answers" {
			list = append(list, told{f.ProductFields["sekisho/rule"], status, f.Severity.Original, f.Resources[0].Id, f.ProductFields["sekisho/item"], f.Id})
		}
	}
	return list
}

// TestASFFKeepsTheLimits are those of the API reference of AWS Security Hub; testdata/moto/formats.py asks botocore
// about the rest.
func TestASFFKeepsTheLimits(t *testing.T) {
	t.Parallel()
	for name, fixture := range fixtures() {
		for _, f := range parseASFF(t, render(t, report.ASFF, fixture)) {
			for what, text := range map[string]struct {
				text     string
				min, max int
			}{
				"SchemaVersion": {f.SchemaVersion, 10, 10}, "Id": {f.Id, 1, 512}, "ProductArn": {f.ProductArn, 12, 2048}, "GeneratorId": {f.GeneratorId, 1, 512},
				"AwsAccountId": {f.AwsAccountId, 1, 512}, "AwsAccountName": {f.AwsAccountName, 0, 512}, "Title": {f.Title, 1, 256},
				"Description": {f.Description, 1, 1024}, "Text": {f.Remediation.Recommendation.Text, 0, 512},
			} {
				if len(text.text) < text.min || len(text.text) > text.max || !utf8.ValidString(text.text) {
					t.Errorf("%s: got %s of %d bytes, want %d to %d: %q", name, what, len(text.text), text.min, text.max, text.text)
				}
			}
			if note := f.Note; note != nil && (len(note.Text) < 1 || len(note.Text) > 512 || len(note.UpdatedBy) < 1 || len(note.UpdatedBy) > 512) {
				t.Errorf("%s: got the note %+v", name, note)
			}
			if len(f.ProductFields) > 50 || len(f.Resources) < 1 || len(f.Resources) > 32 || len(f.Compliance.RelatedRequirements) > 32 {
				t.Errorf("%s: got %d fields, %d resources, %d requirements", name, len(f.ProductFields), len(f.Resources), len(f.Compliance.RelatedRequirements))
			}
			for key, value := range f.ProductFields {
				if len(key) > 128 || len(value) > 2048 {
					t.Errorf("%s: got a field of %d and %d bytes", name, len(key), len(value))
				}
			}
			for _, r := range f.Resources {
				if r.Id == "" || len(r.Id) > 512 || r.Type == "" || r.Region == "" {
					t.Errorf("%s: got the resource %+v", name, r)
				}
			}
		}
	}
}

func TestASFFTellsStatus(t *testing.T) {
	t.Parallel()
	r := makeReport(fails(audit.Info, "a", user("x"), "AKIAIOSFODNN7EXAMPLE", "x", "bad"), unknowns(audit.Critical, "b", root, "account", "not read"), passes("c", "role/y"))
	r.Account.Partition = "aws-cn"
	list := parseASFF(t, render(t, report.ASFF, r))
	for i, want := range []struct{ status, label, kind, id string }{
		{"FAILED", "INFORMATIONAL", "AwsIamUser", user("x")}, {"NOT_AVAILABLE", "CRITICAL", "AwsAccount", "AWS::::Account:" + accountID},
		{"PASSED", "INFORMATIONAL", "AwsIamRole", "arn:aws-cn:iam::" + accountID + ":role/y"},
	} {
		f := list[i]
		if f.Compliance.Status != want.status || f.Severity.Label != want.label || f.FindingProviderFields.Severity.Label != want.label ||
			f.Resources[0].Type != want.kind || f.Resources[0].Id != want.id || f.RecordState != "ACTIVE" {
			t.Errorf("got %+v, want %+v", f, want)
		}
	}
	if got, want := list[0].ProductArn, "arn:aws-cn:securityhub:cn-north-1:123456789012:product/123456789012/default"; got != want {
		t.Errorf("got product %s, want %s", got, want)
	}
	if got := list[0].Resources[1]; got.Type != "AwsIamAccessKey" || got.Id != "AWS::IAM::AccessKey:AKIAIOSFODNN7EXAMPLE" {
		t.Errorf("got %+v as the second resource, want the access key", got)
	}
	if reasons := list[1].Compliance.StatusReasons; len(reasons) != 1 || reasons[0].Description != "not read" {
		t.Errorf("got reasons %v, want the message", reasons)
	}
}
