// Package offboard answers whether somebody who left an account is really out: which ways in are left to him, what of him is left
// besides, and whether anything names him still. It judges a snapshot in which the people concerned were read live, never a credential
// report, and it says what it would have to read to know more. It changes nothing, does no I/O and knows no clock.
package offboard
