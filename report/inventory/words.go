package inventory

import (
	"strings"

	"sekisho/audit"
	"sekisho/audit/account"
	"sekisho/audit/inventory"
	"sekisho/audit/lists"
	"sekisho/audit/message"
	"sekisho/report/enforcement"
	"sekisho/report/sanitize"
	"sekisho/report/term"
	"sekisho/report/wording"
)

// styles are how the classes of facts look.
var styles = map[string]term.Style{"off": term.Dim, "vague": term.Yellow, "bad": term.Red}

// fact is one line of what is known of a row, for people: a title, and what is said, with the number of the note where
// it isn't known.
type fact struct {
	Title, Text sanitize.Text
	Class       string // "off" for what is absent, "vague" for what isn't known, "bad" for what asks to be looked at
}

// words puts the verdicts on a user into the words of the audit's matrix.
func words(u *inventory.User) enforcement.Row {
	row := audit.EnforcementRow{Name: u.Name, ARN: u.ARN, Password: u.Password.Enabled, MFAActive: u.MFA, Admin: "unknown"}
	if u.Admin != nil {
		row.Admin = *u.Admin
	}
	if u.AccessKeys != nil {
		active := 0
		for _, k := range u.AccessKeys {
			if k.Status == "active" {
				active++
			}
		}
		row.ActiveKeys = &active
	}
	for _, d := range u.MFADevices {
		row.Kinds = append(row.Kinds, d.Kind)
	}
	if on := u.MFAEnforced.Console; on != nil {
		row.Console = audit.EnforcedOnPath{Verdict: on.Verdict, Sure: on.Sure}
	}
	if on := u.MFAEnforced.AccessKey; on != nil {
		row.AccessKey = audit.EnforcedOnPath{Verdict: on.Verdict, Sure: on.Sure}
	}
	return enforcement.Of(row)
}

// userFacts is all that the inventory knows of a user.
func userFacts(u *inventory.User) []fact {
	n, w := notes(u.Unknown), words(u)
	facts := []fact{
		{Title: "Path", Text: sanitize.Terminal(u.Path)},
		n.text("Unique ID", u.ID, "unique_id"),
		n.date("Created", u.Created, "created"),
		n.names("Groups", u.Groups, "groups"),
	}
	facts = append(facts, n.password(u)...)
	facts = append(facts, n.devices(u, w.Devices.Level, true)...)
	facts = append(facts, n.keys(u)...)
	facts = append(facts, n.ssh(u)...)
	facts = append(facts, n.credentials(u)...)
	facts = append(facts, n.certificates(u)...)
	facts = append(facts, n.cell("Admin", w.Admin, "admin"), n.cell("MFA, console", w.Console, "mfa_enforced.console"), n.cell("MFA, access key", w.AccessKey, "mfa_enforced.access_key"))
	return append(facts, n.tags(u.Tags, "tags"))
}

func roleFacts(r *inventory.Role) []fact {
	n := notes(r.Unknown)
	used := fact{Title: "Last used", Text: "never in 400 days", Class: "off"}
	if !r.LastUsed.Never {
		used = fact{Title: "Last used", Text: sanitize.Trim(term.Day(r.LastUsed.At) + " " + use(&r.LastUsedRegion))}
	}
	boundary := absent("Boundary")
	if r.Boundary != "" {
		boundary = fact{Title: "Boundary", Text: sanitize.Terminal(account.ShortARN(r.Boundary))}
	}
	return []fact{
		{Title: "Path", Text: sanitize.Terminal(r.Path)}, {Title: "Unique ID", Text: orQuestion(r.ID)}, n.date("Created", r.Created, "created"), used,
		n.names("Trusts", r.Trusts, "trusts"), n.names("Attached", r.AttachedPolicies, ""), n.names("Inline", r.InlinePolicies, ""), boundary,
		n.admin("Admin", r.Admin), n.tags(r.Tags, ""),
	}
}

func groupFacts(g *inventory.Group) []fact {
	n := notes(g.Unknown)
	return []fact{
		{Title: "Path", Text: sanitize.Terminal(g.Path)}, {Title: "Unique ID", Text: orQuestion(g.ID)}, n.date("Created", g.Created, "created"),
		n.names("Members", g.Members, "members"), n.names("Attached", g.AttachedPolicies, ""), n.names("Inline", g.InlinePolicies, ""),
	}
}

// notes are the fields of a row that aren't known.
type notes []inventory.Unknown

// unknown is a question mark with the number of the note on a field.
func (n notes) unknown(field string) sanitize.Text {
	if number := noteOf(n, field); number != 0 {
		return "? [" + sanitize.Int(number) + "]"
	}
	return "?"
}

