package offboard

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/japanese"

	"sekisho/audit/account"
	"sekisho/audit/lists"
	"sekisho/audit/message"
)

// ListError is a list that can't be used. Line is 0 where the trouble is with the whole of it.
type ListError struct {
	Name string // the file's name
	Line int
	Err  error
}

func (e *ListError) Error() string {
	if e.Line > 0 {
		return fmt.Sprintf("reading the list %s: line %d: %v", e.Name, e.Line, e.Err)
	}
	return fmt.Sprintf("reading the list %s: %v", e.Name, e.Err)
}

// Unwrap returns what was wrong.
func (e *ListError) Unwrap() error { return e.Err }

// Staff are those who still belong.
type Staff struct {
	Rows []StaffRow
}

// StaffRow is one of them: a user's name, an e-mail address, or both.
type StaffRow struct {
	Line        int
	User, Email string
	Account     string // of the ARN, where one names the user
}

// The columns that a list may have. Others are of no concern.
const (
	columnUser    = "user"
	columnEmail   = "email"
	columnLastDay = "last_day"
	columnID      = "unique_id"
)

var columns = []string{columnUser, columnEmail, columnLastDay, columnID}

// ReadLeavers reads a list of people who left: CSV with a header that names user or email, or both, and maybe last_day
// and unique_id. Errors are of type *ListError, save those of r; name is for them.
func ReadLeavers(r io.Reader, name string) ([]Person, error) {
	rows, err := readList(r, name)
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, &ListError{name, 0, errors.New("got a header and nobody below it, want at least one person")}
	}
	people := make([]Person, 0, len(rows))
	first := map[string]int{}
	for _, row := range rows {
		p, err := row.person()
		if err != nil {
			return nil, &ListError{name, row.line, err}
		}
		for _, key := range []string{"user " + strings.ToLower(p.User), "email " + strings.ToLower(p.Tag), "unique_id " + p.UniqueID} {
			kind, value, _ := strings.Cut(key, " ")
			if value == "" {
				continue
			}
			if line, twice := first[key]; twice {
				return nil, &ListError{name, row.line, fmt.Errorf("got the %s %q, which line %d has already, want each person once", kind, value, line)}
			}
			first[key] = row.line
		}
		people = append(people, p)
	}
	return people, nil
}

// ReadStaff reads a list of those who belong: CSV with a header that names user or email, or both.
func ReadStaff(r io.Reader, name string) (*Staff, error) {
	rows, err := readList(r, name)
	if err != nil {
		return nil, err
	}
	staff := &Staff{Rows: make([]StaffRow, 0, len(rows))}
	for _, row := range rows {
		p, err := row.person()
		if err != nil {
			return nil, &ListError{name, row.line, err}
		}
		arn, _ := account.ParseARN(p.ARN)
		staff.Rows = append(staff.Rows, StaffRow{Line: row.line, User: p.User, Email: p.Tag, Account: arn.Account})
	}
	return staff, nil
}

// listRow is a row by the names of the columns.
type listRow struct {
	line  int
	cells map[string]string
}

func (row listRow) person() (Person, error) {
	p := Person{Line: row.line, Tag: row.cells[columnEmail], UniqueID: row.cells[columnID]}
	user, day := row.cells[columnUser], row.cells[columnLastDay]
	if strings.HasPrefix(user, "arn:") {
		if err := p.setARN(user); err != nil {
			return p, err
		}
	} else {
		p.User = user
	}
	switch {
	case p.User == "" && p.Tag == "":
		return p, errors.New("got neither user nor email, want one of them")
	case p.User != "" && !userName.MatchString(p.User):
		return p, fmt.Errorf("got the user %q, want the name of an IAM user", p.User)
	case p.Tag != "" && !address(p.Tag):
		return p, fmt.Errorf("got the email %q, want an address such as alice@example.com", p.Tag)
	case p.UniqueID != "" && !provesUser(p.UniqueID):
		return p, fmt.Errorf("got the unique_id %q, want that of a user, such as AIDACKCEVSQ6C2EXAMPLE", p.UniqueID)
	}
	if day != "" {
		parsed, err := ParseDay(day)
		if err != nil {
			return p, fmt.Errorf("last_day: %w", err)
		}
		p.LastDay = &parsed
	}
	if p.Query = user; user == "" {
		p.Query = p.Tag
	}
	return p, nil
}

func address(s string) bool {
	local, domain, ok := strings.Cut(s, "@")
	return ok && local != "" && domain != "" && !strings.ContainsAny(s, " \t,;<>") && !strings.Contains(domain, "@")
}

