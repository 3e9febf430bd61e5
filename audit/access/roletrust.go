package access

import (
	"slices"
	"strings"
	"time"

	"sekisho/audit/account"
	"sekisho/audit/policy"
)

// Trust is who can assume a role.
type Trust struct {
	Document *policy.Document
	Err      error // the trust policy can't be read

	account  string
	now      time.Time
	grants   []TrustGrant
	surveyed bool
}

// Trust returns who can assume a role.
func (x *Access) Trust(r *account.Role) *Trust {
	t := x.trusts[r]
	if t == nil {
		t = &Trust{account: x.Account.ID, now: x.Account.TakenAt}
		t.Document, t.Err = x.documents.parse(policy.Trust, r.Name, "", r.TrustPolicy)
		x.trusts[r] = t
	}
	return t
}

// Grants returns whom the trust policy lets in.
func (t *Trust) Grants() []TrustGrant {
	if !t.surveyed && t.Err == nil {
		t.surveyed, t.grants = true, TrustGrants(t.Document, t.account, t.now)
	}
	return t.grants
}

// Which returns the grants that are of such a kind.
func (t *Trust) Which(wanted func(TrustGrant) bool) []TrustGrant {
	return slices.DeleteFunc(slices.Clone(t.Grants()), func(g TrustGrant) bool { return !wanted(g) })
}

// ToOthers returns the grants to others than AWS's services.
func (t *Trust) ToOthers() []TrustGrant {
	return t.Which(func(g TrustGrant) bool { return g.Kind != TrustsService && g.Kind != TrustsGone })
}

// OpenToOthers reports whether others than AWS's services can assume the role, as far as that is known.
func (t *Trust) OpenToOthers() bool { return t.Err != nil || len(t.ToOthers()) > 0 }

// HangsOnAddress reports whether the grants depend on the caller's address.
func (t *Trust) HangsOnAddress(grants []TrustGrant) bool {
	for i := range t.Document.Statements {
		st := &t.Document.Statements[i]
		named := slices.ContainsFunc(grants, func(g TrustGrant) bool { return g.Statement == st.Ref() })
		if !named && st.Effect != policy.Deny {
			continue
		}
		if slices.ContainsFunc(st.Conditions, func(c policy.Condition) bool { return strings.EqualFold(c.Key, "aws:SourceIp") }) {
			return true
		}
	}
	return false
}
