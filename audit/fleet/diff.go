package fleet

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"sekisho/audit"
	"sekisho/audit/account"
	"sekisho/audit/diff"
	"sekisho/audit/message"
	"sekisho/audit/orgpolicy"
)

// DiffSchema identifies the JSON form of a Diff. Added keys are no new version.
const DiffSchema = "sekisho/fleet-diff/v1"

// Differ compares two runs, account by account.
type Differ struct {
	Old, New Run
	Tool     audit.Tool
	// Compare compares what was read of an account; Judge judges one of which nothing was known before. Both may be called
	// concurrently.
	Compare func(ctx context.Context, a Account, old, new *account.Snapshot) (*diff.Diff, error)
	Judge   func(ctx context.Context, a Account, new *account.Snapshot) (*audit.Report, error)
	// Organization are the settings that the organization itself is judged by.
	Organization orgpolicy.Settings
	// Each is told what changed in each account, one at a time and in the order of the IDs.
	Each func(Account, *diff.Diff) error
}

// Diff is what changed between two runs: sums of each account, whose findings are for Each.
type Diff struct {
	Schema  string      `json:"schema"`
	Tool    audit.Tool  `json:"tool"`
	Demo    bool        `json:"demo,omitempty"`
	Old     RunInfo     `json:"old"`
	New     RunInfo     `json:"new"`
	Summary DiffSummary `json:"summary"`
	// OrganizationRules are the verdicts about the organization that are others than before.
	OrganizationRules []OrganizationChange `json:"organization_rules"`
	// Accounts are those of either run that one of them meant to audit: what needs something first.
	Accounts []DiffRow `json:"accounts"`
}

// RunInfo names a run.
type RunInfo struct {
	RunID    string    `json:"run_id"`
	Manifest string    `json:"manifest_sha256"`
	MadeAt   time.Time `json:"made_at"`
}

// DiffSummary counts accounts, and what changed in all of them.
type DiffSummary struct {
	Compared        int `json:"compared"`
	New             int `json:"new_accounts"`
	Gone            int `json:"gone_accounts"`
	BecameUnknown   int `json:"became_unknown"`
	StillUnknown    int `json:"still_unknown"`
	NoLongerUnknown int `json:"no_longer_unknown"`
	NoLongerAudited int `json:"no_longer_audited"`
	NewlyAudited    int `json:"newly_audited"`
	// Worse counts the accounts with new failures, and Better those in which something was fixed and nothing newly fails.
	Worse    int          `json:"worse"`
	Better   int          `json:"better"`
	Findings diff.Summary `json:"findings"`
}

// DiffRow is one account in both runs. Was and Is are what the runs say of it; empty where one does not have it.
type DiffRow struct {
	Account
	Was State `json:"was,omitempty"`
	Is  State `json:"is,omitempty"`
	// Text says why it is unknown or not audited.
	Message string          `json:"message,omitempty"`
	Text    message.Message `json:"text,omitzero"`
	Hint    string          `json:"hint,omitempty"`

	Findings diff.Summary `json:"findings"`
	// Failing are the rules of new failures, Fixed those of what was fixed, each with how many.
	Failing map[string]int `json:"failing,omitempty"`
	Fixed   map[string]int `json:"fixed,omitempty"`
}

// Appeared reports whether the account is in the later run alone.
func (r *DiffRow) Appeared() bool { return r.Was == "" && r.Is != "" }

// Gone reports whether the account is in the earlier run alone.
func (r *DiffRow) Gone() bool { return r.Was != "" && r.Is == "" }

// BecameUnknown reports whether the account is unknown, and was not.
func (r *DiffRow) BecameUnknown() bool { return r.Is == Unknown && r.Was != Unknown }

// NewFailures counts the failures that a reader has not seen before, or not as they are now.
func (r *DiffRow) NewFailures() int {
	return r.Findings.New + r.Findings.Worse + r.Findings.NoLongerExcepted
}

// OrganizationChange is a verdict about the organization that is another than before.
type OrganizationChange struct {
	ID       string          `json:"id"`
	Title    string          `json:"title"`
	Severity audit.Severity  `json:"severity"`
	Was      diff.Standing   `json:"was"` // absent where the earlier run did not read the organization
	Is       diff.Standing   `json:"is"`
	Message  string          `json:"message"`
	Text     message.Message `json:"text"`
	// Exception covers the failure, if it is set.
	Exception *audit.Exception `json:"exception,omitempty"`
}

