package report_test

import (
	"bytes"
	"encoding/csv"
	"strings"
	"testing"

	"sekisho/report"
)

func readCSV(t *testing.T, data []byte) []told {
	t.Helper()
	rows := csvRows(t, data)
	var list []told
	for _, row := range rows {
		if row["rule"] == "answers" { // see TestRemarksAreTold
			continue
		}
		list = append(list, told{row["rule"], row["status"], row["severity"], row["resource"], row["item"], row["id"]})
	}
	return list
}

func csvRows(t *testing.T, data []byte) []map[string]string {
	t.Helper()
	lines, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var rows []map[string]string
	for _, line := range lines[1:] {
		row := map[string]string{}
		for i, cell := range line {
			row[lines[0][i]] = cell
		}
		rows = append(rows, row)
	}
	return rows
}

func TestCSVTellsAll(t *testing.T) {
	t.Parallel()
	rows := csvRows(t, render(t, report.CSV, bad()))
	for column, want := range map[string]string{
		"account": accountID, "account_alias": "", "taken_at": "2026-11-22T05:00:00Z", "rule": "access-key-rotation", "category": "mfa", "severity": "medium",
		"status": "fail", "resource": user("bob"), "item": "access-key-2", "name": "bob", "observed_at": "2026-11-22T03:10:00Z",
		"message": "active key is 120 days old (created 2026-07-25), never used (access-key-ids not known: iam:ListAccessKeys failed: AccessDenied: " +
			"not authorized to perform iam:ListAccessKeys)",
		"evidence": "mfa_active = false (iam:GetCredentialReport, 2026-11-22T03:10:00Z)",
		"controls": "CIS AWS Foundations Benchmark v7.0.0/2.10; AWS Foundational Security Best Practices/IAM.5",
		"fix":      "Console: open IAM, Users. Command: aws iam list-users",
	} {
		if got := rows[8][column]; got != want {
			t.Errorf("%s: got %q, want %q", column, got, want)
		}
	}
}

// TestNoCellIsAFormula looks at each cell as a spreadsheet does, and as one where semicolons part cells.
func TestNoCellIsAFormula(t *testing.T) {
	t.Parallel()
	for _, row := range csvRows(t, render(t, report.CSV, hostile())) {
		for column, whole := range row {
			for cell := range strings.SplitSeq(whole, ";") {
				if trimmed := strings.TrimLeft(cell, " \u3000\t"); trimmed != "" && strings.ContainsRune("=+-@\t\r|%", rune(trimmed[0])) {
					t.Errorf("%s: got the formula %q in %q", column, cell, whole)
				}
			}
		}
	}
}
