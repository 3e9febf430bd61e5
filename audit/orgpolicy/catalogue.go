package orgpolicy

import (
	"slices"
	"sync"

	"sekisho/audit"
	"sekisho/audit/lists"
)

var catalogue = sync.OnceValue(func() []*audit.Rule {
	return lists.Map(Rules(), func(r Rule) *audit.Rule {
		return &audit.Rule{
			ID: r.ID, Title: r.Title, Problem: r.Problem, Category: audit.CategoryOrganization, Severity: r.Severity, Why: r.Why, How: r.How,
			Fix: audit.Fix{Steps: []audit.FixStep{{Text: r.Fix}}, Page: r.Docs},
		}
	})
})

// Catalogue are the rules about an organization, as rules are listed, explained, chosen and excepted. None of them can be
// checked on an account.
func Catalogue() []*audit.Rule { return slices.Clone(catalogue()) }

// organizationName is what exceptions call what fails where that is neither an account nor anything else of a name.
const organizationName = "organization"

// selected reports whether a rule is judged by the settings.
func (s Settings) selected(r *audit.Rule) bool {
	return !slices.ContainsFunc(s.SkipRules, r.Matches) && (len(s.Rules) == 0 || slices.ContainsFunc(s.Rules, r.Matches))
}

// except gives a failure its exception, where there is one for each thing that fails.
func (j *judge) except(r *audit.Rule, v *Verdict) {
	if v.Status != audit.StatusFail {
		return
	}
	names := v.Names
	switch {
	case len(names) > 0:
	case len(v.Accounts) > 0:
		names = v.Accounts
	default:
		names = []string{organizationName}
	}
	var first *audit.Exception
	for _, name := range names {
		i := slices.IndexFunc(j.by.Exceptions, func(e audit.Exception) bool { return j.excepts(r, e, name) })
		if i < 0 {
			return
		}
		if first == nil {
			first = &j.by.Exceptions[i]
		}
	}
	v.Exception = first
}

// excepts reports whether an exception is for what fails by a rule.
func (j *judge) excepts(r *audit.Rule, e audit.Exception, name string) bool {
	manager := j.of.Organization != nil && e.Account == j.of.Organization.Value.ManagementAccount
	return r.Matches(e.Rule) && e.UniqueID == "" && (e.Account == "" || manager) && j.of.TakenAt.Before(e.Expires) && (e.Covers(name) || e.Resource == organizationName)
}
