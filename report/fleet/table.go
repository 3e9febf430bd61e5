package fleet

import (
	"cmp"
	"fmt"
	"io"
	"slices"

	"sekisho/audit"
	"sekisho/audit/fleet"
	"sekisho/audit/lists"
	"sekisho/audit/message"
	"sekisho/audit/orgpolicy"
	"sekisho/report/format"
	"sekisho/report/sanitize"
	"sekisho/report/term"
	"sekisho/report/wording"
)

// What a table shows without --verbose; the rest stands in JSON and CSV.
const (
	mostAccounts = 10
	mostRules    = 10
	mostPeople   = 10
)

// Table writes the report for a terminal or a mail: what is unknown loudly, how many accounts are in order, what fails in
// most of them, and the worst.
func Table(w io.Writer, r *fleet.Report, o format.Options) error {
	t := &table{term.NewPage(w, o.Width, o.Color).In(o.Language), r, o.Verbose}
	t.Demo(r.Demo)
	t.Text(0, 2, t.Paint(term.Bold, "Sekisho fleet")+": "+sanitize.Message(heading(r)))
	for _, sentence := range sentences(r) {
		t.Text(2, 2, sanitize.Message(sentence))
	}
	t.unknown()
	t.points()
	t.organization()
	t.accounts()
	t.rules()
	t.people()
	t.notAudited()
	if err := t.Flush(); err != nil {
		return fmt.Errorf("writing the fleet's report: %w", err)
	}
	return nil
}

type table struct {
	*term.Page
	r       *fleet.Report
	verbose bool
}

// heading names the run.
func heading(r *fleet.Report) message.Message {
	n := message.Plural(r.Summary.Accounts, "%d account", "%d accounts")
	if r.Organization.ID == "" {
		return message.New("%s, planned %s", n, message.At(r.MadeAt))
	}
	return message.New("%s of the organization %s, managed by %s, planned %s", n, r.Organization.ID, r.Organization.Management, message.At(r.MadeAt))
}

// sentences sum the report up.
func sentences(r *fleet.Report) []message.Message {
	s := r.Summary
	all := []message.Message{
		message.New("%d audited, %d unknown, %d not audited", s.Audited, s.Unknown, s.NotAudited),
		message.New("Security Status complete in %d of %s", s.Complete, message.Plural(s.Audited, "%d audited account", "%d audited accounts")),
		message.New("%s: %s", message.Plural(s.Findings, "%d failure", "%d failures"), bySeverity(s.FailedBySeverity, r.Baseline != nil)),
	}
	if s.UnknownFindings > 0 {
		all = append(all, message.New("%s that could not be given in audited accounts", message.Plural(s.UnknownFindings, "%d verdict", "%d verdicts")))
	}
	if s.Excepted > 0 {
		all = append(all, message.New("%s by an exception", message.Plural(s.Excepted, "%d failure is covered", "%d failures are covered")))
	}
	if s := r.Storage; s != nil {
		kept := message.New("The run is kept in %s, in a bucket of the account %s", s.Place, s.Owner)
		if s.Endpoint != "" {
			kept = message.New("The run is kept in %s, at %s", s.Place, s.Endpoint)
		}
		all = append(all, kept)
	}
	if b := r.Baseline; b != nil {
		all = append(all, message.New("Only what is new since the run planned %s (%s): %s and %s that it had already are left out", message.At(b.MadeAt), b.RunID,
			message.Plural(b.Failing+b.OrganizationRules, "%d failure", "%d failures"), message.Plural(b.Unknown, "%d unknown verdict", "%d unknown verdicts")))
		if len(b.Lacking) > 0 {
			all = append(all, message.New("That run says nothing of %s, in which all is new: %s", message.Plural(len(b.Lacking), "%d account", "%d accounts"), message.Names(3, b.Lacking)))
		}
	}
	if r.Trusted {
		all = append(all, message.New("The reports were taken as they lie in the store: nobody looked whether they follow from what was read"))
	}
	if len(r.Foreign) > 0 {
		all = append(all, message.New("%s of accounts that the run does not audit: %s", message.Plural(len(r.Foreign), "%d object is", "%d objects are"), message.Names(3, r.Foreign)))
	}
	return append(all, r.Notes...)
}

// bySeverity counts failures, or, since a baseline, those that are new.
func bySeverity(counts map[string]int, since bool) message.Message {
	var parts []message.Message
	for _, severity := range audit.Severities() {
		if n := counts[severity.String()]; n > 0 {
			parts = append(parts, message.New("%d %s", n, wording.Word(severity.String())))
		}
	}
	switch {
	case len(parts) == 0 && since:
		return message.New("nothing new")
	case len(parts) == 0:
		return message.New("nothing fails")
	}
	return message.New("%s", message.Parts(parts...))
}

