// Package ways shows in HTML who can become an administrator: a picture in layers, by the number of steps, and a list
// that says the same in words. Those who have the same way stand together, so that an account of thousands
// still fits on a page. A page has it by the files in [Assets], of which the template is "ways", and by a [View].
package ways

import (
	"cmp"
	"embed"
	"encoding/json"
	"slices"
	"strings"

	"sekisho/audit"
	"sekisho/audit/access"
	"sekisho/audit/account"
	"sekisho/audit/lists"
	"sekisho/audit/message"
	"sekisho/report/sanitize"
)

//go:embed assets
var Assets embed.FS

// How much a page lists; the command tells the rest.
const (
	mostGroups = 150
	mostNames  = 200
	mostOpen   = 10 // groups whose steps are to be seen without opening them
)

// View is what the template shows.
type View struct {
	Whom    sanitize.Text // they can become
	Sum     sanitize.Text
	Outside sanitize.Text   // how many ways begin outside the account; empty: none
	Others  int             // who can or may become an administrator, or of whom it isn't known
	Unknown []sanitize.Text // what is not known, for it must not be overlooked
	Notes   []sanitize.Text
	Picture *picture // nil: nobody has a way
	Groups  []groupView
	Rest    sanitize.Text // how many are not listed; empty: all are
}

type groupView struct {
	Anchor, Heading, Names, Class sanitize.Text
	Open                          bool
	Steps                         []stepView
	On                            sanitize.Text // what the end hangs on
}

type stepView struct{ How, Allowed, On sanitize.Text }

// SCPs is what neither the ways nor anything else takes into account that is told of one account by itself.
var SCPs = message.New("service control policies are not read: they may take away some of what is told here")

// Notes are what is to be known of the ways: lists that aren't complete, and what was not given.
func Notes(gaps []message.Message, guarded bool) []message.Message {
	if guarded {
		return gaps
	}
	return append(slices.Clone(gaps), SCPs)
}

// Whom are the words for those whom the ways lead to, who are an administrator or have an ARN.
func Whom(to string) message.Message {
	if to == "" {
		return message.New("an administrator")
	}
	return message.New("%s", account.ShortARN(to))
}

// Sum says in one sentence how many there are of each kind.
func Sum(to string, count func(access.Standing) int) message.Message {
	all := 0
	for s := access.CanAscend; s <= access.CannotAscend; s++ {
		all += count(s)
	}
	if to != "" { // who doesn't become itself
		return message.New("%s: %d can become %s, %d possibly, %d can't, %d not known", people(all-count(access.Already)),
			count(access.CanAscend), Whom(to), count(access.MayAscend), count(access.CannotAscend), count(access.Undetermined))
	}
	return message.New("%s: %d administrators already, %d can become one, %d possibly, %d can't, %d not known", people(all),
		count(access.Already), count(access.CanAscend), count(access.MayAscend), count(access.CannotAscend), count(access.Undetermined))
}

// Outside says how many ways begin outside the account; nothing where none does.
func Outside(n int) message.Message {
	if n == 0 {
		return message.Message{}
	}
	return message.New("%s", message.Plural(n, "%d way begins outside the account", "%d ways begin outside the account"))
}

// Allowed says what a step takes, and which statements allow it.
func Allowed(actions, by []string) message.Message {
	allowed := message.New("%s", message.Names(0, actions))
	if len(by) > 0 {
		allowed = message.New("%s, allowed by %s", allowed, message.Names(0, by))
	}
	return allowed
}

// New makes the view of an account's ways; nil where a report has none.
func New(paths *audit.AccessPaths) *View {
	if paths == nil {
		return nil
	}
	whom := Whom(paths.To)
	v := &View{Whom: sanitize.Message(whom), Sum: sanitize.Message(Sum(paths.To, func(s access.Standing) int { return paths.Counts[s.String()] }))}
	v.Outside, v.Others = sanitize.Message(Outside(len(paths.Outside))), len(paths.Outside)
	for _, s := range []access.Standing{access.CanAscend, access.MayAscend, access.Undetermined} {
		v.Others += paths.Counts[s.String()]
	}
	for _, note := range Notes(nil, paths.Guarded) {
		v.Notes = append(v.Notes, sanitize.Message(note))
	}
	for _, gap := range paths.Gaps {
		v.Unknown = append(v.Unknown, sanitize.Message(gap))
	}
	if n := paths.Counts[access.Undetermined.String()]; n > 0 {
		v.Unknown = append(v.Unknown, sanitize.Message(message.New("of %s nobody can say whether they can become %s", people(n), Whom(paths.To))))
	}
	groups, classes := grouped(slices.Concat(paths.Outside, paths.Paths))
	for i, g := range groups {
		if i == mostGroups {
			left := 0
			for _, g := range groups[i:] {
				left += len(g.paths)
			}
			v.Rest = sanitize.Message(message.New("and %s of %s", message.Plural(len(groups)-i, "%d more way", "%d more ways"), principals(left)))
			break
		}
		v.Groups = append(v.Groups, g.view(i, whom))
	}
	end := whom
	if paths.To == "" {
		end = message.New("Administrator")
	}
	v.Picture = draw(classes, end)
	return v
}

