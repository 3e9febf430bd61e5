package policy

import "testing"

func TestTrustGrants(t *testing.T) {
	t.Parallel()
	const own, other = "123456789012", "210987654321"
	for _, test := range []struct {
		name, statements string
		want             TrustGrant // without Statement and Sure
	}{
		{"public", `{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole"}`,
			TrustGrant{Kind: TrustsAnyone, Principal: "*", Strangers: true}},
		{"public by list", `{"Effect":"Allow","Principal":{"AWS":["*"]},"Action":"sts:*"}`,
			TrustGrant{Kind: TrustsAnyone, Principal: "*", Strangers: true}},
		{"public within the organization", `{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole","Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-abcdefghij"}}}`,
			TrustGrant{Kind: TrustsAnyone, Principal: "*", Organization: true}},
		{"public but for other organizations", `[{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole"},{"Effect":"Deny","Principal":"*","Action":"sts:AssumeRole","Condition":{"StringNotEquals":{"aws:PrincipalOrgID":"o-abcdefghij"}}}]`,
			TrustGrant{Kind: TrustsAnyone, Principal: "*", Organization: true}},
		{"public with a worthless condition", `{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole","Condition":{"StringLike":{"sts:ExternalId":"*"}}}`,
			TrustGrant{Kind: TrustsAnyone, Principal: "*", Strangers: true}},
		{"public from an address", `{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole","Condition":{"IpAddress":{"aws:SourceIp":"192.0.2.0/24"}}}`,
			TrustGrant{Kind: TrustsAnyone, Principal: "*", Strangers: true}},
		{"own account", `{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::` + own + `:root"},"Action":"sts:AssumeRole"}`,
			TrustGrant{Kind: TrustsAccount, Principal: "arn:aws:iam::" + own + ":root", Account: own}},
		{"another account by number", `{"Effect":"Allow","Principal":{"AWS":"` + other + `"},"Action":"sts:AssumeRole"}`,
			TrustGrant{Kind: TrustsAccount, Principal: other, Account: other, External: true}},
		{"another account with an external ID", `{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::` + other + `:root"},"Action":"sts:AssumeRole","Condition":{"StringEquals":{"sts:ExternalId":"s3cr3t"}}}`,
			TrustGrant{Kind: TrustsAccount, Principal: "arn:aws:iam::" + other + ":root", Account: other, External: true, ExternalID: true}},
		{"an external ID only if there is one", `{"Effect":"Allow","Principal":{"AWS":"` + other + `"},"Action":"sts:AssumeRole","Condition":{"StringEqualsIfExists":{"sts:ExternalId":"s3cr3t"}}}`,
			TrustGrant{Kind: TrustsAccount, Principal: other, Account: other, External: true}},
		{"MFA", `{"Effect":"Allow","Principal":{"AWS":"` + own + `"},"Action":"sts:AssumeRole","Condition":{"Bool":{"aws:MultiFactorAuthPresent":"true"}}}`,
			TrustGrant{Kind: TrustsAccount, Principal: own, Account: own, MFA: true}},
		{"MFA only if the key is there", `{"Effect":"Allow","Principal":{"AWS":"` + own + `"},"Action":"sts:AssumeRole","Condition":{"BoolIfExists":{"aws:MultiFactorAuthPresent":"true"}}}`,
			TrustGrant{Kind: TrustsAccount, Principal: own, Account: own}},
		{"MFA by Deny", `[{"Effect":"Allow","Principal":{"AWS":"` + own + `"},"Action":"sts:AssumeRole"},{"Effect":"Deny","Principal":"*","Action":"sts:AssumeRole","Condition":{"BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}}}]`,
			TrustGrant{Kind: TrustsAccount, Principal: own, Account: own, MFA: true}},
		{"MFA by age", `{"Effect":"Allow","Principal":{"AWS":"` + own + `"},"Action":"sts:AssumeRole","Condition":{"NumericLessThan":{"aws:MultiFactorAuthAge":"3600"}}}`,
			TrustGrant{Kind: TrustsAccount, Principal: own, Account: own, MFA: true}},
		{"a user", `{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::` + own + `:user/path/alice"},"Action":"sts:AssumeRole"}`,
			TrustGrant{Kind: TrustsUser, Principal: "arn:aws:iam::" + own + ":user/path/alice", Account: own}},
		{"a role of another account", `{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::` + other + `:role/ci"},"Action":"sts:AssumeRole"}`,
			TrustGrant{Kind: TrustsRole, Principal: "arn:aws:iam::" + other + ":role/ci", Account: other, External: true}},
		{"a deleted user", `{"Effect":"Allow","Principal":{"AWS":"AIDAEXAMPLEEXAMPLE12"},"Action":"sts:AssumeRole"}`,
			TrustGrant{Kind: TrustsGone, Principal: "AIDAEXAMPLEEXAMPLE12"}},
		{"a deleted role", `{"Effect":"Allow","Principal":{"AWS":"AROAEXAMPLEEXAMPLE12"},"Action":"sts:AssumeRole"}`,
			TrustGrant{Kind: TrustsGone, Principal: "AROAEXAMPLEEXAMPLE12"}},
		{"a service", `{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}`,
			TrustGrant{Kind: TrustsService, Principal: "ec2.amazonaws.com"}},
		{"a service for one account", `{"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"sts:AssumeRole","Condition":{"StringEquals":{"aws:SourceAccount":"` + own + `"}}}`,
			TrustGrant{Kind: TrustsService, Principal: "cloudtrail.amazonaws.com", Source: true}},
		{"SAML", `{"Effect":"Allow","Principal":{"Federated":"arn:aws:iam::` + own + `:saml-provider/idp"},"Action":"sts:AssumeRoleWithSAML"}`,
			TrustGrant{Kind: TrustsFederated, Principal: "arn:aws:iam::" + own + ":saml-provider/idp", Account: own}},
	} {
		d := parseForTest(t, "trust", Trust, []byte(`{"Version":"2012-10-17","Statement":`+test.statements+`}`))
		grants := TrustGrants(d, own)
		if len(grants) != 1 {
			t.Errorf("%s: got %d grants, want 1", test.name, len(grants))
			continue
		}
		got := grants[0]
		got.Statement, got.Sure = "", false
		if got != test.want {
			t.Errorf("%s:\ngot  %+v\nwant %+v", test.name, got, test.want)
		}
	}
}
