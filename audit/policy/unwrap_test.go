package policy

import "testing"

// A fault that the search for an answer of AWS meets first is told as one of the policy.
func TestParseAnyNamesStatementAndElement(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{"Version":"2012-10-17","Statement":[{"Sid":"A","Effect":"Allow","Effect":"Deny"}]}`: `p.json:1:66: statement 1 "A": key "Effect" is there twice`,
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":`:                    `p.json:1:65: statement 1: Action: got the end of the document, want a string or a list of strings`,
		`{"PolicyVersion":{"Document":{}},}`:                                                  `p.json:1:34: got '}', want a key in quotation marks`,
	} {
		_, err := ParseAny("p.json", Identity, []byte(text))
		if err == nil || err.Error() != want {
			t.Errorf("%s\ngot %v, want %s", text, err, want)
		}
	}
}
