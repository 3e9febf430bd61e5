package clifiles

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"time"

	"sekisho/audit/account"
)

// someTime stands in for the times of an answer while one file is checked.
var someTime = time.Unix(0, 0).UTC()

// assemble makes the snapshot of what was gathered.
func (r *reader) assemble() (*account.Snapshot, error) {
	if r.owner.id == "" {
		return nil, &Error{nil, errors.New("found no file that tells the account, want answers of the aws command with ARNs in them, such as aws iam list-users")}
	}
	if no := r.noPolicy; no.id != "" && no.id != r.owner.id {
		return nil, contradiction(r.owner.file, no.file, fmt.Errorf("got answers of two accounts, %s and %s, want those of one", r.owner.id, no.id))
	}
	s := &account.Snapshot{
		Schema: account.SnapshotSchema, Origin: account.OriginFiles, Caller: r.caller.value,
		PerUser: map[string]*account.UserAnswers{}, Gaps: []account.Gap{}, Calls: account.Calls{ByAction: map[string]int{}, SignIn: map[string]int{}},
	}
	s.Caller.Partition, s.Caller.AccountID = r.owner.partition, r.owner.id
	s.TakenAt = r.takenAt()
	s.Caller.At = s.TakenAt
	began := s.TakenAt
	if r.report.file != "" {
		reportAt := r.reportAt()
		s.CredentialReport = &account.Answer[account.CredentialReport]{
			Action: action(account.CredentialReportSection), Began: reportAt, Ended: s.TakenAt, Complete: true,
			Value: account.CredentialReport{GeneratedAt: reportAt, Content: r.report.value},
		}
		began = reportAt
	}
	a := assembly{reader: r, s: s, began: began}
	a.bulk()
	a.perUser()
	a.failures()
	sortGaps(s.Gaps)
	if err := s.Validate(); err != nil {
		return nil, &Error{nil, err}
	}
	return s, nil
}

// takenAt is the time at which the files show the account; see the package's documentation.
func (r *reader) takenAt() time.Time {
	at := r.generated
	if at.IsZero() {
		at = r.modified
	}
	if r.newest.After(at) {
		at = r.newest
	}
	return at.UTC().Truncate(time.Second)
}

// reportAt is when AWS made the credential report: not before the newest date in it, where no file tells. Earlier rather than later: what
// other answers tell of the time since is then seen as a change.
func (r *reader) reportAt() time.Time {
	if !r.generated.IsZero() {
		return r.generated.UTC()
	}
	at := r.newestInReport.UTC()
	r.warn(r.report.file, "is a credential report without GeneratedTime; it is taken as made at %s, the newest date in it", at.Format(time.RFC3339))
	return at
}

// assembly puts answers into a snapshot.
type assembly struct {
	*reader
	s     *account.Snapshot
	began time.Time // of all answers: no file tells, so none is taken for younger than the report
}

// whole makes the answer of one piece, if there is one.
func whole[T any](a assembly, section account.Section, one single[T]) *account.Answer[T] {
	if one.file == "" {
		return nil
	}
	return made(a, section, one.value, true)
}

func made[T any](a assembly, section account.Section, value T, complete bool) *account.Answer[T] {
	return &account.Answer[T]{Action: action(section), Began: a.began, Ended: a.s.TakenAt, Complete: complete, Value: value}
}

// listed makes the answer of a list, if there is one. Where why is not empty it is not complete.
func listed[T any](a assembly, section account.Section, p pages, value T, why string) *account.Answer[T] {
	if !p.any() {
		return nil
	}
	if why != "" {
		a.s.Gaps = append(a.s.Gaps, account.Gap{Section: section, Action: action(section), Code: Incomplete, Message: why})
	}
	return made(a, section, value, why == "")
}

