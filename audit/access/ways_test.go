package access_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"sekisho/audit"
	"sekisho/audit/access"
	"sekisho/audit/account"
	"sekisho/audit/lists"
	"sekisho/audit/policy"
	"sekisho/audit/rules"
)

// caller is a user of the matrix: one way, open or with something taken away.
type caller struct {
	name    string
	allowed []string // actions
	denied  string   // one of them
	passes  string   // roles: "*", "helper-*"
	to      []string // services, where a condition names them
	bounded bool
	apart   []string // actions that are allowed on a thing of another name than the rest
}

// can reports whether the caller may do an action.
func (c *caller) can(action string) bool {
	return !c.bounded && c.denied != action && (slices.Contains(c.allowed, action) || action == "iam:PassRole" && c.passes != "")
}

// leads reports whether a way leads the caller to an administrator's role, by what the table says of it.
func (c *caller) leads(w *access.ServiceWay) bool {
	served := func(service string) bool { return c.to == nil || service == "" || slices.Contains(c.to, service) }
	if w.Pass && (!c.can("iam:PassRole") || c.passes != "*" || !served(w.Beside) || len(lists.Filter(w.Services, served)) < len(w.Services)) {
		return false
	}
	for _, group := range w.Actions {
		n := len(lists.Filter(group, func(action string) bool { return slices.Contains(c.apart, action) }))
		if n > 0 && n < len(group) || slices.ContainsFunc(group, func(action string) bool { return !c.can(action) }) {
			return false
		}
	}
	return true
}

// thing is what an action is allowed on: anything, or, where some are allowed on another thing, those of one name.
func (c *caller) thing(action string) string {
	catalogue := policy.Actions()
	number, known := catalogue.Number(action)
	if !known || c.apart == nil || len(catalogue.Takes[number]) == 0 {
		return `"*"`
	}
	name := "one"
	if slices.Contains(c.apart, action) {
		name = "two"
	}
	arns := lists.Map(catalogue.Takes[number], func(format int32) string {
		fields := strings.SplitN(catalogue.Formats[format], ":", 4)
		return "arn:*:" + strings.Join(fields[:3], ":") + ":" + strings.NewReplacer("*", name, "<", name).Replace(fields[3])
	})
	list, _ := json.Marshal(arns)
	return string(list)
}

// callers are those of one way: who may do all that it takes, who may pass other roles only, or to the way's services or
// to another, who may do on one thing this and on another that, whom a Deny forbids one of the actions, and whose
// boundary has none of them.
func callers(w *access.ServiceWay) []caller {
	open := caller{name: w.ID + ".open", allowed: slices.Concat(w.Actions...)}
	out := []caller{}
	denied := slices.Clone(open.allowed)
	if w.Pass {
		open.passes = "*"
		other, named, elsewhere := open, open, open
		other.name, other.passes = w.ID+".other", "helper-*"
		named.name, named.to = w.ID+".named", append([]string{w.Beside}, w.Services...)
		elsewhere.name, elsewhere.to = w.ID+".elsewhere", []string{"backup.amazonaws.com"}
		out = append(out, other, named, elsewhere)
		denied = append(denied, "iam:PassRole")
	}
	apart := open
	apart.name = w.ID + ".apart"
	for _, group := range w.Actions {
		if len(group) > 1 {
			apart.apart = append(apart.apart, group[0])
		}
	}
	if apart.apart != nil {
		out = append(out, apart)
	}
	for i, action := range denied {
		deny := open
		deny.name, deny.denied = fmt.Sprintf("%s.deny%d", w.ID, i), action
		out = append(out, deny)
	}
	bounded := open
	bounded.name, bounded.bounded = w.ID+".bounded", true
	return append(out, open, bounded)
}

// TestEveryServiceWay is the matrix of ways through services: path × {open, other role, Deny, boundary, no target}.
// What a caller keeps of a way may be another one; the table tells, with which judging has to agree.
func TestEveryServiceWay(t *testing.T) {
	t.Parallel()
	ways := access.ServiceWays()
	var all []caller
	for i := range ways {
		all = append(all, callers(&ways[i])...)
	}
	there, gone := judge(t, all, world(ways, true)), judge(t, all, world(ways, false))
	for _, c := range all {
		want := "pass"
		var existing []string
		for i := range ways {
			switch w := &ways[i]; {
			case !c.leads(w):
			case w.Existing.Empty():
				want = "fail"
			case want != "fail":
				want = "unknown"
				existing = append(existing, w.Existing.String())
			}
		}
		got := there[c.name]
		if got.status != want {
			t.Errorf("%s: got %s %q, want %s", c.name, got.status, got.message, want)
		}
		if want == "unknown" && !slices.ContainsFunc(existing, func(thing string) bool { return strings.Contains(got.message, thing) }) {
			t.Errorf("%s: got %q, want it to name one of %q", c.name, got.message, existing)
		}
		if strings.HasSuffix(c.name, ".open") && want == "pass" {
			t.Errorf("%s: want a way that leads somewhere", c.name)
		}
		if got := gone[c.name]; got.status != "pass" {
			t.Errorf("%s without an administrator's role for the service: got %s %q, want pass", c.name, got.status, got.message)
		}
	}
}

const everything = `{"Effect":"Allow","Action":"*","Resource":"*"}`

