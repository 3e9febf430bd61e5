package whatif

import (
	"cmp"
	"slices"
	"strings"

	"sekisho/audit"
	"sekisho/audit/access"
	"sekisho/audit/account"
	"sekisho/audit/change"
	"sekisho/audit/lists"
	"sekisho/audit/message"
	"sekisho/audit/whatif"
	"sekisho/report/enforcement"
	"sekisho/report/shell"
	"sekisho/report/ways"
)

// section is a part of the answer, in the order in which it is read: lines, each maybe with lines below it, and a grid.
type section struct {
	title message.Message
	empty message.Message // said where there are no lines
	lines []line
	grid  [][]message.Message // the first row has the titles
}

type line struct {
	text  message.Message
	code  string // a command
	alarm bool
}

// mostNamed are the names in a line, mostLines the lines of a section, where there is little room.
const mostNamed, mostLines = 8, 12

func sections(a Answer, verbose bool) []section {
	named := mostNamed
	if verbose {
		named = 0
	}
	all := []section{tried(a.Steps), unknown(a.Effects, named), keys(a.Effects, named), people(a.Effects, named), matrix(a.Effects, named), losses(a.Effects, named), administrators(a.Effects, named)}
	if len(a.Effects.Unknown) == 0 {
		all = slices.Delete(all, 1, 2)
	}
	for i := range all {
		if n := len(all[i].lines); !verbose && n > mostLines+1 {
			all[i].lines = append(all[i].lines[:mostLines:mostLines], line{text: message.New("and %d more; --verbose lists them", n-mostLines)})
		}
	}
	return all
}

func tried(steps []change.Step) section {
	s := section{title: message.New("What is tried")}
	for _, step := range steps {
		l := line{text: step.Words()}
		if step.Needed {
			l.text = message.New("first: %s", l.text)
		}
		if cmd, ok := step.Command(); ok {
			if l.code, ok = shell.Line(cmd); !ok {
				l.text = message.New("%s: a command with that name can't be written here", l.text)
			}
		}
		s.lines = append(s.lines, l)
	}
	return s
}

// keys tells which programs stop. Of keys that nobody uses only the number is told.
func keys(e *whatif.Effects, named int) section {
	s := section{title: message.New("Keys that would stop working"), empty: message.New("none of those in use")}
	idle, maybe := 0, []message.Message(nil)
	some := map[whatif.Verdict][]string{}
	for _, k := range e.Keys {
		owner := message.New("user/%s", k.User)
		if k.Machine {
			owner = message.New("the machine user/%s", k.User)
		}
		switch {
		case k.Verdict == whatif.MayStop:
			maybe = append(maybe, message.New("%s of %s for %s", k.Key, owner, k.Service))
		case !k.InUse:
			idle++
		case k.All && k.Verdict == whatif.Stops:
			s.lines = append(s.lines, line{text: message.New("%s of %s: nothing is open to it any more; %s", k.Key, owner, use(k)), alarm: true})
		case k.All:
			s.lines = append(s.lines, line{text: message.New("%s of %s: possibly nothing is open to it any more, by a condition of which nothing is known; %s", k.Key, owner, use(k)), alarm: true})
		case k.Verdict == whatif.Stops:
			s.lines = append(s.lines, line{text: message.New("%s of %s: what it was last used for is refused; %s", k.Key, owner, use(k)), alarm: true})
		case k.Verdict == whatif.Possibly:
			s.lines = append(s.lines, line{text: message.New("%s of %s: what it was last used for is possibly refused, by a condition of which nothing is known; %s", k.Key, owner, use(k)), alarm: true})
		case k.Verdict == whatif.Deleted:
			s.lines = append(s.lines, line{text: message.New("%s of %s: it is gone or inactive; %s", k.Key, owner, use(k)), alarm: true})
		default:
			some[k.Verdict] = append(some[k.Verdict], k.User)
		}
	}
	if len(maybe) > 0 {
		list := message.Parts(maybe...)
		if named > 0 && len(list.Items) > named {
			list.More, list.Items = int64(len(list.Items)-named), list.Items[:named]
		}
		s.lines = append(s.lines, line{text: message.New("may stop, for AWS does not say whether MFA is asked of them, nor when they were used: %s", list), alarm: true})
	}
	if users := some[whatif.NeedsMFA]; len(users) > 0 {
		s.lines = append(s.lines, line{text: message.New("go on in a session with MFA alone (aws sts get-session-token): %s", message.Names(named, users))})
	}
	if users := some[whatif.LosesSome]; len(users) > 0 {
		s.lines = append(s.lines, line{text: message.New("go on, and lose something that they were not last used for: %s", message.Names(named, users))})
	}
	if idle > 0 {
		s.lines = append(s.lines, line{text: message.New("and %s that nobody used lately", message.Plural(idle, "%d key", "%d keys"))})
	}
	return s
}

