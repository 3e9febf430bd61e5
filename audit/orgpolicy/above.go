package orgpolicy

import (
	"slices"
	"strings"

	"sekisho/audit/access"
	"sekisho/audit/account"
	"sekisho/audit/message"
	"sekisho/audit/organization"
	"sekisho/audit/policy"
)

// The types of policies, as AWS Organizations names them.
const (
	serviceControl  = "SERVICE_CONTROL_POLICY"
	resourceControl = "RESOURCE_CONTROL_POLICY"
)

// Above are the policies of an organization above an account. They only take away.
type Above struct {
	SCPs [][]*policy.Document // by level, from the root to the account
	RCPs []*policy.Document   // of all levels
	// Attached are the SCPs with what they are attached to, by level, and Said is the call that told them.
	Attached []access.Attachment
	Said     account.Evidence
	// Unknown says why not all of them are known; the rest is none that could be relied on. It is empty where they are.
	Unknown message.Message
	// Exempt is set for the account that manages the organization, which policies don't bind (Organizations User Guide,
	// orgs_manage_policies_scps, "Tasks and entities not restricted by SCPs").
	Exempt bool

	key string
}

// Parsed are an organization's policies, read once.
type Parsed struct {
	of         *organization.Snapshot
	scps, rcps map[string]*policy.Document // by ID; nil for one that can't be read
}

// Parse reads the policies of an organization.
func Parse(of *organization.Snapshot) *Parsed {
	p := &Parsed{of: of, scps: map[string]*policy.Document{}, rcps: map[string]*policy.Document{}}
	read := func(into map[string]*policy.Document, named string, kind policy.Kind, a *account.Answer[[]organization.Policy]) {
		if a == nil {
			return
		}
		for _, each := range a.Value {
			d, err := policy.ParseText(named+each.Name, kind, each.Document)
			if err != nil {
				d = nil
			}
			into[each.ID] = d
		}
	}
	read(p.scps, "SCP ", policy.SCP, of.SCPs) // no policy of an account has a space in its name
	read(p.rcps, "RCP ", policy.RCP, of.RCPs)
	return p
}

// Above finds the policies above an account.
func (p *Parsed) Above(id string) Above {
	switch {
	case p.of.Organization != nil && p.of.Organization.Value.ManagementAccount == id:
		return Above{Exempt: true}
	case p.of.Organization == nil || p.of.Roots == nil || !p.of.Roots.Complete:
		return Above{Unknown: message.New("the organization's roots could not be read")}
	case p.of.Organization.Value.FeatureSet != organization.AllFeatures:
		return Above{} // no policies without all features (Organizations User Guide, orgs_getting-started_concepts)
	}
	path, known := p.of.Path(id)
	if !known {
		return Above{Unknown: message.New("where the account is in the organization could not be read")}
	}
	var above Above
	levels := append(slices.Clone(path), id)
	if p.enabled(path[0], serviceControl) {
		above.SCPs, above.Unknown = levelsOf(p.of.SCPs, p.scps, levels)
		if above.Unknown.Format != "" {
			return above
		}
		above.Said = account.Evidence{Source: p.of.SCPs.Action, ObservedAt: p.of.SCPs.Ended}
		for _, level := range levels {
			for _, each := range p.of.SCPs.Value {
				if slices.Contains(each.Targets, level) {
					above.Attached = append(above.Attached, access.Attachment{Document: p.scps[each.ID], ID: each.ID, At: level})
				}
			}
		}
	}
	if p.enabled(path[0], resourceControl) {
		rcps, unknown := levelsOf(p.of.RCPs, p.rcps, levels)
		if unknown.Format != "" {
			return Above{Unknown: unknown}
		}
		above.RCPs = slices.Concat(rcps...)
	}
	above.key = strings.Join(levels[:len(levels)-1], "/") + p.attached(id)
	return above
}

// attached names the policies of the account itself, by which accounts of one unit differ.
func (p *Parsed) attached(id string) string {
	var ids []string
	for _, a := range []*account.Answer[[]organization.Policy]{p.of.SCPs, p.of.RCPs} {
		if a == nil {
			continue
		}
		for _, each := range a.Value {
			if slices.Contains(each.Targets, id) {
				ids = append(ids, each.ID)
			}
		}
	}
	return "/" + strings.Join(ids, ",")
}

func (p *Parsed) enabled(root, kind string) bool {
	i := slices.IndexFunc(p.of.Roots.Value, func(r organization.Root) bool { return r.ID == root })
	return i < 0 || slices.Contains(p.of.Roots.Value[i].PolicyTypes, kind)
}

// levelsOf collects the documents of each level. There is always one at each (Organizations User Guide,
// orgs_manage_policies_scps_evaluation): a level without is one that was not read.
func levelsOf(a *account.Answer[[]organization.Policy], parsed map[string]*policy.Document, levels []string) ([][]*policy.Document, message.Message) {
	if a == nil || !a.Complete {
		return nil, message.New("the organization's policies could not be read")
	}
	var all [][]*policy.Document
	for _, level := range levels {
		var here []*policy.Document
		for _, each := range a.Value {
			if !slices.Contains(each.Targets, level) {
				continue
			}
			d := parsed[each.ID]
			if d == nil {
				return nil, message.New("the policy %s can't be read", each.Name)
			}
			here = append(here, d)
		}
		if len(here) == 0 {
			return nil, message.New("no policy is attached to %s, where there always is one", level)
		}
		all = append(all, here)
	}
	return all, message.Message{}
}

// Binds reports whether policies bind a principal of an account that is not exempt: all but service-linked roles
// (Organizations User Guide, as above, and orgs_manage_policies_rcps). Root of a member account is bound.
func Binds(arn string) bool { return !strings.Contains(arn, ":role/aws-service-role/") }

// Decide decides a request under the policies; set are those that apply besides.
func (a *Above) Decide(req policy.Request, arn string, set policy.Policies) policy.Decision {
	if !a.Exempt && Binds(arn) {
		set.SCPs, set.RCPs = a.SCPs, a.RCPs
	}
	return policy.Evaluate(req, set)
}

// Guardrails are the policies as they bind the account's own users and roles.
func (a *Above) Guardrails() access.Guardrails {
	return access.Guardrails{SCPs: a.SCPs, RCPs: a.RCPs, Attached: a.Attached, Said: a.Said, Read: a.Unknown.Empty()}
}

// Notes say what a report is to say of the policies above an account.
func (a *Above) Notes() []message.Message {
	switch {
	case a.Exempt:
		return []message.Message{message.New("Policies of the organization don't bind this account, which manages it")}
	case a.Unknown.Format != "":
		return []message.Message{message.New("Policies of the organization are not considered: %s", a.Unknown)}
	case len(a.SCPs) == 0 && len(a.RCPs) == 0:
		return nil
	}
	n := len(slices.Concat(a.SCPs...))
	return []message.Message{message.New("Who can become an administrator, and whether MFA is enforced, is judged under the organization's policies above this account: %s, %s",
		message.Plural(n, "%d service control policy", "%d service control policies"), message.Plural(len(a.RCPs), "%d resource control policy", "%d resource control policies"))}
}
