package audit

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"sekisho/audit/account"
	"sekisho/audit/message"
)

// Exception says that a failure is known and borne for a time. It never makes a pass of it, and says nothing of what is
// unknown.
type Exception struct {
	// Rule is a rule's ID, a glob of IDs or a category.
	Rule string `json:"rule"`
	// Resource is matched, as a glob in which * stands for anything, with a finding's ARN, name, short ARN (user/alice),
	// item (an access key's ID), short ARN with item (user/alice#AKIA…) and unique ID. The root user is "root", the
	// account "account". Without * and ? it must mean one resource: a name that a user and a role share covers nothing.
	// "tag:KEY=VALUE" means all users and roles that have the tag.
	Resource string `json:"resource"`
	// UniqueID pins the exception to the one user, group, role or policy with this ID, so that a namesake made later
	// doesn't inherit it.
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

// Validate reports what an exception lacks, and one that is granted for more than a year from now. An expired one is
// valid: the report tells of it.
func (e Exception) Validate(catalogue []*Rule, now time.Time) error {
	for _, field := range []struct{ name, value string }{{"rule", e.Rule}, {"resource", e.Resource}, {"reason", e.Reason}, {"owner", e.Owner}} {
		if strings.TrimSpace(field.value) == "" {
			return fmt.Errorf("got an exception without %s, want rule, resource, reason, owner and expires", field.name)
		}
	}
	if err := matchesSome(catalogue, e.Rule); err != nil {
		return err
	}
	if tag, is := e.tag(); is && !strings.Contains(strings.TrimLeft(tag, "="), "=") {
		return fmt.Errorf("got the resource %q, want tag:KEY=VALUE", e.Resource)
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
	Findings int            `json:"findings"` // how many failures it covers, or would cover had it not expired
	// Note says what to do about it; empty where there is nothing to do.
	Note string           `json:"note,omitempty"`
	Text *message.Message `json:"text,omitempty"`
}

// ExceptionState is what became of an exception.
type ExceptionState string

// The states of an exception.
const (
	ExceptionUsed         ExceptionState = "used"
	ExceptionUnused       ExceptionState = "unused"        // what it names no longer fails, or never did
	ExceptionAmbiguous    ExceptionState = "ambiguous"     // its name is that of several resources, so it excepts nothing
	ExceptionExpired      ExceptionState = "expired"       // it excepts nothing any more
	ExceptionNotJudged    ExceptionState = "not_judged"    // its rule did not run, or could not decide
	ExceptionOtherAccount ExceptionState = "other_account" // it is for another account
)

// except marks the failures that exceptions cover and says what became of each. The first that matches a failure covers
// it.
func except(report *Report, rules []*Rule, exceptions []Exception, kinds []kind) {
	byID := make(map[string]*Rule, len(rules))
	for _, r := range rules {
		byID[r.ID] = r
	}
	results := make([]ExceptionResult, len(exceptions))
	excepted := map[string]int{}
	for i, e := range exceptions {
		result := &results[i]
		*result = ExceptionResult{Exception: e, State: ExceptionUnused}
		switch {
		case e.Account != "" && e.Account != report.Account.ID:
			result.State = ExceptionOtherAccount
			continue
		case !slices.ContainsFunc(rules, func(r *Rule) bool { return r.Matches(e.Rule) }):
			result.State = ExceptionNotJudged
			continue
		}
		matcher := e.matcher(kinds)
		var failing []*Finding
		for f := range report.Findings {
			finding := &report.Findings[f]
			switch {
			case !byID[finding.Rule].Matches(e.Rule):
			case finding.Status == StatusFail && matcher.names(finding):
				failing = append(failing, finding)
			case matcher.hides(finding):
				result.State = ExceptionNotJudged
			}
		}
		result.bear(report, failing)
		for _, finding := range failing {
			if finding.Exception == &result.Exception {
				excepted[finding.Rule]++
				report.Summary.Excepted++
			}
		}
		result.advise(report, failing, kinds)
	}
	for i := range report.Rules {
		report.Rules[i].Excepted = excepted[report.Rules[i].ID]
	}
	report.Exceptions = sortedExceptions(results)
}

// bear marks the failures that the exception names, unless it has expired or doesn't say which resource it means.
func (r *ExceptionResult) bear(report *Report, failing []*Finding) {
	switch {
	case len(failing) == 0:
	case !report.TakenAt.Before(r.Expires):
		r.State, r.Findings = ExceptionExpired, len(failing)
	case !r.pattern() && len(resourcesOf(failing)) > 1:
		r.State, r.Findings = ExceptionAmbiguous, len(failing)
	default:
		for _, finding := range failing {
			if finding.Exception == nil {
				finding.Exception = &r.Exception
				r.State = ExceptionUsed
				r.Findings++
			}
		}
	}
}

// Covers reports whether the exception is for something of a name.
func (e Exception) Covers(name string) bool { return wildcard(e.Resource).MatchString(name) }

// pattern reports whether the resource is a glob or a tag, by which several are meant.
func (e Exception) pattern() bool {
	_, tag := e.tag()
	return tag || strings.ContainsAny(e.Resource, "*?")
}

// tag is the KEY=VALUE of a resource that is meant by it.
func (e Exception) tag() (string, bool) { return strings.CutPrefix(e.Resource, tagPrefix) }

// matcher tells which findings an exception names.
type matcher interface {
	names(f *Finding) bool
	// hides reports whether what the exception names may be behind a finding that doesn't show it.
	hides(f *Finding) bool
}

func (e Exception) matcher(kinds []kind) matcher {
	if tag, is := e.tag(); is {
		return byTag{e, tag, kinds}
	}
	return byName{e, wildcard(e.Resource)}
}

// byTag names users and roles by a tag of theirs.
type byTag struct {
	Exception
	tag   string
	kinds []kind
}

func (m byTag) names(f *Finding) bool {
	return (m.UniqueID == "" || m.UniqueID == f.ResourceID) && hasTag(tagsOf(m.kinds, f.Resource).list, m.tag)
}

func (m byTag) hides(f *Finding) bool {
	switch kind, _, _ := strings.Cut(account.ShortARN(f.Resource), "/"); kind {
	case "user", "role":
		return !tagsOf(m.kinds, f.Resource).known || m.names(f)
	}
	return f.Status != StatusFail && f.Item == "" && strings.HasSuffix(f.Resource, ":root")
}

// byName names a resource or a thing in it by what it is called.
type byName struct {
	Exception
	*regexp.Regexp
}

func (e byName) names(f *Finding) bool {
	if e.UniqueID != "" && e.UniqueID != f.ResourceID {
		return false
	}
	short, name := shortOf(f), f.Name
	if short != "root" && short != "account" && (e.Resource == "root" || e.Resource == "account") {
		name = "" // a user who has that name is user/root
	}
	names := []string{f.Resource, name, short, f.Item, short + "#" + f.Item, f.Resource + "#" + f.Item, f.ResourceID}
	return slices.ContainsFunc(names, func(name string) bool { return name != "" && e.MatchString(name) })
}

// hides is true of an unknown finding of the resource, or of a whole section; or of one about a thing whose ID isn't
// known, where the exception names a thing by its ID.
func (e byName) hides(f *Finding) bool {
	resource, item, hasItem := strings.Cut(e.Resource, "#")
	byID := hasItem || thingID.MatchString(e.Resource)
	switch {
	case f.Status != StatusFail && (e.names(f) || f.Item == "" && strings.HasSuffix(f.Resource, ":root")):
		return true
	case !byID || f.Status == StatusFail && !placeholder.MatchString(f.Item) || f.Status != StatusFail && f.Item != "" && !placeholder.MatchString(f.Item):
		return false
	case hasItem && item != "":
		return byName{Exception{Resource: resource, UniqueID: e.UniqueID}, wildcard(resource)}.names(f)
	}
	return true
}

var (
	// thingID is the form of AWS's IDs of keys and other credentials: AKIA…, APKA…, ACCA….
	thingID = regexp.MustCompile(`^A[A-Z0-9]{15,127}$`)
	// placeholder names a key or certificate while its ID isn't known.
	placeholder = regexp.MustCompile(`^(access-key|certificate)-[0-9]+$`)
)

// shortOf is a finding's short ARN, and "account" for what is said of the account, which has the ARN of its root user.
func shortOf(f *Finding) string {
	if f.OfAccount() {
		return "account"
	}
	return account.ShortARN(f.Resource)
}

// resourcesOf lists the resources of findings, in short, each once.
func resourcesOf(findings []*Finding) []string {
	var names []string
	for _, f := range findings {
		if name := shortOf(f); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// advise says what to do about an exception that no longer does what it was made for.
func (r *ExceptionResult) advise(report *Report, failing []*Finding, kinds []kind) {
	var text message.Message
	switch {
	case !report.TakenAt.Before(r.Expires):
		r.State = ExceptionExpired
		text = message.New("expired on %s: fix what it was for, or renew it", r.Expires)
	case r.State == ExceptionUnused:
		if text = r.absent(report, kinds); text.Empty() {
			text = message.New("nothing that it names fails: remove it")
		}
	case r.State == ExceptionAmbiguous:
		text = message.New("excepts nothing, because it may mean any of %s: write which", message.Names(0, resourcesOf(failing)))
	case r.State == ExceptionUsed && r.pin(failing) != "":
		text = message.New("not pinned: someone who gets that name later inherits it; add unique_id: %s", r.pin(failing))
	default:
		return
	}
	r.Text, r.Note = &text, text.String()
}

// pin is the unique ID to which an exception could be pinned: that of the resource it covers, where it has one. A
// resource that is named by its ID, or a thing with an ID of its own such as an access key, needs none; and someone who
// writes a pattern means namesakes too.
func (r *ExceptionResult) pin(failing []*Finding) string {
	if r.pattern() || r.UniqueID != "" {
		return ""
	}
	for _, f := range failing {
		if f.Exception != &r.Exception {
			continue
		}
		if f.ResourceID == r.Resource || f.Item != "" && (f.Item == r.Resource || strings.HasSuffix(r.Resource, "#"+f.Item)) {
			return ""
		}
		return f.ResourceID
	}
	return ""
}

// wildcard reads a glob in which * stands for any text, slashes and colons too, and ? for one character.
func wildcard(pattern string) *regexp.Regexp {
	quoted := strings.NewReplacer(`\*`, ".*", `\?`, ".").Replace(regexp.QuoteMeta(pattern))
	return regexp.MustCompile("(?s)^" + quoted + "$")
}

// sortedExceptions puts those that ask for something first.
func sortedExceptions(results []ExceptionResult) []ExceptionResult {
	order := []ExceptionState{ExceptionExpired, ExceptionAmbiguous, ExceptionUnused, ExceptionNotJudged, ExceptionUsed, ExceptionOtherAccount}
	return slices.SortedStableFunc(slices.Values(results), func(x, y ExceptionResult) int {
		return cmp.Compare(slices.Index(order, x.State), slices.Index(order, y.State))
	})
}
