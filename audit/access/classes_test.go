package access_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"sekisho/audit/access"
	"sekisho/audit/account"
	"sekisho/audit/emulator"
)

// Those whose policies ask for their tags are looked at together with others that have the same, and those alone whose
// policies ask for their names.
func TestThoseOfTheSameTagsAreOneClass(t *testing.T) {
	t.Parallel()
	tagged := document(`{"Effect": "Allow", "Action": "ssm:SendCommand", "Resource": "*", "Condition": {"StringEquals": {"aws:ResourceTag/team": "${aws:PrincipalTag/team}"}}}`)
	byTag := document(`{"Effect": "Allow", "Action": "ssm:SendCommand", "Resource": "*", "Condition": {"StringLike": {"aws:PrincipalTag/team": "b*"}}}`)
	pattern := document(`{"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "arn:aws:iam::123456789012:role/${aws:PrincipalTag/team}-*"}`)
	named := document(`{"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "arn:aws:iam::123456789012:role/${aws:username}-*"}`)
	both := document(`{"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "arn:aws:iam::123456789012:role/${aws:PrincipalTag/team}-${aws:username}"}`)
	for _, c := range []struct {
		policy string
		want   int
	}{{tagged, 2}, {byTag, 2}, {pattern, 2}, {named, 4}, {both, 4}} {
		a := &account.Account{ID: "123456789012", Partition: "aws", TakenAt: time.Date(2026, 11, 22, 5, 0, 0, 0, time.UTC)}
		for i, team := range []string{"a", "a", "b", "b"} {
			name := team + "-" + string(rune('p'+i))
			a.Roles = append(a.Roles, &account.Role{RoleDetail: account.RoleDetail{Name: name, ARN: arn("role/" + name), Path: "/",
				TrustPolicy:    document(`{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}`),
				InlinePolicies: []account.InlinePolicy{{Name: "own", Document: c.policy}}, Tags: []account.Tag{{Key: "team", Value: team}}}})
		}
		if got := access.New(a).Classes(); got != c.want {
			t.Errorf("got %d classes of two teams of two by %s, want %d", got, c.policy, c.want)
		}
	}
}

// Who writes a policy that allows everything isn't asked for what the others allow, but for what they deny.
func TestWhatElseIsAllowedToWhoMayDoEverything(t *testing.T) {
	t.Parallel()
	for other, want := range map[string]int{
		`{"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}`: 0,
		`{"Effect": "Deny", "Action": "sqs:*", "Resource": "*"}`:  2, // what they deny, and all
	} {
		a := &account.Account{ID: "123456789012", Partition: "aws", TakenAt: time.Date(2026, 11, 22, 5, 0, 0, 0, time.UTC)}
		a.Roles = []*account.Role{{RoleDetail: account.RoleDetail{Name: "own", ARN: arn("role/own"), Path: "/",
			TrustPolicy: document(`{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}`),
			InlinePolicies: []account.InlinePolicy{
				{Name: "put", Document: document(`{"Effect": "Allow", "Action": "iam:PutRolePolicy", "Resource": "*"}`)}, {Name: "other", Document: document(other)}}}}}
		if got := access.New(a).Compiled(); got != want {
			t.Errorf("got %d documents that were read in full beside %s, want %d", got, other, want)
		}
	}
}

// Who is only possibly let do anything, since a Deny of everything may hold, isn't looked at for sure ways; who may surely do one
// thing more is.
func TestSureWaysOfThoseToWhomAllMayBeDenied(t *testing.T) {
	t.Parallel()
	const outside = `"Condition": {"NotIpAddress": {"aws:SourceIp": "192.0.2.0/24"}}}`
	for _, c := range []struct {
		deny string
		want int
	}{
		{`{"Effect": "Deny", "Action": "*", "Resource": "*", ` + outside, 0},
		{`{"Effect": "Deny", "Action": "*", "NotResource": "arn:aws:s3:::public-*", ` + outside, 0},
		{`{"Effect": "Deny", "NotAction": ["s3:*", "lambda:*"], "Resource": "*", ` + outside, 0},
		{`{"Effect": "Deny", "NotAction": "iam:PutRolePolicy", "Resource": "*", ` + outside, 1},
		{`{"Effect": "Deny", "Action": "*", "NotResource": "arn:aws:iam::*:role/own", ` + outside, 1},
		{`{"Effect": "Deny", "Action": "*", "Resource": "arn:aws:iam::*:*", ` + outside, 1},
		{`{"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"StringEquals": {"iam:ResourceTag/team": "blue"}}}`, 1},
		{`{"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"Bool": {"aws:ViaAWSService": "true"}}}`, 1},
	} {
		a := &account.Account{ID: "123456789012", Partition: "aws", TakenAt: time.Date(2026, 11, 22, 5, 0, 0, 0, time.UTC)}
		a.Roles = []*account.Role{{RoleDetail: account.RoleDetail{Name: "own", ARN: arn("role/own"), Path: "/",
			TrustPolicy:    document(`{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}`),
			InlinePolicies: []account.InlinePolicy{{Name: "own", Document: document(`{"Effect": "Allow", "Action": ["iam:*", "ssm:*"], "Resource": "*"}`, c.deny)}}}}}
		if got := access.New(a).SurelyLed(); got != c.want {
			t.Errorf("got %d who were looked at for sure ways, want %d, by %s", got, c.want, c.deny)
		}
	}
}

