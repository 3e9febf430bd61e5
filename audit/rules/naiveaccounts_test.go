package rules_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"sekisho/audit"
	"sekisho/audit/access"
	"sekisho/audit/account"
	"sekisho/audit/policy"
	"sekisho/audit/rules"
)

var (
	naiveAccounts = flag.Int("accounts", 300, "how many random accounts TestClosureAgreesWithNaive judges")
	naiveFirst    = flag.Int("first", 0, "the number of the first of them")
	naiveShown    = flag.Int("shown", 10, "how many of its differences are made small and shown")
)

// TestClosureAgreesWithNaive judges random accounts twice: by privilege-escalation, and by an attacker who starts as one
// principal and tries every call. The rule must fail the principals with whom the attacker comes to be allowed
// everything, and pass the others. Not applicable are those who are allowed everything from the start; a principal who
// is stopped by a Deny or a condition only, and gets rid of it, may be called an administrator or fail.
func TestClosureAgreesWithNaive(t *testing.T) {
	t.Parallel()
	rule := rules.Catalogue()[slices.IndexFunc(rules.Catalogue(), func(r *audit.Rule) bool { return r.ID == "privilege-escalation" })]
	count := map[string]int{}
	for i := *naiveFirst; i < *naiveFirst+*naiveAccounts; i++ {
		s := randomAccount(rand.New(rand.NewPCG(20261130, uint64(i))))
		got := judge(t, rule, s)
		for _, who := range s.everybody() {
			want, _ := s.judge(who)
			verdict := got(who)
			count[verdict]++
			count["wanted "+want]++
			if !differ(want, verdict) {
				continue
			}
			if count["differ"]++; count["differ"] > *naiveShown {
				continue
			}
			small := shrink(s, func(s *sim) bool {
				if s.Users[who] == nil && s.Roles[who] == nil {
					return false
				}
				w, _ := s.judge(who)
				return w == want && judge(t, rule, s)(who) == verdict
			})
			_, calls := small.judge(who)
			t.Errorf("account %d: got %s for %s, want %s:\n%s\ncalls:\n  %s\nrule: %s", i, verdict, who, want, small.lines(), strings.Join(calls, "\n  "), finding(t, rule, small, who))
		}
	}
	t.Logf("verdicts: %v", count)
	if all := count["pass"] + count["fail"] + count["n/a"]; count["differ"] > 0 || count["unknown"] > all/20 || count["wanted cut"] > all/20 || count["wanted yes"] < all/10 || count["wanted no"] < all/10 {
		t.Errorf("got %v, want no difference, a twentieth unknown or cut off at most, and many of both kinds", count)
	}
}

// judge says whether somebody is an "administrator" from the start, or can become one: "yes", with the calls, "maybe" if as
// the root user alone, "no", or "cut" where there are too many ways to try. Those who are "restrained" are administrators but for a Deny or a
// condition, which they get rid of.
func (s *sim) judge(who string) (verdict string, calls []string) {
	began := s.start(who)
	restrained := false
	for _, a := range began.actors() {
		if a.How == "mfa" || a.How == "role" {
			restrained = a.allButDenied()
			if restrained && !a.hedged() {
				return "administrator", nil
			}
		}
	}
	calls, won, cut := began.explore(100)
	switch {
	case cut:
		return "cut", nil
	case won && (restrained || len(calls) == 0):
		return "restrained", calls
	case won:
		return "yes", calls
	}
	began.Mailbox = true
	switch calls, won, cut = began.explore(100); {
	case cut:
		return "cut", nil
	case won:
		return "maybe", calls
	}
	return "no", nil
}

func differ(want, got string) bool {
	switch want {
	case "administrator":
		return got != "n/a"
	case "restrained":
		return got != "n/a" && got != "fail" && got != "unknown"
	case "yes":
		return got != "fail" && got != "unknown"
	case "maybe":
		return got != "unknown"
	case "no":
		return got != "pass" && got != "unknown"
	}
	return false
}

func (s *sim) everybody() []string {
	return slices.Concat(slices.Sorted(maps.Keys(s.Users)), slices.Sorted(maps.Keys(s.Roles)))
}

