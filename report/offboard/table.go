package offboard

import (
	"fmt"
	"io"
	"slices"

	"sekisho/audit/message"
	"sekisho/audit/offboard"
	"sekisho/report/format"
	"sekisho/report/sanitize"
	"sekisho/report/term"
)

// Table writes the report for people: person by person the verdict, the ways in, what is left over, what they were
// granted, what names them and what isn't known; then the users whom nobody knows, the unique IDs of deleted users, and
// what IAM can't tell.
func Table(w io.Writer, r *offboard.Report, o format.Options) error {
	t := &table{Page: term.NewPage(w, o.Width, o.Color), r: r}
	t.head()
	for i := range r.People {
		t.person(&r.People[i])
	}
	t.staff()
	if !misspelt(r) {
		t.orphans()
		t.heading(message.New("What IAM cannot tell"))
		for _, item := range r.Checklist {
			t.say(2, "[ ] ", item.Text)
		}
	}
	if r.Worst() == offboard.Active && !r.Planned {
		t.Line("")
		t.say(0, "", message.New("With --plan FILE a shell script is written that removes what is left, once it is called with --yes."))
	}
	t.Line("")
	t.say(0, "", message.New("%s", message.Plural(r.Calls.Total, "%d call", "%d calls")))
	if err := t.Flush(); err != nil {
		return fmt.Errorf("writing the answer as a table: %w", err)
	}
	return nil
}

// misspelt reports whether nobody was asked about but people who aren't there, each with a user whose name is similar:
// then what else there is to do is no matter yet.
func misspelt(r *offboard.Report) bool {
	return r.Staff == nil && !slices.ContainsFunc(r.People, func(p offboard.PersonResult) bool { return p.Verdict != offboard.NotFound || p.Nearest == "" })
}

type table struct {
	*term.Page
	r *offboard.Report
}

func (t *table) head() {
	t.Demo(t.r.Demo)
	t.say(0, "", message.New("AWS account %s, read %s by %s", t.r.Account.ID, message.At(t.r.TakenAt), t.r.Caller))
	if t.r.Since != nil {
		t.say(0, "", message.New("Who there was is known from a snapshot of %s.", message.At(*t.r.Since)))
	}
	for _, remark := range remarks(t.r) {
		t.say(0, "", remark)
	}
}

var styles = map[offboard.Verdict]term.Style{
	offboard.Active: term.Red, offboard.Unknown: term.Yellow, offboard.NotFound: term.Yellow, offboard.Gone: term.Green, offboard.Disabled: term.Green,
	offboard.Answered: term.Bold,
}

func (t *table) person(p *offboard.PersonResult) {
	t.Line("")
	name := message.New("%s", p.Query)
	if p.LastDay != "" {
		name = message.New("%s (last day %s, %s)", p.Query, p.LastDay, t.r.TimeZone)
	}
	t.Text(0, 2, t.Paint(term.Bold, sanitize.Message(name))+"  "+t.Paint(styles[p.Verdict], sanitize.Message(verdicts[p.Verdict])))
	t.text(2, "", sentence(p.Summary.String()))
	if p.Nearest != "" {
		t.say(2, "", message.New("Did you mean %s?", p.Nearest))
	}
	if p.Severity == offboard.Critical {
		t.say(2, t.Paint(term.Red, "CRITICAL")+" ", message.New("Something of theirs was used after their last day."))
	}
	for i := range p.Accounts {
		t.user(&p.Accounts[i])
	}
	for _, k := range p.Known {
		t.say(2, "", known(k))
	}
	t.entries(message.New("Ways in"), p.WaysIn)
	t.entries(message.New("Left over, lets nobody in"), p.LeftOver)
	if len(p.Mentions) > 0 {
		t.say(2, "", message.New("Named by"))
		for i := range p.Mentions {
			t.say(4, "- ", mention(&p.Mentions[i]))
		}
	}
	if p.Devices != nil {
		t.devices(p.Devices)
	}
	for _, note := range p.Notes {
		t.say(2, "", message.New("Note: %s", note))
	}
	if len(p.Gaps) > 0 {
		t.say(2, "", message.New("Not read"))
		for _, g := range p.Gaps {
			t.say(4, "- ", notRead(g))
		}
	}
}

