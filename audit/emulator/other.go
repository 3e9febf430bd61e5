package emulator

import (
	"net/http"
	"slices"

	"sekisho/audit/account"
)

var otherOperations = map[string]operation{
	account.ServiceCredentialsAnswer.Action(): listed(account.ServiceCredentialsAnswer, "ServiceSpecificCredentials", serviceCredentialOf, ofOneUser),
	account.ServerCertificatesAnswer.Action(): listed(account.ServerCertificatesAnswer, "ServerCertificateMetadataList", serverCertificateOf,
		underPath(func(c account.ServerCertificate) string { return c.Path })),
	account.OrganizationsFeaturesAnswer.Action(): whole(account.OrganizationsFeaturesAnswer, featuresOf),
	account.SecurityContactAnswer.Action():       (*Server).getAlternateContact, // the contacts share it

	account.AccessAnalyzersAnswer.Actions[0]: (*Server).listRegions,
	account.AccessAnalyzersAnswer.Actions[1]: (*Server).listAnalyzers,
}

// routes are the requests to the services that speak JSON, which say by method and path what they want.
var routes = map[string]struct{ service, name string }{
	"POST /getAlternateContact": {"account", "GetAlternateContact"},
	"POST /listRegions":         {"account", "ListRegions"},
	"GET /analyzer":             {"access-analyzer", "ListAnalyzers"},
}

type serviceSpecificCredential struct {
	UserName                    string
	Status                      string
	ServiceUserName             string `xml:",omitempty"`
	ServiceCredentialAlias      string `xml:",omitempty"`
	CreateDate                  timestamp
	ExpirationDate              *timestamp
	ServiceSpecificCredentialID string `xml:"ServiceSpecificCredentialId"`
	ServiceName                 string
}

func serviceCredentialOf(c account.ServiceCredential) serviceSpecificCredential {
	credential := serviceSpecificCredential{
		UserName: c.User, Status: c.Status, ServiceUserName: c.Name, CreateDate: at(c.Created), ExpirationDate: stamp(c.Expires),
		ServiceSpecificCredentialID: c.ID, ServiceName: c.Service,
	}
	if c.APIKey {
		credential.ServiceUserName, credential.ServiceCredentialAlias = "", c.Name
	}
	return credential
}

// ofOneUser takes from the credentials those of other users, unless a request is for all, and those of other services
// than it names.
func ofOneUser(s *Server, q *request, credentials []account.ServiceCredential) ([]account.ServiceCredential, *apiError) {
	name, all := "", q.form.Get("AllUsers") == "true"
	switch {
	case all && q.form.Has("UserName"):
		return nil, q.fails("ValidationError", "UserName and AllUsers cannot be specified together")
	case !all:
		var failed *apiError
		if name, failed = s.userName(q); failed != nil {
			return nil, failed
		}
	}
	service := q.form.Get("ServiceName")
	return slices.DeleteFunc(slices.Clone(credentials), func(c account.ServiceCredential) bool {
		return !all && c.User != name || service != "" && c.Service != service
	}), nil
}

type serverCertificate struct {
	ServerCertificateName string
	Path                  string
	Arn                   string
	UploadDate            timestamp
	ServerCertificateID   string `xml:"ServerCertificateId"`
	Expiration            timestamp
}

func serverCertificateOf(c account.ServerCertificate) serverCertificate {
	return serverCertificate{c.Name, c.Path, c.ARN, at(c.Uploaded), c.ID, at(c.Expires)}
}

// refusals are what IAM says to accounts that may not ask for an organization's features (IAM API reference,
// ListOrganizationsFeatures).
var refusals = map[string]string{
	account.RefusedNotManagement: "The request was rejected because the account making the request is not the management account or delegated " +
		"administrator account for centralized root access.",
	account.RefusedNoOrganization: "The request was rejected because no organization is associated with your account.",
	account.RefusedNotAllFeatures: "The request was rejected because your organization does not have All features enabled.",
	account.RefusedServiceAccess:  "The request was rejected because trusted access is not enabled for IAM in Organizations.",
}

