package emulator

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"sekisho/audit/account"
	"sekisho/audit/lists"
	"sekisho/audit/organization"
)

var organizationOperations = map[string]operation{
	organization.DescribeAction: (*Server).describeOrganization,
	organization.ListRootsAction: organizationList("Roots", func(s *organization.Snapshot, _ *request) ([]organization.Root, *apiError) {
		return s.Roots.Value, nil
	}, func(r organization.Root) any {
		return map[string]any{"Id": r.ID, "Arn": r.ARN, "Name": r.Name, "PolicyTypes": lists.Map(r.PolicyTypes, func(kind string) any {
			return map[string]string{"Type": kind, "Status": "ENABLED"}
		})}
	}),
	organization.ListAccountsAction: organizationList("Accounts", func(s *organization.Snapshot, _ *request) ([]organization.Account, *apiError) {
		return s.Accounts.Value, nil
	}, memberOf),
	organization.ListChildrenAction: organizationList("Accounts", func(s *organization.Snapshot, q *request) ([]organization.Account, *apiError) {
		return children(s.Accounts.Value, q.form.Get("ParentId"), func(a organization.Account) string { return a.Parent }), nil
	}, memberOf),
	organization.ListUnitsAction: organizationList("OrganizationalUnits", func(s *organization.Snapshot, q *request) ([]organization.Unit, *apiError) {
		return children(s.Units.Value, q.form.Get("ParentId"), func(u organization.Unit) string { return u.Parent }), nil
	}, func(u organization.Unit) any { return map[string]any{"Id": u.ID, "Arn": u.ARN, "Name": u.Name} }),
	organization.ListPoliciesAction:   organizationList("Policies", policiesOf, summaryOfPolicy),
	organization.DescribePolicyAction: (*Server).describePolicy,
	organization.ListTargetsAction:    organizationList("Targets", targetsOf, func(id string) any { return map[string]string{"TargetId": id, "Type": kindOf(id)} }),
	organization.TagsAction:           organizationList("Tags", tagsOfAccount, func(t account.Tag) any { return map[string]string{"Key": t.Key, "Value": t.Value} }),
	organization.ListDelegatesAction: organizationList("DelegatedAdministrators", func(s *organization.Snapshot, _ *request) ([]organization.Delegate, *apiError) {
		return s.Delegates.Value, nil
	}, func(d organization.Delegate) any {
		return dated(map[string]any{"Id": d.ID, "Arn": d.ARN, "Name": d.Name}, "DelegationEnabledDate", d.Since)
	}),
	organization.ListDelegatedServicesAction: organizationList("DelegatedServices", servicesOf, func(service string) any { return map[string]string{"ServicePrincipal": service} }),
	organization.ListServiceAccessAction: organizationList("EnabledServicePrincipals", func(s *organization.Snapshot, _ *request) ([]organization.ServiceAccess, *apiError) {
		return s.Services.Value, nil
	}, func(a organization.ServiceAccess) any {
		return dated(map[string]any{"ServicePrincipal": a.Service}, "DateEnabled", a.Since)
	}),
	organization.ResourcePolicyAction: (*Server).describeResourcePolicy,
}

// tagsOfAccount are those of the account that a request names, sorted.
func tagsOfAccount(s *organization.Snapshot, q *request) (list []account.Tag, failed *apiError) {
	id := q.form.Get("ResourceId")
	if !slices.ContainsFunc(s.Accounts.Value, func(a organization.Account) bool { return a.ID == id }) {
		return nil, &apiError{http.StatusBadRequest, "TargetNotFoundException", "We can't find a root, OU, account, or policy with the TargetId that you specified."}
	}
	tags, _ := s.TagsOf(id)
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		list = append(list, account.Tag{Key: key, Value: tags[key]})
	}
	return list, nil
}

// servicesOf are those that the account of a request administers.
func servicesOf(s *organization.Snapshot, q *request) ([]string, *apiError) {
	id := q.form.Get("AccountId")
	if i := slices.IndexFunc(s.Delegates.Value, func(d organization.Delegate) bool { return d.ID == id }); i >= 0 {
		return s.Delegates.Value[i].Services, nil
	}
	return nil, &apiError{http.StatusBadRequest, "AccountNotRegisteredException", "The provided account is not a registered delegated administrator for your organization."}
}

// describeResourcePolicy tells by an error that there is no policy (Organizations API reference, DescribeResourcePolicy).
func (s *Server) describeResourcePolicy(*request) (any, *apiError) {
	all, failed := s.reads()
	if failed != nil {
		return nil, failed
	}
	p := all.ResourcePolicy.Value
	if p.Document == "" {
		return nil, &apiError{http.StatusBadRequest, "ResourcePolicyNotFoundException", "We can't find a resource policy request with the parameter that you specified."}
	}
	return map[string]any{"ResourcePolicy": map[string]any{"Content": p.Document, "ResourcePolicySummary": map[string]string{"Arn": p.ARN, "Id": p.ARN[strings.LastIndex(p.ARN, "/")+1:]}}}, nil
}

