package account

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"sekisho/audit/lists"
	"sekisho/audit/message"
)

// New derives the merged view of a snapshot. It never fails: what can't be derived is a fact not known, with the
// reason.
func New(s *Snapshot) *Account {
	f := sift(s)
	s = f.s
	b := &builder{s: s, sifter: f, lacks: map[lackKey]*Missing{}, rows: map[string]reportRow{}}
	b.a = &Account{
		Kept:      s,
		ID:        s.Caller.AccountID,
		Partition: s.Caller.Partition,
		CallerARN: s.Caller.ARN,
		Origin:    s.Origin,
		TakenAt:   s.TakenAt,
	}
	b.report()
	b.calls = indexCalls(s)
	b.a.calls = b.calls
	b.accountFacts()
	b.a.Root = b.root()
	b.users()
	b.lists()
	b.otherFacts()
	slices.SortStableFunc(s.Gaps, Gap.Compare)
	b.a.Notes, b.a.Contradicted = append(s.Warnings(), f.notes...), f.contradicted
	return b.a
}

type builder struct {
	s *Snapshot
	a *Account

	*sifter

	calls    *callIndex
	lacks    map[lackKey]*Missing
	rows     map[string]reportRow // the credential report, by user name
	rowOrder []string
	reportOK bool
}

// report reads the credential report's rows. Read and Load refuse a report that can't be parsed; one that is built by
// hand and can't be counts as not read. A row that can't be true leaves its user's facts unknown.
func (b *builder) report() {
	r := b.s.CredentialReport
	if r == nil || !r.Complete {
		return
	}
	rows, malformed, err := parseReport(r.Value.Content)
	if err != nil {
		return
	}
	for _, m := range malformed {
		b.gap(CredentialReportSection, m.user, r.Action, MalformedRow, m.why)
	}
	b.limitFor(r.Ended)
	b.reportOK = true
	b.a.ReportAt = r.Value.GeneratedAt
	for _, row := range rows {
		name, _ := row.cell(columnUser)
		if odd, found := b.oddRow(row); found {
			b.gap(CredentialReportSection, name, r.Action, odd.code, odd.why)
			continue
		}
		b.rows[name] = row
		b.rowOrder = append(b.rowOrder, name)
	}
}

func (b *builder) accountFacts() {
	s, a := b.s, b.a
	a.Alias = told(b, AccountAliasesAnswer, "account_aliases", func(aliases []string) (string, string) {
		alias := ""
		if len(aliases) > 0 {
			alias = aliases[0]
		}
		return alias, alias
	})
	a.PasswordPolicy = told(b, PasswordPolicyAnswer, "password_policy", func(p *PasswordPolicy) (*PasswordPolicy, string) {
		if p == nil {
			return nil, "none"
		}
		return p, "set"
	})
	a.MFADevicesInUse = b.summary("MFADevicesInUse")

	if r := s.VirtualMFADevices; r != nil {
		a.VirtualMFADevices = slices.Clone(r.Value)
		slices.SortFunc(a.VirtualMFADevices, func(x, y VirtualMFADevice) int { return cmp.Compare(x.Serial, y.Serial) })
	}
	a.VirtualMFADeviceCount = count(b, VirtualMFADevicesAnswer, "virtual_mfa_devices", len(a.VirtualMFADevices))
	if r := s.SAMLProviders; r != nil {
		a.SAMLProviders = r.Value
	}
	a.SAMLProviderCount = count(b, SAMLProvidersAnswer, "saml_providers", len(a.SAMLProviders))
	if r := s.OIDCProviders; r != nil {
		a.OIDCProviders = r.Value
	}
	a.OIDCProviderCount = count(b, OIDCProvidersAnswer, "oidc_providers", len(a.OIDCProviders))
}

// summary returns a number of the account summary. A key that isn't there is not known, never 0: older endpoints and
// stand-ins lack AccountPasswordPresent.
func (b *builder) summary(key string) Known[int] {
	r := b.s.AccountSummary
	if r == nil || !r.Complete {
		return lack[int](b.lacking(AccountSummarySection))
	}
	n, ok := r.Value[key]
	if !ok {
		return lack[int](&Missing{Sections: []Section{AccountSummarySection}, Reason: message.New("the account summary has no key %s", key)})
	}
	return know(int(n), evidence(r, key, strconv.Itoa(int(n))))
}

