// Package trend tells how an account fared over time, from reports that somebody kept. It judges nothing again: a point
// is what was said on its day, under the rules of its day, and where those differ from the point before, it says so.
package trend

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	"sekisho/audit"
	"sekisho/audit/lists"
	"sekisho/audit/message"
)

// Schema identifies the JSON form of a Trend. Added keys are no new version.
const Schema = "sekisho/trend/v1"

// Trend is the whole answer: every format is rendered from it alone.
type Trend struct {
	Schema  string            `json:"schema"`
	Tool    audit.Tool        `json:"tool"`
	Demo    bool              `json:"demo,omitempty"`
	Account audit.AccountInfo `json:"account"` // as the last report names it
	Points  []Point           `json:"points"`  // the oldest first
	// NotRead are files that may hold a report and can't be read.
	NotRead []NotRead `json:"not_read"`
	// Others counts the files that hold something else.
	Others int `json:"others"`
}

// Point is what one report says.
type Point struct {
	File    string    `json:"file"`
	TakenAt time.Time `json:"taken_at"`
	Version string    `json:"version"` // of the program that made the report
	// Failing counts the failures by severity, excepted ones included.
	Failing  map[string]int `json:"failing"`
	Excepted int            `json:"excepted"`
	Unknown  int            `json:"unknown"`
	// Complete and Applicable are the points of the Security Status that pass, and those that apply.
	Complete   int `json:"complete"`
	Applicable int `json:"applicable"`
	// Console counts the users with a console password, and WithMFA those of them who have an MFA device. MFAUnknown are
	// those of whom one of the two isn't known.
	Users      int `json:"users"`
	Console    int `json:"console"`
	WithMFA    int `json:"with_mfa"`
	MFAUnknown int `json:"mfa_unknown"`
	Rules      int `json:"rules"` // how many ran
	// Notes say what makes the point hard to compare with the one before.
	Notes []message.Message `json:"notes,omitempty"`

	rules  []string
	sha256 string
	of     audit.AccountInfo
	demo   bool
}

// NotRead is a file that can't be read, and why.
type NotRead struct {
	File   string `json:"file"`
	Reason string `json:"reason"`
}

// PointOf counts what a report says.
func PointOf(file string, r *audit.Report) Point {
	p := Point{
		File: file, TakenAt: r.TakenAt, Version: r.Tool.Version, Failing: map[string]int{}, Excepted: r.Summary.Excepted, Unknown: r.Summary.Unknown,
		Complete: r.SecurityStatus.Complete, Users: len(r.Users), Rules: len(r.Rules), sha256: r.Configuration.SHA256, of: r.Account, demo: r.Demo,
	}
	for _, severity := range audit.Severities() {
		p.Failing[severity.String()] = r.Summary.FailedBySeverity[severity.String()]
	}
	for _, item := range r.SecurityStatus.Items {
		if item.Status != audit.StatusNotApplicable {
			p.Applicable++
		}
	}
	for i := range r.Users {
		switch u := &r.Users[i]; {
		case u.Password.Enabled == nil:
			p.MFAUnknown++
		case !*u.Password.Enabled:
		case u.MFAActive == nil:
			p.Console++
			p.MFAUnknown++
		case *u.MFAActive:
			p.Console++
			p.WithMFA++
		default:
			p.Console++
		}
	}
	for i := range r.Rules {
		p.rules = append(p.rules, r.Rules[i].ID)
	}
	return p
}

// Of puts points into the order of their times. A report that is there twice, such as in evidence and beside it, is one
// point. Points of several accounts are no trend.
func Of(tool audit.Tool, points []Point, notRead []NotRead) (*Trend, error) {
	if len(points) == 0 {
		return nil, errors.New("got no report, want evidence files (audit --evidence) or reports (audit -o x.json)")
	}
	slices.SortFunc(points, func(x, y Point) int { return cmp.Or(x.TakenAt.Compare(y.TakenAt), cmp.Compare(x.File, y.File)) })
	points = slices.CompactFunc(points, same)
	for i := range points[1:] {
		before, p := &points[i], &points[i+1]
		if p.of.ID != before.of.ID || p.of.Partition != before.of.Partition {
			return nil, fmt.Errorf("got the accounts %s (%s) and %s (%s), want one and the same", before.of.ID, before.File, p.of.ID, p.File)
		}
		p.Notes = p.since(before)
	}
	last := &points[len(points)-1]
	return &Trend{Schema: Schema, Tool: tool, Demo: last.demo, Account: last.of, Points: points, NotRead: lists.OrEmpty(notRead)}, nil
}

// same reports whether two points are of one report.
func same(x, y Point) bool {
	return x.TakenAt.Equal(y.TakenAt) && x.of.ID == y.of.ID && x.sha256 == y.sha256 && x.Version == y.Version && slices.Equal(x.rules, y.rules) &&
		x.Unknown == y.Unknown && x.Excepted == y.Excepted && x.Fails() == y.Fails()
}

// Fails is how many failures there are, of all severities.
func (p *Point) Fails() int {
	n := 0
	for _, count := range p.Failing {
		n += count
	}
	return n
}

// mostRules is how many rules a note names.
const mostRules = 3

// since notes what differs in how two points were judged.
func (p *Point) since(before *Point) []message.Message {
	var notes []message.Message
	if more := without(p.rules, before.rules); len(more) > 0 {
		notes = append(notes, message.New("%s that did not run before: %s", message.Plural(len(more), "%d rule", "%d rules"), message.Names(mostRules, more)))
	}
	if fewer := without(before.rules, p.rules); len(fewer) > 0 {
		notes = append(notes, message.New("%s that ran before did not: %s", message.Plural(len(fewer), "%d rule", "%d rules"), message.Names(mostRules, fewer)))
	}
	if p.sha256 != before.sha256 {
		notes = append(notes, message.New("another configuration file"))
	}
	if p.Version != before.Version {
		notes = append(notes, message.New("made by version %s, before by %s", p.Version, before.Version))
	}
	return notes
}

// without lists what is in a list and not in another.
func without(list, other []string) []string {
	return lists.Filter(list, func(id string) bool { return !slices.Contains(other, id) })
}
