package inventory

import (
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"strings"
	"time"

	"sekisho/audit"
	"sekisho/audit/fleet"
	"sekisho/audit/inventory"
	"sekisho/audit/lists"
	"sekisho/audit/message"
	"sekisho/report/format"
	"sekisho/report/page"
	"sekisho/report/sanitize"
	"sekisho/report/term"
)

// FleetSchema identifies the JSON form of the inventories of a fleet. Added keys are no new version.
const FleetSchema = "sekisho/fleet-inventory/v1"

// Fleet are the inventories of all accounts of a run. They come one after the other, each time that somebody asks; nil
// is that of an account that was not audited.
type Fleet struct {
	Tool     audit.Tool
	Demo     bool
	RunID    string
	MadeAt   time.Time
	Accounts int
	Lists    inventory.Options // what was asked for
	Each     func(take func(fleet.Row, *inventory.Inventory) error) error
}

// ofFleet is an account and its inventory.
type ofFleet struct {
	row fleet.Row
	of  *inventory.Inventory // nil where there is none
}

// accounts are all of them, for what reads one after the other; failed says why there are no more, if that is so.
func (f *Fleet) accounts() (all iter.Seq[ofFleet], failed func() error) {
	return lists.Pulled(func(take func(ofFleet) error) error {
		return f.Each(func(r fleet.Row, i *inventory.Inventory) error { return take(ofFleet{r, i}) })
	})
}

// FleetFormats lists the formats of inventories of a fleet, the default one first.
func FleetFormats() format.Register[*Fleet] {
	return format.Register[*Fleet]{
		{Name: "table", Extensions: []string{".txt"}, Render: fleetTable},
		{Name: "csv", Extensions: []string{".csv"}, Render: fleetCSV},
		{Name: "json", Extensions: []string{".json"}, Render: format.Plain(fleetJSON)},
		{Name: "html", Extensions: []string{".html", ".htm"}, Render: format.Plain(fleetHTML)},
	}
}

// FleetColumns are the columns that CSV has behind those of an inventory, and of accounts that were not audited.
func FleetColumns() []Column {
	return []Column{{"account_name", "the account's name in AWS Organizations"}, {"account_place", "the units that it is in"}}
}

func fleetCSV(w io.Writer, f *Fleet, o format.Options) error {
	switch {
	case f.Lists.Roles:
		return writeFleetCSV(w, f, o, func(i *inventory.Inventory) []inventory.Role { return i.Roles.Rows }, roleColumns)
	case f.Lists.Groups:
		return writeFleetCSV(w, f, o, func(i *inventory.Inventory) []inventory.Group { return i.Groups.Rows }, groupColumns)
	}
	return writeFleetCSV(w, f, o, func(i *inventory.Inventory) []inventory.User { return i.Users.Rows }, userColumns)
}

// writeFleetCSV writes a row for each thing of each account, and one for each account of which nothing is known.
func writeFleetCSV[T any](w io.Writer, f *Fleet, o format.Options, rows func(*inventory.Inventory) []T, columns []column[T]) error {
	accounts, failed := f.accounts()
	err := sanitize.WriteCSV(w, "the inventory", o.BOM, func(yield func([]sanitize.Cell) bool) {
		header := lists.Map(columns, func(c column[T]) sanitize.Cell { return sanitize.CSV(c.Name) })
		if !yield(append(header, lists.Map(FleetColumns(), func(c Column) sanitize.Cell { return sanitize.CSV(c.Name) })...)) {
			return
		}
		for a := range accounts {
			r, i := a.row, a.of
			of := []sanitize.Cell{sanitize.CSV(orNone(r.Name)), sanitize.CSV(orNone(r.Place))}
			if i == nil {
				cells := lists.Map(columns, func(c column[T]) sanitize.Cell {
					switch c.Name {
					case "account":
						return sanitize.CSV(r.ID)
					case "unknown":
						return sanitize.CSV(message.New("account: %s", r.Text).String())
					}
					return sanitize.CSV(cellUnknown)
				})
				if !yield(append(cells, of...)) {
					return
				}
				continue
			}
			list := rows(i)
			for at := range list {
				if !yield(append(lists.Map(columns, func(c column[T]) sanitize.Cell { return c.cell(i, &list[at]) }), of...)) {
					return
				}
			}
		}
	})
	if problem := failed(); err == nil && problem != nil {
		return fmt.Errorf("writing the inventory as CSV: %w", problem)
	}
	return err
}

// fleetAccount is an account in JSON.
type fleetAccount struct {
	ID        string               `json:"id"`
	Name      string               `json:"name,omitempty"`
	Place     string               `json:"place,omitempty"`
	Status    fleet.State          `json:"status"`
	Message   string               `json:"message,omitempty"`
	Text      message.Message      `json:"text,omitzero"`
	Inventory *inventory.Inventory `json:"inventory,omitempty"`
}