func principals(n int) message.Count { return message.Plural(n, "%d principal", "%d principals") }

func people(n int) message.Count { return message.Plural(n, "%d user or role", "%d users and roles") }

// group holds those who have the same way, said in the same words.
type group struct {
	*class
	paths []*audit.AccessPath
}

// class holds the groups of whom the picture tells the same.
type class struct {
	name        string
	groups      []*group
	size, first int // of all paths: how many are of the class, and the first one
	outside     bool
	favoured    bool          // in the picture
	anchor      sanitize.Text // where the list begins to tell of it
}

// later puts those from outside the account first, whom nobody in it looks for.
func (c *class) later(than *class) int {
	switch {
	case c.outside == than.outside:
		return 0
	case c.outside:
		return -1
	}
	return 1
}

// paths are those of all groups of a class.
func (c *class) paths() (all []*audit.AccessPath) {
	for _, g := range c.groups {
		all = append(all, g.paths...)
	}
	return all
}

// hop is a step as it is the same for all who take it; empty texts stand for those who go the way.
type hop struct {
	How, To string
	Sure    bool
	Actions []string
	By      []string
	On      string
}

// actors are whom a way leads through: who goes it, who acts after each step, and the administrator in the end.
func actors(p *audit.AccessPath) []string {
	list := []string{p.Principal}
	for i := 1; i < len(p.Steps); i++ {
		list = append(list, p.Steps[i].From)
	}
	return append(list, p.To)
}

// kind is "user" or "role", by which the short ARN of who goes a way begins, or "outside".
func kind(p *audit.AccessPath) string {
	if !p.Who.Empty() {
		return "outside"
	}
	kind, _, _ := strings.Cut(account.ShortARN(p.Principal), "/")
	return kind
}

// name is who goes a way.
func name(p *audit.AccessPath) message.Message { return p.Who.Or(account.ShortARN(p.Principal)) }

// grouped puts those together who have the same way. Who surely can comes first, then short ways, then those of many.
func grouped(paths []audit.AccessPath) (groups []*group, classes []*class) {
	byText, byName := map[string]*group{}, map[string]*class{}
	for i := range paths {
		p := &paths[i]
		hops := make([]hop, len(p.Steps))
		for n, to := range actors(p)[1:] {
			if n == len(hops) {
				break // there are no steps: who it is is an administrator, possibly
			}
			if to == p.Principal {
				to = ""
			}
			hops[n] = hop{How: p.Steps[n].How, To: to, Sure: p.Steps[n].Sure}
		}
		drawn := key(kind(p), p.Status, hops, p.HangsOn != "")
		if byName[drawn] == nil {
			byName[drawn] = &class{name: drawn, first: i, outside: !p.Who.Empty()}
		}
		byName[drawn].size++
		for n := range hops {
			s := &p.Steps[n]
			hops[n].Actions, hops[n].By, hops[n].On = s.Actions, s.By, s.HangsOn
		}
		text := key(drawn, hops, p.Reason)
		if byText[text] == nil {
			byText[text] = &group{class: byName[drawn]}
			groups = append(groups, byText[text])
		}
		byText[text].paths = append(byText[text].paths, p)
	}
	slices.SortStableFunc(groups, func(a, b *group) int {
		return cmp.Or(cmp.Compare(a.rank(), b.rank()), a.later(b.class), cmp.Compare(len(a.paths[0].Steps), len(b.paths[0].Steps)), cmp.Compare(b.size, a.size),
			cmp.Compare(a.first, b.first), cmp.Compare(len(b.paths), len(a.paths)))
	})
	for i, g := range groups {
		if len(g.groups) == 0 {
			g.anchor = anchor(i)
			classes = append(classes, g.class)
		}
		g.groups = append(g.groups, g)
	}
	return groups, classes
}

