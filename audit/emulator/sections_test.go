package emulator

import (
	"slices"
	"strings"
	"testing"
	"time"

	"sekisho/audit/account"
	"sekisho/audit/clifiles"
	"sekisho/audit/collect"
	"sekisho/audit/organization"
)

// A new section is described in package account, and then collected, read from saved files, served and answered for the
// demo, each in one place. Whatever of that is forgotten fails here; that facts hang on it, and that it can be
// forgotten again, fails there.
func TestEverySectionIsWiredEverywhere(t *testing.T) {
	t.Parallel()
	demo := Demo(time.Date(2026, 11, 22, 5, 0, 0, 0, time.UTC))
	if got, want := len(collect.Collectors()), len(account.Descriptors()); got != want {
		t.Errorf("got %d collectors, want one for each of %d sections", got, want)
	}
	routed := map[string]bool{}
	for _, route := range routes {
		routed[route.service+":"+route.name] = true
	}
	served := map[string]bool{}
	for _, d := range account.Descriptors() {
		if !slices.ContainsFunc(collect.Collectors(), func(c collect.Collector) bool { return c.Descriptor == d }) {
			t.Errorf("%s: got no collector", d.Section)
		}
		if _, ok := clifiles.CommandFor(d.Section); !ok {
			t.Errorf("%s: got no command of aws whose saved answer is recognised", d.Section)
		}
		for _, action := range d.Actions {
			served[action] = true
			if operations[action] == nil {
				t.Errorf("%s: got no operation of the emulator for %s", d.Section, action)
			}
			if service, _, _ := strings.Cut(action, ":"); service != "iam" && !routed[action] {
				t.Errorf("%s: got no route of the emulator to %s, which speaks JSON", d.Section, action)
			}
		}
		if d.Scope != account.PerUser && !demo.Answered(d.Section, "", "") {
			t.Errorf("%s: got no answer of the demo account", d.Section)
		}
		// What GetUser says is not recorded: the emulator tells it from the list of users.
		if d.Scope == account.PerUser && d.Section != account.UserSection {
			for name, answers := range demo.PerUser {
				if !demo.Answered(d.Section, name, answers.ID) {
					t.Errorf("%s: got no answer of the demo account about %s", d.Section, name)
				}
			}
		}
	}
	// The demo and people's own scripts look further than an audit does.
	beyond := append(slices.Concat(organization.Actions(), organization.CenterActions()), []string{"iam:ListGroups", "iam:ListGroupsForUser", "iam:ListRoles", "sts:AssumeRole", organization.AssumeRootAction, organization.TagsAction, "sts:GetCallerIdentity", "sts:GetSessionToken"}...)
	for action := range operations {
		if !served[action] && !slices.Contains(beyond, action) {
			t.Errorf("got an operation for %s, which no section needs", action)
		}
	}
}
