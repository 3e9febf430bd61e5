// Package enforcement puts the rows of a report's section "MFA: registered and enforced" into words: what to say of
// each user's devices and ways in, and whether there is something to see to. It judges no policy; the verdicts are the
// report's. Report and report/html share it, so that the table and the page say the same. All its texts are sanitized.
package enforcement

import (
	"sekisho/audit"
	"sekisho/audit/account"
	"sekisho/audit/message"
	"sekisho/report/sanitize"
	"sekisho/report/wording"
)

// Level says how much a cell or a row asks to be looked at.
type Level int

// The levels; a row has the highest of its cells.
const (
	Fine  Level = iota
	Vague       // something is not known, or holds only under conditions on which nothing is known
	Wrong
)

// Kind is what stands in a cell of a way in.
type Kind string

// The kinds. Those that are verdicts have the report's names.
const (
	Enforced    Kind = "enforced"
	Leaky       Kind = "leaky"
	NotEnforced Kind = "not_enforced"
	NoAccess    Kind = "no_access"
	Unknown     Kind = "unknown"
	Asked       Kind = "asked"   // the policy doesn't ask, but AWS does at sign-in, for there is a device
	Lacking     Kind = "lacking" // no such credential
)

// Row is one user.
type Row struct {
	Name, ARN sanitize.Text
	Level     Level
	Devices   Devices
	Console   Cell
	AccessKey Cell
	Admin     Cell
	// Leaks are what is open without MFA, in one entry where both ways in leak alike.
	Leaks []Leak
	// Unclaimed says that the password or the key waits for someone who finds it to enrol a device of their own; it is ""
	// otherwise.
	Unclaimed sanitize.Text
	// Reason says why something is unknown; it is "" where nothing is.
	Reason sanitize.Text
	// Aside are remarks that change nothing: a credential that isn't there would not be stopped.
	Aside []sanitize.Text
}

// Cell is one word of a row, and what it means.
type Cell struct {
	Kind  Kind
	Word  sanitize.Text
	Level Level
}

// Devices are a user's MFA devices.
type Devices struct {
	List  []Device
	Word  sanitize.Text // where the list is empty: "none", "unknown", "kind unknown"
	Level Level

	registered answer
}

// Device is a kind of device and how many of it there are.
type Device struct {
	Kind  account.MFAKind
	Word  sanitize.Text
	Count int
}

// Text is the kind, and how many there are of it where there are several: "virtual", "passkey (2)".
func (d Device) Text() sanitize.Text {
	if d.Count == 1 {
		return d.Word
	}
	return d.Word + " (" + sanitize.Int(d.Count) + ")"
}

// answer is a fact that may not be known.
type answer int

const (
	unknown answer = iota
	no
	yes
)

func of(b *bool) answer {
	switch {
	case b == nil:
		return unknown
	case *b:
		return yes
	}
	return no
}

// Of puts a row into words.
func Of(r audit.EnforcementRow) Row {
	password, key, registered := of(r.Password), unknown, registered(r)
	if r.ActiveKeys != nil {
		has := *r.ActiveKeys > 0
		key = of(&has)
	}
	row := Row{
		Name: sanitize.Terminal(r.Name), ARN: sanitize.Terminal(r.ARN),
		Devices: devices(r, password, registered), Console: cell(r.Console, password), AccessKey: cell(r.AccessKey, key), Admin: admin(r.Admin),
	}
	if open(row.Console.Kind) && registered == yes {
		row.Console = Cell{Asked, "AWS asks", Fine}
		row.Aside = append(row.Aside, "AWS asks at sign-in, the policy does not")
	}
	row.Leaks = leaks(row, r)
	if registered == no {
		row.Unclaimed = unclaimed(password == yes && row.Console.Kind == Enforced, key == yes && row.AccessKey.Kind == Enforced)
	}
	row.Level = max(row.Devices.Level, row.Console.Level, row.AccessKey.Level, row.Admin.Level)
	if row.Unclaimed != "" {
		row.Level = Wrong
	}
	if row.Console.Kind == Unknown || row.AccessKey.Kind == Unknown || row.Admin.Kind == Unknown {
		row.Reason = sanitize.Terminal(r.Reason)
	}
	if row.Console.Kind == Lacking && open(Kind(r.Console.Verdict)) {
		row.Aside = append(row.Aside, "no password: the policy would not stop one")
	}
	if row.AccessKey.Kind == Lacking && open(Kind(r.AccessKey.Verdict)) {
		row.Aside = append(row.Aside, "no access key: the policy would not stop one")
	}
	return row
}

func open(k Kind) bool { return k == Leaky || k == NotEnforced }

// registered takes a device that was seen for one where nobody said that there is any.
func registered(r audit.EnforcementRow) answer {
	if r.MFAActive == nil && len(r.Kinds) > 0 {
		return yes
	}
	return of(r.MFAActive)
}

func devices(r audit.EnforcementRow, password, registered answer) Devices {
	d := Devices{registered: registered}
	for _, kind := range r.Kinds {
		d.add(kind)
	}
	switch registered {
	case yes:
		d.Word = "kind unknown"
	case no:
		d.Word = "none"
	default:
		d.Word = "unknown"
	}
	switch {
	case password == no || registered == yes:
	case password == yes && registered == no:
		d.Level = Wrong
	default:
		d.Level = Vague
	}
	return d
}

func (d *Devices) add(kind account.MFAKind) {
	for i := range d.List {
		if d.List[i].Kind == kind {
			d.List[i].Count++
			return
		}
	}
	d.List = append(d.List, Device{kind, sanitize.Message(wording.Word(kind)), 1})
}

// cell says what a verdict means for somebody who has the credential, hasn't, or may have it. A verdict that this
// program doesn't know is unknown.
func cell(p audit.EnforcedOnPath, has answer) Cell {
	if has == no {
		return Cell{Lacking, "–", Fine}
	}
	c := Cell{Unknown, "unknown", Vague}
	switch Kind(p.Verdict) {
	case Enforced:
		c = Cell{Enforced, "enforced", Fine}
	case NoAccess:
		c = Cell{NoAccess, "no access", Fine}
	case Leaky:
		c = Cell{Leaky, "leaks", Wrong}
	case NotEnforced:
		c = Cell{NotEnforced, "not enforced", Wrong}
	}
	if open(c.Kind) && !p.Sure {
		c = Cell{c.Kind, "may leak", Vague}
	}
	if has == unknown && c.Kind != Unknown {
		c.Word = sanitize.Message(message.New("%s (if any)", c.Word))
		c.Level = min(c.Level, Vague)
	}
	return c
}

func admin(s string) Cell {
	switch s {
	case "yes":
		return Cell{Kind: "yes", Word: "yes"}
	case "no":
		return Cell{Kind: "no", Word: "–"}
	case "possibly":
		return Cell{"possibly", "possibly", Vague}
	}
	return Cell{Unknown, "unknown", Vague}
}

func unclaimed(password, key bool) sanitize.Text {
	switch {
	case password && key:
		return "no device yet: anyone who has the password or key can enrol one"
	case password:
		return "no device yet: anyone who has the password can enrol one"
	case key:
		return "no device yet: anyone who has the key can enrol one"
	}
	return ""
}
