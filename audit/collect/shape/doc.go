// Package shape says what an answer of AWS must hold, and looks whether it does, in the bytes as they came. The SDK reads
// what is absent as zero, as an empty list or as "no more pages"; to an auditor nothing absent is a statement.
//
// What may be in an answer is told by the SDK's own schemas, so that the check and the SDK's decoder speak of the same
// elements; what must be is told by the tables of this package, each entry with its source.
package shape
