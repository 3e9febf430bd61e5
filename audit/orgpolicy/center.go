package orgpolicy

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"sekisho/audit"
	"sekisho/audit/lists"
	"sekisho/audit/message"
	"sekisho/audit/organization"
	"sekisho/audit/policy"
)

// mostHours is the longest session that a permission set may give where nobody says otherwise, and the longest that AWS
// gives at all.
const mostHours = 12

// centerRules are those about IAM Identity Center.
func centerRules() []Rule {
	return []Rule{
		{
			ID: "org-identity-center", Title: "People sign in through an organization's instance of IAM Identity Center", Problem: "There is no organization's instance of IAM Identity Center", Severity: audit.Low,
			Why: "Without it people sign in as IAM users of each account, with keys and passwords that last.",
			How: "sso:ListInstances is asked in the home Region (--sso-region), or else in each Region that the account uses, and passes where an instance of the account that manages the organization is ACTIVE. What single accounts have is no such instance. Unknown where a Region could not be asked, or --sso-region names one without an instance. AWS tells neither the MFA devices of the users nor when they signed in last.",
			Fix: "Enable IAM Identity Center in the account that manages the organization.", Docs: "https://docs.aws.amazon.com/singlesignon/latest/userguide/identity-center-instances.html",
			check: (*judge).center,
		},
		{
			ID: "org-permission-set-admin", Title: "No permission set that somebody has gives an administrator's rights", Problem: "A permission set that gives an administrator's rights is assigned", Severity: audit.Medium,
			Why: "Who has it is administrator of every account to which it is assigned, and no report of the account names them.",
			How: "It fails where a permission set that is assigned to a user or group has AdministratorAccess or IAMFullAccess, or an inline policy that allows, on any role, user or policy, to give oneself all rights: iam:AttachRolePolicy, PutRolePolicy, AttachUserPolicy, PutUserPolicy, CreatePolicyVersion or UpdateAssumeRolePolicy. What a Deny beside AdministratorAccess takes away is not considered. Unknown where it has customer managed policies, which each account has of its own, or a permissions boundary other than AdministratorAccess, where a part of it was not read, and where the assignments were not (fleet.max_assignment_calls). Not applicable without an organization's instance.",
			Fix: "Assign it to fewer, for a time, or write a smaller one; write an exception for those who must have it.", Docs: "https://docs.aws.amazon.com/singlesignon/latest/userguide/permissionsetsconcept.html",
			check: (*judge).setsOfAdministrators,
		},
		{
			ID: "org-permission-set-session", Title: "Sessions of permission sets end in time", Problem: "Sessions of a permission set last too long", Severity: audit.Low,
			Why: "Somebody who takes over a session has it until it ends; nothing calls it back but a new policy.",
			How: "It fails where a permission set's SessionDuration is more than fleet.max_session_hours, 12 unless that says otherwise, which is the longest that AWS gives. Unknown where AWS told none, or what can't be read. Not applicable without an organization's instance.",
			Fix: "aws sso-admin update-permission-set --session-duration PT8H, and provision it to the accounts again.", Docs: "https://docs.aws.amazon.com/singlesignon/latest/userguide/howtosessionduration.html",
			check: (*judge).setsBySession,
		},
		{
			ID: "org-permission-set-inline", Title: "Permission sets have no inline policies", Problem: "A permission set has an inline policy", Severity: audit.Info,
			Why: "An inline policy is in no list of policies and has no versions: nobody sees that it changed.",
			How: "It fails where sso:GetInlinePolicyForPermissionSet gives a policy. Not applicable without an organization's instance.",
			Fix: "Make it a customer managed policy of the accounts, and refer to that.", Docs: "https://docs.aws.amazon.com/singlesignon/latest/userguide/permissionsetcustom.html",
			check: (*judge).setsByInline,
		},
	}
}

func (j *judge) center() verdict {
	const source = organization.ListInstancesAction
	a := j.of.IdentityCenter
	if a == nil || j.of.Organization == nil {
		return verdict{audit.StatusUnknown, message.New("IAM Identity Center was not read"), nil, source}
	}
	i := j.of.OrganizationInstance()
	switch {
	case i == nil && a.Value.Only != "":
		return verdict{audit.StatusUnknown, message.New("there is none in %s, and no other Region was asked", a.Value.Only), nil, source}
	case i == nil && !a.Complete:
		return verdict{audit.StatusUnknown, message.New("there is none in %s, and others could not be asked", message.Plural(len(a.Value.Regions), "%d Region", "%d Regions")), nil, source}
	case i == nil && len(a.Value.Instances) > 0:
		return verdict{audit.StatusFail, message.New("there are instances of single accounts alone: %s", message.Names(3, lists.Map(a.Value.Instances, func(i organization.Instance) string { return i.Owner }))), nil, source}
	case i == nil:
		return verdict{audit.StatusFail, message.New("there is none in %s", message.Plural(len(a.Value.Regions), "%d Region", "%d Regions")), nil, source}
	case i.Status == "":
		return verdict{audit.StatusUnknown, message.New("AWS did not tell whether the instance in %s works", i.Region), nil, source}
	case i.Status != organization.InstanceActive:
		return verdict{audit.StatusFail, message.New("the instance in %s is %s", i.Region, i.Status), nil, source}
	}
	return verdict{audit.StatusPass, message.New("the instance is in %s: %s", i.Region, message.Parts(counts(i)...)), nil, source}
}

