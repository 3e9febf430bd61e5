package access

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"sekisho/audit/policy"
)

// The vocabulary of random policies. The requests are ones that AWS makes of these actions.
var (
	reachActions = []string{
		"*", "s3:*", "s3:Get*", "s3:GetObject", "s3:ListBucket", "iam:*", "IAM:Create*", "iam:CreateUser", "iam:DeactivateMFADevice",
		"iam:CreateVirtualMFADevice", "ec2:Describe*", "ec2:StartInstances", "sts:AssumeRole", "newthing:Do*", "newthing:DoIt",
	}
	reachResources = []string{
		"*", "arn:aws:s3:::*", "arn:aws:s3:::bucket", "arn:aws:s3:::bucket/*", "arn:aws:s3:::b?cket/a*", "arn:aws:iam::*:user/*",
		"arn:aws:iam::*:user/${aws:username}", "arn:aws:iam::123456789012:user/al*", "arn:aws:iam::*:mfa/*", "arn:aws:iam::*:*",
		"arn:aws:iam::999999999999:user/*", "arn:aws:ec2:*:*:instance/*", "arn:aws:ec2:us-east-1:123456789012:instance/i-1",
		"arn:aws:iam::*:role/*", "arn:*", "arn:aws:s3:::${aws:PrincipalTag/team}/*", "arn:aws:s3:::${aws:PrincipalTag/none, 'bucket'}/*",
	}
	reachConditions = []string{
		`"Bool":{"aws:MultiFactorAuthPresent":"true"}`, `"Bool":{"aws:MultiFactorAuthPresent":"false"}`,
		`"BoolIfExists":{"aws:MultiFactorAuthPresent":"true"}`, `"BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}`,
		`"Null":{"aws:MultiFactorAuthAge":"true"}`, `"NumericLessThan":{"aws:MultiFactorAuthAge":"3600"}`,
		`"IpAddress":{"aws:SourceIp":"192.0.2.0/24"}`, `"NotIpAddress":{"aws:SourceIp":"192.0.2.0/24"}`,
		`"StringEquals":{"aws:username":"alice"}`, `"StringNotEquals":{"aws:PrincipalTag/team":"${aws:username}"}`,
		`"StringEqualsIfExists":{"aws:RequestedRegion":"us-east-1"}`, `"ForAllValues:StringEquals":{"aws:TagKeys":["a"]}`,
	}
	reachRequests = []struct{ action, resource string }{
		{"s3:GetObject", "arn:aws:s3:::bucket/abc"}, {"s3:GetObject", "arn:aws:s3:::other/abc"}, {"s3:GetObject", "arn:aws:s3:::dev/abc"},
		{"s3:ListBucket", "arn:aws:s3:::bucket"}, {"s3:ListBucket", "arn:aws:s3:::other"}, {"s3:ListAllMyBuckets", "*"},
		{"iam:CreateUser", "arn:aws:iam::123456789012:user/alice"}, {"iam:CreateUser", "arn:aws:iam::123456789012:user/bob"},
		{"iam:DeactivateMFADevice", "arn:aws:iam::123456789012:user/alice"}, {"iam:DeactivateMFADevice", "arn:aws:iam::123456789012:user/bob"},
		{"iam:CreateVirtualMFADevice", "arn:aws:iam::123456789012:mfa/x"}, {"iam:ListUsers", "*"},
		{"ec2:DescribeInstances", "*"}, {"ec2:StartInstances", "arn:aws:ec2:us-east-1:123456789012:instance/i-1"},
		{"ec2:StartInstances", "arn:aws:ec2:eu-west-1:123456789012:instance/i-2"}, {"sts:AssumeRole", "arn:aws:iam::123456789012:role/ops"},
		{"newthing:DoIt", "arn:aws:newthing:us-east-1:123456789012:thing/1"},
	}
)

func reachDocument(t *testing.T, rng *rand.Rand, name string, kind policy.Kind) *policy.Document {
	pick := func(from []string) []string {
		var out []string
		for range 1 + rng.IntN(2) {
			out = append(out, from[rng.IntN(len(from))])
		}
		return out
	}
	var statements []map[string]any
	for range 1 + rng.IntN(3) {
		s := map[string]any{"Effect": "Allow"}
		if rng.IntN(3) == 0 {
			s["Effect"] = "Deny"
		}
		action, resource := "Action", "Resource"
		if rng.IntN(5) == 0 {
			action = "NotAction"
		}
		if rng.IntN(8) == 0 {
			resource = "NotResource"
		}
		s[action], s[resource] = pick(reachActions), pick(reachResources)
		if rng.IntN(2) == 0 {
			s["Condition"] = json.RawMessage("{" + reachConditions[rng.IntN(len(reachConditions))] + "}")
		}
		statements = append(statements, s)
	}
	data, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": statements})
	if err != nil {
		t.Fatal(err)
	}
	return parseForTest(t, name, kind, data)
}

// concrete makes a context in which nothing is unknown.
func concrete(rng *rand.Rand, ctx *policy.Context) *policy.Context {
	ctx = ctx.Clone()
	for _, key := range []string{"aws:SourceIp", "aws:RequestedRegion", "aws:TagKeys"} {
		ctx.SetAbsent(key)
	}
	if rng.IntN(2) == 0 {
		ctx.Set("aws:SourceIp", []string{"192.0.2.7", "198.51.100.7"}[rng.IntN(2)])
	}
	if rng.IntN(2) == 0 {
		ctx.Set("aws:RequestedRegion", []string{"us-east-1", "eu-west-1"}[rng.IntN(2)])
	}
	if rng.IntN(2) == 0 {
		ctx.SetList("aws:TagKeys", "a", "b")
	}
	return ctx
}