// key is equal for equal values.
func key(parts ...any) string {
	text, err := json.Marshal(parts)
	if err != nil {
		panic(err) // strings, numbers and truth values
	}
	return string(text)
}

// standing is the status of a report; what no version of it knows is not known.
func standing(status string) access.Standing {
	for s := access.CanAscend; s <= access.CannotAscend; s++ {
		if s.String() == status {
			return s
		}
	}
	return access.Undetermined
}

func (g *group) rank() access.Standing { return standing(g.paths[0].Status) }

// names are those of a group, without what says that they are users or roles.
func (g *group) names() []message.Message {
	return lists.Map(g.paths, func(p *audit.AccessPath) message.Message {
		if _, name, ok := strings.Cut(account.ShortARN(p.Principal), "/"); ok && p.Who.Empty() {
			return message.New("%s", name)
		}
		return name(p)
	})
}

// who is the group as a subject: one by name, more by number.
func (g *group) who() message.Message {
	p := g.paths[0]
	if len(g.paths) == 1 {
		return name(p)
	}
	return number(kind(p), len(g.paths))
}

func number(kind string, n int) message.Message {
	switch kind {
	case "user":
		return message.New("%s", message.Plural(n, "%d user", "%d users"))
	case "role":
		return message.New("%s", message.Plural(n, "%d role", "%d roles"))
	}
	return message.New("%s", message.Plural(n, "%d from outside", "%d from outside"))
}

func (g *group) heading(whom message.Message) message.Message {
	p, who := g.paths[0], g.who()
	steps := message.Plural(len(p.Steps), "%d step", "%d steps")
	switch standing(p.Status) {
	case access.CanAscend:
		return message.New("%s can become %s in %s", who, whom, steps)
	case access.MayAscend:
		if len(p.Steps) == 0 {
			return message.New("%s: possibly an administrator already", who)
		}
		return message.New("%s can possibly become %s in %s", who, whom, steps)
	case access.Already:
		return message.New("%s: %s already", who, whom)
	case access.CannotAscend:
		return message.New("%s can't become %s", who, whom)
	case access.Inapplicable:
		return message.New("%s: not judged: %s", who, p.Text.Or(p.Reason))
	}
	return message.New("%s: not known: %s", who, p.Text.Or(p.Reason))
}

func (g *group) view(i int, whom message.Message) groupView {
	p := g.paths[0]
	v := groupView{Anchor: anchor(i), Heading: sanitize.Message(g.heading(whom)), Open: i < mostOpen, Class: "known"}
	if standing(p.Status) == access.Undetermined {
		v.Class = "unknown"
	}
	if len(g.paths) > 1 {
		v.Names = sanitize.Message(message.New("%s", message.First(mostNames, g.names())))
	}
	who := actors(p)
	for n := range p.Steps {
		s := &p.Steps[n]
		doer := message.New("%s", account.ShortARN(who[n]))
		switch {
		case who[n] == p.Principal && len(g.paths) > 1:
			doer = each
		case n == 0:
			doer = name(p)
		}
		v.Steps = append(v.Steps, stepView{
			How:     sanitize.Message(message.New("%s %s", doer, s.Text.Or(s.How))),
			Allowed: sanitize.Message(Allowed(s.Actions, s.By)), On: sanitize.Message(hangsOn(s)),
		})
	}
	switch on := p.HangsOnText.Or(p.HangsOn); {
	case on.Empty():
	case p.To == p.Principal && len(g.paths) > 1:
		v.On = "possibly: what they may do hangs on conditions of which nothing is known"
	default:
		v.On = sanitize.Message(message.New("possibly: %s", on))
	}
	return v
}

// each is who acts where several do.
var each = message.New("each of them")

// hangsOn says what a step hangs on; it says nothing where the step is sure.
func hangsOn(s *audit.AccessStep) message.Message {
	if s.Sure {
		return message.Message{}
	}
	return message.New("possibly: it hangs on %s", s.HangsOnText.Or(s.HangsOn))
}

// anchor is where the list tells of a group, or of those that have no room in it.
func anchor(i int) sanitize.Text {
	if i >= mostGroups {
		return "ways-rest"
	}
	return "way-" + sanitize.Int(i+1)
}
