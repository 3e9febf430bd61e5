package collect_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"sekisho/audit/collect"
	"sekisho/audit/emulator"
	"sekisho/audit/organization"
)

var fleetDay = time.Date(2026, 11, 29, 5, 0, 0, 0, time.UTC)

// hub signs in to the account that manages the demo's organization, without a network.
func hub(t *testing.T, change func(*organization.Snapshot, map[string]emulator.Member)) (*emulator.Organization, *organization.Snapshot, *collect.Session) {
	t.Helper()
	of, members := emulator.DemoOrganization(fleetDay)
	if change != nil {
		change(of, members)
	}
	served, err := emulator.NewOrganization(of, members)
	if err != nil {
		t.Fatal(err)
	}
	s, err := collect.SignIn(t.Context(), collect.Options{
		Endpoint: "http://127.0.0.1:1", StaticKeys: true, HTTPClient: collect.InProcess(served), Allowed: append(organization.Actions(), organization.CenterActions()...),
		Now: func() time.Time { return fleetDay }, Retryer: fastRetryer,
	})
	if err != nil {
		t.Fatal(err)
	}
	return served, of, s
}

func TestOrganizationIsReadWhole(t *testing.T) {
	t.Parallel()
	_, served, s := hub(t, nil)
	got, err := s.Organization(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Gaps) > 0 {
		t.Errorf("got the gaps %v, want none", got.Gaps)
	}
	for name, pair := range map[string][2]any{
		"organization": {got.Organization.Value, served.Organization.Value}, "roots": {got.Roots.Value, served.Roots.Value},
		"accounts": {got.Accounts.Value, served.Accounts.Value}, "SCPs": {got.SCPs.Value, served.SCPs.Value}, "RCPs": {got.RCPs.Value, served.RCPs.Value},
		"delegates": {got.Delegates.Value, served.Delegates.Value}, "services": {got.Services.Value, served.Services.Value}, "resource policy": {got.ResourcePolicy.Value, served.ResourcePolicy.Value},
	} {
		if text, want := asJSON(t, pair[0]), asJSON(t, pair[1]); text != want {
			t.Errorf("got the %s %s, want %s", name, text, want)
		}
	}
	// Level by level, where the emulator's order is that of paths.
	byID := func(x, y organization.Unit) int { return strings.Compare(x.ID, y.ID) }
	slices.SortFunc(got.Units.Value, byID)
	if text, want := asJSON(t, got.Units.Value), asJSON(t, served.Units.Value); text != want {
		t.Errorf("got the units %s, want %s", text, want)
	}
	if got := got.Place("333344445555"); got != "Workloads/Production" {
		t.Errorf("got the place %q, want that of the unit and of the one above it", got)
	}
	if got.Calls.ByAction[organization.ListChildrenAction] != 5 {
		t.Errorf("got the calls %v, want the root and each of four units asked for its accounts, whose paths the answers lack", got.Calls)
	}
}

// managed changes how the account behaves that manages the organization.
func managed(of *organization.Snapshot, members map[string]emulator.Member, change func(*emulator.Options)) {
	manager := members[of.Organization.Value.ManagementAccount]
	change(&manager.Options)
	members[of.Organization.Value.ManagementAccount] = manager
}