func (a assembly) bulk() {
	s := a.s
	s.AccountSummary = whole(a, account.AccountSummarySection, a.summary)
	s.PasswordPolicy = whole(a, account.PasswordPolicySection, a.policy)
	s.AccountAliases = listed(a, account.AccountAliasesSection, a.aliases.pages, a.aliases.all(), a.uncounted(a.aliases.pages))
	s.AuthorizationDetails = listed(a, account.AuthorizationDetailsSection, a.details.pages, account.AuthorizationDetails{
		Users: a.details.users.all(), Groups: a.details.groups.all(), Roles: a.details.roles.all(), Policies: a.details.policies.all(),
	}, a.detailsLack())
	s.Users = listed(a, account.UsersSection, a.users.pages, a.users.all(), a.usersLack())
	s.VirtualMFADevices = listed(a, account.VirtualMFADevicesSection, a.virtual.pages, a.virtual.all(), a.uncounted(a.virtual.pages))
	s.SAMLProviders = listed(a, account.SAMLProvidersSection, a.saml.pages, a.saml.all(), a.uncounted(a.saml.pages))
	s.OIDCProviders = listed(a, account.OIDCProvidersSection, a.oidc.pages, a.oidc.all(), a.uncounted(a.oidc.pages))
	s.ServiceCredentials = listed(a, account.ServiceCredentialsSection, a.credentials.pages, a.credentials.all(), a.credentialsLack())
	s.ServerCertificates = listed(a, account.ServerCertificatesSection, a.certificates.pages, a.certificates.all(), a.certificatesLack())
	s.OrganizationsFeatures = whole(a, account.OrganizationsFeaturesSection, a.features)
	s.SecurityContact = whole(a, account.SecurityContactSection, *a.contact(account.SecurityContactSection))
	s.BillingContact = whole(a, account.BillingContactSection, *a.contact(account.BillingContactSection))
	s.OperationsContact = whole(a, account.OperationsContactSection, *a.contact(account.OperationsContactSection))
	s.AccessAnalyzers = a.accessAnalyzers()
}

// cut says why pages are no whole list: none of them is the end.
func cut(p pages) string {
	if p.open == "" || p.ended {
		return ""
	}
	return p.open + " says that more pages follow, and no file holds the last"
}

// uncounted is for lists of which nothing tells how long they are: pages of one may lack a page in the middle.
func (a assembly) uncounted(p pages) string {
	if why := cut(p); why != "" || p.open == "" {
		return why
	}
	return p.open + " is one page of several, and nothing tells that they are all there; save the answer without --max-items and --no-paginate"
}

// counts says why a list is shorter than the account summary says. Pages and empty lists are believed only where the summary has the number,
// for a page, or what a filter left out, may be in no file.
func (a assembly) counts(p pages, key, what string, got int) string {
	want, known := a.summary.value[key]
	switch {
	case known && got < int(want):
		return fmt.Sprintf("the account summary counts %d %s, and the files list %d", want, what, got)
	case !known && got == 0:
		return fmt.Sprintf("the files list no %s, and no account summary says that there are none", what)
	case !known && p.open != "":
		return fmt.Sprintf("%s is one page of several, and no account summary counts the %s", p.open, what)
	}
	return ""
}

func (a assembly) usersLack() string {
	if why := cut(a.users.pages); why != "" {
		return why
	}
	return a.counts(a.users.pages, "Users", "users", len(a.users.items))
}

func (a assembly) credentialsLack() string {
	if !a.credentials.allUsers {
		c, _ := CommandFor(account.ServiceCredentialsSection)
		return fmt.Sprintf("%s doesn't say whether it is of all users; save the answer with --all-users --query '%s'", a.credentials.file, c.Query)
	}
	return a.uncounted(a.credentials.pages)
}

func (a assembly) certificatesLack() string {
	if why := cut(a.certificates.pages); why != "" {
		return why
	}
	return a.counts(a.certificates.pages, "ServerCertificates", "server certificates", len(a.certificates.items))
}

func (a assembly) detailsLack() string {
	d := &a.details
	if why := cut(d.pages); why != "" {
		return why
	}
	if d.lacking != "" {
		return d.lacking + " lacks one of the lists UserDetailList, GroupDetailList, RoleDetailList and Policies"
	}
	if why := a.counts(d.pages, "Users", "users", len(d.users.items)); why != "" {
		return why
	}
	if why := a.counts(d.pages, "Groups", "groups", len(d.groups.items)); why != "" {
		return why
	}
	// More roles than the summary counts are no contradiction: it may leave out those of AWS's services.
	if why := a.counts(d.pages, "Roles", "roles", len(d.roles.items)); why != "" {
		return why
	}
	return d.unlisted()
}

