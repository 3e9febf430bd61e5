package rules

import (
	"encoding/json"
	"slices"
	"strings"

	"sekisho/audit"
	"sekisho/audit/access"
	"sekisho/audit/account"
	"sekisho/audit/change"
	"sekisho/audit/lists"
	"sekisho/audit/mfapolicy"
	"sekisho/audit/policy"
)

// enrol has a user enrol a device: an administrator a security key. Where policies keep the user from it, an administrator
// does it with them.
func enrol(on *audit.Fixing, u *account.User, _ *audit.Finding) []change.Change {
	return list(enrolling(on, u))
}

func enrolling(on *audit.Fixing, u *account.User) change.Change {
	if on.Account.Partition != china && on.User(u.Name).Admin() != policy.No {
		return change.New("person:EnrolSecurityKey", u.Name)
	}
	return change.New("person:EnrolMFADevice", u.Name)
}

// with joins lists of changes, equal ones once. They may be hundreds.
func with(all ...[]change.Change) (out []change.Change) {
	there, key := map[string]bool{}, []byte(nil)
	for _, list := range all {
		for _, c := range list {
			if key = c.AppendKey(key[:0]); !there[string(key)] {
				there[string(key)], out = true, append(out, c)
			}
		}
	}
	return out
}

// letIn lets a user change the password that must be changed: with MFA, and by the account's password policy where no policy
// of the user's allows it.
func letIn(on *audit.Fixing, u *account.User, f *audit.Finding) (all []change.Change) {
	a := on.User(u.Name).Analysis()
	if device, _ := u.MFA.Get(); !device {
		all = enrol(on, u, f)
	}
	if a == nil || !slices.Contains(a.SelfService.WithMFA, "password") {
		all = append(all, wholePasswordPolicy(on, f)...)
	}
	return all
}

// enrolAnother has an administrator enrol a second device, of the kind that is missing.
func enrolAnother(on *audit.Fixing, u *account.User, _ *audit.Finding) []change.Change {
	devices, _ := u.MFADevices.Get()
	if slices.ContainsFunc(devices, func(d account.MFADevice) bool { return d.Kind.PhishingResistant() }) {
		return list(change.New("person:EnrolMFADevice", u.Name))
	}
	return list(enrolling(on, u))
}

// enrolOrReplace is for any user: a machine can't show MFA.
func enrolOrReplace(on *audit.Fixing, u *account.User, f *audit.Finding) []change.Change {
	if machine(on, u) {
		var all []change.Change
		for _, g := range on.Account.Groups {
			if slices.Equal(g.Members, []string{u.Name}) {
				all = append(all, change.New("person:DecideGroup", g.Name))
			}
		}
		all = append(append(all, forgetting(on, u.ARN)...), change.New("person:GiveMachineARole", u.Name))
		return append(all, orphansOf(on, u)...)
	}
	if on.User(u.Name).Admin() == policy.No {
		return enrol(on, u, f)
	}
	return with(enrol(on, u, f), list(change.New("person:EnrolMFADevice", u.Name))) // one is too few for an administrator
}

// withoutDeviceOf takes the device of a failure away, once there is another.
func withoutDeviceOf(on *audit.Fixing, u *account.User, f *audit.Finding) (all []change.Change) {
	if devices, _ := u.MFADevices.Get(); len(devices) < 2 {
		all = list(enrolling(on, u))
	}
	return append(all, change.New("iam:DeactivateMFADevice", u.Name, f.Item))
}

// claim has a person enrol a device before someone else does. A machine's keys, which open nothing, go.
func claim(on *audit.Fixing, u *account.User, f *audit.Finding) (all []change.Change) {
	if !machine(on, u) {
		return enrol(on, u, f)
	}
	for _, s := range activeSlots(keySlots(on, u)) {
		all = append(all, retired("AccessKey", u.Name, s.id, true)...)
	}
	return all
}

// codesToo has a user enrol a device that gives codes, where the access key is used at all.
func codesToo(on *audit.Fixing, u *account.User, f *audit.Finding) (all []change.Change) {
	if all = unusedKeys(on, u); len(all) > 0 {
		return all
	}
	return list(change.New("person:EnrolMFADevice", u.Name))
}

// unusedKeys takes a user's active keys away, where none of them is used.
func unusedKeys(on *audit.Fixing, u *account.User) (all []change.Change) {
	for _, s := range activeSlots(keySlots(on, u)) {
		if !s.unused {
			return nil
		}
		all = append(all, retired("AccessKey", u.Name, s.id, true)...)
	}
	return all
}

// guardKeys has a person's access key ask for MFA: unused keys go, MFA policies that are wrong are corrected, and who has
// none gets one through a group of its own. A machine that is an administrator needs less rights.
func guardKeys(on *audit.Fixing, u *account.User, f *audit.Finding) (all []change.Change) {
	if all = unusedKeys(on, u); len(all) > 0 {
		return all
	}
	if machine(on, u) {
		return narrowWho(on, f)
	}
	if all = correctedOf(on, on.User(u.Name)); len(all) > 0 {
		return all
	}
	if device, _ := u.MFA.Get(); !device {
		all = list(enrolling(on, u))
	}
	group := requiringMFA(on)
	return append(append(all, group.making...), change.New("iam:AddUserToGroup", group.name, u.Name))
}

