// Package diff renders what changed between two states of an account: as a table, JSON, Markdown and one page of HTML.
// Every format is a function of the [diff.Diff] alone, and what comes from an account goes through [sanitize] first.
package diff
