package policy

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// TestRandomRequests compares the evaluator with the naive one on policies made of what matters: the same actions,
// resources, keys and values in ever new combinations. The seed is fixed, so a failure comes again.
func TestRandomRequests(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	seen := map[Result]int{}
	for range 4000 {
		text := randomPolicy(r)
		d, err := Parse("p", Identity, []byte(text))
		if err != nil {
			t.Fatalf("%s\n%v", text, err)
		}
		for range 5 {
			action, resource, ctx := pick(r, randomActions), pick(r, randomResources), randomContext(r)
			got := Evaluate(Request{Action: action, Resource: resource, Context: ctx}, Policies{Identity: []*Document{d}})
			want := naiveEvaluate(d, action, resource, ctx)
			if got.Result != want {
				t.Fatalf("%s\n%s on %s, %v: %s, naively %s", text, action, resource, ctx, got.Result, want)
			}
			seen[got.Result]++
		}
	}
	if seen[Allowed] < 1000 || seen[ExplicitDeny] < 1000 || seen[ImplicitDeny] < 1000 {
		t.Errorf("one-sided: %v", seen)
	}
}

var (
	randomActions   = []string{"s3:GetObject", "S3:putobject", "iam:CreateUser", "iam:ListUsers", "sns:Publish"}
	randomResources = []string{
		"*", "arn:aws:s3:::b", "arn:aws:s3:::b/alice/x", "arn:aws:s3:::b/*", "arn:aws:iam::1:user/alice", "arn:aws:iam::1:user/p/bob",
		"arn:aws:sns:eu-w-1:1:t", "arn:aws:lambda:eu-w-1:1:function:f",
	}
	randomOperators = map[string][]string{
		"aws:MultiFactorAuthPresent": {"Bool", "Null", "StringEquals", "StringNotEquals"},
		"aws:MultiFactorAuthAge":     {"NumericLessThan", "NumericGreaterThanEquals", "NumericNotEquals", "Null"},
		"aws:CurrentTime":            {"DateLessThan", "DateGreaterThanEquals", "DateNotEquals"},
		"aws:SourceIp":               {"IpAddress", "NotIpAddress"},
		"aws:username":               {"StringEquals", "StringLike", "StringNotLike", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase"},
		"aws:TagKeys":                {"StringEquals", "StringNotEquals", "StringLike", "StringNotLike"},
		"aws:PrincipalArn":           {"ArnLike", "ArnNotLike", "ArnEquals", "ArnNotEquals", "StringLike"},
	}
	randomKeys   = []string{"aws:MultiFactorAuthPresent", "aws:MultiFactorAuthAge", "aws:CurrentTime", "aws:SourceIp", "aws:username", "aws:TagKeys", "aws:PrincipalArn"}
	randomValues = map[string][]string{
		"aws:MultiFactorAuthPresent": {"true", "false", "FALSE"},
		"aws:MultiFactorAuthAge":     {"0", "3600", "7200.5", "x"},
		"aws:CurrentTime":            {"2026-01-01", "2026-11-22T00:00:00Z", "2026-11-22T01:00:00+01:00", "1795305600"},
		"aws:SourceIp":               {"10.0.0.0/8", "10.1.2.3", "2001:db8::/32", "0.0.0.0/0", "::1"},
		"aws:username":               {"alice", "ALICE", "a*", "b?b", "${aws:username}", "${aws:userid, 'bob'}", "${aws:userid}", "${*}"},
		"aws:TagKeys":                {"alice", "a", "b*", "${aws:username}", "*", ""},
		"aws:PrincipalArn":           {"arn:aws:iam::1:user/alice", "arn:aws:iam::*:user/*", "arn:aws:iam::1:user/${aws:username}", "arn:*:*:*:*:*", "alice"},
	}
)

func pick[T any](r *rand.Rand, from []T) T { return from[r.IntN(len(from))] }

// quoted is a list of up to n picked texts as JSON.
func quoted(r *rand.Rand, n int, from []string) string {
	var out []string
	for range 1 + r.IntN(n) {
		out = append(out, `"`+pick(r, from)+`"`)
	}
	return "[" + strings.Join(out, ",") + "]"
}

func randomPolicy(r *rand.Rand) string {
	actions := []string{"*", "s3:*", "S3:Get*", "iam:*User*", "iam:?reateUser", "sns:Publish", "*:*"}
	resources := []string{
		"*", "arn:aws:s3:::b", "arn:aws:s3:::b/*", "arn:aws:s3:::*/${aws:username}/*", "arn:aws:iam::*:user/${aws:username}", "arn:aws:iam::1:user/*/b?b",
		"arn:aws:sns:*:t", "arn:aws:sns:eu-*-1:1:*", "arn:*:lambda:*:function:f", "arn:aws:iam::1", "arn:aws:s3:::b/${aws:userid}/x", "arn:aws:s3:::b/${*}",
	}
	not := func(name string) string {
		if r.IntN(5) == 0 {
			return "Not" + name
		}
		return name
	}
	var statements []string
	for range 1 + r.IntN(4) {
		effect := "Allow"
		if r.IntN(3) == 0 {
			effect = "Deny"
		}
		conditions := map[string]string{}
		for range r.IntN(3) {
			key := pick(r, randomKeys)
			operator := pick(r, randomOperators[key])
			if operator != "Null" {
				operator = pick(r, []string{"", "", "", "ForAllValues:", "ForAnyValue:"}) + operator + pick(r, []string{"", "", "IfExists"})
			}
			conditions[operator] = fmt.Sprintf(`"%s":{"%s":%s}`, operator, key, quoted(r, 3, randomValues[key]))
		}
		all := slices.Sorted(maps.Values(conditions))
		statements = append(statements, fmt.Sprintf(`{"Effect":"%s","%s":%s,"%s":%s,"Condition":{%s}}`, effect,
			not("Action"), quoted(r, 2, actions), not("Resource"), quoted(r, 3, resources), strings.Join(all, ",")))
	}
	return `{"Version":"2012-10-17","Statement":[` + strings.Join(statements, ",") + `]}`
}

func randomContext(r *rand.Rand) *Context {
	ctx := NewContext(Absent)
	for _, key := range randomKeys {
		values := append([]string{"10.9.9.9", "2001:db8::1"}, randomValues[key]...)
		switch r.IntN(4) {
		case 0:
			ctx.SetList(key, values[:r.IntN(len(values))]...)
		case 1, 2:
			ctx.Set(key, pick(r, values))
		}
	}
	return ctx
}
