package access

import (
	"fmt"
	"io"
	"slices"

	"sekisho/audit"
	"sekisho/audit/access"
	"sekisho/audit/account"
	"sekisho/audit/lists"
	"sekisho/audit/message"
	"sekisho/audit/policy"
	"sekisho/report/format"
	"sekisho/report/sanitize"
	"sekisho/report/term"
	"sekisho/report/ways"
)

// Can is whether a principal can make a request, and what found it.
type Can struct {
	*access.Answers
	Tool audit.Tool
}

// WhoCan is who can make each of some requests.
type WhoCan struct {
	List []*access.Answers
	Tool audit.Tool
}

// CanFormats lists the formats of whether somebody can, the default one first.
func CanFormats() format.Register[Can] {
	return format.Register[Can]{
		{Name: "table", Extensions: []string{".txt"}, Render: CanTable},
		{Name: "json", Extensions: []string{".json"}, Render: format.Plain(CanJSON)},
		{Name: "html", Extensions: []string{".html", ".htm"}, Render: format.Plain(CanHTML)},
	}
}

// WhoCanFormats lists the formats of who can, the default one first.
func WhoCanFormats() format.Register[WhoCan] {
	return format.Register[WhoCan]{
		{Name: "table", Extensions: []string{".txt"}, Render: WhoCanTable},
		{Name: "json", Extensions: []string{".json"}, Render: format.Plain(WhoCanJSON)},
		{Name: "dot", Extensions: []string{".dot", ".gv"}, Render: format.Plain(func(w io.Writer, a WhoCan) error { return dot.answers(w, a) })},
		{Name: "mermaid", Extensions: []string{".mmd", ".mermaid"}, Render: format.Plain(func(w io.Writer, a WhoCan) error { return mermaid.answers(w, a) })},
		{Name: "html", Extensions: []string{".html", ".htm"}, Render: format.Plain(WhoCanHTML)},
	}
}

// sessions are the words for the ways in which a principal comes.
var sessions = map[string]message.Message{
	"access_key": message.New("with an access key"), "session": message.New("in a session that the key gives without MFA"),
	"password": message.New("with a password and no MFA"), "mfa": message.New("with MFA"), "role": message.New("in a session of the role"),
}

// lacking names what would have to allow a request.
var lacking = map[policy.Kind]message.Message{
	policy.Identity: message.New("the policies of the user or role"), policy.Boundary: message.New("the boundary"), policy.Session: message.New("the session's policies"),
	policy.SCP: message.New("a level of SCPs"), policy.Resource: message.New("the resource's policy"),
}

// request is what was asked for.
func request(a *access.Answers) message.Message {
	if a.Resource == "" {
		return message.New("%s on any resource", a.Action)
	}
	return message.New("%s on %s", a.Action, a.Resource)
}

// decision is what policies say in one way.
func decision(w *access.Coming) message.Message {
	switch {
	case w.Result == policy.ExplicitDeny:
		return message.New("denied explicitly")
	case w.Result == policy.Depends && !w.Why.Empty():
		return message.New("it depends on %s", w.Why)
	case w.Result == policy.Depends:
		return message.New("it depends on %s", message.Names(0, w.Keys))
	case w.Result == policy.Allowed:
		return message.New("allowed")
	case !w.Why.Empty():
		return message.New("denied: %s", w.Why)
	}
	return message.New("denied implicitly: no statement allows it in %s", message.Parts(lists.Map(w.Lacks, func(k policy.Kind) message.Message { return lacking[k] })...))
}

// details are what is to be said of a decision beside it.
func details(w *access.Coming) (out []message.Message) {
	if w.On != "" && (w.Result == policy.Allowed || w.Result == policy.Depends) {
		out = append(out, message.New("on %s", w.On))
	}
	if len(w.Statements) > 0 {
		out = append(out, message.New("by %s", message.Parts(lists.Map(w.Statements, statement)...)))
	}
	if w.Result == policy.Allowed && !w.Why.Empty() {
		out = append(out, message.New("by this: %s", w.Why))
	}
	if len(w.Chosen) > 0 {
		out = append(out, message.New("where the caller chooses %s", message.Names(0, w.Chosen)))
	}
	return out
}

