package orgpolicy

import (
	"strings"
	"testing"

	"sekisho/audit"
	"sekisho/audit/account"
	"sekisho/audit/organization"
)

// ofDelegation reports whether a rule is about who acts for the managing account, which no policy tells.
func ofDelegation(id string) bool { return id == "org-delegated-admins" || id == "org-resource-policy" }

func judged(s *organization.Snapshot, by Settings, rule string) Verdict {
	for _, v := range Judge(s, by) {
		if v.ID == rule {
			return v
		}
	}
	return Verdict{}
}

func TestDelegatedAdministrators(t *testing.T) {
	t.Parallel()
	two := []organization.Delegate{{ID: member, Services: []string{"guardduty.amazonaws.com", "sso.amazonaws.com"}}}
	for _, test := range []struct {
		name     string
		delegate []organization.Delegate
		cut      bool
		meant    []string
		want     audit.Status
		says     string
	}{
		{"nobody", []organization.Delegate{}, false, nil, audit.StatusPass, "no account"},
		{"nobody said which", two, false, nil, audit.StatusNotApplicable, member + " for guardduty.amazonaws.com, sso.amazonaws.com"},
		{"meant", two, false, []string{member}, audit.StatusPass, "each is meant"},
		{"meant for both", two, false, []string{member + "=sso.amazonaws.com", member + "=guardduty.amazonaws.com"}, audit.StatusPass, "each is meant"},
		{"meant for one", two, false, []string{member + "=sso.amazonaws.com"}, audit.StatusFail, member + " for guardduty.amazonaws.com"},
		{"another is meant", two, true, []string{manager}, audit.StatusFail, member},
		{"services that AWS didn't tell", []organization.Delegate{{ID: member}}, false, []string{manager}, audit.StatusFail, member},
		{"cut off", two, true, []string{member}, audit.StatusUnknown, "whole"},
		{"cut off before the first", []organization.Delegate{}, true, nil, audit.StatusUnknown, "whole"},
		{"null", nil, false, nil, audit.StatusUnknown, "could not be read"},
	} {
		s := tree([]string{full}, []string{full}, []string{full})
		s.Delegates.Value, s.Delegates.Complete = test.delegate, !test.cut
		v := judged(s, Settings{DelegatedAdmins: test.meant}, "org-delegated-admins")
		if v.Status != test.want || !strings.Contains(v.Message, test.says) {
			t.Errorf("%s: got %v, %s, want %v and %q", test.name, v.Status, v.Message, test.want, test.says)
		}
	}
	s := tree([]string{full}, []string{full}, []string{full})
	s.Delegates = nil
	s.Gaps = []account.Gap{{Action: organization.ListRootsAction, Code: "Other"}, {Action: organization.ListDelegatesAction, Code: "AccessDeniedException", Message: "not you"}}
	if v := judged(s, Settings{}, "org-delegated-admins"); v.Status != audit.StatusUnknown || !strings.HasSuffix(v.Message, ": organizations:ListDelegatedAdministrators: AccessDeniedException: not you") {
		t.Errorf("got %v, %s of what was not read, want it unknown, and why", v.Status, v.Message)
	}
}

func TestResourcePolicy(t *testing.T) {
	t.Parallel()
	of := func(principal, action string) string {
		return statement(`"Effect":"Allow",` + principal + `,"Action":` + action + `,"Resource":"*"`)
	}
	account := func(id string) string { return `"Principal":{"AWS":"arn:aws:iam::` + id + `:root"}` }
	for _, test := range []struct {
		name, document string
		meant          []string
		want           audit.Status
		says           string
	}{
		{"none", "", nil, audit.StatusPass, "no resource policy"},
		{"a member reads", of(account(member), `["organizations:Describe*","organizations:List*"]`), nil, audit.StatusPass, member},
		{"a member changes", of(account(member), `"organizations:AttachPolicy"`), nil, audit.StatusFail, member + ":root: organizations:AttachPolicy"},
		{"a role of a member changes", of(`"Principal":{"AWS":"arn:aws:iam::`+member+`:role/x"}`, `"organizations:*"`), nil, audit.StatusFail, "role/x"},
		{"who is meant changes", of(account(member), `"organizations:AttachPolicy"`), []string{member}, audit.StatusPass, member},
		{"the managing account", of(account(manager), `"organizations:*"`), nil, audit.StatusPass, "nobody"},
		{"a stranger reads", of(account("999999999999"), `"organizations:List*"`), nil, audit.StatusFail, "999999999999"},
		{"everybody reads", of(`"Principal":"*"`, `"organizations:List*"`), nil, audit.StatusFail, "*"},
		{"all but one change", of(`"NotPrincipal":{"AWS":"`+member+`"}`, `"organizations:*"`), []string{member}, audit.StatusFail, "*"},
		{"all but reads", statement(`"Effect":"Allow",` + account(member) + `,"NotAction":["organizations:Describe*","organizations:List*"],"Resource":"*"`), nil, audit.StatusFail, member},
		{"what nobody knows", of(account(member), `["organizations:List*","organizations:ListenToNobody"]`), nil, audit.StatusFail, "ListenToNobody"},
		{"all but everything", statement(`"Effect":"Allow",` + account(member) + `,"NotAction":"organizations:*","Resource":"*"`), nil, audit.StatusPass, "nobody"},
		{"a Deny", statement(`"Effect":"Deny",` + account(member) + `,"Action":"organizations:*","Resource":"*"`), nil, audit.StatusPass, "nobody"},
		{"of no form", "nonsense", nil, audit.StatusUnknown, "can't be read"},
	} {
		s := tree([]string{full}, []string{full}, []string{full})
		s.ResourcePolicy.Value.Document = test.document
		v := judged(s, Settings{DelegatedAdmins: test.meant}, "org-resource-policy")
		if v.Status != test.want || !strings.Contains(v.Message, test.says) {
			t.Errorf("%s: got %v, %s, want %v and %q", test.name, v.Status, v.Message, test.want, test.says)
		}
	}
	for name, change := range map[string]func(*organization.Snapshot){
		"the policy":           func(s *organization.Snapshot) { s.ResourcePolicy = nil },
		"an answer cut off":    func(s *organization.Snapshot) { s.ResourcePolicy.Complete = false },
		"the accounts":         func(s *organization.Snapshot) { s.Accounts = nil },
		"some of the accounts": func(s *organization.Snapshot) { s.Accounts.Complete = false },
	} {
		s := tree([]string{full}, []string{full}, []string{full})
		s.ResourcePolicy.Value.Document = of(account(member), `"organizations:List*"`)
		change(s)
		if v := judged(s, Settings{}, "org-resource-policy"); v.Status != audit.StatusUnknown {
			t.Errorf("without %s: got %v, want it unknown", name, v.Status)
		}
	}
}
