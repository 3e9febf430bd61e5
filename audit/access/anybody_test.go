package access_test

import (
	"fmt"
	"strings"
	"testing"

	"sekisho/audit/access"
	"sekisho/audit/account"
	"sekisho/audit/policy"
)

// anAccount has such users and roles, and nobody else. The users have names, inline policies and no keys.
func anAccount(t *testing.T, users map[string][]string, roles ...account.RoleDetail) *access.Access {
	t.Helper()
	s := baseAccount(t)
	details := &s.AuthorizationDetails.Value
	details.Roles, details.Users = roles, nil
	for name, statements := range users {
		details.Users = append(details.Users, account.UserDetail{Name: name, ID: "AIDA" + name, ARN: arn("user/" + name), Path: "/", Groups: []string{},
			AttachedPolicies: []account.AttachedPolicy{}, InlinePolicies: inline(statements), Tags: []account.Tag{}})
	}
	return access.New(account.New(s))
}

// A role that trusts everybody lets in the account's own users and roles whatever their policies say, bar a Deny; one that
// trusts the account lets in those whom their own allow it. The ways and the answers to single requests say the same.
func TestEverybodyNeedsNoAllow(t *testing.T) {
	t.Parallel()
	const may, denied = `{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"*"}`, `{"Effect":"Deny","Action":"sts:AssumeRole","Resource":"*"}`
	everybody := `{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"`
	own := `{"Effect":"Allow","Principal":{"AWS":"` + arn("root") + `"},"Action":"sts:AssumeRole"`
	notAlice := `{"Effect":"Deny","Principal":{"AWS":"` + arn("user/alice") + `"},"Action":"sts:AssumeRole"}`
	for _, test := range []struct {
		name, trust string
		alice       []string
		want        [2]access.Standing // of alice and bob, who may do nothing
	}{
		{"everybody", everybody + "}", nil, [2]access.Standing{access.CanAscend, access.CanAscend}},
		{"everybody by another form", `{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole"}`, nil, [2]access.Standing{access.CanAscend, access.CanAscend}},
		{"a Deny of the user's own", everybody + "}", []string{may, denied}, [2]access.Standing{access.CannotAscend, access.CanAscend}},
		{"a Deny in the trust policy", everybody + "}," + notAlice, []string{may}, [2]access.Standing{access.CannotAscend, access.CanAscend}},
		{"narrowed to one", everybody + `,"Condition":{"ArnEquals":{"aws:PrincipalArn":"` + arn("user/alice") + `"}}}`, nil, [2]access.Standing{access.CanAscend, access.CannotAscend}},
		{"narrowed to an organization", everybody + `,"Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-example"}}}`, nil, [2]access.Standing{access.MayAscend, access.MayAscend}},
		{"narrowed to another account", everybody + `,"Condition":{"StringEquals":{"aws:PrincipalAccount":"111122223333"}}}`, []string{may}, [2]access.Standing{access.CannotAscend, access.CannotAscend}},
		{"the account", own + "}", []string{may}, [2]access.Standing{access.CanAscend, access.CannotAscend}},
		{"the account, but for one", own + "}," + notAlice, []string{may}, [2]access.Standing{access.CannotAscend, access.CannotAscend}},
		{"the account, and everybody of an organization", own + "}," + everybody + `,"Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-example"}}}`, []string{may},
			[2]access.Standing{access.CanAscend, access.MayAscend}},
	} {
		x := anAccount(t, map[string][]string{"alice": test.alice, "bob": nil}, roleOf("boss", test.trust, everything))
		for i, name := range []string{"alice", "bob"} {
			if got := x.User(name).Ascent().Standing; got != test.want[i] {
				t.Errorf("%s: got %s for %s, want %s", test.name, got, name, test.want[i])
			}
			answers, err := x.Can("user/"+name, access.Request{Action: "sts:AssumeRole", Resource: arn("role/boss")})
			if err != nil {
				t.Fatal(err)
			}
			results := map[access.Standing][]policy.Result{
				access.CanAscend: {policy.Allowed}, access.MayAscend: {policy.Depends}, access.CannotAscend: {policy.ImplicitDeny, policy.ExplicitDeny},
			}[test.want[i]]
			if got := answers.List[0].Best().Result; got != results[0] && got != results[len(results)-1] {
				t.Errorf("%s: %s may assume the role: got %s, want %s", test.name, name, got, results)
			}
		}
	}
}

