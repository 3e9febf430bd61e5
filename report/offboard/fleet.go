package offboard

import (
	"io"

	"sekisho/audit/message"
	"sekisho/audit/offboard"
	"sekisho/report/format"
	"sekisho/report/sanitize"
)

// FleetFormats lists the formats of an answer about people in many accounts, the default one first.
func FleetFormats() format.Register[*offboard.Fleet] {
	return format.Register[*offboard.Fleet]{
		{Name: "table", Extensions: []string{".txt"}, Render: func(w io.Writer, f *offboard.Fleet, o format.Options) error { return ofFleet(f).table(w, o) }},
		{Name: "json", Extensions: []string{".json"}, Render: format.Plain(func(w io.Writer, f *offboard.Fleet) error { return sanitize.WriteJSON(w, "the answer", f) })},
		{Name: "markdown", Extensions: []string{".md", ".markdown"}, Render: format.Plain(func(w io.Writer, f *offboard.Fleet) error { return ofFleet(f).markdown(w) })},
		{Name: "html", Extensions: []string{".html", ".htm"}, Render: format.Plain(func(w io.Writer, f *offboard.Fleet) error { return ofFleet(f).html(w) })},
	}
}

// answer is what the formats for people write.
type answer struct {
	demo              bool
	heading           message.Message
	introduction, end []message.Message
	sections          []section
	tool, schema      string
}

func ofAccount(r *offboard.Report) answer {
	return answer{
		demo: r.Demo, heading: message.New("Offboarding: account %s", r.Account.ID), introduction: introduction(r), sections: sections(r), end: end(r),
		tool: r.Tool.Name + " " + r.Tool.Version, schema: r.Schema,
	}
}

// ofFleet tells of each person first what all accounts say, then of each account that knows somebody what it says.
func ofFleet(f *offboard.Fleet) answer {
	a := answer{
		demo: f.Demo, heading: message.New("Offboarding: %s", message.Plural(len(f.Accounts), "%d account", "%d accounts")), tool: f.Tool.Name + " " + f.Tool.Version, schema: f.Schema,
	}
	if f.AsOf != nil {
		a.introduction = append(a.introduction, message.New("As of a run planned %s: AWS was asked nothing now.", message.At(*f.AsOf)))
	} else {
		a.introduction = append(a.introduction, asked(f))
	}
	if !f.ByTags {
		a.introduction = append(a.introduction, message.New("Users were looked for by name: one whose tags alone name a person is not found. --tags looks for these, too."))
	}
	a.introduction = append(append(a.introduction, f.Center.Text), fleetRemarks(f)...)
	for i := range f.People {
		p := &f.People[i]
		s := section{title: message.New("%s", p.Query), verdict: &p.Verdict}
		s.say(message.New("%s", sentence(p.Summary.String())))
		s.usedAfter(p.Severity)
		for _, u := range f.Center.Users {
			if u.Query != p.Query {
				continue
			}
			is := message.New("disabled")
			if u.Enabled {
				is = message.New("enabled")
			}
			who := message.New("%s", u.Name)
			if u.Email != "" && u.Email != u.Name {
				who = message.New("%s (%s)", u.Name, u.Email)
			}
			s.list(message.New("Identity Center: %s, %s", who, is))
		}
		s.accounts(f, message.New("Active in"), p.Active)
		s.accounts(f, message.New("Still there, without a way in"), p.Disabled)
		s.accounts(f, message.New("Gone from"), p.Gone)
		s.accounts(f, message.New("Not known in"), p.Unknown)
		s.near(f, p.Near)
		a.sections = append(a.sections, s)
	}
	var found *offboard.Report
	for i := range f.Accounts {
		of := &f.Accounts[i]
		if of.Report == nil {
			continue
		}
		for j := range of.Report.People {
			if of.Report.People[j].Verdict == offboard.NotFound {
				continue
			}
			s := person(of.Report, &of.Report.People[j])
			s.title = message.New("%s: %s", named(of), s.title)
			a.sections = append(a.sections, s)
			found = of.Report
		}
	}
	if found != nil {
		a.sections = append(a.sections, cannotTell(found))
	}
	return a
}

// asked says of how many accounts AWS answered.
func asked(f *offboard.Fleet) message.Message {
	n := map[offboard.State]int{}
	for i := range f.Accounts {
		n[f.Accounts[i].State]++
	}
	return message.New("%s, %d unknown, %d not asked", message.Plural(n[offboard.Asked], "%d account answered now", "%d accounts answered now"), n[offboard.Failed], n[offboard.NotAsked])
}

// fleetRemarks are those about all accounts, each once.
func fleetRemarks(f *offboard.Fleet) (all []message.Message) {
	seen := map[string]bool{}
	for i := range f.Accounts {
		if r := f.Accounts[i].Report; r != nil {
			for _, m := range remarks(r) {
				if !seen[m.String()] {
					seen[m.String()] = true
					all = append(all, m)
				}
			}
		}
	}
	return all
}

// mostNear is how many similar names are listed.
const mostNear = 10

// near lists users whose names are similar to one that accounts do not know.
func (s *section) near(f *offboard.Fleet, near []offboard.Near) {
	if len(near) == 0 {
		return
	}
	s.say(message.New("Users with a similar name, who are taken for somebody else"))
	for _, of := range near[:min(mostNear, len(near))] {
		for i := range f.Accounts {
			if f.Accounts[i].ID == of.Account {
				s.list(message.New("%s: %s", named(&f.Accounts[i]), of.Name))
			}
		}
	}
	if more := len(near) - mostNear; more > 0 {
		s.list(message.New("and %d more, which JSON lists", more))
	}
}

func named(a *offboard.FleetAccount) message.Message {
	if a.Name == "" {
		return message.New("%s", a.ID)
	}
	return message.New("%s (%s)", a.Name, a.ID)
}

// accounts lists accounts, with why one is not known.
func (s *section) accounts(f *offboard.Fleet, title message.Message, ids []string) {
	if len(ids) == 0 {
		return
	}
	s.say(title)
	for _, id := range ids {
		for i := range f.Accounts {
			switch a := &f.Accounts[i]; {
			case a.ID != id:
			case a.Text.Empty():
				s.list(named(a))
			default:
				s.list(message.New("%s: %s", named(a), a.Text))
			}
		}
	}
}
