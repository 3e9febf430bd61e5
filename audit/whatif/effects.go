package whatif

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"sekisho/audit"
	"sekisho/audit/access"
	"sekisho/audit/account"
	"sekisho/audit/lists"
	"sekisho/audit/message"
	"sekisho/audit/policy"
)

// active is the state of a credential that works.
const active = "Active"

// Effects are what changes would do to the people and programs of an account.
type Effects struct {
	// Matrix has a row for each user of either state, sorted by name.
	Matrix []MatrixRow `json:"matrix"`
	// Keys are the active access keys that would work no more, or less, and SSH keys and service-specific credentials that
	// may.
	Keys []KeyEffect `json:"keys"`
	// People are those who would have to enrol a device, or could not get in any more.
	People []PersonEffect `json:"people"`
	// Losses are what users and roles can do now, with the credentials that they have, and could not then.
	Losses []LossRow `json:"losses"`
	// Administrators are the users and roles that are or can become administrators, before or after.
	Administrators []AdminRow `json:"administrators"`
	// Unknown are users and roles of whom nothing can be said, with the reason.
	Unknown []UnknownRow `json:"unknown"`
}

// MatrixRow is whether MFA protects each way in of a user; nil where there is no such user.
type MatrixRow struct {
	Name   string                `json:"name"`
	Before *audit.EnforcementRow `json:"before"`
	After  *audit.EnforcementRow `json:"after"`
}

// Verdict is what becomes of a credential or a person.
type Verdict string

// The verdicts.
const (
	Stops      Verdict = "stops"        // what the key was used for last is open no more
	NeedsMFA   Verdict = "needs_mfa"    // it is open no more without a session with MFA, and the user has a device
	Possibly   Verdict = "possibly"     // as stops, where a condition holds of which nothing is known
	LosesSome  Verdict = "loses_some"   // something else is open no more
	MayStop    Verdict = "may_stop"     // the service is open to the user's key no more; what AWS asks of this credential is not documented
	MustEnrol  Verdict = "must_enrol"   // nothing is open until the user enrols a device, which they can
	LockedOut  Verdict = "locked_out"   // nothing is open, and no device can be enrolled
	NoFirst    Verdict = "no_sign_in"   // the password must be changed at the first sign-in, and can't be
	CantEnrol  Verdict = "cannot_enrol" // no device can be enrolled any more
	Deleted    Verdict = "deleted"      // the changes take the credential or the user away
	stillWorks Verdict = ""
)

// KeyEffect is what becomes of an active access key. Where it isn't known when it was used last it counts as in use, and
// LastUsed is nil.
type KeyEffect struct {
	User     string     `json:"user"`
	Key      string     `json:"key"` // its ID, or access-key-1 while that isn't known
	Verdict  Verdict    `json:"verdict"`
	InUse    bool       `json:"in_use"`
	Machine  bool       `json:"machine"`
	LastUsed *time.Time `json:"last_used"`
	Service  string     `json:"service"`
	Region   string     `json:"region"`
	// All is set where nothing at all is open to the key any more, and it isn't known that what it was used for last was.
	All bool `json:"all"`
}

// PersonEffect is what becomes of a user with a password. Sure is false where it hangs on something unknown, and AsNow
// is set where it is so already.
type PersonEffect struct {
	User    string  `json:"user"`
	Verdict Verdict `json:"verdict"`
	Sure    bool    `json:"sure"`
	AsNow   bool    `json:"as_now"`
}

// LossRow is what a user or role loses, by service.
type LossRow struct {
	ARN  string        `json:"arn"`
	Lost []access.Loss `json:"lost"`
}

// AdminRow says how near a user or role is to an administrator: "administrator", "can", "possible", "cannot", "unknown",
// or "absent".
type AdminRow struct {
	ARN    string `json:"arn"`
	Before string `json:"before"`
	After  string `json:"after"`
}

// UnknownRow is a user or role, or the account, of whom something can't be said.
type UnknownRow struct {
	ARN    string          `json:"arn"`
	Reason string          `json:"reason"`
	Text   message.Message `json:"text"`
}

// Options are what trying out depends on beside the account.
type Options struct {
	Settings    audit.Settings
	Thresholds  audit.Thresholds
	Interrupted audit.Interrupted
}

// trial is a trying out under way.
type trial struct {
	before, after *access.Access
	o             Options
	out           *Effects
}

// TryOut compares two states of an account; nil where it is interrupted.
func TryOut(before, after *account.Account, o Options) *Effects {
	t := &trial{o: o, before: access.New(before), out: &Effects{Keys: []KeyEffect{}, People: []PersonEffect{}, Losses: []LossRow{}, Administrators: []AdminRow{}, Unknown: []UnknownRow{}}}
	t.after = access.Beside(t.before, after)
	for _, whole := range []account.State{&before.UserCount, &before.RoleCount} { // there may be others who are affected
		t.known(before.Subject().ARN, whole)
	}
	t.matrix(audit.Enforced(t.before, o.Interrupted), audit.Enforced(t.after, o.Interrupted))
	for _, u := range before.Users {
		if o.Interrupted.Now() {
			return nil
		}
		t.user(u, after.User(u.Name))
	}
	for _, r := range t.before.Roles() {
		t.loses(r, t.after.Role(r.ARN), access.WithMFA)
	}
	t.administrators()
	if o.Interrupted.Now() {
		return nil
	}
	return t.out
}

