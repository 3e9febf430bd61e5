package access

import (
	"encoding/json"
	"reflect"
	"slices"
	"testing"
	"time"

	"sekisho/audit/policy"
)

func TestTrustGrants(t *testing.T) {
	t.Parallel()
	const own, other = "123456789012", "210987654321"
	for _, test := range []struct {
		name, statements string
		want             TrustGrant // without Statement and the truths
	}{
		{"public", `{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole"}`,
			TrustGrant{Kind: TrustsAnyone, Principal: "*", External: true, Strangers: true}},
		{"public by list", `{"Effect":"Allow","Principal":{"AWS":["*"]},"Action":"sts:*"}`,
			TrustGrant{Kind: TrustsAnyone, Principal: "*", External: true, Strangers: true}},
		{"public within the organization", `{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole","Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-abcdefghij"}}}`,
			TrustGrant{Kind: TrustsAnyone, Principal: "*", External: true, Organization: true}},
		{"public but for other organizations", `[{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole"},{"Effect":"Deny","Principal":"*","Action":"sts:AssumeRole","Condition":{"StringNotEquals":{"aws:PrincipalOrgID":"o-abcdefghij"}}}]`,
			TrustGrant{Kind: TrustsAnyone, Principal: "*", External: true, Organization: true}},
		{"public with a worthless condition", `{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole","Condition":{"StringLike":{"sts:ExternalId":"*"}}}`,
			TrustGrant{Kind: TrustsAnyone, Principal: "*", External: true, Strangers: true}},
		{"public from an address", `{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole","Condition":{"IpAddress":{"aws:SourceIp":"192.0.2.0/24"}}}`,
			TrustGrant{Kind: TrustsAnyone, Principal: "*", External: true, Strangers: true}},
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
			TrustGrant{Kind: TrustsService, Principal: "ec2.amazonaws.com", ActsFor: []string{AnyAccount}}},
		{"a service for one account", `{"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"sts:AssumeRole","Condition":{"StringEquals":{"aws:SourceAccount":"` + own + `"}}}`,
			TrustGrant{Kind: TrustsService, Principal: "cloudtrail.amazonaws.com"}},
		{"SAML", `{"Effect":"Allow","Principal":{"Federated":"arn:aws:iam::` + own + `:saml-provider/idp"},"Action":"sts:AssumeRoleWithSAML"}`,
			TrustGrant{Kind: TrustsFederated, Principal: "arn:aws:iam::" + own + ":saml-provider/idp", Account: own}},
	} {
		d := parseForTest(t, "trust", policy.Trust, []byte(`{"Version":"2012-10-17","Statement":`+test.statements+`}`))
		grants := TrustGrants(d, own, time.Time{})
		if len(grants) != 1 {
			t.Errorf("%s: got %d grants, want 1", test.name, len(grants))
			continue
		}
		got := grants[0]
		got.Statement, got.Sure, got.Users, got.KeyUsers, got.Foreign = "", policy.No, policy.No, policy.No, policy.No
		if !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s:\ngot  %+v\nwant %+v", test.name, got, test.want)
		}
	}
}

