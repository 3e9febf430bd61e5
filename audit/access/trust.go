package access

import (
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"time"

	"sekisho/audit/policy"
)

// TrustKind says who a role's trust policy lets in.
type TrustKind uint8

// The kinds.
const (
	TrustsAnyone    TrustKind = iota // "*", or everyone but some
	TrustsAccount                    // an account as a whole: all whom it allows to
	TrustsUser                       // a user by name
	TrustsRole                       // a role, or a role's session, by name
	TrustsGone                       // a unique ID of something deleted (Guide, reference_policies_elements_principal)
	TrustsService                    // a service of AWS
	TrustsFederated                  // an identity provider: SAML, OIDC, or a web identity
	TrustsOther                      // anything else
)

// TrustGrant is one principal that can assume a role, and what is asked of it.
type TrustGrant struct {
	Statement string
	Kind      TrustKind
	Principal string // as written; of TrustsAnyone narrowed by conditions to an account of theirs, with its number
	Account   string // of the principal; empty for services and the like
	External  bool   // somebody of another account than the role's own may get in

	// Who gets in, by the statement's conditions and the Denies beside it; Maybe under conditions on keys that nobody
	// knows.
	Sure      policy.Truth // the principal, or for TrustsAnyone a stranger who knows no secret
	Users     policy.Truth // a user of the role's own account
	KeyUsers  policy.Truth // one without MFA: with a key, or in a session without
	Foreign   policy.Truth // for TrustsAnyone, an account that isn't named, perhaps with what is asked for
	Strangers bool         // for TrustsAnyone, Sure isn't No
	Others    policy.Truth // for TrustsFederated, somebody else whom the same issuer vouches for
	Guests    policy.Truth // for an identity pool of Cognito, those who sign in nowhere

	// Conditions of the statement, or Denies beside it, that refuse those who fail them.
	MFA          bool // "Bool true": a key or a session without MFA is refused. BoolIfExists true doesn't count
	ExternalID   bool
	Organization bool // those of another organization and those of none

	// For TrustsService, the accounts for which the service may act here beside the role's own: AnyAccount, or those that
	// conditions name.
	ActsFor []string
}

var uniqueID = regexp.MustCompile(`^A[A-Z]{3}[A-Z0-9]{16,}$`)

var assumeActions = []string{"sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity"}

// TrustGrants reads a role's trust policy as it stands at a time. Account is the role's own. Behind a grant to anybody
// follow those to the accounts that its conditions let in, if they let in nobody else of another account.
func TrustGrants(d *policy.Document, account string, now time.Time) (out []TrustGrant) {
	for i := range d.Statements {
		st := &d.Statements[i]
		if st.Effect != policy.Allow || !assumes(st) {
			continue
		}
		t := newTruster(d, st, account, now)
		principals := st.Principals
		if st.NotPrincipal {
			principals = []policy.Principal{{Type: "*", Value: "*"}}
		}
		for _, p := range principals {
			g := t.grant(p, account)
			out = append(out, g)
			if g.Kind == TrustsAnyone && g.Foreign == policy.No {
				out = append(out, t.accounts(g, account)...)
			}
		}
	}
	return out
}

func assumes(st *policy.Statement) bool { return slices.ContainsFunc(assumeActions, st.MatchAction) }

// truster asks a statement of a trust policy, and the Denies beside it, whom they let in.
type truster struct {
	document   *policy.Document
	statement  *policy.Statement
	account    string
	now        time.Time
	actions    []string                    // those of assumeActions that the statement allows
	keys       []string                    // that conditions or their variables name, lower-case
	patterns   map[string][]policy.Pattern // what conditions on the key compare it with
	networks   [][]netip.Prefix            // by condition
	partitions []string
	numbers    []string // of accounts that conditions and Denies name
	vague      []string // numbers of accounts like those that conditions describe by a few digits
	effort     int      // spent on surveys
}

func newTruster(d *policy.Document, st *policy.Statement, account string, now time.Time) *truster {
	t := &truster{document: d, statement: st, account: account, now: now, patterns: map[string][]policy.Pattern{}, partitions: []string{"aws"}}
	for _, action := range assumeActions {
		if st.MatchAction(action) {
			t.actions = append(t.actions, action)
		}
	}
	for i := range d.Statements {
		other := &d.Statements[i]
		if other != st && other.Effect != policy.Deny {
			continue
		}
		for i := range other.Conditions {
			c := &other.Conditions[i]
			t.read(c)
			for _, v := range c.Values {
				t.note(v)
			}
		}
		for _, p := range other.Principals {
			t.note(p.Value)
		}
	}
	return t
}

