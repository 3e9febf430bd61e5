// Package audit judges a snapshot of an account with rules and gives a report.
//
// A [Rule] is a value: what it claims, why, how it is decided and how to fix it, and a Check that sees one [Pass] and
// nothing else. [Evaluate] is pure: it makes no call and reads no clock, so the same snapshot gives the same report
// today and in five years. Where a fact that a verdict hangs on is not known the answer is unknown, and the wants say
// what could be asked.
package audit
