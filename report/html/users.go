package html

import (
	"strings"
	"time"

	"sekisho/audit"
	"sekisho/audit/account"
	"sekisho/audit/message"
	"sekisho/report/sanitize"
	"sekisho/report/term"
)

// userView is one line of the table of users. What isn't known says so; a date that is null in the report may be
// unknown or never, and is shown as neither.
type userView struct {
	Name, Path                sanitize.Text
	Long                      bool // the name needs the line for itself
	Created, Password, Groups cell
	MFA, Keys                 []cell
	Resource                  sanitize.Text // as findings name it
	First                     sanitize.Text // the anchor of the first finding about this user
	Fail, Unknown             int
	Excepted                  int // of Fail
}

// cell is what matters, and what else is known below it, a line each.
type cell struct {
	Main  sanitize.Text
	More  []sanitize.Text
	Mono  bool
	Class sanitize.Text // "off" for what is absent, "vague" for what isn't known
}

var (
	notKnown = cell{Main: "not known", Class: "vague"}
	none     = cell{Main: "none", Class: "off"}
)

// longName is how many characters of a name fit into its column.
const longName = 26

func (v *view) users(r *audit.Report) {
	type tally struct {
		first                   sanitize.Text
		fail, unknown, excepted int
	}
	tallies := map[string]*tally{}
	for i, f := range r.Findings {
		t := tallies[f.Resource]
		if t == nil {
			t = &tally{first: findingID(i)}
			tallies[f.Resource] = t
		}
		if f.Status == audit.StatusFail {
			t.fail++
			if f.Exception != nil {
				t.excepted++
			}
		} else {
			t.unknown++
		}
	}
	for i, u := range r.Users {
		if i%usersPerChunk == 0 {
			v.Users = append(v.Users, nil)
		}
		row := newUser(u, r.TakenAt)
		if t := tallies[u.ARN]; t != nil {
			row.First, row.Fail, row.Unknown = t.first, t.fail, t.unknown
			row.Excepted = t.excepted
		}
		last := len(v.Users) - 1
		v.Users[last] = append(v.Users[last], row)
	}
}

func newUser(u audit.UserRow, now time.Time) userView {
	row := userView{
		Name: sanitize.Terminal(u.Name), Resource: short(u.ARN, u.Name), Created: notKnown, Groups: notKnown,
		Password: passwordCell(u.Password), MFA: mfaCells(u), Keys: keyCells(u.AccessKeys, now),
	}
	row.Long = len([]rune(row.Name)) > longName
	if row.Resource != "user/"+row.Name {
		row.Path = row.Resource
	}
	if u.Created != nil {
		row.Created = cell{Main: term.Day(*u.Created)}
	}
	switch {
	case u.Groups != nil && len(u.Groups) == 0:
		row.Groups = none
	case u.Groups != nil:
		row.Groups = cell{Main: sanitize.Terminal(strings.Join(u.Groups, ", "))}
	}
	return row
}

func passwordCell(p audit.PasswordRow) cell {
	var more []sanitize.Text
	if p.LastUsed != nil {
		more = append(more, sanitize.Message(message.New("used %s", message.On(*p.LastUsed))))
	}
	if p.LastChanged != nil {
		more = append(more, sanitize.Message(message.New("set %s", message.On(*p.LastChanged))))
	}
	c := cell{More: more}
	switch {
	case p.Enabled == nil:
		c.Main, c.Class = notKnown.Main, notKnown.Class
	case !*p.Enabled:
		c.Main, c.Class = none.Main, none.Class
	default:
		c.Main = "yes"
		if p.ResetRequired != nil && *p.ResetRequired {
			more = append(more, "must change it at the next sign-in")
			c.More = more
		}
		if p.LastUsed == nil {
			c.More = append([]sanitize.Text{unused(p.LastUsedKnown)}, more...)
		}
	}
	return c
}

func mfaCells(u audit.UserRow) []cell {
	var cells []cell
	for _, d := range u.MFA {
		c := cell{Main: kindWords(d.Kind), More: []sanitize.Text{sanitize.Terminal(account.ShortARN(d.Serial))}}
		if d.EnabledSince != nil {
			c.More = append(c.More, sanitize.Message(message.New("since %s", message.On(*d.EnabledSince))))
		}
		cells = append(cells, c)
	}
	switch {
	case len(cells) > 0:
		return cells
	case u.MFAActive != nil && *u.MFAActive:
		return []cell{{Main: "active", More: []sanitize.Text{"kind not known"}}}
	case u.MFAActive != nil || u.MFA != nil:
		return []cell{none}
	}
	return []cell{notKnown}
}

func kindWords(k account.MFAKind) sanitize.Text {
	switch k {
	case account.MFAVirtual:
		return "virtual"
	case account.MFAFIDO:
		return "passkey or FIDO key"
	case account.MFAHardware:
		return "hardware token"
	case account.MFASMS:
		return "SMS"
	}
	return sanitize.Terminal((k))
}

func keyCells(keys []audit.AccessKeyRow, now time.Time) []cell {
	if keys == nil {
		return []cell{notKnown}
	}
	if len(keys) == 0 {
		return []cell{none}
	}
	var cells []cell
	for _, k := range keys {
		c := cell{Main: sanitize.Terminal(k.ID), Mono: true}
		if k.ID == "" {
			c.Main, c.Mono = sanitize.Terminal(account.AccessKey{Slot: k.Slot}.Item()), false
		}
		state := message.New("inactive")
		if k.Active {
			state = message.New("active")
		}
		if !k.Created.IsZero() {
			state = message.New("%s, %d d old", state, int(max(0, now.Sub(k.Created))/(24*time.Hour)))
		}
		used := unused(k.LastUsedKnown)
		if k.LastUsed != nil {
			used = sanitize.Trim(sanitize.Message(message.New("used %s %s %s", message.On(*k.LastUsed), use(k.Service), use(k.Region))))
		}
		c.More = []sanitize.Text{sanitize.Message(state), used}
		cells = append(cells, c)
	}
	return cells
}

// use leaves out what AWS writes where it has neither service nor region.
func use(s string) sanitize.Text {
	if s == "N/A" {
		return ""
	}
	return sanitize.Terminal(s)
}

// unused says of a credential without a last use whether it is known that it has none.
func unused(known bool) sanitize.Text {
	if known {
		return "never used"
	}
	return "use not known"
}
