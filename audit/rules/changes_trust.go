package rules

import (
	"slices"
	"strings"

	"sekisho/audit"
	"sekisho/audit/access"
	"sekisho/audit/account"
	"sekisho/audit/change"
	"sekisho/audit/lists"
	"sekisho/audit/policy"
)

// trusts is a role's trust policy with statements that are edited; false where it can't be read. A statement that loses all
// its principals goes, and where none is left nobody may assume the role.
func trusts(on *audit.Fixing, r *account.Role, edit func(*policy.Statement)) (string, bool) {
	t := on.Trust(r)
	if t.Err != nil {
		return "", false
	}
	var statements []policy.Statement
	for _, st := range t.Document.Statements {
		had := len(st.Principals)
		if edit(&st); had == 0 || len(st.Principals) > 0 {
			statements = append(statements, st)
		}
	}
	if len(statements) == 0 {
		return change.Nobody, true
	}
	return rewritten(t.Document, statements), true
}

// trustWithout is a trust policy that doesn't name some principal, by its ARN or unique ID.
func trustWithout(on *audit.Fixing, r *account.Role, named ...string) (string, bool) {
	return trusts(on, r, func(st *policy.Statement) {
		if !st.NotPrincipal {
			st.Principals = lists.Filter(st.Principals, func(p policy.Principal) bool { return !slices.Contains(named, p.Value) })
		}
	})
}

// retrusted retires a role that nobody uses; the trust policy of another is edited, by a person who decides or as it is right.
func retrusted(on *audit.Fixing, r *account.Role, action string, text string, ok bool) []change.Change {
	switch {
	case quietRole(on, r):
		return retireRole(on, r, nil)
	case !ok:
		return nil
	}
	return list(change.New(action, r.Name, text))
}

// ofFailure edits the statements that a failure names.
func ofFailure(f *audit.Finding, edit func(*policy.Statement)) func(*policy.Statement) {
	return func(st *policy.Statement) {
		if slices.Contains(f.Statements, st.Ref()) {
			edit(st)
		}
	}
}

// require adds a condition to a statement, beside those of its operator.
func require(st *policy.Statement, operator, key string, values ...string) {
	st.Conditions = slices.Clone(st.Conditions)
	added := policy.Condition{Operator: operator, Key: key, Values: values}
	rest := slices.DeleteFunc(st.Conditions, func(c policy.Condition) bool {
		return c.OperatorName() == operator && strings.EqualFold(c.Key, key)
	})
	i := slices.IndexFunc(rest, func(c policy.Condition) bool { return c.OperatorName() == operator })
	st.Conditions = slices.Insert(rest, max(i, 0), added)
}

// requireAny is require of a key with several values.
func requireAny(st *policy.Statement, operator, key, value string) {
	st.Conditions = append(slices.Clone(st.Conditions), policy.Condition{Operator: operator, Quantifier: policy.ForAnyValue, Key: key, Values: []string{value}})
}

func nameTrusted(on *audit.Fixing, r *account.Role, f *audit.Finding) []change.Change {
	text, ok := trusts(on, r, ofFailure(f, func(st *policy.Statement) {
		st.NotPrincipal, st.Principals = false, []policy.Principal{{Type: "AWS", Value: account.RootARN(on.Account.Partition, on.Account.ID)}}
	}))
	return retrusted(on, r, "person:NameTrusted", text, ok)
}

func askForExternalID(on *audit.Fixing, r *account.Role, f *audit.Finding) []change.Change {
	text, ok := trusts(on, r, ofFailure(f, func(st *policy.Statement) { require(st, "StringEquals", "sts:ExternalId", "agreed-upon") }))
	return retrusted(on, r, "person:AgreeExternalId", text, ok)
}

func forgetDeleted(on *audit.Fixing, r *account.Role, _ *audit.Finding) []change.Change {
	var gone []string
	if t := on.Trust(r); t.Err == nil {
		for _, g := range t.Which(func(g access.TrustGrant) bool { return g.Kind == access.TrustsGone }) {
			gone = append(gone, g.Principal)
		}
	}
	text, ok := trustWithout(on, r, gone...)
	return retrusted(on, r, "iam:UpdateAssumeRolePolicy", text, ok)
}

// actForOwnAccount has a service act for this account and those that are trusted.
func actForOwnAccount(on *audit.Fixing, r *account.Role, f *audit.Finding) []change.Change {
	text, ok := trusts(on, r, ofFailure(f, func(st *policy.Statement) { require(st, "StringEquals", "aws:SourceAccount", on.Account.ID) }))
	return retrusted(on, r, "iam:UpdateAssumeRolePolicy", text, ok)
}

