package account

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"sekisho/audit/lists"
	"sekisho/audit/message"
)

// candidate gathers what the lists and the report say of one user name before it becomes a User.
type candidate struct {
	user   *User
	detail *UserDetail // of the authorization details
	listed *ListedUser // of ListUsers
	row    *reportRow  // of the credential report, where it is this user's
	// rowElse says why there is no row for the user.
	rowElse message.Message
}

// users enumerates the account's users and derives the facts of each.
func (b *builder) users() {
	candidates := b.enumerate()
	b.a.UserCount = b.userCount(len(candidates))
	devices := b.virtualByOwner(candidates)
	other := b.otherDevices(candidates, devices)
	for _, c := range candidates {
		u := c.user
		b.fromDetails(u, c.detail)
		live := b.live(u)
		b.passwords(u, c, live)
		b.mfa(u, c, live, devices[u.Name], other)
		b.accessKeys(u, c, live)
		b.certificates(u, c, live)
		b.sshKeys(u, live)
		b.a.Users = append(b.a.Users, u)
	}
}

// enumerate lists the users that exist, sorted by name.
func (b *builder) enumerate() []*candidate {
	byName := b.listedUsers()
	b.joinReport(byName)
	users := make([]*candidate, 0, len(byName))
	for _, c := range byName {
		if live := b.live(c.user); live != nil && live.Gone != nil && live.Gone.Complete && live.Gone.Value {
			continue
		}
		if c.row == nil && c.rowElse.Empty() {
			c.rowElse = message.New("the credential report has no row for this user")
			if c.user.Created.After(b.a.ReportAt) {
				c.rowElse = message.New("the user was created after the credential report")
			}
		}
		users = append(users, c)
	}
	slices.SortFunc(users, func(x, y *candidate) int { return cmp.Compare(x.user.Name, y.user.Name) })
	return users
}

// listedUsers are the users of the two lists, by name. Where the lists know a name with different IDs, the user was
// recreated between them: the younger is the one that exists.
func (b *builder) listedUsers() map[string]*candidate {
	byName := map[string]*candidate{}
	at := func(name, id, arn, path string, created time.Time) *candidate {
		c := byName[name]
		if c == nil || (c.user.ID != id && created.After(c.user.Created)) {
			c = &candidate{user: &User{Name: name, ID: id, ARN: arn, Path: path, Created: created.UTC()}}
			byName[name] = c
		}
		if c.user.ID != id {
			return nil
		}
		return c
	}
	if r := b.s.AuthorizationDetails; r != nil {
		for i, d := range r.Value.Users {
			if c := at(d.Name, d.ID, d.ARN, d.Path, d.Created); c != nil {
				c.detail = &r.Value.Users[i]
			}
		}
	}
	if r := b.s.Users; r != nil {
		for i, d := range r.Value {
			if c := at(d.Name, d.ID, d.ARN, d.Path, d.Created); c != nil {
				c.listed = &r.Value[i]
			}
		}
	}
	return byName
}

// joinReport gives the users their rows of the credential report. The lists are live and win over the report; a name
// that only the report knows is a deleted user only against a complete list that began after the report was made.
func (b *builder) joinReport(byName map[string]*candidate) {
	listAfterReport := b.completeListAfter(b.a.ReportAt)
	for _, name := range b.rowOrder {
		if name == RootUserName {
			continue
		}
		row := b.rows[name]
		created, err := row.date(columnCreation)
		switch c := byName[name]; {
		case c == nil && listAfterReport:
		case c == nil:
			arn, _ := row.cell(columnARN)
			byName[name] = &candidate{user: &User{Name: name, ARN: arn, Path: pathOf(arn), Created: created}, row: &row}
		case err != nil:
			c.rowElse = message.Of(err)
		case sameSecond(created, c.user.Created):
			c.row = &row
		default:
			c.rowElse = message.New("the credential report's row is of another user, who had that name before")
		}
	}
}

// completeListAfter reports whether a complete list of users began after a time.
func (b *builder) completeListAfter(t time.Time) bool {
	d, l := b.s.AuthorizationDetails, b.s.Users
	return d != nil && d.Complete && d.Began.After(t) || l != nil && l.Complete && l.Began.After(t)
}

// userCount is known where either list of users is complete.
func (b *builder) userCount(n int) Known[int] {
	d, l := b.s.AuthorizationDetails, b.s.Users
	var said Evidence
	switch {
	case d != nil && d.Complete:
		said = evidence(d, "users", strconv.Itoa(len(d.Value.Users)))
	case l != nil && l.Complete:
		said = evidence(l, "users", strconv.Itoa(len(l.Value)))
	default:
		return lack[int](b.lacking(AuthorizationDetailsSection, UsersSection))
	}
	return know(n, said)
}

// pathOf is the path in a user's ARN: "/" or "/division/".
func pathOf(arn string) string {
	rest, ok := strings.CutPrefix(ShortARN(arn), "user")
	if !ok {
		return ""
	}
	return rest[:strings.LastIndex(rest, "/")+1]
}

// live returns the answers about one user, unless they are of a namesake.
func (b *builder) live(u *User) *UserAnswers {
	answers := b.s.PerUser[u.Name]
	if answers == nil || (answers.ID != "" && u.ID != "" && answers.ID != u.ID) {
		return nil
	}
	return answers
}

func (b *builder) fromDetails(u *User, d *UserDetail) {
	if d == nil {
		m := b.lacking(AuthorizationDetailsSection)
		if r := b.s.AuthorizationDetails; r != nil && r.Complete {
			m = &Missing{Sections: m.Sections, Reason: message.New("the authorization details do not list this user")}
		}
		u.Groups, u.InlinePolicies, u.AttachedPolicies = lack[[]string](m), lack[[]InlinePolicy](m), lack[[]AttachedPolicy](m)
		u.PermissionsBoundary, u.Tags = lack[string](m), lack[[]Tag](m)
		return
	}
	r := b.s.AuthorizationDetails
	u.Groups = know(d.Groups, evidence(r, "groups", strings.Join(d.Groups, ", ")))
	inline := lists.Map(d.InlinePolicies, func(p InlinePolicy) string { return p.Name })
	attached := lists.Map(d.AttachedPolicies, func(p AttachedPolicy) string { return p.Name })
	saidInline := evidence(r, "inline_policies", strings.Join(inline, ", "))
	saidAttached := evidence(r, "attached_policies", strings.Join(attached, ", "))
	u.InlinePolicies = know(d.InlinePolicies, saidInline)
	u.AttachedPolicies = know(d.AttachedPolicies, saidAttached, saidInline)
	u.PermissionsBoundary = know(d.PermissionsBoundary, evidence(r, "permissions_boundary", d.PermissionsBoundary))
	u.Tags = know(d.Tags, evidence(r, "tags", strconv.Itoa(len(d.Tags))))
}

// noRow says why a fact of the report isn't known for a user.
func (b *builder) noRow(u *User, c *candidate, live ...Section) *Missing {
	if !b.reportOK {
		m := b.lacking(CredentialReportSection)
		m.Sections = append(m.Sections, live...)
		return m
	}
	return b.lackingOf(u.Name, c.rowElse, append(live, CredentialReportSection)...)
}

// oddCell says why a cell of the user's row isn't a fact.
func (b *builder) oddCell(u *User, err error, live ...Section) *Missing {
	return b.lackingOf(u.Name, message.Of(err), append(live, CredentialReportSection)...)
}
