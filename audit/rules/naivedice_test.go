package rules_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

// recipes are actions that make something happen together, or nearly. Those that come first come more often.
var recipes = strings.Split(`sts:AssumeRole; iam:PassRole lambda:CreateFunction lambda:InvokeFunction; iam:PutUserPolicy; iam:AddUserToGroup; iam:CreateAccessKey;
iam:CreateUser iam:CreateAccessKey iam:PutUserPolicy; iam:CreatePolicyVersion; iam:UpdateAssumeRolePolicy;
iam:DeleteUserPermissionsBoundary iam:PutUserPolicy; iam:AttachUserPolicy; iam:PutRolePolicy; iam:PutRolePolicy sts:AssumeRole; iam:AttachRolePolicy;
iam:PutGroupPolicy; iam:AttachGroupPolicy; iam:CreatePolicy iam:AttachUserPolicy; iam:CreateAccessKey iam:DeleteAccessKey; iam:CreateLoginProfile;
iam:UpdateLoginProfile; iam:UpdateLoginProfile iam:DeactivateMFADevice; iam:CreateAccessKey iam:CreateVirtualMFADevice iam:EnableMFADevice;
iam:CreateVirtualMFADevice iam:EnableMFADevice; iam:CreatePolicyVersion iam:DeletePolicyVersion; iam:SetDefaultPolicyVersion;
iam:CreateUser iam:CreateLoginProfile iam:AttachUserPolicy; iam:CreateUser iam:CreateAccessKey iam:AddUserToGroup;
iam:CreateRole iam:AttachRolePolicy; iam:CreateRole iam:PutRolePolicy; iam:DetachUserPolicy iam:DeleteUserPolicy;
iam:DetachRolePolicy iam:DeleteRolePolicy; iam:DetachGroupPolicy iam:DeleteGroupPolicy; iam:RemoveUserFromGroup; iam:DeleteUserPermissionsBoundary;
iam:PutUserPermissionsBoundary; iam:DeleteRolePermissionsBoundary; iam:PutRolePermissionsBoundary; iam:TagUser; iam:TagUser iam:UntagUser;
iam:TagRole; sts:AssumeRole sts:TagSession; iam:PassRole; lambda:CreateFunction lambda:InvokeFunction; s3:GetObject; s3:*; iam:Put*; iam:*Policy;
iam:*`, ";")

var resources = []string{
	"user/*", "user/${aws:username}", "user/alice", "user/bob", "user/dev/*", "user/zz*", "group/*", "group/admins", "group/devs",
	"role/*", "role/boss", "role/app", "role/zz*", "policy/*", "policy/team", "policy/limit", "policy/zz*", "mfa/*", "mfa/${aws:username}",
}

var conditions = []string{
	`{"Bool":{"aws:MultiFactorAuthPresent":"true"}}`,
	`{"StringEquals":{"aws:PrincipalTag/team":"a"}}`,
	`{"StringNotEquals":{"aws:PrincipalTag/team":"b"}}`,
	`{"StringEquals":{"aws:ResourceTag/team":"a"}}`,
	`{"StringEquals":{"iam:ResourceTag/team":"${aws:PrincipalTag/team}"}}`,
	`{"ArnEquals":{"iam:PolicyARN":"` + administrator + `"}}`,
	`{"ArnLike":{"iam:PolicyARN":"` + iamARN + `policy/zz*"}}`,
	`{"StringEquals":{"iam:PassedToService":"lambda.amazonaws.com"}}`,
	`{"StringEquals":{"iam:PassedToService":"ec2.amazonaws.com"}}`,
	`{"StringEquals":{"iam:PermissionsBoundary":"` + iamARN + `policy/limit"}}`,
	`{"ArnNotEquals":{"iam:PermissionsBoundary":"` + iamARN + `policy/limit"}}`,
	`{"BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}}`,
	`{"Bool":{"aws:MultiFactorAuthPresent":"false"}}`,
	`{"StringNotEquals":{"iam:ResourceTag/team":"a"}}`,
	`{"Null":{"aws:PrincipalTag/team":"true"}}`,
	`{"Null":{"iam:PermissionsBoundary":"true"}}`,
	`{"StringEquals":{"aws:PrincipalType":"User"}}`,
	`{"StringLike":{"aws:username":"al*"}}`,
	`{"ArnLike":{"aws:PrincipalArn":"` + iamARN + `role/*"}}`,
}

