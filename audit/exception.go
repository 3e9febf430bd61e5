package audit

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"sekisho/audit/account"
)

// Exception says that a failure is known and borne for a time. It never makes a pass of it, and says nothing of what is unknown.
type Exception struct {
	// Rule is a rule's ID, a glob of IDs or a category.
	Rule string `json:"rule"`
	// Resource is matched, as a glob in which * stands for anything, with a finding's ARN, name, short ARN (user/alice), item (an access
	// key's ID), short ARN with item (user/alice#AKIA…) and unique ID.
	Resource string `json:"resource"`
	// UniqueID pins the exception to the one user, group, role or policy with this ID, so that a namesake made later doesn't inherit it.
	UniqueID string `json:"unique_id,omitempty"`
	// Account is the number of the account that it is for; "" for any.
	Account string `json:"account,omitempty"`
	Reason  string `json:"reason"`
	Owner   string `json:"owner"`
	Ticket  string `json:"ticket,omitempty"`
	// Expires is the end: from then on it excepts nothing.
	Expires time.Time `json:"expires"`
}

// MaxExceptionDays is for how long an exception may be granted: a year, leap day included.
const MaxExceptionDays = 366

// Validate reports what an exception lacks, and one that is granted for more than a year from now. An expired one is valid: the report
// tells of it.
func (e Exception) Validate(catalogue []*Rule, now time.Time) error {
	for _, field := range []struct{ name, value string }{{"rule", e.Rule}, {"resource", e.Resource}, {"reason", e.Reason}, {"owner", e.Owner}} {
		if strings.TrimSpace(field.value) == "" {
			return fmt.Errorf("got an exception without %s, want rule, resource, reason, owner and expires", field.name)
		}
	}
	if err := matchesSome(catalogue, e.Rule); err != nil {
		return err
	}
	if e.Account != "" {
		if err := (Settings{TrustedAccounts: []string{e.Account}}).Validate(); err != nil {
			return fmt.Errorf("got the account %q, want a number of 12 digits", e.Account)
		}
	}
	if e.Expires.IsZero() {
		return fmt.Errorf("got an exception without expires, want a date such as %s", now.AddDate(0, 3, 0).Format(time.DateOnly))
	}
	last := now.UTC().Truncate(24*time.Hour).AddDate(0, 0, MaxExceptionDays)
	if !e.Expires.Before(last.AddDate(0, 0, 1)) { // the last day itself is still within it
		return fmt.Errorf("got expires %s, want %s at the latest: an exception is granted for a year at most", e.Expires.Format(time.DateOnly), last.Format(time.DateOnly))
	}
	return nil
}

// ExceptionResult is an exception and what became of it in a run.
type ExceptionResult struct {
	Exception
	State    ExceptionState `json:"state"`
	Findings int            `json:"findings"` // how many failures it bears, or would bear had it not expired
	// Note says what to do about it; empty where there is nothing to do.
	Note string `json:"note,omitempty"`
	Text *Text  `json:"text,omitempty"`
}

// ExceptionState is what became of an exception.
type ExceptionState string

// The states of an exception.
const (
	ExceptionUsed         ExceptionState = "used"
	ExceptionUnused       ExceptionState = "unused"        // what it names no longer fails, or never did
	ExceptionExpired      ExceptionState = "expired"       // it excepts nothing any more
	ExceptionNotJudged    ExceptionState = "not_judged"    // its rule did not run, or could not decide
	ExceptionOtherAccount ExceptionState = "other_account" // it is for another account
)

