package access

import (
	"fmt"
	"slices"
	"strings"

	"sekisho/audit/lists"
	"sekisho/audit/message"
	"sekisho/audit/policy"
)

// The rules that Findings decides.
const (
	RuleMFAOperator      = "mfa-guard-operator"
	RuleMFAScope         = "mfa-guard-scope"
	RuleMFAExceptions    = "mfa-guard-exceptions"
	RuleSelfServiceScope = "mfa-self-service-scope"
)

// FindingStatus is a rule's answer, spelled as in JSON output.
type FindingStatus string

// The statuses.
const (
	FindingUnknown       FindingStatus = "unknown"
	FindingPass          FindingStatus = "pass"
	FindingFail          FindingStatus = "fail"
	FindingNotApplicable FindingStatus = "not_applicable"
)

// Finding is what is wrong, or not, with the way policies ask for MFA.
type Finding struct {
	Rule      string
	Status    FindingStatus
	Statement string // the statement at fault; empty if there is none
	AllowedBy string // the statement that allows what is open
	Message   message.Message
	Fix       message.Message // the condition or statement that would be right; empty where nothing is wrong
	Session   bool            // it holds for a session without MFA too, such as a password gives
	AsksMFA   bool            // the fix asks for MFA, which the user of a machine can't show
}

// Conditions that are right.
const (
	soundDeny    = `"Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}`
	soundDenyAge = `"Condition": {"NumericGreaterThanIfExists": {"aws:MultiFactorAuthAge": "%s"}}`
	soundAllow   = `"Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}`
	soundScope   = `"Effect": "Deny", "NotAction": ["iam:CreateVirtualMFADevice", "iam:EnableMFADevice", "iam:GetUser", "iam:GetMFADevice", ` +
		`"iam:ListMFADevices", "iam:ListVirtualMFADevices", "iam:ResyncMFADevice", "sts:GetSessionToken"], "Resource": "*", ` + soundDeny
)

// Findings returns what the subject's MFA policies get wrong, at least one finding a rule.
func (a *Analysis) Findings() []Finding { return a.details().findings }

// judgeMFA judges the MFA policies. Where nothing leaks it takes no reacher.
func (a *Analysis) judgeMFA(r *reacher, s *scratch) (out []Finding) {
	if a.undecided() {
		why := message.New("the policies are too large to analyse")
		if !a.TooLarge {
			why = a.Unread[0]
		}
		for _, rule := range []string{RuleMFAOperator, RuleMFAScope, RuleMFAExceptions, RuleSelfServiceScope} {
			out = append(out, Finding{Rule: rule, Message: why, Status: FindingUnknown})
		}
		return out
	}
	g := a.mfaRules()
	if a.leaks() {
		g.inspect(r, s, a)
	}
	return slices.Concat(g.operators(), g.scopes(), g.selfService())
}

// leaks reports whether something leaks on some path.
func (a *Analysis) leaks() bool { return !a.clean(Console) || !a.clean(AccessKey) }

// clean reports whether nothing leaks on a path.
func (a *Analysis) clean(p Path) bool {
	return a.Paths[p].Verdict == Enforced || a.Paths[p].Verdict == NoAccess
}

// mfaRule is a statement whose condition hangs on MFA: an MFA policy if it denies.
type mfaRule struct {
	*rule
	in    *instance // as it stands for the subject
	stuck bool      // it can't match anything for the subject
}

// without are the contexts without MFA.
var without = []requestContext{longTermKey, noMFA}

// contextNames say who acts in a context.
var contextNames = [...]message.Message{
	longTermKey: message.New("an access key"),
	noMFA:       message.New("a session without MFA"),
	withMFA:     message.New("a session with MFA"),
}

// inspection is all that the rules on MFA policies look at.
type inspection struct {
	r      *reacher
	s      *scratch
	denies []mfaRule
	allows []mfaRule
	leaks  [3][]leakCell // by context, one a statement and resource
	extras [3][]extra
}

type leakCell struct {
	cell
	yes, maybe policy.ActionSet
}

