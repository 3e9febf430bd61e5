package rules

import (
	"slices"

	"sekisho/audit"
	"sekisho/audit/account"
	"sekisho/audit/policy"
)

// trust is who can assume a role.
type trust struct {
	document *policy.Document
	grants   []policy.TrustGrant
	err      error // the trust policy can't be read
}

// roleTrust reads a role's trust policy, once for all rules.
func roleTrust(p *audit.Pass, r *account.Role) trust {
	known := audit.Memo(p, "trusts", func(*audit.Pass) map[string]trust { return map[string]trust{} })
	t, ok := known[r.ARN]
	if !ok {
		d, err := principalsOf(p).documents.trust(r)
		if t.document, t.err = d, err; err == nil {
			t.grants = policy.TrustGrants(d, p.Account.ID)
		}
		known[r.ARN] = t
	}
	return t
}

// is returns the grants that are of such a kind.
func (t trust) is(wanted func(policy.TrustGrant) bool) []policy.TrustGrant {
	return slices.DeleteFunc(slices.Clone(t.grants), func(g policy.TrustGrant) bool { return !wanted(g) })
}

// openToOthers reports whether others than AWS's services can assume the role, as far as that is known.
func openToOthers(t trust) bool {
	return t.err != nil || len(t.is(func(g policy.TrustGrant) bool { return g.Kind != policy.TrustsService && g.Kind != policy.TrustsGone })) > 0
}

// withMFA marks the grants as sure that hang on nothing but MFA and let somebody in who has that much of it: none with the key itself, none in a
// session, or, for everybody, some.
func (t trust) withMFA(grants []policy.TrustGrant, states ...string) []policy.TrustGrant {
	out := slices.Clone(grants)
	for i := range out {
		for _, state := range states {
			out[i].Sure = out[i].Sure || t.surely(out[i].Statement, state)
		}
	}
	return out
}

// surely reports whether a statement lets somebody in whatever else nobody knows of him; mfa is "", "false" or "true".
func (t trust) surely(ref, mfa string) bool {
	ctx := policy.NewContext(policy.Unknown)
	ctx.SetAbsent("aws:MultiFactorAuthPresent")
	ctx.SetAbsent("aws:MultiFactorAuthAge")
	if mfa != "" {
		ctx.Set("aws:MultiFactorAuthPresent", mfa)
	}
	if mfa == "true" {
		ctx.Set("aws:MultiFactorAuthAge", "0")
	}
	lets := false
	for i := range t.document.Statements {
		switch st := &t.document.Statements[i]; {
		case st.Effect == policy.Deny && st.MatchConditions(ctx) != policy.No:
			return false
		case st.Ref() == ref:
			lets = st.MatchConditions(ctx) == policy.Yes
		}
	}
	return lets
}

// certainly reports whether one of the grants holds for sure, and not only under conditions that nobody knows.
func certainly(grants []policy.TrustGrant) bool {
	return slices.ContainsFunc(grants, func(g policy.TrustGrant) bool { return g.Sure })
}

func principalsOfGrants(grants []policy.TrustGrant) string {
	var list []string
	for _, g := range grants {
		if !slices.Contains(list, g.Principal) {
			list = append(list, g.Principal)
		}
	}
	return names(list)
}

func trustEvidence(p *audit.Pass, grants []policy.TrustGrant) []audit.Evidence {
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
func checkGrants(p *audit.Pass, r *account.Role, grants []policy.TrustGrant, format string) bool {
	if len(grants) == 0 {
		return false
	}
	evidence := trustEvidence(p, grants)
	if certainly(grants) {
		sure := slices.DeleteFunc(slices.Clone(grants), func(g policy.TrustGrant) bool { return !g.Sure })
		p.Fail(r, audit.Textf(format, principalsOfGrants(sure), sure[0].Statement), evidence...)
		return true
	}
	p.Unknown(r, joined(audit.Textf("under conditions on which nothing is known, "), audit.Textf(format, principalsOfGrants(grants), grants[0].Statement)), evidence...)
	return true
}
