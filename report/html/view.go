package html

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"sekisho/audit"
	"sekisho/audit/account"
	"sekisho/audit/message"
	"sekisho/report/sanitize"
	"sekisho/report/term"
	"sekisho/report/ways"
	"sekisho/report/wording"
)

// view is the report as the templates want it. Every string of it that comes from the report went through
// sanitize.Terminal; escaping for HTML is left to html/template.
type view struct {
	Title   sanitize.Text // the account's name
	ID      sanitize.Text
	Taken   timeView
	Verdict sanitize.Text
	Unseen  sanitize.Text // what could not be seen
	Account []fact
	SignIn  sanitize.Text // an https address, else empty
	Status  statusView
	First   []sanitize.Text // what is worth doing first
	Summary summaryView
	Filters filterView

	Failing, Unknown []*group
	Shown            int // findings in all
	Brief, Left      int // of them in a line, and not in the page
	anchors          map[int]sanitize.Text

	Rules         []ruleView
	Passed        []passedView
	NotApplicable []inapplicableView
	NotSelected   []fact
	NotLooked     []fact // what a standard run leaves out, and what it would take
	NotRun        int    // NotSelected and NotLooked
	Exceptions    []exceptionView
	Asking        sanitize.Text // how many exceptions there are, and how many ask for something
	Due           []dueView
	DueWithin     sanitize.Text // how much falls due, and within how many days
	DueCount      int
	Users         [][]userView // in chunks, which the browser lays out as they come into view
	UserLines     sanitize.Text
	UsersInLines  int
	UserCount     int
	Matrix        matrixView
	Ways          *ways.View // nil in reports of older versions
	Frameworks    []frameworkView
	Gaps          []gapView
	GapCount      int // of calls, which the gaps group
	Declined      []declinedView
	Notes         []sanitize.Text
	Calls         callsView
	Configuration []fact
	Thresholds    []fact
}

// fact is one line of a list of names and values. Mono is for what is typed or copied: IDs, ARNs, hashes.
type fact struct {
	Name, Value, Note sanitize.Text
	Mono, Wide        bool
}

// timeView is a time as people read it, and as a program does.
type timeView struct{ Text, Machine sanitize.Text }

type statusView struct {
	Complete sanitize.Text
	Items    []statusItem
}

type statusItem struct {
	Title, Message, Rule, Anchor sanitize.Text
	Mark                         mark
	Excepted                     bool // every failure is
	Fix                          []block
}

// mark is a status as it is shown: by a word and a picture, never by colour alone.
type mark struct{ Class, Word, Icon sanitize.Text }

type summaryView struct {
	Pass, Fail, Unknown, NotApplicable int
	Excepted                           int // of Fail
	Severities                         []severityBar
}

// severityBar is one line of the picture. The parts of the bar are in percent of its width.
type severityBar struct {
	Severity            sanitize.Text
	Fail, Unknown, Pass int
	Parts               []barPart
	Text                sanitize.Text
}

type barPart struct{ Class, X, Width sanitize.Text }

type filterView struct {
	Severities, Statuses []choice
	Exceptions           []choice // excepted or not; none where no failure is excepted
	Rules                []choice
}

type choice struct {
	Value, Label sanitize.Text
	Count        int
}

func newView(r *audit.Report) *view {
	v := &view{
		Title: sanitize.Terminal(accountName(r)), ID: sanitize.Terminal(r.Account.ID), Taken: timeView{term.Minute(r.TakenAt), sanitize.Terminal(r.TakenAt.UTC().Format(time.RFC3339))},
		Verdict: sanitize.Message(wording.Verdict(r)), Unseen: sanitize.Message(wording.NotSeen(r)), Shown: len(r.Findings), UserCount: len(r.Users), Account: accountFacts(r), Ways: ways.New(r.AccessPaths),
	}
	for _, step := range r.FirstSteps {
		v.First = append(v.First, sanitize.Message(wording.FirstStep(0, step)))
	}
	if strings.HasPrefix(r.Account.SignInURL, "https://") {
		v.SignIn = sanitize.Terminal(r.Account.SignInURL)
	}
	v.status(r)
	v.summary(r)
	v.findings(r)
	v.rules(r)
	v.users(r)
	v.matrix(r)
	v.frameworks(r)
	v.exceptions(r)
	v.due(r)
	v.coverage(r)
	v.configuration(r)
	return v
}

func accountName(r *audit.Report) string {
	if alias := r.Account.Alias; alias != nil && *alias != "" {
		return *alias
	}
	return r.Account.ID
}

