// Package change holds edits of an account as values: calls of AWS's API, and what only a person can do. A change says
// what it is in words, as a command and as steps in the console, what AWS wants to be done first, how it is undone and
// whom it touches, and it can be tried on a snapshot. It is pure: nothing here calls AWS.
//
// [TryOut] tells what changes would do to the people and programs of an account. The kinds of changes are a table, by
// AWS's names of the calls: kinds.go puts it together.
package change
