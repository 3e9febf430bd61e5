// Package framework knows the recommendations on IAM of the benchmarks that accounts are held against: their numbers,
// their order, and a title in words of our own. Which rules decide a recommendation stands with the rules, as their
// Controls, and is only turned round here. The package reads neither an account nor AWS: it sums up a report that is
// there.
package framework
