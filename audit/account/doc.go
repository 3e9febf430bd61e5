// Package account holds what AWS said about an account and what follows from it.
//
// A [Snapshot] is AWS's answers, one [Answer] per kind of call, unmerged and each with its time. An [Account]
// is derived from it by [New]: users, root, groups, roles and policies, each fact taken from its best source and
// carrying its provenance, or the reason why it is not known. The package is plain data: it makes no call, reads
// no clock and judges nothing.
package account
