package orgpolicy

import (
	"slices"
	"strings"

	"sekisho/audit"
	"sekisho/audit/message"
	"sekisho/audit/organization"
	"sekisho/audit/policy"
)

// Settings are which rules an organization is judged by, what is excepted, and what must be told of it because AWS doesn't
// know it.
type Settings struct {
	// Rules and SkipRules are IDs, globs of IDs or categories. No Rules are all.
	Rules, SkipRules []string
	Exceptions       []audit.Exception
	// DelegatedAdmins are those that are meant: an account's number, for whatever service, or NUMBER=SERVICE.
	DelegatedAdmins []string
	// MaxSessionHours is how long sessions of permission sets may last; 0 is as long as AWS allows.
	MaxSessionHours int
}

// expects reports whether somebody said that an account administers a service; "" stands for any.
func (s Settings) expects(id, service string) bool {
	return slices.ContainsFunc(s.DelegatedAdmins, func(one string) bool {
		number, only, limited := strings.Cut(one, "=")
		return number == id && (!limited || only == service || service == "")
	})
}

// delegationRules are those about who acts for the account that manages the organization.
func delegationRules() []Rule {
	return []Rule{
		{
			ID: "org-delegated-admins", Title: "Only accounts that are meant to do so administer services for the organization", Problem: "An account administers a service for the organization that nobody said should", Severity: audit.Medium,
			Why: "A delegated administrator acts in every account through its service: who gets into that account reads, changes or turns off what the service watches everywhere.",
			How: "organizations:ListDelegatedAdministrators and ListDelegatedServicesForAccount list the accounts and their services. It fails where one is not in fleet.delegated_admins. Not applicable where nobody said there which are meant; the message lists them all the same. It passes where there is none.",
			Fix: "Take the delegation back with aws organizations deregister-delegated-administrator, or write the account into fleet.delegated_admins.", Docs: "https://docs.aws.amazon.com/organizations/latest/userguide/orgs_integrate_delegated_admin.html",
			check: (*judge).delegates,
		},
		{
			ID: "org-resource-policy", Title: "The organization's resource policy lets nobody unexpected change the organization", Problem: "The organization's resource policy lets others change the organization", Severity: audit.Medium,
			Why: "By its resource policy the organization hands out what only the managing account may do otherwise, such as to attach and detach service control policies.",
			How: "organizations:DescribeResourcePolicy gives the policy. It fails where an Allow names, with an action that changes something, everybody, all but somebody, or an account that is neither the managing one nor in fleet.delegated_admins, and where an Allow of whatever action names everybody or an account that is no member. What a condition or a Deny takes away again is not considered. It passes where there is no policy.",
			Fix: "Take out of the policy what nobody needs (aws organizations put-resource-policy), or write the account into fleet.delegated_admins.", Docs: "https://docs.aws.amazon.com/organizations/latest/userguide/orgs_delegate_policies.html",
			check: (*judge).resourcePolicy,
		},
	}
}

func (j *judge) delegates() verdict {
	const source = organization.ListDelegatesAction
	a := j.of.Delegates
	if a == nil || a.Value == nil {
		return verdict{audit.StatusUnknown, message.New("the delegated administrators could not be read"), nil, source}
	}
	var all, odd []message.Message
	var ids []string
	for _, d := range a.Value {
		who := message.New("%s for %s", d.ID, message.Names(0, d.Services))
		all = append(all, who)
		unexpected := slices.DeleteFunc(slices.Clone(d.Services), func(service string) bool { return j.by.expects(d.ID, service) })
		if len(unexpected) > 0 || len(d.Services) == 0 && !j.by.expects(d.ID, "") {
			odd, ids = append(odd, message.New("%s for %s", d.ID, message.Names(0, unexpected))), append(ids, d.ID)
		}
	}
	switch {
	case len(j.by.DelegatedAdmins) > 0 && len(odd) > 0:
		return verdict{audit.StatusFail, message.New("%s", message.First(3, odd)), ids, source}
	case !a.Complete:
		return verdict{audit.StatusUnknown, message.New("the delegated administrators could not be read whole"), nil, source}
	case len(a.Value) == 0:
		return verdict{audit.StatusPass, message.New("no account administers anything for the organization"), nil, source}
	case len(j.by.DelegatedAdmins) == 0:
		return verdict{audit.StatusNotApplicable, message.New("nobody said which are meant (fleet.delegated_admins): %s", message.First(0, all)), ids, source}
	}
	return verdict{audit.StatusPass, message.New("each is meant: %s", message.First(0, all)), nil, source}
}

