package diff

import (
	"slices"
	"strings"
	"time"

	"sekisho/audit"
	"sekisho/audit/access"
	"sekisho/audit/account"
	"sekisho/audit/message"
)

// state is what a side tells of the account, of a snapshot or, less of it, of a report.
type state struct {
	side     Side
	label    string           // "OLD" or "NEW"
	account  *account.Account // nil where the side is a report alone
	access   *access.Access   // likewise
	verdicts *verdicts
	// since is when the oldest answer was given that the side may rest on: what happened later need not be in it.
	since time.Time

	users      []*user
	byARN      map[string]*user
	usersWhole whole
	identities map[string]identity // by ARN
	groupARNs  map[string]string   // by name
	// credentialOwners are the resources that findings about service-specific credentials name, by the credential's ID.
	credentialOwners map[string]string
}

// whole says whether a list is known to be complete, and why not.
type whole struct {
	ok  bool
	why message.Message
}

// known is a fact of a user. At is when AWS gave the latest answer that it rests on, where the side tells.
type known[T any] struct {
	value T
	ok    bool
	why   message.Message
	at    time.Time
}

// user is what both kinds of side can tell of a user.
type user struct {
	name, arn, id string
	created       time.Time
	groups        known[[]string]
	password      known[password]
	keys          known[[]credential]
	certificates  known[[]credential] // of a report only those of its findings, and never known to be all
	devices       devices
	listed        *account.User // nil where the side is a report alone
}

type password struct {
	set     bool
	changed time.Time // zero where it isn't known
}

// devices are the MFA devices that were seen. All says that there are no others, and virtual that there are no other
// virtual ones.
type devices struct {
	list         []account.MFADevice
	all, virtual bool
	why          message.Message
}

func newState(s Side, label string) *state {
	r := s.Report
	v := &state{
		side: s, label: label, since: r.TakenAt,
		byARN: map[string]*user{}, identities: map[string]identity{}, groupARNs: map[string]string{}, credentialOwners: map[string]string{},
		verdicts: newVerdicts(r, account.RootARN(r.Account.Partition, r.Account.ID)),
	}
	if at := r.CredentialReportAt; at != nil && at.Before(v.since) {
		v.since = *at
	}
	for _, f := range r.Findings {
		if f.ResourceID != "" {
			v.identities[f.Resource] = identity{id: f.ResourceID}
		}
		if strings.HasPrefix(f.Item, "ACCA") { // the prefix of service-specific credentials (IAM User Guide, "IAM identifiers")
			v.credentialOwners[f.Item] = f.Resource
		}
	}
	if s.Snapshot != nil {
		if v.access = s.Access; v.access == nil {
			v.access = access.New(account.New(s.Snapshot))
		}
		v.account = v.access.Account
		v.ofSnapshot()
	} else {
		v.ofReport()
	}
	for _, u := range v.users {
		v.byARN[u.arn] = u
		id := u.id
		if id == "" {
			id = v.identities[u.arn].id
		}
		v.identities[u.arn] = identity{id, u.created}
	}
	return v
}

// gone reports whether a resource is proven not to be there: the list in which it would be is whole.
func (v *state) gone(arn string) bool {
	kind, _, _ := strings.Cut(short(arn), "/")
	if kind == "user" {
		return v.usersWhole.ok && v.byARN[arn] == nil
	}
	if v.account == nil {
		return false
	}
	_, there := v.identities[arn]
	switch kind {
	case "group":
		return v.account.GroupCount.OK() && !there
	case "role":
		return v.account.RoleCount.OK() && !there
	case "policy":
		return v.account.PolicyCount.OK() && !there
	}
	return false
}

func (v *state) ofSnapshot() {
	a := v.account
	v.usersWhole = wholeOf(&a.UserCount)
	for _, u := range a.Users {
		v.users = append(v.users, userOf(a, u))
	}
	for _, g := range a.Groups {
		v.identities[g.ARN] = identity{g.ID, g.Created}
		v.groupARNs[g.Name] = g.ARN
	}
	for _, r := range a.Roles {
		v.identities[r.ARN] = identity{r.ID, r.Created}
	}
	for _, p := range a.Policies {
		v.identities[p.ARN] = identity{p.ID, p.Created}
	}
}

func wholeOf(state account.State) whole {
	if state.OK() {
		return whole{ok: true}
	}
	return whole{why: state.Missing().Message()}
}

// knownOf takes a fact of an account over.
func knownOf[T, U any](fact account.Known[T], as func(T) U) known[U] {
	value, ok := fact.Get()
	if !ok {
		return known[U]{why: fact.Missing().Message()}
	}
	k := known[U]{value: as(value), ok: true}
	for _, e := range fact.Evidence() {
		if e.ObservedAt.After(k.at) {
			k.at = e.ObservedAt
		}
	}
	return k
}