// Whom everybody comes to may do with somebody what neither can alone: what the search leaves out is no way for anybody.
func TestEverybodysRolesHelp(t *testing.T) {
	t.Parallel()
	allow := func(actions, resource string) string {
		return `{"Effect":"Allow","Action":[` + actions + `],"Resource":"` + resource + `"}`
	}
	everybody := `{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}`
	lambda := roleOf("lambda", `{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}`, everything)
	for _, test := range []struct {
		name  string
		alice string
		roles []account.RoleDetail
		want  access.Standing
	}{
		{"nothing together", allow(`"s3:GetObject"`, "*"), []account.RoleDetail{roleOf("door", everybody, allow(`"iam:PassRole"`, "*")), lambda}, access.CannotAscend},
		{"who passes a role must be who makes the function", allow(`"lambda:CreateFunction","lambda:InvokeFunction"`, "*"),
			[]account.RoleDetail{roleOf("door", everybody, allow(`"iam:PassRole"`, "*")), lambda}, access.CannotAscend},
		{"the role sets a password, and the user enrols the device", allow(`"iam:CreateVirtualMFADevice","iam:EnableMFADevice"`, "*"),
			[]account.RoleDetail{roleOf("door", everybody, allow(`"iam:UpdateLoginProfile","iam:CreateLoginProfile"`, "*"))}, access.MayAscend}, // whether there is a device isn't known
		{"the role writes the user's policies", allow(`"s3:GetObject"`, "*"), []account.RoleDetail{roleOf("door", everybody, allow(`"iam:PutUserPolicy"`, arn("user/alice")))}, access.CanAscend},
		{"the user writes the role's policies", allow(`"iam:PutRolePolicy"`, arn("role/door")), []account.RoleDetail{roleOf("door", everybody)}, access.CanAscend},
		{"who is kept from the role comes by another", `{"Effect":"Deny","Action":"sts:AssumeRole","Resource":"` + arn("role/door") + `"}`, []account.RoleDetail{roleOf("door", everybody),
			roleOf("step", `{"Effect":"Allow","Principal":{"AWS":"`+arn("user/alice")+`"},"Action":"sts:AssumeRole"}`),
			roleOf("boss", `{"Effect":"Allow","Principal":{"AWS":"`+arn("role/door")+`"},"Action":"sts:AssumeRole"}`, everything)}, access.CanAscend},
	} {
		strong := `{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"Bool":{"aws:MultiFactorAuthPresent":"true"}}}`
		x := anAccount(t, map[string][]string{"alice": {test.alice}, "carol": {strong}}, test.roles...)
		if got := x.User("alice").Ascent().Standing; got != test.want {
			t.Errorf("%s: got %s, want %s", test.name, got, test.want)
		}
	}
}

// Without a resource the roles are asked whose trust policy lets somebody in whatever their own policies say.
func TestRolesThatLetInByThemselves(t *testing.T) {
	t.Parallel()
	trusts := func(principal string) string {
		return `{"Effect":"Allow","Principal":{"AWS":"` + principal + `"},"Action":"sts:AssumeRole"`
	}
	torn := roleOf("torn", "")
	torn.TrustPolicy = `{"Version":`
	denied := `{"Effect":"Deny","Action":"sts:AssumeRole","Resource":"*"}`
	for _, test := range []struct {
		name       string
		role       account.RoleDetail
		alice, bob policy.Result // bob has a Deny
	}{
		{"by name", roleOf("r", trusts(arn("user/alice"))+"}"), policy.Allowed, policy.ExplicitDeny},
		{"by another's name", roleOf("r", trusts(arn("user/carol"))+"}"), policy.ImplicitDeny, policy.ExplicitDeny},
		{"as everybody", roleOf("r", trusts("*")+"}"), policy.Allowed, policy.ExplicitDeny},
		{"as everybody who has a secret", roleOf("r", trusts("*")+`,"Condition":{"StringEquals":{"sts:ExternalId":"x"}}}`), policy.Depends, policy.ExplicitDeny},
		{"as everybody of some name", roleOf("r", trusts("*")+`,"Condition":{"StringLike":{"aws:username":"b*"}}}`), policy.ImplicitDeny, policy.ExplicitDeny},
		{"as one of the account", roleOf("r", trusts(arn("root"))+"}"), policy.ImplicitDeny, policy.ExplicitDeny},
		{"nobody can read whom", torn, policy.Depends, policy.ExplicitDeny},
	} {
		x := anAccount(t, map[string][]string{"alice": nil, "bob": {denied}}, test.role)
		for name, want := range map[string]policy.Result{"alice": test.alice, "bob": test.bob} {
			answers, err := x.Can("user/"+name, access.Request{Action: "sts:AssumeRole"})
			if err != nil {
				t.Fatal(err)
			}
			best := answers.List[0].Best()
			if best.Result != want || want == policy.Allowed && best.On != test.role.ARN {
				t.Errorf("%s: %s: got %s on %q, want %s", test.name, name, best.Result, best.On, want)
			}
		}
	}
}

// No session gets a session token, whatever policies say, and a key gets one whatever they say.
func TestSessionTokensAreForKeys(t *testing.T) {
	t.Parallel()
	x := anAccount(t, map[string][]string{"alice": {`{"Effect":"Deny","Action":"*","Resource":"*"}`}}, roleOf("boss", `{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}`, everything))
	for who, want := range map[string]string{"user/alice": "access_key", "role/boss": ""} {
		answers, err := x.Can(who, access.Request{Action: "sts:GetSessionToken"})
		if err != nil {
			t.Fatal(err)
		}
		for _, way := range answers.List[0].Ways {
			if allowed := way.Result == policy.Allowed; allowed != (way.Session == want) || !allowed && way.Why.Empty() {
				t.Errorf("%s, %s: got %s %q", who, way.Session, way.Result, way.Why)
			}
		}
	}
}

// Of more hands than are tried together it isn't said that they can do nothing together.
func TestCrowdsAreNotKnown(t *testing.T) {
	t.Parallel()
	for hands, want := range map[int]access.Standing{20: access.CannotAscend, 40: access.Undetermined} {
		users := map[string][]string{"alice": {`{"Effect":"Allow","Action":["iam:CreateAccessKey","iam:DeleteAccessKey"],"Resource":"` + arn("user/h*") + `"}`}}
		for i := range hands {
			users[fmt.Sprintf("h%d", i)] = []string{fmt.Sprintf(`{"Effect":"Allow","Action":"iam:TagUser","Resource":"%s%d"}`, arn("user/none"), i)}
		}
		is := anAccount(t, users).User("alice").Ascent()
		if is.Standing != want || want == access.Undetermined && !strings.Contains(is.Why.String(), "not all were tried together") {
			t.Errorf("%d hands: got %s %q, want %s", hands, is.Standing, is.Why, want)
		}
	}
}