var denials = []string{
	`"Action":"iam:*","Resource":"*"`,
	`"Action":"sts:AssumeRole","Resource":"*"`,
	`"Action":["iam:Put*","iam:Attach*"],"Resource":"*"`,
	`"Action":"iam:Create*","Resource":"*"`,
	`"Action":"iam:*Boundary","Resource":"*"`,
	`"Action":"iam:*","NotResource":"` + iamARN + `user/${aws:username}"`,
	`"Action":"iam:*","Resource":"` + iamARN + `role/boss"`,
	`"NotAction":["iam:CreateVirtualMFADevice","iam:EnableMFADevice"],"Resource":"*"`,
	`"Action":"s3:*","Resource":"*"`,
	`"NotAction":"iam:*","Resource":"*"`,
	`"Action":"*","Resource":"*"`,
}

type accountDice struct{ *rand.Rand }

func (d accountDice) in(hundred int) bool { return d.IntN(100) < hundred }

func pick[T any](d accountDice, list []T) T { return list[d.IntN(len(list))] }

func documentOf(statements ...string) string {
	return `{"Version":"2012-10-17","Statement":[` + strings.Join(statements, ",") + "]}"
}

func (d accountDice) condition(chance int) string {
	if d.in(chance) {
		return `,"Condition":` + pick(d, conditions)
	}
	return ""
}

func (d accountDice) allow() string {
	n := len(recipes)
	actions, _ := json.Marshal(strings.Fields(recipes[min(d.IntN(n), d.IntN(n))]))
	on := `"*"`
	if d.in(40) {
		on = `["` + iamARN + pick(d, resources) + `","` + iamARN + pick(d, resources) + `"]`
	}
	kind := "Resource"
	if on != `"*"` && d.in(10) {
		kind = "NotResource"
	}
	return fmt.Sprintf(`{"Effect":"Allow","Action":%s,"%s":%s%s}`, actions, kind, on, d.condition(25))
}

func (d accountDice) deny() string {
	return `{"Effect":"Deny",` + pick(d, denials) + d.condition(50) + "}"
}

func (d accountDice) policy() string {
	statements := []string{d.allow()}
	for d.in(35) {
		statements = append(statements, d.allow())
	}
	switch {
	case d.in(15):
		statements = append(statements, d.deny())
	case d.in(6):
		return documentOf(d.deny())
	case d.in(6):
		statements[0] = `{"Effect":"Allow","Action":"*","Resource":"*"` + d.condition(50) + "}"
		statements = append(statements, d.deny())
	}
	return documentOf(statements...)
}

