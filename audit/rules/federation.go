package rules

import (
	"slices"
	"strings"

	"sekisho/audit"
	"sekisho/audit/account"
	"sekisho/audit/message"
)

var identityFederation = &audit.Rule{
	ID:       "identity-federation",
	Title:    "People sign in through a central directory",
	Problem:  "People sign in as IAM users, without a central directory",
	Category: audit.CategoryStatus,
	Severity: audit.Low,
	Needs:    []account.Fact{account.UserPassword},
	Uses:     []account.Fact{account.SAMLProviderList, account.OIDCProviderList, account.RoleList},
	Why:      "People who have a user in each account have a password and a device for each, and each account must be cleaned when they leave.",
	How: "Passes as soon as there is federation: a SAML provider, an OIDC provider whose issuer is known to serve people (issuers of build services and clusters " +
		"do not count, and any other issuer proves nothing), or a role AWSReservedSSO_… of IAM Identity Center. Passes too when no user has a console password. Fails when a user has one and " +
		"complete lists of providers and roles show no federation.",
	Fix: fix("https://docs.aws.amazon.com/singlesignon/latest/userguide/getting-started.html",
		do("Console: IAM Identity Center, Enable; connect your directory or create the people there"),
		do("Assign permission sets to the account; or connect your own provider to IAM",
			"aws iam create-saml-provider --name NAME --saml-metadata-document file://metadata.xml"),
		do("Take the console passwords away from people who sign in there", "aws iam delete-login-profile --user-name NAME")),
	Check: func(p *audit.Pass) {
		if evidence, ok := federation(p); ok {
			p.Pass(p.Account, evidence...)
			return
		}
		passwords, sure := 0, true
		var evidence []audit.Evidence
		for _, u := range p.Account.Users {
			has, ok := u.Password.Get()
			sure = sure && ok
			if has {
				passwords++
				evidence = u.Password.Evidence()
			}
		}
		if passwords > 0 {
			if noFederation(p) {
				p.Fail(p.Account, message.New("%s, and there is no federation",
					message.Plural(passwords, "%d IAM user has a console password", "%d IAM users have a console password")),
					slices.Concat(evidence, federationEvidence(p))...)
			}
			return
		}
		sure = requireLists(p, account.UserList) && sure
		for _, u := range p.Account.Users {
			sure = p.Require(u, account.UserPassword) && p.Current(u, u.Password.Evidence()) && sure
		}
		if sure {
			passwords := p.Account.UserCount.Evidence()
			for _, u := range p.Account.Users {
				passwords = append(passwords, u.Password.Evidence()...)
			}
			p.Pass(p.Account, passwords...)
		}
	},
}

// machineIssuers are the hosts of OIDC providers for systems, not for people; a host below one counts too. All of
// amazonaws.com is among them because clusters have their issuer there (oidc.eks.REGION, or a bucket).
var machineIssuers = []string{
	"actions.githubusercontent.com", "amazonaws.com", "amazonaws.com.cn", "api.aws", "gitlab.com", "app.terraform.io", "circleci.com", "bitbucket.org",
	"buildkite.com", "codefresh.io", "semaphoreci.com", "spacelift.io", "env0.com", "scalr.io", "api.pulumi.com", "vstoken.dev.azure.com",
	"prod-aks.azure.com", "container.googleapis.com", "vercel.com", "fly.io", "harness.io", "codemagic.io", "depot.dev", "doppler.com",
}

// peoplesIssuers are the hosts of OIDC providers for people; a host below one counts too.
var peoplesIssuers = []string{
	"accounts.google.com", "login.microsoftonline.com", "sts.windows.net", "login.microsoft.com", "okta.com", "okta-emea.com", "oktapreview.com", "auth0.com",
	"onelogin.com", "pingone.com", "pingone.eu", "pingone.asia", "jumpcloud.com", "appleid.apple.com", "www.facebook.com", "www.amazon.com", "api.login.yahoo.com",
	"trustlogin.com", "hennge.com", "gmo-id.jp",
}

// whose says who signs in through an OIDC provider.
type whose int

const (
	nobodyKnows whose = iota // an issuer that is on neither list
	people
	machines
)

// issuerOf judges an OIDC provider by its issuer, which is the end of its ARN, without https://. A GitLab or Terraform
// Enterprise that a company runs itself is known by the first label of its host.
func issuerOf(provider account.Provider) whose {
	_, issuer, _ := strings.Cut(account.ShortARN(provider.ARN), "/")
	host, _, _ := strings.Cut(strings.ToLower(issuer), "/")
	host, _, _ = strings.Cut(host, ":")
	among := func(list []string) bool {
		return slices.ContainsFunc(list, func(known string) bool { return host == known || strings.HasSuffix(host, "."+known) })
	}
	switch {
	case strings.HasPrefix(host, "gitlab.") || strings.HasPrefix(host, "terraform.") || among(machineIssuers):
		return machines
	case among(peoplesIssuers):
		return people
	}
	return nobodyKnows
}

// unknownIssuers are the OIDC providers for which it is not known whether people sign in through them.
func unknownIssuers(p *audit.Pass) []string {
	var list []string
	for _, provider := range p.Account.OIDCProviders {
		if issuerOf(provider) == nobodyKnows {
			list = append(list, account.ShortARN(provider.ARN))
		}
	}
	return list
}

// noFederation requires that all lists that could show federation were read, and that the purpose of every OIDC
// provider is known.
func noFederation(p *audit.Pass) bool {
	if !requireLists(p, account.SAMLProviderList, account.OIDCProviderList, account.RoleList) {
		return false
	}
	if open := unknownIssuers(p); len(open) > 0 {
		p.Unknown(p.Account, message.New("it is not known whether people sign in through %s", names(open)), p.Account.OIDCProviderCount.Evidence()...)
		return false
	}
	return true
}

// federation reports whether people can sign in without an IAM user, as far as the lists were read, and what shows it.
func federation(p *audit.Pass) ([]audit.Evidence, bool) {
	a := p.Account
	if len(a.SAMLProviders) > 0 {
		return a.SAMLProviderCount.Evidence(), true
	}
	if slices.ContainsFunc(a.OIDCProviders, func(provider account.Provider) bool { return issuerOf(provider) == people }) {
		return a.OIDCProviderCount.Evidence(), true
	}
	for _, r := range a.Roles {
		if strings.HasPrefix(r.Name, "AWSReservedSSO_") {
			return a.RoleCount.Evidence(), true
		}
	}
	return nil, false
}

func federationEvidence(p *audit.Pass) []audit.Evidence {
	return slices.Concat(p.Account.SAMLProviderCount.Evidence(), p.Account.OIDCProviderCount.Evidence(), p.Account.RoleCount.Evidence())
}
