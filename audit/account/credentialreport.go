package account

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
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

	columnNextRotation = "password_next_rotation"
)

// reportRow is one row of the credential report, by lower-case column name.
type reportRow struct {
	names   []string
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

// malformedRow is a row of the credential report that tells nothing: whose it is, as far as that can be read, and why.
type malformedRow struct {
	user string
	why  message.Message
}

// ParseCredentialReport reads the report's CSV and returns what makes it unusable as a whole: no header, or a key
// column that is missing. An odd row or cell does not: it makes facts of one user unknown.
func ParseCredentialReport(content string) error {
	_, _, err := parseReport(content)
	return err
}

// CredentialReportCells calls each with the column and the text of every cell of the rows that can be read.
func CredentialReportCells(content string, each func(column, text string) error) error {
	rows, _, err := parseReport(content)
	for _, row := range rows {
		for i, text := range row.cells {
			if err == nil {
				err = each(row.names[i], text)
			}
		}
	}
	return err
}

// parseReport reads the rows line by line, so that a quote that is not closed costs one user and not all that follow.
func parseReport(content string) (rows []reportRow, malformed []malformedRow, err error) {
	header, rest, _ := strings.Cut(strings.TrimPrefix(content, "\ufeff"), "\n")
	names, err := csvLine(header)
	switch {
	case len(names) == 0 && err == nil:
		return nil, nil, errors.New("got an empty credential report, want a header line")
	case err != nil:
		return nil, nil, fmt.Errorf("reading the credential report's header: %w", err)
	}
	columns := make(map[string]int, len(names))
	for i, name := range names {
		name = strings.ToLower(strings.TrimSpace(name))
		if _, twice := columns[name]; twice {
			return nil, nil, fmt.Errorf("got the credential report's column %q twice", name)
		}
		names[i], columns[name] = name, i
	}
	for _, name := range []string{columnUser, columnARN, columnCreation} {
		if _, ok := columns[name]; !ok {
			return nil, nil, fmt.Errorf("got a credential report without the column %q", name)
		}
	}
	place := map[string]int{} // in rows; -1 for a user with several
	number := 1
	for line := range strings.Lines(rest) {
		number++
		if line = strings.TrimRight(line, "\r\n"); line == "" {
			continue
		}
		cells, err := csvLine(line)
		row := reportRow{names, columns, cells}
		name, _ := row.cell(columnUser)
		at, again := place[name]
		switch {
		case err != nil:
			malformed = append(malformed, malformedRow{userOf(line, columns), message.New("row %d of the credential report can't be read: %s", number, err)})
		case len(cells) != len(columns):
			malformed = append(malformed, malformedRow{name, message.New("row %d of the credential report has %d cells, want %d", number, len(cells), len(columns))})
		case name == "":
			malformed = append(malformed, malformedRow{name, message.New("row %d of the credential report names no user", number)})
		case again:
			malformed = append(malformed, malformedRow{name, message.New("the credential report has several rows for the user, the last of them row %d", number)})
			if at >= 0 {
				rows[at].cells, place[name] = nil, -1
			}
		default:
			place[name] = len(rows)
			rows = append(rows, row)
		}
	}
	return slices.DeleteFunc(rows, func(row reportRow) bool { return row.cells == nil }), malformed, nil
}

// csvLine splits a line into its cells; none for an empty line.
func csvLine(line string) ([]string, error) {
	if line != "" && !strings.Contains(line, `"`) { // as all of AWS's are
		return strings.Split(line, ","), nil
	}
	cells, err := csv.NewReader(strings.NewReader(line)).Read()
	if err == io.EOF {
		return nil, nil
	}
	var parse *csv.ParseError
	if errors.As(err, &parse) {
		err = parse.Err
	}
	return cells, err
}

// userOf is whom a line that is no CSV is about, where it says so plainly.
func userOf(line string, columns map[string]int) string {
	cells := strings.Split(line, ",")
	if i := columns[columnUser]; i < len(cells) {
		return strings.Trim(cells[i], `"`)
	}
	return ""
}

// oddRow finds what can't be true in a row. A password's next rotation is still to come.
func (f *sifter) oddRow(row reportRow) (oddity, bool) {
	// As text, all but those of the last day sort by time.
	latest := f.limit.Add(-24 * time.Hour).UTC().Format(time.RFC3339)
	for i, text := range row.cells {
		switch {
		case row.names[i] == columnNextRotation:
		case f.foreign(text):
			return f.foreigner(text), true
		case text != "" && text[0] <= '9' && (text > latest || text < opened):
			if at, err := parseReportTime(text); err == nil {
				if odd, found := f.untimely(at); found {
					odd.why = message.New("%s: %s", row.names[i], odd.why)
					return odd, true
				}
			}
		}
	}
	return oddity{}, false
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
