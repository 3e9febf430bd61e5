package rules

import (
	"slices"

	"sekisho/audit"
	"sekisho/audit/access"
	"sekisho/audit/account"
	"sekisho/audit/message"
	"sekisho/audit/policy"
)

// rightMFAPolicy is the right way to ask for MFA.
const rightMFAPolicy = `a Deny of all but enrolling, on "Resource": "*", with "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}`

// policyFacts are what a verdict on a user's policies rests on beside the user: roles, since one may name the user.
var policyFacts = []account.Fact{account.UserPolicies, account.PolicyList, account.GroupList, account.RoleList}

// decided returns a user with the analysis. Where there is none the user is answered unknown.
func decided(p *audit.Pass, u *account.User) (*access.Principal, bool) {
	who := p.Access.User(u.Name)
	if !p.Require(u, account.UserPolicies) {
		return nil, false
	}
	if text, not := who.Undecided(); not {
		p.Unknown(u, text, u.AttachedPolicies.Evidence()...)
		return nil, false
	}
	return who, true
}

// closed reports whether a path that doesn't leak is surely closed without MFA: no role is hidden that could name the
// user. Where one may be, the user is answered unknown.
func closed(p *audit.Pass, u *account.User) bool {
	if torn := p.Access.Torn(); len(torn) > 0 {
		p.Unknown(u, message.New("the trust policy of %s cannot be read: it may name the user", names(torn)), p.Account.RoleCount.Evidence()...)
		return false
	}
	return p.Require(p.Account, account.RoleList)
}

var mfaEnforcedConsole = &audit.Rule{
	ID:       "mfa-enforced-console",
	Title:    "A console password alone opens nothing",
	Problem:  "A console password alone is enough to act",
	Category: audit.CategoryMFAEnforcement,
	Severity: audit.High,
	Needs:    []account.Fact{account.UserPassword},
	Uses:     append([]account.Fact{account.UserMFA}, policyFacts...),
	Why: "AWS asks for MFA at sign-in only where a user has a device. A user without one is stopped by nothing but policies; without an MFA policy among them " +
		"the password alone opens all that the user may do.",
	How: "Evaluates all of the user's policies, those of their groups, their boundary and, in an audit of an organization, the service control policies above the account as for a console session signed in with the password alone. Fails when a " +
		"user without an MFA device can do anything there beyond enrolling one, and passes otherwise. Passes with a device, since AWS asks for it at sign-in, " +
		"whatever the policies say. What is open only under conditions on which nothing is known is unknown. Not applicable to users without a console password.",
	Fix: forceMFA,
	Check: func(p *audit.Pass) {
		for u, evidence := range withoutDevice(p) {
			if who, ok := decided(p, u); ok {
				checkPath(p, u, who, access.Console, evidence)
			}
		}
	},
}

var mfaEnforcedAccessKey = &audit.Rule{
	ID:       "mfa-enforced-access-key",
	Title:    "A person's access key alone opens nothing",
	Problem:  "A person's access key alone is enough to act",
	Category: audit.CategoryMFAEnforcement,
	Severity: audit.High,
	Needs:    []account.Fact{account.UserAccessKeys},
	Uses:     append([]account.Fact{account.UserPassword, account.UserTags, account.OrganizationFeatures}, policyFacts...),
	Why: "An access key is a file on a laptop. Having an MFA device changes nothing for someone who finds it: requests signed with a key carry no MFA, and only a policy " +
		"can refuse them.",
	How: "Evaluates all of the user's policies, those of their groups, their boundary and, in an audit of an organization, the service control policies above the account for requests signed with the key itself and for the session that " +
		"GetSessionToken gives for it without MFA. Fails when anything is open beyond enrolling a device. What is open only under conditions on which nothing is known is " +
		"unknown. Not applicable to users without an active key, and to the users of machines, which cannot show MFA, unless they are administrators: those that " +
		"mfa.machine_users names, and without it every user without a console password.",
	Fix: forceMFA,
	Check: func(p *audit.Pass) {
		for u := range p.Users() {
			if len(activeKeys(u.AccessKeys.Value())) == 0 {
				p.NotApplicable(u, noActiveKey)
				continue
			}
			machine, said, ok := isMachine(p, u)
			if !ok {
				continue
			}
			who, ok := decided(p, u)
			if !ok {
				continue
			}
			evidence := u.AccessKeys.Evidence()
			switch {
			case machine && who.Admin() == policy.No:
				p.NotApplicable(u, message.New("the user of a machine"), slices.Concat(evidence, said)...)
			case machine && who.Admin() == policy.Maybe:
				p.Unknown(u, message.New("the user of a machine, and possibly an administrator"),
					slices.Concat(evidence, said, statements(p, who.AdminBy()))...)
			default:
				checkPath(p, u, who, access.AccessKey, slices.Concat(evidence, said))
			}
		}
	},
}

// isMachine reports whether a user is a machine's, and what shows it where AWS tells; where that isn't known the user
// is answered unknown.
func isMachine(p *audit.Pass, u *account.User) (machine bool, said []audit.Evidence, ok bool) {
	if len(p.Settings.MachineUsers) == 0 {
		if !p.Require(u, account.UserPassword) {
			return false, nil, false
		}
		return !u.Password.Value(), u.Password.Evidence(), true
	}
	is, known := p.Settings.Machine(u)
	if !known {
		return false, nil, p.Require(u, account.UserTags)
	}
	return is, nil, true
}

// checkPath passes a user whose path is closed, and fails one whose path is open.
func checkPath(p *audit.Pass, u *account.User, who *access.Principal, path access.Path, evidence []audit.Evidence) {
	if !who.Opens(path) {
		if closed(p, u) {
			p.Pass(u, slices.Concat(evidence, u.AttachedPolicies.Evidence())...)
		}
		return
	}
	text, refs, fix := leakProof(who, path)
	evidence = slices.Concat(evidence, statements(p, refs))
	failIf(p, who.Analysis().Paths[path].Sure, u, text, evidence...).By(refs).ToFix(fix)
}

// leakProof says what a path opens without MFA, by which statements, and what would stop it.
func leakProof(who *access.Principal, path access.Path) (text message.Message, refs []string, fix message.Message) {
	leaked := who.Leakage(path)
	actions := leaked.Actions
	switch all := who.Analysis().Paths[path].Verdict == access.NotEnforced; {
	case path == access.AccessKey && all:
		text = message.New("the access key alone opens as much as MFA: %s", actions)
	case path == access.AccessKey:
		text = message.New("the access key alone can call %s", actions)
	case all:
		text = message.New("the password alone opens as much as MFA: %s", actions)
	default:
		text = message.New("the password alone can call %s", actions)
	}
	refs, fix = leaked.By, message.New(rightMFAPolicy)
	if len(who.MFAStatements()) > 0 {
		if faulty, ok := faultyMFAPolicy(who.Analysis(), path); ok {
			refs, fix = append(slices.Clone(refs[:min(len(refs), 2)]), faulty.Statement), faulty.Fix
		}
	}
	return text, refs, fix
}

// faultyMFAPolicy is the MFA policy that lets a path's leaks out, if there is one.
func faultyMFAPolicy(a *access.Analysis, path access.Path) (access.Finding, bool) {
	for _, sure := range []access.FindingStatus{access.FindingFail, access.FindingUnknown} {
		for _, f := range a.Findings() {
			if f.Status == sure && f.Statement != "" && f.Rule != access.RuleSelfServiceScope && (f.Session || path == access.AccessKey) {
				return f, true
			}
		}
	}
	return access.Finding{}, false
}
