package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"sekisho/audit/policy"
)

// runOn runs a command of "sekisho policy" on policies given by file name.
func runOn(t *testing.T, stdin string, files map[string]string, args ...string) (stdout, stderr string, status int) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for i, arg := range args {
		if _, ok := files[arg]; ok {
			args[i] = filepath.Join(dir, arg)
		}
	}
	var out, errs strings.Builder
	sys := system{
		stdin: strings.NewReader(stdin), stdout: &out, stderr: &errs, environ: []string{"COLUMNS=80"},
		now: func() time.Time { return time.Date(2026, 11, 22, 5, 0, 0, 0, time.UTC) },
	}
	status = run(t.Context(), append([]string{"policy"}, args...), sys)
	return out.String(), errs.String(), status
}

const allowAll = `{"Version":"2012-10-17","Statement":{"Sid":"Everything","Effect":"Allow","Action":"*","Resource":"*"}}`

// Whatever a policy holds, a terminal gets nothing but text, and lines of 80 columns save for words that are longer.
func TestPolicyTableIsHarmless(t *testing.T) {
	t.Parallel()
	hostile := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::x\u001b[2Jy\u202e/*"},
		{"Effect":"Deny","Action":"iam:*","Resource":"*","Condition":{"Bool":{"aws:MultiFactorAuthPresent":"fal\u001b]0;x\u0007se"}}}]}`
	stdout, _, status := runOn(t, "", map[string]string{"a\x1b[31m.json": hostile}, "a\x1b[31m.json")
	if status != statusFinding || !strings.Contains(stdout, "leaky") && !strings.Contains(stdout, "not enforced") {
		t.Fatalf("got status %d and\n%s\nwant %d and a verdict", status, stdout, statusFinding)
	}
	for line := range strings.Lines(stdout) {
		for _, r := range strings.TrimSuffix(line, "\n") {
			if r < ' ' || r == 0x7f || r == '\u202e' {
				t.Errorf("got %q, want no control characters", line)
				break
			}
		}
		if len([]rune(line)) > 81 && strings.Count(strings.TrimSpace(line), " ") > 0 {
			t.Errorf("got a line of %d columns, want at most 80:\n%s", len([]rune(line))-1, line)
		}
	}
}

// The document has every key of the schema, and lists that are never null.
func TestPolicyJSON(t *testing.T) {
	t.Parallel()
	nothing := `{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}`
	stdout, _, status := runOn(t, "", map[string]string{"nothing.json": nothing}, "nothing.json", "-f", "json")
	if status != statusClean {
		t.Fatalf("got status %d for a policy that allows nothing, want %d", status, statusClean)
	}
	var got map[string]any
	if err := json.Unmarshal([]byte(stdout), &got); err != nil {
		t.Fatal(err)
	}
	want := []string{"catalogue", "enrolment", "findings", "first_sign_in", "paths", "schema", "self_service"}
	if keys := slices.Sorted(maps.Keys(got)); !slices.Equal(keys, want) {
		t.Errorf("got the keys %v, want %v", keys, want)
	}
	if got["schema"] != "sekisho/policy/v1" || got["catalogue"] != policy.CatalogueDate() {
		t.Errorf("got schema %v and catalogue %v, want sekisho/policy/v1 and %s", got["schema"], got["catalogue"], policy.CatalogueDate())
	}
	if strings.Contains(stdout, "null") {
		t.Errorf("got a null in\n%s\nwant none: nothing is open", stdout)
	}
	console := got["paths"].(map[string]any)["console"].(map[string]any)
	if console["verdict"] != "no_access" {
		t.Errorf("got the console verdict %v, want no_access", console["verdict"])
	}
}

func TestCanRequests(t *testing.T) {
	t.Parallel()
	files := map[string]string{
		"p.json": `{"Version":"2012-10-17","Statement":[
			{"Sid":"Own","Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::b/${aws:username}/*"},
			{"Sid":"Fresh","Effect":"Allow","Action":"iam:*","Resource":"*","Condition":{"NumericLessThan":{"aws:MultiFactorAuthAge":"3600"}}},
			{"Sid":"Tagged","Effect":"Allow","Action":"ec2:CreateTags","Resource":"*","Condition":{"ForAllValues:StringEquals":{"aws:TagKeys":["a","b"]},"Null":{"aws:TagKeys":"false"}}},
			{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"false"}}}]}`,
	}
	tests := []struct{ request, want string }{
		{`{"action":"s3:GetObject","resource":"arn:aws:s3:::b/alice/x"}`, `{"decision":"allowed","by":["p.json#Own"]}`},
		{`{"action":"S3:getobject","resource":"arn:aws:s3:::b/bob/x","context":{"AWS:UserName":"bob"}}`, `{"decision":"allowed","by":["p.json#Own"]}`},
		{`{"action":"s3:GetObject","resource":"arn:aws:s3:::b/bob/x","context":{}}`, `{"decision":"implicit_deny","by":[]}`},
		{`{"action":"iam:ListUsers","context":{"aws:MultiFactorAuthAge":60}}`, `{"decision":"allowed","by":["p.json#Fresh"]}`},
		{`{"action":"iam:ListUsers","context":{"aws:MultiFactorAuthAge":3600.5}}`, `{"decision":"implicit_deny","by":[]}`},
		{`{"action":"iam:ListUsers","resource":"*","context":{"aws:MultiFactorAuthAge":"60","aws:securetransport":false}}`, `{"decision":"explicit_deny","by":["p.json#4"]}`},
		{`{"action":"ec2:CreateTags","context":{"aws:TagKeys":["a"]}}`, `{"decision":"allowed","by":["p.json#Tagged"]}`},
		{`{"action":"ec2:CreateTags","context":{"aws:TagKeys":["a","c"]}}`, `{"decision":"implicit_deny","by":[]}`},
		{`{"action":"ec2:CreateTags","context":{"aws:TagKeys":[]}}`, `{"decision":"allowed","by":["p.json#Tagged"]}`},
		{`{"action":"sts:GetCallerIdentity","context":{"aws:SecureTransport":false}}`, `{"decision":"allowed","by":[]}`},
		{`  {"action":"iam:ListUsers","context":{"aws:MultiFactorAuthAge":0}}  ` + "\r", `{"decision":"allowed","by":["p.json#Fresh"]}`},
	}
	var asked, want strings.Builder
	for i, tt := range tests {
		fmt.Fprintln(&asked, tt.request)
		fmt.Fprintln(&want, tt.want)
		if i%3 == 0 {
			asked.WriteString("\n") // a blank line is no request
		}
	}
	stdout, stderr, status := runOn(t, strings.TrimSuffix(asked.String(), "\n"), files, "can", "p.json", "--user", "alice", "--requests", "-")
	if status != statusClean || stderr != "" {
		t.Errorf("got status %d and on stderr %q, want %d and nothing", status, stderr, statusClean)
	}
	if stdout != want.String() {
		t.Errorf("got\n%swant\n%s", stdout, want.String())
	}
}

// A line that is no request ends the run with its number, and what was asked before it is answered.
func TestCanRequestsMalformed(t *testing.T) {
	t.Parallel()
	tests := []struct{ line, want string }{
		{`{"action":"s3:GetObject"`, "stdin:2:25: got the end of the document, want a comma or the end of the object"},
		{`{"action":"s3:GetObject","resources":"*"}`, `stdin:2:26: unknown member "resources", want action, resource or context`},
		{`{"resource":"*"}`, "stdin:2:1: action is missing"},
		{`{"action":"s3:*"}`, `stdin:2:11: action: got "s3:*", want one action, such as s3:GetObject`},
		{`{"action":"GetObject"}`, `stdin:2:11: action: got "GetObject", want one action`},
		{`{"action":7}`, "stdin:2:11: action: got a number, want a string"},
		{`{"action":"s3:GetObject","action":"s3:PutObject"}`, `stdin:2:26: key "action" is there twice`},
		{`{"action":"s3:GetObject","resource":null}`, "stdin:2:37: resource: got null, want a string"},
		{`{"action":"s3:GetObject","context":{"aws:SourceIp":{}}}`, "stdin:2:52: context: got an object, want a string, a number or a boolean"},
		{`{"action":"s3:GetObject","context":{"aws:SourceIp":null}}`, "stdin:2:52: context: got null, want a string"},
		{`{"action":"s3:GetObject","context":{"aws:SourceIp":["a",["b"]]}}`, "stdin:2:57: context: got a list, want a string"},
		{`{"action":"s3:GetObject","context":{"SourceIp":"a"}}`, `stdin:2:37: context: key "SourceIp" has no prefix`},
		{`{"action":"s3:GetObject","context":{"aws:a":"1","AWS:A":"2"}}`, `stdin:2:49: context: key "AWS:A" is there twice, in different case`},
		{`{"action":"s3:GetObject"}{"action":"s3:GetObject"}`, "stdin:2:26: got an object after the request, want its end"},
		{`null`, "stdin:2:1: got null, want an object"},
		{`{"action":"s3:GetObject","resource":"` + "\xff" + `"}`, "stdin:2:38: resource: byte 0xff is not UTF-8"},
		{`"` + strings.Repeat("x", maxRequest) + `"`, "stdin:2: got a line of more than 1048576 bytes"},
	}
	first := `{"action":"sts:GetCallerIdentity"}` + "\n"
	for _, tt := range tests {
		stdout, stderr, status := runOn(t, first+tt.line+"\n"+first, map[string]string{"p.json": allowAll}, "can", "p.json", "--requests", "-")
		if status != statusUsage || !strings.Contains(stderr, tt.want) {
			t.Errorf("%.60s: got status %d and %q, want %d and %q", tt.line, status, stderr, statusUsage, tt.want)
		}
		if want := `{"decision":"allowed","by":[]}` + "\n"; stdout != want {
			t.Errorf("%.60s: got %q, want the answer to the first request alone", tt.line, stdout)
		}
	}
}

// A program may ask one request after another and wait for each answer.
func TestCanRequestsOneByOne(t *testing.T) {
	t.Parallel()
	document, err := policy.Parse("p.json", policy.Identity, []byte(allowAll))
	if err != nil {
		t.Fatal(err)
	}
	requests, ask := io.Pipe()
	answers, answer := io.Pipe()
	done := make(chan error, 1)
	go func() {
		err := answerRequests(t.Context(), requests, bufio.NewWriter(answer), "stdin", policy.Policies{Identity: []*policy.Document{document}}, policy.NewContext(policy.Absent))
		answer.Close()
		done <- err
	}()
	in := bufio.NewReader(answers)
	for range 3 {
		if _, err := io.WriteString(ask, `{"action":"s3:GetObject"}`+"\n"); err != nil {
			t.Fatal(err)
		}
		got, err := in.ReadString('\n')
		if want := `{"decision":"allowed","by":["p.json#Everything"]}` + "\n"; err != nil || got != want {
			t.Fatalf("got %q (%v), want %q before the next request", got, err, want)
		}
	}
	ask.Close()
	if err := <-done; err != nil {
		t.Errorf("got %v at the end of the requests, want none", err)
	}
}

// Waiting for stdin can be interrupted.
func TestPolicyInterrupted(t *testing.T) {
	t.Parallel()
	stdin, keyboard := io.Pipe()
	defer keyboard.Close()
	ctx, interrupt := context.WithCancel(t.Context())
	var stderr strings.Builder
	sys := system{stdin: stdin, stdout: io.Discard, stderr: &stderr, now: time.Now}
	status := make(chan int, 1)
	go func() { status <- run(ctx, []string{"policy", "-"}, sys) }()
	if _, err := io.WriteString(keyboard, "{"); err != nil { // taken, so it is being waited for the rest
		t.Fatal(err)
	}
	interrupt()
	if got := <-status; got != statusInterrupted || stderr.String() != "sekisho: error: reading stdin: interrupted\n" {
		t.Errorf("got status %d and %q, want %d and that it was interrupted", got, stderr.String(), statusInterrupted)
	}
}

// BenchmarkCanRequests answers 200,000 requests on a policy of 20 statements, with patterns, variables and conditions.
func BenchmarkCanRequests(b *testing.B) {
	var text strings.Builder
	text.WriteString(`{"Version":"2012-10-17","Statement":[`)
	for i := range 20 {
		if i > 0 {
			text.WriteString(",")
		}
		switch i % 5 {
		case 0:
			fmt.Fprintf(&text, `{"Effect":"Allow","Action":["s3:Get*","s3:List*"],"Resource":"arn:aws:s3:::bucket-%d/${aws:username}/*"}`, i)
		case 1:
			fmt.Fprintf(&text, `{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"IpAddress":{"aws:SourceIp":["192.0.%d.0/24","10.0.0.0/8"]}}}`, i)
		case 2:
			text.WriteString(`{"Effect":"Deny","NotAction":["iam:*MFA*","sts:GetSessionToken"],"Resource":"*","Condition":{"BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}}}`)
		case 3:
			fmt.Fprintf(&text, `{"Effect":"Allow","Action":["iam:*"],"Resource":["arn:aws:iam::*:user/*/%d","arn:aws:iam::*:mfa/*"]}`, i)
		default:
			fmt.Fprintf(&text, `{"Effect":"Deny","Action":"ec2:*","NotResource":"arn:aws:ec2:*:*:instance/i-%d*","Condition":{"StringNotLike":{"aws:PrincipalTag/team":["a*","b?c"]},"NumericGreaterThan":{"aws:MultiFactorAuthAge":"3600"}}}`, i)
		}
	}
	text.WriteString("]}")
	document, err := policy.Parse("p.json", policy.Identity, []byte(text.String()))
	if err != nil {
		b.Fatal(err)
	}
	const count = 200_000
	var asked bytes.Buffer
	for i := range count {
		fmt.Fprintf(&asked, `{"action":"%s","resource":"%s","context":{"aws:username":"alice","aws:SourceIp":"192.0.%d.7","aws:MultiFactorAuthPresent":%t,"aws:MultiFactorAuthAge":%d,"aws:PrincipalTag/team":"abc"}}`+"\n",
			[]string{"s3:GetObject", "iam:EnableMFADevice", "ec2:StopInstances", "sqs:SendMessage"}[i%4],
			[]string{"arn:aws:s3:::bucket-5/alice/x", "arn:aws:iam::123456789012:mfa/alice", "arn:aws:ec2:us-east-1:123456789012:instance/i-4abc", "arn:aws:sqs:us-east-1:123456789012:q"}[i%4],
			i%256, i%3 > 0, i%7200)
	}
	policies := policy.Policies{Identity: []*policy.Document{document}}
	b.SetBytes(int64(asked.Len()))
	b.ReportAllocs()
	for b.Loop() {
		var answers lineCounter
		out := bufio.NewWriter(&answers)
		if err := answerRequests(b.Context(), bytes.NewReader(asked.Bytes()), out, "requests", policies, policy.NewContext(policy.Absent)); err != nil {
			b.Fatal(err)
		}
		out.Flush()
		if answers != count {
			b.Fatalf("got %d answers, want %d", answers, count)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/count, "ns/request")
}

type lineCounter int

func (c *lineCounter) Write(p []byte) (int, error) {
	*c += lineCounter(bytes.Count(p, []byte("\n")))
	return len(p), nil
}