// dated adds a time, if it is known, as the JSON services write it.
func dated(to map[string]any, name string, at *time.Time) map[string]any {
	if at != nil {
		to[name] = at.Unix()
	}
	return to
}

// describeOrganization answers any account of the organization (Organizations API reference).
func (s *Server) describeOrganization(*request) (any, *apiError) {
	if _, failed := s.reads(); failed != nil && s.organization == nil {
		return nil, failed
	}
	o := s.organization.snapshot.Organization.Value
	return map[string]any{"Organization": map[string]any{
		"Id": o.ID, "Arn": o.ARN, "FeatureSet": o.FeatureSet, "MasterAccountId": o.ManagementAccount,
		"MasterAccountArn": strings.Replace(o.ARN, ":organization/", ":account/", 1) + "/" + o.ManagementAccount,
	}}, nil
}

// organizationList serves a list in pages.
func organizationList[E any](element string, list func(*organization.Snapshot, *request) ([]E, *apiError), as func(E) any) operation {
	return func(s *Server, q *request) (any, *apiError) {
		all, failed := s.reads()
		if failed != nil {
			return nil, failed
		}
		entries, failed := list(all, q)
		if failed != nil {
			return nil, failed
		}
		return s.tokenPage(q, element, len(entries), func(from, to int) any { return lists.Map(entries[from:to], as) })
	}
}

// tokenPage is a page of a list of n entries of a JSON service whose pages end with a token where there are more.
func (s *Server) tokenPage(q *request, element string, n int, part func(from, to int) any) (any, *apiError) {
	if s.options.EmptyFirst && q.marker() == "" {
		return map[string]any{element: []any{}, "NextToken": formatMarker(2, 0)}, nil
	}
	p, failed := s.page(q, n, nil)
	if failed != nil {
		return nil, failed
	}
	answer := map[string]any{element: part(p.from, p.to)}
	if p.IsTruncated {
		answer["NextToken"] = p.Marker
	}
	return answer, nil
}

func memberOf(a organization.Account) any {
	return dated(map[string]any{"Id": a.ID, "Arn": a.ARN, "Name": a.Name, "Email": a.Email, "State": a.State, "JoinedMethod": "CREATED"}, "JoinedTimestamp", a.Joined)
}

// policiesOf are the policies of the type that a request asks for.
func policiesOf(s *organization.Snapshot, q *request) ([]organization.Policy, *apiError) {
	switch kind := q.form.Get("Filter"); kind {
	case "SERVICE_CONTROL_POLICY":
		return s.SCPs.Value, nil
	case "RESOURCE_CONTROL_POLICY":
		return s.RCPs.Value, nil
	default:
		return nil, q.invalid(kind, "filter", "Member must satisfy enum value set: [RESOURCE_CONTROL_POLICY, SERVICE_CONTROL_POLICY]")
	}
}

func summaryOfPolicy(p organization.Policy) any {
	kind := "SERVICE_CONTROL_POLICY"
	if strings.Contains(p.ARN, "resource_control_policy") {
		kind = "RESOURCE_CONTROL_POLICY"
	}
	return map[string]any{"Id": p.ID, "Arn": p.ARN, "Name": p.Name, "Type": kind, "AwsManaged": p.AWS}
}

// policyNamed finds the one that a request names. AWS's own are one of each type under one ID in every organization.
func policyNamed(all *organization.Snapshot, q *request) (organization.Policy, *apiError) {
	id := q.form.Get("PolicyId")
	every := slices.Concat(all.SCPs.Value, all.RCPs.Value)
	if i := slices.IndexFunc(every, func(p organization.Policy) bool { return p.ID == id }); i >= 0 {
		return every[i], nil
	}
	return organization.Policy{}, &apiError{http.StatusBadRequest, "PolicyNotFoundException", "We can't find a policy with the PolicyId that you specified."}
}

func (s *Server) describePolicy(q *request) (any, *apiError) {
	all, failed := s.reads()
	if failed != nil {
		return nil, failed
	}
	p, failed := policyNamed(all, q)
	if failed != nil {
		return nil, failed
	}
	return map[string]any{"Policy": map[string]any{"PolicySummary": summaryOfPolicy(p), "Content": p.Document}}, nil
}

func targetsOf(s *organization.Snapshot, q *request) ([]string, *apiError) {
	p, failed := policyNamed(s, q)
	return p.Targets, failed
}

// kindOf is the type of a target, which its ID tells (Organizations API reference, PolicyTargetSummary).
func kindOf(target string) string {
	switch {
	case strings.HasPrefix(target, "r-"):
		return "ROOT"
	case strings.HasPrefix(target, "ou-"):
		return "ORGANIZATIONAL_UNIT"
	}
	return "ACCOUNT"
}
