package orgpolicy

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"sekisho/audit/account"
	"sekisho/audit/organization"
	"sekisho/audit/policy"
)

// dice make one random request under random policies.
type dice struct{ *rand.Rand }

func newDice(number uint64) dice { return dice{rand.New(rand.NewPCG(number, 13))} }

func (d dice) one(of ...string) string { return of[d.IntN(len(of))] }

// some are up to n of a list.
func (d dice) some(n int, of []string) []string {
	var list []string
	for range 1 + d.IntN(n) {
		if one := d.one(of...); !slices.Contains(list, one) {
			list = append(list, one)
		}
	}
	return list
}

// rolled is a request with its policies, for both evaluators.
type rolled struct {
	simulation simulation
	snapshot   *organization.Snapshot
	account    string

	above Above
	req   policy.Request
	own   policy.Policies
}

func (r *rolled) arn() string { return r.simulation.Request.Principal }

// requests are actions with a resource of theirs.
var requests = [][2]string{
	{"iam:CreateAccessKey", "arn:aws:iam::ACCOUNT:user/alice"}, {"iam:CreateUser", "arn:aws:iam::ACCOUNT:user/team/bob"}, {"iam:ListMFADevices", "arn:aws:iam::ACCOUNT:user/alice"},
	{"iam:CreateVirtualMFADevice", "arn:aws:iam::ACCOUNT:mfa/alice"}, {"iam:AttachRolePolicy", "arn:aws:iam::ACCOUNT:role/deploy"}, {"iam:PassRole", "arn:aws:iam::ACCOUNT:role/team/deploy"},
	{"iam:ListUsers", "*"}, {"s3:GetObject", "arn:aws:s3:::bucket/alice/1"}, {"s3:PutObject", "arn:aws:s3:::bucket/dev/1"}, {"s3:ListBucket", "arn:aws:s3:::bucket"},
	{"s3:ListAllMyBuckets", "*"}, {"ec2:DescribeInstances", "*"}, {"ec2:TerminateInstances", "arn:aws:ec2:us-east-1:ACCOUNT:instance/i-1"},
	{"cloudtrail:StopLogging", "arn:aws:cloudtrail:eu-west-1:ACCOUNT:trail/all"}, {"organizations:LeaveOrganization", "*"}, {"dynamodb:GetItem", "arn:aws:dynamodb:us-east-1:ACCOUNT:table/t"},
	{"lambda:InvokeFunction", "arn:aws:lambda:us-east-1:ACCOUNT:function:f"}, {"secretsmanager:GetSecretValue", "arn:aws:secretsmanager:us-east-1:ACCOUNT:secret:s-AbCdEf"},
	{"sts:GetCallerIdentity", "*"},
}