// counts says what was read of an instance, and what the assignments took.
func counts(i *organization.Instance) []message.Message {
	var all []message.Message
	if i.Users != nil && i.Users.Complete {
		all = append(all, message.New("%s", message.Plural(len(i.Users.Value), "%d user", "%d users")))
	}
	if i.Groups != nil && i.Groups.Complete {
		all = append(all, message.New("%s", message.Plural(len(i.Groups.Value), "%d group", "%d groups")))
	}
	if i.PermissionSets != nil && i.PermissionSets.Complete {
		all = append(all, message.New("%s", message.Plural(len(i.PermissionSets.Value), "%d permission set", "%d permission sets")))
	}
	if i.Assignments == nil {
		return append(all, message.New("assignments that were not read"))
	}
	return append(all, message.New("%s by %s of %s", message.Plural(len(i.Assignments.Value), "%d assignment", "%d assignments"), message.Plural(i.Cost.Calls, "%d call", "%d calls"), i.Cost.Action))
}

// finding is what a rule says of a permission set: how surely it fails, and in which words.
type finding struct {
	truth    policy.Truth
	text     message.Message
	accounts []string
}

// overSets asks of each permission set whether it fails.
func (j *judge) overSets(source string, fails func(*organization.Instance, *organization.PermissionSet) finding) verdict {
	a, i := j.of.IdentityCenter, j.of.OrganizationInstance()
	switch {
	case a == nil || i == nil && (!a.Complete || a.Value.Only != ""):
		return verdict{audit.StatusUnknown, message.New("no organization's instance of IAM Identity Center could be read"), nil, organization.ListInstancesAction}
	case i == nil:
		return verdict{audit.StatusNotApplicable, message.New("there is no organization's instance of IAM Identity Center"), nil, source}
	case i.PermissionSets == nil || i.PermissionSets.Value == nil:
		return verdict{audit.StatusUnknown, message.New("the permission sets could not be read"), nil, organization.ListSetsAction}
	}
	var failed, unknown []message.Message
	var accounts, maybe []string
	for n := range i.PermissionSets.Value {
		switch f := fails(i, &i.PermissionSets.Value[n]); f.truth {
		case policy.Yes:
			failed, accounts = append(failed, f.text), append(accounts, f.accounts...)
			j.names = append(j.names, nameOf(&i.PermissionSets.Value[n]))
		case policy.Maybe:
			unknown, maybe = append(unknown, f.text), append(maybe, f.accounts...)
		}
	}
	unique := func(ids []string) []string {
		slices.Sort(ids)
		return slices.Compact(ids)
	}
	switch {
	case len(failed) > 0:
		return verdict{audit.StatusFail, message.New("%s", message.First(3, failed)), unique(accounts), source}
	case len(unknown) > 0:
		return verdict{audit.StatusUnknown, message.New("%s", message.First(3, unknown)), unique(maybe), source}
	case !i.PermissionSets.Complete:
		return verdict{audit.StatusUnknown, message.New("the permission sets could not be read whole"), nil, organization.ListSetsAction}
	}
	return verdict{audit.StatusPass, message.New("none of %s", message.Plural(len(i.PermissionSets.Value), "%d permission set", "%d permission sets")), nil, source}
}

// nameOf is how people know a permission set.
func nameOf(p *organization.PermissionSet) string { return cmp.Or(p.Name, p.ARN) }

var duration = regexp.MustCompile(`^P(?:([0-9]{1,4})D)?(?:T(?:([0-9]{1,4})H)?(?:([0-9]{1,4})M)?(?:([0-9]{1,5})S)?)?$`)

// seconds reads a duration as ISO 8601 writes it.
func seconds(text string) (n int, ok bool) {
	parts := duration.FindStringSubmatch(text)
	if parts == nil || strings.HasSuffix(text, "P") || strings.HasSuffix(text, "T") {
		return 0, false
	}
	for i, each := range []int{24 * 3600, 3600, 60, 1} {
		part, _ := strconv.Atoi(parts[i+1])
		n += part * each
	}
	return n, true
}

