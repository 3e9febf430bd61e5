package enforcement

import (
	"reflect"
	"slices"
	"strings"

	"sekisho/audit"
	"sekisho/audit/lists"
	"sekisho/audit/message"
	"sekisho/report/sanitize"
)

// Leak is what is open without MFA by one way in, or by both alike.
type Leak struct {
	Path message.Message // "console", "access key" or "console and access key"
	// All says that nothing of what is open with MFA is closed without it.
	All      bool
	Sure     bool
	Actions  int // in all services; 0 where that isn't told, as for a whole service
	Services []Service
	// More is in how many further services something is open.
	More int
}

// Service is what is open in one service.
type Service struct {
	Name  sanitize.Text
	Count int
	// Actions are the first few of Count, and By the statements that let them out, "POLICY#SID".
	Actions []sanitize.Text
	By      []sanitize.Text
	Sure    bool
}

const (
	fewServices   = 4
	fewStatements = 1
)

// leaks tells of the ways in that are there, or may be, and are open.
func leaks(row Row, r audit.EnforcementRow) []Leak {
	console, key := open(row.Console.Kind), open(row.AccessKey.Kind)
	switch {
	case console && key && reflect.DeepEqual(r.Console, r.AccessKey):
		return []Leak{leak(message.New("console and access key"), r.Console)}
	case console && key:
		return []Leak{leak(message.New("console"), r.Console), leak(message.New("access key"), r.AccessKey)}
	case console:
		return []Leak{leak(message.New("console"), r.Console)}
	case key:
		return []Leak{leak(message.New("access key"), r.AccessKey)}
	}
	return nil
}

func leak(path message.Message, p audit.EnforcedOnPath) Leak {
	l := Leak{Path: path, All: Kind(p.Verdict) == NotEnforced, Sure: p.Sure}
	countable := p.Services <= len(p.Leaks)
	l.More = max(0, p.Services-len(p.Leaks))
	for _, s := range p.Leaks {
		l.Actions += s.Count
		countable = countable && !slices.ContainsFunc(s.Actions, func(action string) bool { return strings.HasSuffix(action, "*") })
		l.Services = append(l.Services, Service{sanitize.Terminal(s.Service), s.Count, sanitize.Terminals(s.Actions), sanitize.Terminals(s.By), s.Sure})
	}
	if !countable {
		l.Actions = 0
	}
	return l
}

// Text is the leak in one line, without its path: "s3, ec2 (42 actions) by Force-MFA#DenyAll".
func (l Leak) Text() sanitize.Text { return sanitize.Message(l.message()) }

func (l Leak) message() message.Message {
	var names, by []sanitize.Text
	for _, s := range l.Services {
		names = append(names, s.Name)
		for _, statement := range s.By {
			if !slices.Contains(by, statement) {
				by = append(by, statement)
			}
		}
	}
	text := message.New("%s", message.Some(fewServices, l.More, names))
	if l.All {
		text = message.New("all that is open with MFA")
	}
	if l.Actions > 0 {
		text = message.New("%s (%s)", text, message.Plural(l.Actions, "%d action", "%d actions"))
	}
	if !l.Sure {
		text = message.New("possibly %s", text)
	}
	if len(by) > 0 {
		text = message.New("%s by %s", text, message.Some(fewStatements, 0, by))
	}
	return text
}

// Text is what is to be said of a user's leaks in one line.
func (r Row) Text() sanitize.Text {
	parts := lists.Map(r.Leaks, func(l Leak) message.Message {
		if len(r.Leaks) > 1 {
			return message.New("%s: %s", l.Path, l.message())
		}
		return l.message()
	})
	return sanitize.Message(message.Joined("%s; %s", parts...))
}

// Tally counts whom MFA protects.
type Tally struct {
	Users int
	// Registered have a device; of RegisteredUnknown that is not known.
	Registered, RegisteredUnknown int

	CanCome  int // users with a password or an active key, or who may have one
	Enforced int // by the policies, on every way in that they have
	Asked    int // likewise, but on the console by AWS alone
	Open     int
	Unknown  int // nothing is known to be open, and not all to be closed
	ToSee    int // rows that aren't fine
}

// Count counts rows. Somebody who has no device yet isn't protected while anyone with the password can enrol one.
func Count(rows []Row) Tally {
	t := Tally{Users: len(rows)}
	for _, r := range rows {
		if r.Level > Fine {
			t.ToSee++
		}
		switch r.Devices.registered {
		case yes:
			t.Registered++
		case unknown:
			t.RegisteredUnknown++
		}
		if r.Console.Kind == Lacking && r.AccessKey.Kind == Lacking {
			continue
		}
		t.CanCome++
		switch {
		case r.Open():
			t.Open++
		case r.Console.Level == Vague || r.AccessKey.Level == Vague:
			t.Unknown++
		case r.Console.Kind == Asked:
			t.Asked++
		default:
			t.Enforced++
		}
	}
	return t
}

// Open reports whether someone can come in as the user without MFA, or with a device of their own.
func (r Row) Open() bool {
	return r.Console.Level == Wrong || r.AccessKey.Level == Wrong || r.Unclaimed != ""
}

// Text is the tally in two sentences: "Of 23 users 22 can sign in somehow: 9 are protected on every way in, 13 are not. 12
// have an MFA device".
func (t Tally) Text() sanitize.Text {
	protected := message.New("%s protected on every way in", message.Plural(t.Enforced, "%d is", "%d are"))
	open := message.New("%s not", message.Plural(t.Open, "%d is", "%d are"))
	var asked, unknown message.Message
	if t.Asked > 0 {
		asked = message.New("%d on the console by AWS alone, which asks everyone who has a device", t.Asked)
	}
	if t.Unknown > 0 {
		unknown = message.New("of %d it is not known", t.Unknown)
	}
	ways := message.New("Of %s %d can sign in somehow: %s", message.Plural(t.Users, "%d user", "%d users"), t.CanCome, message.Joined("%s, %s", protected, asked, open, unknown))
	devices := message.New("%s an MFA device", message.Plural(t.Registered, "%d has", "%d have"))
	if t.RegisteredUnknown > 0 {
		devices = message.New("%s, of %d it is not known", devices, t.RegisteredUnknown)
	}
	return sanitize.Message(message.New("%s. %s", ways, devices))
}
