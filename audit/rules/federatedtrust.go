package rules

import (
	"slices"
	"strings"

	"sekisho/audit"
	"sekisho/audit/access"
	"sekisho/audit/account"
	"sekisho/audit/message"
	"sekisho/audit/policy"
)

var roleTrustFederated = &audit.Rule{
	ID:       "role-trust-federated",
	Title:    "Identity providers let in whom the role means, and nobody else",
	Problem:  "An identity provider lets others in",
	Category: audit.CategoryRoles,
	Severity: audit.High,
	Uses:     []account.Fact{account.RoleList, account.PolicyList},
	Why: "GitHub, GitLab, Terraform Cloud, Google, Cognito and others vouch for all of their customers under one address. Without a condition on whose the token is, everybody with an account " +
		"there can assume the role. Since 2025 AWS refuses such trust policies, but has left those alone that were there before.",
	How: "Fails when somebody else's token can satisfy the conditions: those on the claim that tells customers apart, such as sub of GitHub (or repository_id, repository_owner_id, enterprise_id), are " +
		"absent, or met by names that anybody can register (repo:*, repo:org*, a StringNotLike alone). Critical when the role is an administrator. Guests of a Cognito identity pool count as " +
		"anybody; where aud is there and amr is not, whether there are guests is unknown. An EKS cluster's role that every pod can assume fails with medium, and high for an administrator. What " +
		"hangs on other claims alone (job_workflow_ref, environment, ref, actor) is unknown, and so is an issuer that nobody knows, unless sub or another claim is given or " +
		"trust.private_issuers names it. SAML providers and issuers of one's own (Bitbucket's workspace, Okta, Entra ID's tenant) pass." + serviceLinkedOut +
		" and to roles that no identity provider can assume.",
	Fix: trustFix(guide("id_roles_providers_oidc_secure-by-default"), `add the claim that says whose the token is, for GitHub "StringLike": {"token.actions.githubusercontent.com:sub": "repo:OWNER/REPOSITORY:*"}`),
	Check: func(p *audit.Pass) {
		trusting(p, func(r *account.Role, t *access.Trust) {
			federated := t.Which(func(g access.TrustGrant) bool { return g.Kind == access.TrustsFederated && g.Sure != policy.No })
			if len(federated) == 0 {
				p.NotApplicable(r, message.New("no identity provider can assume it"), p.Account.RoleCount.Evidence()...)
				return
			}
			if !checkFederated(p, r, federated, p.Access.Role(r.ARN).Admin() == policy.Yes) {
				p.Pass(r, trustEvidence(p, federated)...)
			}
		})
	},
}

// checkFederated fails a role for the widest of its federated grants, or else it is unknown. It reports whether it did.
func checkFederated(p *audit.Pass, r *account.Role, grants []access.TrustGrant, admin bool) bool {
	severity := audit.High
	if admin {
		severity = audit.Critical
	}
	var guests, pods, unsure, unknown []access.TrustGrant
	var anybody []access.TrustGrant
	for _, g := range grants {
		host, kind := g.Issuer()
		g.Principal = host
		switch {
		case kind == access.IssuerUnknown && slices.ContainsFunc(p.Settings.PrivateIssuers, func(own string) bool { return strings.EqualFold(own, host) }):
		case kind == access.IssuerUnknown && g.Others != policy.No:
			unknown = append(unknown, g)
		case kind == access.IssuerCluster && g.Others == policy.Yes:
			pods = append(pods, g)
		case g.Others == policy.Yes:
			anybody = append(anybody, g)
		case g.Guests == policy.Yes:
			guests = append(guests, g)
		case g.Others == policy.Maybe || g.Guests == policy.Maybe:
			unsure = append(unsure, g)
		}
	}
	say := func(severity audit.Severity, grants []access.TrustGrant, text message.Message) {
		p.FailAs(severity, r, text, trustEvidence(p, grants)...).By(statementsOf(grants))
	}
	switch {
	case len(anybody) > 0:
		say(severity, anybody, message.New("anybody at %s can assume it", principalsOfGrants(anybody)))
	case len(guests) > 0:
		say(severity, guests, message.New("guests of the identity pool can assume it, who sign in nowhere"))
	case len(pods) > 0 && admin:
		say(audit.High, pods, message.New("every pod of %s can assume it, an administrator's role", principalsOfGrants(pods)))
	case len(pods) > 0:
		say(audit.Medium, pods, message.New("every pod of %s can assume it", principalsOfGrants(pods)))
	case len(unsure) > 0:
		p.Unknown(r, possibly(message.New("others at %s can assume it", principalsOfGrants(unsure))), trustEvidence(p, unsure)...).By(statementsOf(unsure))
	case len(unknown) > 0:
		p.Unknown(r, message.New("whether %s vouches for others too is not known", principalsOfGrants(unknown)), trustEvidence(p, unknown)...).By(statementsOf(unknown))
	default:
		return false
	}
	return true
}
