package diff

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"sekisho/audit"
	"sekisho/audit/access"
	"sekisho/audit/account"
	"sekisho/audit/message"
)

// Schema identifies the JSON form of a Diff. Added keys are no new version.
const Schema = "sekisho/diff/v1"

// Source is what a side was read from.
type Source string

// The sources.
const (
	SourceReport   Source = "report"   // a report, taken as it stands
	SourceSnapshot Source = "snapshot" // a snapshot, evaluated for the comparison
	SourceEvidence Source = "evidence" // an archive that holds both
)

// Side is one of the two states. Snapshot is nil where the side is a report alone, and Access where nothing is worked out
// of the snapshot yet; Name is for people, such as that of the file.
type Side struct {
	Name     string
	Source   Source
	Report   *audit.Report
	Snapshot *account.Snapshot
	Access   *access.Access
}

// Diff is the whole answer: every format is rendered from it alone.
type Diff struct {
	Schema  string            `json:"schema"`
	Demo    bool              `json:"demo,omitempty"`
	Account audit.AccountInfo `json:"account"`
	Old     Origin            `json:"old"`
	New     Origin            `json:"new"`
	// Notes say what a reader must know of the two sides before trusting the rest.
	Notes   []Note  `json:"notes"`
	Summary Summary `json:"summary"`
	// Settings are those that differ between the configurations of the two reports.
	Settings []Setting `json:"settings"`
	// Findings are sorted by kind, the one that asks most for attention first, then by severity, rule, resource and item.
	Findings []Finding `json:"findings"`
	// RulesNotCompared ran on one side alone.
	RulesNotCompared []RuleNotCompared `json:"rules_not_compared"`
	Changes          []Change          `json:"changes"`
	// Due is what will fail before long, and was not told of on the old side; nil where it was not looked for.
	Due         *audit.Due    `json:"due,omitempty"`
	NotCompared []NotCompared `json:"not_compared"`
}

// Origin tells of a side.
type Origin struct {
	Name               string     `json:"name"`
	Source             Source     `json:"source"`
	TakenAt            time.Time  `json:"taken_at"`
	CredentialReportAt *time.Time `json:"credential_report_at"`
	Tool               audit.Tool `json:"tool"`
	Rules              int        `json:"rules"` // how many ran
}

// Summary counts the findings by kind, what changed, and what could not be compared.
type Summary struct {
	New              int `json:"new"`
	Worse            int `json:"worse"`
	NoLongerExcepted int `json:"no_longer_excepted"`
	NewlyUnknown     int `json:"newly_unknown"`
	NewlyExcepted    int `json:"newly_excepted"`
	StillFailing     int `json:"still_failing"`
	StillUnknown     int `json:"still_unknown"`
	Fixed            int `json:"fixed"`
	NoLongerApplies  int `json:"no_longer_applies"`
	Decided          int `json:"decided"`
	Changes          int `json:"changes"`
	RulesNotCompared int `json:"rules_not_compared"`
	NotCompared      int `json:"not_compared"`
}

// Add adds the counts of another comparison.
func (s *Summary) Add(other Summary) {
	s.New, s.Worse, s.NoLongerExcepted = s.New+other.New, s.Worse+other.Worse, s.NoLongerExcepted+other.NoLongerExcepted
	s.NewlyUnknown, s.NewlyExcepted = s.NewlyUnknown+other.NewlyUnknown, s.NewlyExcepted+other.NewlyExcepted
	s.StillFailing, s.StillUnknown = s.StillFailing+other.StillFailing, s.StillUnknown+other.StillUnknown
	s.Fixed, s.NoLongerApplies, s.Decided = s.Fixed+other.Fixed, s.NoLongerApplies+other.NoLongerApplies, s.Decided+other.Decided
	s.Changes, s.RulesNotCompared, s.NotCompared = s.Changes+other.Changes, s.RulesNotCompared+other.RulesNotCompared, s.NotCompared+other.NotCompared
}

// Kind is what became of a finding.
type Kind string

