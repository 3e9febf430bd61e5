package account

import (
	"strconv"
	"time"
)

// Account is the merged view of a snapshot. Resources are sorted by name. Whether a list is complete is a fact of its own.
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

	// The numbers of resources, known where the list is complete.
	UserCount, GroupCount, RoleCount, PolicyCount, VirtualMFADeviceCount, SAMLProviderCount, OIDCProviderCount Known[int]

	calls *callIndex
}

// Subject names what a finding is about.
type Subject struct {
	ARN  string
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
	// VirtualMFADevices are those that ListVirtualMFADevices showed as his; he may have others.
	VirtualMFADevices []MFADevice

	AccessKeys          Known[[]AccessKey]
	SigningCertificates Known[[]SigningCertificate]

	Groups              Known[[]string]
	InlinePolicies      Known[[]InlinePolicy]
	AttachedPolicies    Known[[]AttachedPolicy]
	PermissionsBoundary Known[string] // the policy's ARN; "" for none
	Tags                Known[[]Tag]

	keyIDs State
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

// KeyUse is a key's last use; At is zero when it was never used (since 2015-04-22). Service and Region are "N/A" or empty
// where AWS has none.
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

// SigningCertificate is an X.509 signing certificate as the credential report tells of it.
type SigningCertificate struct {
	Slot    int
	Active  bool
	Changed time.Time
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
func (u *User) Subject() Subject { return Subject{ARN: u.ARN, Name: u.Name} }

// Subject returns the group.
func (g *Group) Subject() Subject { return Subject{ARN: g.ARN, Name: g.Name} }

// Subject returns the role.
func (r *Role) Subject() Subject { return Subject{ARN: r.ARN, Name: r.Name} }

// Subject returns the policy.
func (p *Policy) Subject() Subject { return Subject{ARN: p.ARN, Name: p.Name} }

// Subject returns the subject itself.
func (s Subject) Subject() Subject { return s }

// Key returns the subject of a finding about one of the user's access keys.
func (u *User) Key(k AccessKey) Subject { return Subject{ARN: u.ARN, Item: k.Item(), Name: u.Name} }

// Device returns the subject of a finding about one of the user's MFA devices.
func (u *User) Device(d MFADevice) Subject { return Subject{ARN: u.ARN, Item: d.Serial, Name: u.Name} }

// Fact returns a fact about the account.
func (a *Account) Fact(f Fact) (State, bool) {
	switch f {
	case UserList:
		return &a.UserCount, true
	case GroupList:
		return &a.GroupCount, true
	case RoleList:
		return &a.RoleCount, true
	case PolicyList:
		return &a.PolicyCount, true
	case VirtualMFADeviceList:
		return &a.VirtualMFADeviceCount, true
	case SAMLProviderList:
		return &a.SAMLProviderCount, true
	case OIDCProviderList:
		return &a.OIDCProviderCount, true
	case Alias:
		return &a.Alias, true
	case AccountPassword:
		return &a.PasswordPolicy, true
	case MFADevicesInUse:
		return &a.MFADevicesInUse, true
	}
	return a.Root.Fact(f)
}

// Fact returns a fact about root.
func (r *Root) Fact(f Fact) (State, bool) {
	switch f {
	case RootPassword:
		return &r.Password, true
	case RootMFA:
		return &r.MFA, true
	case RootVirtualMFA:
		return &r.VirtualMFADevices, true
	case RootAccessKeys:
		return &r.AccessKeys, true
	case RootLastUsed:
		return &r.LastUsed, true
	case RootSigningCertificates:
		return &r.SigningCertificates, true
	}
	return nil, false
}

// Fact returns a fact about the user.
func (u *User) Fact(f Fact) (State, bool) {
	switch f {
	case UserPassword:
		return &u.Password, true
	case UserPasswordLastUsed:
		return &u.PasswordLastUsed, true
	case UserPasswordLastChanged:
		return &u.PasswordLastChanged, true
	case UserPasswordResetRequired:
		return &u.PasswordResetRequired, true
	case UserMFA:
		return &u.MFA, true
	case UserMFADevices:
		return &u.MFADevices, true
	case UserAccessKeys:
		return &u.AccessKeys, true
	case UserAccessKeyIDs:
		return u.keyIDs, true
	case UserAccessKeysLastUsed:
		return u.keysLastUsed(), true
	case UserSigningCertificates:
		return &u.SigningCertificates, true
	case UserGroups:
		return &u.Groups, true
	case UserPolicies:
		return &u.AttachedPolicies, true
	case UserTags:
		return &u.Tags, true
	}
	return nil, false
}

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

// Fact returns a fact about the list that the policy is in.
func (p *Policy) Fact(f Fact) (State, bool) { return &p.list, f == PolicyList }
