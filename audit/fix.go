package audit

import (
	"strconv"
	"strings"
)

// Fix is how what a rule finds is put right: steps in their order, after each of which one can stop. What can't be
// undone comes after what can.
type Fix struct {
	Steps []FixStep
	Page  string // of AWS's documentation
}

// FixStep is one step: what to do, and a command that does it, with words in capitals for what is the reader's own.
type FixStep struct {
	Text    string
	Command string // empty where there is none
}

// String returns the fix as a text of lines: a step, and its command behind four blanks.
func (f Fix) String() string {
	var b strings.Builder
	for i, s := range f.Steps {
		if i > 0 {
			b.WriteByte('\n')
		}
		if len(f.Steps) > 1 {
			b.WriteString(strconv.Itoa(i+1) + ". ")
		}
		b.WriteString(s.Text)
		if s.Command != "" {
			b.WriteString(":\n    " + s.Command)
		} else {
			b.WriteByte('.')
		}
	}
	if f.Page != "" {
		b.WriteString("\nAWS: " + f.Page)
	}
	return b.String()
}