// statement is one that decided, with who has the policy.
func statement(s access.Statement) message.Message {
	owners := message.Names(0, lists.Map(s.Owners, account.ShortARN))
	switch s.Kind {
	case policy.Identity:
		if len(s.Owners) == 0 {
			return message.New("%s", s.Ref)
		}
		return message.New("%s (of %s)", s.Ref, owners)
	case policy.Boundary:
		return message.New("%s (the boundary of %s)", s.Ref, owners)
	case policy.Trust:
		return message.New("%s (the role's trust policy)", s.Ref)
	case policy.Session:
		return message.New("%s (the session's policy)", s.Ref)
	case policy.SCP, policy.RCP:
		return message.New("%s (the organization's)", s.Ref)
	}
	return message.New("%s (the resource's policy)", s.Ref)
}

// alike are ways in which policies say the same.
type alike struct {
	names []message.Message
	*access.Coming
}

// together joins ways that are alike, those in which most is allowed first.
func together(list []access.Coming) (out []alike) {
	for _, result := range []policy.Result{policy.Allowed, policy.Depends, policy.ExplicitDeny, policy.ImplicitDeny} {
		for i := range list {
			w := &list[i]
			if w.Result != result {
				continue
			}
			same := slices.IndexFunc(out, func(a alike) bool {
				return a.Result == result && decision(a.Coming).String() == decision(w).String() && a.On == w.On && slices.Equal(a.By, w.By) && slices.Equal(a.Chosen, w.Chosen)
			})
			if same < 0 {
				same, out = len(out), append(out, alike{Coming: w})
			}
			out[same].names = append(out[same].names, sessions[w.Session])
		}
	}
	return out
}

// verdict is what is said of a principal as a whole.
func verdict(a *access.Answer) message.Message {
	best := a.Best()
	switch {
	case best == nil && a.Standing == access.Inapplicable:
		return message.New("not judged: %s", a.Why)
	case best == nil:
		return message.New("not known: %s", a.Why)
	case len(together(a.Ways)) > 1 && best.Result == policy.Allowed:
		return message.New("allowed, but not in every way")
	}
	return decision(best)
}

// answerWriter takes what is said of requests and of those who are asked about.
type answerWriter interface {
	title(m message.Message)
	say(indent int, mark sanitize.Text, m message.Message)
}

type pageWriter struct{ *term.Page }

func (p pageWriter) title(m message.Message) {
	p.Line("")
	p.Text(0, 2, p.Paint(term.Bold, sanitize.Message(m)))
}

func (p pageWriter) say(indent int, mark sanitize.Text, m message.Message) {
	p.Beside(indent, mark, sanitize.Message(m))
}

func (p pageWriter) begin(a *account.Account) {
	p.Demo(a.Origin == "demo")
	p.say(0, "", message.New("AWS account %s, read %s by %s", a.ID, message.At(a.TakenAt), a.CallerARN))
}

func (p pageWriter) end(notes []message.Message) error {
	p.Line("")
	said := map[string]bool{} // of several requests
	for _, note := range notes {
		if !said[note.String()] {
			p.say(0, "", message.New("Note: %s", note))
		}
		said[note.String()] = true
	}
	if err := p.Flush(); err != nil {
		return fmt.Errorf("writing the answer as a table: %w", err)
	}
	return nil
}

// CanTable says for people what is decided in each way, and by what.
func CanTable(w io.Writer, can Can, o format.Options) error {
	p := pageWriter{term.NewPage(w, o.Width, o.Color).In(o.Language)}
	p.begin(can.Account)
	p.say(0, "", asked(can))
	can.tell(p)
	return p.end(can.Notes())
}

// asked is who is asked about, and what.
func asked(can Can) message.Message {
	return message.New("%s, %s", account.ShortARN(can.List[0].ARN), request(can.Answers))
}

func (can Can) tell(p answerWriter) {
	a := &can.List[0]
	p.title(verdict(a))
	for _, way := range together(a.Ways) {
		p.say(2, "", message.New("%s: %s", message.Parts(way.names...), decision(way.Coming)))
		for _, more := range details(way.Coming) {
			p.say(4, "", more)
		}
	}
}

