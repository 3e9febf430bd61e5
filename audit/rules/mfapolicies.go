package rules

import (
	"slices"
	"strings"

	"sekisho/audit"
	"sekisho/audit/access"
	"sekisho/audit/account"
	"sekisho/audit/message"
	"sekisho/audit/policy"
)

const (
	mfaPolicyJudged = "Judged once for each policy, on all users who have it, together with their other policies: what nothing allows can't leak. "
	mfaPolicyScope  = " Not applicable to a policy that no user has"
	machinesSpared  = " What is open to users of machines alone, by mfa.machine_users or without it those without a console password, isn't counted: they can't show MFA."
)

// mfaPolicyRule is a rule that package access decides on the policies that are wanted.
func mfaPolicyRule(r audit.Rule, decided string, wanted func(*policy.Document) bool) *audit.Rule {
	r.Category = audit.CategoryMFAEnforcement
	r.Severity = audit.High
	r.Uses = append([]account.Fact{account.UserPassword, account.UserTags}, policyFacts...)
	r.How = mfaPolicyJudged + r.How
	r.Check = func(p *audit.Pass) { checkMFAPolicies(p, decided, wanted) }
	return &r
}

var mfaPolicyOperator = mfaPolicyRule(audit.Rule{
	ID:      "mfa-guard-operator",
	Title:   "Conditions on MFA stop those whom they are meant to stop",
	Problem: "A condition on MFA does not stop those whom it is meant to stop",
	Why: "A request signed with an access key doesn't say that it lacks MFA, it says nothing. A Deny with Bool false never meets it; one with Null true never " +
		"meets a session. The policy looks as if it asked for MFA, and stops nobody.",
	How: "Fails when a Deny whose condition hangs on aws:MultiFactorAuthPresent or aws:MultiFactorAuthAge doesn't hold for a key or a session " +
		"without MFA and something that it means is open to one, or when an Allow's condition holds for one (BoolIfExists true)." + machinesSpared + mfaPolicyScope +
		", or only users of machines.",
	Fix: policyFix(guide("reference_policies_condition-keys"), `in a Deny "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}, in an Allow "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}`),
}, access.RuleMFAOperator, access.MentionsMFA)

var mfaPolicyCovers = mfaPolicyRule(audit.Rule{
	ID:      "mfa-guard-scope",
	Title:   "An MFA policy covers everything",
	Problem: "An MFA policy leaves something open",
	Why:     "An MFA policy that denies a list of actions, or on some resources, protects those and nothing else: all that comes later, from other policies, stays open.",
	How: "Fails when a Deny that asks for MFA soundly leaves open what its Action or Resource doesn't name, or hangs on another condition " +
		"besides that a caller may not meet, such as an address. What no request of a user's own carries, such as aws:CalledVia, excepts nobody." + machinesSpared + mfaPolicyScope +
		", or only users of machines, and where the condition stops nobody.",
	Fix: policyFix(guide("reference_policies_examples_aws_my-sec-creds-self-manage"), `a Deny of all but enrolling, on "Resource": "*", with "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}} and nothing else in the condition`),
}, access.RuleMFAScope, access.HasMFADeny)

var mfaPolicyExceptions = mfaPolicyRule(audit.Rule{
	ID:      "mfa-guard-exceptions",
	Title:   "An MFA policy excepts nothing that gives control",
	Problem: "An MFA policy excepts an action that gives control",
	Why: "What an MFA policy's NotAction lists is open to anyone who has the password or the key. One exception too many, sts:AssumeRole or iam:CreateAccessKey, and " +
		"they get the rest by a detour.",
	How: "Fails when the NotAction of a Deny that asks for MFA soundly lets out an action that takes over (new credentials, policies, groups, " +
		"roles) or reaches data, and something allows it. What it takes to enrol a device and to change one's own password may be excepted." + machinesSpared +
		mfaPolicyScope + ", or only users of machines, and where the condition stops nobody.",
	Fix: policyFix(guide("reference_policies_examples_aws_my-sec-creds-self-manage"), "take the action out of NotAction"),
}, access.RuleMFAExceptions, access.HasMFADeny)

var mfaSelfServiceScope = mfaPolicyRule(audit.Rule{
	ID:      "mfa-self-service-scope",
	Title:   "Without MFA nobody reaches the credentials of others",
	Problem: "Without MFA a user reaches the credentials of others",
	Why: "A policy that lets people manage their own devices, passwords and keys, written with user/* for their name, lets someone who finds one password or key take " +
		"everybody's MFA away.",
	How: "Fails when it allows, without MFA, to deactivate MFA devices, or to make or change passwords, access keys and the like, for other users " +
		"than oneself. Policies that allow none of these actions aren't looked at, nor those of users of machines that allow everything." + mfaPolicyScope + ".",
	Fix: policyFix(guide("reference_policies_examples_aws_my-sec-creds-self-manage"), `"Resource": "arn:aws:iam::*:user/${aws:username}", and for virtual devices mfa/${aws:username}`),
}, access.RuleSelfServiceScope, access.ManagesCredentials)

// mfaPolicyState is what is said of one policy.
type mfaPolicyState struct {
	at      account.Subject
	found   []access.Finding // that name it, of one status: failures, or else unknowns
	users   []string         // to whom the first of them belongs
	unknown message.Message  // why nothing can be said on some user's account
	applies bool             // it is about something that the policy has
	spared  bool             // it is about the users of machines, of whom no MFA is asked
}

// policyKey tells policies apart: by ARN, and the name of an inline one.
type policyKey struct{ arn, item string }

// mfaPolicyRun judges the policies of one rule.
type mfaPolicyRun struct {
	p        *audit.Pass
	rule     string
	wanted   func(*policy.Document) bool
	wantedOf map[*policy.Document]bool
	states   map[policyKey]*mfaPolicyState
	order    []*mfaPolicyState
	hidden   bool          // users whose policies aren't all known may have any
	sparing  *account.User // whom spares answered for last
	spared   bool
}

