package access_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"sekisho/audit/access"
	"sekisho/audit/account"
	"sekisho/audit/emulator"
	"sekisho/audit/policy"
)

var demoTime = time.Date(2026, 11, 22, 5, 0, 0, 0, time.UTC)

func demo() *access.Access { return access.New(account.New(emulator.Demo(demoTime))) }

func parsed(t *testing.T, name string, kind policy.Kind, text string) *policy.Document {
	t.Helper()
	d, err := policy.Parse(name, kind, []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// contextOf is what a request of each way shows, as "sekisho policy can" would be told it.
func contextOf(w *access.Principal, number, session string) *policy.Context {
	const present, age, issued = "aws:MultiFactorAuthPresent", "aws:MultiFactorAuthAge", "aws:TokenIssueTime"
	ctx := policy.NewContext(policy.Unknown)
	ctx.Set("aws:PrincipalArn", w.ARN)
	ctx.Set("aws:PrincipalAccount", number)
	if w.Role == nil {
		ctx.Set("aws:PrincipalType", "User")
		ctx.Set("aws:username", w.Name)
	}
	switch session {
	case "access_key", "role":
		ctx.SetAbsent(present)
		ctx.SetAbsent(age)
		if session == "access_key" {
			ctx.SetAbsent(issued)
		}
	case "session", "password":
		ctx.Set(present, "false")
		ctx.SetAbsent(age)
	case "mfa":
		ctx.Set(present, "true")
	}
	return ctx
}

// What the policies of somebody decide by themselves is decided for them in the account, too: the account knows more, and
// contradicts nothing.
func TestCanAgreesWithThePolicies(t *testing.T) {
	t.Parallel()
	x := demo()
	rng := rand.New(rand.NewPCG(11, 22))
	scp := parsed(t, "scp", policy.SCP, `{"Version":"2012-10-17","Statement":[{"Sid":"Full","Effect":"Allow","NotAction":"organizations:*","Resource":"*"},
		{"Sid":"Some","Effect":"Deny","Action":["s3:Delete*","iam:Create*"],"Resource":"*","Condition":{"ArnNotLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/*"}}}]}`)
	bucket := parsed(t, "bucket", policy.Resource, `{"Version":"2012-10-17","Statement":[{"Sid":"Sato","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:user/sato.yuki"},"Action":"s3:*","Resource":"*"},
		{"Sid":"Not","Effect":"Deny","Principal":"*","Action":"s3:DeleteObject","Resource":"*"}]}`)
	var everybody []*access.Principal
	for _, u := range x.Account.Users {
		everybody = append(everybody, x.User(u.Name))
	}
	everybody = append(everybody, x.Roles()...)
	resources := []string{"*", "arn:aws:s3:::reports/x", "arn:aws:iam::123456789012:user/sato.yuki", "arn:aws:iam::123456789012:mfa/kondo.emi", "arn:aws:ec2:ap-northeast-1:123456789012:instance/i-1"}
	actions := append([]string{"s3:GetObject", "s3:DeleteObject", "iam:CreateUser", "iam:EnableMFADevice", "ec2:RunInstances", "organizations:LeaveOrganization"}, policy.Actions().Names...)
	decided := map[policy.Result]int{}
	for n := range 700 {
		w := everybody[rng.IntN(len(everybody))]
		action := actions[rng.IntN(min(len(actions), 6+n%2*20000))]
		asked := access.Request{Action: action, Resource: resources[rng.IntN(len(resources))]}
		if n%3 == 1 {
			asked.Set.SCPs = [][]*policy.Document{{scp}}
		}
		if n%5 == 1 && strings.HasPrefix(action, "s3:") {
			asked.Set.Resource = bucket
		}
		if action == "iam:ChangePassword" || strings.HasPrefix(action, "sts:") { // the account adds to those
			continue
		}
		got, err := x.Can(w.ARN, asked)
		if err != nil {
			t.Fatal(err)
		}
		set := w.Applied()
		set.SCPs, set.Resource = asked.Set.SCPs, asked.Set.Resource
		for _, way := range got.List[0].Ways {
			want := policy.Evaluate(policy.Request{Action: action, Resource: asked.Resource, Context: contextOf(w, x.Account.ID, way.Session)}, set)
			decided[want.Result]++
			refused := way.Session == "session" && strings.HasPrefix(action, "iam:") && action != "iam:PassRole"
			switch {
			case refused && way.Result != policy.ImplicitDeny:
				t.Errorf("%s %s on %s: got %v in a session that AWS lets call nothing of IAM", w.ARN, action, asked.Resource, way.Result)
			case refused || want.Result == policy.Depends:
			case way.Result != want.Result || !slices.Equal(way.By, want.By):
				t.Errorf("%s, %s: %s on %s: got %v by %q, want %v by %q", w.ARN, way.Session, action, asked.Resource, way.Result, way.By, want.Result, want.By)
			}
		}
	}
	for _, r := range []policy.Result{policy.Allowed, policy.ExplicitDeny, policy.ImplicitDeny} {
		if decided[r] < 100 {
			t.Errorf("got %d answers of %v, want a fair share", decided[r], r)
		}
	}
}

// list is who can by status, for short.
func list(a *access.Answers) (can, through, maybe []string) {
	for i := range a.List {
		name := account.ShortARN(a.List[i].ARN)
		switch a.List[i].Standing {
		case access.Already:
			can = append(can, name)
		case access.CanAscend:
			through = append(through, name)
		case access.MayAscend:
			maybe = append(maybe, name)
		}
	}
	return can, through, maybe
}

// Who can become an administrator can do what administrators can, by the same steps or fewer; and who can directly says so
// in each way that Can tells.
func TestWhoCanFollowsFromWays(t *testing.T) {
	t.Parallel()
	x := demo()
	ways, err := x.Ascents(nil, "")
	if err != nil {
		t.Fatal(err)
	}
	who := x.WhoCan(access.Request{Action: "iam:UpdateAccountPasswordPolicy"})
	can, through, maybe := list(who)
	for _, a := range ways.List {
		name := account.ShortARN(a.ARN)
		if a.Standing == access.CanAscend && !slices.Contains(can, name) && !slices.Contains(through, name) {
			t.Errorf("got nothing of %s, want that it can, for it becomes an administrator", name)
		}
	}
	if !slices.Contains(can, "role/stack-admin") || !slices.Contains(through, "user/machines/ci-deploy") || len(maybe) > 0 {
		t.Errorf("got %q, %q and %q, want role/stack-admin, and ci-deploy through it", can, through, maybe)
	}
	for i := range who.List {
		a := &who.List[i]
		alone, err := x.Can(a.ARN, who.Request)
		if err != nil {
			t.Fatal(err)
		}
		for n, way := range alone.List[0].Ways {
			if way.Result != a.Ways[n].Result {
				t.Errorf("%s, %s: got %v from one and %v from the other", a.ARN, way.Session, way.Result, a.Ways[n].Result)
			}
		}
		if direct := a.Best().Result == policy.Allowed; direct != (a.Standing == access.Already) {
			t.Errorf("%s: got standing %v and %v, want the same of both", a.ARN, a.Standing, a.Best().Result)
		}
	}
}

// The organization's policies count in each step, and so does who is spared.
func TestWhoCanUnderSCPs(t *testing.T) {
	t.Parallel()
	x := demo()
	scp := parsed(t, "scp", policy.SCP, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},
		{"Effect":"Deny","Action":["s3:DeleteBucket"],"Resource":"*","Condition":{"ArnNotLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/stack-admin"}}},
		{"Effect":"Deny","Action":["sts:AssumeRole"],"Resource":"arn:aws:iam::*:role/stack-setup"}]}`)
	can, through, maybe := list(x.WhoCan(access.Request{Action: "s3:DeleteBucket", Set: policy.Policies{SCPs: [][]*policy.Document{{scp}}}}))
	if want := []string{"role/stack-admin"}; !slices.Equal(can, want) || len(maybe) > 0 {
		t.Errorf("got %q and possibly %q, want %q alone", can, maybe, want)
	}
	if !slices.Contains(through, "role/stack-setup") || !slices.Contains(through, "user/sato.yuki") || slices.Contains(through, "role/stack-build") || slices.Contains(through, "user/machines/ci-deploy") {
		t.Errorf("got %q, want those who get to it, and not those who have to assume stack-setup", through)
	}
	closed := parsed(t, "closed", policy.SCP, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"ec2:*","Resource":"*"}}`)
	can, through, maybe = list(x.WhoCan(access.Request{Action: "s3:DeleteBucket", Set: policy.Policies{SCPs: [][]*policy.Document{{scp}, {closed}}}}))
	if len(can)+len(through)+len(maybe) > 0 {
		t.Errorf("got %q, %q and %q, want nobody where a level of SCPs allows it to nobody", can, through, maybe)
	}
}

