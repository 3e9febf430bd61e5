// Package report renders an [audit.Report]: as JSON, which is the whole of it and can be read back, as a table for a
// terminal or a text file, with report/html as a page, and in the formats that other programs read: CSV, Markdown,
// SARIF, JUnit XML, OCSF and the AWS Security Finding Format. A renderer looks at nothing but the report, judges
// nothing, and lets no string reach a reader but through report/sanitize.
package report
