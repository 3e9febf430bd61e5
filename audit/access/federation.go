package access

import (
	"slices"
	"strings"

	"sekisho/audit/policy"
)

// IssuerKind says for whom an identity provider vouches.
type IssuerKind uint8

// The kinds.
const (
	IssuerUnknown IssuerKind = iota // nobody knows
	IssuerShared                    // for many customers under one address: only the claims say whose a token is
	IssuerCluster                   // for the pods of one EKS cluster
	IssuerOwn                       // for one customer: the address is that customer's own
	IssuerSAML                      // a SAML provider, which somebody of this account has set up with its metadata
)

// issuer is an OpenID Connect provider that serves many customers under one address.
type issuer struct {
	host   string // without https://, with its path
	claims []tenantClaim
}

// tenantClaim is a claim that says whose a token is: by what stands between before and one of the characters of after,
// or the end where there are none.
type tenantClaim struct {
	name          string // of the claim, or of the whole key where it has a colon
	before, after string
	vague         bool // how a value is built is not published: a wildcard behind the first character proves nothing
}

func (c tenantClaim) key(host string) string {
	if strings.Contains(c.name, ":") {
		return strings.ToLower(c.name)
	}
	return strings.ToLower(host + ":" + c.name)
}

// tenant returns whose a value is.
func (c tenantClaim) tenant(value string) (string, bool) {
	rest, ok := strings.CutPrefix(value, c.before)
	end := len(rest)
	if c.after != "" {
		end = strings.IndexAny(rest, c.after)
	}
	if !ok || end <= 0 {
		return "", false
	}
	return rest[:end], true
}

// sharedIssuers are the issuers for which AWS asks new trust policies for a claim (Guide,
// id_roles_providers_oidc_secure-by-default), with the claims that tell customers apart, and those of web identities
// (reference_policies_iam-condition-keys). AWS left the policies alone that were there before.
var sharedIssuers = []issuer{
	{"token.actions.githubusercontent.com", []tenantClaim{
		{name: "sub", before: "repo:", after: "/@"}, {name: "repository", after: "/"}, {name: "repository_owner"}, {name: "repository_id"},
		{name: "repository_owner_id"}, {name: "enterprise_id"}, {name: "enterprise"}}},
	{"vstoken.actions.githubusercontent.com", []tenantClaim{{name: "sub", vague: true}}},
	{"oidc-configuration.audit-log.githubusercontent.com", []tenantClaim{{name: "sub", before: "https://github.com/"}}},
	{"gitlab.com", []tenantClaim{{name: "sub", before: "project_path:", after: "/"}}},
	{"app.terraform.io", []tenantClaim{{name: "sub", before: "organization:", after: ":"}}},
	{"agent.buildkite.com", []tenantClaim{{name: "sub", before: "organization:", after: ":"}}},
	{"oidc.codefresh.io", []tenantClaim{{name: "sub", before: "account:", after: ":"}}},
	{"studio.datachain.ai/api", []tenantClaim{{name: "sub", before: "credentials:", after: "/"}}},
	{"scalr.io", []tenantClaim{{name: "sub", before: "account:", after: ":"}}},
	{"tokens.cloud.shisho.dev", []tenantClaim{{name: "sub", vague: true}}},
	{"proidc.upbound.io", []tenantClaim{{name: "sub", before: "mcp:", after: "/"}}},
	{"api.pulumi.com/oidc", []tenantClaim{{name: "aud"}}},
	{"sandboxes.cloud", []tenantClaim{{name: "aud", vague: true}}},
	{"oidc.vercel.com", []tenantClaim{{name: "aud", before: "https://vercel.com/"}}},
	{"sts.windows.net/33e01921-4d64-4f8c-a055-5bdaffd5e33d", []tenantClaim{{name: "sts:RoleSessionName"}}}, // Microsoft Sentinel
	{"accounts.google.com", []tenantClaim{{name: "aud"}, {name: "oaud"}, {name: "sub"}}},
	{"www.amazon.com", []tenantClaim{{name: "app_id"}, {name: "user_id"}}},
	{"graph.facebook.com", []tenantClaim{{name: "app_id"}, {name: "id"}}},
	{cognitoPools, []tenantClaim{{name: "aud"}, {name: "sub"}}},
}

const cognitoPools = "cognito-identity.amazonaws.com"

// ownIssuers begin or end the addresses of issuers that each customer has for themselves.
var ownIssuers = []string{
	"api.bitbucket.org/2.0/workspaces/", "oidc.circleci.com/org/", "oidc.vercel.com/", "vstoken.dev.azure.com/", "sts.windows.net/",
	"login.microsoftonline.com/", "container.googleapis.com/v1/projects/",
	".okta.com", ".okta-emea.com", ".oktapreview.com", ".auth0.com", ".onelogin.com", ".pingone.com", ".pingone.eu", ".jumpcloud.com",
}

// Issuer returns the address of the provider that a federated grant names, without https://, and whom it vouches for.
func (g *TrustGrant) Issuer() (string, IssuerKind) {
	if strings.Contains(g.Principal, ":saml-provider/") {
		return g.Principal, IssuerSAML
	}
	host := g.Principal
	if _, path, ok := strings.Cut(host, ":oidc-provider/"); ok {
		host = path
	}
	host = strings.TrimSuffix(host, "/")
	lower := strings.ToLower(host)
	name, _, _ := strings.Cut(lower, "/")
	switch {
	case sharedIssuer(lower) != nil:
		return host, IssuerShared
	case strings.HasPrefix(name, "oidc.eks.") || strings.HasPrefix(name, "oidc-eks."):
		return host, IssuerCluster
	case strings.HasPrefix(name, "cognito-idp."), slices.ContainsFunc(ownIssuers, func(own string) bool {
		return strings.HasPrefix(lower, own) && len(lower) > len(own) || strings.HasPrefix(own, ".") && strings.HasSuffix(name, own)
	}):
		return host, IssuerOwn
	}
	return host, IssuerUnknown
}

