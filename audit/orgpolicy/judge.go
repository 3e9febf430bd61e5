package orgpolicy

import (
	"cmp"
	"slices"

	"sekisho/audit"
	"sekisho/audit/account"
	"sekisho/audit/message"
	"sekisho/audit/organization"
	"sekisho/audit/policy"
)

// Rule is a claim about an organization, with its documentation.
type Rule struct {
	ID       string         `json:"id"`
	Title    string         `json:"title"`
	Problem  string         `json:"problem"`
	Severity audit.Severity `json:"severity"`
	Why      string         `json:"why"`
	How      string         `json:"how"`
	Fix      string         `json:"fix"`
	Docs     string         `json:"docs"` // AWS's page

	check func(*judge) verdict
}

// Verdict is what a rule says of an organization.
type Verdict struct {
	Rule
	Status  audit.Status    `json:"status"`
	Message string          `json:"message"`
	Text    message.Message `json:"text"`
	// Accounts are those that the verdict is about, by ID.
	Accounts []string `json:"accounts"`
	// Names are what fails where that is no account, such as permission sets.
	Names []string `json:"names,omitempty"`
	// Source is the call whose answer it rests on.
	Source string `json:"source"`
	// Exception is for each thing that fails; nil where there is none.
	Exception *audit.Exception `json:"exception,omitempty"`
}

type verdict struct {
	status   audit.Status
	text     message.Message
	accounts []string
	source   string
}

// judge is an organization under judgement.
type judge struct {
	of        *organization.Snapshot
	by        Settings
	parsed    *Parsed
	features  *account.OrganizationsFeatures
	partition string
	open      map[string][]string // what is left to root, by the policies above an account
	names     []string            // of what the rule under way finds failing, where that is no account
}

// Judge judges an organization by the rules that are selected, in their order.
func Judge(of *organization.Snapshot, by Settings) []Verdict {
	j := &judge{of: of, by: by, parsed: Parse(of), open: map[string][]string{}, partition: of.Caller.Partition}
	if of.Features != nil {
		j.features = &of.Features.Value
	}
	var all []Verdict
	for i, rule := range Rules() {
		listed := catalogue()[i]
		if !by.selected(listed) {
			continue
		}
		j.names = nil
		v := rule.check(j)
		if v.status == audit.StatusUnknown {
			v.text = j.because(v)
		}
		slices.Sort(v.accounts)
		said := Verdict{Rule: rule, Status: v.status, Message: v.text.String(), Text: v.text, Accounts: append([]string{}, v.accounts...), Names: j.names, Source: v.source}
		j.except(listed, &said)
		all = append(all, said)
	}
	return all
}

// because adds to what is unknown why the call failed on whose answer it rests.
func (j *judge) because(v verdict) message.Message {
	i := slices.IndexFunc(j.of.Gaps, func(g account.Gap) bool { return g.Action == v.source })
	if i < 0 {
		return v.text
	}
	return message.New("%s: %s: %s: %s", v.text, j.of.Gaps[i].Action, j.of.Gaps[i].Code, j.of.Gaps[i].Message)
}

// Rules are all rules about an organization.
func Rules() []Rule {
	return slices.Concat(policyRules(), delegationRules(), rootRules(), centerRules())
}

