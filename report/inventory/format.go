package inventory

import (
	"io"

	"sekisho/audit/inventory"
	"sekisho/report/format"
	"sekisho/report/sanitize"
)

// Formats lists the formats of an inventory, the default one first.
func Formats() format.Register[*inventory.Inventory] {
	return format.Register[*inventory.Inventory]{
		{Name: "table", Extensions: []string{".txt"}, Render: Table},
		{Name: "csv", Extensions: []string{".csv"}, Render: CSV},
		{Name: "json", Extensions: []string{".json"}, Render: format.Plain(JSON)},
		{Name: "html", Extensions: []string{".html", ".htm"}, Render: format.Plain(HTML)},
	}
}

// JSON writes the inventory whole, keys in a fixed order. What isn't known is null.
func JSON(w io.Writer, i *inventory.Inventory) error {
	return sanitize.WriteJSON(w, "the inventory", i)
}
