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

// Tally counts users.
type Tally struct {
	Users, Registered, RegisteredUnknown int

	Enforced int // by the policies, on every way in that they have
	Asked    int // likewise, but on the console by AWS alone
	NoWayIn  int // neither password nor active key
	Unknown  int // nothing is known to be open, and not all to be closed
	ToSee    int // rows that aren't fine
}

// Count counts rows.
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
		switch {
		case r.Console.Kind == Lacking && r.AccessKey.Kind == Lacking:
			t.NoWayIn++
		case r.Console.Level == Wrong || r.AccessKey.Level == Wrong:
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

// Text is the tally in one sentence: "12 of 18 users: MFA registered; 9 enforced on every way in they have".
func (t Tally) Text() sanitize.Text {
	text := message.New("%d of %s: MFA registered", t.Registered, message.Plural(t.Users, "%d user", "%d users"))
	if t.RegisteredUnknown > 0 {
		text = message.New("%s, of %d not known", text, t.RegisteredUnknown)
	}
	text = message.New("%s; %d enforced on every way in they have", text, t.Enforced)
	if t.Unknown > 0 {
		text = message.New("%s, of %d not known", text, t.Unknown)
	}
	if t.Asked > 0 {
		text = message.New("%s; %d more on the console by AWS alone, which asks who has a device", text, t.Asked)
	}
	if t.NoWayIn > 0 {
		text = message.New("%s; %d without a way in", text, t.NoWayIn)
	}
	return sanitize.Message(text)
}