func (t *trial) matrix(before, after []audit.EnforcementRow) {
	i, j := 0, 0
	for i < len(before) || j < len(after) {
		var row MatrixRow
		if j == len(after) || i < len(before) && before[i].Name <= after[j].Name {
			row.Name, row.Before = before[i].Name, &before[i]
			i++
		}
		if j < len(after) && (row.Before == nil || after[j].Name == row.Name) {
			row.Name, row.After = after[j].Name, &after[j]
			j++
		}
		t.out.Matrix = append(t.out.Matrix, row)
	}
}

func (t *trial) unknown(arn string, why message.Message) {
	t.out.Unknown = append(t.out.Unknown, UnknownRow{arn, why.String(), why})
}

// known reports whether a fact is, and notes whose isn't.
func (t *trial) known(arn string, fact account.State) bool {
	if !fact.OK() {
		t.unknown(arn, fact.Missing().Message())
	}
	return fact.OK()
}

// decided reports whether it is known what a user or role may do in both states, and notes of whom it isn't.
func (t *trial) decided(who, now *access.Principal) bool {
	for _, p := range []*access.Principal{who, now} {
		if p == nil {
			continue
		}
		if why, not := p.Undecided(); not {
			t.unknown(who.ARN, why)
			return false
		}
	}
	return true
}

// user judges what becomes of a user, who is gone where there is none now.
func (t *trial) user(was, is *account.User) {
	who, now := t.before.User(was.Name), t.after.User(was.Name)
	if is == nil || is.ID != was.ID {
		is, now = nil, nil
	}
	if !t.decided(who, now) {
		return
	}
	if now == nil || !who.Alike(now) { // what has none of the facts is affected by no other change
		t.known(was.ARN, &was.Password)
		t.known(was.ARN, &was.AccessKeys)
	}
	machine := t.machine(was)
	hasDevice := func(u *account.User) bool { return u.MFA.OK() && u.MFA.Value() }
	var ways []access.Way
	if password, _ := was.Password.Get(); password {
		if ways = append(ways, access.WithPassword); hasDevice(was) {
			ways = []access.Way{access.WithMFA}
		}
	}
	keys, _ := was.AccessKeys.Get()
	for _, k := range keys {
		if k.Active {
			ways = append(ways, access.WithKey)
			if hasDevice(was) && !machine {
				ways = append(ways, access.WithMFA)
			}
			t.key(was, is, k, machine)
		}
	}
	t.others(was, is)
	if len(ways) > 0 {
		t.loses(who, now, ways...)
	}
	if is != nil {
		t.person(was, is)
	} else if len(ways) > 0 {
		t.out.People = append(t.out.People, PersonEffect{User: was.Name, Verdict: Deleted, Sure: true})
	}
}

// machine reports whether a user is a machine's: by the settings or, without any, by having no password.
func (t *trial) machine(u *account.User) bool {
	if len(t.o.Settings.MachineUsers) > 0 {
		is, _ := t.o.Settings.Machine(u)
		return is
	}
	password, known := u.Password.Get()
	return known && !password
}

// others judges credentials for one service each, of whose use AWS keeps no record.
func (t *trial) others(was, is *account.User) {
	who := t.before.User(was.Name)
	add := func(id, service string) {
		if is != nil && slices.ContainsFunc(who.Lost(t.after.User(is.Name), access.WithKey), func(l access.Loss) bool { return l.Service == service && l.Whole }) {
			t.out.Keys = append(t.out.Keys, KeyEffect{User: was.Name, Key: id, Verdict: MayStop, InUse: true, Machine: t.machine(was), Service: service})
		}
	}
	for _, c := range t.before.Account.ServiceCredentials {
		if c.User == was.Name && c.Status == active {
			service, _, _ := strings.Cut(c.Service, ".")
			add(c.ID, service)
		}
	}
	if keys, known := was.SSHKeys.Get(); known {
		for _, k := range keys {
			if k.Status == active {
				add(k.ID, "codecommit")
			}
		}
	}
}

// services are AWS's names of services in last uses where policies have others.
var services = map[string]string{"monitoring": "cloudwatch", "email": "ses"}