var (
	actionPatterns = []string{
		"*", "iam:*", "iam:Create*", "iam:*AccessKey*", "IAM:createuser", "iam:List*", "iam:?assRole", "iam:CreateVirtualMFADevice", "s3:*", "s3:Get*", "s3:*Object", "s3:List*", "ec2:*", "ec2:Describe*",
		"cloudtrail:*", "cloudtrail:StopLogging", "organizations:*", "dynamodb:*Item", "lambda:Invoke*", "secretsmanager:*", "sts:*",
	}
	resourcePatterns = []string{
		"*", "arn:aws:iam::*:user/*", "arn:aws:iam::*:user/${aws:username}", "arn:aws:iam::*:mfa/${aws:username}", "arn:aws:iam::*:role/*", "arn:aws:iam::*:role/team/*", "arn:aws:iam::111122223333:*",
		"arn:aws:s3:::*", "arn:aws:s3:::bucket", "arn:aws:s3:::bucket/*", "arn:aws:s3:::b?cket/dev/*", "arn:aws:s3:::bucket/${aws:username}/*", "arn:aws:s3:::bucket/${aws:PrincipalTag/team}/*",
		"arn:aws:s3:::bucket/${aws:PrincipalTag/none, 'dev'}/*", "arn:aws:ec2:*:*:instance/*", "arn:aws:ec2:us-east-1:111122223333:instance/i-1", "arn:aws:cloudtrail:*:*:trail/all",
		"arn:aws:dynamodb:*:*:table/t*", "arn:aws:lambda:*:*:function:*", "arn:aws:secretsmanager:*:*:secret:s-*", "arn:*",
	}
	conditions = []string{
		`"Bool":{"aws:MultiFactorAuthPresent":"true"}`, `"Bool":{"aws:MultiFactorAuthPresent":"false"}`, `"BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}`, `"BoolIfExists":{"aws:MultiFactorAuthPresent":"true"}`,
		`"Null":{"aws:MultiFactorAuthAge":"true"}`, `"Null":{"aws:TokenIssueTime":"false"}`, `"NumericLessThan":{"aws:MultiFactorAuthAge":"3600"}`, `"NumericGreaterThanIfExists":{"aws:MultiFactorAuthAge":"3600"}`,
		`"StringLike":{"aws:PrincipalArn":"arn:aws:iam::*:root"}`, `"StringLike":{"aws:PrincipalArn":"arn:aws:iam::*:root"},"Null":{"aws:AssumedRoot":"true"}`, `"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:user/*"}`,
		`"ArnNotLike":{"aws:PrincipalArn":["arn:aws:iam::*:role/keymaker","arn:aws:iam::*:role/team/*"]}`, `"ArnEquals":{"aws:PrincipalArn":"arn:aws:iam::111122223333:user/alice"}`, `"ArnNotEquals":{"aws:PrincipalArn":"arn:aws:iam::111122223333:user/alice"}`,
		`"StringEquals":{"aws:username":"alice"}`, `"StringNotEquals":{"aws:username":["bob","carol"]}`, `"StringEquals":{"aws:PrincipalTag/team":"dev"}`, `"StringNotEqualsIfExists":{"aws:PrincipalTag/team":"dev"}`,
		`"StringEqualsIgnoreCase":{"aws:PrincipalTag/team":"DEV"}`, `"StringNotLike":{"aws:PrincipalTag/team":"d?v*"}`, `"StringEquals":{"aws:PrincipalType":"Account"}`, `"StringEquals":{"aws:PrincipalOrgID":"o-exampleorgid"}`,
		`"StringNotEquals":{"aws:RequestedRegion":["us-east-1","eu-west-1"]}`, `"StringEqualsIfExists":{"aws:RequestedRegion":"us-east-1"}`, `"IpAddress":{"aws:SourceIp":["192.0.2.0/24","2001:db8::/32"]}`, `"NotIpAddress":{"aws:SourceIp":"192.0.2.0/24"}`,
		`"NotIpAddressIfExists":{"aws:SourceIp":"198.51.100.0/24"}`, `"DateGreaterThan":{"aws:CurrentTime":"2026-11-01T00:00:00Z"}`, `"DateLessThan":{"aws:CurrentTime":"2026-11-01T00:00:00Z"}`,
		`"ForAllValues:StringEquals":{"aws:TagKeys":["team","cost"]}`, `"ForAnyValue:StringLike":{"aws:TagKeys":"t*"}`, `"ForAnyValue:StringEquals":{"aws:TagKeys":["secret"]}`, `"Null":{"aws:TagKeys":"true"}`,
		`"Bool":{"aws:SecureTransport":"false"}`, `"StringLike":{"aws:userid":"*:run-?"}`, `"StringEquals":{"aws:PrincipalAccount":"111122223333"}`, `"StringEquals":{"aws:PrincipalTag/team":"${aws:username}"}`,
		`"BoolIfExists":{"aws:MultiFactorAuthPresent":"false"},"ArnNotLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/*"}`, `"StringNotEquals":{"aws:username":"alice"},"IpAddress":{"aws:SourceIp":"192.0.2.7"}`,
	}
)

