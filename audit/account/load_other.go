package account

import (
	"maps"
	"slices"
)

// otherSection checks the account-wide sections beyond the users and what they sign in with.
func (v *validator) otherSection(s *Snapshot, section Section) {
	switch section {
	case ServiceCredentialsSection:
		if r := s.ServiceCredentials; answered(v, "service_specific_credentials", r) {
			list(v, "service_specific_credentials.value", r.Value)
			for i, c := range r.Value {
				w := at("service_specific_credentials.value", i)
				v.check(c.ID != "" && c.User != "" && c.Service != "", w, "got a credential without id, user or service")
				v.check(c.Status == "Active" || c.Status == "Inactive" || c.Status == "Expired", w+".status", "got %q, want Active, Inactive or Expired", c.Status)
				v.time(w+".created", c.Created)
				v.check(c.APIKey || !keyServices[c.Service], w+".api_key", "got none, want true: %s has no passwords", c.Service)
			}
		}
	case ServerCertificatesSection:
		if r := s.ServerCertificates; answered(v, "server_certificates", r) {
			list(v, "server_certificates.value", r.Value)
			for i, c := range r.Value {
				w := at("server_certificates.value", i)
				v.check(c.Name != "", w+".name", "got none")
				v.arn(w+".arn", c.ARN)
				v.time(w+".expires", c.Expires)
			}
		}
	case OrganizationsFeaturesSection:
		if r := s.OrganizationsFeatures; whole(v, "organizations_features", r) {
			list(v, "organizations_features.value.enabled", r.Value.Enabled)
		}
	case SecurityContactSection:
		v.contact("security_contact", s.SecurityContact)
	case BillingContactSection:
		v.contact("billing_contact", s.BillingContact)
	case OperationsContactSection:
		v.contact("operations_contact", s.OperationsContact)
	case AccessAnalyzersSection:
		if r := s.AccessAnalyzers; answered(v, "access_analyzers", r) {
			v.analyzers("access_analyzers.value", r.Value)
		}
	}
}

func (v *validator) contact(where string, r *Answer[*AlternateContact]) {
	if whole(v, where, r) && r.Value != nil {
		v.check(*r.Value != AlternateContact{}, where+".value", "got a contact without name, e-mail and phone")
	}
}

func (v *validator) analyzers(where string, a AccessAnalyzers) {
	list(v, where+".regions", a.Regions)
	v.check(a.ByRegion != nil, where+".by_region", "got null or nothing, want an object")
	for i, r := range a.Regions {
		v.check(r.Name != "" && r.State != "", at(where+".regions", i), "got a region without name or state")
	}
	for _, region := range slices.Sorted(maps.Keys(a.ByRegion)) {
		w := where + ".by_region." + region
		r := a.ByRegion[region]
		v.check(r != nil, w, "got null, want an answer")
		if whole(v, w, r) {
			list(v, w+".value", r.Value)
			for i, analyzer := range r.Value {
				x := at(w+".value", i)
				v.arn(x+".arn", analyzer.ARN)
				v.check(analyzer.Type != "" && analyzer.Status != "", x, "got an analyzer without type or status")
				list(v, x+".tags", analyzer.Tags)
			}
		}
	}
}

// otherAnswersOf checks a user's answers beyond password, devices and access keys.
func (v *validator) otherAnswersOf(where string, u *UserAnswers) {
	if whole(v, where+".ssh_public_keys", u.SSHPublicKeys) {
		list(v, where+".ssh_public_keys.value", u.SSHPublicKeys.Value)
		for i, k := range u.SSHPublicKeys.Value {
			w := at(where+".ssh_public_keys.value", i)
			v.check(k.ID != "", w+".id", "got none")
			v.check(k.Status == "Active" || k.Status == "Inactive" || k.Status == "Expired", w+".status", "got %q, want Active, Inactive or Expired", k.Status)
			v.time(w+".uploaded", k.Uploaded)
		}
	}
	if whole(v, where+".signing_certificates", u.SigningCertificates) {
		list(v, where+".signing_certificates.value", u.SigningCertificates.Value)
		for i, c := range u.SigningCertificates.Value {
			w := at(where+".signing_certificates.value", i)
			v.check(c.ID != "", w+".id", "got none")
			v.check(c.Status == "Active" || c.Status == "Inactive" || c.Status == "Expired", w+".status", "got %q, want Active, Inactive or Expired", c.Status)
			v.time(w+".uploaded", c.Uploaded)
		}
	}
}
