package audit

import (
	"errors"
	"fmt"
	"path"
	"slices"

	"sekisho/audit/account"
	"sekisho/audit/lists"
	"sekisho/audit/message"
)

// Rule is one claim about an account, with its documentation and the check that decides it. A rule is a value: it is
// never changed.
type Rule struct {
	ID       string // kebab-case, reads as a claim's subject: "console-mfa"
	Title    string // the claim: "Every user with a console password has an MFA device"
	Problem  string // what is wrong where the claim doesn't hold: "A user with a console password has no MFA device"
	Category Category
	Severity Severity
	// OffByDefault rules run only where --rules or the configuration names them.
	OffByDefault bool
	// Ages is set where time alone makes the rule fail: what fails by its age goes on failing.
	Ages bool
	// Sweep is what the rule looks at one by one; a standard run doesn't select it.
	Sweep Sweep
	// Needs are the facts without which nothing can be said: of the account, of root, or of each user. Check never sees a
	// resource that lacks one.
	Needs []account.Fact
	// Uses are facts that matter for some resources only, and lists of which a part is worth judging. They are read along
	// with Needs; Check asks for them with Require.
	Uses []account.Fact
	// Details are facts that Check asks for with Detail alone: they only name a failure better, and are read where there
	// is one.
	Details []account.Fact
	// Controls come from the frameworks' tables.
	Controls []Control
	// Point is the rule's place, 1 to 5, among the points of the console's Security Status, and PointTitle its title
	// there.
	Point      int
	PointTitle string
	// Under is the rule that says more of the same problem: where both fail on a resource, people are shown it once, there.
	Under string

	Why string // what goes wrong where the claim doesn't hold
	How string // exactly how it is judged, not_applicable included
	Fix Fix    // what to click and what to type

	Check func(*Pass)
}

// Category groups rules as the catalogue does.
type Category string

// The categories, in the order of the catalogue.
const (
	CategoryRoot           Category = "root"
	CategoryStatus         Category = "status"
	CategoryPasswordPolicy Category = "account-password-policy"
	CategoryMFA            Category = "mfa"
	CategoryMFAEnforcement Category = "mfa-enforcement"
	CategoryAccessKeys     Category = "access-keys"
	CategoryPasswords      Category = "passwords"
	CategoryOther          Category = "other-credentials"
	CategoryPermissions    Category = "permissions"
	CategoryRoles          Category = "roles"
	CategoryAccount        Category = "account"
	CategoryOrganization   Category = "organization" // of rules about all accounts together
)

// Control is a recommendation of a framework that a rule decides, wholly or in part.
type Control struct {
	Framework string `json:"framework"` // "cis-7.0", "fsbp"
	ID        string `json:"id"`        // "2.10", "IAM.5"
}

// Sections lists the account-wide sections that are read for the rule, sorted.
func (r *Rule) Sections() []account.Section {
	return sectionsOf(slices.Concat(r.Needs, r.Uses), account.Fact.Sections)
}

// WantedSections lists what a run may read for the rule beyond Sections, where a verdict or its message hangs on it:
// other account-wide sections, and those of single users. Sorted.
func (r *Rule) WantedSections() []account.Section {
	wanted := sectionsOf(slices.Concat(r.Needs, r.Uses, r.Details), account.Fact.WantedSections)
	wanted = append(wanted, sectionsOf(r.Details, account.Fact.Sections)...)
	slices.Sort(wanted)
	return slices.Compact(wanted)
}

func sectionsOf(facts []account.Fact, of func(account.Fact) []account.Section) []account.Section {
	sections := slices.Concat(lists.Map(facts, of)...)
	slices.Sort(sections)
	return slices.Compact(sections)
}

// Selection is which rules run. DeepOnly are those among Rules that run only where the run is deep: the ones with a
// Sweep that nobody named.
type Selection struct {
	Rules       []*Rule
	DeepOnly    []*Rule
	NotSelected []NotSelected
}

// NotSelected is a rule that did not run, and why. Cost is what it would have taken, where that is the reason. Text is
// the reason as data, which reports of older versions lack.
type NotSelected struct {
	Rule   string          `json:"rule"`
	Reason string          `json:"reason"`
	Cost   *Cost           `json:"cost,omitempty"`
	Text   message.Message `json:"text,omitzero"`
}

// Why is the reason as data.
func (n NotSelected) Why() message.Message { return n.Text.Or(n.Reason) }

func leftOut(r *Rule, cost *Cost, why message.Message) NotSelected {
	return NotSelected{Rule: r.ID, Reason: why.String(), Text: why, Cost: cost}
}

// Select picks rules by patterns: IDs, globs of IDs, or categories. No pattern to include means every rule that is on
// by default, and those in also. A rule that sweeps runs in a deep run only, unless its very ID was asked for or it is
// in also. A pattern that matches nothing is an error: a typing error must not drop a check unseen. So are patterns that
// leave no rule: nothing would fail then.
func Select(catalogue []*Rule, include, skip []string, also ...*Rule) (Selection, error) {
	for _, pattern := range slices.Concat(include, skip) {
		if err := matchesSome(catalogue, pattern); err != nil {
			return Selection{}, err
		}
	}
	var s Selection
	for _, r := range catalogue {
		switch {
		case matchesAny(r, skip):
			s.NotSelected = append(s.NotSelected, leftOut(r, nil, message.New("skipped")))
		case len(include) > 0 && !matchesAny(r, include):
			s.NotSelected = append(s.NotSelected, leftOut(r, nil, message.New("not among the rules asked for")))
		case len(include) == 0 && r.OffByDefault && !slices.Contains(also, r):
			s.NotSelected = append(s.NotSelected, leftOut(r, nil, message.New("off by default")))
		default:
			s.Rules = append(s.Rules, r)
			if r.Sweep != SweepNone && !slices.Contains(include, r.ID) && !slices.Contains(also, r) {
				s.DeepOnly = append(s.DeepOnly, r)
			}
		}
	}
	if len(s.Rules) == 0 {
		return Selection{}, errors.New("got rules to run and rules to skip that leave none, want one at least")
	}
	return s, nil
}

func matchesSome(catalogue []*Rule, pattern string) error {
	if _, err := path.Match(pattern, ""); err != nil {
		return fmt.Errorf("got rule pattern %q: %w", pattern, err)
	}
	for _, r := range catalogue {
		if r.Matches(pattern) {
			return nil
		}
	}
	return fmt.Errorf("got rule %q, want an ID, a glob of IDs or a category that exists (see sekisho rules)", pattern)
}

func matchesAny(r *Rule, patterns []string) bool {
	return slices.ContainsFunc(patterns, r.Matches)
}

// Matches reports whether a pattern, an ID, a glob of IDs or a category, means the rule.
func (r *Rule) Matches(pattern string) bool {
	ok, _ := path.Match(pattern, r.ID)
	return ok || pattern == string(r.Category)
}
