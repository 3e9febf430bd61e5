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
	return names(distinct(grants, func(g access.TrustGrant) string { return g.Principal }))
}

// statementsOf names the statements that make the grants.
func statementsOf(grants []access.TrustGrant) []string {
	return distinct(grants, func(g access.TrustGrant) string { return g.Statement })
}

// distinct lists a text of each item, each text once.
func distinct[T any](items []T, text func(T) string) (out []string) {
	for _, item := range items {
		if t := text(item); !slices.Contains(out, t) {
			out = append(out, t)
		}
	}
	return out
}

// failGrants fails a role for grants that hold for sure.
func failGrants(p *audit.Pass, r *account.Role, grants []access.TrustGrant, text message.Message) {
	p.Fail(r, text, trustEvidence(p, grants)...).By(statementsOf(grants))
}

func trustEvidence(p *audit.Pass, grants []access.TrustGrant) []audit.Evidence {
	return statements(p, statementsOf(grants))
}

// trusting yields the roles, service-linked ones left out, whose trust policy can be read; the others are answered.
func trusting(p *audit.Pass, judge func(r *account.Role, t *access.Trust)) {
	for r := range p.Roles() {
		if access.ServiceLinked(r) {
			p.NotApplicable(r, message.New("service-linked role"), p.Account.RoleCount.Evidence()...)
			continue
		}
		t := p.Access.Trust(r)
		if t.Err != nil {
			p.Unknown(r, message.New("the trust policy %s", access.Malformed(t.Err)), p.Account.RoleCount.Evidence()...)
			continue
		}
		judge(r, t)
	}
}

// checkGrants fails a role for what its trust policy grants: for sure, or else it is unknown. It reports whether it
// did.
func checkGrants(p *audit.Pass, r *account.Role, t *access.Trust, grants []access.TrustGrant, text func(who message.List) message.Message) bool {
	if len(grants) == 0 {
		return false
	}
	evidence := trustEvidence(p, grants)
	if certainly(grants) {
		sure := slices.DeleteFunc(slices.Clone(grants), func(g access.TrustGrant) bool { return g.Sure != policy.Yes })
		p.Fail(r, text(principalsOfGrants(sure)), evidence...).By(statementsOf(sure))
		return true
	}
	p.Unknown(r, hangsOn(t, grants, text(principalsOfGrants(grants))), evidence...).By(statementsOf(grants))
	return true
}

// hangsOn says that nothing more is known of a text about grants than that it may hold.
func hangsOn(t *access.Trust, grants []access.TrustGrant, text message.Message) message.Message {
	if t.HangsOnAddress(grants) {
		return message.New("depending on the address: %s", text)
	}
	return possibly(text)
}
