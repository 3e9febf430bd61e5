package policy

import (
	"math/rand/v2"
	"strings"
	"testing"
)

func TestMatchWildcard(t *testing.T) {
	t.Parallel()
	tests := []struct {
		pattern, s string
		want       bool
	}{
		{"", "", true},
		{"", "a", false},
		{"*", "", true},
		{"?", "", false},
		{"?", "é", true},
		{"??", "é", false},
		{"a*", "a", true},
		{"a*", "ba", false},
		{"*a", "bca", true},
		{"*a*", "bcd", false},
		{"a*b*c", "a-b-b-c", true},
		{"a*b*c", "a-c-b", false},
		{"*ab", "aab", true},
		{"*?b", "b", false},
		{"*?", "a", true},
		{"**", "", true},
		{"arn:*", "arn:aws:s3:::b/k", true},
		{"Get*", "getObject", false},
		{"*.*", "a.b", true},
		{"a?c*", "abcd", true},
		{"*aab*", "aaab", true},
	}
	for _, test := range tests {
		if got := MatchWildcard(test.pattern, test.s); got != test.want {
			t.Errorf("MatchWildcard(%q, %q) = %v", test.pattern, test.s, got)
		}
	}
}

// In a time that grows as a power of the length this would never end, and the test with it.
func TestMatchWildcardTakesPolynomialTime(t *testing.T) {
	t.Parallel()
	s := strings.Repeat("a", 5000)
	if MatchWildcard(strings.Repeat("a*", 2000)+"b", s) || MatchWildcard(strings.Repeat("?*", 2000)+"b", s) {
		t.Error("matched")
	}
}

