package main

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sekisho/audit/fleet"
	"sekisho/audit/fleet/store"
)

// A run is taken up only by someone who wants the same accounts, settings and shards: what it leaves out would be missing
// without a word.
func TestRunsAreTakenUpAsTheyWereMeant(t *testing.T) {
	t.Parallel()
	folder, err := store.OpenFolder(filepath.Join(t.TempDir(), "run"))
	if err != nil {
		t.Fatal(err)
	}
	defer folder.Close()
	there := func() *fleet.Manifest {
		return &fleet.Manifest{Shards: 2, ConfigurationSHA256: "a", Choice: fleet.Choice{Units: []string{"Workloads"}},
			Accounts: []fleet.Account{{ID: "111122223333"}, {ID: "222233334444"}, {ID: "333344445555", NotAudited: fleet.NotActive}}}
	}
	if err := reusable(folder, there(), there()); err != nil {
		t.Errorf("got %v, want it taken up", err)
	}
	for says, change := range map[string]func(*fleet.Manifest){
		"other settings":                          func(m *fleet.Manifest) { m.ConfigurationSHA256 = "b" },
		"another number of shards":                func(m *fleet.Manifest) { m.Shards = 3 },
		"in another way":                          func(m *fleet.Manifest) { m.Choice.Role = "another" },
		"does not audit the account 999900001111": func(m *fleet.Manifest) { m.Accounts = append(m.Accounts, fleet.Account{ID: "999900001111"}) },
		"does not audit the account 333344445555": func(m *fleet.Manifest) { m.Accounts[2].NotAudited = "" },
	} {
		wanted := there()
		change(wanted)
		if err := reusable(folder, there(), wanted); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("got %v, want it refused: %s", err, says)
		}
	}
	fewer := there()
	fewer.Accounts = fewer.Accounts[:1]
	if err := reusable(folder, there(), fewer); err != nil {
		t.Errorf("got %v of a run with an account that is gone since, want it taken up", err)
	}
}

func TestPaceOfAFleet(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		p     fleet.Progress
		since time.Duration
		want  string
	}{
		{fleet.Progress{Accounts: 100}, time.Minute, ""},
		{fleet.Progress{Accounts: 100, Done: 1, Over: 1}, time.Millisecond, ""},
		{fleet.Progress{Accounts: 100, Done: 58, Failed: 2, Running: 20, Over: 20}, 10 * time.Second, ", 2.0 a second, 20s left"},
		{fleet.Progress{Accounts: 10_000, Done: 100, Over: 100}, 100 * time.Second, ", 1.0 a second, 2h45m0s left"},
		{fleet.Progress{Accounts: 4, Done: 3, Failed: 1, Over: 4}, 8 * time.Second, ", 0.5 a second, 0s left"},
	} {
		if got := paceOf(test.p, test.since); got != test.want {
			t.Errorf("got %q of %+v, want %q", got, test.p, test.want)
		}
	}
}