// mfaRules finds the statements that ask for MFA.
func (a *Analysis) mfaRules() *inspection {
	g, in := &inspection{}, a.space()
	for _, d := range a.subject.documents() {
		for _, rule := range in.document(d).asks {
			switch {
			case rule.statement.Effect == policy.Deny:
				g.denies = append(g.denies, mfaRule{rule: rule})
			case d != a.subject.Boundary:
				g.allows = append(g.allows, mfaRule{rule: rule})
			}
		}
	}
	return g
}

// inspect finds what leaks, and what the MFA policies are for the subject.
func (g *inspection) inspect(r *reacher, s *scratch, a *Analysis) {
	g.r, g.s = r, s
	for _, list := range [][]mfaRule{g.denies, g.allows} {
		for i := range list {
			in, ok := r.instance(list[i].rule, false)
			list[i].in, list[i].stuck = &in, !ok
		}
	}
	for _, c := range without {
		if c == longTermKey && a.clean(AccessKey) || c == noMFA && a.clean(Console) {
			continue
		}
		g.leaks[c], g.extras[c] = r.leakCells(s, c), r.open[c]
	}
}

// proof is one leak that shows what is wrong.
type proof struct {
	context requestContext
	action  string
	grave   bool // it is a takeover
	by      *instance
	sure    bool
	session bool // a session without MFA shows it too
}

// better keeps the proof that says most: a sure one before a possible one, a takeover before others.
func (p *proof) better(q proof) bool {
	if p.by == nil || p.sure != q.sure {
		return p.by == nil || q.sure
	}
	return q.grave && !p.grave
}

// take takes the better proof.
func (p *proof) take(q proof) {
	session := p.session || q.session
	if p.better(q) {
		*p = q
	}
	p.session = session
}

// offer finds the proof among some actions of a leak.
func (p *proof) offer(s *scratch, c requestContext, l *leakCell, among policy.ActionSet, names []string) {
	for i, set := range [...]policy.ActionSet{l.yes, l.maybe} {
		if !set.Intersects(among) {
			continue
		}
		first := -1
		for a := range s.arena.And(set, among).All() {
			if first < 0 || known().takeovers.Has(a) {
				first = a
			}
			if known().takeovers.Has(a) {
				break
			}
		}
		if first >= 0 {
			p.take(proof{c, names[first], known().takeovers.Has(first), l.by, i == 0, c == noMFA})
		}
	}
}

// prove finds the proof of a statement's fault among the leaks that it is to blame for.
func (g *inspection) prove(m *mfaRule, blamed func(requestContext, *leakCell) bool) (p proof) {
	for _, c := range without {
		for j := range g.leaks[c] {
			if l := &g.leaks[c][j]; blamed(c, l) {
				p.offer(g.s, c, l, m.acts, g.names())
			}
		}
	}
	return p
}

func (p *proof) status() FindingStatus {
	if p.sure {
		return FindingFail
	}
	return FindingUnknown
}

func (g *inspection) names() []string { return g.r.space.catalogue.Names }

// operators judges the conditions of MFA policies, and of Allows that ask for MFA.
func (g *inspection) operators() (out []Finding) {
	for i := range g.denies {
		m := &g.denies[i]
		p := g.prove(m, func(c requestContext, l *leakCell) bool {
			return m.mfaTruth[c] != policy.Yes && (m.set == nil || m.set.meets(l.resource))
		})
		if p.by == nil {
			continue
		}
		f := Finding{
			Rule: RuleMFAOperator, Status: p.status(), Statement: m.statement.Ref(), AllowedBy: p.by.statement.Ref(),
			Message: message.New("%s does not stop %s, which can call %s", m.statement.Ref(), contextNames[p.context], p.action),
			Fix:     change(conditionTexts(m.mfa), soundDeny),
			Session: p.session, AsksMFA: true,
		}
		if age := m.mfa[0]; strings.EqualFold(age.Key, keyMFAAge) && strings.HasPrefix(age.Operator, "Numeric") && len(age.Values) > 0 {
			f.Fix = change(conditionTexts(m.mfa), fmt.Sprintf(soundDenyAge, age.Values[0]))
		}
		out = append(out, f)
	}
	for i := range g.allows {
		m := &g.allows[i]
		if m.mfaTruth[withMFA] != policy.Yes {
			continue // it allows those without MFA only, and says so
		}
		p := g.prove(m, func(c requestContext, l *leakCell) bool { return m.mfaTruth[c] == policy.Yes && l.by.rule == m.rule })
		if p.by == nil {
			continue
		}
		out = append(out, Finding{
			Rule: RuleMFAOperator, Status: p.status(), Statement: m.statement.Ref(),
			Message: message.New("%s also allows %s, which can call %s", m.statement.Ref(), contextNames[p.context], p.action),
			Fix:     change(conditionTexts(m.mfa), soundAllow),
			Session: p.session, AsksMFA: true,
		})
	}
	if len(out) > 0 {
		return out
	}
	if len(g.denies)+len(g.allows) == 0 {
		return []Finding{{Rule: RuleMFAOperator, Status: FindingNotApplicable, Message: message.New("no statement asks for MFA")}}
	}
	return []Finding{{Rule: RuleMFAOperator, Status: FindingPass, Message: message.New("every condition on MFA stops what it is meant to stop")}}
}

