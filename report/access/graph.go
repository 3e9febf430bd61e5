package access

import (
	"bufio"
	"fmt"
	"io"

	"sekisho/audit/access"
	"sekisho/audit/account"
	"sekisho/audit/message"
	"sekisho/report/sanitize"
	"sekisho/report/ways"
)

// language is how a graph is written. Its formats take the numbers of nodes first, then what is put on them.
type language struct {
	begin, node, sure, possible, end string
	quote                            func(string) sanitize.Label
}

var (
	dot = language{
		begin: "digraph access {\n  rankdir=LR;\n  node [shape=box];\n", node: "  n%d [label=\"%s\"];\n",
		sure: "  n%d -> n%d [label=\"%s\"];\n", possible: "  n%d -> n%d [label=\"%s\", style=dashed];\n", end: "}\n", quote: sanitize.DOT[string],
	}
	mermaid = language{
		begin: "flowchart LR\n", node: "  n%d[\"%s\"]\n",
		sure: "  n%d -->|\"%[3]s\"| n%[2]d\n", possible: "  n%d -.->|\"%[3]s\"| n%[2]d\n", quote: sanitize.Mermaid[string],
	}
)

// DOT writes the ways as a graph for Graphviz: what is possible only is dashed.
func DOT(w io.Writer, paths Paths) error { return dot.draw(w, paths) }

// Mermaid does the same for Mermaid, which wikis show.
func Mermaid(w io.Writer, paths Paths) error { return mermaid.draw(w, paths) }

// has is said of those who are at the end of all ways.
var has = message.New("has all rights")

// canvas is a graph that is being written: nodes get their numbers as they come, and what is alike is drawn once.
type canvas struct {
	language
	out     *bufio.Writer // it keeps its error for Flush
	numbers map[string]int
	drawn   map[string]bool
}

func (l language) begun(w io.Writer) *canvas {
	c := &canvas{l, bufio.NewWriter(w), map[string]int{}, map[string]bool{}}
	_, _ = c.out.WriteString(l.begin)
	return c
}

// noted returns the node of a key, with a text if it is new.
func (c *canvas) noted(key string, text message.Message) int {
	if c.numbers[key] == 0 {
		c.numbers[key] = len(c.numbers) + 1
		fmt.Fprintf(c.out, c.node, c.numbers[key], c.quote(text.String()))
	}
	return c.numbers[key]
}

// named is the node of a user, a role or what else is changed.
func (c *canvas) named(arn string) int { return c.noted(arn, message.New("%s", account.ShortARN(arn))) }

func (c *canvas) edge(from, to int, sure bool, text message.Message) {
	form := c.possible
	if sure {
		form = c.sure
	}
	if line := fmt.Sprintf(form, from, to, c.quote(text.String())); !c.drawn[line] {
		c.drawn[line] = true
		_, _ = c.out.WriteString(line)
	}
}

// chain draws the steps of a way.
func (c *canvas) chain(way *access.Chain) {
	for n := range way.Steps {
		s := &way.Steps[n]
		c.edge(c.named(s.From), c.named(s.To), s.Sure, s.How)
	}
}

// finish adds the notes and ends the graph.
func (c *canvas) finish(notes []message.Message) error {
	for _, note := range notes {
		c.noted(note.String(), note)
	}
	_, _ = c.out.WriteString(c.end)
	if err := c.out.Flush(); err != nil {
		return fmt.Errorf("writing the ways as a graph: %w", err)
	}
	return nil
}

func (l language) draw(w io.Writer, paths Paths) error {
	c := l.begun(w)
	for _, is := range paths.everybody() {
		switch {
		case is.Chain != nil:
			c.chain(is.Chain)
			if paths.To == "" {
				c.edge(c.named(is.Chain.To), c.noted("", ways.Whom("")), is.HangsOn().Empty(), has)
			}
		case is.Standing == access.Already && paths.To == "":
			c.edge(c.named(is.ARN), c.noted("", ways.Whom("")), true, has)
		default:
			c.noted(is.ARN, paths.heading(is))
		}
	}
	return c.finish(paths.notes())
}