func checkMFAPolicies(p *audit.Pass, rule string, wanted func(*policy.Document) bool) {
	r := &mfaPolicyRun{p: p, rule: rule, wanted: wanted, wantedOf: map[*policy.Document]bool{}, states: map[policyKey]*mfaPolicyState{}}
	for u := range p.Users() {
		r.user(u, p.Access.User(u.Name))
	}
	r.hidden = r.hidden || !p.Account.UserCount.OK() || !p.Account.RoleCount.OK()
	for _, s := range r.order {
		r.answer(s)
	}
	r.unheld()
}

func (r *mfaPolicyRun) user(u *account.User, who *access.Principal) {
	if !r.p.Require(u, account.UserPolicies) {
		r.hidden = true
		return
	}
	if who.Hidden {
		r.hidden = true
		r.p.Unknown(u, who.Unread[0], u.Groups.Evidence()...)
	}
	why, undecided := who.Undecided()
	for _, held := range who.Policies {
		if held.Document == nil {
			r.state(held.At).unknown = why
			continue
		}
		if !r.isWanted(held.Document) {
			continue
		}
		s := r.state(held.At)
		if undecided {
			s.unknown = why
			continue
		}
		for _, f := range who.Analysis().Findings() {
			switch {
			case f.Rule != r.rule:
			case !isWrong(f) || !strings.HasPrefix(f.Statement, held.Document.Name+"#"):
				s.applies = s.applies || f.Status != access.FindingNotApplicable
			case f.AsksMFA && r.spares(u):
				s.spared = true
			default:
				s.add(u.Name, f)
			}
		}
	}
}

func isWrong(f access.Finding) bool {
	return f.Status == access.FindingFail || f.Status == access.FindingUnknown
}

// spares reports whether a user is a machine's, of which no MFA is asked. Where that isn't known the user is answered.
func (r *mfaPolicyRun) spares(u *account.User) bool {
	if r.sparing != u {
		machine, _, known := isMachine(r.p, u)
		r.sparing, r.spared, r.hidden = u, machine || !known, r.hidden || !known
	}
	return r.spared
}

func (r *mfaPolicyRun) isWanted(d *policy.Document) bool {
	is, known := r.wantedOf[d]
	if !known {
		is = r.wanted(d)
		r.wantedOf[d] = is
	}
	return is
}

func (r *mfaPolicyRun) state(at account.Subject) *mfaPolicyState {
	key := policyKey{at.ARN, at.Item}
	s := r.states[key]
	if s == nil {
		s = &mfaPolicyState{at: at}
		r.states[key] = s
		r.order = append(r.order, s)
	}
	return s
}

// add takes in what a user who has the policy shows to be wrong with it.
func (s *mfaPolicyState) add(user string, f access.Finding) {
	if len(s.found) > 0 && s.found[0].Status != f.Status {
		if f.Status != access.FindingFail {
			return
		}
		s.found, s.users = nil, nil
	}
	if !slices.ContainsFunc(s.found, func(g access.Finding) bool { return g.Statement == f.Statement }) {
		s.found = append(s.found, f)
	}
	if f.Statement == s.found[0].Statement && !slices.Contains(s.users, user) {
		s.users = append(s.users, user)
	}
}

func (r *mfaPolicyRun) answer(s *mfaPolicyState) {
	p, evidence := r.p, r.p.Account.PolicyCount.Evidence()
	if len(s.found) > 0 {
		f := s.found[0]
		refs := make([]string, len(s.found))
		for i := range s.found {
			refs[i] = s.found[i].Statement
		}
		proof := append(slices.Clone(refs), f.AllowedBy)
		failIf(p, f.Status == access.FindingFail, s.at, f.Message, statements(p, refs)...).About(s.users).By(proof).ToFix(f.Fix)
		return
	}
	switch {
	case !s.unknown.Empty():
		p.Unknown(s.at, s.unknown, evidence...)
	case r.hidden:
		// Somebody whose policies aren't known may have it; that was answered.
		requireLists(p, account.UserList, account.GroupList, account.RoleList)
	case s.applies:
		p.Pass(s.at, evidence...)
	case s.spared:
		p.NotApplicable(s.at, message.New("it concerns users of machines only"), evidence...)
	default:
		p.NotApplicable(s.at, message.New("its condition stops nobody"), evidence...)
	}
}

// unheld answers for the policies that no user has.
func (r *mfaPolicyRun) unheld() {
	none := func(at account.Subject, name, text string) {
		d, err := r.p.Access.Document(name, text)
		if r.hidden || r.states[policyKey{at.ARN, at.Item}] != nil || err == nil && !r.isWanted(d) {
			return
		}
		if err != nil {
			r.p.Unknown(at, access.Malformed(err), r.p.Account.PolicyCount.Evidence()...)
			return
		}
		r.p.NotApplicable(at, message.New("no user has it"), r.p.Account.PolicyCount.Evidence()...)
	}
	for m := range r.p.Policies() {
		if text, ok := access.DefaultVersion(m); ok {
			none(account.Subject{ARN: m.ARN, Name: m.Name}, m.Name, text)
		}
	}
	for g := range r.p.Groups() {
		for _, inline := range g.InlinePolicies {
			none(account.Subject{ARN: g.ARN, Name: g.Name, Item: inline.Name}, inline.Name, inline.Document)
		}
	}
	for role := range r.p.Roles() {
		for _, inline := range role.InlinePolicies {
			none(account.Subject{ARN: role.ARN, Name: role.Name, Item: inline.Name}, inline.Name, inline.Document)
		}
	}
}
