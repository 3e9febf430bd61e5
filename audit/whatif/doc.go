// Package whatif tells what changes would do to the people and programs of an account: whose credentials would work no
// more, who would have to enrol an MFA device first, who would lose which access, and who would be an administrator. It
// compares two states of an account and asks nobody.
package whatif
