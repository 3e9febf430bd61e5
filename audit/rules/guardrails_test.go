package rules_test

import (
	"fmt"
	"testing"

	"sekisho/audit/access"
	"sekisho/audit/account"
	"sekisho/audit/policy"
)

// TestOrganizationsPoliciesTakeWaysAway judges who becomes whom in one account under policies of its organization.
func TestOrganizationsPoliciesTakeWaysAway(t *testing.T) {
	t.Parallel()
	const full = `{"Effect":"Allow","Action":"*","Resource":"*"}`
	s, _, _ := build(t, `user dev
user own
user root
role boss trust=account:123456789012
inline user/root all {"Effect":"Allow","Action":"*","Resource":"*"}
inline role/boss all {"Effect":"Allow","Action":"*","Resource":"*"}
inline user/dev o {"Effect":"Allow","Action":"sts:AssumeRole","Resource":"*"}
inline user/own w {"Effect":"Allow","Action":"iam:*User*","Resource":"*"}
role held trust=service:lambda
inline role/held all {"Effect":"Allow","Action":"*","Resource":"*"}
inline role/held d {"Effect":"Deny","Action":"iam:*","NotResource":"arn:aws:iam::123456789012:user/${aws:username}"}
`)
	for name, c := range map[string]struct {
		scps           [][]string
		rcps           []string
		dev, own, root access.Standing
		boss           access.Standing
		held           bool // is an administrator of what is left
	}{
		"none": {dev: access.CanAscend, own: access.CanAscend, root: access.Already, boss: access.Already},
		"all allowed": {
			scps: [][]string{{full}, {full}}, dev: access.CanAscend, own: access.CanAscend, root: access.Already, boss: access.Already},
		"nobody assumes roles": {
			scps: [][]string{{full, `{"Effect":"Deny","Action":"sts:AssumeRole","Resource":"*"}`}}, dev: access.CannotAscend, own: access.CanAscend, root: access.Already, boss: access.Already},
		"another role only": {
			scps: [][]string{{full}, {full, `{"Effect":"Deny","Action":"sts:AssumeRole","NotResource":"arn:aws:iam::*:role/other"}`}}, dev: access.CannotAscend, own: access.CanAscend, root: access.Already, boss: access.Already},
		"an administrator of what is left": {
			scps: [][]string{{full}, {full, `{"Effect":"Deny","Action":["s3:DeleteBucket","iam:CreateUser"],"Resource":"*"}`}}, dev: access.CanAscend, own: access.CanAscend, root: access.Already, boss: access.Already},
		"a level that allows less": {
			scps: [][]string{{full}, {`{"Effect":"Allow","Action":["s3:*","sts:*"],"Resource":"*"}`}}, dev: access.CanAscend, own: access.CannotAscend, root: access.Already, boss: access.Already, held: true},
		"all but one role": {
			scps: [][]string{{full, `{"Effect":"Deny","Action":["iam:*","ec2:*"],"Resource":"*","Condition":{"ArnNotLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/boss"}}}`}},
			dev:  access.CanAscend, own: access.CannotAscend, root: access.CanAscend, boss: access.Already},
		"from an office": {
			scps: [][]string{{full, `{"Effect":"Deny","Action":"sts:AssumeRole","Resource":"*","Condition":{"NotIpAddress":{"aws:SourceIp":"203.0.113.0/24"}}}`}},
			dev:  access.MayAscend, own: access.MayAscend, root: access.MayAscend, boss: access.MayAscend},
		"nothing new of IAM": {
			scps: [][]string{{full, `{"Effect":"Deny","Action":"iam:Create*","Resource":"*"}`}}, dev: access.CanAscend, own: access.CanAscend, root: access.Already, boss: access.Already},
		"nothing at all": {
			scps: [][]string{{`{"Effect":"Deny","Action":"*","Resource":"*"}`}}, dev: access.CannotAscend, own: access.CannotAscend, root: access.CannotAscend, boss: access.CannotAscend},
		"the role's own": {
			rcps: []string{`{"Effect":"Deny","Principal":"*","Action":"sts:AssumeRole","Resource":"*"}`}, dev: access.CannotAscend, own: access.CanAscend, root: access.Already, boss: access.Already},
		"RCPs are not about IAM": {
			rcps: []string{`{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*"}`}, dev: access.CannotAscend, own: access.CanAscend, root: access.Already, boss: access.Already},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			parse := func(kind policy.Kind, statement string) *policy.Document {
				d, err := policy.Parse("scp", kind, fmt.Appendf(nil, `{"Version":"2012-10-17","Statement":[%s]}`, statement))
				if err != nil {
					t.Fatal(err)
				}
				return d
			}
			var by access.Guardrails
			for _, level := range c.scps {
				var documents []*policy.Document
				for _, statement := range level {
					documents = append(documents, parse(policy.SCP, statement))
				}
				by.SCPs = append(by.SCPs, documents)
			}
			for _, statement := range c.rcps {
				by.RCPs = append(by.RCPs, parse(policy.RCP, statement))
			}
			who := access.New(account.New(s))
			who.Guard(by)
			for principal, want := range map[*access.Principal]access.Standing{
				who.User("dev"): c.dev, who.User("own"): c.own, who.User("root"): c.root, who.Role("arn:aws:iam::123456789012:role/boss"): c.boss,
			} {
				if got := principal.Ascent(); got.Standing != want {
					t.Errorf("%s: got %s, want %s", principal.Name, got.Standing, want)
				}
			}
			if got := who.Role("arn:aws:iam::123456789012:role/held").Ascent(); (got.Standing == access.Already) != c.held {
				t.Errorf("held: got %s, want an administrator of what is left: %v", got.Standing, c.held)
			}
		})
	}
}
