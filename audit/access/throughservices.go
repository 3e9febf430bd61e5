package access

import (
	"cmp"
	"slices"
	"strings"
	"sync"

	"sekisho/audit/account"
	"sekisho/audit/lists"
	"sekisho/audit/message"
	"sekisho/audit/policy"
)

// throughServices are the roles with whose rights a service does what the persona wants. One way to each is enough, the
// surest.
func (g *graph) throughServices(p *persona, whom whom, out *sink) {
	if out.full {
		return
	}
	to, found := g.part(whom), map[*Principal]policy.Truth{}
	ways := g.openWays(p, false)
	var passing *question
	if p.may("iam:PassRole") {
		passing = p.question("iam:PassRole")
		for range passing.within(to.roles) {
			ways = slices.Concat(ways, g.openWays(p, true))
			slices.SortFunc(ways, func(a, b openWay) int { return cmp.Or(cmp.Compare(b.truth, a.truth), cmp.Compare(a.number, b.number)) })
			break
		}
	}
	for _, open := range ways {
		for _, r := range g.serving(open.services[0]) {
			if r.part != whom || g.aim != nil && g.aim != r.Principal || open.pass && !passing.mayBeOn(r.ARN) {
				continue
			}
			if !open.named && found[r.Principal] >= open.truth.And(r.truth) {
				continue
			}
			all := open.answer
			if open.named {
				all = g.does(p, open.serviceWay, &object{passed: r.Principal})
			}
			e := g.through(p, open.serviceWay, r, all)
			if p.hands != nil { // who passes the role has to have part in it; which the service asks for with that isn't told
				e.truth = e.truth.And(policy.Maybe)
			}
			if open.only == "" && e.truth > found[r.Principal] {
				found[r.Principal] = e.truth
			}
			if out.add(e); out.full {
				return
			}
		}
	}
}

// openWay is a way all of whose actions someone can do.
type openWay struct {
	*serviceWay
	answer
	number int  // in the table
	named  bool // policies ask which role is passed
}

// wayKind is what tells two ways apart for the role that they lead to.
type wayKind struct {
	services, beside, only string
	profile                bool
}

// openWays are those of a class that pass a role, or that pass none, where some role may serve.
func (g *graph) openWays(p *persona, pass bool) []openWay {
	kept := &p.ways[0]
	if pass {
		kept = &p.ways[1]
	}
	if *kept != nil {
		return *kept
	}
	list := []openWay{}
	found := map[wayKind]policy.Truth{} // one way of a kind is enough
	for i := range serviceWays {
		way := &serviceWays[i]
		if way.pass != pass || !p.allows.holds(wayMasks()[i]) || len(g.serving(way.services[0])) == 0 {
			continue
		}
		kind, most := wayKind{strings.Join(way.services, " "), way.beside, way.only, way.profile}, policy.Yes
		if !way.existing.Empty() {
			most = policy.Maybe
		}
		if found[kind] >= most {
			continue
		}
		all := g.does(p, way, nil)
		named := all.truth != policy.No && way.pass && slices.ContainsFunc(slices.Concat(way.actions...), func(action string) bool {
			return slices.ContainsFunc(p.question(action).keys, namesRole)
		})
		if !named && all.truth <= found[kind] {
			continue
		}
		list = append(list, openWay{way, all, i, named})
		if !named {
			found[kind] = all.truth
		}
	}
	*kept = list
	return list
}

// does finds how surely the persona can do all that a way takes, but pass the role itself.
func (g *graph) does(p *persona, way *serviceWay, o *object) answer {
	all := answer{truth: policy.Yes}
	for _, group := range way.actions {
		t, by := p.doAll(group, o)
		if all.truth, all.by = all.truth.And(t), joinNew(all.by, by); t == policy.No {
			return answer{}
		}
	}
	if way.beside != "" {
		all.truth = all.truth.And(g.besides(p, way))
	}
	if !way.existing.Empty() {
		all.truth = all.truth.And(policy.Maybe)
	}
	return all
}

// wayMasks are all the actions of each way.
var wayMasks = sync.OnceValue(func() []actionMask {
	return lists.Map(serviceWays, func(w serviceWay) actionMask { return maskOf(slices.Concat(w.actions...)...) })
})

// besides reports whether there is a role, maybe the same, that the way needs too.
func (g *graph) besides(p *persona, way *serviceWay) policy.Truth {
	best := policy.No
	for _, r := range g.serving(way.beside) {
		t, _ := g.passes(p, r.Principal, way.beside)
		best = best.Or(t.And(r.truth))
	}
	return best
}

