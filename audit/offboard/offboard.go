package offboard

import (
	"time"

	"sekisho/audit"
	"sekisho/audit/account"
	"sekisho/audit/message"
)

// Schema identifies the JSON form of a Report. Added keys are no new version.
const Schema = "sekisho/offboard/v1"

// SessionLife is how long credentials of a session may live: those of GetSessionToken and GetFederationToken up to 36
// hours (STS API reference). AWS keeps the last use of a password to 5 minutes and that of an access key to 15, so that
// much is added.
const SessionLife = 36*time.Hour + 15*time.Minute

// Sections are the account-wide sections that a check reads.
func Sections() []account.Section {
	return []account.Section{account.AuthorizationDetailsSection, account.ServiceCredentialsSection, account.VirtualMFADevicesSection}
}

// DeviceSections are the account-wide sections that a question about MFA devices reads.
func DeviceSections() []account.Section {
	return []account.Section{account.AuthorizationDetailsSection}
}

// Options say who is asked about and what else is known of them.
type Options struct {
	Tool audit.Tool
	// MatchTags are the keys of the tags that tell whose a user is, in any case. The first that a user has weighs most.
	MatchTags []string
	// Settings tell the users of machines.
	Settings audit.Settings
	// Since is an earlier snapshot of the same account, which proves who there was. May be nil.
	Since *account.Snapshot
	// Zone is where a last day ends; nil is UTC.
	Zone *time.Location
	// Staff are those who still belong; nil where nobody listed them.
	Staff *Staff
	// DevicesOnly asks about MFA devices alone, as when a phone was lost.
	DevicesOnly bool
	Interrupted audit.Interrupted
}

// Verdict says whether someone is out. Its zero value is unknown.
type Verdict int

// The verdicts.
const (
	Unknown  Verdict = iota // something could not be read
	Gone                    // proven: the user was known, is not there any more, and nothing names them
	Disabled                // no way in is left, but something of theirs is
	Active                  // at least one way in is left
	NotFound                // there is no such user, and no proof that there was one
	Answered                // only MFA devices were asked about, and what there is to know of them is known
)

var verdictNames = [...]string{"unknown", "gone", "disabled", "active", "not_found", "answered"}

// String returns the verdict as JSON spells it.
func (v Verdict) String() string { return verdictNames[v] }

// MarshalText writes the verdict's name.
func (v Verdict) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// Report is the answer about everybody who was asked about.
type Report struct {
	Schema    string      `json:"schema"`
	Tool      audit.Tool  `json:"tool"`
	Account   AccountInfo `json:"account"`
	Demo      bool        `json:"demo,omitempty"`
	Caller    string      `json:"caller"`
	TakenAt   time.Time   `json:"taken_at"`
	Since     *time.Time  `json:"since,omitempty"` // when the snapshot was taken that proves who there was
	TimeZone  string      `json:"time_zone"`       // in which a last day ends
	MatchTags []string    `json:"match_tags"`
	// Notes, Endpoints and Tolerated are those of an audit's report.
	Notes     []message.Message   `json:"notes,omitempty"`
	Endpoints map[string]string   `json:"endpoints,omitempty"`
	Tolerated []account.Tolerated `json:"tolerated,omitempty"`

	People []PersonResult `json:"people"`
	Staff  *StaffResult   `json:"staff,omitempty"`
	// Orphans are the unique IDs of deleted users that trust policies hold: AWS shows an ARN for as long as a user lives.
	Orphans   []Orphan      `json:"orphaned_principals"`
	Checklist []CheckItem   `json:"checklist"`
	Calls     account.Calls `json:"calls"`

	Planned bool `json:"-"` // a script that removes what is left is written, too
}

// AccountInfo names the account.
type AccountInfo struct {
	ID        string `json:"id"`
	Partition string `json:"partition"`
}

// PersonResult is the answer about one person.
type PersonResult struct {
	Query    string          `json:"query"`
	Line     int             `json:"line,omitempty"` // of the list that names the person
	LastDay  string          `json:"last_day,omitempty"`
	Users    []string        `json:"users"` // the ARNs of the person's users
	Verdict  Verdict         `json:"verdict"`
	Severity string          `json:"severity,omitempty"` // "critical" where a credential was used after the last day
	Summary  message.Message `json:"summary"`
	// Nearest is the user whose name is the most similar, where there is no user of the person's.
	Nearest string `json:"nearest,omitempty"`
	// Known are the users that were the person's, by what proves it.
	Known    []Identity  `json:"known,omitempty"`
	Accounts []UserFacts `json:"accounts"`

	WaysIn   []Entry           `json:"ways_in"`
	LeftOver []Entry           `json:"left_over"` // what is theirs and lets nobody in as it stands
	Mentions []Mention         `json:"mentions"`  // what else names them
	Notes    []message.Message `json:"notes"`
	Gaps     []Gap             `json:"gaps"`
	Devices  *DeviceAdvice     `json:"devices,omitempty"`
}

// Gap is an answer that AWS did not give, or that says too little.
type Gap = account.Gap

// newGap is a gap in what a section tells.
func newGap(section account.Section, resource string) Gap {
	return Gap{Section: section, Resource: resource, Action: account.Describe(section).Action()}
}