// policy makes a document: of an organization it allows nearly everything, for at each level one has to allow what is
// allowed, and has more Denies.
func (d dice) policy(kind policy.Kind) string {
	var list []string
	for range 1 + d.IntN(3) {
		effect, principal := "Allow", ""
		if kind == policy.RCP || d.IntN(map[bool]int{true: 2, false: 5}[kind == policy.SCP]) == 0 {
			effect = "Deny"
		}
		if kind == policy.RCP {
			principal = `"Principal":"*",`
		}
		action, resource, condition := "Action", "Resource", ""
		if kind != policy.RCP && d.IntN(5) == 0 {
			action = "NotAction"
		}
		if kind != policy.RCP && d.IntN(7) == 0 {
			resource = "NotResource"
		}
		actions, resources := d.some(3, actionPatterns), d.some(2, resourcePatterns)
		if d.IntN(2) == 0 && resource == "Resource" {
			resources = []string{"*"}
		}
		if kind == policy.RCP {
			actions = []string{d.one("s3:*", "s3:Get*", "secretsmanager:*", "s3:PutObject")}
		} else if effect == "Allow" && action == "Action" && d.IntN(2) == 0 {
			actions = []string{"*"}
		}
		if d.IntN(5) < 3 {
			condition = `,"Condition":{` + d.one(conditions...) + `}`
		}
		list = append(list, fmt.Sprintf(`{"Effect":%q,%s%q:%s,%q:%s%s}`, effect, principal, action, quotedList(actions), resource, quotedList(resources), condition))
	}
	return `{"Version":"2012-10-17","Statement":[` + strings.Join(list, ",") + `]}`
}

func quotedList(list []string) string {
	text, _ := json.Marshal(list)
	return string(text)
}

// roll makes a tree of an account under up to three units, attaches policies to all of it, and asks something.
func (d dice) roll() *rolled {
	r := &rolled{account: member}
	if d.IntN(12) == 0 {
		r.account = manager
	}
	path := []string{root}
	var units []organization.Unit
	for i := range d.IntN(4) {
		id := fmt.Sprintf("ou-exam-%08d", i+1)
		units = append(units, organization.Unit{ID: id, Parent: path[len(path)-1]})
		path = append(path, id)
	}
	parent := path[len(path)-1]
	s := tree(nil, nil, nil)
	s.Roots.Value[0].PolicyTypes = []string{serviceControl, resourceControl}
	s.Units = answer(units)
	s.Accounts = answer([]organization.Account{{ID: manager, Parent: parent, State: organization.Active}, {ID: member, Parent: parent, State: organization.Active}})
	path = append(path, r.account)
	attach := func(kind policy.Kind, all string, few func() int) *account.Answer[[]organization.Policy] {
		policies := []organization.Policy{{ID: "p-full", Name: "full", Document: all}}
		for _, at := range path {
			n := few()
			if kind == policy.RCP || n == 0 || d.IntN(4) > 0 {
				policies[0].Targets = append(policies[0].Targets, at)
			}
			for range n {
				if i := d.IntN(len(policies) + 2); i > 0 && i < len(policies) && !slices.Contains(policies[i].Targets, at) { // one may be attached to several
					policies[i].Targets = append(policies[i].Targets, at)
					continue
				}
				id := fmt.Sprintf("p-%08d", len(policies))
				policies = append(policies, organization.Policy{ID: id, Name: id, Document: d.policy(kind), Targets: []string{at}})
			}
		}
		return answer(policies)
	}
	s.SCPs = attach(policy.SCP, full, func() int { return max(0, d.IntN(4)-1) })
	s.RCPs = attach(policy.RCP, strings.Replace(full, `"Effect":"Allow",`, `"Effect":"Allow","Principal":"*",`, 1), func() int { return max(0, d.IntN(12)-10) })
	r.snapshot = s
	of := &r.simulation
	of.SCPs, of.RCPs = levelsFor(path, s.SCPs.Value), levelsFor(path, s.RCPs.Value)
	d.ask(r)
	of.Identity = []simulated{{"all", json.RawMessage(full)}}
	if d.IntN(3) == 0 && !account.IsRootARN(r.arn()) {
		of.Identity = nil
		for i := range d.IntN(3) {
			of.Identity = append(of.Identity, simulated{fmt.Sprint("own", i), json.RawMessage(d.policy(policy.Identity))})
		}
	}
	if of.Identity == nil {
		of.Identity = []simulated{}
	}
	if strings.Contains(r.arn(), ":user/") && d.IntN(5) == 0 {
		of.Boundary = []simulated{{"boundary", json.RawMessage(d.policy(policy.Boundary))}}
	}
	return r
}