// randomAccount is a small account in which something may lead somewhere.
func randomAccount(r *rand.Rand) *sim {
	d := accountDice{r}
	s := &sim{Users: map[string]*simUser{}, Groups: map[string]*holder{}, Roles: map[string]*simRole{}, Policies: map[string]*simPolicy{}, Hands: map[string]hand{}}
	for _, name := range []string{"limit", "team"} {
		if d.in(60) {
			p := &simPolicy{}
			for range 1 + d.IntN(2)*d.IntN(5) {
				p.Versions = append(p.Versions, pick(d, []string{d.policy(), d.policy(), d.policy(), d.policy(), documentOf(`{"Effect":"Allow","Action":"s3:*","Resource":"*"}`), everything}))
			}
			p.Default = d.IntN(len(p.Versions))
			s.Policies[iamARN+"policy/"+name] = p
		}
	}
	own := slices.Sorted(func(yield func(string) bool) {
		for arn := range s.Policies {
			if !yield(arn) {
				return
			}
		}
	})
	hold := func(h *holder, most int) {
		h.Inline = map[string]string{}
		for i := range d.IntN(most + 1) {
			if len(own) > 0 && d.in(40) {
				if arn := pick(d, own); !slices.Contains(h.Attached, arn) {
					h.Attached = append(h.Attached, arn)
				}
				continue
			}
			h.Inline[fmt.Sprintf("p%d", i)] = d.policy()
		}
	}
	identify := func(id *identity) {
		hold(&id.holder, 2)
		if len(own) > 0 && d.in(20) {
			id.Boundary = pick(d, own)
		}
		if d.in(25) {
			id.Team = pick(d, []string{"a", "b"})
		}
	}
	for _, name := range []string{"group/admins", "group/devs"}[:d.IntN(3)] {
		s.Groups[name] = &holder{}
		hold(s.Groups[name], 1)
	}
	for _, name := range []string{"user/alice", pick(d, []string{"user/bob", "user/dev/bob"}), "user/carol"}[:1+d.IntN(3)] {
		u := &simUser{Keys: d.IntN(3), Password: d.in(50), Device: d.in(40)}
		identify(&u.identity)
		for g := range sorted(s.Groups) {
			if d.in(40) {
				u.Groups = append(u.Groups, g)
			}
		}
		s.Users[name] = u
	}
	for _, name := range []string{"role/boss", "role/app", "role/ci"}[:d.IntN(4)] {
		role := &simRole{}
		identify(&role.identity)
		s.Roles[name] = role
	}
	for _, role := range s.roles() {
		role.Trust = d.trust(s.everybody())
	}
	d.appoint(s)
	if d.in(40) {
		d.restrain(s)
	}
	if d.in(20) {
		s.SCP = documentOf(`{"Effect":"Allow","Action":"*","Resource":"*"}`, `{"Effect":"Deny",`+pick(d, forbidden)+`}`)
	}
	if d.in(8) {
		s.identity(pick(d, s.everybody())).Inline["root"] = documentOf(`{"Effect":"Allow","Action":"sts:AssumeRoot","Resource":"` + pick(d, []string{"*", "arn:aws:iam::*:root", iamARN + "root", "arn:aws:iam::999999999999:root"}) + `"` + d.condition(25) + "}")
	}
	s.Aloof = d.in(25)
	s.learn()
	return s
}

// forbidden is what organizations forbid.
var forbidden = []string{
	`"Action":"sts:AssumeRole","Resource":"*"`, `"Action":"iam:Create*","Resource":"*"`, `"Action":["iam:Put*","iam:Attach*"],"Resource":"*"`, `"Action":"iam:*Boundary","Resource":"*"`,
	`"Action":"iam:*","Resource":"` + iamARN + `role/boss"`, `"Action":["s3:*","organizations:*"],"Resource":"*"`, `"Action":"sts:AssumeRole","Resource":"` + iamARN + `role/boss"`,
}

func (s *sim) roles() (out []*simRole) {
	for _, r := range sorted(s.Roles) {
		out = append(out, r)
	}
	return out
}

func (d accountDice) trust(everybody []string) string {
	who := pick(d, []string{`{"AWS":"` + iamARN + `root"}`, `{"AWS":"` + iamARN + pick(d, everybody) + `"}`, `{"AWS":"` + iamARN + pick(d, everybody) + `"}`, `{"Service":"lambda.amazonaws.com"}`, `{"AWS":"*"}`})
	statement := `{"Effect":"Allow","Principal":` + who + `,"Action":` + pick(d, []string{`"sts:AssumeRole"`, `"sts:AssumeRole"`, `"sts:AssumeRole"`, `["sts:AssumeRole","sts:TagSession"]`})
	switch everyone := strings.Contains(who, `"*"`); {
	case everyone && d.in(30):
		statement += `,"Condition":` + pick(d, conditions)
	case everyone && d.in(70):
		statement += `,"Condition":{"ArnLike":{"aws:PrincipalArn":"` + iamARN + pick(d, append(everybody, "user/a*", "role/*")) + `"}}`
	case !everyone && d.in(20) && strings.Contains(who, "AWS"):
		statement += `,"Condition":` + conditions[d.IntN(3)]
	}
	if d.in(8) {
		return documentOf(statement+"}", `{"Effect":"Deny","Principal":{"AWS":"`+iamARN+pick(d, append(everybody, "root"))+`"},"Action":"sts:AssumeRole","Condition":`+pick(d, conditions)+"}")
	}
	return documentOf(statement + "}")
}