// perUser takes the answers about single users.
func (a assembly) perUser() {
	answers := func(user string) *account.UserAnswers { return entry(a.s.PerUser, user) }
	for _, user := range sorted(a.asked) {
		if u := a.asked[user]; u.file != "" {
			answers(user).User = made(a, account.UserSection, u.value, true)
		}
	}
	for _, user := range sorted(a.profiles) {
		if p := a.profiles[user]; p.file != "" {
			answers(user).LoginProfile = made(a, account.LoginProfileSection, p.value, true)
		}
	}
	for _, user := range sorted(a.devices) {
		if d := a.devices[user]; a.userList(account.MFADevicesSection, user, d.pages) {
			answers(user).MFADevices = made(a, account.MFADevicesSection, d.all(), true)
		}
	}
	for _, user := range sorted(a.keys) {
		if k := a.keys[user]; a.userList(account.AccessKeysSection, user, k.pages) {
			answers(user).AccessKeys = made(a, account.AccessKeysSection, k.all(), true)
		}
	}
	for _, user := range sorted(a.sshKeys) {
		if k := a.sshKeys[user]; a.userList(account.SSHPublicKeysSection, user, k.pages) {
			answers(user).SSHPublicKeys = made(a, account.SSHPublicKeysSection, k.all(), true)
		}
	}
	for _, user := range sorted(a.signing) {
		if c := a.signing[user]; a.userList(account.SigningCertificatesSection, user, c.pages) {
			answers(user).SigningCertificates = made(a, account.SigningCertificatesSection, c.all(), true)
		}
	}
	for _, user := range sorted(a.uses) {
		a.keysLastUsed(user, answers)
	}
}

// userList reports whether a user's list is whole; part of one is of no use.
func (a assembly) userList(section account.Section, user string, p pages) bool {
	if why := a.uncounted(p); why != "" {
		a.s.Gaps = append(a.s.Gaps, account.Gap{Section: section, Resource: user, Action: action(section), Code: Incomplete, Message: why})
		return false
	}
	return true
}

// keysLastUsed gives a user's only key its last use.
func (a assembly) keysLastUsed(user string, answers func(string) *account.UserAnswers) {
	uses := a.uses[user]
	var one *account.Answer[[]account.ListedAccessKey]
	if known := a.s.PerUser[user]; known != nil {
		one = known.AccessKeys
	}
	same := !slices.ContainsFunc(uses, func(u keyUse) bool { return !reflect.DeepEqual(u.use, uses[0].use) })
	if one == nil || len(one.Value) != 1 || !same {
		for _, u := range uses {
			a.warn(u.file, "doesn't say of which of %s's access keys it tells the last use; it was not used", user)
		}
		return
	}
	answers(user).AccessKeyLastUsed = map[string]*account.Answer[account.KeyLastUsed]{
		one.Value[0].ID: made(a, account.AccessKeyLastUsedSection, uses[0].use, true),
	}
}

// failures keeps, of the errors that were saved, those of which no file holds the answer.
func (a assembly) failures() {
	for _, g := range a.failed {
		if !a.answered(g) && !slices.Contains(a.s.Gaps, g) {
			a.s.Gaps = append(a.s.Gaps, g)
		}
	}
}

// answered reports whether what was refused once was answered after all.
func (a assembly) answered(g account.Gap) bool {
	if g.Section == account.AccessAnalyzersSection && g.Resource != "" {
		return a.s.AccessAnalyzers != nil && a.s.AccessAnalyzers.Value.ByRegion[g.Resource] != nil
	}
	return a.s.Answered(g.Section, g.Resource, "")
}

func sorted[T any](m map[string]T) []string { return slices.Sorted(maps.Keys(m)) }
