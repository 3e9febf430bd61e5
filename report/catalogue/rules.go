// Package catalogue writes what "sekisho rules" tells: the rules, one rule, and what decides the recommendations of a
// framework.
package catalogue

import (
	"fmt"
	"io"
	"strings"

	"sekisho/audit"
	"sekisho/audit/framework"
	"sekisho/audit/lists"
	"sekisho/audit/message"
	"sekisho/report/format"
	"sekisho/report/sanitize"
	"sekisho/report/term"
	"sekisho/report/wording"
)

// Listing is what is told: rules, of which one that is explained stands with its whole documentation, or else
// frameworks.
type Listing struct {
	Rules      []*audit.Rule
	Explained  bool
	Frameworks []*framework.Framework
}

// Formats lists the formats of a listing, the default one first.
func Formats() format.Register[Listing] {
	return format.Register[Listing]{
		{Name: "text", Extensions: []string{".txt"}, Render: Text},
		{Name: "json", Extensions: []string{".json"}, Render: format.Plain(JSON)},
	}
}

// maxProse is how wide sentences get, in columns, however wide the terminal is.
const maxProse = 100

// Text writes one line a rule, by category, in the order of the catalogue; or all that is to be said of a rule that is
// explained; or the recommendations of frameworks.
func Text(w io.Writer, l Listing, o format.Options) error {
	p := term.NewPage(w, min(o.Width, maxProse), o.Color).In(o.Language)
	switch {
	case len(l.Frameworks) > 0:
		frameworks(p, l.Frameworks)
	case l.Explained:
		for _, r := range l.Rules {
			explain(p, r)
		}
	default:
		list(p, l.Rules)
	}
	if err := p.Flush(); err != nil {
		return fmt.Errorf("writing the rules as text: %w", err)
	}
	return nil
}

// list writes the rules in the columns of all.
func list(p *term.Page, rules []*audit.Rule) {
	total, rows := len(rules), make([]term.Row, len(rules))
	for i, r := range rules {
		rows[i] = term.Row{sanitize.Terminal(r.ID), p.Say(wording.Word(r.Severity.String())), newest(r.Controls)}
	}
	widths := p.Columns(2, rows)
	for len(rules) > 0 {
		n := 1
		for n < len(rules) && rules[n].Category == rules[0].Category {
			n++
		}
		p.Line(sanitize.Terminal(rules[0].Category))
		p.Rows(2, widths, rows[:n])
		p.Line("")
		rules, rows = rules[n:], rows[n:]
	}
	p.Text(0, 0, p.Say(message.New("%s. sekisho rules ID explains one.", message.Plural(total, "%d rule", "%d rules"))))
}

// explain writes a rule's documentation.
func explain(p *term.Page, r *audit.Rule) {
	p.Line(sanitize.Terminal(r.ID))
	p.Text(0, 2, p.Known(r.Title))
	p.Line("")
	rows := []term.Row{{p.Words("Fails as"), p.Known(r.Problem)}, {p.Words("Category"), sanitize.Terminal(r.Category)}, {p.Words("Severity"), p.Say(wording.Word(r.Severity.String()))}}
	if len(r.Controls) > 0 {
		rows = append(rows, term.Row{p.Words("Controls"), all(r.Controls)})
	}
	p.Grid(0, rows)
	if r.Category == audit.CategoryOrganization {
		p.Line("")
		p.Text(0, 2, p.Words("Judged by sekisho fleet, of all accounts together."))
	}
	if r.OffByDefault {
		p.Line("")
		p.Text(0, 2, p.Words("Off by default: runs only where --rules or the configuration names it."))
	}
	if r.Sweep != audit.SweepNone {
		p.Line("")
		p.Text(0, 2, p.Say(message.New("Deep runs only (--depth): takes a call for each of the %s.", wording.Word(r.Sweep))))
	}
	for _, part := range []struct {
		title sanitize.Text
		text  string
	}{
		{p.Words("Why"), p.Language.Text(r.Why)},
		{p.Words("How it is judged"), p.Language.Text(r.How)},
		{p.Words("How to fix it"), r.Fix.In(p.Language)},
	} {
		p.Line("")
		p.Line(part.title)
		for line := range strings.Lines(part.text) {
			indent, text := 2, strings.TrimSpace(line)
			if strings.HasPrefix(line, "    ") {
				indent = 6
			}
			p.Text(indent, 0, sanitize.Terminal(text))
		}
	}
}

// ruleDocument is a rule in JSON, with the keys that it has in a report.
type ruleDocument struct {
	ID           string          `json:"id"`
	Title        string          `json:"title"`
	Problem      string          `json:"problem"`
	Category     audit.Category  `json:"category"`
	Severity     audit.Severity  `json:"severity"`
	OffByDefault bool            `json:"off_by_default"`
	Sweep        audit.Sweep     `json:"sweep"` // "users" or "regions" for a rule that only a deep run looks at
	Controls     []audit.Control `json:"controls"`
	Why          string          `json:"why"`
	How          string          `json:"how"`
	Fix          string          `json:"fix"`
}

// JSON writes the rules with all of their documentation, or the frameworks.
func JSON(w io.Writer, l Listing) error {
	if len(l.Frameworks) > 0 {
		return sanitize.WriteJSON(w, "the frameworks", frameworkDocuments(l.Frameworks))
	}
	return sanitize.WriteJSON(w, "the rules", lists.Map(l.Rules, func(r *audit.Rule) ruleDocument {
		return ruleDocument{r.ID, r.Title, r.Problem, r.Category, r.Severity, r.OffByDefault, r.Sweep, lists.OrEmpty(r.Controls), r.Why, r.How, r.Fix.String()}
	}))
}

// newest names a rule's control in each framework's newest version, which is the one that comes first: "cis-7.0 2.10,
// fsbp IAM.5".
func newest(controls []audit.Control) sanitize.Text {
	var names []sanitize.Text
	version := map[string]string{}
	for _, c := range controls {
		family, _, _ := strings.Cut(c.Framework, "-")
		if version[family] == "" {
			version[family] = c.Framework
		}
		if version[family] == c.Framework {
			names = append(names, sanitize.Terminal(c.Framework+" "+c.ID))
		}
	}
	return sanitize.Join(names, ", ")
}

func all(controls []audit.Control) sanitize.Text {
	names := lists.Map(controls, func(c audit.Control) sanitize.Text { return sanitize.Terminal(c.Framework + " " + c.ID) })
	return sanitize.Join(names, ", ")
}
