package diff

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestCompareDocuments(t *testing.T) {
	t.Parallel()
	const (
		read  = `{"Sid":"Read","Effect":"Allow","Action":["s3:Get*","s3:List*"],"Resource":"*"}`
		write = `{"Effect":"Allow","Action":"s3:PutObject","Resource":"*"}`
	)
	of := func(statements ...string) string {
		return `{"Version":"2012-10-17","Statement":[` + strings.Join(statements, ",") + `]}`
	}
	for _, test := range []struct {
		name, old, new string
		want           []string
	}{
		{"the same in other words", of(read, write), `{"Statement": [` + strings.Replace(write, `"s3:PutObject"`, `["s3:PutObject"]`, 1) + `, {"Resource":["*"],"Sid":"Read","Effect":"Allow","Action":["s3:List*","s3:Get*","s3:Get*"]}],"Version":"2012-10-17"}`, nil},
		{"a lone statement without a list", of(write), `{"Version":"2012-10-17","Statement":` + write + `}`, nil},
		{"a condition as a flag and as text", of(`{"Condition":{"Bool":{"aws:SecureTransport":true}}}`), of(`{"Condition":{"Bool":{"aws:SecureTransport":["true"]}}}`), nil},
		{"another version of the language", of(write), strings.Replace(of(write), "2012-10-17", "2008-10-17", 1), []string{"version   2012-10-17>2008-10-17 [] []"}},
		{"a statement that lost its name", of(read), of(strings.Replace(read, `"Sid":"Read",`, "", 1)), []string{"statement #1 Sid Read> [] []"}},
		{"an effect", of(write), of(strings.Replace(write, "Allow", "Deny", 1)), []string{"statement #1 Effect Allow>Deny [] []"}},
		{"a list", of(read), of(strings.Replace(read, "s3:List*", "s3:*", 1)), []string{"statement Read Action > [s3:*] [s3:List*]"}},
		{"an element that came and one that went", of(write), of(`{"Effect":"Allow","NotAction":"iam:*","Resource":"*"}`), []string{"statement #1 Action s3:PutObject> [] []", "statement #1 NotAction >iam:* [] []"}},
		{"a statement put in front", of(write), of(read, write), []string{`statement Read  >{"Action":["s3:Get*","s3:List*"],"Effect":"Allow","Resource":"*"} [] []`}},
		{"all gone", of(write), of(), []string{`statement #1  {"Action":"s3:PutObject","Effect":"Allow","Resource":"*"}> [] []`}},
		{"not JSON", of(write), "{", []string{"document   " + of(write) + ">{ [] []"}},
		{"null is not an empty list", of(write), `{"Statement":null}`, []string{"document   " + of(write) + `>{"Statement":null} [] []`}},
	} {
		var got []string
		for _, d := range compareDocuments("statement", test.old, test.new) {
			got = append(got, fmt.Sprintf("%s %s %s %s>%s %v %v", d.Field, d.Part, d.Element, d.Old, d.New, d.Added, d.Removed))
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%s: got\n\t%s\nwant\n\t%s", test.name, strings.Join(got, "\n\t"), strings.Join(test.want, "\n\t"))
		}
	}
}
