// Package report renders an [audit.Report]: as JSON, which is the whole of it and can be read back, as a table for a terminal or a
// text file, and, with report/html, as a page. A renderer looks at nothing but the report, judges nothing, and lets no string
// reach a reader but through report/sanitize.
package report