// lists fills groups, roles and policies, and the members of groups.
func (b *builder) lists() {
	a, r := b.a, b.s.AuthorizationDetails
	var d AuthorizationDetails
	if r != nil {
		d = r.Value
	}
	a.GroupCount = count(b, AuthorizationDetailsAnswer, "groups", len(d.Groups))
	a.RoleCount = count(b, AuthorizationDetailsAnswer, "roles", len(d.Roles))
	a.PolicyCount = count(b, AuthorizationDetailsAnswer, "policies", len(d.Policies))

	members := map[string][]string{}
	for _, u := range a.Users {
		groups, _ := u.Groups.Get()
		for _, g := range groups {
			members[g] = append(members[g], u.Name)
		}
	}
	for _, g := range d.Groups {
		a.Groups = append(a.Groups, &Group{GroupDetail: g, Members: members[g.Name], list: a.GroupCount})
	}
	for _, role := range d.Roles {
		a.Roles = append(a.Roles, &Role{role, a.RoleCount})
	}
	for _, p := range d.Policies {
		a.Policies = append(a.Policies, &Policy{p, a.PolicyCount})
	}
	slices.SortFunc(a.Groups, func(x, y *Group) int { return cmp.Compare(x.Name, y.Name) })
	slices.SortFunc(a.Roles, func(x, y *Role) int { return cmp.Compare(x.Name, y.Name) })
	slices.SortFunc(a.Policies, func(x, y *Policy) int { return cmp.Compare(x.ARN, y.ARN) })
}

// told is a fact that a whole answer tells; of gives its value, and what is shown of it as evidence.
func told[T, F any](b *builder, d Described[Snapshot, T], name string, of func(T) (value F, shown string)) Known[F] {
	r := *d.In(b.s)
	if r == nil || !r.Complete {
		return lack[F](b.lacking(d.Section))
	}
	value, shown := of(r.Value)
	return know(value, evidence(r, name, shown))
}

// count is the number of a list's entries, known where the list is complete. One that broke off is evidence of what was
// seen.
func count[T any](b *builder, d Described[Snapshot, T], name string, n int) Known[int] {
	known := told(b, d, name, func(T) (int, string) { return n, strconv.Itoa(n) })
	if r := *d.In(b.s); r != nil && !r.Complete {
		known.evidence = []Evidence{evidence(r, name, strconv.Itoa(n)+", and the list is not whole")}
	}
	return known
}

// evidence is what an answer said under a name.
func evidence[T any](r *Answer[T], name, value string) Evidence {
	return Evidence{Name: name, Value: value, Source: r.Action, ObservedAt: r.Ended}
}

// eachOf is what an answer said of each entry of its list under a name, or that there is none.
func eachOf[T, L any](r *Answer[L], entries []T, name string, shown func(T) string) []Evidence {
	if len(entries) == 0 {
		return []Evidence{evidence(r, name+"s", "0")}
	}
	return lists.Map(entries, func(entry T) Evidence { return evidence(r, name, shown(entry)) })
}

// reportEvidence is a cell of the credential report, which holds for the time at which AWS made it.
func (b *builder) reportEvidence(row reportRow, columns ...string) []Evidence {
	out := make([]Evidence, 0, len(columns))
	for _, column := range columns {
		value, _ := row.cell(column)
		out = append(out, Evidence{Name: column, Value: value, Source: b.s.CredentialReport.Action, ObservedAt: b.a.ReportAt})
	}
	return out
}

// lacking says why sections didn't tell a fact that each resource takes from them.
func (b *builder) lacking(sections ...Section) *Missing {
	m := &Missing{Sections: sections, Whole: true}
	for _, section := range sections {
		if gap, ok := b.calls.gap(section, ""); ok {
			m.Gap = gap
			return m
		}
	}
	return m
}

// lackingOf says why a user's own sections didn't tell a fact about the user: a failed call, or what otherwise says.
func (b *builder) lackingOf(user string, otherwise message.Message, sections ...Section) *Missing {
	for _, section := range sections {
		if gap, ok := b.calls.gap(section, user); ok {
			return &Missing{Sections: sections, Gap: gap}
		}
		if declined := b.calls.declined[call{section, user}]; declined != nil {
			return b.alike(otherwise, declined, sections)
		}
	}
	return b.alike(otherwise, nil, sections)
}

// lackKey tells apart what thousands of users lack in the same way.
type lackKey struct {
	sections  [3]Section
	otherwise string
	declined  *message.Message
}

// alike is what is lacking where no call failed, shared by all who lack the same.
func (b *builder) alike(otherwise message.Message, declined *message.Message, sections []Section) *Missing {
	key := lackKey{otherwise: otherwise.Format, declined: declined}
	common := copy(key.sections[:], sections) == len(sections) && len(otherwise.Args) == 0
	if m := b.lacks[key]; common && m != nil {
		return m
	}
	m := &Missing{Sections: sections, Reason: otherwise}
	switch {
	case declined == nil:
	case otherwise.Empty():
		m.Reason = *declined
	default:
		m.Reason = message.New("%s; %s", otherwise, *declined)
	}
	if common {
		b.lacks[key] = m
	}
	return m
}

// sameSecond compares times that AWS gives to the second in one answer and finer in another.
func sameSecond(x, y time.Time) bool { return x.Truncate(time.Second).Equal(y.Truncate(time.Second)) }
