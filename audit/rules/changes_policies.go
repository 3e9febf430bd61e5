package rules

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"sekisho/audit"
	"sekisho/audit/access"
	"sekisho/audit/account"
	"sekisho/audit/change"
	"sekisho/audit/lists"
	"sekisho/audit/policy"
)

// place is where a policy is: a managed one by its ARN, or an inline one of a user, group or role.
type place struct {
	arn, item string
	of, name  string // "User", "Group" or "Role", and its name; empty for a managed policy
	managed   *account.Policy
}

func placeOf(on *audit.Fixing, arn, item, name string) place {
	p := place{arn: arn, item: item, name: name}
	switch kind, _, _ := strings.Cut(account.ShortARN(arn), "/"); kind {
	case "user":
		p.of = "User"
	case "group":
		p.of = "Group"
	case "role":
		p.of = "Role"
	default:
		i := slices.IndexFunc(on.Account.Policies, func(m *account.Policy) bool { return m.ARN == arn })
		if i >= 0 {
			p.managed = on.Account.Policies[i]
		}
	}
	return p
}

// document is the policy's text; false where it can't be read.
func (p place) document(on *audit.Fixing) (*policy.Document, bool) {
	name, text := p.item, ""
	if p.managed != nil {
		name = p.managed.Name
		text, _ = access.DefaultVersion(p.managed)
	}
	for _, i := range p.inline(on) {
		if i.Name == p.item {
			text = i.Document
		}
	}
	d, err := on.Document(name, text)
	return d, err == nil
}

// inline are the inline policies that are beside it.
func (p place) inline(on *audit.Fixing) []account.InlinePolicy {
	switch p.of {
	case "User":
		if u := on.Account.User(p.name); u != nil {
			return seen(u.InlinePolicies)
		}
	case "Group":
		if g := on.Group(p.name); g != nil {
			return g.InlinePolicies
		}
	case "Role":
		if r := roleOf(on, p.arn); r != nil {
			return r.InlinePolicies
		}
	}
	return nil
}

// written gives the policy another text.
func (p place) written(text string) change.Change {
	if p.of == "" {
		return change.New("iam:CreatePolicyVersion", p.arn, text, true)
	}
	return change.New("iam:Put"+p.of+"Policy", p.name, p.item, text)
}

// decided has a person give it another text, which is as they may write it.
func (p place) decided(verb, text string) change.Change {
	if p.of == "" {
		return change.New("person:"+verb+"Policy", p.arn, text)
	}
	return change.New("person:"+verb+p.of+"Policy", p.name, p.item, text)
}

// nothing is what is left of a policy that granted what it shouldn't and nothing else: what nobody is ever refused.
var nothing = policy.Statement{Effect: policy.Allow, Actions: []string{"sts:GetCallerIdentity"}, Resources: []string{"*"}}

// rewritten is the text of a document with other statements.
func rewritten(d *policy.Document, statements []policy.Statement) string {
	if len(statements) == 0 {
		statements = []policy.Statement{nothing}
	}
	edited := *d
	edited.Statements = statements
	text, err := json.Marshal(edited)
	if err != nil {
		panic(err) // a document holds nothing but texts
	}
	return string(text)
}

// less is a document without some of its statements.
func less(d *policy.Document, refs []string) string {
	return rewritten(d, lists.Filter(d.Statements, func(st policy.Statement) bool { return !slices.Contains(refs, st.Ref()) }))
}

// narrowIt has a person narrow the policy of the failure. A policy of the account's own that nobody has is deleted; one of
// AWS's is replaced. All that rules find too wide in a policy goes at once.
func narrowIt(on *audit.Fixing, f *audit.Finding) []change.Change {
	p := placeOf(on, f.Resource, f.Item, f.Name)
	if r := roleOf(on, p.arn); r != nil && quietRole(on, r) {
		return retireRole(on, r, f)
	}
	if p.managed != nil {
		switch {
		case account.OfAWS(p.arn):
			return list(change.New("person:ReplacePolicy", p.arn))
		case p.managed.AttachmentCount+p.managed.BoundaryUseCount == 0 && len(on.Holders(p.arn)) == 0:
			return list(change.New("iam:DeletePolicy", p.arn))
		}
	}
	d, ok := p.document(on)
	if !ok {
		return nil
	}
	has := on.Permissions(d)
	refs := slices.Concat(has.NotActionAllows, f.Statements)
	for _, found := range [][]access.Wide{has.ServiceWildcards, has.PassRole, has.AssumeRole, has.CloudTrail, has.KMS, has.Marketplace} {
		for _, w := range found {
			if w.Sure {
				refs = append(refs, w.Statement)
			}
		}
	}
	if has.Admin == policy.Yes {
		refs = append(refs, has.AdminBy...)
	}
	return list(p.decided("Narrow", less(d, refs)))
}

func deletePolicy(_ *audit.Fixing, f *audit.Finding) []change.Change {
	return list(change.New("iam:DeletePolicy", f.Resource))
}

