package offboard

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"sekisho/audit/offboard"
	"sekisho/report/format"
	"sekisho/report/sanitize"
	"sekisho/report/term"
)

// Table writes the report for people: person by person the verdict, the ways in, what is left over, what they were granted, what names them and
// what isn't known; then the users whom nobody knows, the unique IDs of deleted users, and what IAM can't tell.
func Table(w io.Writer, r *offboard.Report, o format.Options) error {
	t := &table{Page: term.NewPage(w, o.Width, o.Color), r: r}
	t.head()
	for i := range r.People {
		t.person(&r.People[i])
	}
	t.staff()
	t.orphans()
	t.heading("What IAM can't tell")
	for _, item := range r.Checklist {
		t.text(2, "[ ] ", item.Text.String())
	}
	t.Line("")
	t.Line(fmt.Sprintf("%d calls", r.Calls.Total))
	if err := t.Flush(); err != nil {
		return fmt.Errorf("writing the answer as a table: %w", err)
	}
	return nil
}

type table struct {
	*term.Page
	r *offboard.Report
}

func (t *table) head() {
	if t.r.Demo {
		t.text(0, "", "DEMO ACCOUNT  Everything below is made up. No AWS account was read.")
		t.Line("")
	}
	t.text(0, "", fmt.Sprintf("AWS account %s, read %s by %s", t.r.Account.ID, term.Minute(t.r.TakenAt), t.r.Caller))
	if t.r.Since != nil {
		t.text(0, "", "Who there was is known from a snapshot of "+term.Minute(*t.r.Since)+".")
	}
}

var styles = map[offboard.Verdict]term.Style{
	offboard.Active: term.Red, offboard.Unknown: term.Yellow, offboard.NotFound: term.Yellow, offboard.Gone: term.Green, offboard.Disabled: term.Green, offboard.Answered: term.Bold,
}

var verdicts = map[offboard.Verdict]string{
	offboard.Active: "ACTIVE", offboard.Unknown: "UNKNOWN", offboard.NotFound: "NOT FOUND", offboard.Gone: "GONE", offboard.Disabled: "DISABLED",
	offboard.Answered: "MFA DEVICES",
}

func (t *table) person(p *offboard.PersonResult) {
	t.Line("")
	name := sanitize.Terminal(p.Query)
	if p.LastDay != "" {
		name += " (last day " + p.LastDay + ", " + sanitize.Terminal(t.r.TimeZone) + ")"
	}
	t.Line(t.Paint(term.Bold, name) + "  " + t.Paint(styles[p.Verdict], verdicts[p.Verdict]))
	t.text(2, "", sentence(p.Summary.String()))
	if p.Severity == offboard.Critical {
		t.text(2, t.Paint(term.Red, "CRITICAL")+" ", "Something of theirs was used after their last day.")
	}
	for _, a := range p.Accounts {
		t.user(a)
	}
	for _, k := range p.Known {
		t.text(2, "", fmt.Sprintf("Known from %s: %s, unique ID %s", map[string]string{"since": "the earlier snapshot", "leavers": "the list of leavers"}[k.From], either(k.ARN, k.Name), k.ID))
	}
	t.entries("Ways in", p.WaysIn)
	t.entries("Left over, lets nobody in", p.LeftOver)
	if len(p.Mentions) > 0 {
		t.Line("  Named by")
		for _, m := range p.Mentions {
			where := m.Resource
			if m.Item != "" && m.Kind != offboard.MentionDevice {
				where += " " + m.Item
			}
			t.text(4, "- ", where+": "+m.Detail.String())
		}
	}
	if p.Devices != nil {
		t.devices(p.Devices)
	}
	for _, note := range p.Notes {
		t.text(2, "Note: ", note.String())
	}
	if len(p.Gaps) > 0 {
		t.Line("  Not read")
		for _, g := range p.Gaps {
			about := ""
			if g.Resource != "" {
				about = " of " + g.Resource
			}
			t.text(4, "- ", fmt.Sprintf("%s (%s)%s: %s: %s", g.Section, g.Action, about, g.Code, g.Message))
		}
	}
}

func (t *table) user(a offboard.UserFacts) {
	text := fmt.Sprintf("%s, unique ID %s, created %s, found by %s", a.ARN, a.ID, a.Created.UTC().Format(time.DateOnly), a.MatchedBy)
	if a.Machine {
		text += "; a machine's user by the configuration"
	}
	if a.Denied {
		text += "; one of the user's policies denies everything"
	}
	t.text(2, "User ", text)
	for _, g := range a.Groups {
		grants := "not read"
		if g.Read {
			grants = granted(g.Policies)
		}
		t.text(4, "Group ", g.Name+": "+grants)
	}
	if len(a.Policies) > 0 {
		t.text(4, "Own policies: ", granted(a.Policies))
	}
}