func (n notes) lacking(title sanitize.Text, field string) fact {
	return fact{Title: title, Text: n.unknown(field), Class: "vague"}
}

func absent(title sanitize.Text) fact { return fact{Title: title, Text: "none", Class: "off"} }

func (n notes) text(title sanitize.Text, s *string, field string) fact {
	if s == nil {
		return n.lacking(title, field)
	}
	return fact{Title: title, Text: orQuestion(*s)}
}

func (n notes) admin(title sanitize.Text, s *string) fact {
	if s == nil {
		return n.lacking(title, "admin")
	}
	return fact{Title: title, Text: sanitize.Message(wording.Word(*s))}
}

func (n notes) date(title sanitize.Text, w inventory.When, field string) fact {
	if !w.Known() {
		return n.lacking(title, field)
	}
	return fact{Title: title, Text: sanitize.Message(n.when(w, field))}
}

// when is a day, "never", or a question mark.
func (n notes) when(w inventory.When, field string) message.Message {
	switch {
	case w.Never:
		return wording.Word("never")
	case w.Known():
		return message.New("%s", message.On(w.At))
	}
	return message.New("%s", n.unknown(field))
}

func (n notes) names(title sanitize.Text, list []string, field string) fact {
	return n.list(title, sanitize.Terminals(list), field)
}

func (n notes) tags(tags []account.Tag, field string) fact {
	return n.list("Tags", sanitize.Terminals(lists.Map(tags, tagText)), field)
}

// list joins what was seen, and says where there may be more.
func (n notes) list(title sanitize.Text, parts []sanitize.Text, field string) fact {
	f := fact{Title: title}
	switch torn := has(n, field); {
	case torn:
		parts, f.Class = append(parts, n.unknown(field)), "vague"
	case len(parts) == 0:
		return absent(title)
	}
	f.Text = sanitize.Join(parts, ", ")
	return f
}

// used says when a password was last used.
func (n notes) used(p inventory.Password) message.Message {
	if p.LastUsed.Never {
		return message.New("never used")
	}
	return message.New("used %s", n.when(p.LastUsed, "password.last_used"))
}

func (n notes) password(u *inventory.User) []fact {
	const title = "Password"
	p, has, class := u.Password, message.New("yes"), ""
	switch {
	case p.Enabled == nil:
		has, class = message.New("%s", n.unknown("password.enabled")), "vague"
	case !*p.Enabled && p.LastUsed.Never:
		return []fact{absent(title)}
	case !*p.Enabled:
		return []fact{{title, sanitize.Message(message.New("none, one was used %s", n.when(p.LastUsed, "password.last_used"))), "off"}}
	}
	changed := message.New("changed %s", n.when(p.LastChanged, "password.last_changed"))
	if p.OrLater {
		changed = message.New("%s or later", changed)
	}
	var must message.Message
	switch {
	case p.MustChange == nil:
		must = message.New("must be changed: %s", n.unknown("password.must_change"))
	case *p.MustChange:
		must = message.New("must be changed at the next sign-in")
	}
	rotation := message.New("next rotation %s", n.when(p.NextRotation, "password.next_rotation"))
	return []fact{{title, sanitize.Message(message.Joined("%s, %s", has, n.used(p), changed, rotation, must)), class}}
}

// devices tells of each MFA device its kind and since when it is enabled, and its name where there is room.
func (n notes) devices(u *inventory.User, level enforcement.Level, room bool) []fact {
	const title = "MFA"
	var facts []fact
	some := message.New("yes, %s", n.unknown("mfa_devices"))
	if room {
		some = message.New("yes, devices %s", n.unknown("mfa_devices"))
	}
	for _, d := range u.MFADevices {
		text := message.New("%s %s", wording.Word(d.Kind), n.when(d.EnabledSince, "mfa_devices.enabled_since"))
		if room {
			text = message.New("%s %s since %s", wording.Word(d.Kind), account.ShortARN(d.Serial), n.when(d.EnabledSince, "mfa_devices.enabled_since"))
		}
		facts = append(facts, fact{Title: title, Text: sanitize.Message(text)})
	}
	switch {
	case u.MFA == nil:
		facts = append(facts, n.lacking(title, "mfa"))
	case has(n, "mfa_devices") && len(facts) == 0:
		facts = append(facts, fact{title, sanitize.Message(some), "vague"})
	case has(n, "mfa_devices"):
		facts = append(facts, fact{title, sanitize.Message(message.New("others %s", n.unknown("mfa_devices"))), "vague"})
	case len(facts) == 0 && level == enforcement.Wrong:
		facts = append(facts, fact{Title: title, Text: "none", Class: "bad"})
	case len(facts) == 0:
		facts = append(facts, absent(title))
	}
	return facts
}

