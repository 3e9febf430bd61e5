package fleetdiff

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"sekisho/audit/diff"
	"sekisho/audit/fleet"
	"sekisho/audit/lists"
	"sekisho/report/format"
	"sekisho/report/sanitize"
)

// Compared is a comparison of two runs, and what changed in each account.
type Compared struct {
	*fleet.Diff
	Details *Details
}

// Formats are those of a comparison, the default one first.
func Formats() format.Register[*Compared] {
	return format.Register[*Compared]{
		{Name: "table", Extensions: []string{".txt"}, Render: Table},
		{Name: "json", Extensions: []string{".json"}, Render: format.Plain(JSON)},
		{Name: "html", Extensions: []string{".html", ".htm"}, Render: format.Plain(HTML)},
		{Name: "csv", Extensions: []string{".csv"}, Render: CSV},
		{Name: "markdown", Extensions: []string{".md", ".markdown"}, Render: Markdown},
	}
}

// Spool keeps what is written into it until it is read.
type Spool interface {
	io.Writer
	Content() (io.Reader, error)
}

// Details are the findings and changes of all accounts, which lie in a spool: memory holds one at a time. What fails or is
// unknown as before is left out.
type Details struct {
	spool   Spool
	encoder *json.Encoder
}

// NewDetails begins with none.
func NewDetails(spool Spool) *Details { return &Details{spool, json.NewEncoder(spool)} }

// detail is one finding or one change of an account.
type detail struct {
	Account string        `json:"account"`
	Name    string        `json:"account_name,omitempty"`
	Finding *diff.Finding `json:"finding,omitempty"`
	Change  *diff.Change  `json:"change,omitempty"`
}

// Add adds those of an account.
func (d *Details) Add(a fleet.Account, changes *diff.Diff) error {
	put := func(one detail) error {
		one.Account, one.Name = a.ID, a.Name
		if err := d.encoder.Encode(one); err != nil {
			return fmt.Errorf("gathering what changed: %w", err)
		}
		return nil
	}
	for i := range changes.Findings {
		f := &changes.Findings[i]
		if f.Kind == diff.StillFailing || f.Kind == diff.StillUnknown {
			continue
		}
		if err := put(detail{Finding: f}); err != nil {
			return err
		}
	}
	for i := range changes.Changes {
		if err := put(detail{Change: &changes.Changes[i]}); err != nil {
			return err
		}
	}
	return nil
}

// each reads them one after the other, each into what is new for it.
func each[T any](d *Details, take func(T) error) error {
	content, err := d.spool.Content()
	if err != nil {
		return err
	}
	for decoder := json.NewDecoder(content); ; {
		var one T
		switch err := decoder.Decode(&one); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
		if err := take(one); err != nil {
			return err
		}
	}
}

// JSON writes the comparison, and behind it all details, a line each.
func JSON(w io.Writer, c *Compared) error {
	var head bytes.Buffer
	if err := sanitize.WriteJSONLines(&head, "the comparison", c.Diff, func(string) int { return 2 }); err != nil {
		return err
	}
	_, err := w.Write(append(bytes.TrimSuffix(head.Bytes(), []byte("\n}\n")), ",\n  \"details\": ["...))
	separator := "\n    "
	if err == nil {
		err = each(c.Details, func(one json.RawMessage) error {
			_, err := w.Write(append([]byte(separator), sanitize.JSON(one)...))
			separator = ",\n    "
			return err
		})
	}
	if err == nil {
		_, err = io.WriteString(w, "\n  ]\n}\n")
	}
	if err != nil {
		return fmt.Errorf("writing the comparison as JSON: %w", err)
	}
	return nil
}

// Columns are those of CSV, on which spreadsheets and programs rely; new ones are only added at the end.
func Columns() []string {
	return []string{"account", "name", "kind", "severity", "rule", "resource", "item", "resource_name", "was", "is", "message"}
}

// row is what CSV tells of a detail.
type row struct {
	Account string
	Name    string `json:"account_name"`
	Finding *struct {
		Kind, Severity, Rule, Resource, Item, Name, Was, Is string
		Old, New                                            *struct{ Message string }
	}
}

// CSV writes a row for each account that is new, gone, unknown or not audited on one side, and for each finding that
// changed.
func CSV(w io.Writer, c *Compared, o format.Options) error {
	details, failed := lists.Pulled(func(take func(row) error) error { return each(c.Details, take) })
	err := sanitize.WriteCSV(w, "the comparison", o.BOM, func(yield func([]sanitize.Cell) bool) {
		write := func(values ...string) bool {
			cells := make([]sanitize.Cell, len(Columns()))
			for i, value := range values {
				cells[i] = sanitize.CSV(value)
			}
			return yield(cells)
		}
		more := write(Columns()...)
		for i := range c.Accounts {
			if r := &c.Accounts[i]; r.Was != fleet.Audited || r.Is != fleet.Audited {
				more = more && write(r.ID, r.Name, kindOf(r), "", "", "", "", "", string(r.Was), string(r.Is), r.Message)
			}
		}
		if !more {
			return
		}
		for one := range details {
			f := one.Finding
			if f == nil {
				continue
			}
			said := f.Old
			if f.New != nil {
				said = f.New
			}
			text := ""
			if said != nil {
				text = said.Message
			}
			if !write(one.Account, one.Name, f.Kind, f.Severity, f.Rule, f.Resource, f.Item, f.Name, f.Was, f.Is, text) {
				return
			}
		}
	})
	if problem := failed(); err == nil && problem != nil {
		return fmt.Errorf("writing the comparison as CSV: %w", problem)
	}
	return err
}

// kindOf says in a word what became of an account.
func kindOf(r *fleet.DiffRow) string {
	switch {
	case r.Appeared():
		return "account_new"
	case r.Gone():
		return "account_gone"
	case r.BecameUnknown():
		return "account_became_unknown"
	case r.Is == fleet.Unknown:
		return "account_still_unknown"
	case r.Is == fleet.NotAudited:
		return "account_no_longer_audited"
	case r.Was == fleet.Unknown:
		return "account_no_longer_unknown"
	}
	return "account_newly_audited"
}