func (t *trial) key(was, is *account.User, k account.AccessKey, machine bool) {
	e := KeyEffect{User: was.Name, Key: k.Item(), Machine: machine}
	switch used, known := k.LastUsed.Get(); {
	case !known: // it may be in use
		e.InUse = true
	case !used.At.IsZero():
		e.LastUsed, e.Service, e.Region = &used.At, used.Service, used.Region
		e.InUse = t.before.Account.TakenAt.Sub(used.At) <= time.Duration(t.o.Thresholds.AccessKeyUnusedDays)*24*time.Hour
	}
	service := cmp.Or(services[e.Service], e.Service)
	if e.Verdict = t.ofKey(was, is, k, service, machine); e.Verdict != stillWorks {
		e.All = (e.Verdict == Stops || e.Verdict == Possibly) && !t.before.User(was.Name).Can(service, access.WithKey)
		t.out.Keys = append(t.out.Keys, e)
	}
}

func (t *trial) ofKey(was, is *account.User, k account.AccessKey, service string, machine bool) Verdict {
	if is == nil || !t.stands(is, k) {
		return Deleted
	}
	who, now := t.before.User(was.Name), t.after.User(is.Name)
	lost := who.Lost(now, access.WithKey)
	if len(lost) == 0 {
		return stillWorks
	}
	stops := func(lost []access.Loss, ways ...access.Way) bool {
		if !who.Can(service, access.WithKey) { // nobody knows what it is used for: it stops where nothing at all is left
			return len(lost) > 0 && !slices.ContainsFunc(lost, func(l access.Loss) bool { return !l.Whole }) && !now.CanAnything(ways...)
		}
		return slices.ContainsFunc(lost, func(l access.Loss) bool { return l.Service == service && l.Whole })
	}
	surely := func(lost []access.Loss) []access.Loss {
		return lists.Filter(lost, func(l access.Loss) bool { return l.Sure })
	}
	switch {
	case !stops(lost, access.WithKey):
		return LosesSome
	case !stops(surely(lost), access.WithKey):
		return Possibly
	case !machine && codes(is) && !stops(who.Lost(now, access.WithKey, access.WithMFA), access.WithKey, access.WithMFA):
		return NeedsMFA
	}
	return Stops
}

// stands reports whether a key is still there and active.
func (t *trial) stands(is *account.User, k account.AccessKey) bool {
	keys, known := is.AccessKeys.Get()
	return !known || slices.ContainsFunc(keys, func(now account.AccessKey) bool {
		return now.Active && (now.ID == k.ID || now.ID == "" && now.Slot == k.Slot) && now.Created.Equal(k.Created)
	})
}

// codes reports whether a user has a device that gives codes, as a session with MFA for a key asks for.
func codes(u *account.User) bool {
	devices, known := u.MFADevices.Get()
	if !known {
		devices = u.VirtualMFADevices
	}
	return slices.ContainsFunc(devices, func(d account.MFADevice) bool { return d.Kind == account.MFAVirtual || d.Kind == account.MFAHardware })
}

// person judges whether someone with a password gets in, and what they must do first. Of those who are no nearer to it
// than now, only those are told of whose policies change.
func (t *trial) person(was, is *account.User) {
	password, _ := is.Password.Get()
	if had, _ := was.Password.Get(); had && !password {
		t.out.People = append(t.out.People, PersonEffect{User: was.Name, Verdict: Deleted, Sure: true})
	}
	if !password {
		return
	}
	who, now := t.before.User(was.Name), t.after.User(is.Name)
	before, _ := standsAtDoor(was, who)
	after, sure := standsAtDoor(is, now)
	if after != stillWorks && (after != before || !who.Alike(now)) {
		t.out.People = append(t.out.People, PersonEffect{was.Name, after, sure, after == before})
	}
}

// standsAtDoor says what keeps a user with a password from everything, if anything does.
func standsAtDoor(u *account.User, who *access.Principal) (v Verdict, sure bool) {
	device, known := u.MFA.Get()
	a := who.Analysis()
	first, told := unclaimed(u)
	closed := a.Paths[access.Console].Verdict == access.Enforced
	switch {
	case first && a.FirstSignIn != policy.Yes && !(known && device):
		return NoFirst, told && a.FirstSignIn == policy.No
	case known && device, !closed && a.Enrolment.Possible == policy.Yes:
		return stillWorks, true
	case closed && a.Enrolment.Possible == policy.No:
		return LockedOut, known
	case closed:
		return MustEnrol, known && a.Enrolment.Possible == policy.Yes
	}
	return CantEnrol, known && a.Enrolment.Possible == policy.No
}

// unclaimed reports whether the password must be changed at the next sign-in, or may have to be: it was never used.
func unclaimed(u *account.User) (is, sure bool) {
	if must, known := u.PasswordResetRequired.Get(); known {
		return must, true
	}
	used, known := u.PasswordLastUsed.Get()
	return !known || used.IsZero(), false
}

func (t *trial) loses(who, now *access.Principal, ways ...access.Way) {
	if now == nil || who.Role != nil && !t.decided(who, now) {
		return // gone: all is lost, and it is said elsewhere
	}
	if lost := who.Lost(now, ways...); len(lost) > 0 {
		t.out.Losses = append(t.out.Losses, LossRow{who.ARN, lost})
	}
}