// whoHeading is what is said of somebody who may be able to.
func whoHeading(a *access.Answer) message.Message {
	who := account.ShortARN(a.ARN)
	switch a.Standing {
	case access.Already:
		if some := together(a.Ways); len(some) > 1 {
			return message.New("%s can %s", who, message.Parts(some[0].names...))
		}
		return message.New("%s can", who)
	case access.CanAscend:
		return message.New("%s can through %s in %s", who, account.ShortARN(a.Chain.To), steps(&a.Ascent))
	case access.MayAscend:
		if len(a.Chain.Steps) == 0 {
			return message.New("%s possibly can", who)
		}
		return message.New("%s possibly can through %s in %s", who, account.ShortARN(a.Chain.To), steps(&a.Ascent))
	}
	return message.New("%s: NOT KNOWN: %s", who, a.Why)
}

// WhoCanTable says for people who can, how, and who possibly can.
func WhoCanTable(w io.Writer, who WhoCan, o format.Options) error {
	p := pageWriter{term.NewPage(w, o.Width, o.Color).In(o.Language)}
	p.begin(who.List[0].Account)
	who.tell(p)
	return p.end(who.notes())
}

// notes are those of all requests.
func (who WhoCan) notes() (notes []message.Message) {
	for _, answers := range who.List {
		notes = append(notes, answers.Notes()...)
	}
	return notes
}

func (who WhoCan) tell(p answerWriter) {
	for _, answers := range who.List {
		count := func(s access.Standing) int { return answers.Counts[s] }
		all := 0
		for _, n := range answers.Counts {
			all += n
		}
		p.title(request(answers))
		p.say(0, "", message.New("%s: %d can, %d can through others, %d possibly can, %d can't, %d not known", message.Plural(all, "%d user or role", "%d users and roles"),
			count(access.Already), count(access.CanAscend), count(access.MayAscend), count(access.CannotAscend), count(access.Undetermined)))
		for i := range answers.List {
			answer(p, &answers.List[i])
		}
	}
}

func answer(p answerWriter, a *access.Answer) {
	p.title(whoHeading(a))
	if a.Chain == nil || len(a.Chain.Steps) == 0 {
		if best := a.Best(); best != nil {
			if a.Standing == access.MayAscend {
				p.say(2, "", decision(best))
			}
			for _, more := range details(best) {
				p.say(2, "", more)
			}
		}
		return
	}
	chain(p, &a.Ascent)
	p.say(2, "", message.New("then %s: %s", account.ShortARN(a.Chain.To), decision(end(a.Chain))))
	for _, more := range details(end(a.Chain)) {
		p.say(5, "", more)
	}
}

// end is what decides at the end of a chain.
func end(c *access.Chain) *access.Coming {
	return &access.Coming{Verdict: *c.End, Statements: lists.Map(c.End.By, func(ref string) access.Statement { return access.Statement{Ref: ref} })}
}

// chain says the steps of a way.
func chain(p answerWriter, a *access.Ascent) {
	for n := range a.Chain.Steps {
		s := &a.Chain.Steps[n]
		p.say(2, sanitize.Int(n+1)+". ", message.New("%s %s", a.Actor(n), s.How))
		p.say(5, "", ways.Allowed(s.Actions, s.By))
		if on := s.HangsOn(); !on.Empty() {
			p.say(5, "", message.New("possibly: it hangs on %s", on))
		}
	}
}

// answers draws who can, and over whom.
func (l language) answers(w io.Writer, who WhoCan) error {
	c := l.begun(w)
	var notes []message.Message
	for _, answers := range who.List {
		goal := c.noted(answers.Action, request(answers))
		for i := range answers.List {
			a := &answers.List[i]
			switch {
			case a.Chain != nil && len(a.Chain.Steps) > 0:
				c.chain(a.Chain)
				c.edge(c.named(a.Chain.To), goal, a.Chain.End.Result == policy.Allowed, can)
			case a.Standing == access.Undetermined:
				c.noted(a.ARN, whoHeading(a))
			default:
				c.edge(c.named(a.ARN), goal, a.Standing == access.Already, can)
			}
		}
		notes = append(notes, answers.Notes()...)
	}
	return c.finish(notes)
}

var can = message.New("can")