// wish is what every MFA policy shall do: let people sign in first, enrol a device, and nothing more without it.
func wish(on *audit.Fixing) mfapolicy.Wish {
	return mfapolicy.Wish{Manage: []string{mfapolicy.MFA}, FirstSignIn: true, Partition: on.Account.Partition}
}

func written(d mfapolicy.Document) string {
	text, err := json.Marshal(d)
	if err != nil {
		panic(err) // a document holds nothing but texts
	}
	return string(text)
}

// correctMFAPolicy corrects the MFA policy of the failure.
func correctMFAPolicy(on *audit.Fixing, f *audit.Finding) []change.Change {
	for at, users := range havers(on) {
		if at.ARN == f.Resource && at.Item == f.Item {
			held := heldAt(on, users[0], at)
			if !account.OfAWS(at.ARN) && len(corrected(on, held)) == 0 { // what its holders get doesn't correct it
				return nil
			}
			return correctedFor(on, held)
		}
	}
	return nil
}

// havers are the users who have each policy.
func havers(on *audit.Fixing) map[account.Subject][]*account.User {
	return audit.Once(on, "havers", func() map[account.Subject][]*account.User {
		all := map[account.Subject][]*account.User{}
		for _, u := range on.Account.Users {
			for _, held := range on.User(u.Name).Policies {
				if held.Document != nil && !held.Boundary {
					all[held.At] = append(all[held.At], u)
				}
			}
		}
		return all
	})
}

func heldAt(on *audit.Fixing, u *account.User, at account.Subject) *access.HeldPolicy {
	policies := on.User(u.Name).Policies
	return policies[slices.IndexFunc(policies, func(held *access.HeldPolicy) bool { return held.At == at && !held.Boundary })]
}

// correctedOf corrects the MFA policies that a user has. Thousands may have the same.
func correctedOf(on *audit.Fixing, who *access.Principal) []change.Change {
	var each [][]change.Change
	key := "corrected of"
	for _, held := range who.Policies {
		if held.Document == nil || held.Boundary || !access.HasMFADeny(held.Document) {
			continue
		}
		if one := correctedFor(on, held); len(one) > 0 {
			each, key = append(each, one), key+" "+held.At.ARN+" "+held.At.Item
		}
	}
	if len(each) == 1 {
		return each[0]
	}
	return audit.Once(on, key, func() []change.Change { return with(each...) })
}

// correctedFor corrects an MFA policy. Of the people who have it those enrol a device before who can, and the others
// after: else someone who has a password or key could.
func correctedFor(on *audit.Fixing, held *access.HeldPolicy) []change.Change {
	return audit.Once(on, "corrected "+held.At.ARN+" "+held.At.Item, func() []change.Change {
		policies := corrected(on, held)
		if len(policies) == 0 {
			return guardHolders(on, held)
		}
		before, after := enrolledUnder(on, held)
		return append(append(before, policies...), after...)
	})
}

// enrolledUnder has the people enrol who have a policy, a credential and no device.
func enrolledUnder(on *audit.Fixing, held *access.HeldPolicy) (before, after []change.Change) {
	for _, u := range havers(on)[held.At] {
		device, known := u.MFA.Get()
		password, _ := u.Password.Get()
		credential := password || len(activeKeys(seen(u.AccessKeys))) > 0
		switch a := on.User(u.Name).Analysis(); {
		case device || !known || !credential || machine(on, u) || a == nil:
		case a.Enrolment.Possible == policy.Yes:
			before = append(before, enrolling(on, u))
		default:
			after = append(after, enrolling(on, u))
		}
	}
	return before, after
}