func granted(policies []offboard.PolicyGrant) string {
	if len(policies) == 0 {
		return "grants nothing"
	}
	names := make([]string, len(policies))
	for i, p := range policies {
		switch names[i] = p.Name; p.Admin {
		case "yes":
			names[i] += " (administrator)"
		case "maybe":
			names[i] += " (maybe administrator)"
		}
	}
	return strings.Join(names, ", ")
}

func (t *table) entries(title string, entries []offboard.Entry) {
	if len(entries) == 0 {
		return
	}
	t.Line("  " + title)
	for _, e := range entries {
		text := fmt.Sprintf("%s %s", e.Kind, e.ID)
		if e.ID == string(e.Kind) {
			text = e.ID
		}
		for _, part := range []string{e.Service, e.Device} {
			if part != "" && part != "N/A" {
				text += ", " + part
			}
		}
		text += ": " + e.Status
		switch {
		case e.LastUsed != nil:
			text += ", last used " + term.Minute(*e.LastUsed)
		case e.Never:
			text += ", never used"
		}
		if e.Severity == offboard.Critical {
			text += " (AFTER THE LAST DAY)"
		}
		if e.Detail != nil {
			text += "; " + e.Detail.String()
		}
		t.text(4, "- ", text)
	}
}

// mostHelpers is how many people are named who could help; JSON has them all.
const mostHelpers = 10

func (t *table) devices(d *offboard.DeviceAdvice) {
	for _, device := range d.Devices {
		t.text(4, "- ", fmt.Sprintf("%s (%s), of %s since %s", device.Serial, device.Kind, device.Name, term.Minute(device.Since)))
		for _, command := range Commands(device) {
			t.Line("      " + sanitize.Terminal(command)) // whole, so that it can be copied
		}
	}
	if len(d.Devices) == 0 {
		return
	}
	t.Line("  Who may deactivate it, signed in with MFA")
	for i, h := range d.Helpers {
		if i == mostHelpers {
			t.text(4, "- ", fmt.Sprintf("and %d more (--format json lists them)", len(d.Helpers)-i))
			break
		}
		sure := ""
		if !h.Sure {
			sure = " (perhaps: it depends on conditions, or on what could not be read)"
		}
		t.text(4, "- ", h.ARN+sure)
	}
	if !d.HelpersComplete {
		t.text(4, "- ", "the list of users, roles and policies is not complete: there may be others")
	}
	t.text(4, "- ", "root")
}

func (t *table) staff() {
	s := t.r.Staff
	if s == nil {
		return
	}
	t.heading("Users and the list of staff")
	t.text(2, "", "People on the list: "+strconv.Itoa(s.Listed)+"; users whom they explain: "+strconv.Itoa(s.Matched)+".")
	if !s.Complete {
		for _, g := range s.Gaps {
			t.text(2, "", fmt.Sprintf("The list of users is not complete: %s: %s: %s", g.Action, g.Code, g.Message))
		}
	}
	for _, group := range []struct {
		title string
		users []offboard.StaffUser
	}{{"Unknown: on no line of the list", s.Unknown}, {"Machines, by the configuration", s.Machines}} {
		if len(group.users) == 0 {
			continue
		}
		t.Line("  " + group.title)
		for _, u := range group.users {
			text := u.ARN + ", created " + u.Created.UTC().Format(time.DateOnly)
			if u.Note != nil {
				text += "; " + u.Note.String()
			}
			t.text(4, "- ", text)
		}
	}
}

func (t *table) orphans() {
	if len(t.r.Orphans) == 0 {
		return
	}
	t.heading("Unique IDs of deleted users in trust policies")
	for _, o := range t.r.Orphans {
		who := ""
		if o.Query != "" {
			who = " (" + o.Query + ")"
		}
		t.text(2, "- ", o.ID+who+" in "+o.Role)
	}
}

func (t *table) heading(title string) {
	t.Line("")
	t.Line(t.Paint(term.Bold, title))
}

// sentence makes a sentence of a clause.
func sentence(s string) string {
	first, size := utf8.DecodeRuneInString(s)
	s = string(unicode.ToUpper(first)) + s[size:]
	if strings.HasSuffix(s, "?") {
		return s
	}
	return s + "."
}

func either(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// text writes a paragraph of text from an account behind its mark, which is harmless.
func (t *table) text(indent int, mark, s string) { t.Text(indent, 2, mark+sanitize.Terminal(s)) }
