package inventory

import (
	"cmp"
	"fmt"
	"io"
	"strconv"

	"sekisho/audit/inventory"
	"sekisho/report/enforcement"
	"sekisho/report/format"
	"sekisho/report/sanitize"
	"sekisho/report/term"
)

// Table writes the inventory for people: what matters of each row in columns where there is room, or everything that is known of it, a line
// each; then why something is not known.
func Table(w io.Writer, i *inventory.Inventory, o format.Options) error {
	t := table{Page: term.NewPage(w, o.Width, o.Color), i: i, verbose: o.Verbose}
	t.account()
	if i.Users.Asked {
		t.heading("Users", len(i.Users.Rows), "users")
		t.users(i.Users.Rows)
	}
	if i.Roles.Asked {
		t.heading("Roles", len(i.Roles.Rows), "roles")
		t.roles(i.Roles.Rows)
	}
	if i.Groups.Asked {
		t.heading("Groups", len(i.Groups.Rows), "groups")
		t.groups(i.Groups.Rows)
	}
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
	if i.Demo {
		t.Line(t.Paint(term.Bold, "DEMO ACCOUNT") + term.Gap + "Everything below is made up. No AWS account was read.")
		t.Line("")
	}
	t.Line(t.Paint(term.Bold, "AWS account "+sanitize.Terminal(i.Account.ID)) + " (" + alias(i) + ")")
	for _, f := range about(i) {
		t.Beside(2, term.Pad(f.Title, 19), f.Text)
	}
}