func readList(r io.Reader, name string) ([]listRow, error) {
	data, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("reading the list %s: %w", name, err)
	}
	text, err := decodeList(data)
	if err != nil {
		var bad *undecodable
		if errors.As(err, &bad) {
			return nil, &ListError{name, bad.line, err}
		}
		return nil, &ListError{name, 0, err}
	}
	reader := csv.NewReader(strings.NewReader(text))
	fault := func(err error) error {
		var parse *csv.ParseError
		if errors.As(err, &parse) {
			return &ListError{name, parse.StartLine, parse.Err}
		}
		return &ListError{name, 0, err}
	}
	header, err := reader.Read()
	if errors.Is(err, io.EOF) {
		return nil, &ListError{name, 0, errors.New("got an empty file, want a header that names user or email")}
	}
	if err != nil {
		return nil, fault(err)
	}
	places, err := placesOf(header)
	if err != nil {
		return nil, &ListError{name, 1, err}
	}
	rows := []listRow{}
	for {
		record, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		if err != nil {
			return nil, fault(err)
		}
		line, _ := reader.FieldPos(0)
		if !slices.ContainsFunc(record, func(cell string) bool { return trim(cell) != "" }) {
			continue // a sheet's empty row
		}
		row := listRow{line, map[string]string{}}
		for column, place := range places {
			row.cells[column] = trim(record[place])
		}
		rows = append(rows, row)
	}
}

// placesOf finds the columns in the header, whatever their case; "Last day" and "E-mail" are last_day and email.
func placesOf(header []string) (map[string]int, error) {
	bare := strings.NewReplacer(" ", "", "-", "", "_", "")
	places := map[string]int{}
	for i, cell := range header {
		name := bare.Replace(strings.ToLower(trim(cell)))
		known := slices.IndexFunc(columns, func(column string) bool { return bare.Replace(column) == name })
		if known < 0 {
			continue
		}
		column := columns[known]
		if _, twice := places[column]; twice {
			return nil, fmt.Errorf("got the column %s twice, want it once", column)
		}
		places[column] = i
	}
	_, hasUser := places[columnUser]
	_, hasEmail := places[columnEmail]
	if !hasUser && !hasEmail {
		quoted := lists.Map(header, func(cell string) string { return fmt.Sprintf("%q", trim(cell)) })
		return nil, fmt.Errorf("got the header %s, want one with a column user or email", strings.Join(quoted, ", "))
	}
	return places, nil
}

// trim takes off blanks, that of Japanese text too.
func trim(s string) string { return strings.TrimSpace(s) }

// decodeList returns the text of a list: UTF-8, with or without a byte order mark, or Shift_JIS as Japanese
// spreadsheets save it.
func decodeList(data []byte) (string, error) {
	switch {
	case bytes.HasPrefix(data, []byte{0xff, 0xfe}), bytes.HasPrefix(data, []byte{0xfe, 0xff}), bytes.IndexByte(data, 0) >= 0:
		return "", errors.New("got UTF-16 or no text at all, want CSV in UTF-8 or Shift_JIS")
	case utf8.Valid(data):
		return string(bytes.TrimPrefix(data, []byte("\ufeff"))), nil
	case bytes.HasPrefix(data, []byte("\ufeff")):
		return "", errors.New("got a byte order mark of UTF-8 and text that is not UTF-8, want one encoding")
	}
	text, err := japanese.ShiftJIS.NewDecoder().Bytes(data)
	if err != nil {
		return "", err
	}
	if at := bytes.IndexRune(text, utf8.RuneError); at >= 0 {
		return "", &undecodable{1 + bytes.Count(text[:at], []byte{'\n'})}
	}
	return string(text), nil
}

// undecodable is a line that is in no encoding which a list may have. Characters that a company made for itself (gaiji)
// are of that kind.
type undecodable struct{ line int }

func (*undecodable) Error() string {
	return "got text that is neither UTF-8 nor Shift_JIS, want one of them"
}

// values are all names and addresses of the list, in lower case, save the names of users of other accounts.
func (s *Staff) values(accountID string) map[string]bool {
	values := make(map[string]bool, 2*len(s.Rows))
	for _, row := range s.Rows {
		if row.User != "" && (row.Account == "" || row.Account == accountID) {
			values[strings.ToLower(row.User)] = true
		}
		if row.Email != "" {
			values[strings.ToLower(row.Email)] = true
		}
	}
	return values
}

// explained reports whether one of the values, which are in lower case, is the user's name or that of the tag which
// weighs most of those that tell whose the user is. Where it isn't, note tells of a lesser tag that has one of them: it
// may name someone who answers for another's user.
func explained(u *account.UserDetail, values map[string]bool, matchTags []string) (is bool, note *message.Message) {
	if values[strings.ToLower(u.Name)] {
		return true, nil
	}
	for i, tag := range owners(u.Tags, matchTags) {
		if !values[strings.ToLower(tag.Value)] {
			continue
		}
		if i == 0 {
			return true, nil
		}
		text := message.New("%s %s is on the list", tag.Key, tag.Value)
		return false, &text
	}
	return false, nil
}
