package access

import (
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"reflect"
	"slices"
	"time"

	"sekisho/audit/account"
)

// empowered are the ways to an administrator in one view of an account. They are those of another, too, where nothing is
// different that ways hang on, and the time only where a policy asks for it.
type empowered struct {
	standing   [sha256.Size]byte
	guardrails Guardrails
	at         time.Time
	timely     bool     // a policy asks when a request is made
	powers     []*Power // of the users and roles, in the account's order
}

// empower looks for all ways to an administrator, unless another view of the account has the same.
func (x *Access) empower() {
	x.readPrincipals()
	everybody, standing := x.everybody(), standingOf(x.Account)
	if was := x.empowered; was.holds(x, standing) {
		for i, w := range everybody {
			w.power = was.powers[i]
		}
		return
	}
	g := x.graph()
	g.empower()
	x.empowered = &empowered{standing: standing, guardrails: x.guardrails, at: x.Account.TakenAt, timely: g.asksWhen(), powers: make([]*Power, len(everybody))}
	for i, w := range everybody {
		x.empowered.powers[i] = w.power
	}
}

// holds reports whether the ways of another view are those of this one, too.
func (e *empowered) holds(x *Access, standing [sha256.Size]byte) bool {
	return e != nil && e.standing == standing && (!e.timely || e.at.Equal(x.Account.TakenAt)) && reflect.DeepEqual(e.guardrails, x.guardrails)
}

// asksWhen reports whether any policy that was looked at asks when a request is made.
func (g *graph) asksWhen() bool {
	for d := range g.told {
		if asksWhen(d) {
			return true
		}
	}
	return slices.ContainsFunc(slices.Concat(append(slices.Clone(g.guardrails.SCPs), g.guardrails.RCPs)...), asksWhen)
}

// everybody is the users and roles, in the account's order.
func (x *Access) everybody() []*Principal {
	list := make([]*Principal, 0, len(x.Account.Users)+len(x.roles))
	for _, u := range x.Account.Users {
		list = append(list, x.users[u.Name])
	}
	return append(list, x.roles...)
}

// noStanding are the parts of an account and of its users on which no way hangs. Whatever isn't here counts.
var noStanding = map[reflect.Type][]string{
	reflect.TypeFor[account.Account](): {
		"CallerARN", "Origin", "TakenAt", "ReportAt", "Root", "VirtualMFADevices", "Alias", "MFADevicesInUse", "ServiceCredentials", "ServerCertificates", "Regions",
		"SecurityContact", "BillingContact", "OperationsContact", "VirtualMFADeviceCount", "ServiceCredentialCount", "ServerCertificateCount", "RegionCount",
		"Kept", "Notes", "Contradicted", "calls",
	},
	reflect.TypeFor[account.User](): {
		"Created", "PasswordLastUsed", "PasswordLastChanged", "PasswordSince", "PasswordNextRotation", "PasswordResetRequired", "MFADevices", "VirtualMFADevices",
		"SigningCertificates", "SSHKeys", "live", "keyIDs", "certificateExpiry",
	},
	reflect.TypeFor[account.GroupDetail]():     {"Created"},
	reflect.TypeFor[account.RoleDetail]():      {"Created", "LastUsed", "LastUsedRegion"},
	reflect.TypeFor[account.InstanceProfile](): {"Created"},
	reflect.TypeFor[account.PolicyDetail]():    {"Created", "Updated", "AttachmentCount", "BoundaryUseCount"},
	reflect.TypeFor[account.PolicyVersion]():   {"Created"},
	reflect.TypeFor[account.Provider]():        {"Created", "ValidUntil"},
	reflect.TypeFor[account.AccessKey]():       {"ID", "Slot", "Active", "Created", "LastUsed", "evidence"}, // their number counts
}

// standingOf is a digest of all that ways hang on in an account.
func standingOf(a *account.Account) (sum [sha256.Size]byte) {
	d := digest{Hash: sha256.New(), fields: map[reflect.Type][]int{}}
	d.add(reflect.ValueOf(*a))
	d.flush()
	d.Sum(sum[:0])
	return sum
}

// digest takes values, each in a form of its own.
type digest struct {
	hash.Hash
	pending []byte
	fields  map[reflect.Type][]int // that count
}

func (d *digest) flush() {
	d.Write(d.pending) // which never fails
	d.pending = d.pending[:0]
}

func (d *digest) number(n uint64) { d.pending = binary.AppendUvarint(d.pending, n) }

func (d *digest) flag(is bool) {
	if is {
		d.pending = append(d.pending, 1)
	} else {
		d.pending = append(d.pending, 0)
	}
}

func (d *digest) add(v reflect.Value) {
	if len(d.pending) > 1<<12 {
		d.flush()
	}
	switch v.Kind() {
	case reflect.String:
		d.number(uint64(v.Len()))
		d.pending = append(d.pending, v.String()...)
	case reflect.Bool:
		d.flag(v.Bool())
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		d.number(uint64(v.Int()))
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		d.number(v.Uint())
	case reflect.Pointer:
		if d.flag(!v.IsNil()); !v.IsNil() {
			d.add(v.Elem())
		}
	case reflect.Slice:
		d.number(uint64(v.Len()))
		for i := range v.Len() {
			d.add(v.Index(i))
		}
	case reflect.Struct:
		for _, i := range d.fieldsOf(v.Type()) {
			d.add(v.Field(i))
		}
	default:
		panic("a digest of " + v.Type().String())
	}
}

// fieldsOf are the fields of a struct that count. What a fact rests on, and why one is not known, does not.
func (d *digest) fieldsOf(t reflect.Type) []int {
	list, done := d.fields[t]
	if done {
		return list
	}
	without := noStanding[t]
	if _, isFact := reflect.New(t).Interface().(account.State); isFact {
		without = []string{"evidence", "missing"}
	}
	for i := range t.NumField() {
		if !slices.Contains(without, t.Field(i).Name) {
			list = append(list, i)
		}
	}
	d.fields[t] = list
	return list
}
