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

// What organizations describe-policy prints has the document as text.
func TestParseAnyReadsPoliciesOfOrganizations(t *testing.T) {
	t.Parallel()
	const answer = `{"Policy":{"PolicySummary":{"Id":"p-1","Type":"SERVICE_CONTROL_POLICY"},"Content":"{\"Version\":\"2012-10-17\",\"Statement\":{\"Sid\":\"A\",\"Effect\":\"Deny\",\"Action\":\"*\",\"Resource\":\"*\"}}"}}`
	d, err := ParseAny("scp.json", SCP, []byte(answer))
	if err != nil || len(d.Statements) != 1 || d.Statements[0].Ref() != "scp.json#A" || d.Kind != SCP {
		t.Errorf("got %+v, %v, want the SCP's statement", d, err)
	}
}
