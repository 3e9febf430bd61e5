package account

import (
	"maps"
	"slices"

	"sekisho/audit/lists"
	"sekisho/audit/message"
)

// Fact names something about an account, or about one resource in it, that a verdict can hang on. Rules ask for facts;
// which calls can tell one is known here alone.
type Fact string

// Facts about the root user.
const (
	RootPassword            Fact = "root-password"
	RootMFA                 Fact = "root-mfa"
	RootVirtualMFA          Fact = "root-virtual-mfa"
	RootAccessKeys          Fact = "root-access-keys"
	RootLastUsed            Fact = "root-last-used"
	RootSigningCertificates Fact = "root-signing-certificates"
)

// Facts about one IAM user.
const (
	UserLive                  Fact = "user-live"     // what GetUser says: that the user is there, and when the password was used
	UserPassword              Fact = "user-password" // whether there is a console password
	UserPasswordLastUsed      Fact = "user-password-last-used"
	UserPasswordLastChanged   Fact = "user-password-last-changed"
	UserPasswordResetRequired Fact = "user-password-reset-required"
	UserMFA                   Fact = "user-mfa"         // whether there is a device of any kind
	UserMFADevices            Fact = "user-mfa-devices" // every device, with its kind
	UserAccessKeys            Fact = "user-access-keys" // every key: active or not, and since when
	UserAccessKeyIDs          Fact = "user-access-key-ids"
	UserAccessKeysLastUsed    Fact = "user-access-keys-last-used"
	UserSigningCertificates   Fact = "user-signing-certificates"
	UserCertificateExpiry     Fact = "user-certificate-expiry" // each signing certificate's ID and end
	UserSSHKeys               Fact = "user-ssh-keys"
	UserGroups                Fact = "user-groups"
	UserPolicies              Fact = "user-policies" // inline, attached and boundary
	UserTags                  Fact = "user-tags"
)

// telling says which sections tell a fact, and where the merged view keeps it. All of bulk are read for it; fallback is
// read when bulk could not tell; live is read for one user about whom bulk could not tell.
type telling struct {
	bulk, fallback, live []Section

	account func(*Account) State
	root    func(*Root) State
	user    func(*User) State
}

// facts are all facts. Those that one section of the account tells stand with the section.
var facts = together(accountFacts, identityFacts, otherFacts, rootFacts, userFacts)

func together(families ...map[Fact]telling) map[Fact]telling {
	all := map[Fact]telling{}
	for _, family := range families {
		maps.Copy(all, family)
	}
	return all
}

var (
	fromDetails = []Section{AuthorizationDetailsSection}
	fromReport  = []Section{CredentialReportSection}
	fromSummary = []Section{AccountSummarySection}
	fromDevices = []Section{VirtualMFADevicesSection}
)

var rootFacts = map[Fact]telling{
	RootPassword: {bulk: fromSummary, fallback: fromReport, root: func(r *Root) State { return &r.Password }},
	RootMFA: {
		bulk: []Section{AccountSummarySection, VirtualMFADevicesSection}, fallback: fromReport,
		root: func(r *Root) State { return &r.MFA },
	},
	RootVirtualMFA: {bulk: fromDevices, root: func(r *Root) State { return &r.VirtualMFADevices }},
	RootAccessKeys: {bulk: fromSummary, fallback: fromReport, root: func(r *Root) State { return &r.AccessKeys }},
	RootLastUsed: {
		bulk: []Section{CredentialReportSection, VirtualMFADevicesSection},
		root: func(r *Root) State { return &r.LastUsed },
	},
	RootSigningCertificates: {bulk: fromSummary, fallback: fromReport, root: func(r *Root) State { return &r.SigningCertificates }},
}

var userFacts = map[Fact]telling{
	UserLive:     {live: []Section{UserSection}, user: func(u *User) State { return &u.live }},
	UserPassword: {bulk: fromReport, live: []Section{LoginProfileSection}, user: func(u *User) State { return &u.Password }},
	UserPasswordLastUsed: {
		bulk: []Section{CredentialReportSection, UsersSection},
		user: func(u *User) State { return &u.PasswordLastUsed },
	},
	UserPasswordLastChanged: {
		bulk: fromReport, live: []Section{LoginProfileSection},
		user: func(u *User) State { return &u.PasswordLastChanged },
	},
	UserPasswordResetRequired: {live: []Section{LoginProfileSection}, user: func(u *User) State { return &u.PasswordResetRequired }},
	UserMFA: {
		bulk: []Section{CredentialReportSection, VirtualMFADevicesSection, AccountSummarySection}, live: []Section{MFADevicesSection},
		user: func(u *User) State { return &u.MFA },
	},
	UserMFADevices: {
		bulk: []Section{VirtualMFADevicesSection, AccountSummarySection}, live: []Section{MFADevicesSection},
		user: func(u *User) State { return &u.MFADevices },
	},
	UserAccessKeys:   {bulk: fromReport, live: []Section{AccessKeysSection}, user: func(u *User) State { return &u.AccessKeys }},
	UserAccessKeyIDs: {live: []Section{AccessKeysSection}, user: func(u *User) State { return u.keyIDs }},
	UserAccessKeysLastUsed: {
		bulk: fromReport, live: []Section{AccessKeysSection, AccessKeyLastUsedSection},
		user: func(u *User) State { return u.keysLastUsed() },
	},
	UserSigningCertificates: {
		bulk: fromReport, live: []Section{SigningCertificatesSection},
		user: func(u *User) State { return &u.SigningCertificates },
	},
	UserCertificateExpiry: {live: []Section{SigningCertificatesSection}, user: func(u *User) State { return u.certificateExpiry }},
	UserSSHKeys:           {live: []Section{SSHPublicKeysSection}, user: func(u *User) State { return &u.SSHKeys }},
	UserGroups:            {bulk: fromDetails, user: func(u *User) State { return &u.Groups }},
	UserPolicies:          {bulk: fromDetails, user: func(u *User) State { return &u.AttachedPolicies }},
	UserTags:              {bulk: fromDetails, user: func(u *User) State { return &u.Tags }},
}

