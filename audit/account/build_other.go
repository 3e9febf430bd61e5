package account

import (
	"cmp"
	"slices"
	"strings"
)

// otherFacts derives what is known of the account beyond its users and what they sign in with.
func (b *builder) otherFacts() {
	s, a := b.s, b.a
	if r := s.ServiceCredentials; r != nil {
		a.ServiceCredentials = slices.SortedFunc(slices.Values(r.Value), func(x, y ServiceCredential) int {
			return cmp.Or(cmp.Compare(x.User, y.User), cmp.Compare(x.ID, y.ID))
		})
	}
	a.ServiceCredentialCount = count(b, s.ServiceCredentials, ServiceCredentialsSection, "service_specific_credentials", len(a.ServiceCredentials))

	n := 0
	if r := s.ServerCertificates; r != nil {
		n = len(r.Value)
	}
	a.ServerCertificateCount = count(b, s.ServerCertificates, ServerCertificatesSection, "server_certificates", n)
	if m, contradicted := b.contradicted("ServerCertificates"); contradicted && n == 0 && a.ServerCertificateCount.OK() {
		m.Sections = []Section{ServerCertificatesSection, AccountSummarySection}
		a.ServerCertificateCount = lack[int](m)
	}
	if r := s.ServerCertificates; r != nil {
		for _, c := range r.Value {
			a.ServerCertificates = append(a.ServerCertificates, &Certificate{c, a.ServerCertificateCount})
		}
		slices.SortFunc(a.ServerCertificates, func(x, y *Certificate) int { return cmp.Compare(x.ARN, y.ARN) })
	}

	if r := s.OrganizationsFeatures; r != nil && r.Complete {
		a.OrganizationsFeatures = know(r.Value, evidence(r, "enabled_features", cmp.Or(r.Value.Refusal, strings.Join(r.Value.Enabled, ", "), "none")))
	} else {
		a.OrganizationsFeatures = lack[OrganizationsFeatures](b.lacking(OrganizationsFeaturesSection))
	}
	a.SecurityContact = contact(b, s.SecurityContact, SecurityContactSection)
	a.BillingContact = contact(b, s.BillingContact, BillingContactSection)
	a.OperationsContact = contact(b, s.OperationsContact, OperationsContactSection)
	b.regions()
}

func contact(b *builder, r *Answer[*AlternateContact], section Section) Known[*AlternateContact] {
	if r == nil || !r.Complete {
		return lack[*AlternateContact](b.lacking(section))
	}
	value := "none"
	if r.Value != nil {
		value = cmp.Or(r.Value.Email, r.Value.Phone, r.Value.Name)
	}
	return know(r.Value, evidence(r, strings.ReplaceAll(string(section), "-", "_"), value))
}

// regions lists the account's regions, each with the analyzers of external access where they were read.
func (b *builder) regions() {
	a, r := b.a, b.s.AccessAnalyzers
	if r == nil {
		a.RegionCount = lack[int](b.lacking(AccessAnalyzersSection))
		return
	}
	a.RegionCount = count(b, r, AccessAnalyzersSection, "regions", len(r.Value.Regions))
	for _, state := range r.Value.Regions {
		region := &Region{RegionState: state, account: a.Subject()}
		switch answer := r.Value.ByRegion[state.Name]; {
		case answer != nil && answer.Complete:
			kinds := make([]string, len(answer.Value))
			for i, analyzer := range answer.Value {
				kinds[i] = analyzer.Type + " " + analyzer.Status
			}
			region.Analyzers = know(answer.Value, evidence(answer, "analyzers", cmp.Or(strings.Join(kinds, ", "), "none")))
		default:
			region.Analyzers = lack[[]Analyzer](b.lackingOf(state.Name, "the analyzers of the region were not read", AccessAnalyzersSection))
		}
		a.Regions = append(a.Regions, region)
	}
	slices.SortFunc(a.Regions, func(x, y *Region) int { return cmp.Compare(x.Name, y.Name) })
}