func (j *judge) setsBySession() verdict {
	most := cmp.Or(j.by.MaxSessionHours, mostHours)
	return j.overSets(organization.DescribeSetAction, func(_ *organization.Instance, p *organization.PermissionSet) finding {
		n, ok := seconds(p.Session)
		switch {
		case !ok:
			return finding{policy.Maybe, message.New("AWS did not tell how long sessions of %s last", nameOf(p)), nil}
		case n > most*3600:
			return finding{policy.Yes, message.New("sessions of %s last %s", nameOf(p), p.Session), nil}
		}
		return finding{}
	})
}

func (j *judge) setsByInline() verdict {
	return j.overSets(organization.InlinePolicyAction, func(_ *organization.Instance, p *organization.PermissionSet) finding {
		switch {
		case slices.Contains(p.Unread, organization.InlinePolicyAction):
			return finding{policy.Maybe, message.New("whether %s has an inline policy could not be read", nameOf(p)), nil}
		case p.Inline != "":
			return finding{policy.Yes, message.New("%s has one", nameOf(p)), nil}
		}
		return finding{}
	})
}

func (j *judge) setsOfAdministrators() verdict {
	return j.overSets(organization.ManagedPoliciesAction, func(i *organization.Instance, p *organization.PermissionSet) finding {
		admin := administers(p)
		if admin == policy.No {
			return finding{}
		}
		var who, accounts []string
		if i.Assignments != nil {
			for _, a := range i.Assignments.Value {
				if a.Set == p.ARN {
					who, accounts = append(who, a.PrincipalType+" "+a.Principal), append(accounts, a.Account)
				}
			}
		}
		slices.Sort(who)
		slices.Sort(accounts)
		who, accounts = slices.Compact(who), slices.Compact(accounts)
		switch to := message.New("%s in %s", principals(who), message.Plural(len(accounts), "%d account", "%d accounts")); {
		case len(who) == 0 && (i.Assignments == nil || !i.Assignments.Complete):
			return finding{policy.Maybe, message.New("%s: who has it could not be read", nameOf(p)), nil}
		case len(who) == 0:
			return finding{}
		case admin == policy.Maybe:
			return finding{policy.Maybe, message.New("%s, assigned to %s: what its policies allow is not known", nameOf(p), to), accounts}
		default:
			return finding{policy.Yes, message.New("%s, assigned to %s", nameOf(p), to), accounts}
		}
	})
}

// principals counts users and groups.
func principals(who []string) message.List {
	groups := 0
	for _, each := range who {
		if strings.HasPrefix(each, organization.PrincipalGroup+" ") {
			groups++
		}
	}
	var all []message.Message
	if groups > 0 {
		all = append(all, message.New("%s", message.Plural(groups, "%d group", "%d groups")))
	}
	if users := len(who) - groups; users > 0 {
		all = append(all, message.New("%s", message.Plural(users, "%d user", "%d users")))
	}
	return message.Parts(all...)
}

// allRights are the actions with which one gives oneself all rights, each with something that it may be done to.
var allRights = [][2]string{
	{"iam:AttachRolePolicy", "role/somebody"}, {"iam:PutRolePolicy", "role/somebody"}, {"iam:UpdateAssumeRolePolicy", "role/somebody"},
	{"iam:AttachUserPolicy", "user/somebody"}, {"iam:PutUserPolicy", "user/somebody"}, {"iam:CreatePolicyVersion", "policy/something"},
}

// administers reports whether a permission set gives an administrator's rights.
func administers(p *organization.PermissionSet) policy.Truth {
	admin := policy.No
	for _, action := range []string{organization.ManagedPoliciesAction, organization.InlinePolicyAction, organization.CustomerPoliciesAction} {
		if len(p.Customer) > 0 || slices.Contains(p.Unread, action) {
			admin = policy.Maybe
		}
	}
	isAdministrator := func(arn string) bool { return strings.HasSuffix(arn, ":iam::aws:policy/AdministratorAccess") }
	for _, arn := range p.Managed {
		if isAdministrator(arn) || strings.HasSuffix(arn, ":iam::aws:policy/IAMFullAccess") {
			admin = policy.Yes
		}
	}
	if admin != policy.Yes && p.Inline != "" {
		admin = admin.Or(allowsAllRights(p.Inline))
	}
	if admin == policy.Yes && (p.Boundary != "" && !isAdministrator(p.Boundary) || slices.Contains(p.Unread, organization.SetBoundaryAction)) {
		return policy.Maybe
	}
	return admin
}

func allowsAllRights(document string) policy.Truth {
	d, err := policy.ParseText("inline policy", policy.Identity, document)
	if err != nil {
		return policy.Maybe
	}
	truth := policy.No
	for _, each := range allRights {
		req := policy.Request{Action: each[0], Resource: "arn:aws:iam::123456789012:" + each[1], Context: policy.NewContext(policy.Unknown)}
		switch policy.Evaluate(req, policy.Policies{Identity: []*policy.Document{d}}).Result {
		case policy.Allowed:
			return policy.Yes
		case policy.Depends:
			truth = policy.Maybe
		}
	}
	return truth
}
