package plan

import (
	"cmp"
	"slices"

	"sekisho/audit"
	"sekisho/audit/account"
	"sekisho/audit/change"
	"sekisho/audit/lists"
	"sekisho/audit/message"
	"sekisho/audit/plan"
	"sekisho/report/shell"
)

// part is a step, or what time clears: a title, what is to be known, and what is to be done.
type part struct {
	title message.Message
	facts []message.Message
	tasks []task
}

// task is one change, or a step of a person.
type task struct {
	text    message.Message
	code    string            // the command
	console []message.Message // the same in the console
	undo    []string
}

// How much of a step is told without --verbose.
const (
	mostUses  = 3
	mostWork  = 2
	mostRules = 6
)

func parts(p *plan.Plan, verbose bool) []part {
	all := lists.Map(p.Steps, func(s plan.Step) part { return stepPart(s, verbose) })
	for _, w := range p.Waits {
		all = append(all, part{
			title: message.New("No step, for time alone clears it: %s", w.Text), facts: []message.Message{clears(w.Clears)},
		})
	}
	return all
}

var kinds = map[plan.Kind]message.Message{
	plan.ByCommand: message.New("by commands"), plan.ByPerson: message.New("by a person"), plan.Decision: message.New("a person decides"),
}

var levels = map[plan.Level]func(why message.Message) message.Message{
	plan.Low:    func(why message.Message) message.Message { return message.New("low risk: %s", why) },
	plan.Medium: func(why message.Message) message.Message { return message.New("medium risk: %s", why) },
	plan.High:   func(why message.Message) message.Message { return message.New("high risk: %s", why) },
}

func stepPart(s plan.Step, verbose bool) part {
	out := part{title: message.New("%d. %s", s.Number, s.Text)}
	add := func(m message.Message) { out.facts = append(out.facts, m) }
	add(message.New("%s; %s", kinds[s.Kind], levels[s.Risk.Level](s.Risk.Text)))
	add(clears(s.Clears))
	if verbose {
		for _, r := range s.Clears {
			add(message.New("- %s %s: %s", r.Rule, subject(r), r.Message))
		}
	}
	if s.Kind == plan.Decision && !verbose {
		add(message.New("about %s", message.Names(mostRules, lists.Map(s.Clears, subject))))
	}
	if len(s.Adds) > 0 {
		add(message.New("adds, and that is milder: %s", names(verbose, lists.Map(s.Adds, func(r plan.Ref) message.Message { return message.New("%s %s", r.Rule, subject(r)) }))))
	}
	uses := lists.Filter(lists.Map(s.Work, func(w plan.Work) message.Message { return w.Use }), func(m message.Message) bool { return !m.Empty() })
	if n := len(uses); !verbose && n > mostUses+1 {
		uses = append(uses[:mostUses:mostUses], message.New("and %d more; --verbose lists them", n-mostUses))
	}
	out.facts = append(out.facts, uses...)
	if len(s.Touches) > 0 {
		most := mostRules
		if verbose {
			most = 0
		}
		add(message.New("touches %s: %s", message.Plural(len(s.Touches), "%d user or role", "%d users and roles"), message.Names(most, lists.Map(s.Touches, account.ShortARN))))
	}
	for i, guide := range s.Guide {
		out.tasks = append(out.tasks, task{text: message.New("%d. %s", i+1, guide.Text), code: guide.Command})
	}
	if s.Page != "" {
		add(message.New("AWS: %s", s.Page))
	}
	shown := s.Work
	if n := len(shown); !verbose && n > mostWork+1 {
		shown = shown[:mostWork]
		defer func() {
			out.tasks = append(out.tasks, task{text: message.New("and so for %d more; --verbose lists them", n-mostWork)})
		}()
	}
	for _, w := range shown {
		for _, c := range w.Changes {
			out.tasks = append(out.tasks, taskOf(c, verbose))
		}
	}
	if len(s.ProvedWith) > 1 {
		add(message.New("judged together with the steps %d to %d, for the account is large", s.ProvedWith[0], s.ProvedWith[len(s.ProvedWith)-1]))
	}
	add(message.New("then: %s", standing(s.After)))
	return out
}

// taskOf is a change: with --verbose with its way through the console and back.
func taskOf(c plan.Change, verbose bool) task {
	out := task{text: c.Words()}
	if c.Needed {
		out.text = message.New("first: %s", out.text)
	}
	if cmd, ok := c.Command(); ok {
		if out.code, ok = shell.Line(cmd); !ok {
			out.text = message.New("%s: a command with that name can't be written here", out.text)
		}
	}
	if verbose || c.ByHand() && c.Stage != change.Wait {
		out.console = c.Steps()
	}
	if verbose {
		for _, back := range c.Back {
			if cmd, ok := back.Command(); ok {
				if line, ok := shell.Line(cmd); ok {
					out.undo = append(out.undo, line)
				}
			}
		}
	}
	return out
}

// clears says how many findings go, how grave they are, and of which rules.
func clears(refs []plan.Ref) message.Message {
	severities, rules := map[string]int{}, map[string]int{}
	var order []string
	for _, r := range refs {
		severities[r.Severity.String()]++
		if rules[r.Rule]++; rules[r.Rule] == 1 {
			order = append(order, r.Rule)
		}
	}
	slices.SortStableFunc(order, func(x, y string) int { return cmp.Compare(rules[y], rules[x]) })
	by := lists.Map(order, func(rule string) message.Message {
		if rules[rule] == 1 {
			return message.New("%s", rule)
		}
		return message.New("%s (%d)", rule, rules[rule])
	})
	return message.New("clears %s (%s): %s", message.Plural(len(refs), "%d finding", "%d findings"), bySeverity(severities), message.First(mostRules, by))
}

// names lists some messages, or all.
func names(all bool, list []message.Message) message.List {
	if all {
		return message.First(0, list)
	}
	return message.First(mostUses, list)
}

// subject is what a finding is about, in few characters.
func subject(r plan.Ref) string { return audit.Subject(r.Resource, r.Item, r.Name) }