// Users into whom a team gets in the same way are looked at once.
func TestTeamsLookAtUsersWhoAreAlikeOnce(t *testing.T) {
	t.Parallel()
	a := account.New(emulator.Messy(100, 1, time.Date(2026, 11, 22, 5, 0, 0, 0, time.UTC)))
	for name, actions := range map[string]string{"sets": `"iam:CreateLoginProfile", "iam:UpdateLoginProfile"`, "takes": `"iam:DeactivateMFADevice", "iam:CreateAccessKey"`} {
		a.Roles = append(a.Roles, &account.Role{RoleDetail: account.RoleDetail{Name: name, ARN: arn("role/" + name), Path: "/",
			TrustPolicy: document(`{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}`),
			InlinePolicies: []account.InlinePolicy{{Name: "own", Document: document(
				`{"Effect": "Allow", "Action": [`+actions+`], "Resource": ["arn:aws:iam::123456789012:user/person-000*", "arn:aws:iam::123456789012:user/*/person-0005?"]}`,
				`{"Effect": "Deny", "Action": "iam:*", "Resource": "arn:aws:iam::123456789012:user/*7"}`)}}}})
	}
	users, looked, differ := access.New(a).TeamSignsIn(arn("role/sets"), arn("role/takes"))
	if users < 30 || looked == 0 || looked > users/2 || differ > 0 {
		t.Errorf("got %d users, %d of whom were looked at, and %d who differ; want fewer than half looked at, and nobody who differs", users, looked, differ)
	}
}

// A statement about roles that the account hasn't got says nothing of anybody, and so tells nobody from others: in old accounts
// there are thousands. One that may name a role does.
func TestPoliciesOfRolesThatAreGone(t *testing.T) {
	t.Parallel()
	for pattern, want := range map[string]int{
		"role/gone-*": 1, "role/${aws:username}-gone": 1, "role/*-gone?": 1, "role/*/own-p": 1,
		"role/${aws:username}-p": 3, "role/*-p": 2, "role/own-?": 2, "*": 2,
	} {
		a := &account.Account{ID: "123456789012", Partition: "aws", TakenAt: time.Date(2026, 11, 22, 5, 0, 0, 0, time.UTC)}
		for i, effect := range []string{"Allow", "Deny", "Allow"} {
			name := "own-" + string(rune('p'+i))
			a.Roles = append(a.Roles, &account.Role{RoleDetail: account.RoleDetail{Name: name, ARN: arn("role/" + name), Path: "/",
				TrustPolicy: document(`{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}`),
				InlinePolicies: []account.InlinePolicy{{Name: "own", Document: document(
					`{"Effect": "` + effect + `", "Action": ["sts:AssumeRole", "iam:PassRole"], "Resource": "arn:aws:iam::123456789012:` + pattern + `"}`)}}}})
		}
		if got := access.New(a).Classes(); got != want {
			t.Errorf("got %d classes of three roles that may, or may not, use %s, want %d", got, pattern, want)
		}
	}
}

// A policy that gives nobody anything of use tells apart those who have it where they can rewrite it: who comes first has
// no say in what the other can do.
func TestWaysHangOnPoliciesThatCanBeRewritten(t *testing.T) {
	t.Parallel()
	policies := map[string]string{
		"idle":    document(`{"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*"}`),
		"rewrite": document(`{"Effect": "Allow", "Action": "iam:CreatePolicyVersion", "Resource": "arn:aws:iam::123456789012:policy/idle"}`),
	}
	for _, order := range [][]string{{"plain", "idle"}, {"idle", "plain"}} {
		a := &account.Account{ID: "123456789012", Partition: "aws", TakenAt: time.Date(2026, 11, 22, 5, 0, 0, 0, time.UTC)}
		for name, text := range policies {
			a.Policies = append(a.Policies, &account.Policy{PolicyDetail: account.PolicyDetail{Name: name, ARN: arn("policy/" + name), DefaultVersion: "v1",
				Versions: []account.PolicyVersion{{ID: "v1", Default: true, Document: text}}}})
		}
		for _, name := range order {
			r := account.RoleDetail{Name: name, ARN: arn("role/" + name), Path: "/", AttachedPolicies: []account.AttachedPolicy{{Name: "rewrite", ARN: arn("policy/rewrite")}},
				TrustPolicy: document(`{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}`)}
			if name == "idle" {
				r.AttachedPolicies = append(r.AttachedPolicies, account.AttachedPolicy{Name: name, ARN: arn("policy/" + name)})
			}
			a.Roles = append(a.Roles, &account.Role{RoleDetail: r})
		}
		x := access.New(a)
		for _, name := range order {
			if got := x.Role(arn("role/"+name)).Power().Chain != nil; got != (name == "idle") {
				t.Errorf("got a way for role %s of %v: %t, want %t", name, order, got, !got)
			}
		}
	}
}