func use(k whatif.KeyEffect) message.Message {
	if k.LastUsed == nil {
		return message.New("when it was used last is not known")
	}
	if k.Region == "" || k.Region == "N/A" {
		return message.New("used %s for %s", message.At(*k.LastUsed), k.Service)
	}
	return message.New("used %s for %s in %s", message.At(*k.LastUsed), k.Service, k.Region)
}

// doors says of each verdict on people what it means, those first that lock out.
var doors = []struct {
	verdict whatif.Verdict
	means   message.Message
}{
	{whatif.Deleted, message.New("can sign in no more: the user or the password is gone")},
	{whatif.LockedOut, message.New("locked out: nothing is open without a device, and they can't enrol one")},
	{whatif.NoFirst, message.New("can't sign in: the password must be changed first, and that is refused")},
	{whatif.MustEnrol, message.New("must enrol an MFA device before anything else is open")},
	{whatif.CantEnrol, message.New("can't enrol a device by themselves")},
}

func people(e *whatif.Effects, named int) section {
	s := section{title: message.New("People without an MFA device, and first sign-ins"), empty: message.New("nobody is affected")}
	for _, door := range doors {
		for _, asNow := range []bool{false, true} {
			var sure, possibly []string
			for _, p := range e.People {
				switch {
				case p.Verdict != door.verdict || p.AsNow != asNow:
				case p.Sure:
					sure = append(sure, p.User)
				default:
					possibly = append(possibly, p.User)
				}
			}
			add := func(users []string, text func(message.Message, message.List) message.Message) {
				if len(users) > 0 {
					s.lines = append(s.lines, line{text: text(door.means, message.Names(named, users)), alarm: !asNow && door.verdict != whatif.CantEnrol})
				}
			}
			if asNow {
				add(append(sure, possibly...), func(m message.Message, l message.List) message.Message { return message.New("%s, as now: %s", m, l) })
				continue
			}
			add(sure, func(m message.Message, l message.List) message.Message { return message.New("%s: %s", m, l) })
			add(possibly, func(m message.Message, l message.List) message.Message { return message.New("possibly %s: %s", m, l) })
		}
	}
	return s
}

// protection is how a way in stands, coarsely.
type protection int

const (
	protected protection = iota
	unprotected
	uncertain
	noWay
)

func standing(c enforcement.Cell) protection {
	switch {
	case c.Kind == enforcement.Lacking:
		return noWay
	case c.Level == enforcement.Wrong:
		return unprotected
	case c.Level == enforcement.Vague:
		return uncertain
	}
	return protected
}

// matrix counts how MFA protects the ways in, before and after, and names whose change.
func matrix(e *whatif.Effects, named int) section {
	s := section{title: message.New("Does MFA protect each way in?"), grid: [][]message.Message{
		{message.New("way in"), message.New("protected"), message.New("not protected"), message.New("unknown")},
	}}
	ways := []struct {
		title message.Message
		of    func(enforcement.Row) enforcement.Cell
	}{
		{message.New("console"), func(r enforcement.Row) enforcement.Cell { return r.Console }},
		{message.New("access key"), func(r enforcement.Row) enforcement.Cell { return r.AccessKey }},
	}
	moved := map[string][]string{}
	for i, way := range ways {
		var counts [2][4]int
		for _, row := range e.Matrix {
			var cells [2]enforcement.Cell
			for side, r := range []*audit.EnforcementRow{row.Before, row.After} {
				if r == nil {
					cells[side].Kind = enforcement.Lacking
				} else {
					cells[side] = way.of(enforcement.Of(*r))
				}
				counts[side][standing(cells[side])]++
			}
			if was, is := standing(cells[0]), standing(cells[1]); was != is && (was == protected || is == protected) {
				key := string(rune('0'+i)) + string(rune('0'+is))
				moved[key] = append(moved[key], row.Name)
			}
		}
		cell := func(p protection) message.Message { return message.New("%d → %d", counts[0][p], counts[1][p]) }
		s.grid = append(s.grid, []message.Message{way.title, cell(protected), cell(unprotected), cell(uncertain)})
		for is, says := range map[protection]message.Message{protected: message.New("protected now"), unprotected: message.New("no longer protected"), uncertain: message.New("no longer known to be protected"), noWay: message.New("no such way in any more")} {
			if users := moved[string(rune('0'+i))+string(rune('0'+is))]; len(users) > 0 {
				s.lines = append(s.lines, line{text: message.New("%s, %s: %s", way.title, says, message.Names(named, users)), alarm: is == unprotected})
			}
		}
	}
	slices.SortStableFunc(s.lines, func(a, b line) int { return strings.Compare(a.text.String(), b.text.String()) })
	return s
}

