package policy

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"runtime"
	"strings"
	"testing"
)

// mustParse parses a document that the test believes in.
func mustParse(t testing.TB, kind Kind, text string) *Document {
	t.Helper()
	d, err := Parse("policy.json", kind, []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestParseKeepsEveryElement(t *testing.T) {
	t.Parallel()
	d := mustParse(t, Resource, `{
  "Version": "2012-10-17",
  "Id": "shelf",
  "Statement": [
    {"Sid": "Read books", "Effect": "Allow",
     "Principal": {"AWS": ["123456789012", "arn:aws:iam::123456789012:user/alice"], "Service": "lambda.amazonaws.com"},
     "Action": ["s3:Get*", "S3:listbucket"], "NotResource": "arn:aws:s3:::shelf/private/*",
     "Condition": {"forallvalues:stringlikeifexists": {"aws:TagKeys": ["a*", "b"]},
                   "Bool": {"AWS:SecureTransport": true}, "NumericLessThan": {"s3:max-keys": [10, 2.5e1]}}},
    {"Effect": "Deny", "NotPrincipal": "*", "NotAction": "s3:*", "Resource": ["*"]}
  ]
}`)
	if d.Version != "2012-10-17" || d.ID != "shelf" || len(d.Statements) != 2 {
		t.Fatalf("document: %q %q, %d statements", d.Version, d.ID, len(d.Statements))
	}
	want := []Statement{
		{
			Policy: "policy.json", Index: 1, Sid: "Read books", Effect: Allow,
			Actions: []string{"s3:Get*", "S3:listbucket"}, Resources: []string{"arn:aws:s3:::shelf/private/*"}, NotResource: true,
			Principals: []Principal{
				{"AWS", "123456789012"}, {"AWS", "arn:aws:iam::123456789012:user/alice"}, {"Service", "lambda.amazonaws.com"},
			},
			Conditions: []Condition{
				{Operator: "StringLike", IfExists: true, Quantifier: ForAllValues, Key: "aws:TagKeys", Values: []string{"a*", "b"}, Pos: Position{8, 56}},
				{Operator: "Bool", Key: "AWS:SecureTransport", Values: []string{"true"}, Pos: Position{9, 29}},
				{Operator: "NumericLessThan", Key: "s3:max-keys", Values: []string{"10", "2.5e1"}, Pos: Position{9, 79}},
			},
			Pos: Position{5, 5},
		},
		{
			Policy: "policy.json", Index: 2, Effect: Deny, Actions: []string{"s3:*"}, NotAction: true, Resources: []string{"*"},
			Principals: []Principal{{"*", "*"}}, NotPrincipal: true, Pos: Position{10, 5},
		},
	}
	if got := stripped(d); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if got, want := d.Statements[0].Ref()+" "+d.Statements[1].Ref(), "policy.json#Read books policy.json#2"; got != want {
		t.Errorf("references %q, want %q", got, want)
	}
}

// stripped returns the statements without what is compiled from them.
func stripped(d *Document) []Statement {
	var out []Statement
	for _, s := range d.Statements {
		s.compiled = nil
		s.Conditions = append([]Condition(nil), s.Conditions...)
		for i := range s.Conditions {
			s.Conditions[i].compiled = nil
		}
		out = append(out, s)
	}
	return out
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	// statement wraps a statement's text so that it begins at 1:15.
	statement := func(s string) string { return `{"Statement":[` + s + `]}` }
	const head = `{"Effect":"Allow","Action":"s3:*","Resource":"*"`
	tests := []struct {
		name, text, want string
		kind             Kind
	}{
		{"empty", ``, `1:1: got the end of the document, want an object`, Identity},
		{"list", `[]`, `1:1: got a list, want an object`, Identity},
		{"null", `null`, `1:1: got null, want an object`, Identity},
		{"trailing data", `{"Statement":` + head + `}} {}`, `1:65: got an object after the document, want its end`, Identity},
		{"torn", "{\n \"Version\": \"2012", `2:13: Version: string without an end`, Identity},
		{"torn after comma", `{"Version":"2012-10-17",`, `1:25: got the end of the document, want a key in quotation marks`, Identity},
		{"no colon", `{"Version" "2012-10-17"}`, `1:12: got a string, want a colon after the key "Version"`, Identity},
		{"byte order mark", "\ufeff{}", `1:1: begins with a byte order mark, which JSON doesn't allow`, Identity},
		{"NUL", "{\"Id\": \x00}", `1:8: Id: got '\x00', want a string`, Identity},
		{"NUL in a string", "{\"Id\": \"a\x00\"}", `1:10: Id: control character 0x00 in a string`, Identity},
		{"not UTF-8", "{\"Id\": \"\xff\"}", `1:9: Id: byte 0xff is not UTF-8`, Identity},
		{"half a surrogate pair", `{"Id":"\ud83d"}`, `1:8: Id: bad escape in a string`, Identity},
		{"comment", `{/* */}`, `1:2: got '/', want a key in quotation marks`, Identity},
		{"no statement", `{"Version":"2012-10-17"}`, `1:1: Statement is missing`, Identity},
		{"empty statements", statement(``), `1:14: Statement: got an empty list, want a statement at least`, Identity},
		{"statement type", statement(`"x"`), `1:15: statement 1: got a string, want an object`, Identity},
		{"statements type", `{"Statement":1}`, `1:14: Statement: got a number, want an object or a list of objects`, Identity},
		{"version", `{"Version":"2012-10-18"}`, `1:12: Version: got "2012-10-18", want "2012-10-17" or "2008-10-17"`, Identity},
		{"version type", `{"Version":2012}`, `1:12: Version: got a number, want a string`, Identity},
		{"unknown element", `{"statement":[]}`, `1:2: unknown element "statement", want Version, Id or Statement`, Identity},
		{"duplicate element", `{"Version":"2012-10-17","Version":"2012-10-17"}`, `1:25: key "Version" is there twice`, Identity},
		{"unknown statement element", statement(head + `,"Ressource":"*"}`), `1:64: statement 1: unknown element "Ressource"`, Identity},
		{"duplicate statement element", statement(head + `,"Effect":"Deny"}`), `1:64: statement 1: key "Effect" is there twice`, Identity},
		{"no effect", statement(`{"Sid":"A","Action":"s3:*","Resource":"*"}`), `1:15: statement 1 "A": Effect is missing`, Identity},
		{"effect's case", statement(`{"Effect":"allow"}`), `1:25: statement 1: Effect: got "allow", want Allow or Deny`, Identity},
		{
			"action type", "{\n \"Statement\": [" + head + "},\n  {\"Effect\": \"Allow\",\n   \"Action\": 7, \"Resource\": \"*\", \"Sid\": \"AllowRead\"}]}",
			`4:14: statement 2 "AllowRead": Action: got a number, want a string or a list of strings`, Identity,
		},
		{"action list type", statement(`{"Effect":"Allow","Action":["s3:*",null]}`), `1:50: statement 1: Action: got null, want a string or a list of strings`, Identity},
		{"no actions", statement(`{"Effect":"Allow","Action":[]}`), `1:42: statement 1: Action: got an empty list, want a string at least`, Identity},
		{"action missing", statement(`{"Effect":"Allow","Resource":"*"}`), `1:15: statement 1: Action or NotAction is missing`, Identity},
		{"both actions", statement(head + `,"NotAction":"s3:*"}`), `1:64: statement 1: NotAction: got both Action and NotAction, want one of them`, Identity},
		{"action without service", statement(`{"Action":"s3GetObject"}`), `1:25: statement 1: Action: "s3GetObject" has no service prefix, want "service:Action" or "*"`, Identity},
		{"action with two colons", statement(`{"Action":"s3:Get:Object"}`), `1:25: statement 1: Action: "s3:Get:Object" has more than one colon`, Identity},
		{"service wildcard", statement(`{"NotAction":"s*:Get*"}`), `1:28: statement 1: NotAction: "s*:Get*" has a wildcard in its service prefix`, Identity},
		{"any service", statement(`{"Action":"*:Get*"}`), `1:25: statement 1: Action: "*:Get*" has a wildcard in its service prefix`, Identity},
		{"bad service", statement(`{"Action":"s 3:Get*"}`), `1:25: statement 1: Action: "s 3:Get*" has a bad service prefix, want letters, digits and hyphens`, Identity},
		{"no action name", statement(`{"Action":"s3:"}`), `1:25: statement 1: Action: "s3:" names no action`, Identity},
		{"bad action name", statement(`{"Action":"s3:Get/Object"}`), `1:25: statement 1: Action: "s3:Get/Object" has a bad action name, want letters, digits and wildcards`, Identity},
		{"resource missing", statement(`{"Effect":"Allow","Action":"*"}`), `1:15: statement 1: Resource or NotResource is missing`, Identity},
		{"both resources", statement(head + `,"NotResource":"*"}`), `1:64: statement 1: NotResource: got both Resource and NotResource, want one of them`, Identity},
		{"resource no ARN", statement(`{"Resource":"bucket/*"}`), `1:27: statement 1: Resource: "bucket/*" is neither an ARN nor "*"`, Identity},
		{"resource empty", statement(`{"Resource":""}`), `1:27: statement 1: Resource: "" is neither an ARN nor "*"`, Identity},
		{"resource partition", statement(`{"Resource":"arn:gcp:s3:::b"}`), `1:27: statement 1: Resource: "arn:gcp:s3:::b" has a bad partition, want aws, aws-cn, aws-us-gov or the like`, Identity},
		{"resource without service", statement(`{"Resource":"arn:aws::::b"}`), `1:27: statement 1: Resource: "arn:aws::::b" names no service`, Identity},
		{"half an ARN", statement(`{"Resource":"arn:aws"}`), `1:27: statement 1: Resource: "arn:aws" names no service`, Identity},
		{"principal in an identity policy", statement(head + `,"Principal":"*"}`), `1:64: statement 1: Principal: not allowed in an identity policy: it applies to whom it is attached to`, Identity},
		{"principal in an SCP", statement(head + `,"Principal":"*"}`), `1:64: statement 1: Principal: not allowed in a service control policy: it applies to whom it is attached to`, SCP},
		{"principal missing", statement(head + `}`), `1:15: statement 1: Principal is missing`, Resource},
		{"principal text", statement(`{"Principal":"alice"}`), `1:28: statement 1: Principal: got "alice", want "*" or an object`, Resource},
		{"principal type", statement(`{"Principal":["*"]}`), `1:28: statement 1: Principal: got a list, want "*" or an object`, Resource},
		{"principal kind", statement(`{"Principal":{"aws":"*"}}`), `1:29: statement 1: Principal: unknown type "aws", want AWS, Service, Federated or CanonicalUser`, Resource},
		{"principal wildcard", statement(`{"Principal":{"AWS":"arn:aws:iam::123456789012:user/*"}}`), `1:35: statement 1: Principal: "arn:aws:iam::123456789012:user/*" has a wildcard in it, want a whole name or "*"`, Trust},
		{"no principals", statement(`{"Principal":{}}`), `1:28: statement 1: Principal: names no principal`, Trust},
		{"both principals", statement(`{"Principal":"*","NotPrincipal":"*"}`), `1:32: statement 1: NotPrincipal: got both Principal and NotPrincipal, want one of them`, Resource},
		{"resource in a trust policy", statement(`{"Resource":"*"}`), `1:16: statement 1: Resource: not allowed in a trust policy`, Trust},
		{"NotPrincipal in an RCP", statement(`{"NotPrincipal":"*"}`), `1:16: statement 1: NotPrincipal: not allowed in a resource control policy`, RCP},
		{"somebody in an RCP", statement(`{"Principal":{"AWS":"123456789012"}}`), `1:28: statement 1: Principal: got some principals, want "*": a resource control policy is for everyone`, RCP},
		{"services in an RCP", statement(`{"Principal":{"Service":"*"}}`), `1:28: statement 1: Principal: got some principals, want "*": a resource control policy is for everyone`, RCP},
		{"an Allow in an RCP", statement(`{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*"}`), `1:15: statement 1: got Allow, want Deny: but for RCPFullAWSAccess a resource control policy only denies`, RCP},
		{"no principal in an RCP", statement(`{"Effect":"Deny","Action":"s3:*","Resource":"*"}`), `1:15: statement 1: Principal is missing`, RCP},
		{"principal in a session policy", statement(`{"Principal":"*"}`), `1:16: statement 1: Principal: not allowed in a session policy: it applies to whom it is attached to`, Session},
		{"NotPrincipal in a trust policy", statement(`{"NotPrincipal":"*"}`), `1:16: statement 1: NotPrincipal: not allowed in a trust policy`, Trust},
		{"Sid's characters", statement(`{"Sid":"Read books"}`), `1:22: statement 1 "Read books": Sid: got "Read books", want letters and digits only`, Identity},
		{"Sid type", statement(`{"Sid":1}`), `1:22: statement 1: Sid: got a number, want a string`, Identity},
		{"Sid twice", statement(head + `,"Sid":"A"},` + head + `,"Sid":"A"}`), `1:130: statement 2 "A": Sid: another statement has the same`, Identity},
		{"condition type", statement(`{"Condition":[]}`), `1:28: statement 1: Condition: got a list, want an object`, Identity},
		{"operator", statement(`{"Condition":{"StringMatches":{}}}`), `1:29: statement 1: Condition: unknown operator "StringMatches"`, Identity},
		{"set operator", statement(`{"Condition":{"ForSomeValues:Bool":{}}}`), `1:29: statement 1: Condition: unknown operator "ForSomeValues:Bool"`, Identity},
		{"Null with IfExists", statement(`{"Condition":{"NullIfExists":{}}}`), `1:29: statement 1: Condition: unknown operator "NullIfExists": Null takes no IfExists`, Identity},
		{"operator twice", statement(`{"Condition":{"Bool":{},"bool":{}}}`), `1:39: statement 1: Condition: operator Bool is there twice`, Identity},
		{"operator's value", statement(`{"Condition":{"Bool":"true"}}`), `1:36: statement 1: Condition: got a string, want an object`, Identity},
		{"key without service", statement(`{"Condition":{"Bool":{"mfa":"true"}}}`), `1:37: statement 1: Condition: key "mfa" has no service prefix, want "service:key" or "aws:key"`, Identity},
		{"key twice", statement(`{"Condition":{"Bool":{"aws:A":true,"AWS:a":true}}}`), `1:50: statement 1: Condition: key "AWS:a" is there twice under Bool, in different case`, Identity},
		{"condition value", statement(`{"Condition":{"Bool":{"aws:A":[true,{}]}}}`), `1:51: statement 1: Condition: got an object, want strings, numbers or booleans`, Identity},
		{"null value", statement(`{"Condition":{"Bool":{"aws:A":null}}}`), `1:45: statement 1: Condition: got null, want strings, numbers or booleans`, Identity},
		{"bad number", statement(`{"Condition":{"NumericEquals":{"aws:A":01}}}`), `1:54: statement 1: Condition: malformed number "01"`, Identity},
		{"hostile text", statement(`{"Action":"` + `\u001b[2J` + strings.Repeat("x", 200) + `"}`), `1:25: statement 1: Action: "\x1b[2J` + strings.Repeat("x", 76) + `"… has no service prefix, want "service:Action" or "*"`, Identity},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, err := Parse("policy.json", test.kind, []byte(test.text))
			var fault *ParseError
			if !errors.As(err, &fault) {
				t.Fatalf("got %v, want a ParseError", err)
			}
			if got, want := err.Error(), "policy.json:"+test.want; got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
		})
	}
}

