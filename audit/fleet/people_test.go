package fleet

import (
	"encoding/json"
	"testing"

	"sekisho/audit"
	"sekisho/audit/account"
	"sekisho/audit/organization"
)

// People are the same by name, in any case, or by the value of a tag that tells whose a user is; a tag and a name of the
// very same users are one row.
func TestPeopleAcrossAccounts(t *testing.T) {
	t.Parallel()
	type user struct{ name, key, value string }
	in := func(users ...user) []seenUser {
		r, s := &audit.Report{}, &account.Snapshot{AuthorizationDetails: &account.Answer[account.AuthorizationDetails]{}}
		for _, u := range users {
			r.Users = append(r.Users, audit.UserRow{Name: u.name})
			s.AuthorizationDetails.Value.Users = append(s.AuthorizationDetails.Value.Users, account.UserDetail{Name: u.name, Tags: []account.Tag{{Key: u.key, Value: u.value}}})
		}
		return seenIn(r, s, []string{"email", "owner"})
	}
	seen := peopleSeen{}
	seen.add("1", in(user{"alice", "Email", "alice@example.com"}, user{"deploy", "Owner", "bob"}, user{"only-here", "", ""}))
	seen.add("2", in(user{"Alice", "email", "Alice@example.com "}, user{"robert", "owner", "Bob"}, user{"other", "team", "deploy"}))
	seen.add("3", in(user{"deploy", "name", "alice"}, user{"bob", "owner", "bob"}))
	of := &organization.Snapshot{
		Organization: &account.Answer[organization.Organization]{Value: organization.Organization{ManagementAccount: "1"}},
		IdentityCenter: &account.Answer[organization.IdentityCenter]{Value: organization.IdentityCenter{Instances: []organization.Instance{{Owner: "1", Users: &account.Answer[[]organization.CenterUser]{
			Value: []organization.CenterUser{{Name: "alice@example.com", Status: "DISABLED"}, {Name: "b", Email: "bob@example.com"}},
		}}}}},
	}
	text, err := json.Marshal(seen.rows(of))
	want := `[{"name":"bob","accounts":["1","2","3"],"tagged":[{"account":"1","user":"deploy","tag":"Owner"},{"account":"2","user":"robert","tag":"owner"}],` +
		`"identity_center":{"name":"b","enabled":true}},` +
		`{"name":"alice","also":["alice@example.com"],"accounts":["1","2"],"identity_center":{"name":"alice@example.com","enabled":false}},` +
		`{"name":"deploy","accounts":["1","3"]}]`
	if err != nil || string(text) != want {
		t.Errorf("got %s and %v, want %s", text, err, want)
	}
	if got := (peopleSeen{}).rows(nil); got == nil || len(got) != 0 {
		t.Errorf("got %v of nobody, want an empty list", got)
	}
}

// Where nobody looks at snapshots, names alone tell.
func TestPeopleOfTrustedReports(t *testing.T) {
	t.Parallel()
	if got := seenIn(&audit.Report{Users: []audit.UserRow{{Name: "alice"}}}, nil, []string{"email"}); len(got) != 1 || got[0] != (seenUser{"alice", "alice", ""}) {
		t.Errorf("got %v, want the name", got)
	}
}
