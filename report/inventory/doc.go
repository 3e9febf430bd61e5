// Package inventory renders the inventory of an account: as a table, CSV for spreadsheets, JSON, and a page of HTML
// that needs nothing else. Each is made of the [sekisho/audit/inventory.Inventory] alone. What isn't known is "?" with
// the number of a footnote; nothing is left empty that could be read as "there is none".
package inventory