func (t *table) user(u *offboard.UserFacts) {
	t.say(2, "", user(u))
	for _, g := range u.Groups {
		grants := message.New("not read")
		if g.Read {
			grants = granted(g.Policies)
		}
		t.say(4, "", message.New("Group %s: %s", g.Name, grants))
	}
	if len(u.Policies) > 0 {
		t.say(4, "", message.New("Own policies: %s", granted(u.Policies)))
	}
}

func (t *table) entries(title message.Message, entries []offboard.Entry) {
	if len(entries) == 0 {
		return
	}
	t.say(2, "", title)
	for i := range entries {
		t.say(4, "- ", entry(&entries[i]))
	}
}

// mostHelpers is how many people are named who could help; JSON has them all.
const mostHelpers = 10

func (t *table) devices(d *offboard.DeviceAdvice) {
	for _, device := range d.Devices {
		t.say(4, "- ", message.New("%s (%s), of %s since %s", device.Serial, device.Kind, device.Name, message.At(device.Since)))
		commands := Commands(device)
		for _, command := range commands {
			t.Line("      " + sanitize.Terminal(command)) // whole, so that it can be copied
		}
		if len(commands) == 0 {
			t.say(6, "", message.New("by hand: a command with that name can't be written here"))
		}
	}
	if len(d.Devices) == 0 {
		return
	}
	t.say(2, "", message.New("Who may deactivate it, signed in with MFA"))
	for i, h := range d.Helpers {
		if i == mostHelpers {
			t.say(4, "- ", message.New("and %d more (--format json lists them)", len(d.Helpers)-i))
			break
		}
		if h.Sure {
			t.text(4, "- ", h.ARN)
		} else {
			t.say(4, "- ", message.New("%s (perhaps: it depends on conditions, or on what could not be read)", h.ARN))
		}
	}
	if !d.HelpersComplete {
		t.say(4, "- ", message.New("the list of users, roles and policies is not complete: there may be others"))
	}
	t.text(4, "- ", "root")
}

func (t *table) staff() {
	s := t.r.Staff
	if s == nil {
		return
	}
	t.heading(message.New("Users and the list of staff"))
	t.say(2, "", message.New("People on the list: %d; users whom they explain: %d.", s.Listed, s.Matched))
	if !s.Complete {
		for _, g := range s.Gaps {
			t.say(2, "", message.New("The list of users is not complete: %s: %s: %s", g.Action, g.Code, g.Why()))
		}
	}
	for _, group := range []struct {
		title message.Message
		users []offboard.StaffUser
	}{{message.New("Unknown: on no line of the list"), s.Unknown}, {message.New("Machines, by the configuration"), s.Machines}} {
		if len(group.users) == 0 {
			continue
		}
		t.say(2, "", group.title)
		for _, u := range group.users {
			text := message.New("%s, created %s", u.ARN, message.On(u.Created))
			if u.Note != nil {
				text = message.New("%s; %s", text, *u.Note)
			}
			t.say(4, "- ", text)
		}
	}
}

func (t *table) orphans() {
	if len(t.r.Orphans) == 0 {
		return
	}
	t.heading(message.New("Unique IDs of deleted users in trust policies"))
	for _, o := range t.r.Orphans {
		if o.Query == "" {
			t.say(2, "- ", message.New("%s in %s", o.ID, o.Role))
		} else {
			t.say(2, "- ", message.New("%s (%s) in %s", o.ID, o.Query, o.Role))
		}
	}
}

func (t *table) heading(title message.Message) {
	t.Line("")
	t.Line(t.Paint(term.Bold, sanitize.Message(title)))
}

// say writes a message behind its mark.
func (t *table) say(indent int, mark sanitize.Text, m message.Message) {
	t.text(indent, mark, m.String())
}

// text writes a paragraph of text from an account behind its mark, which is harmless.
func (t *table) text(indent int, mark sanitize.Text, s string) {
	t.Text(indent, 2, mark+sanitize.Terminal(s))
}
