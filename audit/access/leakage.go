package access

import (
	"slices"

	"sekisho/audit/message"
	"sekisho/audit/policy"
)

// Leakage is the shortest account of what a path leaks. All that leaks would be hundreds of services for each of 5,000
// administrators.
type Leakage struct {
	Actions  message.List // what matters most first
	By       []string     // the first statements that allow it
	Leaks    []ServiceLeak
	Services int // in how many something leaks
}

// ServiceLeak is the beginning of a Leak, of the gravest.
type ServiceLeak struct {
	Service string
	Actions []string
	Count   int // of the actions
	Sure    bool
	By      []string
}

// What is kept of a path's leaks at most.
const (
	mostLeaks       = 5
	mostLeakActions = 4
	mostLeakNamed   = 2
	mostStatements  = 3
)

// Leakage returns what leaks on a path; where nothing does, it is empty.
func (w *Principal) Leakage(path Path) *Leakage { return &w.Analysis().details().leakage[path] }

// shortest names takeovers first, then a service's actions, and of both what is sure where anything is.
func (r *reacher) shortest(s *scratch, path Path, sure bool) (out Leakage) {
	leaks, taken := r.leakage(s, path, mostStatements)
	for i, l := range leaks {
		if i == 0 || l.service != leaks[i-1].service { // one may leak surely in part and possibly in part
			out.Services++
		}
	}
	for _, l := range leaks {
		l.gravity = l.weight()
	}
	slices.SortStableFunc(leaks, func(x, y *leak) int { return y.gravity - x.gravity })
	var names, control []string // of actions, and of services where something is taken over
	actions := 0
	for _, t := range takenOver(taken) {
		if t.Sure == sure {
			names, control = append(names, t.Action), append(control, policy.ServiceOf(t.Action))
			actions++
		}
	}
	out.By = make([]string, 0, 2*mostStatements)
	for _, l := range leaks {
		if l.sure != sure {
			continue
		}
		if !slices.Contains(control, l.service) {
			if actions += l.count(); len(names) < mostLeakNamed {
				names = append(names, r.leakNames(s, l, mostLeakNamed)...)
			}
		}
		if len(out.By) < mostStatements {
			out.By = appendAll(out.By, l.by)
		}
	}
	out.By = out.By[:min(len(out.By), mostStatements)]
	names = names[:min(len(names), mostLeakNamed)]
	out.Actions = message.Some(mostLeakNamed, actions-len(names), names)
	for _, l := range leaks[:min(len(leaks), mostLeaks)] {
		out.Leaks = append(out.Leaks, ServiceLeak{l.service, r.leakNames(s, l, mostLeakActions), l.count(), l.sure, s.first(mostStatements, l.by)})
	}
	return out
}

// first copies the beginning of a list, so that the rest of it can go. Of thousands of administrators it is the same few.
func (s *scratch) first(most int, list []string) []string {
	list, s.key = list[:min(most, len(list))], s.key[:0]
	for _, text := range list {
		s.key = append(append(s.key, text...), 0)
	}
	kept, known := s.firsts[string(s.key)]
	if !known {
		kept = slices.Clone(list)
		s.firsts[string(s.key)] = kept
	}
	return kept
}

// grave are the services that matter most to someone who got in, the gravest last: where data and code are, then what
// gives access to everything else.
var grave = []string{"logs", "sqs", "ecs", "rds", "dynamodb", "lambda", "ec2", "ssm", "kms", "secretsmanager", "s3", "sts", "iam"}

// weight puts what is sure, and what is grave, first.
func (l *leak) weight() int {
	weight := 1 + slices.Index(grave, l.service)
	if l.sure {
		weight += len(grave) + 1
	}
	return weight
}
