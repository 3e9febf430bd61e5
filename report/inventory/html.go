package inventory

import (
	"embed"
	"io"
	"strings"

	"sekisho/audit/inventory"
	"sekisho/audit/message"
	"sekisho/report/page"
	"sekisho/report/sanitize"
)

//go:embed assets
var assets embed.FS

var htmlKind = page.New(assets)

// content is what the template shows.
type content struct {
	Own   sanitize.Text // what tells the anchors of an account from those of others; empty on its own page
	Title sanitize.Text
	About []fact
	Lists []listView
	Notes []noteView
}

// IsFleet tells the page of an account from that of many.
func (*content) IsFleet() bool { return false }

// listView is a table of the page, which sorts by any column.
type listView struct {
	ID, Title, Count sanitize.Text
	Columns          []sanitize.Text
	Rows             [][]cellView
	Empty            sanitize.Text // what to say where there is no row
}

// cellView is a cell of a row; Sort is what it is sorted by where that isn't its text.
type cellView struct {
	Sort  sanitize.Text
	Class sanitize.Text
	Lines []fact // without titles
}

type noteView struct {
	Number int
	Text   sanitize.Text
	Fields sanitize.Text
}

// HTML writes the inventory as a page. Without JavaScript it lacks only the sorting and the filter.
func HTML(w io.Writer, i *inventory.Inventory) error {
	v := newContent(i)
	return htmlKind.Write(w, page.Page{
		Title: sanitize.Message(message.New("%s: inventory", v.Title)), Demo: i.Demo, View: v,
		Tool: sanitize.Terminal(strings.TrimSpace(i.Tool.Name + " " + i.Tool.Version)), Schema: sanitize.Terminal(i.Schema),
		Legend: "A question mark is what isn't known; the number behind it is that of the note.",
	})
}

func newContent(i *inventory.Inventory) *content {
	v := &content{Title: sanitize.Terminal(i.Account.ID) + " (" + alias(i) + ")", About: about(i)}
	addList(v, i, "users", "Users", i.Users, userView,
		"User", "Created", "Groups", "Password", "MFA", "Access keys", "Other credentials", "Admin", "MFA: console", "MFA: access key", "Tags")
	addList(v, i, "roles", "Roles", i.Roles, roleView,
		"Role", "Created", "Last used", "Trusts", "Attached policies", "Inline policies", "Boundary", "Admin", "Tags")
	addList(v, i, "groups", "Groups", i.Groups, groupView, "Group", "Created", "Members", "Attached policies", "Inline policies")
	for _, n := range i.Notes {
		v.Notes = append(v.Notes, noteView{n.Number, sanitize.Terminal(n.Text), sanitize.Message(fields(n))})
	}
	return v
}

// addList adds a list to the page, if it was asked for.
func addList[T any](v *content, i *inventory.Inventory, field string, title sanitize.Text, list inventory.List[T], of func(*T) []cellView, columns ...sanitize.Text) {
	if !list.Asked {
		return
	}
	l := listView{ID: sanitize.Terminal(field), Title: title, Count: seen(i, field, len(list.Rows)), Columns: columns, Empty: "There are none."}
	if !list.Complete {
		l.Empty = "None were seen. There may be some all the same."
	}
	for r := range list.Rows {
		l.Rows = append(l.Rows, of(&list.Rows[r]))
	}
	v.Lists = append(v.Lists, l)
}

func userView(u *inventory.User) []cellView {
	n := notes(u.Unknown)
	w := words(u)
	other := append(append(titled(n.ssh(u)), titled(n.credentials(u))...), titled(n.certificates(u))...)
	return []cellView{
		nameView(u.Name, u.Path, n.text("", u.ID, "unique_id").Text),
		{Class: "date", Lines: []fact{n.date("", u.Created, "created")}},
		{Lines: []fact{n.names("", u.Groups, "groups")}},
		{Sort: sanitize.Terminal(when(u.Password.LastUsed)), Lines: n.password(u)},
		{Lines: n.devices(u, w.Devices.Level, true)},
		{Sort: oldest(u), Lines: n.keys(u)},
		{Lines: presentOr(other)},
		{Lines: []fact{n.cell("", w.Admin, "admin")}},
		{Lines: []fact{n.cell("", w.Console, "mfa_enforced.console")}},
		{Lines: []fact{n.cell("", w.AccessKey, "mfa_enforced.access_key")}},
		{Lines: []fact{n.tags(u.Tags, "tags")}},
	}
}

func roleView(r *inventory.Role) []cellView { return factViews(r.Name, r.Path, r.ID, roleFacts(r)) }

func groupView(g *inventory.Group) []cellView { return factViews(g.Name, g.Path, g.ID, groupFacts(g)) }

// factViews is a cell for the name with the path and the ID, which the first two facts tell, and one for each other
// fact.
func factViews(name, path, id string, facts []fact) []cellView {
	cells := []cellView{nameView(name, path, orQuestion(id))}
	for _, f := range facts[2:] {
		cells = append(cells, cellView{Lines: []fact{f}})
	}
	return cells
}

func nameView(name, path string, id sanitize.Text) cellView {
	lines := []fact{{Text: sanitize.Terminal(name), Class: "name"}}
	if path != "/" {
		lines = append(lines, fact{Text: sanitize.Terminal(path), Class: "off"})
	}
	return cellView{Lines: append(lines, fact{Text: id, Class: "off"})}
}

// titled puts the titles into the texts, for cells that hold things of several kinds.
func titled(facts []fact) []fact {
	for i := range facts {
		facts[i].Text = facts[i].Title + " " + facts[i].Text
	}
	return facts
}

// presentOr leaves out what there is none of, unless there is nothing at all.
func presentOr(facts []fact) []fact {
	var present []fact
	for _, f := range facts {
		if f.Class != "off" {
			present = append(present, f)
		}
	}
	return orAbsent(present, "")
}

// oldest is the age of a user's oldest key; -1 for none, and -2 where it isn't known, so that the oldest of all come
// last.
func oldest(u *inventory.User) sanitize.Text {
	age := -1
	if u.AccessKeys == nil {
		age = -2
	}
	for _, k := range u.AccessKeys {
		age = max(age, k.AgeDays)
	}
	return sanitize.Int(age)
}
