package offboard

import (
	"io"

	"sekisho/audit/offboard"
	"sekisho/report/sanitize"
)

// JSON writes the report as it is.
func JSON(w io.Writer, r *offboard.Report) error { return sanitize.WriteJSON(w, "the answer", r) }