// Fact returns a fact about the account.
func (a *Account) Fact(f Fact) (State, bool) {
	if of := facts[f].account; of != nil {
		return of(a), true
	}
	return a.Root.Fact(f)
}

// Fact returns a fact about root.
func (r *Root) Fact(f Fact) (State, bool) {
	if of := facts[f].root; of != nil {
		return of(r), true
	}
	return nil, false
}

// Fact returns a fact about the user.
func (u *User) Fact(f Fact) (State, bool) {
	if of := facts[f].user; of != nil {
		return of(u), true
	}
	return nil, false
}

// Noun names to people a fact that only names things better; others by their ID.
func (f Fact) Noun() message.Message {
	switch f {
	case UserAccessKeyIDs:
		return message.New("the access key's ID")
	case UserCertificateExpiry:
		return message.New("the signing certificate's ID")
	case RootLastUsed:
		return message.New("when root's credentials were last used")
	case ContactForSecurity:
		return message.New("security contact")
	case ContactForBilling:
		return message.New("billing contact")
	case ContactForOperations:
		return message.New("operations contact")
	}
	return message.New("%s", f)
}

// Sections returns the account-wide sections that are read for the fact.
func (f Fact) Sections() []Section { return facts[f].bulk }

// WantedSections returns what may be read beyond Sections once those could not tell the fact: other account-wide
// sections, and those of single users.
func (f Fact) WantedSections() []Section {
	return slices.Concat(facts[f].fallback, facts[f].live)
}

// Want is an answer that a verdict, or a better message, hangs on and that nobody asked for yet: about one user, or
// about the account when User is empty. UserID is the user's unique ID where it is known. An uncapped want doesn't
// count towards the most users that a run looks at one by one.
type Want struct {
	Section  Section
	User     string
	UserID   string
	Uncapped bool
}

// Unasked returns the sections that could still tell a fact and that nobody asked for yet: account-wide ones for a fact
// of the account (user is nil), else those of the one user. A section that failed, or was declined, is not asked again.
func (a *Account) Unasked(f Fact, user *User) []Section {
	src := facts[f]
	candidates := src.live
	if user == nil {
		candidates = slices.Concat(src.bulk, src.fallback)
	}
	return lists.Filter(candidates, func(section Section) bool { return !a.calls.asked(section, user) })
}

// Refused says why a user's section was not read though it was wanted: the call failed, or was declined.
func (a *Account) Refused(section Section, user string) (Missing, bool) {
	if gap, failed := a.calls.gap(section, user); failed {
		return Missing{Sections: []Section{section}, Gap: gap}, true
	}
	if reason := a.calls.declined[call{section, user}]; reason != nil {
		return Missing{Sections: []Section{section}, Reason: *reason}, true
	}
	return Missing{}, false
}

// Asked reports whether a user's section was read, or tried, or declined.
func (a *Account) Asked(section Section, user *User) bool { return a.calls.asked(section, user) }

// callIndex answers what a snapshot was asked for and what failed, in constant time.
type callIndex struct {
	s        *Snapshot
	gaps     map[call]Gap
	declined map[call]*message.Message // the reasons
}

type call struct {
	section  Section
	resource string
}

func indexCalls(s *Snapshot) *callIndex {
	x := &callIndex{s: s, gaps: make(map[call]Gap, len(s.Gaps)), declined: map[call]*message.Message{}}
	for _, g := range s.Gaps {
		if _, first := x.gaps[call{g.Section, g.Resource}]; !first {
			x.gaps[call{g.Section, g.Resource}] = g
		}
	}
	for _, d := range s.Declined {
		why := d.Why()
		for _, user := range d.Users {
			x.declined[call{d.Section, user}] = &why
		}
	}
	return x
}

// gap returns the first failed call of a section: for one resource where the section is read per user.
func (x *callIndex) gap(section Section, resource string) (Gap, bool) {
	g, ok := x.gaps[call{section, resource}]
	return g, ok
}

// asked reports whether a section was read, or tried, or declined.
func (x *callIndex) asked(section Section, user *User) bool {
	name, id := "", ""
	if section.PerUser() {
		name, id = user.Name, user.ID
	}
	_, failed := x.gap(section, name)
	_, declined := x.declined[call{section, name}]
	return failed || declined || x.s.Answered(section, name, id)
}