// mostServices are those that are named of what somebody loses.
const mostServices = 5

// losses puts those who lose the same into one line.
func losses(e *whatif.Effects, named int) section {
	s := section{title: message.New("Who would lose which access"), empty: message.New("nobody who stays loses what they can do with the credentials that they have now")}
	var order []string
	who, what := map[string][]string{}, map[string]message.Message{}
	for _, row := range e.Losses {
		parts := lists.Map(row.Lost, func(l access.Loss) message.Message {
			switch {
			case !l.Sure:
				return message.New("possibly %s", l.Service)
			case l.Whole:
				return message.New("%s", l.Service)
			}
			return message.New("%s in part (%s)", l.Service, message.Some(2, l.Count-min(2, len(l.Actions)), l.Actions[:min(2, len(l.Actions))]))
		})
		list := message.Parts(parts[:min(mostServices, len(parts))]...)
		list.More = int64(len(parts) - len(list.Items))
		text := message.New("%s", list)
		key := text.String()
		if len(who[key]) == 0 {
			order, what[key] = append(order, key), text
		}
		who[key] = append(who[key], account.ShortARN(row.ARN))
	}
	for _, key := range order {
		s.lines = append(s.lines, line{text: message.New("%s: %s", message.Names(named, who[key]), what[key])})
	}
	if len(s.lines) > 0 {
		s.lines = append(s.lines, line{text: message.New("note: %s", ways.SCPs)})
	}
	return s
}

// unknown says of whom something can't be told, those together of whom it is for one reason.
func unknown(e *whatif.Effects, named int) section {
	s := section{title: message.New("Not known")}
	var reasons []message.Message
	who := map[string][]string{}
	for _, u := range e.Unknown {
		if who[u.Reason] == nil {
			reasons = append(reasons, u.Text)
		}
		if name := account.ShortARN(u.ARN); !slices.Contains(who[u.Reason], name) {
			who[u.Reason] = append(who[u.Reason], name)
		}
	}
	for _, reason := range reasons {
		s.lines = append(s.lines, line{text: message.New("%s: %s", message.Names(named, who[reason.String()]), reason), alarm: true})
	}
	return s
}

// standings are the words of an administrator's row.
var standings = map[string]message.Message{
	access.Already.String(): message.New("an administrator"), access.CanAscend.String(): message.New("can become one"), access.MayAscend.String(): message.New("possibly can become one"),
	access.CannotAscend.String(): message.New("can't become one"), access.Undetermined.String(): message.New("not known"), "absent": message.New("not there"),
}

// administrators tells first of those who stand otherwise than before.
func administrators(e *whatif.Effects, named int) section {
	s := section{title: message.New("Administrators, and who can become one"), empty: message.New("nobody, before and after")}
	near := func(standing string) int {
		return slices.Index([]string{access.Undetermined.String(), access.MayAscend.String(), access.CanAscend.String(), access.Already.String()}, standing)
	}
	var order []whatif.AdminRow
	who := map[whatif.AdminRow][]string{}
	for _, row := range e.Administrators {
		pair := whatif.AdminRow{Before: row.Before, After: row.After}
		if who[pair] == nil {
			order = append(order, pair)
		}
		who[pair] = append(who[pair], account.ShortARN(row.ARN))
	}
	same := func(r whatif.AdminRow) int {
		if r.Before == r.After {
			return 1
		}
		return 0
	}
	slices.SortStableFunc(order, func(a, b whatif.AdminRow) int {
		return cmp.Or(cmp.Compare(same(a), same(b)), near(b.After)-near(a.After), near(b.Before)-near(a.Before))
	})
	for _, pair := range order {
		l := line{text: message.New("%s, before and after: %s", standings[pair.Before], message.Names(named, who[pair]))}
		if pair.Before != pair.After {
			l = line{message.New("%s → %s: %s", standings[pair.Before], standings[pair.After], message.Names(named, who[pair])), "", near(pair.After) > near(pair.Before)}
		}
		s.lines = append(s.lines, l)
	}
	return s
}
