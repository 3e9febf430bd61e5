package emulator

import (
	"net/http"
	"slices"
	"strings"

	"sekisho/audit/lists"
	"sekisho/audit/organization"
)

// organizationsTarget begins the header that says what a request to AWS Organizations wants.
const organizationsTarget = "AWSOrganizationsV20161128."

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
		p, failed := s.page(q, len(entries), nil)
		if failed != nil {
			return nil, failed
		}
		answer := map[string]any{element: lists.Map(entries[p.from:p.to], as)}
		if p.IsTruncated {
			answer["NextToken"] = p.Marker
		}
		return answer, nil
	}
}

func memberOf(a organization.Account) any {
	member := map[string]any{"Id": a.ID, "Arn": a.ARN, "Name": a.Name, "Email": a.Email, "State": a.State, "JoinedMethod": "CREATED"}
	if a.Joined != nil {
		member["JoinedTimestamp"] = a.Joined.Unix()
	}
	return member
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
