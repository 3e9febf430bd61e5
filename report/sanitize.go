package report

import "sekisho/report/sanitize"

// Terminal makes a string harmless for a terminal: one line in which everything is visible; see [sanitize.Terminal], which
// report/html shares. Progress and error messages that quote an account go through it too.
func Terminal(s string) string { return sanitize.Terminal(s) }
