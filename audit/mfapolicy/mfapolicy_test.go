package mfapolicy

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// TestPoliciesAreProved writes policies of all kinds, and of kinds drawn together, and proves them.
func TestPoliciesAreProved(t *testing.T) {
	t.Parallel()
	wishes := []Wish{
		{Manage: Kinds()},
		{Manage: Kinds(), FirstSignIn: true, OwnName: true, Except: []string{"tag:kind=machine", "tag:Kind=robot", "svc-*", "tag:team=ci"}, Partition: "aws-cn"},
		{Manage: []string{AccessKeys}, FirstSignIn: true, Partition: "aws-us-gov"},
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range 5 {
		kinds := Kinds()
		random.Shuffle(len(kinds), func(i, j int) { kinds[i], kinds[j] = kinds[j], kinds[i] })
		wishes = append(wishes, Wish{
			Manage: kinds[:1+random.IntN(3)], FirstSignIn: random.IntN(2) > 0, OwnName: random.IntN(2) > 0,
			Except: []string{"tag:kind=machine", "??-bot"}[:random.IntN(3)],
		})
	}
	for _, w := range wishes {
		if err := w.Validate(); err != nil {
			t.Errorf("%+v: %v", w, err)
		} else if err := Prove(w, Write(w), "p"); err != nil {
			t.Errorf("%+v: %v", w, err)
		}
	}
}

// TestProofFindsFaults spoils a sound policy in the ways that people do.
func TestProofFindsFaults(t *testing.T) {
	t.Parallel()
	wish := Wish{Manage: []string{MFA, Password, GitCredentials}, Except: []string{"tag:kind=machine"}}
	sid := func(d *Document, sid string) *Statement {
		return &d.Statement[slices.IndexFunc(d.Statement, func(s Statement) bool { return s.Sid == sid })]
	}
	spoil := func(d *Document, how string) {
		deny := sid(d, "NothingElseWithoutMFA")
		switch how {
		case "Bool":
			deny.Condition["Bool"] = deny.Condition["BoolIfExists"]
			delete(deny.Condition, "BoolIfExists")
		case "no Deny":
			d.Statement = d.Statement[:len(d.Statement)-1]
		case "narrow Deny":
			deny.Resource = Texts{"arn:aws:iam::*:user/${aws:username}"}
		case "exception":
			deny.NotAction = append(deny.NotAction, "iam:CreateAccessKey")
		case "machines denied":
			delete(deny.Condition, "StringNotEquals")
		case "machines allowed":
			sid(d, "ChangeOwnPassword").Condition = nil
		case "everybody's users":
			sid(d, "ManageOwnDevices").Resource = Texts{"arn:aws:iam::*:user/*"}
		case "users whose names end so":
			sid(d, "ManageOwnDevices").Resource = Texts{"arn:aws:iam::*:user/*${aws:username}"}
		case "API keys of Bedrock":
			delete(sid(d, "CreateOwnGitCredentials").Condition, "StringEquals")
		case "more":
			sid(d, "ChangeOwnPassword").Action = append(sid(d, "ChangeOwnPassword").Action, "iam:UpdateLoginProfile")
		case "less":
			sid(d, "ManageOwnGitCredentials").Action = sid(d, "ManageOwnGitCredentials").Action[1:]
		case "no enrolment":
			sid(d, "MakeDevice").Action = Texts{"iam:DeleteVirtualMFADevice"}
		case "first sign-in":
			deny.NotAction = append(deny.NotAction, "iam:ChangePassword")
		case "too long":
			d.Statement[0].Sid = strings.Repeat("x", MaxSize)
		}
	}
	for _, how := range []string{
		"Bool", "no Deny", "narrow Deny", "exception", "machines denied", "machines allowed", "everybody's users", "users whose names end so",
		"API keys of Bedrock", "more", "less", "no enrolment", "first sign-in", "too long",
	} {
		d := Write(wish)
		spoil(&d, how)
		if err := Prove(wish, d, "p"); err == nil {
			t.Errorf("%s: got a proof, want a fault", how)
		}
	}
}

func TestWishesThatNoPolicyFulfils(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		wish Wish
		want string
	}{
		{Wish{}, "got nothing to manage"},
		{Wish{Manage: []string{"keys"}}, `got "keys" to manage`},
		{Wish{Manage: []string{MFA}, Partition: "aws-eu"}, `got the partition "aws-eu"`},
		{Wish{Manage: []string{MFA}, Except: []string{"tag:kind"}}, `got the exception "tag:kind"`},
		{Wish{Manage: []string{MFA}, Except: []string{"tag:kind=${aws:username}"}}, "as IAM takes tags"},
		{Wish{Manage: []string{MFA}, Except: []string{""}}, `got the exception ""`},
		{Wish{Manage: []string{MFA}, Except: []string{"a/b"}}, `got the exception "a/b"`},
		{Wish{Manage: []string{MFA}, Except: []string{"*"}}, "leave nobody"},
	} {
		if err := c.wish.Validate(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: got %v, want %q", c.wish, err, c.want)
		}
	}
}