func accountFacts(r *audit.Report) []fact {
	alias := fact{Name: "Alias", Value: "not known"}
	switch {
	case r.Account.Alias != nil && *r.Account.Alias == "":
		alias.Value = "none"
	case r.Account.Alias != nil:
		alias.Value, alias.Mono = sanitize.Terminal(*r.Account.Alias), true
	}
	report := fact{Name: "Credential report", Value: sanitize.Message(wording.NoCredentialReport(r)), Wide: true}
	if at := r.CredentialReportAt; at != nil {
		report.Value = term.Minute(*at)
		report.Note = sanitize.Message(message.New("%s when the audit began", wording.Age(r.TakenAt.Sub(*at))))
	}
	facts := []fact{
		{Name: "Account", Value: sanitize.Terminal(r.Account.ID), Mono: true},
		alias,
		{Name: "Partition", Value: sanitize.Terminal(r.Account.Partition), Mono: true},
		{Name: "Taken at", Value: term.Minute(r.TakenAt)},
		report,
		{Name: "Asked by", Value: cmp.Or(sanitize.Terminal(r.Caller), "not known: from saved files"), Mono: true, Wide: true},
	}
	if endpoints := sanitize.Message(wording.Endpoints(r.Endpoints)); endpoints != "" {
		facts = append(facts, fact{Name: "Endpoints", Value: endpoints, Wide: true})
	}
	if depth := sanitize.Message(wording.Depth(r)); depth != "" {
		facts = append(facts, fact{Name: "Depth", Value: depth, Wide: true})
	}
	if baseline := sanitize.Message(wording.Baseline(r)); baseline != "" {
		facts = append(facts, fact{Name: "Only", Value: baseline, Wide: true})
	}
	return facts
}

func (v *view) status(r *audit.Report) {
	v.Status = statusView{Complete: sanitize.Message(wording.Complete(r.SecurityStatus))}
	ran, excepted := map[string]bool{}, map[string]bool{}
	for _, rule := range r.Rules {
		ran[rule.ID], excepted[rule.ID] = true, rule.Fail > 0 && rule.Excepted == rule.Fail
	}
	for _, item := range r.SecurityStatus.Items {
		point := statusItem{Title: sanitize.Terminal(item.Title), Message: sanitize.Terminal(item.Message), Rule: sanitize.Terminal(item.Rule), Mark: markOf(item.Status)}
		point.Excepted = item.Status == audit.StatusFail && excepted[item.Rule]
		if item.Status != audit.StatusPass {
			point.Fix = prose(item.Fix)
		}
		if ran[item.Rule] { // a point is shown even where its rule was not selected
			point.Anchor = ruleAnchor(item.Rule)
		}
		v.Status.Items = append(v.Status.Items, point)
	}
}

// markOf says "complete" of a point; the rest is as of a recommendation.
func markOf(s audit.Status) mark {
	if s == audit.StatusPass {
		return mark{"pass", "complete", "i-pass"}
	}
	return verdictMark(audit.Verdict(s.String()))
}

// summary draws passes by the severity of their rule, failures and unknowns by their own.
func (v *view) summary(r *audit.Report) {
	v.Summary = summaryView{Pass: r.Summary.Pass, Fail: r.Summary.Fail, Unknown: r.Summary.Unknown, NotApplicable: r.Summary.NotApplicable, Excepted: r.Summary.Excepted}
	var pass, fail, unknown [audit.Critical + 1]int
	for _, rule := range r.Rules {
		if named(rule.Severity) {
			pass[rule.Severity] += rule.Pass
		}
	}
	for _, f := range r.Findings {
		switch {
		case !named(f.Severity):
		case f.Status == audit.StatusFail:
			fail[f.Severity]++
		default:
			unknown[f.Severity]++
		}
	}
	for _, s := range audit.Severities() {
		bar := severityBar{Severity: sanitize.Terminal(s.String()), Fail: fail[s], Unknown: unknown[s], Pass: pass[s]}
		bar.Parts = barParts(bar.Fail, bar.Unknown, bar.Pass)
		bar.Text = sanitize.Message(message.New("%s: %d failed, %d unknown, %d passed", wording.Word(s.String()), bar.Fail, bar.Unknown, bar.Pass))
		v.Summary.Severities = append(v.Summary.Severities, bar)
	}
}

func named(s audit.Severity) bool { return s >= audit.Info && s <= audit.Critical }

