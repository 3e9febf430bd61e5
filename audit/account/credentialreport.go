package account

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"sekisho/audit/message"
)

// RootUserName is how the credential report names the root user.
const RootUserName = "<root_account>"

// The columns of the credential report (IAM User Guide, "Get credential reports for your AWS account"). A report has 22
// of them or, with additional_credentials_info, 23; they are found by name, whatever their order and case.
const (
	columnUser     = "user"
	columnARN      = "arn"
	columnCreation = "user_creation_time"
)

// reportRow is one row of the credential report, by lower-case column name.
type reportRow struct {
	columns map[string]int
	cells   []string
}

// cell returns a cell's text, and false when the report has no such column.
func (r reportRow) cell(column string) (string, bool) {
	i, ok := r.columns[column]
	if !ok || i >= len(r.cells) {
		return "", false
	}
	return r.cells[i], true
}

// ParseCredentialReport reads the report's CSV and returns what makes it unusable. Its errors are those of a report
// that can't be used at all: no header, a missing key column, a torn line. An odd cell is not one: it makes one fact of
// one user unknown.
func ParseCredentialReport(content string) error {
	_, err := parseReport(content)
	return err
}

func parseReport(content string) ([]reportRow, error) {
	reader := csv.NewReader(strings.NewReader(strings.TrimPrefix(content, "\ufeff")))
	header, err := reader.Read()
	if err == io.EOF {
		return nil, errors.New("got an empty credential report, want a header line")
	}
	if err != nil {
		return nil, fmt.Errorf("reading the credential report's header: %w", err)
	}
	columns := make(map[string]int, len(header))
	for i, name := range header {
		name = strings.ToLower(strings.TrimSpace(name))
		if _, twice := columns[name]; twice {
			return nil, fmt.Errorf("got the credential report's column %q twice", name)
		}
		columns[name] = i
	}
	for _, name := range []string{columnUser, columnARN, columnCreation} {
		if _, ok := columns[name]; !ok {
			return nil, fmt.Errorf("got a credential report without the column %q", name)
		}
	}
	var rows []reportRow
	seen := map[string]bool{}
	for {
		cells, err := reader.Read()
		if err == io.EOF {
			return rows, nil
		}
		if err != nil {
			return nil, fmt.Errorf("reading the credential report: %w", err)
		}
		row := reportRow{columns, cells}
		name, _ := row.cell(columnUser)
		if name == "" {
			return nil, fmt.Errorf("got a credential report with a row that names no user (row %d)", len(rows)+2)
		}
		if seen[name] {
			return nil, fmt.Errorf("got two rows for the user %q in the credential report", name)
		}
		seen[name] = true
		rows = append(rows, row)
	}
}

// noColumn is why a fact of an absent column is not known.
func noColumn(column string) error {
	return message.Errorf("the credential report has no column %s", column)
}

// boolean reads a true/false cell, in any case: AWS documents TRUE and FALSE and sends true and false.
func (r reportRow) boolean(column string) (bool, error) {
	text, ok := r.cell(column)
	if !ok {
		return false, noColumn(column)
	}
	switch strings.ToLower(text) {
	case "true":
		return true, nil
	case "false":
		return false, nil
	}
	return false, message.Errorf("the credential report's column %s holds %q, want true or false", column, text)
}

// date reads a date cell. N/A and no_information are the zero time: no such thing, or no use on record.
func (r reportRow) date(column string) (time.Time, error) {
	text, ok := r.cell(column)
	if !ok {
		return time.Time{}, noColumn(column)
	}
	if isNone(text) {
		return time.Time{}, nil
	}
	at, err := parseReportTime(text)
	if err != nil {
		return time.Time{}, message.Errorf("the credential report's column %s holds %q, want a date, N/A or no_information", column, text)
	}
	return at, nil
}

// isNone reports whether the cell says that there is nothing: "N/A" or "no_information". "not_supported" says nothing
// at all.
func isNone(text string) bool {
	return strings.EqualFold(text, "N/A") || strings.EqualFold(text, "no_information")
}

// parseReportTime reads RFC 3339, with Z or an offset.
func parseReportTime(text string) (time.Time, error) {
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}, err
	}
	return at.UTC(), nil
}
