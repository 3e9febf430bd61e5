package rules

import (
	"slices"

	"sekisho/audit"
	"sekisho/audit/access"
	"sekisho/audit/account"
	"sekisho/audit/message"
	"sekisho/audit/policy"
)

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

func principalsOfGrants(grants []access.TrustGrant) message.List {
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
func trusting(p *audit.Pass, judge func(r *account.Role, t *access.Trust)) {
	for r := range p.Roles() {
		if access.ServiceLinked(r) {
			p.NotApplicable(r, audit.Textf("service-linked role"), p.Account.RoleCount.Evidence()...)
			continue
		}
		t := p.Access.Trust(r)
		if t.Err != nil {
			p.Unknown(r, joined(audit.Textf("the trust policy "), access.Malformed(t.Err)), p.Account.RoleCount.Evidence()...)
			continue
		}
		judge(r, t)
	}
}

// checkGrants fails a role for what its trust policy grants: for sure, or else it is unknown. It reports whether it did.
func checkGrants(p *audit.Pass, r *account.Role, t *access.Trust, grants []access.TrustGrant, format string) bool {
	if len(grants) == 0 {
		return false
	}
	evidence := trustEvidence(p, grants)
	if certainly(grants) {
		sure := slices.DeleteFunc(slices.Clone(grants), func(g access.TrustGrant) bool { return g.Sure != policy.Yes })
		p.Fail(r, audit.Textf(format, principalsOfGrants(sure), sure[0].Statement), evidence...)
		return true
	}
	p.Unknown(r, joined(hangsOn(t, grants), audit.Textf(format, principalsOfGrants(grants), grants[0].Statement)), evidence...)
	return true
}

// hangsOn begins the answer about grants of which it isn't known whether they let somebody in.
func hangsOn(t *access.Trust, grants []access.TrustGrant) audit.Text {
	if t.HangsOnAddress(grants) {
		return audit.Textf("depending on the address, ")
	}
	return audit.Textf("under conditions on which nothing is known, ")
}
