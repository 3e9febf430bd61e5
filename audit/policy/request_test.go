package policy

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestReadRequest(t *testing.T) {
	t.Parallel()
	base := NewContext(Absent)
	base.Set("aws:username", "alice")
	base.Set("aws:PrincipalAccount", "123456789012")
	got, err := ReadRequest(` { "context" : {"AWS:UserName":"bob","aws:TagKeys":["a",1,true],"aws:MultiFactorAuthAge":3.5e2,"aws:SecureTransport":false,"aws:CalledVia":[]},
		"resource":"arn:aws:s3:::b\/k", "action":"s3:GetObject" } `, base)
	if err != nil {
		t.Fatal(err)
	}
	if got.Action != "s3:GetObject" || got.Resource != "arn:aws:s3:::b/k" {
		t.Errorf("got %s on %s, want s3:GetObject on arn:aws:s3:::b/k", got.Action, got.Resource)
	}
	for key, want := range map[string]string{
		"aws:username": "bob", "aws:principalaccount": "123456789012", "aws:TagKeys": "list a,1,true", "aws:MultiFactorAuthAge": "3.5e2",
		"aws:SecureTransport": "false", "aws:CalledVia": "list ", "aws:SourceIp": "absent",
	} {
		values, list, state := got.Context.Lookup(key)
		text := strings.Join(values, ",")
		switch {
		case state == Absent:
			text = "absent"
		case state == Unknown:
			text = "unknown"
		case list:
			text = "list " + text
		}
		if text != want {
			t.Errorf("%s: got %q, want %q", key, text, want)
		}
	}
	if values, _, _ := base.Lookup("aws:username"); values[0] != "alice" {
		t.Errorf("got %q in the base afterwards, want it unchanged", values[0])
	}
	if got, err = ReadRequest(`{"action":"iam:ListUsers"}`, base); err != nil || got.Context != base {
		t.Errorf("got %+v (%v) without a context, want the base", got, err)
	}
}

func TestReadRequestRefuses(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ text, want string }{
		{``, "1:1: got the end of the document, want an object"},
		{`{}`, "1:1: action is missing"},
		{`{"action":"s3"}`, `1:11: action: got "s3", want one action, such as s3:GetObject`},
		{`{"action":"s3:Get*"}`, `1:11: action: got "s3:Get*", want one action`},
		{`{"action":"a:b:c"}`, `1:11: action: got "a:b:c", want one action`},
		{`{"Action":"s3:GetObject"}`, `1:2: unknown member "Action", want action, resource or context`},
		{`{"action":"s3:GetObject","context":[]}`, "1:36: context: got a list, want an object"},
		{`{"action":"s3:GetObject","context":{"aws:a":[null]}}`, "1:46: context: got null, want a string, a number or a boolean"},
		{`{"action":"s3:GetObject","context":{"aws:a":01}}`, `1:45: context: malformed number "01"`},
		{`{"action":"s3:GetObject","context":{"aws:a":1,"aws:a":2}}`, `1:47: context: key "aws:a" is there twice`},
		{`{"action":"s3:GetObject"} x`, "1:27: got 'x' after the request, want its end"},
	} {
		_, err := ReadRequest(tt.text, nil)
		if err == nil || !strings.HasPrefix(strings.TrimPrefix(err.Error(), ":"), tt.want) {
			t.Errorf("%s: got %v, want %s", tt.text, err, tt.want)
		}
	}
}

// FuzzReadRequest wants whatever is taken for a request to be JSON that encoding/json reads alike.
func FuzzReadRequest(f *testing.F) {
	for _, seed := range []string{
		`{"action":"s3:GetObject","resource":"arn:aws:s3:::b/k","context":{"aws:SourceIp":"192.0.2.1"}}`,
		`{"action":"ec2:CreateTags","context":{"aws:TagKeys":["a",1,true,-2.5e3],"aws:SecureTransport":false}}`,
		`{"action":"s3:\u0047etObject","resource":"\ud83d\ude00"}`, `{"action":"a:b"}{}`, `[`, `{"context":{"a:b":[[[[`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := ReadRequest(text, nil)
		if err != nil {
			return
		}
		var want struct {
			Action, Resource string
			Context          map[string]any
		}
		if err := json.Unmarshal([]byte(text), &want); err != nil {
			t.Fatalf("%q: taken, but encoding/json says %v", text, err)
		}
		if got.Action != want.Action || got.Resource != want.Resource {
			t.Errorf("%q: got %q on %q, want %q on %q", text, got.Action, got.Resource, want.Action, want.Resource)
		}
		for key, value := range want.Context {
			values, list, state := got.Context.Lookup(key)
			several, wantList := value.([]any)
			if state != Present || list != wantList || list && len(values) != len(several) {
				t.Errorf("%q: %s: got %v, list %t, want %v", text, key, values, list, value)
			}
			if text, ok := value.(string); ok && values[0] != text {
				t.Errorf("%q: %s: got %q, want %q", text, key, values[0], text)
			}
		}
	})
}
