// Package inventory lists what an account has: its users with every credential, its roles and its groups, one row each.
// It is pure: no I/O, no clock, and no judging of its own; whether someone is an administrator, and must use MFA, is
// said by the functions that it is given.
//
// What isn't known is null and has a footnote that says why. An empty list means that there is nothing of the kind.
package inventory
