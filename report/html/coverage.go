package html

import (
	"cmp"
	"slices"

	"sekisho/audit"
	"sekisho/report/sanitize"
	"sekisho/report/wording"
)

// gapView stands for calls that failed alike.
type gapView struct {
	Action, Code, For sanitize.Text
	Names             sanitize.Text // a line each, where there are several
	Messages          []sanitize.Text
}

type declinedView struct {
	Section, Reason, Users sanitize.Text
	Count                  int
}

type callsView struct {
	Total, Throttled, Retried int
	Actions, SignIn           []fact
}

// coverage shows what could not be asked, and the bill.
func (v *view) coverage(r *audit.Report) {
	costly, others := wording.NotLooked(r.NotSelected)
	for _, n := range costly {
		v.NotLooked = append(v.NotLooked, fact{Name: sanitize.Terminal(n.Rule), Value: sanitize.Message(n.Cost.Text())})
	}
	for _, n := range others {
		v.NotSelected = append(v.NotSelected, fact{Name: sanitize.Terminal(n.Rule), Value: sanitize.Terminal(n.Reason)})
	}
	v.NotRun = len(r.NotSelected)
	v.GapCount = len(r.Gaps)
	for _, g := range wording.GroupGaps(r.Gaps) {
		text, many := g.For()
		shown := gapView{Action: sanitize.Terminal(g.Action), Code: sanitize.Terminal(g.Code), For: sanitize.Message(text)}
		if many {
			shown.Names = lines(g.Of)
		}
		for _, message := range g.Messages {
			shown.Messages = append(shown.Messages, sanitize.Terminal(message))
		}
		v.Gaps = append(v.Gaps, shown)
	}
	for _, d := range r.Declined {
		v.Declined = append(v.Declined, declinedView{sanitize.Terminal((d.Section)), sanitize.Terminal(d.Reason), lines(d.Users), len(d.Users)})
	}
	for _, note := range r.Remarks() {
		v.Notes = append(v.Notes, sanitize.Message(note))
	}
	v.Calls = callsView{
		Total: r.Calls.Total, Throttled: r.Calls.Throttled, Retried: r.Calls.Retried,
		Actions: counts(r.Calls.ByAction), SignIn: counts(r.Calls.SignIn),
	}
}

// counts puts the most called action first.
func counts(calls map[string]int) []fact {
	var facts []fact
	for action, n := range calls {
		facts = append(facts, fact{Name: sanitize.Terminal(action), Value: sanitize.Int(n)})
	}
	slices.SortFunc(facts, func(x, y fact) int {
		return cmp.Or(cmp.Compare(len(y.Value), len(x.Value)), cmp.Compare(y.Value, x.Value), cmp.Compare(x.Name, y.Name))
	})
	return facts
}
