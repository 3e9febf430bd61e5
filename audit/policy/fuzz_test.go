package policy

import (
	"encoding/json"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// seedPolicies are documents such as people write, right and wrong.
var seedPolicies = []string{
	`{"Version":"2012-10-17","Statement":[{"Sid":"ReadShelf","Effect":"Allow","Action":["s3:GetObject","s3:List*"],"Resource":["arn:aws:s3:::shelf","arn:aws:s3:::shelf/${aws:username}/*"]}]}`,
	`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},{"Sid":"Guard","Effect":"Deny","NotAction":["iam:CreateVirtualMFADevice","iam:EnableMFADevice","sts:GetSessionToken"],"Resource":"*","Condition":{"BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}}}]}`,
	`{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"iam:*","NotResource":"arn:aws:iam::*:user/${aws:username, 'nobody'}","Condition":{"Null":{"aws:MultiFactorAuthAge":true},"StringNotLike":{"aws:UserAgent":["a*","${*}?"]}}}}`,
	`{"Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::b/${aws:username}","Condition":{"NumericLessThan":{"aws:MultiFactorAuthAge":3600},"DateGreaterThan":{"aws:CurrentTime":"2026-01-01T00:00:00Z"}}}]}`,
	`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"ec2:*","Resource":["arn:aws:ec2:*:instance/*","arn:aws:ec2:eu-*-1:1:x","arn:aws:s3*"],"Condition":{"ForAllValues:StringEquals":{"aws:TagKeys":["a","b"]},"ForAnyValue:StringNotEqualsIfExists":{"aws:x":"a"},"NotIpAddress":{"aws:SourceIp":["10.0.0.0/8","::1"]}}}]}`,
	`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sns:*","Resource":"*","Condition":{"ArnLike":{"aws:SourceArn":"arn:aws:sns:*:*:t*"},"ArnNotEqualsIfExists":{"aws:PrincipalArn":"arn:aws:iam::1:user/${aws:username}"},"BinaryEquals":{"aws:b":"YQ=="},"StringEqualsIgnoreCase":{"aws:username":"ALICE"}}}]}`,
	`{"Version":"2012-10-17","Id":"x","Statement":[{"Effect":"Allow","Principal":{"AWS":["123456789012"],"Service":"s3.amazonaws.com"},"Action":"sts:AssumeRole"}]}`,
	`{"PolicyVersion":{"Document":{"Version":"2012-10-17","Statement":[]},"VersionId":"v1"}}`,
	`{"PolicyDocument":"%7B%22Statement%22%3A%7B%22Effect%22%3A%22Allow%22%2C%22Action%22%3A%22*%22%2C%22Resource%22%3A%22*%22%7D%7D"}`,
	`{"Statement":[{"Effect":"Allow","Action":"s3GetObject"}],"Statement":1}`,
	`{"Statement":[{"Sid":"A","Effect":"allow",`,
	"[[[[{\"a\":\"\\ud800\x00\xff",
}

// FuzzParse: no document makes the reader panic, and what it takes survives being written and read again.
func FuzzParse(f *testing.F) {
	for _, s := range seedPolicies {
		for kind := Identity; kind <= Trust; kind++ {
			f.Add([]byte(s), int(kind))
		}
	}
	f.Fuzz(func(t *testing.T, data []byte, kind int) {
		d, err := ParseAny("p", Kind(kind), data)
		if err != nil {
			if !strings.HasPrefix(err.Error(), "p:") || !utf8.ValidString(err.Error()) || strings.ContainsAny(err.Error(), "\x00\n\x1b") {
				t.Errorf("unfit message %q", err)
			}
			return
		}
		if !json.Valid(data) {
			t.Errorf("took what isn't JSON")
		}
		written, err := json.Marshal(d)
		if err != nil {
			t.Fatal(err)
		}
		again, err := Parse("p", d.Kind, written)
		if err != nil {
			t.Fatalf("%s: %v", written, err)
		}
		if a, b := unplaced(d), unplaced(again); !reflect.DeepEqual(a, b) {
			t.Errorf("before %+v\nafter  %+v", a, b)
		}
	})
}

// unplaced returns a document's content without positions.
func unplaced(d *Document) Document {
	out := Document{Name: d.Name, Kind: d.Kind, Version: d.Version, ID: d.ID, Statements: stripped(d)}
	for i := range out.Statements {
		out.Statements[i].Pos = Position{}
		for j := range out.Statements[i].Conditions {
			out.Statements[i].Conditions[j].Pos = Position{}
		}
	}
	return out
}

// FuzzMatch: wildcards match as the regular expression does that says the same, and so do fields of an ARN.
func FuzzMatch(f *testing.F) {
	for _, s := range [][2]string{
		{"s3:Get*", "s3:GetObject"},
		{"*a*b?c", "xaybzc"},
		{"arn:aws:sns:*:t", "arn:aws:sns:eu:1:t"},
		{"arn:aws:s3:e?-*-1:x*y:*", "arn:aws:s3:eu-w-1:xy:z:é"},
		{"**?*", "é"},
		{"arn:aws", "arn:aws:s3:::b"},
	} {
		f.Add(s[0], s[1])
	}
	f.Fuzz(func(t *testing.T, pattern, s string) {
		if len(pattern) > 200 || len(s) > 1000 || !utf8.ValidString(pattern) || !utf8.ValidString(s) {
			return
		}
		if got, want := MatchWildcard(pattern, s), expression(pattern, -1).MatchString(s); got != want {
			t.Errorf("MatchWildcard(%q, %q) = %v", pattern, s, got)
		}
		r := newResourcePattern(pattern, Identity, false)
		m, _ := r.match(s, nil)
		if want := naiveResource(pattern, s); (m == Yes) != want {
			t.Errorf("resource %q, %q: %s, want %v", pattern, s, m, want)
		}
	})
}

// FuzzEvaluate: the evaluator agrees with a naive one that reads the document afresh each time, and an answer
// given in ignorance of some keys holds whatever they turn out to be.
func FuzzEvaluate(f *testing.F) {
	for i, s := range seedPolicies {
		f.Add(s, "s3:GetObject", "arn:aws:s3:::shelf/alice/x", "alice", "a,b", uint64(i)*0x9e3779b97f4a7c15)
		f.Add(s, "iam:CreateUser", "arn:aws:iam::123456789012:user/alice", "10.1.2.3", "true", uint64(i)*0x5851f42d4c957f2d)
		f.Add(s, "sns:Publish", "*", "3600", "arn:aws:sns:eu:1:t", uint64(i)*0xda942042e4dd58b5)
		f.Add(s, "ec2:RunInstances", "arn:aws:ec2:eu:1:instance/i", "2026-11-22T00:00:00Z", "YQ==", uint64(i)*0x2545f4914f6cdd1d)
	}
	f.Fuzz(func(t *testing.T, text, action, resource, value, list string, choice uint64) {
		if len(text)+len(resource)+len(value)+len(list) > 3000 || !utf8.ValidString(action+resource+value+list) {
			return
		}
		d, err := Parse("p", Identity, []byte(text))
		if err != nil {
			return
		}
		full := NewContext(Absent)
		var open []string
		for i, key := range keysOf(d) {
			switch bits := choice >> (3 * (i % 21)); {
			case bits&3 == 0:
				full.Set(key, value)
			case bits&3 == 1:
				full.SetList(key, strings.FieldsFunc(list, func(r rune) bool { return r == ',' })...)
			case bits&3 == 2:
				full.Set(key, list)
			}
			if choice>>(3*(i%21))&4 != 0 {
				open = append(open, key)
			}
		}
		set := Policies{Identity: []*Document{d}}
		req := Request{Action: action, Resource: resource, Context: full}
		got := Evaluate(req, set)
		if want := naiveEvaluate(d, action, resource, full); got.Result != want {
			t.Fatalf("%s, naively %s", got.Result, want)
		}
		req.Context = full.Clone()
		for _, key := range open {
			req.Context.SetUnknown(key)
		}
		guess := Evaluate(req, set)
		if guess.Result != Depends && (guess.Result == Allowed) != (got.Result == Allowed) {
			t.Fatalf("%s without knowing %q, but %s", guess.Result, open, got.Result)
		}
		if guess.Result == Depends && len(guess.Keys) == 0 {
			t.Fatal("depends on nothing")
		}
	})
}

var variableReference = regexp.MustCompile(`\$\{([^}]*)\}`)

// keysOf lists the keys that a document's conditions and variables name, lower-case.
func keysOf(d *Document) []string {
	var keys []string
	add := func(k string) {
		if k = strings.ToLower(k); !slices.Contains(keys, k) {
			keys = append(keys, k)
		}
	}
	for _, s := range d.Statements {
		texts := slices.Clone(s.Resources)
		for _, c := range s.Conditions {
			add(c.Key)
			texts = append(texts, c.Values...)
		}
		for _, m := range variableReference.FindAllStringSubmatch(strings.Join(texts, "\n"), -1) {
			name, _, _ := strings.Cut(m[1], ", ")
			add(strings.TrimSpace(name))
		}
	}
	return keys
}