func TestResourcePatterns(t *testing.T) {
	t.Parallel()
	ctx := NewContext(Absent)
	ctx.Set("aws:username", "alice")
	ctx.Set("aws:PrincipalTag/star", "*")
	ctx.SetList("aws:TagKeys", "alice")
	ctx.SetUnknown("aws:PrincipalTag/team")
	tests := []struct {
		pattern, resource string
		want              Truth
	}{
		{"*", "*", Yes},
		{"*", "arn:aws:s3:::b", Yes},
		{"arn:aws:s3:::*", "*", No},
		{"arn:aws:s3:::b/*", "arn:aws:s3:::b/x/y:z", Yes},
		{"arn:aws:s3:::b/*", "arn:aws:s3:::B/x", No},
		{"arn:aws:iam::*:user/bob", "arn:aws:iam::123456789012:user/bob", Yes},
		{"arn:aws:iam::*:user/bob", "arn:aws:iam::123456789012:user/path/bob", No},
		{"arn:aws:iam::*:user/*/bob", "arn:aws:iam::123456789012:user/path/bob", Yes},
		{"arn:aws:iam::12345678901?:user/b?b", "arn:aws:iam::123456789012:user/bob", Yes},
		{"arn:*:s3:::b", "arn:aws-cn:s3:::b", Yes},
		// a * at the end of a field runs on, another doesn't, nor does a ?
		{"arn:aws:sns:*:alerts", "arn:aws:sns:eu-west-1:123456789012:alerts", Yes},
		{"arn:aws:sns:eu-*-1:123456789012:alerts", "arn:aws:sns:eu-west-1:123456789012:alerts", Yes},
		{"arn:aws:sns:eu-*-1:alerts", "arn:aws:sns:eu-west-1:9-1:alerts", No},
		{"arn:aws:lambda:*:function:f", "arn:aws:lambda:eu-west-1:123456789012:function:f", Yes},
		{"arn:aws:sns:eu?west:1:t", "arn:aws:sns:eu:west:1:t", No},
		{"arn:aws:sns:eu?west:1:t", "arn:aws:sns:eu-west:1:t", Yes},
		// missing fields are *
		{"arn:aws:iam::123456789012", "arn:aws:iam::123456789012:user/bob", Yes},
		{"arn:aws:s3*", "arn:aws:s3:::b", Yes},
		{"arn:aws:*", "arn:aws:s3:::b", Yes},
		{"arn:aws:iam", "arn:aws:iam::123456789012:user/bob", Yes},
		{"arn:aws:iam", "arn:aws:sns:eu-west-1:123456789012:t", No},
		// variables
		{"arn:aws:iam::*:user/${aws:username}", "arn:aws:iam::123456789012:user/alice", Yes},
		{"arn:aws:iam::*:user/${AWS:UserName}", "arn:aws:iam::123456789012:user/alice", Yes},
		{"arn:aws:iam::*:user/${aws:username}", "arn:aws:iam::123456789012:user/bob", No},
		{"arn:aws:iam::*:user/${aws:username}*", "arn:aws:iam::123456789012:user/alice2", Yes},
		{"arn:aws:s3:::b/${aws:PrincipalTag/star}", "arn:aws:s3:::b/x", No},
		{"arn:aws:s3:::b/${aws:PrincipalTag/star}", "arn:aws:s3:::b/*", Yes},
		{"arn:aws:s3:::b/${aws:PrincipalTag/none}", "arn:aws:s3:::b/", No},
		{"arn:aws:s3:::b/${aws:PrincipalTag/none, 'bob'}", "arn:aws:s3:::b/bob", Yes},
		{"arn:aws:s3:::b/${aws:PrincipalTag/none, ''}x", "arn:aws:s3:::b/x", Yes},
		{"arn:aws:s3:::b/${aws:username, 'bob'}", "arn:aws:s3:::b/bob", No},
		{"arn:aws:s3:::b/${aws:TagKeys}", "arn:aws:s3:::b/alice", No},
		{"arn:aws:s3:::b/${*}${?}${$}", "arn:aws:s3:::b/*?$", Yes},
		{"arn:aws:s3:::b/${*}", "arn:aws:s3:::b/x", No},
		{"arn:aws:s3:::b/${aws:username", "arn:aws:s3:::b/${aws:username", Yes},
		// unknown variables
		{"arn:aws:s3:::b/${aws:PrincipalTag/team}/*", "arn:aws:s3:::b/red/x", Maybe},
		{"arn:aws:s3:::b/${aws:PrincipalTag/team}/*", "arn:aws:s3:::c/red/x", No},
		{"arn:aws:s3:eu-?*:*:b/${aws:PrincipalTag/team, 'red'}", "arn:aws:s3:eu-1:2:b/red", Maybe},
	}
	for _, test := range tests {
		for _, not := range []string{"", "Not"} {
			d := mustParse(t, Identity, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","`+not+`Resource":"`+test.pattern+`"}}`)
			want := test.want
			if not != "" {
				if want = want.Not(); strings.Contains(test.pattern, "/none}") || strings.Contains(test.pattern, "aws:TagKeys") {
					want = No // the variable has no value: the statement says nothing of what it could have named
				}
			}
			if got := d.Statements[0].MatchResource(test.resource, ctx); got != want {
				t.Errorf("%sResource %s: %s matches: %s, want %s", not, test.pattern, test.resource, got, want)
			}
		}
	}
}

func TestShortARNsInOtherPolicies(t *testing.T) {
	t.Parallel()
	for pattern, want := range map[string]Truth{"arn:aws:iam::123456789012": No, "arn:aws:iam::*": Yes, "arn:aws:iam::123456789012:*": Yes} {
		d := mustParse(t, SCP, `{"Statement":{"Effect":"Allow","Action":"*","Resource":"`+pattern+`"}}`)
		if got := d.Statements[0].MatchResource("arn:aws:iam::123456789012:user/bob", nil); got != want {
			t.Errorf("%s: %s, want %s", pattern, got, want)
		}
	}
}

func TestOldVersionHasNoVariables(t *testing.T) {
	t.Parallel()
	d := mustParse(t, Identity, `{"Version":"2008-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::b/${aws:username}",
		"Condition":{"StringEquals":{"aws:userid":"${aws:username}"}}}}`)
	ctx := NewContext(Absent)
	ctx.Set("aws:username", "alice")
	ctx.Set("aws:userid", "${aws:username}")
	if got := d.Statements[0].Match("s3:GetObject", "arn:aws:s3:::b/${aws:username}", ctx); got != Yes {
		t.Errorf("the text itself: %s, want yes", got)
	}
	if got := d.Statements[0].Match("s3:GetObject", "arn:aws:s3:::b/alice", ctx); got != No {
		t.Errorf("the variable's value: %s, want no", got)
	}
}

func TestActionsIgnoreCase(t *testing.T) {
	t.Parallel()
	tests := []struct {
		pattern, action string
		want            bool
	}{
		{"*", "s3:GetObject", true},
		{"*:*", "s3:GetObject", true},
		{"s3:*", "S3:getobject", true},
		{"S3:GET*", "s3:GetObject", true},
		{"s3:*Object", "s3:GetObjectAcl", false},
		{"s3:?etObject", "s3:GetObject", true},
		{"s3:GetObject", "s3:GetObjects", false},
		{"iam:*", "iamx:Get", false},
	}
	for _, test := range tests {
		d := mustParse(t, Identity, `{"Statement":[{"Effect":"Allow","Action":"`+test.pattern+`","Resource":"*"},{"Effect":"Allow","NotAction":["`+test.pattern+`"],"Resource":"*"}]}`)
		if got := d.Statements[0].MatchAction(test.action); got != test.want {
			t.Errorf("Action %s, %s: %v", test.pattern, test.action, got)
		}
		if got := d.Statements[1].MatchAction(test.action); got == test.want {
			t.Errorf("NotAction %s, %s: %v", test.pattern, test.action, got)
		}
	}
}

func TestMatchActionAgreesWithTokens(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(11, 12))
	random := func(letters []string) string {
		var b strings.Builder
		for range rng.IntN(7) {
			b.WriteString(letters[rng.IntN(len(letters))])
		}
		return b.String()
	}
	matches := 0
	for range 50_000 {
		pattern, action := random([]string{"a", "B", ":", "*", "*", "?", "é"}), random([]string{"a", "A", "b", ":", "é"})
		want := matchTokens(tokenize(Lower(pattern), true, false), action, true)
		if got := matchAction(pattern, action); got != want {
			t.Fatalf("%q matches %q: got %v, want %v", pattern, action, got, want)
		}
		if want {
			matches++
		}
	}
	if matches < 5000 {
		t.Errorf("got %d matches, want thousands", matches)
	}
}
