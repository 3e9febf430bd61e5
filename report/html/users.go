package html

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"sekisho/audit"
	"sekisho/audit/account"
	"sekisho/audit/message"
	"sekisho/report/sanitize"
)

// userView is one line of the table of users. What isn't known says so; a date that is null in the report may be
// unknown or never, and is shown as neither.
type userView struct {
	Name                               sanitize.Text
	Long                               bool // the name needs the line for itself
	Admin, Password, MFA, Keys, Groups cell
	More                               []sanitize.Text // what else is known, a line each
	Resource                           sanitize.Text   // as findings name it
	First                              sanitize.Text   // the anchor of the first finding about this user
	Worst                              sanitize.Text   // the severity of the gravest failure
	Fail, Unknown                      int
	Excepted                           int // of Fail
}

// cell is what matters of one thing.
type cell struct {
	Main  sanitize.Text
	Class sanitize.Text // "off" for what is absent, "vague" for what isn't known
}

var (
	notKnown = cell{Main: "not known", Class: "vague"}
	none     = cell{Main: "none", Class: "off"}
)

// usersInFull is how many users have a row of the table; of more, those with the gravest findings.
const usersInFull = 200

const usersPerChunk = 40

// longName is how many characters of a name fit into its column.
const longName = 26

func (v *view) users(r *audit.Report) {
	type tally struct {
		first                   sanitize.Text
		fail, unknown, excepted int
		worst                   audit.Severity
	}
	tallies := map[string]*tally{}
	for i := range r.Findings {
		f := &r.Findings[i]
		t := tallies[f.Resource]
		if t == nil {
			t = &tally{first: v.anchors[i]}
			tallies[f.Resource] = t
		}
		switch {
		case f.Status != audit.StatusFail:
			t.unknown++
		case f.Exception != nil:
			t.excepted++
			fallthrough
		default:
			t.fail++
			t.worst = max(t.worst, f.Severity)
		}
	}
	admins := map[string]string{}
	for _, e := range r.Enforcement {
		admins[e.ARN] = e.Admin
	}
	rank := func(u audit.UserRow) int {
		t := tallies[u.ARN]
		if t == nil {
			return 0
		}
		return int(t.worst)*1000 + min(t.fail+1, 999)
	}
	full := map[string]bool{}
	if len(r.Users) > usersInFull {
		for _, u := range slices.SortedStableFunc(slices.Values(r.Users), func(x, y audit.UserRow) int { return cmp.Compare(rank(y), rank(x)) })[:usersInFull] {
			full[u.ARN] = true
		}
	}
	var shown []userView
	var rest []sanitize.Text
	for _, u := range r.Users {
		row := newUser(u, r.TakenAt)
		row.Admin = adminCell(admins[u.ARN])
		if t := tallies[u.ARN]; t != nil {
			row.First, row.Fail, row.Unknown, row.Excepted = t.first, t.fail, t.unknown, t.excepted
			if t.fail > 0 {
				row.Worst = sanitize.Terminal(t.worst.String())
			}
		}
		if len(r.Users) <= usersInFull || full[u.ARN] {
			shown = append(shown, row)
		} else {
			rest = append(rest, row.line())
		}
	}
	v.Users = slices.Collect(slices.Chunk(shown, usersPerChunk))
	v.UsersInLines, v.UserLines = len(rest), sanitize.Join(rest, "\n")
}

// line is the row as text, whose columns the page's script can tell apart.
func (u userView) line() sanitize.Text {
	fails := sanitize.Message(message.New("%d failing", u.Fail))
	return sanitize.Join([]sanitize.Text{u.Name, u.Admin.Main, u.Password.Main, u.MFA.Main, u.Keys.Main, u.Groups.Main, fails}, " | ")
}

func newUser(u audit.UserRow, now time.Time) userView {
	row := userView{Name: sanitize.Terminal(u.Name), Resource: short(u.ARN, u.Name), Groups: notKnown}
	row.Long = len([]rune(row.Name)) > longName
	more := func(m message.Message) { row.More = append(row.More, sanitize.Message(m)) }
	if row.Resource != "user/"+row.Name {
		more(message.New("%s", row.Resource))
	}
	if u.Created != nil {
		more(message.New("created %s", message.On(*u.Created)))
	}
	row.password(u.Password, more)
	row.devices(u, more)
	row.keys(u.AccessKeys, now, more)
	switch {
	case u.Groups != nil && len(u.Groups) == 0:
		row.Groups = none
	case u.Groups != nil:
		row.Groups = cell{Main: sanitize.Terminal(strings.Join(u.Groups, ", "))}
	}
	return row
}

func adminCell(admin string) cell {
	switch admin {
	case "yes":
		return cell{Main: "yes", Class: "sure"}
	case "no":
		return cell{Main: "no", Class: "off"}
	case "possibly":
		return cell{Main: "possibly", Class: "vague"}
	}
	return notKnown
}

func (u *userView) password(p audit.PasswordRow, more func(message.Message)) {
	switch {
	case p.Enabled == nil:
		u.Password = notKnown
	case !*p.Enabled:
		u.Password = none
	case p.LastUsed != nil:
		u.Password = cell{Main: sanitize.Message(message.New("used %s", message.On(*p.LastUsed)))}
	default:
		u.Password = cell{Main: unused(p.LastUsedKnown)}
	}
	if p.LastChanged != nil {
		more(message.New("password set %s", message.On(*p.LastChanged)))
	}
	if p.ResetRequired != nil && *p.ResetRequired {
		more(message.New("must change it at the next sign-in"))
	}
}

func (u *userView) devices(r audit.UserRow, more func(message.Message)) {
	var kinds []sanitize.Text
	for _, d := range r.MFA {
		kinds = append(kinds, kindWords(d.Kind))
		device := message.New("%s", account.ShortARN(d.Serial))
		if d.EnabledSince != nil {
			device = message.New("%s since %s", device, message.On(*d.EnabledSince))
		}
		more(device)
	}
	switch {
	case len(kinds) > 0:
		u.MFA = cell{Main: sanitize.Join(kinds, ", ")}
	case r.MFAActive != nil && *r.MFAActive:
		u.MFA = cell{Main: "active, kind not known"}
	case r.MFAActive != nil || r.MFA != nil:
		u.MFA = none
	default:
		u.MFA = notKnown
	}
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

func (u *userView) keys(keys []audit.AccessKeyRow, now time.Time, more func(message.Message)) {
	active := 0
	for _, k := range keys {
		id := cmp.Or(k.ID, account.AccessKey{Slot: k.Slot}.Item())
		state := message.New("inactive")
		if k.Active {
			state = message.New("active")
			active++
		}
		if !k.Created.IsZero() {
			state = message.New("%s, %d d old", state, int(max(0, now.Sub(k.Created))/(24*time.Hour)))
		}
		used := unused(k.LastUsedKnown)
		if k.LastUsed != nil {
			used = sanitize.Trim(sanitize.Message(message.New("used %s %s %s", message.On(*k.LastUsed), use(k.Service), use(k.Region))))
		}
		more(message.New("%s: %s %s", id, state, used))
	}
	switch inactive := len(keys) - active; {
	case keys == nil:
		u.Keys = notKnown
	case len(keys) == 0:
		u.Keys = none
	case inactive == 0:
		u.Keys = cell{Main: sanitize.Message(message.New("%d active", active))}
	case active == 0:
		u.Keys = cell{Main: sanitize.Message(message.New("%d inactive", inactive))}
	default:
		u.Keys = cell{Main: sanitize.Message(message.New("%d active, %d inactive", active, inactive))}
	}
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
