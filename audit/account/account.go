package account

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"sekisho/audit/message"
)

// Account is the merged view of a snapshot. Resources are sorted by name. Whether a list is complete is a fact of its
// own.
type Account struct {
	ID        string
	Partition string
	CallerARN string
	Origin    string
	TakenAt   time.Time
	// ReportAt is when AWS made the credential report; zero when there is none.
	ReportAt time.Time

	Root     *Root
	Users    []*User
	Groups   []*Group
	Roles    []*Role
	Policies []*Policy
	// VirtualMFADevices are all that were listed, assigned or not.
	VirtualMFADevices []VirtualMFADevice
	SAMLProviders     []Provider
	OIDCProviders     []Provider

	Alias           Known[string] // "" when there is none
	PasswordPolicy  Known[*PasswordPolicy]
	MFADevicesInUse Known[int] // devices of all kinds, root's included

	ServiceCredentials []ServiceCredential
	ServerCertificates []*Certificate
	Regions            []*Region // every one, enabled or not

	OrganizationsFeatures                              Known[OrganizationsFeatures]
	SecurityContact, BillingContact, OperationsContact Known[*AlternateContact] // nil: none is registered

	// The numbers of resources, known where the list is complete.
	UserCount, GroupCount, RoleCount, PolicyCount, VirtualMFADeviceCount, SAMLProviderCount, OIDCProviderCount Known[int]
	ServiceCredentialCount, ServerCertificateCount, RegionCount                                                Known[int]

	// Kept is the snapshot without what can't be true of the account; the gaps say what was taken out. Notes say what else
	// is to be known of the answers, and Contradicted are the sections that another one contradicts.
	Kept         *Snapshot
	Notes        []message.Message
	Contradicted []Section

	calls *callIndex
}

// Subject names what a finding is about.
type Subject struct {
	ARN  string
	ID   string // the unique ID of a user, group, role or policy, where it is known
	Item string // the ID of a thing inside it (a key, a device), or "access-key-1" while that isn't known
	Name string
}

// Resource is anything that a finding can be about.
type Resource interface {
	Subject() Subject
}

// Factual is a resource that has facts.
type Factual interface {
	Resource
	// Fact returns a fact of this resource, and false when the fact is of another kind of resource.
	Fact(Fact) (State, bool)
}

// State is a fact whose type doesn't matter: any Known.
type State interface {
	OK() bool
	Evidence() []Evidence
	Missing() Missing
}

// Root is the root user.
type Root struct {
	ARN                 string
	Password            Known[bool]
	MFA                 Known[bool]
	VirtualMFADevices   Known[[]MFADevice] // root's devices of other kinds can't be listed from outside
	AccessKeys          Known[RootKeys]
	LastUsed            Known[RootUse]
	SeenUse             RootUse // what was seen of LastUsed, which may not be all
	SeenUseEvidence     []Evidence
	SigningCertificates Known[bool]
}

// RootKeys tells of root's access keys. Active and Inactive count the keys of the credential report, which alone tells
// them apart; Detailed is false where only their presence is known.
type RootKeys struct {
	Present          bool
	Detailed         bool
	Active, Inactive int
}

// RootUse is when each of root's credentials was last used. The zero time means no use on record.
type RootUse struct {
	Password, AccessKey1, AccessKey2 time.Time
}

// Latest returns the latest use and the name of the credential that was used.
func (u RootUse) Latest() (time.Time, string) {
	at, what := u.Password, "password"
	if u.AccessKey1.After(at) {
		at, what = u.AccessKey1, "access-key-1"
	}
	if u.AccessKey2.After(at) {
		at, what = u.AccessKey2, "access-key-2"
	}
	return at, what
}

// User is one IAM user.
type User struct {
	Name, ID, ARN, Path string
	Created             time.Time

	Password              Known[bool]
	PasswordLastUsed      Known[time.Time] // zero: never, or not since 2014-10-20
	PasswordLastChanged   Known[time.Time] // zero: no password
	PasswordSince         bool             // PasswordLastChanged is when there was a password first; it may have been changed since
	PasswordNextRotation  Known[time.Time] // zero: it doesn't expire
	PasswordResetRequired Known[bool]

	MFA        Known[bool]
	MFADevices Known[[]MFADevice]
	// VirtualMFADevices are those that ListVirtualMFADevices showed as the user's; there may be others.
	VirtualMFADevices []MFADevice

	AccessKeys          Known[[]AccessKey]
	SigningCertificates Known[[]SigningCertificate]
	SSHKeys             Known[[]SSHPublicKey]

	Groups              Known[[]string]
	InlinePolicies      Known[[]InlinePolicy]
	AttachedPolicies    Known[[]AttachedPolicy]
	PermissionsBoundary Known[string] // the policy's ARN; "" for none
	Tags                Known[[]Tag]

	live              Known[bool]
	keyIDs            State
	certificateExpiry State
}

// AccessKey is an access key of a user. ID is empty until ListAccessKeys has told it; Slot is the key's number in the
// credential report.
type AccessKey struct {
	ID       string
	Slot     int
	Active   bool
	Created  time.Time
	LastUsed Known[KeyUse]
	evidence []Evidence
}

// KeyUse is a key's last use; At is zero when it was never used (since 2015-04-22). Service and Region are "N/A" or
// empty where AWS has none.
type KeyUse struct {
	At      time.Time
	Service string
	Region  string
}

// Item returns the key's ID, or its place in the credential report while the ID isn't known.
func (k AccessKey) Item() string {
	if k.ID != "" {
		return k.ID
	}
	return "access-key-" + strconv.Itoa(k.Slot)
}

