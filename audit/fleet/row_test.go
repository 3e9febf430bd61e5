package fleet

import (
	"runtime"
	"testing"
	"time"

	"sekisho/audit"
)

// What a run says of thousands of accounts holds none of their reports.
func TestRowsKeepNothingOfReports(t *testing.T) {
	t.Parallel()
	gone := make(chan struct{})
	alias := "acme"
	row, names := func() (Row, []seenUser) {
		r := &audit.Report{
			TakenAt: time.Date(2026, 11, 29, 5, 0, 0, 0, time.UTC), Account: audit.AccountInfo{Alias: &alias}, Users: []audit.UserRow{{Name: "alice"}},
			Rules: []audit.RuleResult{{ID: "console-mfa", Fail: 1}, {ID: "root-mfa", Unknown: 1}},
		}
		runtime.AddCleanup(r, func(done chan struct{}) { close(done) }, gone)
		return rowOf(Account{ID: "123456789012"}, r), seenIn(r, nil, nil)
	}()
	for collected := false; !collected; {
		runtime.GC()
		select {
		case <-gone:
			collected = true
		default:
			runtime.Gosched() // the cleanup is called by another goroutine
		}
	}
	if row.TakenAt.Year() != 2026 || row.Alias != "acme" || len(names) != 1 || row.Failing["console-mfa"] != 1 || len(row.Undecided) != 1 {
		t.Errorf("got %+v and %v, want what the report said", row, names)
	}
}