// Whatever a concrete request is allowed must be reachable, and what is surely reachable must be allowed to every
// concrete request that no Deny on a narrower resource concerns.
func TestReachAgreesWithEvaluate(t *testing.T) {
	t.Parallel()
	analyzer := NewAnalyzer()
	allowed, sure := 0, 0
	for seed := range uint64(400) {
		rng := rand.New(rand.NewPCG(seed, 7))
		subject := &Subject{
			Name: "alice", Account: "123456789012", Partition: "aws", Tags: map[string]string{"team": "dev"},
			Now: time.Date(2026, 11, 22, 5, 0, 0, 0, time.UTC),
		}
		for i := range 1 + rng.IntN(3) {
			subject.Identity = append(subject.Identity, reachDocument(t, rng, fmt.Sprint("p", i), policy.Identity))
		}
		if rng.IntN(3) == 0 {
			subject.Boundary = reachDocument(t, rng, "boundary", policy.Boundary)
		}
		if rng.IntN(2) == 0 {
			for i := range 1 + rng.IntN(2) {
				level := []*policy.Document{reachDocument(t, rng, fmt.Sprint("scp", i), policy.SCP)}
				if rng.IntN(2) == 0 {
					level = append(level, parseForTest(t, "FullAWSAccess", policy.SCP, []byte(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`)))
				}
				subject.SCPs = append(subject.SCPs, level)
			}
		}
		policies := policy.Policies{Identity: subject.Identity, Boundary: subject.Boundary, SCPs: subject.SCPs}
		a := analyzer.Analyze(subject)
		a.detail(func(r *reacher, s *scratch) {
			for c := range requestContext(3) {
				cells := r.reach(s, c, true)
				if got, want := reachedTexts(cells), reachedTexts(r.reach(s, r.alike[c], true)); got != want {
					t.Errorf("seed %d: got %s in context %d, want %s as in context %d", seed, got, c, want, r.alike[c])
				}
				cells = r.reach(s, c, true)
				for _, req := range reachRequests {
					got := r.reached(cells, c, req.action, req.resource)
					known := r.context(c)
					d := policy.Evaluate(policy.Request{Action: req.action, Resource: req.resource, Context: concrete(rng, known)}, policies)
					if d.Result == policy.Allowed {
						allowed++
						if got == policy.No {
							t.Errorf("seed %d, %s on %s in context %d: allowed by %v, but not reachable\n%s", seed, req.action, req.resource, c, d.By, show(subject))
						}
					}
					open := policy.Evaluate(policy.Request{Action: req.action, Resource: req.resource, Context: known}, policies)
					if got == policy.Yes && !strings.HasPrefix(req.action, "newthing") {
						sure++
						if open.Result != policy.Allowed && !narrowDeny(subject, req.action, req.resource, known) {
							t.Errorf("seed %d, %s on %s in context %d: %v, but surely reachable\n%s", seed, req.action, req.resource, c, open.Result, show(subject))
						}
					}
				}
			}
		})
		if t.Failed() {
			break
		}
	}
	if allowed < 1000 || sure < 1000 {
		t.Errorf("got %d allowed and %d surely reachable requests, want at least 1000 of each", allowed, sure)
	}
}

// reachedTexts writes down what cells hold.
func reachedTexts(cells []cell) string {
	var b strings.Builder
	for _, c := range cells {
		fmt.Fprintln(&b, c.resource.text())
		for _, set := range []policy.ActionSet{c.sure, c.maybe, c.doubted, c.bitten, c.parted} {
			fmt.Fprintln(&b, slices.Collect(set.All()))
		}
	}
	return b.String()
}

// reached says how surely the cells hold a concrete request.
func (r *reacher) reached(cells []cell, c requestContext, action, resource string) policy.Truth {
	i, known := r.space.catalogue.Number(action)
	result := policy.No
	if !known {
		for _, e := range r.open[c] {
			if e.action.glob.Contains(policy.Glob(policy.Lower(action))) && e.resource.contains(policy.Glob(resource)) {
				result = result.Or(e.truth)
			}
		}
		for _, cell := range cells { // an Allow of everything names it too, without saying so
			if cell.resource.contains(policy.Glob(resource)) {
				result = result.Or(policy.Maybe)
			}
		}
		return result
	}
	for _, cell := range cells {
		if !cell.resource.contains(policy.Glob(resource)) {
			continue
		}
		switch {
		case cell.sure.Has(i):
			result = policy.Yes
		case cell.maybe.Has(i):
			result = result.Or(policy.Maybe)
		}
	}
	return result
}

// narrowDeny reports whether a Deny concerns the request: then it is one that took a part of a resource away.
func narrowDeny(s *Subject, action, resource string, ctx *policy.Context) bool {
	for _, d := range s.applying() {
		for i := range d.Statements {
			if st := &d.Statements[i]; st.Effect == policy.Deny && st.Match(action, resource, ctx) != policy.No {
				return true
			}
		}
	}
	return false
}

func show(s *Subject) string {
	text := ""
	for _, d := range s.applying() {
		data, _ := json.Marshal(d)
		text += d.Name + ": " + string(data) + "\n"
	}
	return text
}