// Roles that let in everybody, and that lead nobody on, aren't tried anew for each who comes.
func TestRolesThatLetInEverybodyAreTriedOnce(t *testing.T) {
	t.Parallel()
	a := &account.Account{ID: "123456789012", Partition: "aws", TakenAt: time.Date(2026, 11, 22, 5, 0, 0, 0, time.UTC)}
	add := func(name, principal, action string) {
		a.Roles = append(a.Roles, &account.Role{RoleDetail: account.RoleDetail{Name: name, ARN: arn("role/" + name), Path: "/",
			TrustPolicy:    document(`{"Effect": "Allow", "Principal": ` + principal + `, "Action": "sts:AssumeRole"}`),
			InlinePolicies: []account.InlinePolicy{{Name: "own", Document: document(`{"Effect": "Allow", "Action": "` + action + `", "Resource": "*"}`)}}}})
	}
	add("open", `"*"`, "sqs:SendMessage")
	for _, action := range []string{"iam:TagUser", "iam:TagRole", "iam:UntagRole", "iam:CreateGroup", "iam:DeleteAccessKey", "iam:EnableMFADevice"} {
		add(strings.ToLower(action[4:]), `{"Service": "ec2.amazonaws.com"}`, action)
	}
	if got := access.New(a).LetIn(); got != 1 {
		t.Errorf("got %d who were looked at for roles that let in everybody, want 1: the role itself", got)
	}
}

// A search among those of whom each may change many, and none is there, gives up, and says that it did.
func TestLongSearchesGiveUp(t *testing.T) {
	t.Parallel()
	snapshot := emulator.Demo(time.Date(2026, 11, 22, 5, 0, 0, 0, time.UTC))
	d := &snapshot.AuthorizationDetails.Value
	*d = account.AuthorizationDetails{}
	own := func(text string) []account.InlinePolicy {
		return []account.InlinePolicy{{Name: "own", Document: document(text)}}
	}
	for n := range 60 {
		name := fmt.Sprintf("%02d", n)
		d.Groups = append(d.Groups, account.GroupDetail{Name: "g" + name, ARN: arn("group/g" + name), Path: "/",
			InlinePolicies: own(`{"Effect": "Allow", "Action": "iam:TagUser", "Resource": "arn:aws:iam::123456789012:user/u` + name + `"}`)})
		d.Roles = append(d.Roles, account.RoleDetail{Name: "r" + name, ARN: arn("role/r" + name), Path: "/",
			TrustPolicy:    document(`{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:root"}, "Action": ["sts:AssumeRole", "sts:TagSession"], "Condition": {"StringEquals": {"aws:PrincipalTag/team": "` + name + `"}}}`),
			InlinePolicies: own(`{"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}`)})
		d.Users = append(d.Users, account.UserDetail{Name: "u" + name, ARN: arn("user/u" + name), Path: "/",
			InlinePolicies: own(`{"Effect": "Allow", "Action": ["iam:AddUserToGroup", "sts:AssumeRole", "iam:TagUser"], "Resource": "*"}`)})
	}
	a := account.New(snapshot)
	x := access.New(a)
	if asked := x.Asked(); asked > 1_000_000 {
		t.Errorf("got %d questions, want at most some hundred thousands", asked)
	}
	if power := x.User("u00").Power(); power.Chain == nil && power.Cut.Empty() {
		t.Error("got no way for somebody whose search was given up, want it not to be known")
	}
}

// Where everybody's way to an administrator will be asked for, it is looked for before the policies are analysed, so that
// the two don't take memory at once.
func TestWaysAreLookedForFirst(t *testing.T) {
	t.Parallel()
	a := account.New(emulator.Messy(60, 1, time.Date(2026, 11, 22, 5, 0, 0, 0, time.UTC)))
	x := access.New(a)
	if x.PowersFirst(); x.User(a.Users[0].Name).Analysis() == nil || !x.Searched() {
		t.Error("got an analysis before everybody's way was looked for, want the ways first, and their graph gone")
	}
	ways := 0
	for _, u := range a.Users {
		if chain := x.User(u.Name).Power().Chain; chain != nil {
			for i := range chain.Steps {
				if ways++; chain.Steps[i].Holds() || chain.Steps[i].How.Empty() {
					t.Errorf("%s: got the step %+v, want one that is told, and holds nothing of the graph", u.Name, chain.Steps[i])
				}
			}
		}
	}
	if ways == 0 {
		t.Error("got no way to an administrator, want some")
	}
	x = access.New(a)
	if x.User(a.Users[0].Name).Analysis(); x.Searched() {
		t.Error("got ways that nobody asks for")
	}
}
