// Package change holds edits of an account as values: calls of AWS's API, and what only a person can do. A change says
// what it is in words, as a command and as steps in the console, what AWS wants to be done first, how it is undone and
// whom it touches, and it can be tried on a snapshot. It is pure: nothing here calls AWS.
//
// The kinds of changes are a table, by AWS's names of the calls: kinds.go puts it together. Some kinds are the stages of
// a longer way, such as that from an old access key to a new one: [Change.Stage] tells them apart.
package change
