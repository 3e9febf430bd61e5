package access

import (
	"slices"
	"strings"

	"sekisho/audit/account"
	"sekisho/audit/message"
	"sekisho/audit/policy"
)

// throughProviders are the roles into which an identity provider that the persona controls lets it.
func (g *graph) throughProviders(p *persona, to *part, out *sink) {
	if out.full {
		return
	}
	saml := p.may("iam:UpdateSAMLProvider") || p.may("iam:CreateSAMLProvider")
	oidc := p.may("iam:CreateOpenIDConnectProvider") || p.may("iam:UpdateOpenIDConnectProviderThumbprint") || p.may("iam:AddClientIDToOpenIDConnectProvider")
	if saml || oidc {
		for _, r := range to.roles {
			g.throughProvider(p, r, out.add)
		}
	}
	for _, action := range centreActions {
		if !p.may(action) {
			continue
		}
		for _, r := range to.roles {
			if strings.HasPrefix(r.Role.Path, "/aws-reserved/sso.amazonaws.com/") {
				t, by := p.doAll([]string{action}, nil)
				out.add(edge{to: r, sessions: roleSession, truth: t.And(policy.Maybe), step: &Step{
					ID: "identity-center", How: message.New("gives itself the permission set of %s", account.ShortARN(r.ARN)), Actions: []string{action}, By: by,
					On: message.New("an Identity Center that is managed from this account")}})
			}
		}
	}
}

// centreActions are the writes of Identity Center that give somebody a role of a permission set. They work in the
// management account and in one that it delegated to.
var centreActions = []string{
	"sso:CreateAccountAssignment", "sso:PutInlinePolicyToPermissionSet", "sso:AttachManagedPolicyToPermissionSet", "identitystore:CreateGroupMembership",
}

// becomesRoot is about the account's own root user, of whom the organization may leave the care to a member account: IAM's
// delegated administrator may let root have a password again, which root's mailbox then resets (Guide,
// id_root-user-privileged-task). The management account does so for members alone.
func (g *graph) becomesRoot(p *persona, add func(edge)) {
	const action = "sts:AssumeRoot"
	features, known := g.Account.OrganizationsFeatures.Get()
	if !p.may(action) || known && (features.Refusal != "" || len(features.Enabled) == 0) {
		return
	}
	root := account.Subject{ARN: "arn:" + g.space.partition + ":iam::" + g.Account.ID + ":root", Name: "root user"}
	t, by := p.can(action, root.ARN, nil)
	if t == policy.No {
		return
	}
	w := g.made[root.ARN]
	if w == nil {
		w = &Principal{Subject: root, access: g.Access, subject: g.subject(root), Policies: []*HeldPolicy{{Document: gained(), At: root, Owner: root.ARN}}}
		w.subject.Tags = map[string]string{}
		g.made[root.ARN] = w
	}
	add(edge{to: w, sessions: plain | strong, truth: policy.Maybe, step: &Step{
		ID: "assume-root", How: message.New("lets the root user have a new password"), Actions: []string{action}, By: by,
		On: message.New("an organization that has this account take care of its root user, and root's mailbox")}})
}

func (g *graph) throughProvider(p *persona, r *Principal, add func(edge)) {
	trust := g.trustOf(r).document
	if trust == nil {
		return
	}
	for i := range trust.Statements {
		st := &trust.Statements[i]
		if st.Effect != policy.Allow {
			continue
		}
		for _, who := range st.Principals {
			if who.Type != "Federated" {
				continue
			}
			name := account.ShortARN(who.Value)
			switch kind := policy.ARNField(who.Value, 5); {
			case strings.HasPrefix(kind, "saml-provider/") && st.MatchAction("sts:AssumeRoleWithSAML"):
				t, by, actions := g.vouches(p, who.Value, g.Account.SAMLProviders, g.Account.SAMLProviderCount.OK(),
					[][]string{{"iam:UpdateSAMLProvider"}, {"iam:DeleteSAMLProvider", "iam:CreateSAMLProvider"}})
				add(edge{to: r, sessions: roleSession, truth: t.And(asserted(st, "saml:")), step: &Step{
					ID: "update-saml-provider", How: message.New("vouches for itself as %s, which lets it into %s", name, account.ShortARN(r.ARN)),
					Actions: actions, By: by}})
			case strings.HasPrefix(kind, "oidc-provider/") && st.MatchAction("sts:AssumeRoleWithWebIdentity"):
				g.throughOIDC(p, r, who.Value, add)
			}
		}
	}
}

// asserted reports whether a statement's conditions hold for who signs the assertion, and puts into it what they like.
func asserted(st *policy.Statement, prefix string) policy.Truth {
	result := policy.Yes
	ctx := policy.NewContext(policy.Unknown)
	for i := range st.Conditions {
		if c := &st.Conditions[i]; !strings.HasPrefix(strings.ToLower(c.Key), prefix) {
			result = result.And(c.Match(ctx))
		}
	}
	return result
}

// vouches reports how surely the persona gets a provider into its hands, by the best of some ways, and if it isn't there
// by making it, which is what the last way ends with.
func (g *graph) vouches(p *persona, provider string, there []account.Provider, complete bool, ways [][]string) (policy.Truth, []string, []string) {
	most := policy.Yes
	if !slices.ContainsFunc(there, func(o account.Provider) bool { return o.ARN == provider }) {
		last := ways[len(ways)-1]
		ways = [][]string{last[len(last)-1:]}
		if !complete {
			most = policy.Maybe
		}
	}
	var best answer
	var actions []string
	for _, way := range ways {
		all := answer{truth: most}
		for _, action := range way {
			t, by := p.can(action, provider, nil)
			all.truth, all.by = all.truth.And(t), joinNew(all.by, by)
		}
		if all.truth > best.truth {
			best, actions = all, way
		}
	}
	return best.truth, best.by, actions
}

// throughOIDC is about a provider by its URL, which stays where it is: who answers there IAM doesn't tell.
func (g *graph) throughOIDC(p *persona, r *Principal, provider string, add func(edge)) {
	t, by, actions := g.vouches(p, provider, g.Account.OIDCProviders, g.Account.OIDCProviderCount.OK(), [][]string{
		{"iam:UpdateOpenIDConnectProviderThumbprint"}, {"iam:AddClientIDToOpenIDConnectProvider"}, {"iam:DeleteOpenIDConnectProvider", "iam:CreateOpenIDConnectProvider"},
	})
	add(edge{to: r, sessions: roleSession, truth: t.And(policy.Maybe), step: &Step{
		ID: "change-oidc-provider", How: message.New("changes %s, which lets into %s", account.ShortARN(provider), account.ShortARN(r.ARN)), Actions: actions, By: by,
		On: message.New("somebody who answers for the provider's address")}})
}
