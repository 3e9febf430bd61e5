package rules

import (
	"slices"
	"strings"

	"sekisho/audit"
	"sekisho/audit/access"
	"sekisho/audit/account"
	"sekisho/audit/policy"
)

// What a row shows of a path's leaks at most: 5,000 users make a long report.
const (
	mostLeaks        = 5
	mostLeakActions  = 4
	mostLeakPolicies = 3
)

// Enforcement makes the report's section on whether MFA is registered and enforced: a row a user, sorted by name.
func Enforcement(p *audit.Pass) []audit.EnforcementRow {
	all := principalsOf(p)
	rows := make([]audit.EnforcementRow, 0, len(p.Account.Users))
	for _, u := range p.Account.Users {
		rows = append(rows, enforcementRow(p, u, all, all.users[u.Name]))
	}
	return rows
}

func enforcementRow(p *audit.Pass, u *account.User, all *principals, who *principal) audit.EnforcementRow {
	row := audit.EnforcementRow{Name: u.Name, ARN: u.ARN, Kinds: []account.MFAKind{}, Admin: "unknown"}
	if has, ok := u.Password.Get(); ok {
		row.Password = &has
	}
	if has, ok := u.MFA.Get(); ok {
		row.MFAActive = &has
	}
	if keys, ok := u.AccessKeys.Get(); ok {
		n := len(activeKeys(keys))
		row.ActiveKeys = &n
	}
	devices, ok := u.MFADevices.Get()
	if !ok {
		devices = u.VirtualMFADevices
	}
	for _, d := range devices {
		if !slices.Contains(row.Kinds, d.Kind) {
			row.Kinds = append(row.Kinds, d.Kind)
		}
	}
	nothing := audit.EnforcedOnPath{Verdict: access.VerdictUnknown.String(), Leaks: []audit.LeakRow{}}
	row.Console, row.AccessKey = nothing, nothing
	if who.missing != nil {
		row.Reason = who.missing.String()
		return row
	}
	if text, not := who.undecided(); not {
		row.Reason = text.String()
		return row
	}
	row.Admin = [...]string{policy.No: "no", policy.Maybe: "possibly", policy.Yes: "yes"}[who.analysis.Admin]
	row.Console, row.AccessKey = enforcedOn(who, access.Console), enforcedOn(who, access.AccessKey)
	hidden := ""
	if !p.Account.RoleCount.OK() {
		hidden = "the list of roles isn't complete: one that isn't known may let him in by name"
	} else if len(all.torn) > 0 {
		hidden = "the trust policy of the role " + names(all.torn) + " can't be read: it may let him in by name"
	}
	if hidden != "" {
		for path, on := range map[access.Path]*audit.EnforcedOnPath{access.Console: &row.Console, access.AccessKey: &row.AccessKey} {
			if !opens(who, path) {
				*on, row.Reason = nothing, hidden
			}
		}
	}
	return row
}

// enforcedOn is a path's verdict with the first of what leaks.
func enforcedOn(who *principal, path access.Path) audit.EnforcedOnPath {
	v := who.analysis.Paths[path]
	out := audit.EnforcedOnPath{Verdict: v.Verdict.String(), Sure: v.Sure, Leaks: []audit.LeakRow{}}
	if opens(who, path) {
		out.Leaks, out.Services = who.leaks(path).rows, who.leaks(path).services
	}
	return out
}

// leakage is the shortest account of what a path leaks. All that leaks would be hundreds of services for each of 5,000 administrators.
type leakage struct {
	actions, by string   // what matters most, and the statements that allow it
	refs        []string // the first of these
	rows        []audit.LeakRow
	services    int // in how many something leaks
}

// leaks returns what leaks on a path, worked out once.
func (w *principal) leaks(path access.Path) *leakage {
	if w.leaked[path] == nil {
		w.leaked[path] = newLeakage(w.analysis, path)
	}
	return w.leaked[path]
}

// newLeakage names takeovers first, then a service's actions, and of both what is sure where anything is.
func newLeakage(a *access.Analysis, path access.Path) *leakage {
	leaks := a.Leaks(path)
	slices.SortStableFunc(leaks, func(x, y access.Leak) int { return gravity(y) - gravity(x) })
	sure := a.Paths[path].Sure
	var actions, refs []string
	taken := map[string]bool{}
	for _, t := range a.Takeovers(path) {
		if t.Sure == sure {
			service, _, _ := strings.Cut(t.Action, ":")
			taken[service] = true
			actions = append(actions, t.Action)
		}
	}
	for _, l := range leaks {
		if l.Sure != sure {
			continue
		}
		if !taken[l.Service] {
			actions = append(actions, l.Actions...)
		}
		for _, ref := range l.By {
			if !slices.Contains(refs, ref) {
				refs = append(refs, ref)
			}
		}
	}
	out := &leakage{actions: names(actions), by: names(refs), refs: slices.Clone(refs[:min(len(refs), mostLeakPolicies)]), rows: []audit.LeakRow{}}
	services := map[string]bool{} // one may leak surely in part and possibly in part
	for _, l := range leaks {
		services[l.Service] = true
	}
	out.services = len(services)
	for _, l := range leaks[:min(len(leaks), mostLeaks)] {
		out.rows = append(out.rows, audit.LeakRow{
			Service: l.Service, Actions: slices.Clone(l.Actions[:min(len(l.Actions), mostLeakActions)]), Count: len(l.Actions), Sure: l.Sure,
			By: slices.Clone(l.By[:min(len(l.By), mostLeakPolicies)]),
		})
	}
	return out
}

// grave are the services that matter most to whoever got in, the gravest last: where data and code are, then what gives access to everything else.
var grave = []string{"logs", "sqs", "ecs", "rds", "dynamodb", "lambda", "ec2", "ssm", "kms", "secretsmanager", "s3", "sts", "iam"}

// gravity puts what is sure, and what is grave, first.
func gravity(l access.Leak) int {
	weight := 1 + slices.Index(grave, l.Service)
	if l.Sure {
		weight += len(grave) + 1
	}
	return weight
}
