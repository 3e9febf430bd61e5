// Package plan leads from the findings of a report to few changes, in their order: what each clears and adds, whom it
// affects and how sure that is, how it is made and undone. The changes are those of the rules' fixes. Each step is
// proved: it is made on the snapshot, and the rules judge what comes out. It is pure: nothing here calls AWS.
package plan
