package policy

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

func TestNearestAction(t *testing.T) {
	t.Parallel()
	for action, want := range map[string]string{
		"s3:GetObjekt":            "s3:GetObject",
		"SSM:sendcomand":          "ssm:SendCommand",
		"s3:Gett*":                "s3:Get*",
		"ssm:SendComand*":         "ssm:SendCom*",
		"s3:Zzz*":                 "", // shorter by all of it would be the whole service
		"s3:Gxyzuvwxyz*":          "",
		"s3:*Objekt":              "", // nothing tells what another pattern means
		"s3:GetObjek?":            "",
		"iam:CompletelyElsewhere": "",
		"s4:GetObject":            "s3:GetObject",
		"s4:*":                    "s3:*",
		"sbs:CreateQueue":         "sqs:CreateQueue", // of a service that has it, and not of one that is called as nearly so
		"ssn:SendComand":          "",                // two faults
		"cognito:AdminCreateUser": "cognito-idp:AdminCreateUser",
		"teleport:Beam":           "",
	} {
		if got := Actions().Nearest(action); got != want {
			t.Errorf("%s: got %q, want %q", action, got, want)
		}
	}
}

func TestUnknownActionsSayWhatIsLacking(t *testing.T) {
	t.Parallel()
	d := document(t, "p", Identity,
		statement("Allow", "A", `"Action":["s3:GetObjekt","s3:GetObject","S3:get*","*","*:*","teleport:Beam"]`),
		statement("Deny", "D", `"NotAction":["s3:Gett*","s3:GetObjekt"]`))
	got := d.UnknownActions()
	want := []UnknownAction{
		{"p#A", "s3:GetObjekt", "", "s3:GetObject"}, {"p#A", "teleport:Beam", "teleport", ""},
		{"p#D", "s3:Gett*", "", "s3:Get*"}, {"p#D", "s3:GetObjekt", "", "s3:GetObject"},
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
}

// TestNearestActionIsKnown: one character too many is found, and what is taken for nearest is there in any case.
func TestNearestActionIsKnown(t *testing.T) {
	t.Parallel()
	c, r := Actions(), rand.New(rand.NewPCG(3, 4))
	for range 300 {
		name := pick(r, c.Names)
		at := r.IntN(len(name) + 1)
		action := name[:at] + string(rune('a'+r.IntN(26))) + name[at:] + pick(r, []string{"", "*"})
		if _, known := c.Lookup(action); known {
			continue
		}
		near := c.Nearest(action)
		if _, known := c.Lookup(near); near != "" && !known {
			t.Errorf("%s: got %q, want what the catalogue has", action, near)
		}
		if near == "" && at > len(ServiceOf(name)) && !strings.HasSuffix(action, "*") {
			t.Errorf("%s: got nothing, want what is one character shorter", action)
		}
	}
}