func fleetJSON(w io.Writer, f *Fleet) error {
	separator := ""
	write := func(v any) error {
		text, err := json.Marshal(v)
		if err == nil {
			_, err = w.Write(append([]byte(separator), sanitize.JSON(text)...))
		}
		return err
	}
	head, err := json.Marshal(struct {
		Schema string     `json:"schema"`
		Tool   audit.Tool `json:"tool"`
		Demo   bool       `json:"demo,omitempty"`
		RunID  string     `json:"run_id"`
		MadeAt time.Time  `json:"made_at"`
	}{FleetSchema, f.Tool, f.Demo, f.RunID, f.MadeAt})
	if err == nil {
		_, err = w.Write(append(sanitize.JSON(head[:len(head)-1]), ",\n\"accounts\": ["...))
	}
	separator = "\n"
	if err == nil {
		err = f.Each(func(r fleet.Row, i *inventory.Inventory) error {
			err := write(fleetAccount{r.ID, r.Name, r.Place, r.Status, r.Message, r.Text, i})
			separator = ",\n"
			return err
		})
	}
	if err == nil {
		_, err = io.WriteString(w, "\n]}\n")
	}
	if err != nil {
		return fmt.Errorf("writing the inventory as JSON: %w", err)
	}
	return nil
}

// fleetTitle names an account, and says what became of it.
func fleetTitle(r fleet.Row) message.Message {
	of := message.New("%s", r.ID)
	if r.Name != "" {
		of = message.New("%s (%s)", r.Name, r.ID)
	}
	if r.Place != "" {
		of = message.New("%s, %s", of, r.Place)
	}
	switch r.Status {
	case fleet.Unknown:
		return message.New("%s: UNKNOWN: %s", of, r.Text)
	case fleet.NotAudited:
		return message.New("%s: not audited: %s", of, r.Text)
	}
	return of
}

func (f *Fleet) heading() message.Message {
	return message.New("%s, planned %s (%s)", message.Plural(f.Accounts, "%d account", "%d accounts"), message.At(f.MadeAt), f.RunID)
}

// fleetTable writes the inventories one after the other.
func fleetTable(w io.Writer, f *Fleet, o format.Options) error {
	p := term.NewPage(w, o.Width, o.Color).In(o.Language)
	p.Demo(f.Demo)
	p.Text(0, 2, p.Paint(term.Bold, "Sekisho fleet inventory")+": "+sanitize.Message(f.heading()))
	counts := map[fleet.State]int{}
	err := f.Each(func(r fleet.Row, i *inventory.Inventory) error {
		counts[r.Status]++
		p.Line("")
		p.Text(0, 2, p.Paint(term.Bold, sanitize.Message(fleetTitle(r))))
		if i == nil {
			return nil
		}
		if err := p.Flush(); err != nil {
			return err
		}
		whole := *i
		whole.Demo = false // which the page says
		return Table(w, &whole, o)
	})
	p.Line("")
	p.Text(0, 2, sanitize.Message(message.New("%d audited, %d unknown, %d not audited", counts[fleet.Audited], counts[fleet.Unknown], counts[fleet.NotAudited])))
	if flushed := p.Flush(); err == nil {
		err = flushed
	}
	if err != nil {
		return fmt.Errorf("writing the inventory as a table: %w", err)
	}
	return nil
}

// fleetContent is what the template shows of a fleet; the accounts come as it is written.
type fleetContent struct {
	Heading  sanitize.Text
	Accounts iter.Seq[fleetSection]
}

// IsFleet tells the page of an account from that of many.
func (fleetContent) IsFleet() bool { return true }

type fleetSection struct {
	ID, Title, Class sanitize.Text
	Inventory        *content
}

// fleetHTML writes one page. The whole of an account is in memory at a time.
func fleetHTML(w io.Writer, f *Fleet) error {
	accounts, failed := f.accounts()
	v := fleetContent{Heading: sanitize.Message(f.heading()), Accounts: func(yield func(fleetSection) bool) {
		for a := range accounts {
			r, i := a.row, a.of
			section := fleetSection{ID: "account-" + sanitize.Terminal(r.ID), Title: sanitize.Message(fleetTitle(r))}
			if r.Status == fleet.Unknown {
				section.Class = "vague"
			}
			if i != nil {
				section.Inventory = newContent(i)
				section.Inventory.Own = "-" + sanitize.Terminal(r.ID)
				for at := range section.Inventory.Lists {
					section.Inventory.Lists[at].ID += section.Inventory.Own
				}
			}
			if !yield(section) {
				return
			}
		}
	}}
	err := htmlKind.Write(w, page.Page{
		Title: sanitize.Message(message.New("Fleet inventory: %s", f.heading())), Demo: f.Demo, View: v,
		Tool: sanitize.Terminal(strings.TrimSpace(f.Tool.Name + " " + f.Tool.Version)), Schema: FleetSchema,
		Legend: "A question mark is what isn't known; the number behind it is that of the account's note.",
	})
	if problem := failed(); err == nil && problem != nil {
		return fmt.Errorf("writing the inventory as HTML: %w", problem)
	}
	return err
}

// Whole reports whether an account's inventory says everything that was to be read.
func Whole(r fleet.Row, i *inventory.Inventory) bool {
	return r.Status == fleet.NotAudited || i != nil && i.Whole()
}
