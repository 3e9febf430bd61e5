package access

import (
	"slices"
	"strings"

	"sekisho/audit/message"
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

// Leakage returns what leaks on a path.
func (w *Principal) Leakage(path Path) *Leakage {
	if w.leaks[path] == nil {
		w.leaks[path] = newLeakage(w.Analysis(), path)
	}
	return w.leaks[path]
}

// newLeakage names takeovers first, then a service's actions, and of both what is sure where anything is.
func newLeakage(a *Analysis, path Path) *Leakage {
	leaks := a.Leaks(path)
	slices.SortStableFunc(leaks, func(x, y Leak) int { return gravity(y) - gravity(x) })
	out := &Leakage{}
	sure := a.Paths[path].Sure
	taken := map[string]bool{}
	var actions []string
	for _, t := range a.Takeovers(path) {
		if t.Sure == sure {
			service, _, _ := strings.Cut(t.Action, ":")
			taken[service] = true
			actions = append(actions, t.Action)
		}
	}
	services := map[string]bool{} // one may leak surely in part and possibly in part
	for _, l := range leaks {
		services[l.Service] = true
		if l.Sure != sure {
			continue
		}
		if !taken[l.Service] {
			actions = append(actions, l.Actions...)
		}
		if len(out.By) < mostStatements {
			out.By = appendAll(out.By, l.By)
		}
	}
	out.By = first(mostStatements, out.By)
	out.Actions, out.Services = message.Names(mostLeakNamed, actions), len(services)
	for _, l := range leaks[:min(len(leaks), mostLeaks)] {
		out.Leaks = append(out.Leaks, ServiceLeak{l.Service, first(mostLeakActions, l.Actions), len(l.Actions), l.Sure, first(mostStatements, l.By)})
	}
	return out
}

// first copies the beginning of a list, so that the rest of it can go.
func first(most int, list []string) []string { return slices.Clone(list[:min(most, len(list))]) }

// grave are the services that matter most to someone who got in, the gravest last: where data and code are, then what
// gives access to everything else.
var grave = []string{"logs", "sqs", "ecs", "rds", "dynamodb", "lambda", "ec2", "ssm", "kms", "secretsmanager", "s3", "sts", "iam"}

// gravity puts what is sure, and what is grave, first.
func gravity(l Leak) int {
	weight := 1 + slices.Index(grave, l.Service)
	if l.Sure {
		weight += len(grave) + 1
	}
	return weight
}
