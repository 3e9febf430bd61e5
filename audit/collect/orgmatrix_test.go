package collect_test

import (
	"bytes"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"sekisho/audit"
	"sekisho/audit/collect"
	"sekisho/audit/collect/shape"
	"sekisho/audit/emulator"
	"sekisho/audit/organization"
)

// small leaves of the demo's organization what is quick to read and judge: few accounts, and no policy that denies all.
func small(of *organization.Snapshot) {
	of.Accounts.Value = slices.DeleteFunc(of.Accounts.Value, func(a organization.Account) bool {
		return a.ID != "123456789012" && a.ID != "111122223333" && a.ID != "222233334444" && a.ID != "444455556666"
	})
	of.SCPs.Value = of.SCPs.Value[:1]
	of.ResourcePolicy.Value.Document = strings.Replace(of.ResourcePolicy.Value.Document, "organizations:List*", "organizations:*", 1)
	of.OrganizationInstance().Status = "CREATE_FAILED"
}

// Whatever element is missing, empty or twice in an answer about an organization, nothing passes for it that doesn't pass as
// it is. Everything that is looked at here fails then.
func TestNoFalsePassOfAnyElementOfAnOrganization(t *testing.T) {
	t.Parallel()
	of, members := emulator.DemoOrganization(fleetDay)
	small(of)
	served, err := emulator.NewOrganization(of, members)
	if err != nil {
		t.Fatal(err)
	}
	read := func(see func(string, []byte) []byte) (got *organization.Snapshot, err error) {
		var mu sync.Mutex
		alone := func(action string, body []byte) []byte {
			mu.Lock()
			defer mu.Unlock()
			return see(action, body)
		}
		synctest.Test(t, func(t *testing.T) {
			var s *collect.Session
			s, err = collect.SignIn(t.Context(), collect.Options{
				Endpoint: "http://aws.example", StaticKeys: true, Retryer: fastRetryer, HTTPClient: collect.InProcess(between{served, alone}),
				Allowed: slices.Concat(organization.Actions(), organization.CenterActions(), []string{organization.AssumeRootAction}), Now: func() time.Time { return fleetDay },
			})
			for _, step := range []func() error{
				func() error { got, err = s.Organization(t.Context()); return err },
				func() error {
					return s.IdentityCenter(t.Context(), got, collect.CenterOptions{Region: "ap-northeast-1", Most: 100})
				},
				func() error {
					return s.MemberRoots(t.Context(), got, []string{"111122223333", "222233334444", "444455556666"}, 1)
				},
			} {
				if err == nil {
					err = step()
				}
			}
		})
		return got, err
	}
	answers := map[string][][]byte{}
	whole, err := read(func(action string, body []byte) []byte {
		answers[action] = append(answers[action], body)
		return body
	})
	if err != nil || len(whole.Gaps) > 0 {
		t.Fatalf("got %v and the gaps %v of the organization as it is, want none", err, whole.Gaps)
	}
	before := centerVerdicts(whole)
	for _, id := range []string{"org-resource-policy", "org-member-root", "org-identity-center", "org-permission-set-admin", "org-permission-set-inline"} {
		if before[id].Status != audit.StatusFail {
			t.Errorf("%s: got %v of the organization as it is, want a failure", id, before[id].Status)
		}
	}
	looked := slices.Concat(organization.RootActions(), organization.CenterActions(), []string{
		organization.AssumeRootAction, organization.ListDelegatesAction, organization.ListDelegatedServicesAction, organization.ListServiceAccessAction, organization.ResourcePolicyAction,
	})
	changes := 0
	for _, action := range slices.Sorted(maps.Keys(answers)) {
		lists := map[string]bool{} // by path
		for _, body := range answers[action] {
			for _, e := range elementsOf(body) {
				if !e.entry() && slices.Contains(looked, action) {
					lists[e.path] = lists[e.path] || e.list
				}
			}
		}
		seen := false // a refusal of this action, from end to end
		for path, list := range lists {
			for _, kind := range []string{"dropped", "doubled", "emptied"} {
				if kind == "emptied" && (list || strings.HasSuffix(path, "/InlinePolicy")) {
					continue // there is none, by AWS's own word
				}
				c := change{action, path, kind, "all"}
				changes++
				refused := slices.ContainsFunc(answers[action], func(body []byte) bool {
					_, err := shape.Check(action, "", c.of(body, elementsOf(body)), nil)
					return err != nil
				})
				if refused && seen {
					continue
				}
				seen = seen || refused
				changed, touched := (*organization.Snapshot)(nil), false
				changed, err := read(func(asked string, body []byte) []byte {
					if asked != action {
						return body
					}
					edited := c.of(body, elementsOf(body))
					touched = touched || !bytes.Equal(edited, body)
					return edited
				})
				if err != nil || !touched {
					continue
				}
				if refused && len(changed.Gaps) == 0 {
					t.Errorf("%s: got no gap, want one", c)
				}
				for id, v := range centerVerdicts(changed) {
					if v.Status == audit.StatusPass && before[id].Status != audit.StatusPass {
						t.Errorf("%s: got a pass of %s, %s, want %v or unknown", c, id, v.Message, before[id].Status)
					}
				}
			}
		}
	}
	if changes < 200 {
		t.Errorf("got %d changes, want every element of every answer", changes)
	}
}
