package inventory

import (
	"encoding/json"
	"slices"
	"time"

	"sekisho/audit"
	"sekisho/audit/account"
	"sekisho/audit/message"
)

// Schema identifies the JSON form of an Inventory. Added keys are no new version.
const Schema = "sekisho/inventory/v1"

// Inventory is that of one account. Every format is rendered from it alone.
type Inventory struct {
	Schema             string            `json:"schema"`
	Tool               audit.Tool        `json:"tool"`
	Demo               bool              `json:"demo,omitempty"`
	Account            audit.AccountInfo `json:"account"`
	Caller             string            `json:"caller"`
	TakenAt            time.Time         `json:"taken_at"`
	CredentialReportAt *time.Time        `json:"credential_report_at"`
	Depth              audit.DepthResult `json:"depth"`

	// The lists that were asked for.
	Users  List[User]  `json:"users,omitzero"`
	Roles  List[Role]  `json:"roles,omitzero"`
	Groups List[Group] `json:"groups,omitzero"`

	// Unknown are the lists that may lack rows, and "account.alias".
	Unknown []Unknown `json:"unknown"`
	// Notes say why something isn't known, in the order of their numbers.
	Notes []Note `json:"notes"`

	// Remarks say what else is to be known of the answers, as the notes of an audit's report do. Endpoints are the
	// addresses that were asked in place of AWS's own, and Tolerated what AWS left out and counts as an empty list.
	Remarks   []message.Message   `json:"remarks,omitempty"`
	Endpoints map[string]string   `json:"endpoints,omitempty"`
	Tolerated []account.Tolerated `json:"tolerated,omitempty"`

	Gaps     []account.Gap     `json:"gaps"`
	Declined []account.Decline `json:"declined,omitempty"`
	Calls    account.Calls     `json:"calls"`
}

// List is a list of rows, sorted by name. Its zero value is one that nobody asked for.
type List[T any] struct {
	Rows     []T
	Asked    bool
	Complete bool
}

// IsZero leaves a list out of the JSON that nobody asked for.
func (l List[T]) IsZero() bool { return !l.Asked }

// MarshalJSON writes the rows, and null where none was seen of a list that isn't known to be empty.
func (l List[T]) MarshalJSON() ([]byte, error) {
	switch {
	case len(l.Rows) > 0:
		return json.Marshal(l.Rows)
	case l.Complete:
		return []byte("[]"), nil
	}
	return []byte("null"), nil
}

// Unknown is a field whose value is not known, or not all of it: a key of the row, "password.last_used" for one inside
// another. Note is the number of the note that says why.
type Unknown struct {
	Field string `json:"field"`
	Note  int    `json:"note"`
}

// Note says why something isn't known, and of how many fields.
type Note struct {
	Number int      `json:"number"`
	Kind   NoteKind `json:"kind"`
	Text   string   `json:"text"`
	// Message is the text as data, for other languages.
	Message message.Message `json:"message"`
	Fields  int             `json:"fields"`
}

// NoteKind tells what could not be read from what nobody looked at.
type NoteKind string

// The kinds.
const (
	NotRead   NoteKind = "not_read"   // it should be known, and isn't
	NotLooked NoteKind = "not_looked" // the run wasn't deep enough to look
)

// Whole reports whether everything is known that a run of this depth looks at.
func (i *Inventory) Whole() bool {
	return !slices.ContainsFunc(i.Notes, func(n Note) bool { return n.Kind == NotRead })
}

// When is a point in time, or that there is none. Its zero value is not known.
type When struct {
	At    time.Time
	Never bool
}

// never is a time that didn't come, or won't.
var never = When{Never: true}

// whenOrNever takes a zero time for never.
func whenOrNever(t time.Time) When {
	if t.IsZero() {
		return never
	}
	return When{At: t.UTC()}
}

// at takes a zero time for one that is not known.
func at(t time.Time) When {
	if t.IsZero() {
		return When{}
	}
	return When{At: t.UTC()}
}

// Known reports whether the time is known, or known to be never.
func (w When) Known() bool { return w.Never || !w.At.IsZero() }

// String is an RFC 3339 time in UTC, "never", or "" where it isn't known.
func (w When) String() string {
	switch {
	case w.Never:
		return "never"
	case w.At.IsZero():
		return ""
	}
	return w.At.UTC().Format(time.RFC3339)
}

// MarshalJSON writes a text: an RFC 3339 time or "never"; null where it isn't known.
func (w When) MarshalJSON() ([]byte, error) {
	if !w.Known() {
		return []byte("null"), nil
	}
	return []byte(`"` + w.String() + `"`), nil
}
