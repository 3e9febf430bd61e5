package access

import (
	"bufio"
	"fmt"
	"io"

	"sekisho/audit/access"
	"sekisho/audit/account"
	"sekisho/audit/message"
	"sekisho/report/sanitize"
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

// Of the administrator's rights, the end of all ways.
var (
	administrator = message.New("an administrator")
	has           = message.New("has all rights")
)

func (l language) draw(w io.Writer, paths Paths) error {
	out := bufio.NewWriter(w) // it keeps its error for Flush
	numbers, drawn := map[string]int{}, map[string]bool{}
	node := func(key string, text message.Message) int {
		if numbers[key] == 0 {
			numbers[key] = len(numbers) + 1
			fmt.Fprintf(out, l.node, numbers[key], l.quote(text.String()))
		}
		return numbers[key]
	}
	named := func(arn string) int { return node(arn, message.New("%s", account.ShortARN(arn))) }
	edge := func(from, to int, sure bool, text message.Message) {
		form := l.possible
		if sure {
			form = l.sure
		}
		if line := fmt.Sprintf(form, from, to, l.quote(text.String())); !drawn[line] {
			drawn[line] = true
			_, _ = out.WriteString(line)
		}
	}
	_, _ = out.WriteString(l.begin)
	for i := range paths.List {
		is := &paths.List[i]
		switch is.Standing {
		case access.CanAscend, access.MayAscend:
			for n := range is.Chain.Steps {
				s := &is.Chain.Steps[n]
				edge(named(s.From), named(s.To), s.Sure, s.How)
			}
			edge(named(is.Chain.To), node("", administrator), is.HangsOn().Empty(), has)
		case access.Already:
			edge(named(is.ARN), node("", administrator), true, has)
		default:
			node(is.ARN, heading(is))
		}
	}
	for _, note := range paths.notes() {
		node(note.String(), note)
	}
	_, _ = out.WriteString(l.end)
	if err := out.Flush(); err != nil {
		return fmt.Errorf("writing the ways to an administrator as a graph: %w", err)
	}
	return nil
}
