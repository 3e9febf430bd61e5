package fleetdiff

import (
	"sekisho/audit/diff"
	"sekisho/audit/fleet"
	"sekisho/audit/message"
	"sekisho/report/wording"
)

// content is what the formats for people show.
type content struct {
	heading   message.Message
	sentences []message.Message
	lists     []list
	rows      []*fleet.DiffRow // accounts in which something changed
	unchanged int
}

// list are accounts of which one thing is said, or the organization.
type list struct {
	title message.Message
	loud  bool
	lines []line
}

type line struct{ text, hint message.Message }

func newContent(d *fleet.Diff) *content {
	s := d.Summary
	c := &content{
		heading: message.New("the run planned %s (%s) and that planned %s (%s)", message.At(d.Old.MadeAt), d.Old.RunID, message.At(d.New.MadeAt), d.New.RunID),
		sentences: []message.Message{
			message.New("%s compared; %d new, %d gone, %d became unknown, %d still unknown, %d no longer audited", message.Plural(s.Compared, "%d account", "%d accounts"),
				s.New, s.Gone, s.BecameUnknown, s.StillUnknown, s.NoLongerAudited),
			message.New("%s in %s, %d newly unknown; %d fixed, in %s without new failures",
				message.Plural(s.Findings.New+s.Findings.Worse+s.Findings.NoLongerExcepted, "%d new failure", "%d new failures"), message.Plural(s.Worse, "%d account", "%d accounts"),
				s.Findings.NewlyUnknown, s.Findings.Fixed, message.Plural(s.Better, "%d account", "%d accounts")),
		},
	}
	if d.Old.MadeAt.After(d.New.MadeAt) {
		c.sentences = append(c.sentences, message.New("Note: the old run is later than the new one: they may be the wrong way round"))
	}
	c.list(d, message.New("Accounts that became unknown"), true, (*fleet.DiffRow).BecameUnknown)
	c.organization(d)
	c.list(d, message.New("Accounts that are still unknown"), true, func(r *fleet.DiffRow) bool { return r.Was == fleet.Unknown && r.Is == fleet.Unknown })
	c.list(d, message.New("New accounts"), false, (*fleet.DiffRow).Appeared)
	c.list(d, message.New("Accounts that are gone: nobody looked whether what failed in them was fixed"), false, (*fleet.DiffRow).Gone)
	c.list(d, message.New("Accounts that are no longer audited"), false, func(r *fleet.DiffRow) bool {
		return r.Is == fleet.NotAudited && r.Was != fleet.NotAudited && r.Was != ""
	})
	c.list(d, message.New("Accounts that are audited now, and were not"), false, func(r *fleet.DiffRow) bool {
		return r.Is == fleet.Audited && (r.Was == fleet.Unknown || r.Was == fleet.NotAudited)
	})
	for i := range d.Accounts {
		r := &d.Accounts[i]
		switch f := r.Findings; {
		case r.Is != fleet.Audited:
		case r.NewFailures()+f.NewlyUnknown+f.Fixed+f.NoLongerApplies+f.Decided+f.NewlyExcepted+f.Changes > 0:
			c.rows = append(c.rows, r)
		default:
			c.unchanged++
		}
	}
	return c
}

func (c *content) list(d *fleet.Diff, title message.Message, loud bool, is func(*fleet.DiffRow) bool) {
	l := list{title: title, loud: loud}
	for i := range d.Accounts {
		r := &d.Accounts[i]
		if !is(r) {
			continue
		}
		one := line{text: named(r)}
		if !r.Text.Empty() {
			one.text = message.New("%s: %s", named(r), r.Text)
		}
		if r.Hint != "" {
			one.hint = message.New("%s", r.Hint)
		}
		l.lines = append(l.lines, one)
	}
	if len(l.lines) > 0 {
		c.lists = append(c.lists, l)
	}
}

func (c *content) organization(d *fleet.Diff) {
	l := list{title: message.New("The organization")}
	for _, change := range d.OrganizationRules {
		if change.Was == diff.Absent && change.Is != diff.Failed && change.Is != diff.Unknown {
			continue
		}
		l.lines = append(l.lines, line{text: message.New("%s (%s) was %s and is %s: %s", change.ID, wording.Word(change.Severity.String()), standing(change.Was), standing(change.Is), change.Text)})
	}
	if len(l.lines) > 0 {
		c.lists = append(c.lists, l)
	}
}

func standing(s diff.Standing) message.Message {
	switch s {
	case diff.Failed:
		return message.New("failing")
	case diff.Passed:
		return message.New("passing")
	case diff.Unknown:
		return message.New("unknown")
	case diff.Inapplicable:
		return message.New("not applicable")
	}
	return message.New("not judged")
}

// named is an account for people: its name, and its number.
func named(r *fleet.DiffRow) message.Message {
	if r.Name == "" {
		return message.New("%s", r.ID)
	}
	return message.New("%s (%s)", r.Name, r.ID)
}

// mostRules are named of an account.
const mostRules = 4

// ruled names rules, those with the most findings first.
func ruled(counts map[string]int) message.Message {
	if len(counts) == 0 {
		return message.Message{}
	}
	return message.New("%s", message.Names(mostRules, fleet.Rules(counts)))
}

// rest says how many a format leaves out.
func rest(n, shown int) message.Message {
	return message.New("and %d more, which CSV and JSON list", n-shown)
}
