package offboard

import (
	"bufio"
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
)

// Table writes the report for people: person by person the verdict, the ways in, what is left over, what they were granted, what names them and
// what isn't known; then the users whom nobody knows, the unique IDs of deleted users, and what IAM can't tell.
func Table(w io.Writer, r *offboard.Report, o format.Options) error {
	if o.Width <= 0 {
		o.Width = 80
	}
	t := &table{out: bufio.NewWriter(w), width: max(o.Width, 40), color: o.Color, r: r}
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
	t.line("")
	t.line(fmt.Sprintf("%d calls", r.Calls.Total))
	if err := t.out.Flush(); err != nil {
		return fmt.Errorf("writing the answer as a table: %w", err)
	}
	return nil
}

type table struct {
	out   *bufio.Writer
	width int
	color bool
	r     *offboard.Report
}

func (t *table) head() {
	if t.r.Demo {
		t.text(0, "", "DEMO ACCOUNT  Everything below is made up. No AWS account was read.")
		t.line("")
	}
	t.text(0, "", fmt.Sprintf("AWS account %s, read %s by %s", t.r.Account.ID, minute(t.r.TakenAt), t.r.Caller))
	if t.r.Since != nil {
		t.text(0, "", "Who there was is known from a snapshot of "+minute(*t.r.Since)+".")
	}
}

// The escape sequences of a terminal.
const (
	bold   = "\x1b[1m"
	red    = "\x1b[31m"
	green  = "\x1b[32m"
	yellow = "\x1b[33m"
	plain  = "\x1b[0m"
)

var styles = map[offboard.Verdict]string{
	offboard.Active: red, offboard.Unknown: yellow, offboard.NotFound: yellow, offboard.Gone: green, offboard.Disabled: green, offboard.Answered: bold,
}

var verdicts = map[offboard.Verdict]string{
	offboard.Active: "ACTIVE", offboard.Unknown: "UNKNOWN", offboard.NotFound: "NOT FOUND", offboard.Gone: "GONE", offboard.Disabled: "DISABLED",
	offboard.Answered: "MFA DEVICES",
}

func (t *table) person(p *offboard.PersonResult) {
	t.line("")
	name := sanitize.Terminal(p.Query)
	if p.LastDay != "" {
		name += " (last day " + p.LastDay + ", " + sanitize.Terminal(t.r.TimeZone) + ")"
	}
	t.line(t.paint(bold, name) + "  " + t.paint(styles[p.Verdict], verdicts[p.Verdict]))
	t.text(2, "", sentence(p.Summary.String()))
	if p.Severity == offboard.Critical {
		t.text(2, t.paint(red, "CRITICAL")+" ", "Something of theirs was used after their last day.")
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
		t.line("  Named by")
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
		t.line("  Not read")
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
	t.line("  " + title)
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
			text += ", last used " + minute(*e.LastUsed)
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
		t.text(4, "- ", fmt.Sprintf("%s (%s), of %s since %s", device.Serial, device.Kind, device.Name, minute(device.Since)))
		for _, command := range Commands(device) {
			t.line("      " + sanitize.Terminal(command)) // whole, so that it can be copied
		}
	}
	if len(d.Devices) == 0 {
		return
	}
	t.line("  Who may deactivate it, signed in with MFA")
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
		t.line("  " + group.title)
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
	t.line("")
	t.line(t.paint(bold, title))
}

func (t *table) paint(style, s string) string {
	if !t.color {
		return s
	}
	return style + s + plain
}

// line writes one line of text that is harmless already.
func (t *table) line(s string) {
	_, _ = t.out.WriteString(s + "\n") // the first error stays, and Flush returns it
}

// text writes a paragraph of text from an account, wrapped at blanks and indented behind its mark, which is harmless.
func (t *table) text(indent int, mark, s string) {
	prefix := strings.Repeat(" ", indent) + mark
	hang := indent + 2
	room, line := t.width-indent-utf8.RuneCountInString(mark), ""
	for word := range strings.FieldsSeq(sanitize.Terminal(s)) {
		switch {
		case line == "":
			line = word
		case utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) <= room:
			line += " " + word
		default:
			t.line(prefix + line)
			prefix, line, room = strings.Repeat(" ", hang), word, t.width-hang
		}
	}
	t.line(prefix + line)
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

func minute(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }

func either(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