// barParts shares the width out. What there is at all gets 1.5 percent at least: two failures among five thousand
// passes must be seen.
func barParts(fail, unknown, pass int) []barPart {
	const least = 1.5
	counts := []int{fail, unknown, pass}
	total, lifted, rest := fail+unknown+pass, 0.0, 0
	if total == 0 {
		return nil
	}
	small := func(n int) bool { return float64(n)/float64(total)*100 < least }
	for _, n := range counts {
		switch {
		case n == 0:
		case small(n):
			lifted += least
		default:
			rest += n
		}
	}
	var parts []barPart
	x := 0.0
	for i, class := range []sanitize.Text{"fail", "unknown", "pass"} {
		n := counts[i]
		if n == 0 {
			continue
		}
		width := least
		if !small(n) {
			width = (100 - lifted) * float64(n) / float64(rest)
		}
		parts = append(parts, barPart{class, percent(x), percent(width)})
		x += width
	}
	return parts
}

func percent(x float64) sanitize.Text {
	return sanitize.Terminal(strconv.FormatFloat(x, 'f', 2, 64)) + "%"
}

func (v *view) configuration(r *audit.Report) {
	c := r.Configuration
	source := fact{Name: "File", Value: "none: defaults, environment and flags"}
	if c.Source != "" {
		source = fact{Name: "File", Value: sanitize.Terminal(c.Source), Mono: true}
	}
	v.Configuration = []fact{source}
	if c.SHA256 != "" {
		v.Configuration = append(v.Configuration, fact{Name: "SHA-256", Value: sanitize.Terminal(c.SHA256), Mono: true})
	}
	v.Configuration = append(v.Configuration, listed("Rules skipped", c.SkippedRules, "none"),
		listed("Users of machines", c.MachineUsers, "those without a password"), listed("Trusted accounts", c.TrustedAccounts, "none"),
		listed("Private issuers", c.PrivateIssuers, "none"),
		listed("Required tags", c.RequiredTags, "none"))
	for _, t := range c.UserThresholds {
		v.Configuration = append(v.Configuration, fact{Name: "Thresholds of users", Value: sanitize.Terminal(strings.Join(t.Users, ", ")) + ": " + numbers(t.Values), Mono: true})
	}
	v.Thresholds = thresholds(c.Thresholds)
}

// numbers lists thresholds by name.
func numbers(values map[string]int) sanitize.Text {
	var list []sanitize.Text
	for _, name := range slices.Sorted(maps.Keys(values)) {
		list = append(list, sanitize.Terminal(name)+" "+sanitize.Int(values[name]))
	}
	return sanitize.Join(list, ", ")
}

func listed(name sanitize.Text, list []string, without sanitize.Text) fact {
	if len(list) == 0 {
		return fact{Name: name, Value: without}
	}
	return fact{Name: name, Value: sanitize.Terminal(strings.Join(list, ", ")), Mono: true}
}

// thresholds goes by way of JSON, so that a threshold that is added to the report is shown here under its own name.
func thresholds(t audit.Thresholds) []fact {
	text, err := json.Marshal(t)
	if err != nil {
		panic(err) // a struct of numbers
	}
	var numbers map[string]int
	if err := json.Unmarshal(text, &numbers); err != nil {
		panic(err)
	}
	var facts []fact
	for name, n := range numbers {
		facts = append(facts, fact{Name: sanitize.Terminal(name), Value: sanitize.Int(n)})
	}
	slices.SortFunc(facts, func(x, y fact) int { return cmp.Compare(x.Name, y.Name) })
	return facts
}

// mostNames is how many names stand in a list.
const mostNames = 200

// lines joins names for an element that keeps line feeds: many names cost one node.
func lines(names []string) sanitize.Text {
	shown := sanitize.Terminals(names[:min(len(names), mostNames)])
	if more := len(names) - len(shown); more > 0 {
		shown = append(shown, sanitize.Message(message.New("… and %d more, which JSON has", more)))
	}
	return sanitize.Join(shown, "\n")
}

// minute writes a time in UTC; the page says so once where a column leaves the zone out.
func minute(t time.Time) sanitize.Text {
	if t.IsZero() {
		return "not known"
	}
	return sanitize.Terminal(t.UTC().Format("2006-01-02 15:04"))
}

// short is a resource's ARN without arn:PARTITION:SERVICE:REGION:ACCOUNT:, and "account" for the account itself, whose
// ARN is its root user's.
func short(arn, name string) sanitize.Text {
	if account.IsRootARN(arn) && name != "" {
		return sanitize.Terminal(name)
	}
	return sanitize.Terminal(account.ShortARN(arn))
}
