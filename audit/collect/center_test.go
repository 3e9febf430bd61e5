package collect_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"sekisho/audit"
	"sekisho/audit/account"
	"sekisho/audit/collect"
	"sekisho/audit/emulator"
	"sekisho/audit/organization"
	"sekisho/audit/orgpolicy"
)

// centerRead reads the demo's organization with its Identity Center.
func centerRead(t *testing.T, o collect.CenterOptions, change func(*organization.Snapshot, map[string]emulator.Member)) (got, served *organization.Snapshot) {
	t.Helper()
	_, served, s := hub(t, change)
	got, err := s.Organization(t.Context())
	if err == nil {
		err = s.IdentityCenter(t.Context(), got, o)
	}
	if err != nil {
		t.Fatal(err)
	}
	return got, served
}

func TestIdentityCenterIsReadWhole(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*organization.Snapshot, map[string]emulator.Member){
		"as it is": nil,
		"page by page": func(of *organization.Snapshot, members map[string]emulator.Member) {
			managed(of, members, func(o *emulator.Options) { o.PageCap, o.EmptyFirst = 1, true })
		},
	} {
		got, served := centerRead(t, collect.CenterOptions{Most: 100}, change)
		if len(got.Gaps) > 0 || !got.IdentityCenter.Complete {
			t.Errorf("%s: got the gaps %v, want none", name, got.Gaps)
		}
		mine, theirs := got.OrganizationInstance(), served.OrganizationInstance()
		for what, pair := range map[string][2]any{
			"permission sets": {mine.PermissionSets.Value, theirs.PermissionSets.Value}, "users": {mine.Users.Value, theirs.Users.Value},
			"groups": {mine.Groups.Value, theirs.Groups.Value},
		} {
			if x, y := asJSON(t, pair[0]), asJSON(t, pair[1]); x != y {
				t.Errorf("%s: got the %s %s, want %s", name, what, x, y)
			}
		}
		byKey := func(x, y organization.Assignment) int { return strings.Compare(asJSON(t, x), asJSON(t, y)) }
		a, b := slices.SortedFunc(slices.Values(mine.Assignments.Value), byKey), slices.SortedFunc(slices.Values(theirs.Assignments.Value), byKey)
		if !slices.Equal(a, b) {
			t.Errorf("%s: got the assignments %v, want %v", name, a, b)
		}
		if mine.ARN != theirs.ARN || mine.Region != theirs.Region || mine.Owner != theirs.Owner {
			t.Errorf("%s: got the instance %+v, want %+v", name, mine, theirs)
		}
	}
}

// Assignments are asked for in the way that takes fewer calls, which somebody is told of first, and no more than allowed.
func TestAssignmentsAreAskedForInTheCheaperWay(t *testing.T) {
	t.Parallel()
	fewAccounts := func(of *organization.Snapshot, _ map[string]emulator.Member) {
		of.Accounts.Value = of.Accounts.Value[:1]
	}
	for _, test := range []struct {
		name   string
		change func(*organization.Snapshot, map[string]emulator.Member)
		most   int
		want   organization.AssignmentCost
		read   int
	}{
		{"by principal", nil, 6, organization.AssignmentCost{Action: organization.PrincipalAction, Calls: 6, Most: 6}, 6},
		{"by set", fewAccounts, 6, organization.AssignmentCost{Action: organization.AssignmentsAction, Calls: 3, Most: 6}, 1},
		{"too many", nil, 5, organization.AssignmentCost{Action: organization.PrincipalAction, Calls: 6, Most: 5}, -1},
		{"users that can't be read", func(of *organization.Snapshot, members map[string]emulator.Member) {
			managed(of, members, func(o *emulator.Options) { o.Deny = []string{organization.ListCenterUsersAction} })
		}, 100, organization.AssignmentCost{Action: organization.AssignmentsAction, Calls: 36, Most: 100}, 6},
		{"neither way", func(of *organization.Snapshot, members map[string]emulator.Member) {
			managed(of, members, func(o *emulator.Options) {
				o.Deny = []string{organization.ListCenterGroupsAction, organization.ListSetsAction}
			})
		}, 100, organization.AssignmentCost{}, -1},
	} {
		var told organization.AssignmentCost
		got, _ := centerRead(t, collect.CenterOptions{Most: test.most, Tell: func(cost organization.AssignmentCost) { told = cost }}, test.change)
		i := got.OrganizationInstance()
		if told != test.want || i.Cost != test.want {
			t.Errorf("%s: got %+v told and %+v written down, want %+v", test.name, told, i.Cost, test.want)
		}
		switch {
		case test.read < 0 && (i.Assignments != nil || len(got.Gaps) == 0):
			t.Errorf("%s: got the assignments %v and the gaps %v, want none read, and why", test.name, i.Assignments, got.Gaps)
		case test.read >= 0 && (i.Assignments == nil || len(i.Assignments.Value) != test.read || got.Calls.ByAction[test.want.Action] != test.want.Calls):
			t.Errorf("%s: got the assignments %v by %v, want %d", test.name, i.Assignments, got.Calls.ByAction, test.read)
		}
	}
}