func (t *table) heading(style term.Style, title message.Message) {
	t.Line("")
	t.Text(0, 2, t.Paint(style, sanitize.Message(title)))
}

// inState lists the accounts of a state.
func inState(r *fleet.Report, state fleet.State) []*fleet.Row {
	var rows []*fleet.Row
	for i := range r.Accounts {
		if r.Accounts[i].Status == state {
			rows = append(rows, &r.Accounts[i])
		}
	}
	return rows
}

// named is an account for people: its name, and its number.
func named(r *fleet.Row) message.Message {
	if name := cmp.Or(r.Name, r.Alias); name != "" {
		return message.New("%s (%s)", name, r.ID)
	}
	return message.New("%s", r.ID)
}

// unknownTitle stands above the accounts of which nothing is known.
func unknownTitle(n int) message.Message {
	return message.New("%s", message.Plural(n, "%d account is unknown: nothing was read in it that counts", "%d accounts are unknown: nothing was read in them that counts"))
}

// accountNames are the names of accounts by their numbers.
type accountNames map[string]string

func names(r *fleet.Report) accountNames {
	known := accountNames{}
	for i := range r.Accounts {
		known[r.Accounts[i].ID] = cmp.Or(r.Accounts[i].Name, r.Accounts[i].ID)
	}
	return known
}

// of lists accounts by name; of many the first.
func (known accountNames) of(ids []string) message.Message {
	return message.New("%s", message.Names(mostPeople, lists.Map(ids, func(id string) string { return known[id] })))
}

func (t *table) unknown() {
	rows := inState(t.r, fleet.Unknown)
	if len(rows) == 0 {
		return
	}
	t.heading(term.Yellow, unknownTitle(len(rows)))
	for _, row := range t.most(rows, mostAccounts) {
		t.Text(2, 4, sanitize.Message(named(row))+": "+sanitize.Message(row.Text))
		if row.Hint != "" {
			t.Text(4, 4, sanitize.Message(message.New("hint: %s", row.Hint)))
		}
	}
	t.rest(len(rows), mostAccounts)
}

// most are those of a list that are shown.
func (t *table) most(rows []*fleet.Row, n int) []*fleet.Row {
	if t.verbose {
		return rows
	}
	return rows[:min(n, len(rows))]
}

// rest tells how many are left out.
func (t *table) rest(n, shown int) {
	if n > shown && !t.verbose {
		t.Text(2, 2, sanitize.Message(message.New("and %d more: --verbose shows them, and -o fleet.csv", n-shown)))
	}
}

func (t *table) points() {
	if t.r.Summary.Audited == 0 {
		return
	}
	t.heading(term.Bold, message.New("Security Status"))
	rows := []term.Row{}
	for _, point := range t.r.Points {
		row := term.Row{sanitize.Terminal(point.Title), sanitize.Message(message.New("complete in %d of %d", point.Pass, t.r.Summary.Audited-point.NotApplicable))}
		if point.Unknown > 0 {
			row[1] += sanitize.Message(message.New(", unknown in %d", point.Unknown))
		}
		rows = append(rows, row)
	}
	t.Grid(2, rows)
}

// organization says what fails or is unknown of the organization itself, and counts what passes.
func (t *table) organization() {
	if len(t.r.OrganizationRules) == 0 {
		return
	}
	open := openVerdicts(t.r)
	passed := 0
	for _, v := range t.r.OrganizationRules {
		if v.Status == audit.StatusPass {
			passed++
		}
	}
	left := 0 // what is wrong and stands in the baseline already
	if b := t.r.Baseline; b != nil {
		left = b.OrganizationRules
	}
	title := message.New("The organization: %d of %s hold", passed, message.Plural(passed+len(open)+left, "%d rule", "%d rules"))
	if left > 0 {
		title = message.New("%s; %s", title, message.Plural(left, "%d that is as it was is left out", "%d that are as they were are left out"))
	}
	t.heading(term.Bold, title)
	var rows []term.Row
	for _, v := range open {
		rows = append(rows, term.Row{sanitize.Terminal(v.ID), sanitize.Message(wording.Word(v.Severity.String())), sanitize.Message(stated(v))})
	}
	t.Grid(2, rows)
}

