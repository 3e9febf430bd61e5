package audit

import (
	"cmp"
	"maps"
	"slices"
	"sort"
	"strings"
	"time"
)

// MaxDueDays is how far ahead a run looks at most.
const MaxDueDays = 366

const day = 24 * time.Hour

// Due is what does not count as a failure today, and will within some days if nobody does anything.
type Due struct {
	Days  int       `json:"days"`
	Items []DueItem `json:"items"` // the soonest first, then the worst
}

// DueItem is one of these: something that gets too old, or a failure whose exception ends.
type DueItem struct {
	On       time.Time `json:"on"` // midnight UTC, with which the day of the failure begins
	Rule     string    `json:"rule"`
	Problem  string    `json:"problem"` // what will be wrong
	Severity Severity  `json:"severity"`
	// Resource, Item, Name and ResourceID are as of a Finding.
	Resource   string `json:"resource"`
	Item       string `json:"item"`
	Name       string `json:"name"`
	ResourceID string `json:"resource_id,omitempty"`
	// Exception is the one that ends on that day, where it is that which makes the failure count.
	Exception *Exception `json:"exception,omitempty"`
}

// findingKey tells what a finding is about.
type findingKey struct{ rule, resource, item string }

func (f *Finding) key() findingKey { return findingKey{f.Rule, f.Resource, f.Item} }

// due looks ahead by letting the rules that time alone can make fail judge the same answers at later times. What fails
// today is told already, and comes again here only where its exception ends; so is that something of a resource is
// unknown, of which no day could be told.
func (e *evaluation) due(report *Report, rules []*Rule, kinds []kind) *Due {
	if e.opts.DueDays == 0 {
		return nil
	}
	due := &Due{Days: e.opts.DueDays, Items: []DueItem{}}
	today := report.TakenAt.UTC().Truncate(day)
	on := make([]time.Time, len(report.Findings)) // zero for what fails today
	ahead := slices.Clone(report.Findings)
	excepted := make([]*Exception, len(ahead))
	known, unknown := make(map[findingKey]bool, len(ahead)), map[findingKey]bool{}
	for i := range ahead {
		known[ahead[i].key()] = true
		if ahead[i].Status == StatusUnknown {
			unknown[findingKey{rule: ahead[i].Rule, resource: ahead[i].Resource}] = true
		}
		excepted[i], ahead[i].Exception = ahead[i].Exception, nil
	}
	problems := make(map[string]string, len(rules))
	for _, rule := range rules {
		problems[rule.ID] = rule.Problem
		if !rule.Ages || e.opts.Interrupted.Now() {
			continue
		}
		f := forecast{evaluation: e, rule: rule, today: today, days: map[int]map[findingKey]Finding{}}
		for _, key := range f.order(e.opts.DueDays) {
			if !known[key] && !unknown[findingKey{rule: key.rule, resource: key.resource}] {
				n := f.first(key, e.opts.DueDays)
				ahead = append(ahead, f.on(n)[key])
				on = append(on, today.AddDate(0, 0, n))
				excepted = append(excepted, nil)
			}
		}
	}
	then := &Report{Account: report.Account, TakenAt: today.AddDate(0, 0, e.opts.DueDays+1).Add(-1), Findings: ahead}
	except(then, rules, e.opts.Exceptions, kinds)
	for i, f := range then.Findings {
		if f.Status != StatusFail || f.Exception != nil || on[i].IsZero() && excepted[i] == nil {
			continue
		}
		item := DueItem{On: on[i], Rule: f.Rule, Problem: problems[f.Rule], Severity: f.Severity, Resource: f.Resource, Item: f.Item, Name: f.Name, ResourceID: f.ResourceID, Exception: excepted[i]}
		if excepted[i] != nil {
			item.On = excepted[i].Expires.UTC().Truncate(day)
		}
		due.Items = append(due.Items, item)
	}
	slices.SortStableFunc(due.Items, func(x, y DueItem) int {
		return cmp.Or(x.On.Compare(y.On), cmp.Compare(y.Severity, x.Severity), cmp.Compare(e.order[x.Rule], e.order[y.Rule]),
			strings.Compare(x.Resource, y.Resource), strings.Compare(x.Item, y.Item))
	})
	return due
}

// forecast is what a rule finds at the end of coming days; 0 is today.
type forecast struct {
	*evaluation
	rule  *Rule
	today time.Time
	days  map[int]map[findingKey]Finding
}

// on are the failures at the end of a day.
func (f *forecast) on(n int) map[findingKey]Finding {
	if f.days[n] == nil {
		f.days[n] = map[findingKey]Finding{}
		for _, finding := range f.runAt(f.rule, f.today.AddDate(0, 0, n+1)).findings {
			if finding.Status == StatusFail {
				f.days[n][finding.key()] = finding
			}
		}
	}
	return f.days[n]
}

// order lists what fails at the end of a day.
func (f *forecast) order(n int) []findingKey {
	return slices.SortedFunc(maps.Keys(f.on(n)), func(x, y findingKey) int {
		return cmp.Or(strings.Compare(x.resource, y.resource), strings.Compare(x.item, y.item))
	})
}

// first is the first day at whose end something fails that does so on the last: what is too old stays so.
func (f *forecast) first(key findingKey, last int) int {
	return sort.Search(last, func(n int) bool {
		_, fails := f.on(n)[key]
		return fails
	})
}
