package inventory

import (
	"strings"

	"sekisho/audit"
	"sekisho/audit/account"
	"sekisho/audit/inventory"
	"sekisho/report/enforcement"
	"sekisho/report/sanitize"
	"sekisho/report/term"
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
		n.text("Admin", r.Admin, "admin"), n.tags(r.Tags, ""),
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

func (n notes) date(title sanitize.Text, w inventory.When, field string) fact {
	if !w.Known() {
		return n.lacking(title, field)
	}
	return fact{Title: title, Text: n.when(w, field)}
}

// when is a day, "never", or a question mark.
func (n notes) when(w inventory.When, field string) sanitize.Text {
	switch {
	case w.Never:
		return "never"
	case w.Known():
		return term.Day(w.At)
	}
	return n.unknown(field)
}

func (n notes) names(title sanitize.Text, list []string, field string) fact {
	parts := make([]sanitize.Text, 0, len(list)+1)
	for _, s := range list {
		parts = append(parts, sanitize.Terminal(s))
	}
	return n.list(title, parts, field)
}

func (n notes) tags(tags []account.Tag, field string) fact {
	parts := make([]sanitize.Text, 0, len(tags)+1)
	for _, t := range tags {
		parts = append(parts, sanitize.Terminal(tagText(t)))
	}
	return n.list("Tags", parts, field)
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
func (n notes) used(p inventory.Password) sanitize.Text {
	if p.LastUsed.Never {
		return "never used"
	}
	return "used " + n.when(p.LastUsed, "password.last_used")
}

func (n notes) password(u *inventory.User) []fact {
	p, title := u.Password, sanitize.Text("Password")
	used := n.used(p)
	if p.Enabled != nil && !*p.Enabled {
		f := absent(title)
		if !p.LastUsed.Never {
			f.Text += ", one was " + used
		}
		return []fact{f}
	}
	f := fact{Title: title, Text: "yes"}
	if p.Enabled == nil {
		f = n.lacking(title, "password.enabled")
	}
	f.Text += ", " + used + ", changed " + n.when(p.LastChanged, "password.last_changed")
	if p.OrLater {
		f.Text += " or later"
	}
	f.Text += ", next rotation " + n.when(p.NextRotation, "password.next_rotation")
	switch {
	case p.MustChange == nil:
		f.Text += ", must be changed: " + n.unknown("password.must_change")
	case *p.MustChange:
		f.Text += ", must be changed at the next sign-in"
	}
	return []fact{f}
}

// devices tells of each MFA device its kind and since when it is enabled, and its name where there is room.
func (n notes) devices(u *inventory.User, level enforcement.Level, room bool) []fact {
	const title = "MFA"
	name, some := sanitize.Text(""), sanitize.Text("yes, ")
	if room {
		some = "yes, devices "
	}
	var facts []fact
	for _, d := range u.MFADevices {
		if room {
			name = sanitize.Terminal(account.ShortARN(d.Serial)) + " since "
		}
		facts = append(facts, fact{Title: title, Text: kindWord(d.Kind) + " " + name + n.when(d.EnabledSince, "mfa_devices.enabled_since")})
	}
	switch {
	case u.MFA == nil:
		facts = append(facts, n.lacking(title, "mfa"))
	case has(n, "mfa_devices") && len(facts) == 0:
		facts = append(facts, fact{Title: title, Text: some + n.unknown("mfa_devices"), Class: "vague"})
	case has(n, "mfa_devices"):
		facts = append(facts, fact{Title: title, Text: "others " + n.unknown("mfa_devices"), Class: "vague"})
	case len(facts) == 0 && level == enforcement.Wrong:
		facts = append(facts, fact{Title: title, Text: "none", Class: "bad"})
	case len(facts) == 0:
		facts = append(facts, absent(title))
	}
	return facts
}

// things is a fact for each thing of a list, and that there is none or that there may be more.
func things[T any](n notes, title sanitize.Text, field string, list []T, text func(T) sanitize.Text) []fact {
	var facts []fact
	for _, item := range list {
		facts = append(facts, fact{Title: title, Text: text(item)})
	}
	if list == nil || has(n, field) {
		return append(facts, n.lacking(title, field))
	}
	return orAbsent(facts, title)
}

func (n notes) keys(u *inventory.User) []fact {
	facts := things(n, "Access key", "access_keys", u.AccessKeys, func(k inventory.AccessKey) sanitize.Text {
		return n.keyName(k) + " " + sanitize.Terminal(k.Status) + ", " + term.Count(k.AgeDays, "day") + " old, " + n.keyUse(k, true)
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
func (n notes) keyUse(k inventory.AccessKey, region bool) sanitize.Text {
	if k.LastUsed.Never {
		return "never used"
	}
	text := "used " + n.when(k.LastUsed, "access_keys.last_used") + " " + use(k.Service)
	if region {
		text = sanitize.Trim(text) + " " + use(k.Region)
	}
	return sanitize.Trim(text)
}

func (n notes) ssh(u *inventory.User) []fact {
	return things(n, "SSH key", "ssh_keys", u.SSHKeys, func(k inventory.SSHKey) sanitize.Text {
		return sanitize.Terminal(k.ID) + " " + sanitize.Terminal(k.Status) + ", uploaded " + n.when(k.Uploaded, "")
	})
}

func (n notes) credentials(u *inventory.User) []fact {
	return things(n, "Service", "service_credentials", u.ServiceCredentials, func(c inventory.ServiceCredential) sanitize.Text {
		return sanitize.Terminal(c.ID) + " " + service(c) + " " + sanitize.Terminal(c.Status) + ", created " + n.when(c.Created, "") + ", expires " + n.when(c.Expires, "")
	})
}

func (n notes) certificates(u *inventory.User) []fact {
	return things(n, "Certificate", "signing_certificates", u.SigningCertificates, func(c inventory.SigningCertificate) sanitize.Text {
		name := sanitize.Terminal(account.SigningCertificate{Slot: c.Slot}.Item())
		if c.ID != nil {
			name = sanitize.Terminal(*c.ID)
		}
		return name + " " + sanitize.Terminal(c.Status) + ", uploaded " + n.when(c.Uploaded, "") + ", ends " + n.when(c.Expires, "signing_certificates.expires")
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
func service(c inventory.ServiceCredential) sanitize.Text {
	name, _, _ := strings.Cut(c.Service, ".")
	if c.APIKey {
		name += " API key"
	}
	return sanitize.Terminal(name)
}

func kindWord(k account.MFAKind) sanitize.Text {
	if k == account.MFAFIDO {
		return "passkey"
	}
	return sanitize.Terminal(k)
}

// use leaves out what AWS writes where it has neither service nor region.
func use(s *string) sanitize.Text {
	if s == nil || *s == "N/A" {
		return ""
	}
	return sanitize.Terminal(*s)
}

func orQuestion(s string) sanitize.Text { return sanitize.Terminal(orUnknownText(s)) }