// openVerdicts are those about the organization that neither pass nor are of no matter.
func openVerdicts(r *fleet.Report) []orgpolicy.Verdict {
	return slices.DeleteFunc(slices.Clone(r.OrganizationRules), func(v orgpolicy.Verdict) bool {
		return v.Status == audit.StatusPass || v.Status == audit.StatusNotApplicable
	})
}

// stated is what is wrong, or not known, in words.
func stated(v orgpolicy.Verdict) message.Message {
	if v.Status == audit.StatusUnknown {
		return message.New("unknown: %s", v.Text)
	}
	return message.New("%s: %s", v.Problem, excepted(v))
}

// excepted is a verdict's text, with the exception that it has.
func excepted(v orgpolicy.Verdict) message.Message {
	if v.Exception == nil {
		return v.Text
	}
	return message.New("%s (excepted until %s by %s: %s)", v.Text, message.On(v.Exception.Expires), v.Exception.Owner, v.Exception.Reason)
}

func (t *table) rules() {
	failing := slices.DeleteFunc(slices.Clone(t.r.Rules), func(rule fleet.RuleRow) bool { return len(rule.Accounts) == 0 })
	if len(failing) == 0 {
		return
	}
	t.heading(term.Bold, message.New("What fails in most accounts"))
	rows := []term.Row{{"Rule", "Severity", "Accounts", "Failures", "What is wrong"}}
	shown := failing
	if !t.verbose {
		shown = failing[:min(mostRules, len(failing))]
	}
	for _, rule := range shown {
		rows = append(rows, term.Row{
			sanitize.Terminal(rule.ID), sanitize.Message(wording.Word(rule.Severity.String())), term.Number(len(rule.Accounts)), term.Number(rule.Findings), sanitize.Terminal(rule.Problem),
		})
	}
	t.Grid(2, rows)
	t.rest(len(failing), mostRules)
}

func (t *table) accounts() {
	audited := inState(t.r, fleet.Audited)
	if len(audited) == 0 {
		return
	}
	t.heading(term.Bold, message.New("Accounts, the worst first"))
	rows := []term.Row{{"Account", "Unit", "Status", "Unknown", "Failures"}}
	for _, r := range t.most(audited, mostAccounts) {
		rows = append(rows, term.Row{
			sanitize.Message(named(r)), sanitize.Terminal(r.Place), sanitize.Message(message.New("%d of %d", r.Complete, r.Applicable)),
			term.Number(r.UnknownFindings), sanitize.Message(bySeverity(r.FailedBySeverity, t.r.Baseline != nil)),
		})
	}
	t.Grid(2, rows)
	t.rest(len(audited), mostAccounts)
}

func (t *table) people() {
	if len(t.r.People) == 0 {
		return
	}
	t.heading(term.Bold, peopleTitle())
	shown := t.r.People
	if !t.verbose {
		shown = shown[:min(mostPeople, len(shown))]
	}
	known := names(t.r)
	for i := range shown {
		t.Text(2, 4, sanitize.Message(person(&shown[i]))+": "+sanitize.Message(known.of(shown[i].Accounts)))
	}
	t.rest(len(t.r.People), mostPeople)
}

// peopleTitle stands above the people whom several accounts have.
func peopleTitle() message.Message {
	return message.New("The same name, or the same owner by a tag, in several accounts")
}

// person names somebody, and says what else tells of them.
func person(p *fleet.PersonRow) message.Message {
	var notes []message.Message
	if len(p.Also) > 0 {
		notes = append(notes, message.New("also %s", message.Names(mostAlso, p.Also)))
	}
	if n := len(p.Tagged); n > 0 {
		notes = append(notes, message.New("%s", message.Plural(n, "%d user by a tag", "%d users by tags")))
	}
	if p.Center != nil && p.Center.Enabled {
		notes = append(notes, message.New("enabled in Identity Center"))
	} else if p.Center != nil {
		notes = append(notes, message.New("disabled in Identity Center"))
	}
	if len(notes) == 0 {
		return message.New("%s", p.Name)
	}
	return message.New("%s (%s)", p.Name, message.Parts(notes...))
}

// mostAlso is how many other names of somebody are told.
const mostAlso = 3

func (t *table) notAudited() {
	rows := inState(t.r, fleet.NotAudited)
	if len(rows) == 0 {
		return
	}
	t.heading(term.Bold, message.New("Not audited"))
	for _, row := range t.most(rows, mostAccounts) {
		t.Text(2, 4, sanitize.Message(named(row))+": "+sanitize.Message(row.Text))
	}
	t.rest(len(rows), mostAccounts)
}