// UserFacts are what a user of the person is and may do.
type UserFacts struct {
	ARN     string    `json:"arn"`
	Name    string    `json:"name"`
	ID      string    `json:"id"`
	Created time.Time `json:"created"`
	// MatchedBy says why the user is taken for the person's: "name", "unique-id" or "tag KEY".
	MatchedBy string `json:"matched_by"`
	// Namesake is set where the person had another unique ID: this user has the same name and was created later.
	Namesake bool `json:"namesake,omitempty"`
	// Machine is set where the configuration counts the user among those of machines.
	Machine bool `json:"machine,omitempty"`
	// OtherOwner is the value of the tag by which the user is someone else's, where nothing but a weaker tag, or the tag
	// that an earlier snapshot knew, makes it the person's.
	OtherOwner string        `json:"other_owner,omitempty"`
	Groups     []GroupGrant  `json:"groups"`
	Policies   []PolicyGrant `json:"policies"` // the user's own
	Boundary   string        `json:"permissions_boundary,omitempty"`
	Denied     bool          `json:"denied_everything,omitempty"` // one of the user's policies denies everything, so that their sessions are of no use
}

// GroupGrant is a group and what it grants.
type GroupGrant struct {
	Name     string        `json:"name"`
	Policies []PolicyGrant `json:"policies"`
	Read     bool          `json:"read"` // whether the group was seen
}

// PolicyGrant is a policy that a user holds. ARN is empty for an inline one.
type PolicyGrant struct {
	Name  string `json:"name"`
	ARN   string `json:"arn,omitempty"`
	Admin string `json:"admin"` // "yes", "maybe" or "no": every action on every resource
}

// Kind is the kind of a way in, or of what is left over.
type Kind string

// The kinds of entries.
const (
	KindPassword          Kind = "password"
	KindAccessKey         Kind = "access-key"
	KindSSHKey            Kind = "ssh-public-key"
	KindServiceCredential Kind = "service-specific-credential"
	KindCertificate       Kind = "signing-certificate"
	KindRoleTrust         Kind = "role-trust"
	KindSession           Kind = "session"
	KindMFADevice         Kind = "mfa-device" // never a way in by itself
)

// Entry is one way in, or one thing that is left over.
type Entry struct {
	Kind     Kind       `json:"kind"`
	ID       string     `json:"id"`     // of the key, credential or device; the ARN of a role; for a session that of what opened it
	User     string     `json:"user"`   // whose it is, by ARN; empty for a role that names a user who isn't there
	Status   string     `json:"status"` // AWS's in lower case: "active", "inactive", "expired"; else "may-live", "denied", "trusted", "unreadable", "assigned"
	LastUsed *time.Time `json:"last_used,omitempty"`
	Never    bool       `json:"never_used,omitempty"` // AWS says that it was not used; without it and LastUsed that isn't known
	Service  string     `json:"service,omitempty"`
	Device   string     `json:"device_kind,omitempty"`
	// Severity is "critical" where it was used after the last day.
	Severity string           `json:"severity,omitempty"`
	Detail   *message.Message `json:"detail,omitempty"`
	Source   string           `json:"source"` // the API action
	At       time.Time        `json:"observed_at"`
}

// Critical is the severity of a use after the last day.
const Critical = "critical"

// Mention is a thing that names someone without letting them in.
type Mention struct {
	Kind     string          `json:"kind"`
	Resource string          `json:"resource"`       // the ARN of what names them
	Item     string          `json:"item,omitempty"` // the policy in it, or its version
	Detail   message.Message `json:"detail"`
}

// The kinds of mentions.
const (
	MentionResource  = "policy-resource"
	MentionCondition = "policy-condition"
	MentionTrust     = "trust-policy"
	MentionDevice    = "virtual-mfa-device" // an unassigned one that has the user's name
	MentionUnparsed  = "unreadable-policy"
)

// Identity is a user whom a proof knows.
type Identity struct {
	ID   string `json:"id"`
	Name string `json:"name,omitempty"`
	ARN  string `json:"arn,omitempty"`
	From string `json:"from"` // "since" or "leavers"

	byTag bool // a tag alone tells that the user was the person's
}

// Orphan is a unique ID in a trust policy that is nobody's any more.
type Orphan struct {
	Role  string `json:"role"` // its ARN
	ID    string `json:"id"`
	Query string `json:"query,omitempty"` // who it was, where one of the people asked about is known to have had it
}

// CheckItem is something that IAM doesn't tell and a person has to look after.
type CheckItem struct {
	ID   string          `json:"id"`
	Text message.Message `json:"text"`
}

// StaffResult is how the users of the account stand to the list of those who belong. Users who were asked about by name
// don't count.
type StaffResult struct {
	Listed   int         `json:"listed"`
	Matched  int         `json:"matched"` // users
	Complete bool        `json:"complete"`
	Unknown  []StaffUser `json:"unknown"`
	Machines []StaffUser `json:"machines"`
	Gaps     []Gap       `json:"gaps"`
}

// StaffUser is an IAM user whom the list of staff doesn't explain.
type StaffUser struct {
	ARN     string    `json:"arn"`
	Name    string    `json:"name"`
	Created time.Time `json:"created"`
	// Note tells where a lesser tag of the user is that of someone on the list.
	Note *message.Message `json:"note,omitempty"`
}

// Worst returns the verdict that decides about everybody: active before what isn't known or found, before all is well.
func (r *Report) Worst() Verdict {
	rank := func(v Verdict) int { return map[Verdict]int{Active: 4, Unknown: 3, NotFound: 2, Disabled: 1}[v] }
	worst := Gone
	for _, p := range r.People {
		if rank(p.Verdict) > rank(worst) {
			worst = p.Verdict
		}
	}
	return worst
}
