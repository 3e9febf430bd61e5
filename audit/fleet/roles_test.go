package fleet

import (
	"strings"
	"testing"
)

func TestRoleOf(t *testing.T) {
	t.Parallel()
	rules := []RoleFor{
		{Role: "by-number", Account: "111122223333"},
		{Role: "both/by-tag", Unit: "Workloads", Tag: "env=production"},
		{Role: "by-path", Unit: "Workloads/Production"},
		{Role: "arn:aws:iam::{account}:role/by-id-{account}", Unit: "ou-exam-00000001"},
		{Role: "by-tag", Tag: "env=sandbox"},
	}
	for _, test := range []struct {
		account Account
		ids     []string
		want    string
	}{
		{Account{ID: "111122223333", Place: "Workloads/Production"}, nil, "by-number"},
		{Account{ID: "222233334444", Place: "Workloads/Production", Tags: map[string]string{"env": "production"}}, nil, "both/by-tag"},
		{Account{ID: "222233334444", Place: "Workloads/Production", Tags: map[string]string{"env": "Production"}}, nil, "by-path"},
		{Account{ID: "222233334444", Place: "Workloads/Production/Old"}, nil, "by-path"},
		{Account{ID: "222233334444", Place: "Workloads/Productions"}, nil, ""},
		{Account{ID: "222233334444"}, []string{"r-exam", "ou-exam-00000001"}, "arn:aws:iam::{account}:role/by-id-{account}"},
		{Account{ID: "222233334444", Tags: map[string]string{"env": "sandbox"}}, nil, "by-tag"},
		{Account{ID: "222233334444", Tags: map[string]string{"environment": "sandbox"}}, nil, ""},
	} {
		if got := RoleOf(rules, test.account, test.ids); got != test.want {
			t.Errorf("%+v: got %q, want %q", test.account, got, test.want)
		}
	}
	for role, want := range map[string]string{
		"audit/{account}": "arn:aws-cn:iam::111122223333:role/audit/111122223333", "arn:aws:iam::{account}:role/x": "arn:aws:iam::111122223333:role/x",
	} {
		if got := RoleARN(role, "aws-cn", "111122223333"); got != want {
			t.Errorf("%s: got %s, want %s", role, got, want)
		}
	}
}

// A manifest can't send its reader to roles that the reader's own configuration doesn't name, wherever it says that an
// account is.
func TestStrangeRoles(t *testing.T) {
	t.Parallel()
	const id, other = "111122223333", "222233334444"
	role := func(id, name string) string { return "arn:aws:iam::" + id + ":role/" + name }
	for name, test := range map[string]struct {
		account Account
		rules   []RoleFor
		strange bool
	}{
		"by the flag":               {account: Account{ID: id, Role: role(id, "SekishoAudit")}},
		"of the caller":             {account: Account{ID: id}},
		"an administrator's":        {account: Account{ID: id, Role: role(id, "OrganizationAccountAccessRole")}, strange: true},
		"with another path":         {account: Account{ID: id, Role: role(id, "evil/SekishoAudit")}, strange: true},
		"of another account":        {account: Account{ID: id, Role: role(other, "SekishoAudit")}, strange: true},
		"of another partition":      {account: Account{ID: id, Role: "arn:aws-cn:iam::" + id + ":role/SekishoAudit"}, strange: true},
		"by an entry":               {account: Account{ID: id, Role: role(id, "audit/a")}, rules: []RoleFor{{Role: "audit/a"}}},
		"by an entry for a unit":    {account: Account{ID: id, Role: role(id, "a")}, rules: []RoleFor{{Role: "a", Unit: "Workloads"}}},
		"by one for the account":    {account: Account{ID: id, Role: role(id, "a")}, rules: []RoleFor{{Role: "a", Account: id}}},
		"by one for another":        {account: Account{ID: id, Role: role(id, "a")}, rules: []RoleFor{{Role: "a", Account: other}}, strange: true},
		"by an ARN of the accounts": {account: Account{ID: id, Role: role(id, "a-"+id)}, rules: []RoleFor{{Role: "arn:aws:iam::{account}:role/a-{account}"}}},
		"by an ARN elsewhere":       {account: Account{ID: id, Role: role(id, "a")}, rules: []RoleFor{{Role: "arn:aws:iam::" + other + ":role/a"}}, strange: true},
		"not audited":               {account: Account{ID: id, Role: role(id, "x"), NotAudited: Excluded}},
	} {
		m := &Manifest{Shards: 1, Accounts: []Account{test.account}}
		if got, strange := m.Strange(-1, "aws", test.rules, "SekishoAudit"); strange != test.strange {
			t.Errorf("%s: got %+v as a strange one: %v, want %v", name, got, strange, test.strange)
		}
	}
}

func TestRolesThatAreNone(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"audit/SekishoAudit": "", "{account}-audit": "", "arn:aws:iam::{account}:role/audit/x": "", "arn:aws:iam::111122223333:role/x": "",
		"": "want the name of a role", "a b": "want the name of a role", "/x": "want the name of a role", "arn:aws:iam::{account}:user/x": "want the ARN of a role",
		"arn:aws:sts::{account}:role/x": "want the ARN of a role", "arn:aws:iam::12:role/x": "want the ARN of a role", "arn:aws:iam::{account}:role/": "want the name of a role",
	} {
		err := CheckRole(text)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", text, err, want)
		}
	}
}
