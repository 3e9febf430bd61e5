package rules_test

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"sekisho/audit"
	"sekisho/audit/account"
	"sekisho/audit/rules"
)

func TestCatalogueIsValid(t *testing.T) {
	t.Parallel()
	if err := validate(rules.Catalogue()); err != nil {
		t.Error(err)
	}
}

var ruleID = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)

// validate reports what a catalogue lacks: a rule without documentation, an ID used twice, a need that nobody can tell.
func validate(catalogue []*audit.Rule) error {
	var errs []error
	seen := map[string]bool{}
	categories := map[audit.Category]bool{}
	for _, r := range catalogue {
		categories[r.Category] = true
	}
	for _, r := range catalogue {
		fail := func(format string, args ...any) {
			errs = append(errs, fmt.Errorf("rule %q: %s", r.ID, fmt.Sprintf(format, args...)))
		}
		if !ruleID.MatchString(r.ID) {
			fail("got an ID that is not kebab-case")
		}
		if seen[r.ID] {
			fail("got the ID twice")
		}
		if categories[audit.Category(r.ID)] {
			fail("got an ID that is a category too: to select the one selects the other")
		}
		seen[r.ID] = true
		for name, text := range map[string]string{"Title": r.Title, "Problem": r.Problem, "Category": string(r.Category), "Why": r.Why, "How": r.How, "Fix": r.Fix.Page} {
			if text == "" {
				fail("is undocumented: no %s", name)
			}
		}
		if r.Check == nil {
			fail("has no Check")
		}
		facts := slices.Concat(r.Needs, r.Uses)
		if len(facts) == 0 {
			fail("needs nothing, so it can't be unknown")
		}
		for _, fact := range append(facts, r.Details...) {
			if len(fact.Sections())+len(fact.WantedSections()) == 0 {
				fail("needs %q, which nobody can tell", fact)
			}
		}
	}
	return errors.Join(errs...)
}

func TestValidate(t *testing.T) {
	t.Parallel()
	sound := func(id string) *audit.Rule {
		return &audit.Rule{ID: id, Title: "t", Problem: "p", Category: audit.CategoryAccessKeys, Why: "w", How: "h", Fix: audit.Fix{Page: "f"},
			Needs: []account.Fact{account.UserPassword}, Check: func(*audit.Pass) {}}
	}
	keyAge := sound("key-age")
	if err := validate([]*audit.Rule{sound("console-mfa"), keyAge}); err != nil {
		t.Errorf("got %v for sound rules", err)
	}
	bad := sound("")
	bad.ID, bad.Why, bad.Needs = "Console_MFA", "", []account.Fact{"user-shoe-size"}
	err := validate([]*audit.Rule{bad, keyAge, keyAge, sound("access-keys")})
	for _, want := range []string{"an ID that is a category too", "kebab-case", "no Why", "user-shoe-size", `"key-age": got the ID twice`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want it to say %s", err, want)
		}
	}
}
