package access

import (
	"io"

	"sekisho/audit/access"
	"sekisho/audit/message"
	"sekisho/report/format"
	"sekisho/report/sanitize"
	"sekisho/report/term"
	"sekisho/report/ways"
)

// notes are what is to be known of the answer.
func (p Paths) notes() []message.Message { return ways.Notes(p.Gaps, p.Guarded) }

// everybody is all of whom there is something to tell, those from outside last.
func (p Paths) everybody() (list []*access.Ascent) {
	for _, part := range [][]access.Ascent{p.List, p.Outside} {
		for i := range part {
			list = append(list, &part[i])
		}
	}
	return list
}

// heading is what is said of a principal.
func (p Paths) heading(a *access.Ascent) message.Message {
	who, whom := a.Name(), ways.Whom(p.To)
	switch a.Standing {
	case access.CanAscend:
		return message.New("%s can become %s in %s", who, whom, steps(a))
	case access.MayAscend:
		if len(a.Chain.Steps) == 0 {
			return message.New("%s is possibly an administrator already", who)
		}
		return message.New("%s can possibly become %s in %s", who, whom, steps(a))
	case access.Already:
		return message.New("%s is %s already", who, whom)
	case access.CannotAscend:
		return message.New("%s can't become %s", who, whom)
	case access.Inapplicable:
		return message.New("%s is not judged: %s", who, a.Why)
	}
	return message.New("%s: not known: %s", who, a.Why)
}

func steps(a *access.Ascent) message.Count {
	return message.Plural(len(a.Chain.Steps), "%d step", "%d steps")
}

// Table writes the ways for people, step by step, each with the actions and the statements that allow them.
func Table(w io.Writer, paths Paths, o format.Options) error {
	p := pageWriter{term.NewPage(w, o.Width, o.Color).In(o.Language)}
	p.begin(paths.Account)
	p.say(0, "", ways.Sum(paths.To, func(s access.Standing) int { return paths.Counts[s] }))
	if outside := ways.Outside(len(paths.Outside)); !outside.Empty() {
		p.say(0, "", outside)
	}
	for _, is := range paths.everybody() {
		p.Line("")
		p.Text(0, 2, p.Paint(term.Bold, sanitize.Message(paths.heading(is))))
		if is.Chain == nil {
			continue
		}
		chain(p, is)
		if on := is.HangsOn(); !on.Empty() {
			p.say(2, "", message.New("possibly: %s", on))
		}
	}
	return p.end(paths.notes())
}
