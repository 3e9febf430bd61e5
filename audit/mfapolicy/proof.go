package mfapolicy

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"sekisho/audit/access"
	"sekisho/audit/lists"
	"sekisho/audit/policy"
)

// MaxSize is how long a managed policy may be, in characters that are no white space (IAM User Guide, "IAM and AWS STS
// quotas").
const MaxSize = 6144

// account is whose users the proof is about.
const account = "123456789012"

// admin is what else a user of the proof may do.
const admin = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`

// Prove tries a policy on users as they come, with nothing else and with all rights besides, and reports where it does
// not do what was wished or does more. name is the policy's, for the statements that it names.
func Prove(w Wish, d Document, name string) error {
	text, err := json.Marshal(d)
	if err != nil {
		return fmt.Errorf("writing the policy: %w", err)
	}
	if size := len(bytes.Join(bytes.Fields(text), nil)); size > MaxSize {
		return fmt.Errorf("got a policy of %d characters, want at most the %d that a managed policy may have", size, MaxSize)
	}
	made, err := policy.Parse(name, policy.Identity, text)
	if err != nil {
		return err
	}
	all, err := policy.Parse("admin", policy.Identity, []byte(admin))
	if err != nil {
		return err
	}
	p := proof{wish: w, analyzer: access.NewAnalyzer(), made: made, all: all}
	p.person()
	for _, pattern := range w.Except {
		p.machine(pattern)
	}
	if len(p.faults) > 0 {
		return fmt.Errorf("the policy does not do what was asked for: %s", strings.Join(p.faults, "; "))
	}
	return nil
}

type proof struct {
	wish      Wish
	analyzer  *access.Analyzer
	made, all *policy.Document
	faults    []string
}

func (p *proof) want(what string, got, want any) {
	if g, w := fmt.Sprint(got), fmt.Sprint(want); g != w {
		p.faults = append(p.faults, fmt.Sprintf("%s: got %s, want %s", what, g, w))
	}
}

// analyze judges a user without a device, who has tags and policies.
func (p *proof) analyze(name string, tags map[string]string, policies ...*policy.Document) *access.Analysis {
	return p.analyzer.Analyze(&access.Subject{Name: name, Account: account, Partition: p.wish.partition(), Tags: tags, Identity: policies})
}

// person proves that people need MFA for all but enrolling, and get what was wished and no more.
func (p *proof) person() {
	name := p.wish.person()
	alone := p.analyze(name, map[string]string{}, p.made)
	beside := p.analyze(name, map[string]string{}, p.made, p.all)
	for path := range alone.Paths {
		p.want(access.Path(path).String()+" of an administrator", beside.Paths[path], access.PathVerdict{Verdict: access.Enforced, Sure: true})
	}
	for _, f := range slices.Concat(alone.Findings(), beside.Findings()) {
		if f.Status == access.FindingFail {
			p.faults = append(p.faults, f.Rule+": "+f.Message.String())
		}
	}
	device, possible, firstSignIn := "none", policy.No, policy.No
	if p.wish.manages(MFA) {
		device, possible = "any", policy.Yes
		if p.wish.OwnName {
			device = "username"
		}
	}
	if p.wish.FirstSignIn {
		firstSignIn = policy.Yes
	}
	p.want("enrolment", alone.Enrolment, access.Enrolment{Possible: possible, DeviceName: device})
	p.want("a first sign-in", alone.FirstSignIn, firstSignIn)
	p.want("what is managed with MFA", alone.SelfService.WithMFA, lists.Map(lists.Filter(Kinds(), p.wish.manages), func(kind string) string {
		if kind == MFA {
			return "mfa-devices"
		}
		return kind
	}))
	p.exactly(name)
}

// exactly asks for each action of AWS on what belongs to the user and on what does not.
func (p *proof) exactly(name string) {
	arn := "arn:" + p.wish.partition() + ":iam::" + account + ":"
	own, device := p.wish.granted()
	ctx := policy.NewContext(policy.Unknown)
	ctx.Set(mfaPresent, "true")
	ctx.Set("aws:username", name)
	ctx.Set(service, codeCommit)
	for _, pattern := range p.wish.Except {
		if key, _, isTag := asTag(pattern); isTag {
			ctx.SetAbsent("aws:PrincipalTag/" + key)
		}
	}
	bedrock := ctx.Clone()
	bedrock.Set(service, "bedrock.amazonaws.com")
	for _, action := range policy.Actions().Names {
		for _, r := range []struct {
			resource string
			want     bool
		}{
			{"*", own[action] == "*"},
			{arn + "user/" + name, own[action] != ""},
			{arn + "user/team/" + name, own[action] != ""},
			{arn + "user/" + name + "x", own[action] == "*"},
			{arn + "user/x" + name, own[action] == "*"},
			{arn + "user/team/x" + name, own[action] == "*"},
			{arn + "mfa/" + name, own[action] == "*" || device[action]},
			{arn + "mfa/x" + name, own[action] == "*" || device[action] && !p.wish.OwnName},
			{arn + "role/" + name, own[action] == "*"},
		} {
			p.asks(action, r.resource, ctx, r.want)
		}
		p.asks(action, arn+"user/"+name, bedrock, own[action] != "" && action != "iam:CreateServiceSpecificCredential")
	}
}

func (p *proof) asks(action, resource string, ctx *policy.Context, want bool) {
	got := policy.Evaluate(policy.Request{Action: action, Resource: resource, Context: ctx}, policy.Policies{Identity: []*policy.Document{p.made}}).Result
	if !policy.Ungoverned(action) && ((got == policy.Allowed) != want || got == policy.Depends) {
		p.faults = append(p.faults, fmt.Sprintf("%s on %s: got %s", action, resource, got))
	}
}

// granted lists the actions that a wish is about: on the user, or on * where they take no resource, and on devices.
func (w Wish) granted() (own map[string]string, device map[string]bool) {
	own = map[string]string{"iam:GetUser": "own"}
	for _, g := range grants {
		if !w.manages(g.kind) {
			continue
		}
		for _, action := range g.own {
			own[action] = "own"
		}
		for _, action := range g.everywhere {
			own[action] = "*"
		}
	}
	if w.manages(GitCredentials) {
		own["iam:CreateServiceSpecificCredential"] = "own"
	}
	return own, map[string]bool{"iam:CreateVirtualMFADevice": w.manages(MFA), "iam:DeleteVirtualMFADevice": w.manages(MFA) && w.OwnName}
}

// machine proves that a machine keeps what other policies allow, and gets nothing.
func (p *proof) machine(pattern string) {
	name, tags := strings.NewReplacer("*", "x", "?", "x").Replace(pattern), map[string]string{}
	if key, value, isTag := asTag(pattern); isTag {
		name, tags = p.wish.person(), map[string]string{key: value}
	}
	alone, beside := p.analyze(name, tags, p.made), p.analyze(name, tags, p.made, p.all)
	for path := range alone.Paths {
		p.want(access.Path(path).String()+" of the excepted "+pattern, alone.Paths[path].Verdict, access.NoAccess)
		p.want(access.Path(path).String()+" of the excepted administrator "+pattern, beside.Paths[path].Verdict, access.NotEnforced)
	}
	p.want("what the excepted "+pattern+" manages", alone.SelfService.WithMFA, []string(nil))
}
