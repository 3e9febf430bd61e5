// Package policy is the IAM policy language: it reads policy documents, matches requests against
// them and says what they decide, in three-valued logic where a context key is unknown.
//
// The way through it: Parse (document.go, parse.go) makes a Document, immutable, its patterns compiled
// once (compile.go); a Context (context.go) holds what is known of a request; conditions (condition.go) and
// resource patterns (match.go, variables.go) answer Yes, No or Maybe; Evaluate (evaluate.go) joins the
// statements of all applicable policies in AWS's order.
//
// It knows nothing of accounts, rules or reports, makes no calls, and has no clock.
//
// Facts about AWS are cited where they are used. "Guide" is the IAM User Guide; its pages are cited by
// their file name, such as reference_policies_grammar.
package policy