func (g *graph) through(p *persona, way *serviceWay, r server, all answer) edge {
	on := way.existing
	for i, service := range way.services {
		lets := r.truth
		if i > 0 {
			lets = g.lets(r.Principal, service)
		}
		if all.truth = all.truth.And(lets); all.truth == policy.No {
			return edge{}
		}
		if way.pass {
			t, by := g.passes(p, r.Principal, service)
			if all.truth = all.truth.And(t); t == policy.No {
				return edge{}
			}
			all.by = joinNew(all.by, by)
		}
	}
	var actions []string
	for _, group := range way.actions {
		actions = appendAll(actions, group)
	}
	if way.pass {
		actions = append(actions, "iam:PassRole")
	}
	if way.profile && len(r.Role.InstanceProfiles) == 0 && all.truth != policy.No {
		t, by := policy.No, []string(nil)
		if way.pass {
			actions = append(actions, "iam:CreateInstanceProfile", "iam:AddRoleToInstanceProfile")
			if t, by = p.doAll([]string{"iam:CreateInstanceProfile", "iam:AddRoleToInstanceProfile"}, nil); t != policy.Yes {
				if alone, more := p.doAll([]string{"iam:AddRoleToInstanceProfile"}, nil); alone != policy.No {
					t, by, on = policy.Maybe, more, message.New("an instance profile that is empty")
				}
			}
		}
		all.truth, all.by = all.truth.And(t), joinNew(all.by, by)
	}
	return edge{to: r.Principal, sessions: bareRole, only: way.only, truth: all.truth, step: &Step{
		ID: way.id, How: message.New("%s (%s)", way.how, account.ShortARN(r.ARN)), Actions: actions, By: all.by, On: on}}
}

// passes reports whether the persona can pass a role to a service. Conditions on the role's tags aren't reliable with
// iam:PassRole (Guide, id_roles_use_passrole), so that the tags count as unknown.
func (g *graph) passes(p *persona, r *Principal, service string) (policy.Truth, []string) {
	best := answer{}
	names := []string{service}
	if g.space.partition == "aws-cn" {
		names = append(names, service+".cn")
	}
	for _, name := range names {
		if t, by := p.can("iam:PassRole", r.ARN, &object{arn: r.ARN, tagsOpen: true, service: name}); t > best.truth {
			best = answer{t, by}
		}
	}
	return best.truth, best.by
}

// server is a role that may trust a service.
type server struct {
	*Principal
	truth policy.Truth
}

// serving are the roles that may trust a service.
func (g *graph) serving(service string) []server {
	list, ok := g.served[service]
	if !ok {
		for _, r := range g.roles {
			if t := g.lets(r, service); t != policy.No {
				list = append(list, server{r, t})
			}
		}
		g.served[service] = list
	}
	return list
}

// lets reports whether a role's trust policy lets a service in that acts for the role's account. "*" is everybody, services
// as well: so AWS's own policies use it, RCPFullAWSAccess and the one against confused deputies (Organizations,
// orgs_manage_policies_rcps_examples). Service control policies bind users and roles, and not services (Organizations,
// orgs_manage_policies_scps).
func (g *graph) lets(r *Principal, service string) policy.Truth {
	trust := g.trustOf(r).document
	if trust == nil {
		return policy.Maybe
	}
	allowed, denied := policy.No, policy.No
	for i := range trust.Statements {
		st := &trust.Statements[i]
		if !st.MatchAction("sts:AssumeRole") && !st.MatchAction("sts:AssumeRoleWithWebIdentity") {
			continue
		}
		who := policy.No
		for _, p := range st.Principals {
			switch {
			case p.Value == "*" || (p.Type == "Service" || p.Type == "Federated") && sameService(p.Value, service):
				who = policy.Yes
			case p.Type == "Federated" && service == podIdentity && strings.Contains(p.Value, ":oidc-provider/oidc.eks."):
				who = who.Or(policy.Maybe) // pods got roles by the cluster's provider before there was the service
			}
		}
		if st.NotPrincipal {
			who = who.Not()
		}
		if who = who.And(st.MatchConditions(g.asService)); st.Effect == policy.Deny {
			denied = denied.Or(who)
		} else {
			allowed = allowed.Or(who)
		}
	}
	return allowed.And(denied.Not())
}

// podIdentity is the service that gives roles to the pods of EKS.
const podIdentity = "pods.eks.amazonaws.com"

// sameService reports whether a principal is a service, maybe as it is called in one region or in China:
// states.eu-west-1.amazonaws.com, ec2.amazonaws.com.cn.
func sameService(principal, service string) bool {
	bare := func(name string) string { return strings.TrimSuffix(strings.TrimSuffix(name, ".cn"), ".amazonaws.com") }
	name, region, _ := strings.Cut(strings.TrimPrefix(bare(principal), bare(service)), ".")
	return strings.HasPrefix(bare(principal), bare(service)) && name == "" && !strings.Contains(region, ".")
}
