// Package diff compares two states of an account: which failures are new, fixed or no longer decided, who became an
// administrator, and what changed in the account itself. It is pure: no I/O, no clock, and it judges nothing but who is
// an administrator, where the rule that tells did not run.
//
// What was not read on one of the sides is not compared, with the reason. A failure is fixed only where the new side's
// rule passes it, and a thing is added or removed only against a list that is known to be whole, or by a date that
// proves it.
package diff