// world is the roles of the matrix: for every set of services one that does nothing, one that is passed beside others,
// and, where there is a target, an administrator's; to a stack set leads one that may assume an administrator's. Without
// a target the only administrator's role trusts a service that is in no way.
func world(ways []access.ServiceWay, target bool) (roles []account.RoleDetail) {
	seen := map[string]bool{}
	add := func(name, trust string, statements ...string) {
		if !seen[name] {
			seen[name] = true
			r := account.RoleDetail{Name: name, ID: "AROA" + name, ARN: arn("role/" + name), Path: "/", TrustPolicy: document(trust),
				AttachedPolicies: []account.AttachedPolicy{}, InlinePolicies: inline(statements), Tags: []account.Tag{}}
			r.InstanceProfiles = []account.InstanceProfile{{Name: name, ID: "AIPA" + name, ARN: arn("instance-profile/" + name), Path: "/"}}
			roles = append(roles, r)
		}
	}
	serves := func(services ...string) string {
		list, _ := json.Marshal(services)
		kind, action := "Service", "sts:AssumeRole"
		if services[0] == "cognito-identity.amazonaws.com" {
			kind, action, list = "Federated", "sts:AssumeRoleWithWebIdentity", []byte(`"cognito-identity.amazonaws.com"`)
		}
		return `{"Effect":"Allow","Principal":{"` + kind + `":` + string(list) + `},"Action":"` + action + `"}`
	}
	for _, w := range ways {
		name := strings.ReplaceAll(strings.TrimSuffix(strings.Join(w.Services, "."), ".amazonaws.com"), ".", "-")
		add("helper-"+name, serves(w.Services...), `{"Effect":"Allow","Action":"logs:PutLogEvents","Resource":"*"}`)
		if w.Beside != "" {
			add("helper-"+strings.TrimSuffix(w.Beside, ".amazonaws.com"), serves(w.Beside))
		}
		switch {
		case !target:
		case w.Only != "":
			add("mover", serves(w.Services...), `{"Effect":"Allow","Action":"`+w.Only+`","Resource":"`+arn("role/moved")+`"}`)
			add("moved", `{"Effect":"Allow","Principal":{"AWS":"`+arn("role/mover")+`"},"Action":"sts:AssumeRole"}`, everything)
		default:
			add("boss-"+name, serves(w.Services...), everything)
		}
	}
	add("boss-backup", serves("backup.amazonaws.com"), everything)
	return roles
}

func arn(resource string) string { return "arn:aws:iam::123456789012:" + resource }

func document(statements ...string) string {
	return `{"Version":"2012-10-17","Statement":[` + strings.Join(statements, ",") + `]}`
}

func inline(statements []string) []account.InlinePolicy {
	if len(statements) == 0 {
		return []account.InlinePolicy{}
	}
	return []account.InlinePolicy{{Name: "own", Document: document(statements...)}}
}

// verdict is what privilege-escalation says of a caller.
type verdict struct{ status, message string }

// baseAccount is what accounts of tests are made of.
func baseAccount(t *testing.T) *account.Snapshot {
	t.Helper()
	base, err := os.ReadFile("../../testdata/accounts/base.json")
	if err != nil {
		t.Fatal(err)
	}
	s, err := account.Read(bytes.NewReader(base), "base.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// judge asks the rule about all callers, as users of one account.
func judge(t *testing.T, callers []caller, roles []account.RoleDetail) map[string]verdict {
	t.Helper()
	s := baseAccount(t)
	d := &s.AuthorizationDetails.Value
	d.Roles = roles
	d.Policies = append(d.Policies, account.PolicyDetail{Name: "storage", ID: "ANPASTORAGE", ARN: arn("policy/storage"), Path: "/", DefaultVersion: "v1",
		Versions: []account.PolicyVersion{{ID: "v1", Default: true, Document: document(`{"Effect":"Allow","Action":"s3:*","Resource":"*"}`)}}})
	for _, c := range callers {
		var statements []string
		for _, action := range c.allowed {
			statements = append(statements, `{"Effect":"Allow","Action":"`+action+`","Resource":`+c.thing(action)+`}`)
		}
		if c.passes != "" {
			condition := ""
			if c.to != nil {
				list, _ := json.Marshal(c.to)
				condition = `,"Condition":{"StringEquals":{"iam:PassedToService":` + string(list) + `}}`
			}
			statements = append(statements, `{"Effect":"Allow","Action":"iam:PassRole","Resource":"`+arn("role/"+c.passes)+`"`+condition+`}`)
		}
		if c.denied != "" {
			statements = append(statements, `{"Effect":"Deny","Action":"`+c.denied+`","Resource":"*"}`)
		}
		u := account.UserDetail{Name: c.name, ID: "AIDA" + c.name, ARN: arn("user/" + c.name), Path: "/", Groups: []string{},
			AttachedPolicies: []account.AttachedPolicy{}, InlinePolicies: inline(statements), Tags: []account.Tag{}}
		if c.bounded {
			u.PermissionsBoundary = arn("policy/storage")
		}
		d.Users = append(d.Users, u)
		s.Users.Value = append(s.Users.Value, account.ListedUser{Name: u.Name, ID: u.ID, ARN: u.ARN, Path: "/"})
		s.CredentialReport.Value.Content += fmt.Sprintf("\n%s,%s,2025-10-18T05:00:00+00:00,false,N/A,N/A,N/A,false,false,N/A,N/A,N/A,N/A,false,N/A,N/A,N/A,N/A,false,N/A,false,N/A", u.Name, u.ARN)
	}
	rule := slices.IndexFunc(rules.Catalogue(), func(r *audit.Rule) bool { return r.ID == "privilege-escalation" })
	report, _ := audit.Evaluate(s, rules.Catalogue()[rule:rule+1], audit.Options{Thresholds: audit.DefaultThresholds()})
	out := map[string]verdict{}
	name := func(resource string) string { return strings.TrimPrefix(resource, "user/") }
	for _, f := range report.Findings {
		out[name(audit.Short(f.Resource, f.Item))] = verdict{f.Status.String(), f.Message}
	}
	for _, resource := range report.Passed["privilege-escalation"].Resources {
		out[name(resource)] = verdict{status: "pass"}
	}
	return out
}
