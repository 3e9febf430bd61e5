package access_test

import (
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
			name := string(rune('p' + i))
			a.Roles = append(a.Roles, &account.Role{RoleDetail: account.RoleDetail{Name: name, ARN: arn("role/" + name), Path: "/",
				TrustPolicy:    document(`{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}`),
				InlinePolicies: []account.InlinePolicy{{Name: "own", Document: c.policy}}, Tags: []account.Tag{{Key: "team", Value: team}}}})
		}
		if got := access.New(a).Classes(); got != c.want {
			t.Errorf("got %d classes of two teams of two by %s, want %d", got, c.policy, c.want)
		}
	}
}

// Where everybody's way to an administrator will be asked for, it is looked for before the policies are analysed, so that
// the two don't take memory at once.
func TestWaysAreLookedForFirst(t *testing.T) {
	t.Parallel()
	a := account.New(emulator.Messy(20, 1, time.Date(2026, 11, 22, 5, 0, 0, 0, time.UTC)))
	x := access.New(a)
	if x.PowersFirst(); x.User(a.Users[0].Name).Analysis() == nil || !x.Searched() {
		t.Error("got an analysis before everybody's way was looked for, want the ways first, and their graph gone")
	}
	x = access.New(a)
	if x.User(a.Users[0].Name).Analysis(); x.Searched() {
		t.Error("got ways that nobody asks for")
	}
}
