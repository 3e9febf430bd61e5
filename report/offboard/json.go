package offboard

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"

	"sekisho/audit/offboard"
	"sekisho/report/sanitize"
)

// JSON writes the report as it is.
func JSON(w io.Writer, r *offboard.Report) error {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(r); err != nil {
		return fmt.Errorf("writing the answer as JSON: %w", err)
	}
	if _, err := w.Write(sanitize.JSON(b.Bytes())); err != nil {
		return fmt.Errorf("writing the answer as JSON: %w", err)
	}
	return nil
}