// Run compares the runs. In memory are as many pairs of accounts as there are processors, and of each account its row.
func (d *Differ) Run(ctx context.Context) (*Diff, error) {
	all := &Diff{
		Schema: DiffSchema, Tool: d.Tool, Demo: d.New.Manifest.Demo, Old: d.Old.info(), New: d.New.info(), Accounts: []DiffRow{},
		OrganizationRules: organizationChanges(verdictsOf(d.Old.Manifest, d.Organization), verdictsOf(d.New.Manifest, d.Organization)),
	}
	pairs := pairsOf(d.Old.Manifest, d.New.Manifest)
	type compared struct {
		row  DiffRow
		diff *diff.Diff
	}
	err := inTurn(ctx, len(pairs), 0, func(ctx context.Context, i int) (compared, error) {
		row, changes, err := d.pair(ctx, pairs[i])
		return compared{row, changes}, err
	}, func(_ int, c compared) error {
		all.add(c.row)
		if c.diff == nil {
			return nil
		}
		return d.Each(c.row.Account, c.diff)
	})
	slices.SortStableFunc(all.Accounts, func(x, y DiffRow) int {
		return cmp.Or(cmp.Compare(y.rank(), x.rank()), cmp.Compare(y.NewFailures(), x.NewFailures()), cmp.Compare(y.Findings.NewlyUnknown, x.Findings.NewlyUnknown),
			cmp.Compare(y.Findings.Fixed, x.Findings.Fixed), cmp.Compare(x.Name, y.Name), cmp.Compare(x.ID, y.ID))
	})
	return all, err
}

func (r Run) info() RunInfo { return RunInfo{r.Manifest.RunID, r.Digest, r.Manifest.MadeAt} }

// rank is higher for what needs something.
func (r *DiffRow) rank() int {
	switch {
	case r.BecameUnknown():
		return 3
	case r.NewFailures() > 0, r.Findings.NewlyUnknown > 0:
		return 2
	case r.Appeared(), r.Gone():
		return 1
	}
	return 0
}

// pairsOf puts the accounts of two manifests, which are sorted, beside each other.
func pairsOf(old, new *Manifest) (pairs [][2]*Account) {
	x, y := old.Accounts, new.Accounts
	for len(x) > 0 || len(y) > 0 {
		order := -1
		switch {
		case len(x) == 0:
			order = 1
		case len(y) > 0:
			order = strings.Compare(x[0].ID, y[0].ID)
		}
		var pair [2]*Account
		if order <= 0 {
			pair[0], x = &x[0], x[1:]
		}
		if order >= 0 {
			pair[1], y = &y[0], y[1:]
		}
		pairs = append(pairs, pair)
	}
	return pairs
}

// pair compares an account in both runs; there is no comparison where the later one knows nothing of it.
func (d *Differ) pair(ctx context.Context, of [2]*Account) (row DiffRow, changes *diff.Diff, err error) {
	var was, is Row
	var old, new *account.Snapshot
	if of[0] != nil {
		if was, old, err = d.Old.Read(ctx, *of[0]); err != nil {
			return row, nil, err
		}
		row.Account = *of[0]
	}
	if of[1] != nil {
		if is, new, err = d.New.Read(ctx, *of[1]); err != nil {
			return row, nil, err
		}
		row.Account = *of[1]
	}
	row.Was, row.Is, row.Message, row.Text, row.Hint = was.Status, is.Status, is.Message, is.Text, is.Hint
	switch {
	case new == nil:
		return row, nil, nil
	case old != nil:
		changes, err = d.Compare(ctx, row.Account, old, new)
	default:
		var r *audit.Report
		if r, err = d.Judge(ctx, row.Account, new); err == nil {
			changes = appeared(r, was.Status)
		}
	}
	if err != nil {
		return row, nil, err
	}
	row.count(changes)
	return row, changes, nil
}

