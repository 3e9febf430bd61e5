//go:build unix

package main

import (
	"encoding/json"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"sekisho/audit/emulator"
	"sekisho/audit/offboard"
)

// An account that knows nobody of the name is asked for the name once, and nothing else.
func TestAccountsThatKnowNobodyAreAskedOnce(t *testing.T) {
	t.Parallel()
	served, endpoint := servedFleet(t, 4, func(string) {})
	out := filepath.Join(t.TempDir(), "out.json")
	runs(t, endpoint, statusUnknown, "fleet", "offboard", "nobody.at-all", "-q", "-o", out)
	asked := 0
	for _, id := range []string{"100000000001", "100000000002", "100000000003"} {
		calls := maps.Clone(served.Account(id).Calls())
		maps.DeleteFunc(calls, func(action string, _ int) bool { return strings.HasPrefix(action, "sts:") })
		if len(calls) > 0 {
			asked++
		}
		if len(calls) != 1 || calls["iam:GetUser"] != 1 {
			t.Errorf("got the calls %v of %s, want one of GetUser", calls, id)
		}
	}
	manager := served.Account(managerOf(served)).Calls()
	for action := range manager {
		if strings.HasPrefix(action, "sso:") && action != "sso:ListInstances" || strings.Contains(action, "Polic") || strings.HasPrefix(action, "identitystore:") && action != "identitystore:ListUsers" {
			t.Errorf("got %s, which tells nothing of people", action)
		}
	}
	if text := read(t, out); asked != 3 || !strings.Contains(text, `"verdict": "not_found"`) || !strings.Contains(text, `"not_found_in": 4`) {
		t.Errorf("got %s, want nobody of that name found", text)
	}
}

// Somebody who was named by a unique ID may have any name, so that every account's list is looked through.
func TestUniqueIDsAreLookedForInLists(t *testing.T) {
	t.Parallel()
	served, endpoint := servedFleet(t, 4, func(string) {})
	out := filepath.Join(t.TempDir(), "out.json")
	runs(t, endpoint, statusUnknown, "fleet", "offboard", "AIDACKCEVSQ6C2EXAMPLE", "-q", "-o", out)
	for _, id := range []string{"100000000001", "100000000002", "100000000003"} {
		if calls := served.Account(id).Calls(); calls["iam:GetAccountAuthorizationDetails"] == 0 {
			t.Errorf("got the calls %v of %s, want the list of users", calls, id)
		}
	}
	if all := answersIn(t, out); all.People[0].NotFound != 4 || all.People[0].Everywhere {
		t.Errorf("got %+v, want nobody found, and nothing claimed", all.People[0])
	}
}

// toldOf is what is told of one person, and the states of the accounts.
type toldOf struct {
	AsOf   string `json:"as_of"`
	People []struct {
		Verdict    string
		Everywhere bool     `json:"out_of_every_account"`
		Active     []string `json:"active_in"`
		Unknown    []string `json:"unknown_in"`
		NotFound   int      `json:"not_found_in"`
	}
	Accounts []struct{ State offboard.State }
}

func answersIn(t *testing.T, file string) (all toldOf) {
	t.Helper()
	if err := json.Unmarshal([]byte(read(t, file)), &all); err != nil {
		t.Fatal(err)
	}
	return all
}

// A run in a bucket keeps what accounts say, where nothing is written over. Identity Center is asked anew, and what can't be kept is told all the same.
func TestAnswersAreKeptInABucket(t *testing.T) {
	t.Parallel()
	served, endpoint := servedFleet(t, 4, func(string) {})
	var refuses atomic.Bool
	storage := &emulator.Storage{Bucket: "example-runs", Owner: managerOf(served), Region: "eu-west-1", Allows: func(q emulator.StorageRequest) bool {
		return !refuses.Load() || q.Action != "s3:PutObject"
	}}
	served.Keep(storage)
	const run = "s3://example-runs/fleet"
	folder := t.TempDir()
	runs(t, endpoint, statusClean, "fleet", "plan", "-o", run)
	listed := func() int { return served.Account(managerOf(served)).Calls()["sso:ListInstances"] }
	before := listed()
	for range 2 {
		runs(t, endpoint, statusFinding, "fleet", "offboard", "person-00000", "--run", run, "-q", "-o", filepath.Join(folder, "out.json"))
	}
	if keys := storage.Keys("fleet/offboard/"); len(keys) != 8 {
		t.Errorf("got the objects %v, want one of each account, twice", keys)
	}
	if before == listed() {
		t.Error("got nobody who asked for Identity Center now")
	}
	refuses.Store(true)
	out := filepath.Join(folder, "unkept.json")
	runs(t, endpoint, statusFailed, "fleet", "offboard", "person-00000", "--run", run, "-q", "-o", out)
	if all := answersIn(t, out); len(all.People[0].Active) == 0 || slices.ContainsFunc(all.Accounts, func(a struct{ State offboard.State }) bool { return a.State != offboard.Asked }) {
		t.Errorf("got %+v, want what every account says", all.People)
	}
	runs(t, endpoint, statusUnknown, "fleet", "offboard", "person-00000", "--from", run, "-q", "-o", out)
	if all := answersIn(t, out); all.People[0].Verdict != "unknown" || len(all.People[0].Unknown) != 4 || all.AsOf == "" {
		t.Errorf("got %+v, want a run that nobody made to tell nothing", all.People[0])
	}
}
