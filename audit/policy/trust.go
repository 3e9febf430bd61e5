package policy

import (
	"regexp"
	"strings"
)

// TrustKind says who a role's trust policy lets in.
type TrustKind uint8

// The kinds.
const (
	TrustsAnyone    TrustKind = iota // "*", or everyone but some
	TrustsAccount                    // an account as a whole: whoever it allows to
	TrustsUser                       // a user by name
	TrustsRole                       // a role, or a role's session, by name
	TrustsGone                       // a unique ID: what it named was deleted (Guide, reference_policies_elements_principal)
	TrustsService                    // a service of AWS
	TrustsFederated                  // an identity provider: SAML, OIDC, or a web identity
	TrustsOther                      // anything else
)

// TrustGrant is one principal that can assume a role, and what is asked of it.
type TrustGrant struct {
	Statement string
	Kind      TrustKind
	Principal string // as written
	Account   string // of the principal; empty for services and the like
	External  bool   // the account isn't the role's own
	Sure      bool   // false under conditions on keys that nobody knows

	// Conditions of the statement, or Denies beside it, that refuse those who fail them.
	MFA          bool // "Bool true": a key or a session without MFA is refused. BoolIfExists true doesn't count
	ExternalID   bool
	Organization bool
	Source       bool // aws:SourceArn or aws:SourceAccount: a service acting for somebody else is refused
	Strangers    bool // somebody of another account and organization, who knows no secret, gets in
}

var uniqueID = regexp.MustCompile(`^A[A-Z]{3}[A-Z0-9]{16,}$`)

// A stranger, as aws:PrincipalOrgID and others would show one.
const (
	strangeAccount      = "999999999999"
	strangeOrganization = "o-sekishostranger"
	strangeText         = "sekisho-stranger"
)

var assumeActions = []string{"sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity"}

// TrustGrants reads a role's trust policy. Account is the role's own.
func TrustGrants(d *Document, account string) (out []TrustGrant) {
	for i := range d.Statements {
		st := &d.Statements[i]
		if st.Effect != Allow || !assumes(st) {
			continue
		}
		t := truster{document: d, statement: st}
		if st.NotPrincipal {
			out = append(out, t.grant(Principal{Type: "*", Value: "*"}, account))
			continue
		}
		for _, p := range st.Principals {
			out = append(out, t.grant(p, account))
		}
	}
	return out
}

func assumes(st *Statement) bool {
	for _, a := range assumeActions {
		if st.MatchAction(a) {
			return true
		}
	}
	return false
}

// truster asks a statement of a trust policy, and the Denies beside it, whom they let in.
type truster struct {
	document  *Document
	statement *Statement
}

func (t truster) grant(p Principal, account string) TrustGrant {
	g := TrustGrant{Statement: t.statement.Ref(), Kind: trustKind(p), Principal: p.Value}
	if t.statement.NotPrincipal {
		g.Principal = "all but some"
	}
	if g.Account = accountOf(p.Value); g.Account == "" && strings.HasPrefix(p.Value, "arn:") {
		g.Account = arnField(p.Value, 4)
	}
	g.External = g.Account != "" && g.Account != account && (g.Kind == TrustsAccount || g.Kind == TrustsUser || g.Kind == TrustsRole)

	g.Sure = t.admits(p, nil) == Yes
	g.MFA = t.refuses(p, func(c *Context) { c.SetAbsent(keyMFAPresent); c.SetAbsent(keyMFAAge) }) &&
		t.refuses(p, func(c *Context) { c.Set(keyMFAPresent, "false"); c.SetAbsent(keyMFAAge) })
	g.ExternalID = t.wants(p, "sts:ExternalId", strangeText)
	g.Organization = t.wants(p, "aws:PrincipalOrgID", strangeOrganization) || t.wantsList(p, "aws:PrincipalOrgPaths", strangeOrganization+"/")
	g.Source = t.wants(p, "aws:SourceArn", "arn:aws:s3:::"+strangeText) || t.wants(p, "aws:SourceAccount", strangeAccount)
	g.Strangers = g.Kind == TrustsAnyone && t.admits(p, stranger) != No
	return g
}

func trustKind(p Principal) TrustKind {
	switch {
	case p.Type == "*" || p.Type == "AWS" && p.Value == "*":
		return TrustsAnyone
	case p.Type == "Service":
		return TrustsService
	case p.Type == "Federated":
		return TrustsFederated
	case p.Type != "AWS":
		return TrustsOther
	case accountOf(p.Value) != "":
		return TrustsAccount
	case uniqueID.MatchString(p.Value):
		return TrustsGone
	case strings.HasPrefix(arnField(p.Value, 5), "user/"):
		return TrustsUser
	case strings.HasPrefix(arnField(p.Value, 5), "role/"), strings.HasPrefix(arnField(p.Value, 5), "assumed-role/"):
		return TrustsRole
	}
	return TrustsOther
}

// stranger sets what is known of somebody whom nobody knows.
func stranger(c *Context) {
	arn := "arn:aws:iam::" + strangeAccount + ":user/" + strangeText
	c.Set("aws:PrincipalArn", arn)
	c.Set("aws:PrincipalAccount", strangeAccount)
	c.Set("aws:PrincipalOrgID", strangeOrganization)
	c.SetList("aws:PrincipalOrgPaths", strangeOrganization+"/")
	c.Set("aws:username", strangeText)
	c.Set("aws:userid", "AIDASTRANGER")
	c.Set("sts:ExternalId", strangeText)
	c.Set("sts:RoleSessionName", strangeText)
	c.SetAbsent("aws:SourceArn")
	c.SetAbsent("aws:SourceAccount")
	c.SetAbsent("aws:SourceOrgID")
}

// wants reports whether a key has to be there with a value that a stranger doesn't know.
func (t truster) wants(p Principal, key, strange string) bool {
	return t.refuses(p, func(c *Context) { c.SetAbsent(key) }) && t.refuses(p, func(c *Context) { c.Set(key, strange) })
}

func (t truster) wantsList(p Principal, key, strange string) bool {
	return t.refuses(p, func(c *Context) { c.SetAbsent(key) }) && t.refuses(p, func(c *Context) { c.SetList(key, strange) })
}

// refuses reports whether such a request is surely refused.
func (t truster) refuses(p Principal, set func(*Context)) bool { return t.admits(p, set) == No }

// admits decides on the principal's request, of which nothing is known but what set sets.
func (t truster) admits(p Principal, set func(*Context)) Truth {
	ctx := NewContext(Unknown)
	if set != nil {
		set(ctx)
	}
	result := t.statement.MatchConditions(ctx)
	for i := range t.document.Statements {
		st := &t.document.Statements[i]
		if st.Effect == Deny && assumes(st) {
			result = result.And(t.covers(st, p).And(st.MatchConditions(ctx)).Not())
		}
	}
	return result
}

// covers reports whether a Deny is about the principal.
func (t truster) covers(st *Statement, p Principal) Truth {
	result := No
	for _, q := range st.Principals {
		switch {
		case q == p || q.Type == "*" || q.Type == "AWS" && q.Value == "*":
			result = Yes
		case q.Type == "AWS" && p.Type == "AWS" && accountOf(q.Value) != "" && accountOf(q.Value) == arnField(p.Value, 4):
			result = Yes
		case trustKind(p) == TrustsAnyone, trustKind(p) == TrustsAccount && arnField(q.Value, 4) == accountOf(p.Value):
			result = result.Or(Maybe) // part of those whom the Allow names
		}
	}
	if st.NotPrincipal {
		return result.Not()
	}
	return result
}
