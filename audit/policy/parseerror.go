package policy

import (
	"fmt"
	"strings"
)

// ParseError says where and why a document is refused.
type ParseError struct {
	Name      string // of the document
	Pos       Position
	Statement int    // from 1; 0 outside of statements
	Sid       string // of the statement, if it has one
	Element   string // "Action", "Condition", …; empty where it is the JSON that is broken
	Reason    string
}

// Error reads: policy.json:7:15: statement 2 "AllowRead": Action: got a number, want a string or a list of strings
func (e *ParseError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s:%s: ", e.Name, e.Pos)
	if e.Statement > 0 {
		fmt.Fprintf(&b, "statement %d", e.Statement)
		if e.Sid != "" {
			b.WriteString(" " + quote(e.Sid))
		}
		b.WriteString(": ")
	}
	if e.Element != "" {
		b.WriteString(e.Element + ": ")
	}
	b.WriteString(e.Reason)
	return b.String()
}

func (p *parser) size() error {
	if len(p.text) > maxSize {
		return &ParseError{Name: p.name, Pos: p.pos(), Reason: fmt.Sprintf("got %d bytes, want at most %d", len(p.text), maxSize)}
	}
	if strings.HasPrefix(p.text, "\ufeff") {
		return &ParseError{Name: p.name, Pos: p.pos(), Reason: "begins with a byte order mark, which JSON doesn't allow"}
	}
	return nil
}
