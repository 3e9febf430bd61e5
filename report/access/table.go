package access

import (
	"fmt"
	"io"
	"slices"

	"sekisho/audit/access"
	"sekisho/audit/account"
	"sekisho/audit/message"
	"sekisho/report/format"
	"sekisho/report/sanitize"
	"sekisho/report/term"
)

// scps is what no answer takes into account.
var scps = message.New("service control policies are not read: they may take away some of what is told here")

// notes are what is to be known of the answer.
func (p Paths) notes() []message.Message { return append(slices.Clone(p.Gaps), scps) }

// unconditional is what is known of nobody's session.
var unconditional = message.New("conditions of which nothing is known")

// hangsOn is what a step hangs on; empty where it is sure.
func hangsOn(s *access.Step) message.Message {
	if s.Sure || !s.On.Empty() {
		return s.On
	}
	return unconditional
}

// endHangsOn is what the end of a way hangs on, where none of its steps hangs on anything; empty where it is sure.
func endHangsOn(a *access.Ascent) message.Message {
	unsure := func(s access.Step) bool { return !s.Sure }
	if a.Standing != access.MayAscend || slices.ContainsFunc(a.Chain.Steps, unsure) {
		return message.Message{}
	}
	return message.New("what %s may do hangs on %s", account.ShortARN(a.Chain.To), unconditional)
}

// heading is what is said of a principal.
func heading(a *access.Ascent) message.Message {
	who := account.ShortARN(a.ARN)
	switch a.Standing {
	case access.CanAscend:
		return message.New("%s can become an administrator in %s", who, steps(a))
	case access.MayAscend:
		if len(a.Chain.Steps) == 0 {
			return message.New("%s is possibly an administrator already", who)
		}
		return message.New("%s can possibly become an administrator in %s", who, steps(a))
	case access.Already:
		return message.New("%s is an administrator already", who)
	case access.CannotAscend:
		return message.New("%s can't become an administrator", who)
	case access.Inapplicable:
		return message.New("%s is not judged: %s", who, a.Why)
	}
	return message.New("%s: not known: %s", who, a.Why)
}

func steps(a *access.Ascent) message.Count {
	return message.Plural(len(a.Chain.Steps), "%d step", "%d steps")
}

// Table writes the ways for people, step by step, each with the actions and the statements that allow them.
func Table(w io.Writer, paths Paths, o format.Options) error {
	p := term.NewPage(w, o.Width, o.Color)
	say := func(indent int, mark sanitize.Text, m message.Message) { p.Beside(indent, mark, sanitize.Message(m)) }
	a := paths.Account
	p.Demo(a.Origin == "demo")
	say(0, "", message.New("AWS account %s, read %s by %s", a.ID, message.At(a.TakenAt), a.CallerARN))
	count := func(s access.Standing) int { return paths.Counts[s] }
	say(0, "", message.New("%s: %d administrators already, %d can become one, %d possibly, %d can't, %d not known",
		message.Plural(paths.All(), "%d user or role", "%d users and roles"),
		count(access.Already), count(access.CanAscend), count(access.MayAscend), count(access.CannotAscend), count(access.Undetermined)))
	for i := range paths.List {
		is := &paths.List[i]
		p.Line("")
		p.Text(0, 2, p.Paint(term.Bold, sanitize.Message(heading(is))))
		if is.Chain == nil {
			continue
		}
		for n := range is.Chain.Steps {
			s := &is.Chain.Steps[n]
			say(2, sanitize.Int(n+1)+". ", message.New("%s %s", account.ShortARN(s.From), s.How))
			say(5, "", message.Joined("%s, %s", message.New("%s", message.Names(0, s.Actions)), allowedBy(s.By)))
			if on := hangsOn(s); !on.Empty() {
				say(5, "", message.New("possibly: it hangs on %s", on))
			}
		}
		if on := endHangsOn(is); !on.Empty() {
			say(2, "", message.New("possibly: %s", on))
		}
	}
	p.Line("")
	for _, note := range paths.notes() {
		say(0, "", message.New("Note: %s", note))
	}
	if err := p.Flush(); err != nil {
		return fmt.Errorf("writing the ways to an administrator as a table: %w", err)
	}
	return nil
}

func allowedBy(statements []string) message.Message {
	if len(statements) == 0 {
		return message.Message{}
	}
	return message.New("allowed by %s", message.Names(0, statements))
}
