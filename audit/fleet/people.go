package fleet

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"sekisho/audit"
	"sekisho/audit/account"
	"sekisho/audit/organization"
)

// PersonRow is somebody, or a program, whom several accounts seem to have: users of the same name, or whose tags hold the
// same value. Whether they are one person is for a reader to say.
type PersonRow struct {
	Name string `json:"name"`
	// Also are other names and values that the very same users have.
	Also     []string `json:"also,omitempty"`
	Accounts []string `json:"accounts"`
	// Tagged are the users who are among them by a tag, not by their name.
	Tagged []TaggedUser `json:"tagged,omitempty"`
	// Center is the user of IAM Identity Center who has the name or the address; absent where there is none, or nobody knows.
	Center *CenterPerson `json:"identity_center,omitempty"`
}

// TaggedUser is a user whose tag holds a value.
type TaggedUser struct {
	Account string `json:"account"`
	User    string `json:"user"`
	Tag     string `json:"tag"` // its key
}

// CenterPerson is a user of Identity Center.
type CenterPerson struct {
	Name    string `json:"name"`
	Enabled bool   `json:"enabled"` // unless AWS says that the user is disabled
}

// seenUser is a user of an account by one of the names and values that tell whose it is.
type seenUser struct{ value, user, tag string } // tag is the key; "" for the name itself

// seenIn lists by what the users of an account can be told. A report knows names alone; where the snapshot is there, too,
// these tags of theirs count.
func seenIn(r *audit.Report, s *account.Snapshot, tags []string) []seenUser {
	var all []seenUser
	for _, u := range r.Users {
		name := strings.Clone(u.Name)
		all = append(all, seenUser{name, name, ""})
	}
	if s == nil || s.AuthorizationDetails == nil {
		return all
	}
	for _, u := range s.AuthorizationDetails.Value.Users {
		for _, tag := range u.Tags {
			value := strings.TrimSpace(tag.Value)
			if value != "" && !strings.EqualFold(value, u.Name) && slices.ContainsFunc(tags, func(key string) bool { return strings.EqualFold(key, tag.Key) }) {
				all = append(all, seenUser{strings.Clone(value), strings.Clone(u.Name), strings.Clone(tag.Key)})
			}
		}
	}
	return all
}

// peopleSeen gathers users by what tells whose they are, in any case.
type peopleSeen map[string]*personSeen

type personSeen struct {
	name     string // as it was written first, a user's own name before a tag
	ofTag    bool
	accounts []string // in order, each once
	users    []string // "account/user"
	tagged   []TaggedUser
}

func (all peopleSeen) add(id string, users []seenUser) {
	for _, u := range users {
		key := strings.ToLower(u.value)
		p := all[key]
		if p == nil {
			p = &personSeen{name: u.value, ofTag: u.tag != ""}
			all[key] = p
		}
		if u.tag == "" && p.ofTag {
			p.name, p.ofTag = u.value, false
		}
		if n := len(p.accounts); n == 0 || p.accounts[n-1] != id {
			p.accounts = append(p.accounts, id)
		}
		p.users = append(p.users, id+"/"+strings.ToLower(u.user))
		if u.tag != "" {
			p.tagged = append(p.tagged, TaggedUser{id, u.user, u.tag})
		}
	}
}

// rows are those whom several accounts have. Names and values of the very same users are one row, by the users' name
// where that is one of them.
func (all peopleSeen) rows(of *organization.Snapshot) []PersonRow {
	rows := []PersonRow{}
	at := map[string]int{} // by the users
	keys := slices.SortedFunc(maps.Keys(all), func(x, y string) int {
		if all[x].ofTag != all[y].ofTag {
			return map[bool]int{false: -1, true: 1}[all[x].ofTag]
		}
		return strings.Compare(x, y)
	})
	for _, key := range keys {
		p := all[key]
		if len(p.accounts) < 2 {
			continue
		}
		slices.Sort(p.users)
		same := strings.Join(slices.Compact(p.users), " ")
		if i, known := at[same]; known {
			rows[i].Also = append(rows[i].Also, p.name)
			continue
		}
		at[same] = len(rows)
		slices.Sort(p.accounts)
		rows = append(rows, PersonRow{Name: p.name, Accounts: p.accounts, Tagged: p.tagged})
	}
	if of != nil && of.OrganizationInstance() != nil && of.OrganizationInstance().Users != nil {
		inCenter(rows, of.OrganizationInstance().Users.Value)
	}
	slices.SortStableFunc(rows, func(x, y PersonRow) int {
		return cmp.Or(cmp.Compare(len(y.Accounts), len(x.Accounts)), strings.Compare(strings.ToLower(x.Name), strings.ToLower(y.Name)))
	})
	return rows
}

// inCenter says who is a user of Identity Center, by name or address, or what stands in them before the @. An enabled user
// counts before one who is not.
func inCenter(rows []PersonRow, users []organization.CenterUser) {
	known := map[string]*CenterPerson{}
	for _, u := range users {
		p := &CenterPerson{u.Name, u.Enabled()}
		for _, name := range []string{u.Name, u.Email} {
			local, _, _ := strings.Cut(name, "@")
			for _, key := range []string{strings.ToLower(name), strings.ToLower(local)} {
				if was := known[key]; key != "" && (was == nil || p.Enabled && !was.Enabled) {
					known[key] = p
				}
			}
		}
	}
	for i := range rows {
		for _, name := range append([]string{rows[i].Name}, rows[i].Also...) {
			if p := known[strings.ToLower(name)]; p != nil && (rows[i].Center == nil || p.Enabled && !rows[i].Center.Enabled) {
				rows[i].Center = p
			}
		}
	}
}