func (s *sim) report(t *testing.T, rule *audit.Rule) *audit.Report {
	t.Helper()
	report, _ := audit.Evaluate(s.snapshot(t), []*audit.Rule{rule}, audit.Options{Thresholds: audit.DefaultThresholds()})
	return report
}

// judge returns what the rule says of everybody.
func judge(t *testing.T, rule *audit.Rule, s *sim) func(who string) string {
	if s.SCP != "" {
		return s.underSCP(t)
	}
	verdicts := settled(s.report(t, rule), byResource)
	return func(who string) string {
		switch v := verdicts[who]; {
		case len(v) == 0:
			return "unknown"
		case v[0] == audit.StatusNotApplicable:
			return "n/a"
		default:
			return v[0].String()
		}
	}
}

// underSCP returns the same of the ways themselves, for the rule knows no policies of an organization.
func (s *sim) underSCP(t *testing.T) func(who string) string {
	x := access.New(account.New(s.snapshot(t)))
	x.Guard(access.Guardrails{SCPs: [][]*policy.Document{{parsed(policy.SCP, s.SCP)}}})
	words := map[access.Standing]string{access.CanAscend: "fail", access.CannotAscend: "pass", access.Already: "n/a", access.MayAscend: "unknown", access.Undetermined: "unknown"}
	return func(who string) string {
		is := x.Role(iamARN + who)
		if s.Users[who] != nil {
			is = x.User(plain(who))
		}
		return words[is.Ascent().Standing]
	}
}

func finding(t *testing.T, rule *audit.Rule, s *sim, who string) string {
	for _, f := range s.report(t, rule).Findings {
		if audit.Short(f.Resource, "") == who {
			return fmt.Sprint(f.Message, " ", f.Remarks())
		}
	}
	return "no finding"
}

func plain(who string) string { return who[strings.LastIndex(who, "/")+1:] }

// lines describe the account as those of an archive do, but for the versions of policies other than the default one.
func (s *sim) lines() string {
	var b strings.Builder
	name := func(arn string) string {
		if s.Policies[arn] == nil {
			panic("no policy " + arn)
		}
		return arn[strings.Index(arn, "policy/")+len("policy/"):]
	}
	for arn, p := range sorted(s.Policies) {
		if arn == administrator {
			fmt.Fprintf(&b, "managed aws/%s %s\n", name(arn), s.text(arn))
			continue
		}
		fmt.Fprintf(&b, "managed %s %s\n", name(arn), s.text(arn))
		for i, text := range p.Versions {
			if i != p.Default {
				fmt.Fprintf(&b, "# version %d of %s %s\n", i+1, name(arn), text)
			}
		}
	}
	held := func(h *holder) string {
		var names []string
		for _, arn := range h.Attached {
			names = append(names, name(arn))
		}
		return "attached=" + strings.Join(names, ",")
	}
	about := func(owner, tagged string, id *identity) {
		for name, text := range sorted(id.Inline) {
			fmt.Fprintf(&b, "inline %s %s %s\n", owner, name, text)
		}
		if id.Boundary != "" {
			fmt.Fprintf(&b, "boundary %s %s\n", owner, name(id.Boundary))
		}
		if id.Team != "" {
			fmt.Fprintf(&b, "tag %s team=%s\n", tagged, id.Team)
		}
	}
	if s.SCP != "" {
		fmt.Fprintf(&b, "# SCP %s\n", s.SCP)
	}
	if s.Aloof {
		b.WriteString("organization enabled=\n")
	}
	for who, g := range sorted(s.Groups) {
		fmt.Fprintf(&b, "group %s %s\n", plain(who), held(g))
		about(who, "", &identity{holder: *g})
	}
	for who, u := range sorted(s.Users) {
		var groups []string
		for _, g := range u.Groups {
			groups = append(groups, plain(g))
		}
		fmt.Fprintf(&b, "user %s path=%s groups=%s %s", plain(who), strings.TrimSuffix(strings.TrimPrefix(who, "user"), plain(who)), strings.Join(groups, ","), held(&u.holder))
		for i := range u.Keys {
			fmt.Fprintf(&b, " key%d=-50d", i+1)
		}
		if u.Password {
			b.WriteString(" password=-50d")
		}
		b.WriteString("\n")
		if u.Device {
			fmt.Fprintf(&b, "device %s owner=%s\n", plain(who), plain(who))
		}
		about("user/"+plain(who), plain(who), &u.identity)
	}
	for who, r := range sorted(s.Roles) {
		fmt.Fprintf(&b, "role %s %s\ntrust %s %s\n", plain(who), held(&r.holder), plain(who), r.Trust)
		about(who, who, &r.identity)
	}
	return b.String()
}

