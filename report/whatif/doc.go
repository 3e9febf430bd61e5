// Package whatif renders what changes would do to an account: the changes themselves, whom they lock out or break, and
// what package report/diff says of the account before and after.
package whatif
