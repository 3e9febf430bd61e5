package wording

import (
	"time"

	"sekisho/audit"
	"sekisho/audit/message"
)

// DueLine is what falls due on one day for one reason.
type DueLine struct {
	On       time.Time
	Severity audit.Severity
	Rule     string
	What     message.Message // what will be wrong, or which exception ends
	Names    []string
}

// dueNames is how many names stand in a line.
const dueNames = 10

// DueLines gathers what falls due, in the report's order: the soonest first.
func DueLines(due *audit.Due) []DueLine {
	var lines []DueLine
	type reason struct {
		on   time.Time
		rule string
		ends audit.Exception
	}
	at := map[reason]int{}
	for i := range due.Items {
		d := &due.Items[i]
		r, what := reason{on: d.On, rule: d.Rule}, message.New("%s", d.Problem)
		if d.Exception != nil {
			r.ends, what = *d.Exception, message.New("exception ends: %s", Exception(d.Exception))
		}
		n, known := at[r]
		if !known {
			n = len(lines)
			at[r] = n
			lines = append(lines, DueLine{On: d.On, Severity: d.Severity, Rule: d.Rule, What: what})
		}
		lines[n].Names = append(lines[n].Names, audit.Subject(d.Resource, d.Item, d.Name))
	}
	return lines
}

// Few are the first names of a line, and how many more there are.
func (l *DueLine) Few() message.Message { return message.New("%s", message.Names(dueNames, l.Names)) }

// DueWithin says how much falls due, and within how many days.
func DueWithin(due *audit.Due) message.Message {
	if len(due.Items) == 0 {
		return message.New("nothing within %s", message.Days(due.Days))
	}
	return message.New("%s within %s", message.Plural(len(due.Items), "%d failure", "%d failures"), message.Days(due.Days))
}
