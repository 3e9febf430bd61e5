package policy

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// naiveJoin decides by the book, in two-valued logic and step by step as the Guide's flow charts do, what policies of
// all kinds come to.
func naiveJoin(req Request, set Policies) Result {
	allows := func(documents ...*Document) bool {
		return slices.ContainsFunc(documents, func(d *Document) bool { return naiveEvaluate(d, req.Action, req.Resource, req.Context) == Allowed })
	}
	for _, d := range slices.Concat(set.Identity, set.Session, slices.Concat(set.SCPs...), set.RCPs, []*Document{set.Boundary}) {
		if d != nil && naiveEvaluate(d, req.Action, req.Resource, req.Context) == ExplicitDeny {
			return ExplicitDeny
		}
	}
	var named []string // what the resource's policy calls those whom it allows
	if set.Resource != nil {
		for _, s := range set.Resource.Statements {
			if !naiveStatement(set.Resource, &s, req.Action, req.Resource, req.Context) {
				continue
			}
			as := naiveNames(&s, req.Context)
			if s.NotPrincipal {
				as = map[bool][]string{true: {}, false: {"everyone"}}[len(as) > 0 && (s.Effect == Allow || set.Boundary == nil)]
			}
			if s.Effect == Deny && len(as) > 0 {
				return ExplicitDeny
			}
			named = append(named, as...)
		}
	}
	for _, level := range set.SCPs {
		if !allows(level...) {
			return ImplicitDeny
		}
	}
	narrowed := (set.Boundary == nil || allows(set.Boundary)) && (set.Session == nil || allows(set.Session...))
	own := allows(set.Identity...) && narrowed
	direct := slices.Contains(named, "everyone") || slices.Contains(named, "session") ||
		slices.Contains(named, "user") && (set.Session == nil || narrowed) || slices.Contains(named, "role") && narrowed
	service, _, _ := strings.Cut(req.Action, ":")
	allowed := own || direct
	switch {
	case set.Resource == nil:
		allowed = own
	case req.ResourceAccount != "" && req.ResourceAccount != "123456789012":
		allowed = own && len(named) > 0
	case service == "kms" || service == "sts":
		allowed = direct || own && len(named) > 0
	}
	if allowed {
		return Allowed
	}
	return ImplicitDeny
}

// naiveNames says as what a statement's principals name the caller.
func naiveNames(s *Statement, ctx *Context) (as []string) {
	values, _, _ := ctx.Lookup("aws:PrincipalArn")
	arn := values[0]
	for _, p := range s.Principals {
		switch {
		case p.Value == "*":
			as = append(as, "everyone")
		case p.Value == "123456789012" || p.Value == "arn:aws:iam::123456789012:root":
			as = append(as, "account")
		case p.Value == arn && strings.Contains(arn, ":user/"):
			as = append(as, "user")
		case p.Value == arn:
			as = append(as, "role")
		case strings.Contains(arn, ":role/"):
			id, _, _ := ctx.Lookup("aws:userid")
			if p.Value == "arn:aws:sts::123456789012:assumed-role/"+arn[strings.LastIndex(arn, "/")+1:]+"/"+strings.TrimPrefix(id[0], "AROAEXAMPLE:") {
				as = append(as, "session")
			}
		}
	}
	return as
}

