// Package diff compares two states of an account: which failures are new, fixed or no longer decided, and what changed
// in the account itself. It is pure: no I/O, no clock, no judging of its own.
//
// What was not read on one of the sides is not compared, with the reason. A failure is fixed only where the new side's
// rule has decided that it is, and a thing is added or removed only against a list that is known to be whole, or by a
// date that proves it.
package diff
