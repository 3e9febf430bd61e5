// Package collect asks AWS: it signs in, reads the sections of an account that are wanted, and gives a snapshot. It
// judges nothing.
//
// [SignIn] finds credentials the way the aws command does, with MFA and roles on top, and asks AWS who they belong to
// before anything else. The [Session] that it returns can't change an account: its clients refuse, before anything is
// sent, every action that is not on the list of reads. [Session.Collect] makes the reads; a call that fails is a gap in
// the snapshot, and only what makes further calls pointless (credentials that expired, an interrupt, nothing readable
// at all) is an error.
//
// It is the only package that knows the AWS SDK, and does not reach beyond audit/account.
package collect