func (j *judge) resourcePolicy() verdict {
	const source = organization.ResourcePolicyAction
	switch a := j.of.ResourcePolicy; {
	case a == nil || !a.Complete:
		return verdict{audit.StatusUnknown, message.New("the organization's resource policy could not be read"), nil, source}
	case a.Value.Document == "":
		return verdict{audit.StatusPass, message.New("there is no resource policy"), nil, source}
	case j.of.Organization == nil || j.of.Accounts == nil || !j.of.Accounts.Complete:
		return verdict{audit.StatusUnknown, message.New("which accounts are members could not be read"), nil, source}
	}
	d, err := policy.ParseText("resource policy", policy.Resource, j.of.ResourcePolicy.Value.Document)
	if err != nil {
		return verdict{audit.StatusUnknown, message.New("the organization's resource policy can't be read"), nil, source}
	}
	var odd, reads []message.Message
	var ids []string
	for i := range d.Statements {
		st := &d.Statements[i]
		what, changes := granted(st)
		if st.Effect != policy.Allow || len(what) == 0 {
			continue
		}
		for _, who := range principalsOf(st) {
			grant := message.New("%s: %s", who, message.Names(3, what))
			id := policy.AccountOf(who)
			if id == "" {
				id = policy.ARNField(who, 4)
			}
			switch {
			case id == j.of.Organization.Value.ManagementAccount:
			case changes && !j.by.expects(id, "") || !j.belongs(id):
				odd = append(odd, grant)
				if id != "" {
					ids = append(ids, id)
				}
			default:
				reads = append(reads, grant)
			}
		}
	}
	slices.Sort(ids)
	switch {
	case len(odd) > 0:
		return verdict{audit.StatusFail, message.New("%s", message.First(3, odd)), slices.Compact(ids), source}
	case len(reads) == 0:
		return verdict{audit.StatusPass, message.New("the resource policy lets nobody do anything"), nil, source}
	}
	return verdict{audit.StatusPass, message.New("%s", message.First(3, reads)), nil, source}
}

// belongs reports whether an account is of the organization.
func (j *judge) belongs(id string) bool {
	return slices.ContainsFunc(j.of.Accounts.Value, func(a organization.Account) bool { return a.ID == id })
}

// principalsOf are those of a statement that are users, roles or accounts: of all but somebody everybody.
func principalsOf(st *policy.Statement) []string {
	if st.NotPrincipal {
		return []string{"*"}
	}
	var all []string
	for _, p := range st.Principals {
		all = append(all, p.Value)
	}
	return all
}

// granted are the actions of AWS Organizations that a statement is about: those that change something where there are any.
func granted(st *policy.Statement) (actions []string, changes bool) {
	c := policy.Actions()
	var reads []string
	for i := range c.Service("organizations").All() {
		switch level := c.Levels[i]; {
		case !st.MatchAction(c.Names[i]):
		case level == policy.LevelList || level == policy.LevelRead:
			reads = append(reads, c.Names[i])
		default:
			actions = append(actions, c.Names[i])
		}
	}
	for _, action := range st.Actions {
		if _, known := c.Lookup(action); !known && !st.NotAction {
			actions = append(actions, action) // nobody knows what it does
		}
	}
	if len(actions) > 0 {
		return actions, true
	}
	return reads, false
}