// read notes the keys of a condition, and what it compares.
func (t *truster) read(c *policy.Condition) {
	key := strings.ToLower(c.Key)
	t.key(key)
	patterns := c.Patterns()
	if t.patterns[key] = append(t.patterns[key], patterns...); len(t.patterns[key]) > maxPatterns {
		t.effort = maxEffort + 1 // nobody wrote that to be read
		return
	}
	for _, p := range patterns {
		for _, variable := range p.Variables() {
			t.key(variable)
		}
	}
	if networks := c.Networks(); len(networks) > 0 {
		t.networks = append(t.networks, networks)
	}
}

func (t *truster) key(key string) {
	t.keys = appendNew(t.keys, key)
}

// note notes the accounts, by number or digits, and the partition that a text names.
func (t *truster) note(text string) {
	for _, number := range accountsIn(text) {
		t.numbers = appendNew(t.numbers, number)
	}
	described := text
	if strings.HasPrefix(text, "arn:") {
		described = policy.ARNField(text, 4)
	}
	if number, ok := numberLike(described); ok {
		t.vague = appendNew(t.vague, number)
	}
	if partition := namedPartition(text); partition != "" {
		t.partitions = appendNew(t.partitions, partition)
	}
}

func (t *truster) mentions(key string) bool { return slices.Contains(t.keys, key) }

func (t *truster) grant(p policy.Principal, account string) TrustGrant {
	g := TrustGrant{Statement: t.statement.Ref(), Kind: trustKind(p), Principal: p.Value}
	if t.statement.NotPrincipal {
		g.Principal = "all but some"
	}
	if g.Account = policy.AccountOf(p.Value); g.Account == "" && strings.HasPrefix(p.Value, "arn:") {
		g.Account = policy.ARNField(p.Value, 4)
	}
	t.flag(&g, p)
	own := caller{account: account, only: "user", kinship: resident}
	switch g.Kind {
	case TrustsAnyone:
		for _, number := range t.unnamedAccounts() {
			g.Sure = g.Sure.Or(t.lets(caller{account: number}))
			g.Foreign = g.Foreign.Or(g.Sure).Or(t.lets(caller{account: number, kinship: meant}))
		}
		g.Strangers, g.External = g.Sure != policy.No, g.Foreign != policy.No
	case TrustsAccount, TrustsUser, TrustsRole:
		who := caller{account: g.Account, kinship: neighbour}
		if g.Kind != TrustsAccount {
			who.named, own.named = p.Value, p.Value
		}
		if g.External = g.Account != account; !g.External {
			who.kinship = resident
		}
		g.Sure = t.lets(who)
	case TrustsFederated:
		g.Sure, g.Others = t.admits(p, nil), t.others(&g, p)
		if p.Value == cognitoPools {
			g.Guests = t.guests(p)
		}
	case TrustsService:
		g.Sure, g.ActsFor = t.admits(p, nil), t.actsFor(p)
	default:
		g.Sure = t.admits(p, nil)
	}
	if g.Kind == TrustsAnyone || !g.External && (g.Kind == TrustsAccount || g.Kind == TrustsUser) {
		g.Users = t.lets(own)
		own.withoutMFA = true
		g.KeyUsers = t.lets(own)
	}
	return g
}

// accounts are the accounts by number that a grant to anybody lets in.
func (t *truster) accounts(g TrustGrant, account string) (out []TrustGrant) {
	for _, number := range t.numbers {
		if number == account || t.lets(caller{account: number, kinship: meant}) == policy.No {
			continue
		}
		p := policy.Principal{Type: "AWS", Value: number}
		of := TrustGrant{Statement: g.Statement, Kind: TrustsAccount, Principal: g.Principal + " (account " + number + ")", Account: number, External: true}
		of.Sure = t.lets(caller{account: number, kinship: neighbour})
		t.flag(&of, p)
		out = append(out, of)
	}
	return out
}

// flag sets what is asked of the principal.
func (t *truster) flag(g *TrustGrant, p policy.Principal) {
	g.MFA = t.refuses(p, func(c *policy.Context) { c.SetAbsent(keyMFAPresent); c.SetAbsent(keyMFAAge) }) &&
		t.refuses(p, func(c *policy.Context) { c.Set(keyMFAPresent, "false"); c.SetAbsent(keyMFAAge) })
	g.ExternalID = t.mentions("sts:externalid")
	for _, id := range t.externalIDs(caller{}, nil) {
		g.ExternalID = g.ExternalID && t.refuses(p, id.set)
	}
	g.Organization = true
	for _, organization := range t.organizations(caller{}) {
		g.Organization = g.Organization && t.refuses(p, organization.set)
	}
}

