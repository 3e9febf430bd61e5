// Package access writes what "sekisho access" tells: how users and roles become administrators. Every format is a
// function of the answer alone.
package access

import (
	"sekisho/audit"
	"sekisho/audit/access"
	"sekisho/report/format"
)

// Paths are the ways of an account's principals to an administrator, or to another target, and what found them.
type Paths struct {
	*access.Ascents
	Tool audit.Tool
}

// Formats lists the formats of the ways, the default one first.
func Formats() format.Register[Paths] {
	return format.Register[Paths]{
		{Name: "table", Extensions: []string{".txt"}, Render: Table},
		{Name: "json", Extensions: []string{".json"}, Render: format.Plain(JSON)},
		{Name: "dot", Extensions: []string{".dot", ".gv"}, Render: format.Plain(DOT)},
		{Name: "mermaid", Extensions: []string{".mmd", ".mermaid"}, Render: format.Plain(Mermaid)},
		{Name: "html", Extensions: []string{".html", ".htm"}, Render: format.Plain(HTML)},
	}
}
