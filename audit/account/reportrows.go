package account

import (
	"encoding/csv"
	"slices"
	"strings"
	"time"
)

// ReportRows is a credential report whose rows can be changed. What can't be read of it stays as it is.
type ReportRows struct {
	names, lines []string
	columns, at  map[string]int // at finds a line by the user's name
	gone         map[int]bool   // the places of lines that were taken away
}

// RowsOf reads a report to change it; nil where its header can't be read.
func RowsOf(content string) *ReportRows {
	if ParseCredentialReport(content) != nil {
		return nil
	}
	r := &ReportRows{lines: strings.Split(content, "\n"), columns: map[string]int{}, at: map[string]int{}, gone: map[int]bool{}}
	r.names, _ = csvLine(strings.TrimPrefix(strings.TrimRight(r.lines[0], "\r"), "\ufeff"))
	for i, name := range r.names {
		r.names[i] = strings.ToLower(strings.TrimSpace(name))
		r.columns[r.names[i]] = i
	}
	for i, line := range r.lines[1:] {
		if cells := r.cells(line); cells != nil {
			r.at[cells[r.columns[columnUser]]] = i + 1
		}
	}
	return r
}

func (r *ReportRows) cells(line string) []string {
	cells, err := csvLine(strings.TrimRight(line, "\r"))
	if err != nil || len(cells) != len(r.names) {
		return nil
	}
	return cells
}

// Cell is a cell of a user's row; empty where there is none.
func (r *ReportRows) Cell(user, column string) string {
	i, known := r.columns[column]
	if r.at[user] == 0 || !known {
		return ""
	}
	return r.cells(r.lines[r.at[user]])[i]
}

// Of reports whether a user has a row, and not a namesake who is gone.
func (r *ReportRows) Of(user string, created time.Time) bool {
	at, err := parseReportTime(r.Cell(user, columnCreation))
	return err == nil && sameSecond(at, created)
}

// Users lists whose rows there are, root's among them.
func (r *ReportRows) Users() (names []string) {
	for _, line := range r.lines[1:] {
		if cells := r.cells(line); cells != nil {
			names = append(names, cells[r.columns[columnUser]])
		}
	}
	return names
}

// Set writes the cells of a user's row, in pairs of column and text. A column that the report lacks stays away.
func (r *ReportRows) Set(user string, pairs ...string) {
	if r.at[user] == 0 {
		return
	}
	cells := r.cells(r.lines[r.at[user]])
	for i := 0; i < len(pairs); i += 2 {
		if at, known := r.columns[pairs[i]]; known {
			cells[at] = pairs[i+1]
		}
	}
	r.lines[r.at[user]] = joined(cells)
}

// Remove takes a user's row away.
func (r *ReportRows) Remove(user string) {
	if at := r.at[user]; at > 0 {
		r.lines[at], r.gone[at] = "", true
		delete(r.at, user)
	}
}

// Add adds the row of a new user, who has nothing yet: what is no flag is N/A.
func (r *ReportRows) Add(user, arn string, created time.Time) {
	cells := slices.Repeat([]string{"N/A"}, len(r.names))
	for i, name := range r.names {
		if strings.HasSuffix(name, "_active") || strings.HasSuffix(name, "_enabled") {
			cells[i] = "false"
		}
	}
	r.lines = append(r.lines, joined(cells))
	r.at[user] = len(r.lines) - 1
	cells[r.columns[columnUser]] = user
	r.lines[r.at[user]] = joined(cells)
	r.Set(user, columnARN, arn, columnCreation, created.UTC().Format(time.RFC3339), "additional_credentials_info", "")
}

// String is the report's text.
func (r *ReportRows) String() string {
	left := make([]string, 0, len(r.lines))
	for i, line := range r.lines {
		if !r.gone[i] {
			left = append(left, line)
		}
	}
	return strings.Join(left, "\n")
}

func joined(cells []string) string {
	var line strings.Builder
	w := csv.NewWriter(&line)
	_ = w.Write(cells) // a Builder takes everything
	w.Flush()
	return strings.TrimSuffix(line.String(), "\n")
}
