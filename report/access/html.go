package access

import (
	"embed"
	"io"
	"slices"
	"strings"

	"sekisho/audit"
	"sekisho/audit/account"
	"sekisho/audit/message"
	"sekisho/report/page"
	"sekisho/report/sanitize"
	"sekisho/report/term"
	"sekisho/report/ways"
)

//go:embed assets
var assets embed.FS

var kind = page.New(ways.Assets, assets)

// content is what the template shows.
type content struct {
	Title               sanitize.Text
	Account, At, Caller sanitize.Text
	Ways                *ways.View
	Said                said // where there are no ways
}

// said is what is told of requests, under titles.
type said struct {
	Parts []part
	Notes []sanitize.Text
}

type part struct {
	Title sanitize.Text
	Lines []line
}

// line is one sentence, as deep as it stands in a table.
type line struct {
	Depth      int
	Mark, Text sanitize.Text
}

func (s *said) title(m message.Message) { s.Parts = append(s.Parts, part{Title: sanitize.Message(m)}) }

func (s *said) say(indent int, mark sanitize.Text, m message.Message) {
	p := &s.Parts[len(s.Parts)-1]
	p.Lines = append(p.Lines, line{indent / 2, mark, sanitize.Message(m)})
}

// CanHTML says for people whether somebody can, as one page.
func CanHTML(w io.Writer, can Can) error {
	var s said
	can.tell(&s)
	return answerPage(w, can.Account, can.Tool, canSchema, asked(can), s, can.Notes())
}

// WhoCanHTML says for people who can, as one page.
func WhoCanHTML(w io.Writer, who WhoCan) error {
	var s said
	who.tell(&s)
	return answerPage(w, who.List[0].Account, who.Tool, whoCanSchema, message.New("who can"), s, who.notes())
}

func answerPage(w io.Writer, a *account.Account, tool audit.Tool, schema sanitize.Text, title message.Message, s said, notes []message.Message) error {
	for _, note := range notes {
		if text := sanitize.Message(note); !slices.Contains(s.Notes, text) {
			s.Notes = append(s.Notes, text)
		}
	}
	title = message.New("%s: %s", a.ID, title)
	return kind.Write(w, page.Page{
		Title: sanitize.Message(title), Demo: a.Origin == "demo", Tool: sanitize.Terminal(strings.TrimSpace(tool.Name + " " + tool.Version)), Schema: schema,
		View: content{Title: sanitize.Message(title), Account: sanitize.Terminal(a.ID), At: term.Minute(a.TakenAt), Caller: sanitize.Terminal(a.CallerARN), Said: s},
	})
}

// HTML writes the ways as one page, without a script: a picture, and a list that says the same.
func HTML(w io.Writer, paths Paths) error {
	a := paths.Account
	return kind.Write(w, page.Page{
		Title: sanitize.Message(message.New("%s: who can become %s", a.ID, ways.Whom(paths.To))), Demo: a.Origin == "demo",
		Tool: sanitize.Terminal(strings.TrimSpace(paths.Tool.Name + " " + paths.Tool.Version)), Schema: schema,
		View: content{Account: sanitize.Terminal(a.ID), At: term.Minute(a.TakenAt), Caller: sanitize.Terminal(a.CallerARN), Ways: ways.New(audit.AccessPathsOf(paths.Ascents))},
	})
}