func sorted[V any](m map[string]V) func(func(string, V) bool) {
	return func(yield func(string, V) bool) {
		for _, key := range slices.Sorted(maps.Keys(m)) {
			if !yield(key, m[key]) {
				return
			}
		}
	}
}

func (s *sim) snapshot(t *testing.T) *account.Snapshot {
	t.Helper()
	var lines []string
	for line := range strings.Lines(s.lines()) {
		if !strings.HasPrefix(line, "#") {
			lines = append(lines, line)
		}
	}
	out, _, _ := build(t, strings.Join(lines, ""))
	for i := range out.AuthorizationDetails.Value.Policies {
		p := &out.AuthorizationDetails.Value.Policies[i]
		old := p.Versions[0]
		p.Versions = nil
		for k, text := range s.Policies[p.ARN].Versions {
			isDefault := k == s.Policies[p.ARN].Default
			v := account.PolicyVersion{ID: fmt.Sprintf("v%d", k+1), Created: old.Created, Default: isDefault, Document: text}
			if p.Versions = append(p.Versions, v); isDefault {
				p.DefaultVersion = v.ID
			}
		}
	}
	return out
}

// shrink takes away what it can, while the account still shows what it did.
func shrink(s *sim, shows func(*sim) bool) *sim {
	var whole any
	if err := json.Unmarshal([]byte(s.key()), &whole); err != nil {
		panic(err)
	}
	try := func(v any) (less *sim) {
		defer func() {
			if recover() != nil { // what is left is no account
				less = nil
			}
		}()
		text, _ := json.Marshal(v)
		less = &sim{Hands: map[string]hand{}}
		if json.Unmarshal(text, less) != nil {
			return nil
		}
		for _, r := range less.Roles {
			parsed(policy.Trust, r.Trust)
		}
		if less.learn(); !shows(less) {
			return nil
		}
		return less
	}
next:
	for {
		for _, v := range smaller(whole) {
			if less := try(v); less != nil {
				s, whole = less, v
				continue next
			}
		}
		return s
	}
}

// smaller are the values that lack one thing, on whatever level; documents are taken apart as well.
func smaller(v any) (out []any) {
	switch v := v.(type) {
	case map[string]any:
		for key, value := range sorted(v) {
			if key == "Version" {
				continue
			}
			without := maps.Clone(v)
			delete(without, key)
			out = append(out, without)
			for _, less := range smaller(value) {
				with := maps.Clone(v)
				with[key] = less
				out = append(out, with)
			}
		}
	case []any:
		for i, value := range v {
			if len(v) > 1 {
				out = append(out, slices.Delete(slices.Clone(v), i, i+1))
			}
			for _, less := range smaller(value) {
				with := slices.Clone(v)
				with[i] = less
				out = append(out, with)
			}
		}
	case string:
		var document map[string]any
		if json.Unmarshal([]byte(v), &document) == nil {
			for _, less := range smaller(document) {
				text, _ := json.Marshal(less)
				out = append(out, string(text))
			}
		}
	}
	return out
}

// What random accounts share is what is the same in them: of each is said what is said of it alone, whichever were judged
// before.
func TestSharedAccountsAreJudgedAsAlone(t *testing.T) {
	t.Parallel()
	shared := access.NewShared()
	for i := range 25 {
		s := randomAccount(rand.New(rand.NewPCG(20261130, uint64(i)))).snapshot(t)
		options := audit.Options{Thresholds: audit.DefaultThresholds(), Depth: audit.DepthDeep}
		want, _ := audit.Evaluate(s, rules.Catalogue(), options)
		options.Shared = shared
		if got, _ := audit.Evaluate(s, rules.Catalogue(), options); !reflect.DeepEqual(got, want) {
			t.Errorf("account %d: got %+v after others, want %+v", i, got.Summary, want.Summary)
		}
	}
}
