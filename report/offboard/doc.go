// Package offboard renders the answers of audit/offboard: as JSON, as a table, a page and Markdown for people, and as a shell script that
// removes what is left. Every format is a function of the report alone.
package offboard
