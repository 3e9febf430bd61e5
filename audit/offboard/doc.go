// Package offboard answers whether someone who left an account is really out: which ways in they still have, what else
// of theirs is left, and whether anything still names them. It judges a snapshot in which the people concerned were
// read live, never a credential report, and it says what it would have to read to know more. It changes nothing, does
// no I/O and knows no clock.
package offboard