// things is a fact for each thing of a list, and that there is none or that there may be more.
func things[T any](n notes, title sanitize.Text, field string, list []T, text func(T) message.Message) []fact {
	facts := lists.Map(list, func(item T) fact { return fact{Title: title, Text: sanitize.Message(text(item))} })
	if list == nil || has(n, field) {
		return append(facts, n.lacking(title, field))
	}
	return orAbsent(facts, title)
}

func (n notes) keys(u *inventory.User) []fact {
	facts := things(n, "Access key", "access_keys", u.AccessKeys, func(k inventory.AccessKey) message.Message {
		return message.New("%s %s, %s old, %s", n.keyName(k), wording.Word(k.Status), message.Days(k.AgeDays), n.keyUse(k, true))
	})
	for i, k := range u.AccessKeys {
		if k.ID == nil {
			facts[i].Class = "vague"
		}
	}
	return facts
}

// keyName is the key's ID, or its place in the credential report while that isn't known.
func (n notes) keyName(k inventory.AccessKey) sanitize.Text {
	if k.ID != nil {
		return sanitize.Terminal(*k.ID)
	}
	return sanitize.Terminal(account.AccessKey{Slot: k.Slot}.Item()) + " " + n.unknown("access_keys.id")
}

// keyUse says when the key was last used, and for what; the region is left out where there is no room.
func (n notes) keyUse(k inventory.AccessKey, region bool) message.Message {
	where := use(k.Service)
	if region {
		where = sanitize.Trim(where + " " + use(k.Region))
	}
	switch used := n.when(k.LastUsed, "access_keys.last_used"); {
	case k.LastUsed.Never:
		return message.New("never used")
	case where == "":
		return message.New("used %s", used)
	default:
		return message.New("used %s %s", used, where)
	}
}

func (n notes) ssh(u *inventory.User) []fact {
	return things(n, "SSH key", "ssh_keys", u.SSHKeys, func(k inventory.SSHKey) message.Message {
		return message.New("%s %s, uploaded %s", k.ID, wording.Word(k.Status), n.when(k.Uploaded, ""))
	})
}

func (n notes) credentials(u *inventory.User) []fact {
	return things(n, "Service", "service_credentials", u.ServiceCredentials, func(c inventory.ServiceCredential) message.Message {
		return message.New("%s %s %s, created %s, expires %s", c.ID, service(c), wording.Word(c.Status), n.when(c.Created, ""), n.when(c.Expires, ""))
	})
}

func (n notes) certificates(u *inventory.User) []fact {
	return things(n, "Certificate", "signing_certificates", u.SigningCertificates, func(c inventory.SigningCertificate) message.Message {
		name := account.SigningCertificate{Slot: c.Slot}.Item()
		if c.ID != nil {
			name = *c.ID
		}
		return message.New("%s %s, uploaded %s, ends %s", name, wording.Word(c.Status), n.when(c.Uploaded, ""), n.when(c.Expires, "signing_certificates.expires"))
	})
}

var levelClasses = map[enforcement.Level]string{enforcement.Vague: "vague", enforcement.Wrong: "bad"}

// cell is a verdict in the words of the audit's matrix.
func (n notes) cell(title sanitize.Text, c enforcement.Cell, field string) fact {
	f := fact{Title: title, Text: c.Word, Class: levelClasses[c.Level]}
	switch {
	case c.Kind == enforcement.Unknown:
		return n.lacking(title, field)
	case c.Kind == "no":
		f.Text, f.Class = "no", "off"
	case c.Kind == enforcement.Lacking && field == "mfa_enforced.access_key":
		f.Text, f.Class = "no active key", "off"
	case c.Kind == enforcement.Lacking:
		f.Text, f.Class = "no password", "off"
	}
	return f
}

func orAbsent(facts []fact, title sanitize.Text) []fact {
	if len(facts) == 0 {
		return []fact{absent(title)}
	}
	return facts
}

// service is the first label of a service's name: "codecommit" for codecommit.amazonaws.com.
func service(c inventory.ServiceCredential) message.Message {
	name, _, _ := strings.Cut(c.Service, ".")
	if c.APIKey {
		return message.New("%s API key", name)
	}
	return message.New("%s", name)
}

// use leaves out what AWS writes where it has neither service nor region.
func use(s *string) sanitize.Text {
	if s == nil || *s == "N/A" {
		return ""
	}
	return sanitize.Terminal(*s)
}

func orQuestion(s string) sanitize.Text { return sanitize.Terminal(orUnknownText(s)) }