// except marks the failures that exceptions bear and says what became of each. The first that matches a failure bears it.
func except(report *Report, rules []*Rule, exceptions []Exception) {
	byID := make(map[string]*Rule, len(rules))
	for _, r := range rules {
		byID[r.ID] = r
	}
	results := make([]ExceptionResult, len(exceptions))
	matchers := make([]*regexp.Regexp, len(exceptions))
	for i, e := range exceptions {
		results[i] = ExceptionResult{Exception: e, State: ExceptionUnused}
		matchers[i] = wildcard(e.Resource)
		switch {
		case e.Account != "" && e.Account != report.Account.ID:
			results[i].State = ExceptionOtherAccount
		case !slices.ContainsFunc(rules, func(r *Rule) bool { return matches(r, e.Rule) }):
			results[i].State = ExceptionNotJudged
		}
	}
	excepted := map[string]int{}
	for f := range report.Findings {
		finding := &report.Findings[f]
		for i := range results {
			result := &results[i]
			if result.State == ExceptionOtherAccount || !matches(byID[finding.Rule], result.Rule) || !result.covers(matchers[i], finding) {
				continue
			}
			if finding.Status != StatusFail {
				if result.State == ExceptionUnused {
					result.State = ExceptionNotJudged
				}
				continue
			}
			if !report.TakenAt.Before(result.Expires) {
				result.State = ExceptionExpired
				result.Findings++
				continue
			}
			if finding.Exception == nil {
				result.State = ExceptionUsed
				result.Findings++
				finding.Exception = &result.Exception
				excepted[finding.Rule]++
				report.Summary.Excepted++
			}
		}
	}
	for i := range report.Rules {
		report.Rules[i].Excepted = excepted[report.Rules[i].ID]
	}
	for i := range results {
		results[i].advise(report)
	}
	report.Exceptions = sortedExceptions(results)
}

// covers reports whether an exception's resource is that of a finding. What stands for a whole section, on the account, may hide what the
// exception names, so it counts as a match for an unknown one.
func (r *ExceptionResult) covers(matcher *regexp.Regexp, f *Finding) bool {
	if f.Status != StatusFail && f.Item == "" && strings.HasSuffix(f.Resource, ":root") {
		return true
	}
	if r.UniqueID != "" && r.UniqueID != f.ResourceID {
		return false
	}
	short := account.ShortARN(f.Resource)
	for _, name := range []string{f.Resource, f.Name, short, f.Item, short + "#" + f.Item, f.Resource + "#" + f.Item, f.ResourceID} {
		if name != "" && matcher.MatchString(name) {
			return true
		}
	}
	return false
}

// advise says what to do about an exception that no longer does what it was made for.
func (r *ExceptionResult) advise(report *Report) {
	var text Text
	switch {
	case r.State != ExceptionOtherAccount && !report.TakenAt.Before(r.Expires):
		r.State = ExceptionExpired
		text = Textf("expired on %s: mend what it was for, or have it granted again", r.Expires)
	case r.State == ExceptionUnused:
		text = Textf("nothing that it names fails: take it out")
	case r.State == ExceptionUsed && r.UniqueID == "" && r.pin(report) != "":
		text = Textf("not pinned: whoever gets that name inherits it; add unique_id: %s", r.pin(report))
	default:
		return
	}
	r.Text, r.Note = &text, text.String()
}

// pin is the unique ID to which an exception could be pinned: that of the only resource it bears, where it has one. A resource that is
// named by its ID, or a thing with an ID of its own such as an access key, needs none.
func (r *ExceptionResult) pin(report *Report) string {
	if strings.ContainsAny(r.Resource, "*?") {
		return "" // whoever writes a pattern means namesakes too
	}
	id := ""
	for _, f := range report.Findings {
		if f.Exception != &r.Exception {
			continue
		}
		if f.ResourceID == "" || f.ResourceID == r.Resource || f.Item != "" && (f.Item == r.Resource || strings.HasSuffix(r.Resource, "#"+f.Item)) || id != "" && id != f.ResourceID {
			return ""
		}
		id = f.ResourceID
	}
	return id
}

// wildcard reads a glob in which * stands for any text, slashes and colons too, and ? for one character.
func wildcard(pattern string) *regexp.Regexp {
	quoted := strings.NewReplacer(`\*`, ".*", `\?`, ".").Replace(regexp.QuoteMeta(pattern))
	return regexp.MustCompile("(?s)^" + quoted + "$")
}

// sortedExceptions puts those that ask for something first.
func sortedExceptions(results []ExceptionResult) []ExceptionResult {
	order := []ExceptionState{ExceptionExpired, ExceptionUnused, ExceptionNotJudged, ExceptionUsed, ExceptionOtherAccount}
	return slices.SortedStableFunc(slices.Values(results), func(x, y ExceptionResult) int {
		return cmp.Compare(slices.Index(order, x.State), slices.Index(order, y.State))
	})
}
