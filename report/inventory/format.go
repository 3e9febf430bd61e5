package inventory

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"sekisho/audit/inventory"
	"sekisho/report/sanitize"
)

// Options say how a ledger is set.
type Options struct {
	Width   int  // columns of a table; 0 means 80
	Color   bool // the escape sequences of a terminal
	Verbose bool // everything that is known of each row, a line each
	BOM     bool // a byte order mark before CSV, by which Excel knows that it is UTF-8
}

// Format is a way to render a ledger.
type Format struct {
	Name   string
	Render func(io.Writer, *inventory.Inventory, Options) error
}

// Formats lists the formats, the default one first.
func Formats() []Format {
	return []Format{{"table", Table}, {"csv", CSV}, {"json", JSON}, {"html", HTML}}
}

// FormatNamed returns the format of that name.
func FormatNamed(name string) (Format, error) {
	formats := Formats()
	if i := slices.IndexFunc(formats, func(f Format) bool { return f.Name == name }); i >= 0 {
		return formats[i], nil
	}
	return Format{}, fmt.Errorf("got format %q, want one of %s", name, strings.Join(FormatNames(), ", "))
}

// FormatNames lists the names of the formats.
func FormatNames() []string {
	var names []string
	for _, f := range Formats() {
		names = append(names, f.Name)
	}
	return names
}

// JSON writes the ledger whole, keys in a fixed order. What isn't known is null.
func JSON(w io.Writer, i *inventory.Inventory, _ Options) error {
	text, err := json.MarshalIndent(i, "", "  ")
	if err == nil {
		_, err = w.Write(append(sanitize.JSON(text), '\n'))
	}
	if err != nil {
		return fmt.Errorf("writing the ledger as JSON: %w", err)
	}
	return nil
}
