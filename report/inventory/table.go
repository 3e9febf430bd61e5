package inventory

import (
	"cmp"
	"fmt"
	"io"

	"sekisho/audit/inventory"
	"sekisho/audit/message"
	"sekisho/report/enforcement"
	"sekisho/report/format"
	"sekisho/report/sanitize"
	"sekisho/report/term"
	"sekisho/report/wording"
)

// Table writes the inventory for people: what matters of each row in columns where there is room, or everything that is
// known of it, a line each; then why something is not known.
func Table(w io.Writer, i *inventory.Inventory, o format.Options) error {
	t := table{Page: term.NewPage(w, o.Width, o.Color).In(o.Language), i: i, verbose: o.Verbose}
	t.account()
	rows(&t, "Users", "users", i.Users, []sanitize.Text{"User", "Password", "MFA", "Access keys", "Other credentials", "Admin", "MFA: console", "MFA: key"}, userCells, userFacts)
	rows(&t, "Roles", "roles", i.Roles, []sanitize.Text{"Role", "Created", "Last used", "Trusts", "Policies", "Admin"}, roleCells, roleFacts)
	rows(&t, "Groups", "groups", i.Groups, []sanitize.Text{"Group", "Created", "Policies", "Members"}, groupCells, groupFacts)
	t.footnotes()
	if err := t.Flush(); err != nil {
		return fmt.Errorf("writing the inventory as a table: %w", err)
	}
	return nil
}

type table struct {
	*term.Page
	i       *inventory.Inventory
	verbose bool
}

func (t *table) account() {
	i := t.i
	t.Demo(i.Demo)
	t.Line(t.Paint(term.Bold, sanitize.Message(message.New("AWS account %s", i.Account.ID))) + " (" + alias(i) + ")")
	for _, f := range about(i) {
		t.Beside(2, term.Pad(f.Title, 19), f.Text)
	}
}

// alias names the account, or says that it has no name.
func alias(i *inventory.Inventory) sanitize.Text {
	switch {
	case i.Account.Alias == nil:
		return sanitize.Message(message.New("alias %s", notes(i.Unknown).unknown("account.alias")))
	case *i.Account.Alias == "":
		return "no alias"
	}
	return sanitize.Terminal(*i.Account.Alias)
}

// about says where and when the inventory comes from.
func about(i *inventory.Inventory) []fact {
	facts := []fact{
		{Title: "Sign-in", Text: sanitize.Terminal(i.Account.SignInURL)},
		{Title: "Read by", Text: cmp.Or(sanitize.Terminal(i.Caller), "not known: from saved files")},
		{Title: "Read at", Text: term.Minute(i.TakenAt)},
	}
	if i.Users.Asked {
		report := fact{Title: "Credential report", Text: "not read"}
		if i.CredentialReportAt != nil {
			report.Text = term.Minute(*i.CredentialReportAt)
		}
		facts = append(facts, report, fact{Title: "Depth", Text: depth(i)})
	}
	if endpoints := sanitize.Message(wording.Endpoints(i.Endpoints)); endpoints != "" {
		facts = append(facts, fact{Title: "Endpoints", Text: endpoints})
	}
	for _, remark := range i.Remarks {
		facts = append(facts, fact{Title: "Note", Text: sanitize.Message(remark)})
	}
	return facts
}

func depth(i *inventory.Inventory) sanitize.Text {
	if i.Depth.Requested != i.Depth.Ran {
		return sanitize.Terminal(string(i.Depth.Ran) + " (" + string(i.Depth.Requested) + ")")
	}
	return sanitize.Terminal(i.Depth.Ran)
}

// rows writes one list, if it was asked for: side by side, if that is wanted and there is room.
func rows[T any](t *table, title sanitize.Text, field string, list inventory.List[T], titles []sanitize.Text, cells func(*T) [][]fact, facts func(*T) []fact) {
	if !list.Asked {
		return
	}
	t.Line("")
	t.Line(t.Paint(term.Bold, title) + " (" + seen(t.i, field, len(list.Rows)) + ")")
	t.Line("")
	if !t.verbose && len(list.Rows) > 0 {
		painted := make([][][]sanitize.Text, len(list.Rows))
		for i := range list.Rows {
			for _, lines := range cells(&list.Rows[i]) {
				var column []sanitize.Text
				for _, f := range lines {
					column = append(column, t.Paint(styles[f.Class], f.Text))
				}
				painted[i] = append(painted[i], column)
			}
		}
		if t.Sheet(titles, painted) {
			return
		}
	}
	for i := range list.Rows {
		if i > 0 {
			t.Line("")
		}
		name := cells(&list.Rows[i])[0][0].Text // it begins the first column
		t.block(name, facts(&list.Rows[i]))
	}
}

// seen counts the rows of a list, and says where there may be more.
func seen(i *inventory.Inventory, field string, n int) sanitize.Text {
	if number := noteOf(i.Unknown, field); number != 0 {
		return sanitize.Message(message.New("%d seen, there may be more [%d]", n, number))
	}
	return sanitize.Int(n)
}

// block writes everything that is known of a row. A title stands before the first of its lines only.
func (t *table) block(name sanitize.Text, facts []fact) {
	t.Line(t.Paint(term.Bold, name))
	last := sanitize.Text("")
	for _, f := range facts {
		title := f.Title
		if title == last {
			title = ""
		}
		last = f.Title
		t.Beside(2, term.Pad(title, 15)+term.Gap, t.Paint(styles[f.Class], f.Text))
	}
}