func TestIdentityCenterIsLookedFor(t *testing.T) {
	t.Parallel()
	got, _ := centerRead(t, collect.CenterOptions{Most: 100, Region: "ap-northeast-1"}, nil)
	if n := got.Calls.ByAction[organization.ListInstancesAction]; n != 1 || got.Calls.ByAction[organization.ListRegionsAction] != 0 || got.OrganizationInstance() == nil {
		t.Errorf("got %d calls for the instances, want one in the Region that was named", n)
	}
	got, _ = centerRead(t, collect.CenterOptions{Most: 100, Region: "eu-central-1"}, nil)
	if v := centerVerdicts(got)["org-identity-center"]; v.Status != audit.StatusUnknown || got.IdentityCenter.Value.Only != "eu-central-1" {
		t.Errorf("got %v of another Region than its home, want it unknown", v.Status)
	}
	none := func(of *organization.Snapshot, _ map[string]emulator.Member) { of.IdentityCenter.Value.Instances = nil }
	got, _ = centerRead(t, collect.CenterOptions{Most: 100}, none)
	if v := centerVerdicts(got)["org-identity-center"]; v.Status != audit.StatusFail || len(got.IdentityCenter.Value.Regions) < 10 {
		t.Errorf("got %v, %s after %v, want no instance in any Region", v.Status, v.Message, got.IdentityCenter.Value.Regions)
	}
	got, _ = centerRead(t, collect.CenterOptions{Most: 100}, func(of *organization.Snapshot, members map[string]emulator.Member) {
		none(of, members)
		managed(of, members, func(o *emulator.Options) { o.Deny = []string{organization.ListRegionsAction} })
	})
	if v := centerVerdicts(got)["org-identity-center"]; v.Status != audit.StatusUnknown {
		t.Errorf("got %v where the Regions could not be listed, want it unknown", v.Status)
	}
	// An instance of one account is none of the organization's.
	got, _ = centerRead(t, collect.CenterOptions{Most: 100}, func(of *organization.Snapshot, _ map[string]emulator.Member) {
		of.IdentityCenter.Value.Instances[0].Owner = "111122223333"
	})
	if got.OrganizationInstance() != nil {
		t.Error("got an account's instance for the organization's")
	}
}

func centerVerdicts(of *organization.Snapshot) map[string]orgpolicy.Verdict {
	all := map[string]orgpolicy.Verdict{}
	bare := *of
	bare.SCPs = nil // which take long to judge
	for _, v := range orgpolicy.Judge(&bare, orgpolicy.Settings{}) {
		all[v.ID] = v
	}
	return all
}

// What can't be read is a gap, and nothing passes for it that failed before.
func TestNoFalsePassOfIdentityCenter(t *testing.T) {
	t.Parallel()
	whole, _ := centerRead(t, collect.CenterOptions{Most: 100}, nil)
	want := centerVerdicts(whole)
	ids := []string{"org-identity-center", "org-permission-set-admin", "org-permission-set-session", "org-permission-set-inline"}
	for _, action := range slices.Sorted(maps.Keys(whole.Calls.ByAction)) {
		if !slices.Contains(organization.CenterActions(), action) || action == organization.ListRegionsAction {
			continue
		}
		for _, fault := range []emulator.Fault{{Action: action, Kind: emulator.Denied}, {Action: action, Kind: emulator.TornReply}} {
			got, _ := centerRead(t, collect.CenterOptions{Most: 100}, func(of *organization.Snapshot, members map[string]emulator.Member) {
				managed(of, members, func(o *emulator.Options) { o.Faults = []emulator.Fault{fault} })
			})
			if !slices.ContainsFunc(got.Gaps, func(g account.Gap) bool { return g.Action == action }) {
				t.Errorf("%s: got the gaps %v, want one of it", action, got.Gaps)
			}
			verdicts := centerVerdicts(got)
			for _, id := range ids {
				if v := verdicts[id]; v.Status == audit.StatusPass && want[id].Status != audit.StatusPass {
					t.Errorf("%s %v: got a pass of %s, want %v or unknown", action, fault.Kind, id, want[id].Status)
				}
			}
		}
	}
}