// A key alone doesn't do what takes MFA, and how users come says so of the first step, too.
func TestWhoCanWithoutMFA(t *testing.T) {
	t.Parallel()
	x := demo()
	can, _, _ := list(x.WhoCan(access.Request{Action: "iam:CreateUser", MFA: "true"}))
	if !slices.Contains(can, "user/sato.yuki") {
		t.Errorf("with MFA: got %q, want user/sato.yuki among them", can)
	}
	can, through, _ := list(x.WhoCan(access.Request{Action: "iam:CreateUser", MFA: "absent"}))
	if slices.Contains(can, "user/sato.yuki") || !slices.Contains(can, "role/stack-admin") || !slices.Contains(through, "user/machines/ci-deploy") {
		t.Errorf("with a key: got %q and %q, want roles, and nobody whose policies ask for MFA", can, through)
	}
}

// Of another account's resource both sides have to allow; of one whose policy isn't known nothing is sure.
func TestCanAcrossAccounts(t *testing.T) {
	t.Parallel()
	x := demo()
	asked := access.Request{Action: "sqs:SendMessage", Resource: "arn:aws:sqs:ap-northeast-1:210987654321:queue"}
	for _, test := range []struct {
		who, policy string
		want        policy.Result
	}{
		{"role/stack-admin", "", policy.Depends},
		{"role/stack-setup", "", policy.ImplicitDeny},
		{"role/stack-admin", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"123456789012"},"Action":"sqs:*","Resource":"*"}}`, policy.Allowed},
		{"role/stack-admin", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"111111111111"},"Action":"sqs:*","Resource":"*"}}`, policy.ImplicitDeny},
	} {
		if asked.Set.Resource = nil; test.policy != "" {
			asked.Set.Resource = parsed(t, "queue", policy.Resource, test.policy)
		}
		got, err := x.Can(test.who, asked)
		if err != nil {
			t.Fatal(err)
		}
		if best := got.List[0].Best(); best.Result != test.want {
			t.Errorf("%s under %q: got %v, want %v", test.who, test.policy, best.Result, test.want)
		}
	}
}

// A user whom the authorization details don't hold has neither policies nor tags that are known: nothing is said of anybody
// that hangs on them, and the rest is.
func TestUserWithoutDetails(t *testing.T) {
	t.Parallel()
	s := emulator.Messy(25, 3, demoTime)
	d := &s.AuthorizationDetails.Value
	gone := d.Users[0].Name
	d.Users = d.Users[1:]
	x := access.New(account.New(s))
	for _, u := range x.Account.Users {
		who := x.User(u.Name)
		if admin := who.Admin(); admin == policy.No || u.Name == gone && who.Analysis() != nil {
			t.Errorf("%s: got %v, want nobody who surely is no administrator", u.Name, admin)
		}
	}
}
