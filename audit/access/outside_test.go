package access_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"sekisho/audit/access"
	"sekisho/audit/account"
)

// People from outside begin a way at each role that lets them in and is an administrator's, or leads to one.
func TestWaysFromOutside(t *testing.T) {
	t.Parallel()
	trust := func(kind, principal, action string, conditions ...string) string {
		return `{"Effect":"Allow","Principal":{"` + kind + `":"` + principal + `"},"Action":"` + action + `"` + strings.Join(conditions, "") + `}`
	}
	const (
		web, saml = "sts:AssumeRoleWithWebIdentity", "sts:AssumeRoleWithSAML"
		github    = "token.actions.githubusercontent.com"
	)
	pinned := `,"Condition":{"StringEquals":{"` + github + `:sub":"repo:acme/app:ref:refs/heads/main","` + github + `:aud":"sts.amazonaws.com"}}`
	for trusted, want := range map[string]string{
		trust("AWS", "*", "sts:AssumeRole"): "anybody: can, sts:AssumeRole",
		trust("AWS", "*", "sts:AssumeRole", `,"Condition":{"StringEquals":{"sts:ExternalId":"secret"}}`):         "anybody who has what the trust policy asks for: possible, sts:AssumeRole",
		trust("AWS", "111122223333", "sts:AssumeRole"):                                                           "account 111122223333: can, sts:AssumeRole",
		trust("AWS", "arn:aws:iam::111122223333:role/ci", "sts:AssumeRole"):                                      "role/ci of account 111122223333: can, sts:AssumeRole",
		trust("Federated", arn("oidc-provider/"+github), web):                                                    "anybody at " + github + ": can, " + web,
		trust("Federated", arn("oidc-provider/"+github), web, pinned):                                            "someone who signs in at " + github + ": possible, " + web,
		trust("Federated", arn("saml-provider/staff"), saml, `,"Condition":{"StringLike":{"saml:nothing":"*"}}`): "someone who signs in at saml-provider/staff: possible, " + saml,
		trust("Federated", "cognito-identity.amazonaws.com", web, `,"Condition":{"StringEquals":{"cognito-identity.amazonaws.com:aud":"us-east-1:0"},"ForAnyValue:StringLike":{"cognito-identity.amazonaws.com:amr":"unauthenticated"}}`): "guests of an identity pool, who sign in nowhere: can, " + web,
		trust("Federated", "cognito-identity.amazonaws.com", web):                                                                                       "anybody at cognito-identity.amazonaws.com: can, " + web,
		trust("AWS", arn("root"), "sts:AssumeRole"):                                                                                                     "",
		trust("AWS", arn("user/alice"), "sts:AssumeRole"):                                                                                               "",
		trust("Service", "ec2.amazonaws.com", "sts:AssumeRole"):                                                                                         "",
		trust("AWS", "111122223333", "sts:AssumeRole", `,"Condition":{"StringEquals":{"aws:PrincipalAccount":"9"}}`):                                    "",
		trust("AWS", "111122223333", "sts:AssumeRole", `,"Condition":{"Bool":{"aws:ViaX":"1"}}`) + "," + trust("AWS", "111122223333", "sts:AssumeRole"): "account 111122223333: can, sts:AssumeRole",
	} {
		if want != "" {
			want += " in 1"
		}
		if got := strings.Join(outside(t, roleOf("boss", trusted, everything), roleOf("none", trusted, noRoles)), "; "); got != want {
			t.Errorf("%s: got %q, want %q", trusted, got, want)
		}
	}
}

// A way goes on by the role's own; it is as sure as all of it.
func TestWaysFromOutsideGoOn(t *testing.T) {
	t.Parallel()
	boss := roleOf("boss", `{"Effect":"Allow","Principal":{"AWS":"`+arn("role/door")+`"},"Action":"sts:AssumeRole"}`, everything)
	door := roleOf("door", `{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}`)
	maybe := roleOf("maybe", door.TrustPolicy[len(`{"Version":"2012-10-17","Statement":[`):len(door.TrustPolicy)-2],
		`{"Effect":"Allow","Action":"lambda:UpdateFunctionCode","Resource":"*"}`, noRoles)
	function := roleOf("function", `{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}`, everything)
	got := outside(t, boss, door, maybe, function)
	want := []string{"anybody: can, sts:AssumeRole in 2", "anybody: possible, sts:AssumeRole in 2"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// noRoles keeps even from roles that let in everybody.
const noRoles = `{"Effect":"Deny","Action":"sts:AssumeRole","Resource":"*"}`

func roleOf(name, trust string, statements ...string) account.RoleDetail {
	return account.RoleDetail{Name: name, ID: "AROA" + name, ARN: arn("role/" + name), Path: "/", TrustPolicy: document(trust),
		AttachedPolicies: []account.AttachedPolicy{}, InlinePolicies: inline(statements), Tags: []account.Tag{}}
}

// outside are the ways from outside of an account with such roles.
func outside(t *testing.T, roles ...account.RoleDetail) (ways []string) {
	t.Helper()
	s := baseAccount(t)
	s.AuthorizationDetails.Value.Roles = roles
	ascents, err := access.New(account.New(s)).Ascents(nil, "")
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range ascents.Outside {
		ways = append(ways, fmt.Sprintf("%s: %s, %s in %d", a.Who, a.Standing, a.Chain.Steps[0].Actions[0], len(a.Chain.Steps)))
	}
	return ways
}