func TestParseAccepts(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, text string
		kind       Kind
	}{
		{"one statement", `{"Statement":{"Effect":"Deny","NotAction":"*:*","Resource":"*"}}`, Identity},
		{"old version", `{"Version":"2008-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"arn:aws-cn:s3:::b/${aws:username}"}]}`, Identity},
		{"any partition", `{"Statement":[{"Effect":"Allow","Action":"iam:*","Resource":["arn:*:iam::*:role/x","arn:aws:*","arn:aws:s3*"]}]}`, SCP},
		{"trust", `{"Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Federated":"accounts.google.com"}}]}`, Trust},
		{"no values", `{"Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"Bool":{},"StringLike":{"aws:a":[]}}}]}`, Boundary},
		{"empty Sids", `{"Statement":[{"Sid":"","Effect":"Allow","Action":"s3:*","Resource":"*"},{"Sid":"","Effect":"Allow","Action":"s3:*","Resource":"*"}]}`, Identity},
		{"no resource", `{"Statement":[{"Effect":"Allow","Action":"ecr:*","Principal":{"AWS":"*"}}]}`, Resource},
		{"escapes", `{"Statement":[{"\u0045ffect":"All\u006fw","Action":"s3:*","Resource":"arn:aws:s3:::\ud83d\ude00"}]}`, Identity},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			d, err := Parse("p", test.kind, []byte(test.text))
			if err != nil {
				t.Fatal(err)
			}
			if len(d.Statements) == 0 {
				t.Error("no statements")
			}
		})
	}
}

