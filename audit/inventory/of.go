package inventory

import (
	"sekisho/audit"
	"sekisho/audit/access"
	"sekisho/audit/account"
	"sekisho/audit/message"
)

// Options say what is listed and how deep to look.
type Options struct {
	Tool                 audit.Tool
	Users, Roles, Groups bool
	Depth                audit.Depth
	// Offline is set where nobody can be asked: what isn't in the snapshot can't be had by a deep run of the same.
	Offline     bool
	Interrupted audit.Interrupted
}

// Sections lists what is read for everybody.
func Sections(o Options) []account.Section {
	sections := []account.Section{account.AccountAliasesSection, account.AccountSummarySection, account.AuthorizationDetailsSection}
	if o.Users {
		sections = append(sections, account.CredentialReportSection, account.PasswordPolicySection, account.ServiceCredentialsSection,
			account.UsersSection, account.VirtualMFADevicesSection)
	}
	return sections
}

// Of makes the inventory of a snapshot. It is pure, total and deterministic. The wants are what could still tell
// something of single users, sorted by user. Where it is interrupted, there is neither.
func Of(s *account.Snapshot, o Options) (*Inventory, []account.Want) { return of(s, o, true) }

// Wants is what could still tell something of single users, as Of says it, without judging anyone.
func Wants(s *account.Snapshot, o Options) []account.Want {
	_, wants := of(s, o, false)
	return wants
}

// of judges who is an administrator and held to MFA only where it is told to, for that takes all policies.
func of(s *account.Snapshot, o Options, judging bool) (*Inventory, []account.Want) {
	b := &builder{options: o, account: account.New(s), judging: judging, notes: map[noteKey]int{}}
	b.access = access.New(b.account)
	report := audit.Header(b.account, audit.Options{Tool: o.Tool, Depth: o.Depth})
	b.depth = report.Depth.Ran
	if o.Users {
		b.want()
	}
	if o.Offline && o.Depth == audit.DepthAuto && len(b.wants) > 0 {
		// A saved answer can't be asked: what was not looked at when it was saved isn't looked at now.
		b.depth, report.Depth.Ran, b.wants = audit.DepthStandard, audit.DepthStandard, nil
	}
	b.out = &Inventory{
		Schema: Schema, Tool: report.Tool, Demo: report.Demo, Account: report.Account, Caller: report.Caller,
		TakenAt: report.TakenAt, CredentialReportAt: report.CredentialReportAt, Depth: report.Depth,
		Unknown: []Unknown{}, Notes: []Note{}, Remarks: report.Notes, Endpoints: report.Endpoints, Tolerated: report.Tolerated,
		Gaps: report.Gaps, Declined: report.Declined, Calls: report.Calls,
	}
	if !b.account.Alias.OK() {
		b.lacks(&b.out.Unknown, "account.alias", NotRead, b.account.Alias.Missing().Message())
	}
	if o.Users {
		b.users()
	}
	if o.Roles {
		b.roles()
	}
	if o.Groups {
		b.groups()
	}
	if o.Interrupted.Now() {
		return nil, nil
	}
	return b.out, b.wants
}

type builder struct {
	options Options
	account *account.Account
	access  *access.Access
	judging bool
	depth   audit.Depth
	out     *Inventory
	notes   map[noteKey]int
	wants   []account.Want
}

type noteKey struct {
	kind NoteKind
	text string
}

// note returns the number of a note, which fields share.
func (b *builder) note(kind NoteKind, why message.Message) int {
	key := noteKey{kind, why.String()}
	n, ok := b.notes[key]
	if !ok {
		n = len(b.out.Notes) + 1
		b.notes[key] = n
		b.out.Notes = append(b.out.Notes, Note{Number: n, Kind: kind, Text: key.text, Message: why})
	}
	b.out.Notes[n-1].Fields++
	return n
}

// lacks notes a field that isn't known, once a row.
func (b *builder) lacks(list *[]Unknown, field string, kind NoteKind, why message.Message) {
	if n := len(*list); n > 0 && (*list)[n-1].Field == field {
		return
	}
	*list = append(*list, Unknown{field, b.note(kind, why)})
}

// known reports whether a user's fact is known. Where it isn't, the field is noted with the reason: the call that
// failed, or that the run wasn't deep enough to make it.
func (b *builder) known(row *User, u *account.User, field string, fact account.Fact, state account.State) bool {
	if state.OK() {
		return true
	}
	m := state.Missing()
	if noun, deep := deepFacts[fact]; deep && b.depth != audit.DepthDeep && m.Gap.Code == "" && !m.Whole && len(b.account.Unasked(fact, u)) > 0 {
		why := message.New("%s: not looked at in a standard run; a deep one asks user by user (--depth deep)", noun)
		if b.options.Offline {
			why = message.New("%s: not looked at by the run whose answers these are", noun)
		}
		b.lacks(&row.Unknown, field, NotLooked, why)
		return false
	}
	b.lacks(&row.Unknown, field, NotRead, m.Message())
	return false
}

// torn says of a list that it may lack rows.
var torn = map[string]message.Message{
	"users":  message.New("the list of users may lack some"),
	"roles":  message.New("the list of roles may lack some"),
	"groups": message.New("the list of groups may lack some"),
}

// listed makes a list of rows, and notes it where it may lack some.
func listed[T any](b *builder, name string, rows []T, state account.State) List[T] {
	if !state.OK() {
		b.lacks(&b.out.Unknown, name, NotRead, message.New("%s: %s", torn[name], state.Missing().Message()))
	}
	return List[T]{Rows: rows, Asked: true, Complete: state.OK()}
}
