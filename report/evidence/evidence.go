// Package evidence renders what is found of an evidence file.
package evidence

import (
	"fmt"
	"io"
	"strings"

	"sekisho/audit/evidence"
	"sekisho/audit/message"
	"sekisho/report/format"
	"sekisho/report/sanitize"
	"sekisho/report/term"
)

// Formats lists the formats of a verification, the default one first.
func Formats() format.Register[*evidence.Verification] {
	return format.Register[*evidence.Verification]{
		{Name: "table", Extensions: []string{".txt"}, Render: Table},
		{Name: "json", Extensions: []string{".json"}, Render: format.Plain(JSON)},
	}
}

// Table writes a line for each check, and last the verdict.
func Table(w io.Writer, v *evidence.Verification, o format.Options) error {
	page := term.NewPage(w, o.Width, o.Color).In(o.Language)
	for _, c := range v.Checks {
		state := string(c.State)
		if c.State == evidence.Wrong {
			state = strings.ToUpper(state)
		}
		page.Beside(0, sanitize.Terminal(fmt.Sprintf("%-7s  %-9s  ", state, c.What)), sanitize.Message(c.Text))
	}
	if err := page.Flush(); err != nil {
		return fmt.Errorf("writing the verification as a table: %w", err)
	}
	return nil
}

// Schema of the JSON form; other programs rely on it.
const Schema = "sekisho/verification/v1"

// JSON writes the verification whole, with each message in English and as format and arguments.
func JSON(w io.Writer, v *evidence.Verification) error {
	type check struct {
		State   evidence.State  `json:"state"`
		What    string          `json:"what"`
		Message string          `json:"message"`
		Text    message.Message `json:"text"`
	}
	out := struct {
		Schema   string            `json:"schema"`
		Verdict  evidence.State    `json:"verdict"`
		Manifest evidence.Manifest `json:"manifest"`
		Checks   []check           `json:"checks"`
	}{Schema, v.Verdict(), v.Manifest, nil}
	for _, c := range v.Checks {
		out.Checks = append(out.Checks, check{c.State, c.What, c.Text.String(), c.Text})
	}
	return sanitize.WriteJSON(w, "the verification", out)
}