// TestRandomRequestsOfAllKinds compares the evaluator with the naive one on policies of all kinds together. What lacks an Allow is
// told, too: with Allows there the request is allowed, and without one of them it is not.
func TestRandomRequestsOfAllKinds(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(5, 6))
	principals := []string{
		`"*"`, `{"AWS":"123456789012"}`, `{"AWS":"arn:aws:iam::123456789012:root"}`, `{"AWS":"210987654321"}`, `{"AWS":"arn:aws:iam::123456789012:user/alice"}`,
		`{"AWS":"arn:aws:iam::123456789012:role/ci/deploy"}`, `{"AWS":["arn:aws:sts::123456789012:assumed-role/deploy/run-1","123456789012"]}`,
		`{"AWS":"arn:aws:sts::123456789012:assumed-role/deploy/run-1"}`, `{"AWS":"arn:aws:sts::123456789012:assumed-role/deploy/run-2"}`,
		`{"AWS":"arn:aws:sts::123456789012:assumed-role/ploy/run-1"}`, `{"Service":"ec2.amazonaws.com"}`,
	}
	made := func(kind Kind, denies int) *Document {
		var list []string
		for range 1 + r.IntN(2) {
			effect, principal := "Allow", ""
			if r.IntN(denies) == 0 {
				effect = "Deny"
			}
			switch kind {
			case RCP:
				effect, principal = "Deny", `"Principal":"*",`
			case Resource:
				principal = pick(r, []string{`"Principal":`, `"Principal":`, `"Principal":`, `"NotPrincipal":`}) + pick(r, principals) + ","
			}
			list = append(list, fmt.Sprintf(`{"Effect":"%s",%s"Action":%s,"Resource":%s}`, effect, principal,
				quoted(r, 2, []string{"*", "s3:*", "s3:Get*", "kms:*", "sts:*", "s3:PutObject"}), quoted(r, 2, []string{"*", "arn:aws:s3:::b/*", "arn:aws:s3:::c/*"})))
		}
		if kind == RCP && r.IntN(3) > 0 {
			list = []string{`{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}`}
		}
		return document(t, "p", kind, list...)
	}
	some := func(kind Kind) (list []*Document) {
		for range r.IntN(3) {
			list = append(list, made(kind, 14))
		}
		return list
	}
	seen := map[Result]int{}
	for range 3000 {
		ctx := NewContext(Absent)
		ctx.Set("aws:PrincipalAccount", "123456789012")
		ctx.Set("aws:PrincipalArn", "arn:aws:iam::123456789012:user/alice")
		if r.IntN(3) > 0 {
			ctx.Set("aws:PrincipalArn", "arn:aws:iam::123456789012:role/ci/deploy")
			ctx.Set("aws:userid", "AROAEXAMPLE:run-1")
		}
		req := Request{
			Action: pick(r, []string{"s3:GetObject", "s3:PutObject", "kms:Decrypt", "sts:AssumeRole"}), Resource: "arn:aws:s3:::b/k", Context: ctx,
			ResourceAccount: pick(r, []string{"", "", "123456789012", "210987654321"}),
		}
		set := Policies{Identity: some(Identity), Session: some(Session), RCPs: some(RCP)}
		for range r.IntN(3) {
			set.SCPs = append(set.SCPs, []*Document{made(SCP, 14), made(SCP, 14)})
		}
		if r.IntN(2) == 0 {
			set.Boundary = made(Boundary, 14)
		}
		if r.IntN(3) > 0 {
			set.Resource = made(Resource, 14)
		}
		got, want := Evaluate(req, set), naiveJoin(req, set)
		if got.Result != want {
			t.Fatalf("%+v\n%+v %v: got %s, naively %s", texts(set), req, ctx.keys, got.Result, want)
		}
		if seen[want]++; want == ImplicitDeny {
			wantLacks(t, req, set, got.Lacks)
		}
	}
	if seen[Allowed] < 300 || seen[ExplicitDeny] < 300 || seen[ImplicitDeny] < 300 {
		t.Errorf("one-sided: %v", seen)
	}
}

// wantLacks holds that Allows in all kinds that are named are what the request lacks.
func wantLacks(t *testing.T, req Request, set Policies, lacks []Kind) {
	t.Helper()
	add := func(set Policies, kinds []Kind) Policies {
		for _, kind := range kinds {
			all := document(t, "all", kind, statement("Allow", "", map[bool]string{true: `"Principal":"*"`}[kind == Resource]))
			with := func(d *Document) *Document {
				c := *all
				c.Statements = append(slices.Clone(d.Statements), all.Statements...)
				return &c
			}
			switch kind {
			case Identity:
				set.Identity = append(slices.Clone(set.Identity), all)
			case Boundary:
				set.Boundary = with(set.Boundary)
			case Session:
				set.Session = append(slices.Clone(set.Session), all)
			case Resource:
				set.Resource = with(set.Resource)
			case SCP:
				set.SCPs = slices.Clone(set.SCPs)
				for i := range set.SCPs {
					set.SCPs[i] = append(slices.Clone(set.SCPs[i]), all)
				}
			}
		}
		return set
	}
	if got := Evaluate(req, add(set, lacks)); got.Result != Allowed {
		t.Fatalf("%+v\n%+v: got %s with Allows in what it lacks, %v, want allowed", texts(set), req, got.Result, lacks)
	}
}

// texts are the documents of a set.
func texts(set Policies) (out []string) {
	for _, d := range set.All() {
		data, _ := d.MarshalJSON()
		out = append(out, d.Kind.String()+" "+string(data))
	}
	return out
}