// levelsFor are the policies of each level, as the simulator takes them; RCPFullAWSAccess it adds itself.
func levelsFor(path []string, policies []organization.Policy) (list []level) {
	for _, at := range path {
		here := level{At: at, Policies: []simulated{}}
		for _, p := range policies {
			if slices.Contains(p.Targets, at) && !strings.Contains(p.Document, `"Allow","Principal"`) {
				here.Policies = append(here.Policies, simulated{p.ID, json.RawMessage(p.Document)})
			}
		}
		list = append(list, here)
	}
	return list
}

// ask makes the request, and says all that is known of it.
func (d dice) ask(r *rolled) {
	asked, of := requests[d.IntN(len(requests))], &r.simulation.Request
	who := d.one("user/alice", "user/alice", "user/team/bob", "role/deploy", "role/team/deploy", "role/keymaker", "root", "role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS")
	of.Principal = "arn:aws:iam::" + r.account + ":" + who
	of.Action, of.Resource.Resource, of.Resource.Account = asked[0], strings.Replace(asked[1], "ACCOUNT", r.account, 1), r.account
	of.Context = map[string]any{
		"aws:PrincipalArn": of.Principal, "aws:PrincipalAccount": r.account, "aws:PrincipalOrgID": "o-exampleorgid", "aws:SecureTransport": d.one("true", "true", "false"),
		"aws:CurrentTime": d.one("2026-10-01T00:00:00Z", "2026-12-01T00:00:00Z"), "aws:SourceIp": d.one("192.0.2.7", "198.51.100.7", "2001:db8::7"),
	}
	maybe := func(key string, values ...string) {
		if d.IntN(3) > 0 {
			of.Context[key] = d.one(values...)
		}
	}
	maybe("aws:PrincipalTag/team", "dev", "Dev", "ops", "alice")
	maybe("aws:RequestedRegion", "us-east-1", "eu-west-1", "ap-northeast-1")
	if d.IntN(3) == 0 {
		of.Context["aws:TagKeys"] = d.some(2, []string{"team", "cost", "secret"})
	}
	name := who[strings.LastIndex(who, "/")+1:]
	switch {
	case who == "root":
		of.Context["aws:PrincipalType"], of.Context["aws:userid"] = "Account", r.account
		if d.IntN(3) == 0 {
			of.Context["aws:AssumedRoot"] = "true"
		}
	case strings.HasPrefix(who, "user/"):
		of.Context["aws:PrincipalType"], of.Context["aws:username"], of.Context["aws:userid"] = "User", name, "AIDAEXAMPLE"
	default:
		of.Context["aws:PrincipalType"], of.Context["aws:userid"], of.Context["aws:TokenIssueTime"] = "AssumedRole", "AROAEXAMPLE:run-1", "2026-11-30T00:00:00Z"
		return // whose sessions carry no MFA keys, mostly
	}
	switch d.IntN(3) {
	case 0:
		of.Context["aws:MultiFactorAuthPresent"], of.Context["aws:TokenIssueTime"] = "false", "2026-11-30T00:00:00Z"
	case 1:
		of.Context["aws:MultiFactorAuthPresent"], of.Context["aws:MultiFactorAuthAge"], of.Context["aws:TokenIssueTime"] = "true", d.one("10", "7200"), "2026-11-30T00:00:00Z"
	}
}

