// Package rules is the catalogue: every rule that Sekisho knows, one file a topic.
//
// A rule only decides. What a fact is taken from is known to package account, and how verdicts are gathered to package
// audit. [Catalogue] lists the rules in the order of the report; RULES.md is their documentation, made from the rules
// themselves.
package rules
