package evidence

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
)

// signersOf are lists of principals with exceptions, and who asks to be of them; one kind of key is enough.
var signersOf = map[string][]struct{ principals, identity string }{"ed25519": {
	{"!alice", "alice"}, {"!alice", "bob"}, {"!alice", "!alice"}, {"*,!alice", "alice"}, {"!alice,*", "alice"}, {"*,!alice", "bob"},
	{"alice,!al*", "alice"}, {"a*,!alice", "anna"}, {"*,!*", "alice"}, {"!*,alice", "alice"}, {"!!alice", "alice"}, {"alice,,bob", "bob"},
}}

func TestAllowedSigners(t *testing.T) {
	t.Parallel()
	key, other := signer(t, 1).PublicKey(), signer(t, 2).PublicKey()
	text := func(key ssh.PublicKey) string { return strings.TrimSpace(string(ssh.MarshalAuthorizedKey(key))) }
	ours, theirs := text(key), text(other)
	for name, test := range map[string]struct {
		file, identity string
		want, err      string
	}{
		"plain":                        {"alice@example.com " + ours, "", "alice@example.com", ""},
		"comment at the end":           {"alice@example.com " + ours + " a comment", "", "alice@example.com", ""},
		"comments and empty lines":     {"# who\r\n\n \t\nalice@example.com\t" + ours + "\r\n", "", "alice@example.com", ""},
		"not the first line":           {"bob " + theirs + "\nalice " + ours, "", "alice", ""},
		"nobody":                       {"", "", "", "got the key SHA256:"},
		"another key":                  {"bob " + theirs, "", "", "want one of allowed_signers"},
		"several principals":           {"alice,bob " + ours, "", "alice,bob", ""},
		"quoted principals":            {`"alice the first" ` + ours, "alice the first", "alice the first", ""},
		"identity":                     {"alice,*@example.com " + ours, "bob@example.com", "bob@example.com", ""},
		"another identity":             {"alice " + ours, "bob", "", "allowed_signers, line 1: the key is of alice, not of bob"},
		"identity excepted":            {"*,!bob " + ours, "bob", "", "not of bob"},
		"identity by question marks":   {"?ob " + ours, "bob", "bob", ""},
		"identity in capitals":         {"Bob " + ours, "bob", "", "not of bob"},
		"nobody but for an exception":  {"!bob " + ours, "", "", "allowed_signers, line 1: the key is of !bob, which is nobody"},
		"whom the exception is not of": {"!bob " + ours, "alice", "", "the key is of !bob, not of alice"},
		"who is excepted again":        {"alice,!al* " + ours, "", "", "which is nobody"},
		"all are excepted":             {"*,!* " + ours, "", "", "which is nobody"},
		"all but one":                  {"*,!bob " + ours, "", "*,!bob", ""},
		"all of one letter":            {"?,!a " + ours, "", "?,!a", ""},
		"none of more letters":         {"*,!?* " + ours, "", "*,!?*", ""},
		"a later line than that":       {"!bob " + ours + "\nalice " + ours, "", "alice", ""},
		"a later line allows it":       {"alice " + ours + "\nbob " + ours, "bob", "bob", ""},
		"namespace":                    {`alice namespaces="git,sekisho" ` + ours, "", "alice", ""},
		"namespace by pattern":         {`alice NAMESPACES="seki*" ` + ours, "", "alice", ""},
		"another namespace":            {`alice namespaces="git" ` + ours, "", "", "signs in the namespaces git, not in sekisho"},
		"namespace excepted":           {`alice namespaces="*,!sekisho" ` + ours, "", "", "not in sekisho"},
		"within":                       {`alice valid-after="20261122Z",valid-before="20261123Z" ` + ours, "", "alice", ""},
		"at the very end":              {`alice valid-before="20261122050000Z" ` + ours, "", "alice", ""},
		"past the end":                 {`alice valid-before="202611220459Z" ` + ours, "", "", "valid until 2026-11-22T04:59:00Z, and the evidence is of 2026-11-22T05:00:00Z"},
		"too early":                    {`alice valid-after="20261122050001Z" ` + ours, "", "", "valid from 2026-11-22T05:00:01Z on"},
		"local time":                   {`alice valid-after="202611221400" ` + ours, "", "alice", ""},
		"too early, local time":        {`alice valid-after="202611221401" ` + ours, "", "", "valid from 2026-11-22T05:01:00Z on"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := allowedSigners(t, test.file).Principals(key, taken, test.identity)
			if test.err == "" && err != nil || test.err != "" && (err == nil || !strings.Contains(err.Error(), test.err)) {
				t.Errorf("got error %v, want %q", err, test.err)
			}
			if got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
	for name, test := range map[string]struct{ line, want string }{
		"cert-authority":       {"*@example.com cert-authority " + ours, "got cert-authority, want a signer's own key"},
		"in capitals":          {"* namespaces=\"x\",CERT-AUTHORITY " + ours, "got cert-authority"},
		"no key":               {"alice", "got no principals"},
		"key alone":            {ours, "got no key that can be read"},
		"torn key":             {"alice " + ours[:40], "got no key that can be read"},
		"unknown option":       {"alice no-pty " + ours, `got option "no-pty"`},
		"option twice":         {`alice namespaces="a",namespaces="b" ` + ours, "each once"},
		"no quotes":            {"alice namespaces=git " + ours, "without quotes"},
		"no namespaces":        {`alice namespaces="" ` + ours, "each once"},
		"no time":              {`alice valid-after="tomorrow" ` + ours, `got the time "tomorrow"`},
		"no such day":          {`alice valid-after="20261131Z" ` + ours, `got the time "20261131Z"`},
		"ends before it began": {`alice valid-after="20270101Z",valid-before="20260101Z" ` + ours, "got valid-before at or before valid-after"},
		"no closing quote":     {`"alice ` + ours, "without a closing quote"},
	} {
		if _, err := ParseAllowedSigners(strings.NewReader("\n"+test.line), "f", time.UTC); err == nil ||
			!strings.HasPrefix(err.Error(), "reading the allowed signers: f, line 2: ") || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want an error with %q", name, err, test.want)
		}
	}
}

func content(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func allowedSigners(t *testing.T, text string) *AllowedSigners {
	t.Helper()
	list, err := ParseAllowedSigners(strings.NewReader(text), "allowed_signers", time.FixedZone("JST", 9*60*60))
	if err != nil {
		t.Fatal(err)
	}
	return list
}
