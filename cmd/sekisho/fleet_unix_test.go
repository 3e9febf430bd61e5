//go:build unix

package main

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"sekisho/audit/collect"
	"sekisho/audit/emulator"
	"sekisho/audit/fleet"
	"sekisho/audit/organization"
)

// servedFleet is an emulated organization that tells when an account is asked something for the first time.
func servedFleet(t *testing.T, accounts int, asked func(id string)) (*emulator.Organization, string) {
	t.Helper()
	of, members := emulator.Corporation(accounts, 2, time.Now(), emulator.Options{})
	for id, m := range members {
		var first sync.Once
		m.Options.Observe = func(action string) {
			if strings.HasPrefix(action, "iam:") {
				first.Do(func() { asked(id) })
			}
		}
		members[id] = m
	}
	served, err := emulator.NewOrganization(of, members)
	if err != nil {
		t.Fatal(err)
	}
	endpoint, stop, err := served.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	return served, endpoint
}

func runs(t *testing.T, endpoint string, want int, arguments ...string) {
	t.Helper()
	cmd := started(t, endpoint, arguments...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if got := ended(t, cmd); got != want {
		t.Errorf("%q: got exit status %d and %s, want %d", arguments, got, stderr.String(), want)
	}
}

// doneIn are the accounts whose objects are in a run's folder.
func doneIn(t *testing.T, run string) []string {
	t.Helper()
	objects, err := filepath.Glob(filepath.Join(run, "accounts", "*.json.gz"))
	if err != nil {
		t.Fatal(err)
	}
	for i, object := range objects {
		objects[i] = strings.TrimSuffix(filepath.Base(object), ".json.gz")
	}
	return objects
}

// merged is what a run says, but for the times and for which run it is.
func merged(t *testing.T, run string) string {
	t.Helper()
	out := filepath.Join(t.TempDir(), "fleet.json")
	if status, _, stderr := called(t, nil, "fleet", "merge", run, "-q", "-o", out); status != statusFinding {
		t.Fatalf("got exit status %d and %s, want a report", status, stderr)
	}
	return timeless(t, out)
}

// timeless is a report without the times and what is another for each run.
func timeless(t *testing.T, file string) string {
	t.Helper()
	var r fleet.Report
	if err := json.Unmarshal([]byte(read(t, file)), &r); err != nil {
		t.Fatal(err)
	}
	r.RunID, r.Manifest, r.MadeAt, r.Storage = "", "", time.Time{}, nil
	for i := range r.Accounts {
		r.Accounts[i].TakenAt = nil
	}
	text, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// A run that is killed is taken up again: what is done is asked nothing any more, and the report is that of a run which
// nobody killed.
func TestKilledFleetIsTakenUpAgain(t *testing.T) {
	t.Parallel()
	const accounts = 6
	_, endpoint := servedFleet(t, accounts, func(string) {})
	whole := filepath.Join(t.TempDir(), "run")
	runs(t, endpoint, statusClean, "fleet", "plan", "-o", whole)
	runs(t, endpoint, statusClean, "fleet", "run", whole, "-q")
	want := merged(t, whole)

	for moment := range 5 {
		begun := make(chan struct{})
		n := 0
		var mu sync.Mutex
		served, endpoint := servedFleet(t, accounts, func(string) {
			mu.Lock()
			defer mu.Unlock()
			if n++; n == moment+1 {
				close(begun)
			}
		})
		run := filepath.Join(t.TempDir(), "run")
		runs(t, endpoint, statusClean, "fleet", "plan", "-o", run)
		cmd := started(t, endpoint, "fleet", "run", run, "-q", "--concurrency", "2")
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		<-begun
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		ended(t, cmd)
		done := doneIn(t, run)
		if moment == 4 && len(done) > 0 {
			// As one is left that was killed between its snapshot and its object.
			if err := os.Remove(filepath.Join(run, "accounts", done[0]+".json.gz")); err != nil {
				t.Fatal(err)
			}
			done = done[1:]
		}
		calls := map[string]map[string]int{}
		for _, id := range done {
			calls[id] = served.Account(id).Calls()
		}
		runs(t, endpoint, statusClean, "fleet", "run", run, "-q")
		if all := doneIn(t, run); len(all) != accounts {
			t.Errorf("killed at the account %d: got %v done, want all", moment+1, all)
		}
		for _, id := range done {
			if again := served.Account(id).Calls(); id != managerOf(served) && !maps.Equal(again, calls[id]) {
				t.Errorf("killed at the account %d: got the calls %v of %s, want no more than %v", moment+1, again, id, calls[id])
			}
		}
		if got := merged(t, run); got != want {
			t.Errorf("killed at the account %d: got %s, want %s", moment+1, got, want)
		}
	}
}

// managerOf is the account that manages the emulated organization, which plans and runs ask too.
func managerOf(*emulator.Organization) string { return "100000000000" }

// Shards are processes that know nothing of each other, by the variables of the engines that people run them in.
func TestShardsOfAFleetAsProcesses(t *testing.T) {
	t.Parallel()
	_, endpoint := servedFleet(t, 5, func(string) {})
	folder := t.TempDir()
	one, cut := filepath.Join(folder, "one"), filepath.Join(folder, "cut")
	runs(t, endpoint, statusClean, "fleet", "plan", "-o", one)
	runs(t, endpoint, statusClean, "fleet", "run", one, "-q")
	runs(t, endpoint, statusClean, "fleet", "plan", "-o", cut, "--shards", "4")
	var all sync.WaitGroup
	for i, variables := range [][]string{
		{"JOB_COMPLETION_INDEX=0"}, {"AWS_BATCH_JOB_ARRAY_INDEX=1"}, {"SLURM_ARRAY_TASK_ID=12", "SLURM_ARRAY_TASK_MIN=10"}, {"SLURM_ARRAY_TASK_ID=3"},
	} {
		all.Go(func() {
			cmd := started(t, endpoint, "fleet", "run", cut, "-q", "--shard", "auto")
			cmd.Env = append(cmd.Env, variables...)
			if err := cmd.Start(); err != nil {
				t.Error(err)
				return
			}
			if got := ended(t, cmd); got != statusClean {
				t.Errorf("shard %d: got exit status %d, want it done", i, got)
			}
		})
	}
	all.Wait()
	if got, want := merged(t, cut), merged(t, one); got != want {
		t.Errorf("got %s by shards, want %s", got, want)
	}
	if done := doneIn(t, cut); !slices.Equal(done, doneIn(t, one)) {
		t.Errorf("got %v done", done)
	}
}

// What is printed is enough for an audit of an organization that is denied all else, and none of it is for nothing.
func TestFleetPermissionsAreEnough(t *testing.T) {
	t.Parallel()
	p := printed(t, "--member-root")
	hub, role := p.Hub.actions(), p.Role.actions()
	if !slices.Contains(hub, "sts:AssumeRole") || slices.Contains(role, "sts:AssumeRole") {
		t.Errorf("got %v for the hub and %v for the role, want AssumeRole for the hub alone", hub, role)
	}
	all := slices.Concat(collect.Actions(), organization.Actions(), organization.CenterActions(), []string{"sts:AssumeRole", organization.AssumeRootAction})
	without := func(allowed []string) []string {
		return slices.DeleteFunc(slices.Clone(all), func(action string) bool { return slices.Contains(allowed, action) })
	}
	of, members := emulator.Corporation(4, 3, time.Now(), emulator.Options{Deny: without(role)})
	manager := of.Organization.Value.ManagementAccount
	m := members[manager]
	m.Options.Deny = without(hub)
	members[manager] = m
	served, err := emulator.NewOrganization(of, members)
	if err != nil {
		t.Fatal(err)
	}
	endpoint, stop, err := served.Start()
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	out := filepath.Join(t.TempDir(), "fleet.json")
	runs(t, endpoint, statusFinding, "fleet", "audit", "-q", "--member-root", "-o", out)
	var r fleet.Report
	if err := json.Unmarshal([]byte(read(t, out)), &r); err != nil {
		t.Fatal(err)
	}
	if r.Summary.Audited != 4 || r.Summary.UnknownFindings != 0 {
		t.Errorf("got %+v, want all audited and decided", r.Summary)
	}
	for _, v := range r.OrganizationRules {
		if v.Status.String() == "unknown" {
			t.Errorf("got %s unknown: %s", v.ID, v.Message)
		}
	}
	asked := slices.Collect(maps.Keys(served.Account(manager).Calls()))
	for _, action := range slices.Concat(organization.Actions(), organization.CenterActions(), []string{organization.AssumeRootAction}) {
		if action == organization.PrincipalAction && slices.Contains(asked, organization.AssignmentsAction) || action == organization.AssignmentsAction && slices.Contains(asked, organization.PrincipalAction) {
			continue // the other way takes fewer calls
		}
		// The paths of the answers tell where accounts are, or each unit is asked for its own.
		if !slices.Contains(asked, action) {
			t.Errorf("got no call of %s, which the hub's policy allows", action)
		}
	}
}

// Where a manifest is taken up, the organization is not read once more: each process of many plans before it runs.
func TestOnePlanReadsTheOrganization(t *testing.T) {
	t.Parallel()
	of, members := emulator.Corporation(3, 1, time.Now(), emulator.Options{})
	var mu sync.Mutex
	calls := 0
	for id, m := range members {
		m.Options.Observe = func(action string) {
			mu.Lock()
			defer mu.Unlock()
			if strings.HasPrefix(action, "organizations:") {
				calls++
			}
		}
		members[id] = m
	}
	served, err := emulator.NewOrganization(of, members)
	if err != nil {
		t.Fatal(err)
	}
	endpoint, stop, err := served.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	run := filepath.Join(t.TempDir(), "run")
	runs(t, endpoint, statusClean, "fleet", "plan", "-o", run, "--reuse")
	mu.Lock()
	once := calls
	mu.Unlock()
	runs(t, endpoint, statusClean, "fleet", "plan", "-o", run, "--reuse")
	runs(t, endpoint, statusUsage, "fleet", "plan", "-o", run, "--reuse", "--shards", "2")
	if mu.Lock(); once == 0 || calls != once {
		t.Errorf("got %d calls to AWS Organizations and %d in all, want none but of the first", once, calls)
	}
	mu.Unlock()
}
