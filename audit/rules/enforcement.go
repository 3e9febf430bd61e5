package rules

import (
	"slices"
	"strings"

	"sekisho/audit"
	"sekisho/audit/access"
	"sekisho/audit/account"
	"sekisho/audit/policy"
)

// The right way to ask for MFA, for messages and remedies.
const (
	rightGuard = `a Deny of all but enrolling, on "Resource": "*", with "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}`
	forceMFA   = "Console: IAM, Policies, Create policy, JSON: " + rightGuard + "; NotAction lists iam:CreateVirtualMFADevice, iam:EnableMFADevice, iam:GetUser, " +
		"iam:GetMFADevice, iam:ListMFADevices, iam:ListVirtualMFADevices, iam:ResyncMFADevice, iam:ChangePassword and sts:GetSessionToken; attach it to each group " +
		"of people. Command: aws iam create-policy --policy-name Force-MFA --policy-document file://force-mfa.json && aws iam attach-group-policy --group-name " +
		"GROUP --policy-arn ARN (try it first: sekisho policy force-mfa.json)"
	mendPolicy = "Command: aws iam create-policy-version --policy-arn ARN --policy-document file://policy.json --set-as-default (inline: aws iam put-group-policy; " +
		"try it first: sekisho policy policy.json)"
)

// policyFacts are what a verdict on a user's policies rests on beside the user himself: roles, since one may let him in by name.
var policyFacts = []account.Fact{account.UserPolicies, account.PolicyList, account.GroupList, account.RoleList}

// decided returns a user with his analysis. Where there is none he is answered unknown.
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

// closed reports whether a path that doesn't leak is surely closed without MFA: no role is hidden that could let the user in by name. Where
// one may be, the user is answered unknown.
func closed(p *audit.Pass, u *account.User) bool {
	if torn := p.Access.Torn(); len(torn) > 0 {
		p.Unknown(u, audit.Textf("the trust policy of the role %s can't be read: it may let him in by name", names(torn)), p.Account.RoleCount.Evidence()...)
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
	Why: "AWS asks for MFA at sign-in only who has a device. Who has none is stopped by nothing but his policies; without a guard in them his password alone " +
		"opens all that he may do.",
	How: "Evaluates all of the user's policies, those of his groups and his boundary as for a console session signed in with the password alone. Fails when a " +
		"user without an MFA device can do anything there beyond enrolling one, and passes when he can't. Passes with a device, since AWS asks for it at sign-in, " +
		"whatever the policies say. What leaks only under conditions that nobody knows is unknown. Not applicable to users without a console password.",
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
	Uses:     append([]account.Fact{account.UserPassword, account.UserTags}, policyFacts...),
	Why: "An access key is a file on a laptop. Having an MFA device changes nothing for who finds it: requests signed with a key carry no MFA, and only a policy " +
		"can refuse them.",
	How: "Evaluates all of the user's policies, those of his groups and his boundary for requests signed with the key itself and for the session that " +
		"GetSessionToken gives for it without MFA. Fails when anything is open beyond enrolling a device. What leaks only under conditions that nobody knows is " +
		"unknown. Not applicable to users without an active key, and to the users of machines, which can't show MFA, unless they are administrators: those that " +
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
			case machine && who.Analysis().Admin == policy.No:
				p.NotApplicable(u, audit.Textf("a machine's user"), slices.Concat(evidence, said)...)
			case machine && who.Analysis().Admin == policy.Maybe:
				p.Unknown(u, audit.Textf("a machine's user who is possibly an administrator, under conditions on which nothing is known"),
					slices.Concat(evidence, said, statements(p, who.Analysis().AdminBy()))...)
			default:
				checkPath(p, u, who, access.AccessKey, evidence)
			}
		}
	},
}

// isMachine reports whether a user is a machine's, and what shows it where AWS tells; where that isn't known he is answered unknown.
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

// checkPath passes a user whose path is closed, and fails one whose isn't.
func checkPath(p *audit.Pass, u *account.User, who *access.Principal, path access.Path, evidence []audit.Evidence) {
	if !who.Opens(path) {
		if closed(p, u) {
			p.Pass(u, slices.Concat(evidence, u.AttachedPolicies.Evidence())...)
		}
		return
	}
	text, refs := leakProof(who, path)
	evidence = slices.Concat(evidence, statements(p, refs))
	if !who.Analysis().Paths[path].Sure {
		p.Unknown(u, joined(audit.Textf("under conditions on which nothing is known, "), text), evidence...)
		return
	}
	p.Fail(u, text, evidence...)
}

// leakProof says shortly what a path opens without MFA, by which statements, and what would stop it.
func leakProof(who *access.Principal, path access.Path) (audit.Text, []string) {
	format := "the password alone can call %s (allowed by %s)"
	switch all := who.Analysis().Paths[path].Verdict == access.NotEnforced; {
	case path == access.AccessKey && all:
		format = "the access key alone opens all that MFA would: %s (allowed by %s)"
	case path == access.AccessKey:
		format = "the access key alone can call %s (allowed by %s)"
	case all:
		format = "the password alone opens all that MFA would: %s (allowed by %s)"
	}
	leaked := who.Leakage(path)
	refs := leaked.By
	text := audit.Textf(format, names(leaked.Actions), names(leaked.By))
	guard, ok := access.Finding{}, len(who.MFAStatements()) > 0
	if ok {
		guard, ok = faultyGuard(who.Analysis(), path)
	}
	if !ok {
		return joined(text, audit.Textf("; nothing asks for MFA there, wanted: %s", rightGuard)), refs
	}
	refs = append(slices.Clone(refs[:min(len(refs), 2)]), guard.Statement)
	message := guard.Message
	if path == access.Console {
		message = aboutSession(message)
	}
	return joined(text, audit.Textf("; "), said(message), audit.Textf("; right: "), said(guard.Fix)), refs
}

// aboutSession turns a message about a request that is signed with the access key into one about a session, of which it holds too.
func aboutSession(t access.Text) access.Text {
	t.Args = slices.Clone(t.Args)
	for i, arg := range t.Args {
		if who, ok := arg.(access.Text); ok && strings.HasPrefix(who.Format, "a request signed with") {
			t.Args[i] = access.Text{Format: "a session without MFA"}
		}
	}
	return t
}

// faultyGuard is the guard that lets a path's leaks out, if there is one.
func faultyGuard(a *access.Analysis, path access.Path) (access.Finding, bool) {
	for _, sure := range []access.FindingStatus{access.FindingFail, access.FindingUnknown} {
		for _, f := range a.Findings() {
			if f.Status == sure && f.Statement != "" && f.Rule != access.RuleSelfServiceScope && (f.Session || path == access.AccessKey) {
				return f, true
			}
		}
	}
	return access.Finding{}, false
}