// The kinds, in the order of a Diff.
const (
	New              Kind = "new"                // fails, and did not
	Worse            Kind = "worse"              // still fails, at a higher severity
	NoLongerExcepted Kind = "no_longer_excepted" // still fails, and no exception covers it any more
	NewlyUnknown     Kind = "newly_unknown"      // was decided, failing or not, and is not now
	NewlyExcepted    Kind = "newly_excepted"     // still fails, and an exception covers it now
	StillFailing     Kind = "still_failing"
	StillUnknown     Kind = "still_unknown"
	Fixed            Kind = "fixed"             // failed, and passes
	NoLongerApplies  Kind = "no_longer_applies" // failed, and the rule does not apply, or what failed is gone: that may be worse
	Decided          Kind = "decided"           // was unknown, and passes, does not apply, or is gone
)

// Kinds lists the kinds in order.
func Kinds() []Kind {
	return []Kind{New, Worse, NoLongerExcepted, NewlyUnknown, NewlyExcepted, StillFailing, StillUnknown, Fixed, NoLongerApplies, Decided}
}

// Failing reports whether the kind is of failures that a reader has not seen before, or not as they are now.
func (k Kind) Failing() bool { return k == New || k == Worse || k == NoLongerExcepted }

// Standing is how a rule stands to a resource on one side: a status, or none.
type Standing string

// The standings.
const (
	Failed       Standing = "fail"
	Unknown      Standing = "unknown"
	Passed       Standing = "pass"
	Inapplicable Standing = "not_applicable"
	Absent       Standing = "absent" // the rule decided everything, and this is not among it
)

// Finding is one verdict on both sides. Old and New are the findings there, where there is one.
type Finding struct {
	Kind     Kind           `json:"kind"`
	Rule     string         `json:"rule"`
	Title    string         `json:"title"`
	Severity audit.Severity `json:"severity"` // the new one's where there is one
	Resource string         `json:"resource"`
	Item     string         `json:"item"`
	Name     string         `json:"name"`
	Was      Standing       `json:"was"`
	Is       Standing       `json:"is"`
	// Note says how a failure ended, or what hides it.
	Note *Note          `json:"note,omitempty"`
	Old  *audit.Finding `json:"old,omitempty"`
	New  *audit.Finding `json:"new,omitempty"`
}

// Note is a sentence for people. Text is what it is made of, for other languages.
type Note struct {
	Message string          `json:"message"`
	Text    message.Message `json:"text"`
}

// newNote is the note of a text, nil where the text says nothing.
func newNote(text message.Message) *Note {
	if text.Empty() {
		return nil
	}
	return &Note{text.String(), text}
}

// RuleNotCompared is a rule that ran on one side alone: nothing of it is new, and nothing fixed.
type RuleNotCompared struct {
	Rule     string         `json:"rule"`
	Title    string         `json:"title"`
	Severity audit.Severity `json:"severity"`
	Lacking  string         `json:"lacking"` // "old" or "new": where it did not run
	Note     Note           `json:"note"`
	Fail     int            `json:"fail"` // what it found on the other side
	Unknown  int            `json:"unknown"`
}

// Setting is a setting that differs, in JSON.
type Setting struct {
	Name string `json:"name"`
	Old  string `json:"old"`
	New  string `json:"new"`
}

// Compare compares two sides of one account.
func Compare(old, new Side) *Diff {
	c := newComparison(old, new)
	d := &Diff{
		Schema: Schema, Demo: new.Report.Demo, Account: new.Report.Account, Old: origin(old), New: origin(new),
		Notes: c.notes(), Settings: differingSettings(old.Report, new.Report),
	}
	c.compareFindings()
	d.Notes = append(d.Notes, c.compareAdmins()...)
	c.compareAccount()
	d.Findings, d.RulesNotCompared = c.findings, c.rulesNotCompared
	d.Changes, d.NotCompared = c.changes, c.skipped()
	d.Due = newlyDue(old.Report.Due, new.Report.Due)
	d.sort()
	d.count()
	return d
}

// newlyDue leaves out what the old side had told.
func newlyDue(old, new *audit.Due) *audit.Due {
	if old == nil || new == nil {
		return new
	}
	told := map[audit.DueItem]bool{}
	plain := func(d audit.DueItem) audit.DueItem {
		d.Exception = nil // for it is another pointer
		return d
	}
	for _, d := range old.Items {
		told[plain(d)] = true
	}
	return &audit.Due{Days: new.Days, Items: slices.DeleteFunc(slices.Clone(new.Items), func(d audit.DueItem) bool { return told[plain(d)] })}
}

// comparison is a comparison under way.
type comparison struct {
	old, new *state
	names    names

	findings         []Finding
	rulesNotCompared []RuleNotCompared
	changes          []Change
	skips            map[skip]*NotCompared
}