// policyRules are those about features, policies and accounts.
func policyRules() []Rule {
	return []Rule{
		{
			ID: "org-all-features", Title: "The organization has all features", Problem: "The organization has consolidated billing only", Severity: audit.High,
			Why: "Without all features no policy of the organization limits an account: what members' root and administrators do is up to them.",
			How: "organizations:DescribeOrganization says that the feature set is ALL.",
			Fix: "Enable all features in the AWS Organizations console; every account that was invited has to agree.", Docs: "https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_org_support-all-features.html",
			check: (*judge).allFeatures,
		},
		{
			ID: "org-root-credentials-managed", Title: "Root's credentials of members are managed centrally", Problem: "Each member account looks after its root's credentials by itself", Severity: audit.Medium,
			Why: "Each member's root is a password that nobody uses and somebody can reset by e-mail. Managed centrally, members need none.",
			How: "iam:ListOrganizationsFeatures names RootCredentialsManagement.",
			Fix: "Enable centralized root access for member accounts in the IAM console of the account that manages the organization, and delete members' root credentials.", Docs: "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-enable-root-access.html",
			check: func(j *judge) verdict { return j.feature(account.RootCredentialsManagement) },
		},
		{
			ID: "org-root-sessions", Title: "What takes root is done in short sessions of members' root", Problem: "What takes a member's root takes its password", Severity: audit.Low,
			Why: "A few tasks take root. With root sessions they are done from the account that manages the organization, for minutes and for that task alone.",
			How: "iam:ListOrganizationsFeatures names RootSessions.",
			Fix: "Enable privileged root actions in member accounts in the IAM console of the account that manages the organization.", Docs: "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-enable-root-access.html",
			check: func(j *judge) verdict { return j.feature("RootSessions") },
		},
		{
			ID: "org-scp-root-user", Title: "A policy of the organization denies members' root everything", Problem: "Members' root users may act", Severity: audit.Medium,
			Why: "No policy within an account limits its root user; a service control policy does.",
			How: "For each active member every action that AWS has is asked for root, with and without MFA, under the service control policies above it. It passes where each is denied by an explicit Deny.",
			Fix: "Attach a service control policy to the organization's root that denies all actions where aws:PrincipalArn is like arn:aws:iam::*:root; with Null aws:AssumedRoot true besides, sessions of root that are made centrally go on working.", Docs: "https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_examples_general.html",
			check: (*judge).rootUser,
		},
		{
			ID: "org-scp-guards", Title: "Members can't leave the organization or turn CloudTrail off", Problem: "An administrator of a member can leave the organization, or turn CloudTrail off", Severity: audit.Info,
			Why: "Who leaves takes the account from under all policies, and who stops the trail leaves no trace.",
			How: "For each active member organizations:LeaveOrganization, cloudtrail:StopLogging and cloudtrail:DeleteTrail are asked for an administrator's role under the service control policies above it. It passes where each is denied by an explicit Deny.",
			Fix: "Attach a service control policy that denies these actions; except the role that your own automation uses.", Docs: "https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_examples_general.html",
			check: func(j *judge) verdict {
				return j.denied(administrator, "organizations:LeaveOrganization", "cloudtrail:StopLogging", "cloudtrail:DeleteTrail")
			},
		},
		{
			ID: "org-mfa-by-scp", Title: "A policy of the organization asks users for MFA", Problem: "No policy of the organization asks users for MFA", Severity: audit.Info,
			Why: "A policy within an account can be detached by its administrators; one of the organization can't.",
			How: "For each active member iam:CreateUser, iam:DeactivateMFADevice, s3:GetObject and ec2:RunInstances are asked for a user who has no MFA, once with the condition key false and once without it. It passes where each is denied by an explicit Deny.",
			Fix: "Attach a service control policy that denies users what they don't need to enrol a device, where aws:MultiFactorAuthPresent is false by BoolIfExists.", Docs: "https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_examples_general.html",
			check: func(j *judge) verdict {
				return j.denied(user, "iam:CreateUser", "iam:DeactivateMFADevice", "s3:GetObject", "ec2:RunInstances")
			},
		},
		{
			ID: "org-suspended-accounts", Title: "Every account of the organization is active", Problem: "An account is suspended, closed or not there yet", Severity: audit.Info,
			Why: "Nobody audits an account that is not active, and a suspended one can be reopened within 90 days with all its credentials.",
			How: "organizations:ListAccounts says that the state is ACTIVE.",
			Fix: "Close what nobody needs for good, and see that nothing relies on it.", Docs: "https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_accounts_account_state.html",
			check: (*judge).active,
		},
	}
}

func (j *judge) allFeatures() verdict {
	switch o := j.of.Organization; {
	case o == nil:
		return verdict{audit.StatusUnknown, message.New("the organization could not be read"), nil, organization.DescribeAction}
	case o.Value.FeatureSet == organization.AllFeatures:
		return verdict{audit.StatusPass, message.New("the feature set is ALL"), nil, organization.DescribeAction}
	default:
		return verdict{audit.StatusFail, message.New("the feature set is %s", o.Value.FeatureSet), nil, organization.DescribeAction}
	}
}

const featuresAction = "iam:ListOrganizationsFeatures"

func (j *judge) feature(name string) verdict {
	switch f := j.features; {
	case f == nil:
		return verdict{audit.StatusUnknown, message.New("the account that manages the organization was not read"), nil, featuresAction}
	case f.Refusal == account.RefusedServiceAccess || f.Refusal == "" && !slices.Contains(f.Enabled, name):
		return verdict{audit.StatusFail, message.New("%s is not enabled", name), nil, featuresAction}
	case f.Refusal != "":
		return verdict{audit.StatusUnknown, message.New("AWS refused to say: %s", f.Refusal), nil, featuresAction}
	default:
		return verdict{audit.StatusPass, message.New("%s is enabled", name), nil, featuresAction}
	}
}

// members are the active accounts that policies bind, and what is unknown of their list.
func (j *judge) members() (ids []string, whole bool) {
	if j.of.Accounts == nil || j.of.Organization == nil {
		return nil, false
	}
	for _, a := range j.of.Accounts.Value {
		if a.ID != j.of.Organization.Value.ManagementAccount && !a.Inactive() {
			ids = append(ids, a.ID)
		}
	}
	return ids, j.of.Accounts.Complete
}