// alias names the account, or says that it has no name.
func alias(i *inventory.Inventory) string {
	switch {
	case i.Account.Alias == nil:
		return "alias " + notes(i.Unknown).unknown("account.alias")
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
	return facts
}

func depth(i *inventory.Inventory) string {
	if i.Depth.Requested != i.Depth.Ran {
		return sanitize.Terminal(string(i.Depth.Ran) + " (" + string(i.Depth.Requested) + ")")
	}
	return sanitize.Terminal(string(i.Depth.Ran))
}

func (t *table) heading(title string, n int, field string) {
	t.Line("")
	count := strconv.Itoa(n)
	if number := noteOf(t.i.Unknown, field); number != 0 {
		count = fmt.Sprintf("%d seen, there may be more [%d]", n, number)
	}
	t.Line(t.Paint(term.Bold, title) + " (" + count + ")")
	t.Line("")
}

func (t *table) users(rows []inventory.User) {
	titles := []string{"User", "Password", "MFA", "Access keys", "Other credentials", "Admin", "MFA: console", "MFA: key"}
	if !columns(t, titles, rows, userCells) {
		for i := range rows {
			t.block(i, rows[i].Name, userFacts(&rows[i]))
		}
	}
}

func (t *table) roles(rows []inventory.Role) {
	if !columns(t, []string{"Role", "Created", "Last used", "Trusts", "Policies", "Admin"}, rows, roleCells) {
		for i := range rows {
			t.block(i, rows[i].Name, roleFacts(&rows[i]))
		}
	}
}

func (t *table) groups(rows []inventory.Group) {
	if !columns(t, []string{"Group", "Created", "Policies", "Members"}, rows, groupCells) {
		for i := range rows {
			t.block(i, rows[i].Name, groupFacts(&rows[i]))
		}
	}
}

// cell is one line of a column: what is seen, and how it is painted.
type cell struct {
	text  string
	style term.Style
}

// columns writes rows side by side, if that is wanted and there is room.
func columns[T any](t *table, titles []string, rows []T, cells func(*T) [][]cell) bool {
	if t.verbose || len(rows) == 0 {
		return false
	}
	painted := make([][][]string, len(rows))
	for i := range rows {
		for _, lines := range cells(&rows[i]) {
			var column []string
			for _, c := range lines {
				column = append(column, t.Paint(c.style, c.text))
			}
			painted[i] = append(painted[i], column)
		}
	}
	return t.Sheet(titles, painted)
}

// block writes everything that is known of a row. A title stands before the first of its lines only.
func (t *table) block(i int, name string, facts []fact) {
	if i > 0 {
		t.Line("")
	}
	t.Line(t.Paint(term.Bold, sanitize.Terminal(name)))
	last := ""
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
func userCells(u *inventory.User) [][]cell {
	n := notes(u.Unknown)
	who := []cell{{sanitize.Terminal(u.Name), ""}}
	for _, g := range u.Groups {
		who = append(who, cell{"  " + sanitize.Terminal(g), term.Dim})
	}
	if u.Groups == nil {
		who = append(who, cell{"  groups " + n.unknown("groups"), term.Yellow})
	}
	w := words(u)
	return [][]cell{
		who, passwordCells(n, u), deviceCells(n, u, w.Devices.Level), keyCells(n, u), otherCells(n, u),
		{painted(n.cell("", w.Admin, "admin"))}, {short(n, w.Console, "mfa_enforced.console")}, {short(n, w.AccessKey, "mfa_enforced.access_key")},
	}
}

func painted(f fact) cell { return cell{f.Text, styles[f.Class]} }

// short is a verdict without words for a way in that isn't there.
func short(n notes, c enforcement.Cell, field string) cell {
	if c.Kind == enforcement.Lacking {
		return cell{c.Word, term.Dim}
	}
	return painted(n.cell("", c, field))
}

func passwordCells(n notes, u *inventory.User) []cell {
	p := u.Password
	used := "used " + n.when(p.LastUsed, "password.last_used")
	if p.LastUsed.Never {
		used = "never used"
	}
	switch {
	case p.Enabled == nil:
		return []cell{{n.unknown("password.enabled"), term.Yellow}}
	case !*p.Enabled:
		return []cell{{"none", term.Dim}}
	case p.MustChange != nil && *p.MustChange:
		return []cell{{used, ""}, {"must be changed", ""}}
	}
	return []cell{{used, ""}}
}

func deviceCells(n notes, u *inventory.User, level enforcement.Level) []cell {
	var cells []cell
	for _, d := range u.MFADevices {
		cells = append(cells, cell{kindWord(d.Kind) + " " + n.when(d.EnabledSince, "mfa_devices.enabled_since"), ""})
	}
	switch {
	case u.MFA == nil:
		cells = append(cells, cell{n.unknown("mfa"), term.Yellow})
	case has(n, "mfa_devices") && len(cells) == 0:
		cells = append(cells, cell{"yes, " + n.unknown("mfa_devices"), term.Yellow})
	case has(n, "mfa_devices"):
		cells = append(cells, cell{"others " + n.unknown("mfa_devices"), term.Yellow})
	case len(cells) == 0 && level == enforcement.Wrong:
		cells = append(cells, cell{"none", term.Red})
	case len(cells) == 0:
		cells = append(cells, cell{"none", term.Dim})
	}
	return cells
}

func keyCells(n notes, u *inventory.User) []cell {
	if u.AccessKeys == nil {
		return []cell{{n.unknown("access_keys"), term.Yellow}}
	}
	var cells []cell
	for _, k := range u.AccessKeys {
		shade := term.Plain
		if k.Status != "active" {
			shade = term.Dim
		}
		cells = append(cells, cell{n.keyName(k) + " " + k.Status, shade}, cell{"  " + strconv.Itoa(k.AgeDays) + " d, " + n.keyUse(k, false), shade})
	}
	if len(cells) == 0 {
		return []cell{{"none", term.Dim}}
	}
	return cells
}

func otherCells(n notes, u *inventory.User) []cell {
	var cells []cell
	add := func(what, status string) {
		cells = append(cells, cell{what + " " + sanitize.Terminal(status), ""})
	}
	for _, k := range u.SSHKeys {
		add("SSH key", k.Status)
	}
	for _, c := range u.ServiceCredentials {
		add(service(c), c.Status)
	}
	for _, c := range u.SigningCertificates {
		add("certificate", c.Status)
	}
	for _, lacking := range []struct{ what, field string }{
		{"SSH keys", "ssh_keys"}, {"services", "service_credentials"}, {"certificates", "signing_certificates"},
	} {
		if has(n, lacking.field) {
			cells = append(cells, cell{lacking.what + " " + n.unknown(lacking.field), term.Yellow})
		}
	}
	if len(cells) == 0 {
		return []cell{{"none", term.Dim}}
	}
	return cells
}

func roleCells(r *inventory.Role) [][]cell {
	n := notes(r.Unknown)
	used := cell{"never", term.Dim}
	if !r.LastUsed.Never {
		used = cell{term.Day(r.LastUsed.At), ""}
	}
	return [][]cell{
		{{sanitize.Terminal(r.Name), ""}}, {painted(n.date("", r.Created, "created"))}, {used}, namesCells(n, r.Trusts, "trusts"),
		policyCells(r.AttachedPolicies, r.InlinePolicies), {painted(n.text("", r.Admin, "admin"))},
	}
}

func groupCells(g *inventory.Group) [][]cell {
	n := notes(g.Unknown)
	return [][]cell{
		{{sanitize.Terminal(g.Name), ""}}, {painted(n.date("", g.Created, "created"))}, policyCells(g.AttachedPolicies, g.InlinePolicies),
		namesCells(n, g.Members, "members"),
	}
}

func namesCells(n notes, list []string, field string) []cell {
	var cells []cell
	for _, s := range list {
		cells = append(cells, cell{sanitize.Terminal(s), ""})
	}
	switch {
	case has(n, field):
		cells = append(cells, cell{n.unknown(field), term.Yellow})
	case len(cells) == 0:
		cells = append(cells, cell{"none", term.Dim})
	}
	return cells
}

func policyCells(attached, inline []string) []cell {
	var cells []cell
	for _, s := range attached {
		cells = append(cells, cell{sanitize.Terminal(s), ""})
	}
	for _, s := range inline {
		cells = append(cells, cell{sanitize.Terminal(s) + " (inline)", ""})
	}
	if len(cells) == 0 {
		return []cell{{"none", term.Dim}}
	}
	return cells
}

// footnotes say why something is not known.
func (t *table) footnotes() {
	if len(t.i.Notes) == 0 {
		return
	}
	t.Line("")
	t.Line(t.Paint(term.Bold, "Not known"))
	for _, n := range t.i.Notes {
		t.Beside(2, "["+strconv.Itoa(n.Number)+"] ", sanitize.Terminal(n.Text)+" ("+term.Count(n.Fields, "field")+")")
	}
}