func userOf(a *account.Account, u *account.User) *user {
	of := &user{name: u.Name, arn: u.ARN, id: u.ID, created: u.Created, listed: u}
	of.groups = knownOf(u.Groups, func(groups []string) []string { return groups })
	of.password = knownOf(u.Password, func(set bool) password {
		changed, _ := u.PasswordLastChanged.Get()
		return password{set, changed}
	})
	of.keys = knownOf(u.AccessKeys, func(keys []account.AccessKey) []credential {
		list := make([]credential, len(keys))
		for i, k := range keys {
			list[i] = credential{id: k.ID, slot: k.Slot, prefix: "access-key-", active: k.Active, created: k.Created}
		}
		return list
	})
	of.certificates = knownOf(u.SigningCertificates, func(certificates []account.SigningCertificate) []credential {
		list := make([]credential, len(certificates))
		for i, c := range certificates {
			list[i] = credential{id: c.ID, slot: c.Slot, prefix: "certificate-", active: c.Active, created: c.Changed}
		}
		return list
	})
	all, ok := u.MFADevices.Get()
	if ok {
		of.devices = devices{list: all, all: true, virtual: true}
	} else {
		of.devices = devices{list: u.VirtualMFADevices, virtual: a.VirtualMFADeviceCount.OK(), why: u.MFADevices.Missing().Message()}
	}
	return of
}

func (v *state) ofReport() {
	r := v.side.Report
	v.usersWhole = v.usersOfReport()
	certificates := certificatesOf(r)
	_, torn := gapOf(r, account.VirtualMFADevicesSection, "")
	virtual := !torn && asked(r, "iam:ListVirtualMFADevices")
	for i := range r.Users {
		row := &r.Users[i]
		u := &user{name: row.Name, arn: row.ARN}
		if row.Created != nil {
			u.created = *row.Created
		}
		u.groups = known[[]string]{value: row.Groups, ok: row.Groups != nil, why: notTold}
		u.password = passwordOf(row.Password)
		u.keys = known[[]credential]{ok: row.AccessKeys != nil, why: notTold}
		for _, k := range row.AccessKeys {
			u.keys.value = append(u.keys.value, credential{id: k.ID, slot: k.Slot, prefix: "access-key-", active: k.Active, created: k.Created})
		}
		u.certificates = known[[]credential]{value: certificates[u.arn], why: notTold}
		u.devices = devicesOf(row, virtual)
		v.users = append(v.users, u)
	}
	slices.SortFunc(v.users, func(x, y *user) int { return strings.Compare(x.name, y.name) })
}

var notTold = message.New("the report does not tell")

// usersOfReport tells whether a report lists every user. It says so nowhere: what it was made of must have been asked
// for, and not failed.
func (v *state) usersOfReport() whole {
	r := v.side.Report
	why := message.New("the report does not tell that a list of users was read")
	for _, list := range []struct {
		section account.Section
		action  string
	}{{account.AuthorizationDetailsSection, "iam:GetAccountAuthorizationDetails"}, {account.UsersSection, "iam:ListUsers"}} {
		if gap, failed := gapOf(r, list.section, ""); failed {
			why = gap
			continue
		}
		if asked(r, list.action) {
			return whole{ok: true}
		}
	}
	return whole{why: why}
}

// gapOf says why a section failed, for a user or, where that is empty, as a whole.
func gapOf(r *audit.Report, section account.Section, user string) (message.Message, bool) {
	for _, g := range r.Gaps {
		if g.Section == section && g.Resource == user {
			return account.Missing{Gap: g}.Message(), true
		}
	}
	return message.Message{}, false
}

// asked reports whether a report rests on an answer of an action. One that was made of saved answers counts no calls.
func asked(r *audit.Report, action string) bool {
	if r.Calls.ByAction[action] > 0 {
		return true
	}
	for _, passed := range r.Passed {
		if slices.ContainsFunc(passed.Sources, func(s audit.Source) bool { return s.Source == action }) {
			return true
		}
	}
	return false
}

func passwordOf(row audit.PasswordRow) known[password] {
	if row.Enabled == nil {
		return known[password]{why: notTold}
	}
	p := password{set: *row.Enabled}
	if row.LastChanged != nil {
		p.changed = *row.LastChanged
	}
	return known[password]{value: p, ok: true}
}

// devicesOf reads a report's row, which holds the devices that were seen. They are all where the user is known to have
// none, or where one of them is of a kind that only the user's own list tells; else they are all the virtual ones, if
// those were listed.
func devicesOf(row *audit.UserRow, virtual bool) devices {
	d := devices{why: notTold}
	if row.MFA == nil {
		return d
	}
	d.all = row.MFAActive != nil && !*row.MFAActive
	for _, m := range row.MFA {
		device := account.MFADevice{Serial: m.Serial, Kind: m.Kind}
		if m.EnabledSince != nil {
			device.EnabledSince = *m.EnabledSince
		}
		d.list = append(d.list, device)
		d.all = d.all || m.Kind != account.MFAVirtual
	}
	d.virtual = d.all || virtual
	return d
}

// certificatesOf takes from a report's findings what they tell of signing certificates, of which the report has no
// list.
func certificatesOf(r *audit.Report) map[string][]credential {
	found := map[string][]credential{}
	for _, f := range r.Findings {
		c := credential{prefix: "certificate-"}
		switch f.Item {
		case "certificate-1":
			c.slot = 1
		case "certificate-2":
			c.slot = 2
		default:
			c.id = f.Item
		}
		certificate := c.slot > 0
		for _, e := range f.Evidence {
			certificate = certificate || e.Name == "signing_certificate"
			if e.Name == "uploaded" || strings.HasPrefix(e.Name, "cert_") && strings.HasSuffix(e.Name, "_last_rotated") {
				c.created, _ = time.Parse(time.RFC3339, e.Value)
			}
		}
		if certificate && !c.created.IsZero() && !slices.Contains(found[f.Resource], c) {
			found[f.Resource] = append(found[f.Resource], c)
		}
	}
	return found
}
