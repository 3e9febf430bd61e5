// Package access says what the users and roles of an account may do: what a password and an access key open without
// MFA, and what with it (analysis.go); who is an administrator (admin.go), and who can become one over whom (graph.go
// sorts the account, search.go looks for the way, edges.go and changes.go say what leads on); who may assume a role
// (trust.go); and where policies that ask for MFA leave something open (mfapolicy.go).
//
// It reads policies with package policy, makes no calls, and has no clock. "Guide" is the IAM User Guide; its pages are
// cited by their file name.
package access