// Evidence returns what is known of the key, its last use included where it is.
func (k AccessKey) Evidence() []Evidence {
	return append(append([]Evidence(nil), k.evidence...), k.LastUsed.Evidence()...)
}

// SigningCertificate is an X.509 signing certificate of a user. ID is empty until ListSigningCertificates has told it;
// Slot is its number in the credential report, or its place in the list.
type SigningCertificate struct {
	ID       string
	Slot     int
	Active   bool
	Changed  time.Time        // when it was uploaded
	Expires  Known[time.Time] // the end that stands in it
	evidence []Evidence
}

// Item returns the certificate's ID, or its place in the credential report while the ID isn't known.
func (c SigningCertificate) Item() string {
	if c.ID != "" {
		return c.ID
	}
	return "certificate-" + strconv.Itoa(c.Slot)
}

// Evidence returns what is known of the certificate, its end included where it is.
func (c SigningCertificate) Evidence() []Evidence {
	return append(append([]Evidence(nil), c.evidence...), c.Expires.Evidence()...)
}

// Certificate is a server certificate that is stored in IAM.
type Certificate struct {
	ServerCertificate
	list Known[int]
}

// Region is a region of AWS. Analyzers are known where the account uses it and they were read.
type Region struct {
	RegionState
	Analyzers Known[[]Analyzer]
	account   Subject
}

// Group is one IAM group with the members that were seen; they are all when GroupList is known.
type Group struct {
	GroupDetail
	Members []string
	list    Known[int]
}

// Role is one IAM role.
type Role struct {
	RoleDetail
	list Known[int]
}

// Policy is one managed policy.
type Policy struct {
	PolicyDetail
	list Known[int]
}

// Subject returns the account itself, whose ARN is that of its root user.
func (a *Account) Subject() Subject { return Subject{ARN: RootARN(a.Partition, a.ID), Name: "account"} }

// Subject returns the root user.
func (r *Root) Subject() Subject { return Subject{ARN: r.ARN, Name: "root user"} }

// Subject returns the user.
func (u *User) Subject() Subject { return Subject{ARN: u.ARN, ID: u.ID, Name: u.Name} }

// Subject returns the group.
func (g *Group) Subject() Subject { return Subject{ARN: g.ARN, ID: g.ID, Name: g.Name} }

// Subject returns the role.
func (r *Role) Subject() Subject { return Subject{ARN: r.ARN, ID: r.ID, Name: r.Name} }

// Subject returns the policy.
func (p *Policy) Subject() Subject { return Subject{ARN: p.ARN, ID: p.ID, Name: p.Name} }

// Subject returns the certificate.
func (c *Certificate) Subject() Subject { return Subject{ARN: c.ARN, ID: c.ID, Name: c.Name} }

// Subject returns the account, with the region as a thing inside it.
func (r *Region) Subject() Subject {
	return Subject{ARN: r.account.ARN, Item: r.Name, Name: r.Name}
}

// Credential returns the subject of a finding about a service-specific credential: its user's, or the account's where
// the user isn't listed.
func (a *Account) Credential(c ServiceCredential) Subject {
	if u := a.User(c.User); u != nil {
		return u.item(c.ID)
	}
	return Subject{ARN: a.Subject().ARN, Item: c.ID, Name: c.User}
}

// User returns the user of that name; nil where none is listed.
func (a *Account) User(name string) *User {
	i, found := slices.BinarySearchFunc(a.Users, name, func(u *User, name string) int { return cmp.Compare(u.Name, name) })
	if !found {
		return nil
	}
	return a.Users[i]
}

// Subject returns the subject itself.
func (s Subject) Subject() Subject { return s }

// Key returns the subject of a finding about one of the user's access keys.
func (u *User) Key(k AccessKey) Subject { return u.item(k.Item()) }

// SSHKey returns the subject of a finding about one of the user's SSH public keys.
func (u *User) SSHKey(k SSHPublicKey) Subject { return u.item(k.ID) }

// Certificate returns the subject of a finding about one of the user's signing certificates.
func (u *User) Certificate(c SigningCertificate) Subject { return u.item(c.Item()) }

func (u *User) item(id string) Subject {
	subject := u.Subject()
	subject.Item = id
	return subject
}

// Device returns the subject of a finding about one of the user's MFA devices.
func (u *User) Device(d MFADevice) Subject { return u.item(d.Serial) }

// keysLastUsed is known when the last use of each key is.
func (u *User) keysLastUsed() State {
	keys, ok := u.AccessKeys.Get()
	if !ok {
		return &u.AccessKeys
	}
	var evidence []Evidence
	for _, key := range keys {
		if !key.LastUsed.OK() {
			return &key.LastUsed
		}
		evidence = append(evidence, key.LastUsed.Evidence()...)
	}
	if len(keys) == 0 {
		evidence = u.AccessKeys.Evidence()
	}
	return know(len(keys), evidence...)
}

// Fact returns a fact about the list that the group is in.
func (g *Group) Fact(f Fact) (State, bool) { return &g.list, f == GroupList }

// Fact returns a fact about the list that the role is in.
func (r *Role) Fact(f Fact) (State, bool) { return &r.list, f == RoleList }

// Fact returns a fact about the region.
func (r *Region) Fact(f Fact) (State, bool) { return &r.Analyzers, f == RegionAnalyzers }

// Fact returns a fact about the list that the certificate is in.
func (c *Certificate) Fact(f Fact) (State, bool) { return &c.list, f == ServerCertificateList }

// Fact returns a fact about the list that the policy is in.
func (p *Policy) Fact(f Fact) (State, bool) { return &p.list, f == PolicyList }
