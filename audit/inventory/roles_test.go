package inventory_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"sekisho/audit"
	"sekisho/audit/account"
	"sekisho/audit/emulator"
	"sekisho/audit/inventory"
)

func TestRoles(t *testing.T) {
	t.Parallel()
	o := options(audit.DepthStandard)
	o.Users, o.Roles = false, true
	s := emulator.Demo(now)
	i, wants := inventory.Of(s, o)
	if len(wants) > 0 || !i.Whole() || i.Users.Asked {
		t.Errorf("got the wants %v, whole %t, users %t, want roles alone", wants, i.Whole(), i.Users.Asked)
	}
	roles := map[string]inventory.Role{}
	for _, r := range i.Roles.Rows {
		roles[r.Name] = r
	}
	for name, trusts := range map[string]string{
		"app-server": "ec2.amazonaws.com", "operations": "this account", "partner-audit": "account 210987654321", "nightly-report": "AIDAQ3TOSHIROEXAMPLE", "share-test": "anyone",
	} {
		if got := roles[name].Trusts; !slices.Equal(got, []string{trusts}) {
			t.Errorf("got %s trusting %v, want %s", name, got, trusts)
		}
	}
	if r := roles["agency-admin"]; *r.Admin != "yes" || !slices.Equal(r.InlinePolicies, []string{"everything"}) || !r.LastUsed.Never {
		t.Errorf("got %+v, want an administrator by an inline policy, never used", r)
	}
	if r := roles["app-server"]; *r.Admin != "no" || r.LastUsed.At != now.Add(-2*time.Hour) || r.LastUsedRegion != "ap-northeast-1" {
		t.Errorf("got %+v, want no administrator, used 2 hours ago", r)
	}
	if r := roles["AWSServiceRoleForSupport"]; !r.ServiceLinked || r.Admin != nil || why(i, r.Unknown)["admin"] == "" {
		t.Errorf("got %+v, want a service-linked role, not judged", r)
	}
	s.AuthorizationDetails.Value.Roles[1].TrustPolicy = `{"Version"`
	i, _ = inventory.Of(s, o)
	if r := i.Roles.Rows[1]; r.Trusts != nil || why(i, r.Unknown)["trusts"] == "" || i.Whole() {
		t.Errorf("got %+v, want the trust policy unknown", r)
	}
}

func TestTrustedPrincipals(t *testing.T) {
	t.Parallel()
	o := inventory.Options{Roles: true}
	for principal, want := range map[string]string{
		`"Principal":"*"`: "anyone",
		`"Principal":{"AWS":["arn:aws:iam::123456789012:user/alice","123456789012"]}`:                                    "user/alice, this account",
		`"Principal":{"AWS":"arn:aws:iam::210987654321:role/ci"}`:                                                        "account 210987654321 role/ci",
		`"Principal":{"Federated":"arn:aws:iam::123456789012:saml-provider/directory"}`:                                  "saml-provider/directory",
		`"Principal":{"Service":["lambda.amazonaws.com","edgelambda.amazonaws.com"],"Federated":"accounts.example.com"}`: "lambda.amazonaws.com, edgelambda.amazonaws.com, accounts.example.com",
	} {
		s := emulator.Demo(now)
		s.AuthorizationDetails.Value.Roles = s.AuthorizationDetails.Value.Roles[:1]
		s.AuthorizationDetails.Value.Roles[0].TrustPolicy = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow",` + principal + `,"Action":"sts:AssumeRole"}]}`
		i, _ := inventory.Of(s, o)
		if len(i.Roles.Rows[0].Unknown) != 1 {
			t.Errorf("%s: got %+v, want the trust policy read", principal, i.Notes)
		}
		if got := strings.Join(i.Roles.Rows[0].Trusts, ", "); len(got) != len(want) || sorted(got) != sorted(want) {
			t.Errorf("%s: got %q, want %q", principal, got, want)
		}
	}
}

func sorted(list string) string {
	parts := strings.Split(list, ", ")
	slices.Sort(parts)
	return strings.Join(parts, ", ")
}

func TestGroups(t *testing.T) {
	t.Parallel()
	i, _ := inventory.Of(emulator.Demo(now), inventory.Options{Groups: true})
	for _, g := range i.Groups.Rows {
		switch g.Name {
		case "administrators":
			if !slices.Equal(g.Members, []string{"sato.yuki", "suzuki.haruto"}) || !slices.Equal(g.AttachedPolicies, []string{"AdministratorAccess", "ForceMFA"}) {
				t.Errorf("got %+v, want two members and two policies", g)
			}
		case "support-desk":
			if g.Members == nil || len(g.Members) > 0 {
				t.Errorf("got the members %v, want a list that is known to be empty", g.Members)
			}
		}
	}
	if len(i.Groups.Rows) != 9 {
		t.Errorf("got %d groups, want 9", len(i.Groups.Rows))
	}
}

// What is to be known of the answers stands in the inventory as it does in an audit's report.
func TestInventoryTellsHowTheAnswersWereGot(t *testing.T) {
	t.Parallel()
	s := emulator.Demo(now)
	s.MachineTime, s.Endpoints = now.Add(time.Hour), map[string]string{"iam": "http://192.0.2.1:8080"}
	s.Tolerated = []account.Tolerated{{Action: "iam:ListSAMLProviders", Element: "SAMLProviderList", Answers: 1}}
	i, _ := inventory.Of(s, options(audit.DepthStandard))
	if len(i.Remarks) != 3 || i.Endpoints["iam"] != "http://192.0.2.1:8080" || len(i.Tolerated) != 1 {
		t.Errorf("got %v, %v and %v, want the clock, the endpoint and what was tolerated", i.Remarks, i.Endpoints, i.Tolerated)
	}
}