// appeared makes of all that fails in an account what is new: nothing was known of it.
func appeared(r *audit.Report, was State) *diff.Diff {
	d := &diff.Diff{Account: r.Account, Findings: []diff.Finding{}, Changes: []diff.Change{}}
	titles := map[string]string{}
	for _, rule := range r.Rules {
		titles[rule.ID] = rule.Title
	}
	before := diff.Absent
	if was == Unknown {
		before = diff.Unknown
	}
	for i := range r.Findings {
		f := &r.Findings[i]
		kind, is := diff.New, diff.Failed
		d.Summary.New++
		if f.Status != audit.StatusFail {
			kind, is = diff.NewlyUnknown, diff.Unknown
			d.Summary.New--
			d.Summary.NewlyUnknown++
		}
		d.Findings = append(d.Findings, diff.Finding{
			Kind: kind, Rule: f.Rule, Title: titles[f.Rule], Severity: f.Severity, Resource: f.Resource, Item: f.Item, Name: f.Name, Was: before, Is: is, New: f,
		})
	}
	return d
}

// count sums up what changed in the account, of which it keeps nothing in memory.
func (r *DiffRow) count(d *diff.Diff) {
	r.Findings = d.Summary
	r.Failing, r.Fixed = map[string]int{}, map[string]int{}
	for _, f := range d.Findings {
		switch {
		case f.Kind.Failing():
			r.Failing[strings.Clone(f.Rule)]++
		case f.Kind == diff.Fixed:
			r.Fixed[strings.Clone(f.Rule)]++
		}
	}
}

func (d *Diff) add(row DiffRow) {
	s := &d.Summary
	counted := func(n *int, is bool) {
		if is {
			*n++
		}
	}
	if (row.Was == NotAudited || row.Was == "") && (row.Is == NotAudited || row.Is == "") && row.Was == row.Is {
		return // nobody meant to audit it, then or now
	}
	d.Accounts = append(d.Accounts, row)
	counted(&s.Compared, row.Was == Audited && row.Is == Audited)
	counted(&s.New, row.Appeared())
	counted(&s.Gone, row.Gone())
	counted(&s.BecameUnknown, row.BecameUnknown())
	counted(&s.StillUnknown, row.Was == Unknown && row.Is == Unknown)
	counted(&s.NoLongerUnknown, row.Was == Unknown && row.Is == Audited)
	counted(&s.NoLongerAudited, row.Was != "" && row.Was != NotAudited && row.Is == NotAudited)
	counted(&s.NewlyAudited, row.Was == NotAudited && row.Is == Audited)
	counted(&s.Worse, row.NewFailures() > 0)
	counted(&s.Better, row.NewFailures() == 0 && row.Findings.Fixed > 0)
	s.Findings.Add(row.Findings)
}

// organizationChanges are the verdicts that differ, those that are no longer given, and failures that concern more accounts or permission sets than before
// or are no longer excepted.
func organizationChanges(old, new []orgpolicy.Verdict) []OrganizationChange {
	before := map[string]orgpolicy.Verdict{}
	for _, v := range old {
		before[v.ID] = v
	}
	standing := map[audit.Status]diff.Standing{
		audit.StatusPass: diff.Passed, audit.StatusFail: diff.Failed, audit.StatusUnknown: diff.Unknown, audit.StatusNotApplicable: diff.Inapplicable,
	}
	changes := []OrganizationChange{}
	for _, v := range new {
		change := OrganizationChange{v.ID, v.Title, v.Severity, diff.Absent, standing[v.Status], v.Message, v.Text, v.Exception}
		was, ok := before[v.ID]
		if ok {
			change.Was = standing[was.Status]
		}
		more := slices.ContainsFunc(slices.Concat(v.Accounts, v.Names), func(name string) bool {
			return !slices.Contains(was.Accounts, name) && !slices.Contains(was.Names, name)
		})
		more = more || was.Exception != nil && v.Exception == nil
		if change.Was != change.Is || more && change.Is == diff.Failed {
			changes = append(changes, change)
		}
		delete(before, v.ID)
	}
	for _, v := range old { // which the later run does not judge
		if _, left := before[v.ID]; left && v.Status != audit.StatusUnknown {
			text := message.New("the later run did not read the organization")
			changes = append(changes, OrganizationChange{v.ID, v.Title, v.Severity, standing[v.Status], diff.Unknown, text.String(), text, nil})
		}
	}
	return changes
}

// Rules lists rules by how many findings they have.
func Rules(counts map[string]int) []string {
	ids := slices.Sorted(maps.Keys(counts))
	slices.SortStableFunc(ids, func(x, y string) int { return cmp.Compare(counts[y], counts[x]) })
	return ids
}
