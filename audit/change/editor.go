package change

import (
	"maps"
	"slices"
	"time"

	"sekisho/audit/account"
	"sekisho/audit/lists"
	"sekisho/audit/message"
)

// editor changes a copy of a snapshot. Each answer is copied before it is changed first; what it holds in lists within
// lists is replaced, never written to.
type editor struct {
	s     *account.Snapshot
	owned map[any]bool // what was copied already
	rows  *account.ReportRows
	read  *account.Account // as it was when somebody's devices were looked for
	moved map[string]bool  // whose devices changed since
}

func newEditor(s *account.Snapshot) *editor {
	own := *s
	return &editor{s: &own, owned: map[any]bool{}, moved: map[string]bool{}}
}

// view is the snapshot as it is by now, to look at before the next change.
func (e *editor) view() *account.Snapshot {
	if e.rows != nil {
		own(e, account.CredentialReportAnswer.In(e.s), func(r account.CredentialReport) account.CredentialReport { return r }).Content = e.rows.String()
	}
	return e.s
}

// done is the snapshot as it is by now. Editing may go on, with copies of what was handed out.
func (e *editor) done() *account.Snapshot {
	out := *e.view()
	clear(e.owned)
	e.s, e.rows = &out, nil
	return &out
}

// own returns an answer that may be changed; nil where it was not read.
func own[T any](e *editor, slot **account.Answer[T], clone func(T) T) *T {
	if *slot == nil {
		return nil
	}
	if !e.owned[*slot] {
		copied := **slot
		copied.Value = clone(copied.Value)
		*slot = &copied
		e.owned[*slot] = true
	}
	return &(*slot).Value
}

// list returns a list that may be changed; nil where it was not read.
func list[H, T any](e *editor, holder *H, of account.Described[H, []T]) *[]T {
	if holder == nil {
		return nil
	}
	return own(e, of.In(holder), slices.Clone[[]T])
}

// drop takes the entries out of a list that match, and returns how many there were.
func drop[H, T any](e *editor, holder *H, of account.Described[H, []T], match func(T) bool) int {
	l := list(e, holder, of)
	if l == nil {
		return 0
	}
	before := len(*l)
	*l = lists.OrEmpty(slices.DeleteFunc(*l, match))
	return before - len(*l)
}

func (e *editor) details() *account.AuthorizationDetails {
	return own(e, account.AuthorizationDetailsAnswer.In(e.s), func(d account.AuthorizationDetails) account.AuthorizationDetails {
		d.Users, d.Groups, d.Roles, d.Policies = slices.Clone(d.Users), slices.Clone(d.Groups), slices.Clone(d.Roles), slices.Clone(d.Policies)
		return d
	})
}

// count adds to a number of the account summary, where it is told.
func (e *editor) count(key string, n int) {
	summary := own(e, account.AccountSummaryAnswer.In(e.s), maps.Clone[account.Summary])
	if summary == nil {
		return
	}
	if was, told := (*summary)[key]; told {
		(*summary)[key] = max(0, was+int32(n))
	}
}

// quota is a limit of the account summary; a large number where it isn't told.
func (e *editor) quota(key string) int {
	if r := e.s.AccountSummary; r != nil && r.Value[key] > 0 {
		return int(r.Value[key])
	}
	return 1 << 30
}

// report returns the rows of the credential report; nil where there are none.
func (e *editor) report() *account.ReportRows {
	if e.rows == nil && e.s.CredentialReport != nil {
		e.rows = account.RowsOf(e.s.CredentialReport.Value.Content)
	}
	return e.rows
}

// setRow writes cells of a user's row of the report, if it is the user's.
func (e *editor) setRow(user string, pairs ...string) {
	if rows := e.report(); rows != nil && (user == account.RootUserName || rows.Of(user, e.created(user))) {
		rows.Set(user, pairs...)
	}
}

// created is when a user was created.
func (e *editor) created(name string) time.Time {
	if u := userDetail(e.s, name); u != nil {
		return u.Created
	}
	if r := e.s.Users; r != nil {
		if i := slices.IndexFunc(r.Value, func(u account.ListedUser) bool { return u.Name == name }); i >= 0 {
			return r.Value[i].Created
		}
	}
	if rows := e.report(); rows != nil && e.s.AuthorizationDetails == nil && e.s.Users == nil { // which alone tells
		at, _ := time.Parse(time.RFC3339, rows.Cell(name, "user_creation_time"))
		return at
	}
	return time.Time{}
}

// answers returns what was asked about a user alone, to be changed; nil where nothing was, unless one is made.
func (e *editor) answers(name string, made bool) *account.UserAnswers {
	if e.s.PerUser[name] == nil && !made {
		return nil
	}
	if !e.owned[perUser] {
		e.s.PerUser, e.owned[perUser] = maps.Clone(e.s.PerUser), true
		if e.s.PerUser == nil {
			e.s.PerUser = map[string]*account.UserAnswers{}
		}
	}
	old := e.s.PerUser[name]
	if old == nil {
		old = &account.UserAnswers{}
		if u := userDetail(e.s, name); u != nil {
			old.ID = u.ID
		}
	}
	if !e.owned[old] {
		copied := *old
		old = &copied
		old.AccessKeyLastUsed = maps.Clone(old.AccessKeyLastUsed)
		e.s.PerUser[name], e.owned[old] = old, true
	}
	return old
}

// answer is what AWS would say of something that is made.
func answer[T any](e *editor, d *account.Descriptor, value T) *account.Answer[T] {
	return &account.Answer[T]{Action: d.Action(), Began: e.s.TakenAt, Ended: e.s.TakenAt, Complete: true, Value: value}
}

// perUser stands for the map of the users' own answers.
const perUser = "per user"

// exists says that a user is there.
func (e *editor) exists(user string) error {
	if e.created(user).IsZero() {
		return absent(e.s, message.New("user/%s", user))
	}
	return nil
}

// absent says that something is not there, or isn't known to be.
func absent(s *account.Snapshot, what message.Message) error {
	if r := s.AuthorizationDetails; r == nil || !r.Complete {
		return message.Errorf("the snapshot does not hold all users, groups, roles and policies, and no %s", what)
	}
	return message.Errorf("the account has no %s", what)
}

func find[T any](list []T, match func(*T) bool) *T {
	for i := range list {
		if match(&list[i]) {
			return &list[i]
		}
	}
	return nil
}

// The details of a snapshot, to look at; nil where they aren't there.
func userDetail(s *account.Snapshot, name string) *account.UserDetail {
	return find(detailsOf(s).Users, func(u *account.UserDetail) bool { return u.Name == name })
}

func groupDetail(s *account.Snapshot, name string) *account.GroupDetail {
	return find(detailsOf(s).Groups, func(g *account.GroupDetail) bool { return g.Name == name })
}

func roleDetail(s *account.Snapshot, name string) *account.RoleDetail {
	return find(detailsOf(s).Roles, func(r *account.RoleDetail) bool { return r.Name == name })
}

func policyDetail(s *account.Snapshot, arn string) *account.PolicyDetail {
	return find(detailsOf(s).Policies, func(p *account.PolicyDetail) bool { return p.ARN == arn })
}

func detailsOf(s *account.Snapshot) account.AuthorizationDetails {
	if s.AuthorizationDetails == nil {
		return account.AuthorizationDetails{}
	}
	return s.AuthorizationDetails.Value
}