// decide is the decision of this evaluator, from the organization as it was read.
func (r *rolled) decide(t *testing.T) policy.Decision {
	t.Helper()
	r.above = Parse(r.snapshot).Above(r.account)
	if !r.above.Unknown.Empty() {
		r.with(t, bindsManager) // says what of a policy can't be read
		t.Fatal(r.above.Unknown)
	}
	r.own = policy.Policies{Identity: parsed(t, policy.Identity, r.simulation.Identity)}
	for _, d := range parsed(t, policy.Boundary, r.simulation.Boundary) {
		r.own.Boundary = d
	}
	asked := r.simulation.Request
	c := policy.NewContext(policy.Absent)
	for key, value := range asked.Context {
		if list, ok := value.([]string); ok {
			c.SetList(key, list...)
		} else {
			c.Set(key, value.(string))
		}
	}
	r.req = policy.Request{Action: asked.Action, Resource: asked.Resource.Resource, Context: c, ResourceAccount: asked.Resource.Account}
	return r.above.Decide(r.req, r.arn(), r.own)
}

// with is the decision of this evaluator with a quirk of the simulator's.
func (r *rolled) with(t *testing.T, q quirk) policy.Decision {
	t.Helper()
	set, is := r.own, func(this quirk) bool { return q == this || q == together }
	set.Identity = parsed(t, policy.Identity, r.simulation.Identity)
	if bound := parsed(t, policy.Boundary, r.simulation.Boundary); len(bound) > 0 {
		set.Boundary = bound[0]
	}
	binds := Binds(r.arn()) || is(bindsServiceLinked)
	if r.account == manager {
		binds = is(bindsManager)
	}
	for _, level := range r.simulation.SCPs {
		if binds {
			set.SCPs = append(set.SCPs, parsed(t, policy.SCP, level.Policies))
		}
	}
	for _, level := range r.simulation.RCPs {
		if binds {
			set.RCPs = append(set.RCPs, parsed(t, policy.RCP, level.Policies)...)
		}
	}
	short := func(text string) bool { return text != "*" && strings.Count(text, ":") < 5 }
	for _, d := range set.All() {
		d.Statements = slices.DeleteFunc(d.Statements, func(s policy.Statement) bool {
			switch {
			case s.NotResource && is(shortNotResource) && r.req.Resource == "*" && slices.ContainsFunc(s.Resources, short):
				return true
			case s.NotResource && is(unresolved) && slices.ContainsFunc(s.Resources, r.lacksValue):
				return true
			}
			return d.Kind == policy.RCP && is(shortInRCP) && !slices.ContainsFunc(s.Resources, func(text string) bool { return !short(text) && s.MatchAction(r.req.Action) && r.named(text) })
		})
	}
	return policy.Evaluate(r.req, set)
}

// named reports whether a pattern without variables, or with those that the request has, is the request's resource.
func (r *rolled) named(text string) bool {
	list := []policy.Statement{{Effect: policy.Deny, Actions: []string{"*"}, Resources: []string{text}}}
	return list[0].MatchResource(r.req.Resource, r.req.Context) == policy.Yes
}

// lacksValue reports whether a pattern is of the request's service, region, account and kind of resource, and has a variable
// without a value.
func (r *rolled) lacksValue(text string) bool {
	pattern, resource := strings.SplitN(text, ":", 6), strings.SplitN(r.req.Resource, ":", 6)
	if len(pattern) < 6 || len(resource) < 6 {
		return false
	}
	for i := range 5 {
		if !policy.MatchWildcard(pattern[i], resource[i]) {
			return false
		}
	}
	kind, _, _ := strings.Cut(pattern[5], "/")
	if of, _, _ := strings.Cut(resource[5], "/"); !policy.MatchWildcard(kind, of) && !strings.Contains(kind, "$") {
		return false
	}
	_, key, has := strings.Cut(pattern[5], "${")
	key, _, _ = strings.Cut(key, "}")
	_, given := r.simulation.Request.Context[key]
	return has && !given && !strings.Contains(key, ",")
}

func parsed(t *testing.T, kind policy.Kind, list []simulated) (out []*policy.Document) {
	t.Helper()
	for _, each := range list {
		d, err := policy.ParseText(each.Name, kind, string(each.Policy))
		if err != nil {
			t.Fatalf("%s: %v", each.Policy, err)
		}
		out = append(out, d)
	}
	return out
}
