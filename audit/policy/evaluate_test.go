package policy

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// statement writes one statement over everything, with more elements.
func statement(effect, sid, more string) string {
	s := `{"Effect":"` + effect + `","Sid":"` + sid + `"`
	for _, element := range []string{"Action", "Resource"} {
		if !strings.Contains(more, element+`":`) {
			s += `,"` + element + `":"*"`
		}
	}
	if more != "" {
		s += "," + more
	}
	return s + "}"
}

func document(t testing.TB, name string, kind Kind, statements ...string) *Document {
	t.Helper()
	d, err := Parse(name, kind, []byte(`{"Version":"2012-10-17","Statement":[`+strings.Join(statements, ",")+`]}`))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// alice is the context of a user's request, in which other keys are absent.
func alice() *Context {
	ctx := NewContext(Absent)
	ctx.Set("aws:PrincipalArn", "arn:aws:iam::123456789012:user/alice")
	ctx.Set("aws:PrincipalAccount", "123456789012")
	ctx.Set("aws:username", "alice")
	return ctx
}

func TestEvaluateJoinsPolicies(t *testing.T) {
	t.Parallel()
	const mfa = `"Condition":{"Bool":{"aws:MultiFactorAuthPresent":"true"}}`
	const noMFA = `"Condition":{"BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}}`
	identity := func(s ...string) *Document { return document(t, "id", Identity, s...) }
	boundary := func(s ...string) *Document { return document(t, "boundary", Boundary, s...) }
	scp := func(s ...string) *Document { return document(t, "scp", SCP, s...) }
	resource := func(s ...string) *Document { return document(t, "res", Resource, s...) }
	trust := func(s ...string) *Document {
		for i := range s {
			s[i] = strings.Replace(s[i], `,"Resource":"*"`, ``, 1)
		}
		return document(t, "trust", Trust, s...)
	}
	all := identity(statement("Allow", "All", ""))
	none := identity(statement("Allow", "Other", `"Action":"ec2:*"`))
	to := func(principal string) string { return `"Principal":{"AWS":"` + principal + `"}` }
	const user, root = "arn:aws:iam::123456789012:user/alice", "arn:aws:iam::123456789012:root"

	session := func(s ...string) *Document { return document(t, "session", Session, s...) }
	rcp := func(s ...string) *Document { return document(t, "rcp", RCP, s...) }
	// A role's session, as aws:PrincipalArn and aws:userid name it.
	const role, ofRole, otherSession = "arn:aws:iam::123456789012:role/ci/deploy", "arn:aws:sts::123456789012:assumed-role/deploy/run-1", "arn:aws:sts::123456789012:assumed-role/deploy/run-2"
	inRole := func(r *Request) {
		r.Context.Set("aws:PrincipalArn", role)
		r.Context.Set("aws:userid", "AROAEXAMPLE:run-1")
	}
	unnamed := func(r *Request) { inRole(r); r.Context.SetUnknown("aws:userid") }
	no, yes := session(statement("Allow", "S", `"Action":"iam:*"`)), session(statement("Allow", "S", `"Action":"s3:*"`))
	tight := boundary(statement("Allow", "B", `"Action":"iam:*"`))
	full := rcp(statement("Allow", "Full", `"Principal":"*"`))

	tests := []struct {
		name  string
		set   Policies
		alter func(*Request)
		want  string
	}{
		{"nothing", Policies{}, nil, "implicit_deny lacks [identity policy]"},
		{"allow", Policies{Identity: []*Document{all}}, nil, "allowed id#All"},
		{"two allow", Policies{Identity: []*Document{all, none, identity(statement("Allow", "", `"Action":"S3:get*"`))}}, nil, "allowed id#All id#1"},
		{"deny wins", Policies{Identity: []*Document{all, identity(statement("Deny", "D", `"Action":"s3:*"`))}}, nil, "explicit_deny id#D"},
		{"deny alone", Policies{Identity: []*Document{identity(statement("Deny", "D", ""))}}, nil, "explicit_deny id#D"},
		{"allow elsewhere", Policies{Identity: []*Document{none}}, nil, "implicit_deny"},
		{"NotAction", Policies{Identity: []*Document{identity(statement("Allow", "N", `"NotAction":"iam:*"`))}}, nil, "allowed id#N"},
		{"NotResource", Policies{Identity: []*Document{identity(statement("Allow", "N", `"NotResource":"arn:aws:s3:::shelf/*"`))}}, nil, "implicit_deny"},
		{"condition holds", Policies{Identity: []*Document{identity(statement("Allow", "M", mfa))}}, func(r *Request) { r.Context.Set("aws:MultiFactorAuthPresent", "true") }, "allowed id#M"},
		{"condition fails", Policies{Identity: []*Document{identity(statement("Allow", "M", mfa))}}, nil, "implicit_deny"},
		{"condition unknown", Policies{Identity: []*Document{identity(statement("Allow", "M", mfa))}}, func(r *Request) { r.Context.SetUnknown("aws:MultiFactorAuthPresent") }, "depends id#M [aws:MultiFactorAuthPresent]"},
		{"unknown but allowed anyway", Policies{Identity: []*Document{all, identity(statement("Allow", "M", mfa))}}, func(r *Request) { r.Context.SetUnknown("aws:MultiFactorAuthPresent") }, "allowed id#All"},
		{"unknown deny", Policies{Identity: []*Document{all, identity(statement("Deny", "D", noMFA))}}, func(r *Request) { r.Context.SetUnknown("aws:MultiFactorAuthPresent") }, "depends id#D id#All [aws:MultiFactorAuthPresent]"},
		{"unknown deny of what nothing allows", Policies{Identity: []*Document{identity(statement("Deny", "D", noMFA))}}, func(r *Request) { r.Context.SetUnknown("aws:MultiFactorAuthPresent") }, "implicit_deny"},
		{"sure deny beside an unknown one", Policies{Identity: []*Document{all, identity(statement("Deny", "D", noMFA), statement("Deny", "E", ""))}}, func(r *Request) { r.Context.SetUnknown("aws:MultiFactorAuthPresent") }, "explicit_deny id#E"},
		{
			"unknown variable", Policies{Identity: []*Document{identity(statement("Allow", "V", `"Resource":"arn:aws:s3:::shelf/${aws:PrincipalTag/Team}*"`))}},
			func(r *Request) { r.Context.SetUnknown("aws:principaltag/team") }, "depends id#V [aws:PrincipalTag/Team]",
		},

		{"boundary allows", Policies{Identity: []*Document{all}, Boundary: boundary(statement("Allow", "B", `"Action":"s3:*"`))}, nil, "allowed id#All boundary#B"},
		{"boundary doesn't", Policies{Identity: []*Document{all}, Boundary: boundary(statement("Allow", "B", `"Action":"iam:*"`))}, nil, "implicit_deny"},
		{"boundary alone", Policies{Boundary: boundary(statement("Allow", "B", ""))}, nil, "implicit_deny"},
		{"boundary denies", Policies{Identity: []*Document{all}, Boundary: boundary(statement("Allow", "B", ""), statement("Deny", "D", noMFA))}, nil, "explicit_deny boundary#D"},

		{"SCPs allow", Policies{Identity: []*Document{all}, SCPs: [][]*Document{{scp(statement("Allow", "A", ""))}, {scp(statement("Allow", "B", `"Action":"s3:*"`))}}}, nil, "allowed id#All scp#A scp#B"},
		{"one level doesn't", Policies{Identity: []*Document{all}, SCPs: [][]*Document{{scp(statement("Allow", "A", ""))}, {scp(statement("Allow", "B", `"Action":"iam:*"`))}}}, nil, "implicit_deny"},
		{"a level without policies", Policies{Identity: []*Document{all}, SCPs: [][]*Document{{}}}, nil, "implicit_deny"},
		{"SCP denies", Policies{Identity: []*Document{all}, SCPs: [][]*Document{{scp(statement("Allow", "A", ""), statement("Deny", "D", ""))}}}, nil, "explicit_deny scp#D"},
		{"SCP against a resource policy", Policies{Resource: resource(statement("Allow", "R", `"Principal":"*"`)), SCPs: [][]*Document{{scp(statement("Allow", "A", `"Action":"iam:*"`))}}}, nil, "implicit_deny"},

		{"resource policy names the user", Policies{Resource: resource(statement("Allow", "R", to(user)))}, nil, "allowed res#R"},
		{"resource policy names everyone", Policies{Resource: resource(statement("Allow", "R", `"Principal":"*"`))}, nil, "allowed res#R"},
		{"resource policy names the account", Policies{Resource: resource(statement("Allow", "R", to(root)))}, nil, "implicit_deny"},
		{"resource policy names another", Policies{Resource: resource(statement("Allow", "R", to(user+"x")), statement("Allow", "S", `"Principal":{"Service":"*"}`))}, nil, "implicit_deny"},
		{"resource policy denies the account", Policies{Identity: []*Document{all}, Resource: resource(statement("Deny", "R", to("123456789012")))}, nil, "explicit_deny res#R"},
		{"resource policy silent", Policies{Identity: []*Document{all}, Resource: resource(statement("Allow", "R", to("999999999999")))}, nil, "allowed id#All"},
		{"user by name against the boundary", Policies{Resource: resource(statement("Allow", "R", to(user))), Boundary: boundary(statement("Allow", "B", `"Action":"iam:*"`))}, nil, "allowed res#R"},
		{
			"role by name against the boundary", Policies{Resource: resource(statement("Allow", "R", to("arn:aws:iam::123456789012:role/r"))), Boundary: boundary(statement("Allow", "B", `"Action":"iam:*"`))},
			func(r *Request) { r.Context.Set("aws:PrincipalArn", "arn:aws:iam::123456789012:role/r") }, "implicit_deny",
		},
		{"NotPrincipal spares the user", Policies{Identity: []*Document{all}, Resource: resource(statement("Deny", "R", `"NotPrincipal":{"AWS":["`+user+`","`+root+`"]}`))}, nil, "allowed id#All"},
		{"NotPrincipal hits others", Policies{Identity: []*Document{all}, Resource: resource(statement("Deny", "R", `"NotPrincipal":{"AWS":"`+user+`x"}`))}, nil, "explicit_deny res#R"},
		{"NotPrincipal and a boundary", Policies{Identity: []*Document{all}, Boundary: boundary(statement("Allow", "B", "")), Resource: resource(statement("Deny", "R", `"NotPrincipal":{"AWS":"`+user+`"}`))}, nil, "explicit_deny res#R"},
		{"unknown caller", Policies{Resource: resource(statement("Allow", "R", to(user)))}, func(r *Request) { r.Context = nil }, "depends res#R [aws:PrincipalArn]"},

		{"across accounts, identity alone", Policies{Identity: []*Document{all}, Resource: resource(statement("Allow", "R", to("111111111111")))}, func(r *Request) { r.ResourceAccount = "999999999999" }, "implicit_deny"},
		{"across accounts, resource alone", Policies{Resource: resource(statement("Allow", "R", to(user)))}, func(r *Request) { r.ResourceAccount = "999999999999" }, "implicit_deny"},
		{"across accounts, both", Policies{Identity: []*Document{all}, Resource: resource(statement("Allow", "R", to(root)))}, func(r *Request) { r.ResourceAccount = "999999999999" }, "allowed id#All res#R"},

		{"trust names the user", Policies{Resource: trust(statement("Allow", "T", to(user)))}, nil, "allowed trust#T"},
		{"trust names the account", Policies{Resource: trust(statement("Allow", "T", to(root)))}, nil, "implicit_deny"},
		{"trust and identity", Policies{Identity: []*Document{all}, Resource: trust(statement("Allow", "T", to("123456789012")))}, nil, "allowed id#All trust#T"},
		{"identity without trust", Policies{Identity: []*Document{all}, Resource: trust(statement("Allow", "T", to("999999999999")))}, nil, "implicit_deny"},
		{"key policy silent", Policies{Identity: []*Document{all}, Resource: resource(statement("Allow", "R", to(user+"x")))}, func(r *Request) { r.Action = "kms:Decrypt" }, "implicit_deny"},

		// Guide, access_policies#policies_session: a session's policies and the role's are intersected.
		{"session's policy allows", Policies{Identity: []*Document{all}, Session: []*Document{yes}}, inRole, "allowed id#All session#S"},
		{"session's policy doesn't", Policies{Identity: []*Document{all}, Session: []*Document{no}}, inRole, "implicit_deny lacks [session policy]"},
		{"one of the session's policies allows", Policies{Identity: []*Document{all}, Session: []*Document{no, yes}}, inRole, "allowed id#All session#S"},
		{"session's policy alone", Policies{Session: []*Document{yes}}, inRole, "implicit_deny lacks [identity policy]"},
		{"session's policy denies", Policies{Identity: []*Document{all}, Session: []*Document{yes, session(statement("Deny", "D", noMFA))}}, inRole, "explicit_deny session#D"},
		{"session's policy unknown", Policies{Identity: []*Document{all}, Session: []*Document{session(statement("Allow", "M", mfa))}}, func(r *Request) { inRole(r); r.Context.SetUnknown("aws:MultiFactorAuthPresent") }, "depends id#All session#M [aws:MultiFactorAuthPresent]"},

		// Guide, reference_policies_evaluation-logic_policy-eval-denyallow, the table of resource-based policies.
		{"role by name within the session's policy", Policies{Session: []*Document{yes}, Resource: resource(statement("Allow", "R", to(role)))}, inRole, "allowed session#S res#R"},
		{"role by name against the session's policy", Policies{Session: []*Document{no}, Resource: resource(statement("Allow", "R", to(role)))}, inRole, "implicit_deny lacks [session policy]"},
		{"session by name against all that narrows", Policies{Session: []*Document{no}, Boundary: tight, Resource: resource(statement("Allow", "R", to(ofRole)))}, inRole, "allowed res#R"},
		{"session by name, against an SCP", Policies{SCPs: [][]*Document{{scp(statement("Allow", "A", `"Action":"iam:*"`))}}, Resource: resource(statement("Allow", "R", to(ofRole)))}, inRole, "implicit_deny lacks [service control policy]"},
		{"session by name, against a Deny of its policy", Policies{Session: []*Document{session(statement("Deny", "D", ""))}, Resource: resource(statement("Allow", "R", to(ofRole)))}, inRole, "explicit_deny session#D"},
		{"everyone against all that narrows", Policies{Session: []*Document{no}, Boundary: tight, Resource: resource(statement("Allow", "R", `"Principal":"*"`))}, inRole, "allowed res#R"},
		{"account against the session's policy", Policies{Identity: []*Document{all}, Session: []*Document{no}, Resource: resource(statement("Allow", "R", to(root)))}, inRole, "implicit_deny lacks [session policy]"},
		{"another session by name", Policies{Resource: resource(statement("Allow", "R", to(otherSession)))}, inRole, "implicit_deny lacks [identity policy]"},
		{"session of a role whose name ends so", Policies{Resource: resource(statement("Allow", "R", to("arn:aws:sts::123456789012:assumed-role/loy/run-1")))}, inRole, "implicit_deny lacks [identity policy]"},
		{"session of a namesake elsewhere", Policies{Resource: resource(statement("Allow", "R", to("arn:aws:sts::210987654321:assumed-role/deploy/run-1")))}, inRole, "implicit_deny lacks [identity policy]"},
		{"a user is no session", Policies{Resource: resource(statement("Allow", "R", to("arn:aws:sts::123456789012:assumed-role/alice/run-1")))}, nil, "implicit_deny lacks [identity policy]"},
		{
			"a user of the role's name is no session", Policies{Resource: resource(statement("Allow", "R", to(ofRole)))},
			func(r *Request) {
				unnamed(r)
				r.Context.Set("aws:PrincipalArn", "arn:aws:iam::123456789012:user/deploy")
			}, "implicit_deny lacks [identity policy]",
		},
		{"session by name, its own not known", Policies{Resource: resource(statement("Allow", "R", to(ofRole)))}, unnamed, "depends res#R [aws:userid]"},
		{"session denied by name", Policies{Identity: []*Document{all}, Resource: resource(statement("Deny", "R", to(ofRole)))}, inRole, "explicit_deny res#R"},
		{"NotPrincipal spares the session", Policies{Identity: []*Document{all}, Resource: resource(statement("Deny", "R", `"NotPrincipal":{"AWS":["`+ofRole+`","`+role+`"]}`))}, inRole, "allowed id#All"},
		{"who federated by name against the session's policy", Policies{Session: []*Document{no}, Resource: resource(statement("Allow", "R", to(user)))}, nil, "implicit_deny lacks [session policy]"},
		{
			"federated user by name against the session's policy", Policies{Session: []*Document{no}, Resource: resource(statement("Allow", "R", to("arn:aws:sts::123456789012:federated-user/bob")))},
			func(r *Request) { r.Context.Set("aws:PrincipalArn", "arn:aws:sts::123456789012:federated-user/bob") }, "allowed res#R",
		},
		{
			"session by name across accounts, against its policy", Policies{Identity: []*Document{all}, Session: []*Document{no}, Resource: resource(statement("Allow", "R", to(ofRole)))},
			func(r *Request) { inRole(r); r.ResourceAccount = "999999999999" }, "implicit_deny lacks [session policy]",
		},
		{"role assumed as a resource without the word trust", Policies{Identity: []*Document{all}, Resource: resource(statement("Allow", "R", to("999999999999")))}, func(r *Request) { r.Action = "sts:AssumeRole" }, "implicit_deny lacks [resource policy]"},

		// Organizations, orgs_manage_policies_rcps_evaluation: RCPFullAWSAccess is always there.
		{"RCPs need not allow", Policies{Identity: []*Document{all}, RCPs: []*Document{rcp(statement("Deny", "D", `"Principal":"*","Action":"sqs:*"`))}}, nil, "allowed id#All"},
		{"RCPs allow nothing", Policies{RCPs: []*Document{full}}, nil, "implicit_deny lacks [identity policy]"},
		{"RCP denies what the identity may", Policies{Identity: []*Document{all}, RCPs: []*Document{full, rcp(statement("Deny", "D", `"Principal":"*"`))}}, nil, "explicit_deny rcp#D"},
		{"RCP denies what the resource grants", Policies{Resource: resource(statement("Allow", "R", to(user))), RCPs: []*Document{rcp(statement("Deny", "D", `"Principal":"*"`))}}, nil, "explicit_deny rcp#D"},
		{
			"RCP unknown", Policies{Identity: []*Document{all}, RCPs: []*Document{rcp(statement("Deny", "D", `"Principal":"*",`+noMFA))}},
			func(r *Request) { r.Context.SetUnknown("aws:MultiFactorAuthPresent") }, "depends rcp#D id#All [aws:MultiFactorAuthPresent]",
		},

		{"who am I", Policies{Identity: []*Document{identity(statement("Deny", "D", ""))}}, func(r *Request) { r.Action = "STS:getcalleridentity" }, "allowed"},
		{"a token for a key", Policies{Identity: []*Document{identity(statement("Deny", "D", ""))}}, asksToken(func(c *Context) { c.SetAbsent("aws:TokenIssueTime") }), "allowed"},
		{"a token for a session", Policies{Identity: []*Document{all}}, asksToken(func(c *Context) { c.Set("aws:TokenIssueTime", "2026-11-30T00:00:00Z") }), "implicit_deny"},
		{"a token for a session with MFA", Policies{Identity: []*Document{all}}, asksToken(func(c *Context) { c.Set("aws:MultiFactorAuthPresent", "true"); c.SetUnknown("aws:TokenIssueTime") }), "implicit_deny"},
		{"a token for a role", Policies{Identity: []*Document{all}}, asksToken(func(c *Context) { c.Set("aws:PrincipalArn", "arn:aws:iam::123456789012:role/deploy") }), "implicit_deny"},
		{"a token for nobody knows what", Policies{}, asksToken(func(c *Context) { c.SetUnknown("aws:TokenIssueTime") }), "depends [aws:TokenIssueTime]"},
		{"no resource", Policies{Identity: []*Document{identity(statement("Allow", "R", `"Resource":"arn:aws:s3:::*"`))}}, func(r *Request) { r.Resource = "" }, "implicit_deny"},
		{"no resource, any allowed", Policies{Identity: []*Document{all}}, func(r *Request) { r.Resource = "" }, "allowed id#All"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			req := Request{Action: "s3:GetObject", Resource: "arn:aws:s3:::shelf/book", Context: alice()}
			if test.alter != nil {
				test.alter(&req)
			}
			d := Evaluate(req, test.set)
			got := strings.Join(append([]string{d.Result.String()}, d.By...), " ")
			if len(d.Keys) > 0 {
				got += " " + fmt.Sprint(d.Keys)
			}
			if strings.Contains(test.want, "lacks") {
				got += " lacks " + fmt.Sprint(d.Lacks)
			}
			if got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

// asksToken makes the request one of GetSessionToken.
func asksToken(by func(*Context)) func(*Request) {
	return func(r *Request) {
		r.Action = "sts:getsessiontoken"
		by(r.Context)
	}
}

func TestDependsNamesOnlyWhatMatters(t *testing.T) {
	t.Parallel()
	set := Policies{Identity: []*Document{document(t, "p", Identity,
		statement("Allow", "A", `"Condition":{"IpAddress":{"aws:SourceIp":"10.0.0.0/8"},"Bool":{"aws:SecureTransport":true}}`),
		statement("Allow", "B", `"Action":"iam:*","Condition":{"Bool":{"aws:ViaAWSService":"false"}}`),
		statement("Deny", "C", `"Condition":{"StringNotEquals":{"AWS:sourceip":"${s3:prefix}"}}`),
		statement("Deny", "D", `"Condition":{"StringEquals":{"aws:username":"bob","aws:RequestedRegion":"x"}}`),
	)}}
	ctx := NewContext(Unknown)
	ctx.Set("aws:SecureTransport", "true")
	ctx.Set("aws:username", "alice")
	d := Evaluate(Request{Action: "s3:GetObject", Resource: "arn:aws:s3:::b/k", Context: ctx}, set)
	if want := []string{"aws:SourceIp", "s3:prefix"}; d.Result != Depends || !slices.Equal(d.Keys, want) {
		t.Errorf("%s on %v, want depends on %v", d.Result, d.Keys, want)
	}
	if want := []string{"p#C", "p#A"}; !slices.Equal(d.By, want) {
		t.Errorf("by %v, want %v", d.By, want)
	}
}

// canRequests makes n requests of a sort that a policy of twenty statements has to think about.
func canRequests(n int) []Request {
	actions := []string{"s3:GetObject", "iam:CreateUser", "ec2:DescribeInstances", "sts:AssumeRole", "kms:Decrypt", "dynamodb:PutItem"}
	resources := []string{"arn:aws:s3:::shelf-7/alice/book", "arn:aws:iam::123456789012:user/alice", "*", "arn:aws:iam::123456789012:role/r", "arn:aws:kms:eu-west-1:123456789012:key/1", "arn:aws:dynamodb:eu-west-1:123456789012:table/t"}
	ctx := alice()
	ctx.Set("aws:MultiFactorAuthPresent", "true")
	ctx.Set("aws:SourceIp", "203.0.113.9")
	requests := make([]Request, n)
	for i := range requests {
		requests[i] = Request{Action: actions[i%len(actions)], Resource: resources[i/2%len(resources)], Context: ctx}
	}
	return requests
}

// twentyStatements is a policy as teams write them: services, own things, MFA policies.
func twentyStatements(t testing.TB) Policies {
	var s []string
	for i := range 16 {
		s = append(s, statement("Allow", fmt.Sprintf("S%d", i), fmt.Sprintf(`"Action":["s3:Get*","s3:List*","dynamodb:*Item"],
			"Resource":["arn:aws:s3:::shelf-%d/${aws:username}/*","arn:aws:dynamodb:*:*:table/t%d"],"Condition":{"IpAddress":{"aws:SourceIp":["198.51.100.0/24","203.0.113.0/24"]}}`, i, i)))
	}
	s = append(s,
		statement("Allow", "Own", `"Action":"iam:*AccessKey*","Resource":"arn:aws:iam::*:user/${aws:username}"`),
		statement("Allow", "Read", `"Action":["ec2:Describe*","kms:Decrypt"]`),
		statement("Deny", "Guard", `"NotAction":["iam:CreateVirtualMFADevice","iam:EnableMFADevice","iam:ListMFADevices","sts:GetSessionToken"],"Condition":{"BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}}`),
		statement("Deny", "Regions", `"NotAction":["iam:*","sts:*"],"Condition":{"StringNotEqualsIfExists":{"aws:RequestedRegion":["eu-west-1","eu-central-1"]},"ArnNotLike":{"aws:PrincipalArn":"arn:aws:iam::*:user/alice"}}`),
	)
	return Policies{Identity: []*Document{document(t, "p", Identity, s...)}}
}

func BenchmarkCan(b *testing.B) {
	set, requests := twentyStatements(b), canRequests(1000)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		Evaluate(requests[i%len(requests)], set)
	}
}

// A request makes next to no garbage, however many statements have to be thought about; what it takes in time is for
// BenchmarkCan to say.
func TestEvaluateIsFast(t *testing.T) {
	set := twentyStatements(t)
	for _, r := range canRequests(36) {
		if n := testing.AllocsPerRun(10, func() { Evaluate(r, set) }); n > 2 {
			t.Errorf("%s on %s: got %v allocations, want at most 2, for the keys and the statements of the answer", r.Action, r.Resource, n)
		}
	}
}