// corrected gives an MFA policy a Deny that is known to be right in the place of its own, and what people need to enrol a
// device and to sign in first. Machines that it has among its users are excepted. What else it says stays, but for
// conditions that only seem to ask for MFA. What would be longer than AWS allows stays as it is.
func corrected(on *audit.Fixing, held *access.HeldPolicy) []change.Change {
	p := placeOf(on, held.At.ARN, held.At.Item, held.At.Name)
	if p.of == "" && (p.managed == nil || account.OfAWS(p.arn)) {
		return nil
	}
	w := wish(on)
	if w.Except = machinesUnder(on, held); w.Validate() != nil {
		return nil
	}
	right, err := policy.Parse(held.Document.Name, policy.Identity, []byte(written(mfapolicy.Write(w))))
	if err != nil {
		return nil
	}
	ofOthers, own := reachingOthers(on, held), "arn:"+on.Account.Partition+":iam::*:user/${aws:username}"
	var statements []policy.Statement
	for _, st := range held.Document.Statements {
		switch {
		case slices.Contains(ofOthers, st.Ref()):
			st.NotResource, st.Resources = false, []string{own}
		case !access.AsksForMFA(&st):
		case st.Effect == policy.Deny:
			continue
		default:
			st.Conditions = askedSoundly(st.Conditions)
		}
		statements = append(statements, st)
	}
	for _, st := range right.Statements {
		st.Sid = freeSid(statements, st.Sid)
		statements = append(statements, st)
	}
	text := rewritten(held.Document, statements)
	quota := on.Account.Kept.AccountSummary
	if quota == nil {
		return list(p.written(text))
	}
	most := int(quota.Value["PolicySizeQuota"])
	long := most > 0 && len(text) > most
	if p.of != "" {
		size := len(text)
		for _, i := range p.inline(on) {
			if i.Name != p.item {
				size += len(i.Document)
			}
		}
		switch most := quota.Value[p.of+"PolicySizeQuota"]; {
		case most <= 0 || size <= int(most):
			long = false
		case !long: // a managed one may be longer
			return moved(on, account.InlinePolicy{Name: p.item, Document: text}, p, p.of, p.name)
		}
	}
	if long {
		return nil
	}
	return list(p.written(text))
}

// reachingOthers are the statements of a policy by which machines, which can show no MFA, reach the credentials of others.
func reachingOthers(on *audit.Fixing, held *access.HeldPolicy) (refs []string) {
	for _, u := range havers(on)[held.At] {
		who := on.User(u.Name)
		if !machine(on, u) || who.Analysis() == nil {
			continue
		}
		for _, f := range who.Analysis().Findings() {
			if f.Rule == access.RuleSelfServiceScope && f.Status == access.FindingFail && !f.AsksMFA {
				refs = append(refs, f.Statement)
			}
		}
	}
	return refs
}

// guardHolders puts the people who have a policy that can't be corrected, as one of AWS's, under an MFA policy.
func guardHolders(on *audit.Fixing, held *access.HeldPolicy) (all []change.Change) {
	var added []change.Change
	group := requiringMFA(on)
	for _, u := range havers(on)[held.At] {
		if machine(on, u) {
			continue
		}
		if device, known := u.MFA.Get(); known && !device {
			all = append(all, enrolling(on, u))
		}
		added = append(added, change.New("iam:AddUserToGroup", group.name, u.Name))
	}
	if len(added) == 0 {
		return nil
	}
	return append(append(all, group.making...), added...)
}

// groupUnderMFA is the group of those who are put under an MFA policy, and what makes both where there is none.
type groupUnderMFA struct {
	name   string
	making []change.Change
}

// requiringMFA finds a group that has just the MFA policy, or makes one.
func requiringMFA(on *audit.Fixing) groupUnderMFA {
	return audit.Once(on, "requiring MFA", func() groupUnderMFA {
		text, of := written(mfapolicy.Write(wish(on))), map[string]bool{} // ARNs
		for _, m := range on.Account.Policies {
			if document, _ := access.DefaultVersion(m); document == text {
				of[m.ARN] = true
			}
		}
		for _, g := range on.Account.Groups {
			if len(g.InlinePolicies) == 0 && len(g.AttachedPolicies) == 1 && of[g.AttachedPolicies[0].ARN] {
				return groupUnderMFA{name: g.Name}
			}
		}
		name, group := freeName(on, "RequireMFA"), freeGroup(on, "mfa-required")
		return groupUnderMFA{group, list(change.New("iam:CreatePolicy", name, text), change.New("iam:CreateGroup", group),
			change.New("iam:AttachGroupPolicy", group, change.PolicyARN(on.Account.Kept, "/", name)))}
	})
}

// askedSoundly makes conditions on MFA of an Allow hold with MFA alone.
func askedSoundly(conditions []policy.Condition) []policy.Condition {
	return lists.Map(conditions, func(c policy.Condition) policy.Condition {
		if strings.EqualFold(c.Key, "aws:MultiFactorAuthPresent") {
			return policy.Condition{Operator: "Bool", Key: c.Key, Values: []string{"true"}}
		}
		return c
	})
}

// freeSid is a Sid that no statement has.
func freeSid(statements []policy.Statement, sid string) string {
	for slices.ContainsFunc(statements, func(st policy.Statement) bool { return st.Sid == sid }) {
		sid += "2"
	}
	return sid
}

// machinesUnder are the machines that a policy asks for no MFA: those of the settings, or else its users without a password
// who have an active access key.
func machinesUnder(on *audit.Fixing, held *access.HeldPolicy) []string {
	var names []string
	for _, u := range havers(on)[held.At] {
		if machine(on, u) && len(activeKeys(seen(u.AccessKeys))) > 0 {
			names = append(names, u.Name)
		}
	}
	if len(names) > 0 && len(on.Settings.MachineUsers) > 0 {
		return on.Settings.MachineUsers
	}
	return names
}