func newComparison(old, new Side) *comparison {
	c := &comparison{
		old: newState(old, "OLD"), new: newState(new, "NEW"),
		findings: []Finding{}, rulesNotCompared: []RuleNotCompared{}, changes: []Change{}, skips: map[skip]*NotCompared{},
	}
	c.names = matchNames(c.old, c.new)
	return c
}

func origin(s Side) Origin {
	r := s.Report
	return Origin{Name: s.Name, Source: s.Source, TakenAt: r.TakenAt, CredentialReportAt: r.CredentialReportAt, Tool: r.Tool, Rules: len(r.Rules)}
}

// notes warns of what makes the sides hard to compare.
func (c *comparison) notes() []Note {
	notes := []Note{}
	add := func(text message.Message) { notes = append(notes, *newNote(text)) }
	o, n := c.old.side.Report, c.new.side.Report
	if o.TakenAt.After(n.TakenAt) {
		add(message.New("OLD was taken after NEW (%s and %s): they may be the wrong way round", message.At(o.TakenAt), message.At(n.TakenAt)))
	}
	if at := n.CredentialReportAt; at != nil && o.TakenAt.After(*at) && o.TakenAt.Before(n.TakenAt) {
		add(message.New("NEW rests on a credential report of %s, made before OLD was taken: what changed since OLD may not be in it", message.At(*at)))
	}
	if o.Account.Partition != n.Account.Partition || o.Account.ID != n.Account.ID {
		add(message.New("OLD is of account %s (%s) and NEW of account %s (%s)",
			o.Account.ID, o.Account.Partition, n.Account.ID, n.Account.Partition))
	}
	if o.Demo != n.Demo {
		add(message.New("one side is the demo account, the other is not"))
	}
	return notes
}

func (d *Diff) sort() {
	order := map[Kind]int{}
	for i, kind := range Kinds() {
		order[kind] = i
	}
	slices.SortStableFunc(d.Findings, func(x, y Finding) int {
		return cmp.Or(
			cmp.Compare(order[x.Kind], order[y.Kind]),
			cmp.Compare(y.Severity, x.Severity),
			strings.Compare(x.Rule, y.Rule),
			strings.Compare(x.Resource, y.Resource),
			strings.Compare(x.Item, y.Item),
		)
	})
	slices.SortStableFunc(d.RulesNotCompared, func(x, y RuleNotCompared) int {
		return cmp.Or(strings.Compare(x.Lacking, y.Lacking), cmp.Compare(y.Severity, x.Severity), strings.Compare(x.Rule, y.Rule))
	})
	slices.SortStableFunc(d.Changes, func(x, y Change) int {
		return cmp.Or(
			cmp.Compare(slices.Index(areas, x.Area), slices.Index(areas, y.Area)),
			cmp.Compare(slices.Index(changeKinds, x.Kind), slices.Index(changeKinds, y.Kind)),
			strings.Compare(x.Name, y.Name),
			strings.Compare(x.Resource, y.Resource),
			strings.Compare(x.Item, y.Item),
		)
	})
}

func (d *Diff) count() {
	s := &d.Summary
	counts := map[Kind]*int{
		New: &s.New, Worse: &s.Worse, NoLongerExcepted: &s.NoLongerExcepted, NewlyUnknown: &s.NewlyUnknown, NewlyExcepted: &s.NewlyExcepted,
		StillFailing: &s.StillFailing, StillUnknown: &s.StillUnknown, Fixed: &s.Fixed, NoLongerApplies: &s.NoLongerApplies, Decided: &s.Decided,
	}
	for _, f := range d.Findings {
		*counts[f.Kind]++
	}
	s.Changes, s.RulesNotCompared, s.NotCompared = len(d.Changes), len(d.RulesNotCompared), len(d.NotCompared)
}

// Of returns the findings of a kind.
func (d *Diff) Of(kind Kind) []Finding {
	begin := slices.IndexFunc(d.Findings, func(f Finding) bool { return f.Kind == kind })
	if begin < 0 {
		return nil
	}
	end := begin
	for end < len(d.Findings) && d.Findings[end].Kind == kind {
		end++
	}
	return d.Findings[begin:end]
}

// Subject is what the finding is about, in few characters.
func (f *Finding) Subject() string { return audit.Subject(f.Resource, f.Item, f.Name) }
