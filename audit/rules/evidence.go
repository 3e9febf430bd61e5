package rules

import (
	"sekisho/audit"
	"sekisho/audit/account"
	"sekisho/audit/message"
)

// detailEvidence is what shows the statements that decide: the authorization details, by name.
func detailEvidence(p *audit.Pass, name string, values ...string) []audit.Evidence {
	list := make([]audit.Evidence, 0, len(values))
	for _, said := range p.Account.PolicyCount.Evidence() {
		for _, value := range values {
			list = append(list, audit.Evidence{Name: name, Value: value, Source: said.Source, ObservedAt: said.ObservedAt})
		}
	}
	return list
}

// statements is the evidence of statements, which their references name. Three suffice for a proof.
func statements(p *audit.Pass, refs []string) []audit.Evidence {
	list := make([]audit.Evidence, 0, 3)
	for _, ref := range refs[:min(len(refs), 3)] {
		said, is := p.Access.OfOrganization(ref)
		if said.Name, said.Value = "statement", ref; is {
			list = append(list, said)
		} else {
			list = append(list, detailEvidence(p, "statement", ref)...)
		}
	}
	return list
}

// failIf fails a resource if that is sure; else it is unknown, and the text possibly true.
func failIf(p *audit.Pass, sure bool, r account.Resource, text message.Message, evidence ...audit.Evidence) *audit.Finding {
	if sure {
		return p.Fail(r, text, evidence...)
	}
	return p.Unknown(r, possibly(text), evidence...)
}

// possibly says that a text holds only under conditions on which nothing is known.
func possibly(text message.Message) message.Message { return message.New("possibly: %s", text) }