func TestTrustTruths(t *testing.T) {
	t.Parallel()
	const own, other = "123456789012", "210987654321"
	allow := func(principal, condition string) string {
		return `{"Effect":"Allow","Principal":` + principal + `,"Action":"sts:AssumeRole","Condition":` + condition + `}`
	}
	deny := func(condition string) string {
		return `{"Effect":"Deny","Principal":"*","Action":"sts:AssumeRole","Condition":` + condition + `}`
	}
	anyone, account, mine := `"*"`, `{"AWS":"`+other+`"}`, `{"AWS":"arn:aws:iam::`+own+`:root"}`
	for _, test := range []struct {
		name, statements               string
		sure, users, keyUsers, foreign policy.Truth
	}{
		{"anybody", allow(anyone, `{}`), policy.Yes, policy.Yes, policy.Yes, policy.Yes},
		{"an organization, if there is one", allow(anyone, `{"StringEqualsIfExists":{"aws:PrincipalOrgID":"o-1"}}`), policy.Yes, policy.Maybe, policy.Maybe, policy.Yes},
		{"paths of an organization, for all values", allow(anyone, `{"ForAllValues:StringLike":{"aws:PrincipalOrgPaths":"o-1/*"}}`), policy.Yes, policy.Maybe, policy.Maybe, policy.Yes},
		{"paths of an organization", allow(anyone, `{"ForAnyValue:StringLike":{"aws:PrincipalOrgPaths":"o-1/*"}}`), policy.No, policy.Maybe, policy.Maybe, policy.Yes},
		{"an organization", allow(anyone, `{"StringEquals":{"aws:PrincipalOrgID":"o-1"}}`), policy.No, policy.Maybe, policy.Maybe, policy.Yes},
		{"any organization", allow(anyone, `{"StringLike":{"aws:PrincipalOrgID":"o-*"}}`), policy.Yes, policy.Maybe, policy.Maybe, policy.Yes},
		{"an organization by Deny if there is one", `[` + allow(anyone, `{}`) + `,` + deny(`{"ForAnyValue:StringNotLike":{"aws:PrincipalOrgPaths":"o-1/*"}}`) + `]`, policy.Yes, policy.Maybe, policy.Maybe, policy.Yes},
		{"a role by name", allow(anyone, `{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/x*"}}`), policy.Yes, policy.No, policy.No, policy.Yes},
		{"a role by name, as text", allow(anyone, `{"StringLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/OrganizationAccountAccessRole"}}`), policy.Yes, policy.No, policy.No, policy.Yes},
		{"a role by path", allow(anyone, `{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/a/*/b"}}`), policy.Yes, policy.No, policy.No, policy.Yes},
		{"a text that says nothing of accounts", allow(anyone, `{"StringLike":{"aws:PrincipalArn":"*admin*"}}`), policy.Yes, policy.Maybe, policy.Maybe, policy.Yes},
		{"a user by name", allow(anyone, `{"StringEquals":{"aws:username":"bob"}}`), policy.Yes, policy.Maybe, policy.Maybe, policy.Yes},
		{"a user by name and path", allow(anyone, `{"StringEquals":{"aws:username":"bob"},"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:user/dev/*"}}`), policy.Yes, policy.Maybe, policy.Maybe, policy.Yes},
		{"two patterns at once", allow(anyone, `{"StringLike":{"aws:PrincipalArn":"*:role/x*"},"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/*y"}}`), policy.Maybe, policy.No, policy.No, policy.Maybe},
		{"a user who is a role", allow(anyone, `{"StringEquals":{"aws:username":"bob"},"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/*"}}`), policy.No, policy.No, policy.No, policy.No},
		{"a tag", allow(anyone, `{"StringEquals":{"aws:PrincipalTag/team":"x"}}`), policy.Yes, policy.Maybe, policy.Maybe, policy.Yes},
		{"a session by its user", allow(anyone, `{"StringLike":{"sts:RoleSessionName":"${aws:username}"}}`), policy.Yes, policy.Yes, policy.Yes, policy.Yes},
		{"a session by its unique ID", allow(anyone, `{"StringLike":{"sts:RoleSessionName":"${aws:userid}"}}`), policy.Yes, policy.Maybe, policy.Maybe, policy.Yes},
		{"a session by name", allow(anyone, `{"StringEquals":{"sts:RoleSessionName":"bob"}}`), policy.Yes, policy.Yes, policy.Yes, policy.Yes},
		{"a source identity", allow(anyone, `{"StringLike":{"sts:SourceIdentity":"a?c*"}}`), policy.Yes, policy.Yes, policy.Yes, policy.Yes},
		{"any session of unique IDs", allow(anyone, `{"StringLike":{"aws:userid":"*:ci"}}`), policy.Yes, policy.Maybe, policy.Maybe, policy.Yes},
		{"a unique ID", allow(anyone, `{"StringLike":{"aws:userid":"AROAEXAMPLE:*"}}`), policy.No, policy.Maybe, policy.Maybe, policy.Maybe},
		{"any external ID", allow(anyone, `{"StringLike":{"sts:ExternalId":"*"}}`), policy.Yes, policy.Yes, policy.Yes, policy.Yes},
		{"an external ID of some length", allow(anyone, `{"StringLike":{"sts:ExternalId":"????"}}`), policy.Yes, policy.Yes, policy.Yes, policy.Yes},
		{"the user's name for an external ID", allow(anyone, `{"StringEquals":{"sts:ExternalId":"${aws:username}"}}`), policy.Yes, policy.Yes, policy.Yes, policy.Yes},
		{"an external ID", allow(anyone, `{"StringEquals":{"sts:ExternalId":"s3cr3t"}}`), policy.No, policy.Maybe, policy.Maybe, policy.Yes},
		{"all accounts but one", allow(anyone, `{"StringNotEquals":{"aws:PrincipalAccount":"999999999999"}}`), policy.Yes, policy.Yes, policy.Yes, policy.Yes},
		{"accounts by their first digit", allow(anyone, `{"StringLike":{"aws:PrincipalAccount":"1*"}}`), policy.Yes, policy.Yes, policy.Yes, policy.Yes},
		{"roles of accounts by some digits", allow(anyone, `{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::?2*4:role/x"}}`), policy.Yes, policy.No, policy.No, policy.Yes},
		{"one's own account", allow(anyone, `{"StringEquals":{"aws:PrincipalAccount":"`+own+`"}}`), policy.No, policy.Yes, policy.Yes, policy.No},
		{"the whole Internet", allow(anyone, `{"IpAddress":{"aws:SourceIp":"0.0.0.0/0"}}`), policy.Yes, policy.Yes, policy.Yes, policy.Yes},
		{"the whole Internet in halves", allow(anyone, `{"IpAddress":{"aws:SourceIp":["0.0.0.0/1","128.0.0.0/1"]}}`), policy.Yes, policy.Yes, policy.Yes, policy.Yes},
		{"a network", allow(anyone, `{"IpAddress":{"aws:SourceIp":"192.0.2.0/24"}}`), policy.Maybe, policy.Maybe, policy.Maybe, policy.Yes},
		{"all networks but one", allow(anyone, `{"NotIpAddress":{"aws:SourceIp":"192.0.2.0/24"}}`), policy.Yes, policy.Yes, policy.Yes, policy.Yes},
		{"a Deny of another action", `[` + allow(anyone, `{}`) + `,{"Effect":"Deny","Principal":"*","Action":"sts:AssumeRoleWithSAML"}]`, policy.Yes, policy.Yes, policy.Yes, policy.Yes},
		{"a Deny of one's own account", `[` + allow(anyone, `{}`) + `,{"Effect":"Deny","Principal":` + mine + `,"Action":"sts:AssumeRole"}]`, policy.Yes, policy.No, policy.No, policy.Yes},
		{"MFA", allow(anyone, `{"Bool":{"aws:MultiFactorAuthPresent":"true"}}`), policy.Yes, policy.Yes, policy.No, policy.Yes},
		{"another account, MFA if it is said", allow(account, `{"BoolIfExists":{"aws:MultiFactorAuthPresent":"true"}}`), policy.Yes, policy.No, policy.No, policy.No},
		{"another account, external ID if there is one", allow(account, `{"StringEqualsIfExists":{"sts:ExternalId":"s"}}`), policy.Yes, policy.No, policy.No, policy.No},
		{"another account, any external ID but one", allow(account, `{"StringNotEquals":{"sts:ExternalId":"s"}}`), policy.Yes, policy.No, policy.No, policy.No},
		{"another account, a secret or any", allow(account, `{"StringLike":{"sts:ExternalId":["s","*"]}}`), policy.Yes, policy.No, policy.No, policy.No},
		{"another account, an address", allow(account, `{"IpAddress":{"aws:SourceIp":"192.0.2.0/24"}}`), policy.Maybe, policy.No, policy.No, policy.No},
		{"another account, Denies a role of it", `[` + allow(account, `{}`) + `,{"Effect":"Deny","Principal":{"AWS":"arn:aws:iam::` + other + `:role/x"},"Action":"sts:AssumeRole"}]`, policy.Yes, policy.No, policy.No, policy.No},
		{"this account, one role", allow(mine, `{"ArnEquals":{"aws:PrincipalArn":"arn:aws:iam::`+own+`:role/x"}}`), policy.Maybe, policy.No, policy.No, policy.No},
		{"this account, one user", allow(mine, `{"ArnEquals":{"aws:PrincipalArn":"arn:aws:iam::`+own+`:user/x"}}`), policy.Maybe, policy.Maybe, policy.Maybe, policy.No},
		{"this account, a tag", allow(mine, `{"StringEquals":{"aws:PrincipalTag/x":"y"}}`), policy.Maybe, policy.Maybe, policy.Maybe, policy.No},
	} {
		d := parseForTest(t, "trust", policy.Trust, []byte(`{"Version":"2012-10-17","Statement":`+test.statements+`}`))
		g := TrustGrants(d, own, time.Time{})[0]
		if g.Sure != test.sure || g.Users != test.users || g.KeyUsers != test.keyUsers || g.Foreign != test.foreign {
			t.Errorf("%s: got sure %s, users %s, key users %s, foreign %s; want %s, %s, %s, %s", test.name, g.Sure, g.Users, g.KeyUsers, g.Foreign,
				test.sure, test.users, test.keyUsers, test.foreign)
		}
	}
}