func TestParseAnyUnwrapsAnswersOfAWS(t *testing.T) {
	t.Parallel()
	const document = `{"Version":"2012-10-17","Statement":[{"Sid":"A","Effect":"Allow","Action":"s3:*","Resource":"*"}]}`
	const encoded = `%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%7B%22Effect%22%3A%22Allow%22%2C%22Action%22%3A%22s3%3A*%22%2C%22Resource%22%3A%22arn%3Aaws%3As3%3A%3A%3Aa+b%22%7D%7D`
	const trust = `{"Statement":[{"Effect":"Allow","Principal":{"AWS":"123456789012"},"Action":"sts:AssumeRole"}]}`
	tests := []struct {
		name, text, ref string
		kind            Kind
	}{
		{"bare", document, "f#A", Identity},
		{"get-policy-version", `{"PolicyVersion":{"VersionId":"v2","Document":` + document + `,"IsDefaultVersion":true}}`, "f#A", Identity},
		{"get-user-policy", `{"UserName":"alice","PolicyName":"x","PolicyDocument":` + document + `}`, "f#A", Identity},
		{"URL-encoded", `{"PolicyDocument":"` + encoded + `"}`, "f#1", Identity},
		{"JSON in a string", `{"PolicyDocument":` + string(must(json.Marshal(document))) + `}`, "f#A", Identity},
		{"get-role", `{"Role":{"RoleName":"r","AssumeRolePolicyDocument":` + trust + `}}`, "f#1", Trust},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			d, err := ParseAny("f", Identity, []byte(test.text))
			if err != nil {
				t.Fatal(err)
			}
			if d.Statements[0].Ref() != test.ref || d.Kind != test.kind {
				t.Errorf("got %s, a %s; want %s, a %s", d.Statements[0].Ref(), d.Kind, test.ref, test.kind)
			}
			if test.name == "URL-encoded" && d.Statements[0].Resources[0] != "arn:aws:s3:::a+b" {
				t.Errorf("a plus sign became %q", d.Statements[0].Resources[0])
			}
		})
	}

	_, err := ParseAny("f", Identity, []byte("{\n\"PolicyDocument\": {\"Statement\": [{\"Effect\": \"allow\"}]}}"))
	if want := `f:2:45: statement 1: Effect: got "allow", want Allow or Deny`; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	for _, bad := range []string{`{"PolicyDocument":"%zz"}`, `{"PolicyDocument":"x`, `{"PolicyVersion":{"Document":`, `{"PolicyDocument":7}`, `[`, `{"PolicyDocument":{}} x`} {
		if d, err := ParseAny("f", Identity, []byte(bad)); err == nil {
			t.Errorf("%s: got %+v, want an error", bad, d)
		}
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// TestParseIsBounded feeds documents that are large or torn in ways that could make a careless reader slow: four times
// the document takes about four times the memory, and the largest ends in an answer.
func TestParseIsBounded(t *testing.T) {
	condition := func(s string) string {
		return `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringLike":{` + s + `}}}}`
	}
	many := func(n int, format string) string {
		var out strings.Builder
		for i := range n {
			fmt.Fprintf(&out, format, i)
		}
		return strings.TrimSuffix(out.String(), ",")
	}
	for name, test := range map[string]struct {
		valid bool
		n     int
		text  func(n int) string
	}{
		"statements": {true, 10000, func(n int) string {
			return `{"Version":"2012-10-17","Statement":[` + many(n, `{"Sid":"S%[1]d","Effect":"Allow","Action":["s3:Get*","iam:*User"],`+
				`"Resource":"arn:aws:s3:::b%[1]d/${aws:username}/*","Condition":{"Bool":{"aws:x":"true"}}},`) + `]}`
		}},
		"keys":              {true, 100000, func(n int) string { return condition(many(n, `"aws:k%d":"v",`)) }},
		"values":            {true, 100000, func(n int) string { return condition(`"aws:k":[` + strings.Repeat(`"${*}${?}",`, n) + `"v"]`) }},
		"one long value":    {true, 500000, func(n int) string { return condition(`"aws:k":"` + strings.Repeat("${*}", n) + `"`) }},
		"open variables":    {true, 1000000, func(n int) string { return condition(`"aws:k":"` + strings.Repeat("${", n) + `"`) }},
		"deep lists":        {false, 1 << 21, func(n int) string { return strings.Repeat("[", n) }},
		"deep objects":      {false, 1 << 17, func(n int) string { return strings.Repeat(`{"Statement":`, n) }},
		"deep in a wrapper": {false, 1 << 20, func(n int) string { return `{"PolicyVersion":` + strings.Repeat(`[`, n) }},
		"blanks":            {false, 1 << 20, func(n int) string { return strings.Repeat(" \n", n) }},
		"quotation marks":   {false, 1 << 21, func(n int) string { return strings.Repeat(`"`, n) }},
		"escapes":           {false, 1 << 18, func(n int) string { return `{"Id":"` + strings.Repeat(`\u0041`, n) + `"}` }},
		"too large":         {false, maxSize + 1, func(n int) string { return strings.Repeat(" ", n) }},
	} {
		t.Run(name, func(t *testing.T) {
			cost := func(n int) uint64 {
				text := []byte(test.text(n))
				return allocated(func() {
					if _, err := ParseAny("p", Identity, text); (err == nil) != test.valid {
						t.Errorf("error %v", err)
					}
				})
			}
			quarter, whole := cost(test.n/4), cost(test.n)
			if whole > 8*quarter {
				t.Errorf("got %d bytes allocated for a document, and %d for four times as much", quarter, whole)
			}
		})
	}
}

// allocated returns how many bytes a function allocates. Tests that ask don't run in parallel with others.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

func TestMarshalIsReadBack(t *testing.T) {
	t.Parallel()
	d := mustParse(t, Resource, `{"Id":"i","Version":"2012-10-17","Statement":{"Effect":"Deny","NotAction":"s3:*","Sid":"x",
		"NotPrincipal":{"Service":"a.b","AWS":["1","2"]},"Resource":"*",
		"Condition":{"Null":{"aws:a":"true","aws:b":false},"ForAnyValue:ArnLikeIfExists":{"aws:c":[]}}}}`)
	got := string(must(json.Marshal(d)))
	want := `{"Version":"2012-10-17","Id":"i","Statement":[{"Sid":"x","Effect":"Deny",` +
		`"NotPrincipal":{"Service":["a.b"],"AWS":["1","2"]},"NotAction":["s3:*"],"Resource":["*"],` +
		`"Condition":{"Null":{"aws:a":["true"],"aws:b":["false"]},"ForAnyValue:ArnLikeIfExists":{"aws:c":[]}}}]}`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
