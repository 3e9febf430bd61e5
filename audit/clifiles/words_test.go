package clifiles

import "testing"

// An option has the word behind it for its value, unless that is an option too, and a command is told by its words in
// their order, whatever stands between them.
func TestWordsOfACommandLine(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		line words
		want string
		is   bool
	}{
		{words{"--user-name", "alice"}, "alice", false},
		{words{"aws", "iam", "list-users", "--user-name"}, "", true},
		{words{"aws", "iam", "--user-name", "--output", "list-users"}, "", true},
		{words{"aws", "list-users", "iam"}, "", false},
		{words{"iam", "--user-name", "bob", "list-users", "--user-name", "carol"}, "bob", true},
		{words{"iam"}, "", false},
		{nil, "", false},
	} {
		if got := test.line.option("--user-name"); got != test.want {
			t.Errorf("%q: got %q, want %q", test.line, got, test.want)
		}
		if got := test.line.is(Command{Args: []string{"iam", "list-users"}}); got != test.is {
			t.Errorf("%q: got %t, want it told as the command %t", test.line, got, test.is)
		}
	}
}