func TestTrustOfAccountsInConditions(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, condition string
		want            []TrustGrant // behind the first, without Statement
	}{
		{"by number", `{"StringEquals":{"aws:PrincipalAccount":["210987654321","123456789012"]}}`,
			[]TrustGrant{{Kind: TrustsAccount, Principal: "* (account 210987654321)", Account: "210987654321", External: true, Sure: policy.Yes}}},
		{"by a role of it", `{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::210987654321:role/x*"}}`,
			[]TrustGrant{{Kind: TrustsAccount, Principal: "* (account 210987654321)", Account: "210987654321", External: true, Sure: policy.Yes}}},
		{"with a secret", `{"StringEquals":{"aws:PrincipalAccount":"210987654321","sts:ExternalId":"s3cr3t"}}`,
			[]TrustGrant{{Kind: TrustsAccount, Principal: "* (account 210987654321)", Account: "210987654321", External: true, Sure: policy.Maybe, ExternalID: true}}},
		{"all but one", `{"StringNotEquals":{"aws:PrincipalAccount":"210987654321"}}`, nil},
		{"one's own", `{"StringEquals":{"aws:PrincipalAccount":"123456789012"}}`, nil},
	} {
		d := parseForTest(t, "trust", policy.Trust, []byte(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole","Condition":`+test.condition+`}}`))
		got := TrustGrants(d, "123456789012", time.Time{})[1:]
		for i := range got {
			got[i].Statement = ""
		}
		if !reflect.DeepEqual(append([]TrustGrant{}, got...), append([]TrustGrant{}, test.want...)) {
			t.Errorf("%s:\ngot  %+v\nwant %+v", test.name, got, test.want)
		}
	}
}

// Whom a service acts for by a policy that is too large to be tried out is not known: anybody.
func TestServiceTrustTooLarge(t *testing.T) {
	t.Parallel()
	many, _ := json.Marshal(slices.Repeat([]string{"123456789012"}, 2000))
	d := parseForTest(t, "trust", policy.Trust, []byte(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"sts:AssumeRole","Condition":{"StringEquals":{"aws:SourceAccount":`+string(many)+`}}}}`))
	if g := TrustGrants(d, "123456789012", time.Time{})[0]; !slices.Equal(g.ActsFor, []string{AnyAccount}) {
		t.Errorf("got %v, want that it may act for anybody", g.ActsFor)
	}
}

// The answer about a policy that is too large to be tried out is Maybe, and it comes soon.
func TestTrustHostile(t *testing.T) {
	t.Parallel()
	star, _ := json.Marshal(slices.Repeat([]string{"*a*a*a*a*a*a*a*a*a*a*b"}, 400))
	many, _ := json.Marshal(slices.Repeat([]string{"bob"}, 2000))
	for _, condition := range []string{
		`{"StringLike":{"aws:PrincipalArn":` + string(star) + `,"aws:username":` + string(star) + `},"StringEquals":{"aws:PrincipalTag/a":"${aws:userid}"}}`,
		`{"StringEquals":{"aws:username":` + string(many) + `,"aws:PrincipalOrgID":"o-1"}}`,
	} {
		d := parseForTest(t, "trust", policy.Trust, []byte(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole","Condition":`+condition+`}}`))
		if g := TrustGrants(d, "123456789012", time.Time{})[0]; g.Foreign != policy.Maybe && g.Foreign != policy.Yes {
			t.Errorf("got foreign %s, want maybe or yes", g.Foreign)
		}
	}
}
