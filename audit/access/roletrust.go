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
	text     string
	shared   *Shared
	grants   []TrustGrant
	surveyed bool
}

// trustKey is a trust policy as it stands at a time, or at any time where it doesn't ask for one.
type trustKey struct {
	account, text string
	now           time.Time
}

// Trust returns who can assume a role.
func (x *Access) Trust(r *account.Role) *Trust {
	t := x.trusts[r]
	if t == nil {
		t = &Trust{account: x.Account.ID, now: x.Account.TakenAt, text: r.TrustPolicy, shared: x.Shared}
		t.Document, t.Err = x.documents.parse(policy.Trust, r.Name, "", r.TrustPolicy)
		x.trusts[r] = t
	}
	return t
}

// Grants returns whom the trust policy lets in.
func (t *Trust) Grants() []TrustGrant {
	if !t.surveyed && t.Err == nil {
		t.surveyed, t.grants = true, t.survey()
	}
	return t.grants
}

// survey finds them once for all roles whose policies read alike, which differ in the names of statements alone.
func (t *Trust) survey() []TrustGrant {
	key := trustKey{account: t.account, text: t.text}
	if asksWhen(t.Document) {
		key.now = t.now.UTC()
	}
	first := t.shared.surveys[key]
	if first == nil {
		t.grants = TrustGrants(t.Document, t.account, t.now) // if it panics, there is nothing that others could take over
		t.shared.surveys[key] = t
		return t.grants
	}
	names := make(map[string]string, len(t.Document.Statements))
	for i := range t.Document.Statements {
		names[first.Document.Statements[i].Ref()] = t.Document.Statements[i].Ref()
	}
	grants := slices.Clone(first.grants)
	for i := range grants {
		grants[i].Statement = names[grants[i].Statement]
	}
	return grants
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

// Entry tells whom of the account's users a grant lets in.
type Entry struct {
	TrustGrant
	by     *truster
	anyone *policy.Context // what is known of all users' requests
}

// Entry returns what a grant asks of users; false where two statements go by one name, as IAM allows none to.
func (t *Trust) Entry(g TrustGrant) (e Entry, ok bool) {
	for i := range t.Document.Statements {
		if st := &t.Document.Statements[i]; st.Ref() == g.Statement {
			by := newTruster(t.Document, st, t.account, t.now)
			e, ok = Entry{g, by, by.known(caller{account: t.account})}, e.by == nil
		}
	}
	return e, ok
}

// HangsOnWho reports whether some of the users may get in and others not.
func (e Entry) HangsOnWho() bool {
	return e.Kind == TrustsUser || slices.ContainsFunc(e.by.keys, isPersonal) || slices.ContainsFunc(e.by.document.Statements, func(st policy.Statement) bool {
		return st.Effect == policy.Deny && slices.ContainsFunc(st.Principals, func(p policy.Principal) bool { return strings.Contains(p.Value, ":user/") })
	})
}

// Of decides whether a user gets in, and whether without MFA. The user's own policies aren't looked at.
func (e Entry) Of(w *Principal) (enters, withoutMFA policy.Truth) {
	if w.subject == nil {
		return min(e.Users, policy.Maybe), min(e.KeyUsers, policy.Maybe)
	}
	who := caller{account: e.by.account, named: w.ARN, only: "user", kinship: resident, as: w.subject}
	if e.by.statement.MatchConditions(w.subject.context(e.anyone, e.by.tags())) == policy.No {
		return policy.No, policy.No // as it mostly is, and takes little to see
	}
	enters = e.by.lets(who)
	if !e.by.mentions(keyMFAPresent) && !e.by.mentions(keyMFAAge) && !e.by.mentions("aws:tokenissuetime") {
		return enters, enters
	}
	who.withoutMFA = true
	return enters, e.by.lets(who)
}
