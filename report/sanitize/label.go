package sanitize

import (
	"strconv"
	"strings"
)

// Label is what stands between the quotes of a label in a graph. [DOT] and [Mermaid] make it of strings.
type Label string

// DOT returns s for a quoted label of Graphviz's language: as [Terminal] does, with all that means something in a label,
// or ends it, as references of HTML, which Graphviz resolves last.
func DOT[S ~string](s S) Label { return label(Terminal(s), "&#") }

// Mermaid does the same for Mermaid, which has a reference's number behind # alone.
func Mermaid[S ~string](s S) Label { return label(Terminal(s), "#") }

// label keeps of ASCII what nowhere means anything: Mermaid looks for its directives and styles within quotes, too.
func label(text Text, reference string) Label {
	var b strings.Builder
	for i := range len(text) {
		switch c := text[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c >= 0x80, strings.IndexByte(" /_.,-", c) >= 0:
			b.WriteByte(c)
		default:
			b.WriteString(reference + strconv.Itoa(int(c)) + ";")
		}
	}
	return Label(b.String())
}
