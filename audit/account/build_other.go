package account

import (
	"cmp"
	"slices"
	"strings"

	"sekisho/audit/lists"
	"sekisho/audit/message"
)

// otherFacts derives what is known of the account beyond its users and what they sign in with.
func (b *builder) otherFacts() {
	s, a := b.s, b.a
	if r := s.ServiceCredentials; r != nil {
		a.ServiceCredentials = slices.SortedFunc(slices.Values(r.Value), func(x, y ServiceCredential) int {
			return cmp.Or(cmp.Compare(x.User, y.User), cmp.Compare(x.ID, y.ID))
		})
	}
	a.ServiceCredentialCount = count(b, ServiceCredentialsAnswer, "service_specific_credentials", len(a.ServiceCredentials))

	n := 0
	if r := s.ServerCertificates; r != nil {
		n = len(r.Value)
	}
	a.ServerCertificateCount = count(b, ServerCertificatesAnswer, "server_certificates", n)
	if r := s.ServerCertificates; r != nil {
		for _, c := range r.Value {
			a.ServerCertificates = append(a.ServerCertificates, &Certificate{c, a.ServerCertificateCount})
		}
		slices.SortFunc(a.ServerCertificates, func(x, y *Certificate) int { return cmp.Compare(x.ARN, y.ARN) })
	}

	a.OrganizationsFeatures = told(b, OrganizationsFeaturesAnswer, "enabled_features", func(f OrganizationsFeatures) (OrganizationsFeatures, string) {
		return f, cmp.Or(f.Refusal, strings.Join(f.Enabled, ", "), "none")
	})
	a.SecurityContact = contact(b, SecurityContactAnswer)
	a.BillingContact = contact(b, BillingContactAnswer)
	a.OperationsContact = contact(b, OperationsContactAnswer)
	b.regions()
}

func contact(b *builder, d Described[Snapshot, *AlternateContact]) Known[*AlternateContact] {
	return told(b, d, d.Key(), func(c *AlternateContact) (*AlternateContact, string) {
		if c == nil {
			return nil, "none"
		}
		return c, cmp.Or(c.Email, c.Phone, c.Name)
	})
}

// regions lists the account's regions, each with the analyzers of external access where they were read.
func (b *builder) regions() {
	a, r := b.a, b.s.AccessAnalyzers
	if r == nil {
		a.RegionCount = lack[int](b.lacking(AccessAnalyzersSection))
		return
	}
	a.RegionCount = count(b, AccessAnalyzersAnswer, "regions", len(r.Value.Regions))
	for _, state := range r.Value.Regions {
		region := &Region{RegionState: state, account: a.Subject()}
		switch answer := r.Value.ByRegion[state.Name]; {
		case answer != nil && answer.Complete:
			kinds := lists.Map(answer.Value, func(analyzer Analyzer) string { return analyzer.Type + " " + analyzer.Status })
			region.Analyzers = know(answer.Value, evidence(answer, "analyzers", cmp.Or(strings.Join(kinds, ", "), "none")))
		default:
			region.Analyzers = lack[[]Analyzer](b.lackingOf(state.Name, message.New("the analyzers of the region were not read"), AccessAnalyzersSection))
		}
		a.Regions = append(a.Regions, region)
	}
	slices.SortFunc(a.Regions, func(x, y *Region) int { return cmp.Compare(x.Name, y.Name) })
}
