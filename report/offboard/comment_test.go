package offboard

import (
	"bufio"
	"strings"
	"testing"

	"sekisho/audit/message"
)

// A comment's lines are as long as 120 columns let them be, and a word that is longer stands alone.
func TestCommentsFillTheirLines(t *testing.T) {
	t.Parallel()
	word := func(n int) string { return strings.Repeat("x", n) }
	for text, want := range map[string]string{
		word(59) + " " + word(58):                "# " + word(59) + " " + word(58) + "\n",
		word(59) + " " + word(59):                "# " + word(59) + "\n# " + word(59) + "\n",
		"a " + word(200) + " b":                  "# a\n# " + word(200) + "\n# b\n",
		word(200):                                "# " + word(200) + "\n",
		word(100) + " " + word(17) + " " + "abc": "# " + word(100) + " " + word(17) + "\n# abc\n",
	} {
		var got strings.Builder
		p := &plan{out: bufio.NewWriter(&got)}
		p.comment(0, message.New("%s", text))
		if err := p.out.Flush(); err != nil || got.String() != want {
			t.Errorf("got %v and\n%s\nwant\n%s", err, got.String(), want)
		}
	}
}