func sharedIssuer(host string) *issuer {
	i := slices.IndexFunc(sharedIssuers, func(one issuer) bool { return one.host == host })
	if i < 0 {
		return nil
	}
	return &sharedIssuers[i]
}

// others decides whether somebody else whom the grant's issuer vouches for gets in too: another customer, another pod
// of a cluster. Of an issuer that isn't known, each claim but the audience may say whose a token is.
func (t *truster) others(g *TrustGrant, p policy.Principal) policy.Truth {
	host, kind := g.Issuer()
	var claims []tenantClaim
	switch kind {
	case IssuerShared:
		claims = sharedIssuer(strings.ToLower(host)).claims
	case IssuerCluster:
		claims = []tenantClaim{{name: "sub", before: "system:serviceaccount:", after: ":"}}
	case IssuerUnknown:
		for _, key := range t.keys {
			if name, ok := strings.CutPrefix(key, strings.ToLower(host)+":"); ok && name != "aud" {
				claims = append(claims, tenantClaim{name: name, vague: true})
			}
		}
	default:
		return policy.No
	}
	return t.federated(p, t.foreignClaims(host, claims))
}

// guests decides whether those get in who sign in nowhere, of an identity pool that the policy means.
func (t *truster) guests(p policy.Principal) policy.Truth {
	const amr = cognitoPools + ":amr"
	guest := func(*policy.Context) []choice {
		return []choice{always(func(ctx *policy.Context) { ctx.SetList(amr, "unauthenticated") })}
	}
	pool := func(ctx *policy.Context) []choice { return t.values(cognitoPools+":aud", false, true, ctx) }
	truth := t.federated(p, []dimension{guest, pool})
	if !t.mentions(amr) {
		return truth.And(policy.Maybe) // whether the pool has guests is not known
	}
	return truth
}

// federated decides whether a token gets in whose claims are as the dimensions say; of the others nothing is known.
func (t *truster) federated(p policy.Principal, claims []dimension) policy.Truth {
	result := policy.No
	for _, action := range t.actions {
		if action == "sts:AssumeRole" {
			continue
		}
		ctx := t.circumstance()
		ctx.Set("aws:FederatedProvider", p.Value)
		ctx.SetAbsent(keyMFAPresent)
		ctx.SetAbsent(keyMFAAge)
		result = result.Or(t.survey(ctx, t.checks(action, t.covering(p)), 0, append(slices.Clone(claims), t.chosen()...)))
	}
	return result
}

// foreignClaims are the claims of tokens that an issuer gives to somebody whom the policy doesn't name.
func (t *truster) foreignClaims(host string, claims []tenantClaim) (out []dimension) {
	audience := strings.ToLower(host) + ":aud"
	if t.mentions(audience) && !slices.ContainsFunc(claims, func(c tenantClaim) bool { return c.key(host) == audience }) {
		// Those who ask for the token choose whom it is for.
		out = append(out, func(ctx *policy.Context) []choice { return t.values(audience, false, true, ctx) })
	}
	for _, c := range claims {
		key := c.key(host)
		if !t.mentions(key) {
			continue
		}
		out = append(out, func(ctx *policy.Context) []choice {
			choices := []choice{always(func(ctx *policy.Context) { ctx.Set(key, c.of(strangeText)) })}
			for _, pattern := range t.patterns[key] {
				for _, v := range t.foreign(c, pattern, ctx) {
					choices = append(choices, choice{func(ctx *policy.Context) { ctx.Set(key, v.text) }, v.sure})
				}
			}
			if c.name != "sub" && c.name != "aud" {
				choices = append(choices, choice{func(ctx *policy.Context) { ctx.SetAbsent(key) }, false})
			}
			return choices
		})
	}
	return out
}

// of is a value of somebody's token.
func (c tenantClaim) of(tenant string) string {
	if c.after == "" {
		return c.before + tenant
	}
	return c.before + tenant + c.after[:1] + "x" + c.after[:1] + "x"
}

// foreignValue is a value that may be somebody else's, and whether it surely may.
type foreignValue struct {
	text string
	sure bool
}

// foreign returns values that match the pattern and may be somebody else's: those in which a wildcard stands for what
// says whose they are.
func (t *truster) foreign(c tenantClaim, p policy.Pattern, ctx *policy.Context) (out []foreignValue) {
	const one, other = strangeText, "other-" + strangeText
	shapes := []func(string) string{func(s string) string { return s }, c.of, func(s string) string { return strings.TrimPrefix(c.of(s), c.before) }}
	for _, shape := range shapes {
		these, those := t.complete(p, ctx, "", shape(one)), t.complete(p, ctx, "", shape(other))
		for i := range min(len(these), len(those)) {
			mine, ok := c.tenant(these[i])
			theirs, too := c.tenant(those[i])
			if ok && too && mine != theirs {
				out = append(out, foreignValue{these[i], !c.vague || these[i][0] != those[i][0]})
			}
		}
	}
	return out
}