// checks are what a request by the action has to pass: the statement's conditions, and each Deny that concerns the
// caller.
func (t *truster) checks(action string, concerns func(*policy.Statement, *policy.Context) policy.Truth) (out []func(*policy.Context) policy.Truth) {
	for i := range t.statement.Conditions {
		out = append(out, t.statement.Conditions[i].Match)
	}
	for i := range t.document.Statements {
		st := &t.document.Statements[i]
		if st.Effect == policy.Deny && st.MatchAction(action) {
			out = append(out, func(ctx *policy.Context) policy.Truth { return concerns(st, ctx).And(st.MatchConditions(ctx)).Not() })
		}
	}
	return out
}

// concerns reports whether a Deny names the caller.
func concerns(st *policy.Statement, ctx *policy.Context) policy.Truth {
	result := policy.No
	for _, p := range st.Principals {
		if strings.Contains(p.Value, ":assumed-role/") && ofAccount(p, ctx) {
			result = result.Or(policy.Maybe) // one session of a role
		}
		result = result.Or(p.GrantTo(ctx).Truth)
	}
	if st.NotPrincipal {
		return result.Not()
	}
	return result
}

// ofAccount reports whether the principal is of the caller's account.
func ofAccount(p policy.Principal, ctx *policy.Context) bool {
	account, _, state := ctx.Lookup("aws:PrincipalAccount")
	return state == policy.Present && account[0] == policy.ARNField(p.Value, 4)
}

func trustKind(p policy.Principal) TrustKind {
	switch {
	case p.Type == "*" || p.Type == "AWS" && p.Value == "*":
		return TrustsAnyone
	case p.Type == "Service":
		return TrustsService
	case p.Type == "Federated":
		return TrustsFederated
	case p.Type != "AWS":
		return TrustsOther
	case policy.AccountOf(p.Value) != "":
		return TrustsAccount
	case uniqueID.MatchString(p.Value):
		return TrustsGone
	case strings.HasPrefix(policy.ARNField(p.Value, 5), "user/"):
		return TrustsUser
	case strings.HasPrefix(policy.ARNField(p.Value, 5), "role/"), strings.HasPrefix(policy.ARNField(p.Value, 5), "assumed-role/"):
		return TrustsRole
	}
	return TrustsOther
}

// refuses reports whether such a request is surely refused.
func (t *truster) refuses(p policy.Principal, set func(*policy.Context)) bool {
	return t.admits(p, set) == policy.No
}

// admits decides on the principal's request, of which nothing is known but what set sets.
func (t *truster) admits(p policy.Principal, set func(*policy.Context)) policy.Truth {
	ctx := policy.NewContext(policy.Unknown)
	t.place(ctx)
	if set != nil {
		set(ctx)
	}
	result := policy.No
	for _, action := range t.actions {
		admitted := t.statement.MatchConditions(ctx)
		for i := range t.document.Statements {
			st := &t.document.Statements[i]
			if st.Effect == policy.Deny && st.MatchAction(action) {
				admitted = admitted.And(t.covers(st, p).And(st.MatchConditions(ctx)).Not())
			}
		}
		result = result.Or(admitted)
	}
	return result
}

// covering reports of each Deny whether it is about the principal.
func (t *truster) covering(p policy.Principal) func(*policy.Statement, *policy.Context) policy.Truth {
	return func(st *policy.Statement, _ *policy.Context) policy.Truth { return t.covers(st, p) }
}

// covers reports whether a Deny is about the principal.
func (t *truster) covers(st *policy.Statement, p policy.Principal) policy.Truth {
	result := policy.No
	for _, q := range st.Principals {
		switch {
		case q == p || q.Type == "*" || q.Type == "AWS" && q.Value == "*":
			result = policy.Yes
		case q.Type == "AWS" && p.Type == "AWS" && policy.AccountOf(q.Value) != "" && policy.AccountOf(q.Value) == policy.ARNField(p.Value, 4):
			result = policy.Yes
		case trustKind(p) == TrustsAnyone, trustKind(p) == TrustsAccount && policy.ARNField(q.Value, 4) == policy.AccountOf(p.Value):
			result = result.Or(policy.Maybe) // part of those whom the Allow names
		}
	}
	if st.NotPrincipal {
		return result.Not()
	}
	return result
}