// meets reports whether the set and a resource have something in common.
func (s *resourceSet) meets(o *resource) bool {
	return slices.ContainsFunc(s.of, func(r *resource) bool { return r.holds(o) || r.meets(o) })
}

// selfService judges whether actions on a user's credentials reach other people's without MFA: one finding a statement
// that allows it.
func (g *inspection) selfService() (out []Finding) {
	type reaching struct {
		proof
		at *resource
	}
	var found []reaching
	for _, c := range without {
		for j := range g.leaks[c] {
			l := &g.leaks[c][j]
			if g.r.own(l.resource) {
				continue
			}
			var p proof
			if p.offer(g.s, c, l, known().othersUsers, g.names()); p.by == nil {
				continue
			}
			i := slices.IndexFunc(found, func(f reaching) bool { return f.by.rule == p.by.rule })
			switch {
			case i < 0:
				found = append(found, reaching{p, l.resource})
			case found[i].better(p):
				p.session = p.session || found[i].session
				found[i] = reaching{p, l.resource}
			default:
				found[i].session = found[i].session || p.session
			}
		}
	}
	for i := range found {
		p := &found[i].proof
		ref := p.by.statement.Ref()
		f := Finding{
			Rule: RuleSelfServiceScope, Status: p.status(), Statement: ref, AllowedBy: ref, Session: p.session,
			Message: message.New("%s allows %s on other users without MFA", ref, p.action),
		}
		kind := "user"
		if strings.Contains(p.action, "VirtualMFADevice") {
			kind = "mfa"
		}
		f.Fix = change(found[i].at.texts(), fmt.Sprintf(`"Resource": "arn:%s:iam::*:%s/${aws:username}"`, g.r.space.partition, kind))
		if f.AsksMFA = isBroad(p.by.statement); f.AsksMFA {
			f.Fix = message.New("for %s, add a Deny of all but enrolling, with %s", message.Names(3, found[i].at.texts()), soundDeny)
		}
		out = append(out, f)
	}
	if len(out) == 0 {
		return []Finding{{Rule: RuleSelfServiceScope, Status: FindingPass, Message: message.New("nobody else's credentials can be managed without MFA")}}
	}
	return out
}

// isBroad reports whether the statement is about all of IAM, as an administrator's is: narrowing its resource would not
// fix it, and AWS's own policies can't be edited.
func isBroad(s *policy.Statement) bool {
	return s.NotAction || slices.ContainsFunc(s.Actions, func(a string) bool {
		return a == "*" || a == "*:*" || strings.EqualFold(a, "iam:*")
	})
}

// otherConditions returns an MFA policy's conditions on anything but MFA.
func otherConditions(r *rule) (out []*policy.Condition) {
	for i := range r.statement.Conditions {
		if c := &r.statement.Conditions[i]; !slices.Contains(r.mfa, c) {
			out = append(out, c)
		}
	}
	return out
}

// conditionTexts writes conditions shortly: "Bool aws:MultiFactorAuthPresent false".
func conditionTexts(conditions []*policy.Condition) []string {
	return lists.Map(conditions, func(c *policy.Condition) string {
		return strings.Join(append([]string{c.OperatorName(), c.Key}, c.Values...), " ")
	})
}

// change says what parts of a statement should be.
func change(parts []string, to string) message.Message {
	return message.New("%s in place of %s", to, message.Names(3, parts))
}