func featuresOf(_ *Server, features account.OrganizationsFeatures) (any, *apiError) {
	if features.Refusal != "" {
		return nil, &apiError{statusOf(features.Refusal), features.Refusal, refusals[features.Refusal]}
	}
	return struct {
		EnabledFeatures members[string]
		OrganizationID  string `xml:"OrganizationId,omitempty"`
	}{called("", features.Enabled), features.OrganizationID}, nil
}

type alternateContact struct {
	AlternateContactType, EmailAddress, Name, PhoneNumber, Title string
}

func (s *Server) getAlternateContact(q *request) (any, *apiError) {
	kind := q.form.Get("AlternateContactType")
	d, known := account.Contacts[kind]
	if !known {
		return nil, q.invalid(kind, "alternateContactType", "Member must satisfy enum value set: [BILLING, OPERATIONS, SECURITY]")
	}
	return whole(d, func(_ *Server, c *account.AlternateContact) (any, *apiError) {
		if c == nil {
			return nil, &apiError{http.StatusNotFound, "ResourceNotFoundException", "No contact of the inputted alternate contact type found."}
		}
		return struct{ AlternateContact alternateContact }{alternateContact{kind, c.Email, c.Name, c.Phone, c.Title}}, nil
	})(s, q)
}

type regionState struct {
	RegionName, RegionOptStatus string
}

func (s *Server) listRegions(q *request) (any, *apiError) {
	recorded := s.snapshot.AccessAnalyzers
	listed, failed := answered(s, q, account.AccessAnalyzersSection, "", recorded)
	if failed != nil {
		return nil, failed
	}
	regions := []regionState{}
	wanted := q.form["RegionOptStatusContains"]
	for _, r := range listed.Regions {
		if len(wanted) == 0 || slices.Contains(wanted, r.State) {
			regions = append(regions, regionState{r.Name, r.State})
		}
	}
	p, failed := s.page(q, len(regions), rest(s, q, account.AccessAnalyzersSection, "", recorded))
	if failed != nil {
		return nil, failed
	}
	return struct {
		Regions   []regionState
		NextToken string `json:",omitempty"`
	}{regions[p.from:p.to], p.Marker}, nil
}

type analyzerSummary struct {
	ARN       string            `json:"arn"`
	Name      string            `json:"name"`
	Type      string            `json:"type"`
	CreatedAt timestamp         `json:"createdAt"`
	Status    string            `json:"status"`
	Tags      map[string]string `json:"tags"`
}

// listAnalyzers lists the analyzers of the region that the request is signed for. A region that the account doesn't use
// knows none of its credentials.
func (s *Server) listAnalyzers(q *request) (any, *apiError) {
	region := q.scope.region
	recorded := s.snapshot.AccessAnalyzers
	if recorded == nil {
		return nil, s.unread(q, account.AccessAnalyzersSection, region)
	}
	i := slices.IndexFunc(recorded.Value.Regions, func(r account.RegionState) bool { return r.Name == region })
	if i < 0 && recorded.Complete || i >= 0 && !recorded.Value.Regions[i].Enabled() {
		return nil, q.invalidToken()
	}
	listed, failed := answered(s, q, account.AccessAnalyzersSection, region, recorded.Value.ByRegion[region])
	if failed != nil {
		return nil, failed
	}
	analyzers := []analyzerSummary{}
	kind := q.form.Get("type")
	for _, a := range listed {
		if kind != "" && a.Type != kind {
			continue
		}
		tags := map[string]string{}
		for _, tag := range a.Tags {
			tags[tag.Key] = tag.Value
		}
		analyzers = append(analyzers, analyzerSummary{a.ARN, a.Name, a.Type, at(a.Created), a.Status, tags})
	}
	p, failed := s.page(q, len(analyzers), rest(s, q, account.AccessAnalyzersSection, region, recorded.Value.ByRegion[region]))
	if failed != nil {
		return nil, failed
	}
	return struct {
		Analyzers []analyzerSummary `json:"analyzers"`
		NextToken string            `json:"nextToken,omitempty"`
	}{analyzers[p.from:p.to], p.Marker}, nil
}