// policyOfAWS is the ARN of one of AWS's policies.
func policyOfAWS(partition, name string) string {
	return "arn:" + partition + ":iam::aws:policy/" + name
}

func detachCloudShell(on *audit.Fixing, _ *audit.Finding) (all []change.Change) {
	for _, holder := range on.AttachedTo(cloudShell) {
		p := placeOf(on, holder.ARN, "", holder.Name)
		arn := policyOfAWS(on.Account.Partition, cloudShell)
		all = append(all, change.New("iam:Detach"+p.of+"Policy", p.name, arn))
	}
	return all
}

// correctActions has a person correct the actions that AWS doesn't have. Until they have, such an action allows and denies
// nothing, and may as well be away.
func correctActions(on *audit.Fixing, f *audit.Finding) []change.Change {
	p := placeOf(on, f.Resource, f.Item, f.Name)
	if p.of == "Role" && p.item == "" {
		r := roleOf(on, p.arn)
		if r == nil {
			return nil
		}
		return list(change.New("person:CorrectTrust", r.Name, withoutUnknown(on.Trust(r).Document)))
	}
	if p.managed != nil && account.OfAWS(p.arn) {
		return nil
	}
	d, ok := p.document(on)
	if !ok {
		return nil
	}
	return list(p.decided("Correct", withoutUnknown(d)))
}

func withoutUnknown(d *policy.Document) string {
	unknown := map[string]bool{}
	for _, u := range d.UnknownActions() {
		unknown[u.Statement+" "+u.Action] = true
	}
	var statements []policy.Statement
	for _, st := range d.Statements {
		st.Actions = lists.Filter(st.Actions, func(action string) bool { return !unknown[st.Ref()+" "+action] })
		if len(st.Actions) == 0 && st.NotAction {
			st.Actions = nothing.Actions
		}
		if len(st.Actions) > 0 {
			statements = append(statements, st)
		}
	}
	return rewritten(d, statements)
}

// freeName is a name that none of the account's own policies has.
func freeName(on *audit.Fixing, name string) string {
	taken := func(name string) bool {
		return slices.ContainsFunc(on.Account.Policies, func(m *account.Policy) bool { return strings.EqualFold(m.Name, name) && !account.OfAWS(m.ARN) })
	}
	free := name
	for n := 2; taken(free); n++ {
		free = name + "-" + strconv.Itoa(n)
	}
	return free
}

// moved makes a managed policy of an inline one, for a group or role to have.
func moved(on *audit.Fixing, inline account.InlinePolicy, from place, of, to string) []change.Change {
	name := freeName(on, from.name+"-"+inline.Name)
	return list(change.New("iam:CreatePolicy", name, inline.Document),
		change.New("iam:Attach"+of+"Policy", to, change.PolicyARN(on.Account.Kept, "/", name)),
		change.New("iam:Delete"+from.of+"Policy", from.name, inline.Name))
}

// makeManaged makes managed policies of the inline ones of a group or role.
func makeManaged(on *audit.Fixing, f *audit.Finding) (all []change.Change) {
	p := placeOf(on, f.Resource, "", f.Name)
	if r := roleOf(on, p.arn); r != nil && quietRole(on, r) {
		return retireRole(on, r, f)
	}
	for _, inline := range p.inline(on) {
		all = append(all, moved(on, inline, p, p.of, p.name)...)
	}
	return all
}

// narrowWho has a person take from a user or role what they don't need. One that nobody uses goes whole, where it matters.
func narrowWho(on *audit.Fixing, f *audit.Finding) []change.Change {
	matters := f.Severity > audit.Info
	if r := roleOf(on, f.Resource); r != nil {
		if matters && quietRole(on, r) {
			return retireRole(on, r, f)
		}
		return list(change.New("person:NarrowRole", r.Name))
	}
	u := on.Account.User(f.Name)
	switch {
	case u == nil:
		return nil
	case matters && quietUser(on, u):
		return retireUser(on, u, f)
	}
	return list(change.New("person:NarrowUser", u.Name))
}

// fewerAdmins narrows as many administrators as there are too many: those first who were used the longest time ago.
func fewerAdmins(on *audit.Fixing, f *audit.Finding) (all []change.Change) {
	type admin struct {
		who  *access.Principal
		used time.Time
	}
	var admins []admin
	for _, who := range on.People() {
		switch {
		case who.Admin() != policy.Yes:
		case who.Role == nil:
			used := time.Time{}
			if u := on.Account.User(who.Name); u != nil {
				used, _ = lastUseOf(u)
			}
			admins = append(admins, admin{who, used})
		case !on.Administered(who.Role, on.Settings.TrustedAccounts):
			admins = append(admins, admin{who, roleUse(who.Role)})
		}
	}
	slices.SortStableFunc(admins, byAge(func(a admin) time.Time { return a.used }))
	for _, a := range admins[:max(0, len(admins)-on.Thresholds.MaxAdmins)] {
		of := audit.Finding{Resource: a.who.ARN, Name: a.who.Name, Rule: f.Rule}
		all = append(all, narrowWho(on, &of)...)
	}
	return all
}
