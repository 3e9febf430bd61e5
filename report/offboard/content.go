package offboard

import (
	"slices"

	"sekisho/audit/message"
	"sekisho/audit/offboard"
)

// section is a part of the answer, which the formats for people draw each in its way.
type section struct {
	title   message.Message
	verdict *offboard.Verdict // nil: it is about nobody in particular
	lines   []line
}

// line is a paragraph, an entry of a list under it, or a command.
type line struct {
	level   int // 1 for a paragraph, 2 for what stands under it, 3 for what stands under that
	listed  bool
	open    bool // something to do, to be ticked off
	alarm   bool
	text    message.Message
	command string // in place of a text: to be copied whole
}

func (s *section) say(m message.Message) { s.lines = append(s.lines, line{level: 1, text: m}) }

// usedAfter says loudly that something was used after the last day.
func (s *section) usedAfter(severity string) {
	if severity == offboard.Critical {
		s.lines = append(s.lines, line{level: 1, alarm: true, text: message.New("Something of theirs was used after their last day.")})
	}
}

func (s *section) under(m message.Message) { s.lines = append(s.lines, line{level: 2, text: m}) }

func (s *section) list(m message.Message) {
	s.lines = append(s.lines, line{level: 2, listed: true, text: m})
}

// introduction says of which account it is told, and what is to be known of the answers.
func introduction(r *offboard.Report) []message.Message {
	all := []message.Message{message.New("AWS account %s, read %s by %s", r.Account.ID, message.At(r.TakenAt), r.Caller)}
	if r.Since != nil {
		all = append(all, message.New("Who there was is known from a snapshot of %s.", message.At(*r.Since)))
	}
	return append(all, remarks(r)...)
}

// end says what else there is, and what it took.
func end(r *offboard.Report) []message.Message {
	calls := message.New("%s", message.Plural(r.Calls.Total, "%d call", "%d calls"))
	if r.Worst() == offboard.Active && !r.Planned {
		return []message.Message{message.New("With --plan FILE a shell script is written that removes what is left, once it is called with --yes."), calls}
	}
	return []message.Message{calls}
}

// sections are the people in order, then the users whom nobody knows, the unique IDs of deleted users, and what IAM can't
// tell.
func sections(r *offboard.Report) (all []section) {
	for i := range r.People {
		all = append(all, person(r, &r.People[i]))
	}
	if r.Staff != nil {
		all = append(all, staff(r.Staff))
	}
	if misspelt(r) {
		return all
	}
	if len(r.Orphans) > 0 {
		s := section{title: message.New("Unique IDs of deleted users in trust policies")}
		for _, o := range r.Orphans {
			text := message.New("%s in %s", o.ID, o.Role)
			if o.Query != "" {
				text = message.New("%s (%s) in %s", o.ID, o.Query, o.Role)
			}
			s.lines = append(s.lines, line{level: 1, listed: true, text: text})
		}
		all = append(all, s)
	}
	return append(all, cannotTell(r))
}

func cannotTell(r *offboard.Report) section {
	s := section{title: message.New("What IAM cannot tell")}
	for _, item := range r.Checklist {
		s.lines = append(s.lines, line{level: 1, listed: true, open: true, text: item.Text})
	}
	return s
}

// misspelt reports whether nobody was asked about but people who aren't there, each with a user whose name is similar:
// then what else there is to do is no matter yet.
func misspelt(r *offboard.Report) bool {
	return r.Staff == nil && !slices.ContainsFunc(r.People, func(p offboard.PersonResult) bool { return p.Verdict != offboard.NotFound || p.Nearest == "" })
}

func person(r *offboard.Report, p *offboard.PersonResult) section {
	s := section{title: message.New("%s", p.Query), verdict: &p.Verdict}
	if p.LastDay != "" {
		s.title = message.New("%s (last day %s, %s)", p.Query, p.LastDay, r.TimeZone)
	}
	s.say(message.New("%s", sentence(p.Summary.String())))
	if p.Nearest != "" {
		s.say(message.New("Did you mean %s?", p.Nearest))
	}
	s.usedAfter(p.Severity)
	for i := range p.Accounts {
		s.user(&p.Accounts[i])
	}
	for _, k := range p.Known {
		s.say(known(k))
	}
	s.entries(message.New("Ways in"), p.WaysIn)
	s.entries(message.New("Left over, lets nobody in"), p.LeftOver)
	if len(p.Mentions) > 0 {
		s.say(message.New("Named by"))
		for i := range p.Mentions {
			s.list(mention(&p.Mentions[i]))
		}
	}
	if p.Devices != nil {
		s.devices(p.Devices)
	}
	for _, note := range p.Notes {
		s.say(message.New("Note: %s", note))
	}
	if len(p.Gaps) > 0 {
		s.say(message.New("Not read"))
		for _, g := range p.Gaps {
			s.list(notRead(g))
		}
	}
	return s
}

func (s *section) user(u *offboard.UserFacts) {
	s.say(user(u))
	for _, g := range u.Groups {
		grants := message.New("not read")
		if g.Read {
			grants = granted(g.Policies)
		}
		s.under(message.New("Group %s: %s", g.Name, grants))
	}
	if len(u.Policies) > 0 {
		s.under(message.New("Own policies: %s", granted(u.Policies)))
	}
}

func (s *section) entries(title message.Message, entries []offboard.Entry) {
	if len(entries) == 0 {
		return
	}
	s.say(title)
	for i := range entries {
		s.list(entry(&entries[i]))
	}
}

// mostHelpers is how many people are named who could help; JSON has them all.
const mostHelpers = 10

func (s *section) devices(d *offboard.DeviceAdvice) {
	for _, device := range d.Devices {
		s.list(message.New("%s (%s), of %s since %s", device.Serial, device.Kind, device.Name, message.At(device.Since)))
		commands := Commands(device)
		for _, command := range commands {
			s.lines = append(s.lines, line{level: 3, command: command})
		}
		if len(commands) == 0 {
			s.lines = append(s.lines, line{level: 3, text: message.New("by hand: a command with that name can't be written here")})
		}
	}
	if len(d.Devices) == 0 {
		return
	}
	s.say(message.New("Who may deactivate it, signed in with MFA"))
	for i, h := range d.Helpers {
		if i == mostHelpers {
			s.list(message.New("and %d more (--format json lists them)", len(d.Helpers)-i))
			break
		}
		if h.Sure {
			s.list(message.New("%s", h.ARN))
		} else {
			s.list(message.New("%s (perhaps: it depends on conditions, or on what could not be read)", h.ARN))
		}
	}
	if !d.HelpersComplete {
		s.list(message.New("the list of users, roles and policies is not complete: there may be others"))
	}
	s.list(message.New("root"))
}

func staff(of *offboard.StaffResult) section {
	s := section{title: message.New("Users and the list of staff")}
	s.say(message.New("People on the list: %d; users whom they explain: %d.", of.Listed, of.Matched))
	if !of.Complete {
		for _, g := range of.Gaps {
			s.say(message.New("The list of users is not complete: %s: %s: %s", g.Action, g.Code, g.Why()))
		}
	}
	for _, group := range []struct {
		title message.Message
		users []offboard.StaffUser
	}{{message.New("Unknown: on no line of the list"), of.Unknown}, {message.New("Machines, by the configuration"), of.Machines}} {
		if len(group.users) == 0 {
			continue
		}
		s.say(group.title)
		for _, u := range group.users {
			text := message.New("%s, created %s", u.ARN, message.On(u.Created))
			if u.Note != nil {
				text = message.New("%s; %s", text, *u.Note)
			}
			s.list(text)
		}
	}
	return s
}
