package rules

import (
	"slices"
	"strings"

	"sekisho/audit"
	"sekisho/audit/access"
	"sekisho/audit/account"
	"sekisho/audit/policy"
)

// trust is who can assume a role.
type trust struct {
	document *policy.Document
	grants   []access.TrustGrant
	err      error // the trust policy can't be read
}

// roleTrust reads a role's trust policy, once for all rules.
func roleTrust(p *audit.Pass, r *account.Role) trust {
	known := audit.Memo(p, "trusts", func(*audit.Pass) map[string]trust { return map[string]trust{} })
	t, ok := known[r.ARN]
	if !ok {
		d, err := principalsOf(p).documents.trust(r)
		if t.document, t.err = d, err; err == nil {
			t.grants = access.TrustGrants(d, p.Account.ID)
		}
		known[r.ARN] = t
	}
	return t
}

// is returns the grants that are of such a kind.
func (t trust) is(wanted func(access.TrustGrant) bool) []access.TrustGrant {
	return slices.DeleteFunc(slices.Clone(t.grants), func(g access.TrustGrant) bool { return !wanted(g) })
}

// openToOthers reports whether others than AWS's services can assume the role, as far as that is known.
func openToOthers(t trust) bool {
	return t.err != nil || len(t.is(func(g access.TrustGrant) bool { return g.Kind != access.TrustsService && g.Kind != access.TrustsGone })) > 0
}

// judged returns the grants with the truth that a rule asks about for Sure, without those for which it is No.
func judged(grants []access.TrustGrant, about func(access.TrustGrant) policy.Truth) []access.TrustGrant {
	var out []access.TrustGrant
	for _, g := range grants {
		if g.Sure = about(g); g.Sure != policy.No {
			out = append(out, g)
		}
	}
	return out
}

// certainly reports whether one of the grants holds for sure, and not only under conditions that nobody knows.
func certainly(grants []access.TrustGrant) bool {
	return slices.ContainsFunc(grants, func(g access.TrustGrant) bool { return g.Sure == policy.Yes })
}

func principalsOfGrants(grants []access.TrustGrant) string {
	var list []string
	for _, g := range grants {
		if !slices.Contains(list, g.Principal) {
			list = append(list, g.Principal)
		}
	}
	return names(list)
}

func trustEvidence(p *audit.Pass, grants []access.TrustGrant) []audit.Evidence {
	var refs []string
	for _, g := range grants {
		if !slices.Contains(refs, g.Statement) {
			refs = append(refs, g.Statement)
		}
	}
	return statements(p, refs)
}

// trusting yields the roles, service-linked ones left out, whose trust policy can be read; the others are answered.
func trusting(p *audit.Pass, judge func(r *account.Role, t trust)) {
	for r := range p.Roles() {
		if serviceLinked(r) {
			p.NotApplicable(r, audit.Textf("service-linked role"), p.Account.RoleCount.Evidence()...)
			continue
		}
		t := roleTrust(p, r)
		if t.err != nil {
			p.Unknown(r, joined(audit.Textf("the trust policy "), malformed(t.err)), p.Account.RoleCount.Evidence()...)
			continue
		}
		judge(r, t)
	}
}

// checkGrants fails a role for what its trust policy grants: for sure, or else it is unknown. It reports whether it did.
func checkGrants(p *audit.Pass, r *account.Role, t trust, grants []access.TrustGrant, format string) bool {
	if len(grants) == 0 {
		return false
	}
	evidence := trustEvidence(p, grants)
	if certainly(grants) {
		sure := slices.DeleteFunc(slices.Clone(grants), func(g access.TrustGrant) bool { return g.Sure != policy.Yes })
		p.Fail(r, audit.Textf(format, principalsOfGrants(sure), sure[0].Statement), evidence...)
		return true
	}
	p.Unknown(r, joined(t.hangsOn(grants), audit.Textf(format, principalsOfGrants(grants), grants[0].Statement)), evidence...)
	return true
}

// hangsOn begins the answer about grants of which it isn't known whether they let somebody in.
func (t trust) hangsOn(grants []access.TrustGrant) audit.Text {
	for i := range t.document.Statements {
		st := &t.document.Statements[i]
		named := slices.ContainsFunc(grants, func(g access.TrustGrant) bool { return g.Statement == st.Ref() })
		if !named && st.Effect != policy.Deny {
			continue
		}
		if slices.ContainsFunc(st.Conditions, func(c policy.Condition) bool { return strings.EqualFold(c.Key, "aws:SourceIp") }) {
			return audit.Textf("depending on the address, ")
		}
	}
	return audit.Textf("under conditions on which nothing is known, ")
}
