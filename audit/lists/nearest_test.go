package lists_test

import (
	"strings"
	"testing"

	"sekisho/audit/lists"
)

func TestNearest(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ text, candidates, want string }{
		{"getobjekt", "putobject getobject getobjectacl", "getobject"},
		{"getobject", "getobject", "getobject"},
		{"abc", "abd abe", "abd"},             // the first of several
		{"abc", "axyz", ""},                   // three edits of three characters are too many
		{"abc", "ab abcd b", "ab"},            // a character less, or one more
		{"a", "b", "b"},                       // one edit is always near
		{"a", "bcd", ""},                      // and three never are
		{"Alice", "alice", "alice"},           // case is an edit
		{"abcdef", "badcfe abcdfe", "abcdfe"}, // two edits rather than many
		{"", "a", "a"},
		{"a", "", ""},
		{strings.Repeat("x", 1<<20), "abc", ""}, // without much ado
	} {
		candidates := strings.Fields(test.candidates)
		got := ""
		if i := lists.Nearest(test.text, candidates); i >= 0 {
			got = candidates[i]
		}
		if got != test.want {
			t.Errorf("%.20s among %s: got %q, want %q", test.text, test.candidates, got, test.want)
		}
	}
}