// nameClaim has a person name the claim that says whose a token is.
func nameClaim(on *audit.Fixing, r *account.Role, f *audit.Finding) []change.Change {
	hosts := map[string][]access.TrustGrant{}
	if t := on.Trust(r); t.Err == nil {
		for _, g := range t.Which(func(g access.TrustGrant) bool { return g.Kind == access.TrustsFederated }) {
			hosts[g.Statement] = append(hosts[g.Statement], g)
		}
	}
	text, ok := trusts(on, r, ofFailure(f, func(st *policy.Statement) {
		for _, g := range hosts[st.Ref()] {
			switch host, kind := g.Issuer(); {
			case g.Guests != policy.No:
				requireAny(st, "StringLike", host+":amr", "authenticated")
				require(st, "StringEquals", host+":aud", "ap-northeast-1:00000000-0000-0000-0000-000000000000")
			case kind == access.IssuerCluster:
				require(st, "StringEquals", host+":sub", "system:serviceaccount:namespace:name")
			case strings.HasPrefix(host, "token.actions.githubusercontent.com"):
				require(st, "StringEquals", host+":sub", "repo:owner/repository:ref:refs/heads/main")
			default:
				require(st, "StringEquals", host+":sub", "0000-0000-0000-0000")
			}
		}
	}))
	return retrusted(on, r, "person:NameClaim", text, ok)
}

// askTrustedForMFA denies people without MFA to assume a role. Roles and services, which show none, still may.
func askTrustedForMFA(on *audit.Fixing, r *account.Role, _ *audit.Finding) []change.Change {
	t := on.Trust(r)
	if quietRole(on, r) || t.Err != nil {
		return retrusted(on, r, "", "", false)
	}
	deny := policy.Statement{
		Sid: "PeopleNeedMFA", Effect: policy.Deny, Principals: []policy.Principal{{Type: "AWS", Value: "*"}}, Actions: []string{"sts:AssumeRole"},
		Conditions: []policy.Condition{
			{Operator: "ArnLike", Key: "aws:PrincipalArn", Values: []string{"arn:" + on.Account.Partition + ":iam::" + on.Account.ID + ":user/*"}},
			{Operator: "Bool", IfExists: true, Key: "aws:MultiFactorAuthPresent", Values: []string{"false"}},
		},
	}
	if machines := machinesWithKeys(on); len(machines) > 0 {
		deny.Conditions = slices.Insert(deny.Conditions, 1, policy.Condition{Operator: "ArnNotLike", Key: "aws:PrincipalArn", Values: machines})
	}
	rest := lists.Filter(t.Document.Statements, func(st policy.Statement) bool { return st.Sid != deny.Sid })
	return list(change.New("iam:UpdateAssumeRolePolicy", r.Name, rewritten(t.Document, append(rest, deny))))
}

// machinesWithKeys are the ARNs of users of machines that have an active key.
func machinesWithKeys(on *audit.Fixing) (arns []string) {
	for _, u := range on.Account.Users {
		if machine(on, u) && len(activeKeys(seen(u.AccessKeys))) > 0 {
			arns = append(arns, u.ARN)
		}
	}
	return arns
}

// machine reports whether a user is known to be a machine's.
func machine(on *audit.Fixing, u *account.User) bool {
	if len(on.Settings.MachineUsers) > 0 {
		is, _ := on.Settings.Machine(u)
		return is
	}
	password, known := u.Password.Get()
	return known && !password
}

// auditOnly takes ReadOnlyAccess from a role that others can assume.
func auditOnly(on *audit.Fixing, r *account.Role, f *audit.Finding) []change.Change {
	readOnly := policyOfAWS(on.Account.Partition, "ReadOnlyAccess")
	audit := policyOfAWS(on.Account.Partition, "SecurityAudit")
	switch {
	case quietRole(on, r):
		return retireRole(on, r, f)
	case !slices.ContainsFunc(on.Account.Policies, func(m *account.Policy) bool { return m.ARN == audit }): // AWS tells those that are in use
		return list(change.New("person:SwapForAuditPolicy", r.Name, readOnly))
	}
	return list(change.New("iam:AttachRolePolicy", r.Name, audit), change.New("iam:DetachRolePolicy", r.Name, readOnly))
}
