package access

import (
	"cmp"
	"slices"
	"strings"

	"sekisho/audit/account"
	"sekisho/audit/lists"
	"sekisho/audit/message"
	"sekisho/audit/policy"
)

// Coming is one way in which a principal comes, with what policies say of the request then.
type Coming struct {
	Session string // "access_key", "session" of GetSessionToken without MFA, "password" without MFA, "mfa" or "role"
	Verdict
	Statements []Statement // that decided
}

// Statement is one that decided, and who has the policy.
type Statement struct {
	Ref    string
	Kind   policy.Kind
	Owners []string // ARNs of the user, groups or role that have it; none of a policy that is not of the principal
}

// Answer is whether one principal can make a request.
type Answer struct {
	Ascent          // Already: by the principal's own policies; CanAscend and MayAscend: by the chain
	Ways   []Coming // in which the principal comes; none where nothing can be said of its policies
}

// Best is the way in which most is allowed.
func (a *Answer) Best() *Coming {
	var best *Coming
	for i := range a.Ways {
		if w := &a.Ways[i]; best == nil || w.truth() > best.truth() {
			best = w
		}
	}
	return best
}

// Answers are whether the principals of an account can make a request, or one of them.
type Answers struct {
	Request
	Account *account.Account
	Counts  [lastStanding + 1]int // of all users and roles but service-linked ones
	List    []Answer
	Gaps    []message.Message // lists that aren't complete
	guarded bool              // the organization's policies are known
}

// Whole reports whether all is known that was asked for.
func (a *Answers) Whole() bool { return len(a.Gaps) == 0 && a.Counts[Undetermined] == 0 }

// Notes say what was not looked at.
func (a *Answers) Notes() []message.Message {
	out := slices.Clone(a.Gaps)
	service := policy.ServiceOf(a.Action)
	switch trusted := service == "sts" && strings.HasPrefix(policy.ARNField(a.Resource, 5), "role/") && policy.ARNField(a.Resource, 4) == a.Account.ID; {
	case service == "iam" || trusted || a.Set.Resource != nil || a.Resource == "*":
	case service == "sts":
		out = append(out, message.New("which roles let them in is for the roles' trust policies to say: --resource names a role"))
	default:
		out = append(out, message.New("policies of resources were not read: one may allow more, or deny what is told here (--resource-policy)"))
	}
	if !a.guarded {
		out = append(out, message.New("service control policies are not read: they may take away some of what is told here (--scp)"))
	}
	return out
}

// Can tells what policies say of a request that a user or role makes, who is named by user/NAME, role/NAME or an ARN.
func (x *Access) Can(name string, asked Request) (*Answers, error) {
	found, err := x.named([]string{name})
	if err != nil {
		return nil, err
	}
	out := &Answers{Request: asked, Account: x.Account, guarded: x.guardrails.Read || len(asked.Set.SCPs) > 0}
	if gap := x.guardrails.Gap; !gap.Empty() {
		out.Gaps = []message.Message{gap}
	}
	answer := Answer{Ascent: found[0]}
	if w := x.principal(answer.ARN); w != nil {
		answer.Why, answer.Standing = message.Message{}, CannotAscend
		if why, not := w.undecided(); not {
			answer.Standing, answer.Why = Undetermined, why
		} else {
			answer.Ways = x.ask(asked).comings(w)
		}
	}
	out.List = []Answer{answer}
	out.Counts[answer.Standing]++
	return out, nil
}

// undecided is what Undecided says short of the sizes that only an analysis finds.
func (w *Principal) undecided() (why message.Message, is bool) {
	switch {
	case len(w.Unread) > 0:
		return w.Unread[0], true
	case w.subject == nil:
		return message.New("the policies were not read"), true
	}
	return message.Message{}, false
}

// WhoCan tells of all users and roles whether they can make a request: by their own policies first, then by others,
// then those of whom it hangs on something that isn't known, and those of whom nothing can be said.
func (x *Access) WhoCan(asked Request) *Answers {
	out := &Answers{Request: asked, Account: x.Account, Gaps: x.gaps(), guarded: x.guardrails.Read || len(asked.Set.SCPs) > 0}
	g := x.ask(asked)
	for _, w := range g.all {
		answer := Answer{Ascent: w.ascent(g)}
		out.Counts[answer.Standing]++
		if answer.Standing > Already {
			continue
		}
		if answer.Standing != Undetermined {
			answer.Ways = g.comings(w)
		}
		out.List = append(out.List, answer)
	}
	rank := map[Standing]int{Already: -1}
	slices.SortFunc(out.List, func(a, b Answer) int {
		return cmp.Or(cmp.Compare(cmp.Or(rank[a.Standing], int(a.Standing)), cmp.Or(rank[b.Standing], int(b.Standing))), cmp.Compare(a.steps(), b.steps()),
			strings.Compare(account.ShortARN(a.ARN), account.ShortARN(b.ARN)))
	})
	return out
}

var sessionNames = map[session]string{bareKey: "access_key", token: "session", plain: "password", strong: "mfa", roleSession: "role"}

// comings are the verdicts on the request in each way in which a principal comes.
func (g *graph) comings(w *Principal) (out []Coming) {
	p := g.first(w)
	for _, s := range []session{bareKey, token, plain, strong, roleSession} {
		if p.sessions&s != 0 {
			v := p.verdict(s)
			by := appendAll(nil, v.By) // one policy may be attached to several levels
			out = append(out, Coming{sessionNames[s], v, g.statements(w, by)})
		}
	}
	return out
}

// statements finds who has what decided.
func (g *graph) statements(w *Principal, refs []string) []Statement {
	return lists.Map(refs, func(ref string) Statement {
		is := func(d *policy.Document) bool {
			return d != nil && slices.ContainsFunc(d.Statements, func(st policy.Statement) bool { return st.Ref() == ref })
		}
		out := Statement{Ref: ref}
		for _, held := range w.Policies {
			if is(held.Document) {
				out.Kind, out.Owners = held.Document.Kind, appendNew(out.Owners, held.Owner)
			}
		}
		if i := slices.IndexFunc(g.goal.request.extra, is); len(out.Owners) == 0 && i >= 0 {
			out.Kind = g.goal.request.extra[i].Kind
		}
		return out
	})
}
