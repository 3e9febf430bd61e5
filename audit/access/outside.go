package access

import (
	"cmp"
	"slices"
	"strings"

	"sekisho/audit/account"
	"sekisho/audit/message"
	"sekisho/audit/policy"
)

// outside tells who of nobody in the account becomes what the ways of its roles lead to: those whom the trust policy of a
// role lets in that is there already, or has a way. Services of AWS act for somebody else, and are told of where these
// pass roles to them. The ways are those of all users and roles, by ARN.
func (x *Access) outside(ways map[string]*Ascent) (out []Ascent) {
	for _, r := range x.Roles() {
		way := ways[r.ARN]
		if way == nil || way.Standing != Already && way.Chain == nil {
			continue
		}
		first := len(out)
		for _, g := range x.Trust(r.Role).ToOthers() {
			who, action, truth := g.outsider()
			if truth == policy.No {
				continue
			}
			step := Step{
				ID: "assume-role", From: who.String(), To: r.ARN, How: message.New("assumes %s", account.ShortARN(r.ARN)),
				Actions: []string{action}, By: []string{g.Statement}, Sure: truth == policy.Yes,
			}
			is := Ascent{ARN: who.String(), Who: who, Chain: &Chain{Steps: []Step{step}, To: r.ARN, Sure: step.Sure}}
			if on := way.Chain; on != nil {
				is.Chain = &Chain{Steps: slices.Concat(is.Chain.Steps, on.Steps), To: on.To, Sure: step.Sure && on.Sure}
			}
			if !is.Chain.Sure {
				is.Standing = MayAscend
			}
			// Of several statements that let the same people in, one that does so surely says all.
			switch i := slices.IndexFunc(out[first:], func(o Ascent) bool { return o.ARN == is.ARN }); {
			case i < 0:
				out = append(out, is)
			case is.Chain.Sure && !out[first+i].Chain.Sure:
				out[first+i] = is
			}
		}
	}
	slices.SortStableFunc(out, func(a, b Ascent) int {
		return cmp.Or(cmp.Compare(a.Standing, b.Standing), cmp.Compare(a.steps(), b.steps()), strings.Compare(a.ARN, b.ARN))
	})
	return out
}

// outsider is who of another account or of an identity provider gets in by a grant, by which action, and whether they
// do.
func (g *TrustGrant) outsider() (who message.Message, action string, truth policy.Truth) {
	action = "sts:AssumeRole"
	switch {
	case g.Kind == TrustsAnyone && g.Strangers:
		return message.New("anybody"), action, g.Sure
	case g.Kind == TrustsAnyone && g.External:
		return message.New("anybody who has what the trust policy asks for"), action, policy.Maybe
	case g.Kind == TrustsAccount && g.External:
		return message.New("account %s", g.Account), action, g.Sure
	case g.Kind == TrustsFederated:
		host, kind := g.Issuer()
		if action = "sts:AssumeRoleWithWebIdentity"; kind == IssuerSAML {
			action = "sts:AssumeRoleWithSAML"
		}
		switch {
		case g.Guests == policy.Yes:
			return message.New("guests of an identity pool, who sign in nowhere"), action, g.Guests
		case g.Others == policy.Yes && kind == IssuerShared:
			return message.New("anybody at %s", host), action, g.Others
		}
		return message.New("someone who signs in at %s", account.ShortARN(host)), action, g.Sure.Or(g.Others).Or(g.Guests)
	case g.External:
		return message.New("%s of account %s", account.ShortARN(g.Principal), g.Account), action, g.Sure
	case g.Kind == TrustsOther:
		return message.New("%s", g.Principal), action, g.Sure
	}
	return who, action, policy.No
}