func asJSON(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestPartsOfAnOrganizationThatFailAreGaps(t *testing.T) {
	t.Parallel()
	for _, action := range organization.Actions() {
		t.Run(action, func(t *testing.T) {
			t.Parallel()
			_, served, s := hub(t, func(of *organization.Snapshot, members map[string]emulator.Member) {
				managed(of, members, func(o *emulator.Options) { o.Deny = []string{action} })
			})
			got, err := s.Organization(t.Context())
			if action == organization.DescribeAction {
				if err == nil || collect.Hint(err) == "" {
					t.Errorf("got %v, want an error with a hint", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if len(got.Gaps) == 0 || got.Gaps[0].Action != action {
				t.Errorf("got the gaps %v, want one of %s", got.Gaps, action)
			}
			whole := got.Roots.Complete && got.Accounts.Complete && got.Units.Complete && got.SCPs != nil && got.SCPs.Complete && got.RCPs != nil && got.RCPs.Complete && got.Features != nil &&
				got.Delegates.Complete && got.Services.Complete && got.ResourcePolicy != nil
			placed := true
			for _, a := range served.Accounts.Value {
				if _, known := got.Path(a.ID); !known {
					placed = false
				}
			}
			if whole && placed {
				t.Error("got everything, want what the call tells unknown")
			}
		})
	}
}

// Empty pages that are not the last end no list, and no policy is an answer.
func TestEmptyPagesAndNoResourcePolicy(t *testing.T) {
	t.Parallel()
	_, served, s := hub(t, func(of *organization.Snapshot, members map[string]emulator.Member) {
		managed(of, members, func(o *emulator.Options) { o.EmptyFirst = true })
		of.ResourcePolicy.Value = organization.ResourcePolicy{}
	})
	got, err := s.Organization(t.Context())
	if err != nil || len(got.Gaps) > 0 {
		t.Fatalf("got %v and the gaps %v, want none", err, got.Gaps)
	}
	if len(got.Accounts.Value) != len(served.Accounts.Value) || len(got.Delegates.Value) != 1 || len(got.Delegates.Value[0].Services) != 3 {
		t.Errorf("got %d accounts and the delegates %v, want all", len(got.Accounts.Value), got.Delegates.Value)
	}
	if got.ResourcePolicy == nil || !got.ResourcePolicy.Complete || got.ResourcePolicy.Value.Document != "" {
		t.Errorf("got %v, want that there is no policy", got.ResourcePolicy)
	}
}

func TestMembersAreReadInTheirOwnSessions(t *testing.T) {
	t.Parallel()
	served, _, s := hub(t, nil)
	role := func(id string) string { return "arn:aws:iam::" + id + ":role/" + emulator.FleetRole }
	member, err := s.In(t.Context(), role("444455556666"), "", collect.Actions(), nil)
	if err != nil {
		t.Fatal(err)
	}
	snapshot, err := member.Collect(t.Context(), collect.Plan{Sections: sections()})
	if err != nil {
		t.Fatal(err)
	}
	if got := snapshot.Caller.AccountID; got != "444455556666" || len(snapshot.Users.Value) != 12 || len(snapshot.Gaps) > 0 {
		t.Errorf("got the account %s with %d users and the gaps %v, want the twelve of 444455556666", got, len(snapshot.Users.Value), snapshot.Gaps)
	}
	if text := asJSON(t, snapshot); strings.Contains(text, "123456789012") {
		t.Error("got the number of another account in the snapshot")
	}
	if got := s.Calls(); got.SignIn["sts:AssumeRole"] != 0 || got.Total != 0 {
		t.Errorf("got the hub's calls %v, want the member's apart", got)
	}
	if got := snapshot.Calls.SignIn; got["sts:AssumeRole"] != 1 || got["sts:GetCallerIdentity"] != 1 {
		t.Errorf("got the sign-in calls %v, want one each", got)
	}
	_, err = s.In(t.Context(), role("555566667777"), "", collect.Actions(), nil)
	if err == nil || collect.Passing(err) {
		t.Errorf("got %v, want a refusal that stays", err)
	}
	own, err := s.In(t.Context(), "", "", collect.Actions(), nil)
	if err != nil || own.Caller.AccountID != "123456789012" {
		t.Errorf("got %v, %v, want the account that manages the organization, without a role", own, err)
	}
	if calls := served.Account("444455556666").Calls(); calls["organizations:DescribeOrganization"] != 0 || calls["iam:ListUsers"] == 0 {
		t.Errorf("got the calls %v at the member, want the reads and nothing else", calls)
	}
}

func TestPassingFailures(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		fault emulator.Fault
		want  bool
	}{
		{emulator.Fault{Action: "sts:AssumeRole", Kind: emulator.Denied}, false},
		{emulator.Fault{Action: "sts:AssumeRole", Kind: emulator.ServiceFailure}, true},
		{emulator.Fault{Action: "sts:AssumeRole", Kind: emulator.ExpiredToken}, true},
		{emulator.Fault{Action: "sts:AssumeRole", Kind: emulator.TornReply}, true},
		{emulator.Fault{Action: "sts:AssumeRole", Kind: emulator.HTMLError}, true},
	} {
		_, _, s := hub(t, func(of *organization.Snapshot, members map[string]emulator.Member) {
			managed(of, members, func(o *emulator.Options) { o.Faults = []emulator.Fault{test.fault} })
		})
		_, err := s.In(t.Context(), "arn:aws:iam::444455556666:role/"+emulator.FleetRole, "", collect.Actions(), nil)
		if err == nil || collect.Passing(err) != test.want {
			t.Errorf("%v: got %v, passing %v, want %v", test.fault.Kind, err, collect.Passing(err), test.want)
		}
	}
}