// over asks of each member what is open in it: nothing is a pass.
func (j *judge) over(open func(id string, above *Above) []string, failing func(accounts int, what message.List) message.Message) verdict {
	ids, whole := j.members()
	var failed, unknown, what []string
	var why message.Message
	for _, id := range ids {
		above := j.parsed.Above(id)
		if above.Unknown.Format != "" {
			unknown, why = append(unknown, id), above.Unknown
			continue
		}
		if left := open(id, &above); len(left) > 0 {
			failed, what = append(failed, id), append(what, left...)
		}
	}
	slices.Sort(what)
	switch {
	case len(failed) > 0:
		return verdict{audit.StatusFail, failing(len(failed), message.Names(3, slices.Compact(what))), failed, organization.ListPoliciesAction}
	case len(unknown) > 0:
		return verdict{audit.StatusUnknown, why, unknown, organization.ListPoliciesAction}
	case !whole:
		return verdict{audit.StatusUnknown, message.New("the list of accounts could not be read whole"), nil, organization.ListAccountsAction}
	case len(ids) == 0:
		return verdict{audit.StatusNotApplicable, message.New("the organization has no member"), nil, organization.ListAccountsAction}
	}
	return verdict{audit.StatusPass, message.New("denied in %s", message.Plural(len(ids), "%d active member", "%d active members")), ids, organization.ListPoliciesAction}
}

// principal makes the context of who asks in an account of a partition.
type principal func(partition, id string) (arn string, contexts []*policy.Context)

func contextOf(id, arn string, set func(*policy.Context)) *policy.Context {
	c := policy.NewContext(policy.Unknown)
	c.Set("aws:PrincipalArn", arn)
	c.Set("aws:PrincipalAccount", id)
	set(c)
	return c
}

// administrator is a role of no special name, in any session.
func administrator(partition, id string) (string, []*policy.Context) {
	arn := "arn:" + partition + ":iam::" + id + ":role/administrator"
	return arn, []*policy.Context{contextOf(id, arn, func(*policy.Context) {})}
}

// user is one who has signed in without MFA: with a password, which the key says, and with an access key, which it
// doesn't.
func user(partition, id string) (string, []*policy.Context) {
	arn := "arn:" + partition + ":iam::" + id + ":user/somebody"
	return arn, []*policy.Context{
		contextOf(id, arn, func(c *policy.Context) { c.Set("aws:MultiFactorAuthPresent", "false") }),
		contextOf(id, arn, func(c *policy.Context) { c.SetAbsent("aws:MultiFactorAuthPresent") }),
	}
}

// rootOf is the root user of an account.
func rootOf(partition, id string) (string, []*policy.Context) {
	arn := account.RootARN(partition, id)
	return arn, []*policy.Context{contextOf(id, arn, func(c *policy.Context) { c.SetAbsent("aws:AssumedRoot") })}
}

// left are the actions that no Deny above an account surely takes from somebody; no more than a few are looked for.
func (j *judge) left(id string, above *Above, who principal, actions []string) []string {
	const few = 3
	arn, contexts := who(j.partition, id)
	var open []string
	for _, action := range actions {
		if policy.Ungoverned(action) {
			continue
		}
		for _, c := range contexts {
			if above.Decide(policy.Request{Action: action, Context: c}, arn, policy.Policies{}).Result != policy.ExplicitDeny {
				open = append(open, action)
				break
			}
		}
		if len(open) == few {
			break
		}
	}
	return open
}

func (j *judge) denied(who principal, actions ...string) verdict {
	return j.over(func(id string, above *Above) []string { return j.left(id, above, who, actions) }, func(n int, what message.List) message.Message {
		return message.New("not denied in %s: %s", message.Plural(n, "%d active member", "%d active members"), what)
	})
}

func (j *judge) rootUser() verdict {
	return j.over(func(id string, above *Above) []string {
		open, known := j.open[above.key]
		if !known {
			open = j.left(id, above, rootOf, policy.Actions().Names)
			j.open[above.key] = open
		}
		return open
	}, func(n int, what message.List) message.Message {
		return message.New("root may act in %s: %s", message.Plural(n, "%d active member", "%d active members"), what)
	})
}

func (j *judge) active() verdict {
	if j.of.Accounts == nil {
		return verdict{audit.StatusUnknown, message.New("the list of accounts could not be read"), nil, organization.ListAccountsAction}
	}
	var ids []string
	unknown := !j.of.Accounts.Complete
	state := ""
	for _, a := range j.of.Accounts.Value {
		switch a.State {
		case organization.Active:
		case "":
			unknown = true
		default:
			ids, state = append(ids, a.ID), cmp.Or(state, a.State)
		}
	}
	switch {
	case len(ids) > 0:
		return verdict{audit.StatusFail, message.New("%s, such as %s, which is %s", message.Plural(len(ids), "%d account is not active", "%d accounts are not active"), ids[0], state), ids, organization.ListAccountsAction}
	case unknown:
		return verdict{audit.StatusUnknown, message.New("AWS did not tell the state of each account"), nil, organization.ListAccountsAction}
	}
	return verdict{audit.StatusPass, message.New("each account is active"), nil, organization.ListAccountsAction}
}