// userCells are what matters of a user.
func userCells(u *inventory.User) [][]fact {
	n := notes(u.Unknown)
	who := []fact{{Text: sanitize.Terminal(u.Name)}}
	for _, g := range u.Groups {
		who = append(who, fact{Text: "  " + sanitize.Terminal(g), Class: "off"})
	}
	if u.Groups == nil {
		who = append(who, fact{Text: "  " + sanitize.Message(message.New("groups %s", n.unknown("groups"))), Class: "vague"})
	}
	w := words(u)
	return [][]fact{
		who, passwordCells(n, u), n.devices(u, w.Devices.Level, false), keyCells(n, u), otherCells(n, u),
		{n.cell("", w.Admin, "admin")}, {short(n, w.Console, "mfa_enforced.console")}, {short(n, w.AccessKey, "mfa_enforced.access_key")},
	}
}

// short is a verdict without words for a way in that isn't there.
func short(n notes, c enforcement.Cell, field string) fact {
	if c.Kind == enforcement.Lacking {
		return fact{Text: c.Word, Class: "off"}
	}
	return n.cell("", c, field)
}

func passwordCells(n notes, u *inventory.User) []fact {
	p := u.Password
	used := fact{Text: sanitize.Message(n.used(p))}
	switch {
	case p.Enabled == nil:
		return []fact{n.lacking("", "password.enabled")}
	case !*p.Enabled:
		return []fact{absent("")}
	case p.MustChange != nil && *p.MustChange:
		return []fact{used, {Text: "must be changed"}}
	}
	return []fact{used}
}

func keyCells(n notes, u *inventory.User) []fact {
	if u.AccessKeys == nil {
		return []fact{n.lacking("", "access_keys")}
	}
	var cells []fact
	for _, k := range u.AccessKeys {
		class := ""
		if k.Status != "active" {
			class = "off"
		}
		cells = append(cells, fact{Text: sanitize.Message(message.New("%s %s", n.keyName(k), wording.Word(k.Status))), Class: class},
			fact{Text: "  " + sanitize.Message(message.New("%d d, %s", k.AgeDays, n.keyUse(k, false))), Class: class})
	}
	return orAbsent(cells, "")
}

func otherCells(n notes, u *inventory.User) []fact {
	var cells []fact
	add := func(class string, text message.Message) {
		cells = append(cells, fact{Text: sanitize.Message(text), Class: class})
	}
	for _, k := range u.SSHKeys {
		add("", message.New("SSH key %s", wording.Word(k.Status)))
	}
	for _, c := range u.ServiceCredentials {
		add("", message.New("%s %s", service(c), wording.Word(c.Status)))
	}
	for _, c := range u.SigningCertificates {
		add("", message.New("certificate %s", wording.Word(c.Status)))
	}
	if has(n, "ssh_keys") {
		add("vague", message.New("SSH keys %s", n.unknown("ssh_keys")))
	}
	if has(n, "service_credentials") {
		add("vague", message.New("services %s", n.unknown("service_credentials")))
	}
	if has(n, "signing_certificates") {
		add("vague", message.New("certificates %s", n.unknown("signing_certificates")))
	}
	return orAbsent(cells, "")
}

func roleCells(r *inventory.Role) [][]fact {
	n := notes(r.Unknown)
	used := fact{Text: "never", Class: "off"}
	if !r.LastUsed.Never {
		used = fact{Text: term.Day(r.LastUsed.At)}
	}
	return [][]fact{
		{{Text: sanitize.Terminal(r.Name)}}, {n.date("", r.Created, "created")}, {used}, namesCells(n, r.Trusts, "trusts"),
		policyCells(r.AttachedPolicies, r.InlinePolicies), {n.admin("", r.Admin)},
	}
}

func groupCells(g *inventory.Group) [][]fact {
	n := notes(g.Unknown)
	return [][]fact{
		{{Text: sanitize.Terminal(g.Name)}}, {n.date("", g.Created, "created")}, policyCells(g.AttachedPolicies, g.InlinePolicies),
		namesCells(n, g.Members, "members"),
	}
}

func namesCells(n notes, list []string, field string) []fact {
	var cells []fact
	for _, s := range list {
		cells = append(cells, fact{Text: sanitize.Terminal(s)})
	}
	if has(n, field) {
		cells = append(cells, n.lacking("", field))
	}
	return orAbsent(cells, "")
}

func policyCells(attached, inline []string) []fact {
	var cells []fact
	for _, s := range attached {
		cells = append(cells, fact{Text: sanitize.Terminal(s)})
	}
	for _, s := range inline {
		cells = append(cells, fact{Text: sanitize.Message(message.New("%s (inline)", s))})
	}
	return orAbsent(cells, "")
}

func fields(n inventory.Note) message.Count { return message.Plural(n.Fields, "%d field", "%d fields") }

// footnotes say why something is not known.
func (t *table) footnotes() {
	if len(t.i.Notes) == 0 {
		return
	}
	t.Line("")
	t.Line(t.Paint(term.Bold, "Not known"))
	for _, n := range t.i.Notes {
		t.Beside(2, "["+sanitize.Int(n.Number)+"] ", sanitize.Message(message.New("%s (%s)", n.Message.Or(n.Text), fields(n))))
	}
}