// appoint makes some administrators.
func (d accountDice) appoint(s *sim) {
	attach := func(h *holder) {
		if d.in(50) {
			h.Inline["all"] = everything
			return
		}
		h.Attached = append(h.Attached, administrator)
		s.Policies[administrator] = &simPolicy{Versions: []string{everything}}
	}
	if r := s.Roles["role/boss"]; r != nil && d.in(45) {
		attach(&r.holder)
	}
	if g := s.Groups["group/admins"]; g != nil && d.in(45) {
		attach(g)
	}
	if u := s.Users["user/carol"]; u != nil && d.in(45) {
		attach(&u.holder)
	}
}

// restrain gives somebody something strong, what forbids it, and maybe what takes that off again.
func (d accountDice) restrain(s *sim) {
	who := pick(d, s.everybody())
	kind := "User"
	if strings.HasPrefix(who, "role/") {
		kind = "Role"
	}
	id := s.identity(who)
	named := func(actions ...string) string { return strings.ReplaceAll(pick(d, actions), "KIND", kind) }
	strong := named("iam:PutKINDPolicy", "iam:AttachKINDPolicy", "iam:CreatePolicyVersion", "sts:AssumeRole", "iam:CreateAccessKey", "*")
	off := named("iam:DeleteKINDPolicy", "iam:DetachKINDPolicy", "iam:RemoveUserFromGroup", "iam:TagKIND", "iam:UntagKIND", "iam:SetDefaultPolicyVersion",
		"iam:DeleteGroupPolicy", "iam:DetachGroupPolicy", "iam:DeleteKINDPermissionsBoundary", "iam:PutKINDPermissionsBoundary", "iam:PutKINDPolicy", "iam:AddUserToGroup")
	on := pick(d, []string{"*", "*", iamARN + who, iamARN + "policy/*", iamARN + "group/*"})
	forbids := []string{pick(d, []string{
		`{"Effect":"Deny","Action":"` + strong + `","Resource":"*"`, `{"Effect":"Deny","NotAction":["` + off + `","s3:*"],"Resource":"*"`,
	})}
	switch {
	case d.in(25):
		forbids[0] += pick(d, []string{`,"Condition":{"StringEquals":{"aws:PrincipalTag/team":"a"}}`, `,"Condition":{"StringNotEquals":{"aws:PrincipalTag/team":"b"}}`})
	case d.in(10):
		forbids[0] += `,"Condition":` + pick(d, conditions)
	}
	forbids[0] += "}"
	allows := func(action, resource string) string {
		return `{"Effect":"Allow","Action":"` + action + `","Resource":"` + resource + `"` + d.condition(10) + "}"
	}
	if d.in(40) {
		forbids = append(forbids, allows(pick(d, []string{off, strong, "s3:*"}), "*"))
	}
	id.Inline["strong"], id.Inline["off"] = documentOf(allows(strong, "*")), documentOf(allows(off, on))
	limit := iamARN + "policy/limit"
	switch u := s.Users[who]; {
	case d.in(30):
		id.Inline["no"] = documentOf(forbids...)
	case d.in(40):
		s.Policies[limit] = &simPolicy{Versions: []string{documentOf(forbids...), pick(d, []string{d.policy(), documentOf(allows("s3:*", "*"))})}}
		if id.Boundary = ""; !slices.Contains(id.Attached, limit) {
			id.Attached = append(id.Attached, limit)
		}
	case d.in(50) || u == nil:
		s.Policies[limit] = &simPolicy{Versions: []string{documentOf(allows("s3:*", "*"), allows(pick(d, []string{off, strong}), "*")), pick(d, []string{d.policy(), everything})}}
		id.Boundary = limit
	default:
		s.Groups["group/devs"] = &holder{Inline: map[string]string{"no": documentOf(forbids...)}}
		if !slices.Contains(u.Groups, "group/devs") {
			u.Groups = append(u.Groups, "group/devs")
		}
	}
}
